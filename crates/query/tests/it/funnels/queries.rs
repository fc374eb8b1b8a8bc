//! Random funnels.

use hedgerow_data_api::{FunnelView, FunnelsQuery};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::NAMES;

fn filter() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!([])),
        1 => Just(json!([{"key": "plan", "value": "pro"}])),
        1 => Just(json!([{"key": "plan", "operator": "is_not", "value": "free"}])),
        1 => (0..4i64).prop_map(|amount| json!([{"key": "amount", "operator": "gt", "value": amount}])),
    ]
}

fn window() -> impl Strategy<Value = (u32, &'static str)> {
    prop_oneof![
        (1..60u32).prop_map(|units| (units, "hour")),
        (1..5u32).prop_map(|units| (units, "day")),
        Just((1, "month")),
    ]
}

fn range() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"date_from": "all"})),
        Just(json!({"date_from": "2012-02-28", "date_to": "2012-02-29"})),
    ]
}

fn breakdown() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(Value::Null),
        1 => Just(json!({"breakdown": "plan"})),
        1 => (1..4u32).prop_map(|limit| json!({"breakdown": "amount", "breakdown_limit": limit})),
    ]
}

/// Funnels of one order or the other by steps, as most are.
pub(super) fn query() -> impl Strategy<Value = FunnelsQuery> {
    let event = prop_oneof![
        4 => (0..4usize).prop_map(|name| json!(NAMES[name])),
        1 => Just(Value::Null),
    ];
    let node = (event, filter()).prop_map(|(event, properties)| json!({"event": event, "properties": properties}));
    let breakdown = (breakdown(), prop_oneof![Just("first_touch"), Just("last_touch")]);
    (
        prop::collection::vec(node, 2..5),
        filter(),
        window(),
        prop_oneof![Just("ordered"), Just("strict")],
        range(),
        breakdown,
    )
        .prop_map(
            |(series, properties, (units, unit), order, range, (breakdown, attribution))| {
                let filter = json!({
                    "funnelOrderType": order, "funnelWindowInterval": units, "funnelWindowIntervalUnit": unit,
                    "breakdownAttributionType": attribution,
                });
                let mut query = json!({
                    "kind": "FunnelsQuery", "series": series, "properties": properties, "dateRange": range,
                    "funnelsFilter": filter,
                });
                if !breakdown.is_null() {
                    query["breakdownFilter"] = breakdown;
                }
                serde_json::from_value(query).unwrap()
            },
        )
}

fn steps() -> impl Strategy<Value = Vec<Value>> {
    let event = prop_oneof![
        5 => (0..4usize).prop_map(|name| json!(NAMES[name])),
        1 => Just(Value::Null),
    ];
    let node = (event, filter()).prop_map(|(event, properties)| json!({"event": event, "properties": properties}));
    prop::collection::vec(node, 2..5)
}

/// Exclusions that are like no step.
fn exclusions() -> impl Strategy<Value = Vec<Value>> {
    let event = prop_oneof![2 => (0..4usize).prop_map(|name| json!(NAMES[name])), 1 => Just(Value::Null)];
    let exclusion = (event, 1..4i64, 0..4usize, 0..4usize).prop_map(|(event, amount, from, to)| {
        let properties = json!([{"key": "amount", "operator": "lt", "value": amount}]);
        json!({"event": event, "properties": properties, "funnelFromStep": from, "funnelToStep": to})
    });
    prop_oneof![1 => Just(vec![]), 1 => prop::collection::vec(exclusion, 1..3)]
}

/// How the steps of a funnel follow each other: an order, which steps are optional, and exclusions.
fn rules() -> impl Strategy<Value = (&'static str, u8, Vec<Value>)> {
    let order = prop_oneof![Just("ordered"), Just("strict"), Just("unordered")];
    let optional = prop_oneof![1 => Just(0_u8), 1 => 0..16_u8];
    (order, optional, exclusions())
}

/// A breakdown with its attribution and the step of that.
fn any_breakdown() -> impl Strategy<Value = (Value, &'static str, usize)> {
    let attribution = prop_oneof![
        1 => Just("first_touch"),
        1 => Just("last_touch"),
        2 => Just("all_events"),
        2 => Just("step"),
    ];
    (breakdown(), attribution, 0..4usize)
}

/// Funnels of all kinds in a view.
pub(crate) fn any_query(view: FunnelView) -> impl Strategy<Value = FunnelsQuery> {
    let span = (0..4usize, 0..4usize);
    let interval = prop_oneof![3 => Just("day"), 1 => Just("hour"), 1 => Just("week")];
    let more = (
        any_breakdown(),
        prop::option::of(span),
        interval,
        prop::option::of(1..20u32),
    );
    (steps(), filter(), window(), range(), rules(), more).prop_map(
        move |(mut series, properties, (units, unit), range, (order, optional, exclusions), more)| {
            let ((breakdown, attribution, value), span, interval, bins) = more;
            let last = series.len() - 1;
            let is_unordered = order == "unordered";
            let is_optional = |step: usize| !is_unordered && step > 0 && optional >> step & 1 == 1;
            for (step, node) in series.iter_mut().enumerate() {
                if is_optional(step) {
                    node["optionalInFunnel"] = json!(true);
                }
            }
            let mut settings = json!({
                "funnelVizType": view, "funnelOrderType": order, "funnelWindowInterval": units,
                "funnelWindowIntervalUnit": unit,
            });
            let fits = |from: usize, to: usize| from < to && to <= last && !is_optional(from) && !is_optional(to);
            let mut own = exclusions;
            for exclusion in own.iter_mut().filter(|_| is_unordered) {
                (exclusion["funnelFromStep"], exclusion["funnelToStep"]) = (json!(0), json!(last));
            }
            let place = |exclusion: &Value, field: &str| exclusion[field].as_u64().unwrap() as usize;
            own.retain(|exclusion| fits(place(exclusion, "funnelFromStep"), place(exclusion, "funnelToStep")));
            if !(is_unordered && view == FunnelView::Trends) {
                settings["exclusions"] = json!(own);
            }
            let mut query = json!({"kind": "FunnelsQuery", "properties": properties, "dateRange": range});
            if view != FunnelView::Steps {
                let span = span.filter(|(from, to)| fits(*from, *to));
                let required = (1..=last).rev().find(|step| !is_optional(*step));
                let (from, to) = match (span, required) {
                    (Some(span), _) => span,
                    (None, Some(required)) => (0, required),
                    // There is always one step that can't be left out.
                    (None, None) => {
                        series[last]["optionalInFunnel"] = json!(false);
                        (0, last)
                    }
                };
                (settings["funnelFromStep"], settings["funnelToStep"]) = (json!(from), json!(to));
            }
            match view {
                FunnelView::TimeToConvert => settings["binCount"] = json!(bins),
                FunnelView::Trends => query["interval"] = json!(interval),
                FunnelView::Steps => {}
            }
            if view != FunnelView::TimeToConvert && !breakdown.is_null() {
                settings["breakdownAttributionType"] = json!(attribution);
                if attribution == "step" {
                    settings["breakdownAttributionValue"] = json!(value.min(last));
                }
                query["breakdownFilter"] = breakdown;
            }
            query["series"] = json!(series);
            query["funnelsFilter"] = settings;
            serde_json::from_value(query).unwrap()
        },
    )
}
