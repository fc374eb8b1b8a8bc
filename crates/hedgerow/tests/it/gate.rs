//! The gate through the binary: it finds what is planted, and nothing in what is good.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::declared::copy;
use crate::{command, run, text};

const PRODUCTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/products");

#[derive(Deserialize)]
struct Fault {
    id: String,
    product: String,
    finds: String,
    #[serde(rename = "in")]
    file: String,
    #[serde(default)]
    says: String,
    edits: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    file: String,
    #[serde(default)]
    replace: Option<String>,
    #[serde(default)]
    with: String,
    #[serde(default)]
    write: Option<String>,
    #[serde(default, rename = "move")]
    to: Option<String>,
    #[serde(default)]
    remove: bool,
}

/// Puts a product with a fault into a folder of its own.
fn plant(fault: &Fault, folder: &Path) -> PathBuf {
    let product = folder.join(&fault.product);
    copy(&Path::new(PRODUCTS).join(&fault.product), &product);
    for edit in &fault.edits {
        let path = product.join(&edit.file);
        if let Some(replaced) = &edit.replace {
            let text = fs_err::read_to_string(&path).unwrap();
            assert_eq!(text.matches(replaced).count(), 1, "{}: {}", fault.id, edit.file);
            fs_err::write(&path, text.replace(replaced, &edit.with)).unwrap();
        } else if let Some(text) = &edit.write {
            fs_err::write(&path, text).unwrap();
        } else if let Some(to) = &edit.to {
            fs_err::rename(&path, product.join(to)).unwrap();
        } else if edit.remove {
            fs_err::remove_file(&path).unwrap();
        }
    }
    product
}

fn check(data: &Path, product: &str) -> Value {
    let checked = run(data, &["product", "check", product, "--json"]);
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap_or_else(|_| panic!("{}", text(&checked.stderr)));
    let report = report["data"][0].clone();
    assert_eq!(
        checked.status.success(),
        report["findings"].as_array().unwrap().is_empty()
    );
    report
}

#[test]
fn nothing_is_found_in_what_is_good() {
    let data = tempfile::tempdir().unwrap();
    for product in [
        "activation",
        "contacts",
        "issues",
        "../../examples/products/release_watch",
    ] {
        let report = check(data.path(), &format!("{PRODUCTS}/{product}"));
        assert_eq!(report["findings"], serde_json::json!([]), "{product}: {report:#}");
        assert_eq!(report["ran"], true);
    }
    // The products of the program itself.
    let built_in = [
        "product_analytics",
        "sql",
        "events",
        "feature_flags",
        "insights",
        "cohorts",
        "actions",
        "notebooks",
    ];
    for product in built_in {
        let report = check(data.path(), product);
        assert_eq!(report["findings"], serde_json::json!([]), "{product}: {report:#}");
        assert_eq!(report["ran"], true);
    }
    let read = command(data.path(), &["product", "check", "product_analytics", "--static"])
        .output()
        .unwrap();
    assert!(
        text(&read.stdout).contains("only read, nothing was run"),
        "{}",
        text(&read.stdout)
    );
    let unknown = run(data.path(), &["product", "check", "product_analytic"]);
    assert!(
        text(&unknown.stderr).contains("did you mean product_analytics?"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn each_planted_fault_is_found() {
    let faults = fs_err::read_to_string(Path::new(PRODUCTS).join("faults.yaml")).unwrap();
    let faults: Vec<Fault> = serde_saphyr::from_str(&faults).unwrap();
    assert!(faults.len() >= 74, "{} faults", faults.len());
    let data = tempfile::tempdir().unwrap();
    let mut missed = BTreeMap::new();
    for fault in &faults {
        let folder = tempfile::tempdir().unwrap();
        let product = plant(fault, folder.path());
        let report = check(data.path(), product.to_str().unwrap());
        let is_it = |finding: &Value| {
            finding["check"] == fault.finds.as_str()
                && finding["file"] == fault.file.as_str()
                && finding["message"].as_str().unwrap().contains(&fault.says)
        };
        if !report["findings"].as_array().unwrap().iter().any(is_it) {
            missed.insert(fault.id.as_str(), report["findings"].to_string());
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_started_product_passes_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    let started = run(data.path(), &["product", "new", "user_research"]);
    assert!(started.status.success(), "{}", text(&started.stderr));
    assert!(
        text(&started.stdout).contains("hedgerow product check user_research"),
        "{}",
        text(&started.stdout)
    );
    let report = check(data.path(), "user_research");
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    assert_eq!(
        (&report["ran"], &report["notes"]),
        (&true.into(), &serde_json::json!([])),
        "{report:#}"
    );
    // Its questions can fail.
    let evals = data.path().join("products/user_research/evals/user_research.yaml");
    let text_of = fs_err::read_to_string(&evals).unwrap();
    fs_err::write(&evals, text_of.replace("2026-06-24", "2026-06-23")).unwrap();
    let report = check(data.path(), "user_research");
    assert_eq!(report["findings"][0]["check"], "evals", "{report:#}");
    // It is in use.
    let listed = run(data.path(), &["tools", "list", "--json"]);
    assert!(text(&listed.stdout).contains("count_user_research_events"));
    for (name, said) in [
        ("user_research", "there is a product"),
        ("User", "no name of a product"),
    ] {
        let again = run(data.path(), &["product", "new", name]);
        assert!(text(&again.stderr).contains(said), "{}", text(&again.stderr));
    }
    let outside = command(data.path(), &["product", "new", "more", "--rust"])
        .current_dir(data.path())
        .output()
        .unwrap();
    assert!(
        text(&outside.stderr).contains("not within the source tree"),
        "{}",
        text(&outside.stderr)
    );
}
