//! What people say of runs: one word each, the last counts.

use hedgerow_agent_api::{Feedback, Level, Rating, RunStatus};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{CallId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// Characters of what somebody writes.
const LONGEST: usize = 4_000;

/// What somebody says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackInput {
    /// Whether the answer was of use.
    pub rating: Rating,
    /// What was good or wrong; up to 4,000 characters.
    #[serde(default)]
    pub text: Option<String>,
    /// The call that it is about; the whole run when absent.
    #[serde(default)]
    pub call_id: Option<CallId>,
    /// The figure of the answer that it is about, counted from 0.
    #[serde(default)]
    pub figure: Option<u32>,
}

/// What the caller has said of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFeedback {
    /// The last word; absent where there is none.
    pub given: Option<Feedback>,
}

impl App {
    /// Keeps what the caller says of a run, in place of what the same person said before.
    pub async fn give_feedback(&self, run_id: RunId, input: FeedbackInput) -> Result<Feedback> {
        self.check_run(run_id, Level::Write).await?;
        let thread = self.parts.agent.thread(run_id).await?;
        let Some(project) = thread.project.clone().filter(|_| thread.status != RunStatus::Running) else {
            return Err(Error::new(Code::Conflict, format!("run {run_id} has not ended"))
                .with_hint("say what you think of it when it has"));
        };
        let text = input
            .text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        let length = text.as_deref().map_or(0, |text| text.chars().count());
        if length > LONGEST {
            let message = format!("the text has {length} characters, {LONGEST} are allowed");
            return Err(Error::new(Code::LimitExceeded, message).with_hint("shorten it"));
        }
        if let Some(call_id) = input.call_id
            && !thread.calls.iter().any(|call| call.call_id == call_id)
        {
            return Err(Error::new(
                Code::UnknownName,
                format!("run {run_id} has no call {call_id}"),
            ));
        }
        let figures = thread.answer.as_ref().map_or(0, |answer| answer.figures.len());
        if let Some(figure) = input.figure
            && figure as usize >= figures
        {
            return Err(Error::invalid(format!(
                "the answer of run {run_id} has {figures} figures, and none at {figure}"
            )));
        }
        let feedback = Feedback {
            run_id,
            project,
            person: self.principal.name.clone(),
            at: self.clock.now(),
            rating: input.rating,
            text,
            call_id: input.call_id,
            figure: input.figure,
        };
        self.parts.usage.give_feedback(feedback.clone()).await?;
        Ok(feedback)
    }

    /// What the caller has said of a run.
    pub async fn feedback(&self, run_id: RunId) -> Result<RunFeedback> {
        self.check_run(run_id, Level::Read).await?;
        let given = self.parts.usage.feedback_of(run_id).await?;
        let own = given
            .into_iter()
            .find(|feedback| feedback.person == self.principal.name);
        Ok(RunFeedback { given: own })
    }
}
