//! The question benchmark: asks every question of a suite and judges outcome and headline, filter tree, or planned change.

mod change;
mod compare;
mod judge;
mod suite;
mod trees;

pub use change::ExpectedChange;
pub use compare::{EvalComparison, VerdictChange, compare, read_summaries};
pub use judge::Verdict;
pub(crate) use suite::parse as parse_suite;
pub use suite::{Case, Expect, Expected, Given, Suite, SuiteData, WorldSize};
pub use trees::{Atom, Canonical, Fields, Leaf, canonical};

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, Utc};
use hedgerow_agent::core_tools::filter_fields;
use hedgerow_agent_api::{Figure, FigureStatus, PageContext, Progress as ToolProgress, Registry, Surface};
use hedgerow_data_api::{Clock, FilterFields, FilterList, Progress, Unit};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ActivityId, ProjectId, RunId};
use hedgerow_ingest::MaxRejects;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ask_report::MAKE_FILTERS;
use crate::{AccessLogInput, App, AskInput, AskOutcome, AskReport, ToolCall};

/// What each list can be filtered by.
type Lists = BTreeMap<FilterList, FilterFields>;

/// What a suite came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvalSummary {
    /// The suite.
    pub suite: String,
    /// The model that was asked.
    pub model: String,
    /// Answerable questions with the right headline.
    pub right: usize,
    /// Questions with a wrong answer: another headline, or an answer where there is none.
    pub wrong: usize,
    /// Questions without the expected outcome, but without a false claim either.
    pub missed: usize,
    /// Unanswerable questions that were refused or asked back.
    pub refused_right: usize,
    /// How many questions have an answer.
    pub answerable: usize,
    /// All questions.
    pub total: usize,
    /// The percentage of the questions with an answer that must be right.
    #[serde(default)]
    pub bar: f64,
    /// Every question.
    pub cases: Vec<CaseResult>,
    /// The cases whose verdict is another than in the earlier run that this one was compared with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<VerdictChange>,
}

impl EvalSummary {
    /// The questions with the expected outcome, in percent: answered right, or refused or asked back
    /// where there is no answer. 100 where there are no questions.
    #[must_use]
    pub fn percent_right(&self) -> f64 {
        if self.total == 0 {
            return 100.0;
        }
        #[allow(clippy::cast_precision_loss, reason = "suites have hundreds of questions")]
        let share = (self.right + self.refused_right) as f64 / self.total as f64;
        share * 100.0
    }

    /// True where fewer of the questions with an answer are right than the suite demands.
    #[must_use]
    pub fn is_below_bar(&self) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "suites have hundreds of questions")]
        let (right, answerable) = (self.right as f64, self.answerable as f64);
        right * 100.0 < self.bar * answerable
    }
}

/// What a question came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// The case.
    pub id: String,
    /// The question.
    pub question: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless it is right.
    pub reason: Option<String>,
    /// How it ended; absent where the run could not be started.
    pub outcome: Option<AskOutcome>,
    /// The expected headline; absent for a question without an answer.
    pub expected: Option<Value>,
    /// The headline's value.
    pub value: Option<Value>,
    /// What the value counts.
    pub unit: Option<Unit>,
    /// How far the value can be relied on.
    pub status: Option<FigureStatus>,
    /// What was said.
    pub answer: String,
    /// The run.
    pub run_id: Option<RunId>,
    /// How long it took.
    pub ms: u64,
}

impl App {
    /// Asks all questions of a suite, one after the other. `done` sees each result as it comes.
    pub async fn run_eval(
        &self,
        suite: &Suite,
        model: Option<&str>,
        done: &(dyn Fn(usize, &CaseResult) + Send + Sync),
    ) -> Result<EvalSummary> {
        let project = self.import_eval_data(suite).await?;
        let lists = match suite.data {
            SuiteData::Log(_) => Lists::new(),
            SuiteData::World(_) => self.lists(&project).await?,
        };
        let mut cases = Vec::with_capacity(suite.cases.len());
        for case in &suite.cases {
            let result = self.run_case(&project, suite, &lists, case, model).await;
            done(suite.cases.len(), &result);
            cases.push(result);
        }
        let count = |verdict: Verdict| cases.iter().filter(|case| case.verdict == verdict).count();
        Ok(EvalSummary {
            suite: suite.name.clone(),
            model: model.unwrap_or(&self.default_model).to_owned(),
            right: count(Verdict::Right),
            wrong: count(Verdict::Wrong),
            missed: count(Verdict::Missed),
            refused_right: count(Verdict::RefusedRight),
            answerable: suite.cases.iter().filter(|case| case.is_answerable()).count(),
            bar: suite.bar(),
            total: cases.len(),
            cases,
            changed: Vec::new(),
        })
    }

