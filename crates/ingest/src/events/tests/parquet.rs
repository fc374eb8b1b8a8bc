//! Parquet of every type that a column may have.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{FixedSizeBinaryBuilder, ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int8Array,
    Int64Array, RecordBatch, StringArray, StringViewArray, StructArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};

use super::*;

/// A file of some columns.
pub(super) fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(700))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn uuids(numbers: &[u128]) -> ArrayRef {
    let mut builder = FixedSizeBinaryBuilder::new(16);
    for number in numbers {
        builder.append_value(number.to_be_bytes()).unwrap();
    }
    Arc::new(builder.finish())
}

const SECOND: i64 = 1_716_026_703;

#[test]
fn sizes_that_a_file_does_not_have_are_refused() {
    let whole = file(vec![
        ("event", texts(&[Some("a")])),
        ("distinct_id", texts(&[Some("u")])),
        ("timestamp", Arc::new(Int64Array::from(vec![SECOND]))),
    ]);
    // The first page's header begins with its kind, its sizes unpacked and packed, and the number of values in
    // its dictionary, each after a mark.
    assert_eq!(
        (whole[4], whole[6], whole[8], &whole[10..12]),
        (0x15, 0x15, 0x15, &[0x4c, 0x15][..])
    );
    let gigabyte = [0x80, 0x80, 0x80, 0x80, 0x08];
    for at in [7, 9, 12] {
        let damaged = [&whole[..at], &gigabyte, &whole[at + 1..]].concat();
        let import = Import::with(&[("damaged.parquet", &damaged)]);
        let error = import
            .run(EventFormat::Parquet, &["damaged.parquet"], &import.options())
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.chain().contains("look at its pages: a page"), "{}", error.chain());
    }
}

#[test]
fn times_that_no_calendar_has_spoil_only_their_row() {
    let times = |times: Vec<i64>| Arc::new(TimestampMillisecondArray::from(times)) as ArrayRef;
    let content = file(vec![
        ("event", texts(&[Some("a"), Some("b"), Some("c")])),
        ("distinct_id", texts(&[Some("u"); 3])),
        ("timestamp", times(vec![SECOND * 1_000, i64::MAX, SECOND * 1_000])),
        ("paid", times(vec![SECOND * 1_000, SECOND * 1_000, i64::MAX])),
    ]);
    let import = Import::with(&[("times.parquet", &content)]);
    let summary = import
        .run(EventFormat::Parquet, &["times.parquet"], &import.options())
        .unwrap();
    assert_eq!((summary.events_added, summary.rejected), (2, 1));
    let events = import.events();
    assert!(events.contains("paid text \"2024-05-18T10:05:03\""), "{events}");
    assert!(events.contains("paid text \"9223372036854775807\""), "{events}");
}

#[test]
fn columns_of_all_types_are_read() {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a"), None]);
    list.append_null();
    list.append_value([Some("b \"c\"")]);
    let nested = StructArray::from(vec![
        (
            Arc::new(Field::new("n", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("at", DataType::Utf8, true)),
            texts(&[Some("x"), None, Some("y")]),
        ),
    ]);
    let zoned = TimestampMillisecondArray::from(vec![SECOND * 1000, SECOND * 1000 + 5, SECOND * 1000 + 10]);
    let content = file(vec![
        ("event_id", uuids(&[1, 2, 3])),
        (
            "event",
            Arc::new(
                vec!["a", "b", "a"]
                    .into_iter()
                    .collect::<DictionaryArray<arrow_array::types::Int8Type>>(),
            ),
        ),
        ("user_id", Arc::new(Int64Array::from(vec![7, 8, 9]))),
        ("time", Arc::new(zoned.with_timezone("UTC"))),
        (
            "bool",
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ),
        ("small", Arc::new(Int8Array::from(vec![Some(-1), None, Some(3)]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![1, u64::MAX, 3]))),
        ("float", Arc::new(Float32Array::from(vec![0.5, f32::NAN, -1.0]))),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![1250, 100, -1])
                    .with_precision_and_scale(20, 2)
                    .unwrap(),
            ),
        ),
        ("date", Arc::new(Date32Array::from(vec![Some(19_861), None, Some(0)]))),
        (
            "other time",
            Arc::new(TimestampNanosecondArray::from(vec![
                Some(SECOND * 1_000_000_000),
                None,
                None,
            ])),
        ),
        (
            "bytes",
            Arc::new(BinaryArray::from(vec![b"text".as_slice(), b"\xff\x00", b""])),
        ),
        (
            "view",
            Arc::new(StringViewArray::from(vec![
                Some("a long text that is no inline one"),
                Some(""),
                None,
            ])),
        ),
        ("list", Arc::new(list.finish())),
        ("nested", Arc::new(nested)),
        ("void", Arc::new(arrow_array::NullArray::new(3))),
    ]);
    let import = Import::with(&[("types.parquet", &content)]);
    let summary = import
        .run(EventFormat::Parquet, &["types.parquet"], &import.options())
        .unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!(
        "parquet_types",
        format!("{}\n{}", import.shown(&summary), import.events())
    );
}

