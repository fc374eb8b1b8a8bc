//! Cohorts: people under a name.

use std::collections::BTreeSet;

use async_trait::async_trait;
use hedgerow_agent_api::{ObjectKind, ToolContext};
use hedgerow_data_api::{FilterGroup, FilterNode, PropertyType};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most people that are listed one by one.
const MOST_PERSONS: usize = 10_000;

/// All of a cohort but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// Who they are.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Conditions on properties of people, each of type `person`: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub filters: FilterGroup,
    /// The distinct ids of people who are listed one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<String>,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// The kind `cohort`.
#[derive(Debug, Default)]
pub struct Cohorts;

impl Cohorts {
    /// The kind.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl ObjectKind for Cohorts {
    type Body = Cohort;

    const KIND: &'static str = "cohort";
    const NOUN: &'static str = "cohort";

    async fn settle(&self, _: &ToolContext, _: &str, mut cohort: Cohort) -> Result<Cohort> {
        match (cohort.filters.is_empty(), cohort.persons.is_empty()) {
            (true, true) => {
                return Err(Error::invalid("a cohort of nobody in particular")
                    .with_hint("give conditions in filters, or distinct ids in persons"));
            }
            (false, false) => {
                return Err(Error::invalid("a cohort has filters or persons, not both").with_hint("make two cohorts"));
            }
            _ => {}
        }
        if cohort.persons.len() > MOST_PERSONS {
            return Err(
                Error::invalid(format!("{} persons are more than {MOST_PERSONS}", cohort.persons.len()))
                    .with_hint("describe them by conditions"),
            );
        }
        let distinct: BTreeSet<&str> = cohort.persons.iter().map(String::as_str).collect();
        if distinct.contains("") {
            return Err(Error::invalid("an empty text is no distinct id"));
        }
        cohort.persons = distinct.into_iter().map(str::to_owned).collect();
        check_types(&cohort.filters)?;
        Ok(cohort)
    }
}

/// Refuses conditions on anything but people.
fn check_types(group: &FilterGroup) -> Result<()> {
    for node in &group.values {
        match node {
            FilterNode::Group(nested) => check_types(nested)?,
            FilterNode::Filter(filter) if filter.property_type == PropertyType::Person => {}
            FilterNode::Filter(filter) => {
                return Err(Error::invalid(format!("{} is not a condition on people", filter.key))
                    .with_hint("give it the type person"));
            }
        }
    }
    Ok(())
}
