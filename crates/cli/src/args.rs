//! The command line's form.

mod access;
mod maintain;
mod objects;
mod product;
mod runs;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use hedgerow_agent_api::Stage;
use hedgerow_app::MaxRejects;
use hedgerow_data_api::{Clock, FilterGroup, PathCleaningFilter, PersonsOnEventsMode, TimeZoneName};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ProjectId, QueryId, RunId};

pub(crate) use self::access::{KeysCommand, MembersCommand};
pub(crate) use self::maintain::{
    BackupArgs, DoctorArgs, ExportCommand, ExportJsonlArgs, ExportParquetArgs, PersonsCommand, RestoreArgs,
};
pub(crate) use self::objects::{ActivityCommand, ObjectsCommand};
pub(crate) use self::product::ProductCommand;
pub(crate) use self::runs::RunsCommand;
use crate::printer::Printer;

/// The project where nobody names one.
const DEFAULT_PROJECT: &str = "default";

/// Answers questions about product data with numbers that prove themselves.
#[derive(Debug, Parser)]
#[command(name = "hedgerow", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Example:\n  hedgerow demo")]
pub struct Cli {
    /// What every verb takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// The folder that holds everything [default: hedgerow in the user's data folder]
    #[arg(
        long,
        global = true,
        env = "HEDGEROW_DATA",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub data: Option<PathBuf>,
    /// The project [default: default; for demo, demo]
    #[arg(
        long,
        global = true,
        env = "HEDGEROW_PROJECT",
        value_name = "PROJECT",
        hide_env_values = true
    )]
    pub project: Option<ProjectId>,
    /// Take this as the current time, e.g. 2015-05-21 or 2015-05-21T12:00:00Z
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time)]
    pub now: Option<DateTime<Utc>>,
    /// Act with what this key may, instead of as the owner of this machine
    #[arg(
        long,
        global = true,
        env = "HEDGEROW_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Globals {
    /// The folder that holds everything: the one named, else within the user's data folder. That is
    /// `XDG_DATA_HOME` of the environment, or the system's place for it in the home folder.
    pub fn data_dir(&self, xdg_data_home: Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let named = xdg_data_home.map(PathBuf::from).filter(|dir| dir.is_absolute());
        let system = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".local/share"
        };
        let user = named.or_else(|| home.filter(|dir| dir.is_absolute()).map(|dir| dir.join(system)));
        user.map(|dir| dir.join("hedgerow")).ok_or_else(|| {
            Error::invalid("there is no home folder to keep data in").with_hint("name a folder with --data DIR")
        })
    }

    /// The clock that `--now` sets, if it does.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        self.now.map(Clock::fixed)
    }

    /// The project, or the default one.
    pub fn project(&self) -> Result<ProjectId> {
        self.project_or(DEFAULT_PROJECT)
    }

    /// The project, or another default.
    pub fn project_or(&self, default: &str) -> Result<ProjectId> {
        match &self.project {
            Some(project) => Ok(project.clone()),
            None => default
                .parse()
                .map_err(|error| Error::internal(format!("a built-in project name: {error}"))),
        }
    }
}

