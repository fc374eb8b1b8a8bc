//! Rules about dependencies: ranks, owners, paths to engines, single copies.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Findings, Tree};

/// Heavy crates and the only workspace crates that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("axum", &["hedgerow-http", "hedgerow-testkit"]),
    ("datafusion", &["hedgerow-query", "hedgerow-lake"]),
    ("datafusion-proto", &["hedgerow-query"]),
    ("landlock", &["hedgerow-sandbox"]),
    ("libc", &["hedgerow-sandbox"]),
    ("reqwest", &["hedgerow-models", "hedgerow-egress"]),
    ("rmcp", &["hedgerow-mcp"]),
    ("sqlx", &["hedgerow-meta", "hedgerow-lake"]),
];

/// Crates that must build without any engine; all products, too.
const WITHOUT_ENGINES: &[&str] = &[
    "agent", "analyst", "ingest", "app", "http", "mcp", "cli", "tui", "testkit",
];

/// Crates of which the lock file may hold one copy.
const SINGLE: &[&str] = &["arrow", "datafusion", "http", "hyper", "libsqlite3-sys", "parquet"];

/// The rank of engines, the crates of that rank that are none, and the engine above it.
const ENGINE_RANK: u64 = 2;
const LIGHT: &[&str] = &["hedgerow-world", TESTKIT];
const HIGH_ENGINE: &str = "hedgerow-query";

/// The highest rank that a product may see.
const CONTRACT_RANK: u64 = 1;
const PRODUCT_RANK: u64 = 4;

const TESTKIT: &str = "hedgerow-testkit";
const XTASK: &str = "xtask";

struct Package<'a> {
    name: &'a str,
    /// The folder from the root, e.g. `crates/ids`.
    folder: &'a str,
    rank: Option<u64>,
    /// Same-rank dependencies with their reasons.
    exceptions: BTreeMap<&'a str, &'a str>,
    /// Dependencies and whether they are only for tests.
    dependencies: BTreeSet<(&'a str, bool)>,
}

impl Package<'_> {
    /// The folder below `crates`, or below `examples`, whose products keep the rules of all products.
    fn place(&self) -> Option<&str> {
        let below = |folder| self.folder.strip_prefix(folder);
        below("crates/").or_else(|| below("examples/"))
    }

    fn is_product(&self) -> bool {
        self.place().is_some_and(|place| place.starts_with("products/"))
    }
}

/// Checks everything that `cargo metadata` and the lock file tell.
pub(super) fn check(tree: &Tree, findings: &mut Findings) -> Result<()> {
    let packages = packages(&tree.metadata)?;
    for package in packages.values() {
        check_name(package, findings);
        check_manifest(package, tree, findings);
        check_ranks(package, &packages, findings);
        check_owners(package, findings);
        check_paths(package, &packages, findings);
    }
    for name in SINGLE {
        let copies = tree.lock.matches(&format!("\nname = \"{name}\"\n")).count();
        if copies > 1 {
            findings
                .errors
                .push(format!("Cargo.lock: {copies} copies of {name}; there may be one"));
        }
    }
    Ok(())
}

fn packages(metadata: &Value) -> Result<BTreeMap<&str, Package<'_>>> {
    let root = metadata["workspace_root"]
        .as_str()
        .context("metadata without workspace_root")?;
    let mut found = BTreeMap::new();
    for value in metadata["packages"].as_array().context("metadata without packages")? {
        if !value["source"].is_null() {
            continue;
        }
        let name = value["name"].as_str().context("package without name")?;
        let manifest = value["manifest_path"]
            .as_str()
            .context("package without manifest_path")?;
        let folder = manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/');
        let layer = &value["metadata"]["layer"];
        let exceptions = layer["same-rank"].as_object().into_iter().flatten();
        let dependencies = value["dependencies"].as_array().into_iter().flatten();
        found.insert(
            name,
            Package {
                name,
                folder: folder.trim_end_matches("/Cargo.toml"),
                rank: layer["rank"].as_u64(),
                exceptions: exceptions
                    .map(|(key, reason)| (key.as_str(), reason.as_str().unwrap_or_default()))
                    .collect(),
                dependencies: dependencies
                    .filter_map(|dependency| Some((dependency["name"].as_str()?, dependency["kind"] == "dev")))
                    .collect(),
            },
        );
    }
    Ok(found)
}

