//! The promises of a run log, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{NewRun, RunEventKind, RunLog, RunStatus};
use hedgerow_errors::{Code, Report, Retry};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

/// Runs the whole suite; `make` gives an empty log each time.
pub async fn run_log_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn RunLog>>,
{
    positions_start_at_one_without_gaps(make().await.as_ref()).await;
    an_append_elsewhere_is_a_conflict(make().await.as_ref()).await;
    an_append_is_all_or_nothing(make().await.as_ref()).await;
    nothing_follows_a_terminal_event(make().await.as_ref()).await;
    a_run_is_made_once(make().await.as_ref()).await;
    unknown_runs_are_named(make().await.as_ref()).await;
    unfinished_runs_are_listed_oldest_first(make().await.as_ref()).await;
    conversations_keep_their_order(make().await.as_ref()).await;
    a_run_keeps_its_project(make().await.as_ref()).await;
    lists_are_newest_first_and_by_project(make().await.as_ref()).await;
    active_runs_have_an_event_within_the_time(make().await.as_ref()).await;
    concurrent_appends_take_one_position_each(make().await).await;
    heartbeats_change_no_event(make().await.as_ref()).await;
}

async fn a_run_keeps_its_project(log: &dyn RunLog) {
    let runs = ["site", "shop"].map(|name| new_run(name, ConversationId::new(), 1));
    for run in runs.clone() {
        log.create(run).await.unwrap();
    }
    // Before its first event, too.
    for run in runs {
        assert_eq!(log.project(run.run_id).await.unwrap(), run.project);
    }
    let unknown = log.project(RunId::new()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}

fn time(second: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2015, 5, 20, 12, 0, second).single().unwrap()
}

