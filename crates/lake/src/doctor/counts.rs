//! Whether the taxonomy and the value index say what the files hold.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use hedgerow_data_api::Severity;
use hedgerow_errors::{Code, Result};
use sqlx::SqliteConnection;

use super::files::Checked;
use super::people::Unknown;
use super::{BACKUP, Findings};
use crate::append::blocking;
use crate::catalog;
use crate::counts::Counts;
use crate::layout::Layout;
use crate::people::{self, PeopleChanges};
use crate::project::Project;
use crate::recount::{FileEvents, Recount};
use crate::sqlite_error::failed;
use crate::value_index::{self, Stored};
use crate::view::LakeFile;

/// What is wrong with counts, by the check that says it.
type Wrong = Vec<(&'static str, String)>;

/// Checks counts, and persons, too, where their rows can be read. Reads all events where that is wanted.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    project: &Project,
    files: &[LakeFile],
    checked: &Checked,
    reads_people: bool,
    findings: &mut Findings,
) -> Result<()> {
    let mut wrong = Wrong::new();
    without_reading(connection, &mut wrong).await?;
    let mut counted = false;
    if findings.options.full {
        let recount = match checked.is_whole() {
            true => Some(Recount::begin(connection).await?),
            false => None,
        };
        let mut unknown = reads_people.then(Unknown::default);
        let read = read(
            connection,
            project,
            files,
            unknown.as_mut(),
            recount.is_some(),
            findings,
        )
        .await;
        match &read {
            Ok(keys) if !keys.is_empty() => {
                let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
                wrong.push((
                    "taxonomy",
                    format!("properties of events are unknown: {}", keys.join(", ")),
                ));
            }
            // Whoever reads events meets it, too.
            Err(error) if error.code() == Code::Corrupt => {
                findings.lasting("files", Severity::Error, error.chain(), BACKUP);
            }
            _ => {}
        }
        match (recount, read) {
            (Some(recount), Ok(_)) => {
                if wrong.is_empty() && checked.dropped.is_empty() {
                    compare(connection, &mut wrong).await?;
                }
                counted = true;
                if findings.options.repair && !(wrong.is_empty() && checked.dropped.is_empty()) {
                    recount.keep(connection, project).await?;
                } else {
                    recount.leave(connection).await?;
                }
            }
            (Some(recount), Err(_)) => recount.leave(connection).await?,
            (None, _) => {}
        }
        if let Some(unknown) = unknown {
            unknown.end(connection, findings).await?;
        }
    }
    for (check, message) in wrong {
        if counted || !findings.options.full {
            findings.repairable(check, Severity::Warning, message);
        } else {
            let hint = "counts can be made anew only when all files are there and can be read";
            findings.lasting(check, Severity::Warning, message, hint);
        }
    }
    Ok(())
}

/// What can be told of the counts without reading events.
async fn without_reading(connection: &mut SqliteConnection, wrong: &mut Wrong) -> Result<()> {
    let totals: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT coalesce(sum(count), 0) FROM hedgerow_event),
                (SELECT coalesce(sum(record_count), 0) FROM ducklake_data_file WHERE end_snapshot IS NULL)",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(failed("cannot check counts"))?;
    if totals.0 != totals.1 {
        let message = format!("{} events are counted, and files have {}", totals.0, totals.1);
        wrong.push(("taxonomy", message));
    }
    for column in value_index::columns(connection, "main").await? {
        let stored = value_index::stored(connection, "main", column).await?;
        let Stored { key, count, .. } = &stored;
        let values = match &stored.values {
            Ok(values) => values,
            Err(what) => {
                wrong.push(("value_index", format!("the values of {key:?} can't be used: {what}")));
                continue;
            }
        };
        let listed: i64 = values.iter().map(|(_, count)| count).sum();
        if listed > *count || (stored.complete && listed != *count) {
            let message = format!("{count} events have {key:?}, and its values are those of {listed}");
            wrong.push(("value_index", message));
        }
    }
    Ok(())
}

/// A piece of the events.
struct Piece {
    layout: Option<Layout>,
    counts: Arc<Counts>,
    people: PeopleChanges,
}

