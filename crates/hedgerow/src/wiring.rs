//! Putting engines, agent, products and use cases together.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_agent::{Agent, Limits, core_tools};
use hedgerow_agent_api::{AccessStore as _, Egress, ModelProvider, ObjectStore, Outside, Policy, Registry};
use hedgerow_analyst::BuiltinAnalyst;
use hedgerow_app::{
    App, AppParts, EVAL_HISTORY, KeepingEngine, KeptQueries, ModelResolver, ProductParts, StoredDefinitions,
};
use hedgerow_data_api::{Clock, Data, Definitions, Maintenance};
use hedgerow_declared::{Installer, ProductFolders};
use hedgerow_egress::{HttpEgress, Secrets, Settings};
use hedgerow_errors::Result;
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_meta::SqliteMeta;
use hedgerow_models::{ExecModel, ModelSpec, ScriptedModel};
use hedgerow_query::Engine;

/// How often a server looks whether products of files changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Bytes of results that are kept for when the same is asked of the same data.
const RESULTS_KEPT: usize = 128 << 20;

/// What a process works with.
pub(crate) struct Wired {
    pub(crate) app: App,
    /// To be closed at the end.
    pub(crate) lake: Arc<Lake>,
    /// Installs the products that are declared as files.
    pub(crate) installer: Arc<Installer>,
    /// Sessions with other systems' servers, to be closed at the end.
    pub(crate) mcp: Arc<hedgerow_mcp::Client>,
}

/// The use cases over a data folder that this process owns. Declared products and secrets are those of `home`: the
/// same folder, or the one around it where a benchmark has a folder of its own.
pub(crate) async fn app(folder: DataFolder, home: &Path, clock: Option<Clock>) -> Result<Wired> {
    let clock = clock.unwrap_or_else(Clock::system);
    let data_dir = folder.root().to_owned();
    let meta = Arc::new(SqliteMeta::open(&data_dir.join("meta.sqlite")).await?);
    meta.organisation(clock.now()).await?;
    let lake = Arc::new(Lake::new(folder, clock.clone()));
    let definitions: Arc<dyn Definitions> = Arc::new(StoredDefinitions::new(meta.clone(), meta.clone()));
    let engine = Engine::new(Arc::clone(&lake))?
        .with_definitions(Arc::clone(&definitions))
        .with_results_kept(RESULTS_KEPT);
    let kept_queries = Arc::new(KeptQueries::new(meta.clone()));
    let data = Data {
        queries: Arc::new(KeepingEngine::new(Arc::new(engine), Arc::clone(&kept_queries))),
        store: lake.clone(),
        definitions,
    };
    let built_in = Arc::new(built_in(&data, meta.clone(), lake.clone())?);
    let folders = ProductFolders::new(home);
    let egress = egress(home);
    let mcp = Arc::new(hedgerow_mcp::Client::new(Arc::clone(&egress)));
    let outside = Outside {
        egress,
        mcp: mcp.clone(),
    };
    let (core_data, objects) = (data.clone(), meta.clone());
    let installer = Installer::start(
        Arc::clone(&built_in),
        folders.clone(),
        data.clone(),
        outside.clone(),
        move |registry| core_tools::install(registry, core_data.clone(), objects.clone()),
    )?;
    let registries = installer.registries().clone();
    let policy = Policy::default();
    let agent = Agent::new(registries.clone(), meta.clone(), policy.clone(), Limits::default());
    let models = Arc::new(Models);
    let app = App::new(AppParts {
        data,
        maintenance: lake.clone(),
        agent,
        registries,
        run_log: meta.clone(),
        objects: meta.clone(),
        access: meta.clone(),
        settings: meta.clone(),
        usage: meta,
        kept_queries,
        models,
        policy,
        data_dir,
        clock,
        products: ProductParts {
            folders,
            outside,
            built_in,
            eval_history: home.join(EVAL_HISTORY),
        },
    });
    Ok(Wired {
        app,
        lake,
        installer: Arc::new(installer),
        mcp,
    })
}

/// The products that are part of the program. Those declared as files come after them, then the core tools, whose
/// search covers what was installed before.
fn built_in(data: &Data, objects: Arc<dyn ObjectStore>, persons: Arc<dyn Maintenance>) -> Result<Registry> {
    let mut registry = Registry::default();
    hedgerow_product_product_analytics::install(&mut registry, data.clone())?;
    hedgerow_product_sql::install(&mut registry, data.clone())?;
    hedgerow_product_events::install(&mut registry, data)?;
    hedgerow_product_insights::install(&mut registry, &objects, data)?;
    hedgerow_product_cohorts::install(&mut registry, &objects, data)?;
    hedgerow_product_actions::install(&mut registry, &objects, data)?;
    hedgerow_product_notebooks::install(&mut registry, &objects, data)?;
    hedgerow_product_feature_flags::install(&mut registry, &objects, data, persons)?;
    registry.set_default_mode("product_analytics")?;
    Ok(registry)
}

/// Installs products of files anew when they change, for as long as it is polled.
pub(crate) async fn watch(installer: Arc<Installer>) {
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let installer = Arc::clone(&installer);
        // Looking at files may block.
        match tokio::task::spawn_blocking(move || installer.refresh()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = error.chain(), "the folders of products can't be looked at"),
            Err(error) => tracing::error!(%error, "installing products was stopped"),
        }
    }
}

/// The way outside, with what the operator says of it.
#[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
fn egress(home: &Path) -> Arc<dyn Egress> {
    let opened = std::env::var("HEDGEROW_ALLOW_PRIVATE").unwrap_or_default();
    let hosts = opened.split(',').map(str::trim).filter(|host| !host.is_empty());
    let settings = Settings {
        allow_private: hosts.map(str::to_owned).collect(),
        ..Settings::default()
    };
    let secrets = Secrets::new(&home.join("secrets.toml"), |name| std::env::var(name).ok());
    Arc::new(HttpEgress::new(settings, secrets))
}

struct Models;

impl ModelResolver for Models {
    fn resolve(&self, spec: &str, folder: Option<&Path>) -> Result<Arc<dyn ModelProvider>> {
        Ok(match spec.parse::<ModelSpec>()? {
            ModelSpec::Builtin => Arc::new(BuiltinAnalyst),
            // The path in full, so that a restart finds the file whatever folder it happens in.
            ModelSpec::Scripted(path) => {
                Arc::new(ScriptedModel::load(&folder.map_or(path.clone(), |at| at.join(&path)))?)
            }
            ModelSpec::Exec(command) => Arc::new(ExecModel::new(&command)?.in_folder(folder)),
        })
    }
}
