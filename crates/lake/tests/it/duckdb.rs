//! `DuckDB` attaches the catalog read-only, counts, and filters by every column's statistics.

use std::path::Path;
use std::process::Command;

use hedgerow_data_api::{EventSink, PropertyValue};

use crate::append::{events, lake, project};

const SCRIPT: &str = r#"
import json, os, sys, duckdb, duckdb_extension_ducklake
site = os.path.dirname(os.path.dirname(duckdb_extension_ducklake.__file__))
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for extension in ("ducklake", "sqlite_scanner"):
    folder = f"{site}/duckdb_extension_{extension}/extensions"
    version = os.listdir(folder)[0]
    connection.execute(f"LOAD '{folder}/{version}/{extension}.duckdb_extension'")
connection.execute("SET TimeZone = 'UTC'")
connection.execute(f"ATTACH 'ducklake:sqlite:{sys.argv[1]}' AS lake (READ_ONLY)")
for line in sys.stdin:
    rows = connection.execute(line).fetchall()
    print(json.dumps([[str(cell) for cell in row] for row in rows]))
"#;

/// The interpreter with the packages; the test command sets it up and names it.
#[expect(clippy::disallowed_methods, reason = "the test command tells it this way")]
fn python() -> String {
    std::env::var("HEDGEROW_PYTHON")
        .expect("HEDGEROW_PYTHON names a Python with duckdb; run the tests by `cargo xtask test`")
}

#[expect(clippy::disallowed_methods, reason = "a real DuckDB runs in a process of its own")]
fn ask(python: &str, catalog: &Path, statements: &[&str]) -> Vec<String> {
    use std::io::Write;
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(catalog)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(statements.join("\n").as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn duckdb_reads_what_we_wrote() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(500).into()).await.unwrap();
    lake.append(&project(), events(700).into()).await.unwrap();
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let expected = lake.snapshot(&project()).await.unwrap().0.rows();
    let first = events(1)[0].uuid;
    let answers = ask(
        &python,
        &catalog,
        &[
            "SELECT count(*), count(DISTINCT person_key), count(DISTINCT uuid), typeof(any_value(uuid)), typeof(any_value(timestamp)) FROM lake.events",
            &format!(
                "SELECT event, \"$pathname\", status, \"$is_bot\", timestamp::VARCHAR FROM lake.events WHERE uuid = '{first}'"
            ),
            "SELECT count(*) FROM lake.events WHERE \"$pathname\" = '/page/3' AND status = 200 AND NOT \"$is_bot\"",
            "SELECT count(*) FROM lake.events WHERE timestamp >= '2015-05-19' AND timestamp < '2015-05-20' AND person_key > 3 AND session_id IS NOT NULL",
        ],
    );
    assert_eq!(
        answers[0],
        format!(r#"[["{expected}", "7", "{expected}", "UUID", "TIMESTAMP WITH TIME ZONE"]]"#)
    );
    assert_eq!(
        answers[1],
        r#"[["$request", "/page/0", "404", "True", "2015-05-17 10:00:00+00"]]"#
    );
    assert_ne!(answers[2], r#"[["0"]]"#);
    assert_ne!(answers[3], r#"[["0"]]"#);
}

#[tokio::test]
async fn duckdb_reads_values_of_other_types_and_what_was_compacted() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(300).into()).await.unwrap();
    let mut odd = events(320).split_off(300);
    odd[0].properties = vec![("status".into(), PropertyValue::Text("teapot".into()))];
    odd[1].properties = vec![("tags".into(), PropertyValue::Json(r#"["a","b"]"#.into()))];
    odd[2].properties = vec![("status".into(), PropertyValue::Double(0.5))];
    lake.append(&project(), odd.into()).await.unwrap();
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let statements = [
        "SELECT count(*), count(DISTINCT uuid), count(status), count(rest), typeof(any_value(status)) FROM lake.events",
        "SELECT rest->>'status', rest->'tags' FROM lake.events WHERE rest IS NOT NULL ORDER BY rest::VARCHAR",
        "SELECT count(*) FROM lake.events WHERE status = 0.5",
    ];
    let expected = [
        r#"[["320", "320", "318", "2", "DOUBLE"]]"#,
        r#"[["teapot", "None"], ["None", "[\"a\",\"b\"]"]]"#,
        r#"[["1"]]"#,
    ];
    assert_eq!(ask(&python, &catalog, &statements), expected);
    assert!(lake.compact(&project()).await.unwrap() > 1);
    assert_eq!(ask(&python, &catalog, &statements), expected, "compacted");
}
