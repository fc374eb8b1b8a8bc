//! Read-only SQL: one SELECT over the project's own tables, as DataFusion and as HogQL write it.
//!
//! The text becomes tokens, the tokens a statement, and the statement one of DataFusion's: names of properties become
//! columns, HogQL's functions become DataFusion's or this crate's, and what the tables lack is joined. What has no
//! meaning here is refused by name.

mod alone;
mod build;
mod calls;
mod dialect;
mod expressions;
mod facts;
mod functions;
mod given;
mod joined;
mod json;
mod lists;
mod names;
mod numbers;
mod periods;
mod refusals;
mod rewrite;
mod sessions;
mod tables;
mod templates;
mod texts;
mod times;
mod tokens;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, LimitClause, Query, Statement as SqlStatement, Value as SqlValue, visit_expressions_mut,
};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use hedgerow_data_api::{Clock, PersonsOnEventsMode, SqlQuery};
use hedgerow_errors::{Code, Error, Result, did_you_mean};
use hedgerow_ids::ProjectId;
use hedgerow_lake::LakeView;
use serde_json::{Map, Value};

use self::dialect::ProjectSql;
use self::facts::Facts;
use self::rewrite::Rewriter;
use crate::engine::{Engine, Session};
use crate::people::PeopleKind;

/// Rows that come back where the statement says nothing.
pub(crate) const DEFAULT_ROWS: u32 = 100;
/// Rows that can come back at all.
pub(crate) const MAX_ROWS: u32 = 50_000;

/// A planned SELECT.
pub(crate) struct Planned {
    pub(crate) plan: LogicalPlan,
    /// Rows to return; one more is read, to tell whether there are more.
    pub(crate) limit: u32,
    /// True where the statement itself says how many rows it wants.
    pub(crate) own_limit: bool,
    /// True where a lambda stands in it.
    pub(crate) has_lambda: bool,
    /// True where it may read properties of persons, which are those of now, and the project's setting is another.
    pub(crate) passes_over_mode: bool,
}

/// Parses and plans one SELECT. Everything else is refused before it is planned.
pub(crate) async fn plan(
    engine: &Engine,
    project: &ProjectId,
    clock: &Clock,
    session: &Session,
    query: &SqlQuery,
) -> Result<Planned> {
    let (context, view) = (&session.context, &session.view);
    let parameters = &query.parameters;
    let has_column = |name: &str| view.columns.iter().any(|column| column.name == name) || is_field(name);
    let is_parameter = |name: &str| {
        let only_forms = parameters.keys().all(|key| FORMS.contains(&key.as_str()));
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        parameters.contains_key(name) || is_number || !(only_forms || has_column(&format!("${name}")))
    };
    let tokens = tokens::read(&query.query, &is_parameter)?;
    let mut select = parse(tokens.clone())?;
    let mut facts = Facts::read(engine, project, view, clock, &tokens, parameters).await?;
    functions::register(context, &facts);
    offer(&mut facts, context);
    // After what statements may call: it is put into them alone.
    context.register_udf(crate::keyless::KEYLESS.clone());
    let located = |error: Error| located(error, &tokens);
    let mut rewriter = Rewriter::new(&facts);
    rewriter.has_lists_as_rows = tokens::has_lists_as_rows(&tokens);
    rewriter.query(&mut select).map_err(located)?;
    let used: BTreeSet<String> = rewriter.used.into_iter().collect();
    bind(&mut select, parameters, used)?;
    let own_limit = own_limit(&select)?;
    let limit = query.limit.or(own_limit).unwrap_or(DEFAULT_ROWS);
    if !(1..=MAX_ROWS).contains(&limit) && own_limit != Some(0) {
        let message = format!("a limit of {limit} rows is outside 1 to {MAX_ROWS}");
        return Err(
            Error::new(Code::LimitExceeded, message).with_hint(format!("take LIMIT {MAX_ROWS} or less, or aggregate"))
        );
    }
    let statement = Statement::Statement(Box::new(SqlStatement::Query(select)));
    let plan = context
        .state()
        .statement_to_plan(statement)
        .await
        .map_err(|error| located(explain(&error, view)))?;
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    options.verify_plan(&plan).map_err(|error| explain(&error, view))?;
    let mode = facts.settings.modifiers.persons_on_events_mode.unwrap_or_default();
    Ok(Planned {
        passes_over_mode: mode == PersonsOnEventsMode::EventTime && !facts.persons.is_empty(),
        has_lambda: tokens.iter().any(|token| token.token == Token::Arrow),
        plan,
        limit,
        own_limit: own_limit.is_some() && query.limit.is_none(),
    })
}

