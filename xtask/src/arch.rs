//! The layout's rules: layers, owners, paths to engines, names and files.
//!
//! The rules are pure functions of a [`Tree`], so that the tests can plant violations; this file
//! reads the real tree.

mod files;
mod layers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::shell::{self, Shell};

/// All that the rules look at.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tree {
    /// The output of `cargo metadata`.
    pub(crate) metadata: Value,
    /// The text of Cargo.lock.
    pub(crate) lock: String,
    /// The text of each member's Cargo.toml, by its path from the root.
    pub(crate) manifests: BTreeMap<String, String>,
    /// The text of each Rust file, by its path from the root.
    pub(crate) sources: BTreeMap<String, String>,
    /// The `docs` of a product's manifest that is no file, by the manifest's path from the root.
    pub(crate) missing_docs: BTreeMap<String, String>,
}

/// What the rules found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Violations.
    pub(crate) errors: Vec<String>,
    /// Questions, such as a long file.
    pub(crate) warnings: Vec<String>,
}

/// Checks the tree; each violation is one line that names the place and the rule.
pub(crate) fn check(tree: &Tree) -> Result<Findings> {
    let mut findings = Findings::default();
    layers::check(tree, &mut findings)?;
    files::check(tree, &mut findings);
    for (manifest, docs) in &tree.missing_docs {
        findings
            .errors
            .push(format!("{manifest}: its docs {docs:?} are no file"));
    }
    Ok(findings)
}

/// Reads the tree under `root`.
pub(crate) fn read_tree(root: &Path) -> Result<Tree> {
    let metadata = metadata(root)?;
    let mut tree = Tree {
        lock: fs_err::read_to_string(root.join("Cargo.lock"))?,
        metadata,
        ..Tree::default()
    };
    for folder in ["crates", "examples", "fuzz", "xtask"] {
        collect(root, &root.join(folder), &mut tree)?;
    }
    Ok(tree)
}

fn metadata(root: &Path) -> Result<Value> {
    let output = Shell::new(shell::cargo())
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            // Only the host's packages: those of other systems need not have been fetched.
            "--filter-platform",
            &shell::host()?,
        ])
        .folder(root)
        .output()?;
    Ok(serde_json::from_str(&output)?)
}

fn collect(root: &Path, folder: &Path, tree: &mut Tree) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules"].contains(&name.as_str()) {
                collect(root, &path, tree)?;
            }
        } else if name.ends_with(".rs") {
            tree.sources.insert(relative, fs_err::read_to_string(&path)?);
        } else if name == "product.toml" {
            let manifest = fs_err::read_to_string(&path)?;
            let docs = manifest.lines().find_map(|line| line.strip_prefix("docs = "));
            let docs = docs.unwrap_or_default().trim_matches('"').to_owned();
            // A page of its own lies in the product's folder, a guide where all guides are.
            if !path.with_file_name(&docs).is_file() && !root.join(&docs).is_file() {
                tree.missing_docs.insert(relative, docs);
            }
        } else if name == "Cargo.toml" {
            tree.manifests.insert(relative, fs_err::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// `cargo xtask arch`.
pub(crate) fn run() -> Result<()> {
    let findings = check(&read_tree(&shell::root())?)?;
    for warning in &findings.warnings {
        println!("question: {warning}");
    }
    for error in &findings.errors {
        println!("violation: {error}");
    }
    if !findings.errors.is_empty() {
        bail!(
            "{} violations of the layout (docs/architecture.md)",
            findings.errors.len()
        );
    }
    Ok(())
}
