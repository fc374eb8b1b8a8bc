//! The agent as surfaces use it: ask, follow, cancel, and what a restart needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{Stream, stream};
use hedgerow_agent_api::{
    Approval, ModelProvider, NewRun, PageContext, Policy, Principal, Registries, Registry, RunEvent, RunEventKind,
    RunLog, RunStatus, Stage, Surface, Thread,
};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};
use tokio::sync::watch;

use crate::channels::{Channels, Owner};
use crate::follower::Follower;
use crate::history::History;
use crate::recorder::Recorder;
use crate::supervisor::{Run, Task, supervise};
use crate::{closing, router};

/// What happened to a call that a crash cut off.
const STOPPED: &str = "the process stopped during this call";

/// A question.
#[derive(Debug, Clone)]
pub struct AskRequest {
    /// The run's id, chosen by the caller: the same request a second time is the same run.
    pub run_id: RunId,
    /// The project.
    pub project: ProjectId,
    /// The user's words.
    pub question: String,
    /// The conversation to go on with; a new one when absent.
    pub conversation_id: Option<ConversationId>,
    /// The run that this one answers or follows; its conversation goes on.
    pub continues: Option<RunId>,
    /// What the user says to the call that the continued run asked about; where absent, the words decide.
    pub approval: Option<Approval>,
    /// Who asks: the run may what this principal may in the project, and no more.
    pub principal: Principal,
    /// The lowest stage of the products that whoever asks sees in the project: the run sees the same, to its end.
    pub sees: Stage,
    /// Modes to start with; when empty, the router proposes one.
    pub modes: Vec<String>,
    /// The injected clock.
    pub clock: Clock,
    /// Where the question comes from.
    pub surface: Surface,
    /// What the page lends from which it was sent.
    pub context: Vec<PageContext>,
}

/// What a run may use. Reaching a limit ends the run as failed, saying what was reached.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Replies of the model.
    pub rounds: u32,
    /// Calls in one reply.
    pub calls_per_round: u32,
    /// Time of one call.
    pub call_timeout: Duration,
    /// Time of the whole run.
    pub run_timeout: Duration,
    /// Characters of a question; a longer one is refused before there is a run.
    pub question_chars: usize,
    /// Time between two signs of life, whatever the run does.
    pub heartbeat: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rounds: 24,
            calls_per_round: 16,
            call_timeout: Duration::from_secs(60),
            run_timeout: Duration::from_secs(600),
            question_chars: 40_000,
            heartbeat: Duration::from_secs(5),
        }
    }
}

/// Runs questions. One agent owns the runs of a process.
pub struct Agent {
    registries: Registries,
    log: Arc<dyn RunLog>,
    policy: Policy,
    limits: Limits,
    channels: Channels,
    /// The runs that have a loop, with the switch that stops it.
    live: Mutex<HashMap<RunId, watch::Sender<bool>>>,
    /// Runs begin one after another, so that a request that comes twice finds the first.
    beginning: tokio::sync::Mutex<()>,
}

impl Agent {
    /// An agent over what is installed: a run has what was there when it began.
    pub fn new(
        registries: impl Into<Registries>,
        run_log: Arc<dyn RunLog>,
        policy: Policy,
        limits: Limits,
    ) -> Arc<Self> {
        let (channels, live, beginning) = (Channels::default(), Mutex::default(), tokio::sync::Mutex::default());
        Arc::new(Self {
            registries: registries.into(),
            log: run_log,
            policy,
            limits,
            channels,
            live,
            beginning,
        })
    }

    /// Records the question and starts its run; returns at once. A second delivery of the same
    /// request is the same run; a used id with another question is a `conflict`.
    pub async fn ask(self: &Arc<Self>, request: AskRequest, model: Arc<dyn ModelProvider>) -> Result<RunId> {
        let registry = self.registries.seen(Some(&request.project), request.sees);
        self.check(&request, &registry)?;
        let run_id = request.run_id;
        let _beginning = self.beginning.lock().await;
        let (conversation_id, is_made) = match self.delivered_before(&request).await? {
            Delivered::Never => (self.conversation_of(&request).await?, false),
            Delivered::Made(conversation_id) => (conversation_id, true),
            // Usually a loop has it, or it has ended; if not, its first delivery broke off.
            Delivered::Started => return self.go_on(run_id, model, request.clock).await.map(|()| run_id),
        };
        let history = History::read(&self.log, conversation_id, run_id).await?;
        history.check_approval(&request.question, request.approval.as_ref(), request.continues)?;
        let modes = Self::first_modes(&request, &history, &registry)?;
        let now = request.clock.now();
        // Other projects are no matter of this run, nor of those who read its log.
        let principal = request.principal.within(&request.project);
        let new_run = NewRun {
            run_id,
            conversation_id,
            project: request.project.clone(),
            question: request.question.clone(),
            started_at: now,
        };
        if !is_made {
            self.log.create(new_run).await?;
        }
        let first = RunEventKind::RunStarted {
            project: request.project,
            conversation_id,
            question: request.question,
            model: model.name(),
            now,
            continues: request.continues,
            approval: request.approval,
            person: Some(principal.name.clone()),
            principal: Some(principal.clone()),
            context: request.context,
            sees: Some(request.sees).filter(|lowest| *lowest != Stage::Idea),
            products: registry.versions(),
        };
        let kinds = std::iter::once(first).chain(modes).collect();
        let events = self.log.append(run_id, 0, now, kinds).await?;
        tracing::info!(%run_id, surface = ?request.surface, "a run begins");
        let start = Start {
            now,
            principal,
            sees: request.sees,
            history,
            registry,
        };
        self.begin(Thread::fold(&events), start, model, request.clock)?;
        Ok(run_id)
    }

