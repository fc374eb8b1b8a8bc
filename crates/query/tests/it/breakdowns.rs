//! What splits trends beside properties of events and persons: each line counts what a filter on its value does.

use std::collections::BTreeSet;
use std::sync::Arc;

use hedgerow_data_api::{
    ActorsQuery, BREAKDOWN_NONE, BREAKDOWN_OTHER, FunnelsQuery, Progress, QueryEngine, RetentionQuery, RetentionRow,
    TrendsQuery,
};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use serde_json::{Value, json};

use crate::events::{clock, engine_of, project};
use crate::expressions::{connected, rows, trends};

async fn number(engine: &Engine, query: &Value) -> Value {
    trends(engine, query).await["results"][0]["aggregated_value"].clone()
}

fn split(math: &Value, breakdown: Value) -> Value {
    let mut node = math.clone();
    node["event"] = json!("order");
    json!({
        "series": [node], "dateRange": {"date_from": "all"}, "trendsFilter": {"display": "BoldNumber"},
        "breakdownFilter": breakdown,
    })
}

#[tokio::test]
async fn lines_of_groups_sessions_and_expressions_count_what_filters_do() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let group = json!({"type": "group", "key": "tier", "group_type_index": 0});
    let cases = [
        (
            json!({"breakdown": "tier", "breakdown_type": "group", "breakdown_group_type_index": 0}),
            Some(group),
        ),
        (
            json!({"breakdowns": [{"property": "tier", "type": "group", "group_type_index": 0}]}),
            None,
        ),
        (
            json!({"breakdown": "$entry_pathname", "breakdown_type": "session"}),
            Some(json!({"type": "session", "key": "$entry_pathname"})),
        ),
        (
            json!({"breakdown": "$event_count", "breakdown_type": "session"}),
            Some(json!({"type": "session", "key": "$event_count"})),
        ),
        (
            json!({"breakdown": "$is_bounce", "breakdown_type": "session"}),
            Some(json!({"type": "session", "key": "$is_bounce"})),
        ),
        (
            json!({"breakdown": "upper(person.properties.plan)", "breakdown_type": "hogql"}),
            None,
        ),
        (
            json!({"breakdown": "properties.amount % 3 = 0", "breakdown_type": "hogql"}),
            None,
        ),
        (
            json!({"breakdown": "properties.amount % 4", "breakdown_type": "hogql"}),
            None,
        ),
    ];
    for (breakdown, filter) in cases {
        for math in [json!({}), json!({"math": "dau"})] {
            let mut whole = breakdown.clone();
            whole["breakdown_limit"] = json!(1000);
            let query = split(&math, whole);
            let results = trends(&engine, &query).await["results"].clone();
            let results = results.as_array().unwrap();
            assert!(results.len() > 1, "{breakdown}: {results:?}");
            for series in results {
                let value = &series["breakdown_value"];
                let condition = match (&filter, breakdown["breakdown"].as_str()) {
                    (Some(filter), _) => {
                        let mut filter = filter.clone();
                        if *value == json!(BREAKDOWN_NONE) {
                            filter["operator"] = json!("is_not_set");
                        } else {
                            filter["value"] = value.clone();
                        }
                        filter
                    }
                    (None, text) => {
                        let text = text.unwrap_or("group_0.properties.tier");
                        let key = match value {
                            Value::String(none) if none == BREAKDOWN_NONE => format!("({text}) is null"),
                            Value::String(one) => format!("({text}) = '{one}'"),
                            other => format!("({text}) = {other}"),
                        };
                        json!({"type": "hogql", "key": key})
                    }
                };
                let mut one = split(&math, Value::Null);
                one["properties"] = json!([condition]);
                assert_eq!(
                    series["aggregated_value"],
                    number(&engine, &one).await,
                    "{breakdown} {series}"
                );
            }
        }
    }
}

