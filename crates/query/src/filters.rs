//! Property filters as `DataFusion` expressions, with `PostHog`'s null behaviour made explicit.

use chrono::{DateTime, TimeZone};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::regexp_like;
use datafusion::logical_expr::{Expr, cast, lit, not, try_cast};
use datafusion::prelude::lower;
use hedgerow_data_api::{FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, ValueType};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use crate::dates::{self, Local};
use crate::fields::{FieldType, Fields, Found};
use crate::versions;

const TIMES: &str = "times go with is_date_exact, is_date_before and is_date_after";

/// The condition of a group on the rows of a table, of which `fields` knows the columns; `None` for the empty one. Within another group an empty one is refused: it
/// would hold always, and so drop the other members of an OR.
pub(crate) fn group(fields: &dyn Fields, now: Local, filters: &FilterGroup) -> Result<Option<Expr>> {
    let mut conditions = Vec::new();
    for (position, node) in (1..).zip(&filters.values) {
        conditions.push(match node {
            FilterNode::Filter(filter) => condition(fields, now, filter)?,
            FilterNode::Group(nested) => group(fields, now, nested)?.ok_or_else(|| {
                Error::invalid(format!("member {position} of a filter group is an empty group"))
                    .with_hint("leave it out, or put a filter into it")
            })?,
        });
    }
    Ok(conditions.into_iter().reduce(match filters.group_type {
        GroupType::And => Expr::and,
        GroupType::Or => Expr::or,
    }))
}

/// A property's column with what is needed to compare it.
struct Subject<'a> {
    filter: &'a PropertyFilter,
    now: Local,
    column: Expr,
    field_type: FieldType,
}

/// One condition on the rows of a table.
pub(crate) fn condition(fields: &dyn Fields, now: Local, filter: &PropertyFilter) -> Result<Expr> {
    let (column, field_type) = match fields.find(filter)? {
        Found::Column(column, field_type) => (column, field_type),
        Found::Condition(condition) => return Ok(condition),
    };
    let subject = Subject {
        filter,
        now,
        column,
        field_type,
    };
    let missing = || subject.column.clone().is_null();
    Ok(match filter.operator {
        Operator::IsSet => subject.unary(subject.column.clone().is_not_null())?,
        Operator::IsNotSet => subject.unary(missing())?,
        Operator::Exact | Operator::In => subject.column.clone().in_list(subject.literals()?, false),
        Operator::IsNot | Operator::NotIn => missing().or(subject.column.clone().in_list(subject.literals()?, true)),
        Operator::Icontains => subject.any_text(Subject::contains)?,
        Operator::NotIcontains => missing().or(not(subject.any_text(Subject::contains)?)),
        Operator::Regex => subject.any_text(Subject::matches)?,
        Operator::NotRegex => missing().or(not(subject.any_text(Subject::matches)?)),
        Operator::Gt => subject.column.clone().gt(subject.number()?),
        Operator::Gte => subject.column.clone().gt_eq(subject.number()?),
        Operator::Lt => subject.column.clone().lt(subject.number()?),
        Operator::Lte => subject.column.clone().lt_eq(subject.number()?),
        Operator::Between => subject.between()?,
        Operator::NotBetween => missing().or(not(subject.between()?)),
        Operator::IsDateExact => {
            let (start, end) = subject.date()?;
            let time = subject.time()?;
            time.clone().gt_eq(instant(start)).and(time.lt(instant(end)))
        }
        Operator::IsDateBefore => subject.time()?.lt(instant(subject.date()?.0)),
        Operator::IsDateAfter => subject.time()?.gt_eq(instant(subject.date()?.1)),
        Operator::SemverNeq => {
            let same = subject.version()?;
            same.clone().is_null().or(not(same))
        }
        Operator::SemverEq
        | Operator::SemverGt
        | Operator::SemverGte
        | Operator::SemverLt
        | Operator::SemverLte
        | Operator::SemverTilde
        | Operator::SemverCaret
        | Operator::SemverWildcard => subject.version()?,
    })
}

