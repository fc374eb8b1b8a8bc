//! Notebooks: Markdown with queries in it.

use async_trait::async_trait;
use hedgerow_agent_api::{ObjectKind, ToolContext};
use hedgerow_data_api::{Data, TrendsQuery};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most cells.
const MOST_CELLS: usize = 200;
/// The longest text of a cell, in bytes.
const LONGEST_TEXT: usize = 100_000;

/// All of a notebook but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    /// What stands in it, from the top.
    pub cells: Vec<NotebookCell>,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One piece of a notebook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NotebookCell {
    /// A text.
    Text {
        /// Markdown.
        text: String,
    },
    /// A query that is computed when somebody reads.
    Query {
        /// What it shows.
        #[serde(default)]
        title: String,
        /// The query, as `query_trends` takes it.
        query: Box<TrendsQuery>,
    },
}

/// The kind `notebook`.
pub struct Notebooks {
    data: Data,
}

impl Notebooks {
    /// The kind over engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl ObjectKind for Notebooks {
    type Body = Notebook;

    const KIND: &'static str = "notebook";
    const NOUN: &'static str = "notebook";

    /// Queries that can't be planned, because they name what is not there, are refused.
    async fn settle(&self, ctx: &ToolContext, _: &str, notebook: Notebook) -> Result<Notebook> {
        if notebook.cells.len() > MOST_CELLS {
            let message = format!("{} cells are more than {MOST_CELLS}", notebook.cells.len());
            return Err(Error::invalid(message).with_hint("make two notebooks"));
        }
        for (position, cell) in notebook.cells.iter().enumerate() {
            match cell {
                NotebookCell::Text { text } if text.len() > LONGEST_TEXT => {
                    let message = format!("cell {} is longer than {LONGEST_TEXT} bytes", position + 1);
                    return Err(Error::invalid(message).with_hint("split it"));
                }
                NotebookCell::Text { .. } => {}
                NotebookCell::Query { query, .. } => {
                    let queries = &self.data.queries;
                    let planned = queries.check(&ctx.project, query, &ctx.clock).await;
                    planned.map_err(|error| {
                        let hint = error.hint().unwrap_or("correct the query").to_owned();
                        Error::caused(error.code(), format!("the query of cell {}", position + 1), error)
                            .with_hint(hint)
                    })?;
                }
            }
        }
        Ok(notebook)
    }
}
