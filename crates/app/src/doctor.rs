//! Checking projects and repairing them.

use hedgerow_agent_api::{Access, Level, Resource};
use hedgerow_data_api::{CheckOptions, CheckReport};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::App;

impl App {
    /// Checks a project, or all of them; repairs where that is asked for. `checked` gets each report when
    /// it is there. True where no problem is left.
    pub async fn doctor(
        &self,
        project: Option<&ProjectId>,
        options: CheckOptions,
        checked: &(dyn Fn(&CheckReport) -> Result<()> + Send + Sync),
    ) -> Result<bool> {
        let level = if options.repair { Level::Write } else { Level::Read };
        let resource = Resource::Storage;
        self.check_all(&Access { resource, level }, project)?;
        let projects = match project {
            Some(project) => vec![project.clone()],
            None => self.projects().await?.into_iter().map(|project| project.id).collect(),
        };
        let mut clean = true;
        for project in projects {
            let report = self.parts.maintenance.check(&project, options).await?;
            checked(&report)?;
            clean &= report.is_clean();
        }
        Ok(clean)
    }
}
