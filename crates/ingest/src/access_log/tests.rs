//! Whole imports into a store in memory.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Mutex;

use futures::executor::block_on;
use hedgerow_data_api::{EventRecord, PropertyValue};
use hedgerow_errors::Code;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::memory_sink::MemorySink;
use crate::summary::MaxRejects;

fn property<'a>(event: &'a EventRecord, key: &str) -> Option<&'a PropertyValue> {
    event
        .properties
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

fn text<'a>(event: &'a EventRecord, key: &str) -> Option<&'a str> {
    match property(event, key)? {
        PropertyValue::Text(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

fn status(event: &EventRecord) -> Option<&PropertyValue> {
    property(event, "status")
}

fn import(sink: &MemorySink, files: &[PathBuf], options: &AccessLogOptions) -> Result<ImportSummary> {
    let logs = OpenAccessLogs::open(files, options)?;
    block_on(logs.import(sink, &"demo".parse().unwrap(), &|_| {}))
}

fn import_text(content: &str, options: &AccessLogOptions) -> (MemorySink, Result<ImportSummary>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    fs_err::write(&path, content).unwrap();
    let sink = MemorySink::default();
    let summary = import(&sink, &[path], options);
    (sink, summary)
}

fn real_log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals/data/access-log/access.log")
}

/// The numbers are those of `evals/site`, computed there by a program that shares no code.
#[test]
fn real_log_has_the_counts_of_the_independent_truths() {
    let sink = MemorySink::default();
    let summary = import(&sink, &[real_log()], &AccessLogOptions::default()).unwrap();
    assert_eq!(
        (summary.lines, summary.events_added, summary.rejected),
        (10_000, 10_000, 0)
    );
    assert_eq!(
        (summary.already_present, summary.out_of_order, summary.blank_lines),
        (0, 0, 0)
    );
    assert_eq!(
        summary.first_timestamp.unwrap().to_rfc3339(),
        "2015-05-17T10:05:00+00:00"
    );
    assert_eq!(
        summary.last_timestamp.unwrap().to_rfc3339(),
        "2015-05-20T21:05:59+00:00"
    );
    assert_eq!(
        summary.notes,
        ["lines without a closing quote after the user agent, kept: 1"]
    );

    let page_view = |event: &EventRecord| event.event == "$pageview";
    let is_bot = |event: &EventRecord| property(event, "$is_bot") == Some(&PropertyValue::Boolean(true));
    let day = |event: &EventRecord| event.timestamp.format("%Y-%m-%d").to_string();
    let visitor = |event: &EventRecord| Some(event.distinct_id.clone());
    let session = |event: &EventRecord| event.session_id.clone();
    let counts = [
        ("page views", sink.count(page_view), 3165),
        (
            "other requests",
            sink.count(|event| event.event == "$request"),
            10_000 - 3165,
        ),
        (
            "page views on 18 May",
            sink.count(|event| page_view(event) && day(event) == "2015-05-18"),
            1002,
        ),
        (
            "home page",
            sink.count(|event| page_view(event) && text(event, "$pathname") == Some("/")),
            218,
        ),
        (
            "404",
            sink.count(|event| status(event) == Some(&PropertyValue::Integer(404))),
            213,
        ),
        ("not GET", sink.count(|event| text(event, "method") != Some("GET")), 48),
        (
            "page views not by bots",
            sink.count(|event| page_view(event) && !is_bot(event)),
            1969,
        ),
        (
            "page views without referrer on 20 May",
            sink.count(|event| {
                page_view(event) && property(event, "$referrer").is_none() && day(event) == "2015-05-20"
            }),
            405,
        ),
        (
            "page views from google",
            sink.count(|event| {
                page_view(event) && text(event, "$referrer").is_some_and(|from| from.contains("google"))
            }),
            451,
        ),
        (
            "large responses",
            sink.count(|event| matches!(property(event, "bytes"), Some(PropertyValue::Integer(1_000_001..)))),
            154,
        ),
        ("visitors", sink.distinct(visitor), 1862),
        (
            "visitors with Firefox",
            sink.distinct(|event| visitor(event).filter(|_| text(event, "$browser") == Some("Firefox"))),
            598,
        ),
        (
            "visitors with Windows on 19 May",
            sink.distinct(|event| {
                visitor(event).filter(|_| text(event, "$os") == Some("Windows") && day(event) == "2015-05-19")
            }),
            209,
        ),
        ("sessions", sink.distinct(session), 3224),
        (
            "sessions on 19 May",
            sink.distinct(|event| session(event).filter(|_| day(event) == "2015-05-19")),
            852,
        ),
        (
            "sessions on 17 May",
            sink.distinct(|event| session(event).filter(|_| day(event) == "2015-05-17")),
            546,
        ),
    ];
    for (name, found, expected) in counts {
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn second_import_adds_nothing_whatever_the_chunks() {
    let sink = MemorySink::default();
    import(&sink, &[real_log()], &AccessLogOptions::default()).unwrap();
    let before = sink.events.lock().unwrap().clone();
    let options = AccessLogOptions {
        chunk_events: 777,
        ..AccessLogOptions::default()
    };
    let summary = import(&sink, &[real_log()], &options).unwrap();
    assert_eq!((summary.events_added, summary.already_present), (0, 10_000));
    assert!(*sink.events.lock().unwrap() == before);
    assert_eq!(
        *sink.batches.lock().unwrap(),
        [vec![10_000], vec![777; 12], vec![676]].concat()
    );
}

fn line(second: i64, address: u8, rest: &str) -> String {
    let time = event::time(1_431_943_200 + second).format("%d/%b/%Y:%H:%M:%S +0000");
    format!("10.0.0.{address} - - [{time}] \"GET /{rest} HTTP/1.1\" 200 1 \"-\" \"Agent\"")
}

#[test]
fn line_becomes_an_event_with_only_the_properties_it_has() {
    let cases = [
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "GET /a?b#c HTTP/1.1" 200 12 "http://r/\xe4" "Mozilla/5.0 (Windows NT 6.1; rv:11.0) Gecko/20100101 Firefox/11.0""#,
            "$pageview",
            r#"$browser="Firefox" $current_url="/a?b#c" $is_bot=false $os="Windows" $pathname="/a" $raw_user_agent="Mozilla/5.0 (Windows NT 6.1; rv:11.0) Gecko/20100101 Firefox/11.0" $referrer="http://r/\\xe4" bytes=12 method="GET" status=200"#,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "POST http://h/a HTTP/1.1" 200 - "" "-""#,
            "$request",
            r#"$current_url="http://h/a" $is_bot=false $pathname="/a" method="POST" status=200"#,
        ),
        (
            r#"1.2.3.4 - - [18/May/2015:10:05:03 +0000] "-" 408 -"#,
            "$request",
            "status=408",
        ),
    ];
    for (content, name, expected) in cases {
        let (sink, summary) = import_text(content, &AccessLogOptions::default());
        summary.unwrap();
        let events = sink.events.lock().unwrap();
        let event = events.values().next().unwrap();
        let shown = event.properties.iter().map(|(key, value)| match value {
            PropertyValue::Text(text) => format!("{key}={text:?}"),
            PropertyValue::Integer(number) => format!("{key}={number}"),
            PropertyValue::Double(number) => format!("{key}={number}"),
            PropertyValue::Boolean(truth) => format!("{key}={truth}"),
            PropertyValue::Json(json) => format!("{key}={json}"),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
        assert_eq!((event.event.as_str(), events.len()), (name, 1));
        assert!(!event.distinct_id.contains("1.2.3.4"));
    }
}

#[test]
fn too_many_rejects_fail_after_everything_readable_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let rejects_path = folder.path().join("rejects").join("access.log-1.txt");
    let content = format!("{}\nno line\n\n{}\nnor\tthis\n", line(0, 1, "a"), line(1, 1, "b"));
    let options = |max_rejects| AccessLogOptions {
        max_rejects,
        rejects_path: Some(rejects_path.clone()),
        ..AccessLogOptions::default()
    };
    let (sink, result) = import_text(&content, &options(MaxRejects::default()));
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for part in ["2 of 5 lines", "limit of 1%", "2 events added", "line 2"] {
        assert!(error.message().contains(part), "{part:?} not in {error}");
    }
    assert!(error.hint().unwrap().contains(rejects_path.to_str().unwrap()));
    assert_eq!(sink.count(|_| true), 2);

    let written = fs_err::read_to_string(&rejects_path).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert!(lines[0].starts_with("# ") && lines[0].ends_with("access.log"));
    let reason = "no time like [18/May/2015:10:05:03 +0000]";
    assert_eq!(
        lines[1..],
        [format!("2\t{reason}\tno line"), format!("5\t{reason}\tnor\tthis")]
    );

    let (_, again) = import_text(&content, &options(MaxRejects::Count(2)));
    assert_eq!(
        again.unwrap_err().code(),
        Code::Conflict,
        "a rejects file is never overwritten"
    );
    fs_err::remove_file(&rejects_path).unwrap();
    let (_, accepted) = import_text(&content, &options(MaxRejects::Count(2)));
    let summary = accepted.unwrap();
    assert_eq!((summary.rejected, summary.blank_lines, summary.events_added), (2, 1, 2));
    assert_eq!(
        (summary.reject_reasons[0].count, summary.reject_reasons[0].first_line),
        (2, 2)
    );
    assert!(summary.rejects_file.is_some());
}

#[test]
fn sink_that_fails_leaves_whole_chunks_and_says_how_many() {
    let sink = MemorySink {
        fails_after: Some(2),
        ..MemorySink::default()
    };
    let options = AccessLogOptions {
        chunk_events: 1000,
        ..AccessLogOptions::default()
    };
    let error = import(&sink, &[real_log()], &options).unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.message().contains("2000 were added"), "{error}");
    assert!(error.chain().contains("disk full") && error.hint().unwrap().contains("make room"));
    assert_eq!(sink.count(|_| true), 2000);
    let resumed = MemorySink {
        events: sink.events,
        ..MemorySink::default()
    };
    let summary = import(&resumed, &[real_log()], &options).unwrap();
    assert_eq!((summary.events_added, summary.already_present), (8000, 2000));
}

#[test]
fn progress_ends_with_everything_read() {
    let reports = Mutex::new(Vec::new());
    let sink = MemorySink::default();
    let project = "demo".parse().unwrap();
    let options = AccessLogOptions {
        chunk_events: 4000,
        ..AccessLogOptions::default()
    };
    let report = |progress: ImportProgress| reports.lock().unwrap().push(progress);
    let files = [real_log()];
    let logs = OpenAccessLogs::open(&files, &options).unwrap();
    let future = logs.import(&sink, &project, &report);
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    block_on(assert_send(future)).unwrap();
    let reports = reports.into_inner().unwrap();
    let last = reports.last().unwrap();
    assert_eq!((last.lines, last.events_added), (10_000, 10_000));
    assert_eq!((last.bytes_read, last.bytes_total), (2_370_789, 2_370_789));
    assert!(reports.is_sorted_by_key(|report| (report.bytes_read, report.events_added)));
}

#[test]
fn impossible_options_are_refused() {
    let sink = MemorySink::default();
    let files = [real_log()];
    let empty_source = AccessLogOptions {
        source: Some(String::new()),
        ..AccessLogOptions::default()
    };
    let empty_chunk = AccessLogOptions {
        chunk_events: 0,
        ..AccessLogOptions::default()
    };
    let chunk_without_bytes = AccessLogOptions {
        chunk_bytes: 0,
        ..AccessLogOptions::default()
    };
    for (files, options) in [
        (&files[..0], AccessLogOptions::default()),
        (&files, empty_source),
        (&files, empty_chunk),
        (&files, chunk_without_bytes),
    ] {
        assert_eq!(
            import(&sink, files, &options).unwrap_err().code(),
            Code::InvalidArgument
        );
    }
    let missing = import(&sink, &["/no/such.log".into()], &AccessLogOptions::default()).unwrap_err();
    assert!(
        missing.code() == Code::Io && missing.message().contains("/no/such.log"),
        "{missing}"
    );
}

#[test]
fn long_lines_fill_a_chunk_by_their_bytes() {
    let long = "x".repeat(16 << 10);
    let content: String = (0..50).map(|second| line(second, 1, &long) + "\n").collect();
    let options = AccessLogOptions {
        chunk_bytes: 10 * (16 << 10),
        ..AccessLogOptions::default()
    };
    let (sink, summary) = import_text(&content, &options);
    assert_eq!(summary.unwrap().events_added, 50);
    assert_eq!(*sink.batches.lock().unwrap(), [10; 5]);
}

/// What a session is, by the definition: split each visitor's sorted times at every long silence.
fn sessions_by_definition(lines: &[(i64, u8)]) -> usize {
    let mut sessions = HashSet::new();
    for visitor in 0..=u8::MAX {
        let mut times: Vec<i64> = lines
            .iter()
            .filter(|(_, address)| *address == visitor)
            .map(|(time, _)| *time)
            .collect();
        times.sort_unstable();
        for (at, time) in times.iter().enumerate() {
            if at == 0 || time - times[at - 1] > 30 * 60 {
                sessions.insert((visitor, *time));
            }
        }
    }
    sessions.len()
}

fn events_by_line(lines: &[(i64, u8)]) -> (BTreeSet<(Uuid, String, Option<String>)>, usize) {
    let content: String = lines
        .iter()
        .map(|(time, address)| line(*time, *address, "a") + "\n")
        .collect();
    let (sink, summary) = import_text(&content, &AccessLogOptions::default());
    summary.unwrap();
    let sessions = sink.distinct(|event| event.session_id.clone());
    let events = sink.events.lock().unwrap();
    let kept = events
        .values()
        .map(|event| (event.uuid, event.distinct_id.clone(), event.session_id.clone()));
    (kept.collect(), sessions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_of_lines_changes_neither_identity_nor_sessions(
        (lines, shuffled) in proptest::collection::vec((0_i64..20_000, 0_u8..4), 1..60)
            .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        let (events, sessions) = events_by_line(&lines);
        prop_assert_eq!(events.len(), lines.len(), "equal lines count");
        prop_assert_eq!(sessions, sessions_by_definition(&lines));
        prop_assert_eq!(events_by_line(&shuffled), (events, sessions));
    }
}
