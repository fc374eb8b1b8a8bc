//! `count_starter_events`: all events by week.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput, sql_output};
use hedgerow_data_api::{Data, SqlQuery, SqlResponse};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;

const QUERY: &str = "SELECT date_trunc('week', timestamp) AS week, count(*) AS events
FROM events
WHERE timestamp >= date_trunc('day', now()) - CAST($days || ' days' AS INTERVAL)
  AND timestamp < date_trunc('day', now())
GROUP BY 1
ORDER BY 1";

/// What to count.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountEventsArgs {
    /// How many full days before today are counted, 1 to 365; 28 when absent.
    #[serde(default = "four_weeks")]
    days: u32,
}

fn four_weeks() -> u32 {
    28
}

/// The tool.
pub struct CountStarterEvents {
    data: Data,
}

impl CountStarterEvents {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for CountStarterEvents {
    type Args = CountEventsArgs;
    type Output = SqlResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "count_starter_events".into(),
            title: "Count events by week".into(),
            description: "Counts all events by week over the last days. Use it for questions about how busy the weeks \
                were; for single events or people use query_trends."
                .into(),
            display: Display::new("Counting events by week", "Counted events by week"),
            expected: Duration::from_millis(300),
            progress: None,
            access: "query:read".into(),
            examples: const { &[Example::new("Events of the last four weeks by week", r#"{"days": 28}"#)] }.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &["count events by week", "how busy were the last weeks"]
    }

    async fn effect(&self, _: &ToolContext, args: &CountEventsArgs) -> Result<Effect> {
        if !(1..=365).contains(&args.days) {
            return Err(Error::invalid(format!("days takes 1 to 365, not {}", args.days)));
        }
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: CountEventsArgs) -> Result<ToolOutput<SqlResponse>> {
        let query = SqlQuery {
            query: QUERY.to_owned(),
            parameters: Map::from_iter([("days".to_owned(), args.days.into())]),
            ..SqlQuery::default()
        };
        let queries = &self.data.queries;
        let response = queries.sql(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        Ok(sql_output(response, "Events by week", "SQL of the tool"))
    }
}

#[cfg(test)]
mod tests {
    use hedgerow_agent_api::{Principal, Stage, Surface};
    use hedgerow_data_api::{Clock, Progress};
    use hedgerow_testkit::FakeStore;

    use super::*;

    #[tokio::test]
    async fn days_out_of_bounds_are_refused() {
        let tool = CountStarterEvents::new(FakeStore::new("notes").data());
        let ctx = ToolContext {
            project: "notes".parse().unwrap(),
            clock: Clock::fixed("2026-07-01T00:00:00Z".parse().unwrap()),
            surface: Surface::Cli,
            principal: Principal::local(),
            sees: Stage::Idea,
            progress: Progress::ignore(),
        };
        for (days, taken) in [(0, false), (1, true), (365, true), (366, false)] {
            let effect = tool.effect(&ctx, &CountEventsArgs { days }).await;
            assert_eq!(effect.is_ok(), taken, "{days}");
        }
    }
}