#[test]
fn own_export_comes_back() {
    let content = file(vec![
        (
            "uuid",
            texts(&[
                Some("0198c000-0000-7000-8000-000000000001"),
                Some("0198c000-0000-7000-8000-000000000002"),
                Some("0198c000-0000-7000-8000-000000000003"),
            ]),
        ),
        ("event", texts(&[Some("view"), Some("view"), Some("buy")])),
        (
            "timestamp",
            Arc::new(TimestampMillisecondArray::from(vec![SECOND * 1000; 3]).with_timezone("UTC")),
        ),
        ("distinct_id", texts(&[Some("u"), Some("u"), Some("v")])),
        ("person_key", Arc::new(Int64Array::from(vec![1, 1, 2]))),
        ("session_id", texts(&[Some("s"), None, None])),
        ("amount", Arc::new(Int64Array::from(vec![None, Some(5), None]))),
        (
            "rest",
            texts(&[
                Some(r#"{"amount":"five","only in rest":{"a":1}}"#),
                None,
                Some(r#"{"amount":1.5,"$set":{"plan":"pro"}}"#),
            ]),
        ),
    ]);
    let import = Import::with(&[("own.parquet", &content)]);
    import
        .run(EventFormat::Parquet, &["own.parquet"], &import.options())
        .unwrap();
    insta::assert_snapshot!("parquet_own", import.events());
}

#[test]
fn export_of_posthog_is_spread() {
    let content = file(vec![
        (
            "uuid",
            texts(&[Some("0198c000-0000-7000-8000-000000000001"), None, None]),
        ),
        ("event", texts(&[Some("view"), Some("view"), Some("buy")])),
        (
            "properties",
            texts(&[
                Some(r#"{"$session_id":"s1","n":1,"token":"t","distinct_id":"u"}"#),
                Some(r#"{"$insert_id":"i2","distinct_id":"other","n":[1, 2]}"#),
                Some(r#"{"n":"#),
            ]),
        ),
        (
            "timestamp",
            texts(&[
                Some("2026-11-01 12:00:00"),
                Some("2026-11-01T12:00:00Z"),
                Some("2026-11-01"),
            ]),
        ),
        ("distinct_id", texts(&[Some("u"), Some("u"), Some("v")])),
        ("elements_chain", texts(&[Some("a:1"), None, None])),
        ("person_id", texts(&[Some("p"), Some("p"), Some("q")])),
        ("team_id", Arc::new(Int64Array::from(vec![1, 1, 1]))),
    ]);
    let import = Import::with(&[("export.parquet", &content)]);
    let summary = import
        .run(EventFormat::Parquet, &["export.parquet"], &import.options())
        .unwrap();
    assert!(accounted(&summary));
    insta::assert_snapshot!(
        "parquet_export",
        format!("{}\n{}", import.shown(&summary), import.events())
    );
}

#[test]
fn many_rows_are_read_in_chunks_and_again() {
    let rows = 5000_i64;
    let names: Vec<String> = (0..rows).map(|row| format!("text {}", row % 13)).collect();
    let users: Vec<String> = (0..rows).map(|row| format!("user {row}")).collect();
    let times: Vec<Option<i64>> = (0..rows)
        .map(|row| (row % 100 != 99).then_some(SECOND + row / 10))
        .collect();
    let content = file(vec![
        ("event", Arc::new(StringArray::from_iter_values(names.iter()))),
        (
            "user",
            Arc::new(StringArray::from_iter_values(users.iter().map(|user| &user[..6]))),
        ),
        ("time", Arc::new(Int64Array::from(times))),
        ("label", Arc::new(StringArray::from_iter_values(names.iter()))),
        ("unique", Arc::new(StringArray::from_iter_values(users.iter()))),
    ]);
    let import = Import::with(&[("many.parquet", &content)]);
    let rejects_path = import.folder.path().join("rejects.tsv");
    let options = EventOptions {
        chunk_events: 333,
        rejects_path: Some(rejects_path.clone()),
        ..import.options()
    };
    let summary = import.run(EventFormat::Parquet, &["many.parquet"], &options).unwrap();
    assert!(accounted(&summary));
    assert_eq!((summary.events_added, summary.rejected), (4950, 50));
    assert_eq!(
        (summary.reject_reasons[0].first_line, summary.reject_reasons[0].count),
        (100, 50)
    );
    let written = fs_err::read_to_string(&rejects_path).unwrap();
    let expected =
        "100\tno timestamp\t{\"event\":\"text 8\",\"user\":\"user 9\",\"label\":\"text 8\",\"unique\":\"user 99\"}";
    assert_eq!(written.lines().nth(1), Some(expected));
    assert!(import.sink.batches.lock().unwrap().iter().all(|events| *events <= 333));
    for event in import.sink.events.lock().unwrap().values() {
        let PropertyValue::Text(unique) = &event.properties[1].1 else {
            panic!("{event:?}")
        };
        let row: i64 = unique[5..].parse().unwrap();
        assert_eq!(event.properties[0].1, PropertyValue::Text(format!("text {}", row % 13)));
        assert_eq!(
            (event.event.as_str(), event.distinct_id.as_str()),
            (names[row as usize].as_str(), &unique[..6])
        );
    }
    let again = import
        .run(EventFormat::Parquet, &["many.parquet"], &import.options())
        .unwrap();
    assert_eq!((again.events_added, again.already_present), (0, 4950));
}

#[test]
fn what_is_no_parquet_is_refused() {
    let whole = file(vec![
        ("event", texts(&[Some("a")])),
        ("user", texts(&[Some("u")])),
        ("time", texts(&[Some("0")])),
    ]);
    let import = Import::with(&[
        ("text.parquet", b"event,user,time\n"),
        ("cut.parquet", &whole[..whole.len() - 10]),
        ("empty.parquet", b""),
        ("whole.parquet", &whole),
    ]);
    for (name, part) in [
        ("text.parquet", "no Parquet file"),
        ("cut.parquet", "read its schema"),
        ("empty.parquet", "no Parquet file"),
        ("-", "pipe"),
    ] {
        let error = import
            .run(EventFormat::Parquet, &[name], &import.options())
            .unwrap_err();
        assert!(error.message().contains(part), "{error}");
        assert!(error.hint().is_some());
    }
    let error = import
        .run(EventFormat::Csv, &["whole.parquet"], &import.options())
        .unwrap_err();
    assert!(error.hint().unwrap().contains("import parquet"), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn broken_files_are_refused(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut content = file(vec![
            ("event", texts(&[Some("a"), Some("b")])),
            ("user", texts(&[Some("u"), None])),
            ("time", Arc::new(Int64Array::from(vec![1, 2]))),
            ("properties", texts(&[Some("{\"a\":1}"), None])),
        ]);
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        let import = Import::with(&[("a.parquet", &content)]);
        if let Ok(summary) = import.run(EventFormat::Parquet, &["a.parquet"], &import.options()) {
            prop_assert!(accounted(&summary), "{:?}", summary);
        }
    }
}
