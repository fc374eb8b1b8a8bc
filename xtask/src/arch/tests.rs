//! The real tree keeps the rules, and each rule fails on a planted violation.

use serde_json::{Value, json};

use super::{Tree, check, read_tree};
use crate::shell;

const MANIFEST: &str = "[package]\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n\n[lints]\nworkspace = true\n";

/// A crate in `folder` that depends on `dependencies`; `dev:` before a name means for tests only.
fn package(folder: &str, rank: u64, dependencies: &[&str]) -> Value {
    let name = match folder {
        "hedgerow" | "xtask" => folder.to_owned(),
        _ => {
            let place = folder.trim_start_matches("examples/");
            format!("hedgerow-{}", place.replace("products/", "product-"))
        }
    };
    let dependencies: Vec<Value> = dependencies
        .iter()
        .map(|dependency| match dependency.strip_prefix("dev:") {
            Some(name) => json!({"name": name, "kind": "dev"}),
            None => json!({"name": dependency, "kind": null}),
        })
        .collect();
    let is_at_root = folder == "xtask" || folder.starts_with("examples/");
    let parent = if is_at_root { "/r" } else { "/r/crates" };
    json!({"name": name, "source": null, "manifest_path": format!("{parent}/{folder}/Cargo.toml"),
        "metadata": {"layer": {"rank": rank}}, "dependencies": dependencies})
}

fn tree(packages: Vec<Value>) -> Tree {
    let path = |package: &Value| package["manifest_path"].as_str().unwrap()[3..].to_owned();
    let manifests = packages
        .iter()
        .map(|package| (path(package), MANIFEST.to_owned()))
        .collect();
    Tree {
        metadata: json!({"workspace_root": "/r", "packages": packages}),
        manifests,
        ..Tree::default()
    }
}

/// A small tree that keeps all rules.
fn clean() -> Vec<Value> {
    vec![
        package("ids", 0, &[]),
        package("data-api", 1, &["hedgerow-ids"]),
        package("lake", 2, &["hedgerow-data-api", "datafusion", "sqlx"]),
        package("query", 3, &["hedgerow-lake", "datafusion"]),
        package("ingest", 3, &["hedgerow-data-api"]),
        package("app", 4, &["hedgerow-ingest", "dev:hedgerow-testkit"]),
        package("products/sql", 4, &["hedgerow-data-api"]),
        package("http", 5, &["hedgerow-app", "axum"]),
        package("hedgerow", 6, &["hedgerow-http", "hedgerow-query", "hedgerow-lake"]),
        package("testkit", 2, &["hedgerow-data-api"]),
    ]
}

fn errors_of(tree: &Tree) -> Vec<String> {
    check(tree).unwrap().errors
}

/// The clean tree with one crate replaced or added.
fn with(package: Value) -> Tree {
    let mut packages = clean();
    packages.retain(|other| other["name"] != package["name"]);
    packages.push(package);
    tree(packages)
}

#[test]
fn real_tree_keeps_the_rules() {
    let tree = read_tree(&shell::root()).unwrap();
    assert!(
        tree.sources.len() > 20 && tree.manifests.len() > 5,
        "the tree was not read"
    );
    assert_eq!(errors_of(&tree), Vec::<String>::new());
}

#[test]
fn clean_tree_passes() {
    assert_eq!(errors_of(&tree(clean())), Vec::<String>::new());
}

#[test]
fn planted_dependencies_fail() {
    let cases = [
        (
            package("ids", 0, &["hedgerow-data-api"]),
            "hedgerow-ids -> hedgerow-data-api: a dependency points to a lower rank",
        ),
        (
            package("ingest", 3, &["hedgerow-analyst"]),
            "same rank without a written reason",
        ),
        (
            package("agent", 3, &["hedgerow-lake"]),
            "hedgerow-agent -> hedgerow-lake: no path to an engine",
        ),
        (
            package("agent", 3, &["dev:hedgerow-lake"]),
            "hedgerow-agent -> hedgerow-lake: no path to an engine",
        ),
        (
            package("app", 4, &["hedgerow-query"]),
            "hedgerow-app -> hedgerow-query: no path to an engine",
        ),
        (
            package("ingest", 3, &["hedgerow-query"]),
            "hedgerow-http -> hedgerow-app -> hedgerow-ingest -> hedgerow-query: no path",
        ),
        (
            package("app", 4, &["datafusion"]),
            "hedgerow-app -> datafusion: only hedgerow-query, hedgerow-lake",
        ),
        (
            package("cli", 5, &["dev:axum"]),
            "hedgerow-cli -> axum: only hedgerow-http, hedgerow-testkit",
        ),
        (
            package("products/trends", 4, &["hedgerow-product-sql"]),
            "a product sees ranks 0 and 1 only",
        ),
        (
            package("products/trends", 4, &["hedgerow-app"]),
            "a product sees ranks 0 and 1 only",
        ),
        (
            package("examples/products/trends", 4, &["hedgerow-app"]),
            "a product sees ranks 0 and 1 only",
        ),
        (package("products/trends", 3, &[]), "a product has rank 4"),
        (
            package("cli", 5, &["hedgerow-testkit"]),
            "hedgerow-cli -> hedgerow-testkit: only as a dev-dependency",
        ),
        (package("xtask", 0, &["hedgerow-ids"]), "xtask is built first"),
    ];
    for (planted, expected) in cases {
        let mut tree = with(planted.clone());
        let packages = tree.metadata["packages"].as_array_mut().unwrap();
        packages.push(package("analyst", 3, &[]));
        tree.manifests
            .insert("crates/analyst/Cargo.toml".to_owned(), MANIFEST.to_owned());
        let errors = errors_of(&tree);
        assert!(
            errors.iter().any(|error| error.contains(expected)),
            "{planted}: {errors:?}"
        );
    }
}

