//! The lake as those see it who look after its data.

use async_trait::async_trait;
use hedgerow_data_api::{Export, ExportStream, Maintenance};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::export::LakeExport;
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
}
