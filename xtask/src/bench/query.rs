//! `cargo xtask bench query`: 20 queries over the seeded world beside DuckDB and ClickHouse, and what a server bears.
//!
//! The folder of a world, with the peers' tables, stays in `target/bench` for the next run. Scripts in `query/` ask all
//! engines, so that one clock measures all; this file judges.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::size;
use crate::server::{Data, PROJECT};
use crate::setup;
use crate::shell::{Profile, Shell, root, target};

const EVENTS: u64 = 20_000_000;
const SEED: u64 = 7;
const ENGINES: [&str; 5] = [
    "hedgerow",
    "duckdb-native",
    "duckdb-parquet",
    "clickhouse-mergetree",
    "clickhouse-parquet",
];
/// Events of the worlds that single queries and many at once are asked of.
const EVENTS_OF_KINDS: u64 = 1_000_000;
const EVENTS_OF_MANY: u64 = 10_000_000;

/// The time of a peer by ours.
const TREND_BY_DUCKDB: f64 = 1.5;
const TREND_BY_CLICKHOUSE: f64 = 2.0;
const KIND_BY_FASTER: f64 = 2.0;
const ANY_BY_FASTER: f64 = 0.8;
const MEMORY_MB: f64 = 4000.0;
const KIND_MS: f64 = 150.0;
const LIGHT_BESIDE_HEAVY: f64 = 3.0;
/// Share of one processor that a cancelled query may still seem to take; the server is never quite idle.
const CANCELLED_PROCESSORS: f64 = 0.05;

struct Asked {
    events: Option<u64>,
    seed: u64,
    speed: bool,
    load: bool,
}

impl Asked {
    fn parse(arguments: &[&str]) -> Result<Self> {
        let mut asked = Self {
            events: None,
            seed: SEED,
            speed: true,
            load: true,
        };
        for pair in arguments.chunks(2) {
            let number = |text: &str| text.parse::<u64>().with_context(|| format!("{text:?} is no number"));
            match pair {
                ["--events", value] => asked.events = Some(number(value)?),
                ["--seed", value] => asked.seed = number(value)?,
                ["--only", "speed"] => asked.load = false,
                ["--only", "load"] => asked.speed = false,
                other => bail!(
                    "bench query takes --events N, --seed N and --only speed|load, not {}",
                    other.join(" ")
                ),
            }
        }
        Ok(asked)
    }
}

/// Measures and prints everything, then fails if something missed its bar.
pub(crate) fn run(profile: Profile, arguments: &[&str]) -> Result<()> {
    let asked = Asked::parse(arguments)?;
    setup::python_tools()?;
    setup::newest_duckdb()?;
    let python = setup::newest_chdb()?;
    let bench = Bench {
        hedgerow: profile.build()?,
        python,
        seed: asked.seed,
    };
    let mut missed = Vec::new();
    let mut report = json!({});
    if asked.speed {
        let world = bench.world(asked.events.unwrap_or(EVENTS))?;
        report["speed"] = speed(&bench, &world, &mut missed)?;
    }
    if asked.load {
        let world = bench.world(asked.events.unwrap_or(EVENTS_OF_KINDS).min(EVENTS_OF_KINDS))?;
        let kinds = bench.load("kinds", &world)?;
        let many = bench.load("many", &bench.world(asked.events.unwrap_or(EVENTS_OF_MANY))?)?;
        judge_load(&kinds, &many, &mut missed)?;
        report["load"] = json!({"kinds": kinds, "many": many});
    }
    let file = target().join("bench/query.json");
    fs_err::write(&file, serde_json::to_string_pretty(&report)?)?;
    println!("everything as JSON: {}", file.display());
    if !missed.is_empty() {
        bail!("missed: {}", missed.join("; "));
    }
    Ok(())
}

struct Bench {
    hedgerow: PathBuf,
    python: PathBuf,
    seed: u64,
}

/// A world that was imported and compacted.
struct World {
    folder: PathBuf,
    data: Data,
}

