//! What goes into a batch comes out of it, by row and in any order.

use super::*;

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Ten events: `n` on each, `even` on every second, `mixed` with another type in every row.
fn batch() -> EventBatch {
    let mut batch = EventBatch::default();
    for n in 0..10_u32 {
        let session = n.is_multiple_of(3).then(|| format!("session {}", n / 3));
        let time = i64::from(n) * 1_000_000;
        batch.begin(
            uuid(n.into()),
            if n < 5 { "a" } else { "b" },
            time,
            &format!("person {}", n % 4),
            session.as_deref(),
        );
        batch.set("n", Value::Integer(n.into()));
        if n.is_multiple_of(2) {
            batch.set("even", Value::Text("yes"));
        }
        if n == 8 {
            batch.without_person();
        }
        match n % 5 {
            0 => batch.set("mixed", Value::Text("text")),
            1 => batch.set("mixed", Value::Integer(1)),
            2 => batch.set("mixed", Value::Double(1.5)),
            3 => batch.set("mixed", Value::Boolean(true)),
            _ => batch.set("mixed", Value::Json("[1]")),
        }
    }
    batch
}

fn values<'a>(batch: &'a EventBatch, key: &str, rows: &[u32]) -> Vec<Option<Value<'a>>> {
    let mut reader = RowReader::new(batch.property(key).unwrap());
    rows.iter().map(|row| reader.value(*row)).collect()
}

#[test]
fn rows_are_read_in_any_order() {
    let batch = batch();
    let even = |row: &u32| row.is_multiple_of(2).then_some(Value::Text("yes"));
    for rows in [vec![0, 1, 2, 3, 8, 9], vec![9, 0, 4, 3, 4, 2], vec![8, 8, 1, 6, 7, 0]] {
        assert_eq!(values(&batch, "even", &rows), rows.iter().map(even).collect::<Vec<_>>());
        let n = |row: &u32| Some(Value::Integer(i64::from(*row)));
        assert_eq!(values(&batch, "n", &rows), rows.iter().map(n).collect::<Vec<_>>());
    }
}

#[test]
fn a_row_has_one_value_of_a_key_whatever_its_type() {
    let mut batch = EventBatch::default();
    batch.begin(uuid(1), "a", 0, "p", None);
    let all = [
        Value::Text("x"),
        Value::Integer(1),
        Value::Double(0.5),
        Value::Boolean(false),
        Value::Json("{}"),
        Value::Double(f64::NAN),
    ];
    for value in all {
        batch.set("k", value);
        assert_eq!(batch.property("k").unwrap().len(), 1, "{value:?}");
    }
    assert_eq!(values(&batch, "k", &[0]), [Some(Value::Text("NaN"))]);
}

#[test]
fn parts_put_together_give_the_whole() {
    let whole = batch();
    let mut again = whole.only(&[0, 1, 2, 3]);
    again.append(&whole.only(&[4, 5, 6, 7, 8, 9]));
    assert_eq!(again, whole);
    assert_eq!(EventBatch::from(whole.records()).properties, whole.properties);
    assert_eq!(whole.only(&[9, 8]).anonymous, [1]);
    assert_eq!(whole.only(&[7]).distinct_ids.at(0), "person 3");
    assert_eq!(
        whole.only(&[9, 3]).sessions.by_row(),
        [(0, "session 3"), (1, "session 1")].into()
    );
}

#[test]
fn a_batch_that_was_written_and_read_takes_more_events() {
    let json = serde_json::to_string(&batch()).unwrap();
    let mut read: EventBatch = serde_json::from_str(&json).unwrap();
    assert_eq!(read, batch());
    let mut grown = batch();
    for batch in [&mut read, &mut grown] {
        batch.begin(uuid(10), "a", 0, "person 1", None);
        batch.set("even", Value::Text("yes"));
        batch.set("new", Value::Text("x"));
        batch.set("n", Value::Integer(4));
    }
    assert_eq!(read, grown);
    assert_eq!((read.events.dictionary.len(), read.properties.len()), (2, 4));
}

#[test]
fn columns_filled_one_after_another_are_those_filled_row_by_row() {
    let whole = batch();
    let mut columns = EventBatch::default();
    let sessions = whole.sessions.by_row();
    for row in 0..whole.len() as u32 {
        let at = row as usize;
        let event = columns.events.dictionary.number(whole.events.at(at));
        let distinct_id = columns.distinct_ids.dictionary.number(whole.distinct_ids.at(at));
        let session = sessions.get(&row).map(|text| columns.sessions.dictionary.number(text));
        let time = whole.timestamps[at];
        assert_eq!(
            columns.begin_numbered(whole.uuids[at], event, time, distinct_id, session),
            row
        );
    }
    for property in &whole.properties {
        let key = columns.key(&property.key);
        let column = columns.column(key).unwrap();
        let mut reader = RowReader::new(property);
        for row in 0..whole.len() as u32 {
            match reader.value(row) {
                Some(Value::Text(text)) => {
                    let number = column.texts.dictionary.number(text);
                    column.push_number(row, number);
                }
                Some(value) => column.set(row, value),
                None => {}
            }
        }
    }
    columns.anonymous.clone_from(&whole.anonymous);
    assert_eq!(columns, whole);
    let key = columns.key("mixed");
    columns.column(key).unwrap().set(9, Value::Text("instead"));
    assert_eq!(values(&columns, "mixed", &[9]), [Some(Value::Text("instead"))]);
}
