//! Dashboards: pages of insights and texts.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{ObjectKind, ObjectStore, ToolContext};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ObjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most tiles of one page.
const MOST_TILES: usize = 100;

/// All of a dashboard but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// What it shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What stands on it, from the top.
    #[serde(default)]
    pub tiles: Vec<Tile>,
    /// Whether it stands above others in lists.
    #[serde(default)]
    pub pinned: bool,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One piece of a dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tile {
    /// An insight with its current numbers.
    Insight {
        /// Its id; a name is replaced by the id.
        insight: String,
        /// Whether it takes the whole width.
        #[serde(default)]
        wide: bool,
    },
    /// A text.
    Text {
        /// Markdown.
        text: String,
    },
}

/// The kind `dashboard`.
pub struct Dashboards {
    objects: Arc<dyn ObjectStore>,
}

impl Dashboards {
    /// The kind over a store.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects }
    }
}

#[async_trait]
impl ObjectKind for Dashboards {
    type Body = Dashboard;

    const KIND: &'static str = "dashboard";
    const NOUN: &'static str = "dashboard";

    /// Insights are kept by their ids, so that renaming one changes no dashboard.
    async fn settle(&self, ctx: &ToolContext, _: &str, mut dashboard: Dashboard) -> Result<Dashboard> {
        if dashboard.tiles.len() > MOST_TILES {
            return Err(Error::invalid(format!(
                "{} tiles are more than {MOST_TILES}",
                dashboard.tiles.len()
            )));
        }
        for tile in &mut dashboard.tiles {
            if let Tile::Insight { insight, .. } = tile {
                let object = match insight.parse::<ObjectId>() {
                    Ok(id) => self.objects.get(&ctx.project, id).await?,
                    Err(_) => self.objects.named(&ctx.project, "insight", insight).await?,
                };
                if object.kind != "insight" {
                    return Err(Error::invalid(format!(
                        "{insight} is a {}, not an insight",
                        object.kind
                    )));
                }
                *insight = object.id.to_string();
            }
        }
        Ok(dashboard)
    }
}
