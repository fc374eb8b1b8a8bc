//! One call: from what the model asks for to what the log keeps.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hedgerow_agent_api::{
    Access, CallPreview, Decision, DynTool, Effect, ObjectChange, Progress, RunEventKind, Surface, Thread,
    ToolCallRequest, ToolContext, ToolOutput,
};
use hedgerow_data_api::Warning;
use hedgerow_errors::{Code, Error, Result, Retry, did_you_mean};
use hedgerow_ids::CallId;
use serde_json::Value;
use tokio::time::Instant;

use crate::supervisor::Run;

/// How often progress is recorded at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// What stands for the title of a tool that nobody installed.
const NO_TOOL: &str = "A tool that does not exist";
/// How long the loop waits before it tries a call again.
const BACKOFF: Duration = Duration::from_millis(200);

/// A call that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    /// Its id where it has one: it was started before a restart, or approved by the user.
    pub(crate) call_id: Option<CallId>,
    /// What the user agreed to.
    pub(crate) approved: Option<Approved>,
    /// What the model asked for.
    pub(crate) request: ToolCallRequest,
}

/// What a person agreed to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Approved {
    /// The effect that was asked about.
    pub(crate) effect: Effect,
    /// The changes that were shown; absent where the person wrote the arguments.
    pub(crate) changes: Option<Vec<ObjectChange>>,
}

impl Approved {
    fn covers(&self, effect: Effect, changes: &[ObjectChange]) -> bool {
        match &self.changes {
            Some(shown) => effect == self.effect && do_the_same(shown, changes),
            None => effect <= self.effect,
        }
    }
}

/// Whether two plans do the same.
pub(crate) fn do_the_same(left: &[ObjectChange], right: &[ObjectChange]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.does_the_same_as(right))
}

impl Pending {
    /// A call that the model asks for now.
    pub(crate) fn fresh(request: ToolCallRequest) -> Self {
        Self {
            call_id: None,
            approved: None,
            request,
        }
    }
}

/// A call whose effect is known.
pub(crate) struct Prepared {
    pub(crate) call_id: CallId,
    /// The tool's name for people, or what stands for it: the model's own words are no title.
    pub(crate) title: Cow<'static, str>,
    pub(crate) request: ToolCallRequest,
    pub(crate) effect: Effect,
    /// The changes of objects that it is to make.
    pub(crate) changes: Vec<ObjectChange>,
    /// What whoever agrees to them must know.
    pub(crate) warnings: Vec<Warning>,
    pub(crate) plan: Plan,
}

/// What is done with a call.
pub(crate) enum Plan {
    /// It runs.
    Run(Arc<dyn DynTool>),
    /// It does not run, and the model is told why.
    Refuse(Error),
    /// A person is asked first; this is why.
    Ask(String),
}

impl Prepared {
    /// True where the call can run beside others: it only reads, or doesn't run at all.
    pub(crate) fn is_parallel(&self) -> bool {
        match self.plan {
            Plan::Run(_) => self.effect == Effect::Read,
            Plan::Refuse(_) => true,
            Plan::Ask(_) => false,
        }
    }

    /// The event that is recorded before the call runs.
    pub(crate) fn started(&self) -> RunEventKind {
        let title = match &self.plan {
            Plan::Run(tool) => tool.declaration().display.running.to_string(),
            Plan::Refuse(_) | Plan::Ask(_) => self.title.to_string(),
        };
        RunEventKind::CallStarted {
            call_id: self.call_id,
            model_call_id: self.request.id.clone(),
            tool: self.request.name.clone(),
            title,
            arguments: self.request.arguments.clone(),
            effect: self.effect,
            only_plans: matches!(&self.plan, Plan::Run(tool) if tool.only_plans()),
        }
    }
}

/// What became of a call.
pub(crate) struct Made {
    pub(crate) result: Result<ToolOutput<Value>>,
    /// True where nobody saw its end: it took too long or panicked. What it did outside is unknown.
    pub(crate) lost: bool,
    /// How often it was tried.
    pub(crate) attempts: u32,
    pub(crate) ms: u64,
}

/// Checks whether whoever started the run may make the call, validates it, computes its effect and asks the policy.
pub(crate) async fn prepare(run: &Run, thread: &Thread, pending: Pending) -> Prepared {
    let call_id = pending.call_id.unwrap_or_else(CallId::new);
    let request = pending.request;
    let known = run.registry.tool(&request.name).ok();
    let title = known.map_or(NO_TOOL.into(), |tool| tool.declaration().title.clone());
    // A call that is refused does nothing, so its effect is the mildest.
    let refused = |request, error| Prepared {
        call_id,
        title: title.clone(),
        request,
        effect: Effect::Read,
        changes: Vec::new(),
        warnings: Vec::new(),
        plan: Plan::Refuse(error),
    };
    let (tool, effect, CallPreview { changes, warnings }) = match look_ahead(run, thread, &request).await {
        Ok(ahead) => ahead,
        Err(error) => return refused(request, error),
    };
    let plan = match (
        run.policy.decide(&request.name, effect, Surface::Agent),
        pending.approved,
    ) {
        (Decision::Allow, _) => Plan::Run(tool),
        (Decision::Ask, Some(approved)) if approved.covers(effect, &changes) => Plan::Run(tool),
        (Decision::Ask, Some(_)) => Plan::Ask("what the call would do has changed since it was approved".to_owned()),
        (Decision::Ask, None) => Plan::Ask(format!(
            "the policy asks before an effect of kind {}",
            effect_name(effect)
        )),
        (Decision::Deny, _) => Plan::Refuse(
            Error::new(
                Code::Denied,
                format!("the policy denies {} the effect {}", request.name, effect_name(effect)),
            )
            .with_hint("a person can change the policy"),
        ),
    };
    Prepared {
        call_id,
        title,
        request,
        effect,
        changes,
        warnings,
        plan,
    }
}

