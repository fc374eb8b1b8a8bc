//! What was written is what a reader gets, whichever form it has.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::ArrowSchemaConverter;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use datafusion::parquet::basic::PageType;
use datafusion::parquet::file::metadata::PageIndexPolicy;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use datafusion::parquet::file::writer::SerializedFileWriter;
use proptest::prelude::*;

use super::*;

const NULL: Option<&str> = None;

/// A file with one column in one row group.
fn file(texts: &[Option<&str>], nullable: bool) -> Bytes {
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, nullable)]);
    let schema = ArrowSchemaConverter::new().convert(&schema).unwrap();
    let mut dictionary = Dictionary::default();
    let numbers = texts
        .iter()
        .map(|text| text.map_or(NONE, |text| dictionary.number(text)));
    let texts = Texts {
        numbers: numbers.collect(),
        dictionary: &dictionary,
    };
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.root_schema_ptr(), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let (bytes, close) = write(&schema.column(0), &texts, &mut compressor().unwrap()).unwrap();
    group.append_column(&bytes, close).unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap().into()
}

fn read(file: &Bytes) -> Vec<Option<String>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    texts(reader)
}

fn texts(reader: ParquetRecordBatchReaderBuilder<Bytes>) -> Vec<Option<String>> {
    let batches = reader.build().unwrap().map(Result::unwrap);
    let texts = batches.flat_map(|batch| {
        let texts = batch.column(0).as_string::<i32>();
        texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
    });
    texts.collect()
}

fn pages(file: &Bytes) -> Vec<(PageType, Encoding, u32)> {
    let reader = SerializedFileReader::new(file.clone()).unwrap();
    let pages = reader.get_row_group(0).unwrap().get_column_page_reader(0).unwrap();
    let page = |page: Page| (page.page_type(), page.encoding(), page.num_values());
    pages.map(Result::unwrap).map(page).collect()
}

fn bounds(texts: &[&str]) -> (String, Option<String>, bool, bool) {
    let texts: Vec<_> = texts.iter().copied().map(Some).collect();
    let reader = SerializedFileReader::new(file(&texts, false)).unwrap();
    let statistics = reader.metadata().row_group(0).column(0).statistics().cloned();
    let Some(Statistics::ByteArray(found)) = statistics else {
        panic!("{statistics:?}");
    };
    let text = |bytes: &ByteArray| String::from_utf8(bytes.data().to_vec()).unwrap();
    (
        found.min_opt().map(text).unwrap(),
        found.max_opt().map(text),
        found.min_is_exact(),
        found.max_is_exact(),
    )
}

/// Rows as files have them: runs of one text, others that change with each row, and gaps.
fn rows() -> impl Strategy<Value = Vec<Option<String>>> {
    let text = prop_oneof![
        5 => (0..3_u32).prop_map(|n| Some(format!("value {n}"))),
        5 => (0..2_000_u32).prop_map(|n| Some(format!("ä{n}"))),
        1 => Just(Some(String::new())),
        3 => Just(None),
    ];
    let run = (text, prop_oneof![9 => 1..12_usize, 1 => 1..3_000_usize]);
    proptest::collection::vec(run, 0..300).prop_map(|runs| {
        let runs = runs.into_iter().map(|(text, rows)| vec![text; rows]);
        runs.flatten().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_reader_gets_what_was_written(rows in rows()) {
        let borrowed: Vec<Option<&str>> = rows.iter().map(Option::as_deref).collect();
        prop_assert_eq!(&read(&file(&borrowed, true)), &rows);
        let whole: Vec<Option<&str>> = borrowed.iter().map(|text| text.or(Some("-"))).collect();
        let expected: Vec<Option<String>> = whole.iter().map(|text| text.map(str::to_owned)).collect();
        prop_assert_eq!(read(&file(&whole, false)), expected);
    }
}

#[test]
fn numbers_of_any_width_come_back() {
    for distinct in [1_usize, 2, 3, 5, 200, 255, 256, 257, 4_000, 70_000] {
        let names: Vec<String> = (0..distinct).map(|n| format!("a text with the number {n}")).collect();
        let rows = names.iter().chain(names.iter().rev()).chain(&names);
        let rows: Vec<Option<&str>> = rows.map(|name| Some(name.as_str())).collect();
        let file = file(&rows, true);
        let expected: Vec<Option<String>> = rows.iter().map(|text| text.map(str::to_owned)).collect();
        assert_eq!(read(&file), expected, "{distinct}");
        let pages = pages(&file);
        assert_eq!(pages[0], (PageType::DICTIONARY_PAGE, Encoding::PLAIN, distinct as u32));
        assert!(
            pages[1..]
                .iter()
                .all(|page| page.1 == Encoding::RLE_DICTIONARY && page.2 <= 20_000)
        );
    }
}

#[test]
fn texts_that_all_differ_have_no_dictionary_and_long_ones_pages_of_their_own() {
    let names: Vec<String> = (0..5_000).map(|n| format!("{n:0>512}")).collect();
    let rows: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let pages = pages(&file(&rows, true));
    assert_eq!(pages.len(), 3, "{pages:?}");
    assert!(pages.iter().all(|page| page.1 == Encoding::PLAIN));

    let long = "x".repeat(3 << 20);
    let rows = [Some("a"), Some(long.as_str()), None, Some("b"), NULL];
    let file = file(&rows, true);
    assert_eq!(pages_values(&file), [1, 2, 2]);
    assert_eq!(read(&file), rows.map(|text| text.map(str::to_owned)));
}

fn pages_values(file: &Bytes) -> Vec<u32> {
    pages(file).into_iter().map(|page| page.2).collect()
}

#[test]
fn rows_are_found_by_the_pages_they_are_in() {
    let names: Vec<String> = (0..50_000).map(|n| format!("name {}", n % 777)).collect();
    let rows: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let file = file(&rows, true);
    let options = datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions::new()
        .with_offset_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
    let some = RowSelection::from_consecutive_ranges([19_998..20_003, 45_000..45_002].into_iter(), 50_000);
    let found = texts(reader.with_row_selection(some));
    let expected = [19_998..20_003, 45_000..45_002].into_iter().flatten();
    let expected: Vec<_> = expected.map(|row: usize| Some(names[row].clone())).collect();
    assert_eq!(found, expected);
}

#[test]
fn bounds_are_shortened_and_stay_bounds() {
    let exact = bounds(&["b", "a", "c"]);
    assert_eq!(exact, ("a".to_owned(), Some("c".to_owned()), true, true));
    let long = "é".repeat(40);
    let (least, greatest, least_is_exact, greatest_is_exact) = bounds(&[&long]);
    assert_eq!(least, "é".repeat(32));
    assert_eq!(greatest, Some("é".repeat(31) + "ê"));
    assert!(!least_is_exact && !greatest_is_exact);
    let edge = format!("{}\u{d7ff}", "x".repeat(61));
    assert_eq!(bounds(&[&(edge.clone() + "y")]).1, Some("x".repeat(61) + "\u{e000}"));
    // Nothing is above it but itself.
    let last = char::MAX.to_string().repeat(20);
    assert_eq!(bounds(&["a", &last]).1, None);
}
