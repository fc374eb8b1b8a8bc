//! The world's 90 days: dates, weekdays, hours, growth and releases.

/// Microseconds of one day.
pub const DAY: i64 = 86_400_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MILLISECOND: i64 = 1_000;

/// How many days the world has.
pub const DAYS: usize = 90;

/// 2026-04-02T00:00:00Z, a Thursday: no event is earlier. Microseconds since 1970-01-01 UTC.
pub const START: i64 = 20_545 * DAY;

/// 2026-07-01T00:00:00Z: every event is earlier. Microseconds since 1970-01-01 UTC.
pub const END: i64 = START + DAYS as i64 * DAY;

/// The days on which version 3.4.0 was out: released on 19 May 2026 at 14:00 UTC, replaced on 23 May at
/// 09:00 UTC. A session keeps the version with which it began.
pub const BAD_RELEASE: (i64, i64) = (START + 47 * DAY + 14 * HOUR, START + 51 * DAY + 9 * HOUR);

/// The version that the bad release carries as `app_version`.
pub const BAD_VERSION: &str = "3.4.0";

/// When each version came out, in microseconds since 1970-01-01 UTC.
pub const RELEASES: [(i64, &str); 5] = [
    (START, "3.2.0"),
    (START + 18 * DAY + 13 * HOUR, "3.3.0"),
    (BAD_RELEASE.0, BAD_VERSION),
    (BAD_RELEASE.1, "3.4.1"),
    (START + 74 * DAY + 12 * HOUR, "3.5.0"),
];

/// The version that a session beginning at `time` loads.
pub(crate) fn version_at(time: i64) -> &'static str {
    RELEASES
        .iter()
        .rev()
        .find(|(released, _)| *released <= time)
        .map_or("3.2.0", |(_, version)| version)
}

/// The day of a timestamp, counted from 0.
pub(crate) fn day_of(timestamp: i64) -> usize {
    ((timestamp - START) / DAY).clamp(0, DAYS as i64 - 1) as usize
}

/// The calendar week of a day, counted from 0 and beginning on Monday. Week 0 has four days.
pub(crate) fn week_of(day: usize) -> usize {
    (day + 3) / 7
}

/// How many calendar weeks the days touch.
pub(crate) const WEEKS: usize = (DAYS - 1 + 3) / 7 + 1;

/// 0 is Monday.
pub(crate) fn weekday(day: usize) -> usize {
    (day + 3) % 7
}

/// How busy people at work are on a day of the week, Monday first.
pub(crate) const WORK: [f64; 7] = [1.02, 1.10, 1.12, 1.06, 0.94, 0.42, 0.40];

/// How many look for something on a day of the week, Monday first.
pub(crate) const BROWSING: [f64; 7] = [1.06, 1.08, 1.06, 1.02, 0.95, 0.88, 0.95];

/// Weights of the local hour in which a session begins.
pub(crate) const HOURS: [u16; 24] = [
    6, 4, 2, 2, 2, 4, 10, 24, 52, 84, 96, 92, 70, 74, 90, 92, 86, 70, 48, 38, 36, 34, 24, 12,
];

/// The size of the product on a day against the first one: from 1.0 to 2.3.
pub(crate) fn growth(day: usize) -> f64 {
    1.0 + 1.3 * day as f64 / (DAYS - 1) as f64
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike};

    use super::{BAD_RELEASE, DAYS, END, RELEASES, START, WEEKS, day_of, version_at, week_of, weekday};

    fn text(time: i64) -> String {
        DateTime::from_timestamp_micros(time).unwrap().to_rfc3339()
    }

    #[test]
    fn days_match_the_calendar() {
        assert_eq!(text(START), "2026-04-02T00:00:00+00:00");
        assert_eq!(text(END), "2026-07-01T00:00:00+00:00");
        assert_eq!(text(BAD_RELEASE.0), "2026-05-19T14:00:00+00:00");
        assert_eq!(text(BAD_RELEASE.1), "2026-05-23T09:00:00+00:00");
        let first = DateTime::from_timestamp_micros(START).unwrap();
        assert_eq!(first.weekday().num_days_from_monday() as usize, weekday(0));
        assert_eq!((week_of(3), week_of(4), week_of(DAYS - 1)), (0, 1, WEEKS - 1));
        assert_eq!((day_of(START), day_of(END - 1)), (0, DAYS - 1));
    }

    #[test]
    fn versions_change_at_their_release() {
        assert!(RELEASES.is_sorted());
        assert_eq!(version_at(BAD_RELEASE.0 - 1), "3.3.0");
        assert_eq!(version_at(BAD_RELEASE.0), "3.4.0");
        assert_eq!(version_at(BAD_RELEASE.1), "3.4.1");
        assert_eq!(version_at(END), "3.5.0");
    }
}
