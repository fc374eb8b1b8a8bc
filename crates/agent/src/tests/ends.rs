//! Every run ends, once, whatever happens.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use futures::StreamExt;
use hedgerow_agent_api::{ModelProvider, Policy, RunEventKind, RunLog, RunStatus};
use hedgerow_errors::{Code, Error};
use hedgerow_ids::RunId;
use hedgerow_testkit::{FlakyRunLog, Moment, ScriptedModel, call, calls, text};
use serde_json::json;

use super::stage::{Stage, fold, limits, question, status};
use crate::{AskRequest, Limits};

fn counting(ms: u64) -> Arc<ScriptedModel> {
    ScriptedModel::new(vec![calls([call("count_events", json!({"ms": ms}))]), text("Counted.")]).shared()
}

#[tokio::test(start_paused = true)]
async fn limits_end_a_run_and_say_what_was_reached() {
    let many = || calls((0..5).map(|_| call("count_events", json!({}))));
    let one = || calls([call("count_events", json!({}))]);
    let sleepy = calls([call("count_events", json!({"ms": 50_000}))]);
    let brief = Limits {
        run_timeout: Duration::from_secs(2),
        ..limits()
    };
    let cases: Vec<(Limits, Vec<_>, &str)> = vec![
        (
            limits(),
            (0..9).map(|_| one()).collect(),
            "6 replies with 6 calls gave no answer",
        ),
        (
            limits(),
            vec![many()],
            "the model asked for 5 calls in one reply, 4 are allowed",
        ),
        (
            brief,
            vec![one(), sleepy],
            "the run took longer than 2 s: 2 replies and 2 calls were made",
        ),
    ];
    for (limits, replies, expected) in cases {
        let stage = Stage::with(Policy::default(), limits);
        let events = stage
            .ask(question("How many?"), ScriptedModel::new(replies).shared())
            .await;
        assert_eq!(status(&events), RunStatus::Failed);
        let error = fold(&events).error.unwrap();
        assert_eq!((error.code, error.message.as_str()), (Code::LimitExceeded, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn question_too_long_or_empty_is_refused_before_there_is_a_run() {
    let stage = Stage::new();
    for (text, code) in [
        ("x".repeat(40_001), Code::LimitExceeded),
        (" ".to_owned(), Code::InvalidArgument),
    ] {
        let error = stage.agent.ask(question(&text), counting(0)).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert!(stage.log.list(None, 9).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn failing_and_panicking_models_end_the_run_as_failed() {
    let denied = ScriptedModel::new(Vec::new()).checked(|_| Err(Error::new(Code::Denied, "no key")));
    let panics = ScriptedModel::new(Vec::new()).checked(|_| panic!("a defect"));
    let silent = ScriptedModel::new(vec![text(" "), text("")]);
    for (model, code) in [
        (denied, Code::Denied),
        (panics, Code::Internal),
        (silent, Code::Unavailable),
    ] {
        let stage = Stage::new();
        let events = stage.ask(question("How many?"), model.shared()).await;
        assert_eq!(status(&events), RunStatus::Failed);
        assert_eq!(fold(&events).error.unwrap().code, code);
    }
}

#[tokio::test(start_paused = true)]
async fn model_that_is_not_there_is_asked_once_more() {
    for (failures, expected) in [(1, RunStatus::Answered), (2, RunStatus::Failed)] {
        let left = std::sync::atomic::AtomicUsize::new(failures);
        let model = ScriptedModel::new(vec![text("Here.")]).checked(move |_| {
            let has_failed = left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err();
            if has_failed {
                Ok(())
            } else {
                Err(Error::new(Code::Unavailable, "nobody there"))
            }
        });
        let events = Stage::new().ask(question("Where?"), model.shared()).await;
        assert_eq!(status(&events), expected, "{failures} failures");
    }
}

#[tokio::test(start_paused = true)]
async fn cancel_stops_at_once_and_an_ended_run_stays_as_it_is() {
    let stage = Stage::new();
    let run_id = stage.agent.ask(question("How many?"), counting(50_000)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = tokio::time::Instant::now();
    stage.agent.cancel(run_id).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(50));
    let events = stage.events(run_id).await;
    assert_eq!(status(&events), RunStatus::Cancelled);
    stage.agent.cancel(run_id).await.unwrap();
    assert_eq!(stage.events(run_id).await, events);
    let answered = stage.ask(question("How many?"), counting(0)).await;
    stage.agent.cancel(answered[0].run_id).await.unwrap();
    assert_eq!(stage.events(answered[0].run_id).await, answered);
    assert_eq!(
        stage.agent.cancel(RunId::new()).await.unwrap_err().code(),
        Code::UnknownName
    );
}

#[tokio::test(start_paused = true)]
async fn cancel_in_an_outside_call_leaves_its_outcome_unknown() {
    let stage = Stage::new();
    let first = stage
        .ask(
            question("Mail"),
            ScriptedModel::new(vec![calls([call("send_mail", json!({"ms": 9_000}))])]).shared(),
        )
        .await;
    let yes = AskRequest {
        continues: Some(first[0].run_id),
        ..question("yes")
    };
    let run_id = stage
        .agent
        .ask(yes, ScriptedModel::new(vec![text("Sent.")]).shared())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stage.agent.cancel(run_id).await.unwrap();
    let events = stage.events(run_id).await;
    assert_eq!(status(&events), RunStatus::Cancelled);
    assert!(matches!(
        events[events.len() - 2].kind,
        RunEventKind::CallOutcomeUnknown { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn log_that_fails_once_ends_the_run_as_failed_or_goes_unnoticed_at_the_end() {
    for moment in [Moment::Before, Moment::After] {
        for nth in 2..=6 {
            let stage = Stage::new();
            let flaky = FlakyRunLog::failing_once(stage.log.clone(), nth, moment);
            let agent = stage.restart(flaky.clone());
            let run_id = agent.ask(question("How many?"), counting(5)).await.unwrap();
            let events: Vec<_> = agent.follow(run_id, 0).map(Result::unwrap).collect().await;
            // Started, replied, call started, call finished, text and reply, completed: the last
            // one is tried again by who records the end.
            let expected = if nth == 6 {
                RunStatus::Answered
            } else {
                RunStatus::Failed
            };
            assert_eq!(status(&events), expected, "{moment:?} {nth}");
            assert!(flaky.has_crashed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_come_from_a_timer_while_nothing_else_happens() {
    let stage = Stage::new();
    let events = stage.ask(question("How many?"), counting(21_000)).await;
    assert_eq!(
        stage.log.heartbeats(events[0].run_id),
        5,
        "at 0, 5, 10, 15 and 20 seconds"
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.log.heartbeats(events[0].run_id), 5, "none after the end");
}

#[tokio::test(start_paused = true)]
async fn second_delivery_is_the_same_run() {
    let stage = Stage::new();
    let request = question("How many?");
    let model = counting(500);
    let (one, two) = tokio::join!(
        stage.agent.ask(request.clone(), model.clone()),
        stage.agent.ask(request.clone(), model.clone())
    );
    assert_eq!(one.unwrap(), two.unwrap());
    let events = stage.events(request.run_id).await;
    assert_eq!(status(&events), RunStatus::Answered);
    stage.agent.ask(request.clone(), model.clone()).await.unwrap();
    assert_eq!(stage.events(request.run_id).await, events);
    assert_eq!(model.asked(), 2);
    let other = AskRequest {
        question: "How few?".into(),
        ..request
    };
    assert_eq!(stage.agent.ask(other, model).await.unwrap_err().code(), Code::Conflict);
}

#[tokio::test(start_paused = true)]
async fn continuing_needs_an_ended_run_of_the_same_project() {
    let stage = Stage::new();
    let run_id = stage.agent.ask(question("How many?"), counting(500)).await.unwrap();
    let next = || AskRequest {
        continues: Some(run_id),
        ..question("And?")
    };
    assert_eq!(
        stage.agent.ask(next(), counting(0)).await.unwrap_err().code(),
        Code::Conflict
    );
    stage.events(run_id).await;
    let elsewhere = AskRequest {
        project: "other".parse().unwrap(),
        ..next()
    };
    assert_eq!(
        stage.agent.ask(elsewhere, counting(0)).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let unknown = AskRequest {
        continues: Some(RunId::new()),
        ..question("And?")
    };
    assert_eq!(
        stage.agent.ask(unknown, counting(0)).await.unwrap_err().code(),
        Code::UnknownName
    );
    stage.agent.ask(next(), counting(0)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn readers_get_every_event_once_from_any_position() {
    let stage = Stage::new();
    let model: Arc<dyn ModelProvider> = counting(100);
    let run_id = stage.agent.ask(question("How many?"), model).await.unwrap();
    let early: Vec<_> = (0..4).map(|after| stage.agent.follow(run_id, after)).collect();
    let whole = stage.events(run_id).await;
    for (after, reader) in early.into_iter().enumerate() {
        let seen: Vec<_> = reader.map(Result::unwrap).collect().await;
        assert_eq!(seen, whole[after..]);
    }
    for after in 0..whole.len() as u64 + 3 {
        let seen: Vec<_> = stage.agent.follow(run_id, after).map(Result::unwrap).collect().await;
        assert_eq!(seen, whole[whole.len().min(after as usize)..], "after {after}");
    }
    let unknown: Vec<_> = stage.agent.follow(RunId::new(), 0).collect().await;
    assert!(matches!(unknown.as_slice(), [Err(error)] if error.code() == Code::UnknownName));
}