#[tokio::test]
async fn values_beyond_the_limit_and_bins_are_those_of_what_is_split() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let breakdown = json!({"breakdown": "properties.amount % 10", "breakdown_type": "hogql", "breakdown_limit": 3});
    let results = trends(&engine, &split(&json!({}), breakdown)).await["results"].clone();
    let all: u64 = results
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["aggregated_value"].as_u64().unwrap())
        .sum();
    assert_eq!(json!(all), number(&engine, &split(&json!({}), Value::Null)).await);
    assert_eq!(results[3]["breakdown_value"], json!(BREAKDOWN_OTHER));
    let bins = json!({
        "breakdown": "session.$session_duration", "breakdown_type": "hogql", "breakdown_histogram_bin_count": 4
    });
    let by_bin = trends(&engine, &split(&json!({}), bins)).await["results"].clone();
    let total: u64 = by_bin
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["aggregated_value"].as_u64().unwrap())
        .sum();
    assert_eq!(total, all);
    assert!(by_bin.as_array().unwrap().len() > 2, "{by_bin}");
    let both = json!({"breakdowns": [
        {"property": "$is_bounce", "type": "session"}, {"property": "person.properties.plan", "type": "hogql"}
    ]});
    let both = trends(&engine, &split(&json!({}), both)).await["results"].clone();
    let pairs = rows(
        &engine,
        "SELECT session.$is_bounce, person.properties.plan, count() FROM events WHERE event = 'order' GROUP BY 1, 2",
    )
    .await;
    assert_eq!(both.as_array().unwrap().len(), pairs.len());
    for line in both.as_array().unwrap() {
        let shown = |value: &Value| {
            if value.is_null() {
                json!(BREAKDOWN_NONE)
            } else {
                value.clone()
            }
        };
        let is_it = |row: &&Vec<Value>| json!([shown(&row[0]), shown(&row[1])]) == line["breakdown_value"];
        assert_eq!(
            pairs.iter().find(is_it).map(|row| &row[2]),
            Some(&line["aggregated_value"]),
            "{line}"
        );
    }
}

#[tokio::test]
async fn who_is_in_several_cohorts_counts_in_each_and_who_is_in_none_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let cohorts = [
        (
            "Paying",
            json!({"filters": [{"type": "person", "key": "plan", "value": "pro"}]}),
        ),
        (
            "Large",
            json!({"filters": [{"type": "person", "key": "seats", "operator": "gte", "value": 9}]}),
        ),
        ("Picked", json!({"persons": ["visitor 1", "visitor 2", "nobody"]})),
    ];
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let defined = FakeDefinitions::default();
    for (name, body) in cohorts {
        defined.define_cohort(name, body);
    }
    let engine = engine.with_definitions(Arc::new(defined));
    let all = json!({"breakdowns": [
        {"property": "Paying", "type": "cohort"}, {"property": "Large", "type": "cohort"},
        {"property": "Picked", "type": "cohort"},
    ]});
    let filter =
        |name: &str, operator: &str| json!({"type": "cohort", "key": "id", "value": name, "operator": operator});
    for math in [
        json!({}),
        json!({"math": "dau"}),
        json!({"math": "weekly_active"}),
        json!({"math": "avg_count_per_actor"}),
    ] {
        let answer = trends(&engine, &split(&math, all.clone())).await;
        let mut seen = BTreeSet::new();
        for series in answer["results"].as_array().unwrap() {
            let value = series["breakdown_value"].as_str().unwrap();
            let mut one = split(&math, Value::Null);
            one["properties"] = match value {
                BREAKDOWN_NONE => json!([
                    filter("Paying", "not_in"),
                    filter("Large", "not_in"),
                    filter("Picked", "not_in")
                ]),
                name => json!([filter(name, "in")]),
            };
            assert_eq!(
                series["aggregated_value"],
                number(&engine, &one).await,
                "{math} {series}"
            );
            seen.insert(value.to_owned());
        }
        assert_eq!(seen.len(), 4, "{seen:?}");
        let warnings = answer["warnings"].to_string();
        assert!(
            warnings.contains("cohorts_overlap") && warnings.contains("cohort_ids_without_person"),
            "{warnings}"
        );
        assert!(
            answer["provenance"]["definitions"]
                .to_string()
                .contains("cohort \\\"Paying\\\" (version")
        );
    }
    let one = json!({"breakdown": "Large", "breakdown_type": "cohort"});
    let mut source = split(&json!({"math": "dau"}), one);
    let lines = trends(&engine, &source).await["results"].clone();
    source["kind"] = json!("TrendsQuery");
    let query = json!({"kind": "ActorsQuery", "source": source, "cell": {"breakdown": "Large"}});
    let query: ActorsQuery = serde_json::from_value(query).unwrap();
    let persons = engine.actors(&project(), &query, &clock(), &Progress::ignore()).await;
    let persons = json!(persons.unwrap_or_else(|error| panic!("{}", error.chain())));
    let line = lines
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["breakdown_value"] == json!("Large"))
        .unwrap();
    assert_eq!(
        json!(persons["results"].as_array().unwrap().len()),
        line["aggregated_value"]
    );
}

