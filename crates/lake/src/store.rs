//! The lake as the rest sees it: projects by name, each opened once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::arrow::array::RecordBatch;
use fs_err as fs;
use hedgerow_data_api::{
    Appended, Clock, EventBatch, EventSink, EventStore, PersonTaxonomy, ProjectInfo, PropertyDefinition, Taxonomy,
    ValueList,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use tokio::sync::{Mutex, OnceCell};

use crate::append::{append_to_files, to_its_end};
use crate::catalog;
use crate::compact::compact;
use crate::expire::expire;
use crate::files::{Files, SystemFiles};
use crate::flush::flush;
use crate::folder::DataFolder;
use crate::group::append_to_log;
use crate::people_reader::PeopleReader;
use crate::persons::{KnownPersons, Persons};
use crate::project::{Project, has_lost_catalog};
use crate::reconcile;
use crate::settings::Settings;
use crate::value_index;
use crate::view::LakeView;

/// A project at one moment.
pub struct Moment {
    /// The events.
    pub view: Arc<LakeView>,
    /// The names of events and their properties. As long as it is the same one, nothing of the project changed.
    pub taxonomy: Arc<Taxonomy>,
    /// The persons and groups.
    pub people: PeopleReader,
}

/// All projects of a data folder.
pub struct Lake {
    folder: Arc<DataFolder>,
    pub(crate) clock: Clock,
    files: Arc<dyn Files>,
    settings: Settings,
    /// Each is opened by its first user, without keeping those of other projects waiting.
    open: Mutex<BTreeMap<ProjectId, Arc<OnceCell<Arc<Project>>>>>,
    persons: KnownPersons,
}

impl Lake {
    /// The lake of an owned folder.
    #[must_use]
    pub fn new(folder: DataFolder, clock: Clock) -> Self {
        Self::with(folder, clock, Arc::new(SystemFiles), Settings::default())
    }

    /// The same with other files and settings.
    #[must_use]
    pub fn with(folder: DataFolder, clock: Clock, files: Arc<dyn Files>, settings: Settings) -> Self {
        Self {
            folder: Arc::new(folder),
            clock,
            files,
            settings,
            open: Mutex::new(BTreeMap::new()),
            persons: KnownPersons::default(),
        }
    }

    /// The folder that holds everything.
    #[must_use]
    pub fn root(&self) -> &std::path::Path {
        self.folder.root()
    }

    /// The newest snapshot of a project with its taxonomy, both of the same commit.
    pub async fn snapshot(&self, project: &ProjectId) -> Result<(Arc<LakeView>, Arc<Taxonomy>)> {
        let current = self.project(project).await?.current().await?;
        Ok((Arc::clone(&current.view), current.taxonomy()))
    }

    /// The newest snapshot of a project with its taxonomy, its groups and all that is known of its persons, all of one
    /// moment.
    pub async fn moment_with_persons(&self, project: &ProjectId) -> Result<(Moment, Arc<Persons>)> {
        let opened = self.project(project).await?;
        self.persons.moment(project, &opened).await
    }

    /// The same with rows of two columns: `person_key`, and `created_at` as in [`PersonRow::schema`](crate::PersonRow::schema).
    pub async fn moment_with_first_seen(&self, project: &ProjectId) -> Result<(Moment, Vec<RecordBatch>)> {
        let opened = self.project(project).await?;
        self.persons.first_seen(project, &opened).await
    }

    /// The persons and groups of a project at this moment.
    pub async fn people(&self, project: &ProjectId) -> Result<PeopleReader> {
        let (_, overlay, transaction) = self.project(project).await?.people().await?;
        Ok(PeopleReader { transaction, overlay })
    }

    /// Writes the events of a project that are in memory to files. Says how many there were.
    pub async fn flush(&self, project: &ProjectId) -> Result<u64> {
        flushed(self.project(project).await?, self.clock.now()).await
    }

    /// Merges the files of each day that has more than one. Says how many files were merged.
    pub async fn compact(&self, project: &ProjectId) -> Result<usize> {
        let (project, clock) = (self.project(project).await?, self.clock.clone());
        to_its_end(async move {
            let mut merged = 0;
            loop {
                match compact(&project, 2, clock.now()).await? {
                    0 => return Ok(merged),
                    files => merged += files,
                }
            }
        })
        .await
    }

    /// Forgets old snapshots with the files that only they name. Says how many files went.
    pub async fn expire(&self, project: &ProjectId) -> Result<usize> {
        let (project, now) = (self.project(project).await?, self.clock.now());
        to_its_end(async move { expire(&project, now).await }).await
    }

    /// Flushes all open projects. Their events are safe without it, and reading them is faster after it.
    pub async fn close(&self) -> Result<()> {
        let open: Vec<_> = self
            .open
            .lock()
            .await
            .values()
            .filter_map(|cell| cell.get().cloned())
            .collect();
        for project in open {
            flushed(project, self.clock.now()).await?;
        }
        Ok(())
    }

    pub(crate) fn folder_of(&self, project: &ProjectId) -> PathBuf {
        self.folder.root().join("projects").join(project.as_str())
    }

    /// An existing project; an unknown one is refused with the names that exist.
    pub(crate) async fn project(&self, project: &ProjectId) -> Result<Arc<Project>> {
        if !self.exists(project) {
            let known = self.names()?;
            let error = Error::unknown("project", project.as_str(), known.iter().map(ProjectId::as_str));
            return Err(if known.is_empty() {
                error.with_hint("import some data first: hedgerow import")
            } else {
                error
            });
        }
        self.opened(project).await
    }

    /// A project, made if it does not exist.
    async fn opened(&self, project: &ProjectId) -> Result<Arc<Project>> {
        let cell = Arc::clone(self.open.lock().await.entry(project.clone()).or_default());
        let open = async || {
            let (owned, folder) = (Arc::clone(&self.folder), self.folder_of(project));
            let files = Arc::clone(&self.files);
            let opened = Project::open(owned, &folder, files, self.settings, self.clock.now()).await;
            let opened = Arc::new(opened.map_err(|error| of_project(project, error))?);
            reconcile::start(&opened, self.clock.clone());
            Ok(opened)
        };
        cell.get_or_try_init(open).await.cloned()
    }

    /// What makes a folder a project is its catalog; anything else that lies there is none, unless it has
    /// events, which must not be taken for nothing.
    fn exists(&self, project: &ProjectId) -> bool {
        let folder = self.folder_of(project);
        catalog::path(&folder).is_file() || has_lost_catalog(&folder)
    }

    fn names(&self) -> Result<Vec<ProjectId>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.root().join("projects"))? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse::<ProjectId>().ok());
            names.extend(id.filter(|id| self.exists(id)));
        }
        names.sort();
        Ok(names)
    }
}

