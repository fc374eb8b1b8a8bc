//! The calls of a reply: reads side by side, everything else one after another.

use std::borrow::Cow;
use std::sync::Arc;

use hedgerow_agent_api::{
    Actor, AwaitReason, Control, Effect, ObjectChange, ObjectWrite, Question, ResultSnapshot, ResultView, RunEventKind,
    Thread, ToolOutcome, ToolOutput,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::CallId;
use serde_json::Value;

use crate::answer::shown_question;
use crate::call::{Made, Pending, Plan, Prepared, do_the_same, execute, prepare};
use crate::supervisor::{Run, Task};
use crate::{closing, result_text};

/// Makes the first calls that can be made together. Returns the ending if they end the run.
pub(crate) async fn make_calls(
    run: &Arc<Run>,
    thread: &Thread,
    pending: Vec<Pending>,
) -> Result<Option<Vec<RunEventKind>>> {
    check_number(run, thread)?;
    let mut batch = next_batch(run, thread, pending).await;
    if let Some(Plan::Ask(why)) = batch.first().map(|prepared| &prepared.plan) {
        let why = why.clone();
        return Ok(batch.pop().map(|prepared| vec![approval(prepared, why)]));
    }
    run.recorder
        .append(batch.iter().map(Prepared::started).collect())
        .await?;
    let mut started: Vec<Started> = batch.into_iter().map(|prepared| start(run, prepared)).collect();
    let mut fold = Fold {
        run,
        thread,
        results: thread.results().len(),
        question: None,
    };
    let mut held = Vec::new();
    // Results are recorded in the order of the calls, each as soon as those before it are: so the
    // handles are the same whichever call is faster.
    for call in &mut started {
        let made = call.made().await;
        if made.lost && !call.is_repeatable() {
            // Calls with an outside effect run alone, so there is nothing else to record.
            let why = made
                .result
                .err()
                .map_or_else(String::new, |error| error.message().to_owned());
            let thread = run.recorder.thread().await;
            return Ok(closing::lost_call(&thread, &why).map(|asking| vec![asking]));
        }
        let (kinds, changes) = fold.finished(call, made);
        if !changes.is_empty() {
            // Changing calls run alone, so nothing is held back.
            commit(run, thread, call, kinds, changes).await?;
            continue;
        }
        held.extend(kinds);
        if fold.question.is_none() {
            run.recorder.append(std::mem::take(&mut held)).await?;
        }
    }
    // A call that asks the user ends the run in the same append as its result, so that no crash
    // comes between.
    Ok(fold.question.map(|question| {
        held.push(RunEventKind::AwaitingUser {
            reason: AwaitReason::Question {
                shown: Some(shown_question(&question, thread)),
                question,
            },
        });
        held
    }))
}

/// Records the end of a call and what it changes in one transaction. Where the changes no longer fit to what
/// is there, the call has failed.
async fn commit(
    run: &Arc<Run>,
    thread: &Thread,
    call: &Started,
    kinds: Vec<RunEventKind>,
    changes: Vec<ObjectChange>,
) -> Result<()> {
    let actor = Actor::Agent {
        name: thread.person.clone().unwrap_or_default(),
        run_id: run.run_id,
        call_id: call.call_id,
    };
    let write = ObjectWrite {
        project: run.project.clone(),
        actor,
        at: run.recorder.now(),
        changes,
    };
    match run.recorder.append_with(kinds, write).await {
        Err(error) if error.code() == Code::Conflict => run.recorder.append(vec![failed(call, &error, 1, 0)]).await,
        written => written,
    }
}

fn check_number(run: &Run, thread: &Thread) -> Result<()> {
    let asked = thread.replies.last().map_or(0, |reply| reply.tool_calls.len());
    let limit = run.limits.calls_per_round;
    if asked <= limit as usize {
        return Ok(());
    }
    Err(Error::new(
        Code::LimitExceeded,
        format!("the model asked for {asked} calls in one reply, {limit} are allowed"),
    ))
}

/// The calls to make now: one that does something, or as many readers as come before such a one.
async fn next_batch(run: &Run, thread: &Thread, pending: Vec<Pending>) -> Vec<Prepared> {
    let mut batch = Vec::new();
    for pending in pending {
        let prepared = prepare(run, thread, pending).await;
        let parallel = prepared.is_parallel();
        // It is prepared again when its turn comes: its effect may depend on the calls before it.
        if !parallel && !batch.is_empty() {
            break;
        }
        batch.push(prepared);
        if !parallel {
            break;
        }
    }
    batch
}

fn approval(prepared: Prepared, why: String) -> RunEventKind {
    let Prepared {
        call_id,
        request,
        effect,
        changes,
        warnings,
        ..
    } = prepared;
    let reason = AwaitReason::Approval {
        call_id,
        tool: request.name,
        arguments: request.arguments,
        effect,
        why,
        changes,
        warnings,
    };
    RunEventKind::AwaitingUser { reason }
}

/// A call on its way.
struct Started {
    call_id: CallId,
    effect: Effect,
    /// Whether it changes nothing by itself.
    only_plans: bool,
    /// The changes that were planned.
    planned: Vec<ObjectChange>,
    /// The tool's name for people.
    title: Cow<'static, str>,
    /// The status text when done.
    done: Cow<'static, str>,
    /// How the result is shown, where the tool says so.
    view: Option<ResultView>,
    running: Running,
}

enum Running {
    Task(Task<Made>),
    Refused(Option<Error>),
}

fn start(run: &Arc<Run>, prepared: Prepared) -> Started {
    let Prepared {
        call_id,
        title,
        request,
        effect,
        changes: planned,
        plan,
        // They were said where the call was asked about, and its result says them again.
        warnings: _,
    } = prepared;
    let title_of_refused = title.clone();
    let refused = |error| Started {
        call_id,
        effect,
        only_plans: false,
        planned: Vec::new(),
        title: title_of_refused.clone(),
        done: title_of_refused,
        view: None,
        running: Running::Refused(Some(error)),
    };
    match plan {
        Plan::Run(tool) => {
            let display = &tool.declaration().display;
            let (done, view) = (display.done.clone(), display.result);
            let only_plans = tool.only_plans();
            let task = Task::spawn(execute(run.clone(), call_id, tool, effect, request.arguments));
            Started {
                call_id,
                effect,
                only_plans,
                planned,
                title,
                done,
                view,
                running: Running::Task(task),
            }
        }
        Plan::Refuse(error) => refused(error),
        Plan::Ask(why) => refused(Error::new(Code::Denied, why)),
    }
}

impl Started {
    /// Whether nothing is lost where nobody sees its end.
    fn is_repeatable(&self) -> bool {
        self.only_plans || self.effect.is_repeatable()
    }

    /// What the call changes, where that is what was planned.
    fn checked(&self, changes: &[ObjectChange]) -> Result<()> {
        if do_the_same(&self.planned, changes) {
            return Ok(());
        }
        let message = "what the call changes is not what was planned: something else changed meanwhile";
        Err(Error::new(Code::Conflict, message).with_hint("look at it again, then make the call once more"))
    }

    /// Waits for the end of the call. A panic of the tool is its failure, not the run's.
    async fn made(&mut self) -> Made {
        let result = match &mut self.running {
            Running::Task(task) => match task.join(&self.title).await {
                Ok(made) => return made,
                Err(error) => Err(error),
            },
            Running::Refused(error) => Err(error
                .take()
                .unwrap_or_else(|| Error::internal("a call was refused twice"))),
        };
        let lost = matches!(self.running, Running::Task(_));
        Made {
            result,
            lost,
            attempts: 1,
            ms: 0,
        }
    }
}

/// Turns what calls gave back into events.
struct Fold<'a> {
    run: &'a Run,
    thread: &'a Thread,
    /// Results with a handle so far.
    results: usize,
    /// What the user is to be asked.
    question: Option<Question>,
}

