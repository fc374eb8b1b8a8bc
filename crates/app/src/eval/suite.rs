//! A suite: `<evals>/<suite>/questions.yaml`, or a product's own questions, and what they are about.
//!
//! A suite is a list of cases about the access log, or `questions` with a `threshold` and the data they are about:
//! the seeded world, unless it says `data: access-log`. A list of wishes for lists is about the seeded world.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use hedgerow_data_api::{FilterGroup, FilterList, SqlQuery, Unit};
use hedgerow_errors::{Code, Error, Result};
use serde::Deserialize;
use serde_json::Value;

use hedgerow_world::SIZES;

use super::change::ExpectedChange;
use crate::AskOutcome;

/// The log that all suites are about so far, within the folder of suites.
const LOG: &str = "data/access-log/access.log";
const QUESTIONS: &str = "questions.yaml";
/// The world that wishes are about.
const FILTERS_SEED: u64 = 7;
/// The share of the wishes with a tree that must come out as it.
const FILTERS_BAR: f64 = 0.9;

/// Questions with their expected outcomes.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The name: the folder's, or the product's.
    pub name: String,
    /// What the questions are about.
    pub data: SuiteData,
    /// The clock of cases that name none.
    pub now: Option<DateTime<Utc>>,
    /// The share of the questions, from 0 to 1, that must come out as expected; absent where nobody asks for one.
    pub threshold: Option<f64>,
    /// The questions.
    pub cases: Vec<Case>,
}

/// What a suite's questions are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuiteData {
    /// An access log.
    Log(PathBuf),
    /// The seeded world.
    World(WorldSize),
}

/// Which world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldSize {
    /// Unique events, about.
    pub events: u64,
    /// The seed.
    pub seed: u64,
}

impl Default for WorldSize {
    /// The smallest world.
    fn default() -> Self {
        Self {
            events: *SIZES.start(),
            seed: 1,
        }
    }
}

impl Suite {
    /// The percentage of the questions with an answer that must be right; 0 where none is set.
    #[must_use]
    pub fn bar(&self) -> f64 {
        100.0 * self.threshold.unwrap_or(0.0)
    }
}

/// A suite that says more than its questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    threshold: f64,
    #[serde(default)]
    data: DataName,
    #[serde(default)]
    world: Option<WorldSize>,
    #[serde(default)]
    now: Option<DateTime<Utc>>,
    questions: Vec<Case>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DataName {
    #[default]
    World,
    AccessLog,
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
    /// Calls that are made before, and taken back after it.
    #[serde(default)]
    pub given: Vec<Given>,
    /// What is expected.
    pub expect: Expect,
    /// The query that made the expected value: for readers where there is a value, else it is run to get it.
    #[serde(default)]
    pub truth: Option<String>,
}

/// A call that is made before a case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The tool.
    pub tool: String,
    /// The arguments.
    pub arguments: Value,
}

impl Case {
    /// Whether there is an answer, a filter tree, or a change to approve.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        self.expect.outcome == [AskOutcome::Answered] || self.expect.filters.is_some() || self.expect.change.is_some()
    }

    /// The statement that gives the expected value, where the case has none itself.
    #[must_use]
    pub fn open_truth(&self) -> Option<SqlQuery> {
        let is_open = self.expect.outcome == [AskOutcome::Answered] && self.expect.value.is_none();
        let query = self.truth.clone().filter(|_| is_open)?;
        Some(SqlQuery {
            query,
            ..SqlQuery::default()
        })
    }
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
    /// The one change that the run asks to make; absent for one that must not ask to write.
    #[serde(default)]
    pub change: Option<ExpectedChange>,
    /// What a number counts.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// The largest difference of a number, in its unit.
    #[serde(default)]
    pub tolerance: f64,
    /// Why there is no answer; here for readers only.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the value came from a statement, which knows numbers and no units.
    #[serde(skip)]
    pub is_computed: bool,
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

impl Expect {
    /// The headline, the filter tree or the change.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        let filters = || self.filters.as_ref().map(|filters| serde_json::json!(filters));
        let change = || self.change.as_ref().map(ExpectedChange::to_json);
        self.value
            .as_ref()
            .map(Expected::to_json)
            .or_else(filters)
            .or_else(change)
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
    parse(name, &fs_err::read_to_string(&path)?, &evals.join(LOG))
}

/// The log of the suites in a folder.
pub(super) fn log(evals: &Path) -> PathBuf {
    evals.join(LOG)
}

impl Suite {
    /// Refuses a suite whose log is not there.
    pub(super) fn with_log(self) -> Result<Self> {
        match &self.data {
            SuiteData::Log(log) if !log.is_file() => Err(Error::invalid(format!(
                "suite {} needs the log {}, which is not there",
                self.name,
                log.display()
            ))),
            _ => Ok(self),
        }
    }
}

/// Reads a suite from its text; `log` is the access log, for those that are about it.
pub(crate) fn parse(name: &str, text: &str, log: &Path) -> Result<Suite> {
    let not_a_suite = |error: String| {
        let message = format!("the questions of {name} are not a suite");
        Error::caused(Code::InvalidArgument, message, error)
    };
    let value: Value = serde_saphyr::from_str(text).map_err(|error| not_a_suite(error.to_string()))?;
    let whole = if value.is_array() {
        let cases = serde_json::from_value(value).map_err(|error| not_a_suite(error.to_string()))?;
        (None, DataName::AccessLog, None, None, cases)
    } else {
        let whole: Whole = serde_json::from_value(value).map_err(|error| not_a_suite(error.to_string()))?;
        (
            Some(whole.threshold),
            whole.data,
            whole.world,
            whole.now,
            whole.questions,
        )
    };
    let (threshold, data, world, now, cases): (_, _, _, _, Vec<Case>) = whole;
    if cases.iter().any(|case| case.list.is_some()) {
        return wishes(name, cases);
    }
    for case in &cases {
        let has_value = case.expect.value.is_some() || (threshold.is_some() && case.truth.is_some());
        let is_answered = case.expect.outcome == [AskOutcome::Answered];
        if case.expect.change.is_some() && case.expect.outcome != [AskOutcome::Asked] {
            return Err(Error::invalid(format!(
                "case {}: a change is expected exactly where the outcome is asked",
                case.id
            )));
        }
        if is_answered && !has_value || !is_answered && case.expect.value.is_some() {
            return Err(Error::invalid(format!(
                "case {}: a value is expected exactly where the outcome is answered",
                case.id
            )));
        }
    }
    let data = match data {
        DataName::World => SuiteData::World(world.unwrap_or_default()),
        DataName::AccessLog => SuiteData::Log(log.to_owned()),
    };
    Ok(Suite {
        name: name.to_owned(),
        data,
        now,
        threshold,
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
        data: SuiteData::World(WorldSize {
            seed: FILTERS_SEED,
            ..WorldSize::default()
        }),
        now: None,
        threshold: Some(FILTERS_BAR),
        cases,
    })
}

#[cfg(test)]
mod tests;
