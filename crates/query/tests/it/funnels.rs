//! Funnels against an oracle that tries every way through the steps, and what they refuse.

mod model;
mod queries;

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{
    Clock, EventRecord, EventsQuery, FunnelResults, FunnelTimes, FunnelTrend, FunnelView, FunnelsQuery,
    FunnelsResponse, Interval, Progress, PropertyValue, QueryEngine, TypedQuery,
};
use hedgerow_query::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project, runner};
use model::{Model, Steps, average_and_median};
pub(crate) use queries::any_query;
use queries::query;

const NAMES: [&str; 4] = ["$pageview", "sign up", "invite", "pay"];

/// Forty visitors with about a dozen events each, many of them at the same instant, over the end of a leap February.
fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2012-02-27T21:00:00Z".parse().unwrap();
    let event = |n: u64| {
        let noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 33;
        let mut properties = vec![("amount".into(), PropertyValue::Integer((noise % 5) as i64))];
        if !noise.is_multiple_of(3) {
            let plan = ["free", "pro"][(noise / 5 % 2) as usize];
            properties.push(("plan".into(), PropertyValue::Text(plan.to_owned())));
        }
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: NAMES[(noise % 4) as usize].to_owned(),
            // Few instants a visitor, so that several events share one.
            timestamp: start + Duration::hours((noise / 7 % 90) as i64),
            distinct_id: format!("visitor {}", n % 40),
            session_id: None,
            properties,
        }
    };
    (0..480).map(event).collect()
}

pub(crate) async fn engine(folder: &std::path::Path) -> Engine {
    engine_of(folder, events(), clock()).await
}

fn close(found: Option<f64>, wanted: Option<f64>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
        (found, wanted) => found.is_none() && wanted.is_none(),
    }
}

fn model<'a>(query: &'a FunnelsQuery, answer: &FunnelsResponse) -> Model<'a> {
    let range = answer.provenance.range.as_ref().unwrap();
    Model {
        query,
        from: range.date_from.parse().unwrap(),
        to: range.date_to.parse().unwrap(),
    }
}

type Checked = Result<(), TestCaseError>;

/// Whether it is said that so many are excluded.
fn check_excluded(answer: &FunnelsResponse, excluded: u64, text: &str) -> Checked {
    let said = answer.warnings.iter().find(|warning| warning.code == "excluded");
    let said = said.map_or(0, |warning| warning.message.split(' ').next().unwrap().parse().unwrap());
    prop_assert_eq!(said, excluded, "{}", text);
    Ok(())
}

fn check_steps(query: &FunnelsQuery, answer: &FunnelsResponse) -> Checked {
    let text = serde_json::to_string(&query).unwrap();
    let (excluded, lists): (u64, Vec<(Value, Steps)>) = model(query, answer).by_steps(&events());
    check_excluded(answer, excluded, &text)?;
    let wanted = lists
        .iter()
        .flat_map(|(value, steps)| steps.iter().map(move |step| (value, step)));
    prop_assert_eq!(answer.results.steps().count(), wanted.clone().count(), "{}", text);
    for (step, (value, (persons, average, median))) in answer.results.steps().zip(wanted) {
        let said = step.breakdown_value.clone().unwrap_or_default();
        prop_assert_eq!(&said, value, "{}", text);
        prop_assert_eq!(step.count, *persons, "step {} of {}", step.order, text);
        prop_assert!(
            close(step.average_conversion_time, *average),
            "{} {:?} {:?}",
            text,
            step,
            average
        );
        prop_assert!(
            close(step.median_conversion_time, *median),
            "{} {:?} {:?}",
            text,
            step,
            median
        );
    }
    Ok(())
}

fn span(query: &FunnelsQuery) -> (usize, usize) {
    let filter = &query.funnels_filter;
    (filter.funnel_from_step.unwrap(), filter.funnel_to_step.unwrap())
}

