//! `cargo xtask verify ...`: the claims of the documentation, checked from outside.

pub(crate) mod exec;
pub(crate) mod figures;
pub(crate) mod formats;
pub(crate) mod gate;
pub(crate) mod import;
pub(crate) mod product;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::Data;
use crate::setup;
use crate::shell::{Profile, Shell, cargo, python, root};

/// A question benchmark about the sample log, with its bar; wrong answers it may have none.
struct Suite {
    name: &'static str,
    right: u64,
    refused: u64,
}

const SUITES: [Suite; 4] = [
    Suite {
        name: "site",
        right: 32,
        refused: 12,
    },
    Suite {
        name: "site_wording",
        right: 42,
        refused: 15,
    },
    Suite {
        name: "site_direct",
        right: 36,
        refused: 12,
    },
    Suite {
        name: "site_people",
        right: 37,
        refused: 14,
    },
];

/// The truths of the question benchmarks, by a program that shares no code with the product.
pub(crate) fn truths() -> Result<()> {
    setup::python_tools()?;
    for suite in SUITES {
        Shell::new(python())
            .arg(root().join("evals/site/truth.py"))
            .arg("--check")
            .arg("--questions")
            .arg(root().join("evals").join(suite.name).join("questions.yaml"))
            .run()?;
    }
    Ok(())
}

/// The shape of both sets of labelled figure sentences.
pub(crate) fn figure_set() -> Result<()> {
    setup::python_tools()?;
    for set in ["evals/figures", "evals/figures_more"] {
        Shell::new(python())
            .arg(root().join("evals/figures/check.py"))
            .arg(root().join(set))
            .run()?;
    }
    Ok(())
}

/// Wishes for lists against the seeded world: enough trees right, none wrong.
pub(crate) fn filters(profile: Profile) -> Result<()> {
    let data = Data::with_sample(&profile.build()?)?;
    let mut missed = Vec::new();
    for suite in ["filters", "filters_more", "filters_flags"] {
        let (code, output) = data.hedgerow(&["eval", suite, "--json"]).exit_code()?;
        let report: Value = serde_json::from_str(&output).with_context(|| format!("eval --json printed {output}"))?;
        for case in report["cases"].as_array().into_iter().flatten() {
            if case["verdict"] != "right" && case["verdict"] != "refused_right" {
                println!("{}: {}: {}", case["id"], case["verdict"], case["reason"]);
            }
        }
        println!(
            "{suite}: {} of {} exact (bar {} %), {} of {} asked or refused, {} missed, {} wrong (bar 0)",
            report["right"],
            report["answerable"],
            report["bar"],
            report["refused_right"],
            report["total"].as_u64().unwrap_or(0) - report["answerable"].as_u64().unwrap_or(0),
            report["missed"],
            report["wrong"]
        );
        if code != 0 {
            missed.push(suite);
        }
    }
    if !missed.is_empty() {
        bail!("below the bar: {}", missed.join(", "));
    }
    Ok(())
}

/// Tests that carry a claim of their own, with the large counts; what they say is shown.
pub(crate) fn tests(which: &str) -> Result<()> {
    setup::python_tools()?;
    Shell::new(cargo())
        .args([
            "nextest",
            "run",
            "--workspace",
            "--success-output",
            "immediate",
            "-E",
            which,
        ])
        .env("HEDGEROW_FULL", "1")
        .run()
}

/// Query-cases that are the same by the engine, by slow models of it, and by other engines.
const QUERY_CASES: u64 = 20_000;

/// Random queries on random events: by brute force, and by `ClickHouse` and `DuckDB`.
pub(crate) fn queries() -> Result<()> {
    setup::python_tools()?;
    setup::peers()?;
    let mut cases = 0;
    Shell::new(cargo())
        .args(["nextest", "run", "--workspace", "--success-output", "immediate", "-E"])
        .arg("package(hedgerow-query) & test(agree)")
        .env("HEDGEROW_FULL", "1")
        .run_watched(|line| cases += cases_in(line))?;
    println!("{cases} query-cases without a difference (bar {QUERY_CASES})");
    if cases < QUERY_CASES {
        bail!("too few query-cases");
    }
    Ok(())
}

/// Reads what a test says of itself, e.g. `query-cases: 4000`.
fn cases_in(line: &str) -> u64 {
    let count = line.trim().strip_prefix("query-cases: ");
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// The question benchmarks against their bars: enough right, all unanswerable ones refused or asked back,
/// none wrong.
pub(crate) fn eval(profile: Profile) -> Result<()> {
    let data = Data::with_sample(&profile.build()?)?;
    let mut missed = Vec::new();
    for suite in SUITES {
        let (_, output) = data.hedgerow(&["eval", suite.name, "--json"]).exit_code()?;
        let report: Value = serde_json::from_str(&output).with_context(|| format!("eval --json printed {output}"))?;
        let number = |key: &str| {
            report[key]
                .as_u64()
                .with_context(|| format!("eval --json has no number `{key}`"))
        };
        let (right, wrong, refused) = (number("right")?, number("wrong")?, number("refused_right")?);
        for case in report["cases"].as_array().into_iter().flatten() {
            if case["verdict"] != "right" && case["verdict"] != "refused_right" {
                println!("{}: {}: {}", case["id"], case["verdict"], case["answer"]);
            }
        }
        println!(
            "{}: {right} right (bar {}), {wrong} wrong (bar 0), {refused} refused or asked back as they should be (bar {})",
            suite.name, suite.right, suite.refused
        );
        if right < suite.right || wrong > 0 || refused < suite.refused {
            missed.push(suite.name);
        }
    }
    if !missed.is_empty() {
        bail!("below the bar: {}", missed.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::cases_in;

    #[test]
    fn cases_are_read_from_what_tests_say() {
        assert_eq!(cases_in("    query-cases: 4000"), 4000);
        assert_eq!(cases_in("FunnelsQuery: 79 compared with DuckDB"), 0);
        assert_eq!(cases_in("query-cases: many"), 0);
    }
}
