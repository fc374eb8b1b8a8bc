//! Numbers of expressions in SQL, and of groups, against a model that has the events of each bucket.

use std::collections::BTreeSet;

use hedgerow_data_api::{ActorsQuery, EventRecord, Progress, QueryEngine};
use serde_json::{Value, json};

use crate::events::{clock, engine_of, project};
use crate::expressions::{connected, rows, text, trends, visitor_of, whole};
use crate::oracle::property;

/// What an expression gives over some events.
type Number = fn(&[&EventRecord]) -> Option<f64>;

fn amounts(events: &[&EventRecord]) -> Vec<f64> {
    events
        .iter()
        .filter_map(|event| whole(event, "amount"))
        .map(|amount| amount as f64)
        .collect()
}

fn ratio(one: f64, other: f64) -> Option<f64> {
    let ratio = one / other;
    ratio.is_finite().then_some(ratio)
}

const NUMBERS: [(&str, Number); 6] = [
    ("count()", |events| Some(events.len() as f64)),
    ("sum(properties.amount) / count()", |events| {
        (!events.is_empty()).then(|| ratio(amounts(events).iter().sum(), events.len() as f64))?
    }),
    ("countIf(properties.amount > 20) * 100", |events| {
        Some(amounts(events).iter().filter(|amount| **amount > 20.0).count() as f64 * 100.0)
    }),
    (
        "count(distinct properties.$pathname) + max(properties.amount)",
        |events| {
            let paths: BTreeSet<_> = events.iter().filter_map(|event| text(event, "$pathname")).collect();
            amounts(events)
                .into_iter()
                .reduce(f64::max)
                .map(|most| most + paths.len() as f64)
        },
    ),
    ("count() / countIf(properties.amount > 35)", |events| {
        let few = amounts(events).iter().filter(|amount| **amount > 35.0).count();
        ratio(events.len() as f64, few as f64)
    }),
    ("1 + min(toFloat(properties.amount))", |events| {
        amounts(events).into_iter().reduce(f64::min).map(|least| least + 1.0)
    }),
];

#[tokio::test]
async fn numbers_of_expressions_agree_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let all = connected();
    let engine = engine_of(folder.path(), all.clone(), clock()).await;
    let days: Vec<String> = (1..=20).map(|day| format!("2015-05-{day:02}")).collect();
    let close = |found: &Value, wanted: Option<f64>| match (found.as_f64(), wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-9,
        (None, None) => true,
        _ => false,
    };
    for (text_of, number) in NUMBERS {
        for condition in [json!([]), json!([{"key": "amount", "operator": "gte", "value": 30}])] {
            let holds = |event: &&EventRecord| condition == json!([]) || whole(event, "amount") >= Some(30);
            let orders: Vec<&EventRecord> = all
                .iter()
                .filter(|event| event.event == "order")
                .filter(holds)
                .collect();
            let query = json!({
                "series": [{"event": "order", "math": "hogql", "math_hogql": text_of}], "properties": condition,
                "dateRange": {"date_from": "2015-05-01", "date_to": "2015-05-20"},
            });
            let answer = trends(&engine, &query).await;
            for (place, day) in days.iter().enumerate() {
                let on = orders
                    .iter()
                    .filter(|event| event.timestamp.to_rfc3339().starts_with(day))
                    .copied();
                let wanted = number(&on.collect::<Vec<_>>());
                let found = &answer["results"][0]["data"][place];
                assert!(close(found, wanted), "{text_of} {day}: {found} {wanted:?}");
            }
            let mut total = query.clone();
            total["trendsFilter"] = json!({"display": "BoldNumber"});
            let found = &trends(&engine, &total).await["results"][0]["aggregated_value"];
            assert!(close(found, number(&orders)), "{text_of}: {found}");
            // By page, with all but two as Other.
            total["trendsFilter"] = json!({"display": "ActionsBarValue"});
            total["breakdownFilter"] = json!({"breakdown": "$pathname", "breakdown_limit": 2});
            let mut named = BTreeSet::new();
            for series in trends(&engine, &total).await["results"].as_array().unwrap() {
                let value = series["breakdown_value"].as_str().unwrap().to_owned();
                let is_other = value == hedgerow_data_api::BREAKDOWN_OTHER;
                let of_value = orders.iter().copied().filter(|event| {
                    let path = text(event, "$pathname").unwrap();
                    if is_other {
                        !named.contains(&path)
                    } else {
                        path == value
                    }
                });
                let wanted = number(&of_value.collect::<Vec<_>>());
                assert!(
                    close(&series["aggregated_value"], wanted),
                    "{text_of} {value}: {series} {wanted:?}"
                );
                named.insert(value);
            }
        }
    }
    // What is read of persons, and two series in a formula.
    let query = json!({
        "series": [
            {"math": "hogql", "math_hogql": "countIf(person.properties.plan = 'pro')"},
            {"math": "hogql", "math_hogql": "uniq(person_id)"},
        ],
        "dateRange": {"date_from": "all"}, "trendsFilter": {"display": "BoldNumber", "formula": "A / B"},
    });
    let found = trends(&engine, &query).await["results"][0]["aggregated_value"]
        .as_f64()
        .unwrap();
    let wanted = &rows(
        &engine,
        "SELECT countIf(person.properties.plan = 'pro') / uniq(person_id) FROM events",
    )
    .await[0][0];
    assert!(close(wanted, Some(found)) && found > 0.0, "{found} {wanted}");
}

