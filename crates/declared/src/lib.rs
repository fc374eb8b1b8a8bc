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
//! project's own tables, and a value of a parameter never becomes part of the statement's text.

mod arguments;
mod files;
mod parameter;
mod sql_tool;
mod tool_file;

pub use files::{Files, TextFile};
pub use parameter::{Kind, Parameter};
pub use tool_file::{ExampleCall, StatusTexts, ToolFile, duration};

use std::path::Path;

use fs_err as fs;
use hedgerow_agent_api::{Mode, Product, Registry, Skill};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

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
pub fn install_all(folder: &Path, registry: &mut Registry, data: &Data) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    for name in folders(folder)? {
        let mut with = registry.clone();
        match install(&folder.join(&name), &mut with, data) {
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

/// Installs the product in a folder.
pub fn install(folder: &Path, registry: &mut Registry, data: &Data) -> Result<()> {
    let files = Files::read(folder)?;
    let product = product(&files)?;
    if product.name != files.name {
        let message = format!(
            "the product names itself {:?} and lies in {:?}",
            product.name, files.name
        );
        return Err(Error::invalid(message).with_hint("give both one name"));
    }
    let name = product.name.clone();
    registry.add_product(product)?;
    for file in &files.tools {
        let tool = ToolFile::parse(&file.text).and_then(|tool| SqlTool::of(&tool, data.clone()));
        registry.add_tool(in_file(file, tool)?)?;
    }
    for (mode, trajectories) in &files.modes {
        let texts: Vec<&str> = trajectories.iter().map(|file| file.text.as_str()).collect();
        registry.add_mode(in_file(mode, Mode::parse(&mode.text, &texts))?)?;
    }
    for file in &files.skills {
        registry.add_skill(in_file(file, Skill::parse(&file.text))?)?;
    }
    if let Some(evals) = files.evals.first() {
        registry.add_evals(&name, evals.text.clone())?;
    }
    Ok(())
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
