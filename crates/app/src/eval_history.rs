//! What the suites of products came to, each time they were asked.
//!
//! Benchmarks and the gate work in a data folder of their own, which another process may hold while a server shows the
//! results. So the history is a file of lines beside it: whoever owns that folder appends, anybody reads.

use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use fs_err as fs;
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::eval::EvalSummary;

/// What asked the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvalBy {
    /// `hedgerow eval`.
    Eval,
    /// `hedgerow product check`.
    Gate,
}

/// What a suite of a product came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvalRecord {
    /// The product.
    pub product: String,
    /// The suite.
    pub suite: String,
    /// When it ended, by the machine's clock.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// What asked the questions.
    pub by: EvalBy,
    /// The model that was asked.
    pub model: String,
    /// The version of the program.
    pub version: String,
    /// Questions with an answer, and the right one.
    pub right: usize,
    /// Questions with a wrong answer.
    pub wrong: usize,
    /// Questions without the expected outcome, but without a false claim either.
    pub missed: usize,
    /// Questions without an answer that were refused or asked back.
    pub refused: usize,
    /// All questions.
    pub total: usize,
    /// The share of the questions that must come out as expected, from 0 to 1; 0 where the suite sets none.
    pub threshold: f64,
    /// The share that did, from 0 to 1.
    pub share: f64,
}

impl App {
    /// Keeps what a suite came to, where it is one of a product. That it can't be kept is no reason to fail what was
    /// asked for, so it is logged as an error.
    pub fn keep_eval(&self, summary: &EvalSummary) {
        if self.registry(None).evals().any(|(product, _)| product == summary.suite) {
            self.keep_eval_of(&summary.suite, summary, EvalBy::Eval);
        }
    }

    pub(crate) fn keep_eval_of(&self, product: &str, summary: &EvalSummary, by: EvalBy) {
        let file = &self.parts.products.eval_history;
        // Use cases that are put together without a place for it keep none.
        if file.as_os_str().is_empty() {
            return;
        }
        let record = EvalRecord {
            product: product.to_owned(),
            suite: summary.suite.clone(),
            at: Clock::system().now(),
            by,
            model: summary.model.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            right: summary.right,
            wrong: summary.wrong,
            missed: summary.missed,
            refused: summary.refused_right,
            total: summary.total,
            threshold: summary.bar / 100.0,
            share: summary.percent_right() / 100.0,
        };
        if let Err(error) = append(file, &record) {
            tracing::error!(product, error = error.chain(), "the result of a suite was not kept");
        }
    }

    /// What the suites of a product came to, oldest first.
    pub(crate) fn eval_history(&self, product: &str) -> Result<Vec<EvalRecord>> {
        let mut records = read(&self.parts.products.eval_history)?;
        records.retain(|record| record.product == product);
        Ok(records)
    }
}

/// Appends a line in one write, so that a reader sees all of it or nothing.
fn append(file: &Path, record: &EvalRecord) -> Result<()> {
    let mut line = serde_json::to_string(record)
        .map_err(|error| Error::caused(Code::Internal, "writing the result of a suite as JSON", error))?;
    line.push('\n');
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut history = fs::OpenOptions::new().create(true).append(true).open(file)?;
    history.write_all(line.as_bytes())?;
    history.sync_data()?;
    Ok(())
}

fn read(file: &Path) -> Result<Vec<EvalRecord>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut records = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(record) => records.push(record),
            // A line that a crash cut off must not hide the others.
            Err(error) => tracing::error!("line {} of {} can't be read: {error}", number + 1, file.display()),
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evals/history.jsonl");
        assert_eq!(read(&file).unwrap(), []);
        let record = EvalRecord {
            product: "sql".to_owned(),
            suite: "sql".to_owned(),
            at: "2026-05-20T12:00:00Z".parse().unwrap(),
            by: EvalBy::Gate,
            model: "builtin".to_owned(),
            version: "0.1.0".to_owned(),
            right: 3,
            wrong: 0,
            missed: 1,
            refused: 1,
            total: 5,
            threshold: 0.9,
            share: 0.8,
        };
        append(&file, &record).unwrap();
        fs::write(&file, format!("{}{{\"product\":\n", fs::read_to_string(&file).unwrap())).unwrap();
        append(&file, &record).unwrap();
        assert_eq!(read(&file).unwrap(), [record.clone(), record]);
    }
}
