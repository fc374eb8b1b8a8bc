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
        ProductCommand::Pull { name, check } => pull(&name, check, globals, ctx).await,
    }
}

fn start(name: &str, into: Option<&Path>, rust: bool, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let made = if rust {
        ctx.app.new_rust_product(name, &ctx.cwd)?
    } else {
        ctx.app.new_product(
            name,
            into.map(|folder| ctx.path(folder)).as_deref(),
            globals.project.as_ref(),
        )?
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
        None => ctx.app.declared_products(globals.project.as_ref())?,
    };
    if names.is_empty() {
        let whose = match &globals.project {
            Some(project) => format!("of the project {project}"),
            None => "of the data folder".to_owned(),
        };
        return Err(
            Error::invalid(format!("there is no product in the folder `products` {whose}"))
                .with_hint("start one: hedgerow product new NAME; or name the folder of one"),
        );
    }
    let log: Option<PathBuf> = if runs { Some(ctx.host.demo_log().await?) } else { None };
    let mut reports = Vec::new();
    for name in &names {
        let options = GateOptions {
            runs,
            log: log.clone(),
            project: globals.project.as_ref(),
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

/// Asks servers for the schemas that tools are pinned to; with `only_compares` exits 1 where one differs.
async fn pull(name: &str, only_compares: bool, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project.as_ref();
    let pulled = ctx.app.pull_product(name, &ctx.cwd, project, only_compares).await?;
    if globals.json {
        ctx.printer.json(&pulled)?;
    } else if pulled.schemas.is_empty() {
        ctx.printer.line(&format!("{}: no tool has [mcp]", pulled.product))?;
    } else {
        for schema in &pulled.schemas {
            let state = match (&schema.missing, schema.written) {
                (_, true) => "written",
                (Some(_), false) => "not comparable",
                (None, false) if schema.is_current() => "as the server says",
                (None, false) => "changed",
            };
            ctx.printer
                .line(&format!("{} ({}): {state}", schema.file, schema.tool))?;
            for line in schema.missing.iter().chain(&schema.changes) {
                ctx.printer.line(&format!("  {line}"))?;
            }
        }
        if pulled.schemas.iter().any(|schema| schema.written) {
            let hint = "hint: read the changes, raise `version` of product.toml, then hedgerow product check";
            ctx.printer.note(&format!("{hint} {name}"));
        }
    }
    let is_current = pulled
        .schemas
        .iter()
        .all(|schema| schema.is_current() || schema.written);
    Ok(if is_current { exit::DONE } else { exit::FAILED })
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
