//! The taxonomy's counts: how often a project has each event, property and value.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use hedgerow_data_api::{EventBatch, EventDefinition, PropertyDefinition, Sparse, Taxonomy};
use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;

use crate::catalog::instant;
use crate::layout::{LakeColumn, is_defined, keys};
use crate::sqlite_error::failed;
use crate::value_index::{self, LONGEST_VALUE, Run};

/// How often a batch has each event, property and value.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Name to count, first and last.
    events: BTreeMap<String, (i64, i64, i64)>,
    pub(crate) properties: BTreeMap<String, PropertyCounts>,
}

/// How often a batch has a property and each of its values.
#[derive(Debug, Default)]
pub(crate) struct PropertyCounts {
    count: i64,
    /// By the text that the value index has of them.
    pub(crate) values: Run,
    /// Whether some value is not fit for the value index, being too long or nested.
    left_out: bool,
}

impl Counts {
    /// Counts a batch, or those of its rows that are wanted.
    pub(crate) fn of(batch: &EventBatch, wanted: Option<&[bool]>) -> Self {
        let is_wanted = |row: &u32| wanted.is_none_or(|wanted| wanted.get(*row as usize).copied().unwrap_or_default());
        let mut counts = Self::default();
        let mut by_number: Vec<(i64, i64, i64)> = vec![(0, i64::MAX, i64::MIN); batch.events.dictionary.len()];
        for (row, (number, time)) in (0..).zip(batch.events.numbers.iter().zip(&batch.timestamps)) {
            if let Some(entry) = by_number.get_mut(*number as usize).filter(|_| is_wanted(&row)) {
                *entry = (entry.0 + 1, entry.1.min(*time), entry.2.max(*time));
            }
        }
        let named = batch
            .events
            .dictionary
            .iter()
            .zip(by_number)
            .filter(|(_, (count, ..))| *count > 0);
        counts.events = named.map(|(name, entry)| (name.to_owned(), entry)).collect();
        for column in batch.properties.iter().filter(|column| is_defined(&column.key)) {
            let property = PropertyCounts::of(column, &is_wanted);
            if property.count > 0 {
                counts.properties.insert(column.key.clone(), property);
            }
        }
        counts
    }

    /// Whether some value of a property is not fit for the value index.
    pub(crate) fn leaves_out(&self, key: &str) -> bool {
        self.properties.get(key).is_some_and(|property| property.left_out)
    }

    /// A property's values; none where the batch does not have it.
    pub(crate) fn values(&self, key: &str) -> &Run {
        static NONE: LazyLock<Run> = LazyLock::new(Run::default);
        self.properties.get(key).map_or(&NONE, |property| &property.values)
    }

    /// How many values there are of all properties.
    pub(crate) fn distinct(&self) -> usize {
        self.properties.values().map(|property| property.values.len()).sum()
    }

