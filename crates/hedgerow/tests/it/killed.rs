//! An import whose process is killed, and that is run again until it is done.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use crate::{command, run, text};

const EVENTS: u64 = 150_000;

/// Events with long texts, so that an import takes several chunks; by persons with merges and properties,
/// over ninety days in no order, and one in fifty twice.
fn write(path: &Path) {
    let mut lines = std::io::BufWriter::new(fs_err::File::create(path).unwrap());
    for n in 0..EVENTS {
        // A fixed permutation: no two neighbours are of one day.
        let at = n.wrapping_mul(7_919) % EVENTS;
        let person = at % 4_000;
        let (event, id, more) = match at % 40 {
            0 => (
                "$identify",
                format!("user {person}"),
                json!({"$anon_distinct_id": format!("anon {person}")}),
            ),
            1 => (
                "noted",
                format!("user {person}"),
                json!({"$set": {"plan": at % 7, "seen": at}}),
            ),
            2 | 3 => ("seen", format!("anon {person}"), json!({"$set_once": {"first": at}})),
            _ => (
                "read",
                format!("user {person}"),
                json!({"page": format!("{at:0>400}"), "depth": at % 100}),
            ),
        };
        let time = time_after(at * 51);
        let event = json!({
            "uuid": format!("018f0000-0000-7000-8000-{at:012x}"), "event": event, "distinct_id": id,
            "timestamp": time, "properties": more,
        });
        for _ in 0..1 + u64::from(at.is_multiple_of(50)) {
            writeln!(lines, "{event}").unwrap();
        }
    }
    lines.flush().unwrap();
}

/// So many seconds after 2024-01-01, as text.
fn time_after(seconds: u64) -> String {
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (month, day) = [31, 29, 31]
        .into_iter()
        .zip(1..)
        .try_fold(day, |day, (length, month)| {
            if day < length {
                Err((month, day))
            } else {
                Ok(day - length)
            }
        })
        .unwrap_err();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("2024-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1)
}

/// What a project has: its events, persons and taxonomy.
fn contents(data: &Path) -> Vec<String> {
    let sql = |statement: &str| {
        vec!["sql", statement, "--project", "p", "--json"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let asked = [
        sql(
            "SELECT event, count(*) AS events, count(DISTINCT uuid) AS uuids, count(DISTINCT person_key) AS persons, min(timestamp) AS first, max(timestamp) AS last, sum(depth) AS depth, max(page) AS page FROM events GROUP BY event ORDER BY event",
        ),
        sql("SELECT count(*) AS persons, min(created_at) AS first, max(created_at) AS last FROM persons"),
        sql("SELECT properties FROM persons ORDER BY properties LIMIT 300"),
        sql("SELECT count(*) AS ids, count(DISTINCT person_id) AS persons FROM person_distinct_ids"),
    ];
    let found = asked.iter().map(|arguments| {
        let output = run(data, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        let table: Value = serde_json::from_slice(&output.stdout).unwrap();
        table["rows"].to_string()
    });
    found
        .chain([taxonomy(data, "events"), taxonomy(data, "properties")])
        .collect()
}

fn taxonomy(data: &Path, what: &str) -> String {
    let output = run(data, &["taxonomy", what, "--project", "p", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut table: Value = serde_json::from_slice(&output.stdout).unwrap();
    table["data"].take().to_string()
}

fn count(data: &Path) -> u64 {
    let output = run(
        data,
        &["sql", "SELECT count(*) AS n FROM events", "--project", "p", "--json"],
    );
    let table: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    table["rows"][0][0].as_u64().unwrap_or_default()
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    write(&file);
    let import = ["import", "jsonl", file.to_str().unwrap(), "--project", "p", "--json"];
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let start = Instant::now();
    let imported = run(&whole, &import);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    let takes = start.elapsed();
    let expected = contents(&whole);

    let (mut durable, mut grew) = (0, 0);
    for part in [30, 55, 75, 90] {
        let mut child = command(&killed, &import)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(takes * part / 100);
        let _ = child.kill();
        child.wait().unwrap();
        let now = count(&killed);
        assert!(now >= durable && now <= EVENTS, "{now} events after {durable}");
        grew += u64::from(now > durable);
        durable = now;
    }
    assert!(grew > 0, "no chunk was durable before any of the kills");
    let again = run(&killed, &import);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let summary: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(summary["events_added"].as_u64(), Some(EVENTS - durable));
    assert_eq!(contents(&killed), expected);
    let checked = run(&killed, &["doctor", "--full", "--project", "p"]);
    assert_eq!(
        checked.status.code(),
        Some(0),
        "{}{}",
        text(&checked.stdout),
        text(&checked.stderr)
    );
}
