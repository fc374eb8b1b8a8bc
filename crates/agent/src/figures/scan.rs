//! Takes a sentence apart into references, numbers, dates, labels, measures, words and marks.

use std::ops::Range;

use super::dates::{self, Mention};
use super::lexicon::{Lexicon, MeasurePhrase, Place};
use super::literals::{self, Amount, Literal, Scanned};
use super::{sentences, vocabulary};

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// True where a blank stands before it.
    pub(super) spaced: bool,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// The position among the text's references.
    Reference(usize),
    Literal(Literal),
    /// `2nd`; ordinals in words are words.
    Ordinal(usize),
    Date(Mention),
    /// A label of a row.
    Label(Vec<Place>),
    /// A name that is no row: an unknown one, or a narrower one such as `Firefox 38`; in lower case.
    Foreign(String),
    Measure(MeasurePhrase),
    /// In lower case.
    Word(String),
    /// Punctuation; a line break for a new item of a list.
    Mark(char),
    /// A version or another name with digits.
    Version,
    /// An address, the number of a list item: says nothing.
    Plain,
}

/// What the scan of a sentence knows of the whole text.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) references: &'a [Range<usize>],
    pub(super) lexicon: &'a Lexicon,
}

/// Takes a sentence apart.
pub(super) fn scan(source: &Source<'_>, sentence: Range<usize>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut at = sentence.start;
    let mut spaced = true;
    while at < sentence.end {
        if let Some(position) = source.references.iter().position(|reference| reference.start == at) {
            let end = source.references[position].end;
            items.push(Item {
                start: at,
                end,
                kind: Kind::Reference(position),
                spaced,
            });
            (at, spaced) = (end, false);
            continue;
        }
        let Some(first) = source.text[at..].chars().next() else {
            break;
        };
        let line = first == '\n' && sentences::is_bullet(source.text[at..].trim_start());
        if first.is_whitespace() && !line {
            (at, spaced) = (at + first.len_utf8(), true);
            continue;
        }
        let limit = source
            .references
            .iter()
            .map(|reference| reference.start)
            .find(|start| *start > at);
        let rest = &source.text[at..limit.unwrap_or(sentence.end).min(sentence.end)];
        let before = source.text[..at].chars().next_back();
        let (length, kind) = read_item(source.lexicon, rest, before, &items);
        let end = at + length.max(first.len_utf8());
        // Markup and quotation marks leave no trace.
        if let Some(kind) = kind {
            items.push(Item {
                start: at,
                end,
                kind,
                spaced,
            });
            spaced = line;
        }
        at = end;
    }
    items
}

fn read_item(lexicon: &Lexicon, rest: &str, before: Option<char>, items: &[Item]) -> (usize, Option<Kind>) {
    let first = rest.chars().next().unwrap_or(' ');
    let in_word = before.is_some_and(char::is_alphanumeric);
    if first == '\n' {
        return (
            rest.len() - rest.trim_start().len() + bullet_length(rest.trim_start()),
            Some(Kind::Mark('\n')),
        );
    }
    if items.is_empty() && sentences::is_bullet(rest) {
        return (bullet_length(rest), None);
    }
    if let Some(found) = read_token(lexicon, rest, before) {
        return found;
    }
    if !in_word {
        let date = dates::read(rest)
            .or_else(|| shorthand(rest, items))
            .or_else(|| lone_date(lexicon, rest, items));
        if let Some((length, mention)) = date {
            return (length, Some(Kind::Date(mention)));
        }
        let unhyphenated = before != Some('-') || !first.is_alphabetic() || after_number(items);
        if unhyphenated && let Some((length, places)) = lexicon.label(rest) {
            return (length, Some(Kind::Label(places.to_vec())));
        }
        if let Some((length, measure)) = lexicon.measure(rest) {
            return (length, Some(Kind::Measure(measure.clone())));
        }
    }
    if let Some((length, scanned)) = literals::read(rest, before) {
        let kind = number_kind(scanned, in_word);
        return (length, Some(placed(kind, before, items)));
    }
    if first.is_alphabetic() {
        return read_word(lexicon, rest, items);
    }
    let silent = matches!(
        first,
        '*' | '_' | '`' | '"' | '“' | '”' | '‘' | '’' | '\'' | '#' | '\u{200b}'
    );
    (first.len_utf8(), (!silent).then_some(Kind::Mark(first)))
}

fn bullet_length(line: &str) -> usize {
    line.find(' ').map_or(0, |blank| blank + 1)
}

fn after_number(items: &[Item]) -> bool {
    let number = |item: &Item| matches!(item.kind, Kind::Literal(_) | Kind::Reference(_));
    items.len() > 1 && matches!(items[items.len() - 1].kind, Kind::Mark('-')) && number(&items[items.len() - 2])
}

