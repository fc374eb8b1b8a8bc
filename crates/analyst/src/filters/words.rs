//! The words that name nothing: those of a request, and those that only bind others together.

use hedgerow_data_api::FilterList;

use crate::cursor::Cursor;
use crate::tokens::Token;

/// Phrases of a request.
const REQUESTS: &[&str] = &[
    "can you",
    "could you",
    "i want to see",
    "i would like to see",
    "i'd like to see",
    "i want",
    "i need",
    "show me",
    "give me",
    "find me",
    "let me see",
    "filter for",
    "filter by",
    "filter to",
    "filter",
    "show",
    "list",
    "find",
    "get",
    "give",
    "see",
    "display",
    "search for",
    "look for",
    "please",
];

/// Words that bind.
const BINDERS: &[&str] = &[
    "a", "an", "the", "all", "any", "every", "each", "only", "just", "of", "in", "on", "at", "by", "for", "from", "to",
    "with", "which", "who", "whom", "that", "whose", "where", "when", "what", "is", "are", "was", "were", "be", "been",
    "being", "has", "have", "had", "having", "their", "its", "it", "they", "them", "there", "those", "these", "this",
    "ones", "use", "uses", "used", "using", "also", "me", "we", "our", "as", "via", "while",
];

/// Words of a condition that may stand before what it is about.
pub(super) const LEADS: &[&str] = &[
    "a", "an", "the", "any", "their", "its", "is", "are", "was", "were", "be", "been", "in", "on", "at", "by", "for",
    "from", "of", "with", "using", "as", "those", "ones", "who", "that", "which",
];

/// Nouns of the rows of each list.
const EVENTS: &[&str] = &["events", "event", "everything", "anything"];
const PERSONS: &[&str] = &[
    "persons",
    "person",
    "people",
    "users",
    "user",
    "everyone",
    "everybody",
    "anyone",
    "anybody",
    "somebody",
];
const SESSIONS: &[&str] = &["sessions", "session"];
const FLAGS: &[&str] = &["feature flags", "feature flag", "flags", "flag"];

/// Where the phrase of a request, or a binding word, that starts at a token ends.
pub(super) fn stop_end(tokens: &[Token], at: usize) -> Option<usize> {
    let mut cursor = Cursor::new(tokens, at);
    // "to" stands in requests alone: anything else that is done "to" something is no filter.
    if at > 0 && cursor.word() == "to" {
        return None;
    }
    cursor
        .eat_one_of(REQUESTS)
        .or_else(|| cursor.eat(BINDERS))
        .map(|_| cursor.at)
}

/// Where a noun for the rows of the list ends, and whether it names persons.
pub(super) fn noun_end(tokens: &[Token], at: usize, list: FilterList) -> Option<(usize, bool)> {
    let mut cursor = Cursor::new(tokens, at);
    let own = match list {
        FilterList::Events => EVENTS,
        FilterList::Persons => &[],
        FilterList::Sessions => SESSIONS,
        FilterList::Flags => FLAGS,
    };
    if cursor.eat_one_of(own).is_some() {
        return Some((cursor.at, false));
    }
    (list != FilterList::Flags && cursor.eat(PERSONS).is_some()).then_some((cursor.at, true))
}

/// Steps over binding words.
pub(super) fn skip(tokens: &[Token], at: usize, words: &[&'static str]) -> usize {
    let mut cursor = Cursor::new(tokens, at);
    while cursor.eat(words).is_some() {}
    cursor.at
}

/// The singular of a word, or the word.
pub(super) fn singular(word: &str) -> String {
    if word.len() <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    let with_es = ["ches", "shes", "xes", "sses"]
        .iter()
        .any(|ending| word.ends_with(ending));
    let cut = if with_es { 2 } else { usize::from(word.ends_with('s')) };
    word[..word.len() - cut].to_owned()
}
