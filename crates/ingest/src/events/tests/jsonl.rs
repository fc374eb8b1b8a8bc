//! JSON lines in every form.

use super::*;

pub(super) const EXPORT: &str = r#"{"uuid":"0198c000-0000-7000-8000-000000000001","event":"order placed","distinct_id":"user-1","timestamp":"2026-11-01T12:00:00.250000+00:00","properties":{"amount":42.5,"count":3,"vip":true,"none":null,"items":["a", "b"],"nested":{"k": {"l":1}},"$session_id":"s1","$window_id":"w1","$ip":"10.0.0.1","token":"phc_test","distinct_id":"user-1","big":18446744073709551616,"text\n":"line\n\u00e9"},"created_at":"2026-11-01T12:00:01+00:00","elements_chain":"a:href=\"/\"","person_id":"p","person_properties":{"a":1},"team_id":1,"ip":"10.0.0.2"}
{"event":"$identify","uuid":"0198c000-0000-7000-8000-000000000002","properties":"{\"$set\":{\"plan\":\"pro\",\"email\":\"old\"},\"$anon_distinct_id\":\"anon\"}","$set":{"email":"a@b.c","seats":2},"$set_once":{"first":1},"distinct_id":"user-1","timestamp":"2026-11-01T12:00:02Z","elements_chain":"","ip":null}

