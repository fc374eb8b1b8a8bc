//! Asking servers for the schemas that a product's tools are pinned to.

use std::path::Path;

use fs_err as fs;
use hedgerow_agent_api::{Access, McpTool, Resource};
use hedgerow_declared::{Files, Mcp, ToolFile, mcp_server, pinned_tool};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// What servers say of a product's tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PulledProduct {
    /// The product.
    pub product: String,
    /// Its pinned schemas, by the files of the tools.
    pub schemas: Vec<PulledSchema>,
}

/// A pinned schema beside what the server says now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PulledSchema {
    /// The tool's file.
    pub tool: String,
    /// The pinned schema's file, from the product's folder.
    pub file: String,
    /// What differs, one line a place; all of it is the server's text.
    pub changes: Vec<String>,
    /// Why the pinned schema can't be compared: it is not there, or broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Whether the file was written.
    pub written: bool,
}

impl PulledSchema {
    /// Whether the file is as the server says.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.changes.is_empty() && self.missing.is_none()
    }
}

impl App {
    /// Asks the servers of a product's tools what they say of these, and writes it into the files that the tools are
    /// pinned to, or with `only_compares` compares them.
    ///
    /// # Errors
    ///
    /// `unknown_name` where there is no such product, or no such tool on its server; else what the client says.
    pub async fn pull_product(
        &self,
        name: &str,
        current: &Path,
        project: Option<&ProjectId>,
        only_compares: bool,
    ) -> Result<PulledProduct> {
        self.check(&Access::write(Resource::Product), project)?;
        let Some((folder, _)) = self.product_folder(name, current, project)? else {
            let known = self.declared_products(project)?;
            return Err(Error::unknown(
                "product of files",
                name,
                known.iter().map(String::as_str),
            ));
        };
        let folder = fs::canonicalize(folder)?;
        let files = Files::read(&folder)?;
        let mut schemas = Vec::new();
        for file in &files.tools {
            let in_file = |error: Error| {
                let hint = error.hint().unwrap_or("correct the file").to_owned();
                Error::caused(error.code(), format!("{} can't be pulled", file.path), error).with_hint(hint)
            };
            let tool = ToolFile::parse(&file.text).map_err(in_file)?;
            let Some(mcp) = tool.mcp else {
                continue;
            };
            let now = self.tool_of_server(&mcp, &files).await.map_err(in_file)?;
            let (changes, missing) = match pinned_tool(&mcp, &files) {
                Ok(pinned) => (pinned.changes(&now), None),
                Err(error) => (Vec::new(), Some(error.chain())),
            };
            let mut pulled = PulledSchema {
                tool: file.path.clone(),
                file: mcp.schema.clone(),
                changes,
                missing,
                written: false,
            };
            if !pulled.is_current() && !only_compares {
                write(&folder, &mcp.schema, &now)?;
                pulled.written = true;
            }
            schemas.push(pulled);
        }
        Ok(PulledProduct {
            product: files.name,
            schemas,
        })
    }

    async fn tool_of_server(&self, mcp: &Mcp, files: &Files) -> Result<McpTool> {
        let server = mcp_server(mcp, &hedgerow_declared::product(files)?)?;
        let mut tools = self.parts.products.outside.mcp.tools(&server).await?;
        match tools.iter().position(|tool| tool.name == mcp.tool) {
            Some(at) => Ok(tools.swap_remove(at)),
            None => {
                let kind = format!("tool of {}", server.shown());
                Err(Error::unknown(
                    &kind,
                    &mcp.tool,
                    tools.iter().map(|tool| tool.name.as_str()),
                ))
            }
        }
    }
}

/// Writes a schema to its place within the product's folder.
fn write(folder: &Path, schema: &str, tool: &McpTool) -> Result<()> {
    let is_inside = Path::new(schema)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if !is_inside || !schema.ends_with(".json") {
        let message = format!("{schema} is no JSON file within the product's folder");
        return Err(Error::invalid(message).with_hint("as in schema = \"mcp/search_issues.json\""));
    }
    let path = folder.join(schema);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let text = serde_json::to_string_pretty(tool)
        .map_err(|error| Error::internal(format!("a pinned schema is no JSON: {error}")))?;
    Ok(fs::write(path, text + "\n")?)
}
