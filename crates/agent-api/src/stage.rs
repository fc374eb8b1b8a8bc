//! How far a product is, and the one rule of who sees it.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_data_api::QuerySettings;
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;

/// How far a product is; decides who sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Being thought about.
    Idea,
    /// For its makers.
    Alpha,
    /// For the willing.
    Beta,
    /// For everybody.
    #[default]
    Ga,
}

impl Stage {
    /// All stages, from the least finished.
    pub const ALL: [Self; 4] = [Self::Idea, Self::Alpha, Self::Beta, Self::Ga];

    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Ga => "ga",
        }
    }

    /// The rule: the lowest stage whose products somebody with this role sees in a project that opens products to
    /// its members from `early_access` on. Owners and admins, and so whoever sits at the machine, see every stage.
    #[must_use]
    pub fn lowest_seen(role: Role, early_access: Self) -> Self {
        if role >= Role::Admin { Self::Idea } else { early_access }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|stage| stage.as_str() == text);
        known.ok_or_else(|| Error::unknown("stage", text, Self::ALL.map(Self::as_str)))
    }
}

/// Keeps what is set for projects. Every implementation keeps these promises (see the conformance suite in
/// `hedgerow-testkit`): what returns is durable, and the last value set is the one that is read.
#[async_trait]
pub trait ProjectSettings: Send + Sync {
    /// The stage from which on a project's members see products; [`Stage::Ga`] until somebody sets it.
    async fn early_access(&self, project: &ProjectId) -> Result<Stage>;

    /// Sets it.
    async fn set_early_access(&self, project: &ProjectId, stage: Stage, by: &str, at: DateTime<Utc>) -> Result<()>;

    /// What is set for the project's queries; the defaults until somebody sets something.
    async fn query_settings(&self, project: &ProjectId) -> Result<QuerySettings>;

    /// Sets all of it.
    async fn set_query_settings(
        &self,
        project: &ProjectId,
        settings: &QuerySettings,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_see_from_early_access_on_and_admins_everything() {
        for early_access in Stage::ALL {
            for role in [Role::Viewer, Role::Member] {
                assert_eq!(Stage::lowest_seen(role, early_access), early_access);
            }
            for role in [Role::Admin, Role::Owner] {
                assert_eq!(Stage::lowest_seen(role, early_access), Stage::Idea);
            }
        }
        assert_eq!("beta".parse::<Stage>().unwrap(), Stage::Beta);
        assert!("bet".parse::<Stage>().unwrap_err().chain().contains("bet"));
    }
}
