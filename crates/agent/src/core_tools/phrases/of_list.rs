//! Finds the values of a list's fields that a text mentions.

use std::collections::HashMap;

use hedgerow_data_api::{EventStore, FieldKind, FilterField, PropertyType, ValueCount};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::lists::{ListData, fold, listed, of_event, singular_fold};
use super::compare::{Likeness, name_likeness, value_likeness};
use super::words::{Phrase, Word, WordKind, phrases, words};
use super::{COMPARED, SEARCHED_WORDS};

/// Guesses that are told for one place of the text.
const GUESSES: usize = 4;
/// From this score on a guess is told.
const TOLD: f64 = 0.6;
/// What a value counts that only looks like the text, however alike they are.
const NOT_THE_SAME: f64 = 0.8;

/// A phrase of the text with a value that it may mean.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in super::super) struct ListMatch {
    /// The phrase as it stands in the text.
    pub(in super::super) text: String,
    /// Where it starts, in bytes of UTF-8.
    pub(in super::super) start: usize,
    /// Where it ends.
    pub(in super::super) end: usize,
    /// The field's type.
    #[serde(rename = "type")]
    pub(in super::super) property_type: PropertyType,
    /// The field's key.
    pub(in super::super) key: String,
    /// The value in the data's spelling.
    pub(in super::super) value: String,
    /// True where only case, a plural, or a space for `_` or `-` differ; else it is a guess.
    pub(in super::super) exact: bool,
    /// From 0 to 1.
    pub(in super::super) score: f64,
}

/// The values of a list's checked fields that a text mentions: at one place the longest and best first.
pub(in super::super) async fn list_mentions(
    store: &dyn EventStore,
    project: &ProjectId,
    data: &ListData,
    text: &str,
) -> Result<Vec<ListMatch>> {
    let words = words(text);
    let mut phrases = phrases(text, &words);
    phrases.extend(pieces(text));
    let searched: Vec<&Word> = words
        .iter()
        .filter(|word| word.is_searched())
        .take(SEARCHED_WORDS)
        .collect();
    let mut matches = Vec::new();
    for field in data.fields.fields.iter().filter(|field| field.is_checked) {
        if field.property_type == PropertyType::EventField && field.key == "event" {
            matches.extend(events(data, field, &phrases));
            continue;
        }
        let first = listed(store, project, data, field, "", COMPARED).await?;
        let mut rest = Vec::new();
        if !first.complete {
            for word in &searched {
                rest.extend(
                    listed(store, project, data, field, word.plain(), COMPARED)
                        .await?
                        .values,
                );
            }
        }
        matches.extend(of_field(field, &phrases, (&first.values, first.complete), &rest));
    }
    Ok(best(matches))
}

/// What stands between blanks and has marks within, as it stands: `Europe/Berlin`.
fn pieces(text: &str) -> impl Iterator<Item = Phrase<'_>> {
    let is_edge = |c: char| ",;?!()\"'.".contains(c);
    text.split_whitespace().filter_map(move |piece| {
        let piece = piece.trim_matches(is_edge);
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        let has_mark = piece.contains(|c: char| !c.is_alphanumeric());
        has_mark.then(|| Phrase {
            text: piece,
            start,
            end: start + piece.len(),
            kind: WordKind::Verbatim,
            plain: piece.to_owned(),
        })
    })
}

