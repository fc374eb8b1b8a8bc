//! `query`: a typed query, given as JSON.

use hedgerow_data_api::{BREAKDOWN_NONE, BREAKDOWN_OTHER, Series, TrendsQuery, TrendsResponse};
use hedgerow_errors::{Error, Result};
use serde_json::{Value, json};

use super::{VerbContext, shown};
use crate::args::{Globals, QueryArgs};
use crate::exit;
use crate::table::TextTable;

/// The most series that stand side by side; more stand one below the other.
const SIDE_BY_SIDE: usize = 6;

pub(super) async fn run(args: QueryArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    let query: TrendsQuery = serde_json::from_str(&args.query).map_err(|error| {
        Error::invalid(format!("the query is not valid: {error}"))
            .with_hint(r#"for example '{"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}}'"#)
    })?;
    if args.explain {
        let plan = ctx.app.explain(&project, &query).await?;
        if globals.json {
            ctx.printer.json(&json!({"plan": plan}))?;
        } else {
            ctx.printer.line(plan.trim_end())?;
        }
        return Ok(exit::DONE);
    }
    let response = ctx.app.query(&project, &query).await?;
    if globals.json {
        ctx.printer.json(&response)?;
        return Ok(exit::DONE);
    }
    shown::table(&text_table(&response), ctx)?;
    shown::remarks(&response.warnings, Some(&response.provenance), ctx);
    Ok(exit::DONE)
}

fn text_table(response: &TrendsResponse) -> TextTable {
    let series = &response.results;
    let total = series.iter().any(|line| line.aggregated_value.is_some());
    if total {
        let mut table = TextTable::new(["series", "total"]);
        for line in series {
            table.row(&[json!(name(line)), json!(line.aggregated_value)]);
        }
        return table;
    }
    if series.len() <= SIDE_BY_SIDE {
        let mut table = TextTable::new(std::iter::once("start".to_owned()).chain(series.iter().map(name)));
        let buckets = series.first().map(|line| line.days.as_slice()).unwrap_or_default();
        for (position, day) in buckets.iter().enumerate() {
            let counts = series
                .iter()
                .map(|line| line.data.get(position).map_or(Value::Null, |count| json!(count)));
            table.row(&std::iter::once(json!(day)).chain(counts).collect::<Vec<_>>());
        }
        return table;
    }
    let mut table = TextTable::new(["series", "start", "count"]);
    for line in series {
        for (day, count) in line.days.iter().zip(&line.data) {
            table.row(&[json!(name(line)), json!(day), json!(count)]);
        }
    }
    table
}

/// The series' name; the two breakdown values that are no values get words.
fn name(series: &Series) -> String {
    let word = match series.breakdown_value.as_ref().and_then(Value::as_str) {
        Some(BREAKDOWN_OTHER) => "Other",
        Some(BREAKDOWN_NONE) => "None",
        _ => return series.label.clone(),
    };
    let label = series
        .label
        .replace(BREAKDOWN_OTHER, word)
        .replace(BREAKDOWN_NONE, word);
    if label.contains(word) {
        label
    } else {
        format!("{label} {word}")
    }
}
