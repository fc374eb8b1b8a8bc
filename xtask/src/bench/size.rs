//! `cargo xtask bench size`: bytes an event, beside ClickHouse that holds the same rows in the same
//! typed columns and the same order.
//!
//! No verb compacts, so that a server is started on the data and watched until its files stay as they
//! are. The catalog is shown but not counted: ClickHouse has neither persons nor an index of values.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::{Data, PROJECT, Server};
use crate::setup;
use crate::shell::{Profile, Shell, python, root, target};
use crate::world::seed;

const EVENTS: u64 = 5_000_000;
/// Our bytes by those of ClickHouse's smallest table.
const RATIO: f64 = 1.2;
const SHOWN_COLUMNS: usize = 15;
/// A day that is being merged changes nothing for some seconds.
const STEADY: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_secs(3600);

/// Measures and prints everything, then fails if the bar was missed.
pub(crate) fn run(profile: Profile, arguments: &[&str]) -> Result<()> {
    let (mut events, mut given) = (EVENTS, None);
    for pair in arguments.chunks(2) {
        let number = |text: &str| text.parse::<u64>().with_context(|| format!("{text:?} is no number"));
        match pair {
            ["--events", value] => events = number(value)?,
            ["--seed", value] => given = Some(number(value)?),
            other => bail!("bench size takes --events N and --seed N, not {}", other.join(" ")),
        }
    }
    let seed = seed(given)?.to_string();
    println!("the same again: cargo xtask bench size --events {events} --seed {seed}");
    setup::python_tools()?;
    let newest_chdb = setup::newest_chdb()?;
    let hedgerow = profile.build()?;

    let data = Data::empty(&hedgerow)?;
    let number = events.to_string();
    data.hedgerow(&["import", "world", "--seed", &seed, "--events", &number])
        .run()?;
    Stored::of(&data)?.show("after the import");
    compacted(&data)?;
    let ours = Stored::with_columns(&data)?;
    ours.show("after compaction");

    let folder = tempfile::Builder::new().prefix("size-").tempdir_in(target())?;
    let export = folder.path().join("export.parquet");
    data.hedgerow(&["export", "parquet", &export.to_string_lossy()]).run()?;
    let theirs = tables(&newest_chdb, &export, folder.path())?;
    for table in &theirs {
        println!("{}:\n{}", table.name, table.ddl);
        if table.rows != ours.rows {
            bail!("{} rows are in ClickHouse, {} in the lake", table.rows, ours.rows);
        }
    }
    show_columns(&ours, &theirs);
    judge(&ours, &theirs)
}

/// What a project takes on disk.
pub(crate) struct Stored {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    rows: u64,
    catalog_bytes: u64,
    columns: BTreeMap<String, u64>,
}

impl Stored {
    /// The files of the newest snapshot and the catalog.
    pub(crate) fn of(data: &Data) -> Result<Self> {
        Self::read(Self::script(data))
    }

    /// The same with the bytes of every column.
    fn with_columns(data: &Data) -> Result<Self> {
        Self::read(Self::script(data).arg(data.project_folder().join("data/main/events")))
    }

    fn script(data: &Data) -> Shell {
        Shell::new(python())
            .arg(root().join("xtask/src/bench/stored.py"))
            .arg(data.project_folder().join("catalog.sqlite"))
    }

    fn read(script: Shell) -> Result<Self> {
        let read: Value = serde_json::from_str(&script.output()?)?;
        Ok(Self {
            files: number(&read, "files")?,
            bytes: number(&read, "bytes")?,
            rows: number(&read, "rows")?,
            catalog_bytes: number(&read, "catalog_bytes")?,
            columns: numbers(&read["columns"])?,
        })
    }

    fn show(&self, when: &str) {
        println!(
            "{when}: {} events in {} files, {} bytes, {:.2} an event; the catalog has {} bytes, {:.2} an event",
            self.rows,
            self.files,
            self.bytes,
            self.an_event(self.bytes),
            self.catalog_bytes,
            self.an_event(self.catalog_bytes)
        );
    }

    fn an_event(&self, bytes: u64) -> f64 {
        bytes as f64 / self.rows as f64
    }
}

