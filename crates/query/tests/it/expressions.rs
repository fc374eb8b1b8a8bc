//! Conditions in SQL within typed queries: against a model with the logic of three truths, and against what statements
//! count with joins.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{
    ActorsQuery, EventRecord, EventsQuery, FunnelsQuery, LifecycleQuery, PathsQuery, Progress, PropertyFilter,
    PropertyType, PropertyValue, QueryEngine, RetentionQuery, SqlQuery, StickinessQuery, TrendsQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine, engine_of, events, project, runner};
use crate::oracle::{self, all_of, matches, property};

/// An expression with its value for an event: true, false or unknown.
#[derive(Clone)]
struct Condition {
    text: String,
    holds: std::sync::Arc<dyn Fn(&EventRecord) -> Option<bool> + Send + Sync>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn condition(
    text: impl Into<String>,
    holds: impl Fn(&EventRecord) -> Option<bool> + Send + Sync + 'static,
) -> Condition {
    Condition {
        text: text.into(),
        holds: std::sync::Arc::new(holds),
    }
}

pub(crate) fn whole(event: &EventRecord, key: &str) -> Option<i64> {
    property(event, key)?.as_i64()
}

pub(crate) fn text(event: &EventRecord, key: &str) -> Option<String> {
    property(event, key)?.as_str().map(str::to_owned)
}

fn conditions() -> impl Strategy<Value = Condition> {
    let atom = prop_oneof![
        (150..550i64).prop_map(|n| condition(format!("properties.status > {n}"), move |event| {
            whole(event, "status").map(|status| status > n)
        })),
        (0..9u32).prop_map(
            |n| condition(format!("properties.$pathname = '/Page/{n}'"), move |event| {
                text(event, "$pathname").map(|path| path == format!("/Page/{n}"))
            })
        ),
        (0..9u32).prop_map(|n| condition(
            format!("properties.$pathname not in ('/Page/{n}', '/Page/2')"),
            move |event| { text(event, "$pathname").map(|path| path != format!("/Page/{n}") && path != "/Page/2") }
        )),
        Just(condition("properties.$pathname ilike '%page/3'", |event| {
            text(event, "$pathname").map(|path| path.to_lowercase().ends_with("page/3"))
        })),
        Just(condition("properties.$is_bot", |event| property(event, "$is_bot")
            .map(|bot| bot == json!(true)))),
        Just(condition("events.event = 'sign up'", |event| Some(
            event.event == "sign up"
        ))),
        Just(condition("length(distinct_id) = 9", |event| Some(
            event.distinct_id.len() == 9
        ))),
        Just(condition("properties.ratio is not null", |event| Some(
            property(event, "ratio").is_some()
        ))),
        (0..12i64).prop_map(
            |n| condition(format!("toFloat(properties.ratio) * 2 >= {n}"), move |event| {
                property(event, "ratio")
                    .and_then(|ratio| ratio.as_f64())
                    .map(|ratio| ratio * 2.0 >= n as f64)
            })
        ),
        Just(condition("timestamp < toDateTime('2015-05-02 00:00:00')", |event| {
            Some(event.timestamp < "2015-05-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap())
        })),
        Just(condition("timestamp >= now() - interval 18 day", |event| {
            Some(event.timestamp >= clock().now() - Duration::days(18))
        })),
        Just(condition("$session_id is null", |event| Some(
            event.session_id.is_none()
        ))),
    ];
    atom.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| {
                let text = format!("({} and {})", one.text, other.text);
                condition(text, move |event| match ((one.holds)(event), (other.holds)(event)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                })
            }),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| {
                let text = format!("({} or {})", one.text, other.text);
                condition(text, move |event| match ((one.holds)(event), (other.holds)(event)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                })
            }),
            inner.prop_map(|one| {
                let text = format!("not ({})", one.text);
                condition(text, move |event| (one.holds)(event).map(|holds| !holds))
            }),
        ]
    })
}

