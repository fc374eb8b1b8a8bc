//! The use cases over fakes.

#![allow(dead_code, reason = "each of the crates that test with it uses a part")]

use std::path::Path;
use std::sync::Arc;

use hedgerow_agent::{Agent, Limits};
use hedgerow_agent_api::{
    DynTool, ModelProvider, ModelReply, Policy, Product, Registries, Registry, Stage, Suggestion,
};
use hedgerow_app::{App, AppParts, KeepingEngine, KeptQueries, ModelResolver, ProductParts};
use hedgerow_data_api::{Clock, Data, QueryEngine, ValueType};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_testkit::{
    FakeEngine, FakeStore, MemoryAccess, MemoryQueries, MemoryRunLog, MemoryUsage, NoMaintenance, ScriptedModel,
};

/// Knows two models, and both follow the same script.
struct Script(Vec<ModelReply>);

impl ModelResolver for Script {
    fn resolve(&self, spec: &str, _: Option<&Path>) -> Result<Arc<dyn ModelProvider>> {
        match spec {
            "builtin" | "exec:true" => Ok(ScriptedModel::new(self.0.clone()).shared()),
            other => Err(Error::unknown("model", other, ["builtin"])),
        }
    }
}

/// What the use cases are made of.
pub(crate) struct Fixture {
    replies: Vec<ModelReply>,
    registry: Registry,
    engine: Arc<dyn QueryEngine>,
    pub(crate) run_log: Arc<MemoryRunLog>,
    pub(crate) access: Arc<MemoryAccess>,
    pub(crate) usage: Arc<MemoryUsage>,
    kept_queries: Arc<KeptQueries>,
}

/// The one project there is.
pub(crate) fn project() -> ProjectId {
    "site".parse().unwrap()
}

impl Fixture {
    /// A model that says these replies to every question.
    pub(crate) fn new(replies: Vec<ModelReply>) -> Self {
        let engine = Arc::new(FakeEngine::default());
        Self {
            replies,
            registry: Registry::default(),
            engine,
            run_log: Arc::default(),
            access: Arc::default(),
            usage: Arc::default(),
            kept_queries: Arc::new(KeptQueries::new(Arc::new(MemoryQueries::default()))),
        }
    }

    /// Adds a tool that every run has.
    pub(crate) fn tool(mut self, tool: Arc<dyn DynTool>) -> Self {
        self.registry.add_core_tool(tool).unwrap();
        self
    }

    /// Adds what products and core tools bring.
    pub(crate) fn installing(mut self, install: impl FnOnce(&mut Registry)) -> Self {
        install(&mut self.registry);
        self
    }

    /// Adds a product that offers questions, each with an event that it needs.
    pub(crate) fn product(mut self, name: &str, offered: &[(&str, &str)]) -> Self {
        let suggestion = |(text, event): &(&str, &str)| Suggestion {
            text: (*text).to_owned(),
            page: None,
            needs: vec![(*event).to_owned()],
        };
        let product = Product {
            name: name.to_owned(),
            title: name.to_owned(),
            owner: "A team".to_owned(),
            contact: "#team".to_owned(),
            stage: Stage::Beta,
            icon: "sprout".to_owned(),
            docs: "README.md".to_owned(),
            version: 1,
            hosts: Vec::new(),
            suggestions: offered.iter().map(suggestion).collect(),
        };
        self.registry.add_product(product).unwrap();
        self
    }

    pub(crate) fn engine(self, engine: FakeEngine) -> Self {
        Self {
            engine: Arc::new(engine),
            ..self
        }
    }

    pub(crate) fn app(&self) -> App {
        self.app_at(Clock::fixed("2015-05-21T00:00:00Z".parse().unwrap()))
    }

    /// The same in a process with another time.
    pub(crate) fn app_at(&self, clock: Clock) -> App {
        self.app_over(Arc::new(self.registry.clone()).into(), clock)
    }

    /// The same where others say what is installed.
    pub(crate) fn app_over(&self, registries: Registries, clock: Clock) -> App {
        let store =
            FakeStore::new("site")
                .event("$pageview", 3165)
                .property("$browser", ValueType::String, &[("Firefox", 3)]);
        App::new(AppParts {
            data: Data {
                queries: Arc::new(KeepingEngine::new(self.engine.clone(), self.kept_queries.clone())),
                store: Arc::new(store),
                definitions: Arc::new(hedgerow_data_api::NoDefinitions),
            },
            maintenance: Arc::new(NoMaintenance),
            agent: Agent::new(
                registries.clone(),
                self.run_log.clone(),
                Policy::default(),
                Limits::default(),
            ),
            registries,
            run_log: self.run_log.clone(),
            objects: self.run_log.objects(),
            access: self.access.clone(),
            settings: self.usage.clone(),
            usage: self.usage.clone(),
            kept_queries: self.kept_queries.clone(),
            models: Arc::new(Script(self.replies.clone())),
            policy: Policy::default(),
            data_dir: std::env::temp_dir(),
            clock,
            products: ProductParts::default(),
        })
    }
}
