//! `runs`: listed, shown, replayed, compared.

use hedgerow_agent_api::{Approval, RunEvent, RunEventKind, Surface, Thread};
use hedgerow_app::{AskInput, AskReport, FeedbackInput};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::RunId;
use serde::Serialize;
use serde_json::{Value, json};

use super::{VerbContext, ask, change_diff, objects, shown};
use crate::args::{Globals, RunsCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: RunsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        RunsCommand::List { limit } => list(limit, globals, ctx).await?,
        RunsCommand::Show { run } => {
            let thread = ctx.app.run_thread(run).await?;
            if globals.json {
                ctx.printer.json(&thread)?;
            } else {
                show(&thread, ctx)?;
            }
        }
        RunsCommand::Replay { run } => replay(run, globals, ctx).await?,
        RunsCommand::Diff { left, right } => diff(left, right, globals, ctx).await?,
        RunsCommand::Approve { run, arguments } => {
            let arguments = arguments.as_deref().map(arguments_of).transpose()?;
            return answer(run, "yes", Approval::Approve { arguments }, globals, ctx).await;
        }
        RunsCommand::Reject { run, reason } => {
            let words = reason.clone().unwrap_or_else(|| "no".to_owned());
            return answer(run, &words, Approval::Reject { reason }, globals, ctx).await;
        }
        RunsCommand::Feedback {
            run,
            rating,
            text,
            call,
        } => {
            let input = FeedbackInput {
                rating,
                text,
                call_id: call,
                figure: None,
            };
            let given = ctx.app.give_feedback(run, input).await?;
            if globals.json {
                ctx.printer.json(&given)?;
            } else {
                ctx.printer.line(&format!("kept: {} on run {run}", rating.as_str()))?;
            }
        }
        RunsCommand::Undo {
            run,
            call,
            dry_run: true,
        } => {
            let plan = ctx.app.plan_undo_run(run, call).await?;
            objects::print_plan(&plan, globals, ctx)?;
        }
        RunsCommand::Undo { run, call, .. } => {
            let undone = ctx.app.undo_run(run, call).await?;
            objects::print_undone(&undone, globals, ctx)?;
        }
    }
    Ok(exit::DONE)
}

/// Answers a run that asks for approval, and shows the run that goes on.
async fn answer(run: RunId, words: &str, approval: Approval, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let thread = ctx.app.run_thread(run).await?;
    let Some(project) = thread.project else {
        return Err(Error::internal(format!("run {run} has no project")));
    };
    let mut input = AskInput::new(project, words, Surface::Cli);
    input.continues = Some(run);
    input.approval = Some(approval);
    input.model = Some(thread.model);
    ask::ask(input, globals.json, ctx).await
}

fn arguments_of(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        Error::invalid(format!("the arguments are not JSON: {error}"))
            .with_hint("`hedgerow runs show RUN` shows the call")
    })
}

async fn list(limit: usize, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let runs = ctx.app.runs(globals.project.as_ref(), limit).await?;
    if globals.json {
        return ctx.printer.json(&json!({"data": runs}));
    }
    let mut table = TextTable::new(["run", "started", "project", "outcome", "question"]);
    for run in &runs {
        let started = run.started_at.format("%Y-%m-%d %H:%M:%S").to_string();
        table.row(&[
            json!(run.run_id),
            json!(started),
            json!(run.project),
            json!(run.status),
            json!(run.question),
        ]);
    }
    shown::table(&table, ctx)
}

fn show(thread: &Thread, ctx: &VerbContext) -> Result<()> {
    let printer = &ctx.printer;
    printer.line(&format!("> {}", thread.question))?;
    printer.line(&format!(
        "model {}, now {}, {}",
        thread.model,
        thread.now,
        word(&thread.status)
    ))?;
    for call in &thread.calls {
        let ms = shown::duration(call.ms);
        let handle = call
            .result
            .as_ref()
            .map(|result| format!(" -> {}", result.handle))
            .unwrap_or_default();
        printer.line(&format!(
            "{}: {} {}{handle}{ms}",
            word(&call.state),
            call.tool,
            call.arguments
        ))?;
        if let Some(error) = &call.error {
            printer.line(&format!("  {error}"))?;
        }
    }
    if let Some(answer) = &thread.answer {
        printer.line(&format!("\n{}", shown::answer(answer)))?;
    }
    for line in change_diff::of_changes(ask::awaited(thread))
        .into_iter()
        .chain(ask::doubts(thread))
    {
        printer.line(&line)?;
    }
    if let Some(asked) = AskReport::of(thread).and_then(|report| report.question) {
        printer.line(&format!("\nasks: {}", asked.question))?;
        for option in &asked.options {
            printer.line(&format!("  - {option}"))?;
        }
    }
    if let Some(error) = &thread.error {
        printer.line(&format!("\nfailed: {error}"))?;
    }
    for line in shown::warnings(&thread.warnings) {
        printer.line(&line)?;
    }
    Ok(())
}

async fn replay(run: RunId, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    for event in ctx.app.run_events(run, 0).await? {
        if globals.json {
            ctx.printer.json(&event)?;
        } else {
            ctx.printer.line(&event_line(&event)?)?;
        }
    }
    Ok(())
}

/// An event on one line. The model's words are left out: what they claim is unproven here.
fn event_line(event: &RunEvent) -> Result<String> {
    let kind = serde_json::to_value(&event.kind)
        .map_err(|error| Error::internal(format!("a run event is no JSON: {error}")))?;
    let detail = match &event.kind {
        RunEventKind::RunStarted { question, .. } => question.clone(),
        RunEventKind::ModeEnabled { mode, by } => format!("{mode}, by {by}"),
        RunEventKind::Replied { reply } => format!("{} calls", reply.tool_calls.len()),
        RunEventKind::CallStarted { tool, arguments, .. } => format!("{tool} {arguments}"),
        RunEventKind::CallFinished { outcome, title, ms, .. } => {
            format!("{}: {title}{}", word(outcome), shown::duration(*ms))
        }
        RunEventKind::CallProgress { note, .. } => note.clone(),
        RunEventKind::Completed { outcome, answer, .. } => format!("{}: {}", word(outcome), shown::answer(answer)),
        RunEventKind::Failed { error } => error.to_string(),
        _ => String::new(),
    };
    let kind = kind.get("kind").and_then(Value::as_str).unwrap_or_default();
    let detail = detail.replace('\n', " ");
    Ok(format!(
        "{:>4}  {}  {kind:<16}  {detail}",
        event.seq,
        event.at.format("%H:%M:%S%.3f")
    )
    .trim_end()
    .to_owned())
}

async fn diff(left: RunId, right: RunId, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let diff = ctx.app.diff_runs(left, right).await?;
    if globals.json {
        return ctx.printer.json(&diff);
    }
    if diff.changes.is_empty() {
        return ctx.printer.line("no differences");
    }
    for change in &diff.changes {
        ctx.printer
            .line(&format!("{}\n  - {}\n  + {}", change.what, change.left, change.right))?;
    }
    Ok(())
}

/// The wire name of a value without fields.
fn word(value: &impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}
