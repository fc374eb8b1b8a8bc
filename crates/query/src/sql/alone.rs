//! Expressions that stand alone: conditions and aggregates over events in typed queries, in the dialect of statements.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, ExprWithAlias, Query, Value as SqlValue, Visit as _, Visitor};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Map;

use super::dialect::ProjectSql;
use super::facts::Facts;
use super::rewrite::{Clause, Rewriter, Scope};
use super::tables::{Kind, Source};
use super::{explain, functions, located, offer, tokens};
use crate::dates::Local;
use crate::engine::{Engine, Session};

/// The table over whose rows it is.
const EVENTS: &str = "events";

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A value of each event, such as whether it is wanted.
    EachEvent,
    /// One number of many events.
    AllEvents,
}

/// An expression whose names are resolved.
pub(crate) struct Alone {
    expression: SqlExpr,
    tokens: Vec<TokenWithSpan>,
    /// What it reads that is no column of events: `person.properties`, `session.$is_bounce`, `group_0.properties` ...
    pub(crate) extras: BTreeSet<String>,
    /// The types of groups by their indexes.
    pub(crate) group_types: BTreeMap<i64, String>,
}

impl Alone {
    /// Reads an expression. What has no meaning is refused with its place.
    pub(crate) async fn read(
        engine: &Engine,
        project: &ProjectId,
        (session, now): (&Session, Local),
        text: &str,
        purpose: Purpose,
    ) -> Result<Self> {
        let tokens = tokens::read(text, &|name: &str| name.bytes().all(|byte| byte.is_ascii_digit()))?;
        let mut expression = parse(&tokens)?;
        let clock = Clock::fixed(now.to_utc());
        let mut facts = Facts::read(engine, project, &session.view, &clock, &tokens, &Map::new()).await?;
        functions::register(&session.context, &facts);
        offer(&mut facts, &session.context);
        let mut rewriter = Rewriter::new(&facts);
        rewriter.clause = match purpose {
            Purpose::EachEvent => Clause::Where,
            Purpose::AllEvents => Clause::Select,
        };
        rewriter.scopes.push(Scope {
            sources: vec![Source {
                name: EVENTS.to_owned(),
                kind: Kind::Events,
                columns: None,
                extras: BTreeSet::new(),
            }],
            ..Scope::default()
        });
        expression = rewriter
            .expression(expression)
            .map_err(|error| located(in_place(error), &tokens))?;
        let used = std::mem::take(&mut rewriter.used);
        let sources = rewriter.scopes.pop().unwrap_or_default().sources;
        if let Some(used) = used.first() {
            return Err(no_parameters(&format!("{{{used}}}")));
        }
        Ok(Self {
            expression,
            extras: sources.into_iter().flat_map(|source| source.extras).collect(),
            group_types: facts
                .group_types
                .iter()
                .map(|(name, index)| (*index, name.clone()))
                .collect(),
            tokens,
        })
    }

    /// The same over the columns of events and those of `extras`, which are called as those are.
    pub(crate) async fn planned(&self, session: &Session, extras: Vec<Field>) -> Result<Expr> {
        let failed = |error| located(explain(&error, &session.view), &self.tokens);
        let events = session.context.table(EVENTS).await.map_err(failed)?;
        let of_events = events.schema().fields().iter().cloned();
        let fields = of_events.chain(extras.into_iter().map(Arc::new));
        let events = TableReference::bare(EVENTS);
        let qualified = fields.map(|field| (Some(events.clone()), field)).collect();
        let schema = DFSchema::new_with_metadata(qualified, std::collections::HashMap::new()).map_err(failed)?;
        let expression = ExprWithAlias {
            expr: self.expression.clone(),
            alias: None,
        };
        let state = session.context.state();
        let expression = state
            .create_logical_expr_from_sql_expr(expression, &schema)
            .map_err(failed)?;
        refuse_parts(&expression)?;
        let context = SimplifyContext::builder()
            .with_schema(Arc::new(schema.clone()))
            .with_query_execution_start_time(session.state.execution_props().query_execution_start_time)
            .with_config_options(Arc::clone(state.config_options()))
            .build();
        // `now()` becomes the time of the question here: frames would take that of the machine.
        let simplifier = ExprSimplifier::new(context);
        let coerced = simplifier.coerce(expression.unalias(), &schema).map_err(failed)?;
        let simple = simplifier.simplify(coerced).map_err(failed)?;
        let unqualified = simple.transform(|part| {
            Ok(match part {
                Expr::Column(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name))),
                other => Transformed::no(other),
            })
        });
        unqualified.map(|done| done.data).map_err(failed)
    }
}

