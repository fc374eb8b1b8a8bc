//! Reads misspelt words: the analyst's own, and values of the data that are written nearly right.
//!
//! A word is read as another only where nothing else in the question's language knows it, where exactly one
//! name is near, and where the answer can say so. A value must be a frequent one, so that an everyday word
//! is not taken for a rare value that it happens to resemble.

use crate::chunks::{Item, RAW, chunks};
use crate::dates::Calendar;
use crate::intent::Lookup;
use crate::knowledge::{Knowledge, Match};
use crate::tokens::{Kind, Token, tokenize};

/// Words of the analyst that are worth a correction: long ones that no other word is near to.
const OWN: &str = "requests request pageviews pageview visitors visitor people persons sessions session visits unique distinct \
    different browser browsers operating referrer referrers method methods percentage yesterday traffic monday tuesday \
    wednesday thursday friday saturday sunday january february september october november december";

/// Words in a name that is written nearly right.
const LONGEST: usize = 4;

/// How alike a value must be; below it only a part of it is written.
const ALIKE: f64 = 0.7;

/// A value counts as frequent where one in so many events with the property has it.
const ONE_IN: u64 = 100;

/// The tokens as they are to be read, what was assumed, and what must be looked up first.
pub(crate) struct Respelt {
    pub(crate) tokens: Vec<Token>,
    pub(crate) notes: Vec<String>,
    pub(crate) lookups: Vec<Lookup>,
}

/// Corrects the spelling of words that nothing knows.
pub(crate) fn respelt(question: &str, tokens: Vec<Token>, knowledge: &Knowledge, calendar: &Calendar) -> Respelt {
    let mut out = Respelt {
        tokens: Vec::with_capacity(tokens.len()),
        notes: Vec::new(),
        lookups: Vec::new(),
    };
    let places = Places::of(&tokens, knowledge, calendar);
    let mut at = 0;
    while at < tokens.len() {
        let (next, read) = match reading(question, &tokens, at, &places, knowledge, &mut out.lookups) {
            Some((next, read)) => (next, Some(read)),
            None => (at + 1, None),
        };
        match read {
            None => out.tokens.push(tokens[at].clone()),
            Some(read) => {
                let (start, end) = (tokens[at].start, tokens[next - 1].end);
                out.notes
                    .push(format!("I read \"{}\" as {read}", &question[start..end]));
                // Each word of the name stands for the whole stretch.
                out.tokens
                    .extend(tokenize(&read).into_iter().map(|token| Token { start, end, ..token }));
            }
        }
        at = next;
    }
    out
}

/// What the tokens are without any correction.
struct Places {
    unknown: Vec<bool>,
    /// Unknown, or a shorter name, or a mark: it may be a part of a misspelt name.
    part: Vec<bool>,
}

impl Places {
    fn of(tokens: &[Token], knowledge: &Knowledge, calendar: &Calendar) -> Self {
        let mut places = Self {
            unknown: vec![false; tokens.len()],
            part: vec![false; tokens.len()],
        };
        for chunk in chunks(tokens, knowledge, calendar) {
            let unknown = chunk.item == Item::Unknown;
            let part = matches!(chunk.item, Item::Unknown | Item::Value(_) | Item::Property(_));
            let of_chunk = tokens.iter().enumerate().take(chunk.end).skip(chunk.start);
            for (at, token) in of_chunk {
                places.unknown[at] = unknown && token.kind == Kind::Word;
                places.part[at] = part || token.text == "-";
            }
        }
        places
    }
}

/// The reading of a misspelt name that starts at a token, with the position after it.
fn reading(
    question: &str,
    tokens: &[Token],
    at: usize,
    places: &Places,
    knowledge: &Knowledge,
    lookups: &mut Vec<Lookup>,
) -> Option<(usize, String)> {
    for end in (at + 1..=(at + LONGEST).min(tokens.len())).rev() {
        let fits = places.part[at..end].iter().all(|part| *part) && places.unknown[at..end].contains(&true);
        if !fits {
            continue;
        }
        let written = &question[tokens[at].start..tokens[end - 1].end];
        let mut near = near_values(written, knowledge);
        let own = own_words(&tokens[at]).filter(|_| end == at + 1);
        match (near.len(), own.clone().count()) {
            (0, 0) => {}
            (1, 0) => {
                let (key, value) = near.swap_remove(0);
                return is_frequent(&key, &value, knowledge, lookups).then_some((end, value));
            }
            (0, 1) => return own.into_iter().next().map(|word| (end, word.to_owned())),
            _ => return None,
        }
    }
    None
}

/// The values that a text is nearly, with their properties.
fn near_values(written: &str, knowledge: &Knowledge) -> Vec<(String, String)> {
    let lower = written.to_lowercase();
    let mut near: Vec<(String, String)> = Vec::new();
    for found in knowledge
        .matches
        .iter()
        .filter(|found| found.span.to_lowercase() == lower)
    {
        let (Some(key), Some(value)) = (found.key.clone(), found.value_text()) else {
            continue;
        };
        let listed = knowledge
            .property(&key)
            .is_some_and(|property| property.values_complete);
        let is_name = !value.contains(['/', '?', '&', '=']);
        if listed
            && is_name
            && !knowledge.is_number(&key)
            && !RAW.contains(&key.as_str())
            && is_near(found, &lower, &value)
        {
            near.push((key, value));
        }
    }
    near.sort();
    near.dedup();
    near
}

/// True for the same letters, or a typing error. One form of a word is no error for another: a "window" is
/// not Windows.
fn is_near(found: &Match, written: &str, value: &str) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
            .to_lowercase()
    };
    let (written, value) = (letters(written), letters(value));
    let other_form = written.trim_end_matches('s') == value.trim_end_matches('s') && written != value;
    found.kind == "value" && found.score >= ALIKE && !other_form && written.chars().count() >= 5
}

/// True for a value that many events have; it is looked up if need be.
fn is_frequent(key: &str, value: &str, knowledge: &Knowledge, lookups: &mut Vec<Lookup>) -> bool {
    let all = knowledge.property(key).map_or(0, |property| property.count);
    let Some(found) = knowledge.found(key, "") else {
        lookups.push(Lookup {
            key: key.to_owned(),
            search: String::new(),
        });
        return false;
    };
    let count = found
        .values
        .iter()
        .find(|known| known.value == value)
        .map_or(0, |known| known.count);
    count > 0 && count.saturating_mul(ONE_IN) >= all
}

/// The analyst's words that a word is nearly.
fn own_words(token: &Token) -> impl Iterator<Item = &'static str> + Clone {
    let written: Vec<char> = token.lower.chars().collect();
    OWN.split_whitespace()
        .filter(move |own| is_slip(&written, &own.chars().collect::<Vec<_>>()))
}

/// Inside the word two letters are swapped, or one is missing, doubled or too many.
fn is_slip(written: &[char], word: &[char]) -> bool {
    let same = written.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (left, wanted) = (&written[same..], &word[same..]);
    if same == 0 || written.len() < 5 {
        return false;
    }
    match (left, wanted) {
        ([a, b, left @ ..], [c, d, wanted @ ..]) if a == d && b == c => left == wanted,
        // The last letter is an ending as often as an error.
        (left, [_, wanted @ ..]) if left == wanted && !wanted.is_empty() => true,
        ([_, left @ ..], wanted) if left == wanted && !wanted.is_empty() => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
