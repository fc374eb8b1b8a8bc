//! A suite: `<evals>/<suite>/questions.yaml`, or a product's own questions, and the data that they are
//! about: the sample log, or for wishes for a list the seeded world.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use hedgerow_data_api::{FilterGroup, FilterList, Unit};
use hedgerow_errors::{Code, Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::AskOutcome;

/// The log that all suites are about so far, within the folder of suites.
const LOG: &str = "data/access-log/access.log";
const QUESTIONS: &str = "questions.yaml";
/// How many of the wishes with a tree must come out as it, in percent.
const FILTERS_BAR: f64 = 90.0;

/// Questions with their expected outcomes.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The name: the folder's.
    pub name: String,
    /// What the questions are about.
    pub data: SuiteData,
    /// The questions.
    pub cases: Vec<Case>,
}

/// What the questions of a suite are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuiteData {
    /// An access log.
    Log(PathBuf),
    /// The seeded world.
    World,
}

impl Suite {
    /// The percentage of the questions with an answer that must be right; 0 where none is set.
    #[must_use]
    pub fn bar(&self) -> f64 {
        match self.data {
            SuiteData::Log(_) => 0.0,
            SuiteData::World => FILTERS_BAR,
        }
    }
}

/// A question with its expected outcome.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The name of the case.
    pub id: String,
    /// What is asked, or wished for a list.
    #[serde(alias = "words")]
    pub question: String,
    /// The list that the words filter; absent for a question.
    #[serde(default)]
    pub list: Option<FilterList>,
    /// The clock to ask at; the caller's when absent.
    #[serde(default)]
    pub now: Option<DateTime<Utc>>,
    /// What is expected.
    pub expect: Expect,
    /// The query that made the expected value; here for readers only.
    #[serde(default)]
    pub truth: Option<String>,
}

/// What is expected of a question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The outcome, or several of which any is right.
    #[serde(default, deserialize_with = "one_or_many")]
    pub outcome: Vec<AskOutcome>,
    /// The headline; absent for a question that has no answer.
    #[serde(default)]
    pub value: Option<Expected>,
    /// The filter tree of a wish; absent for one that has none.
    #[serde(default)]
    pub filters: Option<FilterGroup>,
    /// What a number counts.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// The largest difference of a number, in its unit.
    #[serde(default)]
    pub tolerance: f64,
    /// Why there is no answer; here for readers only.
    #[serde(default)]
    pub reason: Option<String>,
}

/// An expected headline.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expected {
    /// A number.
    Number(f64),
    /// A name, a day `2015-05-18` or an hour of a day `02:00`.
    Text(String),
}

impl Case {
    /// True for a question or wish that has an answer.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.expect.value.is_some() || self.expect.filters.is_some()
    }
}

impl Expect {
    /// The headline or the filter tree.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        let filters = || self.filters.as_ref().map(|filters| serde_json::json!(filters));
        self.value.as_ref().map(Expected::to_json).or_else(filters)
    }
}

impl Expected {
    /// The same as JSON; a whole number without a fraction.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(*number as i64),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<AskOutcome>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(AskOutcome),
        Many(Vec<AskOutcome>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(outcome) => vec![outcome],
        OneOrMany::Many(outcomes) => outcomes,
    })
}

/// The suites of a folder, by name: its folders that hold questions.
pub(super) fn names(evals: &Path) -> Result<Vec<String>> {
    let hint = "name the folder of suites with --evals DIR";
    let entries = fs_err::read_dir(evals).map_err(|error| Error::from(error).with_hint(hint))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && path.join(QUESTIONS).is_file()
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a suite of the folder.
pub(super) fn read(evals: &Path, name: &str) -> Result<Suite> {
    let path = evals.join(name).join(QUESTIONS);
    parse(evals, name, &fs_err::read_to_string(&path)?)
}

/// Reads a suite from its text; its log lies in the folder of suites.
pub(super) fn parse(evals: &Path, name: &str, questions: &str) -> Result<Suite> {
    let cases: Vec<Case> = serde_saphyr::from_str(questions).map_err(|error| {
        Error::caused(
            Code::InvalidArgument,
            format!("the questions of {name} are not a suite"),
            error,
        )
    })?;
    if cases.iter().any(|case| case.list.is_some()) {
        return wishes(name, cases);
    }
    for case in &cases {
        if case.expect.value.is_some() != (case.expect.outcome == [AskOutcome::Answered]) {
            return Err(Error::invalid(format!(
                "case {}: a value is expected exactly where the outcome is answered",
                case.id
            )));
        }
    }
    let log = evals.join(LOG);
    if !log.is_file() {
        return Err(Error::invalid(format!(
            "suite {name} needs the log {}, which is not there",
            log.display()
        )));
    }
    Ok(Suite {
        name: name.to_owned(),
        data: SuiteData::Log(log),
        cases,
    })
}

/// A suite of wishes for lists.
fn wishes(name: &str, cases: Vec<Case>) -> Result<Suite> {
    for case in &cases {
        let Expect { filters, outcome, .. } = &case.expect;
        if case.list.is_none() || filters.is_some() != outcome.is_empty() {
            return Err(Error::invalid(format!(
                "case {}: a wish has a list, and either filters or an outcome",
                case.id
            )));
        }
    }
    Ok(Suite {
        name: name.to_owned(),
        data: SuiteData::World,
        cases,
    })
}
