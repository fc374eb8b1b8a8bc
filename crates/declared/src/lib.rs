//! Products without Rust: a folder of files that becomes tools, modes and skills of the registry.
//!
//! ```text
//! product.toml                     who answers for it, how far it is
//! tools/<tool>.toml                one tool a file: texts, parameters, examples, and what it runs
//! modes/<mode>/mode.md             when the mode is right, its tools, the expert prompt
//! modes/<mode>/trajectories/*.md   worked step lists
//! skills/<skill>/SKILL.md          knowledge for agents outside
//! evals/*.yaml                     questions with expected results
//! ```
//!
//! What such a product may do is bounded by what the kinds of tools can do: a SQL tool only reads the
//! project's own tables, and a value of a parameter never becomes part of the statement's text; an HTTP tool calls
//! one operation of an OpenAPI document, on a host that the product declares, and what comes back is data.

mod arguments;
mod files;
mod http_tool;
pub mod json_schema;
pub mod openapi;
mod parameter;
mod recorded;
mod reply_table;
mod sql_tool;
mod tool_file;

pub use files::{Files, TextFile};
pub use http_tool::{HttpCall, document};
pub use parameter::{Kind, Parameter};
pub use recorded::Recorded;
pub use tool_file::{ExampleCall, Http, Sql, StatusTexts, ToolFile, duration};

use std::path::Path;
use std::sync::Arc;

use fs_err as fs;
use hedgerow_agent_api::{DynTool, Egress, Mode, Product, Registry, Skill};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

use crate::http_tool::HttpTool;
use crate::sql_tool::SqlTool;

/// A product that could not be installed, and why.
#[derive(Debug)]
pub struct Refused {
    /// The folder's name.
    pub name: String,
    /// What is wrong.
    pub error: Error,
}

/// Installs every product that has a folder in this one, in the order of their names. One that is not valid
/// is left out, whole, and does not keep the others from working.
pub fn install_all(
    folder: &Path,
    registry: &mut Registry,
    data: &Data,
    egress: &Arc<dyn Egress>,
) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    for name in folders(folder)? {
        let mut with = registry.clone();
        let installed = Files::read(&folder.join(&name)).and_then(|files| install(&files, &mut with, data, egress));
        match installed {
            Ok(()) => *registry = with,
            Err(error) => refused.push(Refused { name, error }),
        }
    }
    Ok(refused)
}

/// The names of the products that have a folder in this one; none where it does not exist.
pub fn folders(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("product.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Installs the product of these files.
pub fn install(files: &Files, registry: &mut Registry, data: &Data, egress: &Arc<dyn Egress>) -> Result<()> {
    let product = product(files)?;
    if product.name != files.name {
        let message = format!(
            "the product names itself {:?} and lies in {:?}",
            product.name, files.name
        );
        return Err(Error::invalid(message).with_hint("give both one name"));
    }
    let name = product.name.clone();
    registry.add_product(product.clone())?;
    if let Some(docs) = files.all().find(|file| file.path == product.docs) {
        registry.add_texts(&name, &[(&docs.path, &docs.text)]);
    }
    for file in &files.tools {
        let tool = ToolFile::parse(&file.text).and_then(|tool| tool_of(&tool, files, &product, data, egress));
        registry.add_tool(in_file(file, tool)?)?;
    }
    for (mode, trajectories) in &files.modes {
        let texts: Vec<&str> = trajectories.iter().map(|file| file.text.as_str()).collect();
        registry.add_mode(in_file(mode, Mode::parse(&mode.text, &texts))?)?;
    }
    for file in &files.skills {
        registry.add_skill(in_file(file, Skill::parse(&file.text))?)?;
    }
    for evals in &files.evals {
        // The only suite of a product has its name.
        let suite = match files.evals.as_slice() {
            [_] => name.clone(),
            _ => format!("{name}-{}", evals.stem()),
        };
        registry.add_evals(&suite, evals.text.clone())?;
    }
    Ok(())
}

/// The tool of a file.
fn tool_of(
    file: &ToolFile,
    files: &Files,
    product: &Product,
    data: &Data,
    egress: &Arc<dyn Egress>,
) -> Result<Arc<dyn DynTool>> {
    match (&file.sql, &file.http) {
        (Some(sql), None) => SqlTool::of(file, sql, data.clone()),
        (None, Some(http)) => HttpTool::of(file, http, files, product, Arc::clone(egress)),
        (None, None) => Err(Error::invalid("it runs nothing").with_hint("add [sql] with a query, or [http]")),
        (Some(_), Some(_)) => Err(Error::invalid("it has both [sql] and [http]").with_hint("make two tools of it")),
    }
}

/// The manifest.
pub fn product(files: &Files) -> Result<Product> {
    let manifest = toml::from_str(&files.manifest.text);
    manifest.map_err(|error| Error::caused(Code::InvalidArgument, "product.toml is not valid", error))
}

fn in_file<T>(file: &TextFile, result: Result<T>) -> Result<T> {
    result.map_err(|error| {
        let hint = error.hint().unwrap_or("`hedgerow product check` says more").to_owned();
        Error::caused(error.code(), format!("{} is not valid", file.path), error).with_hint(hint)
    })
}

#[cfg(test)]
mod tests;