impl Fold<'_> {
    /// The call's end with what it asks of the loop, and what it changes.
    fn finished(&mut self, call: &Started, made: Made) -> (Vec<RunEventKind>, Vec<ObjectChange>) {
        let Made {
            result, attempts, ms, ..
        } = made;
        let checked = result.and_then(|output| {
            call.checked(&output.changes)?;
            Ok((self.controls(&output.control)?, output))
        });
        match checked {
            Ok((controls, output)) => {
                let changes = output.changes.clone();
                let mut kinds = vec![self.succeeded(call, output, ms)];
                kinds.extend(controls);
                (kinds, changes)
            }
            Err(error) => (vec![failed(call, &error, attempts, ms)], Vec::new()),
        }
    }

    fn succeeded(&mut self, call: &Started, output: ToolOutput<Value>, ms: u64) -> RunEventKind {
        let ToolOutput {
            content,
            table,
            provenance,
            warnings,
            changes,
            ..
        } = output;
        let content = result_text::of_result(&content, table.as_ref(), &warnings);
        let result = table.map(|table| {
            self.results += 1;
            let handle = format!("r{}", self.results);
            Box::new(result_text::keep(ResultSnapshot {
                handle,
                table,
                provenance,
                warnings,
                view: call.view,
            }))
        });
        let (title, outcome) = (call.done.to_string(), ToolOutcome::Ok);
        RunEventKind::CallFinished {
            call_id: call.call_id,
            outcome,
            title,
            content,
            result,
            changes,
            error: None,
            ms: Some(ms),
        }
    }

    fn controls(&mut self, controls: &[Control]) -> Result<Vec<RunEventKind>> {
        let mut kinds = Vec::new();
        for control in controls {
            match control {
                Control::EnableMode(mode) => {
                    let mode = self.run.registry.mode(mode)?.name.clone();
                    if !self.thread.modes.contains(&mode) {
                        kinds.push(RunEventKind::ModeEnabled {
                            mode,
                            by: "agent".to_owned(),
                        });
                    }
                }
                Control::SetTodo(items) => kinds.push(RunEventKind::TodoChanged { items: items.clone() }),
                Control::Ask(question) => self.question = self.question.take().or_else(|| Some(question.clone())),
            }
        }
        Ok(kinds)
    }
}

fn failed(call: &Started, error: &Error, attempts: u32, ms: u64) -> RunEventKind {
    let (title, outcome) = (format!("{} failed", call.title), ToolOutcome::Error);
    let content = result_text::of_error(error, attempts);
    let error = Some(error.report());
    RunEventKind::CallFinished {
        call_id: call.call_id,
        outcome,
        title,
        content,
        result: None,
        changes: Vec::new(),
        error,
        ms: Some(ms),
    }
}
