//! The value of a condition: its type, its bounds, and whether the data has it.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use hedgerow_data_api::{FieldKind, FieldUnit, FilterField, Operator, PropertyFilter, PropertyType};
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;

use super::super::lists::{Known, known};
use super::check::Checker;

/// Values in one list.
const MOST: usize = 500;

/// The value in its normal form: a list of one is its member, a text is spelled as the data spells it.
pub(super) async fn checked(
    checker: &mut Checker<'_>,
    field: &FilterField,
    filter: &PropertyFilter,
) -> Result<Option<Value>> {
    let operator = filter.operator;
    let given = filter.value.as_ref().filter(|value| !value.is_null());
    if matches!(operator, Operator::IsSet | Operator::IsNotSet) {
        return match given {
            None if field.may_be_missing => Ok(None),
            None => Err(refuse(field, operator, "says nothing: it is never missing")),
            Some(_) => Err(refuse(field, operator, "takes no value")),
        };
    }
    let Some(given) = given else {
        return Err(refuse(field, operator, "needs a value").with_hint("to find missing values, take is_not_set"));
    };
    if matches!(operator, Operator::Between | Operator::NotBetween) {
        return bounds(field, operator, given).map(Some);
    }
    let takes_lists = matches!(
        operator,
        Operator::Exact
            | Operator::IsNot
            | Operator::In
            | Operator::NotIn
            | Operator::Icontains
            | Operator::NotIcontains
            | Operator::Regex
            | Operator::NotRegex
    );
    let values = match given {
        Value::Array(values) if values.is_empty() => return Err(refuse(field, operator, "has an empty list")),
        Value::Array(values) if values.len() > MOST => {
            let message = format!("a condition has at most {MOST} values, this one has {}", values.len());
            return Err(Error::new(Code::LimitExceeded, message));
        }
        Value::Array(values) if takes_lists || values.len() == 1 => values.clone(),
        Value::Array(_) => return Err(refuse(field, operator, "takes one value")),
        one => vec![one.clone()],
    };
    let mut normal: Vec<Value> = Vec::new();
    for value in &values {
        let value = one(checker, field, operator, value).await?;
        if !normal.contains(&value) {
            normal.push(value);
        }
    }
    Ok(match (normal.len(), normal.pop()) {
        (1, only) => only,
        (_, last) => {
            normal.extend(last);
            Some(Value::Array(normal))
        }
    })
}

async fn one(checker: &mut Checker<'_>, field: &FilterField, operator: Operator, value: &Value) -> Result<Value> {
    let wrong = |wanted: &str| refuse(field, operator, &format!("takes {wanted}, not {value}"));
    match field.kind {
        FieldKind::Whole => match whole(value) {
            None => Err(wrong("a whole number")),
            Some(number) if is_rollout(field) && !is_percent(&number) => Err(wrong("0 to 100")),
            Some(number) => Ok(number),
        },
        FieldKind::Number if value.is_number() => Ok(value.clone()),
        FieldKind::Number => Err(wrong("a number")),
        FieldKind::Boolean if value.is_boolean() => Ok(value.clone()),
        FieldKind::Boolean => Err(wrong("true or false")),
        FieldKind::Date => date(value, checker.now)
            .ok_or_else(|| wrong("a date").with_hint("2026-05-18, 2026-05-18T14:00:00Z, or days back from today: -7d")),
        FieldKind::Text | FieldKind::Version | FieldKind::Json | FieldKind::Tags => {
            let text = value
                .as_str()
                .filter(|text| !text.is_empty())
                .ok_or_else(|| wrong("a text"))?;
            text_value(checker, field, operator, text).await.map(Value::from)
        }
    }
}

