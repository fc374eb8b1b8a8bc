//! Real and hostile lines against the fields they have.

use proptest::prelude::*;

use super::*;

/// A line's fields as text: address, seconds, request, status, bytes, referrer, agent.
type Expected = (
    &'static str,
    i64,
    &'static str,
    u16,
    Option<i64>,
    Option<&'static str>,
    Option<&'static str>,
);

/// 18/May/2015:10:05:03 +0000
const NOON: i64 = 1_431_943_503;

fn assert_reads(line: &str, expected: Expected) {
    let fields = parse(line.as_bytes()).unwrap_or_else(|reject| panic!("{line}: {}", reject.as_str()));
    let text = |range: &Range<u32>| &line[range.start as usize..range.end as usize];
    let read = (
        text(&fields.address),
        fields.timestamp,
        text(&fields.request),
        fields.status,
        fields.bytes,
        fields.referrer.as_ref().map(text),
        fields.agent.as_ref().map(text),
    );
    assert_eq!(read, expected, "{line}");
}

#[test]
fn readable_line_has_its_fields() {
    let get = "GET / HTTP/1.1";
    let cases: [(&str, Expected); 20] = [
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "http://r/" "Agent/1.0""#,
            (
                "1.2.3.4",
                NOON,
                get,
                200,
                Some(12),
                Some("http://r/"),
                Some("Agent/1.0"),
            ),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 304 -"#,
            ("1.2.3.4", NOON, get, 304, None, None, None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12  "#,
            ("1.2.3.4", NOON, get, 200, Some(12), None, None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:12:35:03 +0230] "GET / HTTP/1.1" 200 12 "-" "-""#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some("-"), Some("-")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:03:05:03 -0700] "GET / HTTP/1.1" 200 12 "" """#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some(""), Some("")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:04:60 +0000] "GET / HTTP/1.1" 200 12"#,
            ("1.2.3.4", NOON - 3, get, 200, Some(12), None, None),
        ),
        (
            r#"2001:db8::1 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12"#,
            ("2001:db8::1", NOON, get, 200, Some(12), None, None),
        ),
        (
            r#"host.example - frank [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12"#,
            ("host.example", NOON, get, 200, Some(12), None, None),
        ),
        (
            r#"1.2.3.4 an ident Jo van [x] [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12"#,
            ("1.2.3.4", NOON, get, 200, Some(12), None, None),
        ),
        (
            r#"site.example:443 1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12"#,
            ("1.2.3.4", NOON, get, 200, Some(12), None, None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET /\"q\" HTTP/1.1" 200 12 "a\"b" "c\\\"d\\""#,
            (
                "1.2.3.4",
                NOON,
                r#"GET /\"q\" HTTP/1.1"#,
                200,
                Some(12),
                Some(r#"a\"b"#),
                Some(r#"c\\\"d\\"#),
            ),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET /"q" HTTP/1.1" 200 12 "a"b" "c"d""#,
            (
                "1.2.3.4",
                NOON,
                r#"GET /"q" HTTP/1.1"#,
                200,
                Some(12),
                Some(r#"a"b"#),
                Some(r#"c"d"#),
            ),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET /\" 200 12"#,
            ("1.2.3.4", NOON, r"GET /\", 200, Some(12), None, None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "\x16\x03\x01" 400 226 "-" "-""#,
            ("1.2.3.4", NOON, r"\x16\x03\x01", 400, Some(226), Some("-"), Some("-")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "-" 408 -"#,
            ("1.2.3.4", NOON, "-", 408, None, None, None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "" 400 0 "-" "-""#,
            ("1.2.3.4", NOON, "", 400, Some(0), Some("-"), Some("-")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "-" "Agent (no end"#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some("-"), Some("Agent (no end")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "-" ""#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some("-"), Some("")),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "-""#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some("-"), None),
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "-" "Agent" 0.003 "5.6.7.8""#,
            ("1.2.3.4", NOON, get, 200, Some(12), Some("-"), Some("Agent")),
        ),
    ];
    for (line, expected) in cases {
        assert_reads(line, expected);
    }
}

#[test]
fn agent_without_closing_quote_is_cut() {
    let line =
        |end: &str| format!("1.2.3.4 - - [18/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"Agent{end}");
    for (end, cut) in [
        ("", true),
        ("\"", false),
        ("\" 0.1", false),
        ("\\\"", true),
        (" \\\" x", true),
    ] {
        assert_eq!(parse(line(end).as_bytes()).unwrap().agent_cut, cut, "{end:?}");
    }
}

#[test]
fn unreadable_line_is_rejected_with_its_reason() {
    let cases = [
        ("", Reject::NoTime),
        ("garbage", Reject::NoTime),
        (
            r#"1.2.3.4 - - [18/May/4015:10:05:03 +0000] "GET /" 200 1"#,
            Reject::TimeOutOfRange,
        ),
        (
            r#"1.2.3.4 - - [01/Jan/1970:00:00:00 +0100] "GET /" 200 1"#,
            Reject::TimeOutOfRange,
        ),
        (r#"{"remote_addr": "1.2.3.4"}"#, Reject::NoTime),
        (
            r#"1.2.3.4 - - [18/Mai/2015:10:05:03 +0000] "GET /" 200 1"#,
            Reject::NoTime,
        ),
        (
            r#"1.2.3.4 - - [31/Feb/2015:10:05:03 +0000] "GET /" 200 1"#,
            Reject::NoTime,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:24:05:03 +0000] "GET /" 200 1"#,
            Reject::NoTime,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 0000] "GET /" 200 1"#,
            Reject::NoTime,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000 "GET /" 200 1"#,
            Reject::NoTime,
        ),
        (r#"[18/May/2015:10:05:03 +0000] "GET /" 200 1"#, Reject::NoAddress),
        (r#" - - [18/May/2015:10:05:03 +0000] "GET /" 200 1"#, Reject::NoAddress),
        (
            "\0\0 - - [18/May/2015:10:05:03 +0000] \"GET /\" 200 1",
            Reject::NoAddress,
        ),
        ("1.2.3.4 - - [18/May/2015:10:05:03 +0000]", Reject::NoRequest),
        (
            "1.2.3.4 - - [18/May/2015:10:05:03 +0000] GET / 200 1",
            Reject::NoRequest,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1"#,
            Reject::NoStatus,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1""#,
            Reject::NoStatus,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 20 1"#,
            Reject::NoStatus,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 2000 1"#,
            Reject::NoStatus,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200"#,
            Reject::NoBytes,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 x"#,
            Reject::NoBytes,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 -1"#,
            Reject::NoBytes,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 99999999999999999999"#,
            Reject::NoBytes,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 0.003"#,
            Reject::NotQuoted,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "http://cut"#,
            Reject::CutReferrer,
        ),
    ];
    for (line, reason) in cases {
        assert_eq!(parse(line.as_bytes()), Err(reason), "{line:?}");
    }
}

/// Lines that are nearly right, which is where a hand-written reader breaks.
fn nearly_a_line() -> impl Strategy<Value = Vec<u8>> {
    let whole = br#"::1 - - [18/May/2015:10:05:03 +0000] "GET /\"a\\ HTTP/1.1" 200 12 "-" "A\xe4""#;
    let change = (
        0..whole.len(),
        0..whole.len(),
        proptest::collection::vec(any::<u8>(), 0..4),
    );
    change.prop_map(|(from, until, inserted)| {
        let mut line = whole.to_vec();
        line.splice(from.min(until)..from.max(until), inserted);
        line
    })
}

proptest! {
    #[test]
    fn parser_reads_or_rejects_any_bytes(line in prop_oneof![nearly_a_line(), proptest::collection::vec(any::<u8>(), 0..200)]) {
        if let Ok(fields) = parse(&line) {
            let ranges = [Some(fields.address), Some(fields.request), fields.referrer, fields.agent];
            for range in ranges.into_iter().flatten() {
                prop_assert!(line.get(range.start as usize..range.end as usize).is_some());
            }
        }
    }

    #[test]
    fn parser_reads_every_time_it_is_given(seconds in 0_i64..4_102_444_800, offset in -14 * 60..14 * 60_i32) {
        let zone = chrono::FixedOffset::east_opt(offset * 60).unwrap();
        let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&zone);
        let line = format!("::1 - - [{}] \"-\" 200 -", time.format("%d/%b/%Y:%H:%M:%S %z"));
        prop_assert_eq!(parse(line.as_bytes()).unwrap().timestamp, seconds);
    }
}
