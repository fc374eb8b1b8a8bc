//! The gate: whether a product meets the bar that a platform team would apply in review.
//!
//! Each check looks at one thing and says in which file something is wrong and what to do. What can be read is
//! read first; then the product is put together beside the others in a project of the gate's own, where its
//! examples, rehearsals, questions, phrases and suggestions are run. Systems outside are never asked: their answers
//! are those that the examples recorded. A product passes when nothing is found.

mod budget;
mod built_in;
mod demands;
mod discovery;
mod evals;
mod events;
mod examples;
mod http;
mod kept;
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
use std::path::{Component, Path, PathBuf};

pub use kept::{CheckedProduct, KeptReport};

use hedgerow_agent_api::{Access, Product, Resource, Stage};
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
    /// What the stage demands: beta and ga want questions with a threshold, ga enough of them.
    Stage,
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
    pub const ALL: [Self; 19] = [
        Self::Manifest,
        Self::Stage,
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
            Self::Stage => "stage",
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

/// What a text costs a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileTokens {
    /// The file, from the product's folder.
    pub file: String,
    /// Its tokens (o200k).
    pub tokens: usize,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductReport {
    /// The product.
    pub product: String,
    /// The tokens of its texts, by file.
    pub tokens: Vec<FileTokens>,
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
        self.check(&Access::read(Resource::Product), options.project)?;
        let mut found = Findings::default();
        let installed = self.installed_subject(name, options.project, &mut found).await?;
        let is_installed = installed.is_some();
        let subject = match installed {
            Some(subject) => subject,
            None => {
                let folder = current.join(name);
                if !folder.is_dir() {
                    return Err(self.unknown_product(name, options.project));
                }
                let files = Files::read(&fs_err::canonicalize(&folder)?)?;
                declared_subject(files, options.project.cloned(), &mut found)
            }
        };
        let tokens = read(&subject, &self.known(subject.project.as_ref()), &mut found);
        let ran = options.runs && stage::run(self, &subject, options, &mut found).await?;
        let report = found.into_report(subject.files.name.clone(), tokens, ran);
        if ran && is_installed {
            self.keep_report(&report, subject.project.as_ref())?;
        }
        Ok(report)
    }

    /// What reading finds in a product that is installed in a project, or in all of them, with what its last whole
    /// check found.
    ///
    /// # Errors
    ///
    /// `unknown_name` where there is no such product, or none that the caller sees.
    pub async fn checked_product(&self, name: &str, project: Option<&ProjectId>) -> Result<CheckedProduct> {
        let seen = self.seen_in_list(project).await?;
        // Whoever sees every stage sees products that are too broken to have one.
        if self.sees(project).await? != Stage::Idea {
            seen.product(name)?;
        }
        let mut found = Findings::default();
        let subject = self.installed_subject(name, project, &mut found).await?;
        let subject = subject.ok_or_else(|| self.unknown_product(name, project))?;
        let of_project = subject.project.as_ref();
        let tokens = read(&subject, &self.known(of_project), &mut found);
        Ok(CheckedProduct {
            last: self.kept_report(name, of_project)?,
            read: found.into_report(subject.files.name, tokens, false),
        })
    }

    /// A product that is declared in the folder of a project or in that of all, or is part of the program.
    async fn installed_subject(
        &self,
        name: &str,
        project: Option<&ProjectId>,
        found: &mut Findings,
    ) -> Result<Option<Subject>> {
        if let Some((folder, project)) = self.installed_folder(name, project)? {
            let files = Files::read(&fs_err::canonicalize(&folder)?)?;
            return Ok(Some(declared_subject(files, project, found)));
        }
        if self.is_built_in(name) {
            return built_in::subject(&self.parts.products.built_in, name, found)
                .await
                .map(Some);
        }
        Ok(None)
    }

    fn is_built_in(&self, name: &str) -> bool {
        let mut built_in = self.parts.products.built_in.products();
        built_in.any(|product| product.name == name)
    }

    fn unknown_product(&self, name: &str, project: Option<&ProjectId>) -> Error {
        let mut known = self.declared_products(None).unwrap_or_default();
        if project.is_some() {
            known.extend(self.declared_products(project).unwrap_or_default());
        }
        let built_in = self.parts.products.built_in.products();
        known.extend(built_in.map(|product| product.name.clone()));
        Error::unknown("product", name, known.iter().map(String::as_str))
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

    /// The folder of a product of files, and the project that it is for: one that is installed, else the one at this
    /// path from the current folder. `None` where there is none.
    pub(crate) fn product_folder(
        &self,
        name: &str,
        current: &Path,
        project: Option<&ProjectId>,
    ) -> Result<Option<(PathBuf, Option<ProjectId>)>> {
        if let Some(installed) = self.installed_folder(name, project)? {
            return Ok(Some(installed));
        }
        // The program's own go before a path that happens to be there.
        let at_path = current.join(name);
        Ok((!self.is_built_in(name) && at_path.is_dir()).then(|| (at_path, project.cloned())))
    }

    /// The folder of a product of files by its name, and the project that it is for: one of the named project, then
    /// one of all.
    fn installed_folder(
        &self,
        name: &str,
        project: Option<&ProjectId>,
    ) -> Result<Option<(PathBuf, Option<ProjectId>)>> {
        let folders = &self.parts.products.folders;
        if let Some(project) = project {
            folders.check_project(project)?;
        }
        // A path leads out of the folders.
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Ok(None);
        }
        let places = project.map(Some).into_iter().chain([None]);
        let mut found = places.map(|project| (folders.of(project).join(name), project.cloned()));
        Ok(found.find(|(folder, _)| folder.is_dir()))
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
            built_in::words(tool.output_schema(), &mut fields);
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
fn declared_subject(files: Files, project: Option<ProjectId>, found: &mut Findings) -> Subject {
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
        project,
    }
}

/// Everything that can be found by reading. Gives back the tokens of the texts.
fn read(subject: &Subject, known: &Known, found: &mut Findings) -> Vec<(String, usize)> {
    let Subject { files, .. } = subject;
    manifest::check(subject, found);
    demands::check(subject, found);
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

    fn into_report(self, product: String, tokens: Vec<(String, usize)>, ran: bool) -> ProductReport {
        let mut findings = self.wrong;
        findings.sort_by(|left, right| (left.check, &left.file).cmp(&(right.check, &right.file)));
        findings.dedup();
        let tokens = tokens.into_iter().map(|(file, tokens)| FileTokens { file, tokens });
        ProductReport {
            product,
            tokens: tokens.collect(),
            ran,
            findings,
            notes: self.notes,
        }
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
