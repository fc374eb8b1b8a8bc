//! Names made of several pieces: `Firefox 38`, `mobile Safari`, `status 404`.
//!
//! A label with something beside it that narrows it down names no row: `Firefox 38` is not the
//! row `Firefox`. A number that is a row's label, such as a status code, is no figure.

use super::lexicon::Lexicon;
use super::literals::{Amount, Literal};
use super::scan::{Item, Kind};
use super::vocabulary;

/// Joins what belongs together.
pub(super) fn settle(mut items: Vec<Item>, lexicon: &Lexicon) -> Vec<Item> {
    name_numeric_labels(&mut items, lexicon);
    number_things(&mut items);
    let mut at = 0;
    while at + 1 < items.len() {
        if joins(&items, at) {
            let end = items[at + 1].end;
            items[at].end = end;
            items[at].kind = Kind::Foreign(format!("{} {end}", name_of(&items[at])));
            items.remove(at + 1);
        } else {
            at += 1;
        }
    }
    items
}

fn name_of(item: &Item) -> String {
    match &item.kind {
        Kind::Foreign(name) | Kind::Word(name) => name.clone(),
        Kind::Label(places) => places.first().map_or(String::new(), |place| place.text.to_lowercase()),
        _ => String::new(),
    }
}

fn is_name(kind: &Kind) -> bool {
    match kind {
        Kind::Foreign(_) => true,
        Kind::Label(places) => places
            .iter()
            .all(|place| place.text.chars().all(|c| c.is_alphabetic() || c == ' ')),
        _ => false,
    }
}

/// True where this item and the next make one name that is no row.
fn joins(items: &[Item], at: usize) -> bool {
    let (first, second) = (&items[at], &items[at + 1]);
    if !second.spaced {
        return false;
    }
    match (&first.kind, &second.kind) {
        (Kind::Foreign(_), Kind::Foreign(_)) => true,
        (one, other) if is_name(one) && matches!(other, Kind::Foreign(_) | Kind::Version) => true,
        (Kind::Foreign(_), other) => is_name(other) || is_version(items, at),
        (Kind::Word(word), other) if is_name(other) => vocabulary::is_narrower(word),
        (one, Kind::Word(word)) if is_name(one) => {
            vocabulary::is_narrower(word) && !matches!(word.as_str(), "new" | "old" | "mobile" | "desktop" | "tablet")
        }
        (one, Kind::Literal(_)) if is_name(one) => is_version(items, at),
        _ => false,
    }
}

/// True where the number after a name is its version and not what it has.
fn is_version(items: &[Item], at: usize) -> bool {
    let Some(Item {
        kind: Kind::Literal(literal),
        ..
    }) = items.get(at + 1)
    else {
        return false;
    };
    let plain = !literal.percent && !literal.foreign_unit && !literal.hedged && !literal.word;
    let small = match literal.amount {
        Some(Amount::Whole(whole)) => (0..1_000).contains(&whole),
        Some(Amount::Fraction(_)) => true,
        None => false,
    };
    let announced = at > 0
        && match &items[at - 1].kind {
            Kind::Word(word) => {
                matches!(
                    word.as_str(),
                    "since" | "version" | "release" | "like" | "before" | "after" | "until" | "as"
                )
            }
            _ => false,
        };
    let label = matches!(items[at].kind, Kind::Label(_));
    let measured = matches!(items.get(at + 2).map(|item| &item.kind), Some(Kind::Measure(_)));
    plain && small && (announced || !(counts(&items[at + 2..]) || (label && measured)))
}

/// True where what follows lets the number before it be a count in a list.
fn counts(after: &[Item]) -> bool {
    match after.first().map(|item| &item.kind) {
        None | Some(Kind::Mark(',' | ';' | '.' | ')' | '\n' | '!' | '|')) => true,
        // "Windows 7 users of Chrome" is a name, "Edge 77 users." is not.
        Some(Kind::Measure(_)) => {
            !matches!(after.get(1).map(|item| &item.kind), Some(Kind::Word(word)) if word != "and")
        }
        Some(Kind::Word(word)) if matches!(word.as_str(), "on" | "at" | "in") => {
            matches!(after.get(1).map(|item| &item.kind), Some(Kind::Date(_)))
        }
        Some(Kind::Word(word)) => {
            matches!(
                word.as_str(),
                "and" | "or" | "vs" | "versus" | "against" | "respectively" | "percent" | "while" | "unique"
            ) || vocabulary::is_plain_adjective(word)
        }
        _ => false,
    }
}

