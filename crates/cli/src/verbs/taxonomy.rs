//! `taxonomy`: what exists in a project.

use hedgerow_errors::Result;
use serde_json::json;

use super::{VerbContext, shown};
use crate::args::{Globals, TaxonomyCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: TaxonomyCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    match command {
        TaxonomyCommand::Events => {
            let taxonomy = ctx.app.taxonomy(&project).await?;
            if globals.json {
                ctx.printer
                    .json(&json!({"data": taxonomy.events, "snapshot_id": taxonomy.snapshot_id}))?;
                return Ok(exit::DONE);
            }
            let mut table = TextTable::new(["event", "count", "first seen", "last seen"]);
            for event in &taxonomy.events {
                table.row(&[
                    json!(event.name),
                    json!(event.count),
                    json!(event.first_seen),
                    json!(event.last_seen),
                ]);
            }
            shown::table(&table, ctx)?;
        }
        TaxonomyCommand::Properties => {
            let taxonomy = ctx.app.taxonomy(&project).await?;
            if globals.json {
                ctx.printer
                    .json(&json!({"data": taxonomy.properties, "snapshot_id": taxonomy.snapshot_id}))?;
                return Ok(exit::DONE);
            }
            let mut table = TextTable::new(["property", "type", "count", "SQL column"]);
            for property in &taxonomy.properties {
                let value_type = property.value_type.as_str();
                table.row(&[
                    json!(property.key),
                    json!(value_type),
                    json!(property.count),
                    json!(property.column),
                ]);
            }
            shown::table(&table, ctx)?;
        }
        TaxonomyCommand::Values {
            property: key,
            search,
            limit,
        } => {
            let list = ctx.app.property_values(&project, &key, &search, limit).await?;
            if globals.json {
                ctx.printer
                    .json(&json!({"data": list.values, "complete": list.complete}))?;
                return Ok(exit::DONE);
            }
            let mut table = TextTable::new(["value", "events"]);
            for value in &list.values {
                table.row(&[json!(value.value), json!(value.count)]);
            }
            shown::table(&table, ctx)?;
            if !list.complete {
                ctx.printer
                    .note("there are more values; narrow them with --search or raise --limit");
            }
        }
    }
    Ok(exit::DONE)
}
