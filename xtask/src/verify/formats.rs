//! `cargo xtask verify formats`: the same events, in random order and with repeats, as CSV, JSON lines
//! and Parquet. They must become equal tables, which DuckDB finds through `DuckLake` and in the files,
//! in little memory, and fast beside DuckDB that loads the same file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::size::Stored;
use crate::server::{Data, Import};
use crate::setup;
use crate::shell::{Profile, Shell, python, root};
use crate::world::{WorldFiles, seed};

/// JSON lines come first: what they were taken for gives the Parquet file its types.
const FORMATS: [&str; 3] = ["jsonl", "csv", "parquet"];
const FULL: u64 = 5_000_000;
const QUICK: u64 = 500_000;
const MEMORY_MB: f64 = 400.0;
/// Our rate by DuckDB's. The small world is over in seconds, so that only the full one has this bar.
const RATIO: f64 = 0.5;

/// Measures and compares everything, prints it, and fails if something differed or missed its bar.
pub(crate) fn run(profile: Profile, arguments: &[&str]) -> Result<()> {
    let (mut full, mut given) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (*argument, rest.as_slice()) {
            ("--full", _) => full = true,
            ("--seed", [value, ..]) => {
                given = Some(value.parse().with_context(|| format!("{value:?} is no number"))?);
                rest.next();
            }
            (other, _) => bail!("verify formats takes --full and --seed N, not {other}"),
        }
    }
    let seed = seed(given)?;
    let (events, rounds, flag) = if full { (FULL, 2, " --full") } else { (QUICK, 3, "") };
    println!("the same again: cargo xtask verify formats{flag} --seed {seed}");
    setup::python_tools()?;
    let newest_duckdb = setup::newest_duckdb()?;
    let hedgerow = profile.build()?;
    println!("writing a world of {events} events as jsonl and csv");
    let files = WorldFiles::write(seed, events)?;
    let taxonomy = files.folder().join("taxonomy.json");

    let mut outcomes = Vec::new();
    for format in FORMATS {
        if format == "parquet" {
            println!("writing the lines as parquet, with the types that they came to have");
            let (lines, parquet) = (files.file("jsonl"), files.file(format));
            script(&python())
                .arg("parquet")
                .args([&taxonomy, &lines, &parquet])
                .run()?;
        }
        let programs = Programs {
            hedgerow: &hedgerow,
            newest_duckdb: &newest_duckdb,
        };
        outcomes.push(programs.measure(format, &files, &taxonomy, rounds)?);
    }
    compare(&files, &taxonomy, &outcomes)?;
    judge(&outcomes, full)
}

struct Programs<'a> {
    hedgerow: &'a Path,
    newest_duckdb: &'a Path,
}

impl Programs<'_> {
    /// Both load the file so many times in turn, each time into something new.
    fn measure(&self, format: &'static str, files: &WorldFiles, taxonomy: &Path, rounds: usize) -> Result<Outcome> {
        let file = files.file(format);
        // Neither is to wait for the disk on behalf of the other.
        std::io::copy(&mut fs_err::File::open(&file)?, &mut std::io::sink())?;
        let mut best: Option<Outcome> = None;
        let mut duckdb = Times::NONE;
        for round in 0..rounds {
            // Whoever is first in one round is second in the next.
            if round % 2 == 1 {
                duckdb = duckdb.best(self.load(format, &file, taxonomy, files, false)?);
            }
            let outcome = self.import(format, &file)?;
            if !taxonomy.exists() {
                let shown = outcome.data.hedgerow(&["taxonomy", "properties", "--json"]).output()?;
                fs_err::write(taxonomy, shown)?;
            }
            if round % 2 == 0 {
                duckdb = duckdb.best(self.load(format, &file, taxonomy, files, round == 0)?);
            }
            best = Some(match best {
                Some(best) => best.or_better(outcome),
                None => outcome,
            });
        }
        let best = best.context("nothing was measured")?;
        Ok(Outcome { duckdb, ..best })
    }

    fn import(&self, format: &'static str, file: &Path) -> Result<Outcome> {
        let data = Data::empty(self.hedgerow)?;
        let Import {
            report,
            elapsed,
            cpu,
            peak_mb,
        } = data.import_as(format, file)?;
        let number = |key: &str| {
            report[key]
                .as_u64()
                .with_context(|| format!("import --json has no number `{key}`: {report}"))
        };
        let outcome = Outcome {
            format,
            rows: number("lines")?,
            events: number("events_added")?,
            times: Times {
                wall: elapsed.as_secs_f64(),
                cpu: cpu.as_secs_f64(),
            },
            peak_mb,
            duckdb: Times::NONE,
            data,
        };
        println!(
            "{format}: hedgerow took {:.1} s, {:.1} s of processor time, peak RSS {peak_mb:.0} MB",
            outcome.times.wall, outcome.times.cpu
        );
        if number("rejected")? > 0 {
            bail!("rows of {format} were rejected: {report}");
        }
        Ok(outcome)
    }

    /// Says how long the newest `DuckDB` takes to load the file into a database on disk.
    fn load(&self, format: &str, file: &Path, taxonomy: &Path, files: &WorldFiles, shown: bool) -> Result<Times> {
        let database = files.folder().join("loaded.duckdb");
        let arguments = [taxonomy, Path::new(format), file, &database];
        let loaded = script(self.newest_duckdb).arg("load").args(arguments).output()?;
        fs_err::remove_file(database)?;
        let loaded: Value = serde_json::from_str(&loaded)?;
        let number = |key: &str| {
            loaded[key]
                .as_f64()
                .with_context(|| format!("DuckDB's `{key}` is missing: {loaded}"))
        };
        let version = loaded["version"].as_str().unwrap_or_default();
        if shown {
            for statement in loaded["statements"].as_array().into_iter().flatten() {
                println!("  DuckDB {version}: {}", statement.as_str().unwrap_or_default());
            }
        }
        let times = Times {
            wall: number("seconds")?,
            cpu: number("cpu")?,
        };
        println!(
            "{format}: DuckDB {version} took {:.1} s, {:.1} s of processor time, peak RSS {:.0} MB, {:.0} MB on disk",
            times.wall,
            times.cpu,
            number("peak_mb")?,
            number("bytes")? / 1e6
        );
        Ok(times)
    }
}

