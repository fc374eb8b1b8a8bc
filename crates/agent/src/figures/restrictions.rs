//! Words that restrict a number to something that its table does not tell apart.

use std::collections::BTreeSet;

use super::binding::Ground;
use super::clauses::Sentence;
use super::literals::Amount;
use super::scan::Kind;
use super::{exclusions, names, vocabulary};

/// Words after which an object follows.
const PREPOSITIONS: &str = "from in with via by for among using through of at on to as before after during since until despite \
following inside within across using outside without";

/// What in the clause restricts the number to something that the table does not tell apart.
pub(super) fn restriction(ground: &Ground<'_>, sentence: &Sentence, at: usize, table: usize) -> Option<String> {
    let (filters, titles) = (ground.filter_words(table), ground.title_words(table));
    let excluded = ground.excluded_words(table);
    let project = ground.turn.project_words(table);
    let total = super::rows::is_total(ground.turn, table);
    let known = |word: &str| {
        let said = |words: &BTreeSet<String>| words.contains(word);
        vocabulary::is_known(word) || said(&titles) || said(&filters) || said(&project) || word.is_empty()
    };
    let split = split_by(sentence, at);
    span(sentence, at)
        .filter(|other| !split.contains(other))
        .filter(|other| {
            !exclusions::repeats(sentence, *other, &excluded) && !exclusions::is_named(sentence, *other, &excluded)
        })
        .find_map(|other| {
            if matches!(sentence.kind(other), Some(Kind::Version)) {
                return Some("a version".to_owned());
            }
            let word = sentence.word(other);
            let restricts = is_time(sentence, other)
                || (vocabulary::is_audience(word) && !known(word))
                || is_outcome(sentence, other, &filters)
                || is_compound(sentence, other, &filters)
                || (other != at && is_code(sentence, other, &filters))
                || is_other_measure(sentence, other, &filters)
                || is_other_subject(sentence, other, &known)
                || (total && is_part_of_total(sentence, other, &known));
            if restricts {
                Some(word.to_owned())
            } else {
                unknown_object(sentence, other, &known)
            }
        })
}

/// The items that can restrict a number: its clause; of `12 of the 40 page views came from` no more
/// than the measure, as the rest is said of the part.
fn span(sentence: &Sentence, at: usize) -> std::ops::Range<usize> {
    let clause = sentence.clause_of(at);
    if !super::rows::is_base(sentence, at) {
        return clause.start..goes_on(sentence, clause.end);
    }
    let ends = |other: &usize| {
        matches!(sentence.kind(*other), Some(Kind::Mark(',')))
            || sentence.is_number(*other)
            || is_verb(sentence.word(*other))
    };
    at..(at + 1..clause.end).find(ends).unwrap_or(clause.end)
}

/// The end of what is said of a number behind its clause, as in ", who came from crawlers" and
/// " - all from crawlers".
fn goes_on(sentence: &Sentence, end: usize) -> usize {
    let next = sentence.clause_of(end);
    let follows = match sentence.kind(end) {
        Some(Kind::Mark('-' | '–' | '—' | ';')) => true,
        Some(Kind::Mark(',')) => matches!(sentence.word(end + 1), "which" | "who" | "that"),
        Some(Kind::Word(word)) => matches!(word.as_str(), "which" | "who" | "that"),
        _ => false,
    };
    let names = |item: usize| {
        let label = matches!(sentence.kind(item), Some(Kind::Label(_) | Kind::Date(_)));
        label || sentence.is_number(item)
    };
    if follows && !next.is_empty() && !next.clone().any(names) {
        next.end
    } else {
        end
    }
}

/// `split by operating system`: names the rows and restricts nothing.
fn split_by(sentence: &Sentence, at: usize) -> std::ops::Range<usize> {
    let clause = sentence.clause_of(at);
    let starts = |other: &usize| {
        matches!(sentence.word(*other), "split" | "grouped" | "listed" | "sorted") && sentence.word(other + 1) == "by"
    };
    let Some(start) = clause.clone().find(starts) else {
        return 0..0;
    };
    let ends = |other: &usize| !matches!(sentence.kind(*other), Some(Kind::Word(_) | Kind::Measure(_)));
    start..(start + 2..clause.end).find(ends).unwrap_or(clause.end)
}

/// What became of a part of the requests, where no status says it: "failed", "not found".
fn is_outcome(sentence: &Sentence, at: usize, filters: &BTreeSet<String>) -> bool {
    let word = sentence.word(at);
    let missing = word == "found" && sentence.word_before(at, 1) == "not";
    let coded = || {
        let clause = sentence.clause_of(at);
        clause
            .into_iter()
            .any(|other| names::is_numeric_label(sentence.items.get(other)))
            || filters.contains("status")
    };
    (missing || (vocabulary::is_outcome(word) && sentence.word(at + 1) != "to")) && !coded()
}

/// "logged-in", "first-time"
fn is_compound(sentence: &Sentence, at: usize, filters: &BTreeSet<String>) -> bool {
    let hyphen = matches!(sentence.kind(at + 1), Some(Kind::Mark('-'))) && !sentence.items[at + 1].spaced;
    let whole = format!("{}-{}", sentence.word(at), sentence.word(at + 2));
    hyphen && vocabulary::is_qualifier(&whole) && !filters.contains(sentence.word(at))
}

