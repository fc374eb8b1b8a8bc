//! Wishes for a list: words as they are typed into the filter box, as a call of `make_filters`.
//!
//! `list` is what the tools said of the list, `reader` finds fields, values and numbers in the words,
//! `conditions` and its kin read one condition each, `wish` goes along the words and leaves none over, and
//! `joining` makes the tree of what "and", "or", "either" and commas join.

mod amounts;
mod conditions;
mod existence;
mod joining;
mod list;
mod numbers;
mod picking;
mod reader;
mod texts;
mod values;
mod versions;
mod wish;
mod words;

use hedgerow_agent_api::{ModelReply, ModelRequest, Outcome, PageContext, Tainted};
use hedgerow_data_api::{FilterGroup, FilterList, FilterNode, GroupType};
use hedgerow_errors::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::analyst::{ask_back, calls, is_to_blame};
use crate::conversation::{Called, READ_TAXONOMY, Run, clock, combined, runs};
use crate::dates::Calendar;
use crate::intent::{Ask, Trouble};
use list::List;

/// The tool that checks a filter and hands it over.
const MAKE_FILTERS: &str = "make_filters";
/// Characters of a wish; a longer one is none.
const LONGEST: usize = 2_000;

/// What is wished for which list.
struct Wish {
    words: String,
    list: FilterList,
}

/// The reply to a wish for a list; `None` where the request is a question.
pub(crate) fn reply(request: &ModelRequest) -> Result<Option<ModelReply>> {
    let runs = runs(&request.messages);
    let Some(current) = runs.last() else {
        return Ok(None);
    };
    let calendar = Calendar {
        now: clock(request)?,
        data: None,
    };
    let wish = match wish(&runs, &calendar) {
        None => return Ok(None),
        Some(Err(reason)) => return Ok(Some(refuse(&reason))),
        Some(Ok(wish)) => wish,
    };
    if wish.words.chars().count() > LONGEST {
        return Ok(Some(refuse("The wish is too long. Say it in fewer words.")));
    }
    let Wish { words, list } = wish;
    let lookups = lookups(list, &words);
    let find = |name: &str, arguments: &Value| {
        current
            .calls
            .iter()
            .find(|call| call.name == name && call.arguments == arguments)
    };
    let missing: Vec<_> = lookups
        .iter()
        .filter(|arguments| find(READ_TAXONOMY, arguments).is_none())
        .map(|arguments| (READ_TAXONOMY, arguments.clone()))
        .collect();
    if !missing.is_empty() {
        return Ok(Some(calls(missing)));
    }
    if let Some(failed) = current.calls.iter().find(|call| !call.ok && call.name == READ_TAXONOMY) {
        return failure(failed, "The fields of the list could not be looked up").map(Some);
    }
    let known = List::of(list, &current.calls);
    let tree = match wish::tree(&words, &known, &calendar) {
        Ok(tree) => tree,
        Err(Trouble::Ask(ask)) => return Ok(Some(ask_back(&ask))),
        Err(Trouble::Refuse(reason)) => return Ok(Some(refuse(&reason))),
        // Everything was looked up by then.
        Err(Trouble::Lookup(_)) => return Ok(Some(refuse("The values of the list could not be looked up."))),
    };
    if !request.tools.iter().any(|tool| tool.name == MAKE_FILTERS) {
        return Ok(Some(refuse("The tool make_filters is not installed.")));
    }
    let arguments = json!({"list": list, "filters": tree});
    match find(MAKE_FILTERS, &arguments) {
        None => Ok(Some(calls(vec![(MAKE_FILTERS, arguments)]))),
        Some(call) if !call.ok => failure(call, "That can't be filtered").map(Some),
        Some(call) => Ok(Some(done(list, call.content))),
    }
}

