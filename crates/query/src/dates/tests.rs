//! Ranges as a table of words and bounds.

use hedgerow_data_api::{DateRange, Interval};

use super::resolve;

fn check(from: &str, to: &str, interval: Interval, expected: &str) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let range = DateRange {
        date_from: some(from),
        date_to: some(to),
        explicit_date: false,
    };
    // A Wednesday.
    let now = "2015-05-20T21:05:30Z".parse().unwrap();
    let first = "2015-05-17T10:05:00Z".parse().unwrap();
    let last = "2015-05-20T18:00:00Z".parse().unwrap();
    let found = match resolve(&range, Some(interval), now, (first, last)) {
        Ok(resolved) => {
            let format = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
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
