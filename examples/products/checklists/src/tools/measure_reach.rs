//! `measure_reach`: how many of the active people have used what a checklist is about, week by week since its launch.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use hedgerow_agent_api::{
    Access, Declaration, Display, Effect, Example, ObjectKind as _, ObjectStore, Tainted, Tool, ToolContext,
    ToolOutput, body_of,
};
use hedgerow_data_api::{Column, Data, Progress, Provenance, ResolvedRange, Role, SqlQuery, Table, Unit, Warning};
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::checklist::{Checklist, Checklists};
use crate::reach::{Reach, ReachWeek, weeks_since};

/// The active people of one week with whether they used it. A statement gives 50,000 rows at most, so a week with
/// more people is read in several, each from where the one before ended.
const WEEK: &str = "SELECT person_key, bool_or(event = $event) AS used
FROM events
WHERE timestamp >= CAST($from AS TIMESTAMP) AND timestamp < CAST($until AS TIMESTAMP) AND person_key > $after
GROUP BY person_key
ORDER BY person_key";

/// The most rows that a statement gives.
const PAGE: u32 = 50_000;
/// The most people that are kept in memory, some 30 MB.
const MOST_PEOPLE: usize = 1_000_000;
/// The most weeks of a call.
const MOST_WEEKS: u32 = 52;

/// What to measure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The checklist's name. It must have an event and a day of launch that is not in the future.
    checklist: String,
    /// How many weeks from the launch on are measured, 1 to 52; 12 when absent.
    #[serde(default = "twelve")]
    weeks: u32,
}

fn twelve() -> u32 {
    12
}

/// The reach of a launch.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReachResponse {
    /// The checklist's name.
    pub checklist: String,
    /// The event by which its use is seen.
    pub event: String,
    /// The weeks, from the day of the launch on.
    pub weeks: Vec<ReachWeek>,
    /// Anything a reader must know, e.g. that the last week is not over.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be: the first week's statement, with the rows and the time of all.
    pub provenance: Provenance,
}

/// The tool.
pub struct MeasureReach {
    objects: Arc<dyn ObjectStore>,
    data: Data,
}

impl MeasureReach {
    /// The tool over stored checklists and engines.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, data: Data) -> Self {
        Self { objects, data }
    }

    /// The active people of a week: key, and whether they used it.
    async fn people(&self, ctx: &ToolContext, week: &Week<'_>, told: &mut Told) -> Result<Vec<(i64, bool)>> {
        let mut people: Vec<(i64, bool)> = Vec::new();
        loop {
            let after = people.last().map_or(i64::MIN, |(key, _)| *key);
            let query = week.query(after);
            let response = self
                .data
                .queries
                .sql(&ctx.project, &query, &ctx.clock, &week.progress)
                .await?;
            let before = people.len();
            people.extend(response.rows.iter().filter_map(|row| person(row)));
            let (rows, read) = (response.rows.len(), people.len() - before);
            if read < rows {
                return Err(Error::internal(format!(
                    "{} of {rows} people can't be read",
                    rows - read
                )));
            }
            told.add(response.provenance);
            check_size(people.len(), week.from)?;
            if rows < PAGE as usize {
                return Ok(people);
            }
        }
    }
}

/// A week to be read.
struct Week<'a> {
    event: &'a str,
    from: NaiveDate,
    until: NaiveDate,
    progress: Progress,
}

impl Week<'_> {
    fn query(&self, after: i64) -> SqlQuery {
        let parameters = [
            ("event", json!(self.event)),
            ("from", json!(self.from.to_string())),
            ("until", json!(self.until.to_string())),
            ("after", json!(after)),
        ];
        SqlQuery {
            query: WEEK.to_owned(),
            limit: Some(PAGE),
            parameters: Map::from_iter(parameters.map(|(name, value)| (name.to_owned(), value))),
        }
    }
}

/// A row of [`WEEK`].
fn person(row: &[Value]) -> Option<(i64, bool)> {
    match row {
        [key, used] => Some((key.as_i64()?, used.as_bool()?)),
        _ => None,
    }
}

/// Refuses more people than are kept in memory.
fn check_size(people: usize, week: NaiveDate) -> Result<()> {
    if people <= MOST_PEOPLE {
        return Ok(());
    }
    let message = format!("more than {MOST_PEOPLE} people were active by the end of the week of {week}");
    Err(Error::new(Code::LimitExceeded, message).with_hint("ask for fewer weeks"))
}

/// What the statements of a call say of themselves, put together.
#[derive(Default)]
struct Told {
    provenance: Option<Provenance>,
    changed: bool,
}

impl Told {
    fn add(&mut self, new: Provenance) {
        match &mut self.provenance {
            None => self.provenance = Some(new),
            Some(all) => {
                self.changed |= all.snapshot_id != new.snapshot_id;
                all.rows_read += new.rows_read;
                all.elapsed_ms += new.elapsed_ms;
            }
        }
    }
}

