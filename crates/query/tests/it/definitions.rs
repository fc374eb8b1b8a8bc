//! Actions and cohorts in queries, against the model that reads events and persons row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hedgerow_data_api::{
    ActionDefinition, CohortDefinition, Definitions as _, EventSink, FilterGroup, Operator, Progress, PropertyFilter,
    PropertyType, QueryEngine, SqlQuery, TrendsQuery,
};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::events::{clock, project};
use crate::oracle::all_of;
use crate::persons::{self, Model, Row, count, group, lake, total};

/// What is defined in one case, with what the model makes of it.
struct Case<'a> {
    model: &'a Model,
    /// Person keys by distinct id.
    ids: &'a BTreeMap<String, i64>,
    cohorts: BTreeMap<&'static str, CohortDefinition>,
}

impl Case<'_> {
    fn is_in(&self, name: &str, person: i64) -> bool {
        let cohort = &self.cohorts[name];
        if !cohort.persons.is_empty() {
            return cohort.persons.iter().any(|id| self.ids.get(id) == Some(&person));
        }
        self.model.persons.contains_key(&person)
            && all_of(&cohort.filters, &|filter| match filter.property_type {
                PropertyType::Cohort => self.cohort(filter, person),
                _ => self.model.of_person(person, filter),
            })
    }

    fn cohort(&self, filter: &PropertyFilter, person: i64) -> bool {
        let name = filter.value.as_ref().and_then(Value::as_str).unwrap();
        self.is_in(name, person) != (filter.operator == Operator::NotIn)
    }

    fn holds(&self, row: &Row, group: &FilterGroup) -> bool {
        all_of(group, &|filter| match filter.property_type {
            PropertyType::Cohort => self.cohort(filter, row.person_key),
            _ => self.model.condition(row, filter),
        })
    }

    fn fits(&self, row: &Row, action: &ActionDefinition) -> bool {
        let mut steps = action.steps.iter();
        steps.any(|step| {
            step.event.as_ref().is_none_or(|event| *event == row.event) && self.holds(row, &step.properties)
        })
    }
}

fn cohort_filter() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(vec!["conditions", "listed", "nested"]),
        any::<bool>(),
    )
        .prop_map(|(name, inside)| {
            let operator = if inside { "in" } else { "not_in" };
            json!({"type": "cohort", "key": "id", "value": name, "operator": operator})
        })
}

/// Groups of conditions on persons alone.
fn of_persons() -> impl Strategy<Value = Value> {
    persons::person_filter().prop_recursive(2, 5, 3, |inner| {
        (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(inner, 1..3))
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    })
}

fn mixed() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![cohort_filter(), group()];
    (prop_oneof![Just("AND"), Just("OR")], prop::collection::vec(leaf, 1..3))
        .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
}

fn step() -> impl Strategy<Value = Value> {
    let event = prop_oneof![Just("$pageview"), Just("order"), Just("$identify")];
    (event, any::<bool>(), prop::collection::vec(mixed(), 0..2)).prop_map(|(event, named, groups)| {
        let mut step = json!({});
        if named || groups.is_empty() {
            step["event"] = json!(event);
        }
        if !groups.is_empty() {
            step["properties"] = json!(groups);
        }
        step
    })
}

