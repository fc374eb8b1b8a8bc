//! A tool that runs a SELECT with typed parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, DynTool, Effect, ToolContext, ToolOutput, sql_output};
use hedgerow_data_api::{Data, SqlQuery, SqlResponse};
use hedgerow_errors::{Error, Result};
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::arguments;
use crate::parameter::Parameter;
use crate::tool_file::{Sql, ToolFile};

pub(crate) struct SqlTool {
    declaration: Declaration,
    phrases: Vec<String>,
    parameters: BTreeMap<String, Parameter>,
    input_schema: Value,
    output_schema: Value,
    query: String,
    limit: Option<u32>,
    data: Data,
}

impl SqlTool {
    pub(crate) fn of(file: &ToolFile, sql: &Sql, data: Data) -> Result<Arc<dyn DynTool>> {
        match file.effect {
            Some(Effect::Read) => {}
            Some(_) => return Err(Error::invalid("SQL only reads: its effect is `read`")),
            None => return Err(Error::invalid("it lacks `effect`")),
        }
        let writing = SchemaSettings::draft2020_12().for_serialize();
        Ok(Arc::new(Self {
            declaration: file.declaration()?,
            phrases: file.phrases.clone(),
            input_schema: arguments::schema(&file.parameters),
            output_schema: writing
                .into_generator()
                .into_root_schema_for::<SqlResponse>()
                .to_value(),
            parameters: file.parameters.clone(),
            query: sql.query.clone(),
            limit: sql.limit,
            data,
        }))
    }

    fn complete(&self, args: &Value) -> Result<serde_json::Map<String, Value>> {
        let example = self.declaration.examples.first();
        let example = example.map_or("{}", |example| example.arguments.as_ref());
        arguments::complete_for(&self.declaration.name, example, &self.parameters, args)
    }
}

#[async_trait]
impl DynTool for SqlTool {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn phrases(&self) -> Vec<String> {
        self.phrases.clone()
    }

    fn input_schema(&self) -> &Value {
        &self.input_schema
    }

    fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    async fn effect(&self, _: &ToolContext, args: &Value) -> Result<Effect> {
        self.complete(args)?;
        // The engine refuses everything but one SELECT before it plans.
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        let query = SqlQuery {
            query: self.query.clone(),
            limit: self.limit,
            parameters: self.complete(&args)?,
        };
        let response = self
            .data
            .queries
            .sql(&ctx.project, &query, &ctx.clock, &ctx.progress)
            .await?;
        let note = "SQL of the tool, with the arguments as values";
        sql_output(response, &self.declaration.title, note).erased(&self.declaration.name)
    }
}
