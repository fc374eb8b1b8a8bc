//! `product`: the gate for products that are declared as files.

use hedgerow_app::{Check, ProductReport};
use hedgerow_errors::{Error, Result};
use serde_json::json;

use super::VerbContext;
use crate::args::{Globals, ProductCommand};
use crate::exit;

pub(super) fn run(command: &ProductCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let ProductCommand::Check { name } = command;
    let names = match name {
        Some(name) => vec![name.clone()],
        None => ctx.app.declared_products()?,
    };
    if names.is_empty() {
        let folder = ctx.app.data_dir().join("products");
        return Err(Error::invalid(format!("there is no product in {}", folder.display()))
            .with_hint("name the folder of one: hedgerow product check PATH"));
    }
    let mut reports = Vec::new();
    for name in &names {
        reports.push(ctx.app.check_product(name, &ctx.cwd)?);
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
    let tokens: usize = report.tokens.iter().map(|(_, tokens)| tokens).sum();
    let state = match found {
        0 => "passes".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        _ => format!("{found} things are wrong"),
    };
    ctx.printer.line(&format!(
        "{}: {state} ({checks} checks, {tokens} tokens of text)",
        report.product
    ))?;
    for finding in &report.findings {
        ctx.printer.line(&format!(
            "  {} {}: {}\n    {}",
            finding.check.as_str(),
            finding.file,
            finding.message,
            finding.hint
        ))?;
    }
    Ok(())
}
