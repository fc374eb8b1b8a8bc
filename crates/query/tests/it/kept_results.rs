//! Results that are kept: given again on the same data alone, and never where anything else would come out.

use std::sync::Arc;

use chrono::Duration;
use hedgerow_data_api::{
    Clock, EventRecord, EventSink as _, Progress, PropertyValue, Provenance, QueryEngine, SqlQuery, TypedQuery,
};
use hedgerow_lake::Lake;
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, project};
use crate::{events, persons};

const ROOM: usize = 64 << 20;

struct Kept {
    engine: Engine,
    lake: Arc<Lake>,
    defined: Arc<FakeDefinitions>,
    _folder: tempfile::TempDir,
}

async fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let lake = persons::lake(folder.path()).await;
    let defined = Arc::new(FakeDefinitions::default());
    let engine = Engine::new(lake.clone())
        .unwrap()
        .with_definitions(defined.clone())
        .with_results_kept(ROOM);
    Kept {
        engine,
        lake,
        defined,
        _folder: folder,
    }
}

async fn ask_at(engine: &dyn QueryEngine, query: &Value, clock: &Clock) -> (Value, Provenance) {
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    let answer = engine.answer(&project(), &query, clock, &Progress::ignore()).await;
    let answer = answer.unwrap_or_else(|error| panic!("{query:?}: {}", error.chain()));
    let provenance = answer.provenance().clone();
    (json!(answer)["results"].clone(), provenance)
}

async fn ask(engine: &dyn QueryEngine, query: &Value) -> (Value, Provenance) {
    ask_at(engine, query, &clock()).await
}

/// Asks what is kept, and that it was computed anew; what comes is what an engine says that keeps nothing.
async fn is_computed(kept: &Kept, query: &Value, why: &str) -> Value {
    let (found, provenance) = ask(&kept.engine, query).await;
    assert!(
        provenance.rows_read > 0 && provenance.cached_at.is_none(),
        "{why}: {provenance:?}"
    );
    let (expected, _) = ask(kept.engine.anew().unwrap().as_ref(), query).await;
    assert_eq!(found, expected, "{why}");
    is_kept(kept, query, &found).await;
    found
}

async fn is_kept(kept: &Kept, query: &Value, expected: &Value) {
    let (found, provenance) = ask(&kept.engine, query).await;
    assert_eq!(provenance.rows_read, 0, "{query}: {provenance:?}");
    assert_eq!(provenance.cached_at.as_deref(), Some("2015-05-20T12:00:00Z"), "{query}");
    assert_eq!(&found, expected, "{query}");
}

fn trends(series: &Value, properties: &Value) -> Value {
    json!({"kind": "TrendsQuery", "series": series, "properties": properties, "dateRange": {"date_from": "all"}})
}

#[tokio::test]
async fn what_was_asked_before_reads_nothing() {
    let kept = kept().await;
    let range = json!({"date_from": "all"});
    let queries = [
        trends(
            &json!([{"event": "$pageview", "math": "dau"}, {"event": "order"}]),
            &json!([]),
        ),
        json!({"kind": "FunnelsQuery", "series": [{"event": "$pageview"}, {"event": "order"}], "dateRange": range}),
        json!({"kind": "RetentionQuery", "dateRange": range, "retentionFilter": {"returningEntity": {"id": "order"}}}),
        json!({"kind": "LifecycleQuery", "series": [{"event": "order"}], "dateRange": range}),
        json!({"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "dateRange": range}),
        json!({"kind": "CalendarHeatmapQuery", "series": [{"event": "$pageview"}], "dateRange": range}),
        json!({"kind": "RetentionQuery", "dateRange": range, "breakdownFilter": {"breakdown": "plan", "breakdown_type": "person"}}),
        json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}, "dateRange": range}),
        json!({"kind": "EventsQuery", "limit": 10}),
        json!({"kind": "PersonsQuery", "limit": 10}),
    ];
    for query in queries {
        is_computed(&kept, &query, "the first time").await;
    }
    // A series of its own, which another query had beside others.
    let (_, provenance) = ask(&kept.engine, &trends(&json!([{"event": "order"}]), &json!([]))).await;
    assert_eq!(provenance.rows_read, 0);
    let anew = kept.engine.anew().unwrap();
    let (_, provenance) = ask(anew.as_ref(), &trends(&json!([{"event": "order"}]), &json!([]))).await;
    assert!(provenance.rows_read > 0 && provenance.cached_at.is_none());
}

