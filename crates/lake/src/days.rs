//! UTC days: what lies on one, and which of them share a file.

use std::ops::RangeInclusive;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// A day with so many rows has files of its own; days with fewer share one.
///
/// A file costs some fifty column writers, however few its rows, and a chunk of an import in random order
/// brings a little of every day. `docs/adr/0002-lake.md` has what a file for each of them cost.
const OWN_FILE: usize = 4096;

/// A shared file ends with the day that brings it to so many rows, so that its span stays narrow.
const SHARED_FILE: usize = 65_536;

/// The UTC day of an instant in microseconds, as days since 1970-01-01.
pub(crate) fn day_of(timestamp: i64) -> i64 {
    timestamp.div_euclid(DAY_US)
}

/// The days that can hold an event of this day under the same uuid.
pub(crate) fn near(day: i64) -> RangeInclusive<i64> {
    day.saturating_sub(1)..=day.saturating_add(1)
}

/// Cuts rows that are sorted by day into files: takes each day's number of rows, in order of the days,
/// and gives each file's.
pub(crate) fn cut(days: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut files = Vec::new();
    let mut shared = 0;
    for rows in days {
        if rows >= OWN_FILE {
            files.extend((shared > 0).then_some(shared));
            files.push(rows);
            shared = 0;
        } else {
            shared += rows;
            if shared >= SHARED_FILE {
                files.push(shared);
                shared = 0;
            }
        }
    }
    files.extend((shared > 0).then_some(shared));
    files
}

/// How many rows in a row lie on the same day, day by day.
pub(crate) fn runs(days: impl IntoIterator<Item = i64>) -> Vec<(i64, usize)> {
    let mut runs: Vec<(i64, usize)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((last, rows)) if *last == day => *rows += 1,
            _ => runs.push((day, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_days_share_a_file_and_large_ones_do_not() {
        for (days, files) in [
            (vec![], vec![]),
            (vec![1], vec![1]),
            (vec![10, 20, 30], vec![60]),
            (vec![10, OWN_FILE, 30], vec![10, OWN_FILE, 30]),
            (vec![OWN_FILE - 1, 1, OWN_FILE], vec![OWN_FILE, OWN_FILE]),
            (vec![OWN_FILE - 1; 20], vec![17 * (OWN_FILE - 1), 3 * (OWN_FILE - 1)]),
        ] {
            assert_eq!(cut(days.clone()), files, "{days:?}");
        }
    }

    #[test]
    fn days_begin_at_midnight_before_1970_too() {
        assert_eq!([-1, 0, DAY_US - 1, DAY_US].map(day_of), [-1, 0, 0, 1]);
        assert_eq!(runs([-1, -1, 0, 3, 3, 3]), [(-1, 2), (0, 1), (3, 3)]);
    }
}
