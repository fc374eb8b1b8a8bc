//! `search`: what there is for a job, as agents find it.

use hedgerow_agent_api::{Progress, Surface};
use hedgerow_app::ToolCall;
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{VerbContext, shown};
use crate::args::{Globals, SearchArgs};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(args: &SearchArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let call = ToolCall {
        project: globals.project()?,
        name: "search".to_owned(),
        arguments: json!({"query": args.words.join(" ")}),
        surface: Surface::Cli,
        approved: false,
        progress: Progress::ignore(),
    };
    let result = ctx.app.call_tool(&call).await?.result;
    if globals.json {
        ctx.printer.json(&result)?;
        return Ok(exit::DONE);
    }
    let found = result["found"].as_array().map_or(&[][..], Vec::as_slice);
    if found.is_empty() {
        ctx.printer.note("nothing fits; `hedgerow tools list` shows all tools");
        return Ok(exit::DONE);
    }
    let mut table = TextTable::new(["what", "name", "about"]);
    for found in found {
        table.row(&[what(found), found["name"].clone(), found["line"].clone()]);
    }
    shown::table(&table, ctx)?;
    if let Some(more) = result["more"].as_u64().filter(|more| *more > 0) {
        ctx.printer.note(&format!("({more} more; more words find less)"));
    }
    Ok(exit::DONE)
}

/// The kind of thing; of an object what it is.
fn what(found: &Value) -> Value {
    match found["of"].as_str() {
        Some(of) => json!(of.replace('_', " ")),
        None => found["kind"].clone(),
    }
}
