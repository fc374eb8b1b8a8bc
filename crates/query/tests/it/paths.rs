//! Paths against an oracle that walks over each visitor's events, and what they refuse.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{EventRecord, PathsQuery, Progress, PropertyValue, QueryEngine, TypedQuery};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, runner};
use crate::oracle::{holds, property};

const PAGES: [&str; 6] = ["/", "/blog/", "/blog/1", "/blog/2", "/ünïcode page", "/a.b"];

/// Thirty visitors with many short sessions, whose events often share an instant or are just half an hour apart.
fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2012-02-27T21:00:00Z".parse().unwrap();
    let event = |n: u64| {
        let mut noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 29;
        let mut next = |below: u64| {
            let digit = noise % below;
            noise /= below;
            digit
        };
        let name = ["$pageview", "$pageview", "$screen", "sign up", "pay", "$other"][next(6) as usize];
        let mut properties = vec![("amount".into(), PropertyValue::Integer(next(4) as i64))];
        if name == "$pageview" && next(9) > 0 {
            let page = PAGES[next(6) as usize].to_owned();
            properties.push(("$pathname".into(), PropertyValue::Text(page)));
        }
        if name == "$screen" {
            let screen = ["home", "list"][next(2) as usize].to_owned();
            properties.push(("$screen_name".into(), PropertyValue::Text(screen)));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: name.to_owned(),
            timestamp: start + Duration::minutes(10 * next(300) as i64) + Duration::microseconds(next(2) as i64),
            distinct_id: format!("visitor {}", next(30)),
            session_id: None,
            properties,
        }
    };
    (0..900).map(event).collect()
}

pub(crate) async fn engine(folder: &std::path::Path) -> Engine {
    let defined = FakeDefinitions::default();
    let of_project = [rule(RULES[0].0), rule(RULES[1].0)];
    defined.set(json!({"path_cleaning_filters": of_project}));
    engine_of(folder, events(), clock())
        .await
        .with_definitions(Arc::new(defined))
}

/// Rules for paths, each with what it means.
type Rule = ((&'static str, &'static str), fn(&str) -> String);
const RULES: [Rule; 5] = [
    ((r"/\d+$", "/:n"), |path| {
        let start = path.trim_end_matches(|c: char| c.is_ascii_digit());
        if start.len() < path.len() && start.ends_with('/') {
            format!("{start}:n")
        } else {
            path.to_owned()
        }
    }),
    (("o", "$0"), |path| path.replace('o', "$0")),
    ((r"^/(.)(.*)$", r"/\2\1\\"), |path| {
        let mut rest = path[1..].chars();
        match rest.next() {
            Some(first) if path.starts_with('/') => format!("/{}{first}\\", rest.as_str()),
            _ => path.to_owned(),
        }
    }),
    (("[^/]*page.*", ""), |path| {
        if path.contains("page") {
            "/".to_owned()
        } else {
            path.to_owned()
        }
    }),
    ((":n", "one"), |path| path.replace(":n", "one")),
];

fn rule((regex, alias): (&str, &str)) -> Value {
    json!({"regex": regex, "alias": alias})
}

/// A path as the rules of a query leave it, those of the project first.
fn cleaned(filter: &Value, mut path: String) -> String {
    let of_project = if filter["pathReplacements"] == true {
        &RULES[..2]
    } else {
        &[]
    };
    let own = filter["localPathCleaningFilters"].as_array().into_iter().flatten();
    let own = own.map(|own| RULES.iter().find(|(written, _)| rule(*written) == *own).unwrap());
    for (_, meaning) in of_project.iter().chain(own) {
        path = meaning(&path);
    }
    path
}

/// Whether a text fits a pattern.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))),
    }
}

