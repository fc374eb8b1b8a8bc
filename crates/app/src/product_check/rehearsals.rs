//! Rehearsals: how a trajectory's job goes in a run, with the model's part written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use hedgerow_agent::AskRequest;
use hedgerow_agent_api::{
    CallState, DeltaSink, FigureStatus, Message, Mode, ModelProvider, ModelReply, ModelRequest, Outcome, RunStatus,
    Surface, Thread, ToolCallRequest, Trajectory,
};
use hedgerow_declared::TextFile;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::RunId;
use serde::Deserialize;
use serde_json::Value;

use super::stage::Stage;
use super::{Check, Findings, Subject};
use crate::eval::Given;

/// A rehearsal as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    question: String,
    #[serde(default)]
    given: Vec<Given>,
    calls: Vec<BTreeMap<String, Value>>,
    answer: String,
    #[serde(default)]
    outcome: Outcome,
}

/// A question with the calls that it takes and the answer that it gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rehearsal {
    question: String,
    /// Calls that are made before, so that there is something to change.
    given: Vec<Given>,
    pub(super) calls: Vec<Call>,
    answer: String,
    outcome: Outcome,
}

/// A call of a rehearsal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) tool: String,
    arguments: Value,
}

impl Rehearsal {
    /// Reads the part of a trajectory below `## Rehearsal`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let block = text
            .split_once("```yaml\n")
            .and_then(|(_, rest)| rest.split_once("\n```"))
            .ok_or_else(|| Error::invalid("the rehearsal has no block of YAML"))?;
        let written: Written = serde_saphyr::from_str(block.0)
            .map_err(|error| Error::caused(Code::InvalidArgument, "the rehearsal can't be read", error))?;
        if written.question.trim().is_empty() || written.answer.trim().is_empty() || written.calls.is_empty() {
            return Err(Error::invalid(
                "the rehearsal lacks its question, its calls or its answer",
            ));
        }
        let call = |call: BTreeMap<String, Value>| {
            let mut call = call.into_iter();
            match (call.next(), call.next()) {
                (Some((tool, arguments)), None) => Ok(Call { tool, arguments }),
                _ => Err(Error::invalid("a call of the rehearsal is one tool with its arguments")),
            }
        };
        Ok(Self {
            question: written.question,
            given: written.given,
            calls: written.calls.into_iter().map(call).collect::<Result<_>>()?,
            answer: written.answer,
            outcome: written.outcome,
        })
    }
}

/// Says one call after the other and then the answer, however often it is sent back.
#[async_trait]
impl ModelProvider for Rehearsal {
    fn name(&self) -> String {
        "rehearsal".to_owned()
    }

    async fn reply(&self, request: &ModelRequest, _: &dyn DeltaSink) -> Result<ModelReply> {
        let said = request
            .messages
            .iter()
            .filter(|message| matches!(message, Message::Assistant { .. }));
        Ok(match self.calls.get(said.count()) {
            Some(call) => ModelReply {
                tool_calls: vec![ToolCallRequest {
                    id: String::new(),
                    name: call.tool.clone(),
                    arguments: call.arguments.clone(),
                }],
                ..ModelReply::default()
            },
            None => ModelReply {
                text: self.answer.clone(),
                outcome: self.outcome,
                ..ModelReply::default()
            },
        })
    }
}

/// Runs the rehearsals of all trajectories.
pub(super) async fn run(stage: &Stage<'_>, subject: &Subject, found: &mut Findings) -> Result<()> {
    for (mode_file, trajectories) in &subject.files.modes {
        let Ok(mode) = Mode::parse(&mode_file.text, &[]) else {
            continue;
        };
        for file in trajectories {
            // What can't be read was found by reading.
            let rehearsal = Trajectory::split(&file.text)
                .1
                .and_then(|text| Rehearsal::parse(&text).ok());
            if let Some(rehearsal) = rehearsal {
                stage.tell(&format!("rehearsing {}", file.path));
                let given = stage.app.give(&stage.project, &rehearsal.given, &mut Vec::new()).await;
                match given {
                    Ok(()) => judge(
                        file,
                        &rehearsal,
                        &play(stage, &mode.name, rehearsal.clone()).await?,
                        found,
                    ),
                    Err(error) => {
                        let message = format!("what the rehearsal starts from can't be made: {}", error.chain());
                        found.add(Check::Trajectories, &file.path, message, "correct the calls of `given`");
                    }
                }
                stage.take_back().await?;
            }
        }
    }
    Ok(())
}

