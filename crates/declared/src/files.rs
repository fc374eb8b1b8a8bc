//! The files of a product's folder, as they are found.

use std::path::Path;

use fs_err as fs;
use hedgerow_errors::{Code, Error, Result};

/// A text in a product's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its path from the product's folder, with slashes.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl TextFile {
    /// The file's name without folder and ending.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }
}

/// All texts of a product, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The folder's name.
    pub name: String,
    /// `product.toml`.
    pub manifest: TextFile,
    /// `tools/*.toml`.
    pub tools: Vec<TextFile>,
    /// `modes/*/mode.md`, each with its `trajectories/*.md`.
    pub modes: Vec<(TextFile, Vec<TextFile>)>,
    /// `skills/*/SKILL.md`.
    pub skills: Vec<TextFile>,
    /// `evals/*.yaml`.
    pub evals: Vec<TextFile>,
    /// The others, such as documents.
    pub others: Vec<TextFile>,
}

impl Files {
    /// Reads a folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut found = Vec::new();
        walk(folder, "", &mut found)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !found.iter().any(|file| file.path == "product.toml") {
            let message = format!("{} is no product: it has no product.toml", folder.display());
            return Err(Error::new(Code::UnknownName, message).with_hint("start with `hedgerow product new NAME`"));
        }
        Ok(Self::of(name, found))
    }

    /// Sorts the texts of a product of this name.
    #[must_use]
    pub fn of(name: String, mut found: Vec<TextFile>) -> Self {
        found.sort_by(|left: &TextFile, right| left.path.cmp(&right.path));
        let mut files = Self {
            manifest: TextFile {
                path: "product.toml".to_owned(),
                text: String::new(),
            },
            name,
            tools: Vec::new(),
            modes: Vec::new(),
            skills: Vec::new(),
            evals: Vec::new(),
            others: Vec::new(),
        };
        let mut trajectories = Vec::new();
        for file in found {
            let parts: Vec<&str> = file.path.split('/').collect();
            match parts.as_slice() {
                ["product.toml"] => files.manifest = file,
                ["tools", name] if name.ends_with(".toml") => files.tools.push(file),
                ["modes", _, "mode.md"] => files.modes.push((file, Vec::new())),
                ["modes", _, "trajectories", name] if name.ends_with(".md") => trajectories.push(file),
                ["skills", _, "SKILL.md"] => files.skills.push(file),
                ["evals", name] if name.ends_with(".yaml") => files.evals.push(file),
                _ => files.others.push(file),
            }
        }
        for file in trajectories {
            let mode = file.path.split('/').nth(1).unwrap_or_default();
            let of =
                |(mode_file, _): &&mut (TextFile, Vec<TextFile>)| mode_file.path == format!("modes/{mode}/mode.md");
            match files.modes.iter_mut().find(of) {
                Some((_, trajectories)) => trajectories.push(file),
                None => files.others.push(file),
            }
        }
        files
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &TextFile> {
        let modes = self
            .modes
            .iter()
            .flat_map(|(mode, trajectories)| std::iter::once(mode).chain(trajectories));
        std::iter::once(&self.manifest)
            .chain(&self.tools)
            .chain(modes)
            .chain(&self.skills)
            .chain(&self.evals)
            .chain(&self.others)
    }
}

/// Finds the texts below a folder; hidden files and files that are no text are not part of a product.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<TextFile>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
            found.push(TextFile { path, text });
        }
    }
    Ok(())
}
