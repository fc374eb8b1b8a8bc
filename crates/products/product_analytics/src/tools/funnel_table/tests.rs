//! What a model reads of a funnel.

use hedgerow_data_api::{BREAKDOWN_NONE, BREAKDOWN_OTHER, FunnelStep, Provenance, ResolvedRange, Warning};
use hedgerow_ids::QueryId;

use super::*;

fn step(order: usize, name: &str, count: u64, first: u64) -> FunnelStep {
    FunnelStep {
        order,
        name: name.to_owned(),
        action_id: Some(name.to_owned()),
        action_type: "events".to_owned(),
        count,
        conversion_rate: (first > 0).then(|| count as f64 / first as f64 * 100.0),
        conversion_rate_from_previous: (order > 0 && first > 0).then_some(50.0),
        average_conversion_time: (order > 0).then_some(90.5),
        median_conversion_time: (order > 0).then_some(60.0),
        optional: false,
        breakdown_value: None,
    }
}

fn response(results: FunnelResults) -> FunnelsResponse {
    FunnelsResponse {
        results,
        warnings: vec![Warning::new("partial_period", "the range is not over yet")],
        provenance: Provenance {
            query_id: QueryId::new(),
            project: "site".parse().unwrap(),
            kind: "FunnelsQuery".to_owned(),
            plan_hash: String::new(),
            snapshot_id: 1,
            time_zone: "UTC".to_owned(),
            range: Some(ResolvedRange {
                date_from: "2026-01-01T00:00:00+00:00".to_owned(),
                date_to: "2026-01-31T23:59:59+00:00".to_owned(),
                partial: false,
            }),
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query: String::new(),
            memory_rows: 0,
            rows_read: 3,
            cached_at: None,
            elapsed_ms: 1,
        },
    }
}

#[test]
fn steps_are_rows_and_repeated_names_are_told_apart() {
    let steps = vec![step(0, "view", 8, 8), step(1, "pay", 4, 8), step(2, "view", 2, 8)];
    let query = json!({"kind": "FunnelsQuery", "series": [{"event": "view"}, {"event": "pay"}, {"event": "view"}]});
    let query = serde_json::from_value(query).unwrap();
    let table = table(&query, &response(FunnelResults::Steps(steps)));
    assert_eq!(
        table.title,
        "persons from view to pay to view, 2026-01-01 to 2026-01-31 UTC"
    );
    assert_eq!(
        table.preview(3),
        "row\tstep\tpersons\tconversion_rate\tfrom_previous\taverage_seconds\tmedian_seconds\n\
         0\tview (step 1)\t8\t100.0\tnone\tnone\tnone\n\
         1\tpay\t4\t50.0\t50.0\t90.5\t60.0\n\
         2\tview (step 3)\t2\t25.0\t50.0\t90.5\t60.0"
    );
}

#[test]
fn each_value_of_a_breakdown_has_its_steps() {
    let of = |value: &str| {
        let steps = [step(0, "view", 8, 8), step(1, "pay", 4, 8)];
        let steps = steps.into_iter().map(|step| FunnelStep {
            breakdown_value: Some(json!(value)),
            ..step
        });
        steps.collect::<Vec<_>>()
    };
    let query = json!({
        "kind": "FunnelsQuery", "series": [{"event": "view"}, {"event": "pay"}], "breakdownFilter": {"breakdown": "$step"},
    });
    let query = serde_json::from_value(query).unwrap();
    let table = table(
        &query,
        &response(FunnelResults::ByValue(vec![of("a"), of(BREAKDOWN_OTHER)])),
    );
    assert!(
        table.title.starts_with("persons from view to pay by step, "),
        "{}",
        table.title
    );
    assert_eq!(
        table.preview(4),
        "row\tstep\tstep_2\tpersons\tconversion_rate\tfrom_previous\taverage_seconds\tmedian_seconds\n\
         0\ta\tview\t8\t100.0\tnone\tnone\tnone\n\
         1\ta\tpay\t4\t50.0\t50.0\t90.5\t60.0\n\
         2\tOther\tview\t8\t100.0\tnone\tnone\tnone\n\
         3\tOther\tpay\t4\t50.0\t50.0\t90.5\t60.0"
    );
}

#[test]
fn steps_of_any_order_are_named_in_the_title() {
    let steps = vec![step(0, "Completed 1 step", 8, 8), step(1, "Completed 2 steps", 4, 8)];
    let query = json!({
        "kind": "FunnelsQuery", "series": [{"event": "view"}, {"event": "pay"}],
        "funnelsFilter": {"funnelOrderType": "unordered"},
    });
    let query = serde_json::from_value(query).unwrap();
    let table = table(&query, &response(FunnelResults::Steps(steps)));
    assert!(
        table.title.starts_with("persons from view and pay in any order, "),
        "{}",
        table.title
    );
}

#[test]
fn times_are_rows_of_bins_behind_the_row_of_all() {
    let query = json!({
        "kind": "FunnelsQuery", "series": [{"event": "view"}, {"event": "pay"}],
        "funnelsFilter": {"funnelVizType": "time_to_convert"},
    });
    let query = serde_json::from_value(query).unwrap();
    let times = FunnelTimes {
        bins: vec![(0, 3), (60, 1), (120, 1)],
        bin_width: 60,
        count: 5,
        average_conversion_time: Some(50.5),
        median_conversion_time: Some(40.0),
    };
    let table = table(&query, &response(FunnelResults::Times(times)));
    assert_eq!(
        table.title,
        "persons by seconds from view to pay, 2026-01-01 to 2026-01-31 UTC"
    );
    assert_eq!(
        table.preview(9),
        "row\tseconds\tpersons\taverage_seconds\tmedian_seconds\n\
         0\tall\t5\t50.5\t40.0\n\
         1\t0 to 60\t3\tnone\tnone\n\
         2\t60 to 120\t1\tnone\tnone\n\
         3\t120\t1\tnone\tnone"
    );
}

#[test]
fn trends_are_rows_of_intervals_that_say_whether_the_window_is_over() {
    let query = json!({
        "kind": "FunnelsQuery", "series": [{"event": "view"}, {"event": "pay"}], "interval": "week",
        "breakdownFilter": {"breakdown": "$week"}, "funnelsFilter": {"funnelVizType": "trends"},
    });
    let query = serde_json::from_value(query).unwrap();
    let trend = FunnelTrend {
        count: 2,
        data: vec![Some(25.0), None],
        entered: vec![4, 0],
        converted: vec![1, 0],
        window_ended: vec![true, false],
        days: vec!["2026-01-04".to_owned(), "2026-01-11".to_owned()],
        labels: vec!["4-Jan-2026".to_owned(), "11-Jan-2026".to_owned()],
        breakdown_value: Some(json!(BREAKDOWN_NONE)),
    };
    let table = table(&query, &response(FunnelResults::Trends(vec![trend])));
    assert_eq!(
        table.title,
        "share of persons from view to pay per week of entry by week, 2026-01-01 to 2026-01-31 UTC"
    );
    assert_eq!(
        table.preview(9),
        "row\tweek\tweek_2\tconversion_rate\tentered\tconverted\twindow\n\
         0\t2026-01-04\tNone\t25.0\t4\t1\tover\n\
         1\t2026-01-11\tNone\tnone\t0\t0\topen"
    );
}
