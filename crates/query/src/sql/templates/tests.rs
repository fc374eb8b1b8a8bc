//! Every name stands in some case.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{AGGREGATES, OWN, SCALARS};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

/// The statements of all `.slt` files, without remarks and results.
fn statements() -> String {
    let mut statements = String::new();
    for entry in fs_err::read_dir(cases()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "slt") {
            continue;
        }
        let mut within = false;
        for line in fs_err::read_to_string(path).unwrap().lines() {
            if line.starts_with("query ") {
                within = true;
            } else if line.is_empty() || line == "----" {
                within = false;
            } else if within {
                statements.push_str(line);
                statements.push('\n');
            }
        }
    }
    statements
}

/// Whether a function is called in a text: its name, and then a parenthesis.
fn is_called(name: &str, text: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let is_whole = before.is_none_or(|ch| !ch.is_alphanumeric() && ch != '_');
        is_whole && text[at + name.len()..].starts_with('(')
    })
}

#[test]
fn every_function_name_stands_in_a_case() {
    let listed = fs_err::read_to_string(cases().join("functions.yaml")).unwrap();
    let listed = listed.lines().filter_map(|line| line.strip_prefix("- name: "));
    let names: BTreeSet<&str> = listed
        .chain(SCALARS.iter().map(|(name, ..)| *name))
        .chain(AGGREGATES.iter().map(|(name, ..)| *name))
        .chain(OWN.iter().map(|(name, _)| *name))
        .collect();
    assert!(names.len() >= 175, "{} names", names.len());
    let statements = statements();
    let missing: Vec<_> = names.into_iter().filter(|name| !is_called(name, &statements)).collect();
    assert!(missing.is_empty(), "no .slt case calls {}", missing.join(", "));
}
