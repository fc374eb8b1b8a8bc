//! `ask`: a question in plain words.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use hedgerow_agent_api::{
    AwaitReason, CallState, FigureStatus, ObjectChange, PageContext, ResultSnapshot, RunEvent, RunEventKind, Surface,
    Thread,
};
use hedgerow_app::{AskInput, AskOutcome, AskReport, cited_results};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{CallId, ProjectId, RunId};

use super::{VerbContext, change_diff, shown};
use crate::args::{AskArgs, Globals};
use crate::{chart, exit};

/// A call that takes longer shows its progress.
const SLOW: Duration = Duration::from_secs(2);

pub(super) async fn run(args: AskArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = project(&args, globals, ctx).await?;
    let mut input = AskInput::new(project, &args.question, Surface::Cli);
    input.model = args.model;
    input.modes = args.modes;
    input.continues = args.continues;
    input.context = contexts(&args.context)?;
    ask(input, globals.json, ctx).await
}

/// The contexts: each a JSON object, or a list of them.
fn contexts(given: &[String]) -> Result<Vec<PageContext>> {
    let mut contexts = Vec::new();
    for text in given {
        let read = if text.trim_start().starts_with('[') {
            serde_json::from_str::<Vec<PageContext>>(text)
        } else {
            serde_json::from_str(text).map(|context| vec![context])
        };
        contexts.extend(read.map_err(|error| {
            Error::invalid(format!("--context is no context: {error}")).with_hint(
                r#"for example {"tool": "make_filters", "description": "the list of events", "data": {"list": "events"}}"#,
            )
        })?);
    }
    Ok(contexts)
}

/// A run that goes on from another stays in its project, unless another one is named.
async fn project(args: &AskArgs, globals: &Globals, ctx: &VerbContext) -> Result<ProjectId> {
    if let (Some(previous), None) = (args.continues, &globals.project)
        && let Some(project) = ctx.app.run_thread(previous).await?.project
    {
        return Ok(project);
    }
    globals.project()
}

/// Asks, shows what happens, prints the answer. Gives back the exit code of the outcome.
pub(super) async fn ask(input: AskInput, json: bool, ctx: &VerbContext) -> Result<i32> {
    let run_id = ctx.app.start_run(input).await?;
    let thread = follow(run_id, !json, ctx).await?;
    let report =
        AskReport::of(&thread).ok_or_else(|| Error::internal(format!("the events of run {run_id} ended early")))?;
    if json {
        ctx.printer.json(&report)?;
    } else {
        print(&report, &thread, ctx)?;
    }
    Ok(match report.outcome {
        AskOutcome::Answered => exit::DONE,
        AskOutcome::Refused => exit::REFUSED,
        AskOutcome::Asked => exit::ASKED,
        AskOutcome::Failed => exit::FAILED,
        AskOutcome::Cancelled => exit::CANCELLED,
    })
}

/// Follows a run to its end. Being stopped cancels the run, and then its end is awaited, too.
async fn follow(run_id: RunId, live: bool, ctx: &VerbContext) -> Result<Thread> {
    let mut events = ctx.app.follow_run(run_id, 0).await?;
    let mut thread = Thread::default();
    let mut stopping = false;
    let registry = ctx.app.registry(ctx.app.run_thread(run_id).await?.project.as_ref());
    let known = |tool: &str| registry.tool(tool).is_ok();
    let mut begun: HashMap<CallId, Instant> = HashMap::new();
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { return Ok(thread) };
                let event = event?;
                thread.apply(&event);
                if let RunEventKind::CallStarted { call_id, .. } = &event.kind {
                    begun.insert(*call_id, Instant::now());
                }
                let is_slow = |call: &CallId| begun.get(call).is_some_and(|begun| begun.elapsed() >= SLOW);
                if live && let RunEventKind::CallProgress { call_id, fraction, note } = &event.kind && is_slow(call_id) {
                    ctx.printer.note(&format!("· {note} ({:.0} %)", fraction * 100.0));
                }
                if live && let Some(line) = status(&event, &thread, &known) {
                    ctx.printer.note(&line);
                }
            }
            () = ctx.cancel.cancelled(), if !stopping => {
                stopping = true;
                ctx.app.cancel_run(run_id).await?;
            }
        }
    }
}