#[tokio::test]
async fn what_comes_to_the_data_is_in_the_next_result() {
    let kept = kept().await;
    let pro = json!([{"key": "plan", "value": "pro", "type": "person"}]);
    let (all, of_pro) = (
        trends(&json!([{"math": "total"}]), &json!([])),
        trends(&json!([{"math": "dau"}]), &pro),
    );
    let first = (
        is_computed(&kept, &all, "first").await,
        is_computed(&kept, &of_pro, "first").await,
    );
    let event = |n: u64, name: &str, visitor: &str, properties: Vec<(&'static str, PropertyValue)>| {
        let event = persons::event(n, name, visitor.to_owned(), properties);
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_URL, &n.to_be_bytes()),
            ..event
        }
    };
    let send = async |event: EventRecord| kept.lake.append(&project(), vec![event].into()).await.unwrap();
    send(event(10, "order", "visitor 1", Vec::new())).await;
    let second = is_computed(&kept, &all, "an event came").await;
    assert_ne!(second, first.0);
    is_computed(&kept, &of_pro, "an event came").await;
    let set = PropertyValue::Json(json!({"plan": "pro"}).to_string());
    send(event(11, "order", "visitor 3", vec![("$set", set)])).await;
    let of_pro_then = is_computed(&kept, &of_pro, "a property of a person changed").await;
    assert_ne!(of_pro_then, first.1);
    let other = PropertyValue::Text("visitor 2".to_owned());
    send(event(12, "$identify", "visitor 1", vec![("$anon_distinct_id", other)])).await;
    is_computed(&kept, &of_pro, "two persons were merged").await;
    is_computed(&kept, &all, "two persons were merged").await;
    kept.lake.flush(&project()).await.unwrap();
    let flushed = is_computed(&kept, &of_pro, "what was in memory is in files").await;
    let anew = kept.engine.anew().unwrap();
    assert_eq!(flushed, ask(anew.as_ref(), &of_pro).await.0);
}

#[tokio::test]
async fn what_is_defined_or_set_otherwise_is_computed_anew() {
    let kept = kept().await;
    let plan = |value: &str| json!({"filters": [{"key": "plan", "value": value, "type": "person"}]});
    let in_cohort = json!([{"key": "id", "type": "cohort", "value": "some", "operator": "in"}]);
    let of_cohort = trends(&json!([{"math": "dau"}]), &in_cohort);
    kept.defined.define_cohort("some", plan("pro"));
    let pro = is_computed(&kept, &of_cohort, "a cohort").await;
    kept.defined.define_cohort("some", plan("free"));
    assert_ne!(is_computed(&kept, &of_cohort, "another cohort").await, pro);
    kept.defined.define_cohort("some", plan("pro"));
    is_kept(&kept, &of_cohort, &pro).await;

    let of_action = trends(&json!([{"kind": "ActionsNode", "name": "Buying"}]), &json!([]));
    kept.defined
        .define_action("Buying", json!({"steps": [{"event": "order"}]}));
    let orders = is_computed(&kept, &of_action, "an action").await;
    kept.defined
        .define_action("Buying", json!({"steps": [{"event": "$identify"}]}));
    assert_ne!(is_computed(&kept, &of_action, "another action").await, orders);

    let mut real = trends(&json!([{"event": "order"}]), &json!([]));
    real["filterTestAccounts"] = json!(true);
    let free = json!([{"key": "plan", "value": "free", "type": "person"}]);
    kept.defined.set(json!({"test_account_filters": free}));
    let of_free = is_computed(&kept, &real, "test accounts").await;
    let not_free = json!([{"key": "plan", "operator": "is_not", "value": "free", "type": "person"}]);
    kept.defined.set(json!({"test_account_filters": not_free}));
    assert_ne!(is_computed(&kept, &real, "other test accounts").await, of_free);

    let days = trends(&json!([{}]), &json!([]));
    kept.defined.set(json!({"timezone": "UTC"}));
    let utc = is_computed(&kept, &days, "a time zone").await;
    kept.defined.set(json!({"timezone": "Asia/Tokyo"}));
    assert_ne!(is_computed(&kept, &days, "another time zone").await, utc);
}

