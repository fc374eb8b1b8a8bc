//! The gate: whether a product meets the bar that a platform team would apply in review.
//!
//! Each check looks at one thing and says in which file something is wrong and what to do. What can be read is
//! read first; then the product is put together beside the others in a project of the gate's own, where its
//! examples, rehearsals, questions, phrases and suggestions are run. Systems outside are never asked: their answers
//! are those that the examples recorded. A product passes when nothing is found.

mod budget;
mod built_in;
mod discovery;
mod evals;
mod events;
mod examples;
mod http;
mod manifest;
mod mcp;
mod names;
mod references;
mod rehearsals;
mod secrets;
mod sql_text;
mod stage;
mod texts;
mod tools;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hedgerow_agent_api::{Access, Product, Resource};
use hedgerow_declared::{Files, ToolFile};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// `product.toml`: owner, contact, stage, fields that exist, the folder's name.
    Manifest,
    /// snake_case, verb first, length; the file named like what is in it.
    Names,
    /// Descriptions, status lines and routing text are there and say something.
    Texts,
    /// Tokens of each card, prompt, trajectory and skill.
    Budget,
    /// Every parameter described, closed sets closed, defaults that fit.
    Fields,
    /// Calls that validate and run.
    Examples,
    /// Declared, and what the tool really does.
    Effects,
    /// A right that exists and suffices.
    Access,
    /// Every tool, mode, event, property and operation that a text names exists.
    References,
    /// Steps that name tools, and a rehearsal that runs.
    Trajectories,
    /// There, with expected results, able to fail, and over their threshold.
    Evals,
    /// A way to show the result.
    Display,
    /// What takes longer than two seconds says how far it is.
    Progress,
    /// What people would type finds it.
    Discovery,
    /// What the product offers to ask can be asked.
    Suggestions,
    /// No secret in a file.
    Secrets,
    /// Only listed hosts, no private addresses.
    Egress,
    /// The page exists.
    Docs,
}

impl Check {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::Manifest,
        Self::Names,
        Self::Texts,
        Self::Budget,
        Self::Fields,
        Self::Examples,
        Self::Effects,
        Self::Access,
        Self::References,
        Self::Trajectories,
        Self::Evals,
        Self::Display,
        Self::Progress,
        Self::Discovery,
        Self::Suggestions,
        Self::Secrets,
        Self::Egress,
        Self::Docs,
    ];

    /// The name on the wire and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Names => "names",
            Self::Texts => "texts",
            Self::Budget => "budget",
            Self::Fields => "fields",
            Self::Examples => "examples",
            Self::Effects => "effects",
            Self::Access => "access",
            Self::References => "references",
            Self::Trajectories => "trajectories",
            Self::Evals => "evals",
            Self::Display => "display",
            Self::Progress => "progress",
            Self::Discovery => "discovery",
            Self::Suggestions => "suggestions",
            Self::Secrets => "secrets",
            Self::Egress => "egress",
            Self::Docs => "docs",
        }
    }
}

/// Something that is wrong, or that its makers should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check that found it.
    pub check: Check,
    /// The file, from the product's folder.
    pub file: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductReport {
    /// The product.
    pub product: String,
    /// The tokens of its texts, by file.
    pub tokens: Vec<(String, usize)>,
    /// Whether its examples, rehearsals and questions were run, and not only read.
    pub ran: bool,
    /// What is wrong; nothing where it passes.
    pub findings: Vec<Finding>,
    /// What its makers should know, though nothing is wrong with it.
    pub notes: Vec<Finding>,
}

impl ProductReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.findings.is_empty()
    }
}

/// How a product is checked.
pub struct GateOptions<'a> {
    /// Whether examples, rehearsals, questions and phrases are run, and not only read.
    pub runs: bool,
    /// The access log, for suites that are about it; without it these are not run.
    pub log: Option<PathBuf>,
    /// The project whose products come first, and beside whose the product is put.
    pub project: Option<&'a ProjectId>,
    /// Takes what is being done.
    pub progress: &'a (dyn Fn(&str) + Send + Sync),
}

/// What is checked: the files of a product, and its tools as they say of themselves.
struct Subject {
    files: Files,
    /// The manifest, where it can be read.
    product: Option<Product>,
    /// Each tool with the file it is in.
    tools: Vec<(String, ToolFile)>,
    /// Whether it is part of the program; such a product's tools are Rust.
    is_built_in: bool,
    /// The project that it is for; absent for one of all projects.
    project: Option<ProjectId>,
}

/// What a product's texts may mention beside its own.
struct Known {
    /// Tools, modes and skills.
    names: Vec<String>,
    /// What rights are about, as in `query` of `query:read`.
    resources: BTreeSet<String>,
    /// Words of the arguments of all tools.
    fields: BTreeSet<String>,
}

