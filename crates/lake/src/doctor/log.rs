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
                    "the log {segment} ends in {bytes} bytes of a write that was cut off and never acknowledged"
                );
                let repairs = findings.options.repair;
                findings.push("log", Severity::Info, message, repairs, None);
            }
            Ok(Tail::Damaged(bytes)) => {
                let message =
                    format!("the last {bytes} bytes of the log {segment} are damaged: events in them are lost");
                findings.lasting("log", Severity::Error, message, BACKUP);
            }
            Err(error) => findings.lasting("log", Severity::Error, error.chain(), BACKUP),
        }
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