fn project(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn new_run(name: &str, conversation_id: ConversationId, second: u32) -> NewRun {
    let question = format!("question at {second}");
    NewRun {
        run_id: RunId::new(),
        conversation_id,
        project: project(name),
        question,
        started_at: time(second),
    }
}

fn delta(text: &str) -> RunEventKind {
    RunEventKind::TextDelta { text: text.to_owned() }
}

fn failed() -> RunEventKind {
    let (code, retry) = (Code::Unavailable, Retry::Once);
    RunEventKind::Failed {
        error: Report {
            code,
            retry,
            message: "stopped".into(),
            hint: None,
        },
    }
}

async fn made(log: &dyn RunLog) -> RunId {
    let run = new_run("demo", ConversationId::new(), 0);
    let run_id = run.run_id;
    log.create(run).await.unwrap();
    run_id
}

async fn positions_start_at_one_without_gaps(log: &dyn RunLog) {
    let run_id = made(log).await;
    assert!(log.read(run_id, 0).await.unwrap().is_empty(), "a new run has no events");
    let first = log
        .append(run_id, 0, time(1), vec![delta("a"), delta("b")])
        .await
        .unwrap();
    let second = log.append(run_id, 2, time(2), vec![delta("c")]).await.unwrap();
    assert_eq!(
        first.iter().chain(&second).map(|event| event.seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(second[0].at, time(2));
    assert_eq!(second[0].run_id, run_id);
    let whole = log.read(run_id, 0).await.unwrap();
    assert_eq!(whole, [first, second].concat(), "what is read is what was appended");
    assert_eq!(log.read(run_id, 2).await.unwrap(), whole[2..]);
    assert!(log.read(run_id, 3).await.unwrap().is_empty());
    assert!(
        log.append(run_id, 3, time(3), Vec::new()).await.unwrap().is_empty(),
        "appending nothing is nothing"
    );
}

async fn an_append_elsewhere_is_a_conflict(log: &dyn RunLog) {
    let run_id = made(log).await;
    log.append(run_id, 0, time(1), vec![delta("a"), delta("b")])
        .await
        .unwrap();
    for after in [0, 1, 3, 99] {
        let error = log.append(run_id, after, time(2), vec![delta("x")]).await.unwrap_err();
        assert_eq!(error.code(), Code::Conflict, "after {after}");
    }
    assert_eq!(log.read(run_id, 0).await.unwrap().len(), 2);
}

async fn an_append_is_all_or_nothing(log: &dyn RunLog) {
    let run_id = made(log).await;
    let error = log
        .append(run_id, 0, time(1), vec![delta("a"), failed(), delta("b")])
        .await
        .unwrap_err();
    assert_eq!(
        error.code(),
        Code::Conflict,
        "an event after the terminal one of the same append"
    );
    assert!(log.read(run_id, 0).await.unwrap().is_empty());
    log.append(run_id, 0, time(1), vec![delta("a"), delta("b"), failed()])
        .await
        .unwrap();
    assert_eq!(log.read(run_id, 0).await.unwrap().len(), 3);
}

async fn nothing_follows_a_terminal_event(log: &dyn RunLog) {
    for terminal in [failed(), RunEventKind::Cancelled {}] {
        let run_id = made(log).await;
        log.append(run_id, 0, time(1), vec![terminal]).await.unwrap();
        for kind in [delta("late"), RunEventKind::Cancelled {}, failed()] {
            let error = log.append(run_id, 1, time(2), vec![kind]).await.unwrap_err();
            assert_eq!(error.code(), Code::Conflict);
        }
        assert_eq!(log.read(run_id, 0).await.unwrap().len(), 1);
    }
}

async fn a_run_is_made_once(log: &dyn RunLog) {
    let run = new_run("demo", ConversationId::new(), 0);
    log.create(run.clone()).await.unwrap();
    log.append(run.run_id, 0, time(1), vec![delta("a")]).await.unwrap();
    assert_eq!(log.create(run.clone()).await.unwrap_err().code(), Code::Conflict);
    assert_eq!(
        log.read(run.run_id, 0).await.unwrap().len(),
        1,
        "the second create changed nothing"
    );
}

async fn unknown_runs_are_named(log: &dyn RunLog) {
    let run_id = RunId::new();
    assert_eq!(log.read(run_id, 0).await.unwrap_err().code(), Code::UnknownName);
    assert_eq!(
        log.append(run_id, 0, time(1), vec![delta("a")])
            .await
            .unwrap_err()
            .code(),
        Code::UnknownName
    );
    assert!(log.conversation(ConversationId::new()).await.unwrap().is_empty());
}

async fn unfinished_runs_are_listed_oldest_first(log: &dyn RunLog) {
    let mut runs = Vec::new();
    for second in 0..4 {
        let run = new_run("demo", ConversationId::new(), second);
        runs.push(run.run_id);
        log.create(run).await.unwrap();
    }
    log.append(runs[1], 0, time(9), vec![delta("a")]).await.unwrap();
    log.append(runs[2], 0, time(9), vec![failed()]).await.unwrap();
    assert_eq!(log.unfinished().await.unwrap(), [runs[0], runs[1], runs[3]]);
}

async fn conversations_keep_their_order(log: &dyn RunLog) {
    let (wanted, other) = (ConversationId::new(), ConversationId::new());
    let mut runs = Vec::new();
    for second in 0..3 {
        let run = new_run("demo", wanted, second);
        runs.push(run.run_id);
        log.create(run).await.unwrap();
        log.create(new_run("demo", other, second)).await.unwrap();
    }
    assert_eq!(log.conversation(wanted).await.unwrap(), runs);
    assert_eq!(log.conversation(other).await.unwrap().len(), 3);
}

async fn active_runs_have_an_event_within_the_time(log: &dyn RunLog) {
    let mut runs = Vec::new();
    for (name, at) in [("one", 5), ("two", 5), ("one", 9), ("one", 10), ("one", 4)] {
        // When it was made plays no part.
        let run = new_run(name, ConversationId::new(), 0);
        runs.push(run.run_id);
        log.create(run.clone()).await.unwrap();
        log.append(run.run_id, 0, time(at), vec![failed()]).await.unwrap();
    }
    let active = log.active(&project("one"), time(5), time(10)).await.unwrap();
    assert_eq!(active, [runs[0], runs[2]]);
}

async fn lists_are_newest_first_and_by_project(log: &dyn RunLog) {
    let mut runs = Vec::new();
    for (second, name) in [(0, "one"), (1, "two"), (2, "one")] {
        let run = new_run(name, ConversationId::new(), second);
        runs.push(run.clone());
        log.create(run).await.unwrap();
    }
    log.append(runs[0].run_id, 0, time(9), vec![failed()]).await.unwrap();
    let ids = |list: Vec<hedgerow_agent_api::RunSummary>| list.into_iter().map(|run| run.run_id).collect::<Vec<_>>();
    let all = log.list(None, 10).await.unwrap();
    assert_eq!(all[2].status, RunStatus::Failed);
    assert_eq!(all[1].status, RunStatus::Running);
    assert_eq!(
        (&all[0].question, all[0].started_at),
        (&runs[2].question, runs[2].started_at)
    );
    assert_eq!(ids(all), [runs[2].run_id, runs[1].run_id, runs[0].run_id]);
    assert_eq!(
        ids(log.list(Some(&project("one")), 10).await.unwrap()),
        [runs[2].run_id, runs[0].run_id]
    );
    assert_eq!(ids(log.list(None, 1).await.unwrap()), [runs[2].run_id]);
}

async fn concurrent_appends_take_one_position_each(log: Arc<dyn RunLog>) {
    let run_id = made(log.as_ref()).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let log = log.clone();
        writers.spawn(async move {
            log.append(run_id, 0, time(1), vec![delta(&writer.to_string())])
                .await
                .is_ok()
        });
    }
    let winners = writers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1, "one writer gets the position");
    assert_eq!(log.read(run_id, 0).await.unwrap().len(), 1);
}

async fn heartbeats_change_no_event(log: &dyn RunLog) {
    let run_id = made(log).await;
    log.heartbeat(run_id, time(5)).await.unwrap();
    log.heartbeat(run_id, time(6)).await.unwrap();
    assert!(log.read(run_id, 0).await.unwrap().is_empty());
    assert_eq!(log.unfinished().await.unwrap(), [run_id]);
}