impl Bench {
    fn world(&self, events: u64) -> Result<World> {
        let folder = target().join(format!("bench/world-{}-{events}", self.seed));
        let data = Data::kept(&self.hedgerow, &folder.join("data"));
        let whole = folder.join("whole");
        if !whole.exists() {
            if folder.exists() {
                fs_err::remove_dir_all(&folder)?;
            }
            fs_err::create_dir_all(&folder)?;
            let (seed, number) = (self.seed.to_string(), events.to_string());
            data.hedgerow(&["import", "world", "--seed", &seed, "--events", &number])
                .run()?;
            size::compacted(&data)?;
            fs_err::write(&whole, "")?;
        }
        println!(
            "the world of seed {} with {events} events: {}",
            self.seed,
            folder.display()
        );
        Ok(World { folder, data })
    }

    fn script(&self, name: &str) -> Shell {
        Shell::new(&self.python).arg(root().join("xtask/src/bench/query").join(name))
    }

    /// The binary, the data folder and the project as scripts take them.
    fn server<'a>(&'a self, world: &'a World) -> [&'a Path; 3] {
        [&self.hedgerow, world.data.folder(), Path::new(PROJECT)]
    }

    /// The typed columns that the peers' tables are made of.
    fn peers(&self, world: &World) -> Result<PathBuf> {
        let folder = world.folder.join("peers");
        fs_err::create_dir_all(&folder)?;
        if !folder.join("persons.parquet").exists() {
            let export = world.folder.join("export.parquet");
            let catalog = world.data.project_folder().join("catalog.sqlite");
            world
                .data
                .hedgerow(&["export", "parquet", &export.to_string_lossy()])
                .run()?;
            self.script("columns.py").args([&export, &catalog, &folder]).run()?;
            fs_err::remove_file(&export)?;
        }
        Ok(folder)
    }

    fn load(&self, part: &str, world: &World) -> Result<Value> {
        let report = world.folder.join(format!("load-{part}.json"));
        self.script("load.py")
            .arg(part)
            .arg(&report)
            .args(self.server(world))
            .run()?;
        Ok(serde_json::from_str(&fs_err::read_to_string(report)?)?)
    }
}

fn speed(bench: &Bench, world: &World, missed: &mut Vec<String>) -> Result<Value> {
    let peers = bench.peers(world)?;
    let mut reports = Vec::new();
    for engine in ENGINES {
        let report = world.folder.join(format!("{engine}.json"));
        let script = bench.script("speed.py").arg(engine).arg(&peers).arg(&report);
        script.args(bench.server(world)).run()?;
        reports.push(serde_json::from_str::<Value>(&fs_err::read_to_string(report)?)?);
    }
    for report in &reports[1..] {
        compare(&reports[0], report)?;
    }
    println!("all engines gave the same rows for all queries");
    for when in ["cold", "warm"] {
        judge_speed(&reports, when, missed)?;
    }
    let peak = reports[0]["peak_mb"].as_f64().context("no peak memory")?;
    println!("the server's peak memory: {peak:.0} MB (bar: below {MEMORY_MB} MB)");
    if peak >= MEMORY_MB {
        missed.push("peak memory".to_owned());
    }
    Ok(Value::Array(reports))
}

fn queries(report: &Value) -> Result<&Vec<Value>> {
    report["queries"].as_array().context("a report has no queries")
}

/// Fails where a query gave other rows; numbers may differ by 1e-9 of themselves.
fn compare(ours: &Value, theirs: &Value) -> Result<()> {
    for (our, their) in queries(ours)?.iter().zip(queries(theirs)?) {
        if !is_same(&our["rows"], &their["rows"]) {
            let (name, engine) = (&our["name"], &theirs["name"]);
            bail!("{name} differs from {engine}: {} and {}", our["rows"], their["rows"]);
        }
    }
    Ok(())
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
        }
        _ => one == other,
    }
}