    /// Adds a batch's counts to the taxonomy and the value index of the catalog, which lists at most so
    /// many values of a property.
    pub(crate) async fn add(
        self: &Arc<Self>,
        transaction: &mut SqliteConnection,
        columns: &[LakeColumn],
        most_values: usize,
    ) -> Result<()> {
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
        let by_key: HashMap<&str, usize> = keys(columns).collect();
        let counted = self
            .properties
            .iter()
            .map(|(key, property)| json!([key, property.count]));
        sqlx::query(
            "UPDATE hedgerow_property SET count = hedgerow_property.count + counted.value ->> 1 FROM json_each(?) counted
             WHERE hedgerow_property.key = counted.value ->> 0",
        )
        .bind(json!(counted.collect::<Vec<_>>()).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
        let mut by_column = HashMap::with_capacity(self.properties.len());
        for key in self.properties.keys() {
            let column = by_key.get(key.as_str()).and_then(|at| columns.get(*at));
            let Some(column) = column else {
                return Err(hedgerow_errors::Error::internal(format!(
                    "property {key:?} is counted and has no column"
                )));
            };
            by_column.insert(column.id, key.clone());
        }
        value_index::add(transaction, self, &by_column, most_values).await
    }

    /// Lays the counts over a taxonomy, as if they had been added to it.
    pub(crate) fn lay_over(&self, taxonomy: &mut Taxonomy, columns: &[LakeColumn]) {
        let mut places: HashMap<String, usize> = taxonomy
            .events
            .iter()
            .map(|event| event.name.clone())
            .zip(0..)
            .collect();
        for (name, (count, first, last)) in &self.events {
            let (count, first, last) = (count.unsigned_abs(), instant(*first), instant(*last));
            let at = *places.entry(name.clone()).or_insert_with(|| {
                taxonomy.events.push(EventDefinition {
                    name: name.clone(),
                    count: 0,
                    first_seen: first,
                    last_seen: last,
                });
                taxonomy.events.len() - 1
            });
            if let Some(event) = taxonomy.events.get_mut(at) {
                event.count += count;
                event.first_seen = event.first_seen.min(first);
                event.last_seen = event.last_seen.max(last);
            }
        }
        taxonomy
            .events
            .sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.name.cmp(&right.name)));
        let mut places: HashMap<String, usize> = taxonomy
            .properties
            .iter()
            .map(|property| property.key.clone())
            .zip(0..)
            .collect();
        let by_key: HashMap<&str, usize> = keys(columns).collect();
        for (key, counted) in &self.properties {
            let Some(column) = by_key.get(key.as_str()).and_then(|at| columns.get(*at)) else {
                continue;
            };
            let at = *places.entry(key.clone()).or_insert_with(|| {
                taxonomy.properties.push(PropertyDefinition {
                    key: key.clone(),
                    column: column.name.clone(),
                    value_type: column.kind.value_type(),
                    count: 0,
                    values_complete: true,
                });
                taxonomy.properties.len() - 1
            });
            if let Some(property) = taxonomy.properties.get_mut(at) {
                property.count += counted.count.unsigned_abs();
                property.value_type = column.kind.value_type();
                property.values_complete &= !counted.left_out;
            }
        }
        taxonomy.properties.sort_by(|left, right| left.key.cmp(&right.key));
    }
}

impl PropertyCounts {
    fn of(column: &hedgerow_data_api::PropertyColumn, is_wanted: &impl Fn(&u32) -> bool) -> Self {
        let mut counted = Self::default();
        let integers = wanted(&column.integers, is_wanted, |number| *number);
        let integers = integers.into_iter().map(|(number, count)| (number.to_string(), count));
        let doubles = wanted(&column.doubles, is_wanted, |number| number.to_bits());
        let doubles = doubles
            .into_iter()
            .map(|(bits, count)| (f64::from_bits(bits).to_string(), count));
        let booleans = wanted(&column.booleans, is_wanted, |truth| *truth);
        let booleans = booleans.into_iter().map(|(truth, count)| (truth.to_string(), count));
        let others: Vec<(String, i64)> = integers.chain(doubles).chain(booleans).collect();
        let mut by_number = vec![0_i64; column.texts.dictionary.len()];
        for (row, number) in column.texts.rows.iter().zip(&column.texts.numbers) {
            if let Some(count) = by_number.get_mut(*number as usize).filter(|_| is_wanted(row)) {
                *count += 1;
            }
        }
        let texts = column.texts.dictionary.iter().zip(by_number);
        let mut values: Vec<(&str, i64)> = texts.filter(|(_, count)| *count > 0).collect();
        values.extend(others.iter().map(|(value, count)| (value.as_str(), *count)));
        counted.count = values.iter().map(|(_, count)| count).sum();
        let all = values.len();
        values.retain(|(value, _)| value.len() <= LONGEST_VALUE);
        counted.left_out = values.len() < all;
        counted.values = Run::of(values);
        let nested = column.json.rows.iter().filter(|row| is_wanted(row)).count() as i64;
        counted.count += nested;
        counted.left_out |= nested > 0;
        counted
    }
}

/// How many of the wanted rows have each value.
fn wanted<T, K: Eq + Hash>(
    column: &Sparse<T>,
    is_wanted: &impl Fn(&u32) -> bool,
    key: impl Fn(&T) -> K,
) -> HashMap<K, i64> {
    let mut counts = HashMap::new();
    for (_, value) in column.rows.iter().zip(&column.values).filter(|(row, _)| is_wanted(row)) {
        *counts.entry(key(value)).or_default() += 1;
    }
    counts
}
