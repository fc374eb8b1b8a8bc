//! Everything that is installed: the one place from which every surface derives its list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, Resource};
use crate::mode::{Mode, field, front_matter};
use crate::tool::DynTool;

/// How far a product is; decides who sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Being thought about.
    Idea,
    /// For its makers.
    Alpha,
    /// For the willing.
    Beta,
    /// For everybody.
    Ga,
}

/// A product's manifest, `product.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The name: the folder's.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The team that answers for it.
    pub owner: String,
    /// How to reach them.
    pub contact: String,
    /// How far it is.
    pub stage: Stage,
    /// The icon's name in the web UI.
    pub icon: String,
    /// Where its documentation starts.
    pub docs: String,
    /// The version of its files, for those that are changed while they are in use.
    #[serde(default)]
    pub version: u32,
    /// Hosts outside that its tools may reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Questions that it offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
}

/// A question that a product offers to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// The question.
    pub text: String,
    /// The page that it is offered on; every page when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The events that a project must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// Knowledge for agents outside, `SKILL.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// The name.
    pub name: String,
    /// When to read it.
    pub description: String,
    /// The text.
    pub body: String,
}

impl Skill {
    /// Reads `SKILL.md`: front matter with `name` and `description`, then the text.
    pub fn parse(source: &str) -> Result<Self> {
        let (front, body) = front_matter(source)?;
        Ok(Self {
            name: field(&front, "name")?,
            description: field(&front, "description")?,
            body,
        })
    }
}

/// What a product has brought, by name and in the order in which it was added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductParts {
    /// Its tools.
    pub tools: Vec<String>,
    /// Its modes.
    pub modes: Vec<String>,
    /// Its skills.
    pub skills: Vec<String>,
}

/// Tools, modes, skills and products by name. Built at once, then read only.
#[derive(Default, Clone)]
pub struct Registry {
    products: BTreeMap<String, Product>,
    parts: BTreeMap<String, ProductParts>,
    /// The product that was added last: what comes after it is its part, until another one or a core tool.
    adding: Option<String>,
    tools: BTreeMap<String, Arc<dyn DynTool>>,
    core_tools: Vec<String>,
    modes: BTreeMap<String, Mode>,
    skills: BTreeMap<String, Skill>,
    object_kinds: BTreeMap<String, String>,
    default_mode: Option<String>,
    evals: BTreeMap<String, Cow<'static, str>>,
    texts: BTreeMap<String, Vec<(String, String)>>,
}

impl Registry {
    /// Adds a product's manifest. The tools, modes and skills that are added after it are its own.
    pub fn add_product(&mut self, product: Product) -> Result<()> {
        let name = product.name.clone();
        insert(&mut self.products, "product", name.clone(), product)?;
        self.parts.insert(name.clone(), ProductParts::default());
        self.adding = Some(name);
        Ok(())
    }

    /// Keeps the texts of a product's folder, by their paths in it, for the gate: the manifest, modes, trajectories,
    /// skills, evals, the page's manifest and the documentation.
    pub fn add_texts(&mut self, product: &str, texts: &[(&str, &str)]) {
        let texts = texts
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        self.texts.entry(product.to_owned()).or_default().extend(texts);
    }

    /// The texts of a product that is built in, with their paths; none for one that is declared as files.
    #[must_use]
    pub fn texts(&self, product: &str) -> &[(String, String)] {
        self.texts.get(product).map_or(&[], Vec::as_slice)
    }

    /// The tools of a product, by name.
    pub fn tools_of_product(&self, product: &str) -> impl Iterator<Item = &Arc<dyn DynTool>> {
        let mut own: Vec<&String> = self.parts.get(product).iter().flat_map(|parts| &parts.tools).collect();
        own.sort();
        own.into_iter().filter_map(|tool| self.tools.get(tool))
    }