fn check_times(query: &FunnelsQuery, answer: &FunnelsResponse) -> Checked {
    let text = serde_json::to_string(&query).unwrap();
    let (excluded, took) = model(query, answer).seconds(&events(), span(query));
    check_excluded(answer, excluded, &text)?;
    let FunnelResults::Times(found) = &answer.results else {
        return Err(TestCaseError::fail(format!("no times: {text}")));
    };
    let (average, median) = average_and_median(took.iter().map(|seconds| *seconds as f64).collect());
    prop_assert!(close(found.average_conversion_time, average), "{} {:?}", text, average);
    prop_assert!(close(found.median_conversion_time, median), "{} {:?}", text, median);
    prop_assert_eq!(found.count, took.len() as u64, "{}", text);
    let FunnelTimes { bins, bin_width, .. } = found;
    let (Some(first), Some(last)) = (took.first(), took.last()) else {
        prop_assert!(bins.is_empty(), "{}", text);
        return Ok(());
    };
    let number = match query.funnels_filter.bin_count {
        Some(bins) => i64::from(bins),
        None => (1..).find(|root| root * root * root >= took.len() as i64).unwrap(),
    };
    let width = if first == last {
        60
    } else {
        (last - first + number - 1) / number
    };
    prop_assert_eq!(*bin_width, width, "{}", text);
    let wanted: Vec<(i64, u64)> = (0..=number)
        .map(|bin| first + bin * width)
        .map(|from| {
            let within = took.iter().filter(|seconds| (from..from + width).contains(*seconds));
            (from, within.count() as u64)
        })
        .collect();
    prop_assert_eq!(bins, &wanted, "{}", text);
    Ok(())
}

fn check_trends(query: &FunnelsQuery, answer: &FunnelsResponse, now: DateTime<Utc>) -> Checked {
    let text = serde_json::to_string(&query).unwrap();
    let model = model(query, answer);
    let FunnelResults::Trends(found) = &answer.results else {
        return Err(TestCaseError::fail(format!("no trends: {text}")));
    };
    let Some(first) = found.first() else {
        return Ok(());
    };
    let parse = |day: &String| {
        let day = if day.len() == 10 {
            format!("{day} 00:00:00")
        } else {
            day.clone()
        };
        format!("{}Z", day.replace(' ', "T")).parse::<DateTime<Utc>>().unwrap()
    };
    let mut bounds: Vec<DateTime<Utc>> = first.days.iter().map(parse).collect();
    let length = match query.interval.unwrap() {
        Interval::Hour => Duration::hours(1),
        Interval::Day => Duration::days(1),
        Interval::Week => Duration::weeks(1),
        Interval::Month => unreachable!("no case has it"),
    };
    bounds.push(bounds[bounds.len() - 1] + length);
    prop_assert!(
        bounds[0] <= model.from && model.to < bounds[bounds.len() - 1],
        "{}",
        text
    );
    let (excluded, lines) = model.by_interval(&events(), &bounds, span(query));
    check_excluded(answer, excluded, &text)?;
    prop_assert_eq!(found.len(), lines.len(), "{}", text);
    let ended: Vec<bool> = bounds[1..]
        .iter()
        .map(|end| {
            let last = (*end - Duration::microseconds(1)).min(model.to);
            model.window_end(last) <= now.min(model.to)
        })
        .collect();
    for (trend, (value, line)) in found.iter().zip(lines) {
        let FunnelTrend {
            entered,
            converted,
            data,
            ..
        } = trend;
        prop_assert_eq!(trend.breakdown_value.clone().unwrap_or_default(), value, "{}", text);
        let numbers: Vec<(u64, u64)> = entered.iter().copied().zip(converted.iter().copied()).collect();
        prop_assert_eq!(&numbers, &line, "{}", text);
        prop_assert_eq!(&trend.window_ended, &ended, "{}", text);
        prop_assert_eq!(data.len(), line.len());
        for (rate, (entered, converted)) in data.iter().zip(line) {
            let wanted = (entered > 0).then(|| converted as f64 * 100.0 / entered as f64);
            prop_assert!(close(*rate, wanted), "{} {:?} {:?}", text, rate, wanted);
        }
    }
    Ok(())
}

