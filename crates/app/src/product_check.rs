//! The gate: whether a product meets the bar that a platform team would apply in review.
//!
//! Each check looks at one thing and says in which file something is wrong and what to do. A product passes
//! when nothing is found.

mod budget;
mod names;
mod references;
mod secrets;
mod texts;
mod tools;

use std::path::{Path, PathBuf};

use hedgerow_agent_api::{Access, Product, Resource};
use hedgerow_declared::{Files, ToolFile};
use hedgerow_errors::{Error, Result};
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
    /// Calls that validate.
    Examples,
    /// Declared, and what the tool really does.
    Effects,
    /// A right that exists and suffices.
    Access,
    /// Every tool and mode that a text names exists.
    References,
    /// Steps that name tools.
    Trajectories,
    /// There, with expected results, and able to fail.
    Evals,
    /// A way to show the result.
    Display,
    /// What takes longer than two seconds says how far it is.
    Progress,
    /// What people would type to find it.
    Discovery,
    /// No secret in a file.
    Secrets,
    /// The page exists.
    Docs,
}

impl Check {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 16] = [
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
        Self::Secrets,
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
            Self::Secrets => "secrets",
            Self::Docs => "docs",
        }
    }
}

/// Something that is wrong.
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
    /// What is wrong; nothing where it passes.
    pub findings: Vec<Finding>,
}

impl ProductReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.findings.is_empty()
    }
}

impl App {
    /// Checks a declared product: one that lies in the data folder, by its name, or one in any folder, by its
    /// path from the current one.
    pub fn check_product(&self, name: &str, current: &Path) -> Result<ProductReport> {
        self.check(&Access::read(Resource::Product), None)?;
        let folder = self.products_folder().join(name);
        let folder = if folder.is_dir() { folder } else { current.join(name) };
        if !folder.is_dir() {
            let known = hedgerow_declared::folders(&self.products_folder())?;
            return Err(Error::unknown("product", name, known.iter().map(String::as_str)));
        }
        let known: Vec<String> = self.names();
        check(&folder, &known)
    }

    /// The products that are declared in the data folder.
    pub fn declared_products(&self) -> Result<Vec<String>> {
        self.check(&Access::read(Resource::Product), None)?;
        hedgerow_declared::folders(&self.products_folder())
    }

    fn products_folder(&self) -> PathBuf {
        self.data_dir().join("products")
    }

    /// The names that texts may mention.
    fn names(&self) -> Vec<String> {
        let registry = self.registry();
        let tools = registry.tools().map(|tool| tool.declaration().name.to_string());
        let modes = registry.modes().map(|mode| mode.name.clone());
        tools.chain(modes).collect()
    }
}

/// Checks the product in a folder; `known` are names of tools and modes that others bring.
fn check(folder: &Path, known: &[String]) -> Result<ProductReport> {
    let files = Files::read(folder)?;
    let mut found = Findings::default();
    let tools: Vec<(&str, ToolFile)> = files
        .tools
        .iter()
        .filter_map(|file| match ToolFile::parse(&file.text) {
            Ok(tool) => Some((file.path.as_str(), tool)),
            Err(error) => {
                found.add(Check::Texts, &file.path, error.chain(), "correct the file's form");
                None
            }
        })
        .collect();
    manifest(&files, &mut found);
    for (path, tool) in &tools {
        names::tool(path, tool, &mut found);
        texts::tool(path, tool, &mut found);
        tools::check(path, tool, &mut found);
    }
    texts::modes(&files, &mut found);
    references::check(&files, &tools, known, &mut found);
    secrets::check(&files, &mut found);
    let tokens = budget::check(&files, &tools, &mut found);
    evals(&files, &mut found);
    let mut findings = found.0;
    findings.sort_by(|left, right| (left.check, &left.file).cmp(&(right.check, &right.file)));
    Ok(ProductReport {
        product: files.name.clone(),
        tokens,
        findings,
    })
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: Check, file: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(Finding {
            check,
            file: file.to_owned(),
            message: message.into(),
            hint: hint.into(),
        });
    }
}

fn manifest(files: &Files, found: &mut Findings) {
    let path = &files.manifest.path;
    let product: Product = match hedgerow_declared::product(files) {
        Ok(product) => product,
        Err(error) => {
            let hint = "product.toml has name, title, owner, contact, stage, icon and docs";
            return found.add(Check::Manifest, path, error.chain(), hint);
        }
    };
    if product.name != files.name {
        let message = format!(
            "the product names itself {:?} and lies in {:?}",
            product.name, files.name
        );
        found.add(Check::Manifest, path, message, "give both one name");
    }
    for (field, value) in [
        ("title", &product.title),
        ("owner", &product.owner),
        ("icon", &product.icon),
    ] {
        if value.trim().is_empty() {
            found.add(
                Check::Manifest,
                path,
                format!("`{field}` is empty"),
                "say it in a few words",
            );
        }
    }
    let reachable =
        product.contact.contains('@') || product.contact.starts_with("https://") || product.contact.starts_with('#');
    if !reachable {
        let message = format!("contact {:?} reaches nobody", product.contact);
        found.add(Check::Manifest, path, message, "give an address, a channel or a page");
    }
    if !files.all().any(|file| file.path == product.docs) {
        let message = format!("docs {:?} is no file of the product", product.docs);
        found.add(Check::Docs, path, message, "write the page, or name the one there is");
    }
}

/// A question as far as the gate looks at it.
#[derive(Deserialize)]
struct Question {
    id: String,
    #[serde(default)]
    expect: Expect,
    #[serde(default)]
    truth: Option<String>,
}

#[derive(Default, Deserialize)]
struct Expect {
    #[serde(default)]
    outcome: serde_json::Value,
    #[serde(default)]
    value: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Suite {
    questions: Vec<Question>,
}

fn evals(files: &Files, found: &mut Findings) {
    if files.evals.is_empty() {
        found.add(
            Check::Evals,
            "evals",
            "there are no questions",
            "write some before the product grows",
        );
    }
    for file in &files.evals {
        let suite: Suite = match serde_saphyr::from_str(&file.text) {
            Ok(suite) => suite,
            Err(error) => {
                found.add(
                    Check::Evals,
                    &file.path,
                    format!("it can't be read: {error}"),
                    "a suite has `questions`",
                );
                continue;
            }
        };
        for question in suite.questions {
            let outcome = question.expect.outcome.to_string();
            let (answered, other) = (
                outcome.contains("answered"),
                outcome.contains("refused") || outcome.contains("asked"),
            );
            if answered == other {
                let message = format!("question {:?} can't fail: every outcome is expected", question.id);
                found.add(Check::Evals, &file.path, message, "expect an answer, or expect none");
            } else if answered && question.truth.is_none() && question.expect.value.is_none() {
                let message = format!("question {:?} has neither a value nor a truth", question.id);
                found.add(
                    Check::Evals,
                    &file.path,
                    message,
                    "write the query that gives the right value",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
