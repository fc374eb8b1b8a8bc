//! A list of flat objects as a table that figures can refer to.

use hedgerow_agent_api::named_like_a_label;
use hedgerow_data_api::{Column, Role, Table, Unit, reference_names};
use serde_json::{Map, Value};

/// Rows that are kept; the rest is counted.
const MOST_ROWS: usize = 1_000;
/// Columns at most: what has more is no table for people.
const MOST_COLUMNS: usize = 50;

/// The table in an answer: the answer itself, or the one list among its fields. `None` where there is no list of
/// objects with plain values.
pub(crate) fn table(body: &Value, title: &str) -> Option<Table> {
    let items = body.as_array().or_else(|| {
        let mut lists = body.as_object()?.values().filter_map(Value::as_array);
        let list = lists.next()?;
        lists.next().is_none().then_some(list)
    })?;
    let objects: Vec<&Map<String, Value>> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let mut keys: Vec<&str> = Vec::new();
    for object in &objects {
        for (key, value) in *object {
            if value.is_array() || value.is_object() {
                return None;
            }
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
    }
    if keys.is_empty() || keys.len() > MOST_COLUMNS {
        return None;
    }
    let columns = reference_names(keys.iter().copied())
        .into_iter()
        .zip(&keys)
        .map(|(name, key)| Column {
            role: role(&name, objects.iter().filter_map(|object| object.get(*key))),
            name,
            title: (*key).to_owned(),
            unit: Unit::None,
        });
    let rows = objects.iter().take(MOST_ROWS).map(|object| {
        let cells = keys.iter().map(|key| object.get(*key).cloned().unwrap_or_default());
        cells.collect()
    });
    Some(Table {
        title: title.to_owned(),
        columns: columns.collect(),
        rows: rows.collect(),
        rows_cut: objects.len().saturating_sub(MOST_ROWS) as u64,
    })
}

/// Numbers are measures unless they are named like a label; everything else is a label.
fn role<'a>(name: &str, values: impl Iterator<Item = &'a Value>) -> Role {
    let mut values = values.filter(|value| !value.is_null()).peekable();
    let is_number = values.peek().is_some() && values.all(Value::is_number);
    if is_number && !named_like_a_label(name) {
        Role::Measure
    } else {
        Role::Label
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_list_of_flat_objects_is_a_table() {
        let list = json!([{"id": 7, "Name": "Ada", "seats": 3}, {"id": 8, "seats": null, "plan": "team"}]);
        for body in [list.clone(), json!({"next": null, "contacts": list})] {
            let table = table(&body, "Contacts").unwrap();
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["id", "name", "seats", "plan"]);
            let roles: Vec<Role> = table.columns.iter().map(|column| column.role).collect();
            assert_eq!(roles, [Role::Label, Role::Label, Role::Measure, Role::Label]);
            assert_eq!(table.rows[1], [json!(8), json!(null), json!(null), json!("team")]);
        }
        for body in [
            json!({"a": 1}),
            json!([1, 2]),
            json!([]),
            json!([{"a": {"b": 1}}]),
            json!({"a": [], "b": []}),
        ] {
            assert_eq!(table(&body, "x"), None, "{body}");
        }
        let long: Vec<Value> = (0..1_001).map(|at| json!({"n": at})).collect();
        assert_eq!(table(&json!(long), "x").unwrap().rows_cut, 1);
    }
}
