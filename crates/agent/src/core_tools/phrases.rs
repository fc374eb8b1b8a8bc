//! Finds the names that a text mentions: events, properties and values.
//!
//! Every word, and every run of up to four words, is compared with the names of the project, ignoring
//! case, marks, plurals and small typos. Paths, URLs and quoted texts are compared as they stand.

mod compare;
mod of_list;
mod words;

use futures::stream::{self, StreamExt};
use hedgerow_data_api::{EventStore, PropertyDefinition, Taxonomy, ValueCount, ValueType};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use compare::{Likeness, name_likeness, value_likeness};
pub(super) use of_list::{ListMatch, list_mentions};
use words::{Phrase, Word, WordKind, phrases, words};

/// Values of a property that are compared with every phrase, most frequent first.
const COMPARED: usize = 200;
/// Words that are looked for among the values beyond those.
const SEARCHED_WORDS: usize = 32;
/// Look-ups at the same time.
const AT_ONCE: usize = 8;
/// Values of one property for one phrase that only contains or begins them.
const PARTIAL: usize = 3;

/// A phrase of the text with a name that it may mean.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct Match {
    /// The phrase as it stands in the text.
    pub(super) text: String,
    /// Where it starts, in bytes of UTF-8.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// What the name names.
    pub(super) kind: MatchKind,
    /// The event's name, or the property's key.
    pub(super) key: String,
    /// The value, of the property's type; `null` for an event or a property.
    pub(super) value: Option<Value>,
    /// From 0 to 1. From 0.95 on it is the same name but for case, marks and plural; below it is a
    /// guess: a typo (0.7 to 0.8), a part of the name (0.5 to 0.8).
    pub(super) score: f64,
    /// True where the score is at least 0.95.
    pub(super) exact: bool,
}

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MatchKind {
    /// An event.
    Event,
    /// A property.
    Property,
    /// A value of a property.
    Value,
}

/// How well a text names something, from 0 to 1; 0 where it doesn't.
pub(super) fn names(text: &str, name: &str) -> f64 {
    let scores = phrases(text, &words(text))
        .into_iter()
        .filter_map(|phrase| name_likeness(phrase.text, name));
    scores.map(Likeness::score).fold(0.0, f64::max)
}

/// What a text mentions.
pub(super) struct Mentions {
    /// In the order of the text; at one place the longest and best first.
    pub(super) matches: Vec<Match>,
    /// Words that were not looked for among rare values, because there were too many.
    pub(super) skipped: Vec<String>,
    /// Properties of which not every value was compared.
    pub(super) partly_compared: Vec<String>,
}

/// Finds what a text mentions.
pub(super) async fn mentions(
    store: &dyn EventStore,
    project: &ProjectId,
    taxonomy: &Taxonomy,
    text: &str,
) -> Result<Mentions> {
    let words = words(text);
    let phrases = phrases(text, &words);
    let mut matches = Vec::new();
    for phrase in phrases.iter().filter(|phrase| phrase.kind != WordKind::Number) {
        let events = taxonomy
            .events
            .iter()
            .map(|event| (MatchKind::Event, event.name.as_str()));
        let properties = taxonomy
            .properties
            .iter()
            .map(|property| (MatchKind::Property, property.key.as_str()));
        for (kind, name) in events.chain(properties) {
            let likeness = name_likeness(phrase.text, name);
            matches.extend(likeness.map(|likeness| matched(phrase, kind, name, None, likeness)));
        }
    }
    let searched: Vec<&Word> = words
        .iter()
        .filter(|word| word.is_searched())
        .take(SEARCHED_WORDS)
        .collect();
    let skipped = words.iter().filter(|word| word.is_searched()).skip(SEARCHED_WORDS);
    let skipped = skipped.map(|word| word.text.to_owned()).collect();
    let mut partly_compared = Vec::new();
    for property in taxonomy
        .properties
        .iter()
        .filter(|property| property.value_type != ValueType::Double)
    {
        let (values, all) = candidates(store, project, property, &searched).await?;
        if !all && property.value_type == ValueType::String {
            partly_compared.push(property.key.clone());
        }
        for phrase in &phrases {
            matches.extend(value_matches(phrase, property, &values, all));
        }
    }
    Ok(Mentions {
        matches: best(matches),
        skipped,
        partly_compared,
    })
}

