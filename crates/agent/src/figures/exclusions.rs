//! What a sentence repeats of a filter that takes something out: "without bots", "who are not bots".

use std::collections::BTreeSet;

use super::clauses::Sentence;
use super::scan::Kind;
use super::{filters, vocabulary};

/// Words that may stand between the denial and what it denies.
const BETWEEN: &str = "a an the any by from of with all known";

/// True for a word that denies just what the filters take out.
pub(super) fn repeats(sentence: &Sentence, at: usize, excluded: &BTreeSet<String>) -> bool {
    let word = sentence.word(at);
    (vocabulary::is_negation(word) || vocabulary::is_exclusion(word)) && named(sentence, at, excluded).is_some()
}

/// True for the name of what the filters take out, behind a word that denies it.
pub(super) fn is_named(sentence: &Sentence, at: usize, excluded: &BTreeSet<String>) -> bool {
    let start = at.saturating_sub(5);
    (start..at).any(|other| repeats(sentence, other, excluded) && named(sentence, other, excluded) == Some(at))
}

/// The first thing behind a denial, where the filters take out all that it says.
fn named(sentence: &Sentence, at: usize, excluded: &BTreeSet<String>) -> Option<usize> {
    let first = (at + 1..at + 5).find(|other| match sentence.kind(*other) {
        Some(Kind::Word(word)) => !vocabulary::is_in(BETWEEN, word),
        Some(Kind::Mark('-')) => false,
        _ => true,
    })?;
    let (Kind::Word(name) | Kind::Foreign(name)) = sentence.kind(first)? else {
        return None;
    };
    // "without bots and Firefox" says more than the filter, and so does "without bot requests".
    let goes_on = matches!(sentence.word(first + 1), "and" | "or" | "nor")
        || matches!(
            sentence.kind(first + 1),
            Some(Kind::Measure(_) | Kind::Label(_) | Kind::Foreign(_) | Kind::Version)
        );
    let words = filters::split_words(name);
    (!goes_on && !words.is_empty() && words.is_subset(excluded)).then_some(first)
}
