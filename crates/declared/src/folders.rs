//! Where products of files lie: those of all projects in `products`, those of one in `projects/<id>/products`.

use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

/// The folders of a data folder that hold products.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFolders {
    data: PathBuf,
}

impl ProductFolders {
    /// Those of a data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// The folder of a project's products, or of those that all have. It need not exist.
    #[must_use]
    pub fn of(&self, project: Option<&ProjectId>) -> PathBuf {
        match project {
            Some(project) => self.project(project).join("products"),
            None => self.data.join("products"),
        }
    }

    /// The products that have a folder there, by name; none where it does not exist.
    pub fn names(&self, project: Option<&ProjectId>) -> Result<Vec<String>> {
        let (folder, mut names) = (self.of(project), Vec::new());
        if !folder.exists() {
            return Ok(names);
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().join("product.toml").is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The projects that have a folder for products, by id.
    pub fn projects(&self) -> Result<Vec<ProjectId>> {
        let mut projects = self.all_projects()?;
        projects.retain(|project| self.of(Some(project)).is_dir());
        Ok(projects)
    }

    /// Refuses a project that has no folder at all.
    ///
    /// # Errors
    ///
    /// `unknown_name`, with the nearest of those that do.
    pub fn check_project(&self, project: &ProjectId) -> Result<()> {
        if self.project(project).is_dir() {
            return Ok(());
        }
        let known = self.all_projects()?;
        Err(Error::unknown(
            "project",
            project.as_str(),
            known.iter().map(ProjectId::as_str),
        ))
    }

    fn project(&self, project: &ProjectId) -> PathBuf {
        self.data.join("projects").join(project.as_str())
    }

    fn all_projects(&self) -> Result<Vec<ProjectId>> {
        let (folder, mut projects) = (self.data.join("projects"), Vec::new());
        if !folder.exists() {
            return Ok(projects);
        }
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            projects.extend(name.to_str().and_then(|name| name.parse::<ProjectId>().ok()));
        }
        projects.sort();
        Ok(projects)
    }
}