impl App {
    /// Checks a product: one that is declared in the products folder or is part of the program, by its name, or
    /// one in any folder, by its path from the current one.
    ///
    /// # Errors
    ///
    /// `unknown_name` where there is no such product. What is wrong with a product is no error but in the report.
    pub async fn check_product(&self, name: &str, current: &Path, options: &GateOptions<'_>) -> Result<ProductReport> {
        self.check(&Access::read(Resource::Product), None)?;
        let parts = &self.parts.products;
        let mut found = Findings::default();
        let is_built_in = parts.built_in.products().any(|product| product.name == name);
        let subject = match self.product_folder(name, current, options.project)? {
            Some((folder, project)) => {
                let mut subject = declared_subject(Files::read(&fs_err::canonicalize(&folder)?)?, &mut found);
                subject.project = project;
                subject
            }
            None if is_built_in => built_in::subject(&parts.built_in, name, &mut found).await?,
            None => {
                let mut known = self.declared_products(options.project)?;
                known.extend(parts.built_in.products().map(|product| product.name.clone()));
                return Err(Error::unknown("product", name, known.iter().map(String::as_str)));
            }
        };
        let tokens = read(&subject, &self.known(subject.project.as_ref()), &mut found);
        let ran = options.runs && stage::run(self, &subject, options, &mut found).await?;
        let mut findings = found.wrong;
        findings.sort_by(|left, right| (left.check, &left.file).cmp(&(right.check, &right.file)));
        findings.dedup();
        Ok(ProductReport {
            product: subject.files.name,
            tokens,
            ran,
            findings,
            notes: found.notes,
        })
    }

    /// The products that are declared in the folder of a project, or in that of all.
    pub fn declared_products(&self, project: Option<&ProjectId>) -> Result<Vec<String>> {
        self.check(&Access::read(Resource::Product), project)?;
        let folders = &self.parts.products.folders;
        if let Some(project) = project {
            folders.check_project(project)?;
        }
        folders.names(project)
    }

    /// The folder of a product of files, and the project that it is for: one of the named project, then one of all,
    /// then the one at this path from the current folder. `None` where there is none.
    pub(crate) fn product_folder(
        &self,
        name: &str,
        current: &Path,
        project: Option<&ProjectId>,
    ) -> Result<Option<(PathBuf, Option<ProjectId>)>> {
        let folders = &self.parts.products.folders;
        if let Some(project) = project {
            folders.check_project(project)?;
            let own = folders.of(Some(project)).join(name);
            if own.is_dir() {
                return Ok(Some((own, Some(project.clone()))));
            }
        }
        let of_all = folders.of(None).join(name);
        if of_all.is_dir() {
            return Ok(Some((of_all, None)));
        }
        // The program's own go before a path that happens to be there.
        let is_built_in = self
            .parts
            .products
            .built_in
            .products()
            .any(|product| product.name == name);
        let at_path = current.join(name);
        Ok((!is_built_in && at_path.is_dir()).then(|| (at_path, project.cloned())))
    }

    fn known(&self, project: Option<&ProjectId>) -> Known {
        let registry = self.registry(project);
        let tools = registry.tools().map(|tool| tool.declaration().name.to_string());
        let modes = registry.modes().map(|mode| mode.name.clone());
        let skills = registry.skills().map(|skill| skill.name.clone());
        let resources = registry.tools().filter_map(|tool| {
            let (resource, _) = tool.declaration().access.split_once(':')?;
            Some(resource.to_owned())
        });
        let mut fields = BTreeSet::new();
        for tool in registry.tools() {
            built_in::words(tool.input_schema(), &mut fields);
        }
        fields.extend(registry.object_kinds().map(|(kind, _)| kind.to_owned()));
        Known {
            names: tools.chain(modes).chain(skills).collect(),
            // Every tool over the project's own tables needs it.
            resources: resources.chain(["query".to_owned()]).collect(),
            fields,
        }
    }
}

/// A product of files.
fn declared_subject(files: Files, found: &mut Findings) -> Subject {
    let product = hedgerow_declared::product(&files).ok();
    let mut tools = Vec::new();
    for file in &files.tools {
        match ToolFile::parse(&file.text) {
            Ok(tool) => tools.push((file.path.clone(), tool)),
            Err(error) => found.add(Check::Texts, &file.path, error.chain(), "correct the file's form"),
        }
    }
    Subject {
        files,
        product,
        tools,
        is_built_in: false,
        project: None,
    }
}

/// Everything that can be found by reading. Gives back the tokens of the texts.
fn read(subject: &Subject, known: &Known, found: &mut Findings) -> Vec<(String, usize)> {
    let Subject { files, .. } = subject;
    manifest::check(subject, found);
    for (path, tool) in &subject.tools {
        names::tool(path, tool, found);
        texts::tool(path, tool, found);
        tools::check(path, tool, subject, known, found);
    }
    let mut tools = http::check(subject, found);
    mcp::check(subject, &mut tools, found);
    tools::in_modes(subject, found);
    names::folders(files, found);
    texts::modes(files, found);
    references::check(files, &tools, known, found);
    secrets::check(files, found);
    evals::read(files, found);
    budget::check(files, &tools, found)
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    wrong: Vec<Finding>,
    notes: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, check: Check, file: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.wrong.push(finding(check, file, message.into(), hint.into()));
    }

    fn note(&mut self, check: Check, file: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.notes.push(finding(check, file, message.into(), hint.into()));
    }
}

fn finding(check: Check, file: &str, message: String, hint: String) -> Finding {
    Finding {
        check,
        file: file.to_owned(),
        message,
        hint,
    }
}

/// What reading finds in a product of a registry.
#[cfg(test)]
pub(crate) async fn read_built_in(registry: &hedgerow_agent_api::Registry, name: &str) -> Result<Vec<Finding>> {
    let mut found = Findings::default();
    let subject = built_in::subject(registry, name, &mut found).await?;
    let known = Known {
        names: vec!["query_trends".to_owned(), "product_analytics".to_owned()],
        resources: BTreeSet::from(["query".to_owned()]),
        fields: BTreeSet::new(),
    };
    read(&subject, &known, &mut found);
    Ok(found.wrong)
}

#[cfg(test)]
mod tests;
