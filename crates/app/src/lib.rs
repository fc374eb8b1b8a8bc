//! The use cases: what a person or program can do, one file each, whatever the surface.
//!
//! Surfaces (command line, HTTP) parse and show; everything that decides happens here or below.
//! No use case knows an engine: data comes through the contracts, models through a resolver.

mod ask;
mod ask_report;
mod backup;
mod definitions;
mod doctor;
mod early_access;
pub mod eval;
mod eval_history;
mod export;
mod feedback;
mod import_access_log;
mod import_events;
mod import_world;
mod kept_queries;
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
mod quality;
mod query;
mod query_settings;
mod recover;
mod runs;
mod sessions;
mod suggestions;
mod tools;
mod usage;

pub use ask::AskInput;
pub use ask_report::{AskOutcome, AskReport, MadeFilters, ResultArtifact, ToolCallReport, cited_results};
pub use backup::{BackupSummary, EVALS as EVAL_HISTORY, ProjectBackup, RestoreSummary, restore};
pub use definitions::StoredDefinitions;
pub use early_access::EarlyAccess;
pub use eval_history::{EvalBy, EvalRecord};
pub use export::{ExportInput, ExportProgress, ExportSummary};
pub use feedback::{FeedbackInput, RunFeedback};
pub use import_access_log::AccessLogInput;
pub use import_events::EventsInput;
pub use import_world::WorldImport;
pub use kept_queries::{KeepingEngine, KeptQueries, Reopened, ReopenedResponse};
pub use keys::{CreatedKey, KeyInput};
pub use members::MemberRemoved;
pub use product_check::{Check, CheckedProduct, FileTokens, Finding, GateOptions, KeptReport, ProductReport};
pub use product_new::NewProduct;
pub use product_pull::{PulledProduct, PulledSchema};
pub use products::{ProductInfo, ProductList, ProductMode, ProductSkill, ProductTool};
pub use quality::{
    DayCalls, ErrorExample, ErrorGroup, FailedRun, ProductQuality, QualityFeedback, QualityOptions, RunTotals,
    SurfaceCalls, ToolQuality, Totals, ZeroMatch,
};
pub use recover::Recovered;
pub use runs::diff::{Change, RunDiff};
pub use sessions::SignedIn;
pub use tools::{ToolCall, ToolCallResult, ToolExample, ToolInfo, ToolPreview};

pub use hedgerow_declared::ProductFolders;
pub use hedgerow_ingest::{ColumnOptions, EventFormat, ImportProgress, ImportSummary, MaxRejects};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hedgerow_agent::Agent;
use hedgerow_agent_api::{
    Access, AccessStore, ModelProvider, ObjectStore, Outside, Policy, Principal, ProjectSettings, Registries, Registry,
    RunLog, UsageStore,
};
use hedgerow_data_api::{Clock, Data, Maintenance};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use usage::CallRecorder;

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
    /// What is set for projects.
    pub settings: Arc<dyn ProjectSettings>,
    /// Calls that belong to no run, and what is said of runs.
    pub usage: Arc<dyn UsageStore>,
    /// Queries that were answered; `data.queries` is what puts them there.
    pub kept_queries: Arc<KeptQueries>,
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
    /// The file that holds what suites came to; none is kept where this is empty.
    pub eval_history: PathBuf,
}

impl Default for ProductParts {
    /// No products, and no way outside.
    fn default() -> Self {
        Self {
            folders: ProductFolders::default(),
            outside: Outside::nowhere(),
            built_in: Arc::default(),
            eval_history: PathBuf::new(),
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
    recorder: Arc<CallRecorder>,
    /// Whether results that are kept are left aside.
    anew: bool,
}

impl App {
    /// The use cases over the given parts, for whoever sits at this machine.
    #[must_use]
    pub fn new(parts: AppParts) -> Self {
        let clock = parts.clock.clone();
        // What is kept for a time is forgotten by the machine's clock, whatever time the caller sets.
        let recorder = Arc::new(CallRecorder::new(Arc::clone(&parts.usage), Clock::system()));
        Self {
            parts: Arc::new(parts),
            clock,
            default_model: Arc::from(BUILTIN_MODEL),
            principal: Arc::new(Principal::local()),
            folder: None,
            recorder,
            anew: false,
        }
    }

    /// Waits until what is recorded beside calls is written. Whoever ends a process calls it last.
    pub async fn flush(&self) {
        self.recorder.flush().await;
        self.parts.kept_queries.flush().await;
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

    /// What is installed in a project, or in all of them, as it is now; whoever acts sees of it what it may.
    #[must_use]
    pub fn registry(&self, project: Option<&ProjectId>) -> Arc<Registry> {
        self.parts.registries.registry(project)
    }
}