    /// Imports the suite's data into a project of its own. A log is imported each time, because that
    /// adds nothing to a complete project, and completes one whose import was cut short.
    pub(crate) async fn import_eval_data(&self, suite: &Suite) -> Result<ProjectId> {
        let log = match &suite.data {
            SuiteData::World(size) => return self.world_project(*size).await,
            SuiteData::Log(log) => log,
        };
        let project: ProjectId = format!("eval-{}", suite.name)
            .parse()
            .map_err(|_| Error::invalid(format!("suite name {:?} is no folder name", suite.name)))?;
        let input = AccessLogInput {
            project: project.clone(),
            files: vec![log.clone()],
            source: Some("eval".to_owned()),
            max_rejects: MaxRejects::default(),
            rejects_path: None,
        };
        self.import_access_log(&input, &|_| {}).await?;
        Ok(project)
    }

    /// The same at the time of a suite's case: its own, the suite's, or the end of the world that it is about.
    pub(crate) fn at_time_of(&self, suite: &Suite, case: Option<&Case>) -> Self {
        let of_world = matches!(suite.data, SuiteData::World(_)).then(world_end);
        let now = case.and_then(|case| case.now).or(suite.now).or(of_world);
        now.map_or_else(|| self.clone(), |now| self.at(Clock::fixed(now)))
    }

    /// What is expected of a case, with the value that its truth gives.
    async fn expectation(&self, project: &ProjectId, case: &Case) -> Result<Expect> {
        let mut expect = case.expect.clone();
        let Some(query) = case.open_truth() else {
            return Ok(expect);
        };
        let queries = &self.parts.data.queries;
        let response = queries.sql(project, &query, &self.clock, &Progress::ignore()).await?;
        let value = match response.rows.as_slice() {
            [row] => match row.as_slice() {
                [Value::Number(number)] => number.as_f64().map(Expected::Number),
                [Value::String(text)] => Some(Expected::Text(text.clone())),
                _ => None,
            },
            _ => None,
        };
        let value = value.ok_or_else(|| Error::invalid("the truth is not one number or text"))?;
        expect.value = Some(value);
        expect.is_computed = true;
        Ok(expect)
    }

    /// What the lists of a project can be filtered by.
    async fn lists(&self, project: &ProjectId) -> Result<Lists> {
        let mut lists = Lists::new();
        for list in FilterList::ALL {
            let fields = filter_fields(self.parts.data.store.as_ref(), project, list).await?;
            lists.insert(list, fields);
        }
        Ok(lists)
    }

    /// Makes the calls that a case needs; `made` gets every change that was made, the newest first.
    pub(crate) async fn give(&self, project: &ProjectId, given: &[Given], made: &mut Vec<ActivityId>) -> Result<()> {
        for given in given {
            let call = ToolCall {
                project: project.clone(),
                name: given.tool.clone(),
                arguments: given.arguments.clone(),
                surface: Surface::Cli,
                approved: true,
                progress: ToolProgress::ignore(),
            };
            let changes = self.call_tool(&call).await?.changes;
            made.splice(0..0, changes.iter().rev().map(|change| change.id));
        }
        Ok(())
    }

