//! Rules about source files: module docs, names, lengths.

use super::{Findings, Tree};

const QUESTION_LINES: usize = 500;
const STOP_LINES: usize = 800;
const BANNED: &[(&str, &str)] = &[
    ("mod.rs", "use foo.rs beside foo/"),
    ("utils.rs", "name the file after what is in it"),
    ("util.rs", "name the file after what is in it"),
    ("helpers.rs", "name the file after what is in it"),
    ("common.rs", "name the file after what is in it"),
];

/// Checks every Rust file.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in &tree.sources {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some((_, instead)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            findings.errors.push(format!("{path}: no {name}; {instead}"));
        }
        if !text.starts_with("//!") {
            findings.errors.push(format!("{path}: a module opens with `//!`"));
        }
        let is_test = name == "tests.rs" || path.contains("/tests/");
        let lines = source_lines(text);
        if is_test || lines <= QUESTION_LINES {
            continue;
        }
        if lines > STOP_LINES {
            findings
                .errors
                .push(format!("{path}: {lines} lines; files stop at {STOP_LINES}"));
        } else {
            findings.warnings.push(format!(
                "{path}: {lines} lines; files are questioned at {QUESTION_LINES}"
            ));
        }
    }
}

/// The lines up to an inline test module.
fn source_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{'));
    tail.unwrap_or(lines.len())
}