pub(crate) async fn trends(engine: &Engine, query: &Value) -> Value {
    let query: TrendsQuery = serde_json::from_value(query.clone()).unwrap();
    let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
    json!(answer.unwrap_or_else(|error| panic!("{}: {}", json!(query), error.chain())))
}

#[test]
fn conditions_in_sql_agree_with_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    let all = events();
    let queries = (
        prop::collection::vec(conditions(), 1..3),
        oracle::group(),
        prop_oneof![Just("AND"), Just("OR")],
        conditions(),
        any::<bool>(),
    );
    let run = runner(71).run(&queries, |(own, group, group_type, of_series, unique)| {
        let hogql = |condition: &Condition| json!({"type": "hogql", "key": condition.text});
        let mut values: Vec<Value> = own.iter().map(hogql).collect();
        values.push(group);
        let query = json!({
            "series": [{"math": if unique { "dau" } else { "total" }, "properties": [hogql(&of_series)]}],
            "properties": {"type": group_type, "values": values}, "dateRange": {"date_from": "all"},
            "trendsFilter": {"display": "BoldNumber"},
        });
        let known: BTreeMap<&str, &Condition> = own
            .iter()
            .chain([&of_series])
            .map(|one| (one.text.as_str(), one))
            .collect();
        let typed: TrendsQuery = serde_json::from_value(query.clone()).unwrap();
        let holds = |event: &EventRecord, filter: &PropertyFilter| match filter.property_type {
            PropertyType::Hogql => (known[filter.key.as_str()].holds)(event) == Some(true),
            _ => matches(property(event, &filter.key), filter),
        };
        let fitting = all.iter().filter(|event| {
            all_of(&typed.properties, &|filter| holds(event, filter))
                && all_of(&typed.series[0].properties, &|filter| holds(event, filter))
        });
        let wanted = if unique {
            fitting.map(|event| &event.distinct_id).collect::<BTreeSet<_>>().len()
        } else {
            fitting.count()
        };
        let answer = runtime.block_on(trends(&engine, &query));
        prop_assert_eq!(&answer["results"][0]["aggregated_value"], &json!(wanted));
        Ok(())
    });
    run.unwrap();
}

/// Events of persons with properties, of groups that were told something, and in sessions.
pub(crate) fn connected() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-05-01T03:00:00Z".parse().unwrap();
    let make = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let visitor = noise % 19;
        let mut event = EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: ["$pageview", "order"][(noise % 2) as usize].to_owned(),
            timestamp: start + Duration::seconds((n * 1999) as i64),
            distinct_id: format!("visitor {visitor}"),
            session_id: (!noise.is_multiple_of(5)).then(|| format!("session {visitor} {}", n / 100)),
            properties: Vec::new(),
        };
        let mut set = |key: &'static str, value: PropertyValue| event.properties.push((key.into(), value));
        set("amount", PropertyValue::Integer((noise % 40) as i64));
        set("$pathname", PropertyValue::Text(format!("/{}", noise % 5)));
        if visitor.is_multiple_of(6) {
            set("$process_person_profile", PropertyValue::Boolean(false));
        } else if noise.is_multiple_of(3) {
            let plan = ["free", "pro"][(visitor % 2) as usize];
            set(
                "$set",
                PropertyValue::Json(json!({"plan": plan, "seats": visitor}).to_string()),
            );
        }
        if noise.is_multiple_of(7) {
            set("$group_type", PropertyValue::Text("company".to_owned()));
            set("$group_key", PropertyValue::Text(format!("company {}", noise % 6)));
            set(
                "$group_set",
                PropertyValue::Json(json!({"tier": noise % 3}).to_string()),
            );
            event.event = "$groupidentify".to_owned();
        } else if noise % 3 != 1 {
            let company = format!("company {}", noise % 8);
            set("$groups", PropertyValue::Json(json!({"company": company}).to_string()));
        }
        event
    };
    (0..500).map(make).collect()
}

pub(crate) fn visitor_of(event: &EventRecord) -> u64 {
    event.distinct_id.trim_start_matches("visitor ").parse().unwrap()
}

