//! Threads that run in parallel on one set.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::{Kind, Value};
use crate::value::Context;
use crate::value::algebra::{difference_update, symmetric_difference_update, update};
use crate::value::hash::int_hash;
use crate::value::threads::{self, THREADS, number};

use super::Set;

const ROUNDS: usize = 3_000;

/// Runs `work` in several threads at once on an empty set; gives what is in it then, in order.
fn in_parallel(work: impl Fn(&Context, &Set, usize) + Sync) -> Vec<i64> {
    let mut keys = Vec::new();
    threads::in_parallel(Set::new_set, work, |cx, set| {
        keys = set.keys(cx).into_iter().map(number).collect();
        assert_eq!(keys.len(), set.len());
        assert!(keys.iter().all(|key| contains(cx, set, *key)));
        keys.sort_unstable();
    });
    keys
}

fn key_of(thread: usize, round: usize) -> i64 {
    (round * THREADS + thread) as i64
}

fn add(cx: &Context, set: &Set, key: i64) -> bool {
    set.add(cx, cx.int(key)).expect("an integer has a hash")
}

fn remove(cx: &Context, set: &Set, key: i64) -> bool {
    set.remove(cx, cx.int(key), int_hash(key)).expect("an integer has a hash")
}

fn contains(cx: &Context, set: &Set, key: i64) -> bool {
    set.contains(cx, cx.int(key)).expect("an integer has a hash")
}

#[test]
fn no_key_is_lost() {
    let keys = in_parallel(|cx, set, thread| {
        for round in 0..ROUNDS {
            let key = key_of(thread, round);
            assert!(!contains(cx, set, key));
            assert!(add(cx, set, key));
            assert!(contains(cx, set, key_of(thread, round / 2)));
        }
    });
    assert!(keys.into_iter().eq(0..(THREADS * ROUNDS) as i64));
}

#[test]
fn a_key_that_stays_is_always_found() {
    let keys = in_parallel(|cx, set, thread| {
        let stays = 1_000_000 + thread as i64;
        assert!(add(cx, set, stays));
        // The others share these keys, so that removed entries are used again and again.
        for round in 0..ROUNDS {
            let key = (round % 40) as i64;
            add(cx, set, key);
            assert!(contains(cx, set, stays));
            remove(cx, set, key);
            assert!(!contains(cx, set, -3));
            assert!(set.entries().iter().filter_map(|entry| entry.key()).any(|key| number(key) == stays));
        }
    });
    assert!(keys.iter().rev().take(THREADS).rev().copied().eq(1_000_000..1_000_000 + THREADS as i64));
}

#[test]
fn each_key_is_taken_once() {
    let taken: Vec<AtomicUsize> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    let rest = in_parallel(|cx, set, thread| {
        for (round, count) in taken.iter().enumerate() {
            match thread {
                0 => assert!(add(cx, set, round as i64)),
                1 => {
                    if let Some(key) = set.pop(cx) {
                        taken[number(key) as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
                _ if remove(cx, set, round as i64) => drop(count.fetch_add(1, Ordering::Relaxed)),
                _ => {}
            }
        }
    });
    for key in rest {
        taken[key as usize].fetch_add(1, Ordering::Relaxed);
    }
    assert!(taken.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn bulk_changes_are_one_step() {
    // Keys come and go in groups of eight.
    in_parallel(|cx, set, thread| {
        let is_whole = |keys: &[Value<'_>]| {
            let mut keys: Vec<_> = keys.iter().map(|key| number(*key)).collect();
            keys.sort_unstable();
            keys.chunks(8).all(|group| group.iter().copied().eq(group[0]..group[0] + 8) && group[0] % 8 == 0)
        };
        for round in 0..ROUNDS / 4 {
            let group = Set::new_set(cx);
            let first = ((thread + round) % 10 * 8) as i64;
            for key in first..first + 8 {
                add(cx, group, key);
            }
            let other = Value::object(group);
            match round % 4 {
                0 | 1 => update(cx, set, other),
                2 => symmetric_difference_update(cx, set, other),
                _ => difference_update(cx, set, other),
            }
            .expect("integers");
            assert!(is_whole(&set.keys(cx)));
            assert!(is_whole(&set.copy(cx, Kind::FrozenSet).expect("memory").keys(cx)));
        }
    });
}