/// A verb.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a real web server log, answer one question about it, and serve the web page
    #[command(after_help = "Example:\n  hedgerow demo --once")]
    Demo(DemoArgs),
    /// Serve the web page and the HTTP API to this machine
    #[command(after_help = "Example:\n  hedgerow serve --listen 127.0.0.1:4747")]
    Serve(ServeArgs),
    /// Import events
    #[command(
        subcommand,
        after_help = "Example:\n  hedgerow import access-log access.log --project site"
    )]
    Import(ImportCommand),
    /// Export events
    #[command(
        subcommand,
        after_help = "Example:\n  hedgerow export parquet events.parquet --project site"
    )]
    Export(ExportCommand),
    /// Ask a question in plain words
    #[command(after_help = ASK_HELP)]
    Ask(AskArgs),
    /// Run a typed query, given as JSON
    #[command(after_help = QUERY_HELP)]
    Query(QueryArgs),
    /// Run one read-only SELECT
    #[command(
        after_help = "Example:\n  hedgerow sql \"SELECT event, count(*) AS events FROM events GROUP BY event\" --format csv"
    )]
    Sql(SqlArgs),
    /// Find tools, modes, skills, docs, objects, events and properties by words
    #[command(after_help = "Example:\n  hedgerow search \"visitors by browser\"")]
    Search(SearchArgs),
    /// List, describe and call tools
    #[command(subcommand, after_help = TOOLS_HELP)]
    Tools(ToolsCommand),
    /// Start products, check them against the bar that they must meet, and see how well they work
    #[command(subcommand, after_help = "Example:\n  hedgerow product check ./activation")]
    Product(ProductCommand),
    /// List, show, replay and compare runs; approve, reject and undo what they do; say what they were worth
    #[command(subcommand, after_help = "Example:\n  hedgerow runs list --limit 10")]
    Runs(RunsCommand),
    /// List and show what people and agents made: feature flags, insights, ...
    #[command(subcommand, after_help = "Example:\n  hedgerow objects list feature_flag")]
    Objects(ObjectsCommand),
    /// List changes of objects, and take them back
    #[command(subcommand, after_help = "Example:\n  hedgerow activity list --limit 5")]
    Activity(ActivityCommand),
    /// Ask the questions of a benchmark and judge the answers
    #[command(
        after_help = "Example:\n  hedgerow eval site --fail-under 80\n\nIts projects and runs lie apart, in the folder evals of the data folder."
    )]
    Eval(EvalArgs),
    /// List projects, and open products to their members
    #[command(subcommand, after_help = "Example:\n  hedgerow projects list")]
    Projects(ProjectsCommand),
    /// List, show and delete persons
    #[command(subcommand, after_help = "Example:\n  hedgerow persons list --search ann")]
    Persons(PersonsCommand),
    /// Make, list and revoke keys, by which programs and other people act
    #[command(
        subcommand,
        after_help = "Example:\n  hedgerow keys create --name ci --role viewer --expires-in 90d"
    )]
    Keys(KeysCommand),
    /// List, add and remove members of the organisation
    #[command(subcommand, after_help = "Example:\n  hedgerow members list")]
    Members(MembersCommand),
    /// Back up all projects and runs, or the project that --project names, into a new folder
    #[command(after_help = "Example:\n  hedgerow backup /mnt/backups/2015-05-21")]
    Backup(BackupArgs),
    /// Put a backup back as the data folder
    #[command(after_help = "Example:\n  hedgerow restore /mnt/backups/2015-05-21 --data /srv/hedgerow")]
    Restore(RestoreArgs),
    /// Check stored data, of all projects unless --project names one, and repair it
    #[command(after_help = DOCTOR_HELP)]
    Doctor(DoctorArgs),
    /// Show what exists in a project: events, properties, values
    #[command(subcommand, after_help = "Example:\n  hedgerow taxonomy values '$browser' --limit 5")]
    Taxonomy(TaxonomyCommand),
}

impl Command {
    /// Whether it works in a data folder of its own, `evals` in the data folder: benchmarks and the gate have projects
    /// and runs that nobody wants among theirs.
    #[must_use]
    pub fn works_apart(&self) -> bool {
        match self {
            Self::Eval(_) => true,
            Self::Product(command) => !matches!(command, ProductCommand::Quality { .. }),
            _ => false,
        }
    }
}

const ASK_HELP: &str = "Examples:
  hedgerow ask \"How many page views did we get on 18 May 2015?\"
  hedgerow ask \"Unique visitors per browser in May 2015\" --json

Exits 0 answered, 3 refused, 4 asked back, 1 failed, 130 cancelled.";

const DOCTOR_HELP: &str = "Examples:
  hedgerow doctor
  hedgerow doctor --full --repair --project site

Exits 0 when nothing is wrong, 1 when a problem is left.";

const QUERY_HELP: &str = "Examples:
  hedgerow query '{\"series\": [{\"event\": \"$pageview\"}], \"dateRange\": {\"date_from\": \"all\"}}'
  hedgerow query '{\"kind\": \"EventsQuery\", \"event\": \"signed_up\", \"limit\": 5}'
  hedgerow query '{\"kind\": \"PersonsQuery\", \"search\": \"ann\"}'
  hedgerow query '{\"kind\": \"LifecycleQuery\", \"series\": [{}]}' --explain
  hedgerow query --id 01970000-0000-7000-8000-000000000001";

