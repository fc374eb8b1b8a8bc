//! The installed product with what its tools need.

use std::sync::{Arc, Mutex};

use hedgerow_agent_api::{
    Actor, DynTool, ObjectStore, ObjectWrite, Principal, Progress, Registry, Stage, Surface, ToolContext, ToolOutput,
};
use hedgerow_data_api::{Clock, Data, SqlQuery, SqlResponse};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use hedgerow_product_checklists::install;
use hedgerow_testkit::{FakeDefinitions, FakeEngine, FakeStore, MemoryObjects};
use serde_json::{Value, json};

pub(crate) struct Bench {
    pub(crate) registry: Registry,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) ctx: ToolContext,
    /// What was said of the progress.
    pub(crate) told: Arc<Mutex<Vec<(f64, String)>>>,
}

impl Bench {
    pub(crate) fn new(sql: impl Fn(&SqlQuery) -> Result<SqlResponse> + Send + Sync + 'static) -> Self {
        let objects: Arc<dyn ObjectStore> = Arc::new(MemoryObjects::default());
        let data = Data {
            queries: Arc::new(FakeEngine::default().sql(sql)),
            store: Arc::new(FakeStore::new("site").event("template_used", 10)),
            definitions: Arc::new(FakeDefinitions::default()),
        };
        let mut registry = Registry::default();
        install(&mut registry, &objects, &data).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let progress = Progress::new(move |fraction, note| heard.lock().unwrap().push((fraction, note.to_owned())));
        let ctx = ToolContext {
            project: site(),
            clock: Clock::fixed("2026-06-03T12:00:00Z".parse().unwrap()),
            surface: Surface::Cli,
            principal: Principal::local(),
            sees: Stage::Idea,
            progress,
        };
        Self {
            registry,
            objects,
            ctx,
            told,
        }
    }

    /// One where nothing is asked of the engine.
    pub(crate) fn without_events() -> Self {
        Self::new(|query| panic!("{query:?} was asked"))
    }

    pub(crate) fn tool(&self, name: &str) -> &Arc<dyn DynTool> {
        self.registry.tool(name).unwrap()
    }

    /// Makes a call and commits what it plans, as a surface does.
    pub(crate) async fn call(&self, name: &str, args: Value) -> Result<ToolOutput<Value>> {
        let output = self.tool(name).run(&self.ctx, args).await?;
        let write = ObjectWrite {
            project: site(),
            actor: Actor::Person { name: "ann".into() },
            at: self.ctx.clock.now(),
            changes: output.changes.clone(),
        };
        self.objects.write(write).await?;
        Ok(output)
    }

    /// Makes the checklist that most tests are about.
    pub(crate) async fn templates(&self, launched_on: &str) {
        let items = json!([{"text": "Write the help page", "owner": "Docs"}, {"text": "Tell sales"}]);
        let body = json!({"event": "template_used", "launched_on": launched_on, "items": items});
        let args = json!({"name": "Templates", "body": body});
        self.call("create_checklist", args).await.unwrap();
    }

    pub(crate) async fn body(&self) -> Value {
        self.objects
            .named(&site(), "checklist", "Templates")
            .await
            .unwrap()
            .body
    }
}

pub(crate) fn site() -> ProjectId {
    "site".parse().unwrap()
}