#[tokio::test]
async fn a_result_that_rests_on_the_time_is_computed_for_each_time() {
    let kept = kept().await;
    let at = |minutes: i64| Clock::fixed(clock().now() + Duration::minutes(minutes));
    let recent = json!({"kind": "TrendsQuery", "series": [{}],
        "dateRange": {"date_from": "-90M", "date_to": "-0M"}, "trendsFilter": {"display": "BoldNumber"}});
    let days = json!({"kind": "TrendsQuery", "series": [{}], "dateRange": {"date_from": "-3d"}});
    let (first, _) = ask_at(&kept.engine, &recent, &at(-360)).await;
    let (later, provenance) = ask_at(&kept.engine, &recent, &at(-310)).await;
    assert_ne!(first, later);
    assert_eq!(provenance.cached_at, None);
    let today = ask_at(&kept.engine, &days, &at(0)).await;
    let same_day = ask_at(&kept.engine, &days, &at(90)).await;
    assert_eq!((same_day.1.rows_read, same_day.0), (0, today.0.clone()));
    let range = same_day.1.range.unwrap();
    assert!(range.partial, "what is said of the range is of this time");
    let tomorrow = ask_at(&kept.engine, &days, &at(24 * 60)).await;
    // Events in memory are no rows that are read from storage.
    assert!(tomorrow.1.cached_at.is_none() && tomorrow.0 != today.0, "{tomorrow:?}");
}

#[tokio::test]
async fn sql_is_kept_unless_it_is_another_each_time() {
    let kept = kept().await;
    let twice = async |text: &str| {
        let query = SqlQuery {
            query: text.to_owned(),
            ..SqlQuery::default()
        };
        let ask = async || {
            kept.engine
                .sql(&project(), &query, &clock(), &Progress::ignore())
                .await
                .unwrap()
        };
        let (first, second) = (ask().await, ask().await);
        (
            first.provenance.cached_at.is_some(),
            second.provenance.cached_at.is_some(),
            first.rows == second.rows,
        )
    };
    let (first, second, same) = twice("SELECT event, count() AS n FROM events GROUP BY event ORDER BY event").await;
    assert!(!first && second && same);
    for text in [
        "SELECT count() AS n FROM events WHERE timestamp < now()",
        "SELECT count() AS n FROM persons",
    ] {
        let (first, second, same) = twice(text).await;
        assert!(!first && !second && same, "{text}");
    }
}

#[tokio::test]
async fn what_is_kept_stays_within_its_room() {
    let folder = tempfile::tempdir().unwrap();
    let engine = events::engine(folder.path()).await;
    let few = engine.clone().with_results_kept(1 << 10);
    let many = engine.with_results_kept(1 << 20);
    let day = |day: u32| json!({"kind": "TrendsQuery", "series": [{}], "dateRange": {"date_from": format!("2015-05-0{day}"), "date_to": "2015-05-09"}});
    for _ in 0..2 {
        let (_, provenance) = ask(&few, &day(1)).await;
        assert!(provenance.rows_read > 0, "nothing fits");
    }
    // Each takes some kilobytes, so that the first is gone when forty others came.
    ask(&many, &day(1)).await;
    assert_eq!(ask(&many, &day(1)).await.1.rows_read, 0);
    for n in 0..40 {
        let other = json!({"kind": "TrendsQuery", "series": [{}],
            "properties": [{"key": "status", "operator": "gt", "value": n}],
            "dateRange": {"date_from": "2015-05-01", "date_to": "2015-05-09"}});
        ask(&many, &other).await;
    }
    assert!(ask(&many, &day(1)).await.1.rows_read > 0);
}