{"event":"no properties","uuid":"0198c000-0000-7000-8000-000000000003","distinct_id":7,"timestamp":1793534403,"extra":"kept"}
{"event":"no id","timestamp":"2026-11-01T12:00:00Z","properties":{}}
{"event":"bad time","distinct_id":"u","timestamp":"noon","properties":{}}
{"event":"no time","distinct_id":"u","properties":{}}
{"distinct_id":"u","timestamp":"2026-11-01","properties":{}}
{"event":"cut","distinct_id":"u"
[1,
nothing
{"event":"half","distinct_id":"u","timestamp":"2026-11-01","properties":{"a":"\ud800"}}
{"event":"array","distinct_id":"u","timestamp":"2026-11-01","properties":[1]}
"#;

#[test]
fn export_of_posthog_is_read() {
    let import = Import::with(&[("export.jsonl", EXPORT.as_bytes())]);
    let summary = import
        .run(EventFormat::Jsonl, &["export.jsonl"], &import.options())
        .unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!(
        "jsonl_export",
        format!("{}\n{}", import.shown(&summary), import.events())
    );
    let again = import
        .run(EventFormat::Jsonl, &["export.jsonl"], &import.options())
        .unwrap();
    assert_eq!((again.events_added, again.already_present), (0, 3));
}

/// Shapes as clients of several generations send them.
const CAPTURE: &str = r#"{"api_key":"phc_test","batch":[{"uuid":"01a20381-3d4e-7e46-90b0-dff08848f0b1","event":"order placed","properties":{"$lib":"web","$insert_id":"r7ncctjj3zul8uo0","$time":1795355131.215,"distinct_id":"anon","$session_id":"s","amount":42.5,"token":"phc_test"},"timestamp":"2026-11-22T13:45:31.214Z"},{"event":"no time of its own","properties":{"distinct_id":"anon","$insert_id":"x"},"offset":500},{"event":"nobody"}],"sent_at":"2026-11-22T13:45:34.066Z"}
{"batch":[{"properties":{"$lib":"posthog-python"},"timestamp":"2026-11-01T12:00:00+00:00","context":{},"distinct_id":"user-1","event":"server side"}],"historical_migration":false,"sentAt":"2026-11-22T13:48:09.321438+00:00","api_key":"phc_test"}
{"created_at":"2026-11-22T13:42:02.912329+00:00","batch":[{"event":"newest","uuid":"0198c000-0000-7000-8000-000000000009","distinct_id":"user-1","timestamp":"2026-11-01T12:00:00+00:00","session_id":"s9","window_id":"w9","options":{"process_person_profile":false},"properties":{"a":1}}]}
[{"event":"in an array","distinct_id":"user-1","timestamp":"2026-11-01T12:00:01+00:00"}]
{"event":"alone","properties":{"distinct_id":"user-2","time":1793534404,"$insert_id":"0198c000-0000-7000-8000-00000000000a"}}
{"batch":[]}
{"batch":[{"event":1}
"#;

#[test]
fn requests_for_capture_are_read() {
    let import = Import::with(&[("capture.jsonl", CAPTURE.as_bytes())]);
    let summary = import
        .run(EventFormat::Jsonl, &["capture.jsonl"], &import.options())
        .unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!(
        "jsonl_capture",
        format!("{}\n{}", import.shown(&summary), import.events())
    );
}

#[test]
fn form_is_found_behind_blank_lines() {
    let content = format!(
        "{}{}",
        "\n".repeat(1_100),
        r#"{"who":"u","distinct_id":"u","time":1716026703,"name":"a"}"#
    );
    let import = Import::with(&[("late.jsonl", content.as_bytes())]);
    let summary = import
        .run(EventFormat::Jsonl, &["late.jsonl"], &import.options())
        .unwrap();
    assert_eq!((summary.events_added, summary.blank_lines), (1, 1_100));
}

const PLAIN: &str = r#"{"User ID":"u1","time":"2024-05-18 10:05:03","name":"viewed","page":{"path": "/a"},"tags":["x"],"n":1}
{"User ID":"u1","time":"2024-05-18 10:05:03","name":"viewed","page":{"path": "/a"},"tags":["x"],"n":1}
{"User ID":"u2","time":"2024-05-18 10:05:04+02:00","name":"bought","session":"s","price":9.5,"n":"many"}
"#;

#[test]
fn plain_objects_are_read_by_their_keys() {
    let import = Import::with(&[("plain.jsonl", PLAIN.as_bytes())]);
    let summary = import
        .run(EventFormat::Jsonl, &["plain.jsonl"], &import.options())
        .unwrap();
    insta::assert_snapshot!(
        "jsonl_plain",
        format!("{}\n{}", import.shown(&summary), import.events())
    );
    let again = import
        .run(EventFormat::Jsonl, &["plain.jsonl"], &import.options())
        .unwrap();
    assert_eq!((again.events_added, again.already_present), (0, 3));

    let named = EventOptions {
        columns: ColumnOptions {
            distinct_id: Some("n".to_owned()),
            ..ColumnOptions::default()
        },
        event_name: Some("row".to_owned()),
        ..import.options()
    };
    let other = Import {
        sink: MemorySink::default(),
        ..import
    };
    other.run(EventFormat::Jsonl, &["plain.jsonl"], &named).unwrap();
    assert_eq!(
        other
            .sink
            .count(|event| event.event == "row" && event.distinct_id == "1"),
        2
    );

    for (columns, part) in [
        (
            ColumnOptions {
                timestamp: Some("tme".to_owned()),
                ..ColumnOptions::default()
            },
            "\"tme\"",
        ),
        (
            ColumnOptions {
                event: Some("price".to_owned()),
                uuid: Some("no".to_owned()),
                ..ColumnOptions::default()
            },
            "\"no\"",
        ),
    ] {
        let options = EventOptions {
            columns,
            ..other.options()
        };
        let error = other.run(EventFormat::Jsonl, &["plain.jsonl"], &options).unwrap_err();
        assert!(
            error.message().contains(part) && error.message().contains("User ID"),
            "{error}"
        );
    }
}

#[test]
fn lines_are_read_as_files_have_them() {
    let line = |n: u32| {
        format!(
            r#"{{"uuid":"0198c000-0000-7000-8000-0000000000{n:02}","event":"e","distinct_id":"u","timestamp":"2026-11-01","properties":{{}}}}"#
        )
    };
    let mut content = format!("\u{feff}{}\r\n\r\n  \n{}\n", line(1), line(2)).into_bytes();
    content.extend_from_slice(b"{\"event\":\"\xff\"}\n");
    content.extend_from_slice(
        format!(
            r#"{{"event":"long","distinct_id":"u","timestamp":1,"properties":{{"text":"{}"}}}}"#,
            "x".repeat(1_000_000)
        )
        .as_bytes(),
    );
    content.extend_from_slice(format!("\n{{\"too long\":\"{}\"}}\n", "x".repeat(20_000_000)).as_bytes());
    content.extend_from_slice(line(3).as_bytes());
    let import = Import::with(&[("lines.jsonl", &content)]);
    let rejects_path = import.folder.path().join("rejects.tsv");
    let options = EventOptions {
        rejects_path: Some(rejects_path.clone()),
        ..import.options()
    };
    let summary = import.run(EventFormat::Jsonl, &["lines.jsonl"], &options).unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!("jsonl_lines", import.shown(&summary));
    let rejects = fs_err::read(&rejects_path).unwrap();
    assert!(rejects.len() < 2_000, "a line that is too long is kept in part");

    let strict = EventOptions {
        max_rejects: MaxRejects::Count(1),
        ..import.options()
    };
    let error = import.run(EventFormat::Jsonl, &["lines.jsonl"], &strict).unwrap_err();
    assert!(error.message().contains("2 of 8 lines"), "{error}");
}

#[test]
fn chunks_are_full_by_number_and_by_size() {
    let lines: String = (0..1000)
        .map(|n| format!("{{\"event\":\"e\",\"distinct_id\":\"u{n}\",\"timestamp\":{n},\"text\":\"{n:01000}\"}}\n"))
        .collect();
    let import = Import::with(&[("a.jsonl", lines.as_bytes())]);
    let options = EventOptions {
        chunk_events: 300,
        ..import.options()
    };
    import.run(EventFormat::Jsonl, &["a.jsonl"], &options).unwrap();
    assert_eq!(*import.sink.batches.lock().unwrap(), [300, 300, 300, 100]);
    let import = Import {
        sink: MemorySink::default(),
        ..import
    };
    let options = EventOptions {
        chunk_bytes: 100_000,
        ..import.options()
    };
    import.run(EventFormat::Jsonl, &["a.jsonl"], &options).unwrap();
    let batches = import.sink.batches.lock().unwrap().clone();
    assert!(
        batches.len() >= 5 && batches.iter().all(|events| *events < 200),
        "{batches:?}"
    );
}

#[test]
fn sink_that_fails_leaves_whole_chunks_and_says_how_many() {
    let lines: String = (0..1000)
        .map(|n| format!("{{\"event\":\"e\",\"distinct_id\":\"u{n}\",\"timestamp\":{n}}}\n"))
        .collect();
    let import = Import::with(&[("a.jsonl", lines.as_bytes())]);
    let import = Import {
        sink: MemorySink {
            fails_after: Some(2),
            ..MemorySink::default()
        },
        ..import
    };
    let options = EventOptions {
        chunk_events: 300,
        ..import.options()
    };
    let error = import.run(EventFormat::Jsonl, &["a.jsonl"], &options).unwrap_err();
    assert!(
        error.message().contains("600 were added") && error.hint().unwrap().contains("make room"),
        "{error}"
    );
    let resumed = Import {
        sink: MemorySink {
            events: import.sink.events,
            ..MemorySink::default()
        },
        folder: import.folder,
    };
    let summary = resumed.run(EventFormat::Jsonl, &["a.jsonl"], &options).unwrap();
    assert_eq!((summary.events_added, summary.already_present), (400, 600));
}

fn nearly_a_line() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<String> = EXPORT
        .lines()
        .chain(CAPTURE.lines())
        .chain(PLAIN.lines())
        .map(str::to_owned)
        .collect();
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::sample::select(lines), changes).prop_map(|(line, changes)| {
        let mut line = line.into_bytes();
        for (at, byte) in changes {
            if !line.is_empty() {
                let at = at.index(line.len());
                line[at] = byte;
            }
        }
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_lines_are_accounted_for(
        lines in proptest::collection::vec(prop_oneof![nearly_a_line(), proptest::collection::vec(any::<u8>(), 0..60)], 0..8),
    ) {
        let import = Import::with(&[("a.jsonl", &lines.join(&b'\n'))]);
        if let Ok(summary) = import.run(EventFormat::Jsonl, &["a.jsonl"], &import.options()) {
            prop_assert!(accounted(&summary), "{:?}", summary);
        }
    }
}