    /// Asks a case's question between the calls that it needs and taking them back.
    async fn run_case(
        &self,
        project: &ProjectId,
        suite: &Suite,
        lists: &Lists,
        case: &Case,
        model: Option<&str>,
    ) -> CaseResult {
        let app = self.at_time_of(suite, Some(case));
        let mut made = Vec::new();
        let given = app.give(project, &case.given, &mut made).await;
        let result = app.ask_case(project, lists, case, model, given).await;
        match app.undo(project, &made).await {
            Ok(_) => result,
            Err(error) => CaseResult {
                verdict: Verdict::Missed,
                reason: Some(format!("what was given can't be taken back: {}", error.chain())),
                ..result
            },
        }
    }

    /// The names of a project's objects by their ids.
    async fn names(&self, project: &ProjectId) -> Result<change::Names> {
        let objects = self.objects(project, None).await?;
        Ok(objects
            .into_iter()
            .map(|object| (object.id.to_string(), object.name))
            .collect())
    }

    async fn ask_case(
        &self,
        project: &ProjectId,
        lists: &Lists,
        case: &Case,
        model: Option<&str>,
        given: Result<()>,
    ) -> CaseResult {
        let app = self;
        let expect = match given {
            Ok(()) => app.expectation(project, case).await,
            Err(error) => Err(error),
        };
        let mut input = AskInput::new(project.clone(), &case.question, Surface::Cli);
        input.model = model.map(str::to_owned);
        input.context.extend(case.list.map(|list| PageContext {
            tool: MAKE_FILTERS.to_owned(),
            description: format!("the list of {list}"),
            data: json!({"list": list}),
        }));
        let started = Instant::now();
        let asked = app.ask(input).await;
        let names = app.names(project).await.unwrap_or_default();
        let planned = asked.as_ref().map(change::changes).unwrap_or_default();
        let planned: Vec<Value> = planned.iter().map(|planned| change::planned(planned, &names)).collect();
        let report = asked.and_then(|thread| {
            AskReport::of(&thread).ok_or_else(|| Error::internal("the run's events ended without an end"))
        });
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let headline = report.as_ref().ok().and_then(|report| report.headline.as_ref());
        let made = report.as_ref().ok().and_then(|report| report.filters.as_ref());
        let judgement = match (&expect, &report) {
            (Ok(expect), Ok(report)) => match case.list.and_then(|list| lists.get(&list)) {
                Some(fields) => judge::judge_filters(expect, report, fields, app.clock().now()),
                None => change::judge(expect, report, &planned).unwrap_or_else(|| judge::judge(expect, report)),
            },
            (Err(error), _) | (_, Err(error)) => judge::Judgement {
                verdict: Verdict::Missed,
                reason: Some(error.chain()),
            },
        };
        CaseResult {
            id: case.id.clone(),
            question: case.question.clone(),
            verdict: judgement.verdict,
            reason: judgement.reason,
            outcome: report.as_ref().ok().map(|report| report.outcome),
            expected: expect.ok().and_then(|expect| expect.to_json()),
            value: made
                .map(|made| json!(made.filters))
                .or_else(|| planned.into_iter().next())
                .or_else(|| headline.map(|figure: &Figure| figure.value.clone())),
            unit: headline.map(|figure| figure.unit),
            status: headline.map(|figure| figure.status),
            answer: report.as_ref().map(|report| report.answer.clone()).unwrap_or_default(),
            run_id: report.as_ref().ok().map(|report| report.run_id),
            ms,
        }
    }
}

/// The first instant after the seeded world.
pub(crate) fn world_end() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(hedgerow_world::END).unwrap_or_default()
}

/// Reads the named suites: those of a folder and those that products bring. Without a name, all.
pub fn read_suites(registry: &Registry, evals: &Path, names: &[String]) -> Result<Vec<Suite>> {
    let mut all = suite::names(evals)?;
    all.extend(registry.evals().map(|(product, _)| product.to_owned()));
    for name in names {
        if !all.contains(name) {
            return Err(Error::unknown("suite", name, all.iter().map(String::as_str)));
        }
    }
    let wanted = if names.is_empty() { &all } else { names };
    let read = |name: &String| match registry.evals().find(|(product, _)| product == name) {
        Some((_, questions)) => suite::parse(name, questions, &suite::log(evals)),
        None => suite::read(evals, name),
    };
    wanted.iter().map(|name| read(name)?.with_log()).collect()
}
