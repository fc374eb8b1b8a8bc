//! Rows as JSON lines in `PostHog`'s form.

use chrono::DateTime;
use datafusion::arrow::array::Array;
use datafusion::arrow::record_batch::RecordBatch;
use hedgerow_data_api::Value;
use hedgerow_errors::Result;

use crate::layout::LakeColumn;
use crate::unshred::{FixedColumns, PropertyValues};

/// Each row as a line.
pub(super) fn lines(rows: &RecordBatch, columns: &[LakeColumn]) -> Result<Vec<u8>> {
    let fixed = FixedColumns::of(rows)?;
    let properties = PropertyValues::of(rows, columns);
    let mut lines = String::new();
    for (row, time) in fixed.timestamps.iter().enumerate() {
        let time = DateTime::from_timestamp_micros(*time).unwrap_or_default();
        let head = [
            ("uuid", fixed.uuid(row).to_string()),
            ("event", fixed.events.value(row).to_owned()),
            ("distinct_id", fixed.distinct_ids.value(row).to_owned()),
            ("timestamp", time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        ];
        lines.push('{');
        for (key, text) in &head {
            member(&mut lines, key, Value::Text(text));
        }
        lines.push_str(",\"properties\":{");
        if let Some(session) = fixed.session(row) {
            member(&mut lines, "$session_id", Value::Text(session));
        }
        for (key, values) in &properties {
            if let Some(value) = values.value(row) {
                member(&mut lines, key, value);
            }
        }
        if fixed.rest.is_valid(row) {
            let rest = fixed.rest.value(row);
            let members = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if let Some(members) = members.filter(|members| !members.is_empty()) {
                separate(&mut lines);
                lines.push_str(members);
            }
        }
        lines.push_str("}}\n");
    }
    Ok(lines.into_bytes())
}

/// Adds a member to an object that is not closed yet.
pub(super) fn member(object: &mut String, key: &str, value: Value<'_>) {
    separate(object);
    object.push_str(&serde_json::Value::from(key).to_string());
    object.push(':');
    match value {
        Value::Text(text) => object.push_str(&serde_json::Value::from(text).to_string()),
        Value::Integer(number) => object.push_str(&number.to_string()),
        Value::Double(number) => object.push_str(&serde_json::Value::from(number).to_string()),
        Value::Boolean(truth) => object.push_str(if truth { "true" } else { "false" }),
        Value::Json(json) => object.push_str(json),
    }
}

fn separate(object: &mut String) {
    if !object.ends_with('{') {
        object.push(',');
    }
}
