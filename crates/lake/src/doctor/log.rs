//! Whether the segments of the write-ahead log are whole, and are needed.

use hedgerow_data_api::Severity;
use hedgerow_errors::Result;

use super::{BACKUP, Findings};
use crate::delete::purge_log;
use crate::log::{self, Tail};
use crate::project::Project;

pub(super) async fn check(project: &Project, findings: &mut Findings) -> Result<()> {
    // A record on its way is not whole.
    let writing = project.writing.lock().await;
    let flushed = project.committed().segments.clone();
    let mut done = 0;
    for segment in log::segments(&project.folder)? {
        if flushed.contains(&segment) {
            done += 1;
            continue;
        }
        match log::tail(&project.folder, segment) {
            Ok(Tail::Whole) => {}
            Ok(Tail::Cut(bytes)) => {
                let message = format!(
                    "the log {segment} ends in {bytes} bytes of a write that was cut off, as a crash leaves it: then \
                     it was never acknowledged"
                );
                let repairs = findings.options.repair;
                findings.push("log", Severity::Info, message, repairs, None);
            }
            // It is kept, and told of below.
            Ok(Tail::Damaged(_)) => {}
            Err(error) => findings.lasting("log", Severity::Error, error.chain(), BACKUP),
        }
    }
    for kept in log::damaged(&project.folder)? {
        let message = format!(
            "a log was damaged, and events in it may be lost; it is kept as {}",
            kept.display()
        );
        let hint = "put the project back from a backup: hedgerow restore; or remove the file to leave it at that";
        findings.lasting("log", Severity::Error, message, hint);
    }
    drop(writing);
    if done > 0 {
        let message =
            format!("{done} segments of the write-ahead log are still there though their events are in files");
        if findings.repairable("log", Severity::Warning, message) {
            purge_log(project).await?;
        }
    }
    Ok(())
}