async fn text_value(checker: &mut Checker<'_>, field: &FilterField, operator: Operator, text: &str) -> Result<String> {
    match operator {
        Operator::Regex | Operator::NotRegex => {
            regex::Regex::new(text).map_err(|error| {
                Error::caused(
                    Code::InvalidArgument,
                    format!("{text:?} is no regular expression"),
                    error,
                )
            })?;
        }
        Operator::SemverEq
        | Operator::SemverNeq
        | Operator::SemverGt
        | Operator::SemverGte
        | Operator::SemverLt
        | Operator::SemverLte
        | Operator::SemverTilde
        | Operator::SemverCaret
            if !is_version(text) =>
        {
            return Err(refuse(
                field,
                operator,
                &format!("takes a version such as 1.2.3, not {text:?}"),
            ));
        }
        Operator::Exact | Operator::IsNot | Operator::In | Operator::NotIn if field.is_checked => {
            return match known(checker.store, checker.project, checker.data, field, text).await? {
                Known::Is(spelled) => Ok(spelled),
                Known::No(nearest) => {
                    let message = format!("unknown value of {} {text:?}", field.key);
                    let hint = if nearest.is_empty() {
                        "read_taxonomy with kind property_values and the list names those that exist".to_owned()
                    } else {
                        format!("did you mean {}?", nearest.join(", "))
                    };
                    Err(Error::new(Code::UnknownName, message).with_hint(hint))
                }
                Known::Unsure => {
                    let message = format!("{} has too many values to tell whether {text:?} is one", field.key);
                    checker.unsure.push(message);
                    Ok(text.to_owned())
                }
            };
        }
        _ => {}
    }
    Ok(text.to_owned())
}

fn bounds(field: &FilterField, operator: Operator, given: &Value) -> Result<Value> {
    let wrong = || refuse(field, operator, &format!("takes [min, max], not {given}"));
    let [min, max] = given.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(wrong());
    };
    let (low, high) = (min.as_f64().ok_or_else(wrong)?, max.as_f64().ok_or_else(wrong)?);
    if low > high {
        return Err(refuse(field, operator, "has its bounds the wrong way round"));
    }
    if field.kind == FieldKind::Whole {
        let whole = |bound: &Value| {
            whole(bound).ok_or_else(|| refuse(field, operator, &format!("takes whole numbers, not {bound}")))
        };
        return Ok(Value::Array(vec![whole(min)?, whole(max)?]));
    }
    Ok(given.clone())
}

/// True for the part of the users that a flag is on for.
fn is_rollout(field: &FilterField) -> bool {
    field.property_type == PropertyType::Flag && field.unit == Some(FieldUnit::Percent)
}

fn is_percent(number: &Value) -> bool {
    number.as_i64().is_some_and(|number| (0..=100).contains(&number))
}

/// A whole number, also where it is written with a fraction of zero.
fn whole(value: &Value) -> Option<Value> {
    if value.is_i64() || value.is_u64() {
        return Some(value.clone());
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let cut = value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
        .map(|number| number as i64);
    cut.map(Value::from)
}

/// A day, an instant in UTC, or days back from today, as it was written.
fn date(value: &Value, now: DateTime<Utc>) -> Option<Value> {
    day_or_instant(value.as_str()?, now).map(|_| value.clone())
}

/// The first moment of a date, and the moment after its last: a day ends at midnight, an instant one
/// microsecond after it began.
pub(super) fn day_or_instant(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let of_day = |day: NaiveDate| {
        let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Some((start, start.checked_add_signed(Duration::days(1))?))
    };
    if let Some(days) = text.strip_prefix('-').and_then(|rest| rest.strip_suffix('d')) {
        let back = Duration::try_days(days.parse::<u32>().ok()?.into())?;
        return of_day(now.date_naive().checked_sub_signed(back)?);
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return of_day(day);
    }
    let start = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    Some((start, start.checked_add_signed(Duration::microseconds(1))?))
}

/// `1.2`, `1.2.3`, with a `v` before it or what SemVer allows behind it.
fn is_version(text: &str) -> bool {
    let core = text
        .trim_start_matches(['v', 'V'])
        .split(['-', '+'])
        .next()
        .unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    (1..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn refuse(field: &FilterField, operator: Operator, why: &str) -> Error {
    Error::invalid(format!("{} with operator {} {why}", field.key, operator.as_str()))
}
