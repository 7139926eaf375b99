//! How much faster native threads are than one on this machine, now: the limit that no interpreter can pass.

use std::hint::black_box;
use std::io;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::os;

/// So many steps take some tens of milliseconds: long enough for the scheduler of the system to spread the threads.
const STEPS: u64 = 40_000_000;

/// The native stack of a spinning thread, in bytes.
const STACK: usize = 64 << 10;

/// How long so many threads spin at once, each for the same number of steps.
///
/// # Errors
/// Where the system starts no further thread.
pub fn spin(threads: u32) -> io::Result<Duration> {
    let all = Arc::new(Barrier::new(threads as usize + 1));
    let handles = (0..threads)
        .map(|seed| {
            let start = Arc::clone(&all);
            os::spawn("spin", STACK, move || {
                start.wait();
                black_box(steps(u64::from(seed)));
            })
        })
        .collect::<io::Result<Vec<_>>>()?;
    all.wait();
    let begin = Instant::now();
    for handle in handles {
        // It computes and cannot fail.
        let _: std::thread::Result<()> = handle.join();
    }
    Ok(begin.elapsed())
}

/// A chain in which each step needs the one before, so that nothing can be left out.
fn steps(seed: u64) -> u64 {
    (0..STEPS).fold(seed, |state, _| {
        black_box(state).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
    })
}
