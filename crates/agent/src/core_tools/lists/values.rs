//! The values of a list's fields, as far as the data is asked for them.

use hedgerow_data_api::{EventStore, FilterField, PropertyType, ValueCount, ValueList};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use super::words::{fold, singular_fold};
use super::{ListData, fixed, flag_keys, flags};

/// Values that are compared with one that does not exist, and how many of them are named.
const COMPARED: usize = 2_000;
const NEAREST: usize = 3;
/// How like a value must be to be named, from 0 to 1.
const ALIKE: f64 = 0.55;

/// What the data says of a text that was given as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Known {
    /// It is a value, in the data's spelling.
    Is(String),
    /// It is none; the nearest that are.
    No(Vec<String>),
    /// The data has too many values to tell.
    Unsure,
}

/// The values of a field that contain `search`, most frequent first; all when it is empty.
pub(in super::super) async fn listed(
    store: &dyn EventStore,
    project: &ProjectId,
    data: &ListData,
    field: &FilterField,
    search: &str,
    limit: usize,
) -> Result<ValueList> {
    let of_event_property = |key: &str| data.taxonomy.property(key).map(|property| property.key.clone());
    let of_names = |names: Vec<ValueCount>| {
        let lower = search.to_lowercase();
        let found: Vec<ValueCount> = names
            .into_iter()
            .filter(|name| name.value.to_lowercase().contains(&lower))
            .collect();
        ValueList {
            complete: found.len() <= limit,
            values: found.into_iter().take(limit).collect(),
        }
    };
    let key = match (field.property_type, field.key.as_str()) {
        (PropertyType::EventField, "event") => {
            let events = data.taxonomy.events.iter().map(|event| ValueCount {
                value: event.name.clone(),
                count: event.count,
            });
            return Ok(of_names(events.collect()));
        }
        (PropertyType::Flag, key) => {
            let of_events = if key == "key" {
                flag_keys(&data.taxonomy)
            } else {
                Vec::new()
            };
            return Ok(of_names(flags::values(&data.flags, key, of_events)));
        }
        (PropertyType::Person, key) => {
            let Some(property) = data.persons.property(key) else {
                return Ok(of_names(Vec::new()));
            };
            let mut list = of_names(property.values.clone());
            list.complete &= property.values_complete;
            return Ok(list);
        }
        (PropertyType::Event, key) => of_event_property(key),
        (PropertyType::Session, key) => fixed::source_of_session(key).and_then(of_event_property),
        _ => None,
    };
    match key {
        Some(key) => store.values(project, &key, search, limit).await,
        None => Ok(of_names(Vec::new())),
    }
}

/// Whether a text is a value of a field, ignoring case and a space for `_` or `-`.
pub(in super::super) async fn known(
    store: &dyn EventStore,
    project: &ProjectId,
    data: &ListData,
    field: &FilterField,
    said: &str,
) -> Result<Known> {
    let folded = fold(said);
    let mut complete = true;
    let mut all: Vec<ValueCount> = Vec::new();
    // The text itself, and what a space for a mark keeps from being found.
    let first_word = folded.split(' ').next().unwrap_or_default().to_owned();
    for search in [said, first_word.as_str()] {
        let list = listed(store, project, data, field, search, COMPARED).await?;
        complete &= list.complete;
        if let Some(exact) = list.values.iter().find(|value| value.value == said) {
            return Ok(Known::Is(exact.value.clone()));
        }
        all.extend(list.values);
    }
    let same: Vec<&ValueCount> = all.iter().filter(|value| fold(&value.value) == folded).collect();
    if let Some(first) = same.first()
        && same.iter().all(|value| value.value == first.value)
    {
        return Ok(Known::Is(first.value.clone()));
    }
    if !complete && same.is_empty() {
        return Ok(Known::Unsure);
    }
    all.extend(listed(store, project, data, field, "", COMPARED).await?.values);
    let lower = said.to_lowercase();
    let singular = singular_fold(said);
    let likeness = |value: &str| {
        if singular.as_deref() == Some(fold(value).as_str()) {
            return 1.0;
        }
        strsim::normalized_damerau_levenshtein(&lower, &value.to_lowercase())
    };
    let mut near: Vec<(f64, String)> = all
        .into_iter()
        .map(|value| (likeness(&value.value), value.value))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    near.dedup_by(|one, other| one.1 == other.1);
    Ok(Known::No(
        near.into_iter().take(NEAREST).map(|(_, value)| value).collect(),
    ))
}
