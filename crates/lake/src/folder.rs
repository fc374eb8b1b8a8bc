//! The data folder and its one owner.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};

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
        fs::create_dir_all(root.join("projects"))?;
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