#[async_trait]
impl Tool for MeasureReach {
    type Args = Arguments;
    type Output = ReachResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "measure_reach".into(),
            title: "Measure the reach of a launch".into(),
            description:
                "Says for each week since the launch of a checklist how many people were active, what share of \
                them used what was launched, how many did so for the first time, and what share it has reached so far. \
                Use it to judge a launch; the checklist must have an event and a day of launch."
                    .into(),
            display: Display::new("Measuring the reach", "Measured the reach"),
            expected: Duration::from_secs(1),
            progress: Some("weeks counted".into()),
            access: "query:read".into(),
            examples: const {
                &[Example::new(
                    "The first four weeks after the launch of templates",
                    r#"{"checklist": "Templates", "weeks": 4}"#,
                )]
            }
            .into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "how many people did the launch reach",
            "share of active people who used it since launch",
        ]
    }

    async fn effect(&self, _: &ToolContext, args: &Arguments) -> Result<Effect> {
        if !(1..=MOST_WEEKS).contains(&args.weeks) {
            return Err(Error::invalid(format!(
                "weeks takes 1 to {MOST_WEEKS}, not {}",
                args.weeks
            )));
        }
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: Arguments) -> Result<ToolOutput<ReachResponse>> {
        // The tool's own right is about events; a checklist is somebody's text.
        let readable = Access::read_kind(Checklists::KIND);
        ctx.principal.check(&readable, Some(&ctx.project))?;
        let object = self
            .objects
            .named(&ctx.project, Checklists::KIND, &args.checklist)
            .await?;
        let checklist: Checklist = body_of(&object)?;
        let (event, launched_on) = launch(&object.name, checklist)?;
        let today = ctx.clock.now().date_naive();
        let weeks = weeks_since(launched_on, today, args.weeks);
        if weeks.is_empty() {
            let message = format!(
                "the launch of {:?} is on {launched_on}, after today, {today}",
                object.name
            );
            return Err(Error::new(Code::NoData, message).with_hint("ask again after it, or correct launched_on"));
        }
        let (mut reach, mut told) = (Reach::default(), Told::default());
        let mut last_day = launched_on;
        for (position, from) in weeks.iter().enumerate() {
            let until = *from + Days::new(7);
            last_day = until - Days::new(1);
            let week = Week {
                event: &event,
                from: *from,
                until,
                progress: part(&ctx.progress, position, weeks.len()),
            };
            let people = self.people(ctx, &week, &mut told).await?;
            week.progress.report(1.0, "");
            reach.add_week(*from, people);
            check_size(reach.people(), *from)?;
        }
        let mut provenance = told.provenance.ok_or_else(|| Error::internal("no week was read"))?;
        let partial = last_day >= today;
        provenance.range = Some(ResolvedRange {
            date_from: format!("{launched_on}T00:00:00Z"),
            date_to: format!("{last_day}T23:59:59.999999Z"),
            partial,
        });
        let mut warnings = Vec::new();
        if partial {
            warnings.push(Warning::new(
                "partial_period",
                "the last week is not over: its numbers still grow",
            ));
        }
        if told.changed {
            let message = "events came in while the weeks were counted: later weeks know more than earlier ones";
            warnings.push(Warning::new("data_changed", message));
        }
        let response = ReachResponse {
            checklist: object.name,
            event,
            weeks: reach.into_weeks(),
            warnings,
            provenance,
        };
        Ok(output(response))
    }
}

/// What is measured, and from when on.
fn launch(name: &str, checklist: Checklist) -> Result<(String, NaiveDate)> {
    let lacks = |what: &str| {
        let hint = format!("set {what} with update_checklist first");
        Err(Error::invalid(format!("the checklist {name:?} has no {what}")).with_hint(hint))
    };
    match (checklist.event, checklist.launched_on) {
        (Some(event), Some(launched_on)) => Ok((event, launched_on)),
        (None, _) => lacks("event"),
        (_, None) => lacks("launched_on"),
    }
}

/// The progress of one of several equal parts.
fn part(progress: &Progress, position: usize, parts: usize) -> Progress {
    let whole = progress.clone();
    Progress::new(move |fraction, _| {
        let done = (position as f64 + fraction) / parts as f64;
        whole.report(done, &format!("week {} of {parts}", position + 1));
    })
}

fn output(response: ReachResponse) -> ToolOutput<ReachResponse> {
    let table = table(&response);
    let mut lines = vec![table.title.clone(), table.preview(MOST_WEEKS as usize)];
    let warnings = response.warnings.iter();
    lines.extend(warnings.map(|warning| format!("warning {}: {}", warning.code, warning.message)));
    lines.push(format!(
        "weeks begin at midnight UTC, {} rows read",
        response.provenance.rows_read
    ));
    ToolOutput {
        // Names of checklists and events come from outside.
        content: Tainted::new(lines.join("\n")).fenced(),
        table: Some(table),
        provenance: Some(response.provenance.clone()),
        warnings: response.warnings.clone(),
        control: Vec::new(),
        changes: Vec::new(),
        result: response,
    }
}

fn table(response: &ReachResponse) -> Table {
    let column = |name: &str, title: &str, role, unit| Column {
        name: name.to_owned(),
        title: title.to_owned(),
        role,
        unit,
    };
    let columns = vec![
        column("week", "week", Role::Time, Unit::None),
        column("active_people", "active people", Role::Measure, Unit::Persons),
        column("users", "users", Role::Measure, Unit::Persons),
        column("share", "share of active people", Role::Measure, Unit::Percent),
        column("first_time_users", "first-time users", Role::Measure, Unit::Persons),
        column("reach", "reach since launch", Role::Measure, Unit::Percent),
    ];
    let row = |week: &ReachWeek| {
        vec![
            json!(week.week.to_string()),
            json!(week.active_people),
            json!(week.users),
            json!(week.share),
            json!(week.first_time_users),
            json!(week.reach),
        ]
    };
    Table {
        title: format!("Reach of {} ({})", response.checklist, response.event),
        columns,
        rows: response.weeks.iter().map(row).collect(),
        rows_cut: 0,
    }
}
