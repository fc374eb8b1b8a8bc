//! Reads a request as a conversation: what is asked, and what is known so far.
//!
//! Nothing is remembered between two replies. A question that was asked back is found again by
//! parsing the earlier question with the results of its own run, and the user's answer is put in
//! its place.

use chrono::{DateTime, NaiveDateTime, Utc};
use hedgerow_agent_api::{Message, ModelRequest, Tainted, ToolOutcome};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueCount, ValueList};
use hedgerow_errors::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::chunks::ALIASES;
use crate::dates::Calendar;
use crate::intent::{Ask, Edit, Lookup, Trouble};
use crate::knowledge::{Knowledge, Match};
use crate::lexicon::phrase_end;
use crate::sentences::parse;
use crate::tokens::Kind;

/// The tool that looks names up.
pub(crate) const READ_TAXONOMY: &str = "read_taxonomy";
/// The tool that asks the user.
pub(crate) const ASK_USER: &str = "ask_user";

/// A call of this run with what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a Value,
    pub(crate) handle: Option<&'a str>,
    pub(crate) ok: bool,
    pub(crate) content: &'a str,
}

/// What the reply is made from.
pub(crate) struct Turn<'a> {
    /// The question, with the answers to what was asked back put in.
    pub(crate) question: String,
    pub(crate) knowledge: Knowledge,
    pub(crate) now: NaiveDateTime,
    /// The calls of this run that ended.
    pub(crate) calls: Vec<Called<'a>>,
}

/// Reads a request.
pub(crate) fn read(request: &ModelRequest) -> Result<Turn<'_>> {
    let now = request
        .now
        .parse::<DateTime<Utc>>()
        .map_err(|error| {
            Error::caused(
                hedgerow_errors::Code::InvalidArgument,
                "the request's clock is no time",
                error,
            )
        })?
        .naive_utc();
    let runs = runs(&request.messages);
    let Some((current, earlier)) = runs.split_last() else {
        return Err(Error::invalid("the request holds no question"));
    };
    let mut question = current.question.to_owned();
    let mut asked: Option<String> = None;
    for run in earlier {
        let full = asked.take().unwrap_or_else(|| run.question.to_owned());
        asked = run.asked_back().then_some(full);
        // The answer to what this run asked stands at the start of the next one.
        let next = runs.iter().skip_while(|one| !std::ptr::eq(*one, run)).nth(1);
        if let (Some(before), Some(next)) = (asked.as_mut(), next) {
            *before = answered(before, next.question, &knowledge_of(&run.calls), now);
        }
    }
    if let Some(combined) = asked {
        question = combined;
    }
    Ok(Turn {
        question,
        knowledge: knowledge_of(&current.calls),
        now,
        calls: current.calls.clone(),
    })
}

/// One run: the user's words and the calls that followed.
struct Run<'a> {
    question: &'a str,
    calls: Vec<Called<'a>>,
}

impl Run<'_> {
    /// True where the run ended with a question to the user.
    fn asked_back(&self) -> bool {
        self.calls.last().is_some_and(|call| call.name == ASK_USER && call.ok)
    }
}

fn runs(messages: &[Message]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut requested: Vec<(&str, &str, &Value)> = Vec::new();
    for message in messages {
        match message {
            Message::User { content } => {
                requested.clear();
                runs.push(Run {
                    question: content,
                    calls: Vec::new(),
                });
            }
            Message::Assistant { tool_calls, .. } => {
                requested.extend(
                    tool_calls
                        .iter()
                        .map(|call| (call.id.as_str(), call.name.as_str(), &call.arguments)),
                );
            }
            Message::Tool {
                call_id,
                name,
                handle,
                outcome,
                content,
            } => {
                // The latest call of that id: an id is unique within a reply only.
                let request = requested
                    .iter()
                    .rev()
                    .find(|(id, requested, _)| id == call_id && requested == name);
                let (Some(run), Some((_, _, arguments))) = (runs.last_mut(), request) else {
                    continue;
                };
                let ok = *outcome == ToolOutcome::Ok;
                run.calls.push(Called {
                    name,
                    arguments,
                    handle: handle.as_deref(),
                    ok,
                    content,
                });
            }
        }
    }
    runs
}

