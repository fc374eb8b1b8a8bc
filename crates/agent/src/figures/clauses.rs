//! A sentence in clauses: which labels and denials can reach a number.
//!
//! A clause that goes on with the subject of the one before it (`, and 10,079 page views`,
//! `, which had 546`) is of the same group; a new subject (`, while the site ...`) opens a group.

use std::ops::Range;

use super::scan::{Item, Kind};
use super::{rank_words, vocabulary};

/// A sentence, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) items: Vec<Item>,
    /// The clause of each item.
    pub(super) clause: Vec<usize>,
    /// The group of each item.
    pub(super) group: Vec<usize>,
    /// True for a question, which states nothing.
    pub(super) asks: bool,
}

impl Sentence {
    pub(super) fn new(items: Vec<Item>, asks: bool) -> Self {
        let (mut clause, mut group) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        let (mut clauses, mut groups) = (0, 0);
        let mut start = 0;
        for at in 0..items.len() {
            if at > 0 && opens_clause(&items, at) {
                clauses += 1;
                groups += usize::from(!continues(&items, at));
                start = at;
            } else if ends_relative(&items, start, at) {
                // The subject goes on: "Unlike Spain, which had 455 sessions, Germany had 620".
                clauses += 1;
                start = at;
            }
            clause.push(clauses);
            group.push(groups);
        }
        Self {
            items,
            clause,
            group,
            asks,
        }
    }

    /// The word of an item; empty where it is none.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.items.get(at).map(|item| &item.kind) {
            Some(Kind::Word(word)) => word,
            _ => "",
        }
    }

    /// The word `back` items in front of an item.
    pub(super) fn word_before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |before| self.word(before))
    }

    pub(super) fn kind(&self, at: usize) -> Option<&Kind> {
        self.items.get(at).map(|item| &item.kind)
    }

    pub(super) fn kind_before(&self, at: usize, back: usize) -> Option<&Kind> {
        at.checked_sub(back).and_then(|before| self.kind(before))
    }

    /// True for a number, written out or referred to.
    pub(super) fn is_number(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Literal(_) | Kind::Reference(_)))
    }

    /// The items of the clause of an item.
    pub(super) fn clause_of(&self, at: usize) -> Range<usize> {
        span(&self.clause, at)
    }

    /// The items of the group of an item.
    pub(super) fn group_of(&self, at: usize) -> Range<usize> {
        span(&self.group, at)
    }

    /// How strongly two items are parted: 2 by a clause, 1 by a comma or "and", 0 not.
    pub(super) fn parted(&self, one: usize, other: usize) -> u8 {
        let (from, to) = (one.min(other), one.max(other));
        if self.clause[from] != self.clause[to] {
            return 2;
        }
        u8::from((from + 1..=to).any(|at| self.is_joint(at)))
    }

    /// True for a comma, "and", and what leads to something compared.
    pub(super) fn is_joint(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Mark(',')))
            || matches!(self.word(at), "and" | "against" | "versus" | "vs" | "compared" | "than")
    }

    /// True where an item stands in parentheses that follow a label at once.
    pub(super) fn is_label_aside(&self, at: usize) -> bool {
        let open = (0..at)
            .rev()
            .take(6)
            .find(|before| matches!(self.kind(*before), Some(Kind::Mark('(' | ')'))));
        let Some(open) = open.filter(|open| matches!(self.kind(*open), Some(Kind::Mark('(')))) else {
            return false;
        };
        let denied = (open..at).any(|before| vocabulary::is_negation(self.word(before)));
        !denied && matches!(self.kind_before(open, 1), Some(Kind::Label(_) | Kind::Date(_)))
    }
}

fn span(numbers: &[usize], at: usize) -> Range<usize> {
    let Some(number) = numbers.get(at) else { return 0..0 };
    let start = numbers.partition_point(|other| other < number);
    start..numbers.partition_point(|other| other <= number)
}

