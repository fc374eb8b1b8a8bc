//! Values that come with a statement: `{variables.x}`, `{name}`, the filters of a dashboard, and actions.

use datafusion::sql::sqlparser::ast::{Expr, Value as SqlValue};
use hedgerow_data_api::{
    ActionDefinition, DateRange, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyType,
};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use crate::test_accounts;

use super::build::{call, expression, name, nested, text};
use super::calls::arguments;
use super::dialect::GIVEN;
use super::expressions::{and, members, or};
use super::facts::Facts;
use super::rewrite::Rewriter;
use super::tables::Kind;

/// The path of a `{...}`.
fn path_of(expr: &Expr) -> Option<Vec<String>> {
    let Expr::Function(function) = expr else { return None };
    if function.name.to_string().trim_matches('"') != GIVEN {
        return None;
    }
    let path = arguments(function).ok()?.into_iter().map(|part| literal(&part));
    path.collect()
}

/// The text of a literal.
pub(super) fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            SqlValue::SingleQuotedString(text) => Some(text.clone()),
            SqlValue::Number(number, _) => Some(number.clone()),
            _ => None,
        },
        Expr::Nested(inner) => literal(inner),
        _ => None,
    }
}

/// What was given for a `{...}`.
pub(super) fn value_of(facts: &Facts, expr: &Expr) -> Option<Value> {
    let path = path_of(expr)?;
    let (first, rest) = path.split_first()?;
    let mut value = facts.parameters.get(first)?;
    for key in rest {
        value = value.get(key)?;
    }
    Some(value.clone())
}

fn sql_value(value: &Value) -> Result<Expr> {
    Ok(match value {
        Value::Null => Expr::Value(SqlValue::Null.into()),
        Value::Bool(truth) => Expr::Value(SqlValue::Boolean(*truth).into()),
        Value::Number(number) => Expr::Value(SqlValue::Number(number.to_string(), false).into()),
        Value::String(value) => text(value),
        Value::Array(values) => {
            let members: Result<Vec<Expr>> = values.iter().map(sql_value).collect();
            call("make_array", members?)
        }
        Value::Object(_) => return Err(Error::invalid("a given value is an object, which SQL has no form for")),
    })
}

/// What the filters of a dashboard hold.
const PARTS: [&str; 3] = ["dateRange", "properties", "filterTestAccounts"];