#[tokio::test]
async fn groups_are_counted_once_and_events_without_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let all = connected();
    let engine = engine_of(folder.path(), all.clone(), clock()).await;
    let company = |event: &EventRecord| {
        let groups: Value = serde_json::from_str(property(event, "$groups")?.as_str()?).unwrap();
        groups["company"].as_str().map(str::to_owned)
    };
    let orders: Vec<&EventRecord> = all.iter().filter(|event| event.event == "order").collect();
    assert!(orders.iter().any(|event| company(event).is_none()));
    let series = json!([{"event": "order", "math": "unique_group", "math_group_type_index": 0}]);
    let query = json!({"series": series, "dateRange": {"date_from": "2015-05-01", "date_to": "2015-05-20"}});
    let answer = trends(&engine, &query).await;
    let mut seen = BTreeSet::new();
    let mut running = query.clone();
    running["trendsFilter"] = json!({"display": "ActionsLineGraphCumulative"});
    let running = trends(&engine, &running).await;
    for day in 1..=20 {
        let of_day = format!("2015-05-{day:02}");
        let on = orders
            .iter()
            .filter(|event| event.timestamp.to_rfc3339().starts_with(&of_day));
        let companies: BTreeSet<String> = on.filter_map(|event| company(event)).collect();
        assert_eq!(
            answer["results"][0]["data"][day - 1],
            json!(companies.len()),
            "{of_day}"
        );
        seen.extend(companies);
        assert_eq!(running["results"][0]["data"][day - 1], json!(seen.len()), "{of_day}");
    }
    assert!(answer["warnings"].to_string().contains("unique_not_summable"));
    let mut split = query.clone();
    split["breakdownFilter"] = json!({"breakdown": "$pathname"});
    split["trendsFilter"] = json!({"display": "ActionsBarValue"});
    for series in trends(&engine, &split).await["results"].as_array().unwrap() {
        let path = series["breakdown_value"].as_str().unwrap();
        let of_path = orders
            .iter()
            .filter(|event| text(event, "$pathname").as_deref() == Some(path));
        let companies: BTreeSet<String> = of_path.filter_map(|event| company(event)).collect();
        assert_eq!(series["aggregated_value"], json!(companies.len()), "{path}");
    }
    // The persons behind a number of groups are those whose events belong to one.
    let mut total = query;
    total["kind"] = json!("TrendsQuery");
    total["trendsFilter"] = json!({"display": "BoldNumber"});
    let query: ActorsQuery =
        serde_json::from_value(json!({"kind": "ActorsQuery", "source": total, "cell": {}})).unwrap();
    let answer = engine.actors(&project(), &query, &clock(), &Progress::ignore()).await;
    let answer = json!(answer.unwrap_or_else(|error| panic!("{}", error.chain())));
    let visitors: BTreeSet<&str> = orders
        .iter()
        // The others have no profile.
        .filter(|event| company(event).is_some() && !visitor_of(event).is_multiple_of(6))
        .map(|event| event.distinct_id.as_str())
        .collect();
    assert_eq!(answer["results"].as_array().unwrap().len(), visitors.len());
}