pub(crate) async fn rows(engine: &Engine, query: &str) -> Vec<Vec<Value>> {
    let query = SqlQuery {
        query: query.to_owned(),
        limit: Some(5_000),
        ..SqlQuery::default()
    };
    let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await;
    answer
        .unwrap_or_else(|error| panic!("{}: {}", query.query, error.chain()))
        .rows
}

#[tokio::test]
async fn what_an_expression_looks_up_is_what_a_statement_joins() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let cases = [
        "person.properties.plan = 'pro'",
        "person.properties.plan is null",
        "not (person.properties.plan = 'pro')",
        "person.properties.seats > properties.amount",
        "person.properties.plan = 'free' or properties.amount < 9",
        "person.created_at < '2015-05-02T00:00:00Z'",
        "person.is_identified is null",
        "person_id = (properties.amount > 100 ? '' : person_id)",
        "person_id is not null and person.id is not null",
        "startsWith(toString(person_id), '1')",
        "session.$pageview_count >= 2",
        "session.$session_duration > 30000 and session.$is_bounce = false",
        "session.$entry_pathname = properties.$pathname",
        "session.$start_timestamp = timestamp",
        "session.$event_count is null",
        "group_0.properties.tier = 1",
        "group_0.properties.tier is null and $group_0 is not null",
        "group_0.key = 'company 3' or group_0.properties.tier + person.properties.seats > 9",
        "$group_0 is null",
        "coalesce(person.properties.plan, session.$entry_pathname, 'none') in ('pro', '/3', 'none')",
        "matchesAction('none') or true",
    ];
    for case in &cases[..cases.len() - 1] {
        let query = json!({
            "series": [{}], "properties": [{"type": "hogql", "key": case}], "dateRange": {"date_from": "all"},
            "trendsFilter": {"display": "BoldNumber"},
        });
        let answer = trends(&engine, &query).await;
        let wanted = &rows(&engine, &format!("SELECT count() FROM events WHERE {case}")).await[0][0];
        assert_eq!(&answer["results"][0]["aggregated_value"], wanted, "{case}");
        assert_eq!(answer["provenance"]["filters"], json!([format!("SQL: {case}")]));
        let definitions = answer["provenance"]["definitions"].to_string();
        for (word, said) in [
            ("person", "persons: as"),
            ("session.", "sessions: by"),
            ("group_0.prop", "groups: as"),
        ] {
            assert_eq!(case.contains(word), definitions.contains(said), "{case}: {definitions}");
        }
    }
    // What holds of some and not of all, so that the cases tell something.
    let some = cases
        .iter()
        .take(cases.len() - 1)
        .filter(|case| !case.starts_with("person_id"));
    let mut telling = 0;
    for case in some {
        let count = rows(&engine, &format!("SELECT count() FROM events WHERE {case}")).await[0][0].clone();
        telling += usize::from(count != json!(0) && count != json!(500));
    }
    assert!(telling >= 15, "{telling}");
}

