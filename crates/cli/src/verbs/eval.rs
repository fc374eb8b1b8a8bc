//! `eval`: the questions of a benchmark.

use hedgerow_app::eval::{CaseResult, EvalSummary, Verdict, VerdictChange, compare, read_suites, read_summaries};
use hedgerow_errors::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::VerbContext;
use crate::args::{EvalArgs, Globals};
use crate::exit;

pub(super) async fn run(args: EvalArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    if let Some(percent) = args.fail_under
        && !(0.0..=100.0).contains(&percent)
    {
        return Err(Error::invalid(format!(
            "--fail-under {percent} is no percentage from 0 to 100"
        )));
    }
    let suites = read_suites(&ctx.app.registry(None), &ctx.path(&args.evals), &args.suites)?;
    if suites.is_empty() {
        return Err(Error::invalid(format!(
            "there are no suites in {}",
            args.evals.display()
        )));
    }
    let earlier = args
        .against
        .as_ref()
        .map(|path| read_summaries(&ctx.path(path)))
        .transpose()?
        .unwrap_or_default();
    let mut code = exit::DONE;
    for suite in &suites {
        let asked = AtomicUsize::new(0);
        let done = |total: usize, case: &CaseResult| {
            let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
            ctx.printer.note(&case_line(number, total, case));
        };
        let mut summary = ctx.app.run_eval(suite, args.model.as_deref(), &done).await?;
        if let Some(before) = earlier.iter().find(|before| before.suite == summary.suite) {
            summary.changed = compare(before, &summary).changed;
            for change in &summary.changed {
                ctx.printer.note(&change_line(change));
            }
        } else if args.against.is_some() {
            ctx.printer
                .note(&format!("the earlier run has no suite {}", summary.suite));
        }
        ctx.app.keep_eval(&summary);
        print(&summary, globals, ctx)?;
        let too_few = args.fail_under.is_some_and(|percent| summary.percent_right() < percent);
        if summary.wrong > 0 || too_few || summary.is_below_bar() || summary.changed.iter().any(VerdictChange::is_worse)
        {
            code = exit::FAILED;
        }
    }
    Ok(code)
}

fn case_line(number: usize, total: usize, case: &CaseResult) -> String {
    let reason = case
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!("{number:>3}/{total} {:<13} {}{reason}", case.verdict.as_str(), case.id)
}

fn change_line(change: &VerdictChange) -> String {
    let word = |verdict: Option<Verdict>| verdict.map_or("absent", Verdict::as_str);
    format!(
        "changed: {} was {}, is {}",
        change.id,
        word(change.before),
        word(change.now)
    )
}

/// The summary: one line of text, or of JSON.
fn print(summary: &EvalSummary, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    if globals.json {
        return ctx.printer.json(summary);
    }
    let EvalSummary {
        suite,
        model,
        right,
        wrong,
        missed,
        refused_right,
        answerable,
        total,
        ..
    } = summary;
    let unanswerable = total - answerable;
    ctx.printer.line(&format!(
        "{suite} ({model}): {right} of {answerable} right, {refused_right} of {unanswerable} refused as they should be, \
         {missed} missed, {wrong} wrong"
    ))
}
