//! Backing up the data folder, and putting a backup back.

use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::ProjectCopy;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde::Serialize;

use crate::App;
use crate::import_access_log::may_block;
use crate::manifest::{Manifest, PartFolder, above, copy};

/// The name of the run log in the data folder and in a backup.
const RUNS: &str = "meta.sqlite";
/// The history of products' suites in the data folder and in a backup.
pub const EVALS: &str = "evals/history.jsonl";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// The backup's folder.
    pub folder: PathBuf,
    /// The projects in it.
    pub projects: Vec<ProjectBackup>,
    /// Whether the runs are in it.
    pub runs: bool,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A project in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectBackup {
    /// The project.
    pub id: ProjectId,
    /// What was copied.
    #[serde(flatten)]
    pub copy: ProjectCopy,
}

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreSummary {
    /// The data folder.
    pub folder: PathBuf,
    /// When the backup was made.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// The files put back.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl App {
    /// Backs up a project, or all of them and the runs, into a new folder: each as of one moment, with all
    /// events that were acknowledged before. Events may come in meanwhile. Dropping the future leaves no
    /// folder.
    pub async fn backup(&self, folder: &Path, only: Option<&ProjectId>) -> Result<BackupSummary> {
        self.check_all(&Access::admin(Resource::Storage), only)?;
        may_block(async {
            if fs::symlink_metadata(folder).is_ok() {
                let message = format!("{} exists already", folder.display());
                return Err(Error::new(Code::Conflict, message).with_hint("name a folder that does not exist yet"));
            }
            let begun = self.clock.now();
            let projects = match only {
                Some(project) => {
                    self.require_project(project).await?;
                    vec![project.clone()]
                }
                None => self.projects().await?.into_iter().map(|project| project.id).collect(),
            };
            let part = PartFolder::create(folder)?;
            let mut copied = Vec::new();
            for id in projects {
                let to = part.path().join("projects").join(id.as_str());
                let copy = self.parts.maintenance.copy_project(&id, &to).await?;
                copied.push(ProjectBackup { id, copy });
            }
            let history = &self.parts.products.eval_history;
            if only.is_none() && history.is_file() {
                let to = part.path().join(EVALS);
                make_private(above(&to), part.path())?;
                fs::copy(history, &to)?;
            }
            let runs = only.is_none() && self.parts.run_log.copy_to(&part.path().join(RUNS)).await?;
            let manifest = Manifest::of(part.path(), begun)?;
            manifest.write(part.path())?;
            part.finish(folder)?;
            Ok(BackupSummary {
                folder: folder.to_owned(),
                projects: copied,
                runs,
                files: manifest.files.len() as u64,
                bytes: manifest.files.iter().map(|file| file.bytes).sum(),
            })
        })
        .await
    }
}

/// Puts a backup back as a data folder, which must not exist yet or be empty. Every file is compared with
/// the manifest; where one differs nothing is put back.
///
/// # Errors
///
/// `conflict` where the data folder holds something, `corrupt` where the backup is not whole.
pub fn restore(backup: &Path, data_dir: &Path) -> Result<RestoreSummary> {
    let manifest = Manifest::read(backup)?;
    if fs::symlink_metadata(data_dir).is_ok() {
        let is_empty = data_dir.is_dir() && fs::read_dir(data_dir)?.next().is_none();
        if !is_empty {
            let message = format!("the data folder {} is not empty", data_dir.display());
            return Err(Error::new(Code::Conflict, message)
                .with_hint("name another folder with --data, or move that one away first"));
        }
    }
    fs::create_dir_all(above(data_dir))?;
    let part = PartFolder::create(data_dir)?;
    for file in &manifest.files {
        let to = part.path().join(&file.path);
        if let Some(folder) = to.parent() {
            make_private(folder, part.path())?;
        }
        let mut copied = fs::File::create_new(&to)?;
        let found = copy(&backup.join(&file.path), &mut copied)?;
        if found != (file.bytes, file.crc32) {
            let message = format!("{} in the backup is not what its manifest says", file.path);
            return Err(Error::new(Code::Corrupt, message).with_hint("take another backup; nothing was put back"));
        }
        copied.sync_all()?;
    }
    if data_dir.is_dir() {
        fs::remove_dir(data_dir)?;
    }
    part.finish(data_dir)?;
    Ok(RestoreSummary {
        folder: data_dir.to_owned(),
        created_at: manifest.created_at,
        files: manifest.files.len() as u64,
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
    })
}

/// Makes a folder within another one, for its owner only.
fn make_private(folder: &Path, within: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|above| *above != within && !above.is_dir())
        .collect();
    for new in missing.into_iter().rev() {
        let made = std::fs::DirBuilder::new().mode(0o700).create(new);
        made.map_err(|error| Error::caused(Code::Io, format!("cannot make the folder {}", new.display()), error))?;
    }
    Ok(())
}
