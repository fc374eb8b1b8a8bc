//! Expressions, walked from the outside in and back: lambdas and aggregates around a name are known when it is
//! reached, and the parts of a call are ready when it is rewritten.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, ExactNumberInfo, Expr, Query, SetExpr, TableFactor, UnaryOperator, Value, VisitorMut,
};
use hedgerow_errors::{Error, Result};

use super::build::{call, expression, nested, table};
use super::rewrite::{Clause, Rewriter, normal};

impl VisitorMut for Rewriter<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        // A subquery has names of its own: it is rewritten as a whole and left alone by this walk.
        let mut inner = std::mem::replace(query, empty_query());
        let rewritten = self.query(&mut inner);
        self.taken.push(inner);
        rewritten.map_or_else(ControlFlow::Break, |_| ControlFlow::Continue(()))
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        if let Some(inner) = self.taken.pop() {
            *query = inner;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let entered = self.enter(expr);
        entered.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let left = self.leave(expr);
        left.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }
}

impl Rewriter<'_> {
    fn enter(&mut self, expr: &mut Expr) -> Result<()> {
        match expr {
            Expr::Lambda(lambda) => {
                let params = lambda.params.iter().map(|param| normal(&param.name));
                let params: Vec<String> = params.collect();
                self.lambdas.extend(params);
            }
            Expr::Function(function) => {
                if self.is_aggregate(function) && function.over.is_none() {
                    let called = function.name.to_string().replace('"', "");
                    if self.within_aggregates > 0 {
                        return Err(
                            Error::invalid(format!("the aggregate {called} stands within another aggregate"))
                                .with_hint("aggregate in a subquery first"),
                        );
                    }
                    if self.clause == Clause::Where {
                        return Err(Error::invalid(format!(
                            "the aggregate {called} stands in WHERE, where rows are chosen"
                        ))
                        .with_hint("put the condition on groups into HAVING"));
                    }
                    self.within_aggregates += 1;
                    self.count_keys(function);
                } else if function.over.is_some() && self.clause == Clause::Where {
                    let called = function.name.to_string().replace('"', "");
                    return Err(Error::invalid(format!(
                        "the window function {called} stands in WHERE, where rows are chosen"
                    ))
                    .with_hint("put the condition into QUALIFY"));
                }
            }
            Expr::CompoundFieldAccess { .. } => {
                if let Some(found) = self.field_access(expr)? {
                    *expr = found;
                }
            }
            Expr::BinaryOp { .. } => {
                if let Some(expanded) = tuples_compared(expr) {
                    *expr = expanded;
                }
            }
            Expr::InList {
                expr: value,
                list,
                negated,
            } => {
                if let Some(expanded) = self.in_list(value, list, *negated)? {
                    *expr = expanded;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, expr: &mut Expr) -> Result<()> {
        match expr {
            Expr::Lambda(lambda) => {
                let kept = self.lambdas.len().saturating_sub(lambda.params.iter().count());
                self.lambdas.truncate(kept);
            }
            Expr::Identifier(ident) => {
                let ident = ident.clone();
                *expr = self.identifier(ident)?;
            }
            Expr::CompoundIdentifier(path) => {
                let path = std::mem::take(path);
                *expr = self.path(path)?;
            }
            Expr::CompoundFieldAccess { .. } => self.access(expr)?,
            Expr::Function(function) => {
                if self.is_aggregate(function) && function.over.is_none() {
                    self.within_aggregates = self.within_aggregates.saturating_sub(1);
                }
                let function = function.clone();
                if let Some(rewritten) = self.call(function)? {
                    *expr = rewritten;
                }
            }
            // Elsewhere than in conditions on rows, whether there are any is a count of them.
            Expr::Exists { subquery, negated } if self.clause != Clause::Where => {
                let mut counted = table("(SELECT count(*) > 0 FROM (SELECT 1) AS \"rows\") AS \"found\"")?;
                if let TableFactor::Derived { subquery: outer, .. } = &mut counted
                    && let SetExpr::Select(select) = outer.body.as_mut()
                    && let Some(TableFactor::Derived { subquery: inner, .. }) =
                        select.from.first_mut().map(|from| &mut from.relation)
                {
                    *inner = subquery.clone();
                    let found = Expr::Subquery(outer.clone());
                    *expr = if *negated {
                        expression("NOT $1", &[found])?
                    } else {
                        found
                    };
                }
            }
            Expr::Tuple(members) => *expr = call("struct", std::mem::take(members)),
            Expr::Array(array) if array.elem.is_empty() => *expr = call("make_array", Vec::new()),
            Expr::BinaryOp { left, op, right } => {
                if matches!(op, BinaryOperator::Eq | BinaryOperator::NotEq) {
                    // The ids of events are bytes; people write them as text.
                    if is_uuid(left) && super::given::literal(right).is_some() {
                        **left = call("tostring", vec![(**left).clone()]);
                    } else if is_uuid(right) && super::given::literal(left).is_some() {
                        **right = call("tostring", vec![(**right).clone()]);
                    }
                }
                let is_arithmetic = matches!(
                    op,
                    BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide
                );
                if is_arithmetic {
                    for (one, other) in [(&left, &right), (&right, &left)] {
                        if is_number(other)
                            && let Some(key) = self.text_property(one)
                        {
                            return Err(Error::invalid(format!("{key} is text and can't be calculated with"))
                                .with_hint(format!("toFloat(properties.{key}) makes numbers of texts")));
                        }
                    }
                }
                if *op == BinaryOperator::Divide && !is_cast_to_double(left) {
                    let parts = [(**left).clone(), (**right).clone()];
                    *expr = expression("CAST($1 AS DOUBLE) / $2", &parts)?;
                }
            }
            Expr::Cast { data_type, .. } => {
                if let Some(known) = engine_type(data_type) {
                    *data_type = known;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn is_uuid(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(ident) => normal(ident) == "uuid",
        Expr::CompoundIdentifier(path) => path.last().is_some_and(|ident| normal(ident) == "uuid"),
        _ => false,
    }
}

fn is_cast_to_double(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Cast {
            data_type: DataType::Double(_) | DataType::Float64 | DataType::DoublePrecision,
            ..
        }
    )
}

/// Types by ClickHouse's names.
fn engine_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Nullable(inner) => Some(engine_type(inner).unwrap_or_else(|| (**inner).clone())),
        DataType::Float64 => Some(DataType::Double(ExactNumberInfo::None)),
        DataType::Float32 => Some(DataType::Real),
        DataType::Int8(_)
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Some(DataType::BigInt(None)),
        DataType::Date32 => Some(DataType::Date),
        _ => None,
    }
}

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(value.value, Value::Number(..)),
        Expr::Nested(inner)
        | Expr::UnaryOp {
            expr: inner,
            op: UnaryOperator::Minus,
        } => is_number(inner),
        _ => false,
    }
}

/// `(a, b) = (c, d)` and its like, compared member by member.
fn tuples_compared(expr: &Expr) -> Option<Expr> {
    let Expr::BinaryOp { left, op, right } = expr else {
        return None;
    };
    let (ones, others) = (members(left)?, members(right)?);
    if ones.len() != others.len() || ones.is_empty() {
        return None;
    }
    let compared = |one: &Expr, op: BinaryOperator, other: &Expr| Expr::BinaryOp {
        left: Box::new(nested(one.clone())),
        op,
        right: Box::new(nested(other.clone())),
    };
    let pairs = ones.iter().zip(&others);
    match op {
        BinaryOperator::Eq => pairs
            .map(|(one, other)| compared(one, BinaryOperator::Eq, other))
            .reduce(and),
        BinaryOperator::NotEq => pairs
            .map(|(one, other)| compared(one, BinaryOperator::NotEq, other))
            .reduce(or),
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            let strict = match op {
                BinaryOperator::Lt | BinaryOperator::LtEq => BinaryOperator::Lt,
                _ => BinaryOperator::Gt,
            };
            let mut whole: Option<Expr> = None;
            for (at, (one, other)) in pairs.enumerate().collect::<Vec<_>>().into_iter().rev() {
                let own = if at + 1 == ones.len() {
                    op.clone()
                } else {
                    strict.clone()
                };
                let first = compared(one, own, other);
                whole = Some(match whole {
                    None => first,
                    Some(rest) => or(first, and(compared(one, BinaryOperator::Eq, other), rest)),
                });
            }
            whole.map(nested)
        }
        _ => None,
    }
}

/// The members of a tuple that is written out.
pub(super) fn members(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(members) => Some(members.clone()),
        Expr::Nested(inner) => members(inner),
        Expr::Function(function) if function.name.to_string().replace('"', "") == "tuple" => {
            super::calls::arguments(function).ok()
        }
        _ => None,
    }
}

pub(super) fn and(one: Expr, other: Expr) -> Expr {
    joined(one, BinaryOperator::And, other)
}

pub(super) fn or(one: Expr, other: Expr) -> Expr {
    joined(one, BinaryOperator::Or, other)
}

fn joined(one: Expr, op: BinaryOperator, other: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp {
        left: Box::new(nested(one)),
        op,
        right: Box::new(nested(other)),
    }))
}

fn empty_query() -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Values(datafusion::sql::sqlparser::ast::Values {
            explicit_row: false,
            value_keyword: false,
            rows: Vec::new(),
        })),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
