//! The borders of hours, days and longer units, found again by walking through time.

use std::fmt::Write as _;

use super::*;

/// Zones with the days around which their clocks were changed, or with a leap day.
const WALKS: [(Tz, &str); 11] = [
    (Tz::UTC, "2024-02-28"),
    (Tz::America__New_York, "2024-03-10"),
    (Tz::America__New_York, "2024-11-03"),
    (Tz::Europe__Berlin, "2024-03-31"),
    (Tz::Europe__Berlin, "2024-10-27"),
    (Tz::Australia__Lord_Howe, "2024-04-07"),
    (Tz::Australia__Lord_Howe, "2024-10-06"),
    (Tz::America__Sao_Paulo, "2016-02-21"),
    (Tz::America__Sao_Paulo, "2016-10-16"),
    (Tz::Asia__Kathmandu, "1986-01-01"),
    (Tz::America__Havana, "2024-11-03"),
];

/// What the clocks and the calendar say of a unit; two instants of one unit have the same.
fn said(unit: Unit, time: Local) -> String {
    let date = time.date_naive();
    let mut said = String::new();
    let written = match unit {
        Unit::Second | Unit::Minute => write!(said, "{time:?}"),
        Unit::Hour => write!(said, "{date} {} {:?}", time.hour(), time.offset().fix()),
        Unit::Day => write!(said, "{date}"),
        Unit::Week => write!(said, "{:?}", date.week(chrono::Weekday::Sun).first_day()),
        Unit::Month => write!(said, "{} {}", date.year(), date.month()),
        Unit::Quarter => write!(said, "{} {}", date.year(), date.month0() / 3),
        Unit::Year => write!(said, "{}", date.year()),
    };
    written.unwrap();
    said
}

#[test]
fn units_begin_where_the_clocks_say_so() {
    for (zone, day) in WALKS {
        let middle = day.parse::<NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap();
        let step = Duration::minutes(5);
        let first = zone.from_utc_datetime(&(middle - Duration::days(75)));
        for unit in [
            Unit::Hour,
            Unit::Day,
            Unit::Week,
            Unit::Month,
            Unit::Quarter,
            Unit::Year,
        ] {
            let (mut time, mut start) = (first, None);
            let mut before = said(unit, time);
            for _ in 0..(150 * 24 * 12) {
                time += step;
                let now = said(unit, time);
                if now != before {
                    if let Some(start) = start {
                        assert_eq!(next_of(unit, start), time, "{unit:?} after {start} in {zone}");
                        assert_eq!(end_of(unit, start), time - Duration::microseconds(1));
                    }
                    (start, before) = (Some(time), now);
                }
                // Within the unit every instant knows its borders.
                if let Some(start) = start {
                    let within = time + Duration::microseconds(time.timestamp() % 299_999_999);
                    assert_eq!(start_of(unit, within), start, "{unit:?} at {within} in {zone}");
                    assert_eq!(
                        next_of(unit, within),
                        next_of(unit, start),
                        "{unit:?} at {within} in {zone}"
                    );
                }
            }
        }
    }
}

#[test]
fn days_follow_each_other_where_clocks_go_back_over_midnight() {
    // One minute after midnight it was the day before again.
    let zone = Tz::America__St_Johns;
    let at = |time: &str| DateTime::parse_from_rfc3339(time).unwrap().with_timezone(&zone);
    let (first, again) = (at("2009-11-01T00:00:30-02:30"), at("2009-10-31T23:30:00-03:30"));
    assert!(first < again);
    assert_eq!(start_of(Unit::Day, again), start_of(Unit::Day, first));
    assert_eq!(
        next_of(Unit::Day, at("2009-10-31T12:00:00-02:30")),
        start_of(Unit::Day, first)
    );
    // A day that was left out is no day.
    let zone = Tz::Pacific__Apia;
    let last = zone.with_ymd_and_hms(2011, 12, 29, 8, 0, 0).unwrap();
    let next = next_of(Unit::Day, last);
    assert_eq!(next.to_rfc3339(), "2011-12-31T00:00:00+14:00");
    assert_eq!(start_of(Unit::Day, next), next);
    assert_eq!(next_of(Unit::Day, next).to_rfc3339(), "2012-01-01T00:00:00+14:00");
}

#[test]
fn hours_of_half_an_hour_are_their_own() {
    let zone = Tz::Australia__Lord_Howe;
    let mut hour = zone.with_ymd_and_hms(2024, 4, 7, 0, 0, 0).unwrap();
    let mut found = Vec::new();
    for _ in 0..5 {
        found.push(hour.format("%H:%M%:z").to_string());
        hour = next_of(Unit::Hour, hour);
    }
    assert_eq!(
        found,
        [
            "00:00+11:00",
            "01:00+11:00",
            "01:30+10:30",
            "02:00+10:30",
            "03:00+10:30"
        ]
    );
    assert!(is_shown_twice(
        zone.with_ymd_and_hms(2024, 4, 7, 1, 30, 0).earliest().unwrap()
    ));
    assert!(!is_shown_twice(zone.with_ymd_and_hms(2024, 4, 7, 1, 0, 0).unwrap()));
}
