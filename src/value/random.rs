//! The state of a random number generator: the Mersenne Twister MT19937 of Matsumoto and Nishimura, as CPython uses it.
//!
//! Whoever draws holds the lock of the generator, so that no two threads draw the same numbers.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::heap::{Header, Kind, Object, Value};

use super::builtin::Builtin;
use super::context::Context;

/// Words of state.
pub const WORDS: usize = 624;
/// How far apart the words are that are mixed.
const MIDDLE: usize = 397;
const MATRIX: u32 = 0x9908_B0DF;

/// `_random.Random`
#[repr(C)]
pub struct Random {
    header: Header,
    words: [AtomicU32; WORDS],
    /// The next word that is handed out; [`WORDS`] if new ones are due.
    index: AtomicU32,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Random {
    const KIND: Kind = Kind::Random;
}

impl Random {
    /// A generator with the state that an integer seed of zero gives.
    pub fn new(cx: &Context) -> &Random {
        let random = cx.local().make(Builtin::Random.shape(), 0, |header| Random {
            header,
            words: [const { AtomicU32::new(0) }; WORDS],
            index: AtomicU32::new(WORDS as u32),
        });
        random.seed(&[0]);
        random
    }

    /// The generator, if it is one.
    pub fn of(value: Value<'_>) -> Option<&Random> {
        value.get()
    }

    /// Begins anew from a key, the integer seed in 32-bit words, least first.
    pub fn seed(&self, key: &[u32]) {
        let key = if key.is_empty() { &[0] } else { key };
        let mut words = first_words(19_650_218);
        let (mut at, mut key_at) = (1, 0);
        for _ in 0..WORDS.max(key.len()) {
            words[at] = (words[at] ^ mixed(words[at - 1]).wrapping_mul(1_664_525))
                .wrapping_add(key[key_at])
                .wrapping_add(key_at as u32);
            at = next_place(&mut words, at);
            key_at = (key_at + 1) % key.len();
        }
        for _ in 0..WORDS - 1 {
            words[at] =
                (words[at] ^ mixed(words[at - 1]).wrapping_mul(1_566_083_941)).wrapping_sub(at as u32);
            at = next_place(&mut words, at);
        }
        words[0] = 0x8000_0000;
        self.set_state(&words, WORDS as u32);
    }

    /// Begins anew from bytes that the host has drawn.
    pub fn seed_from_entropy(&self, bytes: &[u8]) {
        let key: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)))
            .collect();
        self.seed(&key);
    }

    /// The state: its words and the index of the next one.
    pub fn state(&self) -> ([u32; WORDS], u32) {
        (std::array::from_fn(|at| self.word(at)), self.index.load(Ordering::Relaxed))
    }

    /// Replaces the state; the index is at most [`WORDS`].
    pub fn set_state(&self, words: &[u32; WORDS], index: u32) {
        for (place, word) in self.words.iter().zip(words) {
            place.store(*word, Ordering::Relaxed);
        }
        self.index.store(index.min(WORDS as u32), Ordering::Relaxed);
    }

    /// 32 random bits.
    pub fn next_u32(&self) -> u32 {
        let mut index = self.index.load(Ordering::Relaxed) as usize;
        if index >= WORDS {
            self.refill();
            index = 0;
        }
        self.index.store(index as u32 + 1, Ordering::Relaxed);
        let mut word = self.word(index);
        word ^= word >> 11;
        word ^= word << 7 & 0x9D2C_5680;
        word ^= word << 15 & 0xEFC6_0000;
        word ^ word >> 18
    }

    /// A float of 53 random bits in [0, 1).
    pub fn next_f64(&self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }

    fn word(&self, at: usize) -> u32 {
        self.words[at].load(Ordering::Relaxed)
    }

    fn refill(&self) {
        for at in 0..WORDS {
            let bits = self.word(at) & 0x8000_0000 | self.word((at + 1) % WORDS) & 0x7FFF_FFFF;
            let odd = if bits & 1 == 1 { MATRIX } else { 0 };
            let word = self.word((at + MIDDLE) % WORDS) ^ bits >> 1 ^ odd;
            self.words[at].store(word, Ordering::Relaxed);
        }
    }
}

fn first_words(seed: u32) -> [u32; WORDS] {
    let mut words = [seed; WORDS];
    for at in 1..WORDS {
        words[at] = mixed(words[at - 1]).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
    }
    words
}

fn mixed(word: u32) -> u32 {
    word ^ word >> 30
}

/// The place after `at`; the last word takes the place of the first one, which has none before it.
fn next_place(words: &mut [u32; WORDS], at: usize) -> usize {
    if at + 1 < WORDS {
        return at + 1;
    }
    words[0] = words[WORDS - 1];
    1
}