/// Runs random queries and checks what they give.
fn check_all(
    seed: u8,
    queries: impl Strategy<Value = FunnelsQuery>,
    check: impl Fn(&FunnelsQuery, &FunnelsResponse, DateTime<Utc>) -> Checked,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = runtime.block_on(engine(folder.path()));
    // One within the events, one long after them.
    let clocks = [Clock::fixed("2012-02-29T12:00:00Z".parse().unwrap()), clock()];
    runner(seed)
        .run(&(queries, 0..2usize), |(query, which)| {
            let clock = &clocks[which];
            let answer = runtime.block_on(engine.funnels(&project(), &query, clock, &Progress::ignore()));
            check(&query, &answer.unwrap(), clock.now())
        })
        .unwrap();
}

#[test]
fn funnels_agree_with_the_oracle() {
    check_all(11, query(), |query, answer, _| check_steps(query, answer));
}

#[test]
fn all_kinds_of_steps_agree_with_the_oracle() {
    check_all(12, any_query(FunnelView::Steps), |query, answer, _| {
        check_steps(query, answer)
    });
}

#[test]
fn times_to_convert_agree_with_the_oracle() {
    check_all(13, any_query(FunnelView::TimeToConvert), |query, answer, _| {
        check_times(query, answer)
    });
}

#[test]
fn trends_of_funnels_agree_with_the_oracle() {
    check_all(14, any_query(FunnelView::Trends), check_trends);
}

#[tokio::test]
async fn a_hundred_steps_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let start: DateTime<Utc> = "2012-02-27T21:00:00Z".parse().unwrap();
    // The n-th of a hundred persons does n steps.
    let event = |person: u64, step: u64| EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &(person * 1_000 + step).to_be_bytes()),
        event: format!("step {step}"),
        timestamp: start + Duration::minutes((person + step) as i64),
        distinct_id: format!("visitor {person}"),
        session_id: None,
        properties: vec![],
    };
    let events = (1..=100).flat_map(|person| (0..person).map(move |step| event(person, step)));
    let engine = engine_of(folder.path(), events.collect(), clock()).await;
    for order in ["ordered", "strict", "unordered"] {
        let series: Vec<Value> = (0..100).map(|step| json!({"event": format!("step {step}")})).collect();
        let query = json!({
            "kind": "FunnelsQuery", "dateRange": {"date_from": "all"}, "series": series,
            "funnelsFilter": {"funnelOrderType": order},
        });
        let query: FunnelsQuery = serde_json::from_value(query).unwrap();
        let answer = engine.funnels(&project(), &query, &clock(), &Progress::ignore()).await;
        let answer = answer.unwrap();
        let counts: Vec<u64> = answer.results.steps().map(|step| step.count).collect();
        assert_eq!(counts, (1..=100).rev().collect::<Vec<u64>>());
    }
}

