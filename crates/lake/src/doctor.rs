//! Checking a project, and repairing what can be made again of the event files.
//!
//! The check holds the right to change the catalog, so that it sees one moment and no file is on its
//! way. Everything happens in one transaction, which is kept only where something was repaired.

mod counts;
mod events;
mod files;
mod log;
mod lost;
mod people;
mod relations;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{CheckOptions, CheckReport, Finding, Severity};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::catalog;
use crate::commit::{Commit, People, Said, begin, commit};
use crate::delete::scrub;
use crate::flush::flush;
use crate::layout::Layout;
use crate::project::Project;
use crate::sqlite_error::failed;

/// What helps against damage that nothing can be made of again.
const BACKUP: &str = "put the project back from a backup: hedgerow restore";

/// Messages of SQLite about its own pages that are passed on.
const MOST_MESSAGES: i64 = 20;

/// What was found so far, and whether it is to be repaired.
struct Findings {
    options: CheckOptions,
    found: Vec<Finding>,
    /// Something in the catalog was changed.
    changed: bool,
}

impl Findings {
    /// Good to know.
    fn info(&mut self, check: &str, message: String) {
        self.push(check, Severity::Info, message, false, None);
    }

    /// Something that can't be repaired here.
    fn lasting(&mut self, check: &str, severity: Severity, message: String, hint: &str) {
        self.push(check, severity, message, false, Some(hint.to_owned()));
    }

    /// Something that is being repaired, where that is wanted: then true.
    fn repairable(&mut self, check: &str, severity: Severity, message: String) -> bool {
        let repairs = self.options.repair;
        let hint = (!repairs).then(|| "hedgerow doctor --repair repairs it".to_owned());
        self.push(check, severity, message, repairs, hint);
        self.changed |= repairs;
        repairs
    }

    fn push(&mut self, check: &str, severity: Severity, message: String, repaired: bool, hint: Option<String>) {
        self.found.push(Finding {
            check: check.to_owned(),
            severity,
            message,
            repaired,
            hint,
        });
    }
}

/// Checks a project, and repairs it where that is wanted, which takes reading all of it.
pub(crate) async fn check(
    id: &ProjectId,
    project: &Arc<Project>,
    options: CheckOptions,
    now: DateTime<Utc>,
) -> Result<CheckReport> {
    let mut report = CheckReport {
        project: id.clone(),
        files: 0,
        events: 0,
        in_memory: 0,
        events_dropped: 0,
        findings: Vec::new(),
    };
    let mut findings = Findings {
        options: CheckOptions {
            full: options.full || options.repair,
            ..options
        },
        found: Vec::new(),
        changed: false,
    };
    match examine(project, &mut report, &mut findings, now).await {
        // What can't be read at all has nobody repaired.
        Err(error) if error.code() == Code::Corrupt => {
            for finding in &mut findings.found {
                finding.repaired = false;
            }
            findings.lasting("catalog", Severity::Error, error.chain(), BACKUP);
        }
        examined => {
            examined?;
            if options.repair {
                // The log goes as far as it can be read.
                flush(project, now).await?;
                scrub(project).await?;
            }
        }
    }
    findings
        .found
        .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    report.findings = findings.found;
    Ok(report)
}

async fn examine(
    project: &Arc<Project>,
    report: &mut CheckReport,
    findings: &mut Findings,
    now: DateTime<Utc>,
) -> Result<()> {
    let _one_at_a_time = project.reconciling.lock().await;
    let mut committing = begin(project).await?;
    log::check(project, findings).await?;
    let transaction = &mut committing.transaction;
    if !integrity(transaction, findings).await? {
        // What SQLite itself can't vouch for is not to be written to.
        return Ok(());
    }
    let unnamed = lost::check(transaction, project, findings).await?;
    relations::check(transaction, findings).await?;
    let files = files::check(transaction, project, unnamed, findings).await?;
    let counted = files::live(transaction, project).await?;
    let kept: Vec<_> = counted
        .iter()
        .filter(|file| !files.lost.contains(&file.id))
        .cloned()
        .collect();
    let has_people = people::rows(transaction, findings).await?;
    counts::check(transaction, project, &kept, &files, has_people, findings).await?;
    if has_people {
        people::merges(transaction, findings).await?;
        people::notes(transaction, findings).await?;
    }
    report.files = kept.len() as u64;
    report.events = kept.iter().map(|file| file.rows).sum();
    report.in_memory = project.memory().iter().map(|batch| batch.events.len() as u64).sum();
    report.events_dropped = files.dropped.iter().map(|file| file.rows).sum();
    if !findings.changed {
        let undone = committing.transaction.rollback().await;
        return undone.map_err(failed("cannot end the check"));
    }
    let replaced: Vec<i64> = files.dropped.iter().map(|file| file.id).collect();
    // The columns as they were: what was repaired is not to be added again.
    let layout = Layout {
        columns: project.committed().columns.clone(),
    };
    let said = Said {
        layout: &layout,
        counts: Vec::new(),
        people: People::Changed,
    };
    let done = Commit {
        said,
        added: &[],
        replaced: &replaced,
        segments: &[],
    };
    commit(project, committing, done, now).await?;
    if !files.dropped.is_empty() {
        // Older snapshots would name the files for as long as they are kept.
        let mut committing = begin(project).await?;
        for file in &files.dropped {
            files::forget(&mut committing.transaction, file.id).await?;
        }
        let forgotten = committing.transaction.commit().await;
        forgotten.map_err(failed("cannot forget missing files"))?;
    }
    Ok(())
}

/// What can be said of a project that can't be opened.
pub(crate) async fn unopened(id: &ProjectId, folder: &Path, error: &Error) -> Result<CheckReport> {
    let mut findings = Findings {
        options: CheckOptions::default(),
        found: Vec::new(),
        changed: false,
    };
    findings.lasting("open", Severity::Error, error.chain(), error.hint().unwrap_or(BACKUP));
    let options = SqliteConnectOptions::new()
        .filename(catalog::path(folder))
        .read_only(true);
    if let Ok(mut connection) = options.connect().await {
        // A catalog that can't even be read says so in the finding above.
        let _ = integrity(&mut connection, &mut findings).await;
        let _ = connection.close().await;
    }
    Ok(CheckReport {
        project: id.clone(),
        files: 0,
        events: 0,
        in_memory: 0,
        events_dropped: 0,
        findings: findings.found,
    })
}

/// Whether SQLite finds its own pages in order.
async fn integrity(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<bool> {
    let check = format!("PRAGMA integrity_check({MOST_MESSAGES})");
    let messages = sqlx::query_scalar(sqlx::AssertSqlSafe(check))
        .fetch_all(connection)
        .await;
    let messages: Vec<String> = messages.map_err(failed("cannot check the catalog's pages"))?;
    let mut is_whole = true;
    for message in messages.into_iter().filter(|message| message != "ok") {
        is_whole = false;
        let message = format!("the catalog is damaged: {message}");
        findings.lasting("catalog", Severity::Error, message, BACKUP);
    }
    Ok(is_whole)
}
