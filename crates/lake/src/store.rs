//! The lake as the rest sees it: projects by name, each opened once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use fs_err as fs;
use hedgerow_data_api::{Appended, Clock, EventRecord, EventSink, EventStore, ProjectInfo, Taxonomy, ValueList};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use tokio::sync::Mutex;

use crate::append::append;
use crate::folder::DataFolder;
use crate::project::{Current, Project};
use crate::view::LakeView;

/// All projects of a data folder.
pub struct Lake {
    folder: DataFolder,
    clock: Clock,
    open: Mutex<BTreeMap<ProjectId, Arc<Project>>>,
}

impl Lake {
    /// The lake of an owned folder.
    #[must_use]
    pub fn new(folder: DataFolder, clock: Clock) -> Self {
        Self {
            folder,
            clock,
            open: Mutex::new(BTreeMap::new()),
        }
    }

    /// The folder that holds everything.
    #[must_use]
    pub fn root(&self) -> &std::path::Path {
        self.folder.root()
    }

    /// The newest snapshot of a project with its taxonomy, both of the same commit.
    pub async fn snapshot(&self, project: &ProjectId) -> Result<(Arc<LakeView>, Arc<Taxonomy>)> {
        let Current { view, taxonomy } = self.project(project).await?.current();
        Ok((view, taxonomy))
    }

    fn folder_of(&self, project: &ProjectId) -> PathBuf {
        self.folder.root().join("projects").join(project.as_str())
    }

    /// An existing project; an unknown one is refused with the names that exist.
    async fn project(&self, project: &ProjectId) -> Result<Arc<Project>> {
        let mut open = self.open.lock().await;
        if let Some(found) = open.get(project) {
            return Ok(Arc::clone(found));
        }
        if !fs::exists(self.folder_of(project).join("catalog.sqlite"))? {
            let known = self.names()?;
            let error = Error::unknown("project", project.as_str(), known.iter().map(ProjectId::as_str));
            return Err(if known.is_empty() {
                error.with_hint("import some data first: hedgerow import")
            } else {
                error
            });
        }
        let opened = Arc::new(Project::open(&self.folder_of(project), self.clock.now()).await?);
        open.insert(project.clone(), Arc::clone(&opened));
        Ok(opened)
    }

    fn names(&self) -> Result<Vec<ProjectId>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.root().join("projects"))? {
            let name = entry?.file_name();
            names.extend(name.to_str().and_then(|name| name.parse::<ProjectId>().ok()));
        }
        names.sort();
        Ok(names)
    }
}

#[async_trait]
impl EventSink for Lake {
    async fn append(&self, project: &ProjectId, batch: Vec<EventRecord>) -> Result<Appended> {
        append(&self.project(project).await?, batch, self.clock.now()).await
    }
}

#[async_trait]
impl EventStore for Lake {
    async fn projects(&self) -> Result<Vec<ProjectInfo>> {
        let mut projects = Vec::new();
        for id in self.names()? {
            let events = self.project(&id).await?.current().view.rows();
            projects.push(ProjectInfo { id, events });
        }
        Ok(projects)
    }

    async fn create_project(&self, project: &ProjectId) -> Result<()> {
        let mut open = self.open.lock().await;
        if !open.contains_key(project) {
            let opened = Project::open(&self.folder_of(project), self.clock.now()).await?;
            open.insert(project.clone(), Arc::new(opened));
        }
        Ok(())
    }

    async fn taxonomy(&self, project: &ProjectId) -> Result<Arc<Taxonomy>> {
        Ok(self.project(project).await?.current().taxonomy)
    }

    async fn values(&self, project: &ProjectId, key: &str, search: &str, limit: usize) -> Result<ValueList> {
        let project = self.project(project).await?;
        let taxonomy = project.current().taxonomy;
        if taxonomy.property(key).is_none() {
            let known = taxonomy.properties.iter().map(|property| property.key.as_str());
            return Err(Error::unknown("property", key, known));
        }
        project.catalog.values(key, search, limit).await
    }
}
