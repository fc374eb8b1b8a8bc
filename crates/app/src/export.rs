//! Exporting events into a file, or to whoever reads the output.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fs_err as fs;
use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{Export, ExportStream};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde::Serialize;

use crate::App;
use crate::import_access_log::may_block;

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct ExportInput {
    /// The project.
    pub project: ProjectId,
    /// Which events, and in which format.
    pub export: Export,
    /// The new file; the output when absent.
    pub file: Option<PathBuf>,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportProgress {
    /// Events read.
    pub read: u64,
    /// Events to be read.
    pub total: u64,
}

/// What an export did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The file; absent where the events went to the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Events written.
    pub events: u64,
    /// Bytes written.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl App {
    /// Exports all events that there are now. A file gets its name when it is whole and on disk; one that
    /// exists is refused with `conflict`. Without a file `output` takes the bytes. Dropping the future
    /// ends the export and leaves no file.
    pub async fn export(
        &self,
        input: &ExportInput,
        output: &(dyn Fn(&[u8]) -> Result<()> + Send + Sync),
        progress: &(dyn Fn(ExportProgress) + Send + Sync),
    ) -> Result<ExportSummary> {
        self.check(&Access::read(Resource::Event), Some(&input.project))?;
        let begun = Instant::now();
        may_block(async {
            if let Some(file) = &input.file {
                refuse_existing(file)?;
            }
            let mut stream = self.parts.maintenance.export(&input.project, &input.export).await?;
            let (events, bytes) = match &input.file {
                Some(file) => {
                    let mut part = PartFile::create(file)?;
                    let written = copy(stream.as_mut(), &mut |bytes| part.write(bytes), progress).await?;
                    part.finish()?;
                    written
                }
                None => copy(stream.as_mut(), &mut |bytes| output(bytes), progress).await?,
            };
            Ok(ExportSummary {
                file: input.file.clone(),
                events,
                bytes,
                elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            })
        })
        .await
    }
}

/// Takes all parts. Says how many events and bytes they were.
async fn copy(
    stream: &mut dyn ExportStream,
    write: &mut (dyn FnMut(&[u8]) -> Result<()> + Send),
    progress: &(dyn Fn(ExportProgress) + Send + Sync),
) -> Result<(u64, u64)> {
    let (mut events, mut bytes) = (0, 0);
    let mut so_far = ExportProgress {
        read: 0,
        total: stream.total(),
    };
    progress(so_far);
    while let Some(part) = stream.next().await? {
        if !part.bytes.is_empty() {
            write(&part.bytes)?;
        }
        events += part.written;
        bytes += part.bytes.len() as u64;
        so_far.read += part.read;
        progress(so_far);
    }
    Ok((events, bytes))
}

fn refuse_existing(file: &Path) -> Result<()> {
    if fs::symlink_metadata(file).is_ok() {
        let message = format!("{} exists already", file.display());
        return Err(Error::new(Code::Conflict, message).with_hint("name another file, or remove that one first"));
    }
    Ok(())
}

/// A file on its way under another name, which goes where the file is not finished.
struct PartFile {
    file: Option<fs::File>,
    part: PathBuf,
    path: PathBuf,
}

impl PartFile {
    fn create(path: &Path) -> Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = fs::File::create_new(&part).map_err(|error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let error = Error::from(error);
            if exists {
                return error
                    .with_hint("another export writes it; if none does, remove it: it is what one left behind");
            }
            error
        })?;
        Ok(Self {
            file: Some(file),
            part,
            path: path.to_owned(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(full),
            None => Err(Error::internal("a finished file is written to")),
        }
    }

    /// Makes the file durable under its name.
    fn finish(mut self) -> Result<()> {
        if let Some(file) = &self.file {
            file.sync_all().map_err(full)?;
        }
        refuse_existing(&self.path)?;
        fs::rename(&self.part, &self.path)?;
        self.file = None;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What can't be removed is only in the way, and the next export says so.
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn full(error: std::io::Error) -> Error {
    let is_full = error.kind() == std::io::ErrorKind::StorageFull;
    let error = Error::from(error);
    if is_full {
        error.with_hint("make room on the disk, then try again")
    } else {
        error
    }
}