/// What one format came to: each program's best time, and our worst memory.
struct Outcome {
    format: &'static str,
    /// The last import of the format.
    data: Data,
    /// Rows of the file, repeats among them.
    rows: u64,
    events: u64,
    times: Times,
    peak_mb: f64,
    duckdb: Times,
}

/// Seconds by the clock, and of all processors together.
#[derive(Clone, Copy)]
struct Times {
    wall: f64,
    cpu: f64,
}

impl Times {
    const NONE: Self = Self {
        wall: f64::INFINITY,
        cpu: f64::INFINITY,
    };

    fn best(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
        }
    }
}

impl Outcome {
    fn or_better(self, other: Self) -> Self {
        Self {
            times: self.times.best(other.times),
            peak_mb: self.peak_mb.max(other.peak_mb),
            ..other
        }
    }

    /// How many times as fast as DuckDB.
    fn ratio(&self) -> f64 {
        self.duckdb.wall / self.times.wall
    }

    fn rate(&self, times: Times) -> f64 {
        self.rows as f64 / times.wall
    }
}

fn script(python: &Path) -> Shell {
    Shell::new(python)
        // The folder of the sources is no place for compiled Python.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(root().join("xtask/src/verify/formats.py"))
}

/// Every row and column, by DuckDB on the catalogs and on the files.
fn compare(files: &WorldFiles, taxonomy: &Path, outcomes: &[Outcome]) -> Result<()> {
    println!("comparing the tables");
    let mut shell = script(&python()).arg("compare").args([taxonomy, files.folder()]);
    for outcome in outcomes {
        shell = shell
            .arg(outcome.format)
            .arg(outcome.data.project_folder().join("catalog.sqlite"))
            .arg(files.file(outcome.format));
    }
    shell.run()
}

fn judge(outcomes: &[Outcome], full: bool) -> Result<()> {
    println!("format    events/s  DuckDB/s  ratio  of cpu  peak MB  bytes/event  files");
    let mut missed = Vec::new();
    for outcome in outcomes {
        let stored = Stored::of(&outcome.data)?;
        println!(
            "{:<8} {:>9.0} {:>9.0} {:>6.2} {:>7.2} {:>8.0} {:>12.1} {:>6}",
            outcome.format,
            outcome.rate(outcome.times),
            outcome.rate(outcome.duckdb),
            outcome.ratio(),
            outcome.duckdb.cpu / outcome.times.cpu,
            outcome.peak_mb,
            stored.bytes as f64 / outcome.events as f64,
            stored.files
        );
        if outcome.peak_mb >= MEMORY_MB {
            missed.push(format!("memory of {}", outcome.format));
        }
        if full && outcome.ratio() < RATIO {
            missed.push(format!("rate of {}", outcome.format));
        }
    }
    let of_rate = if full { "" } else { ", which counts with --full" };
    println!("bars: peak below {MEMORY_MB} MB, ratio at least {RATIO}{of_rate}; the best of all rounds");
    if !missed.is_empty() {
        bail!("missed: {}", missed.join(", "));
    }
    Ok(())
}
