//! Asking a question: start a run, follow it, stop it.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use hedgerow_agent::AskRequest;
use hedgerow_agent_api::{Access, Approval, Level, ModelProvider, PageContext, Resource, RunEvent, Surface, Thread};
use hedgerow_data_api::TimeZoneName;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::{App, BUILTIN_MODEL};

/// A question with everything that was said about how to answer it.
#[derive(Debug, Clone)]
pub struct AskInput {
    /// The project that is asked about.
    pub project: ProjectId,
    /// The user's words.
    pub question: String,
    /// The model; the default one when absent.
    pub model: Option<String>,
    /// Modes that are on from the start.
    pub modes: Vec<String>,
    /// The conversation it belongs to.
    pub conversation_id: Option<ConversationId>,
    /// The run it answers or goes on from.
    pub continues: Option<RunId>,
    /// What the user says to the call that the continued run asks about.
    pub approval: Option<Approval>,
    /// The run's id, chosen by the caller, so that a second delivery starts nothing.
    pub run_id: Option<RunId>,
    /// Where the question comes from.
    pub surface: Surface,
    /// What the page lends from which it was sent.
    pub context: Vec<PageContext>,
}

impl AskInput {
    /// A question without any wishes.
    #[must_use]
    pub fn new(project: ProjectId, question: &str, surface: Surface) -> Self {
        Self {
            project,
            question: question.to_owned(),
            model: None,
            modes: Vec::new(),
            conversation_id: None,
            continues: None,
            approval: None,
            run_id: None,
            surface,
            context: Vec::new(),
        }
    }
}

impl App {
    /// Starts a run and returns at once. A second delivery with the same `run_id` and the same words
    /// answers the same id and starts nothing; with other words it is a conflict.
    ///
    /// The run may what the caller may, in this project, and sees the products that the caller sees now.
    pub async fn start_run(&self, input: AskInput) -> Result<RunId> {
        self.check(&Access::write(Resource::Run), Some(&input.project))?;
        self.check_earlier(&input).await?;
        self.require_project(&input.project).await?;
        let model = self.model_for(&input)?;
        self.check_zone(&input).await?;
        let sees = self.sees(Some(&input.project)).await?;
        let request = AskRequest {
            run_id: input.run_id.unwrap_or_else(RunId::new),
            project: input.project,
            question: input.question,
            conversation_id: input.conversation_id,
            continues: input.continues,
            approval: input.approval,
            principal: self.principal.as_ref().clone(),
            sees,
            modes: input.modes,
            clock: self.clock.clone(),
            surface: input.surface,
            context: input.context,
        };
        self.parts.agent.ask(request, model).await
    }

    /// A run's events after a position: first those recorded, then live; ends after the last.
    pub async fn follow_run(&self, run_id: RunId, after: u64) -> Result<BoxStream<'static, Result<RunEvent>>> {
        self.check_run(run_id, Level::Read).await?;
        Ok(self.parts.agent.follow(run_id, after).boxed())
    }

    /// Starts a run and waits for its end.
    pub async fn ask(&self, input: AskInput) -> Result<Thread> {
        let run_id = self.start_run(input).await?;
        let mut events = self.follow_run(run_id, 0).await?;
        let mut thread = Thread::default();
        while let Some(event) = events.next().await {
            thread.apply(&event?);
        }
        Ok(thread)
    }

    /// Stops a run. One that has ended stays as it is.
    pub async fn cancel_run(&self, run_id: RunId) -> Result<()> {
        self.check_run(run_id, Level::Write).await?;
        self.parts.agent.cancel(run_id).await
    }

    /// Refuses to go on from what the caller may not read.
    async fn check_earlier(&self, input: &AskInput) -> Result<()> {
        if let Some(run_id) = input.continues {
            self.check_run(run_id, Level::Read).await?;
        }
        if let Some(conversation_id) = input.conversation_id {
            for run_id in self.parts.run_log.conversation(conversation_id).await? {
                self.check_run(run_id, Level::Read).await?;
            }
        }
        Ok(())
    }

    /// Refuses a question to the built-in analyst about days that are none of UTC: its "today" would be another one.
    async fn check_zone(&self, input: &AskInput) -> Result<()> {
        let spec = input.model.as_deref().unwrap_or(&self.default_model);
        let settings = self.parts.settings.query_settings(&input.project).await?;
        if spec != BUILTIN_MODEL || settings.timezone == TimeZoneName::default() {
            return Ok(());
        }
        let (project, zone) = (&input.project, settings.timezone);
        let message =
            format!("the built-in analyst knows the days of UTC alone, and project {project} has those of {zone}");
        Err(Error::invalid(message).with_hint("ask with --model, or ask for the numbers with a query"))
    }

    /// The model of a question. Over HTTP only the built-in one and the server's own may be named:
    /// other names start programs, read files or cost money, and no right is about them.
    fn model_for(&self, input: &AskInput) -> Result<Arc<dyn ModelProvider>> {
        let spec = input.model.as_deref().unwrap_or(&self.default_model);
        let allowed = spec == BUILTIN_MODEL || *spec == *self.default_model;
        if input.surface == Surface::Http && !allowed {
            return Err(
                Error::new(Code::Denied, format!("model {spec:?} can't be chosen over HTTP"))
                    .with_hint(format!("use {BUILTIN_MODEL}, or start the server with --model")),
            );
        }
        self.resolve_model(spec)
    }
}
