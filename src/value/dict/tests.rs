//! Threads that run in parallel on one dict.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::Value;
use crate::value::Context;
use crate::value::threads::{self, THREADS, number};

use super::{Dict, Place};

const ROUNDS: usize = 3_000;

/// Runs `work` in several threads at once on an empty dict; gives what is in it then.
fn in_parallel(work: impl Fn(&Context, &Dict, usize) + Sync) -> Vec<(i64, i64)> {
    let mut items = Vec::new();
    threads::in_parallel(Dict::new, work, |cx, dict| {
        items = dict.items(cx).into_iter().map(|(key, value)| (number(key), number(value))).collect();
        assert_eq!(items.len(), dict.len());
        for (key, value) in &items {
            assert_eq!(get(cx, dict, *key), Some(*value));
        }
    });
    items
}

fn key_of(thread: usize, round: usize) -> i64 {
    (round * THREADS + thread) as i64
}

fn set(cx: &Context, dict: &Dict, key: i64, value: i64) {
    dict.set(cx, cx.int(key), cx.int(value)).expect("an integer has a hash");
}

fn get(cx: &Context, dict: &Dict, key: i64) -> Option<i64> {
    dict.get(cx, cx.int(key)).expect("an integer has a hash").map(number)
}

fn remove(cx: &Context, dict: &Dict, key: i64) -> Option<i64> {
    dict.remove(cx, cx.int(key)).expect("an integer has a hash").map(number)
}

#[test]
fn no_key_is_lost_and_the_order_is_that_of_insertion() {
    let items = in_parallel(|cx, dict, thread| {
        for round in 0..ROUNDS {
            let key = key_of(thread, round);
            set(cx, dict, key, -key);
            // A reader takes no lock, whatever the others do to the table.
            let before = key_of(thread, round / 2);
            assert_eq!(get(cx, dict, before), Some(-before));
        }
    });
    for thread in 0..THREADS {
        assert!(
            items
                .iter()
                .filter(|item| item.0 % THREADS as i64 == thread as i64)
                .is_sorted_by_key(|item| item.0)
        );
    }
    let mut keys: Vec<_> = items.iter().map(|item| item.0).collect();
    keys.sort_unstable();
    assert!(keys.into_iter().eq(0..(THREADS * ROUNDS) as i64));
    assert!(items.into_iter().all(|(key, value)| value == -key));
}

#[test]
fn a_key_that_stays_is_always_found() {
    in_parallel(|cx, dict, thread| {
        let stays = -1 - thread as i64;
        set(cx, dict, stays, 0);
        for round in 0..ROUNDS {
            let key = key_of(thread, round);
            set(cx, dict, key, key);
            assert_eq!(get(cx, dict, stays), Some(round as i64));
            set(cx, dict, stays, round as i64 + 1);
            assert_eq!(remove(cx, dict, key), Some(key));
            assert_eq!(get(cx, dict, key), None);
            assert!(dict.iter().any(|(key, _)| number(key) == stays));
        }
        assert_eq!(remove(cx, dict, stays), Some(ROUNDS as i64));
    });
}

#[test]
fn each_key_is_taken_once() {
    let taken: Vec<AtomicUsize> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    let given = AtomicUsize::new(0);
    let rest = in_parallel(|cx, dict, thread| {
        for round in 0..ROUNDS {
            let key = round as i64;
            match thread {
                0 => {
                    given.fetch_add(1, Ordering::Relaxed);
                    set(cx, dict, key, key);
                }
                1 => {
                    if let Some((key, _)) = dict.pop_last(cx) {
                        taken[number(key) as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
                _ => {
                    if remove(cx, dict, key).is_some() {
                        taken[round].fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    });
    for (key, _) in rest {
        taken[key as usize].fetch_add(1, Ordering::Relaxed);
    }
    assert!(taken.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn the_first_default_wins() {
    let winners: Vec<AtomicUsize> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    let items = in_parallel(|cx, dict, thread| {
        for (round, winner) in winners.iter().enumerate() {
            let value = dict.get_or_set(cx, cx.int(round as i64), cx.int(thread as i64)).expect("memory");
            winner.fetch_add(1 << (8 * number(value)), Ordering::Relaxed);
        }
    });
    assert_eq!(items.len(), ROUNDS);
    for (key, value) in items {
        assert_eq!(winners[key as usize].load(Ordering::Relaxed), THREADS << (8 * value));
    }
}

#[test]
fn a_copy_is_what_was_there_at_one_moment() {
    // Keys come and go in groups of four.
    in_parallel(|cx, dict, thread| {
        let whole = |items: Vec<(Value<'_>, Value<'_>)>| {
            items.chunks(4).all(|group| group.len() == 4 && group.iter().all(|item| item.1.is(group[0].1)))
        };
        for round in 0..ROUNDS / 4 {
            let group = Dict::new(cx);
            for part in 0..4 {
                set(cx, group, part, (thread * ROUNDS + round) as i64);
            }
            dict.merge(cx, group).expect("memory");
            assert!(whole(dict.items(cx)));
            assert!(whole(dict.copy(cx).expect("memory").items(cx)));
            if round % 3 == 0 {
                dict.clear(cx);
            }
        }
    });
}

#[test]
fn what_caches_know_of_a_key_is_never_wrong() {
    in_parallel(|cx, dict, thread| {
        let name = cx.int(-1);
        let mut known: Option<Place> = None;
        for round in 0..ROUNDS {
            match thread {
                0 => {
                    set(cx, dict, -1, 7);
                    assert_eq!(remove(cx, dict, -1), Some(7));
                }
                1 => set(cx, dict, (round % 90) as i64, 0),
                _ => {
                    if round % 5 == 0 {
                        known = dict.cache_place(cx, name).expect("an integer has a hash");
                    }
                    if let Some(Place::At { table: id, entry }) = known
                        && let Some(table) = dict.table()
                        && table.id() == id
                    {
                        let entry = &table.entries()[entry as usize];
                        assert!(entry.key().is_some_and(|key| key.is(name)));
                        assert!(entry.value().get().is_none_or(|value| number(value) == 7));
                    }
                }
            }
        }
    });
}
