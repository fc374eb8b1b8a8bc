//! Importing a web server's access log; the one use case that makes its project.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;

use hedgerow_agent_api::{Access, Resource};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use hedgerow_ingest::{AccessLogOptions, ImportProgress, ImportSummary, MaxRejects, OpenAccessLogs};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::App;

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct AccessLogInput {
    /// The project it goes into.
    pub project: ProjectId,
    /// The files, in order.
    pub files: Vec<PathBuf>,
    /// The name of the log; lines of one name are the same events in a second import.
    pub source: Option<String>,
    /// How many unreadable lines are accepted.
    pub max_rejects: MaxRejects,
    /// Where unreadable lines go; a new file in the data folder when absent.
    pub rejects_path: Option<PathBuf>,
}

impl App {
    /// Imports access logs. Importing the same lines again adds nothing. Dropping the future stops
    /// the import between two chunks of events; a chunk on its way is still stored.
    pub async fn import_access_log(
        &self,
        input: &AccessLogInput,
        progress: &(dyn Fn(ImportProgress) + Send + Sync),
    ) -> Result<ImportSummary> {
        self.check(&Access::write(Resource::Event), Some(&input.project))?;
        let options = AccessLogOptions {
            source: input.source.clone(),
            max_rejects: input.max_rejects,
            rejects_path: Some(
                input
                    .rejects_path
                    .clone()
                    .unwrap_or_else(|| self.rejects_path(&input.project)),
            ),
            ..AccessLogOptions::default()
        };
        let store = &self.parts.data.store;
        may_block(async {
            // A mistyped name must not leave a project behind.
            let logs = OpenAccessLogs::open(&input.files, &options)?;
            store.create_project(&input.project).await?;
            logs.import(store.as_ref(), &input.project, progress).await
        })
        .await
    }

    /// A file that isn't there yet.
    pub(crate) fn rejects_path(&self, project: &ProjectId) -> PathBuf {
        let folder = self.parts.data_dir.join("rejects");
        let stem = format!("{project}-{}", self.clock.now().format("%Y%m%dT%H%M%SZ"));
        let names = std::iter::once(stem.clone()).chain((2..).map(|number| format!("{stem}-{number}")));
        let mut paths = names.map(|name| folder.join(format!("{name}.tsv")));
        paths.find(|path| !path.exists()).unwrap_or(folder)
    }
}

/// Runs a future that blocks its thread for a while. Elsewhere in a server that would keep other
/// requests waiting, so the runtime is told at every step.
pub(crate) async fn may_block<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(|| future.as_mut().poll(context)),
        // A runtime of one thread has no other requests that could go elsewhere.
        _ => future.as_mut().poll(context),
    })
    .await
}
