//! Pieces of statements: small ones by hand, larger ones from SQL with `$1`, `$2` for their parts.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, SetExpr,
    Statement, TableFactor, Value, VisitMut, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use hedgerow_errors::{Code, Error, Result};

/// A quoted name, which keeps its letters.
pub(super) fn name(value: &str) -> Ident {
    Ident::with_quote('"', value)
}

/// A text.
pub(super) fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

/// A call of a function.
pub(super) fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments
        .into_iter()
        .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
        .collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![name(function)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// An expression from SQL in which `$1` is the first part and so on.
pub(super) fn expression(sql: &str, parts: &[Expr]) -> Result<Expr> {
    let parsed = Parser::new(&GenericDialect)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_expr());
    let mut expression = parsed.map_err(|error| broken(sql, error))?;
    fill(&mut expression, parts)?;
    Ok(expression)
}

/// Parentheses around what is more than a name, a value or a call.
pub(super) fn nested(expression: Expr) -> Expr {
    match expression {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::Function(_)
        | Expr::Nested(_)
        | Expr::Lambda(_)
        | Expr::Subquery(_) => expression,
        other => Expr::Nested(Box::new(other)),
    }
}

/// Puts parts where `$1`, `$2` and so on stand.
pub(super) fn fill(visited: &mut impl VisitMut, parts: &[Expr]) -> Result<()> {
    let filled = visit_expressions_mut(visited, |inner| {
        let Expr::Value(value) = inner else {
            return ControlFlow::Continue(());
        };
        let Value::Placeholder(placeholder) = &value.value else {
            return ControlFlow::Continue(());
        };
        let at = placeholder.trim_start_matches('$').parse::<usize>().ok();
        match at.and_then(|at| parts.get(at.checked_sub(1)?)) {
            Some(part) => *inner = nested(part.clone()),
            None => return ControlFlow::Break(Error::internal("a part of a built statement is missing")),
        }
        ControlFlow::Continue(())
    });
    match filled {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// What stands in FROM, from SQL.
pub(super) fn table(sql: &str) -> Result<TableFactor> {
    let whole = format!("SELECT * FROM {sql}");
    let mut statements = Parser::parse_sql(&GenericDialect, &whole).map_err(|error| broken(sql, error))?;
    if let Some(Statement::Query(query)) = statements.pop()
        && let SetExpr::Select(select) = *query.body
        && let Some(from) = select.from.into_iter().next()
    {
        return Ok(from.relation);
    }
    Err(Error::internal(format!("{sql} is no table")))
}

fn broken(sql: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::caused(Code::Internal, format!("cannot build {sql}"), error)
}

/// A name as SQL writes it, in quotes.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// A text as SQL writes it, in quotes.
pub(super) fn quoted_text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
