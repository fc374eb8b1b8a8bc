//! Insights: a query under a name.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Object, ObjectKind, ObjectStore, ToolContext, body_of};
use hedgerow_data_api::{Data, TrendsQuery, query_by_ids};
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dashboard::{Dashboard, Dashboards, Tile};

/// All of an insight but its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Insight {
    /// What it shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The query, as `query_trends` takes it.
    pub query: TrendsQuery,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// The kind `insight`.
pub struct Insights {
    data: Data,
    objects: Arc<dyn ObjectStore>,
}

impl Insights {
    /// The kind over engines and a store.
    #[must_use]
    pub fn new(data: Data, objects: Arc<dyn ObjectStore>) -> Self {
        Self { data, objects }
    }
}

#[async_trait]
impl ObjectKind for Insights {
    type Body = Insight;

    const KIND: &'static str = "insight";
    const NOUN: &'static str = "insight";

    /// A query that can't be planned, because it names what is not there, is refused.
    /// Actions and cohorts are kept by their ids.
    async fn settle(&self, ctx: &ToolContext, _: &str, mut insight: Insight) -> Result<Insight> {
        insight.query = query_by_ids(self.data.definitions.as_ref(), &ctx.project, insight.query).await?;
        let queries = &self.data.queries;
        queries.check(&ctx.project, &insight.query, &ctx.clock).await?;
        Ok(insight)
    }

    async fn check_deletion(&self, ctx: &ToolContext, object: &Object) -> Result<()> {
        let id = object.id.to_string();
        for dashboard in self.objects.list(&ctx.project, Some(Dashboards::KIND)).await? {
            let body: Dashboard = body_of(&dashboard)?;
            let shows = |tile: &Tile| matches!(tile, Tile::Insight { insight, .. } if *insight == id);
            if body.tiles.iter().any(shows) {
                let message = format!(
                    "the insight {:?} stands on the dashboard {:?}",
                    object.name, dashboard.name
                );
                return Err(Error::new(Code::Conflict, message).with_hint("take it off there first"));
            }
        }
        Ok(())
    }
}
