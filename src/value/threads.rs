//! For tests: threads that run in parallel on one object.

use std::sync::Arc;

use crate::heap::{Object, Value};

use super::{Context, World};

/// How many threads there are.
pub(super) const THREADS: usize = 4;

/// Makes an object, runs `work` on it in several threads at once, each with a context of its own and its number, and gives
/// the object to `check` when they have ended.
pub(super) fn in_parallel<T: Object + Sync>(
    make: impl for<'a> FnOnce(&'a Context) -> &'a T,
    work: impl Fn(&Context, &T, usize) + Sync,
    check: impl FnOnce(&Context, &T),
) {
    let world = Arc::new(World::new((0, 0)));
    world.heap.set_parallel(true);
    let cx = Context::new(world.clone(), Box::new(|| {}), Box::new(|| false));
    let object = make(&cx);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, work) = (world.clone(), &work);
            scope.spawn(move || {
                work(&Context::new(world, Box::new(|| {}), Box::new(|| false)), object, thread)
            });
        }
    });
    check(&cx, object);
}

/// What is in a word.
pub(super) fn number(value: Value<'_>) -> i64 {
    value.as_small().expect("an integer")
}
