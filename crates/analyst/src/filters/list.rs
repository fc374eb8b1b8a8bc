//! What the tools said of the list: its fields, and the values that the words mention.

use hedgerow_agent_api::Tainted;
use hedgerow_data_api::{FieldKind, FilterField, FilterList, PropertyType};
use serde::Deserialize;

use crate::conversation::{Called, READ_TAXONOMY};

/// A stretch of the words with a value that it may mean.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ValueMatch {
    pub(super) start: usize,
    pub(super) end: usize,
    #[serde(rename = "type")]
    property_type: PropertyType,
    key: String,
    pub(super) value: String,
    pub(super) exact: bool,
}

/// A list with all that is known of it.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) list: FilterList,
    pub(super) fields: Vec<FilterField>,
    /// Each with its field's place.
    pub(super) matches: Vec<(usize, ValueMatch)>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Looked {
    Fields { list: FilterList, fields: Vec<FilterField> },
    ListMatch { list: FilterList, matches: Vec<ValueMatch> },
}

impl List {
    /// Reads the look-ups of a run.
    pub(super) fn of(list: FilterList, calls: &[Called<'_>]) -> Self {
        let (mut fields, mut found) = (Vec::new(), Vec::new());
        for call in calls.iter().filter(|call| call.ok && call.name == READ_TAXONOMY) {
            match serde_json::from_str::<Looked>(Tainted::unfenced(call.content)) {
                Ok(Looked::Fields {
                    list: of,
                    fields: known,
                }) if of == list => fields = known,
                Ok(Looked::ListMatch { list: of, matches }) if of == list => found = matches,
                _ => {}
            }
        }
        let place = |found: ValueMatch| {
            let is_of = |field: &FilterField| field.property_type == found.property_type && field.key == found.key;
            Some((fields.iter().position(is_of)?, found))
        };
        let matches = found.into_iter().filter_map(place).collect();
        Self { list, fields, matches }
    }

    /// True for a field of the list itself; on the list of persons those of persons are.
    pub(super) fn is_own(&self, field: usize) -> bool {
        self.list == FilterList::Persons || self.fields[field].property_type != PropertyType::Person
    }

    /// True for a field that keeps a person's first value.
    pub(super) fn is_initial(&self, field: usize) -> bool {
        self.fields[field].key.starts_with("$initial_")
    }

    /// True for a number that counts things of a row, of which each row has some or none.
    pub(super) fn is_count(&self, field: usize) -> bool {
        let field = &self.fields[field];
        field.kind == FieldKind::Whole && !field.may_be_missing && field.unit.is_none()
    }

    /// The dates that words without a field mean: when an event happened, when a session began.
    pub(super) fn default_date(&self) -> Option<usize> {
        let key = match self.list {
            FilterList::Events => "timestamp",
            FilterList::Sessions => "started_at",
            FilterList::Persons | FilterList::Flags => return None,
        };
        self.fields
            .iter()
            .position(|field| field.key == key && field.kind == FieldKind::Date)
    }

    /// The name of a field for people.
    pub(super) fn name(&self, field: usize) -> String {
        let one = &self.fields[field];
        if self.list != FilterList::Persons && one.property_type == PropertyType::Person {
            format!("the person's {}", one.key)
        } else {
            one.key.clone()
        }
    }
}
