//! Commands: wishes for a new object, a change or a deletion, as calls of the tools that write.
//!
//! `pieces` splits the words, `grammar` finds verb, kind, name and rest, `known` looks names up and lets the readers of
//! questions and conditions read the rest, and `calls` makes the one call (`cohorts` that about a cohort). The run ends
//! with the question whether it may; the run that goes on says what was done.

mod calls;
mod cohorts;
mod grammar;
mod known;
mod pieces;

use hedgerow_agent_api::{ModelReply, ModelRequest, Outcome, Tainted, ToolCallRequest};
use hedgerow_errors::Result;
use serde::Deserialize;
use serde_json::json;

use crate::analyst::{ask_back, calls as call_all};
use crate::conversation::{Called, Run, clock, combined, runs};
use crate::intent::{Ask, Trouble};
use known::{Halt, Known, reason};

/// The tool that brings a mode's tools.
const ENABLE_MODE: &str = "enable_mode";
const VERBS: [&str; 3] = ["create_", "update_", "delete_"];
/// How a call begins that the user did not approve.
const REJECTED: &str = "rejected";
/// How somebody says that a call shall not be made.
const NO: [&str; 12] = [
    "no",
    "n",
    "nope",
    "no thanks",
    "no, thanks",
    "reject",
    "rejected",
    "don't",
    "do not",
    "cancel",
    "stop",
    "never mind",
];

/// The reply to a command, or to the yes or no to one; `None` where the request is neither.
pub(crate) fn reply(request: &ModelRequest) -> Result<Option<ModelReply>> {
    let runs = runs(&request.messages);
    let Some((current, earlier)) = runs.split_last() else {
        return Ok(None);
    };
    if let Some(reply) = current.calls.iter().rev().find(|call| is_write(call)).and_then(written) {
        return Ok(Some(reply));
    }
    let now = clock(request)?;
    let text = text(&runs, now);
    let command = match grammar::command(&text) {
        Some(Ok(command)) => command,
        Some(Err(trouble)) => return Ok(Some(halted(Halt::Trouble(trouble)))),
        None => return Ok(is_rejection(earlier.last(), current).then(|| said("The change was not made."))),
    };
    let known = Known {
        calls: &current.calls,
        now,
    };
    let write = match calls::write(&command, &text, &known) {
        Ok(write) => write,
        Err(halt) => return Ok(Some(halted(halt))),
    };
    if !request.tools.iter().any(|tool| tool.name == write.tool) {
        let mode = json!({"mode": write.mode});
        return Ok(Some(match known.find(ENABLE_MODE, &mode) {
            None => call_all(vec![(ENABLE_MODE, mode)]),
            Some(_) => refuse(&format!("The tool {} is not installed.", write.tool)),
        }));
    }
    Ok(Some(ModelReply {
        tool_calls: vec![ToolCallRequest {
            id: format!("{}_1", write.tool),
            name: write.tool,
            arguments: write.arguments,
        }],
        ..ModelReply::default()
    }))
}

/// The words of the newest run; where it answers a question that a command led to, that command with the answer.
fn text(runs: &[Run<'_>], now: chrono::NaiveDateTime) -> String {
    let mut asked: Option<String> = None;
    for (run, next) in runs.iter().zip(runs.iter().skip(1)) {
        let text = asked.take().unwrap_or_else(|| run.question.to_owned());
        if !run.asked_back() {
            continue;
        }
        let known = Known { calls: &run.calls, now };
        let trouble = match grammar::command(&text) {
            Some(Ok(command)) => match calls::write(&command, &text, &known) {
                Err(Halt::Trouble(trouble)) => Some(trouble),
                _ => None,
            },
            Some(Err(trouble)) => Some(trouble),
            None => None,
        };
        // An answer that is a command of its own takes the place of the whole.
        if let Some(Trouble::Ask(Ask { edit, options, .. })) = trouble
            && grammar::command(next.question).is_none()
        {
            asked = combined(&text, next.question, edit, &options);
        }
    }
    asked.unwrap_or_else(|| runs.last().map(|run| run.question.to_owned()).unwrap_or_default())
}

/// True for a word for a kind of objects, in the singular or the plural.
pub(crate) fn names_objects(word: &str) -> bool {
    let word = word.strip_suffix('s').unwrap_or(word);
    let last = |kind: grammar::Kind| kind.noun().rsplit(' ').next() == Some(word);
    grammar::Kind::ALL.into_iter().any(last)
}

fn is_write(call: &Called<'_>) -> bool {
    VERBS.iter().any(|verb| call.name.starts_with(verb))
}

/// What a write of this run came to.
fn written(call: &Called<'_>) -> Option<ModelReply> {
    #[derive(Deserialize)]
    struct Written {
        done: String,
        #[serde(default)]
        warnings: Vec<String>,
    }
    if !call.ok {
        return Some(refuse(&format!("The change was not made: {}.", reason(call))));
    }
    // Cells may stand in the lines below.
    let first = Tainted::unfenced(call.content).lines().next()?;
    let written: Written = serde_json::from_str(first).ok()?;
    // "Changed" is what numbers do, which the figure checker would ask to be shown.
    let done = match written.done.strip_prefix("Changed ") {
        Some(what) => format!("Updated {what}"),
        None => written.done,
    };
    let warnings: String = written.warnings.iter().map(|warning| format!(" {warning}")).collect();
    Some(said(&format!(
        "{done}{warnings} It can be undone in the history, or with `hedgerow runs undo`."
    )))
}

/// True where the run before asked for an approval and this one does not give it.
fn is_rejection(before: Option<&Run<'_>>, current: &Run<'_>) -> bool {
    let last = before.and_then(|run| run.calls.last());
    let rejected = last.filter(|call| is_write(call) && !call.ok && call.content.contains(REJECTED));
    let words = current.question.trim().trim_end_matches(['.', '!']).to_lowercase();
    rejected.is_some_and(|call| NO.contains(&words.as_str()) || call.content.contains(" and said: "))
}

fn halted(halt: Halt) -> ModelReply {
    match halt {
        Halt::Calls(wanted) => call_all(wanted),
        Halt::Trouble(Trouble::Ask(ask)) => ask_back(&ask),
        Halt::Trouble(Trouble::Refuse(reason)) => refuse(&reason),
        // Values are looked up where the question is read.
        Halt::Trouble(Trouble::Lookup(_)) => refuse("The values could not be looked up."),
    }
}

fn said(text: &str) -> ModelReply {
    ModelReply {
        text: text.to_owned(),
        ..ModelReply::default()
    }
}

fn refuse(reason: &str) -> ModelReply {
    ModelReply {
        outcome: Outcome::Refused,
        ..said(reason)
    }
}

#[cfg(test)]
mod tests;
