//! `cargo xtask verify gate`: the products for the gate through the binary. Nothing may be found in the good ones, and
//! every planted fault must be, by its check, in its file, with its words.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::Data;
use crate::setup;
use crate::shell::{Profile, Shell, python, root};

/// YAML as JSON.
const READ: &str = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";

/// Plants each fault in turn and prints how many were found.
pub(crate) fn run(profile: Profile) -> Result<()> {
    setup::python_tools()?;
    let products = root().join("tests/products");
    let read = Shell::new(python())
        .args(["-c", READ])
        .arg(products.join("faults.yaml"))
        .output()?;
    let faults: Vec<Value> = serde_json::from_str(&read).context("faults.yaml is no list")?;
    let data = Data::empty(&profile.build()?)?;
    let mut wrong = Vec::new();
    for good in ["activation", "contacts"] {
        let findings = check(&data, &products.join(good))?;
        if !findings.is_empty() {
            wrong.push(format!("{good}: {}", Value::from(findings)));
        }
    }
    let mut found = 0;
    for fault in &faults {
        let id = text(fault, "id")?;
        let folder = tempfile::tempdir()?;
        let product = folder.path().join(text(fault, "product")?);
        copy(&products.join(text(fault, "product")?), &product)?;
        for edit in fault["edits"].as_array().into_iter().flatten() {
            plant(edit, &product).with_context(|| format!("planting {id}"))?;
        }
        let (wanted, file) = (text(fault, "finds")?, text(fault, "in")?);
        let says = fault["says"].as_str().unwrap_or_default();
        let findings = check(&data, &product)?;
        let is_it = |finding: &Value| {
            finding["check"] == wanted
                && finding["file"] == file
                && finding["message"]
                    .as_str()
                    .is_some_and(|message| message.contains(says))
        };
        if findings.iter().any(is_it) {
            found += 1;
        } else {
            wrong.push(format!("{id}: {}", Value::from(findings)));
        }
    }
    for line in &wrong {
        println!("{line}");
    }
    println!("{found}/{} planted faults found", faults.len());
    if !wrong.is_empty() {
        bail!("{} of the products for the gate came out wrong", wrong.len());
    }
    Ok(())
}

/// What the gate finds in a product.
fn check(data: &Data, product: &Path) -> Result<Vec<Value>> {
    let product = product.to_str().context("a path that is no text")?;
    let (_, output) = data
        .hedgerow_without_project(&["product", "check", product, "--json"])
        .exit_code_quietly()?;
    let report: Value = serde_json::from_str(&output).with_context(|| format!("product check printed {output}"))?;
    let findings = report["data"][0]["findings"].as_array();
    Ok(findings
        .with_context(|| format!("product check printed {output}"))?
        .clone())
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str> {
    value[key]
        .as_str()
        .with_context(|| format!("a fault has no `{key}`: {value}"))
}

fn plant(edit: &Value, product: &Path) -> Result<()> {
    let path = product.join(text(edit, "file")?);
    if let Some(replaced) = edit["replace"].as_str() {
        let whole = fs_err::read_to_string(&path)?;
        if whole.matches(replaced).count() != 1 {
            bail!("{replaced:?} does not occur once");
        }
        fs_err::write(
            &path,
            whole.replace(replaced, edit["with"].as_str().unwrap_or_default()),
        )?;
    } else if let Some(whole) = edit["write"].as_str() {
        fs_err::write(&path, whole)?;
    } else if let Some(to) = edit["move"].as_str() {
        fs_err::rename(&path, product.join(to))?;
    } else {
        fs_err::remove_file(&path)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs_err::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
