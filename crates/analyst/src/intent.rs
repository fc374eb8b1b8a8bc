//! What a question means once it is understood, and what stands in the way if it is not.

use hedgerow_data_api::{Interval, Math, Operator, PropertyFilter};

use crate::dates::Span;

/// A question, understood in full.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intent {
    /// What is counted.
    pub(crate) measure: Measure,
    /// Conditions on everything that is counted.
    pub(crate) conditions: Vec<Condition>,
    /// When.
    pub(crate) span: Span,
    /// How the result is wanted.
    pub(crate) shape: Shape,
    /// What was assumed, as sentences without a full stop.
    pub(crate) notes: Vec<String>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    /// The event, or every event.
    pub(crate) event: Option<String>,
    /// Events, visitors or sessions.
    pub(crate) math: Math,
    /// The name for people, plural.
    pub(crate) noun: String,
}

/// One condition on a property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    /// The filter of the typed query.
    pub(crate) filter: PropertyFilter,
    /// The condition in words that follow a noun, e.g. `with status 404`.
    pub(crate) words: String,
    /// The first token of the words it was read from.
    pub(crate) start: usize,
    /// The token after the last one.
    pub(crate) end: usize,
    /// How it was negated.
    pub(crate) negation: Option<Negation>,
    /// What was assumed.
    pub(crate) note: Option<String>,
    /// True where it was read from a name for responses: `404s`, `server errors`.
    pub(crate) names_responses: bool,
    /// True where "and" joined its values.
    pub(crate) and_list: bool,
    /// True where "or" joined its values and the property was named again: `a = 1 or a = 2`.
    pub(crate) or_in_code: bool,
}

impl Condition {
    pub(crate) fn key(&self) -> &str {
        &self.filter.key
    }

    /// True for "is one of these values".
    pub(crate) fn is_exact(&self) -> bool {
        self.filter.operator == Operator::Exact
    }
}

/// How something was negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Negation {
    /// The whole statement: "did not return 404".
    Clause,
    /// The name next to it: "other than 404", "without a referrer".
    Noun,
}

/// Highest or lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Most,
    Least,
}

/// How the result is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// One number.
    Number,
    /// A number a bucket, split by a property or not.
    Series { interval: Interval, by: Option<String> },
    /// A number a value of a property.
    Breakdown { by: String },
    /// The values of a property that have the most, or the number they have.
    Top {
        by: String,
        order: Order,
        count: u32,
        wants_number: bool,
    },
    /// The bucket that has the most, or the number it has.
    Peak {
        interval: Interval,
        order: Order,
        wants_number: bool,
    },
    /// The part of what is counted that meets further conditions, and by which event, if another.
    Share {
        part: Vec<Condition>,
        event: Option<String>,
    },
}

/// Why a question is not answered, or not yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// Values that must be looked up first.
    Lookup(Vec<Lookup>),
    /// It can mean several things.
    Ask(Ask),
    /// It is beyond the analyst; the reason as sentences.
    Refuse(String),
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) question: String,
    pub(crate) options: Vec<String>,
    pub(crate) edit: Edit,
}

/// What the user's answer does to the question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edit {
    /// It stands in place of these bytes.
    Replace { start: usize, end: usize },
    /// It is added at the end.
    Append,
}

/// Values to look up: those of a property that contain a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lookup {
    pub(crate) key: String,
    pub(crate) search: String,
}