/// One table, and the bars. Of each peer the faster one of its two tables counts, query by query.
fn judge_speed(reports: &[Value], when: &str, missed: &mut Vec<String>) -> Result<()> {
    let key = format!("{when}_ms");
    let time = |engine: usize, query: usize| {
        let time = queries(&reports[engine])?
            .get(query)
            .and_then(|query| query[&key].as_f64());
        time.with_context(|| format!("{} has no time of query {query}", ENGINES[engine]))
    };
    let engines: Vec<String> = ENGINES.iter().map(|engine| format!("{engine:>21}")).collect();
    println!("\n{when:<34}{}  by DuckDB  by ClickHouse", engines.concat());
    let mut ratios: Vec<(String, f64, f64)> = Vec::new();
    for (at, query) in queries(&reports[0])?.iter().enumerate() {
        let times = (0..ENGINES.len())
            .map(|engine| time(engine, at))
            .collect::<Result<Vec<f64>>>()?;
        let by_duckdb = times[1].min(times[2]) / times[0];
        let by_clickhouse = times[3].min(times[4]) / times[0];
        let (name, kind) = (
            query["name"].as_str().unwrap_or_default(),
            query["kind"].as_str().unwrap_or_default(),
        );
        let shown: Vec<String> = times.iter().map(|time| format!("{time:>18.1} ms")).collect();
        println!("{name:<34}{}{by_duckdb:>11.2}{by_clickhouse:>15.2}", shown.concat());
        if by_duckdb.min(by_clickhouse) < ANY_BY_FASTER {
            let ratio = by_duckdb.min(by_clickhouse);
            missed.push(format!("{when}: {name} {ratio:.2} (bar {ANY_BY_FASTER})"));
        }
        ratios.push((kind.to_owned(), by_duckdb, by_clickhouse));
    }
    let mut bar = |what: &str, kind: &str, bar: f64, of: fn(&(String, f64, f64)) -> f64| {
        let mut of_kind: Vec<f64> = ratios.iter().filter(|ratio| ratio.0 == kind).map(of).collect();
        let (median, _) = super::median(&mut of_kind)?;
        println!("{when} {kind}: median of the ratios to {what} {median:.2} (bar: at least {bar})");
        if median < bar {
            missed.push(format!("{when}: {kind} to {what} {median:.2} (bar {bar})"));
        }
        anyhow::Ok(())
    };
    bar("DuckDB", "trends", TREND_BY_DUCKDB, |ratio| ratio.1)?;
    bar("ClickHouse", "trends", TREND_BY_CLICKHOUSE, |ratio| ratio.2)?;
    for kind in ["funnels", "retention", "lifecycle", "paths"] {
        bar("the faster one", kind, KIND_BY_FASTER, |ratio| ratio.1.min(ratio.2))?;
    }
    Ok(())
}

fn judge_load(kinds: &Value, many: &Value, missed: &mut Vec<String>) -> Result<()> {
    let number = |value: &Value| value.as_f64().context("a number is missing in a report");
    for query in queries(kinds)? {
        let warm = number(&query["warm_ms"])?;
        if warm >= KIND_MS {
            missed.push(format!("{} {warm:.0} ms (bar {KIND_MS} ms)", query["name"]));
        }
    }
    let errors = many["at_once"]["errors"].as_array().context("no errors are reported")?;
    if !errors.is_empty() {
        missed.push(format!(
            "{} of the queries at once failed, first: {}",
            errors.len(),
            errors[0]
        ));
    }
    let light = &many["light"];
    let ratio = number(&light["beside_p95_ms"])? / number(&light["solo_p95_ms"])?;
    println!("a light query beside a heavy one: {ratio:.2} times its p95 (bar: at most {LIGHT_BESIDE_HEAVY})");
    if ratio > LIGHT_BESIDE_HEAVY {
        missed.push(format!("a light query beside a heavy one {ratio:.2}"));
    }
    let after = number(&many["cancel"]["processors_after"])?;
    if after > CANCELLED_PROCESSORS {
        missed.push(format!("{after:.2} processors 100 ms after a query was cancelled"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_same;

    #[test]
    fn numbers_are_the_same_within_a_billionth() {
        assert!(is_same(&json!([["a", 1]]), &json!([["a", 1.0]])));
        assert!(is_same(&json!(1e12), &json!(1e12 + 1.0)));
        assert!(!is_same(&json!(1.0), &json!(1.000_001)));
        assert!(!is_same(&json!([1, 2]), &json!([1])));
        assert!(!is_same(&json!(null), &json!(0)));
    }
}
