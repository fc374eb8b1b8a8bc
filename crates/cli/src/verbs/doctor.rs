//! `doctor`: what is wrong with stored data, and repairing it.

use std::sync::Mutex;

use hedgerow_data_api::{CheckOptions, CheckReport, Severity};
use hedgerow_errors::{Error, Result};
use serde_json::json;

use super::VerbContext;
use crate::args::{DoctorArgs, Globals};
use crate::exit;
use crate::number::grouped_integer;

pub(super) async fn run(args: DoctorArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let options = CheckOptions {
        full: args.full,
        repair: args.repair,
        drop_missing: args.drop_missing,
    };
    let reports = Mutex::new(Vec::new());
    let show = |report: &CheckReport| {
        if globals.json {
            let mut reports = reports.lock().map_err(|_| Error::internal("reports are gone"))?;
            reports.push(report.clone());
            return Ok(());
        }
        for line in lines(report) {
            ctx.printer.line(&line)?;
        }
        Ok(())
    };
    let clean = ctx.app.doctor(globals.project.as_ref(), options, &show).await?;
    if globals.json {
        let reports = reports.into_inner().map_err(|_| Error::internal("reports are gone"))?;
        ctx.printer.json(&json!({"clean": clean, "data": reports}))?;
    }
    Ok(if clean { exit::DONE } else { exit::FAILED })
}

fn lines(report: &CheckReport) -> Vec<String> {
    let number = grouped_integer;
    let state = match (
        report.is_clean(),
        report.findings.iter().any(|finding| finding.repaired),
    ) {
        (true, false) => "fine",
        (true, true) => "repaired",
        (false, _) => "not fine",
    };
    let mut lines = vec![format!(
        "project {}: {state}, {} events in {} files",
        report.project,
        number(report.events),
        number(report.files)
    )];
    if report.in_memory > 0 {
        lines.push(format!(
            "  {} more events are in the log so far",
            number(report.in_memory)
        ));
    }
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let end = if finding.repaired { " (repaired)" } else { "" };
        lines.push(format!("  {severity}: {}: {}{end}", finding.check, finding.message));
        lines.extend(finding.hint.as_ref().map(|hint| format!("    {hint}")));
    }
    if report.events_dropped > 0 {
        lines.push(format!("  {} events were given up", number(report.events_dropped)));
    }
    lines
}
