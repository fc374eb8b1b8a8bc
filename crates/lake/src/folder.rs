//! The data folder and its one owner.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};

/// What others may do in folders made here: nothing. The files in them need no mode of their own.
const PRIVATE: u32 = 0o700;

/// A data folder that this process owns until the value is dropped.
///
/// The lock is the operating system's lock on the file `lock`, so a crash releases it.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Takes ownership of a folder, making it if needed. Owned by another process: `busy`.
    pub fn open(root: &Path) -> Result<Self> {
        make(&root.join("projects"))?;
        let root = fs::canonicalize(root)?;
        let path = root.join("lock");
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?
            .into_file();
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let message = format!("data folder {} is in use by another process", root.display());
                Err(Error::new(Code::Busy, message).with_hint("stop that process, or wait until it ends"))
            }
            Err(TryLockError::Error(error)) => Err(Error::caused(
                Code::Io,
                format!("cannot lock {}", path.display()),
                error,
            )),
        }
    }

    /// The folder, as an absolute path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the owner listens for the verbs of other processes.
    #[must_use]
    pub fn socket(root: &Path) -> PathBuf {
        root.join("socket")
    }
}

/// Makes a folder with those above it, for its owner only. Each that is new is synced into the one
/// above it, so that a crash of the machine can't take away what is later made durable inside.
pub(crate) fn make(folder: &Path) -> Result<()> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.is_dir())
        .collect();
    for new in missing.into_iter().rev() {
        match DirBuilder::new().mode(PRIVATE).create(new) {
            Ok(()) => {}
            // Another process makes the same folder at the same moment.
            Err(_) if new.is_dir() => {}
            Err(error) => {
                let message = format!("cannot make the folder {}", new.display());
                return Err(Error::caused(Code::Io, message, error)
                    .with_hint("take another folder with --data, or make it writable"));
            }
        }
        let above = new.parent().filter(|above| !above.as_os_str().is_empty());
        sync(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<()> {
    Ok(fs::File::open(folder)?.sync_all()?)
}
