//! Projects and what is in them.

use std::sync::Arc;

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{ProjectInfo, Taxonomy, ValueList};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::App;

/// The most values that one list holds.
const MAX_VALUES: usize = 1_000;

impl App {
    /// The projects that the caller sees, by id. One that can't be read is listed with its problem.
    pub async fn projects(&self) -> Result<Vec<ProjectInfo>> {
        self.check(&Access::read(Resource::Project), None)?;
        let mut projects = self.parts.data.store.projects().await?;
        projects.retain(|project| self.principal.sees(&project.id));
        Ok(projects)
    }

    /// A project's events and properties.
    pub async fn taxonomy(&self, project: &ProjectId) -> Result<Arc<Taxonomy>> {
        self.check(&Access::read(Resource::Taxonomy), Some(project))?;
        self.parts.data.store.taxonomy(project).await
    }

    /// A property's values that contain `search`, most frequent first.
    pub async fn property_values(
        &self,
        project: &ProjectId,
        key: &str,
        search: &str,
        limit: usize,
    ) -> Result<ValueList> {
        if limit == 0 || limit > MAX_VALUES {
            return Err(Error::invalid(format!("limit {limit} is not within 1 to {MAX_VALUES}")));
        }
        let taxonomy = self.taxonomy(project).await?;
        if taxonomy.property(key).is_none() {
            let known = taxonomy.properties.iter().map(|property| property.key.as_str());
            return Err(Error::unknown("property", key, known));
        }
        self.parts.data.store.values(project, key, search, limit).await
    }

    /// Refuses an unknown project with the names that exist, and one that can't be read with the
    /// reason. Other projects play no part in it, and what the caller may is checked elsewhere.
    pub(crate) async fn require_project(&self, project: &ProjectId) -> Result<()> {
        self.parts.data.store.taxonomy(project).await.map(drop)
    }
}
