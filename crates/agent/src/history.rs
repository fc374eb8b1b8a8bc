//! Threads as messages: the fold that a model reads.

use std::borrow::Cow;
use std::sync::Arc;

use hedgerow_agent_api::{
    Answer, Approval, AwaitReason, CallState, Claim, Message, ModelReply, PageContext, RunLog, RunStatus, Segment,
    Tainted, Thread, ToolCallRequest, ToolCallView, ToolOutcome,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::call::{Approved, Pending};

/// The words by which a user agrees to a call.
const YES: &[&str] = &[
    "yes",
    "y",
    "ok",
    "okay",
    "approve",
    "approved",
    "go ahead",
    "yes please",
];

/// The runs of a conversation that ended before this one began, oldest first.
#[derive(Default)]
pub(crate) struct History {
    earlier: Vec<Thread>,
    /// Runs of it that are going on.
    running: Vec<Thread>,
}

impl History {
    /// Reads the conversation as it was before `run_id`.
    pub(crate) async fn read(log: &Arc<dyn RunLog>, conversation_id: ConversationId, run_id: RunId) -> Result<Self> {
        let runs = log.conversation(conversation_id).await?;
        let mut history = Self::default();
        for run in runs.into_iter().take_while(|run| *run != run_id) {
            let thread = Thread::fold(&log.read(run, 0).await?);
            if thread.status == RunStatus::Running {
                history.running.push(thread);
            } else {
                history.earlier.push(thread);
            }
        }
        Ok(history)
    }

    /// The run with this id.
    pub(crate) fn run(&self, run_id: RunId) -> Option<&Thread> {
        self.earlier.iter().find(|thread| thread.run_id == Some(run_id))
    }

    /// True where a run of the conversation is about another project.
    pub(crate) fn is_of_another_project(&self, project: &ProjectId) -> bool {
        self.earlier
            .iter()
            .any(|thread| thread.project.as_ref() != Some(project))
    }

    /// Refuses a second "yes" to one request for approval: it would make the call twice. A run that
    /// ended before it came to the call has not used the approval up.
    pub(crate) fn check_approval(
        &self,
        answer: &str,
        approval: Option<&Approval>,
        continues: Option<RunId>,
    ) -> Result<()> {
        let asking = continues.and_then(|run| self.run(run));
        let Some(AwaitReason::Approval { call_id, tool, .. }) = asking.and_then(|thread| thread.awaiting.as_ref())
        else {
            return match approval {
                None => Ok(()),
                Some(_) => Err(Error::invalid("there is no call to approve or reject")
                    .with_hint("continue the run that asks for approval")),
            };
        };
        let agrees = |thread: &&Thread| thread.continues == continues && says_yes(thread);
        let has_made = |thread: &Thread| thread.calls.iter().any(|call| call.call_id == *call_id);
        let used =
            self.running.iter().any(|thread| agrees(&thread)) || self.earlier.iter().filter(agrees).any(has_made);
        if used && agrees_to(answer, approval) {
            let message = format!("the call of {tool} was approved before");
            return Err(Error::new(Code::Conflict, message).with_hint("look at the run that continues this one"));
        }
        Ok(())
    }

    /// The call that this run's question agrees to, if it answers such a request.
    pub(crate) fn approved_call(&self, thread: &Thread) -> Option<Pending> {
        let asking = self.run(thread.continues?)?;
        let Some(AwaitReason::Approval {
            call_id,
            tool,
            arguments,
            effect,
            changes,
            ..
        }) = &asking.awaiting
        else {
            return None;
        };
        let edited = match &thread.approval {
            Some(Approval::Approve { arguments }) => arguments.as_ref(),
            _ => None,
        };
        let request = ToolCallRequest {
            id: "approved".into(),
            name: tool.clone(),
            arguments: edited.unwrap_or(arguments).clone(),
        };
        says_yes(thread).then(|| Pending {
            call_id: Some(*call_id),
            approved: Some(Approved {
                effect: *effect,
                changes: edited.is_none().then(|| changes.clone()),
            }),
            request,
        })
    }

    /// The messages of all earlier runs.
    pub(crate) fn messages(&self, current: &Thread) -> Vec<Message> {
        let threads: Vec<&Thread> = self.earlier.iter().chain([current]).collect();
        threads
            .windows(2)
            .flat_map(|pair| ended_messages(pair[0], pair[1]))
            .collect()
    }

    /// The questions of the conversation, the newest last.
    pub(crate) fn questions(&self, current: &Thread) -> String {
        let questions = self
            .earlier
            .iter()
            .chain([current])
            .map(|thread| thread.question.as_str());
        questions.collect::<Vec<_>>().join("\n")
    }
}

/// Whether a run's first words agree to the call that the run before it asked about.
fn says_yes(thread: &Thread) -> bool {
    agrees_to(&thread.question, thread.approval.as_ref())
}

/// Whether a person agrees to the call that a run asked about: by what was decided, or else by the words.
#[must_use]
pub fn agrees_to(words: &str, approval: Option<&Approval>) -> bool {
    match approval {
        Some(approval) => matches!(approval, Approval::Approve { .. }),
        None => is_yes(words),
    }
}

fn is_yes(answer: &str) -> bool {
    let words = answer.to_lowercase().replace(|c: char| !c.is_alphanumeric(), " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    YES.contains(&words.as_str())
}

/// The messages of a run that goes on. Each reply's calls have ended when the next request is made.
pub(crate) fn messages_of(thread: &Thread) -> Vec<Message> {
    let mut messages = opening(thread);
    for (position, reply) in thread.replies.iter().enumerate() {
        messages.push(said(&reply.text, &reply.tool_calls));
        messages.extend(results(thread, position, reply, "not made: the run ended first", true));
    }
    messages
}

/// The messages of a run that has ended, seen from the run after it. Its handles are gone, because
/// references are to results of the own run; its answer stands as the user read it.
fn ended_messages(thread: &Thread, next: &Thread) -> Vec<Message> {
    let mut messages = opening(thread);
    for message in &mut messages {
        if let Message::Tool { handle, .. } = message {
            *handle = None;
        }
    }
    let unmade = unmade_text(thread, next);
    for (position, reply) in thread.replies.iter().enumerate() {
        // A final text is the answer, or was sent back and replaced by it.
        if reply.tool_calls.is_empty() {
            continue;
        }
        messages.push(said(&reply.text, &reply.tool_calls));
        messages.extend(results(thread, position, reply, &unmade, false));
    }
    match thread.status {
        RunStatus::Answered | RunStatus::Refused => {
            let text = thread.answer.as_ref().map(fenced_names).unwrap_or_default();
            messages.push(said(&text, &[]));
        }
        RunStatus::Failed => messages.push(said("(The run failed before there was an answer.)", &[])),
        RunStatus::Cancelled => messages.push(said("(The user stopped the run before there was an answer.)", &[])),
        RunStatus::Asked | RunStatus::Running => {}
    }
    messages
}

/// The answer as the user read it, with the names that it took from the data fenced.
fn fenced_names(answer: &Answer) -> String {
    let mut text = String::new();
    for segment in &answer.segments {
        match segment {
            Segment::Text { text: words } => text.push_str(words),
            Segment::Figure { index } => {
                let Some(figure) = answer.figures.get(*index) else {
                    continue;
                };
                if figure.claim == Claim::Reference && figure.value.is_string() {
                    text.push_str(&Tainted::new(figure.text.as_str()).fenced());
                } else {
                    text.push_str(&figure.text);
                }
            }
        }
    }
    text
}

/// What the model reads about calls that were never made.
fn unmade_text(thread: &Thread, next: &Thread) -> Cow<'static, str> {
    if !matches!(thread.awaiting, Some(AwaitReason::Approval { .. })) {
        return "not made: the run ended first".into();
    }
    if next.continues == thread.run_id && says_yes(next) {
        return "not made yet: the user was asked, and approved the call that needed it; its result follows, others \
                can be asked for again"
            .into();
    }
    let reason = match &next.approval {
        Some(Approval::Reject { reason: Some(reason) }) => format!(" and said: {reason}"),
        _ => String::new(),
    };
    format!(
        "rejected: the user was asked and did not approve{reason}; do not make this call again unless the user wants it"
    )
    .into()
}

/// The user's words, then the call that they agreed to, if they did.
fn opening(thread: &Thread) -> Vec<Message> {
    let mut messages = vec![Message::User {
        content: PageContext::appended_to(&thread.question, &thread.context),
    }];
    let before_first_reply = thread.calls_before_reply.first().copied().unwrap_or(thread.calls.len());
    let approved = &thread.calls[..before_first_reply];
    if !approved.is_empty() {
        let requests: Vec<ToolCallRequest> = approved.iter().map(request_of).collect();
        messages.push(said("", &requests));
        messages.extend(approved.iter().map(|call| result(call, &call.model_call_id, true)));
    }
    messages
}

fn request_of(call: &ToolCallView) -> ToolCallRequest {
    let (id, name) = (call.model_call_id.clone(), call.tool.clone());
    ToolCallRequest {
        id,
        name,
        arguments: call.arguments.clone(),
    }
}

fn said(text: &str, tool_calls: &[ToolCallRequest]) -> Message {
    Message::Assistant {
        content: text.to_owned(),
        tool_calls: tool_calls.to_vec(),
    }
}

/// One message for each call of a reply: models insist on it.
fn results(thread: &Thread, position: usize, reply: &ModelReply, unmade: &str, handles: bool) -> Vec<Message> {
    let first = thread.calls_before_reply[position];
    let made = thread.calls.get(first..).unwrap_or_default();
    let one = |(index, request): (usize, &ToolCallRequest)| match made.get(index) {
        Some(call) => result(call, &request.id, handles),
        None => Message::Tool {
            call_id: request.id.clone(),
            name: request.name.clone(),
            handle: None,
            outcome: ToolOutcome::Error,
            content: unmade.to_owned(),
        },
    };
    reply.tool_calls.iter().enumerate().map(one).collect()
}

fn result(call: &ToolCallView, call_id: &str, handles: bool) -> Message {
    let content = match call.state {
        CallState::Ok | CallState::Error => call.content.clone(),
        CallState::Running => "not finished: the run ended first".to_owned(),
        CallState::Unknown => "nobody knows whether this took effect: the process stopped during the call".to_owned(),
    };
    let outcome = if call.state == CallState::Ok {
        ToolOutcome::Ok
    } else {
        ToolOutcome::Error
    };
    let handle = call
        .result
        .as_ref()
        .filter(|_| handles)
        .map(|result| result.handle.clone());
    Message::Tool {
        call_id: call_id.to_owned(),
        name: call.tool.clone(),
        handle,
        outcome,
        content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_yes_takes_only_plain_agreement() {
        for yes in ["yes", "Yes!", " approve ", "OK.", "go ahead", "Yes, please"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in [
            "no",
            "",
            "yes but only half of it",
            "don't approve",
            "yesterday",
            "not ok",
        ] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