const TOOLS_HELP: &str = "Examples:
  hedgerow tools list
  hedgerow tools call read_taxonomy '{\"kind\": \"events\"}' --dry-run";

/// `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for, in a few words
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Exit after the first page was served
    #[arg(long)]
    pub once: bool,
    /// Where to listen; loopback addresses only, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4747")]
    pub listen: SocketAddr,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; loopback addresses only, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4747")]
    pub listen: SocketAddr,
    /// The model of questions that name none: builtin, scripted:FILE or exec:COMMAND
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Answer nobody without a key; otherwise who has none acts as the owner of this machine
    #[arg(long)]
    pub require_key: bool,
}

/// `import`.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import the access log of a web server, in common or combined form
    #[command(after_help = "Example:\n  hedgerow import access-log access.log --project site --max-rejects 1%")]
    AccessLog(AccessLogArgs),
    /// Import comma-separated values with a header
    #[command(after_help = CSV_HELP)]
    Csv(EventFilesArgs),
    /// Import JSON lines: PostHog's exports, batches for its capture endpoints, or plain objects
    #[command(after_help = JSONL_HELP)]
    Jsonl(EventFilesArgs),
    /// Import Parquet files
    #[command(after_help = PARQUET_HELP)]
    Parquet(EventFilesArgs),
    /// Import a made-up product's events, the same for the same seed and size
    #[command(after_help = "Example:\n  hedgerow import world --project leaflet --events 1000000")]
    World(WorldArgs),
}

/// `import world`.
#[derive(Debug, Args)]
pub struct WorldArgs {
    /// What the world is made from
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    pub seed: u64,
    /// How many events, 300,000 to 100,000,000, met within 3 %
    #[arg(long, value_name = "EVENTS", default_value_t = 300_000)]
    pub events: u64,
}

const CSV_HELP: &str = "Examples:
  hedgerow import csv events.csv --project shop
  hedgerow import csv 'orders-*.csv.gz' --event-name 'order placed' --distinct-id customer --timestamp created";

const JSONL_HELP: &str = "Examples:
  hedgerow import jsonl 'export-*.jsonl.gz' --project shop
  hedgerow import jsonl orders.jsonl --event kind --distinct-id customer --timestamp at
  hedgerow import jsonl - --project shop";

const PARQUET_HELP: &str = "Examples:
  hedgerow import parquet 'events/*.parquet' --project shop
  hedgerow import parquet trips.parquet --event-name trip --distinct-id vendor --timestamp pickup";

/// `import csv`, `import jsonl` and `import parquet`.
#[derive(Debug, Args)]
pub struct EventFilesArgs {
    /// The files: paths, quoted patterns, or - for standard input; gzip and zstd are unpacked
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The column with the event's name [default: found by its name, such as event]
    #[arg(long, value_name = "COLUMN")]
    pub event: Option<String>,
    /// The name of all events, where no column has one
    #[arg(long, value_name = "NAME", conflicts_with = "event")]
    pub event_name: Option<String>,
    /// The column with who did it [default: found by its name, such as distinct_id or user_id]
    #[arg(long, value_name = "COLUMN")]
    pub distinct_id: Option<String>,
    /// The column with when it happened [default: found by its name, such as timestamp or time]
    #[arg(long, value_name = "COLUMN")]
    pub timestamp: Option<String>,
    /// The column with the session [default: found by its name, such as session_id]
    #[arg(long, value_name = "COLUMN")]
    pub session: Option<String>,
    /// The column that identifies an event [default: found by its name, such as uuid]
    #[arg(long, value_name = "COLUMN")]
    pub uuid: Option<String>,
    /// The name of the source; equal rows of it without identity are imported once [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How many unreadable rows are accepted: a number or a share
    #[arg(long, value_name = "N|N%", default_value = "1%")]
    pub max_rejects: MaxRejects,
    /// Where unreadable rows go, each with its reason [default: in the data folder]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// `import access-log`.
#[derive(Debug, Args)]
pub struct AccessLogArgs {
    /// The log's files, oldest first
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The log's name; the same lines of the same log are imported once [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How many unreadable lines are accepted: a number or a share
    #[arg(long, value_name = "N|N%", default_value = "1%")]
    pub max_rejects: MaxRejects,
    /// Where unreadable lines go, each with its reason [default: in the data folder]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// `ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question
    pub question: String,
    /// The model: builtin, scripted:FILE or exec:COMMAND
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// A mode that is on from the start
    #[arg(long = "mode", value_name = "MODE")]
    pub modes: Vec<String>,
    /// Answer the question that this run asked back, or go on with its conversation
    #[arg(long = "continue", value_name = "RUN")]
    pub continues: Option<RunId>,
    /// What a page would lend, e.g. {"tool": "make_filters", "description": "...", "data": {"list": "events"}}
    #[arg(long = "context", value_name = "JSON")]
    pub context: Vec<String>,
}

/// `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The query; its kind is TrendsQuery unless it says otherwise: FunnelsQuery, RetentionQuery, LifecycleQuery,
    /// StickinessQuery, PathsQuery, CalendarHeatmapQuery, EventsQuery, PersonsQuery, ActorsQuery
    #[arg(value_name = "JSON", required_unless_present = "id", conflicts_with = "id")]
    pub query: Option<String>,
    /// Open a query of before again, SQL included: the id is a result's provenance.query_id. Its dates are read by the
    /// time that it was asked at, or by --now
    #[arg(long, value_name = "ID")]
    pub id: Option<QueryId>,
    /// Compute the result anew, also where it is kept from the same data
    #[arg(long)]
    pub refresh: bool,
    /// Show what running the query takes instead of its result: plans, files and rows read, time by stage
    #[arg(long)]
    pub explain: bool,
}

