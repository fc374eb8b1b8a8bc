//! `search`: what there is for a job, by words.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use bm25::{Document, Language, SearchEngineBuilder};
use hedgerow_agent_api::{
    Declaration, Display, Effect, Example, Registry, Stage, Tool, ToolContext, ToolOutput, Views,
};
use hedgerow_data_api::{Data, Taxonomy};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json_output;
use super::phrases::names;

/// The tool's name.
const NAME: &str = "search";
/// Results of one search.
const TOP: usize = 8;
/// From this likeness on a query names a thing.
const NAMED: f64 = 0.9;

/// What to look for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArgs {
    /// A few words, e.g. `requests per browser`.
    query: String,
}

/// The best results, best first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct SearchOutput {
    /// Up to 8.
    found: Vec<Found>,
    /// How many more there are.
    more: usize,
}

/// A thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Found {
    /// What it is: tool, mode, skill, event or property.
    kind: Kind,
    /// Its name.
    name: String,
    /// One line about it.
    line: String,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A tool to call.
    Tool,
    /// A mode to enable.
    Mode,
    /// A skill to read.
    Skill,
    /// An event of the project.
    Event,
    /// A property of the project's events.
    Property,
}

/// Something that can be found, with the text by which it is.
#[derive(Clone)]
struct Entry {
    found: Found,
    text: String,
}

/// The tool.
pub(super) struct Search {
    data: Data,
    /// What is installed, as it is seen from each stage on; the project's names are added for each search.
    installed: BTreeMap<Stage, Vec<Entry>>,
}

impl Search {
    pub(super) fn new(views: &Views, data: Data) -> Self {
        let seen = |lowest| (lowest, installed(views.seen_from(lowest), |_, _| true));
        Self {
            data,
            installed: Stage::ALL.into_iter().map(seen).collect(),
        }
    }

    async fn entries(&self, ctx: &ToolContext) -> Result<Vec<Entry>> {
        let taxonomy = self.data.store.taxonomy(&ctx.project).await?;
        let mut entries = self.installed.get(&ctx.sees).cloned().unwrap_or_default();
        entries.extend(of_project(&taxonomy));
        Ok(entries)
    }
}

/// The words of a call that found nothing; none for another tool, and for a search that found something.
#[must_use]
pub fn found_nothing(tool: &str, arguments: &Value, result: &Value) -> Option<String> {
    let is_empty = result.get("found").and_then(Value::as_array).is_some_and(Vec::is_empty);
    let words = arguments.get("query").and_then(Value::as_str)?;
    (tool == NAME && is_empty).then(|| words.to_owned())
}

/// Where `search` shows a tool when somebody types a phrase, from 1; `None` where it is not among the first 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// As things are.
    pub with_phrase: Option<usize>,
    /// If the phrase were not among the tool's own: whether what the tool says of itself has to do with it.
    pub without_phrase: Option<usize>,
}

/// Ranks a tool for one of its phrases, in a project with this taxonomy.
#[must_use]
pub fn rank_of_tool(registry: &Registry, taxonomy: &Taxonomy, tool: &str, phrase: &str) -> Ranks {
    let position = |counts: bool| {
        let mut entries = installed(registry, |owner, known| counts || owner != tool || known != phrase);
        entries.extend(of_project(taxonomy));
        let found = rank(&entries, phrase);
        let at = found
            .iter()
            .take(TOP)
            .position(|found| found.kind == Kind::Tool && found.name == tool);
        at.map(|at| at + 1)
    };
    Ranks {
        with_phrase: position(true),
        without_phrase: position(false),
    }
}

