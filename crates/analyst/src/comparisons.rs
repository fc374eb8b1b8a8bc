//! Comparisons with numbers and texts: `more than 1000 bytes`, `500 or more`, `containing "google"`.

mod texts;

use hedgerow_data_api::Operator;
use serde_json::{Value, json};

use crate::cursor::Cursor;
use crate::dates::Doubt;
use crate::tokens::{Kind, Token, whole};

/// A comparison with a number, of which the property may be named elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumberTest {
    pub(crate) operator: Operator,
    pub(crate) value: Value,
    pub(crate) words: String,
    /// True where the number counts bytes.
    pub(crate) bytes: bool,
}

/// A comparison with a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextTest {
    pub(crate) kind: TextKind,
    pub(crate) texts: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    Contains,
    /// As `LIKE '%text%'`, which tells small letters from capitals.
    ContainsAsWritten,
    StartsWith,
    EndsWith,
}

/// What a comparison turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Comparison {
    Number(NumberTest),
    Text(TextTest),
    Unclear(Doubt),
}

const BEFORE: &[(&str, Operator)] = &[
    ("more than", Operator::Gt),
    ("greater than", Operator::Gt),
    ("larger than", Operator::Gt),
    ("bigger than", Operator::Gt),
    ("higher than", Operator::Gt),
    ("over", Operator::Gt),
    ("above", Operator::Gt),
    ("exceeding", Operator::Gt),
    (">", Operator::Gt),
    ("at least", Operator::Gte),
    ("no less than", Operator::Gte),
    ("not less than", Operator::Gte),
    ("no fewer than", Operator::Gte),
    (">=", Operator::Gte),
    ("less than", Operator::Lt),
    ("fewer than", Operator::Lt),
    ("smaller than", Operator::Lt),
    ("lower than", Operator::Lt),
    ("below", Operator::Lt),
    ("under", Operator::Lt),
    ("<", Operator::Lt),
    ("at most", Operator::Lte),
    ("no more than", Operator::Lte),
    ("not more than", Operator::Lte),
    ("no larger than", Operator::Lte),
    ("no bigger than", Operator::Lte),
    ("up to", Operator::Lte),
    ("<=", Operator::Lte),
    ("exactly", Operator::Exact),
    ("equal to", Operator::Exact),
    ("=", Operator::Exact),
];

const AFTER_MORE: &[&str] = &[
    "or more",
    "or greater",
    "or larger",
    "or bigger",
    "or higher",
    "or above",
    "and above",
    "and up",
    "or over",
];
const AFTER_LESS: &[&str] = &["or less", "or fewer", "or smaller", "or lower", "or below", "and below"];

/// The comparison at a token, with the position after it.
pub(crate) fn comparison_at(tokens: &[Token], at: usize) -> Option<(usize, Comparison)> {
    let readings = [between, leading, trailing, texts::text];
    readings.iter().find_map(|read| {
        let mut cursor = Cursor::new(tokens, at);
        read(&mut cursor).map(|comparison| (cursor.at, comparison))
    })
}

/// A number with its unit: bytes, or nothing.
struct Amount {
    number: f64,
    bytes: bool,
    doubt: Option<Doubt>,
}

fn eat_amount(cursor: &mut Cursor) -> Option<Amount> {
    let Kind::Number(mut number) = cursor.peek()?.kind else {
        return None;
    };
    cursor.at += 1;
    if let Some(word) = cursor.eat(&["thousand", "million", "billion"]) {
        number *= match word {
            "thousand" => 1e3,
            "million" => 1e6,
            _ => 1e9,
        };
    }
    let bytes = cursor.eat(&["bytes", "byte", "b"]).is_some();
    let unit = cursor.eat(&[
        "kilobytes",
        "kilobyte",
        "kb",
        "megabytes",
        "megabyte",
        "mb",
        "gigabytes",
        "gigabyte",
        "gb",
    ]);
    let doubt = unit.map(|unit| {
        let power = match unit.as_bytes().first() {
            Some(b'k') => 1,
            Some(b'm') => 2,
            _ => 3,
        };
        let options = [1000_f64, 1024_f64]
            .iter()
            .map(|base| format!("{} bytes", number * base.powi(power)))
            .collect();
        Doubt {
            question: format!("How many bytes is one {unit}?"),
            options,
        }
    });
    Some(Amount { number, bytes, doubt })
}