/// What an event is called in a path; `None` where it is in none.
fn item(query: &Value, event: &EventRecord) -> Option<String> {
    let filter = &query["pathsFilter"];
    let list = |key: &str| -> Vec<String> {
        let texts = filter[key].as_array().into_iter().flatten();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let kinds = list("includeEventTypes");
    let has = |kind: &str| kinds.iter().any(|own| own == kind);
    let text = |key: &str| property(event, key).map(|value| value.as_str().unwrap().to_owned());
    let item = match event.event.as_str() {
        "$pageview" if has("$pageview") => {
            let page = text("$pathname")?;
            let page = if page == "/" {
                page
            } else {
                page.trim_end_matches('/').to_owned()
            };
            cleaned(filter, page)
        }
        "$screen" if has("$screen") => text("$screen_name")?,
        name if !name.starts_with('$') && has("custom_event") => name.to_owned(),
        _ => return None,
    };
    let left_out = list("excludeEvents");
    if left_out.contains(&item) {
        return None;
    }
    let fits = |pattern: &&String| fits(pattern, &item);
    let grouped = list("pathGroupings")
        .iter()
        .find(fits)
        .cloned()
        .unwrap_or_else(|| item.clone());
    (!left_out.contains(&grouped)).then_some(grouped)
}

/// The edges in the order of the result: from, to, sessions, average milliseconds.
fn expected(query: &Value, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Vec<(String, String, u64, f64)> {
    let typed: PathsQuery = serde_json::from_value(query.clone()).unwrap();
    let filter = &query["pathsFilter"];
    let mut visitors: BTreeMap<String, Vec<(DateTime<Utc>, String)>> = BTreeMap::new();
    for event in events() {
        let in_range = event.timestamp >= from && event.timestamp <= to;
        if in_range
            && holds(&event, &typed.properties)
            && let Some(item) = item(query, &event)
        {
            visitors
                .entry(event.distinct_id.clone())
                .or_default()
                .push((event.timestamp, item));
        }
    }
    let mut edges: BTreeMap<(usize, String, String), Vec<f64>> = BTreeMap::new();
    for items in visitors.values_mut() {
        items.sort();
        let mut sessions: Vec<Vec<(DateTime<Utc>, String)>> = Vec::new();
        for one in items.iter() {
            match sessions.last_mut() {
                Some(session) if one.0 - session.last().unwrap().0 <= Duration::minutes(30) => {
                    session.push(one.clone());
                }
                _ => sessions.push(vec![one.clone()]),
            }
        }
        for session in sessions {
            let mut path: Vec<(DateTime<Utc>, String)> = Vec::new();
            for one in session {
                if path.last().is_none_or(|last| last.1 != one.1) {
                    path.push(one);
                }
            }
            let start = filter["startPoint"].as_str();
            let end = filter["endPoint"].as_str();
            if let Some(start) = start {
                path = path.into_iter().skip_while(|(_, item)| item != start).collect();
            }
            if let Some(end) = end {
                while path.last().is_some_and(|(_, item)| item != end) {
                    path.pop();
                }
            }
            let most = filter["stepLimit"].as_u64().unwrap() as usize;
            if path.len() > most {
                path = match (start, end) {
                    (_, None) => path[..most].to_vec(),
                    (None, Some(_)) => path[path.len() - most..].to_vec(),
                    (Some(_), Some(_)) => {
                        let head = most / 2;
                        let tail = most - head - 1;
                        let middle = (path[head].0, "...".to_owned());
                        [&path[..head], &[middle], &path[path.len() - tail..]].concat()
                    }
                };
            }
            for step in 1..path.len() {
                let (one, next) = (&path[step - 1], &path[step]);
                let took = (next.0 - one.0).num_microseconds().unwrap() as f64 / 1e3;
                edges
                    .entry((step, one.1.clone(), next.1.clone()))
                    .or_default()
                    .push(took);
            }
        }
    }
    let mut edges: Vec<_> = edges.into_iter().collect();
    let least = filter["minEdgeWeight"].as_u64().unwrap_or(0) as usize;
    let most = filter["maxEdgeWeight"].as_u64().unwrap_or(u64::MAX) as usize;
    edges.retain(|(_, took)| took.len() >= least && took.len() <= most);
    edges.sort_by(|one, other| other.1.len().cmp(&one.1.len()).then(one.0.cmp(&other.0)));
    edges.truncate(filter["edgeLimit"].as_u64().unwrap_or(50) as usize);
    let edge = |((step, from, to), took): ((usize, String, String), Vec<f64>)| {
        let average = took.iter().sum::<f64>() / took.len() as f64;
        (
            format!("{step}_{from}"),
            format!("{}_{to}", step + 1),
            took.len() as u64,
            average,
        )
    };
    edges.into_iter().map(edge).collect()
}

pub(crate) fn query() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        Just(json!(["$pageview"])),
        Just(json!(["custom_event"])),
        Just(json!(["$pageview", "$screen", "custom_event"])),
    ];
    let point = || {
        prop_oneof![
            2 => Just(Value::Null),
            1 => Just(json!("/")),
            1 => Just(json!("/blog")),
            1 => Just(json!("pay")),
            1 => Just(json!("/blog/*")),
            1 => Just(json!("/blog/:n")),
        ]
    };
    let left_out =
        prop_oneof![2 => Just(json!([])), 1 => Just(json!(["/blog/1", "sign up"])), 1 => Just(json!(["/blog*"]))];
    let groupings = prop_oneof![
        2 => Just(json!([])),
        1 => Just(json!(["/blog/*"])),
        1 => Just(json!(["/a*b", "*blog*", "/blog*"])),
        1 => Just(json!(["/blog*", "*"])),
    ];
    let filter = prop_oneof![
        3 => Just(json!([])),
        1 => (0..4i64).prop_map(|amount| json!([{"key": "amount", "operator": "gt", "value": amount - 1}])),
    ];
    let range = prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2012-02-28", "date_to": "2012-02-29"})),
    ];
    let cleaning = (
        any::<bool>(),
        prop_oneof![
            2 => Just(json!([])),
            2 => prop::collection::vec(0..RULES.len(), 1..4).prop_map(|which| json!(which.into_iter().map(|at| rule(RULES[at].0)).collect::<Vec<_>>())),
        ],
    );
    let weight = || prop_oneof![3 => Just(Value::Null), 1 => (1..5u64).prop_map(|weight| json!(weight))];
    (
        kinds,
        (point(), point()),
        left_out,
        groupings,
        (filter, range),
        cleaning,
        (3..7u32, 1..80u32),
        (weight(), weight()),
    )
        .prop_map(
            |(
                kinds,
                (start, end),
                left_out,
                groupings,
                (properties, range),
                (of_project, own),
                (steps, edges),
                (least, most),
            )| {
                let mut filter = json!({
                    "includeEventTypes": kinds, "stepLimit": steps, "edgeLimit": edges, "excludeEvents": left_out,
                    "pathGroupings": groupings, "pathReplacements": of_project, "localPathCleaningFilters": own,
                });
                for (key, value) in [
                    ("startPoint", start),
                    ("endPoint", end),
                    ("minEdgeWeight", least),
                    ("maxEdgeWeight", most),
                ] {
                    if !value.is_null() {
                        filter[key] = value;
                    }
                }
                json!({"kind": "PathsQuery", "dateRange": range, "properties": properties, "pathsFilter": filter})
            },
        )
}

