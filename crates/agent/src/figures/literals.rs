//! Numbers written out: `2,896`, `2 896`, `57.5 %`, `$893`, `2.9k`, `three`.
//!
//! A number that is not well formed (`28,93`) has no value, and equals no cell.

use serde_json::{Number, Value};

use super::vocabulary;

/// A number as it stands in an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Literal {
    /// The value; none for a malformed number.
    pub(super) amount: Option<Amount>,
    /// Followed by `%` or `percent`.
    pub(super) percent: bool,
    /// With a currency, a multiplier or a unit that no measure has.
    pub(super) foreign_unit: bool,
    /// Marked as not exact: `~`, `+`, or one end of a range.
    pub(super) hedged: bool,
    /// Written as a word.
    pub(super) word: bool,
}

/// An exact decimal value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Amount {
    Whole(i128),
    Fraction(f64),
}

impl Amount {
    #[expect(
        clippy::cast_precision_loss,
        reason = "only for comparisons that whole numbers do not need"
    )]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Fraction(fraction) => fraction,
        }
    }

    /// True where the cell is this number exactly.
    pub(super) fn equals(self, cell: &Value) -> bool {
        let Value::Number(number) = cell else { return false };
        match (self, whole(number)) {
            (Self::Whole(amount), Some(whole)) => amount == whole,
            _ => number.as_f64().is_some_and(|value| (value - self.float()).abs() <= 0.0),
        }
    }

    pub(super) fn json(self) -> Value {
        match self {
            Self::Whole(whole) => i64::try_from(whole).map_or_else(|_| Value::from(self.float()), Value::from),
            Self::Fraction(fraction) => Number::from_f64(fraction).map_or(Value::Null, Value::Number),
        }
    }
}

fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// What a piece of text that starts with a digit or a sign is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scanned {
    Number(Literal),
    /// `2nd`
    Ordinal(usize),
    /// `38.0.1`, `5xx`: a name with digits.
    Version,
}

/// Reads a number at the start of `text`; `before` is the character in front of it.
pub(super) fn read(text: &str, before: Option<char>) -> Option<(usize, Scanned)> {
    let mut at = 0;
    let mut literal = Literal::default();
    let mut negative = false;
    let open = before.is_none_or(|c| c.is_whitespace() || "([{:;,\"*_".contains(c));
    while let Some(mark) = text[at..].chars().next() {
        match mark {
            '$' | '€' | '£' | '¥' => literal.foreign_unit = true,
            '~' | '≈' | '<' | '>' | '≤' | '≥' | '±' | '+' => literal.hedged = true,
            '-' | '−' if open => negative = true,
            ' ' if at > 0 && literal.foreign_unit => {}
            _ => break,
        }
        at += mark.len_utf8();
        if at > 8 {
            return None;
        }
    }
    if !text[at..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (length, digits) = read_digits(&text[at..]);
    at += length;
    let Digits::Value(amount) = digits else {
        return if matches!(digits, Digits::Version) && !negative && !literal.foreign_unit {
            Some((at, Scanned::Version))
        } else {
            Some((at, Scanned::Number(literal)))
        };
    };
    literal.amount = amount.map(|amount| signed(amount, negative));
    let letters = text[at..]
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len() - at);
    if letters > 0 {
        let suffix = text[at..at + letters].to_lowercase();
        at += letters;
        if let ("st" | "nd" | "rd" | "th", Some(Amount::Whole(rank))) = (suffix.as_str(), amount) {
            return usize::try_from(rank).ok().map(|rank| (at, Scanned::Ordinal(rank)));
        }
        if !vocabulary::is_foreign_unit(&suffix) {
            return Some((at, Scanned::Version));
        }
        literal.foreign_unit = true;
        return Some((at, Scanned::Number(literal)));
    }
    at += read_unit(&text[at..], &mut literal);
    Some((at, Scanned::Number(literal)))
}

