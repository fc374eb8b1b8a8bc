//! The seeded world: its seed, and its events as files that importers read.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::shell::{Shell, cargo, target};

/// The seed that the caller gave, or one from the clock.
pub(crate) fn seed(given: Option<u64>) -> Result<u64> {
    match given {
        Some(seed) => Ok(seed),
        None => Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()),
    }
}

/// A world's files in a temporary folder.
pub(crate) struct WorldFiles {
    folder: tempfile::TempDir,
}

impl WorldFiles {
    /// Writes CSV and JSON lines: the same rows in one random order, some of them repeated.
    pub(crate) fn write(seed: u64, events: u64) -> Result<Self> {
        fs_err::create_dir_all(target())?;
        let folder = tempfile::Builder::new().prefix("world-").tempdir_in(target())?;
        // The crate depends on nothing heavy, so that building it alone costs seconds.
        Shell::new(cargo())
            .args(["run", "--quiet", "--release", "-p", "hedgerow-world"])
            .args(["--example", "files", "--"])
            .args([seed.to_string(), events.to_string()])
            .arg(folder.path())
            .run()?;
        Ok(Self { folder })
    }

    /// The folder, which goes with this value.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file in a format; that of Parquet is for the caller to make.
    pub(crate) fn file(&self, format: &str) -> PathBuf {
        self.folder.path().join(format!("world.{format}"))
    }
}
