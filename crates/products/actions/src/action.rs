//! Actions: events with conditions, under a name.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Object, ObjectKind, ObjectStore, ToolContext, refuse_while_used};
use hedgerow_data_api::{
    ActionDefinition, ActionStep, Data, DateRange, EventsNode, FilterGroup, TrendsQuery, filters_by_ids,
};
use hedgerow_errors::{Error, Result};

/// The most steps: as many series as a query may have.
const MOST_STEPS: usize = 26;

/// The kind `action`.
pub struct Actions {
    data: Data,
    objects: Arc<dyn ObjectStore>,
}

impl Actions {
    /// The kind over engines and a store.
    #[must_use]
    pub fn new(data: Data, objects: Arc<dyn ObjectStore>) -> Self {
        Self { data, objects }
    }
}

#[async_trait]
impl ObjectKind for Actions {
    type Body = ActionDefinition;

    const KIND: &'static str = "action";
    const NOUN: &'static str = "action";

    /// Steps that name an event, property or value that is not there are refused, as a query would be. Cohorts are
    /// kept by their ids.
    async fn settle(&self, ctx: &ToolContext, _: &str, mut action: ActionDefinition) -> Result<ActionDefinition> {
        if action.steps.is_empty() || action.steps.len() > MOST_STEPS {
            return Err(Error::invalid(format!(
                "an action has 1 to {MOST_STEPS} steps, not {}",
                action.steps.len()
            )));
        }
        if let Some(empty) = action.steps.iter().position(is_everything) {
            let message = format!("step {} fits every event", empty + 1);
            return Err(Error::invalid(message).with_hint("name an event, or a condition"));
        }
        for step in &mut action.steps {
            let own = std::mem::take(&mut step.properties);
            step.properties = filters_by_ids(self.data.definitions.as_ref(), &ctx.project, own).await?;
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
            filter_test_accounts: false,
            modifiers: hedgerow_data_api::QueryModifiers::default(),
            breakdown_filter: None,
            compare_filter: None,
            trends_filter: hedgerow_data_api::TrendsFilter::default(),
        };
        let queries = &self.data.queries;
        queries.check(&ctx.project, &query, &ctx.clock).await?;
        Ok(action)
    }

    async fn check_deletion(&self, ctx: &ToolContext, object: &Object) -> Result<()> {
        refuse_while_used(self.objects.as_ref(), &ctx.project, object).await
    }
}

/// Whether every event fits to a step.
fn is_everything(step: &ActionStep) -> bool {
    step.event.is_none() && step.properties.is_empty()
}
