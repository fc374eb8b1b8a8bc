//! `sql`: one read-only SELECT.

use hedgerow_data_api::{SqlQuery, SqlResponse};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use super::{VerbContext, shown};
use crate::args::{Format, Globals, SqlArgs};
use crate::exit;
use crate::number;
use crate::table::TextTable;

pub(super) async fn run(args: SqlArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    let query = SqlQuery {
        query: args.query,
        limit: args.limit,
        ..SqlQuery::default()
    };
    let format = if globals.json { Format::Json } else { args.format };
    if format == Format::Arrow {
        return arrow(&project, &query, ctx).await;
    }
    let response = match args.refresh {
        true => ctx.app.computing_anew().sql(&project, &query).await?,
        false => ctx.app.sql(&project, &query).await?,
    };
    match format {
        Format::Arrow => {}
        Format::Json => ctx.printer.json(&response)?,
        Format::Csv => {
            ctx.printer.raw(&csv(&response))?;
            remarks(&response, ctx);
        }
        Format::Table => show(&response, ctx)?,
    }
    Ok(exit::DONE)
}

/// The rows as a table, with what a reader must know.
pub(super) fn show(response: &SqlResponse, ctx: &VerbContext) -> Result<()> {
    let mut table = TextTable::new(response.columns.iter().map(|(name, _)| name.as_str()));
    for row in &response.rows {
        table.row(row);
    }
    shown::table(&table, ctx)?;
    remarks(response, ctx);
    Ok(())
}

fn remarks(response: &SqlResponse, ctx: &VerbContext) {
    shown::remarks(&response.warnings, Some(&response.provenance), ctx);
    shown::query_id(&response.provenance, ctx);
}

async fn arrow(project: &ProjectId, query: &SqlQuery, ctx: &VerbContext) -> Result<i32> {
    if ctx.printer.out_is_terminal() {
        return Err(Error::invalid("an Arrow stream is nothing for a terminal").with_hint("add `> rows.arrows`"));
    }
    let answer = ctx.app.sql_arrow(project, query).await?;
    ctx.printer.bytes(&answer.stream)?;
    shown::remarks(&answer.warnings, Some(&answer.provenance), ctx);
    Ok(exit::DONE)
}

/// Comma-separated values (RFC 4180), but with line feeds alone. Nothing stands for null, `""` for
/// the empty text.
fn csv(response: &SqlResponse) -> String {
    let header = response
        .columns
        .iter()
        .map(|(name, _)| quoted(name))
        .collect::<Vec<_>>()
        .join(",");
    let cell = |value: &Value| match value {
        Value::String(text) => quoted(text),
        other => quoted_if_needed(&number::cell(other)),
    };
    let rows = response
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
    std::iter::once(header).chain(rows).map(|line| line + "\n").collect()
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "\"\"".to_owned()
    } else {
        quoted_if_needed(text)
    }
}

fn quoted_if_needed(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_keeps_commas_quotes_and_line_breaks_within_a_cell() {
        let cases = [
            ("a", "a"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("a\nb", "\"a\nb\""),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(text), expected);
        }
    }
}