/// Lets a server merge files until it finds nothing more to merge.
pub(crate) fn compacted(data: &Data) -> Result<()> {
    let server = Server::start(data, &[])?;
    // A project is looked after from its first use on.
    server.get_json(&format!("/api/projects/{PROJECT}/taxonomy"))?;
    let start = Instant::now();
    let mut last = Stored::of(data)?.bytes;
    let mut steady = Instant::now();
    while steady.elapsed() < STEADY {
        if start.elapsed() > LONGEST {
            bail!("compaction went on for more than {} s", LONGEST.as_secs());
        }
        sleep(Duration::from_secs(1));
        let now = Stored::of(data)?.bytes;
        if now != last {
            (last, steady) = (now, Instant::now());
        }
    }
    println!(
        "compaction took {:.0} s, the server's peak RSS was {:.0} MB",
        start.elapsed().saturating_sub(STEADY).as_secs_f64(),
        server.peak_mb()?
    );
    server.stop()
}

/// One of ClickHouse's tables.
struct Table {
    name: String,
    ddl: String,
    rows: u64,
    bytes: u64,
    columns: BTreeMap<String, u64>,
}

fn tables(newest_chdb: &Path, export: &Path, folder: &Path) -> Result<Vec<Table>> {
    let script = root().join("xtask/src/bench/size.py");
    let (report, clickhouse) = (folder.join("report.json"), folder.join("clickhouse"));
    Shell::new(newest_chdb)
        .arg(script)
        .args([export, &clickhouse, &report])
        .run()?;
    let report: Value = serde_json::from_str(&fs_err::read_to_string(report)?)?;
    let tables = report.as_array().context("no tables are reported")?;
    let table = |table: &Value| {
        Ok(Table {
            name: table["name"].as_str().context("a table has no name")?.to_owned(),
            ddl: table["ddl"].as_str().context("a table has no DDL")?.to_owned(),
            rows: number(table, "rows")?,
            bytes: number(table, "bytes")?,
            columns: numbers(&table["columns"])?,
        })
    };
    tables.iter().map(table).collect()
}

/// The columns that take most with us.
fn show_columns(ours: &Stored, theirs: &[Table]) {
    let mut largest: Vec<(&String, &u64)> = ours.columns.iter().collect();
    largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    let numbered: Vec<String> = (1..=theirs.len())
        .map(|n| format!("{:>10}", format!("({n})")))
        .collect();
    println!("{:<26}{:>10}{:>10}{}", "bytes", "an event", "ours", numbered.concat());
    for (column, bytes) in largest.into_iter().take(SHOWN_COLUMNS) {
        let of_table = |table: &Table| table.columns.get(column).copied().unwrap_or_default();
        let beside: Vec<String> = theirs.iter().map(|table| format!("{:>10}", of_table(table))).collect();
        println!(
            "{column:<26}{:>10.2}{bytes:>10}{}",
            ours.an_event(*bytes),
            beside.concat()
        );
    }
}

fn judge(ours: &Stored, theirs: &[Table]) -> Result<()> {
    println!("ours: {} bytes, {:.2} an event", ours.bytes, ours.an_event(ours.bytes));
    for (n, table) in theirs.iter().enumerate() {
        println!(
            "({}) {}: {} bytes, {:.2} an event; ratio {:.2}, {:.2} with our catalog",
            n + 1,
            table.name,
            table.bytes,
            ours.an_event(table.bytes),
            ours.bytes as f64 / table.bytes as f64,
            (ours.bytes + ours.catalog_bytes) as f64 / table.bytes as f64
        );
    }
    let smallest = theirs.iter().map(|table| table.bytes).min().context("no tables")?;
    let ratio = ours.bytes as f64 / smallest as f64;
    println!("ratio to the smallest: {ratio:.2} (bar: at most {RATIO})");
    if ratio > RATIO {
        bail!("missed: bytes an event");
    }
    Ok(())
}

fn number(value: &Value, key: &str) -> Result<u64> {
    value[key]
        .as_u64()
        .with_context(|| format!("no number `{key}` in {value}"))
}

fn numbers(value: &Value) -> Result<BTreeMap<String, u64>> {
    let object = value.as_object().context("no bytes of columns")?;
    object
        .keys()
        .map(|key| Ok((key.clone(), number(value, key)?)))
        .collect()
}