#[tokio::test]
async fn every_kind_of_query_takes_conditions_in_sql() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let in_sql =
        json!([{"type": "hogql", "key": "properties.amount < 20 and person.properties.plan = 'pro'", "value": null}]);
    let typed = json!([
        {"key": "amount", "operator": "lt", "value": 20}, {"type": "person", "key": "plan", "value": "pro"}
    ]);
    let all = json!({"date_from": "2015-05-01", "date_to": "2015-05-12"});
    let nodes = json!([{"event": "$pageview"}, {"event": "order"}]);
    let clock = clock();
    let (project, ignore) = (project(), Progress::ignore());
    macro_rules! same {
        ($kind:ident, $method:ident, $query:expr) => {{
            let mut answers = Vec::new();
            for properties in [&json!([]), &in_sql, &typed] {
                let mut query: Value = $query;
                query["properties"] = properties.clone();
                query["kind"] = json!(stringify!($kind));
                let query: $kind = serde_json::from_value(query).unwrap();
                let answer = engine.$method(&project, &query, &clock, &ignore).await;
                let answer = answer.unwrap_or_else(|error| panic!("{}: {}", json!(query), error.chain()));
                answers.push(json!(answer)["results"].clone());
            }
            assert_eq!(answers[1], answers[2], stringify!($kind));
            assert_ne!(answers[0], answers[1], stringify!($kind));
        }};
    }
    same!(TrendsQuery, trends, json!({"series": nodes, "dateRange": all}));
    same!(FunnelsQuery, funnels, json!({"series": nodes, "dateRange": all}));
    same!(
        RetentionQuery,
        retention,
        json!({"dateRange": all, "retentionFilter": {
        "targetEntity": {"id": "$pageview"}, "returningEntity": {"id": "order"}, "period": "Day", "totalIntervals": 8}})
    );
    same!(
        LifecycleQuery,
        lifecycle,
        json!({"series": [{"event": "order"}], "dateRange": all})
    );
    same!(
        StickinessQuery,
        stickiness,
        json!({"series": [{"event": "order"}], "dateRange": all})
    );
    same!(EventsQuery, events, json!({"limit": 50}));
    let persons = |properties: &Value| {
        json!({"kind": "ActorsQuery", "source": {"kind": "TrendsQuery", "series": [{"event": "order", "properties": properties}],
            "dateRange": all, "trendsFilter": {"display": "BoldNumber"}}, "cell": {}})
    };
    let mut answers = Vec::new();
    for properties in [&in_sql, &typed] {
        let query: ActorsQuery = serde_json::from_value(persons(properties)).unwrap();
        let answer = engine.actors(&project, &query, &clock, &ignore).await;
        answers.push(json!(answer.unwrap_or_else(|error| panic!("{}", error.chain())))["results"].clone());
    }
    assert!(answers[0].as_array().is_some_and(|persons| persons.len() > 1));
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn paths_take_conditions_in_sql() {
    let folder = tempfile::tempdir().unwrap();
    let engine = crate::paths::engine(folder.path()).await;
    let mut answers = Vec::new();
    for properties in [
        json!([]),
        json!([{"type": "hogql", "key": "endsWith(distinct_id, '1')"}]),
        json!([{"type": "event_field", "key": "distinct_id", "operator": "regex", "value": "1$"}]),
    ] {
        let query = json!({"kind": "PathsQuery", "dateRange": {"date_from": "all"}, "properties": properties});
        let query: PathsQuery = serde_json::from_value(query).unwrap();
        let answer = engine.paths(&project(), &query, &clock(), &Progress::ignore()).await;
        answers.push(json!(answer.unwrap_or_else(|error| panic!("{}", error.chain())))["results"].clone());
    }
    assert_eq!(answers[1], answers[2]);
    assert_ne!(answers[0], answers[1]);
}

/// Texts of errors with their hints.
async fn refusal(engine: &Engine, query: Value) -> String {
    let query: TrendsQuery = serde_json::from_value(query).unwrap();
    let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
    match answer {
        Ok(answer) => format!("answered: {}", json!(answer.results)),
        Err(error) => format!("{} ({})", error.message(), error.hint().unwrap_or_default()),
    }
}

