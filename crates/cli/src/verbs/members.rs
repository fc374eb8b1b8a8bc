//! `members`: listing, adding and removing them.

use hedgerow_errors::Result;
use serde_json::json;

use super::keys::{some, texts};
use super::{VerbContext, shown};
use crate::args::{Globals, MembersCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: MembersCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        MembersCommand::List => {
            let members = ctx.app.members().await?;
            if globals.json {
                ctx.printer.json(&json!({"data": members}))?;
            } else {
                let mut table = TextTable::new(["member", "role", "projects", "added", "by"]);
                for member in &members {
                    table.row(&[
                        json!(member.name),
                        json!(member.role),
                        json!(texts(member.projects.as_ref())),
                        json!(member.created_at.format("%Y-%m-%d %H:%M").to_string()),
                        json!(member.created_by),
                    ]);
                }
                shown::table(&table, ctx)?;
            }
        }
        MembersCommand::Add { name, role, projects } => {
            let member = ctx.app.add_member(&name, role, some(projects)).await?;
            if globals.json {
                ctx.printer.json(&member)?;
            } else {
                ctx.printer.line(&format!("added {} as {}", member.name, member.role))?;
            }
        }
        MembersCommand::Remove { name } => {
            let removed = ctx.app.remove_member(&name).await?;
            if globals.json {
                ctx.printer.json(&removed)?;
            } else {
                ctx.printer.line(&format!("removed {}", removed.name))?;
                for key in &removed.keys_revoked {
                    ctx.printer.line(&format!("revoked {} ({}...)", key.name, key.prefix))?;
                }
            }
        }
    }
    Ok(exit::DONE)
}
