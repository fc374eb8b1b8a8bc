//! Tools made of closures.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, DynTool, Effect, Example, ToolContext, ToolOutput};
use hedgerow_data_api::{Column, Role, Table, Unit};
use hedgerow_errors::Result;
use serde_json::{Value, json};

type Running = Pin<Box<dyn Future<Output = Result<ToolOutput<Value>>> + Send>>;
type Behaviour = dyn Fn(ToolContext, Value) -> Running + Send + Sync;

/// A tool with a given effect whose run is a closure.
pub struct FakeTool {
    declaration: Declaration,
    schema: Value,
    effect: Effect,
    behaviour: Box<Behaviour>,
    runs: AtomicUsize,
}

impl FakeTool {
    /// A tool that does what the closure does.
    pub fn new<F, Fut>(name: &'static str, effect: Effect, behaviour: F) -> Arc<Self>
    where
        F: Fn(ToolContext, Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ToolOutput<Value>>> + Send + 'static,
    {
        const EXAMPLES: &[Example] = &[Example::new("Anything", "{}")];
        let declaration = Declaration {
            name: name.into(),
            title: name.into(),
            description: "A tool of the tests.".into(),
            display: Display::new("Running", "Done"),
            expected: Duration::from_millis(1),
            progress: None,
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        };
        let behaviour: Box<Behaviour> = Box::new(move |ctx, args| Box::pin(behaviour(ctx, args)));
        Arc::new(Self {
            declaration,
            schema: json!({"type": "object"}),
            effect,
            behaviour,
            runs: AtomicUsize::new(0),
        })
    }

    /// A reading tool that waits `args.ms` milliseconds and gives a table of one row with
    /// `args.events` events (no table without it), labelled `args.label`.
    pub fn counting(name: &'static str) -> Arc<Self> {
        Self::new(name, Effect::Read, |_, args| async move {
            tokio::time::sleep(Duration::from_millis(args["ms"].as_u64().unwrap_or(0))).await;
            let label = args["label"].as_str().unwrap_or("all").to_owned();
            let table = args["events"].as_u64().map(|events| counts_table(&[(&label, events)]));
            Ok(ToolOutput {
                table,
                ..ToolOutput::text(json!(null), format!("counted {label}"))
            })
        })
    }

    /// How often it ran.
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl DynTool for FakeTool {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn input_schema(&self) -> &Value {
        &self.schema
    }

    fn output_schema(&self) -> &Value {
        &self.schema
    }

    async fn effect(&self, _: &ToolContext, _: &Value) -> Result<Effect> {
        Ok(self.effect)
    }

    async fn run(&self, ctx: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        (self.behaviour)(ctx.clone(), args).await
    }
}

/// A table with a label column `name` and a measure `events`.
#[must_use]
pub fn counts_table(rows: &[(&str, u64)]) -> Table {
    let column = |name: &str, role, unit| Column {
        name: name.into(),
        title: name.into(),
        role,
        unit,
    };
    let columns = vec![
        column("name", Role::Label, Unit::None),
        column("events", Role::Measure, Unit::Events),
    ];
    let rows = rows
        .iter()
        .map(|(label, events)| vec![json!(label), json!(events)])
        .collect();
    Table {
        title: "events by name".into(),
        columns,
        rows,
        rows_cut: 0,
    }
}
