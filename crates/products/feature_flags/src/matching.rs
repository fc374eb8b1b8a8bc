//! How a property of a person or group is compared: as `PostHog`'s SDKs do it (`posthog` 7.91 for Python).

mod dates;
mod texts;
mod versions;

use chrono::{DateTime, Utc};
use hedgerow_errors::{Error, Result};
use regex::Regex;
use serde_json::{Map, Value};

use crate::flag::{FlagOperator, FlagProperty};
use texts::{ascii_lower, is_truth, number, text, truth};
use versions::Version;

/// The properties of a person or group.
pub type Properties = Map<String, Value>;

/// How much is known of a person or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Everything: a property that is not there is missing.
    All,
    /// What the caller says: a property that is not there may have any value.
    Given,
}

/// Why something can't be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// What would be needed is not known, or is of no form that can be compared. Other conditions may decide.
    Inconclusive(String),
    /// A cohort is not known at all, so that no other condition may decide either.
    Unknown(String),
}

/// Whether the properties fit the condition's.
pub(crate) fn matches(
    property: &FlagProperty,
    properties: &Properties,
    known: Known,
    now: DateTime<Utc>,
) -> Result<bool, Unresolved> {
    use FlagOperator as Op;
    let operator = property.operator();
    let Some(actual) = properties.get(&property.key) else {
        return match known {
            Known::All => Ok(holds_for_missing(operator)),
            Known::Given => Err(Unresolved::Inconclusive(format!("{} is not known", property.key))),
        };
    };
    let wanted = property.value.as_ref().unwrap_or(&Value::Null);
    let compared = match operator {
        Op::IsSet => Some(true),
        Op::IsNotSet => Some(false),
        Op::Gt | Op::Gte | Op::Lt | Op::Lte => compare_numbers(operator, actual, wanted),
        Op::Exact => Some(is_exactly(actual, wanted)),
        Op::IsNot => Some(!is_exactly(actual, wanted)),
        Op::Icontains => Some(ascii_lower(actual).contains(&ascii_lower(wanted))),
        Op::NotIcontains => Some(!ascii_lower(actual).contains(&ascii_lower(wanted))),
        Op::StartsWith => Some(ascii_lower(actual).starts_with(&ascii_lower(wanted))),
        Op::NotStartsWith => Some(!ascii_lower(actual).starts_with(&ascii_lower(wanted))),
        Op::EndsWith => Some(ascii_lower(actual).ends_with(&ascii_lower(wanted))),
        Op::NotEndsWith => Some(!ascii_lower(actual).ends_with(&ascii_lower(wanted))),
        // A pattern that is none matches nothing, and its opposite neither.
        Op::Regex | Op::NotRegex => {
            Some(pattern(wanted).is_ok_and(|pattern| pattern.is_match(&text(actual)) == (operator == Op::Regex)))
        }
        _ if actual.is_null() => Some(false),
        Op::IsDateBefore | Op::IsDateAfter => dates::compare(operator, actual, wanted, now),
        _ => versions::compare(operator, &text(actual), &text(wanted)),
    };
    match (compared, known) {
        (Some(matches), _) => Ok(matches),
        (None, Known::All) => Ok(false),
        (None, Known::Given) => Err(Unresolved::Inconclusive(format!(
            "{} of {} can't be compared with {wanted}",
            actual, property.key
        ))),
    }
}

/// What is missing fits the negative operators and no other.
pub(crate) fn holds_for_missing(operator: FlagOperator) -> bool {
    use FlagOperator as Op;
    matches!(
        operator,
        Op::IsNot | Op::IsNotSet | Op::NotIcontains | Op::NotStartsWith | Op::NotEndsWith | Op::NotRegex
    )
}

fn is_exactly(actual: &Value, wanted: &Value) -> bool {
    let lower = |value: &Value| text(value).to_lowercase();
    match wanted {
        Value::Array(list) if list.is_empty() => truth(actual),
        // "true", "FALSE", true: compared as truths, so that a text and a boolean can agree.
        wanted if is_truth(wanted) => truth(wanted) == truth(actual),
        Value::Array(list) => list.iter().any(|wanted| lower(wanted) == lower(actual)),
        wanted => lower(wanted) == lower(actual),
    }
}

fn compare_numbers(operator: FlagOperator, actual: &Value, wanted: &Value) -> Option<bool> {
    let wanted = number(wanted)?;
    let Some(actual) = number(actual) else {
        return Some(false);
    };
    Some(match operator {
        FlagOperator::Gt => actual > wanted,
        FlagOperator::Gte => actual >= wanted,
        FlagOperator::Lt => actual < wanted,
        _ => actual <= wanted,
    })
}

fn pattern(value: &Value) -> Result<Regex> {
    let pattern = text(value);
    Regex::new(&pattern).map_err(|error| {
        Error::invalid(format!("{pattern:?} is no regular expression: {error}"))
            .with_hint("look-around and back-references are not known")
    })
}

/// Refuses a value that the operator can't compare with.
pub(crate) fn check(operator: FlagOperator, value: Option<&Value>) -> Result<()> {
    use FlagOperator as Op;
    if matches!(operator, Op::IsSet | Op::IsNotSet) {
        return Ok(());
    }
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Err(Error::invalid("a value is missing").with_hint("give one, or compare with is_set"));
    };
    if !matches!(operator, Op::Exact | Op::IsNot) && (value.is_array() || value.is_object()) {
        return Err(Error::invalid(format!("{value} is not a single value")));
    }
    let (fits, wanted) = match operator {
        Op::Regex | Op::NotRegex => return pattern(value).map(|_| ()),
        Op::Gt | Op::Gte | Op::Lt | Op::Lte => (number(value).is_some(), "a number"),
        Op::IsDateBefore | Op::IsDateAfter => (
            dates::bound(&text(value), DateTime::UNIX_EPOCH).is_some(),
            "a date, such as 2026-05-01 or -30d",
        ),
        Op::SemverTilde | Op::SemverCaret | Op::SemverWildcard => (
            versions::bounds(operator, &text(value)).is_some(),
            "a version, such as 3.4.1",
        ),
        Op::SemverEq | Op::SemverNeq | Op::SemverGt | Op::SemverGte | Op::SemverLt | Op::SemverLte => {
            (Version::parse(&text(value)).is_some(), "a version, such as 3.4.1")
        }
        _ => (true, ""),
    };
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!("{value} is not {wanted}")))
}
