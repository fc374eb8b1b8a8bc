//! Everything that is installed: the one place from which every surface derives its list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, Resource};
use crate::mode::{Mode, field, front_matter};
use crate::object::Object;
use crate::object_notes::ObjectNotes;
use crate::stage::Stage;
use crate::tool::{DynTool, ToolContext};

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
    object_notes: BTreeMap<String, Arc<dyn ObjectNotes>>,
    default_mode: Option<String>,
    evals: BTreeMap<String, Cow<'static, str>>,
    texts: BTreeMap<String, Vec<(String, String)>>,
    /// Products that were left out because of their stage, with what they brought.
    hidden: Vec<(Product, ProductParts)>,
}

/// What is installed, as those see it who see products from each stage on. Cheap to clone.
#[derive(Clone, Default)]
pub struct Views([Arc<Registry>; 4]);

impl Views {
    /// The views of what is installed. Those that hide nothing share it.
    #[must_use]
    pub fn of(all: Arc<Registry>) -> Self {
        Self(Stage::ALL.map(|lowest| {
            if all.products.values().all(|product| product.stage >= lowest) {
                Arc::clone(&all)
            } else {
                Arc::new(all.seen_from(lowest))
            }
        }))
    }

    /// What somebody sees who sees products from a stage on.
    #[must_use]
    pub fn seen_from(&self, lowest: Stage) -> &Arc<Registry> {
        let [idea, alpha, beta, ga] = &self.0;
        match lowest {
            Stage::Idea => idea,
            Stage::Alpha => alpha,
            Stage::Beta => beta,
            Stage::Ga => ga,
        }
    }
}

impl Registry {
    /// The same without the products below a stage and what they brought. Asked for by name, that is refused with who
    /// can open it. Kinds of objects stay, since what exists stays to be read.
    fn seen_from(&self, lowest: Stage) -> Self {
        let mut seen = self.clone();
        let below = self.products.values().filter(|product| product.stage < lowest);
        for product in below {
            let name = &product.name;
            let parts = seen.parts.remove(name).unwrap_or_default();
            seen.products.remove(name);
            seen.evals.remove(name);
            seen.texts.remove(name);
            seen.tools.retain(|tool, _| !parts.tools.contains(tool));
            seen.modes.retain(|mode, _| !parts.modes.contains(mode));
            seen.skills.retain(|skill, _| !parts.skills.contains(skill));
            for mode in seen.modes.values_mut() {
                mode.tools.retain(|tool| !parts.tools.contains(tool));
            }
            seen.default_mode = seen.default_mode.filter(|mode| !parts.modes.contains(mode));
            seen.hidden.push((product.clone(), parts));
        }
        seen
    }

    /// Why something is not there: its product is not open to whoever asks, or nobody installed it.
    fn missing<'a>(
        &'a self,
        kind: &str,
        name: &str,
        is_it: impl Fn(&Product, &ProductParts) -> bool,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Error {
        let Some((product, _)) = self.hidden.iter().find(|(product, parts)| is_it(product, parts)) else {
            return Error::unknown(kind, name, known);
        };
        let (title, stage) = (&product.title, product.stage);
        let message = format!("the {kind} {name:?} is not open to members: {title} is at the stage {stage}");
        Error::new(Code::Denied, message).with_hint(format!(
            "an owner or admin can open it: hedgerow projects early-access PROJECT {stage}"
        ))
    }

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

    /// The texts of a product that is built in, with their paths; of one that is declared as files its documentation.
    #[must_use]
    pub fn texts(&self, product: &str) -> &[(String, String)] {
        self.texts.get(product).map_or(&[], Vec::as_slice)
    }

