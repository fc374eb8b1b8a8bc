//! Which properties the persons of a project have, and with which values.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hedgerow_data_api::{PersonProperty, PersonTaxonomy, Taxonomy, ValueCount, ValueType};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::people::PersonRow;
use crate::people_reader::PeopleReader;
use crate::project::Project;

/// Different values of a property that are kept; of a property with more it is said that not all are.
const MOST_VALUES: usize = 10_000;

/// The properties in some objects, each as JSON text, with their types and values.
///
/// # Errors
///
/// `corrupt` where one is no object.
pub fn person_properties<'a>(objects: impl IntoIterator<Item = &'a str>) -> Result<PersonTaxonomy> {
    let mut counts = Counts::default();
    objects.into_iter().try_for_each(|object| counts.add(object))?;
    Ok(counts.into_taxonomy())
}

/// The newest taxonomy of each project's persons.
#[derive(Default)]
pub(crate) struct PersonTaxonomies {
    /// With the taxonomy of the events of the same moment: as long as that is the same one, nothing was
    /// added or taken away.
    known: Mutex<Known>,
}

impl PersonTaxonomies {
    /// The taxonomy of a project's persons, read anew only where there are other events than before.
    pub(crate) async fn of(&self, id: &ProjectId, project: &Project) -> Result<Arc<PersonTaxonomy>> {
        let events = project.newest().await?.taxonomy();
        if let Some(persons) = of_events(&*self.known.lock().await, id, &events) {
            return Ok(persons);
        }
        let (current, overlay, transaction) = project.people().await?;
        let mut reader = PeopleReader { transaction, overlay };
        self.read(id, &current.taxonomy(), &mut reader, |_| Ok(())).await
    }

    /// Reads the persons of a moment once, for whoever wants their rows and for the taxonomy. `events` is the
    /// taxonomy of the events of that moment.
    pub(crate) async fn read(
        &self,
        id: &ProjectId,
        events: &Arc<Taxonomy>,
        reader: &mut PeopleReader,
        mut each: impl FnMut(Vec<PersonRow>) -> Result<()>,
    ) -> Result<Arc<PersonTaxonomy>> {
        let known = of_events(&*self.known.lock().await, id, events);
        let mut counts = Counts::default();
        let is_known = known.is_some();
        let rows = |rows: Vec<PersonRow>| {
            if !is_known {
                rows.iter().try_for_each(|row| counts.add(&row.properties))?;
            }
            each(rows)
        };
        reader.persons(rows).await?;
        let persons = known.unwrap_or_else(|| Arc::new(counts.into_taxonomy()));
        let mut known = self.known.lock().await;
        known.insert(id.clone(), (Arc::clone(events), Arc::clone(&persons)));
        Ok(persons)
    }
}

type Known = HashMap<ProjectId, (Arc<Taxonomy>, Arc<PersonTaxonomy>)>;

fn of_events(known: &Known, id: &ProjectId, events: &Arc<Taxonomy>) -> Option<Arc<PersonTaxonomy>> {
    let (of_events, persons) = known.get(id)?;
    Arc::ptr_eq(of_events, events).then(|| Arc::clone(persons))
}

#[derive(Default)]
struct Counts {
    persons: u64,
    properties: BTreeMap<String, PropertyCounts>,
}

#[derive(Default)]
struct PropertyCounts {
    count: u64,
    value_type: Option<ValueType>,
    values: HashMap<String, u64>,
    is_cut: bool,
}

impl Counts {
    fn add(&mut self, properties: &str) -> Result<()> {
        self.persons += 1;
        let properties: Map<String, Value> = serde_json::from_str(properties)
            .map_err(|error| Error::caused(Code::Corrupt, "the properties of a person are no JSON object", error))?;
        for (key, value) in properties {
            let (value_type, text) = match value {
                Value::Null => continue,
                Value::String(text) => (ValueType::String, text),
                Value::Bool(truth) => (ValueType::Boolean, truth.to_string()),
                Value::Number(number) if number.is_f64() => (ValueType::Double, number.to_string()),
                Value::Number(number) => (ValueType::Integer, number.to_string()),
                other => (ValueType::Json, other.to_string()),
            };
            let counts = self.properties.entry(key).or_default();
            counts.count += 1;
            counts.value_type = Some(
                counts
                    .value_type
                    .map_or(value_type, |before| common(before, value_type)),
            );
            if let Some(count) = counts.values.get_mut(&text) {
                *count += 1;
            } else if counts.values.len() < MOST_VALUES {
                counts.values.insert(text, 1);
            } else {
                counts.is_cut = true;
            }
        }
        Ok(())
    }

    fn into_taxonomy(self) -> PersonTaxonomy {
        let property = |(key, counts): (String, PropertyCounts)| {
            let mut values: Vec<ValueCount> = counts
                .values
                .into_iter()
                .map(|(value, count)| ValueCount { value, count })
                .collect();
            values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
            PersonProperty {
                key,
                value_type: counts.value_type.unwrap_or(ValueType::String),
                count: counts.count,
                values,
                values_complete: !counts.is_cut,
            }
        };
        PersonTaxonomy {
            persons: self.persons,
            properties: self.properties.into_iter().map(property).collect(),
        }
    }
}

/// The type that holds values of both.
fn common(one: ValueType, other: ValueType) -> ValueType {
    match (one, other) {
        _ if one == other => one,
        (ValueType::Integer, ValueType::Double) | (ValueType::Double, ValueType::Integer) => ValueType::Double,
        _ => ValueType::String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_counted_with_their_types_and_values() {
        let mut counts = Counts::default();
        for person in [
            r#"{"plan": "free", "seats": 3, "trial": true, "score": 1}"#,
            r#"{"plan": "team", "seats": 20, "score": 1.5, "none": null}"#,
            r#"{"plan": "free", "seats": "many"}"#,
        ] {
            counts.add(person).unwrap();
        }
        let taxonomy = counts.into_taxonomy();
        let lines: Vec<String> = taxonomy
            .properties
            .iter()
            .map(|property| {
                let values = property
                    .values
                    .iter()
                    .map(|value| format!("{} {}", value.value, value.count));
                let values = values.collect::<Vec<_>>().join(", ");
                format!(
                    "{} {} {}: {values}",
                    property.key,
                    property.value_type.as_str(),
                    property.count
                )
            })
            .collect();
        let expected = [
            "plan string 3: free 2, team 1",
            "score double 2: 1 1, 1.5 1",
            "seats string 3: 20 1, 3 1, many 1",
            "trial boolean 1: true 1",
        ];
        assert_eq!((taxonomy.persons, lines), (3, expected.map(str::to_owned).to_vec()));
        assert!(taxonomy.properties.iter().all(|property| property.values_complete));
    }
}
