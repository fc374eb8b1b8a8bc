//! Ranges as a table of words and bounds.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hedgerow_data_api::{DateRange, Interval};

use super::{as_long_before, earlier, resolve};

fn check(from: &str, to: &str, interval: Interval, expected: &str) {
    // A Wednesday.
    let now = "2015-05-20T21:05:30Z".parse::<DateTime<Utc>>().unwrap();
    check_at(now.with_timezone(&Tz::UTC), from, to, interval, expected);
}

fn check_at(now: DateTime<Tz>, from: &str, to: &str, interval: Interval, expected: &str) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let range = DateRange {
        date_from: some(from),
        date_to: some(to),
        explicit_date: false,
    };
    let first = "2015-05-17T10:05:00Z".parse().unwrap();
    let last = "2015-05-20T18:00:00Z".parse().unwrap();
    let found = match resolve(&range, Some(interval), now, (first, last)) {
        Ok(resolved) => {
            let format = |time: DateTime<Tz>| time.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
            let partial = if resolved.partial { " partial" } else { "" };
            format!(
                "{} .. {} {}{partial}",
                format(resolved.from),
                format(resolved.to),
                resolved.buckets.len()
            )
        }
        Err(error) => error.message().to_owned(),
    };
    assert_eq!(found, expected, "{from:?} to {to:?}");
}

#[test]
fn resolve_knows_the_grammar() {
    let day = Interval::Day;
    check(
        "",
        "",
        day,
        "2015-05-13T00:00:00 .. 2015-05-20T23:59:59.999999 8 partial",
    );
    check(
        "-7d",
        "-1dEnd",
        day,
        "2015-05-13T00:00:00 .. 2015-05-19T23:59:59.999999 7",
    );
    check(
        "all",
        "",
        day,
        "2015-05-17T00:00:00 .. 2015-05-20T23:59:59.999999 4 partial",
    );
    check(
        "2015-05-18",
        "2015-05-18",
        day,
        "2015-05-18T00:00:00 .. 2015-05-18T23:59:59.999999 1",
    );
    check(
        "2015-05-18",
        "2015-05-18",
        Interval::Hour,
        "2015-05-18T00:00:00 .. 2015-05-18T23:59:59.999999 24",
    );
    check(
        "2015-05-18T06:00:00Z",
        "2015-05-18T11:59:59.999999Z",
        day,
        "2015-05-18T06:00:00 .. 2015-05-18T11:59:59.999999 1",
    );
    check(
        "2015-05-18T06:00:00+02:00",
        "2015-05-18",
        day,
        "2015-05-18T04:00:00 .. 2015-05-18T23:59:59.999999 1",
    );
    check(
        "-3h",
        "",
        Interval::Hour,
        "2015-05-20T18:00:00 .. 2015-05-20T21:59:59.999999 4 partial",
    );
    check(
        "dStart",
        "dEnd",
        day,
        "2015-05-20T00:00:00 .. 2015-05-20T23:59:59.999999 1 partial",
    );
    check(
        "-1dStart",
        "-1dEnd",
        day,
        "2015-05-19T00:00:00 .. 2015-05-19T23:59:59.999999 1",
    );
    check(
        "-1mStart",
        "-1mEnd",
        Interval::Month,
        "2015-04-01T00:00:00 .. 2015-04-30T23:59:59.999999 1",
    );
    check(
        "wStart",
        "",
        day,
        "2015-05-17T00:00:00 .. 2015-05-20T23:59:59.999999 4 partial",
    );
    check(
        "qStart",
        "",
        Interval::Month,
        "2015-04-01T00:00:00 .. 2015-05-20T23:59:59.999999 2 partial",
    );
    check(
        "-1y",
        "-1d",
        Interval::Week,
        "2014-05-20T00:00:00 .. 2015-05-19T23:59:59.999999 53",
    );
    check(
        "-1q",
        "-1d",
        Interval::Month,
        "2015-02-20T00:00:00 .. 2015-05-19T23:59:59.999999 4",
    );
}

#[test]
fn resolve_refuses_what_is_no_range() {
    let day = Interval::Day;
    check(
        "2015-05-19",
        "2015-05-18",
        day,
        "the range is empty: it starts 2015-05-19T00:00:00+00:00 and ends 2015-05-18T23:59:59.999999+00:00",
    );
    check("last week", "", day, "date_from \"last week\" is no date");
    check("7d", "", day, "date_from \"7d\" is no date");
    check("2015-13-01", "", day, "date_from \"2015-13-01\" is no date");
    check("2015-01-01", "-7dd", day, "date_to \"-7dd\" is no date");
    check("-999999y", "", day, "date_from \"-999999y\" is no date");
    check(
        "1900-01-01",
        "",
        Interval::Hour,
        "the range has more than 10000 buckets of one hour",
    );
}