/// Reads all events: counts them, and compares what they say of persons. Says which properties they have
/// that the catalog does not know.
async fn read(
    connection: &mut SqliteConnection,
    project: &Project,
    files: &[LakeFile],
    mut unknown: Option<&mut Unknown>,
    counts: bool,
    findings: &Findings,
) -> Result<BTreeSet<String>> {
    let columns = catalog::committed(connection, &project.folder).await?.columns;
    let older = Arc::new(people::older_keys(connection).await?);
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let mut events = FileEvents::new(paths, &columns);
    let mut layout = Arc::new(Layout { columns });
    let mut keys = BTreeSet::new();
    loop {
        let (known, older) = (Arc::clone(&layout), Arc::clone(&older));
        let (piece, rest) = blocking(move || {
            let piece = events.next()?.map(|mut batch| {
                people::mark_nobody(&mut batch, &older);
                Piece {
                    layout: known.with(&batch),
                    counts: Arc::new(Counts::of(&batch, None)),
                    people: PeopleChanges::of(&batch),
                }
            });
            Ok((piece, events))
        })
        .await?;
        let Some(piece) = piece else {
            return Ok(keys);
        };
        if let Some(grown) = piece.layout {
            layout = Arc::new(extended(connection, &layout, grown, &mut keys, counts).await?);
        }
        if counts {
            let most = project.settings.listed_values;
            piece.counts.add(connection, &layout.columns, most).await?;
        }
        if let Some(unknown) = &mut unknown {
            unknown.add(connection, piece.people, findings).await?;
        }
        events = rest;
    }
}

/// A layout with the properties that only events know. Their values lie in `rest`, where they were found.
async fn extended(
    connection: &mut SqliteConnection,
    known: &Layout,
    grown: Layout,
    keys: &mut BTreeSet<String>,
    counts: bool,
) -> Result<Layout> {
    let mut layout = known.clone();
    for mut column in grown.columns.into_iter().skip(known.columns.len()) {
        column.stored = false;
        keys.extend(column.key.clone());
        if counts {
            // The table is the recount's.
            sqlx::query("INSERT INTO temp.hedgerow_property VALUES (?, ?, ?, ?, 0, 1, 0)")
                .bind(&column.key)
                .bind(column.id)
                .bind(&column.name)
                .bind(column.kind.value_type().as_str())
                .execute(&mut *connection)
                .await
                .map_err(failed("cannot add a property"))?;
        }
        layout.columns.push(column);
    }
    Ok(layout)
}

/// Differences between the counts as they were found and a recount.
async fn compare(connection: &mut SqliteConnection, wrong: &mut Wrong) -> Result<()> {
    let step = failed("cannot compare counts");
    let events = "SELECT name FROM (SELECT * FROM temp.hedgerow_event EXCEPT SELECT * FROM main.hedgerow_event)
                  UNION SELECT name FROM (SELECT * FROM main.hedgerow_event EXCEPT SELECT * FROM temp.hedgerow_event)";
    let properties =
        "SELECT key FROM temp.hedgerow_property n JOIN main.hedgerow_property o USING (key) WHERE n.count <> o.count";
    for (statement, what) in [
        (events, "events have other counts or times than in files"),
        (properties, "properties have other counts than in files"),
    ] {
        let names = sqlx::query_scalar(statement).fetch_all(&mut *connection).await;
        let names: Vec<String> = names.map_err(&step)?;
        if !names.is_empty() {
            wrong.push(("taxonomy", format!("{what}: {}", names.join(", "))));
        }
    }
    for column in value_index::columns(connection, "main").await? {
        let found = value_index::stored(connection, "main", column).await?;
        let anew = value_index::stored(connection, "temp", column).await?;
        if !agree(&found, &anew) {
            let message = format!("the values of {:?} have other counts than in files", found.key);
            wrong.push(("value_index", message));
        }
    }
    Ok(())
}

/// Whether two lists of the values of the same events may both be right. Which values are listed of a
/// property that has too many depends on the order in which they came; the counts of those do not.
fn agree(found: &Stored, anew: &Stored) -> bool {
    let (Ok(one), Ok(other)) = (&found.values, &anew.values) else {
        return false;
    };
    match (found.open, anew.open) {
        (true, true) => one == other && (anew.complete || !found.complete),
        (false, true) => one.iter().all(|(value, count)| other.count(value) == count),
        (true, false) => other.iter().all(|(value, count)| one.count(value) == count),
        (false, false) => one
            .iter()
            .all(|(value, count)| matches!(other.count(value), known if known == 0 || known == count)),
    }
}