fn check_name(package: &Package<'_>, findings: &mut Findings) {
    let folder = package.folder;
    let expected = match package.place() {
        Some("hedgerow") => "hedgerow".to_owned(),
        Some(rest) => match rest.strip_prefix("products/") {
            Some(product) => format!("hedgerow-product-{}", product.replace('_', "-")),
            None => format!("hedgerow-{rest}"),
        },
        None => folder.to_owned(),
    };
    if package.name != expected {
        findings.errors.push(format!(
            "{folder}: the package is called {}, expected {expected}",
            package.name
        ));
    }
}

/// Looks at the text, because cargo resolves what is inherited.
fn check_manifest(package: &Package<'_>, tree: &Tree, findings: &mut Findings) {
    let path = format!("{}/Cargo.toml", package.folder);
    let Some(text) = tree.manifests.get(&path) else {
        findings.errors.push(format!("{path}: not among the files read"));
        return;
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for line in [
        "version.workspace = true",
        "edition.workspace = true",
        "license.workspace = true",
    ] {
        if !lines.contains(&line) {
            findings.errors.push(format!("{path}: lacks `{line}`"));
        }
    }
    if !lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]) {
        findings
            .errors
            .push(format!("{path}: lacks `[lints]` with `workspace = true`"));
    }
}

fn check_ranks(package: &Package<'_>, packages: &BTreeMap<&str, Package<'_>>, findings: &mut Findings) {
    let Package { name, folder, .. } = package;
    let mut needless: BTreeSet<&str> = package.exceptions.keys().copied().collect();
    if package.rank.is_none() && *name != XTASK {
        findings
            .errors
            .push(format!("{folder}: no rank in [package.metadata.layer]"));
    }
    if package.is_product() && package.rank != Some(PRODUCT_RANK) {
        findings
            .errors
            .push(format!("{folder}: a product has rank {PRODUCT_RANK}"));
    }
    for (dependency, for_tests) in &package.dependencies {
        let Some(target) = packages.get(dependency) else {
            continue;
        };
        if *name == XTASK {
            findings.errors.push(format!(
                "{name} -> {dependency}: xtask is built first and sees no other crate"
            ));
        } else if *dependency == TESTKIT {
            if !for_tests {
                findings
                    .errors
                    .push(format!("{name} -> {dependency}: only as a dev-dependency"));
            }
        } else if package.is_product() && target.rank > Some(CONTRACT_RANK) {
            findings
                .errors
                .push(format!("{name} -> {dependency}: a product sees ranks 0 and 1 only"));
        } else if target.rank == package.rank {
            needless.remove(dependency);
            if package
                .exceptions
                .get(dependency)
                .is_none_or(|reason| reason.trim().is_empty())
            {
                findings
                    .errors
                    .push(format!("{name} -> {dependency}: same rank without a written reason"));
            }
        } else if target.rank > package.rank {
            findings
                .errors
                .push(format!("{name} -> {dependency}: a dependency points to a lower rank"));
        }
    }
    for stale in needless {
        findings
            .errors
            .push(format!("{name} -> {stale}: the same-rank exception is not used"));
    }
}

fn check_owners(package: &Package<'_>, findings: &mut Findings) {
    for (heavy, owners) in OWNERS {
        let named = package.dependencies.iter().any(|(dependency, _)| dependency == heavy);
        if named && !owners.contains(&package.name) {
            findings.errors.push(format!(
                "{} -> {heavy}: only {} may depend on it",
                package.name,
                owners.join(", ")
            ));
        }
    }
}

/// The package's own dev-dependencies count, those of its dependencies do not: its tests must not
/// build an engine either.
fn check_paths(package: &Package<'_>, packages: &BTreeMap<&str, Package<'_>>, findings: &mut Findings) {
    let short = package.name.strip_prefix("hedgerow-").unwrap_or_default();
    if !package.is_product() && !WITHOUT_ENGINES.contains(&short) {
        return;
    }
    let mut paths: Vec<Vec<&str>> = vec![vec![package.name]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        let Some(last) = path.last().and_then(|name| packages.get(name)) else {
            continue;
        };
        let is_engine = (last.rank == Some(ENGINE_RANK) && !LIGHT.contains(&last.name)) || last.name == HIGH_ENGINE;
        if is_engine {
            findings
                .errors
                .push(format!("{}: no path to an engine is allowed", path.join(" -> ")));
            continue;
        }
        for (dependency, for_tests) in &last.dependencies {
            if (!for_tests || path.len() == 1) && seen.insert(*dependency) {
                paths.push([path.as_slice(), &[*dependency]].concat());
            }
        }
    }
}
