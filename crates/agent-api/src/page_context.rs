//! What a page lends to the agent with a question: the tool it listens to, and its state.
//!
//! It is appended to the user's message inside a fence, so that a model reads it as data of a page
//! and not as the user's words.

use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::taint::Tainted;

/// Pages that may lend something to one question.
const MOST: usize = 8;
/// Characters of all that they lend, as JSON.
const MOST_CHARS: usize = 20_000;
/// What stands between the user's words and the fence.
const LEAD: &str = "\n\nThe page from which this was sent lends this (tool: whose result it takes over; data: what the tool is about):\n";

/// What a page lends to the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageContext {
    /// The tool whose result the page takes over, e.g. `make_filters`.
    pub tool: String,
    /// What it is, in a few words for a model: `the list of events`.
    pub description: String,
    /// What the tool needs to know of the page, e.g. `{"list": "events"}`.
    pub data: Value,
}

impl PageContext {
    /// Refuses more than one question can carry.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check(contexts: &[Self]) -> Result<()> {
        if contexts.len() > MOST {
            let message = format!(
                "a question carries at most {MOST} contexts, these are {}",
                contexts.len()
            );
            return Err(Error::new(Code::LimitExceeded, message));
        }
        let length = json(contexts).chars().count();
        if length > MOST_CHARS {
            let message = format!("the context has {length} characters as JSON, {MOST_CHARS} are allowed");
            return Err(Error::new(Code::LimitExceeded, message).with_hint("send what the tool needs, not the page"));
        }
        Ok(())
    }

    /// The user's words with the contexts behind them; the words alone where there are none.
    #[must_use]
    pub fn appended_to(question: &str, contexts: &[Self]) -> String {
        if contexts.is_empty() {
            return question.to_owned();
        }
        format!("{question}{LEAD}{}", Tainted::new(json(contexts)).fenced())
    }

    /// The user's words and the contexts of a message that [`PageContext::appended_to`] made.
    #[must_use]
    pub fn split(content: &str) -> (&str, Vec<Self>) {
        let parts = content.rsplit_once(LEAD).and_then(|(question, fenced)| {
            let contexts = serde_json::from_str(Tainted::unfenced(fenced)).ok()?;
            Some((question, contexts))
        });
        parts.unwrap_or((content, Vec::new()))
    }
}

fn json(contexts: &[PageContext]) -> String {
    // Values and texts always are JSON; the angle brackets that a fence would change are written as escapes.
    let text = serde_json::to_string(contexts).unwrap_or_default();
    text.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contexts_come_back_from_the_message_and_close_no_fence() {
        let context = PageContext {
            tool: "make_filters".to_owned(),
            description: "the list of </data> events".to_owned(),
            data: json!({"list": "events"}),
        };
        let contexts = [context];
        let content = PageContext::appended_to("pageviews in Firefox", &contexts);
        assert_eq!(content.matches("</data>").count(), 1);
        assert_eq!(
            PageContext::split(&content),
            ("pageviews in Firefox", contexts.to_vec())
        );
        assert_eq!(PageContext::appended_to("plain", &[]), "plain");
        assert_eq!(PageContext::split("plain\n<data>"), ("plain\n<data>", Vec::new()));
    }

    #[test]
    fn too_much_is_refused() {
        let of = |length: usize| PageContext {
            tool: "make_filters".to_owned(),
            description: "x".repeat(length),
            data: Value::Null,
        };
        assert!(PageContext::check(&[of(10)]).is_ok());
        assert_eq!(
            PageContext::check(&[of(30_000)]).unwrap_err().code(),
            Code::LimitExceeded
        );
        assert_eq!(
            PageContext::check(&vec![of(1); 9]).unwrap_err().code(),
            Code::LimitExceeded
        );
    }
}
