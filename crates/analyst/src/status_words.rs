//! Statuses by their names: `server errors`, `not found`, `5xx`, `404s`.

use serde_json::{Value, json};

use hedgerow_data_api::Operator;

use crate::lexicon::phrase_end;
use crate::tokens::{Kind, Token};

/// A condition on the status.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StatusTest {
    pub(crate) operator: Operator,
    pub(crate) value: Value,
    /// In words, after "with".
    pub(crate) words: String,
    pub(crate) note: Option<&'static str>,
}

/// What a name for statuses means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StatusWord {
    /// A condition.
    Test(StatusTest),
    /// It can mean several: the question and phrases to take its place.
    Unclear(&'static str, &'static [&'static str]),
}

/// Names of single statuses.
const NAMES: &[(&str, u32)] = &[
    ("not found", 404),
    ("not found error", 404),
    ("not found errors", 404),
    ("not modified", 304),
    ("partial content", 206),
    ("moved permanently", 301),
    ("forbidden", 403),
    ("unauthorized", 401),
    ("internal server error", 500),
    ("internal server errors", 500),
    ("bad gateway", 502),
    ("service unavailable", 503),
];

const UNCLEAR: &[(&[&str], &str, &[&str])] = &[
    (
        &["redirects", "redirect", "redirected", "redirections"],
        "Which statuses count as redirects?",
        &["3xx", "status 301 or 302"],
    ),
    (
        &["successful", "succeeded", "successfully"],
        "Which statuses count as successful?",
        &["2xx", "status 200", "status between 200 and 399"],
    ),
    (
        &["failed", "failing", "failures", "unsuccessful", "broken"],
        "Which statuses count as failed?",
        &["status of 400 or more", "status of 500 or more"],
    ),
];

/// A name for statuses at a token, with the position after it.
pub(crate) fn status_at(tokens: &[Token], at: usize) -> Option<(usize, StatusWord)> {
    let token = &tokens[at];
    match token.kind {
        Kind::Plural(status) => return Some((at + 1, StatusWord::Test(one(status)))),
        Kind::StatusClass(class) => {
            // "5xx errors", "5xx responses": the noun after it is the same thing once more.
            let next = ["errors", "error"]
                .iter()
                .find_map(|word| phrase_end(tokens, at + 1, word));
            return Some((next.unwrap_or(at + 1), StatusWord::Test(class_test(class))));
        }
        _ => {}
    }
    let named = NAMES
        .iter()
        .filter_map(|(phrase, status)| Some((phrase_end(tokens, at, phrase)?, one(*status))));
    let classes = [
        ("server error", class_test(5)),
        ("server errors", class_test(5)),
        ("client error", class_test(4)),
        ("client errors", class_test(4)),
        ("error", any_error()),
        ("errors", any_error()),
    ];
    let classes = classes
        .into_iter()
        .filter_map(|(phrase, test)| Some((phrase_end(tokens, at, phrase)?, test)));
    if let Some((end, test)) = named.chain(classes).max_by_key(|(end, _)| *end) {
        return Some((end, StatusWord::Test(test)));
    }
    let unclear = UNCLEAR
        .iter()
        .find(|(words, _, _)| words.iter().any(|word| token.is(word)))?;
    Some((at + 1, StatusWord::Unclear(unclear.1, unclear.2)))
}

/// Exactly one status.
pub(crate) fn one(status: u32) -> StatusTest {
    StatusTest {
        operator: Operator::Exact,
        value: json!(status),
        words: format!("status {status}"),
        note: None,
    }
}

fn class_test(class: u32) -> StatusTest {
    let (first, last) = (class * 100, class * 100 + 99);
    StatusTest {
        operator: Operator::Between,
        value: json!([first, last]),
        words: format!("status {first} to {last}"),
        note: None,
    }
}

fn any_error() -> StatusTest {
    StatusTest {
        operator: Operator::Gte,
        value: json!(400),
        words: "status at least 400".to_owned(),
        note: Some("an error is taken to be a 4xx or 5xx status"),
    }
}