/// The numbers of retention of pages that lead to orders, value by value.
async fn retained(engine: &Engine, more: Value) -> Vec<(Value, Value)> {
    let mut query = json!({
        "kind": "RetentionQuery", "dateRange": {"date_from": "all"},
        "retentionFilter": {"totalIntervals": 4, "returningEntity": {"id": "order"}},
    });
    for (key, value) in more.as_object().unwrap() {
        query[key] = value.clone();
    }
    let query: RetentionQuery = serde_json::from_value(query).unwrap();
    let answer = engine
        .retention(&project(), &query, &clock(), &Progress::ignore())
        .await;
    let answer = answer.unwrap_or_else(|error| panic!("{}", error.chain()));
    let lines = answer
        .results
        .chunk_by(|one, other| one.breakdown_value == other.breakdown_value);
    let line = |rows: &[RetentionRow]| {
        let values: Vec<_> = rows.iter().map(|row| json!(row.values)).collect();
        (json!(rows[0].breakdown_value), json!(values))
    };
    lines.map(line).collect()
}

#[tokio::test]
async fn persons_of_retention_are_split_by_cohorts_groups_sessions_and_expressions() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let defined = FakeDefinitions::default();
    for (name, seats) in [("Large", 9), ("Larger", 14)] {
        let filter = json!({"type": "person", "key": "seats", "operator": "gte", "value": seats});
        defined.define_cohort(name, json!({"filters": [filter]}));
    }
    let engine = engine.with_definitions(Arc::new(defined));
    let cohorts =
        json!({"breakdowns": [{"property": "Large", "type": "cohort"}, {"property": "Larger", "type": "cohort"}]});
    let lines = retained(&engine, json!({ "breakdownFilter": cohorts })).await;
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (value, rows) in lines {
        let of =
            |name: &str, operator: &str| json!({"type": "cohort", "key": "id", "value": name, "operator": operator});
        let filters = match value.as_str().unwrap() {
            BREAKDOWN_NONE => json!([of("Large", "not_in"), of("Larger", "not_in")]),
            name => json!([of(name, "in")]),
        };
        let alone = retained(&engine, json!({ "properties": filters })).await;
        assert_eq!(alone, [(Value::Null, rows)], "{value}");
    }
    // A person counts once in each interval in which it begins, whatever splits them.
    let began = |lines: &[(Value, Value)]| {
        let rows = lines.iter().flat_map(|(_, rows)| rows.as_array().unwrap());
        rows.map(|row| row[0]["count"].as_u64().unwrap()).sum::<u64>()
    };
    let all = began(&retained(&engine, json!({})).await);
    for breakdown in [
        json!({"breakdown": "tier", "breakdown_type": "group", "breakdown_group_type_index": 0}),
        json!({"breakdown": "$entry_pathname", "breakdown_type": "session"}),
        json!({"breakdown": "properties.amount % 3", "breakdown_type": "hogql", "breakdown_limit": 1}),
    ] {
        let lines = retained(&engine, json!({ "breakdownFilter": breakdown })).await;
        assert!(lines.len() > 1, "{lines:?}");
        assert_eq!(began(&lines), all, "{breakdown}");
    }
    let of = |breakdown: Value| json!({ "breakdownFilter": breakdown });
    let typed = retained(&engine, of(json!({"breakdown": "$pathname"}))).await;
    let in_sql = of(json!({"breakdown": "properties.$pathname", "breakdown_type": "hogql"}));
    assert_eq!(typed, retained(&engine, in_sql).await);
}

