//! Importing files of events: CSV, JSON lines and Parquet.

use std::path::{Path, PathBuf};

use hedgerow_agent_api::{Access, Resource};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_ingest::{
    ColumnOptions, EventFormat, EventOptions, ImportProgress, ImportSummary, MaxRejects, OpenEvents,
};

use crate::App;
use crate::import_access_log::may_block;

/// Names by which a process reaches its own open files: in another process they mean other files.
const OPEN_FILES: [&str; 5] = ["/dev/stdin", "/dev/fd", "/proc/self", "/proc/thread-self", "/dev/tty"];

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct EventsInput {
    /// The project it goes into.
    pub project: ProjectId,
    /// The form of the files.
    pub format: EventFormat,
    /// The files: paths, patterns with `*`, `?` and `[]`, or `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Where relative paths start from.
    pub folder: PathBuf,
    /// The columns that are not found by their usual names.
    pub columns: ColumnOptions,
    /// The name of all events, for files that have no column with one.
    pub event_name: Option<String>,
    /// The name of the source; equal rows of one name that bring no identity are the same events in a
    /// second import.
    pub source: Option<String>,
    /// How many unreadable rows are accepted.
    pub max_rejects: MaxRejects,
    /// Where unreadable rows go; a new file in the data folder when absent.
    pub rejects_path: Option<PathBuf>,
}

impl App {
    /// Imports events. Importing the same rows again adds nothing. `found` is called once with what was
    /// found in the files, before any of it is imported. Dropping the future stops the import between
    /// two chunks of events; a chunk on its way is still stored.
    pub async fn import_events(
        &self,
        input: &EventsInput,
        found: &(dyn Fn(&[String]) + Send + Sync),
        progress: &(dyn Fn(ImportProgress) + Send + Sync),
    ) -> Result<ImportSummary> {
        self.check(&Access::write(Resource::Event), Some(&input.project))?;
        if self.folder.is_some() {
            refuse_open_files(&input.files)?;
        }
        let rejects_path = input.rejects_path.clone();
        let options = EventOptions {
            columns: input.columns.clone(),
            event_name: input.event_name.clone(),
            source: input.source.clone(),
            folder: input.folder.clone(),
            max_rejects: input.max_rejects,
            rejects_path: Some(rejects_path.unwrap_or_else(|| self.rejects_path(&input.project))),
            ..EventOptions::default()
        };
        let store = &self.parts.data.store;
        may_block(async {
            // A mistyped name must not leave a project behind.
            let events = OpenEvents::open(input.format, &input.files, &options)?;
            found(events.notes());
            store.create_project(&input.project).await?;
            events.import(store.as_ref(), &input.project, progress).await
        })
        .await
    }
}

/// Refuses files that only the process has that asks: its standard input, and pipes of its shell.
fn refuse_open_files(files: &[PathBuf]) -> Result<()> {
    let theirs = |file: &&PathBuf| file.as_os_str() == "-" || OPEN_FILES.iter().any(|open| file.starts_with(open));
    let Some(file) = files.iter().find(theirs) else {
        return Ok(());
    };
    let name = if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    Err(Error::invalid(format!(
        "{name} is open in the calling process only, and a server runs the import"
    ))
    .with_hint("write it to a file first, or stop the server and import again"))
}
