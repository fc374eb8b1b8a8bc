//! Questions for a list: "show the last 5 signed_up events", "when was the last ...", "list the newest 3 people in Berlin".
//!
//! Such a question begins with a verb, says that the newest are wanted and how many, and goes on with what `filters`
//! reads as a wish for the list of events or of persons. Every word belongs to one of these.

use chrono::NaiveDateTime;
use hedgerow_agent_api::{ModelReply, ModelRequest};
use hedgerow_data_api::{FilterGroup, FilterList};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use crate::analyst::{ask_back, calls, failure};
use crate::conversation::{Called, READ_TAXONOMY, clock, combined, runs};
use crate::dates::Calendar;
use crate::filters;
use crate::intent::{Ask, Edit, Trouble};
use crate::refusal;
use crate::results::Shown;

/// The mode that brings the tools, and how it is turned on.
const MODE: &str = "event_lists";
const ENABLE_MODE: &str = "enable_mode";

/// How a question for a list begins, the longest first.
const LEADS: [&[&str]; 14] = [
    &["show", "me"],
    &["show", "us"],
    &["give", "me"],
    &["give", "us"],
    &["show"],
    &["list"],
    &["display"],
    &["when", "was"],
    &["what", "was"],
    &["what", "were"],
    &["what", "is"],
    &["what", "are"],
    &["who", "is"],
    &["who", "are"],
];
/// What says that the newest are wanted.
const ORDERS: [&[&str]; 5] = [
    &["most", "recent"],
    &["last"],
    &["latest"],
    &["newest"],
    &["most", "recently", "seen"],
];
/// What a list is of.
const NOUNS: [(&str, FilterList); 5] = [
    ("events", FilterList::Events),
    ("event", FilterList::Events),
    ("persons", FilterList::Persons),
    ("person", FilterList::Persons),
    ("people", FilterList::Persons),
];
/// "The last 7 days of ..." names a time and no list.
const TIMES: [&str; 12] = [
    "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years",
];
const NUMBERS: [&str; 10] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];
/// How many are listed where several are wanted and nobody says how many.
const SOME: u64 = 10;

/// A question for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    list: FilterList,
    limit: u64,
    /// The words for the list, and where they begin in the question.
    words: String,
    start: usize,
}

/// The reply to a question for a list; `None` where the request is none.
pub(crate) fn reply(request: &ModelRequest) -> Result<Option<ModelReply>> {
    let now = clock(request)?;
    let runs = runs(&request.messages);
    let Some((current, earlier)) = runs.split_last() else {
        return Ok(None);
    };
    // The answer to what an earlier run asked back is put where the doubt was.
    let mut question = current.question.to_owned();
    if let Some(before) = earlier.last().filter(|run| run.asked_back())
        && wanted(current.question).is_none()
        && let Some(asked) = wanted(before.question)
        && let Err(Trouble::Ask(Ask { edit, options, .. })) = conditions(&asked, &before.calls, now)
        && let Some(answered) = combined(before.question, current.question, edit, &options)
    {
        question = answered;
    }
    let Some(wanted) = wanted(&question) else {
        return Ok(None);
    };
    reply_to(request, &wanted, &current.calls, now).map(Some)
}

