//! The lake as those see it who look after its data.

use std::path::Path;

use async_trait::async_trait;
use hedgerow_data_api::{
    CheckOptions, CheckReport, Export, ExportStream, Maintenance, PersonDeleted, PersonInfo, ProjectCopy,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use crate::append::to_its_end;
use crate::backup::copy_project;
use crate::delete::delete_person;
use crate::doctor;
use crate::export::LakeExport;
use crate::lookup;
use crate::store::Lake;

#[async_trait]
impl Maintenance for Lake {
    async fn export(&self, project: &ProjectId, export: &Export) -> Result<Box<dyn ExportStream>> {
        let (view, taxonomy) = self.snapshot(project).await?;
        for name in &export.events {
            let mut known = taxonomy.events.iter().map(|event| event.name.as_str());
            if !known.clone().any(|event| event == name) {
                return Err(Error::unknown("event", name, known.by_ref()));
            }
        }
        Ok(Box::new(LakeExport::new(view, export)?))
    }

    async fn persons(&self, project: &ProjectId, search: &str, limit: usize) -> Result<Vec<PersonInfo>> {
        lookup::persons(&mut self.people(project).await?, search, limit).await
    }

    async fn person(&self, project: &ProjectId, id: &str) -> Result<PersonInfo> {
        lookup::person(&mut self.people(project).await?, id).await
    }

    async fn copy_project(&self, project: &ProjectId, to: &Path) -> Result<ProjectCopy> {
        copy_project(&self.project(project).await?, to, self.clock.now()).await
    }

    async fn check(&self, project: &ProjectId, options: CheckOptions) -> Result<CheckReport> {
        let opened = match self.project(project).await {
            Ok(opened) => opened,
            Err(error) if error.code() == Code::UnknownName => return Err(error),
            Err(error) => return doctor::unopened(project, &self.folder_of(project), &error).await,
        };
        let (project, now) = (project.clone(), self.clock.now());
        to_its_end(async move { doctor::check(&project, &opened, options, now).await }).await
    }

    async fn delete_person(&self, project: &ProjectId, id: &str) -> Result<PersonDeleted> {
        let (project, id, now) = (self.project(project).await?, id.to_owned(), self.clock.now());
        to_its_end(async move { delete_person(&project, &id, now).await }).await
    }
}