#[test]
fn actions_and_cohorts_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(runtime.block_on(lake(folder.path()))).unwrap();
    let engine = engine.with_definitions(defined.clone());
    let model = runtime.block_on(Model::read(&engine));
    let query = SqlQuery {
        query: "SELECT distinct_id, person_key FROM person_distinct_ids".to_owned(),
        ..SqlQuery::default()
    };
    let rows = runtime
        .block_on(engine.sql(&project(), &query, &clock(), &Progress::ignore()))
        .unwrap()
        .rows;
    let ids: BTreeMap<String, i64> = rows
        .iter()
        .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_i64().unwrap()))
        .collect();
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[13; 32]));
    let cases = (
        of_persons(),
        prop::collection::btree_set(0..34u32, 1..8),
        (
            of_persons(),
            cohort_filter().prop_filter("no cycle", |filter| filter["value"] != "nested"),
        ),
        prop::collection::vec(step(), 1..4),
        prop::collection::vec(mixed(), 0..2),
        any::<bool>(),
    );
    runner
        .run(&cases, |(conditions, listed, (own, other), steps, groups, unique)| {
            let listed: Vec<String> = listed.into_iter().map(|n| format!("visitor {n}")).collect();
            let bodies = [
                ("conditions", json!({"filters": [conditions]})),
                ("listed", json!({"persons": listed})),
                ("nested", json!({"filters": {"type": "OR", "values": [own, other]}})),
            ];
            let mut cohorts = BTreeMap::new();
            for (name, body) in bodies {
                defined.define_cohort(name, body.clone());
                cohorts.insert(name, serde_json::from_value(body).unwrap());
            }
            let case = Case {
                model: &model,
                ids: &ids,
                cohorts,
            };
            let action = json!({"steps": steps});
            defined.define_action("happens", action.clone());
            let action: ActionDefinition = serde_json::from_value(action).unwrap();

            let math = if unique { "dau" } else { "total" };
            let query = total(
                json!({"kind": "ActionsNode", "name": "happens", "math": math}),
                json!(groups),
            );
            let found = model
                .events
                .iter()
                .filter(|row| case.fits(row, &action) && case.holds(row, &query.properties));
            let expected = if unique {
                found.map(|row| row.person_key).collect::<BTreeSet<_>>().len()
            } else {
                found.count()
            };
            assert_eq!(
                runtime.block_on(count(&engine, &query)),
                expected as u64,
                "{action:?} {}",
                json!(query)
            );

            // The size of a cohort is that of the query.
            for (name, cohort) in &case.cohorts {
                let members = runtime
                    .block_on(engine.cohort(&project(), cohort, 2, &clock()))
                    .unwrap();
                let expected = model.persons.keys().filter(|person| case.is_in(name, **person)).count();
                assert_eq!(members.persons, expected as u64, "{cohort:?}");
                assert_eq!(members.first.len(), expected.min(2));
                let missing = cohort.persons.iter().filter(|id| !ids.contains_key(*id)).count();
                assert_eq!(members.ids_without_person, missing as u64);
            }
            Ok(())
        })
        .unwrap();
}

async fn answer(engine: &Engine, query: &TrendsQuery) -> Result<hedgerow_data_api::TrendsResponse, String> {
    let answer = engine.trends(&project(), query, &clock(), &Progress::ignore()).await;
    answer.map_err(|error| format!("{} | {}", error.message(), error.hint().unwrap_or_default()))
}

fn by_cohort(value: &str, operator: &str) -> Value {
    json!([{"type": "cohort", "key": "id", "value": value, "operator": operator}])
}

