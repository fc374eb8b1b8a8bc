//! Operators on versions and dates, case by case, over a handful of events.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{Clock, EventRecord, EventSink, EventStore, Progress, PropertyValue, QueryEngine, TrendsQuery};
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_query::Engine;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::project;

/// The values of `version` and `signed_up` of each event.
const EVENTS: [(Option<&str>, Option<&str>); 9] = [
    (Some("1.2.3"), Some("2015-05-18")),
    (Some("v1.2.3"), Some("2015-05-18T10:30:00Z")),
    (Some("1.2.9"), Some("2015-05-19")),
    (Some("1.3.0-beta.1"), Some("2015-05-20T11:59:59Z")),
    (Some("1.10"), Some("2015-05-20")),
    (Some("2.0.0"), Some("2015-04-30")),
    (Some("0.2.5"), Some("soon")),
    (Some("latest"), None),
    (None, None),
];

async fn engine(folder: &std::path::Path, clock: &Clock) -> Engine {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock.clone()));
    lake.create_project(&project()).await.unwrap();
    let timestamp: DateTime<Utc> = "2015-05-20T08:00:00Z".parse().unwrap();
    let event = |(number, (version, signed_up)): (u64, (Option<&str>, Option<&str>))| EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes()),
        event: "sign up".to_owned(),
        timestamp,
        distinct_id: format!("visitor {number}"),
        session_id: None,
        properties: [("version", version), ("signed_up", signed_up)]
            .into_iter()
            .filter_map(|(key, text)| Some((key.into(), PropertyValue::Text(text?.to_owned()))))
            .chain([("seats".into(), PropertyValue::Integer(3))])
            .collect(),
    };
    let events: Vec<EventRecord> = (0..).zip(EVENTS).map(event).collect();
    lake.append(&project(), events.into()).await.unwrap();
    Engine::new(lake).unwrap()
}

async fn count(engine: &Engine, clock: &Clock, filter: Value) -> Result<u64, String> {
    let query = json!({
        "series": [{}], "dateRange": {"date_from": "2015-05-20", "date_to": "2015-05-20"}, "properties": [filter],
        "trendsFilter": {"display": "BoldNumber"},
    });
    let query: TrendsQuery = serde_json::from_value(query).unwrap();
    let answer = engine.trends(&project(), &query, clock, &Progress::ignore()).await;
    let answer = answer.map_err(|error| error.message().to_owned())?;
    Ok(answer.results[0]
        .aggregated_value
        .as_ref()
        .and_then(serde_json::Number::as_u64)
        .unwrap())
}

#[tokio::test]
async fn versions_and_dates_are_compared_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2015-05-20T12:00:00Z".parse().unwrap());
    let engine = engine(folder.path(), &clock).await;
    let cases = [
        ("version", "semver_eq", "1.2.3", Ok(2)),
        // Matches what is no version, and what is missing.
        ("version", "semver_neq", "1.2.3", Ok(7)),
        ("version", "semver_gt", "1.2.9", Ok(3)),
        ("version", "semver_gte", "1.2.9", Ok(4)),
        ("version", "semver_lt", "1.2.3", Ok(1)),
        ("version", "semver_lte", "v1.2.3", Ok(3)),
        ("version", "semver_tilde", "1.2.3", Ok(3)),
        ("version", "semver_caret", "1.2.3", Ok(5)),
        ("version", "semver_caret", "0.2.1", Ok(1)),
        ("version", "semver_wildcard", "1.*", Ok(5)),
        ("version", "semver_wildcard", "1.2.*", Ok(3)),
        (
            "version",
            "semver_gt",
            "new",
            Err("filter on \"version\" with operator semver_gt needs a version such as 1.2.3, not \"new\""),
        ),
        (
            "seats",
            "semver_gt",
            "1",
            Err("filter on \"seats\" with operator semver_gt compares versions, but the property is a integer"),
        ),
        ("signed_up", "is_date_exact", "2015-05-18", Ok(2)),
        ("signed_up", "is_date_before", "2015-05-18", Ok(1)),
        ("signed_up", "is_date_after", "2015-05-18", Ok(3)),
        ("signed_up", "is_date_exact", "-2d", Ok(2)),
        ("signed_up", "is_date_after", "-1d", Ok(2)),
        ("signed_up", "is_date_before", "mStart", Ok(1)),
        ("signed_up", "is_date_exact", "-1h", Ok(1)),
        (
            "signed_up",
            "is_date_exact",
            "lately",
            Err(
                "filter on \"signed_up\" with operator is_date_exact needs an ISO date or a relative one such as -7d, not \"lately\"",
            ),
        ),
    ];
    for (key, operator, value, expected) in cases {
        let found = count(
            &engine,
            &clock,
            json!({"key": key, "operator": operator, "value": value}),
        )
        .await;
        assert_eq!(found, expected.map_err(str::to_owned), "{key} {operator} {value}");
    }
    for (alias, operator) in [
        ("icontains_multi", "icontains"),
        ("not_icontains_multi", "not_icontains"),
    ] {
        let filter = |operator: &str| json!({"key": "version", "operator": operator, "value": ["BETA", "lat"]});
        let (one, other) = (
            count(&engine, &clock, filter(alias)).await,
            count(&engine, &clock, filter(operator)).await,
        );
        assert_eq!(one, other);
        assert!(one.unwrap() > 0);
    }
}
