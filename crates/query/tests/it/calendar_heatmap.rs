//! Calendar heatmaps against the clocks of zones that change them, and what they refuse.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Timelike as _};
use hedgerow_data_api::{CalendarHeatmapQuery, Interval, Progress, QueryEngine, TypedQuery};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::activity::{filter, node, range};
use crate::events::{clock, engine, project};
use crate::zones::{answer, cases, in_worlds, words};

/// What a cell, a total of a weekday or an hour, or the whole counts.
type Of<'a> = &'a dyn Fn(&(usize, usize)) -> bool;

#[test]
fn heatmaps_agree_with_the_clocks() {
    in_worlds(|runtime, world| {
        let run = cases(41).run(&(words(), any::<bool>()), |(words, is_dau)| {
            let math = if is_dau { "dau" } else { "total" };
            let query = json!({"kind": "CalendarHeatmapQuery", "series": [{"event": "a", "math": math}]});
            let Some((answer, (from, to))) = answer(runtime, world, &words, Interval::Day, query) else {
                return Ok(());
            };
            let mut seen: Vec<(&str, (usize, usize))> = Vec::new();
            for event in world.events.iter().filter(|event| event.event == "a") {
                let time = world.local(event);
                if time >= from && time <= to {
                    let weekday = time.weekday().num_days_from_sunday() as usize;
                    seen.push((&event.distinct_id, (weekday, time.hour() as usize)));
                }
            }
            let number = |of: Of<'_>| {
                let found = seen.iter().filter(|(_, at)| of(at)).map(|(visitor, _)| *visitor);
                if is_dau {
                    found.collect::<BTreeSet<_>>().len()
                } else {
                    found.count()
                }
            };
            let row = |weekday: usize| {
                let cells = (0..24).map(|hour| number(&|at| *at == (weekday, hour)));
                cells.collect::<Vec<_>>()
            };
            let results = &answer["results"];
            prop_assert_eq!(&results["data"], &json!((0..7).map(row).collect::<Vec<_>>()));
            let weekdays = (0..7).map(|weekday| number(&|at| at.0 == weekday));
            prop_assert_eq!(&results["weekday_totals"], &json!(weekdays.collect::<Vec<_>>()));
            let hours = (0..24).map(|hour| number(&|at| at.1 == hour));
            prop_assert_eq!(&results["hour_totals"], &json!(hours.collect::<Vec<_>>()));
            prop_assert_eq!(&results["total"], &json!(number(&|_| true)));
            Ok(())
        });
        run.unwrap();
    });
}

pub(crate) fn query() -> impl Strategy<Value = CalendarHeatmapQuery> {
    (node(), prop::sample::select(vec!["total", "dau"]), range(), filter()).prop_map(
        |(mut node, math, range, properties)| {
            node["math"] = json!(math);
            serde_json::from_value(json!({
                "kind": "CalendarHeatmapQuery", "series": [node], "dateRange": range, "properties": properties,
            }))
            .unwrap()
        },
    )
}

#[tokio::test]
async fn what_is_no_heatmap_is_refused_and_one_says_how_it_counted() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let (project, progress) = (project(), Progress::ignore());
    let of = |series: Value| {
        let query = json!({"kind": "CalendarHeatmapQuery", "series": series, "dateRange": {"date_from": "2015-04-28"}});
        serde_json::from_value::<CalendarHeatmapQuery>(query).unwrap()
    };
    let cases = [
        (json!([]), "a calendar heatmap has one series, this one has 0"),
        (json!([{}, {}]), "this one has 2"),
        (
            json!([{"math": "unique_session"}]),
            "the math unique_session has no calendar heatmap",
        ),
        (
            json!([{"math": "sum", "math_property": "status"}]),
            "the math sum has no calendar heatmap",
        ),
        (
            json!([{"math_property": "status"}]),
            "has no meaning for the math total",
        ),
        (json!([{"event": "$pagview"}]), "unknown event"), // typos: on purpose
    ];
    for (series, said) in cases {
        let refused = engine
            .calendar_heatmap(&project, &of(series), &clock(), &progress)
            .await;
        let error = refused.unwrap_err();
        assert!(error.message().contains(said), "{error}");
    }
    let query = of(json!([{"event": "$pageview", "math": "dau"}]));
    let answer = engine
        .calendar_heatmap(&project, &query, &clock(), &progress)
        .await
        .unwrap();
    let warned: Vec<&str> = answer.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(warned, ["partial_period", "outside_data", "uneven_weekdays"]);
    assert_eq!(
        answer.warnings[2].message,
        "weekdays are not equally often in the range: Tuesday, Wednesday 4 times, \
         Sunday, Monday, Thursday, Friday, Saturday 3 times"
    );
    assert_eq!(
        answer.provenance.limits,
        [
            "weekdays and hours as clocks in UTC show them, weeks from Sunday",
            "a person counts once in each cell, in each total of a weekday or hour, and in the whole",
        ]
    );
    let plan = engine
        .plan(&project, &TypedQuery::CalendarHeatmap(query), &clock())
        .await;
    assert!(plan.unwrap().contains("tally("));
}