/// What is installed, with those phrases of tools that count.
fn installed(registry: &Registry, counts: impl Fn(&str, &str) -> bool) -> Vec<Entry> {
    let tools = registry.tools().map(|tool| {
        let declaration = tool.declaration();
        let purposes = declaration.examples.iter().map(|example| example.purpose.to_string());
        let phrases = tool
            .phrases()
            .into_iter()
            .filter(|phrase| counts(&declaration.name, phrase));
        let more: Vec<String> = purposes.chain(phrases).collect();
        entry(
            Kind::Tool,
            &declaration.name,
            &declaration.description,
            &format!("{} {}", declaration.title, more.join(" ")),
        )
    });
    let modes = registry.modes().map(|mode| {
        let jobs = mode
            .trajectories
            .iter()
            .map(|trajectory| trajectory.job.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        entry(
            Kind::Mode,
            &mode.name,
            &mode.when,
            &format!("{} {jobs}", mode.tools.join(" ")),
        )
    });
    let skills = registry
        .skills()
        .map(|skill| entry(Kind::Skill, &skill.name, &skill.description, &skill.body));
    tools.chain(modes).chain(skills).collect()
}

/// The project's own names.
fn of_project(taxonomy: &Taxonomy) -> impl Iterator<Item = Entry> {
    let events = taxonomy.events.iter().map(|event| {
        entry(
            Kind::Event,
            &event.name,
            &format!("captured {} times", event.count),
            "event",
        )
    });
    let properties = taxonomy.properties.iter().map(|property| {
        let line = format!("{} property of {} events", property.value_type.as_str(), property.count);
        entry(Kind::Property, &property.key, &line, &property.column)
    });
    events.chain(properties)
}

fn entry(kind: Kind, name: &str, about: &str, more: &str) -> Entry {
    let line = about.split_inclusive(". ").next().unwrap_or(about).trim().to_owned();
    // Names are words joined by marks, which the index would take for one word.
    let words = name.replace(|c: char| !c.is_alphanumeric(), " ");
    let text = format!("{name} {words} {about} {}", more.replace('_', " "));
    Entry {
        found: Found {
            kind,
            name: name.to_owned(),
            line,
        },
        text,
    }
}

/// The entries that share words with the query, best first.
fn rank(entries: &[Entry], query: &str) -> Vec<Found> {
    let documents: Vec<Document<usize>> = entries
        .iter()
        .enumerate()
        .map(|(position, entry)| Document::new(position, entry.text.clone()))
        .collect();
    let engine = SearchEngineBuilder::<usize>::with_documents(Language::English, documents).build();
    let by_words: HashMap<usize, f32> = engine
        .search(query, None)
        .into_iter()
        .map(|hit| (hit.document.id, hit.score))
        .collect();
    // What the query names comes first: the index takes `$pageview` for one word, `page view` for two.
    let scored = entries.iter().enumerate().map(|(position, entry)| {
        let named = names(query, &entry.found.name);
        (
            if named < NAMED { 0.0 } else { named },
            by_words.get(&position).copied().unwrap_or(0.0),
            entry,
        )
    });
    let mut hits: Vec<_> = scored
        .filter(|(named, words, _)| *named > 0.0 || *words > 0.0)
        .collect();
    // The sort is stable: equal scores stay in the order of installation.
    hits.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    hits.into_iter().map(|(_, _, entry)| entry.found.clone()).collect()
}

#[async_trait]
impl Tool for Search {
    type Args = SearchArgs;
    type Output = SearchOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: NAME.into(),
            title: "Search".into(),
            description: "Finds tools, modes, skills, events and properties by words. Use it when you don't know what \
                there is for a job. For the values of a property use read_taxonomy."
                .into(),
            display: Display::new("Searching", "Searched"),
            expected: Duration::from_millis(50),
            progress: None,
            access: "project:read".into(),
            examples: const { &[Example::new("What counts visitors", r#"{"query": "count visitors"}"#)] }.into(),
        }
    }

    async fn effect(&self, _: &ToolContext, _: &SearchArgs) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: SearchArgs) -> Result<ToolOutput<SearchOutput>> {
        if args.query.trim().is_empty() {
            return Err(Error::invalid("the query is empty").with_hint("give a few words"));
        }
        let mut found = rank(&self.entries(ctx).await?, &args.query);
        let more = found.len().saturating_sub(TOP);
        found.truncate(TOP);
        json_output(SearchOutput { found, more })
    }
}
