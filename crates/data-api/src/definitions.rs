//! Actions and cohorts as queries use them: what people keep under a name.
//!
//! Whoever computes with them asks [`Definitions`] each time, so that a result rests on what is kept at that
//! moment. What is saved names them by their ids, so that renaming one breaks nothing: see [`query_by_ids`].

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ObjectId, ProjectId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::filter::{FilterGroup, PropertyFilter, PropertyType};
use crate::settings::QuerySettings;
use crate::trends::TrendsQuery;

/// All of a cohort but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortDefinition {
    /// Who they are.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Conditions on people, each of type `person`, `cohort` for another cohort, or `behavioral` for what they did: a list, or
    /// a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub filters: FilterGroup,
    /// The distinct ids of people who are listed one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<String>,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// All of an action but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionDefinition {
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An event counts where one of these fits, and once where several do.
    pub steps: Vec<ActionStep>,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One way in which an action happens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionStep {
    /// The event's name; any event when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Conditions on the event: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
}

/// A definition as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Defined<T> {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// How many times it was written, from 1.
    pub version: u64,
    /// What it consists of.
    pub body: T,
}

/// What a project has defined.
#[async_trait]
pub trait Definitions: Send + Sync {
    /// The cohort with an id or a name; an unknown one is refused with the nearest names, a deleted one as such.
    async fn cohort(&self, project: &ProjectId, reference: &str) -> Result<Defined<CohortDefinition>>;

    /// The action with an id or a name, in the same way.
    async fn action(&self, project: &ProjectId, reference: &str) -> Result<Defined<ActionDefinition>>;

    /// All cohorts.
    async fn cohorts(&self, _project: &ProjectId) -> Result<Vec<Defined<CohortDefinition>>> {
        Ok(Vec::new())
    }

    /// What is set for the project's queries: nothing but defaults unless an implementation keeps more.
    async fn settings(&self, _project: &ProjectId) -> Result<QuerySettings> {
        Ok(QuerySettings::default())
    }
}

/// Nothing is defined: for engines that stand alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDefinitions;

#[async_trait]
impl Definitions for NoDefinitions {
    async fn cohort(&self, _: &ProjectId, reference: &str) -> Result<Defined<CohortDefinition>> {
        Err(Error::unknown("cohort", reference, []))
    }

    async fn action(&self, _: &ProjectId, reference: &str) -> Result<Defined<ActionDefinition>> {
        Err(Error::unknown("action", reference, []))
    }
}

/// Who is in a cohort now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CohortMembers {
    /// How many persons.
    pub persons: u64,
    /// How many of its listed distinct ids belong to no person, so that nobody is in it for them.
    pub ids_without_person: u64,
    /// The first of them by their ids.
    pub first: Vec<CohortMember>,
}

/// A person in a cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CohortMember {
    /// The person's id.
    #[schemars(with = "String")]
    pub person_id: Uuid,
    /// The earliest event.
    #[schemars(with = "String")]
    pub created_at: DateTime<Utc>,
    /// What is known of it.
    pub properties: Value,
}

/// The id or name by which a filter of type `cohort` names one.
///
/// # Errors
///
/// `invalid_argument` where it names none.
pub fn cohort_reference(filter: &PropertyFilter) -> Result<&str> {
    match (filter.key.as_str(), &filter.value) {
        ("id", Some(Value::String(reference))) => Ok(reference),
        ("id", _) => Err(Error::invalid("a filter of type cohort takes one cohort, as text").with_hint(COHORT_FORM)),
        (key, _) => {
            Err(Error::invalid(format!("a filter of type cohort has the key id, not {key:?}")).with_hint(COHORT_FORM))
        }
    }
}

const COHORT_FORM: &str = r#"write {"type": "cohort", "key": "id", "value": "the cohort's name", "operator": "in"}"#;

/// Filters with cohorts named by their ids.
///
/// # Errors
///
/// Where a cohort is unknown.
pub async fn filters_by_ids(
    definitions: &dyn Definitions,
    project: &ProjectId,
    mut filters: FilterGroup,
) -> Result<FilterGroup> {
    for filter in filters.filters_mut() {
        if filter.property_type == PropertyType::Cohort {
            let cohort = definitions.cohort(project, cohort_reference(filter)?).await?;
            filter.value = Some(Value::String(cohort.id.to_string()));
        }
    }
    Ok(filters)
}

/// A query as it is saved: with actions and cohorts named by their ids.
///
/// # Errors
///
/// Where one is unknown.
pub async fn query_by_ids(
    definitions: &dyn Definitions,
    project: &ProjectId,
    mut query: TrendsQuery,
) -> Result<TrendsQuery> {
    query.properties = filters_by_ids(definitions, project, query.properties).await?;
    for node in &mut query.series {
        let own = std::mem::take(&mut node.properties);
        node.properties = filters_by_ids(definitions, project, own).await?;
        if let Some(reference) = node.action() {
            let action = definitions.action(project, reference).await?;
            // The name stays beside the id for those who read it; the id decides.
            node.id = Some(action.id.to_string());
            node.name = Some(action.name);
        }
    }
    Ok(query)
}