#[test]
fn same_rank_exception_is_needed_reasoned_and_used() {
    let mut planted = package("analyst", 3, &["hedgerow-ingest"]);
    planted["metadata"]["layer"]["same-rank"] = json!({"hedgerow-ingest": "shares its dates"});
    assert_eq!(errors_of(&with(planted.clone())), Vec::<String>::new());

    planted["metadata"]["layer"]["same-rank"] = json!({"hedgerow-ingest": " "});
    assert_eq!(
        errors_of(&with(planted.clone())),
        ["hedgerow-analyst -> hedgerow-ingest: same rank without a written reason"]
    );

    let mut stale = package("analyst", 3, &[]);
    stale["metadata"]["layer"]["same-rank"] = json!({"hedgerow-ingest": "shares its dates"});
    assert_eq!(
        errors_of(&with(stale)),
        ["hedgerow-analyst -> hedgerow-ingest: the same-rank exception is not used"]
    );
}

#[test]
fn planted_manifest_fails() {
    let mut renamed = package("cli", 5, &[]);
    renamed["name"] = json!("command-line");
    assert_eq!(
        errors_of(&with(renamed)),
        ["crates/cli: the package is called command-line, expected hedgerow-cli"]
    );

    let mut unranked = package("cli", 5, &[]);
    unranked["metadata"] = Value::Null;
    assert_eq!(
        errors_of(&with(unranked)),
        ["crates/cli: no rank in [package.metadata.layer]"]
    );

    for line in MANIFEST.lines().filter(|line| line.contains("workspace")) {
        let mut tree = tree(clean());
        tree.manifests.insert(
            "crates/ids/Cargo.toml".to_owned(),
            MANIFEST.replace(&format!("\n{line}\n"), "\n"),
        );
        let errors = errors_of(&tree);
        assert!(
            errors.len() == 1 && errors[0].starts_with("crates/ids/Cargo.toml: lacks"),
            "{line}: {errors:?}"
        );
    }
}

#[test]
fn second_copy_in_the_lock_file_fails() {
    let mut tree = tree(clean());
    tree.lock =
        "\n[[package]]\nname = \"arrow\"\nversion = \"59\"\n\n[[package]]\nname = \"arrow\"\nversion = \"60\"\n"
            .to_owned();
    assert_eq!(errors_of(&tree), ["Cargo.lock: 2 copies of arrow; there may be one"]);
}

#[test]
fn planted_source_files_fail() {
    let long = |lines: usize| format!("//! Long.\n{}", "fn a() {}\n".repeat(lines - 1));
    let cases = [
        ("crates/ids/src/a/mod.rs", "//! A.\n".to_owned(), Some("no mod.rs")),
        ("crates/ids/src/utils.rs", "//! A.\n".to_owned(), Some("no utils.rs")),
        (
            "crates/ids/src/helpers.rs",
            "//! A.\n".to_owned(),
            Some("no helpers.rs"),
        ),
        ("crates/ids/src/common.rs", "//! A.\n".to_owned(), Some("no common.rs")),
        (
            "crates/ids/src/a.rs",
            "fn a() {}\n".to_owned(),
            Some("a module opens with `//!`"),
        ),
        ("crates/ids/src/a.rs", long(801), Some("801 lines; files stop at 800")),
        ("crates/ids/src/a.rs", long(800), None),
        ("crates/ids/src/a/tests.rs", long(2000), None),
        (
            "crates/ids/src/a.rs",
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", long(300), "// x\n".repeat(900)),
            None,
        ),
    ];
    for (path, text, expected) in cases {
        let mut tree = tree(clean());
        tree.sources.insert(path.to_owned(), text);
        let errors = errors_of(&tree);
        match expected {
            Some(expected) => assert!(errors.len() == 1 && errors[0].contains(expected), "{path}: {errors:?}"),
            None => assert_eq!(errors, Vec::<String>::new(), "{path}"),
        }
    }
}

#[test]
fn long_file_is_questioned() {
    let mut tree = tree(clean());
    tree.sources.insert(
        "crates/ids/src/a.rs".to_owned(),
        format!("//! A.\n{}", "// x\n".repeat(500)),
    );
    let findings = check(&tree).unwrap();
    assert_eq!(
        findings.warnings,
        ["crates/ids/src/a.rs: 501 lines; files are questioned at 500"]
    );
    assert!(findings.errors.is_empty());
}

#[test]
fn product_without_its_docs_is_found() {
    let mut tree = tree(clean());
    tree.missing_docs
        .insert("crates/products/sql/product.toml".into(), "docs/guides/sql.md".into());
    let expected = "crates/products/sql/product.toml: its docs \"docs/guides/sql.md\" are no file";
    assert_eq!(errors_of(&tree), [expected]);
}
