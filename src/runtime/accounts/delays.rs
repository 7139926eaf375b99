//! Many delays in few words: how many there were, how long, and where the middle lies.

use std::collections::BTreeMap;

use crate::runtime::policy::Nanos;

/// A bucket is at most this part of the delays in it wide: a sixteenth.
const FINENESS: u32 = 4;

/// Delays, counted by length. Count, sum and maximum are exact; what lies between is known to a sixteenth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total: Nanos,
    /// The longest.
    pub longest: Nanos,
    /// By number of the bucket; empty ones are left out.
    buckets: BTreeMap<u16, u64>,
}

impl Delays {
    /// Takes in one delay.
    pub fn add(&mut self, delay: Nanos) {
        self.count += 1;
        self.total = self.total.saturating_add(delay);
        self.longest = self.longest.max(delay);
        *self.buckets.entry(bucket(delay)).or_default() += 1;
    }

    /// Takes in what another has.
    pub fn merge(&mut self, other: &Delays) {
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.longest = self.longest.max(other.longest);
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    /// The mean; zero of none.
    pub fn mean(&self) -> Nanos {
        self.total.checked_div(self.count).unwrap_or(0)
    }

    /// The delay that half of them do not exceed; zero of none.
    pub fn median(&self) -> Nanos {
        self.quantile(0.5)
    }

    /// The delay that this part of them does not exceed, to a sixteenth; zero of none.
    pub fn quantile(&self, part: f64) -> Nanos {
        let wanted = (self.count as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (low, high, count) in self.buckets() {
            seen += count;
            if seen >= wanted {
                return (low + (high - low) / 2).min(self.longest);
            }
        }
        self.longest
    }

    /// The delays by length: the shortest and the longest that a bucket takes, and how many it has. Shortest first.
    pub fn buckets(&self) -> impl Iterator<Item = (Nanos, Nanos, u64)> {
        self.buckets.iter().map(|(bucket, count)| (low(*bucket), low(bucket + 1).wrapping_sub(1), *count))
    }
}

/// The first two powers of [`FINENESS`] have a bucket for each number; from there on each power of two has the same number.
fn bucket(delay: Nanos) -> u16 {
    let bits = Nanos::BITS - delay.leading_zeros();
    let shift = bits.saturating_sub(FINENESS + 1);
    ((shift << FINENESS) + (delay >> shift) as u32) as u16
}

/// The shortest delay of a bucket; zero past the last one, as 2^64 wraps.
fn low(bucket: u16) -> Nanos {
    let (bucket, per_power) = (u32::from(bucket), 1 << FINENESS);
    if bucket < 2 * per_power {
        return bucket.into();
    }
    let shift = (bucket >> FINENESS) - 1;
    let head = Nanos::from(per_power + (bucket & (per_power - 1)));
    if shift + FINENESS >= Nanos::BITS { 0 } else { head << shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delay_lies_in_its_bucket_and_buckets_are_narrow() {
        let powers = (0..Nanos::BITS).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for delay in powers.chain([Nanos::MAX, Nanos::MAX - 1, 1_234_567_890]) {
            let mut delays = Delays::default();
            delays.add(delay);
            let (low, high, count) = delays.buckets().next().expect("one");
            assert!(low <= delay && delay <= high && count == 1, "{delay}: {low}..={high}");
            assert!((high - low) <= (low >> FINENESS), "{delay}: {low}..={high}");
        }
    }

    #[test]
    fn the_middle_is_known_to_a_sixteenth() {
        let mut delays = Delays::default();
        assert_eq!((delays.median(), delays.mean()), (0, 0));
        for delay in 1..=1_001 {
            delays.add(delay * 1_000);
        }
        assert!(delays.median().abs_diff(501_000) <= 501_000 / 16, "{}", delays.median());
        assert!(delays.quantile(0.99).abs_diff(991_000) <= 991_000 / 16);
        assert!(delays.quantile(1.0).abs_diff(1_001_000) <= 1_001_000 / 16);
        assert_eq!((delays.longest, delays.mean()), (1_001_000, 501_000));
        let mut both = Delays::default();
        both.add(1);
        both.merge(&delays);
        assert_eq!((both.count, both.total, both.longest), (1_002, 501_501_001, 1_001_000));
    }
}