/// The values of a property that the words may mean, and whether they are all there are.
async fn candidates(
    store: &dyn EventStore,
    project: &ProjectId,
    property: &PropertyDefinition,
    searched: &[&Word<'_>],
) -> Result<(Vec<ValueCount>, bool)> {
    let is_number = property.value_type == ValueType::Integer;
    let mut values = Vec::new();
    if !is_number {
        let list = store.values(project, &property.key, "", COMPARED).await?;
        if list.complete {
            return Ok((list.values, true));
        }
        values = list.values;
    }
    let wanted = searched
        .iter()
        .filter(|word| !is_number || word.kind == WordKind::Number);
    let lookups: Vec<_> = wanted
        .map(|word| store.values(project, &property.key, word.plain(), COMPARED))
        .collect();
    let mut lists = stream::iter(lookups).buffered(AT_ONCE);
    while let Some(list) = lists.next().await {
        for value in list?.values {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    Ok((values, false))
}

fn value_matches(phrase: &Phrase, property: &PropertyDefinition, values: &[ValueCount], all: bool) -> Vec<Match> {
    let is_number = property.value_type == ValueType::Integer;
    if is_number && phrase.kind != WordKind::Number {
        return Vec::new();
    }
    let (mut found, mut partial) = (Vec::new(), 0);
    for value in values {
        let Some(likeness) = value_likeness(phrase, &value.value, all && !is_number) else {
            continue;
        };
        if is_number && likeness != Likeness::SAME {
            continue;
        }
        partial += usize::from(likeness.is_partial());
        if !likeness.is_partial() || partial <= PARTIAL {
            let typed = typed(&value.value, property.value_type);
            found.push(matched(phrase, MatchKind::Value, &property.key, Some(typed), likeness));
        }
    }
    found
}

fn typed(value: &str, value_type: ValueType) -> Value {
    let text = || Value::String(value.to_owned());
    match value_type {
        ValueType::Integer => value.parse::<i64>().map_or_else(|_| text(), Value::from),
        ValueType::Double => value.parse::<f64>().map_or_else(|_| text(), Value::from),
        ValueType::Boolean => value.parse::<bool>().map_or_else(|_| text(), Value::from),
        ValueType::String | ValueType::Json => text(),
    }
}

fn matched(phrase: &Phrase, kind: MatchKind, key: &str, value: Option<Value>, likeness: Likeness) -> Match {
    let (text, key) = (phrase.text.to_owned(), key.to_owned());
    let (score, exact) = (likeness.score(), likeness.is_exact());
    Match {
        text,
        start: phrase.start,
        end: phrase.end,
        kind,
        key,
        value,
        score,
        exact,
    }
}

/// Drops what a longer or better match explains, and puts the rest in order.
fn best(matches: Vec<Match>) -> Vec<Match> {
    let covers = |outer: &Match, inner: &Match| outer.start <= inner.start && inner.end <= outer.end;
    let longer = |outer: &Match, inner: &Match| outer.end - outer.start > inner.end - inner.start;
    let explains = |outer: &Match, inner: &Match| {
        let same_name = (outer.kind, &outer.key) == (inner.kind, &inner.key) && outer.score >= inner.score;
        // A word within a path or a URL is the last thing that a text may mean.
        let is_last_resort = Likeness::is_within(inner.score) && !Likeness::is_within(outer.score);
        covers(outer, inner) && ((outer.exact && !inner.exact) || (longer(outer, inner) && same_name) || is_last_resort)
    };
    let kept = matches
        .iter()
        .filter(|inner| !matches.iter().any(|outer| explains(outer, inner)));
    let mut kept: Vec<Match> = kept.cloned().collect();
    let order = |found: &Match| (found.start, usize::MAX - found.end);
    kept.sort_by(|a, b| {
        order(a)
            .cmp(&order(b))
            .then(b.score.total_cmp(&a.score))
            .then_with(|| (a.kind, &a.key).cmp(&(b.kind, &b.key)))
    });
    kept.dedup();
    kept
}
