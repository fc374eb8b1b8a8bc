//! What a store offers to those who look after its data.

use std::path::Path;

use async_trait::async_trait;
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::check::{CheckOptions, CheckReport};
use crate::copy::ProjectCopy;
use crate::export::{Export, ExportStream};
use crate::people::{PersonDeleted, PersonInfo};

/// Looks after projects.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Begins an export of all events that there are now. Unknown projects and events are refused with
    /// the nearest names.
    async fn export(&self, project: &ProjectId, export: &Export) -> Result<Box<dyn ExportStream>>;

    /// Persons with a distinct id that contains `search` (all when empty), at most `limit`.
    async fn persons(&self, project: &ProjectId, search: &str, limit: usize) -> Result<Vec<PersonInfo>>;

    /// A person by one of its distinct ids or by its id; `unknown_name` where there is none.
    async fn person(&self, project: &ProjectId, id: &str) -> Result<PersonInfo>;

    /// Deletes a person with all its distinct ids and events, so that nothing is left of them in the
    /// project's folder. It goes on to its end when the caller is gone. Events of it that are sent again
    /// later make it anew.
    async fn delete_person(&self, project: &ProjectId, id: &str) -> Result<PersonDeleted>;

    /// Copies a project as of one moment into a new folder: all events that were acknowledged before the
    /// call, and no half batch. Events may come in meanwhile.
    async fn copy_project(&self, project: &ProjectId, to: &Path) -> Result<ProjectCopy>;

    /// Checks a project and repairs it where that is asked for. A project that can't be opened is a finding
    /// and no error. Imports and flushes wait meanwhile.
    async fn check(&self, project: &ProjectId, options: CheckOptions) -> Result<CheckReport>;
}