pub(crate) use alone::{Alone, Purpose};
pub(crate) use facts::add_value_type;
pub(crate) use sessions::FIELDS as SESSION_FIELDS;
pub(crate) use texts::replacement;

/// The table `sessions` as SQL, with some fields.
pub(crate) fn sessions(view: &LakeView, fields: &[&str]) -> String {
    let wanted = fields.iter().map(|field| (*field).to_owned()).collect();
    sessions::sql(view, Some(&wanted))
}

/// Parameters that are read by `{...}` alone.
const FORMS: [&str; 2] = ["variables", "filters"];

/// Names with `$` that are columns here, though no event has such a property.
fn is_field(name: &str) -> bool {
    name == "$session_id" || name.starts_with("$group_") || sessions::FIELDS.iter().any(|(field, _)| *field == name)
}

/// Tells which functions there are.
fn offer(facts: &mut Facts, context: &SessionContext) {
    let state = context.state();
    let aggregates = state.aggregate_functions().keys().map(|name| name.to_lowercase());
    facts.aggregates = aggregates.collect();
    let mut functions: BTreeSet<String> = facts.aggregates.clone();
    functions.extend(state.scalar_functions().keys().map(|name| name.to_lowercase()));
    functions.extend(state.window_functions().keys().map(|name| name.to_lowercase()));
    functions.extend(state.higher_order_functions().keys().map(|name| name.to_lowercase()));
    // The planner knows these without a registry.
    functions.extend(["unnest", "grouping"].map(str::to_owned));
    facts.functions = functions;
}

/// Says where the name of an error stands in the statement.
fn located(error: Error, tokens: &[TokenWithSpan]) -> Error {
    let message = error.message().to_owned();
    let Some(named) = message.split('"').nth(1) else {
        return error;
    };
    let is_it = |token: &&TokenWithSpan| match &token.token {
        Token::Word(word) => word.value == named,
        _ => false,
    };
    let Some(found) = tokens.iter().find(is_it) else {
        return error;
    };
    let place = found.span.start;
    let mut new = Error::new(
        error.code(),
        format!("{message} at line {}, column {}", place.line, place.column),
    );
    if let Some(hint) = error.hint() {
        new = new.with_hint(hint);
    }
    new
}

/// Statements that change something or look at the engine itself.
const REFUSED: [&str; 31] = [
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "CALL",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DETACH",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "GRANT",
    "INSERT",
    "INSTALL",
    "KILL",
    "LOAD",
    "MERGE",
    "OPTIMIZE",
    "PREPARE",
    "RENAME",
    "REVOKE",
    "SET",
    "SHOW",
    "SYSTEM",
    "TRUNCATE",
    "UPDATE",
];

fn parse(tokens: Vec<TokenWithSpan>) -> Result<Box<Query>> {
    let refused = |what: &str| {
        Error::invalid(format!("{what} is not possible: SQL here only reads")).with_hint("write one SELECT statement")
    };
    if let Some(TokenWithSpan {
        token: Token::Word(word),
        ..
    }) = tokens.first()
    {
        let first = word.value.to_uppercase();
        if REFUSED.contains(&first.as_str()) || ["USE", "VACUUM", "EXCHANGE", "UNDROP"].contains(&first.as_str()) {
            return Err(refused(&first));
        }
    }
    let parsed = Parser::new(&ProjectSql)
        .with_tokens_with_locations(tokens)
        .parse_statements();
    let mut statements = parsed.map_err(|error| {
        let message = error.to_string();
        let message = message.strip_prefix("sql parser error: ").unwrap_or(&message);
        Error::invalid(format!("the SQL does not parse: {message}"))
            .with_hint("names with spaces or capitals stand in double quotes, texts in single quotes")
    })?;
    match (statements.pop(), statements.len()) {
        (None, _) => Err(Error::invalid("there is no SQL statement").with_hint("write one SELECT statement")),
        (Some(_), 1..) => Err(Error::invalid("there is more than one SQL statement").with_hint("run one at a time")),
        (Some(SqlStatement::Query(query)), 0) => Ok(query),
        (Some(other), 0) => Err(refused(&first_word(&other.to_string()))),
    }
}

