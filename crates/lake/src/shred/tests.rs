//! Every value lies in one place, and none is lost.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::util::display::array_value_to_string;
use hedgerow_data_api::Value;
use uuid::Uuid;

use super::*;

fn rows(batch: &EventBatch, layout: &Layout, order: Vec<u32>) -> RecordBatch {
    let keys: Vec<i64> = (0..batch.distinct_ids.dictionary.len() as i64).collect();
    let shredded = Shredded::new(batch, layout, order, &keys);
    let to = shredded.order.len() as u32;
    shredded.rows(&shredded.present(0, to), 0, to).unwrap()
}

fn column(rows: &RecordBatch, name: &str) -> Vec<String> {
    let array = rows.column_by_name(name).unwrap();
    (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                "-".to_owned()
            } else {
                array_value_to_string(array, row).unwrap()
            }
        })
        .collect()
}

/// Rows with values of every type under one key.
fn mixed(kinds: &[Value<'_>]) -> EventBatch {
    let mut batch = EventBatch::default();
    for (n, value) in kinds.iter().enumerate() {
        batch.begin(Uuid::from_u128(n as u128), "a", 0, "p", None);
        batch.set("k", *value);
    }
    batch
}

#[test]
fn a_value_that_does_not_fit_its_column_lies_in_rest() {
    let values = [
        Value::Text("x\"y"),
        Value::Integer(7),
        Value::Double(0.5),
        Value::Boolean(true),
        Value::Json("[1,{\"a\":null}]"),
        Value::Integer((1 << 53) + 1),
    ];
    let rest = [
        r#"{"k":"x\"y"}"#,
        r#"{"k":7}"#,
        r#"{"k":0.5}"#,
        r#"{"k":true}"#,
        r#"{"k":[1,{"a":null}]}"#,
        r#"{"k":9007199254740993}"#,
    ];
    let cases: [(Value<'_>, [&str; 6]); 4] = [
        (Value::Text("first"), ["x\"y", "-", "-", "-", "-", "-"]),
        (Value::Integer(1), ["-", "7", "-", "-", "-", "9007199254740993"]),
        (Value::Double(1.5), ["-", "7.0", "0.5", "-", "-", "-"]),
        (Value::Boolean(false), ["-", "-", "-", "true", "-", "-"]),
    ];
    for (first, expected) in cases {
        let layout = Layout::fixed().with(&mixed(&[first])).unwrap();
        let rows = rows(&mixed(&values), &layout, (0..6).collect());
        assert_eq!(column(&rows, "k"), expected, "{first:?}");
        let left: Vec<&str> = expected
            .iter()
            .zip(rest)
            .map(|(value, rest)| if *value == "-" { rest } else { "-" })
            .collect();
        assert_eq!(column(&rows, "rest"), left, "{first:?}");
    }
}

#[test]
fn rows_come_in_the_wanted_order_without_those_that_are_not_wanted() {
    let mut batch = EventBatch::default();
    for n in 0..20_u32 {
        batch.begin(
            Uuid::from_u128(n.into()),
            "a",
            n.into(),
            &format!("p{}", n % 3),
            Some(&format!("s{n}")),
        );
        batch.set("dense", Value::Integer(n.into()));
        if n == 4 || n == 15 {
            batch.set("b sparse", Value::Text(&format!("t{n}")));
            batch.set("nested", Value::Json(&format!("[{n}]")));
            batch.set("$set", Value::Json("{}"));
        }
    }
    let layout = Layout::fixed().with(&batch).unwrap();
    let rows = rows(&batch, &layout, vec![15, 3, 4, 19]);
    assert_eq!(column(&rows, "dense"), ["15", "3", "4", "19"]);
    assert_eq!(column(&rows, "session_id"), ["s15", "s3", "s4", "s19"]);
    assert_eq!(column(&rows, "person_key"), ["0", "0", "1", "1"]);
    assert_eq!(column(&rows, "b sparse"), ["t15", "-", "t4", "-"]);
    assert_eq!(
        column(&rows, "rest"),
        [r#"{"$set":{},"nested":[15]}"#, "-", r#"{"$set":{},"nested":[4]}"#, "-"]
    );
    assert_eq!(
        rows.column_by_name("uuid").unwrap().as_fixed_size_binary().value(3)[15],
        19
    );
}

#[test]
fn a_part_of_a_file_has_only_columns_in_which_something_stands() {
    let mut batch = EventBatch::default();
    for n in 0..4_u32 {
        batch.begin(Uuid::from_u128(n.into()), "a", 0, "p", None);
        batch.set(if n < 2 { "early" } else { "late" }, Value::Integer(1));
    }
    let layout = Layout::fixed().with(&batch).unwrap();
    let shredded = Shredded::new(&batch, &layout, vec![0, 1, 2, 3], &[7]);
    let names = |from, to| {
        shredded
            .present(from, to)
            .iter()
            .skip(7)
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (names(0, 2), names(2, 4), names(1, 3)),
        (vec!["early"], vec!["late"], vec!["early", "late"])
    );
}
