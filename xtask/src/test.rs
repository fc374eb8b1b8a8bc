//! `cargo xtask test`: all that must pass before a change lands, in one command.

#[cfg(test)]
mod tests;

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::shell::{Shell, cargo, root};
use crate::{arch, generate, setup, verify};

/// What one run of the tests counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

/// Runs every step, also after a failed one, so that one run tells all; steps that need the build
/// are left out when it fails.
pub(crate) fn run(full: bool) -> Result<()> {
    let mut report = Report::default();
    if !report.step("setup", setup::all) {
        return report.end(None);
    }
    report.step("fmt", || {
        Shell::new(cargo()).args(["fmt", "--all", "--check"]).run()?;
        Shell::new(cargo())
            .args(["fmt", "--check"])
            .folder(root().join("fuzz"))
            .run()
    });
    report.step("typos", || Shell::new("typos").run());
    report.step("arch", arch::run);
    report.step("deny", || {
        Shell::new("cargo-deny")
            .args(["--locked", "check", "licenses", "bans", "sources"])
            .run()
    });
    for script in ["lint", "check", "test", "build"] {
        // The page is built before the binary, which embeds it.
        report.step(&format!("web {script}"), || web(script));
    }
    report.step("clippy", || {
        Shell::new(cargo())
            .args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
            .run()
    });
    let mut counts = None;
    if report.step("build", || {
        Shell::new(cargo())
            .args(["build", "--workspace", "--all-targets"])
            .run()
    }) {
        report.step("tests", || nextest(full, &mut counts));
        report.step("gen --check", || generate::run(true));
    }
    report.step("truths of the site questions", verify::truths);
    report.step("shape of the figure sentences", verify::figure_set);
    report.end(counts)
}

fn web(script: &str) -> Result<()> {
    Shell::new("npm")
        .args(["run", "--silent", script])
        .folder(root().join("web"))
        .run()
}

fn nextest(full: bool, counts: &mut Option<Counts>) -> Result<()> {
    let mut shell = Shell::new(cargo()).args(["nextest", "run", "--workspace"]);
    if full {
        shell = shell.env("HEDGEROW_FULL", "1");
    }
    let result = shell.run_watched(|line| {
        if let Some(found) = counts_in(line) {
            *counts = Some(found);
        }
    });
    result?;
    let counted = counts.context("no closing line from nextest")?;
    if counted.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

/// Reads nextest's closing line, e.g. `Summary [ 1.2s] 12 tests run: 11 passed (2 slow), 1 timed out`.
fn counts_in(line: &str) -> Option<Counts> {
    let (head, outcome) = line
        .split_once(" run: ")
        .filter(|(head, _)| head.contains("Summary ["))?;
    // When a run is cut short, it says `3/12 tests`.
    let ran = head
        .rsplit_once("] ")?
        .1
        .split(['/', ' '])
        .next()?
        .parse::<u64>()
        .ok()?;
    let passed = outcome
        .split(", ")
        .find_map(|part| part.split_once(" passed")?.0.trim().parse().ok())
        .unwrap_or(0);
    Some(Counts {
        passed,
        failed: ran.saturating_sub(passed),
    })
}

/// The steps so far.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    /// Runs a step; true if it passed.
    fn step(&mut self, name: &str, run: impl FnOnce() -> Result<()>) -> bool {
        println!("== {name}");
        let start = Instant::now();
        let result = run();
        let state = if result.is_ok() { "ok  " } else { "FAIL" };
        let line = format!("{state} {:>7.1} s  {name}", start.elapsed().as_secs_f64());
        println!("{line}");
        self.lines.push(line);
        if let Err(error) = &result {
            eprintln!("error: {name}: {error:#}");
            self.failed.push(name.to_owned());
        }
        result.is_ok()
    }

    fn end(self, counts: Option<Counts>) -> Result<()> {
        println!("\n{}", self.lines.join("\n"));
        if let Some(Counts { passed, failed }) = counts {
            println!("\n{passed} passed, {failed} failed");
        }
        if self.failed.is_empty() {
            Ok(())
        } else {
            bail!("failed: {}", self.failed.join(", "))
        }
    }
}
