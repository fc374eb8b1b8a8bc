//! `cargo xtask bench thread`: speed and memory with a made log of one million requests.

pub(crate) mod query;
pub(crate) mod size;
pub(crate) mod values;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::made_log::{self, Size};
use crate::server::{Data, PROJECT, Server};
use crate::setup;
use crate::shell::{Profile, Shell, root};

const REQUESTS: u64 = 1_000_000;
const DAYS: u32 = 30;
const TIMES: usize = 20;
const QUERY_MS: f64 = 100.0;
const PAGE_MS: f64 = 300.0;
const MEMORY_MB: f64 = 150.0;

/// Measures and prints everything, then fails if something missed its bar.
pub(crate) fn run(profile: Profile) -> Result<()> {
    let newest_duckdb = setup::newest_duckdb()?;
    let hedgerow = profile.build()?;
    let log = made_log::write(Size::Lines(REQUESTS), DAYS)?;
    let data = Data::empty(&hedgerow)?;
    let import = data.import(&log.path)?;
    println!(
        "import: {:.1} s, peak RSS {:.0} MB",
        import.elapsed.as_secs_f64(),
        import.peak_mb
    );

    // A first start and a clean stop, so that the second finds the folder as a stop leaves it.
    Server::start(&data, &[])?.stop()?;
    let server = Server::start(&data, &[])?;
    let page_ms = server.first_page.as_secs_f64() * 1e3;
    one_query_of_each_kind(&server)?;
    let memory_mb = server.memory_mb()?;

    let path = format!("/api/projects/{PROJECT}/query?refresh=true");
    let query = visitors_by_browser();
    let mut times = Vec::new();
    let mut answer = Value::Null;
    for _ in 0..TIMES {
        let start = Instant::now();
        answer = server.post_json(&path, &query)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    server.stop()?;
    let (p50, slowest) = median(&mut times)?;

    let script = root().join("xtask/src/bench_duckdb.py");
    let files = data.project_folder().join("data");
    let duckdb = Shell::new(newest_duckdb)
        .arg(script)
        .arg(files)
        .arg(TIMES.to_string())
        .output()?;
    let duckdb: Value = serde_json::from_str(&duckdb)?;
    let duckdb_p50 = duckdb["p50_ms"].as_f64().context("DuckDB's time is missing")?;

    println!("daily unique visitors by browser, {REQUESTS} requests, {TIMES} times, no result cache:");
    println!("  hedgerow over HTTP    p50 {p50:.1} ms, slowest {slowest:.1} ms (bar: p50 below {QUERY_MS} ms)");
    println!(
        "  DuckDB {} in process  p50 {duckdb_p50:.1} ms; ratio {:.2}",
        duckdb["version"],
        p50 / duckdb_p50
    );
    println!("serve: first page after {page_ms:.0} ms (bar {PAGE_MS} ms)");
    println!("serve: {memory_mb:.0} MB after one query of each kind (bar {MEMORY_MB} MB)");

    let (own_sum, duckdb_sum) = (sum(&answer)?, duckdb["visitors"].as_u64());
    if Some(own_sum) != duckdb_sum {
        bail!("the visitors of all days and browsers add up to {own_sum}, in DuckDB to {duckdb_sum:?}");
    }
    let bars = [
        ("query", p50, QUERY_MS),
        ("first page", page_ms, PAGE_MS),
        ("memory", memory_mb, MEMORY_MB),
    ];
    let missed: Vec<&str> = bars
        .iter()
        .filter(|(_, got, bar)| got >= bar)
        .map(|(name, ..)| *name)
        .collect();
    if !missed.is_empty() {
        bail!("missed: {}", missed.join(", "));
    }
    Ok(())
}

fn visitors_by_browser() -> Value {
    json!({
        "series": [{"event": null, "math": "dau"}],
        "interval": "day",
        "dateRange": {"date_from": "2026-04-01", "date_to": "2026-04-30"},
        "breakdownFilter": {"breakdown": "$browser"},
    })
}

/// Events, visitors and sessions, as series and as totals, filtered, SQL, taxonomy, and a question.
fn one_query_of_each_kind(server: &Server) -> Result<()> {
    let project = format!("/api/projects/{PROJECT}");
    let range = json!({"date_from": "2026-04-01", "date_to": "2026-04-30"});
    for math in ["total", "dau", "unique_session"] {
        for display in ["ActionsLineGraph", "BoldNumber"] {
            let query = json!({
                "series": [{"event": "$pageview", "math": math}],
                "dateRange": range,
                "trendsFilter": {"display": display},
            });
            server.post_json(&format!("{project}/query"), &query)?;
        }
    }
    let filtered = json!({
        "series": [{"event": null}],
        "dateRange": range,
        "properties": [{"key": "status", "value": 404, "operator": "exact"}],
    });
    server.post_json(&format!("{project}/query"), &filtered)?;
    server.post_json(&format!("{project}/query"), &visitors_by_browser())?;
    let sql = json!({"query": "SELECT event, count(*) AS events FROM events GROUP BY event"});
    server.post_json(&format!("{project}/sql"), &sql)?;
    server.get_json(&format!("{project}/taxonomy"))?;
    let question = json!({"question": "How many page views were there in April 2026?"});
    let (thread, _) = server.ask(&question)?;
    if thread["status"] != "answered" {
        bail!("the question was not answered: {thread}");
    }
    Ok(())
}

/// The median and the largest.
fn median(times: &mut [f64]) -> Result<(f64, f64)> {
    times.sort_by(f64::total_cmp);
    let slowest = times.last().context("nothing was measured")?;
    let middle = times.len() / 2;
    let p50 = if times.len().is_multiple_of(2) {
        (times[middle - 1] + times[middle]) / 2.0
    } else {
        times[middle]
    };
    Ok((p50, *slowest))
}

fn sum(answer: &Value) -> Result<u64> {
    let results = answer["results"].as_array().context("the query has no results")?;
    Ok(results.iter().filter_map(|series| series["count"].as_u64()).sum())
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]).unwrap(), (2.0, 3.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]).unwrap(), (2.5, 4.0));
        assert!(median(&mut []).is_err());
    }
}
