//! The seam to the file system: everything that the lake writes goes through here, so that a test can
//! lose what was not synced, fill the disk, or fail a rename.

use std::fmt::Debug;
use std::io::{self, Write};
use std::path::Path;

use fs_err as fs;

/// A file that is being written.
pub trait WriteFile: Write + Send {
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// What the lake does to files and folders.
pub trait Files: Debug + Send + Sync {
    /// Makes a new file; one that exists is an error.
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>>;
    /// Gives a file its final name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Tells that a part of the work begins, so that a test can fail in it. Does nothing else.
    fn stage(&self, _stage: Stage) {}
}

/// The parts of the lake's work that differ in what a crash leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Events are written to the write-ahead log.
    Log,
    /// Events are written to Parquet files.
    Flush,
    /// Files are made known to the catalog.
    Commit,
    /// The commit is done; the log's segments go.
    Committed,
    /// Files are merged into larger ones.
    Compaction,
}

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemFiles;

impl WriteFile for fs::File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Files for SystemFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(fs::File::create_new(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }
}