/// The question with an answer put where the doubt was. An answer that is a question of its own
/// takes the place of the whole.
fn answered(question: &str, answer: &str, knowledge: &Knowledge, now: NaiveDateTime) -> String {
    let calendar = calendar(knowledge, now);
    let Err(Trouble::Ask(Ask { edit, options, .. })) = parse(question, knowledge, &calendar) else {
        return answer.to_owned();
    };
    let is_question = answer.trim_end().ends_with('?') || answer.split_whitespace().count() > 12;
    if is_question {
        return answer.to_owned();
    }
    // "Is it the whole question?" can be answered with a yes.
    let answer = match &options[..] {
        [only] if is_yes(answer) => only,
        _ => answer,
    };
    match edit {
        Edit::Replace { start, end } => format!("{} {} {}", &question[..start], answer.trim(), &question[end..]),
        Edit::Append => format!("{}, {}", question.trim_end_matches(['?', '.', '!', ' ']), answer.trim()),
    }
}

fn is_yes(answer: &str) -> bool {
    let word = answer.trim().trim_end_matches(['.', '!']).to_lowercase();
    [
        "yes",
        "yes please",
        "yes, please",
        "yep",
        "yeah",
        "y",
        "ok",
        "okay",
        "sure",
        "correct",
        "right",
        "exactly",
    ]
    .contains(&word.as_str())
}

/// The calendar with the span of the data.
pub(crate) fn calendar(knowledge: &Knowledge, now: NaiveDateTime) -> Calendar {
    let data = knowledge
        .span()
        .map(|(first, last)| (first.date_naive(), last.date_naive()));
    Calendar { now, data }
}

/// The text to look names up in: the question, the halves of its compounds ("non-GET"), and the full
/// names of its abbreviations.
pub(crate) fn text_to_match(question: &str) -> String {
    let tokens = crate::tokens::tokenize(question);
    let mut text = question.to_owned();
    for (at, token) in tokens.iter().enumerate() {
        let hyphen_before = at > 0 && tokens[at - 1].text == "-" && tokens[at - 1].end == token.start;
        let sign_before =
            at > 0 && ["=", "!="].contains(&tokens[at - 1].lower.as_str()) && tokens[at - 1].end == token.start;
        if hyphen_before && token.kind == Kind::Word {
            text.push_str(&format!("\n{}", token.text));
        }
        // "os=Mac OS X": the value is no word of its own yet.
        if sign_before && token.kind == Kind::Word {
            let words = tokens[at..].iter().take(4).take_while(|token| token.kind == Kind::Word);
            let words: Vec<&str> = words.map(|token| token.text.as_str()).collect();
            text.push_str(&format!("\n{}", words.join(" ")));
        }
    }
    for (alias, full) in ALIASES {
        if (0..tokens.len()).any(|at| phrase_end(&tokens, at, alias).is_some()) {
            text.push_str(&format!("\n\"{full}\""));
        }
    }
    text
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Looked {
    Events {
        events: Vec<EventDefinition>,
    },
    Properties {
        properties: Vec<PropertyDefinition>,
    },
    PropertyValues {
        key: String,
        values: Vec<ValueCount>,
        complete: bool,
    },
    Match {
        matches: Vec<Match>,
    },
}

fn knowledge_of(calls: &[Called<'_>]) -> Knowledge {
    let mut knowledge = Knowledge::default();
    for call in calls.iter().filter(|call| call.ok && call.name == READ_TAXONOMY) {
        let Ok(looked) = serde_json::from_str::<Looked>(Tainted::unfenced(call.content)) else {
            continue;
        };
        match looked {
            Looked::Events { events } => knowledge.events = events,
            Looked::Properties { properties } => knowledge.properties = properties,
            Looked::Match { matches } => knowledge.matches.extend(matches),
            Looked::PropertyValues { key, values, complete } => {
                let search = call
                    .arguments
                    .get("search")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                knowledge
                    .values
                    .insert(Lookup { key, search }, ValueList { values, complete });
            }
        }
    }
    knowledge
}
