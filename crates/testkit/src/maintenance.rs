//! A store that nobody has to look after.

use std::path::Path;

use async_trait::async_trait;
use hedgerow_data_api::{
    CheckOptions, CheckReport, Export, ExportStream, Maintenance, PersonDeleted, PersonInfo, ProjectCopy,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

/// Refuses every kind of maintenance.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMaintenance;

fn refusal() -> Error {
    Error::new(Code::Unavailable, "a fake store has nothing to look after")
}

#[async_trait]
impl Maintenance for NoMaintenance {
    async fn export(&self, _: &ProjectId, _: &Export) -> Result<Box<dyn ExportStream>> {
        Err(refusal())
    }

    async fn persons(&self, _: &ProjectId, _: &str, _: usize) -> Result<Vec<PersonInfo>> {
        Err(refusal())
    }

    async fn person(&self, _: &ProjectId, _: &str) -> Result<PersonInfo> {
        Err(refusal())
    }

    async fn copy_project(&self, _: &ProjectId, _: &Path) -> Result<ProjectCopy> {
        Err(refusal())
    }

    async fn check(&self, _: &ProjectId, _: CheckOptions) -> Result<CheckReport> {
        Err(refusal())
    }

    async fn delete_person(&self, _: &ProjectId, _: &str) -> Result<PersonDeleted> {
        Err(refusal())
    }
}
