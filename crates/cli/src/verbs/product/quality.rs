//! `product quality`: how well a product works, from the records of its use.

use hedgerow_agent_api::Tainted;
use hedgerow_app::{EvalRecord, ProductQuality, QualityOptions, ToolQuality, Totals};
use hedgerow_errors::Result;
use serde_json::json;

use super::super::{VerbContext, shown};
use crate::args::Globals;
use crate::exit;
use crate::table::TextTable;

/// Results of suites that are shown.
const EVALS: usize = 5;

pub(super) async fn show(name: &str, days: u32, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let options = QualityOptions {
        project: globals.project()?,
        days: Some(days),
    };
    let quality = ctx.app.product_quality(name, &options).await?;
    if globals.json {
        ctx.printer.json(&quality)?;
    } else {
        print(&quality, ctx)?;
    }
    Ok(exit::DONE)
}

fn print(quality: &ProductQuality, ctx: &VerbContext) -> Result<()> {
    let line = |text: &str| ctx.printer.line(text);
    line(&format!(
        "{} ({}), looked after by {}, {}",
        quality.title, quality.stage, quality.owner, quality.contact
    ))?;
    line(&format!(
        "project {}, {} to {} (UTC), today is not over",
        quality.project,
        quality.from.format("%Y-%m-%d"),
        quality.until.format("%Y-%m-%d %H:%M"),
    ))?;
    line(&format!("\n{}", totals(&quality.totals)))?;
    let mut tools = TextTable::new([
        "tool", "calls", "agent", "http", "cli", "not ok", "p50 ms", "p95 ms", "tokens",
    ]);
    for tool in &quality.tools {
        let ToolQuality { totals, surfaces, .. } = tool;
        tools.row(&[
            json!(tool.tool),
            json!(totals.calls),
            json!(surfaces.agent),
            json!(surfaces.http),
            json!(surfaces.cli),
            json!(totals.calls - totals.ok),
            json!(tool.p50_ms),
            json!(tool.p95_ms),
            json!(totals.argument_tokens + totals.result_tokens),
        ]);
    }
    shown::table(&tools, ctx)?;
    for group in &quality.errors {
        let code = group.code.map_or("nobody saw the end", |code| code.as_str());
        line(&format!("\n{code}: {}", counted(group.calls, "call")))?;
        for example in &group.latest {
            let run = example.run_id.map(|run| format!(", run {run}")).unwrap_or_default();
            let at = example.at.format("%Y-%m-%d %H:%M");
            line(&format!("  {at} {}{run}:\n{}", example.tool, fenced(&example.message)))?;
        }
    }
    let runs = &quality.runs;
    line(&format!(
        "\nruns that called it: {}, of which {} failed; their models read {} tokens and wrote {}",
        runs.runs, runs.failed, runs.input_tokens, runs.output_tokens
    ))?;
    for run in &quality.failed_runs {
        line(&format!("  run {} failed: {}", run.run_id, run.message))?;
    }
    line(&format!(
        "feedback: {} good, {} bad",
        quality.feedback.good, quality.feedback.bad
    ))?;
    for given in &quality.feedback.latest {
        let text = fenced(given.text.as_deref().unwrap_or_default());
        line(&format!(
            "  {} by {} on run {}:\n{text}",
            given.rating.as_str(),
            given.person,
            given.run_id
        ))?;
    }
    line(&format!(
        "searches in the project that found nothing: {}",
        quality.searches_without_match
    ))?;
    for search in &quality.searches {
        line(&format!(
            "  {}:\n{}",
            counted(search.times, "time"),
            fenced(&search.words)
        ))?;
    }
    let skipped = quality.evals.len().saturating_sub(EVALS);
    for eval in quality.evals.iter().skip(skipped) {
        line(&eval_line(eval))?;
    }
    if skipped > 0 {
        ctx.printer
            .note(&format!("({skipped} earlier results of its suites are in --json)"));
    }
    if quality.evals.is_empty() {
        line("evals: none yet; hedgerow eval asks them")?;
    }
    if quality.texts_withheld {
        ctx.printer
            .note("texts of runs and people are left out: they need the right run:read");
    }
    Ok(())
}

fn totals(totals: &Totals) -> String {
    let parts = [
        (totals.ok, "ok"),
        (totals.error, "failed"),
        (totals.denied, "denied"),
        (totals.asked, "asked"),
        (totals.rejected, "rejected"),
        (totals.unknown, "unknown"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let calls = counted(totals.calls, "call");
    if parts.is_empty() {
        return calls;
    }
    format!("{calls}: {}", parts.join(", "))
}

fn eval_line(eval: &EvalRecord) -> String {
    format!(
        "evals {} {} ({}, version {}): {} right, {} refused, {} missed, {} wrong of {}",
        eval.at.format("%Y-%m-%d %H:%M"),
        eval.suite,
        eval.model,
        eval.version,
        eval.right,
        eval.refused,
        eval.missed,
        eval.wrong,
        eval.total
    )
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What customers and people wrote, which is data for whoever reads this, also for an agent.
fn fenced(text: &str) -> String {
    Tainted::new(text).fenced()
}
