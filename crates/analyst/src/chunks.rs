//! The question as a row of chunks, each with a meaning, a stop word, or unknown.

use crate::comparisons::{Comparison, NumberTest, TextTest, comparison_at};
use crate::dates::{Calendar, Doubt, Span, When, when_at};
use crate::knowledge::Knowledge;
use crate::lexicon::{Counted, Word, phrase_end, word_at};
use crate::status_words::{StatusTest, StatusWord, UnclearStatus, status_at};
use crate::stop_words::{is_noun_of_path, is_stop, stop_phrase_end};
use crate::tokens::{Kind, Token};

/// A value of the data, with the property it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// What a chunk is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Stop,
    Word(Word),
    /// A property by its own name.
    Property(String),
    /// Values that are written exactly like this.
    Value(Vec<Candidate>),
    /// A path, URL or quoted text.
    Literal,
    Number(f64),
    Status(StatusTest),
    /// `failed`: statuses that only another condition can tell.
    UnclearStatus(UnclearStatus),
    NumberTest(NumberTest),
    TextTest(TextTest),
    Span(Span),
    Hours {
        from: u32,
        to: u32,
    },
    Doubt(Doubt),
    Unknown,
}

/// A stretch of tokens with one meaning.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) item: Item,
    /// True once the parse has used it.
    pub(crate) taken: bool,
}

/// Reads a question from left to right; at each place the longest reading wins.
pub(crate) fn chunks(tokens: &[Token], knowledge: &Knowledge, calendar: &Calendar) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (end, item) = longest(tokens, at, knowledge, calendar);
        chunks.push(Chunk {
            start: at,
            end,
            taken: item == Item::Stop,
            item,
        });
        at = end;
    }
    chunks
}

/// The longest reading at a place, with the position after it.
pub(crate) fn longest(tokens: &[Token], at: usize, knowledge: &Knowledge, calendar: &Calendar) -> (usize, Item) {
    // Where two readings are equally long, the later in this list wins.
    let readings = [
        stop_phrase_end(tokens, at).map(|end| (end, Item::Stop)),
        value_at(tokens, at, knowledge),
        event_at(tokens, at, knowledge),
        property_at(tokens, at, knowledge),
        word_at(tokens, at).map(|(end, word)| (end, of_word(word))),
        status_at(tokens, at).map(|(end, word)| (end, of_status(word))),
        comparison_at(tokens, at).map(|(end, comparison)| (end, of_comparison(comparison))),
        when_at(tokens, at, calendar).map(|(end, when)| (end, of_when(when))),
        written_value_at(tokens, at, knowledge),
    ];
    readings
        .into_iter()
        .flatten()
        .max_by_key(|(end, _)| *end)
        .unwrap_or_else(|| (at + 1, alone(&tokens[at])))
}

fn alone(token: &Token) -> Item {
    match token.kind {
        Kind::Path | Kind::Url | Kind::Quoted => Item::Literal,
        Kind::Number(number) => Item::Number(number),
        Kind::Word | Kind::Symbol if is_stop(&token.lower) => Item::Stop,
        _ => Item::Unknown,
    }
}

fn of_word(word: Word) -> Item {
    match word {
        Word::Property(key) => Item::Property(key.to_owned()),
        other => Item::Word(other),
    }
}

fn of_status(word: StatusWord) -> Item {
    match word {
        StatusWord::Test(test) => Item::Status(test),
        StatusWord::Unclear(unclear) => Item::UnclearStatus(unclear),
    }
}

fn of_comparison(comparison: Comparison) -> Item {
    match comparison {
        Comparison::Number(test) => Item::NumberTest(test),
        Comparison::Text(test) => Item::TextTest(test),
        Comparison::Unclear(doubt) => Item::Doubt(doubt),
    }
}

fn of_when(when: When) -> Item {
    match when {
        When::Span(span) => Item::Span(span),
        When::Hours { from, to } => Item::Hours { from, to },
        When::Doubt(doubt) => Item::Doubt(doubt),
    }
}

/// Other names of values, used where the value exists.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("ie", "Internet Explorer"),
    ("edge", "Microsoft Edge"),
    ("macos", "Mac OS X"),
    ("os x", "Mac OS X"),
    ("mac", "Mac OS X"),
    ("macs", "Mac OS X"),
];

