//! The use cases: what a person or program can do, one file each, whatever the surface.
//!
//! Surfaces (command line, HTTP) parse and show; everything that decides happens here or below.
//! No use case knows an engine: data comes through the contracts, models through a resolver.

mod ask;
mod ask_report;
mod backup;
mod doctor;
pub mod eval;
mod export;
mod import_access_log;
mod import_events;
mod import_world;
mod keys;
mod manifest;
mod members;
mod objects;
mod persons;
mod product_check;
mod product_new;
mod product_pull;
mod products;
mod projects;
mod query;
mod recover;
mod runs;
mod suggestions;
mod tools;

pub use ask::AskInput;
pub use ask_report::{AskOutcome, AskReport, MadeFilters, ResultArtifact, ToolCallReport, cited_results};
pub use backup::{BackupSummary, ProjectBackup, RestoreSummary, restore};
pub use export::{ExportInput, ExportProgress, ExportSummary};
pub use import_access_log::AccessLogInput;
pub use import_events::EventsInput;
pub use import_world::WorldImport;
pub use keys::{CreatedKey, KeyInput};
pub use members::MemberRemoved;
pub use product_check::{Check, Finding, GateOptions, ProductReport};
pub use product_new::NewProduct;
pub use product_pull::{PulledProduct, PulledSchema};
pub use products::{ProductInfo, ProductList, ProductMode, ProductSkill, ProductTool};
pub use recover::Recovered;
pub use runs::diff::{Change, RunDiff};
pub use tools::{ToolCall, ToolCallResult, ToolExample, ToolInfo, ToolPreview};

pub use hedgerow_declared::ProductFolders;
pub use hedgerow_ingest::{ColumnOptions, EventFormat, ImportProgress, ImportSummary, MaxRejects};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hedgerow_agent::Agent;
use hedgerow_agent_api::{
    Access, AccessStore, ModelProvider, ObjectStore, Outside, Policy, Principal, ProductProblem, Registries, Registry,
    RunLog,
};
use hedgerow_data_api::{Clock, Data, Maintenance};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

/// The model that drives a run when nobody names one: the built-in analyst.
pub const BUILTIN_MODEL: &str = "builtin";

/// Turns a model's name, such as `builtin` or `exec:CMD`, into the model.
pub trait ModelResolver: Send + Sync {
    /// The model; an unknown name or kind is refused. `folder` is where a program runs and a relative
    /// path starts from; the process's own when absent.
    fn resolve(&self, spec: &str, folder: Option<&Path>) -> Result<Arc<dyn ModelProvider>>;
}

/// What the use cases are made of.
pub struct AppParts {
    /// Queries and stores.
    pub data: Data,
    /// Looks after what is stored.
    pub maintenance: Arc<dyn Maintenance>,
    /// Runs questions.
    pub agent: Arc<Agent>,
    /// What is installed.
    pub registries: Registries,
    /// The truth about runs.
    pub run_log: Arc<dyn RunLog>,
    /// What people and agents make.
    pub objects: Arc<dyn ObjectStore>,
    /// Members and keys.
    pub access: Arc<dyn AccessStore>,
    /// Finds models.
    pub models: Arc<dyn ModelResolver>,
    /// What calls may do.
    pub policy: Policy,
    /// The folder that holds everything.
    pub data_dir: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// What the gate for products works with.
    pub products: ProductParts,
}

/// What the gate for products works with.
#[derive(Clone)]
pub struct ProductParts {
    /// Where the products lie that are declared as files.
    pub folders: ProductFolders,
    /// The way outside of their tools.
    pub outside: Outside,
    /// The products that are part of the program, without those declared as files and without the core tools.
    pub built_in: Arc<Registry>,
}

impl Default for ProductParts {
    /// No products, and no way outside.
    fn default() -> Self {
        Self {
            folders: ProductFolders::default(),
            outside: Outside::nowhere(),
            built_in: Arc::default(),
        }
    }
}

/// The use cases, as a principal may use them. Cheap to clone; clones share everything but the clock, the
/// default model, the principal and the folder that models run in.
#[derive(Clone)]
pub struct App {
    parts: Arc<AppParts>,
    clock: Clock,
    default_model: Arc<str>,
    principal: Arc<Principal>,
    folder: Option<Arc<Path>>,
}

impl App {
    /// The use cases over the given parts, for whoever sits at this machine.
    #[must_use]
    pub fn new(parts: AppParts) -> Self {
        let clock = parts.clock.clone();
        Self {
            parts: Arc::new(parts),
            clock,
            default_model: Arc::from(BUILTIN_MODEL),
            principal: Arc::new(Principal::local()),
            folder: None,
        }
    }

    /// The same with another clock, for a caller that brings its own "now".
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The same for somebody else: every use case checks what this principal may.
    #[must_use]
    pub fn as_principal(&self, principal: Principal) -> Self {
        Self {
            principal: Arc::new(principal),
            ..self.clone()
        }
    }

    /// Who acts.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Refuses what whoever acts may not do.
    pub(crate) fn check(&self, access: &Access, project: Option<&ProjectId>) -> Result<()> {
        self.principal.check(access, project)
    }

    /// The same for a project, or for all of them where none is named.
    pub(crate) fn check_all(&self, access: &Access, project: Option<&ProjectId>) -> Result<()> {
        match project {
            Some(_) => self.check(access, project),
            None => self.principal.check_everywhere(access),
        }
    }

    /// The same for a caller of another process: its models run in its own folder, and its standard input
    /// is not this process's.
    #[must_use]
    pub fn in_folder(&self, folder: &Path) -> Self {
        Self {
            folder: Some(Arc::from(folder)),
            ..self.clone()
        }
    }

    /// The same with another model for questions that name none; an unknown one is refused.
    pub fn with_default_model(&self, spec: &str) -> Result<Self> {
        self.resolve_model(spec)?;
        Ok(Self {
            default_model: Arc::from(spec),
            ..self.clone()
        })
    }

    fn resolve_model(&self, spec: &str) -> Result<Arc<dyn ModelProvider>> {
        self.parts.models.resolve(spec, self.folder.as_deref())
    }

    /// What time it is.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The folder that holds everything.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.parts.data_dir
    }

    /// What is installed in a project, or in all of them, as it is now.
    #[must_use]
    pub fn registry(&self, project: Option<&ProjectId>) -> Arc<Registry> {
        self.parts.registries.registry(project)
    }

    /// The products that are not installed as their files are: those of all projects, and those of the projects that
    /// the caller sees.
    #[must_use]
    pub fn product_problems(&self) -> Vec<ProductProblem> {
        let installed = self.parts.registries.now();
        let is_seen = |problem: &&ProductProblem| match &problem.project {
            Some(project) => self.principal.sees(project),
            None => true,
        };
        installed.problems.iter().filter(is_seen).cloned().collect()
    }
}
