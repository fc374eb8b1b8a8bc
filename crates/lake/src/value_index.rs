//! The value index: the values of each property with how many events have them.
//!
//! A listed value has its exact count, since it is listed from its first event on: once a value had
//! to stay out for want of room there is no room for any later one either. Long values always stay
//! out. A property of which some value stayed out says that its list is not complete.

use std::collections::HashMap;
use std::sync::Arc;

use hedgerow_data_api::{ValueCount, ValueList, ValueType};
use hedgerow_errors::Result;
use serde_json::json;
use sqlx::{SqliteConnection, SqlitePool};

use crate::counts::Counts;
use crate::sqlite_error::failed;

/// Distinct values listed of a property at most.
const MOST_VALUES: i64 = 20_000;

/// The longest value that is listed, in bytes. Nobody picks a longer one from a list, and 20,000 of
/// them would outweigh the data.
pub(crate) const LONGEST_VALUE: usize = 1_024;

/// Adds the values of a batch. `left_out` says that it has values that are too long.
pub(crate) async fn add(
    transaction: &mut SqliteConnection,
    column_id: i64,
    values: &HashMap<String, i64>,
    left_out: bool,
) -> Result<()> {
    let step = failed("cannot update the value index");
    let values = json!(values.iter().collect::<Vec<_>>()).to_string();
    // The list is walked once and looked up in the index; the other way round would be quadratic.
    sqlx::query(
        "INSERT INTO hedgerow_value SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)
         WHERE EXISTS (SELECT 1 FROM hedgerow_value WHERE column_id = ?1 AND hedgerow_value.value = json_each.value ->> 0)
         ON CONFLICT(column_id, value) DO UPDATE SET count = count + excluded.count",
    )
    .bind(column_id)
    .bind(&values)
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    let listed: i64 = sqlx::query_scalar("SELECT distinct_values FROM hedgerow_property WHERE column_id = ?")
        .bind(column_id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&step)?;
    // Where not all have room, the most frequent go first.
    let added = sqlx::query(
        "INSERT INTO hedgerow_value SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)
         WHERE NOT EXISTS (SELECT 1 FROM hedgerow_value WHERE column_id = ?1 AND hedgerow_value.value = json_each.value ->> 0)
         ORDER BY value ->> 1 DESC, value ->> 0 LIMIT ?3",
    )
    .bind(column_id)
    .bind(&values)
    .bind((MOST_VALUES - listed).max(0))
    .execute(&mut *transaction)
    .await
    .map_err(&step)?
    .rows_affected();
    let without_room: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM json_each(?2) WHERE NOT EXISTS
         (SELECT 1 FROM hedgerow_value WHERE column_id = ?1 AND hedgerow_value.value = json_each.value ->> 0))",
    )
    .bind(column_id)
    .bind(&values)
    .fetch_one(&mut *transaction)
    .await
    .map_err(&step)?;
    sqlx::query("UPDATE hedgerow_property SET distinct_values = distinct_values + ?, values_complete = values_complete AND ? WHERE column_id = ?")
        .bind(added as i64)
        .bind(!(left_out || without_room))
        .bind(column_id)
        .execute(transaction)
        .await
        .map_err(&step)?;
    Ok(())
}

/// Values of a property that contain a text, most frequent first. Events in memory count.
pub(crate) async fn list(
    transaction: &mut SqliteConnection,
    pending: &[Arc<Counts>],
    key: &str,
    search: &str,
    limit: usize,
) -> Result<ValueList> {
    let step = failed("cannot read property values");
    let mut laid_over: HashMap<&str, i64> = HashMap::new();
    let lower = search.to_lowercase();
    for (value, count) in pending
        .iter()
        .filter_map(|counts| counts.properties.get(key))
        .flat_map(|property| &property.values)
    {
        if search.is_empty() || value.to_lowercase().contains(&lower) {
            *laid_over.entry(value).or_default() += count;
        }
    }
    let property = "SELECT column_id, values_complete FROM hedgerow_property WHERE key = ?";
    let property = sqlx::query_as(property)
        .bind(key)
        .fetch_optional(&mut *transaction)
        .await;
    let (column_id, complete): (i64, bool) = property.map_err(&step)?.unwrap_or((0, true));
    let wanted = i64::try_from(limit.saturating_add(laid_over.len())).unwrap_or(i64::MAX - 1);
    let rows = sqlx::query_as(
        "SELECT value, count FROM hedgerow_value WHERE column_id = ?1 AND (?2 = '' OR instr(lower(value), lower(?2)) > 0)
         ORDER BY count DESC, value LIMIT ?3",
    );
    let rows = rows.bind(column_id).bind(search).bind(wanted.saturating_add(1));
    let mut rows: Vec<(String, i64)> = rows.fetch_all(&mut *transaction).await.map_err(&step)?;
    if !laid_over.is_empty() {
        let values = json!(laid_over.keys().collect::<Vec<_>>()).to_string();
        let known =
            "SELECT value, count FROM hedgerow_value WHERE column_id = ? AND value IN (SELECT value FROM json_each(?))";
        let known = sqlx::query_as(known)
            .bind(column_id)
            .bind(values)
            .fetch_all(&mut *transaction)
            .await;
        let known: HashMap<String, i64> = known.map_err(&step)?.into_iter().collect();
        rows.retain(|(value, _)| !laid_over.contains_key(value.as_str()));
        rows.extend(
            laid_over
                .into_iter()
                .map(|(value, count)| (value.to_owned(), count + known.get(value).copied().unwrap_or_default())),
        );
        rows.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    }
    let cut = rows.len() > limit;
    let complete = complete && !cut && !pending.iter().any(|counts| counts.leaves_out(key));
    let values = rows.into_iter().map(|(value, count)| ValueCount {
        value,
        count: count.unsigned_abs(),
    });
    Ok(ValueList {
        values: values.take(limit).collect(),
        complete,
    })
}

