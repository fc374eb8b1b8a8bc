//! Reads a request as a conversation: what is asked, and what is known so far.
//!
//! Nothing is remembered between two replies. A question that was asked back is found again by
//! parsing the earlier question with the results of its own run, and the user's answer is put in
//! its place.

use chrono::{DateTime, NaiveDateTime, Utc};
use hedgerow_agent_api::{Message, ModelRequest, PageContext, Tainted, ToolOutcome};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueCount, ValueList};
use hedgerow_errors::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::chunks::ALIASES;
use crate::dates::Calendar;
use crate::follow_up::understand;
use crate::intent::{Ask, Edit, Lookup, Trouble};
use crate::knowledge::{Knowledge, Match};
use crate::lexicon::phrase_end;
use crate::product_questions::{self, Claim};
use crate::tokens::Kind;

/// The tool that looks names up.
pub(crate) const READ_TAXONOMY: &str = "read_taxonomy";
/// The tool that asks the user.
pub(crate) const ASK_USER: &str = "ask_user";

/// The most options of a question to the user.
pub(crate) const OPTIONS: usize = 6;

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
    /// The questions before it, put together in the same way.
    pub(crate) history: Vec<String>,
    pub(crate) knowledge: Knowledge,
    pub(crate) now: NaiveDateTime,
    /// The calls of this run that ended.
    pub(crate) calls: Vec<Called<'a>>,
}

/// Reads a request.
pub(crate) fn read(request: &ModelRequest) -> Result<Turn<'_>> {
    let now = clock(request)?;
    let runs = runs(&request.messages);
    let Some((current, earlier)) = runs.split_last() else {
        return Err(Error::invalid("the request holds no question"));
    };
    let mut history: Vec<String> = Vec::new();
    let mut asked: Option<String> = None;
    // The answer to what a run asked stands at the start of the next one.
    for (run, next) in earlier.iter().zip(runs.iter().skip(1)) {
        let full = asked.take().unwrap_or_else(|| run.question.to_owned());
        if !run.asked_back() {
            history.push(full);
            continue;
        }
        let knowledge = knowledge_of(&run.calls);
        match answered(&history, &full, next.question, &knowledge, now) {
            Some(combined) => asked = Some(combined),
            None => history.push(full),
        }
    }
    let question = asked.unwrap_or_else(|| current.question.to_owned());
    Ok(Turn {
        question,
        history,
        knowledge: knowledge_of(&current.calls),
        now,
        calls: current.calls.clone(),
    })
}

/// The request's clock.
pub(crate) fn clock(request: &ModelRequest) -> Result<NaiveDateTime> {
    let now = request.now.parse::<DateTime<Utc>>().map_err(|error| {
        Error::caused(
            hedgerow_errors::Code::InvalidArgument,
            "the request's clock is no time",
            error,
        )
    })?;
    Ok(now.naive_utc())
}

/// One run: the user's words, what their page lent, and the calls that followed.
pub(crate) struct Run<'a> {
    pub(crate) question: &'a str,
    pub(crate) context: Vec<PageContext>,
    pub(crate) calls: Vec<Called<'a>>,
}

impl Run<'_> {
    /// True where the run ended with a question to the user.
    pub(crate) fn asked_back(&self) -> bool {
        self.calls.last().is_some_and(|call| call.name == ASK_USER && call.ok)
    }
}

pub(crate) fn runs(messages: &[Message]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut requested: Vec<(&str, &str, &Value)> = Vec::new();
    for message in messages {
        match message {
            Message::User { content } => {
                requested.clear();
                let (question, context) = PageContext::split(content);
                runs.push(Run {
                    question,
                    context,
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

/// The question with an answer put where the doubt was. An answer that is a question of its own takes the place of
/// the whole, so that nothing of the first is left: `None`.
fn answered(
    history: &[String],
    question: &str,
    answer: &str,
    knowledge: &Knowledge,
    now: NaiveDateTime,
) -> Option<String> {
    let calendar = calendar(knowledge, now);
    let product = product_questions::read(question, knowledge, &calendar);
    let trouble = match product {
        Some((Claim::Sure, read)) => read.err(),
        _ => understand(history, question, knowledge, &calendar).err(),
    };
    let Some(Trouble::Ask(Ask { edit, options, .. })) = trouble else {
        return None;
    };
    combined(question, answer, edit, &options)
}

/// The question with the answer, or the option that it picks, put where it belongs.
pub(crate) fn combined(question: &str, answer: &str, edit: Edit, options: &[String]) -> Option<String> {
    let options = &options[..options.len().min(OPTIONS)];
    let picked = picked(answer, options);
    let is_question = answer.trim_end().ends_with('?') || answer.split_whitespace().count() > 12;
    if is_question && picked.is_none() {
        return None;
    }
    let answer = picked.unwrap_or(answer);
    Some(match edit {
        Edit::Replace { start, end } => format!("{} {} {}", &question[..start], answer.trim(), &question[end..]),
        Edit::Append => format!("{}, {}", question.trim_end_matches(['?', '.', '!', ' ']), answer.trim()),
    })
}

/// The option that an answer picks by its text, its place ("3", "the second one") or, of a single one, a yes.
fn picked<'a>(answer: &str, options: &'a [String]) -> Option<&'a str> {
    const PLACES: [(&str, &str); OPTIONS] = [
        ("first", "1st"),
        ("second", "2nd"),
        ("third", "3rd"),
        ("fourth", "4th"),
        ("fifth", "5th"),
        ("sixth", "6th"),
    ];
    let plain = |text: &str| text.trim().trim_end_matches(['.', '!', ')', '?']).to_lowercase();
    let wanted = plain(answer);
    if let Some(same) = options.iter().find(|option| plain(option) == wanted) {
        return Some(same);
    }
    if let ([only], true) = (options, is_yes(answer)) {
        return Some(only);
    }
    let mut place = wanted.as_str();
    for lead in ["the ", "option ", "number ", "answer ", "#"] {
        place = place.strip_prefix(lead).unwrap_or(place).trim();
    }
    for end in [" one", " option", ", please", " please"] {
        place = place.strip_suffix(end).unwrap_or(place).trim();
    }
    let in_words = || {
        PLACES
            .iter()
            .position(|(long, short)| place == *long || place == *short)
    };
    let at = match place.parse::<usize>() {
        Ok(number) => number.checked_sub(1),
        Err(_) if place == "last" => options.len().checked_sub(1),
        Err(_) => in_words(),
    };
    options.get(at?).map(String::as_str)
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

pub(crate) fn knowledge_of(calls: &[Called<'_>]) -> Knowledge {
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