/// `sql`.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The statement
    #[arg(value_name = "SELECT")]
    pub query: String,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Compute the rows anew, also where they are kept from the same data
    #[arg(long)]
    pub refresh: bool,
    /// Rows at most, 1 to 50,000 [default: 100, or the statement's own]
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<u32>,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns.
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object with columns, rows, warnings and provenance.
    Json,
    /// An Arrow IPC stream, for a file or another program.
    Arrow,
}

/// `tools`.
#[derive(Debug, Subcommand)]
pub enum ToolsCommand {
    /// List the tools
    #[command(after_help = "Example:\n  hedgerow tools list --json")]
    List,
    /// Show a tool's arguments, result and examples
    #[command(after_help = "Example:\n  hedgerow tools describe query_trends")]
    Describe {
        /// The tool
        name: String,
    },
    /// Call a tool
    #[command(after_help = "Example:\n  hedgerow tools call read_taxonomy '{\"kind\": \"events\"}'")]
    Call {
        /// The tool
        name: String,
        /// Its arguments
        #[arg(value_name = "JSON", default_value = "{}")]
        arguments: String,
        /// Only say what the call would do, with the changes that it would make
        #[arg(long, conflicts_with = "approve")]
        dry_run: bool,
        /// Agree to what the call does, where the policy asks
        #[arg(long)]
        approve: bool,
    },
}

/// `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The suites [default: all]
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
    /// The model: builtin, scripted:FILE or exec:COMMAND
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// The folder of suites
    #[arg(long, value_name = "DIR", default_value = "evals")]
    pub evals: PathBuf,
    /// Name the cases that came out differently in an earlier run, saved with --json
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Fail unless this percentage of the questions comes out as it should
    #[arg(long, value_name = "PERCENT")]
    pub fail_under: Option<f64>,
}