#[tokio::test]
async fn what_is_no_funnel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let step = json!({"event": "pay"});
    let cases = [
        (json!({"series": [step]}), "a funnel has 2 to 100 steps, this one has 1"),
        (json!({"series": vec![step.clone(); 101]}), "this one has 101"),
        (json!({"series": [step, {"event": "payed"}]}), "unknown event \"payed\""), // typos: on purpose
        (
            json!({"series": [step, {"event": "pay", "math": "dau"}]}),
            "step 2 has the math dau, and a funnel counts persons",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelWindowInterval": 0}}),
            "funnelWindowInterval goes from 1 to 10000, not 0",
        ),
        (
            json!({"series": [{"event": "pay", "optionalInFunnel": true}, step]}),
            "the first step of a funnel can't be optional",
        ),
        (
            json!({"series": [step, {"event": "pay", "optionalInFunnel": true}],
                "funnelsFilter": {"funnelOrderType": "unordered"}}),
            "an unordered funnel has no optional steps",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"exclusions": [
                {"event": "invite", "funnelFromStep": 1, "funnelToStep": 1}]}}),
            "exclusion 1 goes from step 1 to step 1 of 0 to 1",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"exclusions": [
                {"event": "pay", "funnelFromStep": 0, "funnelToStep": 1}]}}),
            "exclusion 1 is step 0, which it would always find",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"exclusions": [
                {"event": "payed", "funnelFromStep": 0, "funnelToStep": 1}]}}), // typos: on purpose
            "unknown event \"payed\"", // typos: on purpose
        ),
        (
            json!({"series": [step, step, step], "funnelsFilter": {"funnelOrderType": "unordered", "exclusions": [
                {"event": "invite", "funnelFromStep": 0, "funnelToStep": 1}]}}),
            "exclusion 1 is between some steps only, and the funnel is unordered",
        ),
        (
            json!({"series": [step, {"event": "invite", "optionalInFunnel": true}, step], "funnelsFilter": {
                "exclusions": [{"event": "sign up", "funnelFromStep": 0, "funnelToStep": 1}]}}),
            "begins or ends with step 1, which is optional",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"breakdownAttributionType": "step"}}),
            "breakdownAttributionType step needs breakdownAttributionValue",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {
                "breakdownAttributionType": "step", "breakdownAttributionValue": 2}}),
            "breakdownAttributionValue is a step from 0 to 1, not 2",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"breakdownAttributionValue": 1}}),
            "breakdownAttributionValue is for breakdownAttributionType step",
        ),
        (
            json!({"series": [step, step], "interval": "day"}),
            "interval is for the funnelVizType trends",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"binCount": 3}}),
            "binCount is for the funnelVizType time_to_convert",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelVizType": "time_to_convert", "binCount": 91}}),
            "binCount goes from 1 to 90",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelFromStep": 0}}),
            "funnelFromStep is for the funnelVizType time_to_convert or trends",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelVizType": "trends", "funnelToStep": 2}}),
            "funnelFromStep 0 and funnelToStep 2 are no steps of 0 to 1",
        ),
        (
            json!({"series": [step, step], "breakdownFilter": {"breakdown": "plan"},
                "funnelsFilter": {"funnelVizType": "time_to_convert"}}),
            "the view time_to_convert has no breakdown",
        ),
        (
            json!({"series": [step, step], "funnelsFilter": {"funnelVizType": "trends", "funnelOrderType": "unordered",
                "exclusions": [{"event": "invite", "funnelFromStep": 0, "funnelToStep": 1}]}}),
            "the view trends of an unordered funnel knows no exclusions",
        ),
        (
            json!({"series": [step, step], "dateRange": {"date_from": "2013-01-01"}}),
            "there is no data from 2013-01-01",
        ),
    ];
    for (mut query, said) in cases {
        query["kind"] = json!("FunnelsQuery");
        query["dateRange"] = match query["dateRange"].take() {
            Value::Null => json!({"date_from": "all"}),
            range => range,
        };
        let query: FunnelsQuery = serde_json::from_value(query).unwrap();
        let progress = hedgerow_data_api::Progress::ignore();
        let error = engine
            .funnels(&project(), &query, &clock(), &progress)
            .await
            .unwrap_err();
        assert!(error.message().contains(said), "{}", error.message());
    }
}

#[tokio::test]
async fn nobody_is_said_and_plans_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let query = json!({
        "kind": "FunnelsQuery", "dateRange": {"date_from": "all"},
        "series": [{"event": "pay", "properties": [{"key": "amount", "operator": "gt", "value": 50}]}, {"event": "pay"}],
    });
    let query: FunnelsQuery = serde_json::from_value(query).unwrap();
    let progress = hedgerow_data_api::Progress::ignore();
    let answer = engine.funnels(&project(), &query, &clock(), &progress).await.unwrap();
    assert!(
        answer.warnings.iter().any(|warning| warning.code == "no_match"),
        "{:?}",
        answer.warnings
    );
    let second = answer.results.steps().nth(1).unwrap();
    assert_eq!((second.count, second.conversion_rate), (0, None));
    assert_eq!(answer.provenance.filters, ["step 1: amount is greater than 50"]);
    let plan = engine
        .plan(&project(), &TypedQuery::Funnels(query), &clock())
        .await
        .unwrap();
    assert!(plan.contains("funnel("), "{plan}");
    let list = TypedQuery::Events(EventsQuery::default());
    let refused = engine.plan(&project(), &list, &clock()).await.unwrap_err();
    assert_eq!(refused.message(), "a list has no single plan to show");
}
