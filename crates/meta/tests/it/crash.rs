//! What is left after a process died: everything acknowledged, nothing half written.

use std::path::Path;
use std::time::Duration;

use hedgerow_agent_api::RunLog;
use hedgerow_errors::Code;
use hedgerow_meta::SqliteMeta;
use sqlx::Connection;

use crate::sample::{Folder, delta, ends, execute, noon, raw, started};

/// The files as a crash at this moment would leave them: the database and its log, no shared memory.
fn crash_image(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        fs_err::copy(name(from), name(to)).unwrap();
    }
}

#[tokio::test]
async fn reopened_log_goes_on_where_it_was() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    let written = log
        .append(run_id, 0, noon(), vec![delta("a"), delta("b")])
        .await
        .unwrap();
    drop(log);
    let log = folder.open().await;
    assert_eq!(log.read(run_id, 0).await.unwrap(), written);
    log.append(run_id, 2, noon(), vec![ends().remove(0)]).await.unwrap();
    log.close().await;
    let closed = log.read(run_id, 0).await.unwrap_err();
    assert_eq!(closed.code(), Code::Unavailable, "{}", closed.chain());
    assert_eq!(folder.open().await.unfinished().await.unwrap(), []);
}

#[tokio::test]
async fn acknowledged_events_survive_a_crash_without_a_close() {
    let (folder, after) = (Folder::new(), Folder::new());
    let log = folder.open().await;
    let run_id = started(&log).await;
    for count in 1..=20_u64 {
        log.append(run_id, count - 1, noon(), vec![delta("a")]).await.unwrap();
        crash_image(&folder.file(), &after.file());
        let survived = after.open().await;
        assert_eq!(survived.read(run_id, 0).await.unwrap().len() as u64, count);
        survived.close().await;
    }
}

#[tokio::test]
async fn unfinished_transaction_leaves_nothing() {
    let (folder, after) = (Folder::new(), Folder::new());
    let log = folder.open().await;
    let run_id = started(&log).await;
    log.append(run_id, 0, noon(), vec![delta("a")]).await.unwrap();

    let mut connection = raw(&folder.file()).await;
    // So small a cache spills the transaction's pages into the log before it commits.
    execute(&mut connection, "PRAGMA cache_size = 1").await.unwrap();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let before = fs_err::metadata(format!("{}-wal", folder.file().display()))
        .unwrap()
        .len();
    let text = "x".repeat(20_000);
    for seq in 2..=40 {
        let body = format!("{{\"kind\":\"text_delta\",\"text\":\"{text}\"}}");
        let insert = format!("INSERT INTO run_events VALUES ('{run_id}', {seq}, 1, '2015', 'text_delta', '{body}')");
        execute(&mut transaction, insert).await.unwrap();
    }
    let spilled = fs_err::metadata(format!("{}-wal", folder.file().display()))
        .unwrap()
        .len();
    assert!(spilled > before, "the log holds pages of the open transaction");
    crash_image(&folder.file(), &after.file());
    drop(transaction);
    drop(connection);

    for log in [folder.open().await, after.open().await] {
        assert_eq!(log.read(run_id, 0).await.unwrap().len(), 1);
        log.append(run_id, 1, noon(), vec![delta("b")]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn append_dropped_at_any_moment_is_all_or_nothing() {
    let folder = Folder::new();
    let log = std::sync::Arc::new(folder.open().await);
    let run_id = started(&*log).await;
    for round in 0..40_u64 {
        let last = log.read(run_id, 0).await.unwrap().len() as u64;
        assert_eq!(last % 5, 0, "round {round}");
        let writer = log.clone();
        let batch = (0..5).map(|_| delta("a")).collect();
        let task = tokio::spawn(async move { writer.append(run_id, last, noon(), batch).await });
        tokio::time::sleep(Duration::from_micros(round * 50)).await;
        task.abort();
        // A commit that was under way may still land; the next append waits for it, and either fits
        // after it or is refused, never mixed with it.
        let _ = task.await;
        let read = log.read(run_id, 0).await.unwrap().len() as u64;
        let next = log
            .append(run_id, read, noon(), (0..5).map(|_| delta("b")).collect())
            .await;
        match next {
            Ok(events) => assert_eq!(events.len(), 5),
            Err(error) => assert_eq!(error.code(), Code::Conflict, "{}", error.chain()),
        }
    }
    let log = SqliteMeta::open(&folder.file()).await.unwrap();
    assert_eq!(log.read(run_id, 0).await.unwrap().len() % 5, 0);
}

#[tokio::test]
async fn writer_of_another_process_is_waited_for() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    let mut connection = raw(&folder.file()).await;
    execute(&mut connection, "BEGIN IMMEDIATE").await.unwrap();
    let append = log.append(run_id, 0, noon(), vec![delta("a")]);
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        execute(&mut connection, "COMMIT").await.unwrap();
    };
    let (appended, ()) = tokio::join!(append, release);
    assert_eq!(appended.unwrap().len(), 1);
}
