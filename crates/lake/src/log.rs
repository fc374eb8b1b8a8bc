//! The write-ahead log: batches of events that are durable before they are in files.
//!
//! A segment is a file of records; a new one begins with each flush, and with each write that failed.
//! A record is durable when the segment is synced. Reading stops at the first record that is not
//! whole: what comes after it was never acknowledged, since a segment is not written to any more once
//! a write to it has failed.

use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_data_api::EventBatch;
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

use crate::files::{Files, WriteFile};

/// The first bytes of a segment; the last of them is the version of the format.
const MAGIC: &[u8; 8] = b"HEDGLOG\x01";

/// A record begins with its length and its checksum (CRC-32), both little-endian.
const HEAD: usize = 8;

/// A record that claims to be longer is damaged, and so is an empty one: a machine that stops may leave zeros.
const LONGEST_RECORD: usize = 1 << 30;

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
            file.write_all(MAGIC)?;
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
        let payload = postcard::to_stdvec(batch)
            .map_err(|error| Error::caused(Code::Internal, "cannot encode events for the log", error))?;
        let mut record = Vec::with_capacity(HEAD + payload.len());
        record.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        record.extend_from_slice(&payload);
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
    let bytes = fs::read(&path)?;
    if bytes.len() < MAGIC.len() {
        // It was begun, and nothing in it was acknowledged.
        return Ok(Vec::new());
    }
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        let message = format!(
            "{} is no segment of the write-ahead log that this version knows",
            path.display()
        );
        return Err(Error::new(Code::Corrupt, message)
            .with_hint("a newer Hedgerow has used this data folder: upgrade this one"));
    };
    let mut batches = Vec::new();
    while let Some((payload, after)) = record(rest) {
        let batch = postcard::from_bytes(payload);
        batches.push(batch.map_err(|error| {
            Error::caused(
                Code::Corrupt,
                format!("{} holds a record of another form", path.display()),
                error,
            )
        })?);
        rest = after;
    }
    Ok(batches)
}

/// What comes after the whole records of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Whole,
    /// So many bytes of a record that was not written to its end.
    Cut(usize),
    /// So many bytes that begin with a record that was written to its end and is another by now.
    Damaged(usize),
}

/// Looks at the end of a segment that [`read`] reads.
pub(crate) fn tail(project: &Path, segment: Uuid) -> Result<Tail> {
    read(project, segment)?;
    let bytes = fs::read(path(project, segment))?;
    let mut rest = bytes.strip_prefix(MAGIC).unwrap_or_default();
    while let Some((_, after)) = record(rest) {
        rest = after;
    }
    let length = rest
        .first_chunk::<4>()
        .map(|length| u32::from_le_bytes(*length) as usize);
    Ok(match length {
        _ if rest.is_empty() => Tail::Whole,
        // A file may have its length before its content when the machine stops; then zeros stand there.
        Some(length) if length > 0 && length <= rest.len().saturating_sub(HEAD) => Tail::Damaged(rest.len()),
        _ => Tail::Cut(rest.len()),
    })
}

/// The payload of the first record, and what comes after it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length))
        .ok()
        .filter(|length| (1..=LONGEST_RECORD).contains(length))?;
    let (payload, after) = rest.split_at_checked(length)?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*checksum)).then_some((payload, after))
}

#[cfg(test)]
mod tests;