/// The wish of the newest run: its words, or those of an earlier run that asked back, with the answer put in.
fn wish(runs: &[Run<'_>], calendar: &Calendar) -> Option<Result<Wish, String>> {
    let mut asked: Option<Wish> = None;
    for (run, next) in runs.iter().zip(runs.iter().skip(1)) {
        let wish = asked.take().map(Ok).or_else(|| own_wish(run));
        let Some(Ok(wish)) = wish else { continue };
        if !run.asked_back() {
            continue;
        }
        let known = List::of(wish.list, &run.calls);
        if let Err(Trouble::Ask(Ask { edit, options, .. })) = wish::tree(&wish.words, &known, calendar) {
            let list = wish.list;
            asked = combined(&wish.words, next.question, edit, &options).map(|words| Wish { words, list });
        }
    }
    asked.map(Ok).or_else(|| own_wish(runs.last()?))
}

/// The look-ups that the conditions in some words need.
pub(crate) fn lookups(list: FilterList, words: &str) -> [Value; 2] {
    [
        json!({"kind": "fields", "list": list}),
        json!({"kind": "match", "list": list, "text": words}),
    ]
}

/// The conditions in some words, with the look-ups that were made.
pub(crate) fn conditions(
    list: FilterList,
    words: &str,
    calls: &[Called<'_>],
    calendar: &Calendar,
) -> Result<FilterGroup, Trouble> {
    if words.chars().count() > LONGEST {
        return Err(Trouble::Refuse(
            "The conditions are too long. Say them in fewer words.".to_owned(),
        ));
    }
    wish::tree(words, &List::of(list, calls), calendar)
}

/// The keys of the fields that have a text as a value, with the look-ups that were made.
pub(crate) fn fields_with(list: FilterList, calls: &[Called<'_>], value: &str) -> Vec<String> {
    let known = List::of(list, calls);
    let same = known
        .matches
        .iter()
        .filter(|(_, found)| found.exact && found.value.eq_ignore_ascii_case(value));
    let mut keys: Vec<String> = same.map(|(field, _)| known.fields[*field].key.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn own_wish(run: &Run<'_>) -> Option<Result<Wish, String>> {
    let context: &PageContext = run.context.iter().find(|context| context.tool == MAKE_FILTERS)?;
    let named = context.data.get("list").cloned().unwrap_or_default();
    Some(match serde_json::from_value::<FilterList>(named) {
        Ok(list) => Ok(Wish {
            words: run.question.to_owned(),
            list,
        }),
        Err(_) => {
            let lists = FilterList::ALL.map(FilterList::as_str).join(", ");
            Err(format!(
                "The page names no list that can be filtered. There are {lists}."
            ))
        }
    })
}

fn refuse(reason: &str) -> ModelReply {
    ModelReply {
        text: reason.to_owned(),
        outcome: Outcome::Refused,
        ..ModelReply::default()
    }
}

/// A failed call: a refusal where its arguments were to blame, else a failed run.
fn failure(call: &Called<'_>, step: &str) -> Result<ModelReply> {
    let (first, rest) = call.content.split_once('\n').unwrap_or((call.content, ""));
    let reason = Tainted::unfenced(rest);
    let reason = if reason.is_empty() { first } else { reason }.replace('\n', "; ");
    if is_to_blame(call) {
        return Ok(refuse(&format!("{step}: {}.", reason.trim_end_matches('.'))));
    }
    Err(hedgerow_errors::Error::new(
        hedgerow_errors::Code::Unavailable,
        format!("{step}: {reason}"),
    ))
}

/// The answer: the list and its conditions in words.
fn done(list: FilterList, content: &str) -> ModelReply {
    #[derive(Deserialize)]
    struct Made {
        filters: FilterGroup,
        understood: Vec<String>,
    }
    let said = serde_json::from_str::<Made>(Tainted::unfenced(content)).map(|made| {
        let mut sentences = made.understood.into_iter();
        in_words(&made.filters, &mut sentences)
    });
    let said = said.unwrap_or_default();
    ModelReply {
        text: format!("The list shows {list} where {said}."),
        ..ModelReply::default()
    }
}

fn in_words(group: &FilterGroup, sentences: &mut impl Iterator<Item = String>) -> String {
    let word = match group.group_type {
        GroupType::And => " and ",
        GroupType::Or => " or ",
    };
    let members: Vec<String> = group
        .values
        .iter()
        .map(|node| match node {
            FilterNode::Filter(_) => sentences.next().unwrap_or_default(),
            FilterNode::Group(nested) => format!("({})", in_words(nested, sentences)),
        })
        .collect();
    members.join(word)
}

#[cfg(test)]
mod tests;