/// `projects`.
#[derive(Debug, Subcommand)]
pub enum ProjectsCommand {
    /// List projects with their number of events
    #[command(after_help = "Example:\n  hedgerow projects list")]
    List,
    /// Show from which stage on a project's members see products, or set it
    ///
    /// Owners and admins see products of every stage.
    #[command(
        after_help = "Examples:\n  hedgerow projects early-access site\n  hedgerow projects early-access site beta"
    )]
    EarlyAccess {
        /// The project
        #[arg(value_name = "PROJECT")]
        of: ProjectId,
        /// The lowest stage that members see: idea, alpha, beta or ga
        #[arg(value_name = "STAGE", value_parser = stage)]
        stage: Option<Stage>,
    },
    /// Show what is set for a project's queries, or set it: time zone, test accounts, rules for paths, mode of persons
    ///
    /// Test accounts are left out by queries with filterTestAccounts; rules clean the paths of page views in queries with
    /// pathReplacements; the mode says which properties of persons count where a query doesn't say it.
    #[command(
        after_help = "Examples:\n  hedgerow projects settings site\n  hedgerow projects settings site --timezone Europe/Berlin\n  hedgerow projects settings site --test-account-filters '[{\"key\": \"email\", \"value\": \"@example.com\", \"operator\": \"not_icontains\", \"type\": \"person\"}]'\n  hedgerow projects settings site --path-cleaning-filters '[{\"regex\": \"/orders/[0-9]+\", \"alias\": \"/orders/:id\"}]'\n  hedgerow projects settings site --persons-on-events-mode person_id_override_properties_on_events"
    )]
    Settings {
        /// The project
        #[arg(value_name = "PROJECT")]
        of: ProjectId,
        /// The zone in which days begin and results are written: UTC, Europe/Berlin, ...
        #[arg(long, value_name = "ZONE", value_parser = time_zone)]
        timezone: Option<TimeZoneName>,
        /// What all but test accounts meet, as JSON: a list of filters, [] for none
        #[arg(long, value_name = "JSON", value_parser = filters)]
        test_account_filters: Option<FilterGroup>,
        /// Rules that clean the paths of page views, as JSON: [{"regex": "/orders/[0-9]+", "alias": "/orders/:id"}], [] for none
        #[arg(long, value_name = "JSON", value_parser = path_cleaning)]
        path_cleaning_filters: Option<PathCleaning>,
        /// Which properties of persons count in filters and breakdowns: those at the time of the query, or right after
        /// each event
        #[arg(long, value_name = "MODE", value_parser = persons_mode)]
        persons_on_events_mode: Option<PersonsOnEventsMode>,
    },
}

/// `taxonomy`.
#[derive(Debug, Subcommand)]
pub enum TaxonomyCommand {
    /// List events, most frequent first
    #[command(after_help = "Example:\n  hedgerow taxonomy events")]
    Events,
    /// List properties with their types
    #[command(after_help = "Example:\n  hedgerow taxonomy properties")]
    Properties,
    /// List a property's values, most frequent first
    #[command(after_help = "Example:\n  hedgerow taxonomy values '$browser' --search fire")]
    Values {
        /// The property
        #[arg(value_name = "KEY")]
        property: String,
        /// Only values that contain this text
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// How many, 1 to 1,000
        #[arg(long, value_name = "VALUES", default_value_t = 20)]
        limit: usize,
    },
}

fn time_zone(text: &str) -> Result<TimeZoneName, String> {
    TimeZoneName::new(text).map_err(|error| with_hint(&error))
}

fn filters(text: &str) -> Result<FilterGroup, String> {
    serde_json::from_str(text).map_err(|error| format!("these are no filters: {error}"))
}

/// Rules as one value: a list would be read as several.
#[derive(Debug, Clone)]
pub struct PathCleaning(pub Vec<PathCleaningFilter>);

fn path_cleaning(text: &str) -> Result<PathCleaning, String> {
    let rules = serde_json::from_str(text);
    rules
        .map(PathCleaning)
        .map_err(|error| format!("these are no rules for paths: {error}"))
}

fn persons_mode(text: &str) -> Result<PersonsOnEventsMode, String> {
    let known = PersonsOnEventsMode::ALL.into_iter().find(|(name, _)| *name == text);
    let names = PersonsOnEventsMode::ALL.map(|(name, _)| name);
    let known = known.ok_or_else(|| with_hint(&Error::unknown("mode", text, names)));
    known.map(|(_, mode)| mode)
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse().map_err(|error| with_hint(&error))
}

/// An error with its way out, for a parser that shows one text.
fn with_hint(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

/// Reads a command line. Help, version and mistakes are printed; then the exit code comes back.
pub fn parse(arguments: impl IntoIterator<Item = OsString>, printer: &Printer) -> Result<Cli, i32> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let text = error.render().to_string();
        if error.use_stderr() {
            printer.note(text.trim_end());
            crate::exit::USAGE
        } else {
            printer
                .line(text.trim_end())
                .map_or(crate::exit::FAILED, |()| crate::exit::DONE)
        }
    })
}

/// A time, or a day as its first instant, in UTC.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .map_err(|_| "give a day such as 2015-05-21, or a time such as 2015-05-21T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests;
