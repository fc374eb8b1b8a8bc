//! Words that a measure's own name says, and numbers and ranks that several rows share.

use hedgerow_agent_api::{FigureStatus, ResultSnapshot};
use hedgerow_data_api::Unit;
use serde_json::json;

use super::selections::{VIEWS, result};
use super::unique::{by_page, hold};
use crate::figures::{Given, bind};

/// One number of a statement.
fn stated(alias: &str, aggregate: &str) -> [ResultSnapshot; 1] {
    let mut made = result("SqlQuery", &[], &[(alias, alias, Unit::None)], &[vec![json!(445)]]);
    if let Some(provenance) = &mut made.provenance {
        provenance.query = format!("SELECT {aggregate} AS {alias} FROM events");
    }
    [made]
}

#[test]
fn measure_may_say_how_it_was_computed() {
    let cases = [
        (
            "median_bytes",
            "median(bytes)",
            "The median response size was {{r1[0].median_bytes}} bytes.",
        ),
        (
            "avg_bytes",
            "avg(bytes)",
            "On average a response had {{r1[0].avg_bytes}} bytes.",
        ),
        (
            "avg_bytes",
            "avg(bytes)",
            "The mean response had {{r1[0].avg_bytes}} bytes.",
        ),
        (
            "largest",
            "max(bytes)",
            "The largest response had {{r1[0].largest}} bytes.",
        ),
        (
            "max_bytes",
            "max(bytes)",
            "The largest response had {{r1[0].max_bytes}} bytes.",
        ),
        (
            "min_bytes",
            "min(bytes)",
            "The smallest response had {{r1[0].min_bytes}} bytes.",
        ),
        (
            "total_bytes",
            "sum(bytes)",
            "In total {{r1[0].total_bytes}} bytes were sent.",
        ),
    ];
    for (alias, aggregate, text) in cases {
        hold(&stated(alias, aggregate), true, &[text]);
    }
    let cases = [
        (
            "median_bytes",
            "median(bytes)",
            "The average response had {{r1[0].median_bytes}} bytes.",
        ),
        (
            "median_bytes",
            "median(bytes)",
            "The response had {{r1[0].median_bytes}} bytes.",
        ),
        (
            "median_bytes",
            "median(bytes)",
            "The median response from Chrome had {{r1[0].median_bytes}} bytes.",
        ),
        (
            "median_bytes",
            "median(bytes)",
            "The median of the average bytes was {{r1[0].median_bytes}} bytes.",
        ),
        (
            "avg_bytes",
            "avg(bytes)",
            "The median response had {{r1[0].avg_bytes}} bytes.",
        ),
        (
            "avg_bytes",
            "avg(bytes)",
            "The average visitor had {{r1[0].avg_bytes}} requests.",
        ),
        (
            "max_bytes",
            "max(bytes)",
            "The smallest response had {{r1[0].max_bytes}} bytes.",
        ),
        (
            "max_bytes",
            "max(bytes)",
            "On average a response had {{r1[0].max_bytes}} bytes.",
        ),
        (
            "largest",
            "min(bytes)",
            "The largest response had {{r1[0].largest}} bytes.",
        ),
        (
            "largest",
            "max(duration)",
            "The largest response had {{r1[0].largest}} bytes.",
        ),
        (
            "total_bytes",
            "sum(bytes)",
            "On average {{r1[0].total_bytes}} bytes were sent.",
        ),
    ];
    for (alias, aggregate, text) in cases {
        hold(&stated(alias, aggregate), false, &[text]);
    }
}

#[test]
fn rows_may_share_a_number_and_a_rank() {
    let rows = [
        ("Chrome", 120),
        ("Firefox", 86),
        ("Mobile Safari", 86),
        ("Opera", 3),
        ("Edge", 3),
    ];
    let rows = rows.map(|(browser, count)| vec![json!(browser), json!(count)]);
    let results = [result("TrendsQuery", &["browser"], &VIEWS, &rows)];
    hold(
        &results,
        true,
        &[
            "Opera and Edge had 3 page views each.",
            "{{r1[3].browser}} and {{r1[4].browser}} had 3 page views each.",
            "{{r1[3].browser}} and {{r1[4].browser}} had {{r1[3].page_views}} page views each.",
            "Firefox and Mobile Safari share second place by page views (86 each).",
            "Firefox and Mobile Safari share second place with {{r1[1].page_views}} page views each.",
        ],
    );
    hold(
        &results,
        false,
        &[
            "Chrome and Firefox had {{r1[1].page_views}} page views each.",
            "{{r1[0].browser}} and {{r1[1].browser}} had {{r1[1].page_views}} page views each.",
            "{{r1[0].browser}} and {{r1[1].browser}} had 86 page views each.",
            "Each browser had {{r1[1].page_views}} page views.",
        ],
    );
    for text in [
        "Chrome and Firefox share second place by page views.",
        "Opera and Edge share third place by page views.",
        "Firefox and Opera share second place by page views.",
        "Firefox, Mobile Safari and Vivaldi share second place by page views.",
    ] {
        let bound = bind(text, None, &results, &Given::default());
        let verified = |figure: &hedgerow_agent_api::Figure| figure.status == FigureStatus::Verified;
        assert!(!bound.answer.figures.iter().any(verified), "{text}");
    }
    let reason = |results: &[ResultSnapshot], text: &str| bind(text, None, results, &Given::default()).problems;
    assert_eq!(
        reason(&results, "Firefox is second with {{r1[1].page_views}} page views."),
        ["\"second\" is not supported: several rows share that rank."]
    );
    let pages = by_page();
    hold(
        &pages,
        true,
        &["/pricing ranks #2 by page views with {{r1[1].page_views}}."],
    );
    assert_eq!(
        reason(&pages, "/blog ranks #2 with {{r1[2].page_views}} page views."),
        ["\"2\" is not supported: another row has that rank."]
    );
    assert_eq!(
        reason(&pages, "#2 is /pricing with {{r1[1].page_views}} page views."),
        ["\"2\" is not supported: a place is no amount; write it in words, as in \"ranks second by page views\"."]
    );
}