/// The line that a run event is worth. The model's own words are worth none, be it as the name of a
/// tool: they are shown once their figures are bound.
fn status(event: &RunEvent, thread: &Thread, known: &dyn Fn(&str) -> bool) -> Option<String> {
    match &event.kind {
        RunEventKind::CallStarted { title, tool, .. } if known(tool) => Some(format!("· {title}")),
        RunEventKind::CallFinished { call_id, title, ms, .. } => {
            let call = thread.calls.iter().find(|call| call.call_id == *call_id)?;
            Some(match &call.error {
                None if call.state == CallState::Ok => format!("✓ {title}{}", shown::duration(*ms)),
                None => format!("✗ {title}"),
                Some(error) if known(&call.tool) => format!("✗ {}: {}", call.tool, error.message),
                Some(_) => "✗ The model called a tool that does not exist".to_owned(),
            })
        }
        RunEventKind::RepairRequested { .. } => Some("· Checking the answer's figures again".to_owned()),
        _ => None,
    }
}

fn print(report: &AskReport, thread: &Thread, ctx: &VerbContext) -> Result<()> {
    let printer = &ctx.printer;
    match (&thread.answer, &report.question) {
        (Some(answer), _) => printer.line(&shown::answer(answer))?,
        (None, Some(question)) => {
            printer.line(&question.question)?;
            for option in &question.options {
                printer.line(&format!("  - {option}"))?;
            }
            for line in change_diff::of_changes(awaited(thread))
                .into_iter()
                .chain(doubts(thread))
            {
                printer.line(&line)?;
            }
        }
        (None, None) => {}
    }
    if let Some(headline) = &report.headline {
        printer.line(&format!("\n{}", shown::headline(headline)))?;
    }
    let lines = chart_of(report, thread);
    if !lines.is_empty() {
        printer.line(&format!("\n{}", lines.join("\n")))?;
    }
    let cited = cited_results(thread);
    let computed = cited
        .iter()
        .filter_map(|result| result.provenance.as_ref())
        .map(shown::computed);
    let mut remarks: Vec<String> = Vec::new();
    for remark in shown::warnings(&report.warnings).chain(computed) {
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    if !remarks.is_empty() {
        printer.line(&format!("\n{}", remarks.join("\n")))?;
    }
    if let Some(error) = &report.error {
        printer.error(error);
    }
    printer.note(&format!("run {}", report.run_id));
    if report.outcome == AskOutcome::Asked {
        let run = report.run_id;
        printer.note(&match &thread.awaiting {
            Some(AwaitReason::Approval { .. }) => {
                format!("hint: decide with hedgerow runs approve {run}, or hedgerow runs reject {run}")
            }
            _ => format!("hint: answer with hedgerow ask --continue {run} \"...\""),
        });
    }
    Ok(())
}

/// The changes that wait for approval.
pub(super) fn awaited(thread: &Thread) -> &[ObjectChange] {
    match &thread.awaiting {
        Some(AwaitReason::Approval { changes, .. }) => changes,
        _ => &[],
    }
}

/// What whoever decides about them must know, a line each.
pub(super) fn doubts(thread: &Thread) -> Vec<String> {
    match &thread.awaiting {
        Some(AwaitReason::Approval { warnings, .. }) => shown::warnings(warnings).collect(),
        _ => Vec::new(),
    }
}

/// The chart of a result that the answer refers to: the headline's, or else the first that a verified
/// figure rests on; one with a single row only where there is no other, since it says no more than its
/// number. Figures that nothing supports get none.
fn chart_of(report: &AskReport, thread: &Thread) -> Vec<String> {
    let figures = report.headline.iter().chain(&report.figures);
    let cells = figures
        .filter(|figure| figure.status == FigureStatus::Verified)
        .flat_map(|figure| &figure.cells);
    let results = thread.results();
    let cited: Vec<(&ResultSnapshot, &str)> = cells
        .filter_map(|cell| Some((*results.get(cell.handle.as_str())?, cell.column.as_str())))
        .collect();
    let with_rows = cited.iter().find(|(result, _)| result.table.rows.len() > 1);
    with_rows
        .or(cited.first())
        .map(|(result, column)| chart_of_result(result, column))
        .unwrap_or_default()
}

/// The named column where it holds numbers, else the first that does.
fn chart_of_result(result: &ResultSnapshot, column: &str) -> Vec<String> {
    let named = chart::bars(&result.table, column);
    let measure = chart::first_measure(&result.table);
    let lines = match measure {
        Some(measure) if named.is_empty() => chart::bars(&result.table, measure),
        _ => named,
    };
    let title = std::iter::once(result.table.title.clone()).filter(|_| !lines.is_empty());
    title.chain(lines.clone()).collect()
}