    /// Adds a tool that modes may name. A right on something that nobody installed before is refused.
    pub fn add_tool(&mut self, tool: Arc<dyn DynTool>) -> Result<()> {
        let declaration = tool.declaration();
        let access = declaration.access.parse().and_then(|access| self.check_access(&access));
        access.map_err(|error| {
            let hint = error.hint().unwrap_or_default().to_owned();
            Error::caused(
                error.code(),
                format!("the access of tool {} is not valid", declaration.name),
                error,
            )
            .with_hint(hint)
        })?;
        let name = declaration.name.to_string();
        insert(&mut self.tools, "tool", name.clone(), tool)?;
        if let Some(parts) = self.parts_being_added() {
            parts.tools.push(name);
        }
        Ok(())
    }

    /// Adds a tool that is always there. It is no product's, nor is anything after it.
    pub fn add_core_tool(&mut self, tool: Arc<dyn DynTool>) -> Result<()> {
        self.adding = None;
        self.core_tools.push(tool.declaration().name.to_string());
        self.add_tool(tool)
    }

    /// Adds a mode. Its tools must have been added before.
    pub fn add_mode(&mut self, mode: Mode) -> Result<()> {
        for tool in &mode.tools {
            if !self.tools.contains_key(tool) {
                return Err(Error::unknown("tool", tool, self.tools.keys().map(String::as_str))
                    .with_hint(format!("mode {} names a tool that nobody installed", mode.name)));
            }
        }
        let name = mode.name.clone();
        insert(&mut self.modes, "mode", name.clone(), mode)?;
        if let Some(parts) = self.parts_being_added() {
            parts.modes.push(name);
        }
        Ok(())
    }

    /// Says which mode a question starts with that fits none. It must have been added before.
    pub fn set_default_mode(&mut self, name: &str) -> Result<()> {
        self.default_mode = Some(self.mode(name)?.name.clone());
        Ok(())
    }

    /// The mode for questions that fit none.
    #[must_use]
    pub fn default_mode(&self) -> Option<&str> {
        self.default_mode.as_deref()
    }

    /// Adds a product's questions with their expected results, as YAML in the format of
    /// `evals/site/README.md`.
    pub fn add_evals(&mut self, product: &str, questions: impl Into<Cow<'static, str>>) -> Result<()> {
        insert(&mut self.evals, "suite", product.to_owned(), questions.into())
    }