impl Rewriter<'_> {
    /// The value of a `{...}`.
    pub(super) fn given(&mut self, expr: &Expr) -> Result<Expr> {
        let path = path_of(expr).unwrap_or_default();
        let Some((first, rest)) = path.split_first() else {
            return Err(Error::internal("a given value has no name"));
        };
        self.used.push(first.clone());
        if first == "filters" {
            return self.filters(rest);
        }
        if let Some(value) = value_of(self.facts, expr) {
            return sql_value(&value);
        }
        let parameters = &self.facts.parameters;
        match (rest, parameters.get(first)) {
            ([wanted, ..], Some(Value::Object(known))) => {
                let known = known.keys().map(String::as_str);
                Err(Error::unknown("variable", wanted, known))
            }
            ([wanted, ..], None) if first == "variables" => Err(Error::unknown("variable", wanted, [])),
            _ => Err(Error::unknown(
                "parameter",
                first,
                parameters.keys().map(String::as_str),
            )),
        }
    }

    /// The filters of a dashboard as a condition; bounds of its range as times.
    fn filters(&mut self, rest: &[String]) -> Result<Expr> {
        let of_events = self.scopes.last().is_some_and(|scope| {
            scope
                .sources
                .iter()
                .any(|source| matches!(source.kind, Kind::Events | Kind::Sessions))
        });
        if !of_events {
            return Err(Error::invalid("{filters} stands in a query that reads no events")
                .with_hint("filters are conditions on events: put {filters} where FROM has events"));
        }
        let given = self.facts.parameters.get("filters").cloned().unwrap_or(Value::Null);
        // What is not known here would be a condition that is dropped.
        match &given {
            Value::Null => {}
            Value::Object(parts) => {
                if let Some(unknown) = parts.keys().find(|key| !PARTS.contains(&key.as_str())) {
                    return Err(Error::unknown("part of filters", unknown, PARTS));
                }
            }
            _ => {
                return Err(Error::invalid("the given filters are no object")
                    .with_hint(r#"give them as {"dateRange": {"date_from": "-7d"}, "properties": [...]}"#));
            }
        }
        let range = given.get("dateRange").filter(|range| !range.is_null());
        let bounds = match range {
            Some(range) => {
                let range: DateRange = serde_json::from_value(range.clone())
                    .map_err(|error| Error::invalid(format!("filters.dateRange is no range: {error}")))?;
                let now = self.facts.now;
                let resolved = crate::dates::resolve(&range, None, now, (now.to_utc(), now.to_utc()))?;
                let from = (range.date_from.as_deref() != Some("all")).then_some(resolved.from);
                Some((from, resolved.to))
            }
            None => None,
        };
        let moment =
            |time: crate::dates::Local| expression("CAST($1 AS TIMESTAMP WITH TIME ZONE)", &[text(&time.to_rfc3339())]);
        match rest {
            [] => {}
            [range, bound] if range == "dateRange" && (bound == "from" || bound == "to") => {
                return match (bounds, bound.as_str()) {
                    (Some((Some(from), _)), "from") => moment(from),
                    (Some((_, to)), "to") => moment(to),
                    _ => Err(Error::invalid(format!("filters.dateRange.{bound} was not given"))),
                };
            }
            other => {
                let path = other.join(".");
                return Err(Error::unknown(
                    "part of filters",
                    &path,
                    ["dateRange.from", "dateRange.to"],
                ));
            }
        }
        let mut condition: Option<Expr> = None;
        let mut add = |part: Expr| condition = Some(condition.take().map_or(part.clone(), |all| and(all, part)));
        if let Some((from, to)) = bounds {
            let time = self.identifier(name("timestamp"))?;
            if let Some(from) = from {
                add(expression("$1 >= $2", &[time.clone(), moment(from)?])?);
            }
            add(expression("$1 <= $2", &[time, moment(to)?])?);
        }
        if let Some(properties) = given.get("properties").filter(|properties| !properties.is_null()) {
            let group: FilterGroup = serde_json::from_value(properties.clone())
                .map_err(|error| Error::invalid(format!("filters.properties are no filters: {error}")))?;
            if let Some(part) = self.group(&group)? {
                add(part);
            }
        }
        match given.get("filterTestAccounts") {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Bool(true)) => {
                let facts = self.facts;
                if let Some(group) = test_accounts::conditions(&facts.settings, true)?
                    && let Some(part) = self.group(group)?
                {
                    add(nested(part));
                }
            }
            Some(other) => {
                return Err(Error::invalid(format!(
                    "filters.filterTestAccounts is {other}, not true or false"
                )));
            }
        }
        Ok(condition.unwrap_or(Expr::Value(SqlValue::Boolean(true).into())))
    }

    /// An action as a condition on events.
    pub(super) fn action(&mut self, action: &ActionDefinition) -> Result<Expr> {
        let mut whole: Option<Expr> = None;
        for step in &action.steps {
            let event = match &step.event {
                Some(event) => {
                    let of = self.identifier(name("event"))?;
                    Some(expression("$1 = $2", &[of, text(event)])?)
                }
                None => None,
            };
            let fits = match (event, self.group(&step.properties)?) {
                (Some(event), Some(properties)) => and(event, properties),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => Expr::Value(SqlValue::Boolean(true).into()),
            };
            whole = Some(whole.map_or(fits.clone(), |whole| or(whole, fits)));
        }
        Ok(nested(whole.unwrap_or(Expr::Value(SqlValue::Boolean(false).into()))))
    }

    fn group(&mut self, group: &FilterGroup) -> Result<Option<Expr>> {
        let mut whole: Option<Expr> = None;
        for member in &group.values {
            let part = match member {
                FilterNode::Group(inner) => self.group(inner)?.ok_or_else(|| {
                    Error::invalid("a filter group has an empty group as a member")
                        .with_hint("leave it out, or put a filter into it")
                })?,
                FilterNode::Filter(filter) => self.filter(filter)?,
            };
            whole = Some(match whole {
                None => part,
                Some(whole) if group.group_type == GroupType::And => and(whole, part),
                Some(whole) => or(whole, part),
            });
        }
        Ok(whole)
    }

    fn filter(&mut self, filter: &PropertyFilter) -> Result<Expr> {
        let path = match filter.property_type {
            PropertyType::Event => vec![name("properties"), name(&filter.key)],
            PropertyType::Person => vec![name("person"), name("properties"), name(&filter.key)],
            PropertyType::EventField => vec![name(&filter.key)],
            PropertyType::Group => {
                let index = filter.group_type_index.ok_or_else(|| {
                    Error::invalid(format!(
                        "the filter on {:?} of type group does not say of which type",
                        filter.key
                    ))
                    .with_hint("give group_type_index")
                })?;
                vec![name(&format!("group_{index}")), name("properties"), name(&filter.key)]
            }
            PropertyType::Session => vec![name("session"), name(&filter.key)],
            PropertyType::PersonField => vec![name("person"), name(&filter.key)],
            _ => {
                let message = format!(
                    "a filter of type {} is not possible in SQL",
                    filter.property_type.as_str()
                );
                return Err(Error::invalid(message).with_hint("take a filter of type event, session, group or person"));
            }
        };
        let value = if path.len() == 1 {
            self.identifier(name(&filter.key))?
        } else {
            self.path(path)?
        };
        let wanted = match &filter.value {
            Some(Value::Array(values)) => values.iter().map(sql_value).collect::<Result<Vec<_>>>()?,
            Some(one) => vec![sql_value(one)?],
            None => Vec::new(),
        };
        let unary = matches!(filter.operator, Operator::IsSet | Operator::IsNotSet);
        let compares = matches!(
            filter.operator,
            Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte
        );
        // PostHog gives the name of such an operator as its value.
        let own = Value::from(filter.operator.as_str());
        let is_value = |value: &Value| !value.is_null() && *value != own;
        if (unary && filter.value.as_ref().is_some_and(is_value)) || (compares && wanted.len() != 1) {
            let takes = if unary { "no value" } else { "one value, not a list" };
            let (key, operator) = (&filter.key, filter.operator.as_str());
            return Err(Error::invalid(format!(
                "filter on {key:?} with operator {operator} takes {takes}"
            )));
        }
        let any = |template: &str| -> Result<Expr> {
            let parts = wanted
                .iter()
                .map(|wanted| expression(template, &[value.clone(), wanted.clone()]));
            let parts = parts.collect::<Result<Vec<_>>>()?;
            let whole = parts.into_iter().reduce(or);
            whole.ok_or_else(|| Error::invalid(format!("the filter on {:?} has no value", filter.key)))
        };
        let or_missing = |condition: Expr| expression("$1 IS NULL OR NOT $2", &[value.clone(), condition]);
        const CONTAINS: &str = "strpos(lower(tostring($1)), lower(tostring($2))) > 0";
        let condition = match filter.operator {
            Operator::IsSet => expression("$1 IS NOT NULL", std::slice::from_ref(&value))?,
            Operator::IsNotSet => expression("$1 IS NULL", std::slice::from_ref(&value))?,
            Operator::Exact | Operator::In => any("$1 = $2")?,
            Operator::IsNot | Operator::NotIn => or_missing(any("$1 = $2")?)?,
            Operator::Icontains => any(CONTAINS)?,
            Operator::NotIcontains => or_missing(any(CONTAINS)?)?,
            Operator::Regex => any("tostring($1) ~ $2")?,
            Operator::NotRegex => or_missing(any("tostring($1) ~ $2")?)?,
            Operator::Gt => any("$1 > $2")?,
            Operator::Gte => any("$1 >= $2")?,
            Operator::Lt => any("$1 < $2")?,
            Operator::Lte => any("$1 <= $2")?,
            _ => {
                return Err(Error::invalid(format!(
                    "the filter on {:?} has an operator that SQL does not take",
                    filter.key
                ))
                .with_hint("write the condition into the statement"));
            }
        };
        Ok(nested(condition))
    }

    /// `IN` with a given list, with an array, and with tuples.
    pub(super) fn in_list(&mut self, value: &Expr, list: &[Expr], negated: bool) -> Result<Option<Expr>> {
        let listed = match list {
            [one] => match one {
                Expr::Function(_) if path_of(one).is_some() => {
                    let given = self.given(one)?;
                    Some(listed(&given).unwrap_or_else(|| vec![given]))
                }
                Expr::Array(array) => Some(array.elem.clone()),
                _ => None,
            },
            _ => None,
        };
        let list = listed.clone().unwrap_or_else(|| list.to_vec());
        if let Some(ones) = members(value) {
            let mut whole: Option<Expr> = None;
            for other in &list {
                let others = members(other).filter(|others| others.len() == ones.len());
                let others = others.ok_or_else(|| Error::invalid("IN compares tuples of different lengths"))?;
                let pairs = ones.iter().zip(&others);
                let pairs = pairs.map(|(one, other)| expression("$1 = $2", &[one.clone(), other.clone()]));
                let Some(same) = pairs.collect::<Result<Vec<_>>>()?.into_iter().reduce(and) else {
                    continue;
                };
                whole = Some(whole.map_or(same.clone(), |whole| or(whole, same)));
            }
            let whole = whole.unwrap_or(Expr::Value(SqlValue::Boolean(false).into()));
            return if negated {
                expression("NOT $1", &[whole]).map(Some)
            } else {
                Ok(Some(nested(whole)))
            };
        }
        if listed.is_none() {
            return Ok(None);
        }
        if list.is_empty() {
            return Ok(Some(Expr::Value(SqlValue::Boolean(negated).into())));
        }
        Ok(Some(Expr::InList {
            expr: Box::new(value.clone()),
            list,
            negated,
        }))
    }
}

/// The elements of a list that is written out.
pub(super) fn listed(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Array(array) => Some(array.elem.clone()),
        Expr::Tuple(members) => Some(members.clone()),
        Expr::Nested(inner) => listed(inner).or_else(|| Some(vec![(**inner).clone()])),
        Expr::Function(function) => {
            let called = function.name.to_string();
            let is_list = matches!(called.trim_matches('"'), "make_array" | "struct" | "array" | "tuple");
            is_list.then(|| arguments(function).ok()).flatten()
        }
        _ => None,
    }
}
