//! The same events in each format are the same events.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use uuid::Uuid;

use super::*;

#[derive(Debug, Clone)]
struct Event {
    uuid: u128,
    name: String,
    micros: i64,
    distinct_id: String,
    session: Option<String>,
    text: Option<String>,
    integer: Option<i64>,
    double: Option<f64>,
    truth: Option<bool>,
    nested: Option<Vec<(String, f64)>>,
}

fn event() -> impl Strategy<Value = Event> {
    let text = "x[ -~\n\u{e9}\u{1f600}]{0,10}";
    let nested = proptest::collection::vec(("[a-z \"]{1,4}", -1e6..1e6_f64), 1..3);
    (
        (
            1..u128::MAX,
            text,
            0..7_000_000_000_000_000_i64,
            text,
            proptest::option::of(text),
        ),
        (
            proptest::option::of(text),
            proptest::option::of(any::<i64>()),
            proptest::option::of(proptest::num::f64::NORMAL),
            proptest::option::of(any::<bool>()),
            proptest::option::of(nested),
        ),
    )
        .prop_map(
            |((uuid, name, micros, distinct_id, session), (text, integer, double, truth, nested))| Event {
                uuid,
                name,
                micros,
                distinct_id,
                session,
                text,
                integer,
                double,
                truth,
                nested,
            },
        )
}

fn nested(event: &Event) -> Option<String> {
    let entries = event.nested.as_ref()?.iter().enumerate();
    let object: serde_json::Map<String, serde_json::Value> = entries
        .map(|(at, (key, number))| (format!("{at}{key}"), (*number).into()))
        .collect();
    Some(serde_json::Value::from(object).to_string())
}

fn jsonl(events: &[Event]) -> String {
    events.iter().fold(String::new(), |mut lines, event| {
        let nested = nested(event).map(|json| serde_json::from_str::<serde_json::Value>(&json).unwrap());
        let line = serde_json::json!({
            "properties": {
                "$session_id": event.session,
                "text": event.text,
                "integer": event.integer,
                "double": event.double,
                "truth": event.truth,
                "nested": nested,
            },
            "timestamp": DateTime::from_timestamp_micros(event.micros).unwrap().to_rfc3339(),
            "uuid": Uuid::from_u128(event.uuid),
            "event": event.name,
            "distinct_id": event.distinct_id,
        });
        writeln!(lines, "{line}").unwrap();
        lines
    })
}

fn csv(events: &[Event]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let header = [
        "event",
        "distinct_id",
        "timestamp",
        "session_id",
        "uuid",
        "text",
        "integer",
        "double",
        "truth",
        "properties",
    ];
    writer.write_record(header).unwrap();
    for event in events {
        let properties = nested(event)
            .map(|json| format!("{{ \"nested\": {json} }}"))
            .unwrap_or_default();
        writer
            .write_record([
                event.name.clone(),
                event.distinct_id.clone(),
                format!("{}.{:06}", event.micros / 1_000_000, event.micros % 1_000_000),
                event.session.clone().unwrap_or_default(),
                Uuid::from_u128(event.uuid).simple().to_string(),
                event.text.clone().unwrap_or_default(),
                event.integer.map(|number| number.to_string()).unwrap_or_default(),
                event.double.map(|number| format!("{number:?}")).unwrap_or_default(),
                event.truth.map(|truth| truth.to_string()).unwrap_or_default(),
                properties,
            ])
            .unwrap();
    }
    writer.into_inner().unwrap()
}

fn parquet(events: &[Event]) -> Vec<u8> {
    let texts =
        |of: &dyn Fn(&Event) -> Option<String>| Arc::new(events.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let times = TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.micros));
    super::parquet::file(vec![
        ("uuid", texts(&|event| Some(Uuid::from_u128(event.uuid).to_string()))),
        ("event", texts(&|event| Some(event.name.clone()))),
        ("distinct_id", texts(&|event| Some(event.distinct_id.clone()))),
        ("timestamp", Arc::new(times.with_timezone("UTC"))),
        ("session_id", texts(&|event| event.session.clone())),
        ("text", texts(&|event| event.text.clone())),
        (
            "integer",
            Arc::new(events.iter().map(|event| event.integer).collect::<Int64Array>()),
        ),
        (
            "double",
            Arc::new(events.iter().map(|event| event.double).collect::<Float64Array>()),
        ),
        (
            "truth",
            Arc::new(events.iter().map(|event| event.truth).collect::<BooleanArray>()),
        ),
        (
            "properties",
            texts(&|event| nested(event).map(|json| format!("{{\"nested\":{json}}}"))),
        ),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn formats_give_the_same_events(events in proptest::collection::vec(event(), 1..20)) {
        let files = [
            (EventFormat::Jsonl, "a.jsonl", jsonl(&events).into_bytes()),
            (EventFormat::Csv, "a.csv", csv(&events)),
            (EventFormat::Parquet, "a.parquet", parquet(&events)),
        ];
        let mut read = Vec::new();
        for (format, name, content) in files {
            let import = Import::with(&[(name, &content)]);
            let summary = import.run(format, &[name], &import.options()).unwrap();
            prop_assert_eq!(summary.events_added, events.len() as u64, "{:?}", summary);
            read.push(import.sink.events.into_inner().unwrap());
        }
        prop_assert_eq!(&read[0], &read[1]);
        prop_assert_eq!(&read[0], &read[2]);
        for event in &events {
            let read = &read[0][&Uuid::from_u128(event.uuid)];
            prop_assert_eq!((&read.event, &read.distinct_id, &read.session_id), (&event.name, &event.distinct_id, &event.session));
            prop_assert_eq!(read.timestamp.timestamp_micros(), event.micros);
        }
    }
}