fn parse(tokens: &[TokenWithSpan]) -> Result<SqlExpr> {
    if let Some(arrow) = tokens.iter().find(|token| token.token == Token::Arrow) {
        let place = arrow.span.start;
        let message = format!(
            "a lambda (->) is not possible in an expression of a typed query: line {}, column {}",
            place.line, place.column
        );
        return Err(Error::invalid(message).with_hint("ask with SQL, which takes arrayMap, arrayFilter and the like"));
    }
    let mut parser = Parser::new(&ProjectSql).with_tokens_with_locations(tokens.to_vec());
    let parsed = parser.parse_expr().map_err(|error| {
        let message = error.to_string();
        let message = message.strip_prefix("sql parser error: ").unwrap_or(&message);
        Error::invalid(format!("the SQL does not parse: {message}"))
            .with_hint("names with spaces or capitals stand in double quotes, texts in single quotes")
    })?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let (found, place) = (next.token.to_string(), next.span.start);
        let message = format!(
            "the SQL does not parse: the expression ends before {found:?} at line {}, column {}",
            place.line, place.column
        );
        return Err(Error::invalid(message).with_hint("write one expression, without SELECT, FROM and AS"));
    }
    if let ControlFlow::Break(error) = parsed.visit(&mut NoQueries) {
        return Err(error);
    }
    Ok(parsed)
}

/// Refuses queries and parameters within an expression.
struct NoQueries;

impl Visitor for NoQueries {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Error> {
        let message = "a subquery (SELECT) is not possible in an expression of a typed query";
        ControlFlow::Break(Error::invalid(message).with_hint("take IN COHORT for a list of persons, or ask with SQL"))
    }

    fn pre_visit_expr(&mut self, expression: &SqlExpr) -> ControlFlow<Error> {
        match expression {
            SqlExpr::Value(value) => match &value.value {
                SqlValue::Placeholder(name) => ControlFlow::Break(no_parameters(name)),
                _ => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        }
    }
}

fn no_parameters(name: &str) -> Error {
    Error::invalid(format!(
        "an expression of a typed query has no parameters, such as {name}"
    ))
    .with_hint("write the value itself")
}

/// Words of statements that have no meaning here.
fn in_place(error: Error) -> Error {
    let Some(rest) = error.message().split_once(" stands in WHERE, where rows are chosen") else {
        return error;
    };
    Error::new(
        error.code(),
        format!("{} stands in an expression on single events", rest.0),
    )
    .with_hint("compare what each event has; an aggregate is for math_hogql")
}

fn refuse_parts(expression: &Expr) -> Result<()> {
    let mut refused = None;
    let walked = expression.apply(|part| {
        refused = match part {
            Expr::WindowFunction(_) => Some(("a window function", "ask with SQL")),
            Expr::Unnest(_) => Some(("arrayJoin", "take has(list, value), or ask with SQL")),
            #[expect(deprecated, reason = "the planner still makes it")]
            Expr::Wildcard { .. } => Some(("*", "name the columns")),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Ok(TreeNodeRecursion::Stop)
    });
    walked.map_err(|error| Error::internal(format!("an expression can't be walked: {error}")))?;
    match refused {
        Some((what, hint)) => {
            let message = format!("{what} is not possible in an expression of a typed query");
            Err(Error::invalid(message).with_hint(hint))
        }
        None => Ok(()),
    }
}
