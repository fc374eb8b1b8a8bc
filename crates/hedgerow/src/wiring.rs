//! Putting engines, agent, products and use cases together.

use std::path::Path;
use std::sync::Arc;

use hedgerow_agent::{Agent, Limits, core_tools};
use hedgerow_agent_api::{AccessStore as _, Egress, ModelProvider, ObjectStore, Policy, Registry};
use hedgerow_analyst::BuiltinAnalyst;
use hedgerow_app::{App, AppParts, EVAL_HISTORY, ModelResolver, ProductParts, StoredDefinitions};
use hedgerow_data_api::{Clock, Data, Definitions, Maintenance};
use hedgerow_declared::Refused;
use hedgerow_egress::{HttpEgress, Secrets, Settings};
use hedgerow_errors::Result;
use hedgerow_lake::{DataFolder, Lake};
use hedgerow_meta::SqliteMeta;
use hedgerow_models::{ExecModel, ModelSpec, ScriptedModel};
use hedgerow_query::Engine;

/// What a process works with.
pub(crate) struct Wired {
    pub(crate) app: App,
    /// To be closed at the end.
    pub(crate) lake: Arc<Lake>,
    /// Declared products that are left out, and why.
    pub(crate) refused: Vec<Refused>,
}

/// The use cases over a data folder that this process owns. Declared products and secrets are those of `home`: the
/// same folder, or the one around it where a benchmark has a folder of its own.
pub(crate) async fn app(folder: DataFolder, home: &Path, clock: Option<Clock>) -> Result<Wired> {
    let clock = clock.unwrap_or_else(Clock::system);
    let data_dir = folder.root().to_owned();
    let meta = Arc::new(SqliteMeta::open(&data_dir.join("meta.sqlite")).await?);
    meta.organisation(clock.now()).await?;
    let lake = Arc::new(Lake::new(folder, clock.clone()));
    let definitions: Arc<dyn Definitions> = Arc::new(StoredDefinitions::new(meta.clone()));
    let engine = Engine::new(Arc::clone(&lake))?.with_definitions(Arc::clone(&definitions));
    let data = Data {
        queries: Arc::new(engine),
        store: lake.clone(),
        definitions,
    };
    let built_in = Arc::new(built_in(&data, meta.clone(), lake.clone())?);
    let products_dir = home.join("products");
    let mut registry = Registry::clone(&built_in);
    let refused = hedgerow_declared::install_all(&products_dir, &mut registry, &data, &egress(home))?;
    core_tools::install(&mut registry, data.clone(), meta.clone())?;
    let registry = Arc::new(registry);
    let policy = Policy::default();
    let agent = Agent::new(Arc::clone(&registry), meta.clone(), policy.clone(), Limits::default());
    let models = Arc::new(Models);
    let app = App::new(AppParts {
        data,
        maintenance: lake.clone(),
        agent,
        registry,
        run_log: meta.clone(),
        objects: meta.clone(),
        access: meta.clone(),
        settings: meta.clone(),
        usage: meta,
        models,
        policy,
        data_dir,
        clock,
        products: ProductParts {
            products_dir,
            built_in,
            eval_history: home.join(EVAL_HISTORY),
        },
    });
    Ok(Wired { app, lake, refused })
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
