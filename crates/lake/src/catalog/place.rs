//! Where guests find the event files, which the catalog says with a full path.

use std::path::Path;

use hedgerow_errors::Result;

use super::Catalog;
use crate::sqlite_error::failed;

/// The folder of files as guests are told it.
pub(super) fn data_path(folder: &Path) -> String {
    format!("{}/", folder.join("data").display())
}

impl Catalog {
    /// Says where the files are by now: a project's folder may have been moved or put back elsewhere.
    pub(super) async fn say_where(&self, folder: &Path) -> Result<()> {
        let step = failed("cannot say where guests find the files");
        let path = data_path(folder);
        let known = sqlx::query_scalar("SELECT value FROM ducklake_metadata WHERE key = 'data_path'");
        let known: Option<String> = known.fetch_optional(&self.pool).await.map_err(&step)?;
        if known.is_none_or(|known| known == path) {
            return Ok(());
        }
        let set = sqlx::query("UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'");
        set.bind(path).execute(&self.pool).await.map(drop).map_err(&step)
    }
}