impl Subject<'_> {
    fn refuse(&self, why: &str) -> Error {
        let message = format!(
            "filter on {:?} with operator {} {why}",
            self.filter.key,
            self.filter.operator.as_str()
        );
        Error::invalid(message).with_hint("read_taxonomy, or `hedgerow taxonomy properties`, shows types and values")
    }

    fn unary(&self, expr: Expr) -> Result<Expr> {
        if self.filter.value.as_ref().is_some_and(|value| !value.is_null()) {
            return Err(self.refuse("takes no value"));
        }
        Ok(expr)
    }

    /// The values: a scalar, or the members of a list that is not empty.
    fn values(&self) -> Result<Vec<&Value>> {
        let values = match &self.filter.value {
            None | Some(Value::Null) => {
                return Err(self
                    .refuse("needs a value")
                    .with_hint("to find missing values, take is_not_set"));
            }
            Some(Value::Array(values)) if values.is_empty() => return Err(self.refuse("has an empty list")),
            Some(Value::Array(values)) => values.iter().collect::<Vec<_>>(),
            Some(value) => vec![value],
        };
        if values
            .iter()
            .any(|value| value.is_array() || value.is_object() || value.is_null())
        {
            return Err(self.refuse("takes texts, numbers and booleans only"));
        }
        Ok(values)
    }

    fn one(&self) -> Result<&Value> {
        match self.values()?.as_slice() {
            [value] => Ok(value),
            _ => Err(self.refuse("takes one value, not a list")),
        }
    }

    /// The values in the column's own type.
    fn literals(&self) -> Result<Vec<Expr>> {
        self.values()?.into_iter().map(|value| self.literal(value)).collect()
    }

    fn literal(&self, value: &Value) -> Result<Expr> {
        let wrong = || {
            let article = if self.field_type == FieldType::Value(ValueType::Integer) {
                "an"
            } else {
                "a"
            };
            self.refuse(&format!(
                "compares with {value}, but the property is {article} {}",
                self.field_type.as_str()
            ))
        };
        let value_type = match self.field_type {
            FieldType::Value(value_type) => value_type,
            FieldType::Time => return Err(self.refuse("compares texts, but it is a time").with_hint(TIMES)),
        };
        Ok(match value_type {
            ValueType::String | ValueType::Json => lit(plain(value)),
            ValueType::Integer => lit(plain(value).parse::<i64>().map_err(|_| wrong())?),
            ValueType::Double => lit(plain(value).parse::<f64>().map_err(|_| wrong())?),
            ValueType::Boolean => lit(plain(value).to_lowercase().parse::<bool>().map_err(|_| wrong())?),
        })
    }

    fn number(&self) -> Result<Expr> {
        self.bound(self.one()?)
    }

    fn bound(&self, value: &Value) -> Result<Expr> {
        let number = plain(value)
            .parse::<f64>()
            .map_err(|_| self.refuse(&format!("needs a number, not {value}")))?;
        match self.field_type {
            // A whole bound keeps the comparison in whole numbers, which the files' statistics know.
            FieldType::Value(ValueType::Integer) => Ok(plain(value).parse::<i64>().map_or_else(|_| lit(number), lit)),
            FieldType::Value(ValueType::Double) => Ok(lit(number)),
            FieldType::Value(ValueType::String | ValueType::Boolean | ValueType::Json) | FieldType::Time => Err(self
                .refuse(&format!(
                    "compares numbers, but the property is a {}",
                    self.field_type.as_str()
                ))),
        }
    }

    fn between(&self) -> Result<Expr> {
        match self.values()?.as_slice() {
            [min, max] => {
                let as_number = |value: &Value| plain(value).parse::<f64>().unwrap_or(f64::NAN);
                let (low, high) = (self.bound(min)?, self.bound(max)?);
                if as_number(min) > as_number(max) {
                    return Err(self.refuse("has its bounds swapped"));
                }
                Ok(self.column.clone().between(low, high))
            }
            _ => Err(self.refuse("takes a list of two numbers, [min, max]")),
        }
    }

    fn text(&self) -> Result<Expr> {
        match self.field_type {
            FieldType::Value(ValueType::String) => Ok(self.column.clone()),
            FieldType::Value(_) => Ok(cast(self.column.clone(), DataType::Utf8)),
            FieldType::Time => Err(self.refuse("compares texts, but it is a time").with_hint(TIMES)),
        }
    }

    fn any_text(&self, test: fn(&Self, &str) -> Result<Expr>) -> Result<Expr> {
        let tests = self.values()?.into_iter().map(|value| test(self, &plain(value)));
        let tests = tests.collect::<Result<Vec<_>>>()?;
        tests
            .into_iter()
            .reduce(Expr::or)
            .ok_or_else(|| self.refuse("needs a value"))
    }

    fn contains(&self, text: &str) -> Result<Expr> {
        Ok(datafusion::functions::expr_fn::contains(
            lower(self.text()?),
            lit(text.to_lowercase()),
        ))
    }

    fn matches(&self, pattern: &str) -> Result<Expr> {
        regex::Regex::new(pattern).map_err(|error| {
            Error::caused(
                hedgerow_errors::Code::InvalidArgument,
                format!("{pattern:?} is no regular expression"),
                error,
            )
        })?;
        Ok(regexp_like(self.text()?, lit(pattern), None))
    }

    fn time(&self) -> Result<Expr> {
        match self.field_type {
            FieldType::Time => return Ok(self.column.clone()),
            FieldType::Value(ValueType::String) => {}
            FieldType::Value(other) => {
                let why = format!("compares dates, but the property is a {}", other.as_str());
                return Err(self.refuse(&why));
            }
        }
        // What has no offset means the clocks of the project.
        let zoned = |zone: &str| DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()));
        let time = try_cast(self.column.clone(), zoned(self.now.timezone().name()));
        Ok(cast(time, zoned("UTC")))
    }

    fn version(&self) -> Result<Expr> {
        if self.field_type != FieldType::Value(ValueType::String) {
            let why = format!("compares versions, but the property is a {}", self.field_type.as_str());
            return Err(self.refuse(&why));
        }
        let text = plain(self.one()?);
        versions::condition(self.filter.operator, cast(self.column.clone(), DataType::Utf8), &text)
            .ok_or_else(|| self.refuse(&format!("needs a version such as 1.2.3, not {text:?}")))
    }

    /// A date as its day's start and end, a date-time as itself twice; a relative one (`-7d`) as the day
    /// or the time it means.
    fn date(&self) -> Result<(Local, Local)> {
        let text = plain(self.one()?);
        let span = dates::span(&text, self.now).map_err(|error| {
            let refused = self.refuse(&format!("has {text:?}: {}", error.message()));
            refused.with_hint(error.hint().unwrap_or_default())
        })?;
        span.ok_or_else(|| {
            self.refuse(&format!(
                "needs an ISO date or a relative one such as -7d, not {text:?}"
            ))
        })
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A time as a literal.
pub(crate) fn instant<Zone: TimeZone>(time: DateTime<Zone>) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(
        Some(time.timestamp_micros()),
        Some("UTC".into()),
    ))
}
