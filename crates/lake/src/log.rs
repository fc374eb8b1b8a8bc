//! The write-ahead log: batches of events that are durable before they are in files.
//!
//! A segment is a file of records ([`segment`]); a new one begins with each flush, and with each write that failed.
//! A record is durable when the segment is synced. Reading stops at the first record that is not
//! whole: what comes after it was never acknowledged, since a segment is not written to any more once
//! a write to it has failed.

pub(crate) mod segment;

use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_data_api::EventBatch;
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

pub(crate) use self::segment::Tail;
use crate::files::{Files, WriteFile};

/// How the names of damaged segments end that were kept.
const DAMAGED: &str = ".damaged";

/// The segment that is written to.
pub(crate) struct Log {
    pub(crate) segment: Uuid,
    file: Box<dyn WriteFile>,
}

impl Log {
    /// Begins a segment.
    pub(crate) fn begin(files: &dyn Files, project: &Path) -> Result<Self> {
        let segment = Uuid::now_v7();
        let path = path(project, segment);
        let begun = files.create(&path).and_then(|mut file| {
            file.write_all(segment::MAGIC)?;
            file.sync()?;
            files.sync_folder(&folder(project))?;
            Ok(file)
        });
        match begun {
            Ok(file) => Ok(Self { segment, file }),
            Err(error) => {
                // Nothing is in it; where it can't go it is found to be empty.
                let _ = files.remove(&path);
                Err(failed(error))
            }
        }
    }

    /// Writes a batch and makes it durable. After an error the segment must not be written to again.
    pub(crate) fn append(&mut self, batch: &EventBatch) -> Result<()> {
        let record = segment::record(batch)?;
        self.file
            .write_all(&record)
            .and_then(|()| self.file.sync())
            .map_err(failed)
    }
}

fn failed(error: std::io::Error) -> Error {
    let full = error.kind() == std::io::ErrorKind::StorageFull;
    let error = Error::caused(Code::Io, "cannot write the write-ahead log", error);
    if full {
        error.with_hint("make room on the disk, then try again")
    } else {
        error
    }
}

/// Where a project's segments lie.
pub(crate) fn folder(project: &Path) -> PathBuf {
    project.join("log")
}

/// Where a segment lies.
pub(crate) fn path(project: &Path, segment: Uuid) -> PathBuf {
    folder(project).join(format!("{segment}.log"))
}

/// The segments there are, oldest first.
pub(crate) fn segments(project: &Path) -> Result<Vec<Uuid>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder(project))? {
        let name = entry?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".log"));
        segments.extend(name.and_then(|name| name.parse::<Uuid>().ok()));
    }
    segments.sort();
    Ok(segments)
}

/// The batches of a segment, as far as they are whole.
pub(crate) fn read(project: &Path, segment: Uuid) -> Result<Vec<EventBatch>> {
    let path = path(project, segment);
    segment::batches(&fs::read(&path)?, path.display())
}

/// Keeps a segment that is damaged beside the log, for the doctor and for whoever can mend it: after a
/// flush the segment itself goes. Says where, if it was not kept before.
pub(crate) fn keep_damaged(files: &dyn Files, project: &Path, segment: Uuid) -> Result<Option<PathBuf>> {
    let kept = folder(project).join(format!("{segment}{DAMAGED}"));
    let bytes = fs::read(path(project, segment))?;
    if !matches!(segment::tail(&bytes), Tail::Damaged(_)) || kept.exists() {
        return Ok(None);
    }
    // One that was not kept to its end is begun again.
    let part = kept.with_extension("part");
    if part.exists() {
        files.remove(&part)?;
    }
    let copied = files.create(&part).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync()?;
        files.rename(&part, &kept)?;
        files.sync_folder(&folder(project))
    });
    copied.map_err(|error| {
        let message = format!("cannot keep the damaged log {segment}");
        Error::caused(Code::Io, message, error).with_hint("make room on the disk, then try again")
    })?;
    Ok(Some(kept))
}

/// The damaged segments that were kept.
pub(crate) fn damaged(project: &Path) -> Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder(project))? {
        let path = entry?.path();
        kept.extend(path.to_string_lossy().ends_with(DAMAGED).then_some(path));
    }
    kept.sort();
    Ok(kept)
}

/// Looks at the end of a segment that [`read`] reads.
pub(crate) fn tail(project: &Path, segment: Uuid) -> Result<Tail> {
    let path = path(project, segment);
    let bytes = fs::read(&path)?;
    segment::batches(&bytes, path.display())?;
    Ok(segment::tail(&bytes))
}

#[cfg(test)]
mod segment_check;
#[cfg(test)]
mod tests;