/// "status 404", where the code is no row.
fn is_code(sentence: &Sentence, at: usize, filters: &BTreeSet<String>) -> bool {
    let Some(Kind::Literal(literal)) = sentence.kind(at) else {
        return false;
    };
    let code = matches!(sentence.word_before(at, 1), "status" | "code" | "codes" | "statuses");
    code && !matches!(literal.amount, Some(Amount::Whole(whole)) if filters.contains(&whole.to_string()))
}

/// "27 visitors: Firefox users", where no number stands before the users.
fn is_other_measure(sentence: &Sentence, at: usize, filters: &BTreeSet<String>) -> bool {
    let heads = matches!(sentence.kind_before(at, 2), Some(Kind::Mark(':')));
    let measure = matches!(sentence.kind(at), Some(Kind::Measure(_)));
    heads && measure && super::measures::qualifier(sentence, at, filters).is_some()
}

/// A part of a bucket, or a time relative to now.
fn is_time(sentence: &Sentence, at: usize) -> bool {
    // "The noon hour, 12:00 on 18 May" has its hour.
    let clocked = |item: usize| matches!(sentence.kind(item), Some(Kind::Date(mention)) if mention.time.is_some());
    let part = vocabulary::is_part_of_time(sentence.word(at)) && !sentence.clause_of(at).any(clocked);
    part || is_relative_period(sentence, at) || is_numbered_period(sentence, at)
}

/// Somebody else than a row: "the Firefox team", "Firefox and other browsers", "bots sent 45".
fn is_other_subject(sentence: &Sentence, at: usize, known: &dyn Fn(&str) -> bool) -> bool {
    let (word, before, after) = (sentence.word(at), sentence.word_before(at, 1), sentence.word(at + 1));
    if matches!(word, "other" | "others") && matches!(before, "and" | "or" | "plus") {
        return true;
    }
    let label = matches!(sentence.kind_before(at, 1), Some(Kind::Label(_))) && sentence.items[at].spaced;
    let beside = label && (after == "of" || is_verb(after));
    let coded = at
        .checked_sub(1)
        .is_some_and(|before| names::is_numeric_label(sentence.items.get(before)));
    !known(word) && !coded && (beside || is_subject(sentence, at))
}

/// A total is of everything: what else the clause speaks of would be a part of it.
fn is_part_of_total(sentence: &Sentence, at: usize, known: &dyn Fn(&str) -> bool) -> bool {
    let (word, before) = (sentence.word(at), sentence.word_before(at, 1));
    let named = vocabulary::is_in("the our this your", before);
    let verb = vocabulary::is_neutral(before) || vocabulary::is_in("we it they which who", before);
    !known(word) && (!verb || named) || vocabulary::is_in("daily hourly weekly monthly", word)
}

/// The unknown word of what follows a preposition: "from crawlers", "by large german companies".
fn unknown_object(sentence: &Sentence, at: usize, known: &dyn Fn(&str) -> bool) -> Option<String> {
    if !vocabulary::is_in(PREPOSITIONS, sentence.word(at)) {
        return None;
    }
    let words = (at + 1..at + 7).map(|next| sentence.word(next));
    let mut object = words
        .take_while(|next| !next.is_empty())
        .skip_while(|next| vocabulary::is_function(next))
        .take_while(|next| !vocabulary::is_function(next));
    object.find(|next| !known(next)).map(str::to_owned)
}

/// True for a word at the head of its clause with a verb behind it.
fn is_subject(sentence: &Sentence, at: usize) -> bool {
    let leads = (sentence.clause_of(at).start..at).all(|before| match sentence.kind(before) {
        Some(Kind::Mark(_) | Kind::Label(_) | Kind::Date(_)) => true,
        Some(Kind::Word(word)) => vocabulary::is_function(word),
        _ => false,
    });
    leads && is_verb(sentence.word(at + 1))
}

fn is_verb(word: &str) -> bool {
    vocabulary::is_verb(word)
        || matches!(
            word,
            "has" | "had" | "have" | "was" | "were" | "is" | "are" | "did" | "do" | "does"
        )
}

/// `the first day`, `the second half`.
fn is_numbered_period(sentence: &Sentence, at: usize) -> bool {
    let numbered = matches!(sentence.kind(at), Some(Kind::Ordinal(_)))
        || matches!(
            sentence.word(at),
            "first" | "second" | "third" | "fourth" | "fifth" | "final" | "last" | "opening" | "closing"
        );
    numbered
        && matches!(
            sentence.word(at + 1),
            "day" | "days" | "hour" | "hours" | "week" | "weeks" | "month" | "half" | "quarter" | "part"
        )
}

/// `last week`, `the previous day`, `the last 7 days`.
pub(super) fn is_relative_period(sentence: &Sentence, at: usize) -> bool {
    let period = |word: &str| {
        matches!(
            word,
            "day"
                | "days"
                | "week"
                | "weeks"
                | "month"
                | "months"
                | "year"
                | "years"
                | "quarter"
                | "hour"
                | "hours"
                | "weekend"
        )
    };
    let starts = matches!(
        sentence.word(at),
        "last" | "next" | "this" | "previous" | "past" | "coming" | "following" | "earlier" | "preceding"
    );
    let counted = sentence.is_number(at + 1) || vocabulary::number_word(sentence.word(at + 1)).is_some();
    (starts && (period(sentence.word(at + 1)) || (counted && period(sentence.word(at + 2)))))
        || sentence.word(at) == "ago"
}