    /// The products' questions, by product.
    pub fn evals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.evals
            .iter()
            .map(|(product, questions)| (product.as_str(), questions.as_ref()))
    }

    /// Adds a kind of objects that a product keeps.
    pub fn add_object_kind(&mut self, product: &str, kind: &str) -> Result<()> {
        insert(
            &mut self.object_kinds,
            "kind of object",
            kind.to_owned(),
            product.to_owned(),
        )
    }

    /// The kinds of objects, each with its product.
    pub fn object_kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        let kinds = self.object_kinds.iter();
        kinds.map(|(kind, product)| (kind.as_str(), product.as_str()))
    }

    /// The resources that rights can be about, by name: those that are always there, kinds of objects and
    /// products.
    #[must_use]
    pub fn resources(&self) -> Vec<&str> {
        let brought = self.object_kinds.keys().chain(self.products.keys()).map(String::as_str);
        let mut names: Vec<&str> = brought.collect();
        names.extend(Resource::core());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Refuses a right on something that does not exist, with the nearest that does.
    pub fn check_access(&self, access: &Access) -> Result<()> {
        let (name, known) = (access.resource.as_str(), self.resources());
        if known.contains(&name) {
            return Ok(());
        }
        Err(Error::unknown("resource", name, known))
    }

    /// Adds a skill.
    pub fn add_skill(&mut self, skill: Skill) -> Result<()> {
        let name = skill.name.clone();
        insert(&mut self.skills, "skill", name.clone(), skill)?;
        if let Some(parts) = self.parts_being_added() {
            parts.skills.push(name);
        }
        Ok(())
    }

    fn parts_being_added(&mut self) -> Option<&mut ProductParts> {
        self.parts.get_mut(self.adding.as_deref()?)
    }

    /// What a product has brought; an unknown one is refused with the nearest.
    pub fn parts_of(&self, product: &str) -> Result<&ProductParts> {
        self.parts
            .get(product)
            .ok_or_else(|| Error::unknown("product", product, self.parts.keys().map(String::as_str)))
    }

    /// The products, by name.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// The versions of the products that count them, by name: those whose files may change while they are in use.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, u32> {
        let counted = self.products.values().filter(|product| product.version > 0);
        counted.map(|product| (product.name.clone(), product.version)).collect()
    }

    /// The tools, by name.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<dyn DynTool>> {
        self.tools.values()
    }

    /// The modes, by name.
    pub fn modes(&self) -> impl Iterator<Item = &Mode> {
        self.modes.values()
    }

    /// The skills, by name.
    pub fn skills(&self) -> impl Iterator<Item = &Skill> {
        self.skills.values()
    }

    /// A tool by name; an unknown one is refused with the nearest.
    pub fn tool(&self, name: &str) -> Result<&Arc<dyn DynTool>> {
        self.tools
            .get(name)
            .ok_or_else(|| Error::unknown("tool", name, self.tools.keys().map(String::as_str)))
    }

    /// A mode by name; an unknown one is refused with the nearest.
    pub fn mode(&self, name: &str) -> Result<&Mode> {
        self.modes
            .get(name)
            .ok_or_else(|| Error::unknown("mode", name, self.modes.keys().map(String::as_str)))
    }

    /// The tools that a run with these modes may call: the core tools, then each mode's.
    #[must_use]
    pub fn tools_of(&self, modes: &[String]) -> Vec<&Arc<dyn DynTool>> {
        let of_modes = modes
            .iter()
            .filter_map(|mode| self.modes.get(mode))
            .flat_map(|mode| &mode.tools);
        let mut names: Vec<&String> = Vec::new();
        for name in self.core_tools.iter().chain(of_modes) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.into_iter().filter_map(|name| self.tools.get(name)).collect()
    }
}

fn insert<T>(map: &mut BTreeMap<String, T>, kind: &str, name: String, value: T) -> Result<()> {
    if map.contains_key(&name) {
        let message = format!("two {kind}s are named {name:?}");
        return Err(Error::new(Code::Conflict, message).with_hint("give one of them another name"));
    }
    map.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(name: &str) -> Product {
        Product {
            name: name.to_owned(),
            title: String::new(),
            owner: String::new(),
            contact: String::new(),
            stage: Stage::Alpha,
            icon: String::new(),
            docs: String::new(),
            version: 0,
            hosts: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    fn mode(name: &str) -> Mode {
        Mode {
            name: name.to_owned(),
            when: String::new(),
            tools: Vec::new(),
            prompt: String::new(),
            trajectories: Vec::new(),
        }
    }

    #[test]
    fn parts_belong_to_the_product_that_was_added_before_them() {
        let mut registry = Registry::default();
        registry.add_mode(mode("of_nobody")).unwrap();
        registry.add_product(product("surveys")).unwrap();
        registry.add_mode(mode("surveys")).unwrap();
        registry.add_product(product("flags")).unwrap();
        registry.add_mode(mode("rollouts")).unwrap();
        let skill = Skill {
            name: "rolling-out".to_owned(),
            description: String::new(),
            body: String::new(),
        };
        registry.add_skill(skill).unwrap();
        assert_eq!(registry.parts_of("surveys").unwrap().modes, ["surveys"]);
        let flags = registry.parts_of("flags").unwrap();
        assert_eq!(
            (&flags.modes, &flags.skills),
            (&vec!["rollouts".to_owned()], &vec!["rolling-out".to_owned()])
        );
        assert!(registry.parts_of("flag").unwrap_err().to_string().contains("flag"));
    }
}