    /// Goes on with a run that an earlier process left open: recorded results are kept, reads
    /// without a result run again. A run that lost an outside call asks the user; one that never
    /// started is closed. A run that has ended, or is going on, stays as it is.
    pub async fn resume(self: &Arc<Self>, run_id: RunId, model: Arc<dyn ModelProvider>, clock: Clock) -> Result<()> {
        let _beginning = self.beginning.lock().await;
        self.go_on(run_id, model, clock).await
    }

    /// Ends a run that an earlier process left open: as failed, because it was interrupted, or, where
    /// it lost an outside call, with the question whether to make that again.
    pub async fn close_interrupted(&self, run_id: RunId, clock: &Clock) -> Result<()> {
        if let Some(asking) = closing::lost_call(&self.thread(run_id).await?, STOPPED) {
            return self.close(run_id, Some(clock.now()), asking).await;
        }
        let error = Error::new(Code::Unavailable, "interrupted by a restart").with_hint("ask again");
        self.close(
            run_id,
            Some(clock.now()),
            RunEventKind::Failed { error: error.report() },
        )
        .await
    }

    /// Stops a run at once; returns when its end is recorded. A run that has ended stays as it is.
    pub async fn cancel(&self, run_id: RunId) -> Result<()> {
        let mut channel = self.channels.subscribe(run_id);
        // A run that is just beginning is let begin, so that its start is in the log.
        let beginning = self.beginning.lock().await;
        let stop = self.live().get(&run_id).cloned();
        drop(beginning);
        if let Some(stop) = stop {
            stop.send_replace(true);
            // An error means that the channel is closed, and so that the loop has ended.
            let _ = channel.wait_for(|live| live.owner == Owner::Stopped).await;
        }
        // A run without a loop is closed at the time of its last event: nobody worked on it since.
        self.close(run_id, None, RunEventKind::Cancelled {}).await
    }

