//! Threads that run in parallel on one list.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::Value;
use crate::value::Context;
use crate::value::sort::sort_list;
use crate::value::threads::{self, THREADS};

use super::List;

const ROUNDS: usize = 4_000;

/// Runs `work` in several threads at once on a list of these items; gives what is in it then.
fn in_parallel(items: &[i64], work: impl Fn(&Context, &List, usize) + Sync) -> Vec<i64> {
    let mut rest = Vec::new();
    threads::in_parallel(
        |cx| {
            let items: Vec<_> = items.iter().map(|item| cx.int(*item)).collect();
            List::new(cx, &items).expect("memory")
        },
        work,
        |cx, list| {
            assert!(list.get(list.len()).is_none());
            assert_eq!(list.iter().count(), list.len());
            rest = numbers(&list.to_vec(cx));
        },
    );
    rest
}

fn numbers(items: &[Value<'_>]) -> Vec<i64> {
    items.iter().map(|item| threads::number(*item)).collect()
}

fn number(thread: usize, round: usize) -> i64 {
    (thread * ROUNDS + round) as i64
}

#[test]
fn no_append_is_lost() {
    let mut items = in_parallel(&[], |cx, list, thread| {
        for round in 0..ROUNDS {
            list.push(cx, cx.int(number(thread, round))).expect("memory");
        }
    });
    // Each thread's items stand in the order in which it appended them.
    for thread in 0..THREADS {
        let own = items.iter().filter(|item| **item / ROUNDS as i64 == thread as i64);
        assert!(own.is_sorted());
    }
    items.sort_unstable();
    assert!(items.into_iter().eq(0..(THREADS * ROUNDS) as i64));
}

#[test]
fn what_is_pushed_is_popped_once() {
    let popped: Vec<AtomicUsize> = (0..THREADS * ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    let rest = in_parallel(&[], |cx, list, thread| {
        for round in 0..ROUNDS {
            list.push(cx, cx.int(number(thread, round))).expect("memory");
            let item = if round % 3 == 0 { list.take(cx, 0).ok() } else { list.pop(cx) };
            if let Some(item) = item {
                popped[threads::number(item) as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    for item in rest {
        popped[item as usize].fetch_add(1, Ordering::Relaxed);
    }
    assert!(popped.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn insertion_and_removal_keep_the_others() {
    let fixed: Vec<i64> = (0..50).map(|item| -1 - item).collect();
    let items = in_parallel(&fixed, |cx, list, thread| {
        for round in 0..ROUNDS / 4 {
            let item = cx.int(number(thread, round));
            list.insert(cx, (round % 70) as i64 - 10, item).expect("memory");
            assert_eq!(list.position(cx, cx.int(-50), 0, usize::MAX).map(|place| place.is_some()), Ok(true));
            assert_eq!(list.count(cx, item), Ok(1));
            assert_eq!(list.remove(cx, item), Ok(true));
        }
    });
    assert_eq!(items, fixed);
}

#[test]
fn bulk_changes_are_one_step() {
    // Every change keeps the number of items a multiple of five and five equal items together.
    let items = in_parallel(&[], |cx, list, thread| {
        for round in 0..ROUNDS / 8 {
            let item = cx.int(number(thread, round));
            list.extend(cx, &[item; 5]).expect("memory");
            let copy = list.copy(cx).expect("memory");
            let both = list.concat(cx, list).expect("memory");
            for taken in [list.to_vec(cx), copy.to_vec(cx), both.to_vec(cx)] {
                assert!(numbers(&taken).chunks(5).all(|chunk| chunk.len() == 5 && chunk == [chunk[0]; 5]));
            }
            match round % 4 {
                0 => list.reverse(cx),
                1 => sort_list(cx, list, false).expect("integers"),
                2 => {
                    let held = cx.lock(list);
                    list.splice(cx, &held, 0, 10, &[item; 10]).expect("memory");
                }
                _ => list.clear(cx),
            }
        }
    });
    assert!(items.chunks(5).all(|chunk| chunk.len() == 5 && chunk == [chunk[0]; 5]));
}

#[test]
fn readers_see_only_what_was_there() {
    in_parallel(&[7; 64], |cx, list, thread| {
        for round in 0..ROUNDS {
            match thread {
                0 => list.insert(cx, round as i64 % 40, cx.int(7)).expect("memory"),
                1 => drop(list.take(cx, round as i64 % 20)),
                2 => assert!(list.set(cx, 3, cx.int(7))),
                _ => {
                    // There are always more than four: thread 1 takes no more than it was given.
                    if let Some(item) = list.item(cx, -1 - (round % 4) as i64) {
                        assert_eq!(item.as_small(), Some(7));
                    }
                    assert!(list.iter().all(|item| item.as_small() == Some(7)));
                }
            }
            if thread == 1 && list.len() < 32 {
                list.extend(cx, &[cx.int(7); 16]).expect("memory");
            }
        }
    });
}

#[test]
fn an_item_that_stays_is_always_found() {
    // The list is replaced again and again by a shorter or longer one, but what is read exists in all of them.
    in_parallel(&[1, 2, 3], |cx, list, thread| {
        for round in 0..ROUNDS {
            if thread == 0 {
                let items: Vec<_> = (1..=3 + round as i64 % 9).map(|item| cx.int(item)).collect();
                list.replace(cx, &items).expect("memory");
            } else {
                for index in 0..3 {
                    assert_eq!(list.item(cx, index).and_then(Value::as_small), Some(index + 1));
                }
            }
        }
    });
}
