//! `keys`: making, listing and revoking them.

use chrono::{DateTime, Utc};
use hedgerow_agent_api::Key;
use hedgerow_app::KeyInput;
use hedgerow_errors::Result;
use serde_json::json;

use super::{VerbContext, shown};
use crate::args::{Globals, KeysCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: KeysCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        KeysCommand::Create(args) => {
            let input = KeyInput {
                name: args.name,
                role: args.role,
                scopes: some(args.scopes),
                projects: some(args.projects),
                member: args.member,
                expires_in: args.expires_in,
            };
            let created = ctx.app.create_key(input).await?;
            if globals.json {
                ctx.printer.json(&created)?;
            } else {
                ctx.printer.line(&created.secret)?;
                ctx.printer
                    .note("it is not shown again; send it as HEDGEROW_KEY, --key or Authorization: Bearer");
            }
        }
        KeysCommand::List => {
            let keys = ctx.app.keys().await?;
            if globals.json {
                ctx.printer.json(&json!({"data": keys}))?;
            } else {
                let heads = [
                    "key",
                    "name",
                    "role",
                    "scopes",
                    "projects",
                    "by",
                    "made",
                    "last used",
                    "state",
                ];
                let mut table = TextTable::new(heads);
                for key in &keys {
                    table.row(&[
                        json!(format!("{}...", key.prefix)),
                        json!(key.name),
                        json!(key.role),
                        json!(texts(key.scopes.as_ref())),
                        json!(texts(key.projects.as_ref())),
                        json!(key.created_by),
                        json!(time(key.created_at)),
                        json!(key.last_used_at.map_or_else(|| "never".to_owned(), time)),
                        json!(state(key, ctx)),
                    ]);
                }
                shown::table(&table, ctx)?;
            }
        }
        KeysCommand::Revoke { named } => {
            let key = ctx.app.revoke_key(&named).await?;
            if globals.json {
                ctx.printer.json(&key)?;
            } else {
                ctx.printer.line(&format!("revoked {} ({}...)", key.name, key.prefix))?;
            }
        }
    }
    Ok(exit::DONE)
}

/// A repeated argument that was never given means all.
pub(super) fn some<T>(given: Vec<T>) -> Option<Vec<T>> {
    if given.is_empty() { None } else { Some(given) }
}

/// A list on one line.
pub(super) fn texts<T: ToString>(list: Option<&Vec<T>>) -> String {
    match list {
        None => "all".to_owned(),
        Some(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn state(key: &Key, ctx: &VerbContext) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(revoked), _) => format!("revoked {}", time(revoked)),
        (None, Some(expires)) if expires <= ctx.app.clock().now() => format!("expired {}", time(expires)),
        (None, Some(expires)) => format!("until {}", time(expires)),
        (None, None) => "in use".to_owned(),
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}
