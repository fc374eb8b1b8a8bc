//! The promises of a store of queries, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{KeptQuery, QueryStore};
use hedgerow_ids::{ProjectId, QueryId};
use serde_json::{Map, Value, json};

/// Runs the whole suite; `make` gives an empty store each time.
pub async fn query_store_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn QueryStore>>,
{
    a_query_comes_back_as_given_in_its_project_alone(make().await.as_ref()).await;
    the_latest_of_each_project_stay(make().await.as_ref()).await;
}

fn project(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn query(name: &str, number: i64) -> KeptQuery {
    let query = json!({"kind": "TrendsQuery", "series": [{"event": "a \"quoted\" näme"}], "number": number});
    let members: Map<String, Value> = serde_json::from_value(query).unwrap();
    let now: DateTime<Utc> = "2026-05-20T12:00:00.123456789Z".parse().unwrap();
    KeptQuery {
        query_id: QueryId::new(),
        project: project(name),
        kind: "TrendsQuery".to_owned(),
        query: members,
        now,
        snapshot_id: number,
        memory_rows: 7,
    }
}

async fn a_query_comes_back_as_given_in_its_project_alone(store: &dyn QueryStore) {
    let (asked, other) = (query("site", 3), query("shop", 4));
    store.keep_queries(vec![asked.clone(), other], 10).await.unwrap();
    let site = project("site");
    assert_eq!(
        store.kept_query(&site, asked.query_id).await.unwrap(),
        Some(asked.clone())
    );
    let elsewhere = store.kept_query(&project("shop"), asked.query_id).await.unwrap();
    assert_eq!(elsewhere, None);
    assert_eq!(store.kept_query(&site, QueryId::new()).await.unwrap(), None);
    let changed = KeptQuery {
        snapshot_id: 9,
        ..asked.clone()
    };
    store.keep_queries(vec![changed], 10).await.unwrap();
    let kept = store.kept_query(&site, asked.query_id).await.unwrap();
    assert_eq!(kept, Some(asked), "a query that is known stays as it is");
}

async fn the_latest_of_each_project_stay(store: &dyn QueryStore) {
    let shop = query("shop", 0);
    let site: Vec<KeptQuery> = (0..5).map(|number| query("site", number)).collect();
    store.keep_queries(vec![shop.clone()], 3).await.unwrap();
    store.keep_queries(site[..2].to_vec(), 3).await.unwrap();
    store.keep_queries(site[2..].to_vec(), 3).await.unwrap();
    let mut kept = Vec::new();
    for query in &site {
        let found = store.kept_query(&query.project, query.query_id).await.unwrap();
        kept.extend(found.map(|found| found.snapshot_id));
    }
    assert_eq!(kept, [2, 3, 4]);
    let of_other = store.kept_query(&shop.project, shop.query_id).await.unwrap();
    assert_eq!(of_other, Some(shop));
}