async fn funnel(engine: &Engine, view: &str, attribution: &str, split: Option<&Value>, properties: &Value) -> Value {
    let mut query = json!({
        "kind": "FunnelsQuery", "series": [{"event": "$pageview"}, {"event": "order"}], "dateRange": {"date_from": "all"},
        "funnelsFilter": {"funnelVizType": view, "breakdownAttributionType": attribution},
        "properties": properties,
    });
    if let Some(split) = split {
        query["breakdownFilter"] = split.clone();
    }
    let query: FunnelsQuery = serde_json::from_value(query).unwrap();
    let answer = engine.funnels(&project(), &query, &clock(), &Progress::ignore()).await;
    json!(answer.unwrap_or_else(|error| panic!("{}", error.chain())).results)
}

/// The value of a line of a funnel, and the line without it.
fn without_value(view: &str, mut line: Value) -> (Value, Value) {
    let rows: Vec<&mut Value> = match view {
        "steps" => line.as_array_mut().unwrap().iter_mut().collect(),
        _ => vec![&mut line],
    };
    let mut value = Value::Null;
    for row in rows {
        value = row.as_object_mut().unwrap().remove("breakdown_value").unwrap();
    }
    (value, line)
}

#[tokio::test]
async fn funnels_are_split_by_persons_cohorts_groups_sessions_and_expressions() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let defined = FakeDefinitions::default();
    for (name, seats) in [("Large", 9), ("Larger", 14)] {
        let filter = json!({"type": "person", "key": "seats", "operator": "gte", "value": seats});
        defined.define_cohort(name, json!({"filters": [filter]}));
    }
    let engine = engine.with_definitions(Arc::new(defined));
    let of = |mut filter: Value, value: &Value| {
        match value.as_str() {
            Some(BREAKDOWN_NONE) => filter["operator"] = json!("is_not_set"),
            _ => filter["value"] = value.clone(),
        }
        filter
    };
    let person = |key: &str| json!({"type": "person", "key": key});
    let cohort =
        |name: &str, operator: &str| json!({"type": "cohort", "key": "id", "value": name, "operator": operator});
    // What is the same in all events of a person is so whichever says it; else each value has the events with it.
    let of_persons = ["first_touch", "last_touch", "all_events"];
    type Alone<'a> = Box<dyn Fn(&Value) -> Value + 'a>;
    let cases: Vec<(Value, &[&str], Alone<'_>)> = vec![
        (
            json!({"breakdown": "plan", "breakdown_type": "person"}),
            &of_persons,
            Box::new(|value| json!([of(person("plan"), value)])),
        ),
        (
            json!({"breakdown": "seats", "breakdown_type": "person", "breakdown_limit": 100}),
            &of_persons,
            Box::new(|value| json!([of(person("seats"), value)])),
        ),
        (
            json!({"breakdown_limit": 100, "breakdowns": [
                {"property": "plan", "type": "person"}, {"property": "seats", "type": "person"}]}),
            &of_persons,
            Box::new(|value| json!([of(person("plan"), &value[0]), of(person("seats"), &value[1])])),
        ),
        (
            json!({"breakdowns": [{"property": "Large", "type": "cohort"}, {"property": "Larger", "type": "cohort"}]}),
            &of_persons,
            Box::new(|value| match value.as_str().unwrap() {
                BREAKDOWN_NONE => json!([cohort("Large", "not_in"), cohort("Larger", "not_in")]),
                name => json!([cohort(name, "in")]),
            }),
        ),
        (
            json!({"breakdown": "tier", "breakdown_type": "group", "breakdown_group_type_index": 0}),
            &["all_events"],
            Box::new(|value| {
                json!([of(
                    json!({"type": "group", "key": "tier", "group_type_index": 0}),
                    value
                )])
            }),
        ),
        (
            json!({"breakdown": "$entry_pathname", "breakdown_type": "session", "breakdown_limit": 100}),
            &["all_events"],
            Box::new(|value| json!([of(json!({"type": "session", "key": "$entry_pathname"}), value)])),
        ),
        (
            json!({"breakdown": "properties.amount % 3", "breakdown_type": "hogql"}),
            &["all_events"],
            Box::new(|value| {
                let text = "properties.amount % 3";
                let key = match value.as_str() {
                    Some(_) => format!("({text}) is null"),
                    None => format!("({text}) = {value}"),
                };
                json!([{"type": "hogql", "key": key}])
            }),
        ),
    ];
    for (breakdown, attributions, alone) in cases {
        for (view, attribution) in ["steps", "trends"]
            .into_iter()
            .flat_map(|view| attributions.iter().map(move |attribution| (view, attribution)))
        {
            let lines = funnel(&engine, view, attribution, Some(&breakdown), &json!([])).await;
            let lines = lines.as_array().unwrap().clone();
            assert!(lines.len() > 1, "{breakdown} {view} {attribution}: {lines:?}");
            for line in lines {
                let (value, line) = without_value(view, line);
                let mut wanted = funnel(&engine, view, "first_touch", None, &alone(&value)).await;
                if view == "trends" {
                    wanted = wanted[0].take();
                }
                assert_eq!(line, wanted, "{breakdown} {view} {attribution} {value}");
            }
        }
        // The persons behind a step are as many as the step counts.
        let attribution = attributions[0];
        let lines = funnel(&engine, "steps", attribution, Some(&breakdown), &json!([])).await;
        for line in lines.as_array().unwrap() {
            let source = json!({
                "kind": "FunnelsQuery", "series": [{"event": "$pageview"}, {"event": "order"}],
                "dateRange": {"date_from": "all"}, "breakdownFilter": breakdown,
                "funnelsFilter": {"breakdownAttributionType": attribution},
            });
            let cell = json!({"funnelStep": 1, "breakdown": line[0]["breakdown_value"]});
            let query = json!({"kind": "ActorsQuery", "source": source, "cell": cell, "limit": 1000});
            let query: ActorsQuery = serde_json::from_value(query).unwrap();
            let persons = engine.actors(&project(), &query, &clock(), &Progress::ignore()).await;
            let persons = json!(persons.unwrap_or_else(|error| panic!("{}", error.chain())));
            assert_eq!(
                persons["persons"], line[0]["count"],
                "{breakdown} {}",
                line[0]["breakdown_value"]
            );
        }
    }
}

