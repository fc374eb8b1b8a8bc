//! Persons as those see them who look after data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::taxonomy::{ValueCount, ValueType};

/// A property that at least one person has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonProperty {
    /// The key.
    pub key: String,
    /// Its type; text where persons have values of several types.
    pub value_type: ValueType,
    /// How many persons have it.
    pub count: u64,
    /// Its values as text, most frequent first.
    pub values: Vec<ValueCount>,
    /// False where there are more values than these.
    pub values_complete: bool,
}

/// The properties of a project's persons at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonTaxonomy {
    /// How many persons there are.
    pub persons: u64,
    /// By key.
    pub properties: Vec<PersonProperty>,
}

impl PersonTaxonomy {
    /// A property by its key.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&PersonProperty> {
        self.properties.iter().find(|property| property.key == key)
    }
}

/// A person with its distinct ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonInfo {
    /// The person's id.
    pub person_id: Uuid,
    /// All its distinct ids, after all merges.
    pub distinct_ids: Vec<String>,
    /// The earliest event of any of them.
    pub created_at: DateTime<Utc>,
    /// True once an event said who it is.
    pub is_identified: bool,
    /// What is known of it.
    pub properties: Value,
}

/// What deleting a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDeleted {
    /// The person's id; absent where only events knew the distinct id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<Uuid>,
    /// The distinct ids that are gone.
    pub distinct_ids: Vec<String>,
    /// Events that are gone.
    pub events: u64,
    /// Files that held some of them and were written anew.
    pub files_rewritten: u64,
    /// The bytes of all files that left the disk.
    pub bytes_removed: u64,
    /// Older snapshots that named these files and are forgotten.
    pub snapshots_forgotten: u64,
    /// Old files that a query still reads; they go by themselves within minutes after it ends.
    pub files_left: u64,
}