fn test(amount: &Amount, operator: Operator, words: String) -> Comparison {
    let value = json_number(amount.number);
    let words = if amount.bytes { format!("{words} bytes") } else { words };
    Comparison::Number(NumberTest {
        operator,
        value,
        words,
        bytes: amount.bytes,
    })
}

fn json_number(number: f64) -> Value {
    whole(number).map_or_else(|| json!(number), |number| json!(number))
}

/// `more than 500`.
fn leading(cursor: &mut Cursor) -> Option<Comparison> {
    let (phrase, operator) = BEFORE
        .iter()
        .filter(|(phrase, _)| Cursor::eat_phrase(&mut cursor.clone(), phrase))
        .max_by_key(|(phrase, _)| phrase.len())?;
    cursor.eat_phrase(phrase);
    let before = *cursor;
    let amount = eat_amount(cursor)?;
    if let Some(doubt) = amount.doubt {
        cursor.at = before.at;
        return amount_doubt(cursor, doubt);
    }
    let sign = match operator {
        Operator::Gt => "above",
        Operator::Gte => "of at least",
        Operator::Lt => "below",
        Operator::Lte => "of at most",
        _ => "of exactly",
    };
    Some(test(&amount, *operator, format!("{sign} {}", amount.number)))
}

/// `1 MB` can be two numbers. Only the amount is asked for, so the caller gets it as its own piece.
fn amount_doubt(cursor: &mut Cursor, doubt: Doubt) -> Option<Comparison> {
    eat_amount(cursor)?;
    Some(Comparison::Unclear(doubt))
}

/// `500 or more`, `0 bytes`.
fn trailing(cursor: &mut Cursor) -> Option<Comparison> {
    let mut amount = eat_amount(cursor)?;
    if let Some(doubt) = amount.doubt {
        return Some(Comparison::Unclear(doubt));
    }
    if cursor.eat_one_of(AFTER_MORE).is_some() {
        amount.bytes |= cursor.eat(&["bytes"]).is_some();
        return Some(test(&amount, Operator::Gte, format!("of at least {}", amount.number)));
    }
    if cursor.eat_one_of(AFTER_LESS).is_some() {
        amount.bytes |= cursor.eat(&["bytes"]).is_some();
        return Some(test(&amount, Operator::Lte, format!("of at most {}", amount.number)));
    }
    amount
        .bytes
        .then(|| test(&amount, Operator::Exact, format!("of exactly {}", amount.number)))
}

/// `between 200 and 299`, `400 to 499`, `400-499`.
fn between(cursor: &mut Cursor) -> Option<Comparison> {
    let lead = cursor.eat(&["between", "from"]);
    let first = eat_amount(cursor)?;
    let joint = cursor.eat(&["and", "to", "-", "–"])?;
    if (joint == "and") != (lead == Some("between")) {
        return None;
    }
    let last = eat_amount(cursor)?;
    if let Some(doubt) = first.doubt.or(last.doubt) {
        return Some(Comparison::Unclear(Doubt {
            options: Vec::new(),
            ..doubt
        }));
    }
    if first.number > last.number {
        return None;
    }
    let words = format!(
        "from {} to {}{}",
        first.number,
        last.number,
        if last.bytes { " bytes" } else { "" }
    );
    let value = json!([json_number(first.number), json_number(last.number)]);
    Some(Comparison::Number(NumberTest {
        operator: Operator::Between,
        value,
        words,
        bytes: last.bytes,
    }))
}