/// Whether some event has a value; `None` where the index holds only a part and not this one.
pub(crate) async fn has(
    pool: &SqlitePool,
    pending: &[Arc<Counts>],
    key: &str,
    value_type: ValueType,
    value: &str,
) -> Result<Option<bool>> {
    let step = failed("cannot look up a property value");
    let texts = as_listed(value_type, value);
    let in_memory = |counts: &Arc<Counts>| {
        let property = counts.properties.get(key);
        property.is_some_and(|property| texts.iter().any(|text| property.values.contains_key(text)))
    };
    if pending.iter().any(in_memory) {
        return Ok(Some(true));
    }
    let found = sqlx::query_as(
        "SELECT values_complete, EXISTS (SELECT 1 FROM hedgerow_value WHERE hedgerow_value.column_id = hedgerow_property.column_id
         AND hedgerow_value.value IN (SELECT json_each.value FROM json_each(?2))) FROM hedgerow_property WHERE key = ?1",
    );
    let found = found
        .bind(key)
        .bind(json!(texts).to_string())
        .fetch_optional(pool)
        .await;
    let (complete, listed): (bool, bool) = found.map_err(&step)?.unwrap_or((true, false));
    let complete = complete && !pending.iter().any(|counts| counts.leaves_out(key));
    Ok((listed || complete).then_some(listed))
}

/// The texts under which a value is listed: numbers and booleans by what they are and not by how
/// they are written, so that `0200`, `2e2` and `200.0` are 200.
fn as_listed(value_type: ValueType, value: &str) -> Vec<String> {
    let number = value.trim().parse::<f64>().ok();
    match value_type {
        ValueType::String | ValueType::Json => vec![value.to_owned()],
        ValueType::Boolean => vec![value.trim().to_lowercase()],
        ValueType::Integer => {
            let whole = value.trim().parse::<i64>().ok();
            // Beyond 2^53 a number that is not written out whole no longer names a single one.
            let exact = number.filter(|number| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0);
            whole
                .or(exact.map(|number| number as i64))
                .map(|number| number.to_string())
                .into_iter()
                .collect()
        }
        ValueType::Double => match number {
            // The two zeros are equal and listed apart.
            Some(0.0) => vec!["0".to_owned(), "-0".to_owned()],
            Some(number) => vec![number.to_string()],
            None => Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_looked_up_by_what_they_are() {
        let cases: [(ValueType, &str, &[&str]); 12] = [
            (ValueType::String, " 0200", &[" 0200"]),
            (ValueType::Boolean, "True", &["true"]),
            (ValueType::Integer, "0200", &["200"]),
            (ValueType::Integer, "2e2", &["200"]),
            (ValueType::Integer, "-7.0", &["-7"]),
            (ValueType::Integer, "9223372036854775807", &["9223372036854775807"]),
            (ValueType::Integer, "1.5", &[]),
            (ValueType::Integer, "many", &[]),
            (ValueType::Double, "1e3", &["1000"]),
            (ValueType::Double, "0.10", &["0.1"]),
            (ValueType::Double, "-0.0", &["0", "-0"]),
            (ValueType::Double, "", &[]),
        ];
        for (value_type, value, expected) in cases {
            assert_eq!(as_listed(value_type, value), expected, "{value_type:?} {value:?}");
        }
    }
}
