//! The last whole check of each product, kept beside the gate's own projects for those who look later.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProductReport;
use crate::App;

/// The folder of kept reports, in the data folder that the gate has for itself.
const FOLDER: &str = "checks";

/// What a whole check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptReport {
    /// When it was.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// The version of the program.
    pub program: String,
    /// What was found.
    pub report: ProductReport,
}

/// A product as it reads now, and as it ran last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedProduct {
    /// What reading finds now.
    pub read: ProductReport,
    /// What the last `hedgerow product check` found that ran everything; absent where none did.
    pub last: Option<KeptReport>,
}

impl App {
    /// Keeps a report; called by the gate, whose data folder is `evals` of the one that is served.
    pub(super) fn keep_report(&self, report: &ProductReport, project: Option<&ProjectId>) -> Result<()> {
        let folder = folder(&self.parts.data_dir, project);
        fs_err::create_dir_all(&folder)?;
        let kept = KeptReport {
            at: self.clock.now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            report: report.clone(),
        };
        let text = serde_json::to_string_pretty(&kept)
            .map_err(|error| Error::caused(Code::Internal, "a report is not JSON", error))?;
        // Whoever reads meanwhile sees the old one or the new one.
        let new = folder.join(format!(".{}", report.product));
        fs_err::write(&new, text)?;
        fs_err::rename(new, folder.join(format!("{}.json", report.product)))?;
        Ok(())
    }

    /// The last report that the gate kept of a product of all projects, or of one.
    pub(super) fn kept_report(&self, product: &str, project: Option<&ProjectId>) -> Result<Option<KeptReport>> {
        let own = &self.parts.data_dir;
        let places = [own.join("evals"), own.clone()];
        let mut paths = places
            .map(|root| folder(&root, project).join(format!("{product}.json")))
            .into_iter();
        let Some(path) = paths.find(|path| path.is_file()) else {
            return Ok(None);
        };
        let text = fs_err::read_to_string(&path)?;
        // One of another version of the program may have another form: the next check writes it anew.
        Ok(serde_json::from_str(&text).ok())
    }
}

/// Where the reports of products of all projects are kept, or those of one.
fn folder(root: &Path, project: Option<&ProjectId>) -> PathBuf {
    let folder = root.join(FOLDER);
    project.map_or(folder.clone(), |project| folder.join(project.as_str()))
}