fn word(items: &[Item], at: usize) -> &str {
    match items.get(at).map(|item| &item.kind) {
        Some(Kind::Word(word)) => word,
        _ => "",
    }
}

const OPENERS: [&str; 9] = [
    "while", "whereas", "but", "although", "though", "however", "because", "yet", "unless",
];
const JOINTS: [&str; 4] = ["and", "or", "so", "nor"];
const RELATIVES: [&str; 5] = ["which", "who", "where", "that", "when"];

fn opens_clause(items: &[Item], at: usize) -> bool {
    match &items[at].kind {
        Kind::Mark(';' | '—' | '\n') => true,
        Kind::Mark('–' | '-') => items[at].spaced && items.get(at + 1).is_some_and(|next| next.spaced),
        Kind::Mark(',') => {
            let next = word(items, at + 1);
            if RELATIVES.contains(&next) || OPENERS.contains(&next) {
                return true;
            }
            // "A, B, and C" is a list of labels as long as no number has come.
            let label = matches!(
                items.get(at + 2).map(|item| &item.kind),
                Some(Kind::Label(_) | Kind::Date(_))
            );
            let counted = items[..at]
                .iter()
                .any(|item| matches!(item.kind, Kind::Literal(_) | Kind::Reference(_)));
            JOINTS.contains(&next) && (counted || !label)
        }
        Kind::Word(word) => {
            let after_comma = at > 0 && matches!(items[at - 1].kind, Kind::Mark(','));
            let all = |back: usize| {
                at >= back
                    && matches!(
                        self::word(items, at - back),
                        "all" | "every" | "any" | "no" | "none" | "nothing" | "everything"
                    )
            };
            OPENERS.contains(&word.as_str()) && !after_comma && !(word == "but" && (all(1) || all(2)))
        }
        _ => false,
    }
}

/// True for the comma behind a relative clause with a number, where a label follows it.
fn ends_relative(items: &[Item], start: usize, at: usize) -> bool {
    let comma = |at: usize| matches!(items.get(at).map(|item| &item.kind), Some(Kind::Mark(',')));
    let label = |at: usize| {
        matches!(
            items.get(at).map(|item| &item.kind),
            Some(Kind::Label(_) | Kind::Date(_) | Kind::Foreign(_))
        )
    };
    let counted = items[start..at]
        .iter()
        .any(|item| matches!(item.kind, Kind::Literal(_) | Kind::Reference(_)));
    let named = label(at + 1) || (matches!(word(items, at + 1), "the" | "on" | "in" | "at") && label(at + 2));
    comma(at) && comma(start) && RELATIVES.contains(&word(items, start + 1)) && counted && named
}

/// True where the clause has no subject of its own.
fn continues(items: &[Item], at: usize) -> bool {
    if matches!(items[at].kind, Kind::Mark('\n')) {
        return false;
    }
    let lead = |item: &Item| match &item.kind {
        Kind::Mark(mark) => matches!(mark, ',' | ';' | '—' | '–' | '-'),
        Kind::Word(word) => OPENERS.contains(&word.as_str()) || JOINTS.contains(&word.as_str()),
        _ => false,
    };
    let Some(first) = items[at..].iter().find(|item| !lead(item)) else {
        return true;
    };
    match &first.kind {
        Kind::Literal(_) | Kind::Reference(_) | Kind::Measure(_) => true,
        Kind::Word(word) => {
            let pronouns = "has had have was is were are with it its they their this about around only just not roughly nearly \
                            almost more fewer less each both than up down also";
            // "the fewest sessions, but the highest rate": the same subject with another rank.
            let next = items
                .iter()
                .position(|item| item.start == first.start)
                .map_or("", |at| self::word(items, at + 1));
            (matches!(word.as_str(), "the" | "its") && rank_words::direction_of(next).is_some())
                || RELATIVES.contains(&word.as_str())
                || pronouns.split_whitespace().any(|entry| entry == word)
                || (vocabulary::is_verb(word) && !vocabulary::is_neutral(word))
        }
        _ => false,
    }
}
