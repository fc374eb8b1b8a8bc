//! Files of other versions: old ones are read, newer ones refused.

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{RunEvent, RunLog, Thread};
use hedgerow_errors::{Code, Error};
use hedgerow_meta::SqliteMeta;

use crate::sample::{Folder, at, delta, execute, noon, raw, started, version_1};

/// A database as version 1 made it, as SQL. It is never changed; a new format gets a new sample.
const VERSION_1: &str = include_str!("../compat/runs-v1.sql");

fn stored_at() -> DateTime<Utc> {
    at("2015-05-20T12:00:00.000001Z")
}

#[tokio::test]
async fn version_1_is_read_event_by_event() {
    let folder = Folder::new();
    let mut connection = raw(&folder.file()).await;
    execute(&mut connection, VERSION_1).await.unwrap();
    drop(connection);

    let log = folder.open().await;
    let (run, kinds) = version_1();
    let expected: Vec<RunEvent> = (1..)
        .zip(kinds)
        .map(|(seq, kind)| RunEvent {
            version: 1,
            run_id: run.run_id,
            seq,
            at: stored_at(),
            kind,
        })
        .collect();
    assert_eq!(log.read(run.run_id, 0).await.unwrap(), expected);
    let listed = log.list(None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].started_at), (1, run.started_at));
    assert_eq!(listed[0].status, Thread::fold(&expected).status);
}

/// Writes what `VERSION_1` must hold. The file stays in the target folder's `tmp`, so that a sample
/// of a new version can be dumped from it.
#[tokio::test]
async fn sample_is_what_is_written_now() {
    let folder = Folder::new();
    let log = folder.open().await;
    let (run, kinds) = version_1();
    let run_id = run.run_id;
    log.create(run).await.unwrap();
    log.append(run_id, 0, stored_at(), kinds).await.unwrap();
    log.close().await;
    let mut connection = raw(&folder.file()).await;
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM run_events ORDER BY seq")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let kept = concat!(env!("CARGO_TARGET_TMPDIR"), "/runs-sample.sqlite");
    let _ = fs_err::remove_file(kept);
    execute(&mut connection, format!("VACUUM INTO '{kept}'")).await.unwrap();
    for body in bodies {
        assert!(
            VERSION_1.contains(&body.replace('\'', "''")),
            "not in the sample: {body}"
        );
    }
}

#[tokio::test]
async fn event_of_a_newer_version_is_refused_with_a_way_out() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    log.append(run_id, 0, noon(), vec![delta("a")]).await.unwrap();
    let body = r#"{"kind":"completed","outcome":"answered","more":1}"#;
    let insert = format!("INSERT INTO run_events VALUES ('{run_id}', 2, 2, '2015', 'completed', '{body}')");
    execute(&mut raw(&folder.file()).await, insert).await.unwrap();
    for error in [
        log.read(run_id, 0).await.unwrap_err(),
        log.list(None, 10).await.unwrap_err(),
    ] {
        assert_corrupt(&error);
        assert!(error.hint().unwrap().contains("upgrade"), "{error}");
    }
}

#[tokio::test]
async fn damaged_events_are_named() {
    let bodies = [
        (
            3,
            "2015-05-20T12:00:00Z",
            r#"{"kind":"text_delta","text":"a"}"#,
            "event 2 is missing before event 3",
        ),
        (
            2,
            "2015-05-20T12:00:00Z",
            r#"{"kind":"text_delta","txt":"a"}"#,
            "event 2 is not readable",
        ),
        (2, "soon", r#"{"kind":"text_delta","text":"a"}"#, "reading the time"),
    ];
    for (seq, time, body, message) in bodies {
        let folder = Folder::new();
        let log = folder.open().await;
        let run_id = started(&log).await;
        log.append(run_id, 0, noon(), vec![delta("a")]).await.unwrap();
        let insert = format!("INSERT INTO run_events VALUES ('{run_id}', {seq}, 1, '{time}', 'text_delta', '{body}')");
        execute(&mut raw(&folder.file()).await, insert).await.unwrap();
        let error = log.read(run_id, 0).await.unwrap_err();
        assert_corrupt(&error);
        assert!(error.chain().contains(message), "{}", error.chain());
    }
}

#[tokio::test]
async fn file_that_is_no_run_log_is_refused() {
    let folder = Folder::new();
    fs_err::write(
        folder.file(),
        "not a database, but long enough to have a header. ".repeat(100),
    )
    .unwrap();
    let error = SqliteMeta::open(&folder.file()).await.unwrap_err();
    assert_corrupt(&error);

    let missing = folder.file().join("nowhere/meta.sqlite");
    let error = SqliteMeta::open(&missing).await.unwrap_err();
    assert_eq!(error.code(), Code::Io, "{}", error.chain());
    assert!(error.message().contains("nowhere"), "{error}");

    let folder = Folder::new();
    folder.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time
                 FROM _sqlx_migrations LIMIT 1";
    execute(&mut raw(&folder.file()).await, newer).await.unwrap();
    let error = SqliteMeta::open(&folder.file()).await.unwrap_err();
    assert_corrupt(&error);
    assert!(error.hint().unwrap().contains("upgrade"), "{error}");
}

fn assert_corrupt(error: &Error) {
    assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
}
