//! Flags as objects: what must hold of one, and what changing it does to people.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Effect, ObjectKind, ObjectStore, ToolContext};
use hedgerow_data_api::{Data, Warning};
use hedgerow_errors::{Error, Result, nearest};

use crate::cohorts::cohort_of;
use crate::flag::{Flag, FlagPropertyType, KIND, check_key};
use crate::matching;

/// What a person has without a property of that key.
const OWN: [&str; 1] = ["distinct_id"];
/// Properties that are named in the place of an unknown one.
const NEAREST: usize = 3;

/// The kind `feature_flag`.
pub(crate) struct FeatureFlags {
    objects: Arc<dyn ObjectStore>,
    data: Data,
}

impl FeatureFlags {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>, data: Data) -> Self {
        Self { objects, data }
    }
}

#[async_trait]
impl ObjectKind for FeatureFlags {
    type Body = Flag;

    const KIND: &'static str = KIND;
    const NOUN: &'static str = "feature flag";

    /// Cohorts are kept by their ids, so that renaming one changes no flag.
    async fn settle(&self, ctx: &ToolContext, name: &str, mut flag: Flag) -> Result<Flag> {
        check_key(name)?;
        flag.check()?;
        let conditions = flag.filters.groups.iter_mut();
        for property in conditions.flat_map(|condition| &mut condition.properties) {
            if property.property_type == FlagPropertyType::Cohort {
                let reference = cohort_of(property);
                let cohort = self.data.definitions.cohort(&ctx.project, &reference).await?;
                property.value = Some(cohort.id.to_string().into());
            }
        }
        let conditions = flag.filters.groups.iter();
        let of_flags = conditions
            .flat_map(|condition| &condition.properties)
            .filter(|property| property.property_type == FlagPropertyType::Flag);
        for property in of_flags {
            if property.key == name {
                return Err(Error::invalid(format!("the flag {name:?} would depend on itself")));
            }
            self.objects.named(&ctx.project, KIND, &property.key).await?;
        }
        Ok(flag)
    }

    /// A flag may be there before the property that it asks for. Until then its condition fits nobody, or everybody.
    async fn warnings(&self, ctx: &ToolContext, flag: &Flag) -> Result<Vec<Warning>> {
        let persons = self.data.store.person_taxonomy(&ctx.project).await?;
        if persons.properties.is_empty() {
            return Ok(Vec::new());
        }
        let mut warnings: Vec<Warning> = Vec::new();
        let conditions = flag.filters.groups.iter();
        for property in conditions.flat_map(|condition| &condition.properties) {
            let is_known = property.property_type != FlagPropertyType::Person
                || OWN.contains(&property.key.as_str())
                || persons.property(&property.key).is_some();
            if is_known {
                continue;
            }
            let whom = if matching::holds_for_missing(property.operator()) {
                "everybody"
            } else {
                "nobody"
            };
            let known = persons.properties.iter().map(|property| property.key.as_str());
            let near = match nearest(&property.key, known, NEAREST).as_slice() {
                [] => String::new(),
                near => format!(" Did you mean {}?", near.join(", ")),
            };
            let message = format!(
                "No person has the property {} yet, so the condition on it fits {whom} until one does.{near}",
                property.key
            );
            let warning = Warning::new("unknown_property", message);
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Ok(warnings)
    }

    /// What changes for people is published, not just written down.
    fn effect(&self, before: Option<&Flag>, after: Option<&Flag>) -> Option<Effect> {
        let reaches = |flag: Option<&Flag>| flag.is_some_and(Flag::reaches_somebody);
        let changes_for_people = (reaches(before) || reaches(after)) && before.map(seen) != after.map(seen);
        (changes_for_people && after.is_some()).then_some(Effect::Publish)
    }
}

/// What people can see of a flag.
fn seen(flag: &Flag) -> impl PartialEq {
    (flag.active, flag.filters.clone(), flag.bucketing_identifier)
}
