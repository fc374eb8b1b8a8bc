//! One open project: its catalog, its current view, and the right to write.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use hedgerow_data_api::Taxonomy;
use hedgerow_errors::Result;
use tokio::sync::Mutex;

use crate::catalog::{Catalog, events_folder};
use crate::folder::{self, DataFolder};
use crate::recent::Recent;
use crate::view::LakeView;

/// What readers get: a snapshot with its taxonomy.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) view: Arc<LakeView>,
    pub(crate) taxonomy: Arc<Taxonomy>,
}

pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) catalog: Catalog,
    current: RwLock<Current>,
    /// How many commits have been tried, and how many of them the current view is known to follow.
    tried: AtomicU64,
    followed: AtomicU64,
    /// Held while appending: commits of one project follow each other.
    pub(crate) writing: Mutex<Recent>,
    /// An append goes on when its caller is gone, and the data folder stays owned until it ends.
    _owned: Arc<DataFolder>,
}

impl Project {
    /// Opens a project's folder, making it if it does not exist.
    pub(crate) async fn open(owned: Arc<DataFolder>, folder: &Path, now: DateTime<Utc>) -> Result<Self> {
        folder::make(&events_folder(folder))?;
        let catalog = Catalog::open(folder, now).await?;
        let current = catalog.current(folder).await?;
        Ok(Self {
            folder: folder.to_owned(),
            catalog,
            current: RwLock::new(current),
            tried: AtomicU64::new(0),
            followed: AtomicU64::new(0),
            writing: Mutex::new(Recent::default()),
            _owned: owned,
        })
    }

    /// The newest committed snapshot.
    pub(crate) async fn current(&self) -> Result<Current> {
        // After a commit whose outcome or snapshot could not be read, the old view would hide events.
        if self.followed.load(Ordering::Acquire) < self.tried.load(Ordering::Acquire) {
            self.refresh().await?;
        }
        let guard = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Ok(guard.clone())
    }

    /// Notes that there may be a newer snapshot, and makes it the one that new queries read. Where
    /// that fails, the next reader tries again.
    pub(crate) async fn committed(&self) -> Result<()> {
        self.tried.fetch_add(1, Ordering::AcqRel);
        self.refresh().await
    }

    async fn refresh(&self) -> Result<()> {
        let tried = self.tried.load(Ordering::Acquire);
        let fresh = self.catalog.current(&self.folder).await?;
        self.adopt(fresh);
        self.followed.fetch_max(tried, Ordering::AcqRel);
        Ok(())
    }

    /// Makes a snapshot the current one, unless a later one is already.
    pub(crate) fn adopt(&self, fresh: Current) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.view.snapshot_id <= fresh.view.snapshot_id {
            *current = fresh;
        }
    }
}
