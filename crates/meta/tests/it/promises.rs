//! What the log promises to its callers.

use std::sync::{Arc, Mutex};

use hedgerow_agent_api::RunStatus::{Answered, Asked, Cancelled, Failed, Refused, Running};
use hedgerow_agent_api::{NewRun, RunEventKind, RunLog, RunStatus};
use hedgerow_errors::Code;
use hedgerow_ids::RunId;
use hedgerow_testkit::run_log_conformance;

use crate::sample::{Folder, at, delta, ends, execute, new_run, noon, project, raw, started};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_passes_the_conformance_suite() {
    let folders = Mutex::new(Vec::new());
    let make = || async {
        let folder = Folder::new();
        let log: Arc<dyn RunLog> = Arc::new(folder.open().await);
        // A folder must outlive the log in it.
        folders.lock().unwrap().push(folder);
        log
    };
    run_log_conformance(make).await;
}

#[tokio::test]
async fn read_gives_back_what_append_returned() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    let exact = at("2015-05-20T12:00:00.123456789Z");
    let mut written = log
        .append(run_id, 0, exact, vec![delta("a"), delta("\0 \u{1f407}")])
        .await
        .unwrap();
    written.extend(log.append(run_id, 2, noon(), vec![delta("c")]).await.unwrap());
    assert_eq!(written.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(log.read(run_id, 0).await.unwrap(), written);
    assert_eq!(log.read(run_id, 2).await.unwrap(), written[2..]);
    assert_eq!(log.read(run_id, 3).await.unwrap(), []);
    assert_eq!(log.read(run_id, u64::MAX).await.unwrap(), []);
}