/// The longest value of the data at a token, ignoring case. Everyday words are no values.
fn value_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Item)> {
    let (end, candidates) = values_at(tokens, at, knowledge)?;
    let everyday = tokens[at..end].iter().all(|token| is_stop(&token.lower));
    let names_page = is_noun_of_path(tokens, at);
    (!everyday && !names_page).then_some((end, Item::Value(candidates)))
}

/// A value in its exact spelling, in capitals, where the word alone would be an everyday one: GET is
/// the method, "get" is not.
fn written_value_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Item)> {
    let (end, mut candidates) = values_at(tokens, at, knowledge)?;
    let text = tokens[at..end]
        .iter()
        .map(|token| token.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let in_capitals = text.len() > 1 && text == text.to_uppercase() && text != text.to_lowercase();
    candidates.retain(|candidate| in_capitals && candidate.value == text);
    (!candidates.is_empty()).then_some((end, Item::Value(candidates)))
}

/// Properties whose values repeat those of others in raw form; they must be named to be meant.
pub(crate) const RAW: [&str; 2] = ["$raw_user_agent", "$current_url"];

fn values_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Vec<Candidate>)> {
    let values = knowledge.matches.iter().filter(|found| found.kind == "value");
    let placed = values.filter_map(|found| Some((written_end(tokens, at, found)?, found)));
    let placed: Vec<_> = placed.filter(|(end, _)| is_name(&tokens[at..*end])).collect();
    let longest = placed.iter().map(|(end, _)| *end).max()?;
    let mut candidates: Vec<Candidate> = Vec::new();
    for (_, found) in placed.iter().filter(|(end, _)| *end == longest) {
        let (Some(key), Some(value)) = (found.key.clone(), found.value_text()) else {
            continue;
        };
        let candidate = Candidate { key, value };
        if !candidates.contains(&candidate) && !RAW.contains(&candidate.key.as_str()) {
            candidates.push(candidate);
        }
    }
    (!candidates.is_empty()).then_some((longest, candidates))
}

/// The position after a value that is written at a token, in full or by its other name.
fn written_end(tokens: &[Token], at: usize, found: &crate::knowledge::Match) -> Option<usize> {
    let value = found.value_text()?;
    let by_alias = ALIASES
        .iter()
        .filter(|(_, full)| *full == value)
        .filter_map(|(alias, _)| text_end(tokens, at, alias));
    // "POSTs": requests by the name of their method.
    let is_plural = found.key.as_deref() == Some("method") && tokens[at].text.strip_suffix('s') == Some(value.as_str());
    text_end(tokens, at, &value)
        .or_else(|| by_alias.max())
        .or_else(|| is_plural.then_some(at + 1))
}

/// Bare numbers, paths and quoted texts are read with the property named beside them, never alone.
fn is_name(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| matches!(token.kind, Kind::Word))
}

/// The position after a text that starts at a token and ends with one.
pub(crate) fn text_end(tokens: &[Token], at: usize, text: &str) -> Option<usize> {
    let wanted: Vec<String> = crate::tokens::tokenize(text)
        .into_iter()
        .map(|token| token.lower)
        .collect();
    let found = tokens.get(at..at + wanted.len())?;
    (!wanted.is_empty() && found.iter().zip(&wanted).all(|(token, word)| token.lower == *word))
        .then_some(at + wanted.len())
}

/// An event of the project by its whole name, also in the plural.
fn event_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Item)> {
    let ends = knowledge.events.iter().filter_map(|event| {
        let end = name_end(tokens, at, &event.name)?;
        Some((
            end,
            Item::Word(Word::Measure(Counted::Named(event.name.clone()), false)),
        ))
    });
    ends.max_by_key(|(end, _)| *end)
}

/// A property of the project by its own key, also in the plural.
fn property_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Item)> {
    let ends = knowledge.properties.iter().filter_map(|property| {
        Some((
            name_end(tokens, at, &property.key)?,
            Item::Property(property.key.clone()),
        ))
    });
    ends.max_by_key(|(end, _)| *end)
}

fn name_end(tokens: &[Token], at: usize, name: &str) -> Option<usize> {
    if tokens[at].lower == name.to_lowercase() {
        return Some(at + 1);
    }
    // A name without its mark, in words: `$current_url` is "current url".
    let words = name.trim_start_matches('$').replace(['_', '-'], " ").to_lowercase();
    let plural = format!("{words}s");
    phrase_end(tokens, at, &words).or_else(|| phrase_end(tokens, at, &plural))
}
