//! `persons`: listing, showing and deleting them.

use hedgerow_data_api::{PersonDeleted, PersonInfo};
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;

use super::{VerbContext, shown};
use crate::args::{Globals, PersonsCommand};
use crate::exit;
use crate::number::grouped_integer;
use crate::table::TextTable;

/// Distinct ids of a person that a list shows.
const SHOWN_IDS: usize = 3;

pub(super) async fn run(command: PersonsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    match command {
        PersonsCommand::List { search, limit } => {
            let persons = ctx.app.persons(&project, &search, limit).await?;
            if globals.json {
                ctx.printer.json(&json!({"data": persons}))?;
            } else {
                list(&persons, ctx)?;
            }
        }
        PersonsCommand::Show { id } => {
            let person = ctx.app.person(&project, &id).await?;
            if globals.json {
                ctx.printer.json(&person)?;
            } else {
                show(&person, ctx)?;
            }
        }
        PersonsCommand::Delete { id, yes } => {
            if !yes {
                return Err(unconfirmed(&id, ctx.app.person(&project, &id).await.ok().as_ref()));
            }
            let deleted = ctx.app.delete_person(&project, &id).await?;
            if globals.json {
                ctx.printer.json(&deleted)?;
            } else {
                for line in lines(&deleted) {
                    ctx.printer.line(&line)?;
                }
            }
        }
    }
    Ok(exit::DONE)
}

fn list(persons: &[PersonInfo], ctx: &VerbContext) -> Result<()> {
    if persons.is_empty() {
        ctx.printer.note("no persons");
        return Ok(());
    }
    let mut table = TextTable::new(["person", "distinct ids", "since", "identified"]);
    for person in persons {
        let ids = &person.distinct_ids;
        let mut shown = ids.iter().take(SHOWN_IDS).cloned().collect::<Vec<_>>().join(", ");
        if ids.len() > SHOWN_IDS {
            shown.push_str(&format!(" and {} more", ids.len() - SHOWN_IDS));
        }
        table.row(&[
            json!(person.person_id),
            json!(shown),
            json!(time(person)),
            json!(person.is_identified),
        ]);
    }
    shown::table(&table, ctx)
}

fn show(person: &PersonInfo, ctx: &VerbContext) -> Result<()> {
    let printer = &ctx.printer;
    printer.line(&format!("person {}", person.person_id))?;
    printer.line(&format!("since {}, identified: {}", time(person), person.is_identified))?;
    for id in &person.distinct_ids {
        printer.line(&format!("distinct id {id}"))?;
    }
    for (key, value) in person.properties.as_object().into_iter().flatten() {
        printer.line(&format!("{key} = {value}"))?;
    }
    Ok(())
}

fn time(person: &PersonInfo) -> String {
    person.created_at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Nobody can be asked where the verb runs in a server, so that the answer has to come with the call.
fn unconfirmed(id: &str, person: Option<&PersonInfo>) -> Error {
    let what = match person {
        Some(person) => format!(
            "person {} with the distinct ids {}",
            person.person_id,
            person.distinct_ids.join(", ")
        ),
        None => format!("all events of {id}"),
    };
    Error::new(Code::Denied, format!("this would delete {what} for good"))
        .with_hint("if that is wanted, say it again with --yes")
}

fn lines(deleted: &PersonDeleted) -> Vec<String> {
    let number = grouped_integer;
    let mut lines = vec![
        format!(
            "deleted {} events of {}",
            number(deleted.events),
            deleted.distinct_ids.join(", ")
        ),
        format!(
            "{} files written anew, {} bytes removed, {} snapshots forgotten",
            number(deleted.files_rewritten),
            number(deleted.bytes_removed),
            number(deleted.snapshots_forgotten),
        ),
    ];
    if deleted.files_left > 0 {
        lines.push(format!(
            "{} old files are still read by a query; they go within minutes after it ends",
            number(deleted.files_left)
        ));
    }
    lines
}