#[tokio::test]
async fn append_is_refused_where_the_position_is_not_the_next() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    log.append(run_id, 0, noon(), vec![delta("a")]).await.unwrap();
    for after in [0, 2, u64::MAX] {
        let error = log.append(run_id, after, noon(), vec![delta("b")]).await.unwrap_err();
        assert_eq!(error.code(), Code::Conflict, "{after}");
    }
    assert_eq!(log.read(run_id, 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn append_is_refused_after_each_end() {
    let folder = Folder::new();
    let log = folder.open().await;
    for end in ends() {
        let run_id = started(&log).await;
        let early = log
            .append(run_id, 0, noon(), vec![end.clone(), delta("late")])
            .await
            .unwrap_err();
        assert_eq!(early.code(), Code::Conflict, "{end:?}");
        assert_eq!(
            log.read(run_id, 0).await.unwrap(),
            [],
            "nothing of a refused append stays"
        );
        log.append(run_id, 0, noon(), vec![delta("a"), end.clone()])
            .await
            .unwrap();
        for late in [vec![delta("late")], vec![end.clone()], vec![]] {
            let error = log.append(run_id, 2, noon(), late).await.unwrap_err();
            assert_eq!(error.code(), Code::Conflict, "{end:?}");
        }
        assert_eq!(log.read(run_id, 0).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn database_refuses_a_second_end_and_a_changed_event() {
    let folder = Folder::new();
    let log = folder.open().await;
    let mut connection = raw(&folder.file()).await;
    for end in ends() {
        let run_id = started(&log).await;
        log.append(run_id, 0, noon(), vec![end.clone()]).await.unwrap();
        for second in ["completed", "failed", "cancelled", "awaiting_user"] {
            let insert = format!(
                "INSERT INTO run_events VALUES ('{run_id}', 2, 1, '2015', '{second}', '{{\"kind\":\"{second}\"}}')"
            );
            let error = execute(&mut connection, insert).await.unwrap_err();
            assert!(
                error.to_string().contains("UNIQUE constraint failed"),
                "{end:?} {second}: {error}"
            );
        }
        let error = execute(&mut connection, "UPDATE run_events SET at = '2016'")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("never changed"), "{error}");
    }
}

#[tokio::test]
async fn list_shows_each_status_newest_first() {
    let folder = Folder::new();
    let log = folder.open().await;
    let mut made = Vec::new();
    for end in ends() {
        let run_id = started(&log).await;
        log.append(run_id, 0, noon(), vec![delta("a"), end]).await.unwrap();
        made.insert(0, run_id);
    }
    let running = started(&log).await;
    made.insert(0, running);
    let elsewhere = NewRun {
        project: "other".parse().unwrap(),
        ..new_run()
    };
    log.create(elsewhere.clone()).await.unwrap();

    let listed = log.list(Some(&project()), 100).await.unwrap();
    assert_eq!(listed.iter().map(|run| run.run_id).collect::<Vec<_>>(), made);
    let statuses: Vec<RunStatus> = listed.iter().map(|run| run.status).collect();
    assert_eq!(statuses, [Running, Asked, Cancelled, Failed, Refused, Answered]);
    assert_eq!(log.list(None, 2).await.unwrap()[0].run_id, elsewhere.run_id);
    assert_eq!(log.list(None, 2).await.unwrap().len(), 2);
    assert_eq!(log.unfinished().await.unwrap(), [running, elsewhere.run_id]);
    let summary = &log.list(Some(&elsewhere.project), 1).await.unwrap()[0];
    assert_eq!(
        (summary.started_at, summary.question.as_str()),
        (noon(), "How many page views?")
    );
}

#[tokio::test]
async fn conversation_gives_its_runs_oldest_first() {
    let folder = Folder::new();
    let log = folder.open().await;
    let first = new_run();
    // A conversation's second run may be asked at an earlier injected time.
    let second = NewRun {
        run_id: RunId::new(),
        started_at: at("2014-01-01T00:00:00Z"),
        ..first.clone()
    };
    for run in [first.clone(), new_run(), second.clone()] {
        log.create(run).await.unwrap();
    }
    assert_eq!(
        log.conversation(first.conversation_id).await.unwrap(),
        [first.run_id, second.run_id]
    );
    assert_eq!(log.conversation(hedgerow_ids::ConversationId::new()).await.unwrap(), []);
}

#[tokio::test]
async fn create_is_refused_for_a_known_run() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run = new_run();
    log.create(run.clone()).await.unwrap();
    let again = NewRun {
        question: "Another?".to_owned(),
        ..run
    };
    assert_eq!(log.create(again).await.unwrap_err().code(), Code::Conflict);
    assert_eq!(log.list(None, 10).await.unwrap()[0].question, "How many page views?");
}

#[tokio::test]
async fn unknown_run_is_refused_everywhere() {
    let folder = Folder::new();
    let log = folder.open().await;
    started(&log).await;
    let run_id = RunId::new();
    let errors = [
        log.read(run_id, 0).await.unwrap_err(),
        log.append(run_id, 0, noon(), vec![delta("a")]).await.unwrap_err(),
        log.heartbeat(run_id, noon()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Code::UnknownName, "{error}");
        assert!(error.message().contains(&run_id.to_string()), "{error}");
    }
}

#[tokio::test]
async fn heartbeat_is_stored() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    log.heartbeat(run_id, at("2015-05-20T12:00:01.5Z")).await.unwrap();
    let mut connection = raw(&folder.file()).await;
    let beat: String = sqlx::query_scalar("SELECT heartbeat_at FROM runs")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(beat, "2015-05-20T12:00:01.500000000Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_writers_at_a_position_wins() {
    let folder = Folder::new();
    // Two logs over one file, so that SQLite's lock decides as well as the queue before it.
    let logs = [Arc::new(folder.open().await), Arc::new(folder.open().await)];
    let run_id = started(&*logs[0]).await;
    for round in 0..20_u64 {
        let attempts: Vec<_> = (0..6)
            .map(|writer| {
                let log = logs[writer % 2].clone();
                tokio::spawn(async move {
                    log.append(run_id, round, noon(), vec![delta(&writer.to_string())])
                        .await
                })
            })
            .collect();
        let mut won = 0;
        for attempt in attempts {
            match attempt.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error.code(), Code::Conflict, "{}", error.chain()),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
    let events = logs[1].read(run_id, 0).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.seq).collect::<Vec<_>>(),
        (1..=20).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_ends_wins() {
    let folder = Folder::new();
    let log = Arc::new(folder.open().await);
    for _ in 0..10 {
        let run_id = started(&*log).await;
        let finish = |kind: RunEventKind| {
            let log = log.clone();
            tokio::spawn(async move { log.append(run_id, 0, noon(), vec![kind]).await })
        };
        let [cancelled, failed] = [finish(ends()[3].clone()), finish(ends()[2].clone())];
        let outcomes = [cancelled.await.unwrap().is_ok(), failed.await.unwrap().is_ok()];
        assert_eq!(outcomes.iter().filter(|won| **won).count(), 1);
        assert_eq!(log.read(run_id, 0).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn fractions_are_read_to_the_last_bit() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    let call_id = "01970000-0000-7000-8000-00000000000c".parse().unwrap();
    // One in ten of these comes back changed from a JSON parser that only is nearly right.
    let progress = |n: u32| {
        let (fraction, note) = (f64::from(n).sqrt() * 100.0, String::new());
        RunEventKind::CallProgress {
            call_id,
            fraction,
            note,
        }
    };
    let written = log
        .append(run_id, 0, noon(), (1..1000).map(progress).collect())
        .await
        .unwrap();
    assert_eq!(log.read(run_id, 0).await.unwrap(), written);
}
