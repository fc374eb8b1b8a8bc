//! The manifest of a backup: what belongs to it, with sizes and checksums.

use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// The manifest's name in a backup.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The form of backups that this version writes.
pub(crate) const FORMAT: u32 = 1;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// What belongs to a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The form of the backup.
    pub(crate) format: u32,
    /// The version that made it.
    pub(crate) created_by: String,
    /// When it was begun.
    pub(crate) created_at: DateTime<Utc>,
    /// Its files, in order of their paths.
    pub(crate) files: Vec<ManifestFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestFile {
    /// Its path from the backup's folder, with slashes.
    pub(crate) path: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// Its CRC-32.
    pub(crate) crc32: u32,
}

impl Manifest {
    /// The manifest of all files in a folder, each of which is synced.
    pub(crate) fn of(folder: &Path, created_at: DateTime<Utc>) -> Result<Self> {
        let mut paths = Vec::new();
        walk(folder, &mut paths)?;
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            let Some(name) = relative.to_str() else {
                return Err(Error::internal(format!("{} is no text", relative.display())));
            };
            let (bytes, crc32) = checksum(&path)?;
            fs::File::open(&path)?.sync_all()?;
            files.push(ManifestFile {
                path: name.to_owned(),
                bytes,
                crc32,
            });
        }
        Ok(Self {
            format: FORMAT,
            created_by: concat!("Hedgerow ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_at,
            files,
        })
    }

    /// Writes the manifest into its folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::caused(Code::Internal, "cannot write the manifest", error))?;
        text.push('\n');
        let mut file = fs::File::create_new(folder.join(MANIFEST))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }

    /// Reads the manifest of a backup. One of a newer form is refused, and so is a path that leads out of
    /// the folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            let message = format!("{} is no backup: it has no {MANIFEST}", folder.display());
            return Err(Error::invalid(message).with_hint("name the folder that hedgerow backup made"));
        }
        let text = fs::read_to_string(&path)?;
        let damaged = |error| Error::caused(Code::Corrupt, format!("cannot read {}", path.display()), error);
        let form: Form = serde_json::from_str(&text).map_err(damaged)?;
        if form.format > FORMAT {
            let message = format!("the backup's form is {}, and this version knows {FORMAT}", form.format);
            return Err(Error::new(Code::Corrupt, message).with_hint("a newer Hedgerow has made it: upgrade this one"));
        }
        let manifest: Self = serde_json::from_str(&text).map_err(damaged)?;
        let stays_inside = |file: &ManifestFile| {
            let mut parts = Path::new(&file.path).components();
            !file.path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
        };
        match manifest.files.iter().find(|file| !stays_inside(file)) {
            Some(file) => Err(Error::new(
                Code::Corrupt,
                format!("the backup names {:?}, which is outside of it", file.path),
            )),
            None => Ok(manifest),
        }
    }
}

/// What can be read of the manifest of any form.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn checksum(path: &Path) -> Result<(u64, u32)> {
    copy(path, &mut std::io::sink())
}

/// Copies a file and says its length and CRC-32.
pub(crate) fn copy(from: &Path, to: &mut dyn Write) -> Result<(u64, u32)> {
    let mut file = fs::File::open(from)?;
    let (mut hasher, mut bytes, mut chunk) = (crc32fast::Hasher::new(), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk)?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else {
            return Ok((bytes, hasher.finalize()));
        };
        hasher.update(part);
        to.write_all(part)?;
        bytes += read as u64;
    }
}

/// Makes the names in a folder and in all folders in it durable.
pub(crate) fn sync_folders(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// The folder beside another one in which that one is made.
pub(crate) fn part_of(folder: &Path) -> PathBuf {
    let mut part = folder.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

/// The folder above.
pub(crate) fn above(folder: &Path) -> &Path {
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    above.unwrap_or(Path::new("."))
}

/// A folder in the making, which goes where it is not finished.
pub(crate) struct PartFolder {
    path: PathBuf,
    finished: bool,
}

impl PartFolder {
    /// Makes the folder, for its owner only.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = part_of(folder);
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let error = Error::caused(Code::Io, format!("cannot make the folder {}", path.display()), error);
            if exists {
                error.with_hint("it is in use, or was left behind by one that was stopped: then remove it")
            } else {
                error.with_hint("name a folder in one that exists and is writable")
            }
        })?;
        Ok(Self { path, finished: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder durable under its name.
    pub(crate) fn finish(mut self, folder: &Path) -> Result<()> {
        sync_folders(&self.path)?;
        fs::rename(&self.path, folder)?;
        self.finished = true;
        fs::File::open(above(folder))?.sync_all()?;
        Ok(())
    }
}

impl Drop for PartFolder {
    fn drop(&mut self) {
        if !self.finished {
            // What stays is in the way of the next one, which says so.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
