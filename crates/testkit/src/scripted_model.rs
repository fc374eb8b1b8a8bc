//! A model that follows a script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{DeltaSink, Message, ModelProvider, ModelReply, ModelRequest, ToolCallRequest};
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;

type Check = dyn Fn(&ModelRequest) -> Result<()> + Send + Sync;

/// Says its n-th reply when the conversation holds n of its replies since the user's last words.
/// So it goes on at the right place after a restart, like a model that reads the conversation.
pub struct ScriptedModel {
    replies: Vec<ModelReply>,
    delay: Duration,
    check: Box<Check>,
    asked: AtomicUsize,
    seen: Mutex<Vec<ModelRequest>>,
}

impl ScriptedModel {
    /// A model with these replies.
    #[must_use]
    pub fn new(replies: Vec<ModelReply>) -> Self {
        let check: Box<Check> = Box::new(|_| Ok(()));
        Self {
            replies,
            delay: Duration::ZERO,
            check,
            asked: AtomicUsize::new(0),
            seen: Mutex::new(Vec::new()),
        }
    }

    /// A model that thinks this long before each word.
    #[must_use]
    pub fn slow(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Calls a function before each reply; its error, or panic, is the model's.
    #[must_use]
    pub fn checked(mut self, check: impl Fn(&ModelRequest) -> Result<()> + Send + Sync + 'static) -> Self {
        self.check = Box::new(check);
        self
    }

    /// The model as the loop takes it.
    #[must_use]
    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What it was asked.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl ModelProvider for ScriptedModel {
    fn name(&self) -> String {
        "scripted".to_owned()
    }

    async fn reply(&self, request: &ModelRequest, deltas: &dyn DeltaSink) -> Result<ModelReply> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        (self.check)(request)?;
        let since_user = request
            .messages
            .iter()
            .rev()
            .take_while(|message| !matches!(message, Message::User { .. }));
        let position = since_user
            .filter(|message| matches!(message, Message::Assistant { .. }))
            .count();
        let reply = self.replies.get(position).cloned();
        let reply = reply.ok_or_else(|| Error::new(Code::Internal, format!("the script has no reply {position}")))?;
        for word in reply.text.split_inclusive(' ') {
            tokio::time::sleep(self.delay).await;
            deltas.delta(word);
        }
        Ok(reply)
    }
}

/// A final answer.
#[must_use]
pub fn text(text: &str) -> ModelReply {
    ModelReply {
        text: text.to_owned(),
        ..ModelReply::default()
    }
}

/// A reply that asks for calls.
#[must_use]
pub fn calls(calls: impl IntoIterator<Item = ToolCallRequest>) -> ModelReply {
    ModelReply {
        tool_calls: calls.into_iter().collect(),
        ..ModelReply::default()
    }
}

/// A call of a tool.
#[must_use]
pub fn call(name: &str, arguments: Value) -> ToolCallRequest {
    ToolCallRequest {
        id: String::new(),
        name: name.to_owned(),
        arguments,
    }
}