/// `ranks #2` is a place; `#2` elsewhere stays a number, which nothing supports.
fn placed(kind: Kind, before: Option<char>, items: &[Item]) -> Kind {
    let verb = matches!(items.last().map(|item| &item.kind), Some(Kind::Word(word)) if matches!(word.as_str(), "ranks" | "ranked" | "rank" | "is" | "was" | "came" | "comes"));
    match &kind {
        Kind::Literal(literal) if before == Some('#') && verb && !literal.percent && !literal.foreign_unit => {
            let place = match literal.amount {
                Some(Amount::Whole(whole)) => usize::try_from(whole).ok(),
                _ => None,
            };
            place.map_or(kind, Kind::Ordinal)
        }
        _ => kind,
    }
}

fn number_kind(scanned: Scanned, in_word: bool) -> Kind {
    match scanned {
        Scanned::Number(literal) if !in_word => Kind::Literal(literal),
        Scanned::Ordinal(rank) => Kind::Ordinal(rank),
        _ => Kind::Version,
    }
}

/// Reads addresses and paths.
fn read_token(lexicon: &Lexicon, rest: &str, before: Option<char>) -> Option<(usize, Option<Kind>)> {
    let address = rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.");
    let path = rest.starts_with('/') && !before.is_some_and(|c| c.is_alphanumeric() || c == '/');
    if !address && !path {
        return None;
    }
    let end = rest
        .find(|c: char| c.is_whitespace() || "\"'`)>]|*,;“”".contains(c))
        .unwrap_or(rest.len());
    let token = rest[..end].trim_end_matches(['.', ',', ':', '!', '?']);
    if let Some(places) = lexicon.whole_label(token) {
        return Some((token.len(), Some(Kind::Label(places.to_vec()))));
    }
    // "and/or" is no path, "the page / had" has one.
    let apart = before.is_none_or(char::is_whitespace) && !rest[1..].starts_with(char::is_alphanumeric);
    if token.len() < 2 && !apart {
        return None;
    }
    Some((token.len(), Some(Kind::Foreign(token.to_lowercase()))))
}

/// The first day of `17 and 24 May`, and the second of `May 18 and 19`.
fn shorthand(rest: &str, items: &[Item]) -> Option<(usize, Mention)> {
    let leads = match items.last().map(|item| &item.kind) {
        None | Some(Kind::Mark(_) | Kind::Date(_)) => true,
        Some(Kind::Word(word)) => {
            let list = "on between from both the of for days dates period and to or until through in since during";
            list.split(' ').any(|entry| entry == word)
        }
        _ => false,
    };
    if leads && let Some(found) = dates::read_shorthand(rest) {
        return Some(found);
    }
    let [.., date, joint] = items else { return None };
    let joins = match &joint.kind {
        Kind::Word(word) => matches!(word.as_str(), "and" | "to" | "or" | "through" | "until"),
        Kind::Mark(mark) => matches!(mark, '-' | '–'),
        _ => false,
    };
    let Kind::Date(earlier) = &date.kind else { return None };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest_ends = !rest[digits..].starts_with(|c: char| matches!(c, ',' | '.' | ':' | '%') || c.is_alphanumeric())
        || rest[digits..].starts_with(", ");
    let day = rest[..digits].parse().ok().filter(|day| (1..=31).contains(day))?;
    (joins && earlier.month_first && rest_ends).then(|| {
        (
            digits,
            Mention {
                day: Some(day),
                ..earlier.clone()
            },
        )
    })
}

