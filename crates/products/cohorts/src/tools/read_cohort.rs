//! `read_cohort`: how many persons are in a cohort now, and the first of them.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tainted, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{CohortMembers, Data};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cohort::size;

const EXAMPLES: &[Example] = &[Example::new("How many people are in one", r#"{"cohort": "Testers"}"#)];

/// The most persons that are named.
const MOST_NAMED: u32 = 100;

/// Which cohort.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Its name or id.
    cohort: String,
    /// How many persons to name, 0 to 100; 10 when absent.
    #[serde(default)]
    limit: Option<u32>,
}

/// Who is in it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReadCohortOutput {
    /// Its name.
    pub name: String,
    /// How many times it was written, from 1.
    pub version: u64,
    /// Who is in it.
    #[serde(flatten)]
    pub members: CohortMembers,
}

/// The tool.
pub struct ReadCohort {
    data: Data,
}

impl ReadCohort {
    /// The tool over engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for ReadCohort {
    type Args = Arguments;
    type Output = ReadCohortOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "read_cohort".into(),
            title: "Read a cohort".into(),
            description: "Says how many people are in a cohort now, by the rules by which queries filter by it, and names the first of them."
                .into(),
            display: Display::new("Reading a cohort", "Read a cohort"),
            expected: Duration::from_millis(200),
            progress: None,
            access: "cohort:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &["size of a cohort", "read a cohort"]
    }

    async fn effect(&self, _: &ToolContext, _: &Arguments) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: Arguments) -> Result<ToolOutput<ReadCohortOutput>> {
        let limit = args.limit.unwrap_or(10);
        if limit > MOST_NAMED {
            return Err(Error::invalid(format!(
                "a limit of {limit} persons is more than {MOST_NAMED}"
            )));
        }
        let cohort = self.data.definitions.cohort(&ctx.project, &args.cohort).await?;
        let queries = &self.data.queries;
        let members = queries
            .cohort(&ctx.project, &cohort.body, limit as usize, &ctx.clock)
            .await?;
        let (said, table) = size(&cohort.name, &cohort.body, &members);
        let result = ReadCohortOutput {
            name: cohort.name,
            version: cohort.version,
            members,
        };
        let persons = serde_json::to_string(&result.members.first)
            .map_err(|error| Error::internal(format!("persons are not JSON: {error}")))?;
        let content = format!("{}\n{}\n{said}\n{persons}", table.title, table.preview(1));
        Ok(ToolOutput {
            table: Some(table),
            ..ToolOutput::text(result, Tainted::new(content).fenced())
        })
    }
}
