//! `search`: what there is for a job, by words.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bm25::{DefaultTokenizer, Document, Language, SearchEngineBuilder, Tokenizer as _};
use hedgerow_agent_api::{
    Access, Declaration, Display, Effect, Example, Object, ObjectStore, Registry, Stage, Tool, ToolContext, ToolOutput,
    Views,
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
/// Letters of an object's own texts that count.
const OBJECT_TEXT: usize = 2_000;

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
    /// What it is.
    kind: Kind,
    /// Its name.
    name: String,
    /// One line about it.
    line: String,
    /// An object's kind, e.g. `feature_flag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    /// An object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
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
    /// A product's documentation to read.
    Doc,
    /// An event of the project.
    Event,
    /// A property of the project's events.
    Property,
    /// What somebody made in the project: a feature flag, an insight, ...
    Object,
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
    objects: Arc<dyn ObjectStore>,
    /// What is installed, as it is seen from each stage on; the project's names are added for each search.
    installed: BTreeMap<Stage, Vec<Entry>>,
}

impl Search {
    pub(super) fn new(views: &Views, data: Data, objects: Arc<dyn ObjectStore>) -> Self {
        let seen = |lowest| (lowest, installed(views.seen_from(lowest), |_, _| true));
        Self {
            data,
            objects,
            installed: Stage::ALL.into_iter().map(seen).collect(),
        }
    }

    async fn entries(&self, ctx: &ToolContext) -> Result<Vec<Entry>> {
        let taxonomy = self.data.store.taxonomy(&ctx.project).await?;
        let mut entries = self.installed.get(&ctx.sees).cloned().unwrap_or_default();
        entries.extend(of_project(&taxonomy));
        let objects = self.objects.list(&ctx.project, None).await?;
        let visible = |object: &&Object| ctx.principal.may(&Access::read_kind(&object.kind), &ctx.project);
        entries.extend(objects.iter().filter(visible).map(of_object));
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

/// How one of a tool's phrases leads to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhraseFit {
    /// Where `search` shows the tool when somebody types the phrase, from 1; `None` where it is not among the first 8.
    /// What leads to the tool is not counted: the mode, the skill and the documentation of its product, and the names of
    /// the project's events and properties.
    pub rank: Option<usize>,
    /// The share of the phrase's words that stand in what the tool says of itself elsewhere, from 0 to 1.
    pub own_words: f64,
}

/// How a phrase leads to the tool that gives it, in a project with this taxonomy.
#[must_use]
pub fn fit_of_phrase(registry: &Registry, taxonomy: &Taxonomy, tool: &str, phrase: &str) -> PhraseFit {
    let is_tool = |found: &Found| found.kind == Kind::Tool && found.name == tool;
    let mut entries = installed(registry, |_, _| true);
    entries.extend(of_project(taxonomy));
    let mut products = registry
        .products()
        .filter_map(|product| Some((product, registry.parts_of(&product.name).ok()?)));
    let own = products.find(|(_, parts)| parts.tools.iter().any(|known| known == tool));
    let leads_to_it = |found: &Found| match (found.kind, own) {
        (Kind::Event | Kind::Property, _) => true,
        (Kind::Mode, Some((_, parts))) => parts.modes.contains(&found.name),
        (Kind::Skill, Some((_, parts))) => parts.skills.contains(&found.name),
        (Kind::Doc, Some((product, _))) => product.name == found.name,
        _ => false,
    };
    let ranked = rank(&entries, phrase).into_iter();
    let mut found = ranked.filter(|found| !leads_to_it(found)).take(TOP);
    let without_it = installed(registry, |owner, known| owner != tool || known != phrase);
    let own = without_it.iter().find(|entry| is_tool(&entry.found));
    PhraseFit {
        rank: found.position(|found| is_tool(&found)).map(|at| at + 1),
        own_words: own.map_or(0.0, |own| share_of_words(phrase, &own.text)),
    }
}

/// The share of the words of a phrase that stand in a text, in whatever form.
fn share_of_words(phrase: &str, text: &str) -> f64 {
    let tokenizer = DefaultTokenizer::new(Language::English);
    let known: HashSet<String> = tokenizer.tokenize(text).into_iter().collect();
    let mut words = tokenizer.tokenize(phrase);
    // "per" is the "by" that the tokenizer drops, and numbers are examples.
    words.retain(|word| word != "per" && !word.contains(|letter: char| letter.is_ascii_digit()));
    let shared = words.iter().filter(|word| known.contains(*word)).count();
    if words.is_empty() {
        return 0.0;
    }
    shared as f64 / words.len() as f64
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
    let docs = registry.products().filter_map(|product| {
        let text = registry.doc(&product.name)?;
        let about = format!("{}: {}", product.title, first_paragraph(text));
        // Its headings only: a long text would be found for every word.
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        Some(entry(Kind::Doc, &product.name, &about, &headings.join(" ")))
    });
    tools.chain(modes).chain(skills).chain(docs).collect()
}

/// The text before the first blank line after the heading, on one line.
fn first_paragraph(text: &str) -> String {
    let body = text
        .trim_start()
        .lines()
        .skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    let lines: Vec<&str> = body.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    lines.join(" ")
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

/// Something that somebody made, by its name and the texts in it.
fn of_object(object: &Object) -> Entry {
    let kind = object.kind.replace('_', " ");
    let description = object
        .body
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let line = if description.is_empty() {
        kind
    } else {
        format!("{kind}: {description}")
    };
    let mut words = String::new();
    texts_in(&object.body, &mut words);
    let entry = entry(Kind::Object, &object.name, &line, &words);
    Entry {
        found: Found {
            of: Some(object.kind.clone()),
            id: Some(object.id.to_string()),
            ..entry.found
        },
        ..entry
    }
}

/// Gathers the texts of a body, up to a length.
fn texts_in(body: &Value, words: &mut String) {
    match body {
        _ if words.len() > OBJECT_TEXT => {}
        Value::String(text) => {
            words.extend(text.chars().take(OBJECT_TEXT));
            words.push(' ');
        }
        Value::Array(values) => values.iter().for_each(|value| texts_in(value, words)),
        Value::Object(fields) => fields.values().for_each(|value| texts_in(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
            of: None,
            id: None,
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
        // A product's documentation has the name of its mode, which says more.
        let named = match entry.found.kind {
            Kind::Doc => 0.0,
            _ => names(query, &entry.found.name),
        };
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
            description: "Finds by words: tools, modes, skills, docs, events, properties, and objects that people and \
                agents made. Use it when you don't know what there is for a job. read_data reads skills, docs and \
                objects whole; for the values of a property use read_taxonomy."
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
