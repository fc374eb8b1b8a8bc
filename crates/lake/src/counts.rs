//! The taxonomy's counts: how often a project has each event, property and value.

use std::collections::{BTreeMap, HashMap};

use hedgerow_data_api::{EventRecord, PropertyValue};
use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;

use crate::layout::Layout;
use crate::sqlite_error::failed;
use crate::value_index::{self, LONGEST_VALUE};

/// How often a batch has each event, property and value.
#[derive(Default)]
pub(crate) struct Counts {
    /// Name to count, first and last.
    events: BTreeMap<String, (i64, i64, i64)>,
    properties: BTreeMap<&'static str, Property>,
}

#[derive(Default)]
struct Property {
    count: i64,
    values: HashMap<String, i64>,
    /// Whether some value is too long for the value index.
    has_long: bool,
}

impl Counts {
    pub(crate) fn of(events: &[EventRecord]) -> Self {
        let mut counts = Self::default();
        for event in events {
            let time = event.timestamp.timestamp_micros();
            let entry = counts.events.entry(event.event.clone()).or_insert((0, time, time));
            *entry = (entry.0 + 1, entry.1.min(time), entry.2.max(time));
            for (key, value) in &event.properties {
                let property = counts.properties.entry(key).or_default();
                property.count += 1;
                let text = match value {
                    PropertyValue::Text(text) if text.len() > LONGEST_VALUE => {
                        property.has_long = true;
                        continue;
                    }
                    PropertyValue::Text(text) => text.clone(),
                    PropertyValue::Integer(number) => number.to_string(),
                    PropertyValue::Double(number) => number.to_string(),
                    PropertyValue::Boolean(truth) => truth.to_string(),
                };
                *property.values.entry(text).or_default() += 1;
            }
        }
        counts
    }

    /// Adds a batch's counts to the taxonomy and the value index.
    pub(crate) async fn add(self, transaction: &mut SqliteConnection, layout: &Layout) -> Result<()> {
        let step = failed("cannot update the taxonomy");
        let events: Vec<_> = self
            .events
            .iter()
            .map(|(name, (count, first, last))| json!([name, count, first, last]))
            .collect();
        sqlx::query(
            "INSERT INTO hedgerow_event SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
             ON CONFLICT(name) DO UPDATE SET count = count + excluded.count, first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us)",
        )
        .bind(json!(events).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
        for (key, property) in self.properties {
            let Some(column) = layout.columns.iter().find(|column| column.key.as_deref() == Some(key)) else {
                continue;
            };
            sqlx::query(
                "INSERT INTO hedgerow_property VALUES (?, ?, ?, ?, ?, 1, 0) ON CONFLICT(key) DO UPDATE SET count = count + excluded.count",
            )
            .bind(key)
            .bind(column.id)
            .bind(&column.name)
            .bind(column.kind.value_type().as_str())
            .bind(property.count)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
            value_index::add(transaction, column.id, &property.values, property.has_long).await?;
        }
        Ok(())
    }
}