/// Turns numbers that stand where a row's label stands into labels.
fn name_numeric_labels(items: &mut [Item], lexicon: &Lexicon) {
    let digits = |item: &Item| match &item.kind {
        Kind::Literal(Literal {
            amount: Some(Amount::Whole(whole)),
            percent: false,
            foreign_unit: false,
            hedged: false,
            word: false,
        }) => Some(whole.to_string()),
        _ => None,
    };
    for at in 0..items.len() {
        let Some(digits) = digits(&items[at]) else { continue };
        let written = items[at].end - items[at].start;
        let Some(places) = lexicon.numeric_label(&digits) else {
            continue;
        };
        if written == digits.len() && stands_as_label(items, at) {
            items[at].kind = Kind::Label(places.to_vec());
        }
    }
}

fn word_at(items: &[Item], at: Option<usize>) -> &str {
    match at.and_then(|at| items.get(at)).map(|item| &item.kind) {
        Some(Kind::Word(word)) => word,
        _ => "",
    }
}

/// True for a label of digits only.
pub(super) fn is_numeric_label(item: Option<&Item>) -> bool {
    matches!(item.map(|item| &item.kind), Some(Kind::Label(places)) if places.iter().all(|place| place.text.chars().all(|c| c.is_ascii_digit())))
}

fn stands_as_label(items: &[Item], at: usize) -> bool {
    let before = word_at(items, at.checked_sub(1));
    let after = word_at(items, Some(at + 1));
    let next = items.get(at + 1).map(|item| &item.kind);
    if matches!(next, Some(Kind::Measure(_))) && before != "status" && before != "code" {
        return false;
    }
    if matches!(before, "status" | "code" | "codes" | "statuses" | "http" | "a" | "an") {
        return true;
    }
    if matches!(
        after,
        "status" | "code" | "response" | "responses" | "error" | "errors" | "s"
    ) {
        return true;
    }
    // "a status of 404", "the status was 403", "3 requests with 500"
    let said = matches!(before, "of" | "was" | "is") && matches!(word_at(items, at.checked_sub(2)), "status" | "code");
    let counted = matches!(before, "with" | "in")
        && matches!(at.checked_sub(2).map(|back| &items[back].kind), Some(Kind::Measure(_)))
        && matches!(
            at.checked_sub(3).map(|back| &items[back].kind),
            Some(Kind::Literal(_) | Kind::Reference(_))
        );
    if said || counted {
        return true;
    }
    let marked = items[..at].iter().any(|item| is_numeric_label(Some(item)));
    let joined = matches!(before, "and" | "or") || at > 0 && matches!(items[at - 1].kind, Kind::Mark(',' | '/'));
    let direct = at > 1 && is_numeric_label(items.get(at - 2)) && joined;
    if direct && !matches!(next, Some(Kind::Measure(_))) {
        return true;
    }
    let others = items
        .iter()
        .enumerate()
        .any(|(other, item)| other != at && matches!(item.kind, Kind::Literal(_) | Kind::Reference(_)));
    let measured = items.iter().any(|item| matches!(item.kind, Kind::Measure(_)));
    let opens = at == 0 || matches!(items[at - 1].kind, Kind::Mark('\n'));
    let heads = opens
        && (matches!(next, Some(Kind::Mark(':' | '(')))
            || matches!(after, "had" | "has" | "was" | "got" | "is" | "were" | "came" | "leads"));
    let trails =
        matches!(before, "with" | "in" | "as") && (next.is_none() || matches!(next, Some(Kind::Mark('.' | ',' | ':'))));
    others && measured && (heads || (trails && !marked))
}

/// `step 2`, `table 1`, `version 2.0`: numbers of things.
fn number_things(items: &mut [Item]) {
    for at in 1..items.len() {
        let before = word_at(items, Some(at - 1)).to_owned();
        let numbered = "step table figure section part chapter item row line option port rule question answer page";
        let Kind::Literal(literal) = &items[at].kind else {
            continue;
        };
        if literal.word || literal.percent || literal.foreign_unit {
            continue;
        }
        let counted = matches!(items.get(at + 1).map(|item| &item.kind), Some(Kind::Measure(_)));
        if matches!(before.as_str(), "version" | "release" | "v" | "build") {
            items[at].kind = Kind::Version;
        } else if !counted && items[at].spaced && numbered.split(' ').any(|entry| entry == before) {
            items[at].kind = Kind::Plain;
        }
    }
}
