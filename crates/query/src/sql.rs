//! Read-only SQL: one SELECT over the project's own tables.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, LimitClause, Query, Statement as SqlStatement, Value as SqlValue, visit_expressions_mut,
};
use hedgerow_data_api::SqlQuery;
use hedgerow_errors::{Code, Error, Result, did_you_mean};
use hedgerow_lake::LakeView;

use serde_json::{Map, Value};

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
}

/// Parses and plans one SELECT. Everything else is refused before it is planned.
pub(crate) async fn plan(context: &SessionContext, view: &Arc<LakeView>, query: &SqlQuery) -> Result<Planned> {
    let mut select = parse(&query.query)?;
    bind(&mut select, &query.parameters)?;
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
        .map_err(|error| explain(&error, view))?;
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    options.verify_plan(&plan).map_err(|error| explain(&error, view))?;
    Ok(Planned {
        plan,
        limit,
        own_limit: own_limit.is_some() && query.limit.is_none(),
    })
}

fn parse(text: &str) -> Result<Box<Query>> {
    let refused = |what: &str| {
        Error::invalid(format!("{what} is not possible: SQL here only reads")).with_hint("write one SELECT statement")
    };
    let mut statements = DFParser::parse_sql(text).map_err(|error| {
        let message = format!("the SQL does not parse: {}", first_line(&error));
        Error::invalid(message).with_hint("names with $ or capitals stand in double quotes, texts in single quotes")
    })?;
    match (statements.pop_front(), statements.len()) {
        (None, _) => Err(Error::invalid("there is no SQL statement").with_hint("write one SELECT statement")),
        (Some(_), 1..) => Err(Error::invalid("there is more than one SQL statement").with_hint("run one at a time")),
        (Some(Statement::Statement(statement)), 0) => match *statement {
            SqlStatement::Query(query) => Ok(query),
            other => Err(refused(&first_word(&other.to_string()))),
        },
        (Some(other), 0) => Err(refused(&first_word(&other.to_string()))),
    }
}

/// Puts values where `$name` stands: as literals into the parsed statement, so that no value can be read as SQL.
fn bind(query: &mut Query, parameters: &Map<String, Value>) -> Result<()> {
    let known = || parameters.keys().map(String::as_str);
    let mut used: BTreeSet<String> = BTreeSet::new();
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
    match parameters.keys().find(|name| !used.contains(*name)) {
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
            let tables = PeopleKind::ALL.map(PeopleKind::name);
            Error::unknown("table", name, ["events"].into_iter().chain(tables))
        }
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) => {
            Error::new(Code::Io, format!("cannot read the lake: {}", first_line(error)))
        }
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
