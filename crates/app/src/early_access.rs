//! Who sees which products: the view of whoever acts, and the setting of a project that opens products to members.
//!
//! The rule is [`Stage::lowest_seen`]. Every use case that lists, describes, suggests or calls what products brought
//! goes through [`App::seen`], and a run keeps the view that it started with.

use std::sync::Arc;

use hedgerow_agent_api::{Access, Registry, Resource, Stage};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// From which stage on a project's members see products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EarlyAccess {
    /// The project.
    pub project: ProjectId,
    /// The lowest stage that members see; owners and admins see all of them.
    pub stage: Stage,
}

impl App {
    /// What a project's members see.
    pub async fn early_access(&self, project: &ProjectId) -> Result<EarlyAccess> {
        self.check(&Access::read(Resource::Project), Some(project))?;
        self.require_project(project).await?;
        Ok(EarlyAccess {
            project: project.clone(),
            stage: self.parts.settings.early_access(project).await?,
        })
    }

    /// Opens a project's products to its members from a stage on, or closes them again. Runs that go on keep the view
    /// that they started with.
    pub async fn set_early_access(&self, project: &ProjectId, stage: Stage) -> Result<EarlyAccess> {
        self.check(&Access::admin(Resource::Project), Some(project))?;
        self.require_project(project).await?;
        let (by, at) = (&self.principal.name, self.clock.now());
        self.parts.settings.set_early_access(project, stage, by, at).await?;
        Ok(EarlyAccess {
            project: project.clone(),
            stage,
        })
    }

    /// The lowest stage of the products that whoever acts sees in a project; without one, in any project that it sees.
    pub(crate) async fn sees(&self, project: Option<&ProjectId>) -> Result<Stage> {
        let role = self.principal.role;
        if Stage::lowest_seen(role, Stage::Ga) == Stage::Idea {
            return Ok(Stage::Idea);
        }
        let settings = &self.parts.settings;
        if let Some(project) = project {
            return Ok(Stage::lowest_seen(role, settings.early_access(project).await?));
        }
        let projects = self.parts.data.store.projects().await?;
        let mut lowest = Stage::Ga;
        for project in projects.iter().filter(|project| self.principal.sees(&project.id)) {
            lowest = lowest.min(settings.early_access(&project.id).await?);
        }
        Ok(Stage::lowest_seen(role, lowest))
    }

    /// What whoever acts sees of what is installed in a project, or in all of them, as it is now.
    pub(crate) async fn seen(&self, project: Option<&ProjectId>) -> Result<Arc<Registry>> {
        let lowest = self.sees(project).await?;
        Ok(self.parts.registries.seen(project, lowest))
    }

    /// What is installed, as whoever acts sees it in a project, or, of what all projects have, in any that it sees. A
    /// project that is named must exist.
    pub async fn seen_in_list(&self, project: Option<&ProjectId>) -> Result<Arc<Registry>> {
        self.check(&Access::read(Resource::Product), project)?;
        if let Some(project) = project {
            self.require_project(project).await?;
        }
        self.seen(project).await
    }
}
