//! What is installed now, in all projects and in single ones.
//!
//! Products of files may change while a process runs. Whoever starts something - a run, a call, a list - takes the
//! registry of that moment and keeps it; nothing waits for an installation, and nothing sees half of one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use hedgerow_errors::Report;
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{Registry, Views};
use crate::stage::Stage;

/// A product that is not installed as its files are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductProblem {
    /// The product: its folder's name.
    pub product: String,
    /// The project that it is for; absent for one of all projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The version that goes on, the last that could be installed; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_version: Option<u32>,
    /// What is wrong with its files.
    pub error: Report,
}

impl fmt::Display for ProductProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "product {}", self.product)?;
        if let Some(project) = &self.project {
            write!(formatter, " of project {project}")?;
        }
        match self.running_version {
            Some(version) => write!(formatter, " goes on as it was, version {version}: {}", self.error),
            None => write!(formatter, " is left out: {}", self.error),
        }
    }
}

/// Everything that is installed at one moment.
#[derive(Clone, Default)]
pub struct Installed {
    /// What all projects have.
    pub everywhere: Views,
    /// What projects with products of their own have: those, and what all have.
    pub of_projects: BTreeMap<ProjectId, Views>,
    /// Products that are not installed as their files are.
    pub problems: Vec<ProductProblem>,
}

impl Installed {
    /// The views of what a project has, or of what all have.
    #[must_use]
    pub fn views(&self, project: Option<&ProjectId>) -> &Views {
        project
            .and_then(|project| self.of_projects.get(project))
            .unwrap_or(&self.everywhere)
    }
}

/// The place where everybody finds what is installed now. Clones share it.
#[derive(Clone, Default)]
pub struct Registries(Arc<RwLock<Arc<Installed>>>);

impl Registries {
    /// A place with this in it.
    #[must_use]
    pub fn new(installed: Installed) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(installed))))
    }

    /// What is installed now.
    #[must_use]
    pub fn now(&self) -> Arc<Installed> {
        // The lock is held for as long as a pointer takes to be copied.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The registry of a project, or that of all, as it is now, with products of every stage.
    #[must_use]
    pub fn registry(&self, project: Option<&ProjectId>) -> Arc<Registry> {
        self.seen(project, Stage::Idea)
    }

    /// The same for somebody who sees products from a stage on.
    #[must_use]
    pub fn seen(&self, project: Option<&ProjectId>, lowest: Stage) -> Arc<Registry> {
        Arc::clone(self.now().views(project).seen_from(lowest))
    }

    /// Puts something else in its place, for everything that starts from now on.
    pub fn replace(&self, installed: Installed) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(installed);
    }
}

impl From<Arc<Registry>> for Registries {
    /// One registry for all projects, which never changes unless it is replaced.
    fn from(everywhere: Arc<Registry>) -> Self {
        Self::new(Installed {
            everywhere: Views::of(everywhere),
            ..Installed::default()
        })
    }
}
