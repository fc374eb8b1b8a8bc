//! Where sentences end. References are opaque, and the items of a list belong to the sentence
//! with the colon above them.

use std::ops::Range;

/// Abbreviations whose point ends no sentence.
const ABBREVIATIONS: &str = "vs e.g i.e approx ca no nr dr mr mrs st incl resp avg max min jan feb mar apr jun jul aug sep \
sept oct nov dec cf al inc ltd";

/// The references of a text: the ranges of `{{...}}` with their braces.
pub(super) fn references(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at) {
        let Some(length) = text[start..].find("}}") else { break };
        found.push(start..start + length + 2);
        from = start + length + 2;
    }
    found
}

/// The sentences of a text, in order, without gaps.
pub(super) fn split(text: &str, references: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ends = Vec::new();
    let mut in_list = false;
    let mut start = 0;
    for (at, mark) in text.char_indices() {
        if references.iter().any(|reference| reference.contains(&at)) {
            continue;
        }
        let next = at + mark.len_utf8();
        let ends_here = match mark {
            '\n' => {
                let before = text[start..at].trim_end();
                let after = text[next..].trim_start();
                let lead = before.ends_with([':', '*']) && before.trim_end_matches('*').ends_with(':');
                let goes_on = is_bullet(after) && (lead || in_list || before.is_empty());
                in_list = goes_on;
                !goes_on
            }
            '.' | '!' | '?' => !in_list && ends_sentence(text, start, at, next),
            _ => false,
        };
        if ends_here {
            ends.push(start..next);
            start = next;
            in_list = false;
        }
    }
    ends.push(start..text.len());
    ends.retain(|range| !range.is_empty());
    ends
}

/// True for the start of a list item.
pub(super) fn is_bullet(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let bullet = ["- ", "* ", "• ", "+ "].iter().any(|mark| line.starts_with(mark));
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = (1..=2).contains(&digits) && matches!(line.get(digits..digits + 2), Some(". " | ") "));
    bullet || numbered
}

fn ends_sentence(text: &str, start: usize, at: usize, next: usize) -> bool {
    let after = text[next..].trim_start_matches(['"', '\'', ')', '”', '’', '*', '_', '`']);
    if !after.starts_with(char::is_whitespace) {
        return after.is_empty();
    }
    if !text[at..].starts_with('.') {
        return true;
    }
    let before = &text[start..at];
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or("")
        .to_lowercase();
    let numbers_item = !before.trim().is_empty() && before.trim().chars().all(|c| c.is_ascii_digit());
    !numbers_item && !ABBREVIATIONS.split_whitespace().any(|entry| entry == word)
}