#[tokio::test]
async fn breakdowns_without_meaning_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), connected(), clock()).await;
    let defined = FakeDefinitions::default();
    defined.define_cohort(
        "Paying",
        json!({"filters": [{"type": "person", "key": "plan", "value": "pro"}]}),
    );
    let engine = engine.with_definitions(Arc::new(defined));
    let refused = [
        (
            json!({"breakdown": "Payin", "breakdown_type": "cohort"}),
            json!({}),
            "unknown cohort \"Payin\"",
        ),
        (
            json!({"breakdowns": [{"property": "Paying", "type": "cohort"}, {"property": "amount"}]}),
            json!({}),
            "by cohorts and by \"amount\" together",
        ),
        (
            one_of("Paying"),
            json!({"math": "first_time_for_user"}),
            "counts a person once",
        ),
        (
            json!({"breakdown": "tier", "breakdown_type": "group"}),
            json!({}),
            "does not say of which type",
        ),
        (
            json!({"breakdown": "amount", "breakdown_group_type_index": 0}),
            json!({}),
            "is not of the type group",
        ),
        (
            json!({"breakdown": "$durashun", "breakdown_type": "session"}),
            json!({}),
            "unknown field of sessions",
        ),
        (
            json!({"breakdown": "count()", "breakdown_type": "hogql"}),
            json!({}),
            "expression on single events",
        ),
        (
            json!({"breakdown": "[1, 2]", "breakdown_type": "hogql"}),
            json!({}),
            "gives a list or an object",
        ),
    ];
    for (breakdown, math, wanted) in refused {
        let query: TrendsQuery = serde_json::from_value(split(&math, breakdown)).unwrap();
        let error = engine
            .trends(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap_err();
        assert!(error.message().contains(wanted), "{}", error.message());
    }
}

fn one_of(name: &str) -> Value {
    json!({"breakdown": name, "breakdown_type": "cohort"})
}
