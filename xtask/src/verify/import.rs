//! `cargo xtask verify import`: nothing is lost, nothing is doubled, memory stays flat, and three
//! programs that share no code count the same.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::made_log::{self, Size};
use crate::server::{Data, Import, sample_log};
use crate::setup;
use crate::shell::{Profile, Shell, python, root};

const SAMPLE_LINES: u64 = 10_000;
const MADE_BYTES: u64 = 1_000_000_000;
const MADE_DAYS: u32 = 30;
const MEMORY_MB: f64 = 300.0;

/// Runs all of it and fails on the first difference.
pub(crate) fn run(profile: Profile) -> Result<()> {
    setup::python_tools()?;
    let hedgerow = profile.build()?;

    let data = Data::empty(&hedgerow)?;
    let first = data.import(&sample_log())?;
    show("sample log", &first)?;
    expect(&first, SAMPLE_LINES, 0)?;
    let second = data.import(&sample_log())?;
    show("sample log again", &second)?;
    expect(&second, 0, SAMPLE_LINES)?;
    compare(&data, &sample_log())?;

    let log = made_log::write(Size::Bytes(MADE_BYTES), MADE_DAYS)?;
    let data = Data::empty(&hedgerow)?;
    let made = data.import(&log.path)?;
    show("made log of 1 GB", &made)?;
    expect(&made, log.lines, 0)?;
    compare(&data, &log.path)?;
    if made.peak_mb >= MEMORY_MB {
        bail!("the import took {:.0} MB, the bar is {MEMORY_MB} MB", made.peak_mb);
    }
    Ok(())
}

fn show(what: &str, import: &Import) -> Result<()> {
    let ms = number(&import.report, "elapsed_ms")?;
    println!(
        "{what}: {} events added, {} already present, {} rejected; {ms} ms ({} ms with the process), peak RSS {:.0} MB",
        number(&import.report, "events_added")?,
        number(&import.report, "already_present")?,
        number(&import.report, "rejected")?,
        import.elapsed.as_millis(),
        import.peak_mb
    );
    Ok(())
}

fn number(report: &Value, key: &str) -> Result<u64> {
    report[key]
        .as_u64()
        .with_context(|| format!("import --json has no number `{key}`: {report}"))
}

fn expect(import: &Import, added: u64, present: u64) -> Result<()> {
    for (key, expected) in [("events_added", added), ("already_present", present), ("rejected", 0)] {
        let got = number(&import.report, key)?;
        if got != expected {
            bail!("{key}: {got}, expected {expected}");
        }
    }
    Ok(())
}

/// Events by kind and day.
type Counts = BTreeMap<(String, String), u64>;

fn compare(data: &Data, log: &Path) -> Result<()> {
    let raw = read_counts(
        &Shell::new("awk")
            .arg("-f")
            .arg(root().join("xtask/src/verify/count.awk"))
            .arg(log)
            .output()?,
    )?;
    let catalog = data.project_folder().join("catalog.sqlite");
    let script = root().join("xtask/src/verify/count_duckdb.py");
    let duckdb = read_counts(&Shell::new(python()).arg(script).arg(catalog).output()?)?;
    let own = own_counts(data)?;
    for (who, counts) in [("DuckDB on the catalog", &duckdb), ("hedgerow sql", &own)] {
        if *counts != raw {
            bail!("{who} counts differently from awk on the raw lines\n{who}: {counts:?}\nawk: {raw:?}");
        }
    }
    let (cells, total) = (raw.len(), raw.values().sum::<u64>());
    println!("awk, DuckDB and hedgerow sql agree on {cells} counts by event and day, {total} events in all");
    Ok(())
}

fn read_counts(text: &str) -> Result<Counts> {
    let mut counts = Counts::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [event, day, count] = fields[..] else {
            bail!("expected event, day, count; got {line:?}")
        };
        counts.insert((event.to_owned(), day.to_owned()), count.parse()?);
    }
    if counts.is_empty() {
        bail!("nothing was counted");
    }
    Ok(counts)
}

fn own_counts(data: &Data) -> Result<Counts> {
    let query = "SELECT event, CAST(CAST(timestamp AS DATE) AS VARCHAR) AS day, count(*) AS events \
        FROM events GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 10000";
    let answer: Value = serde_json::from_str(&data.hedgerow(&["sql", query, "--json"]).output()?)?;
    let rows = answer["rows"].as_array().context("sql --json has no rows")?;
    let cell = |row: &Value| -> Option<((String, String), u64)> {
        Some((
            (row[0].as_str()?.to_owned(), row[1].as_str()?.to_owned()),
            row[2].as_u64()?,
        ))
    };
    rows.iter()
        .map(|row| cell(row).with_context(|| format!("unexpected row {row}")))
        .collect()
}
