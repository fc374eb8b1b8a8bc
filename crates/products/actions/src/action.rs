//! Actions: events with conditions, under a name.

use async_trait::async_trait;
use hedgerow_agent_api::{ObjectKind, ToolContext};
use hedgerow_data_api::{Data, DateRange, EventsNode, FilterGroup, TrendsQuery};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most steps: as many series as a query may have.
const MOST_STEPS: usize = 26;

/// All of an action but its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An event counts where one of these fits.
    pub steps: Vec<ActionStep>,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One way in which the action happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionStep {
    /// The event's name; any event when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Conditions on the event: a list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub properties: FilterGroup,
}

/// The kind `action`.
pub struct Actions {
    data: Data,
}

impl Actions {
    /// The kind over engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl ObjectKind for Actions {
    type Body = Action;

    const KIND: &'static str = "action";
    const NOUN: &'static str = "action";

    /// Steps that name an event, property or value that is not there are refused, as a query would be.
    async fn settle(&self, ctx: &ToolContext, _: &str, action: Action) -> Result<Action> {
        if action.steps.is_empty() || action.steps.len() > MOST_STEPS {
            return Err(Error::invalid(format!(
                "an action has 1 to {MOST_STEPS} steps, not {}",
                action.steps.len()
            )));
        }
        if let Some(empty) = action.steps.iter().position(ActionStep::is_everything) {
            let message = format!("step {} fits every event", empty + 1);
            return Err(Error::invalid(message).with_hint("name an event, or a condition"));
        }
        let series = action.steps.iter().map(|step| EventsNode {
            event: step.event.clone(),
            properties: step.properties.clone(),
            ..EventsNode::default()
        });
        let query = TrendsQuery {
            kind: hedgerow_data_api::TrendsQueryKind::default(),
            series: series.collect(),
            interval: hedgerow_data_api::Interval::default(),
            date_range: DateRange {
                date_from: Some("all".to_owned()),
                ..DateRange::default()
            },
            properties: FilterGroup::default(),
            breakdown_filter: None,
            trends_filter: hedgerow_data_api::TrendsFilter::default(),
        };
        let queries = &self.data.queries;
        queries.check(&ctx.project, &query, &ctx.clock).await?;
        Ok(action)
    }
}

impl ActionStep {
    fn is_everything(&self) -> bool {
        self.event.is_none() && self.properties.is_empty()
    }
}
