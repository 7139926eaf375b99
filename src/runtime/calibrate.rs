//! How much faster native threads are than one on this machine, now: the limit that no interpreter can pass.

use std::hint::black_box;
use std::io;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::os;

/// So many steps take about a tenth of a second: long enough for the scheduler of the system to spread the threads.
const STEPS: u64 = 30_000_000;

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

/// Four generators of random numbers (Marsaglia, "Xorshift RNGs", 2003) that do not wait for each other: together they keep the
/// execution units of a core as busy as an interpreter does. Two processors that are threads of one core share these, and a
/// single chain of steps would not notice.
fn steps(seed: u64) -> [u64; 4] {
    (0..STEPS).fold([1, 2, 3, 4].map(|number| seed + number), |[a, b, c, d], _| {
        [
            xorshift::<13, 7, 17>(a),
            xorshift::<12, 25, 27>(b),
            xorshift::<21, 35, 4>(c),
            xorshift::<20, 41, 5>(d),
        ]
    })
}

fn xorshift<const A: u32, const B: u32, const C: u32>(state: u64) -> u64 {
    let state = state ^ state << A;
    let state = state ^ state >> B;
    state ^ state << C
}