async fn play(stage: &Stage<'_>, mode: &str, rehearsal: Rehearsal) -> Result<Thread> {
    let request = AskRequest {
        run_id: RunId::new(),
        project: stage.project.clone(),
        question: rehearsal.question.clone(),
        conversation_id: None,
        continues: None,
        approval: None,
        principal: stage.app.principal().clone(),
        // Its makers see it, whatever its stage.
        sees: hedgerow_agent_api::Stage::Idea,
        modes: vec![mode.to_owned()],
        clock: stage.app.clock().clone(),
        surface: Surface::Agent,
        context: Vec::new(),
    };
    let run_id = stage.app.parts.agent.ask(request, Arc::new(rehearsal)).await?;
    let mut events = stage.app.follow_run(run_id, 0).await?;
    let mut thread = Thread::default();
    while let Some(event) = events.next().await {
        thread.apply(&event?);
    }
    Ok(thread)
}

fn judge(file: &TextFile, rehearsal: &Rehearsal, thread: &Thread, found: &mut Findings) {
    let mut add = |message: String, hint: &str| found.add(Check::Trajectories, &file.path, message, hint);
    let failed: Vec<_> = thread.calls.iter().filter(|call| call.state != CallState::Ok).collect();
    for call in &failed {
        let why = call
            .error
            .as_ref()
            .map(|error| error.message.clone())
            .unwrap_or_default();
        let message = format!("the rehearsal's call of {} fails: {why}", call.tool);
        add(message, "rehearse a call that works, or mend the tool");
    }
    // Without its result the rest of the run says nothing new.
    if !failed.is_empty() {
        return;
    }
    let wanted = match rehearsal.outcome {
        Outcome::Answered => RunStatus::Answered,
        Outcome::Refused => RunStatus::Refused,
    };
    if thread.status != wanted {
        let why = thread.error.as_ref().map(|error| format!(": {}", error.message));
        let message = format!("the rehearsal ends as {:?}{}", thread.status, why.unwrap_or_default());
        return add(message, "its steps must lead to its answer");
    }
    let figures = thread.answer.iter().flat_map(|answer| &answer.figures);
    let (doubtful, empty): (Vec<_>, Vec<_>) = figures
        .filter(|figure| figure.status == FigureStatus::Unverified)
        .partition(|figure| !figure.cells.is_empty());
    for figure in empty {
        let what = if figure.expression.is_empty() {
            &figure.text
        } else {
            &figure.expression
        };
        let message = format!("the rehearsal's answer has {what:?}, which rests on no cell of its results");
        add(
            message,
            "refer to a cell that the calls return, as in {{r1[0].signups}}",
        );
    }
    for figure in doubtful {
        let why = thread
            .repairs
            .first()
            .map(|repair| format!(": {repair}"))
            .unwrap_or_default();
        let message = format!(
            "readers of the rehearsal's answer see {} as unverified{why}",
            figure.expression
        );
        let hint = "say in the sentence what the figure counts and of which row, in the words of the result";
        found.note(Check::Trajectories, &file.path, message, hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_has_question_calls_and_answer() {
        let block = |yaml: &str| format!("\n```yaml\n{yaml}\n```\n");
        let read = Rehearsal::parse(&block(
            "question: Q?\ncalls:\n  - a_b: {days: 1}\n  - c: {}\nanswer: \"A.\"",
        ))
        .unwrap();
        let calls: Vec<&str> = read.calls.iter().map(|call| call.tool.as_str()).collect();
        assert_eq!((calls, read.outcome), (vec!["a_b", "c"], Outcome::Answered));
        for (yaml, said) in [
            (
                "question: Q?\ncalls: []\nanswer: A.",
                "lacks its question, its calls or its answer",
            ),
            (
                "question: Q?\ncalls: [{a: {}, b: {}}]\nanswer: A.",
                "one tool with its arguments",
            ),
            ("question: Q?\ncalls: [{a: {}}]", "can't be read"),
            (
                "question: Q?\ncalls: [{a: {}}]\nanswer: A.\nanswers: B.",
                "can't be read",
            ),
        ] {
            let error = Rehearsal::parse(&block(yaml)).unwrap_err();
            assert!(error.message().contains(said), "{error}");
        }
        assert!(Rehearsal::parse("question: Q?").is_err());
    }
}