fn events(data: &ListData, field: &FilterField, phrases: &[Phrase<'_>]) -> Vec<ListMatch> {
    let mut matches = Vec::new();
    for event in &data.taxonomy.events {
        let said = of_event(&event.name);
        for phrase in phrases.iter().filter(|phrase| phrase.kind != WordKind::Number) {
            let (folded, singular) = (fold(phrase.text), singular_fold(phrase.text));
            let is_said = |word: &String| *word == folded || singular.as_ref() == Some(word);
            if phrase.text == event.name || said.iter().any(is_said) {
                matches.push(matched(phrase, field, &event.name, true, 1.0));
                continue;
            }
            let likeness = said
                .iter()
                .filter_map(|said| name_likeness(phrase.text, said))
                .max_by(|one, other| one.score().total_cmp(&other.score()));
            let Some(likeness) = likeness else { continue };
            let (exact, score) = (likeness.is_exact(), likeness.score());
            matches.push(matched(phrase, field, &event.name, exact, score));
        }
    }
    matches
}

/// The first values are guessed at; of the rest only those count that are the same.
fn of_field(
    field: &FilterField,
    phrases: &[Phrase<'_>],
    (first, complete): (&[ValueCount], bool),
    rest: &[ValueCount],
) -> Vec<ListMatch> {
    let mut folded: HashMap<String, Vec<&str>> = HashMap::new();
    for value in first.iter().chain(rest) {
        let same = folded.entry(fold(&value.value)).or_default();
        if !same.contains(&value.value.as_str()) {
            same.push(&value.value);
        }
    }
    let mut matches = Vec::new();
    for phrase in phrases {
        let same = |text: &str| folded.get(text).cloned().unwrap_or_default();
        let mut found = same(&fold(phrase.text));
        if found.is_empty() && phrase.kind == WordKind::Plain {
            found = singular_fold(phrase.text).map(|text| same(&text)).unwrap_or_default();
        }
        // Of two spellings the one as it was typed.
        if let Some(typed) = found.iter().copied().find(|value| *value == phrase.text) {
            found = vec![typed];
        }
        if !found.is_empty() {
            let exact = found.iter().map(|value| matched(phrase, field, value, true, 1.0));
            matches.extend(exact);
            continue;
        }
        let may_guess = matches!(field.kind, FieldKind::Text | FieldKind::Version | FieldKind::Tags)
            && phrase.kind == WordKind::Plain;
        if !may_guess {
            continue;
        }
        for value in first {
            let likeness = value_likeness(phrase, &value.value, complete).map(Likeness::score);
            if let Some(score) = likeness.filter(|score| *score >= TOLD) {
                matches.push(matched(phrase, field, &value.value, false, score.min(NOT_THE_SAME)));
            }
        }
    }
    matches
}

fn matched(phrase: &Phrase<'_>, field: &FilterField, value: &str, exact: bool, score: f64) -> ListMatch {
    ListMatch {
        text: phrase.text.to_owned(),
        start: phrase.start,
        end: phrase.end,
        property_type: field.property_type,
        key: field.key.clone(),
        value: value.to_owned(),
        exact,
        score,
    }
}

/// Drops guesses at what is known, and guesses beyond the best ones, and puts the rest in order.
fn best(matches: Vec<ListMatch>) -> Vec<ListMatch> {
    let overlaps = |one: &ListMatch, other: &ListMatch| one.start < other.end && other.start < one.end;
    let mut kept: Vec<ListMatch> = matches
        .iter()
        .filter(|guess| guess.exact || !matches.iter().any(|found| found.exact && overlaps(found, guess)))
        .cloned()
        .collect();
    // A piece may be a word as well.
    let mut seen: Vec<ListMatch> = Vec::new();
    kept.retain(|found| {
        let is_new = !seen.contains(found);
        if is_new {
            seen.push(found.clone());
        }
        is_new
    });
    kept.sort_by(|one, other| {
        let place = |found: &ListMatch| (found.start, usize::MAX - found.end, !found.exact);
        place(one)
            .cmp(&place(other))
            .then(other.score.total_cmp(&one.score))
            .then_with(|| {
                (one.property_type, &one.key, &one.value).cmp(&(other.property_type, &other.key, &other.value))
            })
    });
    let mut guesses: HashMap<usize, usize> = HashMap::new();
    kept.retain(|found| {
        let told = guesses.entry(found.start).or_default();
        *told += usize::from(!found.exact);
        found.exact || *told <= GUESSES
    });
    kept
}
