//! The verdict on one answer.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use hedgerow_agent_api::{Figure, FigureStatus};
use hedgerow_data_api::{FilterFields, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Expect, Expected, Fields, canonical};
use crate::{AskOutcome, AskReport};

/// What a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Answered with the right headline, and it is verified.
    Right,
    /// Refused or asked back, as it should be.
    RefusedRight,
    /// A wrong claim: another headline, or an answer to a question that has none.
    Wrong,
    /// Not the expected outcome, but no false claim.
    Missed,
}

impl Verdict {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::RefusedRight => "refused_right",
            Self::Wrong => "wrong",
            Self::Missed => "missed",
        }
    }
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
}

/// Judges a report against what is expected, by outcome and headline alone.
pub(super) fn judge(expect: &Expect, report: &AskReport) -> Judgement {
    let verdict = |verdict, reason: String| Judgement {
        verdict,
        reason: Some(reason),
    };
    let answered = report.outcome == AskOutcome::Answered;
    match &expect.value {
        None if expect.outcome.contains(&report.outcome) => Judgement {
            verdict: Verdict::RefusedRight,
            reason: None,
        },
        None if answered => verdict(Verdict::Wrong, "answered a question that has no answer".to_owned()),
        None => verdict(Verdict::Missed, format!("ended as {}", report.outcome.as_str())),
        Some(_) if !answered => verdict(Verdict::Missed, format!("ended as {}", report.outcome.as_str())),
        Some(value) => judge_headline(expect, value, report.headline.as_ref()),
    }
}

/// Judges the filter tree that a run made, by its canonical form. No tree is a miss, another one an error.
pub(super) fn judge_filters(
    expect: &Expect,
    report: &AskReport,
    fields: &FilterFields,
    now: DateTime<Utc>,
) -> Judgement {
    let of = |verdict, reason: Option<String>| Judgement { verdict, reason };
    let refused = matches!(report.outcome, AskOutcome::Refused | AskOutcome::Asked);
    match (&expect.filters, &report.filters) {
        (None, None) if refused => of(Verdict::RefusedRight, None),
        (None | Some(_), None) => of(
            Verdict::Missed,
            Some(format!("{}: {}", report.outcome.as_str(), report.answer)),
        ),
        (None, Some(_)) => of(Verdict::Wrong, Some("made a filter where none is right".to_owned())),
        (Some(expected), Some(made)) => {
            let names = Fields::new(fields);
            match (canonical(expected, &names, now), canonical(&made.filters, &names, now)) {
                (Ok(expected), Ok(made)) if expected == made => of(Verdict::Right, None),
                (Ok(_), Ok(_)) => of(
                    Verdict::Wrong,
                    Some(format!("made {}", serde_json::json!(made.filters))),
                ),
                (Err(error), _) | (_, Err(error)) => of(Verdict::Wrong, Some(error.chain())),
            }
        }
    }
}

fn judge_headline(expect: &Expect, value: &Expected, headline: Option<&Figure>) -> Judgement {
    let (verdict, reason) = match headline {
        None => (Verdict::Wrong, Some("answered without a headline".to_owned())),
        Some(figure) if !equals(value, &figure.value, expect.tolerance) => (
            Verdict::Wrong,
            Some(format!("expected {}, headline is {}", value.to_json(), figure.value)),
        ),
        Some(figure) if !unit_fits(expect, value, figure) => {
            let unit = |unit: &hedgerow_data_api::Unit| serde_json::json!(unit).to_string();
            let wanted = expect.unit.as_ref().map(unit).unwrap_or_default();
            (
                Verdict::Wrong,
                Some(format!("expected unit {wanted}, headline has {}", unit(&figure.unit))),
            )
        }
        Some(figure) if figure.status != FigureStatus::Verified => {
            (Verdict::Missed, Some("the headline is not verified".to_owned()))
        }
        Some(_) => (Verdict::Right, None),
    };
    Judgement { verdict, reason }
}

/// A number must count the right thing. A name counts nothing, whatever column it stands in.
fn unit_fits(expect: &Expect, value: &Expected, figure: &Figure) -> bool {
    match (value, expect.unit) {
        // A statement's number has no unit of its own, so there only the kind of unit counts.
        (Expected::Number(_), Some(unit)) if expect.is_computed => is_count(unit) == is_count(figure.unit),
        (Expected::Number(_), Some(unit)) => unit == figure.unit,
        _ => true,
    }
}

fn is_count(unit: Unit) -> bool {
    !matches!(unit, Unit::Percent | Unit::Bytes)
}

fn equals(expected: &Expected, got: &Value, tolerance: f64) -> bool {
    match (expected, got) {
        // A little more than the tolerance, since 2.13 - 2.12 is 0.01 only nearly.
        (Expected::Number(expected), Value::Number(got)) => got
            .as_f64()
            .is_some_and(|got| (got - expected).abs() <= tolerance + 1e-9),
        (Expected::Text(expected), Value::String(got)) => same_text(expected, got) || same_time(expected, got),
        _ => false,
    }
}

fn same_text(expected: &str, got: &str) -> bool {
    expected.trim().to_lowercase() == got.trim().to_lowercase()
}

/// A day equals its first instant, an hour of a day equals any instant that starts it.
fn same_time(expected: &str, got: &str) -> bool {
    let Some(instant) = instant(got.trim()) else {
        return false;
    };
    if let Ok(day) = NaiveDate::parse_from_str(expected, "%Y-%m-%d") {
        return instant == day.and_time(NaiveTime::MIN);
    }
    NaiveTime::parse_from_str(expected, "%H:%M").is_ok_and(|time| instant.time() == time)
}

fn instant(text: &str) -> Option<NaiveDateTime> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.naive_utc());
    }
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests;