/// Reads what follows the digits: a percent sign, a range, a unit; how much of it is the number's.
fn read_unit(rest: &str, literal: &mut Literal) -> usize {
    let spaces = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
    let after = &rest[spaces..];
    if after.starts_with('%') {
        literal.percent = true;
        return spaces + 1;
    }
    if let Some(sign) = after.chars().next().filter(|c| "$€£¥°‰".contains(*c)) {
        // In "5 $2" the sign belongs to the number behind it.
        if !after[sign.len_utf8()..].starts_with(|c: char| c.is_ascii_digit()) {
            literal.foreign_unit = true;
            return spaces + sign.len_utf8();
        }
    }
    if rest.starts_with('+') {
        literal.hedged = true;
        return 1;
    }
    let mut marks = rest.chars();
    if matches!(marks.next(), Some('-' | '–' | '—')) && marks.next().is_some_and(|c| c.is_ascii_digit()) {
        literal.hedged = true;
        return 0;
    }
    let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
    let word = after[..end].to_lowercase();
    if spaces > 0 && (word == "percent" || word == "pct" || after.to_lowercase().starts_with("per cent")) {
        literal.percent = true;
        if after[end..].trim_start().to_lowercase().starts_with("point") {
            literal.foreign_unit = true;
        }
        return 0;
    }
    if spaces > 0 && vocabulary::is_foreign_unit(&word) {
        literal.foreign_unit = true;
        return spaces + end;
    }
    0
}

/// Reads a number word with its value.
pub(super) fn read_word(word: &str) -> Option<Literal> {
    let amount = vocabulary::number_word(word).map(|value| Amount::Whole(i128::from(value)));
    if amount.is_none() && !vocabulary::is_large_number_word(word) {
        return None;
    }
    Some(Literal {
        amount,
        word: true,
        ..Literal::default()
    })
}

enum Digits {
    Value(Option<Amount>),
    Version,
}

/// The digits with their separators. Groups must be of three digits and of one separator.
fn read_digits(text: &str) -> (usize, Digits) {
    let run = |from: usize| {
        text[from..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len() - from)
    };
    let first = run(0);
    let mut at = first;
    let mut digits = text[..first].to_owned();
    let mut separator = None;
    let mut malformed = false;
    while let Some(mark) = text[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’'))
    {
        let from = at + mark.len_utf8();
        let length = run(from);
        let groups = length == 3 && first <= 3 && separator.is_none_or(|used| used == mark) && !text.starts_with('0');
        // Digits and letters together are a name and not a group: "3 404s".
        let ends = !text[from + length..].starts_with(|c: char| c.is_alphabetic());
        if groups && ends {
            digits.push_str(&text[from..from + 3]);
            separator = Some(mark);
        } else if mark == ',' && length > 0 {
            malformed = true;
        } else {
            break;
        }
        at = from + length;
    }
    let mut points = 0;
    let mut fraction = String::new();
    while text[at..].starts_with('.') && run(at + 1) > 0 {
        let length = run(at + 1);
        text[at + 1..=at + length].clone_into(&mut fraction);
        points += 1;
        at += 1 + length;
    }
    if points > 1 {
        return (at, Digits::Version);
    }
    // "1/2", "10^3" and "3:2" are computations, and what follows a point may be malformed too.
    while let Some(mark) = text[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '/' | '^' | ',' | ':' | '×' | '·'))
    {
        let length = run(at + mark.len_utf8());
        if length == 0 {
            break;
        }
        malformed = true;
        at += mark.len_utf8() + length;
    }
    let amount = if malformed {
        None
    } else if points == 1 {
        format!("{digits}.{fraction}").parse().ok().map(Amount::Fraction)
    } else {
        digits.parse().ok().map(Amount::Whole)
    };
    (at, Digits::Value(amount))
}

fn signed(amount: Amount, negative: bool) -> Amount {
    match amount {
        Amount::Whole(whole) if negative => Amount::Whole(-whole),
        Amount::Fraction(fraction) if negative => Amount::Fraction(-fraction),
        _ => amount,
    }
}