fn local(zone: Tz, time: &str) -> DateTime<Tz> {
    DateTime::parse_from_rfc3339(time).unwrap().with_timezone(&zone)
}

#[test]
fn resolve_knows_the_clocks_of_the_zone() {
    let (day, hour) = (Interval::Day, Interval::Hour);
    // Clocks go forward on the 10th and back on 3 November.
    let new_york = local(Tz::America__New_York, "2024-03-12T03:30:00Z");
    let check = |from, to, interval, expected| check_at(new_york, from, to, interval, expected);
    check(
        "-1d",
        "-1d",
        hour,
        "2024-03-10T00:00:00 .. 2024-03-10T23:59:59.999999 23",
    );
    check(
        "2024-03-10T01:30:00",
        "2024-03-10T03:29:59",
        hour,
        "2024-03-10T01:30:00 .. 2024-03-10T03:29:59 2",
    );
    check(
        "-47h",
        "-1d",
        hour,
        "2024-03-09T23:00:00 .. 2024-03-10T23:59:59.999999 24",
    );
    check(
        "2024-11-03",
        "2024-11-03",
        hour,
        "2024-11-03T00:00:00 .. 2024-11-03T23:59:59.999999 25 partial",
    );
    check(
        "dStart",
        "dEnd",
        day,
        "2024-03-11T00:00:00 .. 2024-03-11T23:59:59.999999 1 partial",
    );
    check(
        "2024-03-10T02:30:00",
        "",
        day,
        "clocks in America/New_York show 2024-03-10 02:30:00 never, since they are changed then",
    );
    check(
        "2024-11-03 01:30",
        "",
        day,
        "clocks in America/New_York show 2024-11-03 01:30:00 twice, since they are changed then",
    );
    check(
        "2024-11-03T01:30:00-04:00",
        "2024-11-03T01:30:00-05:00",
        hour,
        "2024-11-03T01:30:00 .. 2024-11-03T01:30:00 2 partial",
    );
    // The day of 30 December 2011 was left out; the one of 16 October 2016 began at one o'clock.
    let apia = local(Tz::Pacific__Apia, "2012-01-02T12:00:00+14:00");
    check_at(
        apia,
        "2011-12-29",
        "2011-12-31",
        day,
        "2011-12-29T00:00:00 .. 2011-12-31T23:59:59.999999 2",
    );
    check_at(
        apia,
        "-3d",
        "-2d",
        day,
        "2011-12-31T00:00:00 .. 2011-12-31T23:59:59.999999 1",
    );
    let sao_paulo = local(Tz::America__Sao_Paulo, "2016-10-18T12:00:00Z");
    check_at(
        sao_paulo,
        "-2d",
        "-2d",
        hour,
        "2016-10-16T01:00:00 .. 2016-10-16T23:59:59.999999 23",
    );
}

#[test]
fn a_shift_keeps_the_borders_of_days() {
    let zone = Tz::America__Sao_Paulo;
    // This day began at one o'clock, and the hour before 21 February was there twice.
    let begins = local(zone, "2016-10-16T01:00:00-02:00");
    assert_eq!(
        earlier("-7d", begins).unwrap().to_rfc3339(),
        "2016-10-09T00:00:00-03:00"
    );
    let ends = local(zone, "2016-02-27T23:59:59.999999-03:00");
    assert_eq!(
        earlier("-7d", ends).unwrap().to_rfc3339(),
        "2016-02-20T23:59:59.999999-03:00"
    );
    let hour = local(zone, "2016-02-21T00:00:00-03:00");
    assert_eq!(earlier("-1h", hour).unwrap().to_rfc3339(), "2016-02-20T23:00:00-03:00");
    let week = (
        local(zone, "2016-10-16T01:00:00-02:00"),
        local(zone, "2016-10-22T23:59:59.999999-02:00"),
    );
    let (from, to) = as_long_before(week.0, week.1);
    assert_eq!(
        (from.to_rfc3339(), to.to_rfc3339()),
        (
            "2016-10-09T00:00:00-03:00".into(),
            "2016-10-15T23:59:59.999999-03:00".into()
        )
    );
}