fn reply_to(request: &ModelRequest, wanted: &Wanted, made: &[Called<'_>], now: NaiveDateTime) -> Result<ModelReply> {
    let find = |name: &str, arguments: &Value| {
        made.iter()
            .find(|call| call.name == name && call.arguments == arguments)
    };
    let mut missing = Vec::new();
    if !wanted.is_plain() {
        let lookups = filters::lookups(wanted.list, &wanted.words);
        missing.extend(lookups.map(|arguments| (READ_TAXONOMY, arguments)));
    }
    let tool = wanted.tool();
    if !request.tools.iter().any(|known| known.name == tool) {
        missing.push((ENABLE_MODE, json!({"mode": MODE})));
    }
    for (name, arguments) in &missing {
        if let Some(call) = find(name, arguments).filter(|call| !call.ok) {
            return failure(call, "What is needed could not be looked up");
        }
    }
    missing.retain(|(name, arguments)| find(name, arguments).is_none());
    if !missing.is_empty() {
        return Ok(calls(missing));
    }
    let filters = match conditions(wanted, made, now) {
        Ok(filters) => filters,
        Err(Trouble::Ask(ask)) => return Ok(ask_back(&ask)),
        Err(Trouble::Refuse(reason)) => return Ok(refusal::reply(&reason)),
        // Everything was looked up by then.
        Err(Trouble::Lookup(_)) => return Ok(refusal::reply("The values of the list could not be looked up.")),
    };
    if !request.tools.iter().any(|known| known.name == tool) {
        return Ok(refusal::reply(&format!(
            "The tool that lists, {tool}, is not installed."
        )));
    }
    let mut arguments = json!({"limit": wanted.limit});
    if !filters.is_empty() {
        arguments["properties"] = json!(filters);
    }
    Ok(match find(tool, &arguments) {
        None => calls(vec![(tool, arguments)]),
        Some(call) if !call.ok => return failure(call, "That can't be listed"),
        Some(call) => answer(wanted, &Shown::read(call.handle.unwrap_or_default(), call.content)),
    })
}

/// The conditions in the words for the list; none where they are the list's name alone. What is doubtful has its
/// place in the whole question.
fn conditions(wanted: &Wanted, made: &[Called<'_>], now: NaiveDateTime) -> std::result::Result<FilterGroup, Trouble> {
    if wanted.is_plain() {
        return Ok(FilterGroup::default());
    }
    let calendar = Calendar { now, data: None };
    filters::conditions(wanted.list, &wanted.words, made, &calendar).map_err(|trouble| match trouble {
        Trouble::Ask(ask) => Trouble::Ask(Ask {
            edit: match ask.edit {
                Edit::Replace { start, end } => Edit::Replace {
                    start: wanted.start + start,
                    end: wanted.start + end,
                },
                Edit::Append => Edit::Append,
            },
            ..ask
        }),
        other => other,
    })
}

/// The first row in words; the table shows the others.
fn answer(wanted: &Wanted, shown: &Shown) -> ModelReply {
    let cell = |column: &str| format!("{{{{{}}}}}", shown.cell(0, column));
    if shown.rows.is_empty() {
        return refusal::reply(match wanted.list {
            FilterList::Persons => "No person meets this.",
            _ => "No event meets this.",
        });
    }
    let text = match wanted.list {
        FilterList::Persons => format!(
            "The newest of these persons came at {}, with the distinct id {}.",
            cell("created_at"),
            cell("distinct_id")
        ),
        _ => format!(
            "The newest of these events was at {}: {}, by the distinct id {}.",
            cell("time"),
            cell("event"),
            cell("distinct_id")
        ),
    };
    ModelReply {
        text,
        ..ModelReply::default()
    }
}

impl Wanted {
    fn tool(&self) -> &'static str {
        match self.list {
            FilterList::Persons => "list_persons",
            _ => "list_events",
        }
    }

    /// True where the words are the list's name alone.
    fn is_plain(&self) -> bool {
        let words = self.words.to_lowercase();
        NOUNS.iter().any(|(noun, list)| *list == self.list && *noun == words)
    }
}

/// What a question wants listed; `None` where it is no such question.
fn wanted(question: &str) -> Option<Wanted> {
    let end = question.trim_end_matches(['?', '.', '!', ' ', '\n']).len();
    let words = words(&question[..end]);
    let mut at = usize::from(words.first().is_some_and(|(_, word)| word == "please"));
    let lead = LEADS.iter().find(|lead| starts(&words[at..], lead))?;
    at += lead.len();
    at += usize::from(starts(&words[at..], &["the"]));
    let before = number(words.get(at));
    at += usize::from(before.is_some());
    let order = ORDERS.iter().find(|order| starts(&words[at..], order))?;
    at += order.len();
    let after = number(words.get(at)).filter(|_| before.is_none());
    at += usize::from(after.is_some());
    let (start, first) = words.get(at)?;
    if TIMES.contains(&first.as_str()) {
        return None;
    }
    let noun = words[at..]
        .iter()
        .find_map(|(_, word)| NOUNS.iter().find(|(noun, _)| noun == word));
    let (noun, list) = noun?;
    let is_one = *noun == "event" || *noun == "person";
    Some(Wanted {
        list: *list,
        limit: before.or(after).unwrap_or(if is_one { 1 } else { SOME }),
        words: question[*start..end].to_owned(),
        start: *start,
    })
}

/// The words in lower case, each with where it begins.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let mut at = 0;
    for piece in text.split_whitespace() {
        let start = at + text[at..].find(piece).unwrap_or_default();
        at = start + piece.len();
        words.push((start, piece.trim_end_matches(',').to_lowercase()));
    }
    words
}

fn starts(words: &[(usize, String)], wanted: &[&str]) -> bool {
    words.len() >= wanted.len() && words.iter().zip(wanted).all(|((_, word), wanted)| word == wanted)
}

fn number(word: Option<&(usize, String)>) -> Option<u64> {
    let (_, word) = word?;
    let named = NUMBERS.iter().zip(1..).find(|(name, _)| *name == word);
    named
        .map(|(_, number)| number)
        .or_else(|| word.replace(',', "").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_verb_the_newest_a_number_and_what_of() {
        let cases = [
            ("Show the last 5 signed_up events", Some("events 5 [signed_up events]")),
            ("When was the last signed_up event?", Some("events 1 [signed_up event]")),
            ("show me the latest 10 events", Some("events 10 [events]")),
            ("List the newest three persons.", Some("persons 3 [persons]")),
            (
                "Show the 5 newest people in Berlin",
                Some("persons 5 [people in Berlin]"),
            ),
            (
                "What was the most recent $exception event in Firefox?",
                Some("events 1 [$exception event in Firefox]"),
            ),
            ("Please show the last 20,000 events", Some("events 20000 [events]")),
            (
                "Show the last events of people in Berlin",
                Some("events 10 [events of people in Berlin]"),
            ),
            ("Show the last 7 days of events", None),
            ("Show events per day", None),
            ("What was the last day with page views?", None),
            ("How many events were there?", None),
            ("Show the last 5", None),
            ("", None),
        ];
        for (question, expected) in cases {
            let found = wanted(question);
            let shown = found.map(|found| format!("{} {} [{}]", found.list, found.limit, found.words));
            assert_eq!(shown.as_deref(), expected, "{question}");
        }
    }
}
