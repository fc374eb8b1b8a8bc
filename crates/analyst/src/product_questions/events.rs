//! Events by their names as people say them: `note_created` is "created a note", "note creators", "creating notes".
//!
//! All words of a name must be said, in any form and order, with nothing but small words between them. A verb alone
//! names its event where no other event has it; a verb that says little, as in `search_performed`, need not be said.

use hedgerow_data_api::EventDefinition;

use super::stems::{is_agent, is_form, is_past};
use crate::cursor::Cursor;
use crate::tokens::{Kind, Token};

/// The event of a page view.
pub(super) const VIEW: &str = "$pageview";

/// An event as a question names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The name; `None` for every event.
    pub(super) event: Option<String>,
    /// True where the words are for the people who did it: "note creators".
    pub(super) is_agent: bool,
    /// True where the words say what somebody did or does.
    pub(super) is_verb: bool,
    /// True for "their first note".
    pub(super) is_first: bool,
    /// True for "another note", "again".
    pub(super) is_again: bool,
}

impl Named {
    pub(super) fn plain(event: Option<&str>) -> Self {
        Self {
            event: event.map(str::to_owned),
            is_agent: false,
            is_verb: false,
            is_first: false,
            is_again: false,
        }
    }
}

/// Small words between the words of a name.
const BETWEEN: [&str; 16] = [
    "a", "an", "the", "their", "his", "her", "its", "any", "some", "one", "our", "own", "new", "at", "least", "to",
];
/// Verbs that say nothing beside their object: a search that was performed is a search.
const EMPTY: [&str; 10] = [
    "performed",
    "done",
    "made",
    "happened",
    "occurred",
    "fired",
    "triggered",
    "recorded",
    "tracked",
    "submitted",
];
/// Verbs of so many things that they name no event by themselves.
const COMMON: [&str; 24] = [
    "started",
    "used",
    "viewed",
    "opened",
    "clicked",
    "closed",
    "finished",
    "begun",
    "received",
    "completed",
    "seen",
    "shown",
    "loaded",
    "changed",
    "added",
    "removed",
    "set",
    "taken",
    "tried",
    "ended",
    "left",
    "found",
    "selected",
    "requested",
];