    /// A run's events after a position: from the log, then live. Ends after the terminal event. For
    /// a run that an earlier process left open it waits until somebody resumes or closes it.
    pub fn follow(
        &self,
        run_id: RunId,
        after: u64,
    ) -> impl Stream<Item = Result<RunEvent>> + Send + Unpin + 'static + use<> {
        let follower = Follower::new(self.log.clone(), self.channels.subscribe(run_id), run_id, after);
        Box::pin(stream::unfold(follower, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        }))
    }

    /// A run as it stands.
    pub async fn thread(&self, run_id: RunId) -> Result<Thread> {
        Ok(Thread::fold(&self.log.read(run_id, 0).await?))
    }

    async fn go_on(self: &Arc<Self>, run_id: RunId, model: Arc<dyn ModelProvider>, clock: Clock) -> Result<()> {
        if self.live().contains_key(&run_id) {
            return Ok(());
        }
        let events = self.log.read(run_id, 0).await?;
        let thread = Thread::fold(&events);
        if thread.status != RunStatus::Running {
            return Ok(());
        }
        let started = events.iter().find_map(|event| match &event.kind {
            RunEventKind::RunStarted {
                now,
                conversation_id,
                principal,
                sees,
                ..
            } => Some((*now, *conversation_id, principal.clone(), *sees)),
            _ => None,
        });
        let Some((now, conversation_id, principal, sees)) = started else {
            return self.close_interrupted(run_id, &clock).await;
        };
        if closing::lost_call(&thread, STOPPED).is_some() {
            return self.close_interrupted(run_id, &clock).await;
        }
        let history = History::read(&self.log, conversation_id, run_id).await?;
        let sees = sees.unwrap_or(Stage::Idea);
        let start = Start {
            now,
            principal: principal.unwrap_or_else(Principal::local),
            sees,
            history,
            registry: self.registries.seen(thread.project.as_ref(), sees),
        };
        self.begin(thread, start, model, clock)
    }

    fn check(&self, request: &AskRequest, registry: &Registry) -> Result<()> {
        let (length, limit) = (request.question.chars().count(), self.limits.question_chars);
        if request.question.trim().is_empty() {
            return Err(Error::invalid("the question is empty"));
        }
        if length > limit {
            let message = format!("the question has {length} characters, {limit} are allowed");
            return Err(Error::new(Code::LimitExceeded, message).with_hint("shorten it"));
        }
        PageContext::check(&request.context)?;
        for context in &request.context {
            registry.tool(&context.tool)?;
        }
        request
            .modes
            .iter()
            .try_for_each(|mode| registry.mode(mode).map(|_| ()))
    }

    async fn delivered_before(&self, request: &AskRequest) -> Result<Delivered> {
        let events = match self.log.read(request.run_id, 0).await {
            Err(error) if error.code() == Code::UnknownName => return Ok(Delivered::Never),
            events => events?,
        };
        let thread = Thread::fold(&events);
        let (project, question, delivered) = if let Some(project) = thread.project {
            if thread.context != request.context {
                let message = format!("run {} has another context", request.run_id);
                return Err(Error::new(Code::Conflict, message).with_hint("take a new run id"));
            }
            (project, thread.question, Delivered::Started)
        } else {
            let made = closing::made(&self.log, request.run_id).await?;
            (made.project, made.question, Delivered::Made(made.conversation_id))
        };
        if project == request.project && question == request.question {
            return Ok(delivered);
        }
        Err(
            Error::new(Code::Conflict, format!("run {} is another question", request.run_id))
                .with_hint("take a new run id"),
        )
    }

    async fn conversation_of(&self, request: &AskRequest) -> Result<ConversationId> {
        let Some(continues) = request.continues else {
            return Ok(request.conversation_id.unwrap_or_else(ConversationId::new));
        };
        let thread = self.thread(continues).await?;
        let conversation_id = thread.conversation_id.filter(|_| thread.status != RunStatus::Running);
        let conversation_id = conversation_id.ok_or_else(|| {
            Error::new(Code::Conflict, format!("run {continues} has not ended"))
                .with_hint("wait for its end, or cancel it")
        })?;
        if request.conversation_id.is_some_and(|wanted| wanted != conversation_id) {
            return Err(Error::invalid(format!(
                "run {continues} belongs to another conversation"
            )));
        }
        Ok(conversation_id)
    }

    /// The modes that a run starts with: the user's, else those of the run it continues, else the
    /// router's proposal.
    fn first_modes(request: &AskRequest, history: &History, registry: &Registry) -> Result<Vec<RunEventKind>> {
        if history.is_of_another_project(&request.project) {
            return Err(
                Error::invalid("the conversation is about another project").with_hint("start a new conversation")
            );
        }
        let continued = request.continues.and_then(|run| history.run(run)).map(|thread| {
            let modes = thread.modes.iter().filter(|mode| registry.mode(mode).is_ok());
            modes.cloned().collect::<Vec<_>>()
        });
        let (modes, by) = if request.modes.is_empty() {
            let proposed = || router::propose(registry, &request.question).into_iter().collect();
            (
                continued.filter(|modes| !modes.is_empty()).unwrap_or_else(proposed),
                "router",
            )
        } else {
            (request.modes.clone(), "user")
        };
        Ok(modes
            .into_iter()
            .map(|mode| RunEventKind::ModeEnabled {
                mode,
                by: by.to_owned(),
            })
            .collect())
    }

    /// Starts the loop of a run whose first events are recorded.
    fn begin(
        self: &Arc<Self>,
        thread: Thread,
        start: Start,
        model: Arc<dyn ModelProvider>,
        clock: Clock,
    ) -> Result<()> {
        let missing = || Error::internal("a run began without its first event");
        let (run_id, project) = (
            thread.run_id.ok_or_else(missing)?,
            thread.project.clone().ok_or_else(missing)?,
        );
        let channel = self.channels.own(run_id, thread.seq);
        let recorder = Recorder::new(run_id, self.log.clone(), clock.clone(), thread, channel);
        let stop = watch::Sender::new(false);
        self.live().insert(run_id, stop.clone());
        let run = Arc::new(Run {
            run_id,
            project,
            registry: start.registry,
            sees: start.sees,
            policy: self.policy.clone(),
            limits: self.limits.clone(),
            model,
            tool_clock: Clock::fixed(start.now),
            principal: start.principal,
            history: start.history,
            recorder,
            stop,
        });
        let agent = self.clone();
        tokio::spawn(async move {
            // A task within a task, so that this much is done even if the log panics.
            let mut supervisor = Task::spawn(supervise(run, agent.log.clone(), clock));
            let seq = supervisor.join("the end of a run").await;
            agent.live().remove(&run_id);
            agent.channels.stop(run_id, seq.unwrap_or(0));
        });
        Ok(())
    }

    async fn close(&self, run_id: RunId, at: Option<DateTime<Utc>>, terminal: RunEventKind) -> Result<()> {
        let seq = closing::close(&self.log, run_id, at, terminal).await?;
        self.channels.stop(run_id, seq);
        Ok(())
    }

    fn live(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<bool>>> {
        // Every change of the map is one step, so a panicking holder leaves it whole.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a run started with, and keeps.
struct Start {
    now: DateTime<Utc>,
    principal: Principal,
    sees: Stage,
    history: History,
    /// What is installed in the project, as whoever asks sees it.
    registry: Arc<Registry>,
}

/// What is known of a request's run id.
enum Delivered {
    /// Nothing.
    Never,
    /// The run was made and has no event: its process died in between.
    Made(ConversationId),
    /// The run has begun, and may have ended.
    Started,
}
