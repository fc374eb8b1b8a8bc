//! Looking after data with the real binary: export and import again.

use std::path::Path;

use serde_json::Value;

use crate::{Server, run, text};

/// Events whose properties do not fit in columns of their own, each in its way.
const ODD: &str = r#"{"uuid":"018f0000-0000-7000-8000-000000000001","event":"sign up","distinct_id":"ann","timestamp":"2024-02-29T23:59:59.999999Z","properties":{"$session_id":"s 1","plan":"pro","Plan":"gold","n":0.5,"nested":{"b":[1,2.5,null],"a":"ü \"quoted\""},"token_count":9223372036854775807}}
{"uuid":"018f0000-0000-7000-8000-000000000002","event":"sign up","distinct_id":"ben","timestamp":"2024-03-01T00:00:00Z","properties":{"plan":7,"n":2.5,"properties":"{\"x\":1}","rest":"mine","event":"inner","$set":{"email":"ben@example.com"},"list":[]}}
{"uuid":"018f0000-0000-7000-8000-000000000003","event":"$identify","distinct_id":"ann","timestamp":"2024-03-01T00:00:01Z","properties":{"$anon_distinct_id":"anon-1","n":9007199254740993,"flag":true,"empty":"","$process_person_profile":true}}
{"uuid":"018f0000-0000-7000-8000-000000000004","event":"seen","distinct_id":"anon-1","timestamp":"2024-02-29T10:00:00.000001Z","properties":{"flag":"yes","x":1e300,"y":-0.0,"tab":"a\tb\u0000c"}}
"#;

