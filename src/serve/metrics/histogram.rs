//! How long things take, counted in buckets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets in nanoseconds, as Prometheus labels them in seconds: from what
/// an answer in memory takes to what nobody waits for.
const BOUNDS: [(u64, &str); 16] = [
    (100_000, "0.0001"),
    (250_000, "0.00025"),
    (500_000, "0.0005"),
    (1_000_000, "0.001"),
    (2_500_000, "0.0025"),
    (5_000_000, "0.005"),
    (10_000_000, "0.01"),
    (25_000_000, "0.025"),
    (50_000_000, "0.05"),
    (100_000_000, "0.1"),
    (250_000_000, "0.25"),
    (500_000_000, "0.5"),
    (1_000_000_000, "1"),
    (2_500_000_000, "2.5"),
    (5_000_000_000, "5"),
    (10_000_000_000, "10"),
];

/// Durations by size. Counting one takes two additions and no lock.
#[derive(Debug, Default)]
pub(in crate::serve) struct Histogram {
    /// The last is for what exceeds every bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// What a histogram has counted so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    /// The label of each bound, and how many durations were not above it.
    pub(super) up_to: Vec<(&'static str, u64)>,
    /// How many there were.
    pub(super) count: u64,
    /// How long they took together.
    pub(super) sum: Duration,
}

impl Histogram {
    /// Counts one.
    pub(in crate::serve) fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < took);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
    }

    /// What it has counted so far. The count is the sum of the buckets, so that the two agree even
    /// while others count.
    pub(super) fn counted(&self) -> Counted {
        let mut count = 0;
        let mut up_to = Vec::with_capacity(BOUNDS.len());
        for (index, bucket) in self.buckets.iter().enumerate() {
            count += bucket.load(Ordering::Relaxed);
            up_to.extend(BOUNDS.get(index).map(|(_, label)| (*label, count)));
        }
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        Counted { up_to, count, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_every_bucket_it_fits_into() {
        let histogram = Histogram::default();
        for micros in [100, 101, 20_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let Counted { up_to, count, sum } = histogram.counted();
        assert_eq!(&up_to[..2], [("0.0001", 1), ("0.00025", 2)]);
        assert_eq!(up_to.last(), Some(&("10", 2)));
        assert_eq!((count, sum), (3, Duration::from_micros(20_000_201)));
    }

    #[test]
    fn the_labels_say_what_the_bounds_are() {
        for (bound, label) in BOUNDS {
            let seconds: f64 = label.parse().unwrap();
            assert_eq!(Duration::from_secs_f64(seconds), Duration::from_nanos(bound), "{label}");
        }
        assert!(BOUNDS.is_sorted());
    }
}
