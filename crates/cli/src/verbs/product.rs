//! `product`: starting products, the gate for them, and how well they work.

mod quality;

use std::path::{Path, PathBuf};

use hedgerow_app::{Check, Finding, GateOptions, ProductReport};
use hedgerow_errors::{Error, Result};
use serde_json::json;

use super::VerbContext;
use crate::args::{Globals, ProductCommand};
use crate::exit;

pub(super) async fn run(command: ProductCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        ProductCommand::New { name, into, rust } => start(&name, into.as_deref(), rust, globals, ctx),
        ProductCommand::Quality { name, days } => quality::show(&name, days, globals, ctx).await,
        ProductCommand::Check { name, only_read } => check(name, !only_read, globals, ctx).await,
    }
}

fn start(name: &str, into: Option<&Path>, rust: bool, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let made = if rust {
        ctx.app.new_rust_product(name, &ctx.cwd)?
    } else {
        ctx.app
            .new_product(name, into.map(|folder| ctx.path(folder)).as_deref())?
    };
    if globals.json {
        ctx.printer.json(&made)?;
        return Ok(exit::DONE);
    }
    let folder = made.folder.display();
    ctx.printer
        .line(&format!("product {name}: {} files in {folder}", made.files.len()))?;
    for step in &made.next {
        ctx.printer.line(&format!("  next: {step}"))?;
    }
    Ok(exit::DONE)
}

async fn check(name: Option<String>, runs: bool, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let names = match name {
        Some(name) => vec![name],
        None => ctx.app.declared_products()?,
    };
    if names.is_empty() {
        return Err(
            Error::invalid("there is no product in the folder `products` of the data folder")
                .with_hint("start one: hedgerow product new NAME; or name the folder of one"),
        );
    }
    let log: Option<PathBuf> = if runs { Some(ctx.host.demo_log().await?) } else { None };
    let mut reports = Vec::new();
    for name in &names {
        let options = GateOptions {
            runs,
            log: log.clone(),
            progress: &|what| ctx.printer.note(&format!("· {what}")),
        };
        reports.push(ctx.app.check_product(name, &ctx.cwd, &options).await?);
    }
    if globals.json {
        ctx.printer.json(&json!({"data": reports}))?;
    } else {
        for report in &reports {
            print(report, ctx)?;
        }
    }
    let passes = reports.iter().all(ProductReport::passes);
    Ok(if passes { exit::DONE } else { exit::FAILED })
}

fn print(report: &ProductReport, ctx: &VerbContext) -> Result<()> {
    let (found, checks) = (report.findings.len(), Check::ALL.len());
    let tokens: usize = report.tokens.iter().map(|text| text.tokens).sum();
    let state = match found {
        0 => "passes".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        _ => format!("{found} things are wrong"),
    };
    let how = if report.ran { "" } else { "; only read, nothing was run" };
    ctx.printer.line(&format!(
        "{}: {state} ({checks} checks, {tokens} tokens of text{how})",
        report.product
    ))?;
    for finding in &report.findings {
        ctx.printer.line(&shown("", finding))?;
    }
    for note in &report.notes {
        ctx.printer.line(&shown("note: ", note))?;
    }
    Ok(())
}

fn shown(kind: &str, finding: &Finding) -> String {
    format!(
        "  {kind}{} {}: {}\n    {}",
        finding.check.as_str(),
        finding.file,
        finding.message,
        finding.hint
    )
}