/// A month or a year that stands alone after a preposition.
fn lone_date(lexicon: &Lexicon, rest: &str, items: &[Item]) -> Option<(usize, Mention)> {
    let before = match items.last().map(|item| &item.kind) {
        Some(Kind::Word(word)) => word.as_str(),
        Some(Kind::Mark('-')) => "mid",
        _ => "",
    };
    let list = "in of during since until till for this last and to from through mid early late by between before after all \
                year month";
    if !list.split_whitespace().any(|entry| entry == before) {
        // A name of a month that is no other word needs no preposition.
        let ordinary = ["may", "mar"].iter().any(|name| rest.to_lowercase().starts_with(name));
        return if ordinary { None } else { dates::read_month(rest) };
    }
    if let Some(found) = dates::read_month(rest) {
        return Some(found);
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let year: i32 = rest[..digits].parse().ok()?;
    let after = &rest[digits..];
    let number_goes_on =
        after.starts_with([',', '.', '%', '-', '/']) && after[1..].starts_with(|c: char| !c.is_whitespace());
    let counts = lexicon.measure(after.trim_start()).is_some() || after.starts_with(char::is_alphanumeric);
    let plausible = digits == 4 && (1900..2100).contains(&year) && !number_goes_on && !counts;
    plausible.then(|| {
        (
            digits,
            Mention {
                year: Some(year),
                ..Mention::default()
            },
        )
    })
}

fn read_word(lexicon: &Lexicon, rest: &str, items: &[Item]) -> (usize, Option<Kind>) {
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        let after = rest[at + c.len_utf8()..].chars().next();
        let inner = matches!(c, '\'' | '’') && after.is_some_and(char::is_alphabetic);
        let joined = matches!(c, '.' | '/' | '@' | '_') && after.is_some_and(char::is_alphanumeric);
        if !(c.is_alphanumeric() || inner || joined) {
            break;
        }
        end = at + c.len_utf8();
    }
    let token = &rest[..end];
    let word = token.to_lowercase().replace('’', "'");
    let word = word.strip_suffix("'s").map_or(
        word.as_str(),
        |stem| if vocabulary::is_known(&word) { &word } else { stem },
    );
    if token.contains(|c: char| c.is_ascii_digit()) {
        return (end, Some(Kind::Version));
    }
    if token.contains(['.', '@']) && !vocabulary::is_known(word) && token.trim_end_matches('.').contains('.') {
        return (end, Some(Kind::Foreign(word.to_owned())));
    }
    if word == "s" && items.last().is_some() {
        return (end, None);
    }
    let counted = items
        .iter()
        .any(|item| matches!(&item.kind, Kind::Literal(literal) if literal.word));
    if let Some(literal) = counted_word(lexicon, word, &rest[end..], counted) {
        return (end, Some(Kind::Literal(literal)));
    }
    let capital = token.starts_with(char::is_uppercase);
    // "US" is a name, "us" is not.
    let letters = token.len() > 1 && token.chars().all(char::is_uppercase);
    if letters && !lexicon.title_words.contains(word) && !["ok", "nb", "utc", "http", "https", "url"].contains(&word) {
        return (end, Some(Kind::Foreign(word.to_owned())));
    }
    let known = vocabulary::is_known(word) || lexicon.title_words.contains(word);
    let starts = items
        .last()
        .is_none_or(|item| matches!(item.kind, Kind::Mark('\n' | ':')));
    let name = capital
        && if starts {
            !known && names_subject(word, &rest[end..], token)
        } else {
            !known
        };
    (
        end,
        Some(if name {
            Kind::Foreign(word.to_owned())
        } else {
            Kind::Word(word.to_owned())
        }),
    )
}

/// A number word counts where a measure or a unit follows, and after another one that does
/// ("three requests got a 500 and two got a 403").
fn counted_word(lexicon: &Lexicon, word: &str, after: &str, counted: bool) -> Option<Literal> {
    let mut literal = literals::read_word(word)?;
    let rest = after.trim_start_matches([' ', '-']);
    let next: String = rest
        .chars()
        .take_while(|c| c.is_alphabetic())
        .collect::<String>()
        .to_lowercase();
    let behind = rest[rest.len().min(next.len())..].trim_start();
    let counts = |text: &str| lexicon.measure(text).is_some();
    let again =
        counted && word != "one" && (vocabulary::is_verb(&next) || matches!(next.as_str(), "with" | "had" | "were"));
    let named = rest.starts_with(|c: char| c.is_ascii_digit());
    if again || named || counts(rest) || (vocabulary::is_plain_adjective(&next) && counts(behind)) {
        return Some(literal);
    }
    let unit = vocabulary::is_foreign_unit(&next) || vocabulary::is_large_number_word(&next);
    literal.percent = next == "percent";
    literal.foreign_unit = unit || literal.amount.is_none();
    // "one hour", "one day" are ways to speak and no claims.
    ((unit && word != "one") || literal.percent).then_some(literal)
}

/// True where the first word of a sentence reads as the name of what the sentence is about.
fn names_subject(word: &str, after: &str, token: &str) -> bool {
    let possessive = token.ends_with("'s") || token.ends_with("’s");
    let next: String = after.trim_start().chars().take_while(|c| c.is_alphanumeric()).collect();
    let verb = vocabulary::is_verb(&next.to_lowercase())
        || ["has", "had", "is", "was", "were", "are", "did", "does", "and", "with"]
            .contains(&next.to_lowercase().as_str());
    let counted = next.starts_with(|c: char| c.is_ascii_digit() || c.is_uppercase()) || next.is_empty();
    vocabulary::may_be_name(word) && (possessive || verb || counted)
}
