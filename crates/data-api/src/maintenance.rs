//! What a store offers to those who look after its data.

use async_trait::async_trait;
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::export::{Export, ExportStream};

/// Looks after projects.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Begins an export of all events that there are now. Unknown projects and events are refused with
    /// the nearest names.
    async fn export(&self, project: &ProjectId, export: &Export) -> Result<Box<dyn ExportStream>>;
}