#[test]
fn paths_agree_with_the_oracle() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    let mut runner = runner(3);
    runner
        .run(&query(), |query| {
            let typed: PathsQuery = serde_json::from_value(query.clone()).unwrap();
            let answer = runtime.block_on(engine.paths(&project(), &typed, &clock(), &Progress::ignore()));
            let answer = answer.unwrap();
            let range = answer.provenance.range.unwrap();
            let wanted = expected(
                &query,
                (range.date_from.parse().unwrap(), range.date_to.parse().unwrap()),
            );
            prop_assert_eq!(answer.results.len(), wanted.len(), "{}", query);
            for (edge, (from, to, sessions, average)) in answer.results.iter().zip(wanted) {
                prop_assert_eq!(
                    (&edge.source, &edge.target, edge.value),
                    (&from, &to, sessions),
                    "{}",
                    query
                );
                let near = (edge.average_conversion_time - average).abs() <= 1e-9 * average.abs().max(1.0);
                prop_assert!(near, "{query} {edge:?} {average}");
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn what_is_no_path_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let cases = [
        (
            json!({"includeEventTypes": []}),
            "includeEventTypes names no kind of events",
        ),
        (json!({"stepLimit": 1}), "stepLimit goes from 2 to 20, not 1"),
        (json!({"edgeLimit": 0}), "edgeLimit goes from 1 to 1000, not 0"),
        (
            json!({"startPoint": "/", "endPoint": "/a.b", "stepLimit": 2}),
            "a path with a startPoint and an endPoint has 3 steps or more",
        ),
        (
            json!({"localPathCleaningFilters": [rule(("/a", "")), rule(("/[", "x"))]}),
            r#"rule 2 of localPathCleaningFilters has the regex "/[", which is none: unclosed character class"#,
        ),
    ];
    for (filter, said) in cases {
        let query = json!({"kind": "PathsQuery", "dateRange": {"date_from": "all"}, "pathsFilter": filter});
        let query: PathsQuery = serde_json::from_value(query).unwrap();
        let error = engine
            .paths(&project(), &query, &clock(), &Progress::ignore())
            .await
            .unwrap_err();
        assert!(error.message().contains(said), "{}", error.message());
    }
    let query = json!({"kind": "PathsQuery", "dateRange": {"date_from": "all"}, "pathsFilter": {"edgeLimit": 2, "includeEventTypes": ["$pageview", "$screen", "custom_event"]}});
    let query: PathsQuery = serde_json::from_value(query).unwrap();
    let answer = engine
        .paths(&project(), &query, &clock(), &Progress::ignore())
        .await
        .unwrap();
    assert_eq!(
        answer
            .warnings
            .iter()
            .map(|warning| warning.code.as_str())
            .collect::<Vec<_>>(),
        ["edge_limit"]
    );
    let of_project =
        json!({"kind": "PathsQuery", "dateRange": {"date_from": "all"}, "pathsFilter": {"pathReplacements": true}});
    let of_project: PathsQuery = serde_json::from_value(of_project).unwrap();
    let answer = engine
        .paths(&project(), &of_project, &clock(), &Progress::ignore())
        .await
        .unwrap();
    assert_eq!(
        answer.provenance.definitions,
        [r"path cleaning: /\d+$ becomes /:n", "path cleaning: o becomes $0"]
    );
    let without = engine.clone().with_definitions(Arc::new(FakeDefinitions::default()));
    let error = without
        .paths(&project(), &of_project, &clock(), &Progress::ignore())
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        "pathReplacements cleans nothing: no path_cleaning_filters are set for the project"
    );
    let plan = engine
        .plan(&project(), &TypedQuery::Paths(query), &clock())
        .await
        .unwrap();
    assert!(plan.contains("path_edges("), "{plan}");
}