fn done(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// All events of a project, by their identities.
fn events(data: &Path, project: &str) -> Vec<Value> {
    let lines = done(data, &["export", "jsonl", "-", "--project", project]);
    let mut events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    events.sort_by_key(|event| event["uuid"].to_string());
    events
}

#[test]
fn exports_come_back_as_the_same_events_in_both_formats() {
    let data = tempfile::tempdir().unwrap();
    let file = |name: &str| data.path().join(name).to_str().unwrap().to_owned();
    fs_err::write(file("odd.jsonl"), ODD).unwrap();
    let folder = data.path().join("data");
    done(&folder, &["import", "jsonl", &file("odd.jsonl"), "--project", "first"]);
    let first = events(&folder, "first");
    let given: Vec<Value> = ODD.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(first.len(), 4);
    for (got, given) in first.iter().zip(&given) {
        for key in ["uuid", "event", "distinct_id"] {
            assert_eq!(got[key], given[key]);
        }
        assert_eq!(got["properties"], given["properties"]);
    }
    assert_eq!(first[0]["timestamp"], "2024-02-29T23:59:59.999999Z");
    for format in ["jsonl", "parquet"] {
        let exported = file(&format!("out.{format}"));
        let summary = done(&folder, &["export", format, &exported, "--project", "first", "--json"]);
        let summary: Value = serde_json::from_str(&summary).unwrap();
        assert_eq!(summary["events"], 4);
        assert_eq!(summary["bytes"], fs_err::metadata(&exported).unwrap().len());
        assert!(!Path::new(&format!("{exported}.part")).exists());
        done(&folder, &["import", format, &exported, "--project", format, "--json"]);
        assert_eq!(events(&folder, format), first, "{format}");
        let again = run(&folder, &["export", format, &exported, "--project", "first"]);
        assert_eq!(again.status.code(), Some(1));
        assert!(text(&again.stderr).contains("exists already"));
    }
    let unknown = run(
        &folder,
        &["export", "jsonl", "-", "--project", "first", "--event", "sign upp"],
    );
    assert!(text(&unknown.stderr).contains("sign up"), "{}", text(&unknown.stderr));
}

#[test]
fn events_come_from_standard_input() {
    use std::io::Write;
    let data = tempfile::tempdir().unwrap();
    let mut child = crate::command(data.path(), &["import", "jsonl", "-", "--project", "site", "--json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ODD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["events_added"], 4);
    let refused = run(data.path(), &["export", "parquet", "-", "--project", "site"]);
    assert!(text(&refused.stderr).contains("name a file"));
}

#[test]
fn an_export_through_a_server_gives_only_the_named_events() {
    let data = tempfile::tempdir().unwrap();
    crate::import(data.path());
    let all = events(data.path(), "site");
    assert_eq!(all.len(), 10_000);
    let _server = Server::start(data.path());
    assert_eq!(events(data.path(), "site"), all);
    let views = all.iter().filter(|event| event["event"] == "$pageview").count();
    let some = done(
        data.path(),
        &["export", "jsonl", "-", "--project", "site", "--event", "$pageview"],
    );
    assert_eq!((some.lines().count(), views > 0), (views, true));
}

#[test]
fn a_backup_that_a_server_makes_comes_back_whole_elsewhere() {
    let data = tempfile::tempdir().unwrap();
    let (folder, backup) = (data.path().join("data"), data.path().join("backup"));
    crate::import(&folder);
    let asked = run(
        &folder,
        &[
            "ask",
            "How many page views did we get on 18 May 2015?",
            "--project",
            "site",
        ],
    );
    assert_eq!(asked.status.code(), Some(0));
    let (all, runs) = (events(&folder, "site"), done(&folder, &["runs", "list", "--json"]));
    let server = Server::start(&folder);
    let summary = done(&folder, &["backup", backup.to_str().unwrap(), "--json"]);
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(
        (&summary["projects"][0]["events"], &summary["runs"]),
        (&10_000.into(), &true.into())
    );
    let again = run(&folder, &["backup", backup.to_str().unwrap()]);
    assert!(text(&again.stderr).contains("exists already"));
    let occupied = run(&folder, &["restore", backup.to_str().unwrap()]);
    assert!(
        text(&occupied.stderr).contains("not empty"),
        "{}",
        text(&occupied.stderr)
    );
    drop(server);

    let elsewhere = data.path().join("else where");
    done(&elsewhere, &["restore", backup.to_str().unwrap()]);
    assert_eq!(events(&elsewhere, "site"), all);
    assert_eq!(done(&elsewhere, &["runs", "list", "--json"]), runs);
    assert!(done(&elsewhere, &["doctor", "--full"]).contains("fine, 10,000 events"));

    let catalog = backup.join("projects/site/catalog.sqlite");
    let mut bytes = fs_err::read(&catalog).unwrap();
    bytes[5_000] ^= 1;
    fs_err::write(&catalog, bytes).unwrap();
    let third = data.path().join("third");
    let damaged = run(&third, &["restore", backup.to_str().unwrap()]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged.stderr).contains("not what its manifest says"));
    assert!(!third.exists() && !data.path().join("third.part").exists());
}

#[test]
fn a_person_is_deleted_only_when_that_is_said() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("odd.jsonl");
    fs_err::write(&file, ODD).unwrap();
    let folder = data.path().join("data");
    done(&folder, &["import", "jsonl", file.to_str().unwrap()]);
    assert!(done(&folder, &["persons", "list", "--search", "an"]).contains("ann"));
    assert!(done(&folder, &["persons", "show", "ben"]).contains("ben@example.com"));
    let asked = run(&folder, &["persons", "delete", "anon-1"]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(text(&asked.stderr).contains("--yes") && text(&asked.stderr).contains("ann"));
    assert_eq!(events(&folder, "default").len(), 4);
    assert!(done(&folder, &["persons", "delete", "anon-1", "--yes"]).contains("deleted 3 events"));
    assert_eq!(events(&folder, "default").len(), 1);
    assert!(done(&folder, &["doctor", "--full"]).contains("fine, 1 events"));
}

#[test]
fn doctor_says_by_its_exit_code_whether_something_is_left_broken() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("odd.jsonl");
    fs_err::write(&file, ODD).unwrap();
    let folder = data.path().join("data");
    done(&folder, &["import", "jsonl", file.to_str().unwrap()]);
    assert!(done(&folder, &["doctor"]).contains("fine, 4 events"));
    let events = folder.join("projects/default/data/main/events");
    fs_err::write(events.join("stray.parquet"), "x").unwrap();
    // Who opens a project removes what a crash has left, so that it is told only while a server runs.
    assert!(done(&folder, &["doctor", "--full"]).contains("fine, 4 events"));
    let first = fs_err::read_dir(&events).unwrap().next().unwrap().unwrap().path();
    fs_err::remove_file(&first).unwrap();
    for arguments in [&["doctor"][..], &["doctor", "--full"], &["doctor", "--repair"]] {
        let broken = run(&folder, arguments);
        assert_eq!(broken.status.code(), Some(1), "{arguments:?}");
        let told = text(&broken.stdout);
        assert!(
            told.contains(first.file_name().unwrap().to_str().unwrap()) && told.contains("hedgerow restore"),
            "{told}"
        );
    }
    assert!(done(&folder, &["doctor", "--repair", "--drop-missing"]).contains("repaired"));
    assert!(done(&folder, &["doctor", "--full"]).contains("fine"));
}