    /// What a product's documentation says: the text that its manifest names.
    #[must_use]
    pub fn doc(&self, product: &str) -> Option<&str> {
        let path = &self.products.get(product)?.docs;
        let mut texts = self.texts(product).iter();
        texts.find(|(known, _)| known == path).map(|(_, text)| text.as_str())
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

    /// Adds what can say of a kind's objects what holds of them now.
    pub fn add_object_notes(&mut self, kind: &str, notes: Arc<dyn ObjectNotes>) -> Result<()> {
        insert(&mut self.object_notes, "notes on objects", kind.to_owned(), notes)
    }

    /// What holds of an object now, as a sentence, or why that can't be said.
    pub async fn object_note(&self, ctx: &ToolContext, object: &Object) -> Option<String> {
        let notes = self.object_notes.get(&object.kind)?;
        match notes.note(ctx, object).await {
            Ok(note) => note.map(|note| note.text),
            Err(error) => Some(format!("It can't be used now: {}.", error.message())),
        }
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
        self.parts.get(product).ok_or_else(|| self.missing_product(product))
    }

    /// A product by name; an unknown one is refused with the nearest.
    pub fn product(&self, name: &str) -> Result<&Product> {
        self.products.get(name).ok_or_else(|| self.missing_product(name))
    }

    fn missing_product(&self, name: &str) -> Error {
        let known = self.products.keys().map(String::as_str);
        self.missing("product", name, |product, _| product.name == name, known)
    }

    /// The product that brought a tool; none for a core tool.
    #[must_use]
    pub fn product_of_tool(&self, tool: &str) -> Option<&str> {
        let has = |(_, parts): &(&String, &ProductParts)| parts.tools.iter().any(|own| own == tool);
        self.parts.iter().find(has).map(|(product, _)| product.as_str())
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
        self.tools.get(name).ok_or_else(|| {
            let has = |_: &Product, parts: &ProductParts| parts.tools.iter().any(|tool| tool == name);
            self.missing("tool", name, has, self.tools.keys().map(String::as_str))
        })
    }

    /// A mode by name; an unknown one is refused with the nearest.
    pub fn mode(&self, name: &str) -> Result<&Mode> {
        self.modes.get(name).ok_or_else(|| {
            let has = |_: &Product, parts: &ProductParts| parts.modes.iter().any(|mode| mode == name);
            self.missing("mode", name, has, self.modes.keys().map(String::as_str))
        })
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

    #[test]
    fn what_is_below_a_stage_is_left_out_and_refused_with_who_can_open_it() {
        let mut registry = Registry::default();
        for (name, stage) in [("surveys", Stage::Alpha), ("flags", Stage::Ga)] {
            registry.add_product(Product { stage, ..product(name) }).unwrap();
            registry.add_mode(mode(name)).unwrap();
        }
        registry.set_default_mode("surveys").unwrap();
        let views = Views::of(Arc::new(registry));
        for (lowest, expected) in [
            (Stage::Idea, vec!["flags", "surveys"]),
            (Stage::Alpha, vec!["flags", "surveys"]),
            (Stage::Beta, vec!["flags"]),
            (Stage::Ga, vec!["flags"]),
        ] {
            let seen = views.seen_from(lowest);
            let modes: Vec<&str> = seen.modes().map(|mode| mode.name.as_str()).collect();
            assert_eq!(modes, expected, "{lowest}");
            let products: Vec<&str> = seen.products().map(|product| product.name.as_str()).collect();
            assert_eq!(products, expected, "{lowest}");
            assert_eq!(seen.default_mode().is_some(), expected.len() == 2);
        }
        let hidden = views.seen_from(Stage::Ga).mode("surveys").unwrap_err();
        assert_eq!(hidden.code(), Code::Denied);
        assert!(
            hidden.hint().unwrap().contains("early-access PROJECT alpha"),
            "{hidden:?}"
        );
        let unknown = views.seen_from(Stage::Ga).mode("survey").unwrap_err();
        assert_eq!(unknown.code(), Code::UnknownName);
        // What is not open is not offered either.
        assert!(!unknown.chain().contains("surveys"), "{}", unknown.chain());
        assert!(views.seen_from(Stage::Ga).product("surveys").is_err());
    }
}
