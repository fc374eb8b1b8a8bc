//! `tools/<tool>.toml`: what a tool says of itself.

use std::collections::BTreeMap;
use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Effect, Example, ResultView};
use hedgerow_errors::{Code, Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::parameter::Parameter;

/// A tool as its file has it. Everything is optional here, so that a check can name all that is missing;
/// [`ToolFile::declaration`] insists.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ToolFile {
    /// The name: `snake_case`, verb first; the file's.
    pub name: Option<String>,
    /// The name for people.
    pub title: Option<String>,
    /// What it does and when to use it.
    pub description: Option<String>,
    /// The right a caller needs, `resource:level`.
    pub access: Option<String>,
    /// What a call does to the world.
    pub effect: Option<Effect>,
    /// How long a call usually takes: `300ms`, `3s`, `2min`.
    pub expected: Option<String>,
    /// What the progress counts.
    pub progress: Option<String>,
    /// What people would type to find it.
    pub phrases: Vec<String>,
    /// Status lines, and how the result is shown.
    pub display: Option<StatusTexts>,
    /// The parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Calls that work.
    pub examples: Vec<ExampleCall>,
    /// The statement of a tool that runs SQL.
    pub sql: Option<Sql>,
    /// The operation of a tool that asks a system outside.
    pub http: Option<Http>,
    /// The tool of another system's server.
    pub mcp: Option<Mcp>,
}

/// The status lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusTexts {
    /// While running.
    pub running: Option<String>,
    /// When done.
    pub done: Option<String>,
    /// How the result is shown: the name of a [`ResultView`].
    pub result: Option<String>,
}

/// An example call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleCall {
    /// What it is for.
    pub purpose: String,
    /// The arguments.
    #[serde(default)]
    pub arguments: serde_json::Map<String, Value>,
    /// What the system outside answered to it: with this the call is rehearsed, and the system never asked.
    #[serde(default)]
    pub reply: Option<Value>,
}

/// What a SQL tool runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// One SELECT; `$name` stands for a parameter's value.
    pub query: String,
    /// Rows to return at most.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// What an HTTP tool sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The OpenAPI document, by its path in the product's folder.
    pub document: String,
    /// The `operationId`.
    pub operation: String,
    /// Headers to send; `${secret:NAME}` stands for a secret.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
}

/// What a tool calls on a server of the Model Context Protocol.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// The server's address.
    #[serde(default)]
    pub server: Option<String>,
    /// The tool's name there.
    pub tool: String,
    /// What the server said of the tool when it was reviewed, by its path in the product's folder.
    pub schema: String,
    /// Headers to send; `${secret:NAME}` stands for a secret.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
    /// A program to start, as other clients' files have it. It is known so that it can be refused by name.
    #[serde(default)]
    pub command: Option<toml::Value>,
    /// The program's arguments.
    #[serde(default)]
    pub args: Option<toml::Value>,
}

impl ToolFile {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::caused(Code::InvalidArgument, "it can't be read", error))
    }

    /// What the registry is told of the tool.
    pub fn declaration(&self) -> Result<Declaration> {
        let display = self.display.clone().unwrap_or_default();
        let examples = self.examples.iter().map(|example| Example {
            purpose: example.purpose.clone().into(),
            arguments: Value::Object(example.arguments.clone()).to_string().into(),
        });
        Ok(Declaration {
            name: wanted("name", &self.name)?.into(),
            title: wanted("title", &self.title)?.into(),
            description: wanted("description", &self.description)?.into(),
            display: Display {
                running: wanted("display.running", &display.running)?.into(),
                done: wanted("display.done", &display.done)?.into(),
                result: display.result.as_deref().map(view).transpose()?,
            },
            expected: duration(&wanted("expected", &self.expected)?)?,
            progress: self.progress.clone().map(Into::into),
            access: wanted("access", &self.access)?.into(),
            examples: examples.collect::<Vec<_>>().into(),
        })
    }
}

fn view(name: &str) -> Result<ResultView> {
    let known = ResultView::ALL.iter().map(|(name, _)| *name);
    ResultView::named(name).ok_or_else(|| Error::unknown("way to show a result", name, known))
}

fn wanted(field: &str, value: &Option<String>) -> Result<String> {
    value
        .clone()
        .ok_or_else(|| Error::invalid(format!("it lacks `{field}`")))
}

/// A time such as `300ms`, `3s` or `2min`.
pub fn duration(text: &str) -> Result<Duration> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: Option<u64> = number.parse().ok();
    match (number, unit) {
        (Some(number), "ms") => Ok(Duration::from_millis(number)),
        (Some(number), "s") => Ok(Duration::from_secs(number)),
        (Some(number), "min") => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err(Error::invalid(format!("{text:?} is no time")).with_hint("write 300ms, 3s or 2min")),
    }
}