/// The tool of a call, and what the call would do.
async fn look_ahead(
    run: &Run,
    thread: &Thread,
    request: &ToolCallRequest,
) -> Result<(Arc<dyn DynTool>, Effect, CallPreview)> {
    let tool = offered_tool(run, thread, &request.name)?;
    let access: Access = tool.declaration().access.parse()?;
    run.principal.check(&access, Some(&run.project))?;
    let ctx = context(run, Progress::ignore());
    let effect = tool.effect(&ctx, &request.arguments).await?;
    let preview = tool.preview(&ctx, &request.arguments).await?;
    Ok((tool, effect, preview))
}

fn effect_name(effect: Effect) -> String {
    serde_json::to_value(effect)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A tool that the run may call; others are refused with the way to them.
fn offered_tool(run: &Run, thread: &Thread, name: &str) -> Result<Arc<dyn DynTool>> {
    let offered = run.registry.tools_of(&thread.modes);
    if let Some(tool) = offered.iter().find(|tool| tool.declaration().name == name) {
        return Ok(Arc::clone(tool));
    }
    if let Err(hidden) = run.registry.tool(name)
        && hidden.code() == Code::Denied
    {
        return Err(hidden);
    }
    let unknown = Error::new(Code::UnknownName, format!("there is no tool {name:?} to call"));
    let modes: Vec<&str> = run
        .registry
        .modes()
        .filter(|mode| mode.tools.iter().any(|tool| tool == name))
        .map(|mode| mode.name.as_str())
        .collect();
    Err(match modes.first() {
        Some(mode) => unknown.with_hint(format!(
            "{name} comes with the mode {mode}: call enable_mode with it first"
        )),
        None => unknown.with_hint(did_you_mean(
            name,
            offered.iter().map(|tool| tool.declaration().name.as_ref()),
        )),
    })
}

fn context(run: &Run, progress: Progress) -> ToolContext {
    ToolContext {
        project: run.project.clone(),
        clock: run.tool_clock.clone(),
        surface: Surface::Agent,
        principal: run.principal.clone(),
        sees: run.sees,
        progress,
    }
}

/// Runs a call with its deadline. A failure that may pass is tried once more, after a short pause,
/// where a second try does no harm.
pub(crate) async fn execute(
    run: Arc<Run>,
    call_id: CallId,
    tool: Arc<dyn DynTool>,
    effect: Effect,
    arguments: Value,
) -> Made {
    let began = Instant::now();
    let mut attempts = 1;
    let (mut result, mut lost) = attempt(&run, call_id, &tool, arguments.clone()).await;
    if (effect.is_repeatable() || tool.only_plans())
        && result.as_ref().is_err_and(|error| error.code().retry() == Retry::Once)
    {
        tokio::time::sleep(BACKOFF).await;
        attempts = 2;
        (result, lost) = attempt(&run, call_id, &tool, arguments).await;
    }
    Made {
        result,
        lost,
        attempts,
        ms: milliseconds(began.elapsed()),
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The call's result, and whether it was given up before it came.
async fn attempt(
    run: &Run,
    call_id: CallId,
    tool: &Arc<dyn DynTool>,
    arguments: Value,
) -> (Result<ToolOutput<Value>>, bool) {
    let newest: Arc<Mutex<Option<(f64, String)>>> = Arc::default();
    let progress = {
        let newest = newest.clone();
        Progress::new(move |fraction, note| {
            *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((fraction.clamp(0.0, 1.0), note.to_owned()));
        })
    };
    let ctx = context(run, progress);
    let limit = run.limits.call_timeout;
    let mut running = std::pin::pin!(tokio::time::timeout(limit, tool.run(&ctx, arguments)));
    let mut timer = tokio::time::interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    loop {
        tokio::select! {
            biased;
            ended = &mut running => return match ended {
                Ok(result) => (result, false),
                Err(_) => (Err(out_of_time(&tool.declaration().name, limit)), true),
            },
            _ = timer.tick() => {
                let progress = newest.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((fraction, note)) = progress {
                    // Progress that can't be recorded is no reason to stop the call; its result tells.
                    let _ = run.recorder.append(vec![RunEventKind::CallProgress { call_id, fraction, note }]).await;
                }
            }
        }
    }
}

fn out_of_time(tool: &str, limit: Duration) -> Error {
    Error::new(
        Code::LimitExceeded,
        format!("{tool} took longer than {} s", limit.as_secs()),
    )
    .with_hint("ask for less at once, e.g. a shorter period or fewer breakdown values")
}
