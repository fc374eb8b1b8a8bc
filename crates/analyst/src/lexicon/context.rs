//! Words whose meaning their neighbours give.

use super::{Counted, Word, is_measure, nouns};
use crate::intent::{Negation, Order};
use crate::tokens::{Kind, Token};

/// The meaning of a word among its neighbours, where it has one.
pub(super) fn word_in_context(tokens: &[Token], at: usize) -> Option<Word> {
    let readings = [
        all_but,
        amount,
        empty_referrer,
        biggest_source,
        highest_number,
        real_people,
        read_page,
        unique,
    ];
    readings.iter().find_map(|read| read(tokens, at))
}

fn is_one_of(token: Option<&Token>, words: &[&str]) -> bool {
    token.is_some_and(|token| words.iter().any(|word| token.is(word)))
}

/// "any browser but Firefox", "all pages but /".
fn all_but(tokens: &[Token], at: usize) -> Option<Word> {
    let adds_negation = is_one_of(tokens.get(at + 1), &["not", "no", "without", "excluding", "never"]);
    let of_all = is_one_of(at.checked_sub(2).and_then(|before| tokens.get(before)), &["any", "all"]);
    (tokens[at].is("but") && of_all && !adds_negation).then_some(Word::Negation(Negation::Noun))
}

/// "the amount of requests"; the amount of an order is another thing.
fn amount(tokens: &[Token], at: usize) -> Option<Word> {
    let mut next = tokens[at + 1..]
        .iter()
        .skip_while(|token| is_one_of(Some(token), &["of", "the", "all", "our"]));
    let of_measure = is_one_of(tokens.get(at + 1), &["of"])
        && next
            .next()
            .is_some_and(|first| is_measure(first) || (first.is("page") && next.next().is_some_and(is_measure)));
    (is_one_of(tokens.get(at), &["amount", "quantity"]) && of_measure).then_some(Word::HowMany)
}

/// "an empty referrer" is none.
fn empty_referrer(tokens: &[Token], at: usize) -> Option<Word> {
    let empty = is_one_of(tokens.get(at), &["empty", "blank"]);
    let referrer = is_one_of(tokens.get(at + 1), &["referrer", "referer"]);
    (empty && referrer).then_some(Word::Negation(Negation::Noun))
}

/// "the biggest source of visitors": a source has no other size than what it brings.
fn biggest_source(tokens: &[Token], at: usize) -> Option<Word> {
    let biggest = is_one_of(tokens.get(at), &["biggest", "largest", "main", "leading"]);
    let source = is_one_of(tokens.get(at + 1), &["source", "sources", "referrer", "referrers"]);
    (biggest && source).then_some(Word::Top(Order::Most))
}

/// "on which day was the number of requests highest"; "the highest status" is another thing.
fn highest_number(tokens: &[Token], at: usize) -> Option<Word> {
    let order = if is_one_of(tokens.get(at), &["highest", "largest", "greatest"]) {
        Order::Most
    } else if is_one_of(tokens.get(at), &["lowest", "smallest"]) {
        Order::Least
    } else {
        return None;
    };
    let mut before = tokens[..at].iter().rev().filter(|token| !token.is("the"));
    let measure = before.next().is_some_and(is_measure);
    let number = before
        .take(3)
        .collect::<Vec<_>>()
        .windows(2)
        .any(|pair| pair[0].is("of") && is_one_of(Some(pair[1]), &["number", "count"]));
    (measure && number).then_some(Word::Top(order))
}

/// "real people" are no bots.
fn real_people(tokens: &[Token], at: usize) -> Option<Word> {
    let people = ["people", "persons", "visitors", "users", "humans"];
    (is_one_of(tokens.get(at), &["real", "genuine"]) && is_one_of(tokens.get(at + 1), &people))
        .then_some(Word::Bot(false))
}

/// "read /blog/", "was the article /blog/ read": a page that is named is viewed to be read.
fn read_page(tokens: &[Token], at: usize) -> Option<Word> {
    let nouns = [
        "the", "our", "page", "article", "post", "story", "piece", "blog", "entry", "tutorial",
    ];
    let is_path = |token: &Token| token.kind == Kind::Path;
    let after = tokens[at + 1..].iter().find(|token| !is_one_of(Some(token), &nouns));
    let passive = at >= 2
        && is_path(&tokens[at - 1])
        && tokens[..at - 1]
            .iter()
            .any(|token| is_one_of(Some(token), &["was", "were", "been", "is"]));
    let reads = is_one_of(tokens.get(at), &["read", "reading"]) && after.is_some_and(is_path);
    let was_read = tokens[at].is("read") && passive;
    (reads || was_read).then_some(Word::Measure(Counted::Views, false))
}

/// "unique" not directly before what is counted; the parse finds out whether visitors follow.
fn unique(tokens: &[Token], at: usize) -> Option<Word> {
    is_one_of(tokens.get(at), &nouns::UNIQUE).then_some(Word::Unique)
}
