//! Which properties the persons of a project have, and with which values.

use std::collections::{BTreeMap, HashMap};

use hedgerow_data_api::{PersonProperty, PersonTaxonomy, ValueCount, ValueType};
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value};

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
    Ok(counts.taxonomy())
}

/// How many persons have each property, and each value of it.
#[derive(Default)]
pub(crate) struct Counts {
    persons: u64,
    properties: BTreeMap<String, PropertyCounts>,
}

#[derive(Default)]
struct PropertyCounts {
    count: u64,
    /// How many values are of each type.
    types: Vec<(ValueType, u64)>,
    values: HashMap<String, u64>,
    /// Whether some values are not counted: from then on no others come to those that are.
    is_cut: bool,
}

impl Counts {
    /// Counts the properties of a person, a JSON object.
    pub(crate) fn add(&mut self, properties: &str) -> Result<()> {
        self.persons += 1;
        for (key, value_type, text) in typed(properties)? {
            self.properties.entry(key).or_default().add(value_type, text);
        }
        Ok(())
    }

    /// No longer counts those of a person who was counted with the same properties.
    pub(crate) fn remove(&mut self, properties: &str) -> Result<()> {
        self.persons = self.persons.saturating_sub(1);
        for (key, value_type, text) in typed(properties)? {
            if let Some(counts) = self.properties.get_mut(&key) {
                counts.remove(value_type, &text);
                if counts.count == 0 {
                    self.properties.remove(&key);
                }
            }
        }
        Ok(())
    }

    /// What was counted, the values of each property by how many persons have them.
    pub(crate) fn taxonomy(&self) -> PersonTaxonomy {
        let property = |(key, counts): (&String, &PropertyCounts)| {
            let values = counts.values.iter().map(|(value, count)| ValueCount {
                value: value.clone(),
                count: *count,
            });
            let mut values: Vec<ValueCount> = values.collect();
            values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
            let types = counts.types.iter().map(|(value_type, _)| *value_type);
            PersonProperty {
                key: key.clone(),
                value_type: types.reduce(common).unwrap_or(ValueType::String),
                count: counts.count,
                values,
                values_complete: !counts.is_cut,
            }
        };
        PersonTaxonomy {
            persons: self.persons,
            properties: self.properties.iter().map(property).collect(),
        }
    }
}

/// The properties in an object that have a value, with its type and its text.
fn typed(properties: &str) -> Result<impl Iterator<Item = (String, ValueType, String)>> {
    let properties: Map<String, Value> = serde_json::from_str(properties)
        .map_err(|error| Error::caused(Code::Corrupt, "the properties of a person are no JSON object", error))?;
    Ok(properties.into_iter().filter_map(|(key, value)| {
        let (value_type, text) = match value {
            Value::Null => return None,
            Value::String(text) => (ValueType::String, text),
            Value::Bool(truth) => (ValueType::Boolean, truth.to_string()),
            Value::Number(number) if number.is_f64() => (ValueType::Double, number.to_string()),
            Value::Number(number) => (ValueType::Integer, number.to_string()),
            other => (ValueType::Json, other.to_string()),
        };
        Some((key, value_type, text))
    }))
}

impl PropertyCounts {
    fn add(&mut self, value_type: ValueType, text: String) {
        self.count += 1;
        match self.types.iter_mut().find(|(known, _)| *known == value_type) {
            Some((_, count)) => *count += 1,
            None => self.types.push((value_type, 1)),
        }
        if let Some(count) = self.values.get_mut(&text) {
            *count += 1;
        } else if !self.is_cut && self.values.len() < MOST_VALUES {
            self.values.insert(text, 1);
        } else {
            self.is_cut = true;
        }
    }

    fn remove(&mut self, value_type: ValueType, text: &str) {
        self.count = self.count.saturating_sub(1);
        for (_, count) in self.types.iter_mut().filter(|(known, _)| *known == value_type) {
            *count = count.saturating_sub(1);
        }
        self.types.retain(|(_, count)| *count > 0);
        if let Some(count) = self.values.get_mut(text) {
            *count -= 1;
            if *count == 0 {
                self.values.remove(text);
            }
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
        let expected = [
            "plan string 3: free 2, team 1",
            "score double 2: 1 1, 1.5 1",
            "seats string 3: 20 1, 3 1, many 1",
            "trial boolean 1: true 1",
        ];
        assert_eq!(said(&counts), (3, expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn who_is_gone_is_counted_no_longer() {
        let mut counts = Counts::default();
        counts.add(r#"{"plan": "free", "seats": 3}"#).unwrap();
        counts
            .add(r#"{"plan": "team", "seats": "many", "trial": true}"#)
            .unwrap();
        counts
            .remove(r#"{"plan": "team", "seats": "many", "trial": true}"#)
            .unwrap();
        counts.add(r#"{"plan": "free", "seats": 1.5}"#).unwrap();
        let expected = ["plan string 2: free 2", "seats double 2: 1.5 1, 3 1"];
        assert_eq!(said(&counts), (2, expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn counts_of_values_are_whole_or_missing() {
        let mut counts = Counts::default();
        let person = |value: usize| format!(r#"{{"n": {value}}}"#);
        for value in 0..=MOST_VALUES {
            counts.add(&person(value)).unwrap();
        }
        // One of the values that are counted goes, and the one that is not comes a second time.
        counts.remove(&person(0)).unwrap();
        counts.add(&person(MOST_VALUES)).unwrap();
        let taxonomy = counts.taxonomy();
        let property = taxonomy.property("n").unwrap();
        assert_eq!(
            (property.count, property.values.len(), property.values_complete),
            (MOST_VALUES as u64 + 1, MOST_VALUES - 1, false)
        );
    }

    fn said(counts: &Counts) -> (u64, Vec<String>) {
        let taxonomy = counts.taxonomy();
        let line = |property: &PersonProperty| {
            assert!(property.values_complete);
            let values = property
                .values
                .iter()
                .map(|value| format!("{} {}", value.value, value.count));
            let values = values.collect::<Vec<_>>().join(", ");
            let value_type = property.value_type.as_str();
            format!("{} {value_type} {}: {values}", property.key, property.count)
        };
        (taxonomy.persons, taxonomy.properties.iter().map(line).collect())
    }
}
