//! A model that says what a file says: for tests, demonstrations and bug reports.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hedgerow_agent_api::{DeltaSink, Message, ModelProvider, ModelReply, ModelRequest, ToolOutcome};
use hedgerow_errors::{Code, Error, Result};
use serde::Deserialize;
use serde_json::Value;

/// The file's shape, shown where a file has another.
const SHAPE: &str = r#"the file holds {"replies": [REPLY or {"expect": {"question_contains": "...", "last_tool_ok": true}, "reply": REPLY}, ...]} with REPLY like {"text": "...", "tool_calls": [{"name": "...", "arguments": {}}]}"#;

/// Replies in order. Which one is next is read from the conversation alone, so that a resumed run
/// goes on at the right one: the replies since the user's last words are counted.
#[derive(Debug)]
pub struct ScriptedModel {
    file: PathBuf,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    replies: Vec<Value>,
}

/// A reply with what must be true when it is said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    expect: Expectation,
    reply: ModelReply,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    /// The user's last words contain this, ignoring case.
    question_contains: Option<String>,
    /// The newest tool message is a result (true) or an error (false).
    last_tool_ok: Option<bool>,
}

impl ScriptedModel {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// `io` where the file can't be read, `invalid_argument` where it is no script.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path)?;
        let invalid = |place: String, error: serde_json::Error| {
            let message = format!("script {}: {place}{error}", path.display());
            Error::new(Code::InvalidArgument, message).with_hint(SHAPE)
        };
        let script: Script = serde_json::from_str(&text).map_err(|error| invalid(String::new(), error))?;
        let mut steps = Vec::new();
        for (position, value) in script.replies.into_iter().enumerate() {
            steps.push(step(value).map_err(|error| invalid(format!("reply {}: ", position + 1), error))?);
        }
        Ok(Self {
            file: path.to_owned(),
            steps,
        })
    }
}

fn step(value: Value) -> serde_json::Result<Step> {
    // A reply has no field `reply`, so the two forms can't be mixed up.
    if value.get("reply").is_some() || value.get("expect").is_some() {
        serde_json::from_value(value)
    } else {
        Ok(Step {
            expect: Expectation::default(),
            reply: serde_json::from_value(value)?,
        })
    }
}

impl Expectation {
    fn check(&self, request: &ModelRequest) -> Result<(), String> {
        if let Some(wanted) = &self.question_contains {
            let question = request.messages.iter().rev().find_map(|message| match message {
                Message::User { content } => Some(content.as_str()),
                _ => None,
            });
            let question = question.unwrap_or_default();
            if !question.to_lowercase().contains(&wanted.to_lowercase()) {
                return Err(format!("the question {question:?} does not contain {wanted:?}"));
            }
        }
        if let Some(wanted) = self.last_tool_ok {
            let last = request.messages.iter().rev().find_map(|message| match message {
                Message::Tool {
                    outcome, name, content, ..
                } => Some((*outcome == ToolOutcome::Ok, name, content)),
                _ => None,
            });
            match last {
                None => return Err("no tool has answered yet".to_owned()),
                Some((ok, name, content)) if ok != wanted => {
                    let found = if ok { "a result" } else { "an error" };
                    return Err(format!("the last tool {name} answered with {found}: {content}"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// How many replies stand in the conversation since the user's last words. An answer that was sent back
/// for repair is one of them.
fn position(request: &ModelRequest) -> usize {
    let since_user = request
        .messages
        .iter()
        .rev()
        .take_while(|message| !matches!(message, Message::User { .. }));
    since_user
        .filter(|message| matches!(message, Message::Assistant { .. }))
        .count()
}

#[async_trait]
impl ModelProvider for ScriptedModel {
    fn name(&self) -> String {
        format!("scripted:{}", self.file.display())
    }

    async fn reply(&self, request: &ModelRequest, deltas: &dyn DeltaSink) -> Result<ModelReply> {
        let position = position(request);
        let place = format!("script {}: reply {}", self.file.display(), position + 1);
        let Some(step) = self.steps.get(position) else {
            let message = format!("{place} is wanted, but the script has {}", self.steps.len());
            return Err(Error::new(Code::InvalidArgument, message).with_hint("add the reply to the file"));
        };
        if let Err(why) = step.expect.check(request) {
            return Err(Error::new(
                Code::InvalidArgument,
                format!("{place} does not fit: {why}"),
            ));
        }
        for word in step.reply.text.split_inclusive(' ') {
            deltas.delta(word);
        }
        Ok(step.reply.clone())
    }
}

#[cfg(test)]
mod tests;