/// Puts values where `$name` stands: as literals into the parsed statement, so that no value can be read as SQL.
fn bind(query: &mut Query, parameters: &Map<String, Value>, mut used: BTreeSet<String>) -> Result<()> {
    let known = || parameters.keys().map(String::as_str);
    let bound = visit_expressions_mut(query, |expression| {
        let SqlExpr::Value(value) = expression else {
            return ControlFlow::Continue(());
        };
        let SqlValue::Placeholder(placeholder) = &value.value else {
            return ControlFlow::Continue(());
        };
        let name = placeholder.trim_start_matches('$').to_owned();
        let literal = match parameters.get(&name) {
            Some(Value::Null) => SqlValue::Null,
            Some(Value::Bool(truth)) => SqlValue::Boolean(*truth),
            Some(Value::Number(number)) => SqlValue::Number(number.to_string(), false),
            Some(Value::String(text)) => SqlValue::SingleQuotedString(text.clone()),
            Some(_) => {
                let message = format!("the parameter {name:?} is neither text nor number nor boolean");
                return ControlFlow::Break(Error::invalid(message));
            }
            None => return ControlFlow::Break(Error::unknown("parameter", &name, known())),
        };
        value.value = literal;
        used.insert(name);
        ControlFlow::Continue(())
    });
    if let ControlFlow::Break(error) = bound {
        return Err(error);
    }
    match parameters
        .keys()
        .find(|name| !used.contains(*name) && !FORMS.contains(&name.as_str()))
    {
        Some(unused) => Err(
            Error::invalid(format!("the statement does not use the parameter {unused:?}"))
                .with_hint(format!("write ${unused} where its value belongs, or leave it out")),
        ),
        None => Ok(()),
    }
}

fn own_limit(query: &Query) -> Result<Option<u32>> {
    let limit = match &query.limit_clause {
        None => return Ok(None),
        Some(LimitClause::LimitOffset { limit: None, .. }) => return Ok(None),
        Some(LimitClause::LimitOffset { limit: Some(limit), .. } | LimitClause::OffsetCommaLimit { limit, .. }) => {
            limit
        }
    };
    if let SqlExpr::Value(value) = limit
        && let SqlValue::Number(number, _) = &value.value
        && let Ok(number) = number.parse::<u64>()
    {
        return Ok(Some(u32::try_from(number).unwrap_or(u32::MAX)));
    }
    Err(Error::invalid(format!("LIMIT takes a whole number, not {limit}")))
}

/// A planning or execution error in words that help.
pub(crate) fn explain(error: &DataFusionError, view: &LakeView) -> Error {
    match error.find_root() {
        DataFusionError::SchemaError(schema_error, _) => {
            use datafusion::common::SchemaError;
            match schema_error.as_ref() {
                SchemaError::FieldNotFound { field, .. } => {
                    let schemas = PeopleKind::ALL.map(PeopleKind::schema);
                    let of_people = schemas
                        .iter()
                        .flat_map(|schema| schema.fields())
                        .map(|field| field.name().as_str());
                    let columns = view.columns.iter().map(|column| column.name.as_str()).chain(of_people);
                    let hint = did_you_mean(&field.name, columns);
                    let quoting = "columns with $ or capitals stand in double quotes, as in \"$browser\"";
                    Error::new(Code::UnknownName, format!("unknown column {:?}", field.name))
                        .with_hint(format!("{hint} ({quoting})"))
                }
                other => Error::invalid(format!("the SQL can't be planned: {other}")),
            }
        }
        DataFusionError::ResourcesExhausted(message) => {
            let message = format!(
                "the query needs more memory than it may take: {}",
                message.lines().next().unwrap_or_default()
            );
            Error::new(Code::LimitExceeded, message).with_hint("narrow it by time, or select fewer columns")
        }
        DataFusionError::ArrowError(error, _) => Error::invalid(format!("the SQL failed on a value: {error}"))
            .with_hint("try_cast and nullif keep values out that can't be converted or divided by"),
        DataFusionError::Plan(message) if message.starts_with("table '") => {
            let name = message.split('\'').nth(1).unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            Error::unknown("table", name, tables::names())
        }
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) => {
            Error::new(Code::Io, format!("cannot read the lake: {}", first_line(error)))
        }
        // It is about the plan, and so about this program.
        DataFusionError::Internal(message) => Error::internal(format!("the query can't be planned: {message}")),
        other => {
            let line = first_line(other);
            let hint = if line.contains("Placeholder") {
                "names with $ or capitals stand in double quotes, as in \"$browser\""
            } else {
                "functions and types are DataFusion's; SELECT * FROM events LIMIT 1 shows the columns"
            };
            Error::invalid(format!("the SQL can't be run: {line}")).with_hint(hint)
        }
    }
}

fn first_line(error: &DataFusionError) -> String {
    error.strip_backtrace().lines().next().unwrap_or_default().to_owned()
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("this").to_uppercase()
}