#[tokio::test]
async fn results_say_which_definitions_they_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let lake = lake(folder.path()).await;
    let engine = Engine::new(Arc::clone(&lake))
        .unwrap()
        .with_definitions(defined.clone());
    let id = defined.define_action(
        "Not found",
        json!({"steps": [{"event": "order"}, {"properties": [{"key": "status", "value": 404}]}]}),
    );
    let cohort = defined.define_cohort("Some", json!({"persons": ["visitor 1", "visitor 5", "nobody"]}));
    let series = json!({"kind": "ActionsNode", "id": id.to_string()});
    let query = total(series.clone(), by_cohort(&cohort.to_string(), "in"));
    let response = answer(&engine, &query).await.unwrap();
    let action = &response.results[0].action;
    assert_eq!(
        (action.id.as_deref(), action.action_type.as_str(), action.name.as_str()),
        (Some(id.to_string().as_str()), "actions", "Not found")
    );
    assert_eq!(response.provenance.filters, [r#"cohort is "Some""#]);
    let now = "persons: as they are at the time of the query, not as they were when the event happened";
    let definitions = [
        r#"action "Not found" (version 1)"#,
        r#"cohort "Some" (version 1): 1 person"#,
        now,
    ];
    assert_eq!(response.provenance.definitions, definitions);
    let warned: Vec<&str> = response
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    let without = r#"2 of the 3 distinct ids that the cohort "Some" lists belong to no person, and count nothing"#;
    assert!(warned.contains(&without), "{warned:?}");

    // A renamed cohort is still the one that the id means; a deleted one is refused.
    let before = count(&engine, &query).await;
    assert!(before > 0);
    defined.rename_cohort("Some", "A few");
    let response = answer(&engine, &query).await.unwrap();
    assert_eq!(response.results[0].aggregated_value, Some(before.into()));
    assert_eq!(
        response.provenance.definitions[1],
        r#"cohort "A few" (version 2): 1 person"#
    );
    let inside = count(&engine, &total(json!({}), by_cohort("A few", "in"))).await;
    let outside = count(&engine, &total(json!({}), by_cohort("A few", "not_in"))).await;
    assert_eq!(inside + outside, 400);
    defined.delete_cohort("A few");
    let error = answer(&engine, &query).await.unwrap_err();
    assert!(error.starts_with("unknown cohort"), "{error}");

    // Who is in the cohort is said of the moment of the query.
    defined.define_cohort(
        "Pro",
        json!({"filters": [{"type": "person", "key": "plan", "value": "pro"}]}),
    );
    let mut query = total(series, by_cohort("Pro", "in"));
    query.date_range.date_from = Some("2015-05-11".to_owned());
    query.date_range.date_to = Some("2015-05-15".to_owned());
    let one = answer(&engine, &query).await.unwrap().provenance;
    let set = hedgerow_data_api::PropertyValue::Json(r#"{"plan": "pro"}"#.to_owned());
    let event = persons::event(400, "order", "visitor 5".to_owned(), vec![("$set", set)]);
    lake.append(&project(), vec![event].into()).await.unwrap();
    let other = answer(&engine, &query).await.unwrap().provenance;
    assert_ne!(one.definitions, other.definitions);
}

#[tokio::test]
async fn what_is_not_defined_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(lake(folder.path()).await)
        .unwrap()
        .with_definitions(defined.clone());
    defined.define_action("Checkout", json!({"steps": [{"event": "order"}]}));
    defined.define_action("Gone", json!({"steps": [{"event": "ordered"}]}));
    defined.define_action("Nothing", json!({"steps": []}));
    defined.define_cohort("One", json!({"filters": by_cohort("Other", "in")}));
    defined.define_cohort("Other", json!({"filters": by_cohort("One", "not_in")}));
    defined.define_cohort(
        "Typo",
        json!({"filters": [{"type": "person", "key": "plna", "value": "pro"}]}),
    );
    defined.define_cohort(
        "Later",
        json!({"filters": [{"type": "person", "key": "plan", "value": "platinum"}]}),
    );
    let series = |series: Value| total(series, json!([]));
    let form = r#"{"kind": "ActionsNode", "name": "..."}, or {"event": "..."}; a label goes into custom_name"#;
    let cohort = |value: &str| total(json!({}), by_cohort(value, "in"));
    let written = r#"write {"type": "cohort", "key": "id", "value": "the cohort's name", "operator": "in"}"#;
    let cases = [
        (
            series(json!({"kind": "ActionsNode", "name": "Chekout"})),
            "unknown action \"Chekout\" | did you mean Checkout?".to_owned(),
        ),
        (
            series(json!({"kind": "ActionsNode", "event": "order"})),
            format!("an ActionsNode takes id or name, not event | {form}"),
        ),
        (
            series(json!({"kind": "ActionsNode"})),
            format!("an ActionsNode names no action: give its id or name | {form}"),
        ),
        (
            series(json!({"name": "Checkout"})),
            format!("id and name are those of an ActionsNode; an EventsNode takes event | {form}"),
        ),
        (
            series(json!({"kind": "ActionsNode", "name": "Gone"})),
            "action \"Gone\": unknown event \"ordered\" | did you mean order?".to_owned(),
        ),
        (
            series(json!({"kind": "ActionsNode", "name": "Nothing"})),
            "action \"Nothing\": it has no steps | ".to_owned(),
        ),
        (cohort("Lter"), "unknown cohort \"Lter\" | did you mean Later, Other?".to_owned()),
        (
            cohort("One"),
            "a cohort rests on itself: \"One\", which rests on \"Other\", which rests on \"One\" | take the condition on a cohort out of one of them".to_owned(),
        ),
        (
            cohort("Typo"),
            "cohort \"Typo\": unknown property of persons \"plna\" | did you mean plan?".to_owned(),
        ),
        (
            total(json!({}), json!([{"type": "cohort", "key": "id", "value": 3}])),
            format!("a filter of type cohort takes one cohort, as text | {written}"),
        ),
        (
            total(json!({}), json!([{"type": "cohort", "key": "name", "value": "One"}])),
            format!("a filter of type cohort has the key id, not \"name\" | {written}"),
        ),
        (
            total(json!({}), by_cohort("Later", "icontains")),
            "a filter of type cohort has the operator in or not_in, not icontains | ".to_owned(),
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(answer(&engine, &query).await.unwrap_err(), expected, "{}", json!(query));
    }
    // A value that no person has any more is no mistake of whoever uses the cohort.
    assert_eq!(count(&engine, &cohort("Later")).await, 0);
    let later = defined.cohort(&project(), "Later").await.unwrap();
    let error = engine.cohort(&project(), &later.body, 0, &clock()).await.unwrap_err();
    assert_eq!(error.message(), "unknown value of plan of persons \"platinum\"");
}
