//! Flags as objects: what must hold of one, and what changing it does to people.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Effect, ObjectKind, ObjectStore, ToolContext};
use hedgerow_data_api::Definitions;
use hedgerow_errors::{Error, Result};

use crate::cohorts::cohort_of;
use crate::flag::{Flag, FlagPropertyType, KIND, check_key};

/// The kind `feature_flag`.
pub(crate) struct FeatureFlags {
    objects: Arc<dyn ObjectStore>,
    cohorts: Arc<dyn Definitions>,
}

impl FeatureFlags {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>, cohorts: Arc<dyn Definitions>) -> Self {
        Self { objects, cohorts }
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
                let cohort = self.cohorts.cohort(&ctx.project, &reference).await?;
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
