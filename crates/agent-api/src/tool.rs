//! A tool: one declaration with typed arguments and result, from which every surface derives.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_data_api::{Clock, Progress, Provenance, Table, Warning};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effect::Effect;
use crate::object::ObjectChange;
use crate::policy::Surface;
use crate::principal::Principal;
use crate::run::{Question, TodoItem};
use crate::stage::Stage;

/// What a tool says of itself, beside its types.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The name: `snake_case`, verb first.
    pub name: Cow<'static, str>,
    /// The name for people.
    pub title: Cow<'static, str>,
    /// What it does and when to use it; a short card, for models and people.
    pub description: Cow<'static, str>,
    /// The status lines of the UI.
    pub display: Display,
    /// How long a call usually takes; a surface shows progress beyond 2 seconds.
    pub expected: Duration,
    /// What the progress of a call counts, e.g. `rows read`; absent for a tool that reports none.
    pub progress: Option<Cow<'static, str>>,
    /// The right a caller needs, `resource:level`, e.g. `query:read`.
    pub access: Cow<'static, str>,
    /// Calls that validate; the first is shown in help.
    pub examples: Cow<'static, [Example]>,
}

/// Live status texts.
#[derive(Debug, Clone)]
pub struct Display {
    /// While running: `Counting page views`.
    pub running: Cow<'static, str>,
    /// When done: `Counted page views`.
    pub done: Cow<'static, str>,
    /// How a result is shown by a page that has no part for the tool; the page decides where it is absent.
    pub result: Option<ResultView>,
}

/// A way to show a result that needs no part of the page of the product's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultView {
    /// Rows and columns.
    Table,
    /// The first measure of the first row, large.
    Number,
    /// The measures over the first label.
    Chart,
    /// Names with values.
    Fields,
    /// The text as it is.
    Text,
}

impl ResultView {
    /// All of them, by the names that files have for them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("table", Self::Table),
        ("number", Self::Number),
        ("chart", Self::Chart),
        ("fields", Self::Fields),
        ("text", Self::Text),
    ];

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, view)| *view)
    }
}

impl Display {
    /// Texts that are known when the program is built.
    #[must_use]
    pub const fn new(running: &'static str, done: &'static str) -> Self {
        Self {
            running: Cow::Borrowed(running),
            done: Cow::Borrowed(done),
            result: None,
        }
    }
}

/// An example call.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it is for.
    pub purpose: Cow<'static, str>,
    /// The arguments as JSON text.
    pub arguments: Cow<'static, str>,
}

impl Example {
    /// A call that is known when the program is built.
    #[must_use]
    pub const fn new(purpose: &'static str, arguments: &'static str) -> Self {
        Self {
            purpose: Cow::Borrowed(purpose),
            arguments: Cow::Borrowed(arguments),
        }
    }
}

/// What a call knows of its surroundings.
#[derive(Clone)]
pub struct ToolContext {
    /// The project it is about.
    pub project: ProjectId,
    /// The injected clock.
    pub clock: Clock,
    /// Where the call comes from.
    pub surface: Surface,
    /// Who calls. The tool's own access was checked before; what a tool reads beyond that is for it to check.
    pub principal: Principal,
    /// The lowest stage of the products that whoever calls sees in the project.
    pub sees: Stage,
    /// Takes progress.
    pub progress: Progress,
}

/// What a call gives back.
#[derive(Debug, Clone)]
pub struct ToolOutput<T> {
    /// The typed result.
    pub result: T,
    /// The result as the model reads it. Text from the data is data there, too.
    pub content: String,
    /// The numbers as a table that figures can refer to.
    pub table: Option<Table>,
    /// How the numbers came to be.
    pub provenance: Option<Provenance>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// What the call asks the loop to do.
    pub control: Vec<Control>,
    /// Changes of objects, which whoever made the call commits together with recording its end.
    pub changes: Vec<ObjectChange>,
}

impl<T> ToolOutput<T> {
    /// A result without numbers.
    pub fn text(result: T, content: impl Into<String>) -> Self {
        let (table, provenance) = (None, None);
        Self {
            result,
            content: content.into(),
            table,
            provenance,
            warnings: Vec::new(),
            control: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// The same with the numbers of a query: their table, how they came to be, and what a reader must know.
    #[must_use]
    pub fn with_table(self, table: Table, provenance: Provenance, warnings: Vec<Warning>) -> Self {
        Self {
            table: Some(table),
            provenance: Some(provenance),
            warnings,
            ..self
        }
    }

    /// The same with its result as JSON, for a tool of this name.
    pub fn erased(self, name: &str) -> Result<ToolOutput<Value>>
    where
        T: Serialize,
    {
        let result = serde_json::to_value(self.result)
            .map_err(|error| Error::internal(format!("result of {name} is not JSON: {error}")))?;
        Ok(ToolOutput {
            result,
            content: self.content,
            table: self.table,
            provenance: self.provenance,
            warnings: self.warnings,
            control: self.control,
            changes: self.changes,
        })
    }

    /// Asks the loop for something.
    #[must_use]
    pub fn with_control(mut self, control: Control) -> Self {
        self.control.push(control);
        self
    }
}

/// What a tool may ask of the loop.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Turn a mode on.
    EnableMode(String),
    /// Replace the to-do list.
    SetTodo(Vec<TodoItem>),
    /// End the run with a question to the user.
    Ask(Question),
}

/// A tool. It computes its effect from the validated arguments; nobody guesses it from the name.
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    /// The arguments; `deny_unknown_fields`, every field described.
    type Args: DeserializeOwned + JsonSchema + Send + Sync;
    /// The result.
    type Output: Serialize + JsonSchema + Send;

