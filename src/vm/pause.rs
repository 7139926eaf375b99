//! How long collections have held the machine's threads up: counted by length, so that a run of any length keeps as little.

/// Into how many equal parts each doubling of the length is divided.
const PARTS: usize = 8;
/// How many lengths are told apart: all that 64 bits of nanoseconds hold.
const LENGTHS: usize = (64 - PARTS.ilog2() as usize + 1) * PARTS;

/// The lengths of pauses.
#[derive(Clone, Debug)]
pub struct Pauses {
    counts: [u32; LENGTHS],
    number: u64,
    longest: u64,
    total: u64,
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses { counts: [0; LENGTHS], number: 0, longest: 0, total: 0 }
    }
}

impl Pauses {
    /// Counts one of so many nanoseconds.
    pub(super) fn add(&mut self, nanos: u64) {
        self.counts[place(nanos)] += 1;
        self.number += 1;
        self.longest = self.longest.max(nanos);
        self.total = self.total.saturating_add(nanos);
    }

    /// How many there were.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The longest, in nanoseconds.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// All together, in nanoseconds.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The length that so many percent of the pauses do not exceed, in nanoseconds: too long by an eighth at most.
    pub fn percentile(&self, percent: u64) -> u64 {
        let mut left = (self.number * percent).div_ceil(100);
        for (place, count) in self.counts.iter().enumerate() {
            left = left.saturating_sub((*count).into());
            if left == 0 && *count > 0 {
                return last_of(place).min(self.longest);
            }
        }
        self.longest
    }
}

/// Where a length is counted.
fn place(nanos: u64) -> usize {
    let Some(doubling) = nanos.checked_ilog2().and_then(|log| log.checked_sub(PARTS.ilog2())) else {
        return nanos as usize;
    };
    let part = (nanos >> doubling) as usize - PARTS;
    (doubling as usize + 1) * PARTS + part
}

/// The greatest length that is counted at a place.
fn last_of(place: usize) -> u64 {
    if place < PARTS {
        return place as u64;
    }
    let (doubling, part) = (place / PARTS - 1, place % PARTS);
    ((PARTS + part) as u64) << doubling | ((1 << doubling) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_has_its_place() {
        for nanos in (0..5000).chain([u64::MAX / 3, u64::MAX - 1, u64::MAX]) {
            let place = place(nanos);
            assert!(place < LENGTHS);
            assert!(last_of(place) >= nanos);
            assert!(place == 0 || last_of(place - 1) < nanos);
        }
    }

    #[test]
    fn percentiles_are_lengths_that_so_many_keep_to() {
        let mut pauses = Pauses::default();
        for _ in 0..98 {
            pauses.add(1000);
        }
        pauses.add(50_000);
        pauses.add(1_000_000);
        assert_eq!((pauses.number(), pauses.longest(), pauses.total()), (100, 1_000_000, 1_148_000));
        assert!((1000..=1125).contains(&pauses.percentile(50)));
        assert!((50_000..=56_250).contains(&pauses.percentile(99)));
        assert_eq!(pauses.percentile(100), 1_000_000);
        assert_eq!(Pauses::default().percentile(99), 0);
    }
}