/// Filters that mean nothing, with what is said of them.
const REFUSED: [(&str, &str); 24] = [
    (
        "properties.amuont > 1",
        "unknown property \"amuont\" at line 1, column 12 (did you mean amount",
    ),
    ("amount >\n amuont", "unknown column \"amuont\" at line 2, column 2"),
    ("person.properties.plam = 'x'", "did you mean plan"),
    ("group_0.properties.tear = 1", "unknown property of groups \"tear\""),
    ("group_3.properties.tier = 1", "unknown type of groups \"group_3\""),
    ("session.$durashun > 1", "unknown field of sessions"),
    ("lenght(event) > 1", "did you mean length"),
    (
        "amount > 1, amount < 3",
        "the expression ends before \",\" at line 1, column 11",
    ),
    ("select 1", "one expression"),
    ("amount > ", "does not parse"),
    (
        "distinct_id in (select distinct_id from persons)",
        "a subquery (SELECT) is not possible",
    ),
    ("exists (select 1)", "a subquery (SELECT) is not possible"),
    (
        "count() > 1",
        "the aggregate count stands in an expression on single events",
    ),
    ("row_number() over (order by timestamp) = 1", "window function"),
    (
        "arrayExists(x -> x = 1, [amount])",
        "a lambda (->) is not possible in an expression of a typed query: line 1, column 15",
    ),
    ("arrayJoin([1, 2]) = 1", "arrayJoin"),
    ("amount = {variables.x}", "unknown"),
    ("amount = $1", "has no parameters"),
    ("{filters}", "no parameters"),
    ("properties.amount", "gives a number, and a condition is true or false"),
    ("event", "gives a text, and a condition is true or false"),
    ("null", "gives null"),
    ("", "does not parse"),
    ("amount > 'x'", "filter"),
];

#[tokio::test]
async fn expressions_without_meaning_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let mut others = Vec::new();
    for (key, wanted) in REFUSED {
        let query =
            json!({"series": [{"properties": [{"type": "hogql", "key": key}]}], "dateRange": {"date_from": "all"}});
        let found = refusal(&engine, query).await;
        if !found.contains(wanted) {
            others.push(format!("{key}: {found}"));
        }
    }
    let with_value = json!({"type": "hogql", "key": "amount > 1", "value": 3});
    let found = refusal(&engine, json!({"series": [{"properties": [with_value]}]})).await;
    assert!(found.contains("leave operator and value out"), "{found}");
    let maths = [
        (json!({"math": "hogql"}), "needs a math_hogql"),
        (
            json!({"math": "total", "math_hogql": "count()"}),
            "math_hogql has no meaning for the math total",
        ),
        (
            json!({"math": "dau", "math_group_type_index": 0}),
            "math_group_type_index has no meaning for the math dau",
        ),
        (
            json!({"math": "unique_group"}),
            "give math_group_type_index: one of 0 (company)",
        ),
        (
            json!({"math": "unique_group", "math_group_type_index": 4}),
            "there are 0 (company)",
        ),
        (
            json!({"math": "hogql", "math_hogql": "sum(properties.amuont)"}),
            "did you mean amount",
        ),
        (
            json!({"math": "hogql", "math_hogql": "properties.amount"}),
            "has no aggregate",
        ),
        (
            json!({"math": "hogql", "math_hogql": "sum(amount) + amount"}),
            "has \"amount\" outside of an aggregate",
        ),
        (
            json!({"math": "hogql", "math_hogql": "any(event)"}),
            "gives a text, and a series has numbers",
        ),
        (
            json!({"math": "hogql", "math_hogql": "count() > 1"}),
            "gives true or false",
        ),
        (
            json!({"math": "hogql", "math_hogql": "sum(count())"}),
            "within another aggregate",
        ),
        (
            json!({"math": "hogql", "math_hogql": "sum(amount) over ()"}),
            "window function",
        ),
        (
            json!({"math": "hogql", "math_hogql": "(select count() from events)"}),
            "a subquery",
        ),
    ];
    for (node, wanted) in maths {
        let found = refusal(&engine, json!({"series": [node], "dateRange": {"date_from": "all"}})).await;
        if !found.contains(wanted) {
            others.push(format!("{node}: {found}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    let cumulative = json!({"series": [{"math": "hogql", "math_hogql": "count()"}],
        "trendsFilter": {"display": "ActionsLineGraphCumulative"}});
    assert!(refusal(&engine, cumulative).await.contains("no running total"));
    let query = json!({"kind": "ActorsQuery", "source": {"kind": "TrendsQuery", "series": [{"math": "hogql", "math_hogql": "count()"}],
        "trendsFilter": {"display": "BoldNumber"}}, "cell": {}});
    let query: ActorsQuery = serde_json::from_value(query).unwrap();
    let error = engine
        .actors(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap_err();
    assert!(error.message().contains("counts nobody"), "{}", error.message());
}