    /// What the tool says of itself.
    fn declaration(&self) -> Declaration;

    /// What people would type to find it; `search` goes by it.
    fn phrases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What this call would do.
    async fn effect(&self, ctx: &ToolContext, args: &Self::Args) -> Result<Effect>;

    /// Runs the call.
    async fn run(&self, ctx: &ToolContext, args: Self::Args) -> Result<ToolOutput<Self::Output>>;
}

/// A tool whose types are erased: what registries hold and surfaces call.
#[async_trait]
pub trait DynTool: Send + Sync {
    /// What the tool says of itself.
    fn declaration(&self) -> &Declaration;
    /// What people would type to find it; `search` goes by it.
    fn phrases(&self) -> Vec<String> {
        Vec::new()
    }
    /// JSON Schema of the arguments.
    fn input_schema(&self) -> &Value;
    /// JSON Schema of the result.
    fn output_schema(&self) -> &Value;
    /// Whether a run of it changes nothing by itself: what it does is in [`ToolOutput::changes`], and happens
    /// with the record of its end or not at all. Such a call can be made again after a crash.
    fn only_plans(&self) -> bool {
        false
    }
    /// Validates arguments and says what the call would do.
    async fn effect(&self, ctx: &ToolContext, args: &Value) -> Result<Effect>;
    /// Validates arguments and says which objects the call would change, and how. Changes nothing.
    async fn preview(&self, _ctx: &ToolContext, _args: &Value) -> Result<CallPreview> {
        Ok(CallPreview::default())
    }
    /// Validates arguments and runs the call.
    async fn run(&self, ctx: &ToolContext, args: Value) -> Result<ToolOutput<Value>>;
}

/// What a call would do to objects, before it is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallPreview {
    /// The changes of objects.
    pub changes: Vec<ObjectChange>,
    /// What whoever agrees to them must know.
    pub warnings: Vec<Warning>,
}

/// Erases a tool's types.
pub fn erase<T: Tool>(tool: T) -> Arc<dyn DynTool> {
    let declaration = tool.declaration();
    let input_schema = schemars::schema_for!(T::Args).to_value();
    // Results are written, not read, so what serde leaves out or renames on writing counts.
    let writing = SchemaSettings::draft2020_12().for_serialize();
    let output_schema = writing.into_generator().into_root_schema_for::<T::Output>().to_value();
    Arc::new(Erased {
        tool,
        declaration,
        input_schema,
        output_schema,
        types: PhantomData,
    })
}

struct Erased<T: Tool> {
    tool: T,
    declaration: Declaration,
    input_schema: Value,
    output_schema: Value,
    types: PhantomData<fn() -> T::Args>,
}

/// Reads a call's arguments. One without arguments is the empty object, as models send both.
pub(crate) fn parse_arguments<A: DeserializeOwned>(declaration: &Declaration, args: &Value) -> Result<A> {
    let args = if args.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        args.clone()
    };
    serde_json::from_value(args).map_err(|error| {
        let name = &declaration.name;
        let example = declaration.examples.first();
        let example = example.map_or("{}", |example| example.arguments.as_ref());
        Error::invalid(format!("arguments of {name} are not valid: {error}"))
            .with_hint(format!("for example {example}"))
    })
}

#[async_trait]
impl<T: Tool> DynTool for Erased<T> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn phrases(&self) -> Vec<String> {
        self.tool.phrases().iter().map(|phrase| (*phrase).to_owned()).collect()
    }

    fn input_schema(&self) -> &Value {
        &self.input_schema
    }

    fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    async fn effect(&self, ctx: &ToolContext, args: &Value) -> Result<Effect> {
        self.tool.effect(ctx, &parse_arguments(&self.declaration, args)?).await
    }

    async fn run(&self, ctx: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        let output = self.tool.run(ctx, parse_arguments(&self.declaration, &args)?).await?;
        output.erased(&self.declaration.name)
    }
}