async fn flushed(project: Arc<Project>, now: DateTime<Utc>) -> Result<u64> {
    to_its_end(async move { flush(&project, now).await }).await
}

/// A project that can't be opened, by its name.
fn of_project(project: &ProjectId, error: Error) -> Error {
    let hint = error.hint().map(str::to_owned);
    let named = Error::caused(error.code(), format!("cannot open project {project}"), error);
    match hint {
        Some(hint) => named.with_hint(hint),
        None => named,
    }
}

#[async_trait]
impl EventSink for Lake {
    async fn append(&self, project: &ProjectId, batch: EventBatch) -> Result<Appended> {
        let project = self.project(project).await?;
        if batch.is_empty() {
            return Ok(Appended::default());
        }
        if batch.len() >= self.settings.direct_events {
            return append_to_files(project, batch, self.clock.now()).await;
        }
        append_to_log(project, batch).await
    }
}

#[async_trait]
impl EventStore for Lake {
    async fn projects(&self) -> Result<Vec<ProjectInfo>> {
        let mut projects = Vec::new();
        for id in self.names()? {
            let (events, problem) = match self.snapshot(&id).await {
                Ok((view, _)) => (view.rows(), None),
                Err(error) => (0, Some(error.report().to_string())),
            };
            projects.push(ProjectInfo { id, events, problem });
        }
        Ok(projects)
    }

    async fn create_project(&self, project: &ProjectId) -> Result<()> {
        self.opened(project).await.map(drop)
    }

    async fn taxonomy(&self, project: &ProjectId) -> Result<Arc<Taxonomy>> {
        Ok(self.project(project).await?.current().await?.taxonomy())
    }

    async fn values(&self, project: &ProjectId, key: &str, search: &str, limit: usize) -> Result<ValueList> {
        let project = self.project(project).await?;
        loop {
            let current = project.newest().await?;
            let value_type = known_property(&current.taxonomy(), key)?.value_type;
            if let Some(found) = value_index::list(&project, &current, (key, value_type), search, limit).await? {
                return Ok(found);
            }
            // A commit came while values were read; the view that shows it is asked instead.
            project.follow().await?;
        }
    }

    async fn has_value(&self, project: &ProjectId, key: &str, value: &str) -> Result<Option<bool>> {
        let project = self.project(project).await?;
        let current = project.newest().await?;
        let value_type = known_property(&current.taxonomy(), key)?.value_type;
        value_index::has(&project, &current, key, value_type, value).await
    }

    async fn person_taxonomy(&self, project: &ProjectId) -> Result<Arc<PersonTaxonomy>> {
        let opened = self.project(project).await?;
        self.persons.taxonomy(project, &opened).await
    }
}

fn known_property<'a>(taxonomy: &'a Taxonomy, key: &str) -> Result<&'a PropertyDefinition> {
    let known = taxonomy.properties.iter().map(|property| property.key.as_str());
    taxonomy
        .property(key)
        .ok_or_else(|| Error::unknown("property", key, known))
}
