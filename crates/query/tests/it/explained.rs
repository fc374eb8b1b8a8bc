//! What a query says of how it was run.

use hedgerow_data_api::{EventsQuery, Explained, LifecycleQuery, PersonsQuery, QueryEngine, TrendsQuery, TypedQuery};
use serde_json::{Value, json};

use crate::events::{clock, engine, project};

/// Without times, and of the operators only those that there are on any number of cores.
fn masked(explained: &Explained) -> Value {
    let mut value = serde_json::to_value(explained).unwrap();
    mask(&mut value);
    for plan in value["plans"].as_array_mut().unwrap() {
        let operators = plan["operators"].as_array_mut().unwrap();
        operators.retain(|operator| operator["text"].as_str().unwrap().contains("DataSourceExec"));
        for operator in operators {
            operator["depth"] = json!("[depth]");
            operator["text"] = json!(operator["text"].as_str().unwrap().split(", condition").next());
        }
    }
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "ms" => *member = json!("[ms]"),
                    "bytes_read" if *member != json!(0) => *member = json!("[bytes]"),
                    // Exchanges are there where there is more than one core.
                    "work" => member.as_array_mut().unwrap().retain(|work| work["name"] == "scan"),
                    _ => {}
                }
                mask(member);
            }
        }
        _ => {}
    }
}

fn trends(json: Value) -> TypedQuery {
    TypedQuery::Trends(serde_json::from_value::<TrendsQuery>(json).unwrap())
}

#[tokio::test]
async fn a_query_says_what_it_read_and_where_its_time_went() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let query = trends(json!({
        "series": [{"event": "$pageview"}], "dateRange": {"date_from": "2015-05-01", "date_to": "2015-05-03"},
    }));
    let first = engine.explain(&project(), &query, &clock()).await.unwrap();
    insta::assert_json_snapshot!(masked(&first));
    let sum: f64 = first.stages.iter().map(|stage| stage.ms).sum();
    let run = first.stages.iter().find(|stage| stage.name == "run").unwrap().ms;
    let plans: f64 = first.plans.iter().map(|plan| plan.ms).sum();
    assert!(run > 0.0 && run <= sum && (run - plans).abs() < 0.01, "{first:?}");
    // The columns lie in memory by now.
    let again = engine.explain(&project(), &query, &clock()).await.unwrap();
    assert!(first.bytes_read > 0, "{first:?}");
    assert_eq!((again.bytes_read, again.rows_read), (0, first.rows_read));
}

#[tokio::test]
async fn queries_of_every_kind_can_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let of = |query: Value| serde_json::from_value::<TypedQuery>(query).unwrap();
    let lifecycle = json!({"kind": "LifecycleQuery", "series": [{}], "dateRange": {"date_from": "all"}});
    let lifecycle: LifecycleQuery = serde_json::from_value(lifecycle).unwrap();
    let queries = [
        TypedQuery::Lifecycle(lifecycle),
        of(json!({"kind": "CalendarHeatmapQuery", "series": [{}], "dateRange": {"date_from": "all"}})),
        of(
            json!({"kind": "RetentionQuery", "dateRange": {"date_from": "all"}, "breakdownFilter": {"breakdown": "status"},
            "retentionFilter": {"aggregationType": "sum", "aggregationProperty": "ratio", "aggregationPropertyType": "event"}}),
        ),
        TypedQuery::Events(EventsQuery::default()),
        TypedQuery::Persons(PersonsQuery::default()),
    ];
    for query in queries {
        let explained = engine.explain(&project(), &query, &clock()).await.unwrap();
        assert_eq!(explained.kind, query.kind());
        assert!(explained.rows_read > 0 && !explained.plans.is_empty(), "{explained:?}");
        assert!(explained.files_read <= explained.files, "{explained:?}");
    }
    let unknown = trends(json!({"series": [{"event": "$pagevew"}]})); // typos: on purpose
    let refused = engine.explain(&project(), &unknown, &clock()).await;
    assert!(refused.is_err());
}
