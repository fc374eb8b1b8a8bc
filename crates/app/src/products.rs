//! The products with what each of them brings: what Hedgerow can do, for people.

use hedgerow_agent_api::{Mode, Product, ProductProblem, Registry, ResultView, Stage, Suggestion};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// A product as listed: its manifest and its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductInfo {
    /// The name.
    pub name: String,
    /// The project that it is for; absent for one that all have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The version of its files; 0 for a product that counts none.
    pub version: u32,
    /// The name for people.
    pub title: String,
    /// The team that answers for it.
    pub owner: String,
    /// How to reach them.
    pub contact: String,
    /// How far it is.
    pub stage: Stage,
    /// The icon's name.
    pub icon: String,
    /// Where its documentation starts.
    pub docs: String,
    /// Hosts outside that its tools may reach.
    pub hosts: Vec<String>,
    /// Questions that it offers.
    pub suggestions: Vec<Suggestion>,
    /// Its tools.
    pub tools: Vec<ProductTool>,
    /// Its modes.
    pub modes: Vec<ProductMode>,
    /// Its skills.
    pub skills: Vec<ProductSkill>,
}

/// Products as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductList {
    /// Those that are installed, by name.
    pub data: Vec<ProductInfo>,
    /// Those that are not installed as their files are, and why.
    pub problems: Vec<ProductProblem>,
}

/// A product's tool in short; the list of tools has the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductTool {
    /// The name to call.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The status text while a call runs.
    pub running: String,
    /// The status text when it is done.
    pub done: String,
    /// How its result is shown, where the product says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultView>,
}

/// A product's mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductMode {
    /// The name.
    pub name: String,
    /// When it is the right one.
    pub when: String,
    /// The tools that it brings.
    pub tools: Vec<String>,
    /// The jobs that it has worked steps for.
    pub jobs: Vec<String>,
}

/// A product's skill for agents outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductSkill {
    /// The name.
    pub name: String,
    /// When to read it.
    pub description: String,
}

impl App {
    /// The products that the caller sees in a project, or, of those that all have, in any project that it sees, by
    /// name; and those that are not installed as their files are.
    pub async fn products(&self, project: Option<&ProjectId>) -> Result<ProductList> {
        let registry = self.seen_in_list(project).await?;
        let everywhere = self.registry(None);
        let products = registry.products().map(|product| {
            let is_own = everywhere.product(&product.name).is_err();
            describe(&registry, product, project.filter(|_| is_own))
        });
        Ok(ProductList {
            data: products.collect::<Result<_>>()?,
            problems: self.product_problems(project).await?,
        })
    }

    /// The products that are not installed as their files are: those of all projects, and those of this one. Of a
    /// product that is left out nobody knows the stage, so that those see it who see every stage.
    pub async fn product_problems(&self, project: Option<&ProjectId>) -> Result<Vec<ProductProblem>> {
        let project = project.filter(|project| self.principal.sees(project));
        let lowest = self.sees(project).await?;
        let installed = self.parts.registries.now();
        let seen = installed.views(project).seen_from(lowest);
        let is_seen = |problem: &&ProductProblem| {
            let is_here = problem.project.is_none() || problem.project.as_ref() == project;
            is_here && (lowest == Stage::Idea || seen.product(&problem.product).is_ok())
        };
        Ok(installed.problems.iter().filter(is_seen).cloned().collect())
    }
}

fn describe(registry: &Registry, product: &Product, project: Option<&ProjectId>) -> Result<ProductInfo> {
    let parts = registry.parts_of(&product.name)?;
    let tools = parts.tools.iter().map(|name| {
        let declaration = registry.tool(name)?.declaration();
        Ok(ProductTool {
            name: name.clone(),
            title: declaration.title.to_string(),
            running: declaration.display.running.to_string(),
            done: declaration.display.done.to_string(),
            result: declaration.display.result,
        })
    });
    let modes = parts.modes.iter().map(|name| Ok(mode(registry.mode(name)?)));
    let skills = registry.skills().filter(|skill| parts.skills.contains(&skill.name));
    Ok(ProductInfo {
        name: product.name.clone(),
        project: project.cloned(),
        version: product.version,
        title: product.title.clone(),
        owner: product.owner.clone(),
        contact: product.contact.clone(),
        stage: product.stage,
        icon: product.icon.clone(),
        docs: product.docs.clone(),
        hosts: product.hosts.clone(),
        suggestions: product.suggestions.clone(),
        tools: tools.collect::<Result<_>>()?,
        modes: modes.collect::<Result<_>>()?,
        skills: skills
            .map(|skill| ProductSkill {
                name: skill.name.clone(),
                description: skill.description.clone(),
            })
            .collect(),
    })
}

fn mode(mode: &Mode) -> ProductMode {
    ProductMode {
        name: mode.name.clone(),
        when: mode.when.clone(),
        tools: mode.tools.clone(),
        jobs: mode.trajectories.iter().map(|each| each.job.clone()).collect(),
    }
}