/// The words of a name: `note_created`, `noteCreated`, `Note Created`.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.trim_start_matches('$').chars() {
        let starts = words.is_empty() || (c.is_uppercase() && before.is_lowercase()) || !before.is_alphanumeric();
        if c.is_alphanumeric() {
            match words.last_mut() {
                Some(word) if !starts => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words
}

/// The longest event that is named at a token, with the position after it.
pub(super) fn event_at(tokens: &[Token], at: usize, events: &[EventDefinition]) -> Option<(usize, Named)> {
    let mut found: Vec<(usize, Named)> = Vec::new();
    for event in events {
        let names = [
            by_name(tokens, at, event),
            in_words(tokens, at, event, events),
            by_one_word(tokens, at, event, events),
        ];
        found.extend(names.into_iter().flatten());
    }
    found.extend(view_at(tokens, at, events));
    let longest = found.iter().map(|(end, _)| *end).max()?;
    let mut longest: Vec<(usize, Named)> = found.into_iter().filter(|(end, _)| *end == longest).collect();
    longest.dedup_by(|one, other| one.1.event == other.1.event);
    let (end, named) = longest.pop()?;
    // Words that name two events name none.
    if longest.iter().any(|(_, other)| other.event != named.event) {
        return None;
    }
    Some((after_noun(tokens, end), named))
}

/// "note_created events", "the note_created event": the word adds nothing.
fn after_noun(tokens: &[Token], end: usize) -> usize {
    let mut cursor = Cursor::new(tokens, end);
    cursor.eat(&["event", "events"]);
    cursor.at
}

fn by_name(tokens: &[Token], at: usize, event: &EventDefinition) -> Option<(usize, Named)> {
    let token = &tokens[at];
    let is_name = matches!(token.kind, Kind::Word | Kind::Quoted) && token.lower == event.name.to_lowercase();
    is_name.then(|| (at + 1, Named::plain(Some(&event.name))))
}

/// All words of the name, each once.
fn in_words(
    tokens: &[Token],
    at: usize,
    event: &EventDefinition,
    events: &[EventDefinition],
) -> Option<(usize, Named)> {
    let words = words_of(&event.name);
    let is_own = event.name.starts_with('$');
    // `$set` is no word of a question, `$exception` is.
    if is_own && (words.len() != 1 || words[0].len() < 8) {
        return None;
    }
    if let Some(found) = joined(tokens, at, event, &words) {
        return Some(found);
    }
    let mut named = Named::plain(Some(&event.name));
    let mut left: Vec<&String> = words.iter().collect();
    let (mut next, mut small) = (at, 0);
    let mut end = at;
    while !left.is_empty() {
        let token = tokens.get(next)?;
        let position = left
            .iter()
            .position(|word| token.kind == Kind::Word && is_form(&token.lower, word));
        if let Some(position) = position {
            let word = left.remove(position);
            named.is_agent |= is_agent(&token.lower, word);
            named.is_verb |= is_verb_before_object(tokens, next, word, words.last() == Some(word));
            (next, small, end) = (next + 1, 0, next + 1);
            continue;
        }
        if next == at || small >= 4 {
            return None;
        }
        match token.lower.as_str() {
            "first" | "ever" => named.is_first = true,
            "another" | "again" | "more" => named.is_again = true,
            "-" => {}
            word if token.kind == Kind::Word && BETWEEN.contains(&word) => {}
            _ => return None,
        }
        small += 1;
        next += 1;
    }
    // One word of a name that several events have is not enough, even if it is all there is.
    let alone = words.len() == 1
        && !is_own
        && events
            .iter()
            .any(|other| other.name != event.name && words_of(&other.name).contains(&words[0]));
    (!alone).then(|| (after_again(tokens, end, &mut named), named))
}

/// "signup", "logins": the words of a name written as one.
fn joined(tokens: &[Token], at: usize, event: &EventDefinition, words: &[String]) -> Option<(usize, Named)> {
    let [verb, rest] = words else { return None };
    let token = tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let base = token.lower.strip_suffix('s').unwrap_or(&token.lower);
    let start = base.strip_suffix(rest.as_str())?;
    let fits = rest.len() <= 4 && start.len() >= 3 && is_form(start, verb);
    fits.then(|| (at + 1, Named::plain(Some(&event.name))))
}

/// A verb that no other event has.
fn by_one_word(
    tokens: &[Token],
    at: usize,
    event: &EventDefinition,
    events: &[EventDefinition],
) -> Option<(usize, Named)> {
    let words = words_of(&event.name);
    let [first, second] = &words[..] else { return None };
    let token = tokens
        .get(at)
        .filter(|token| token.kind == Kind::Word && token.lower.len() > 3)?;
    let (noun, verb) = match (is_past(first), is_past(second)) {
        (_, true) => (first, second),
        (true, false) => (second, first),
        _ => return None,
    };
    let wanted = if EMPTY.contains(&verb.as_str()) { noun } else { verb };
    let is_known = COMMON.contains(&wanted.as_str()) || !is_form(&token.lower, wanted);
    // Events that every product has by itself, such as `$create_alias`, are not spoken of.
    let others = events
        .iter()
        .filter(|other| other.name != event.name && !other.name.starts_with('$'));
    let is_shared = others
        .flat_map(|other| words_of(&other.name))
        .any(|word| is_form(&word, wanted));
    // "signed" without "up" is another thing, and so is "in" of "logged in".
    let has_particle = noun.len() <= 3;
    if is_known || is_shared || has_particle {
        return None;
    }
    let mut named = Named::plain(Some(&event.name));
    named.is_agent = is_agent(&token.lower, wanted);
    named.is_verb = is_verb_before_object(tokens, at, wanted, true);
    let mut cursor = Cursor::new(tokens, at + 1);
    // "created another one", but "creating one".
    if let Some(said) = cursor.eat_one_of(&["another one", "one more", "another", "one"]) {
        named.is_again = said != "one";
    }
    Some((after_again(tokens, cursor.at, &mut named), named))
}

/// The position after an "again" behind the words.
fn after_again(tokens: &[Token], end: usize, named: &mut Named) -> usize {
    let mut cursor = Cursor::new(tokens, end);
    if cursor.eat(&["again"]).is_some() {
        named.is_again = true;
    }
    cursor.at
}

/// True for a form that says that somebody does something: "created a note", not "created notes".
fn is_verb_before_object(tokens: &[Token], at: usize, word: &str, is_verb: bool) -> bool {
    let token = &tokens[at];
    let before = at.checked_sub(1).map_or("", |before| tokens[before].lower.as_str());
    let article = ["a", "an", "the", "of", "number"].contains(&before);
    is_verb && (is_past(word) || is_past(&token.lower)) && !article && !token.lower.ends_with("ion")
}

/// Page views by everyday words: "viewed a page", "looked at the page", "opened pages".
fn view_at(tokens: &[Token], at: usize, events: &[EventDefinition]) -> Option<(usize, Named)> {
    let name = events
        .iter()
        .map(|event| event.name.as_str())
        .find(|name| *name == VIEW)?;
    let mut named = Named::plain(Some(name));
    let mut cursor = Cursor::new(tokens, at);
    let nouns = [
        "page views",
        "page view",
        "pageviews",
        "pageview",
        "views of the page",
        "views of page",
    ];
    let hyphened = ["page - views", "page - view"];
    if cursor.eat_one_of(&nouns).is_some() || cursor.eat_one_of(&hyphened).is_some() {
        return Some((after_again(tokens, cursor.at, &mut named), named));
    }
    named.is_verb = true;
    let plain = cursor.eat(&["viewed", "view", "viewing", "views"]);
    if plain.is_none() {
        cursor.eat_one_of(&["looked at", "look at", "looking at", "saw", "see", "seen"])?;
    }
    let after_verb = cursor.at;
    for _ in 0..2 {
        cursor.eat(&["a", "an", "the", "any", "some", "another", "our"]);
    }
    named.is_again = cursor.at > 0 && tokens[cursor.at - 1].is("another");
    let page = cursor.eat(&["page", "pages"]).is_some();
    if !page {
        cursor.at = after_verb;
        // "views" alone are page views; whoever "saw" something saw anything.
        plain?;
        named.is_again = false;
    }
    Some((after_again(tokens, cursor.at, &mut named), named))
}

#[cfg(test)]
mod tests;
