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
    /// It can mean several.
    Unclear(UnclearStatus),
}

/// A name that can mean several statuses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UnclearStatus {
    words: &'static [&'static str],
    /// What is unclear, as a question.
    pub(crate) question: &'static str,
    /// Phrases that can take its place.
    pub(crate) options: &'static [&'static str],
    /// The statuses it can mean at all.
    range: (u64, u64),
}

impl UnclearStatus {
    /// True where every status of a condition goes by this name, which then adds nothing: "redirects (3xx)".
    pub(crate) fn is_settled_by(&self, operator: Operator, value: &Value) -> bool {
        let within = |status: &Value| {
            status
                .as_u64()
                .is_some_and(|status| (self.range.0..=self.range.1).contains(&status))
        };
        match value {
            Value::Array(statuses) => {
                [Operator::Exact, Operator::Between].contains(&operator) && statuses.iter().all(within)
            }
            // Nothing lies beyond the last class.
            status if operator == Operator::Gte => self.range.1 == 599 && within(status),
            status => operator == Operator::Exact && within(status),
        }
    }
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

const UNCLEAR: &[UnclearStatus] = &[
    UnclearStatus {
        words: &["redirects", "redirect", "redirected", "redirections"],
        question: "Which statuses count as redirects?",
        options: &["3xx", "status 301 or 302"],
        range: (300, 399),
    },
    UnclearStatus {
        words: &["successful", "succeeded", "successfully"],
        question: "Which statuses count as successful?",
        options: &["2xx", "status 200", "status between 200 and 399"],
        range: (200, 399),
    },
    UnclearStatus {
        words: &["failed", "failing", "failures", "unsuccessful", "broken"],
        question: "Which statuses count as failed?",
        options: &["status of 400 or more", "status of 500 or more"],
        range: (400, 599),
    },
];

/// "500s" are those with status 500 to some, and all server errors to others.
const ROUND: &[UnclearStatus] = &[
    round((200, 299), &["status 200", "2xx"]),
    round((300, 399), &["status 300", "3xx"]),
    round((400, 499), &["status 400", "4xx"]),
    round((500, 599), &["status 500", "5xx"]),
];

const fn round(range: (u64, u64), options: &'static [&'static str]) -> UnclearStatus {
    UnclearStatus {
        words: &[],
        question: "Is that one status, or its whole class?",
        options,
        range,
    }
}

/// A name for statuses at a token, with the position after it.
pub(crate) fn status_at(tokens: &[Token], at: usize) -> Option<(usize, StatusWord)> {
    let token = &tokens[at];
    match token.kind {
        Kind::Plural(status) => {
            let class = ROUND.iter().find(|round| round.range.0 == u64::from(status));
            let word = class.map_or_else(|| StatusWord::Test(one(status)), |class| StatusWord::Unclear(*class));
            return Some((at + 1, word));
        }
        Kind::StatusClass(class) => {
            let (end, last) = next_class(tokens, at, class).unwrap_or((at + 1, class));
            // "5xx errors", "5xx responses": the noun after it is the same thing once more.
            let next = ["errors", "error"]
                .iter()
                .find_map(|word| phrase_end(tokens, end, word));
            return Some((
                next.unwrap_or(end),
                StatusWord::Test(classes_test(class.min(last), class.max(last))),
            ));
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
        ("client and server errors", classes_test(4, 5)),
        ("client or server errors", classes_test(4, 5)),
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
        .find(|unclear| unclear.words.iter().any(|word| token.is(word)))?;
    Some((at + 1, StatusWord::Unclear(*unclear)))
}

/// The second of two neighbouring classes, with the position after it: `4xx or 5xx`.
fn next_class(tokens: &[Token], at: usize, class: u32) -> Option<(usize, u32)> {
    let joint = tokens.get(at + 1)?;
    let joined = ["or", "and", "/", "&"].iter().any(|word| joint.is(word));
    match tokens.get(at + 2)?.kind {
        Kind::StatusClass(other) if joined && other.abs_diff(class) == 1 => Some((at + 3, other)),
        _ => None,
    }
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
    classes_test(class, class)
}

fn classes_test(first: u32, last: u32) -> StatusTest {
    let (first, last) = (first * 100, last * 100 + 99);
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
