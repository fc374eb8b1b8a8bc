//! Queries that need more memory than there is, and queries whose caller is gone.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventRecord, EventSink as _, EventStore as _, Progress, QueryEngine, SqlQuery, TypedQuery};
use hedgerow_errors::{Code, Error};
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_query::Engine;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, project};

/// So many visitors with three events each, all in files.
async fn lake(folder: &Path, visitors: u64) -> Arc<Lake> {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock()));
    lake.create_project(&project()).await.unwrap();
    let start: DateTime<Utc> = "2015-05-12T00:00:00Z".parse().unwrap();
    let event = |n: u64| EventRecord {
        uuid: Uuid::from_u64_pair(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n),
        event: ["$pageview", "signed_up", "paid"][(n % 3) as usize].to_owned(),
        timestamp: start + chrono::Duration::seconds((n % 600_000) as i64),
        distinct_id: format!("visitor {}", n / 3),
        session_id: None,
        properties: Vec::new(),
    };
    for part in (0..visitors * 3).collect::<Vec<_>>().chunks(150_000) {
        let events: Vec<EventRecord> = part.iter().map(|n| event(*n)).collect();
        lake.append(&project(), events.into()).await.unwrap();
    }
    lake.flush(&project()).await.unwrap();
    lake
}

async fn ask(engine: &Engine, query: &Value) -> Result<Value, Error> {
    if let Some(text) = query.as_str() {
        let query = SqlQuery {
            query: text.to_owned(),
            ..SqlQuery::default()
        };
        let answer = engine.sql(&project(), &query, &clock(), &Progress::ignore()).await?;
        return Ok(json!(answer.rows));
    }
    let query: TypedQuery = serde_json::from_value(query.clone()).unwrap();
    let answer = engine.answer(&project(), &query, &clock(), &Progress::ignore()).await?;
    Ok(json!(answer)["results"].clone())
}

/// Waits until no query holds anything any more: a task that was left ends a moment later.
async fn until_idle(engine: &Engine) {
    let began = Instant::now();
    while engine.memory_in_use() > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "a query that ended goes on");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn funnel() -> Value {
    json!({"kind": "FunnelsQuery", "dateRange": {"date_from": "all"},
           "series": [{"event": "$pageview"}, {"event": "signed_up"}, {"event": "paid"}]})
}

/// Queries that hold something of each visitor.
fn heavy() -> Vec<Value> {
    let range = json!({"date_from": "all"});
    vec![
        funnel(),
        json!({"kind": "FunnelsQuery", "dateRange": range, "funnelsFilter": {"funnelVizType": "trends"},
               "series": [{"event": "$pageview"}, {"event": "paid"}]}),
        json!({"kind": "TrendsQuery", "series": [{"math": "dau"}, {"math": "monthly_active"}], "dateRange": range}),
        json!({"kind": "RetentionQuery", "dateRange": range}),
        json!({"kind": "LifecycleQuery", "series": [{}], "dateRange": range}),
        json!({"kind": "StickinessQuery", "series": [{}], "dateRange": range}),
        json!({"kind": "CalendarHeatmapQuery", "series": [{"math": "dau"}], "dateRange": range}),
        json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}, "dateRange": range}),
        json!(
            "SELECT distinct_id, count() AS n, min(timestamp) AS first FROM events GROUP BY distinct_id ORDER BY first DESC, distinct_id LIMIT 5"
        ),
        json!("SELECT uuid, distinct_id FROM events ORDER BY distinct_id DESC, uuid LIMIT 40000"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_beyond_its_memory_goes_to_disk_or_says_what_to_ask_instead() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(lake(folder.path(), 60_000).await).unwrap();
    let (mut spilled, mut refused) = (0, 0);
    for query in heavy() {
        let expected = ask(&engine, &query).await.unwrap();
        for limit in [16 << 20, 4 << 20, 1 << 20, 64 << 10] {
            let small = engine.clone().with_memory_limit(limit).unwrap();
            match ask(&small, &query).await {
                Ok(found) => {
                    assert_eq!(found, expected, "{query} in {limit} bytes");
                    spilled += i32::from(limit == 1 << 20);
                }
                Err(error) => {
                    assert_eq!(error.code(), Code::LimitExceeded, "{query}: {error:?}");
                    assert!(error.message().contains("memory"), "{error:?}");
                    assert!(error.hint().unwrap().contains("narrow it by time"), "{error:?}");
                    refused += 1;
                }
            }
            until_idle(&small).await;
        }
    }
    assert!(
        spilled > 0 && refused > 0,
        "{spilled} in a small room, {refused} refused"
    );
    // What went to disk is said, by whom.
    let mut told = 0;
    for query in heavy().into_iter().filter(Value::is_object) {
        let query: TypedQuery = serde_json::from_value(query).unwrap();
        for limit in [4 << 20, 3 << 20, 2 << 20, 1 << 20] {
            let small = engine.clone().with_memory_limit(limit).unwrap();
            if let Ok(explained) = small.explain(&project(), &query, &clock()).await {
                let operators = explained.plans.iter().flat_map(|plan| &plan.operators);
                told += operators.filter_map(|operator| operator.spilled_bytes).sum::<u64>();
            }
        }
    }
    assert!(told > 0, "nothing is said to have gone to disk");
}

/// What the threads of this process have computed so far.
#[cfg(target_os = "linux")]
fn worked() -> Duration {
    let threads = fs_err::read_dir("/proc/self/task").unwrap();
    let of_thread = |thread: std::io::Result<fs_err::DirEntry>| {
        let said = fs_err::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        said.split_whitespace().next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(threads.filter_map(of_thread).sum())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_query_whose_caller_is_gone_stops() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(Engine::new(lake(folder.path(), 100_000).await).unwrap());
    let mut gone = 0;
    for query in heavy() {
        // The first time reads columns and persons.
        ask(&engine, &query).await.unwrap();
        let began = Instant::now();
        ask(&engine, &query).await.unwrap();
        let whole = began.elapsed();
        for part in [10, 30, 50, 70, 90] {
            let asked = tokio::spawn({
                let (engine, query) = (Arc::clone(&engine), query.clone());
                async move { ask(&engine, &query).await }
            });
            tokio::time::sleep(whole * part / 100).await;
            asked.abort();
            let before = worked();
            gone += u32::from(asked.await.is_err());
            until_idle(&engine).await;
            let after = worked().saturating_sub(before);
            assert!(
                after <= Duration::from_millis(100),
                "{part} %: {after:?} of work for {query}"
            );
        }
    }
    // Some end before they are left.
    assert!(gone >= 20, "{gone} were left");
}
