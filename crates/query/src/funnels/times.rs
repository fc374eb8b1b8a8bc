//! The view of a funnel by how long persons take from one step to another.

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use hedgerow_data_api::FunnelTimes;
use hedgerow_errors::{Error, Result};

use super::{Done, Prepared};
use crate::engine::Session;

/// Bins of a histogram whose number is not given.
const MOST_BINS: i64 = 60;
/// The seconds of a bin where all took equally long.
const EQUAL_WIDTH: i64 = 60;
const SECOND: i64 = 1_000_000;

impl Prepared<'_> {
    pub(super) async fn times(&self, session: &Session, done: &mut Done) -> Result<FunnelTimes> {
        let executed = session.run(&self.times_plan(session).await?).await?;
        let mut took: Vec<i64> = Vec::new();
        for batch in &executed.batches {
            let columns = (
                batch.column(0).as_primitive_opt::<Int64Type>(),
                batch.column(1).as_boolean_opt(),
            );
            let (Some(times), Some(excluded)) = columns else {
                return Err(Error::internal("times of a funnel are no numbers"));
            };
            took.extend(times.iter().flatten());
            let many = excluded.true_count() as u64;
            done.excluded += many;
            done.entered += excluded.len() as u64 - many;
        }
        done.executed.push(executed);
        took.sort_unstable();
        Ok(histogram(&took, self.asked.filter.bin_count))
    }
}

/// The bins of times in microseconds, which are in order.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of centuries lie within what a double holds"
)]
fn histogram(took: &[i64], bins: Option<u32>) -> FunnelTimes {
    let (Some(first), Some(last)) = (took.first(), took.last()) else {
        return FunnelTimes {
            bins: Vec::new(),
            bin_width: 0,
            count: 0,
            average_conversion_time: None,
            median_conversion_time: None,
        };
    };
    let count = took.len() as u64;
    let number = bins.map_or_else(|| cube_root(count).clamp(1, MOST_BINS), i64::from);
    let start = first.div_euclid(SECOND);
    let width = match last - start * SECOND {
        0 => EQUAL_WIDTH,
        span => (span + number * SECOND - 1).div_euclid(number * SECOND),
    };
    let below = |bound: i64| took.partition_point(|time| *time < (start + bound * width) * SECOND) as u64;
    let bins = (0..=number).map(|bin| {
        let end = if bin == number { count } else { below(bin + 1) };
        (start + bin * width, end - below(bin))
    });
    let seconds = |micros: f64| Some(micros / SECOND as f64);
    let sum: i128 = took.iter().map(|time| i128::from(*time)).sum();
    let middle = took.len() / 2;
    let median = if took.len() % 2 == 1 {
        took[middle] as f64
    } else {
        f64::midpoint(took[middle - 1] as f64, took[middle] as f64)
    };
    FunnelTimes {
        bins: bins.collect(),
        bin_width: width,
        count,
        average_conversion_time: seconds(sum as f64 / count as f64),
        median_conversion_time: seconds(median),
    }
}

/// The smallest whole number whose cube is no smaller.
fn cube_root(number: u64) -> i64 {
    let root = (0..=MOST_BINS).find(|root| root.pow(3).unsigned_abs() >= number);
    root.unwrap_or(MOST_BINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_all_times_and_the_last_one_ends_them() {
        let bins = |took: &[i64], bins| histogram(took, bins).bins;
        assert_eq!(bins(&[], None), []);
        assert_eq!(bins(&[5_500_000], None), [(5, 1), (6, 0)]);
        assert_eq!(bins(&[0, 0], Some(1)), [(0, 2), (60, 0)]);
        assert_eq!(bins(&[0, 9_999_999, 10_000_000], Some(2)), [(0, 1), (5, 1), (10, 1)]);
        assert_eq!(bins(&[1_200_000, 4_200_000], Some(3)), [(1, 1), (3, 1), (5, 0), (7, 0)]);
        let many: Vec<i64> = (0..28).map(|second| second * SECOND).collect();
        assert_eq!(bins(&many, None), [(0, 7), (7, 7), (14, 7), (21, 7), (28, 0)]);
    }
}
