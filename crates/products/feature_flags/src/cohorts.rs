//! The cohorts that flags name, as flags evaluate them: by the properties that are known of somebody.

use hedgerow_data_api::{CohortDefinition, Definitions as Stored, FilterGroup, Operator, PropertyType};
use hedgerow_errors::{Code, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::evaluation::{CohortGroup, Definitions};
use crate::flag::{FlagProperty, FlagPropertyType};

/// What a condition on a cohort calls it: a name, or an id as text.
pub(crate) fn cohort_of(property: &FlagProperty) -> String {
    match &property.value {
        Some(Value::String(reference)) => reference.clone(),
        other => other.as_ref().map(Value::to_string).unwrap_or_default(),
    }
}

/// Adds the cohorts on which the flags rest, and those on which these rest. `ids` are the distinct ids of whom the
/// flags are evaluated for, where that is a person. A cohort that is not there any more is left out: what rests on
/// it can't be said.
pub(crate) async fn add_cohorts(
    definitions: &mut Definitions,
    stored: &dyn Stored,
    project: &ProjectId,
    ids: &[String],
) -> Result<()> {
    let groups = definitions.flags.values().flat_map(|flag| &flag.filters.groups);
    let properties = groups.flat_map(|group| &group.properties);
    let mut pending: Vec<String> = properties
        .filter(|property| property.property_type == FlagPropertyType::Cohort)
        .map(cohort_of)
        .collect();
    while let Some(reference) = pending.pop() {
        if definitions.cohorts.contains_key(&reference) || definitions.listed.contains_key(&reference) {
            continue;
        }
        let cohort = match stored.cohort(project, &reference).await {
            Ok(cohort) => cohort.body,
            Err(error) if error.code() == Code::UnknownName => continue,
            Err(error) => return Err(error),
        };
        if !cohort.persons.is_empty() {
            let is_in = ids.iter().any(|id| cohort.persons.contains(id));
            definitions.listed.insert(reference, is_in);
        } else if let Some(group) = conditions(&cohort) {
            let filters = cohort.filters.filters().into_iter();
            let others = filters.filter(|filter| filter.property_type == PropertyType::Cohort);
            pending.extend(others.filter_map(|filter| filter.value.as_ref()?.as_str().map(str::to_owned)));
            definitions.cohorts.insert(reference, group);
        }
    }
    Ok(())
}

/// A cohort's conditions as flags have them; `None` where flags don't know one of them.
fn conditions(cohort: &CohortDefinition) -> Option<CohortGroup> {
    let mut filters: FilterGroup = cohort.filters.clone();
    for filter in filters.filters_mut() {
        // Flags say of cohorts only that somebody is in them.
        filter.operator = match (filter.property_type, filter.operator) {
            (PropertyType::Person, Operator::In) => Operator::Exact,
            (PropertyType::Person, Operator::NotIn) => Operator::IsNot,
            (_, operator) => operator,
        };
    }
    serde_json::from_value(serde_json::to_value(filters).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use hedgerow_testkit::FakeDefinitions;
    use serde_json::json;

    use super::*;
    use crate::evaluation::{FlagValue, Subject};
    use crate::flag::Flag;
    use crate::matching::Known;

    #[tokio::test]
    async fn flags_follow_cohorts_by_conditions_by_lists_and_by_other_cohorts() {
        let stored = Arc::new(FakeDefinitions::default());
        stored.define_cohort(
            "Paying",
            json!({"filters": [{"type": "person", "key": "plan", "value": ["pro"], "operator": "in"}]}),
        );
        stored.define_cohort("Testers", json!({"persons": ["ann", "bob"]}));
        let not = |name: &str| json!({"type": "cohort", "key": "id", "value": name, "operator": "not_in"});
        stored.define_cohort("Rest", json!({"filters": [not("Paying"), not("Testers")]}));
        let flag = |cohort: &str| -> Flag {
            let property = json!({"type": "cohort", "key": "id", "value": cohort, "operator": "in"});
            let groups = json!([{"properties": [property], "rollout_percentage": 100}]);
            serde_json::from_value(json!({"active": true, "filters": {"groups": groups}})).unwrap()
        };
        let now: DateTime<Utc> = "2026-05-20T12:00:00Z".parse().unwrap();
        let cases = [
            ("ann", "free", [false, true, false]),
            ("cid", "pro", [true, false, false]),
            ("cid", "free", [false, false, true]),
        ];
        for (id, plan, expected) in cases {
            let mut definitions = Definitions::default();
            for cohort in ["Paying", "Testers", "Rest", "Gone"] {
                definitions.flags.insert(cohort.to_owned(), flag(cohort));
            }
            let project = "site".parse().unwrap();
            let ids = [id.to_owned()];
            add_cohorts(&mut definitions, stored.as_ref(), &project, &ids)
                .await
                .unwrap();
            let subject = Subject {
                distinct_id: id.to_owned(),
                properties: serde_json::from_value(json!({ "plan": plan })).unwrap(),
                ..Subject::default()
            };
            let of = |name: &str| definitions.evaluate(name, &subject, Known::All, now);
            for (name, expected) in ["Paying", "Testers", "Rest"].iter().zip(expected) {
                assert_eq!(
                    of(name).unwrap().value,
                    FlagValue::Switch(expected),
                    "{name} {id} {plan}"
                );
            }
            assert!(of("Gone").is_err());
        }
    }
}
