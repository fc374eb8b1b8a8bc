//! Typed identifiers, so that a run can't be passed where a project is meant.
//!
//! Project ids are chosen by people and stand in folder names and URLs, all other ids are
//! UUIDs of version 7 (RFC 9562), which sort by the time they were made.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// A tenant's data. Lower-case letters, digits, `-` and `_`, starting with a letter or digit, at
/// most 64 characters: the name is a folder and a URL segment, so nothing else may be in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ProjectId(String);

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    kind: &'static str,
    text: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a {} id", self.text, self.kind)
    }
}

impl std::error::Error for InvalidId {}

impl ProjectId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if starts_well && text.len() <= 64 && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                kind: "project",
                text: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ProjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String")] Uuid);

        impl $name {
            /// A new id that sorts after the ids made before it.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "a default id would hide that each one is new")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = |_| InvalidId { kind: $kind, text: text.to_owned() };
                Uuid::parse_str(text).map(Self).map_err(invalid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    )*};
}

uuid_ids! {
    /// One question with everything done to answer it.
    RunId = "run";
    /// Runs that share a history.
    ConversationId = "conversation";
    /// One tool call within a run; also its idempotency key.
    CallId = "call";
    /// One executed query; the provenance of its result.
    QueryId = "query";
    /// Something that people and agents make and change: a feature flag, an insight, ...
    ObjectId = "object";
    /// One change of one object, as its history keeps it.
    ActivityId = "activity";
    /// Who the data belongs to.
    OrganisationId = "organisation";
    /// What a program signs in with.
    KeyId = "key";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_id_refuses_what_is_no_folder_name() {
        for text in ["", "../up", "Upper", "a/b", "-a", "a b", &"x".repeat(65)] {
            assert!(text.parse::<ProjectId>().is_err(), "{text:?}");
        }
        for text in ["demo", "my-site_2", "0"] {
            assert_eq!(text.parse::<ProjectId>().unwrap().as_str(), text);
        }
    }
}
