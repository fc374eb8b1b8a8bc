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
//! one operation of an OpenAPI document, on a host that the product declares, and what comes back is data; an MCP tool
//! calls one tool of a server there, whose schema lies in the folder.

mod arguments;
mod files;
mod folders;
mod http_tool;
mod installer;
pub mod json_schema;
mod mcp_tool;
pub mod openapi;
mod parameter;
mod recorded;
mod reply;
mod reply_table;
mod sql_tool;
mod tool_file;

pub use files::{Files, TextFile};
pub use folders::ProductFolders;
pub use http_tool::{HttpCall, document};
pub use installer::{Installer, check_name};
pub use mcp_tool::{McpCall, mcp_server, pinned_tool};
pub use parameter::{Kind, Parameter};
pub use recorded::recorded;
pub use tool_file::{ExampleCall, Http, Mcp, Sql, StatusTexts, ToolFile, duration};

use std::sync::Arc;

use hedgerow_agent_api::{DynTool, Mode, Outside, Product, Registry, Skill};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

use crate::http_tool::HttpTool;
use crate::mcp_tool::McpTool;
use crate::sql_tool::SqlTool;

/// Installs the product of these files.
pub fn install(files: &Files, registry: &mut Registry, data: &Data, outside: &Outside) -> Result<()> {
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
        let tool = ToolFile::parse(&file.text).and_then(|tool| tool_of(&tool, files, &product, data, outside));
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
    outside: &Outside,
) -> Result<Arc<dyn DynTool>> {
    match (&file.sql, &file.http, &file.mcp) {
        (Some(sql), None, None) => SqlTool::of(file, sql, data.clone()),
        (None, Some(http), None) => HttpTool::of(file, http, files, product, Arc::clone(&outside.egress)),
        (None, None, Some(mcp)) => McpTool::of(file, mcp, files, product, Arc::clone(&outside.mcp)),
        (None, None, None) => {
            Err(Error::invalid("it runs nothing").with_hint("add [sql] with a query, [http] or [mcp]"))
        }
        _ => {
            Err(Error::invalid("it has more than one of [sql], [http] and [mcp]").with_hint("make several tools of it"))
        }
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
