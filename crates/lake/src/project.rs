//! One open project: its catalog, its current view, and the right to write.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_data_api::Taxonomy;
use hedgerow_errors::Result;
use tokio::sync::Mutex;

use crate::catalog::{Catalog, events_folder};
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
    /// Held while appending: commits of one project follow each other.
    pub(crate) writing: Mutex<()>,
}

impl Project {
    pub(crate) async fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self> {
        fs::create_dir_all(events_folder(folder))?;
        let catalog = Catalog::open(folder, now).await?;
        let current = read(&catalog, folder).await?;
        let (folder, current, writing) = (folder.to_owned(), RwLock::new(current), Mutex::new(()));
        Ok(Self {
            folder,
            catalog,
            current,
            writing,
        })
    }

    pub(crate) fn current(&self) -> Current {
        let guard = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        guard.clone()
    }

    /// Makes the newest committed snapshot the one that new queries read.
    pub(crate) async fn refresh(&self) -> Result<()> {
        let fresh = read(&self.catalog, &self.folder).await?;
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
        Ok(())
    }
}

async fn read(catalog: &Catalog, folder: &Path) -> Result<Current> {
    let view = catalog.view(folder).await?;
    let taxonomy = catalog.taxonomy(view.snapshot_id).await?;
    Ok(Current {
        view: Arc::new(view),
        taxonomy: Arc::new(taxonomy),
    })
}
