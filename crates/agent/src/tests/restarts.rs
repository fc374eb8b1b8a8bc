//! What a crash leaves behind, and how the next process goes on.

use std::time::Duration;

use futures::StreamExt;
use hedgerow_agent_api::{AwaitReason, CallState, NewRun, RunEvent, RunEventKind, RunLog, RunStatus};
use hedgerow_errors::Code;
use hedgerow_ids::{ConversationId, RunId};
use hedgerow_testkit::{FlakyRunLog, Moment, ScriptedModel, call, calls, text};
use serde_json::json;

use super::stage::{Stage, clock, fold, question, status};
use crate::AskRequest;

/// Two reads at once, a draft, an answer.
fn script() -> ScriptedModel {
    let reads = calls([
        call("count_events", json!({"label": "a", "events": 1, "ms": 10})),
        call("count_events", json!({"label": "b", "events": 2, "ms": 30})),
    ]);
    let draft = calls([call(
        "todo_write",
        json!({"items": [{"content": "x", "status": "pending"}]}),
    )]);
    ScriptedModel::new(vec![reads, draft, text("Counted all.")])
}

/// Runs until the log dies at its n-th append, then goes on in another process.
pub(super) async fn crash_and_resume(
    stage: &Stage,
    request: AskRequest,
    script: fn() -> ScriptedModel,
    nth: usize,
    moment: Moment,
) -> Option<Vec<RunEvent>> {
    let flaky = FlakyRunLog::crashing(stage.log.clone(), nth, moment);
    let first = stage.restart(flaky.clone());
    let run_id = request.run_id;
    // Appending the first events is what may fail here.
    let _ = first.ask(request, script().shared()).await;
    let ended = first.follow(run_id, 0).collect::<Vec<_>>();
    tokio::select! { () = flaky.crashed() => {}, _ = ended => {} }
    if !flaky.has_crashed() {
        return None;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = stage.restart(stage.log.clone());
    let reader = second.follow(run_id, 0).map(Result::unwrap).collect::<Vec<_>>();
    second.resume(run_id, script().shared(), clock()).await.unwrap();
    Some(reader.await)
}

#[tokio::test(start_paused = true)]
async fn run_goes_on_after_a_crash_at_any_append() {
    let whole = Stage::new().ask(question("How many?"), script().shared()).await;
    let mut crashes = 0;
    for moment in [Moment::Before, Moment::After] {
        for nth in 1.. {
            let stage = Stage::new();
            let Some(events) = crash_and_resume(&stage, question("How many?"), script, nth, moment).await else {
                break;
            };
            crashes += 1;
            let thread = fold(&events);
            if nth == 1 && moment == Moment::Before {
                assert_eq!(status(&events), RunStatus::Failed, "there is nothing to go on with");
                continue;
            }
            assert_eq!(status(&events), RunStatus::Answered, "{moment:?} {nth}");
            let expected = fold(&whole);
            assert_eq!(thread.answer, expected.answer);
            assert_eq!(thread.replies, expected.replies);
            let seen = |call: &hedgerow_agent_api::ToolCallView| (call.tool.clone(), call.content.clone(), call.state);
            assert_eq!(
                thread.calls.iter().map(seen).collect::<Vec<_>>(),
                expected.calls.iter().map(seen).collect::<Vec<_>>()
            );
            let handles: Vec<_> = thread
                .calls
                .iter()
                .filter_map(|call| call.result.as_ref().map(|result| result.handle.clone()))
                .collect();
            assert_eq!(handles, ["r1", "r2"]);
            // Each of the two reads ran once, or twice where the crash took its result.
            assert!(
                stage.tools.count.runs() <= 4,
                "{moment:?} {nth}: {}",
                stage.tools.count.runs()
            );
        }
    }
    assert!(crashes >= 14, "every append was hit, both ways: {crashes}");
}

#[tokio::test(start_paused = true)]
async fn question_to_the_user_survives_a_crash_at_any_append() {
    let asking = || {
        let ask = call("ask_user", json!({"question": "Which?"}));
        ScriptedModel::new(vec![calls([call("count_events", json!({})), ask]), text("Never said.")])
    };
    let mut crashes = 0;
    for moment in [Moment::Before, Moment::After] {
        for nth in 2.. {
            let stage = Stage::new();
            let Some(events) = crash_and_resume(&stage, question("How many?"), asking, nth, moment).await else {
                break;
            };
            crashes += 1;
            assert_eq!(status(&events), RunStatus::Asked, "{moment:?} {nth}");
        }
    }
    assert!(crashes >= 8, "{crashes}");
}

#[tokio::test(start_paused = true)]
async fn recorded_results_are_not_computed_again() {
    let stage = Stage::new();
    // Run started, reply, two calls started, first result, second result: then it dies.
    let events = crash_and_resume(&stage, question("How many?"), script, 5, Moment::After)
        .await
        .unwrap();
    assert_eq!(status(&events), RunStatus::Answered);
    assert_eq!(stage.tools.count.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_outside_call_asks_and_runs_again_only_when_approved() {
    let stage = Stage::new();
    let mailing = || ScriptedModel::new(vec![calls([call("send_mail", json!({"ms": 5}))])]);
    let asked = stage.ask(question("Mail"), mailing().shared()).await;
    let yes = AskRequest {
        continues: Some(asked[0].run_id),
        ..question("yes")
    };
    // Run started, call started; the result is lost.
    let events = crash_and_resume(
        &stage,
        yes.clone(),
        || ScriptedModel::new(vec![text("Sent.")]),
        3,
        Moment::Before,
    )
    .await
    .unwrap();
    assert_eq!(status(&events), RunStatus::Asked);
    let thread = fold(&events);
    assert_eq!(thread.calls[0].state, CallState::Unknown);
    let Some(AwaitReason::Approval { call_id, why, .. }) = thread.awaiting else {
        panic!("no approval")
    };
    assert_eq!(call_id, thread.calls[0].call_id);
    assert!(why.contains("nobody knows"), "{why}");
    assert_eq!(stage.tools.mail.runs(), 1, "not made again by itself");
    let again = AskRequest {
        continues: Some(yes.run_id),
        ..question("yes")
    };
    // The approved call stands before the model's first reply.
    let events = stage
        .ask(again, ScriptedModel::new(vec![text("Sent."); 2]).shared())
        .await;
    assert_eq!(status(&events), RunStatus::Answered);
    assert_eq!(stage.tools.mail.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn interrupted_runs_are_closed_once() {
    let stage = Stage::new();
    let flaky = FlakyRunLog::crashing(stage.log.clone(), 3, Moment::After);
    let run_id = stage
        .restart(flaky.clone())
        .ask(question("How many?"), script().shared())
        .await
        .unwrap();
    flaky.crashed().await;
    let waiting = stage.agent.follow(run_id, 0).map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(stage.log.unfinished().await.unwrap(), [run_id]);
    stage.agent.close_interrupted(run_id, &clock()).await.unwrap();
    let events = waiting.await;
    assert_eq!(status(&events), RunStatus::Failed);
    let error = fold(&events).error.unwrap();
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::Unavailable, "interrupted by a restart")
    );
    stage.agent.close_interrupted(run_id, &clock()).await.unwrap();
    stage.agent.resume(run_id, script().shared(), clock()).await.unwrap();
    stage.agent.cancel(run_id).await.unwrap();
    assert_eq!(stage.events(run_id).await, events);
}

#[tokio::test(start_paused = true)]
async fn run_without_any_event_is_started_by_the_second_delivery_or_closed() {
    let stage = Stage::new();
    let new_run = |request: &AskRequest| NewRun {
        run_id: request.run_id,
        conversation_id: ConversationId::new(),
        project: request.project.clone(),
        question: request.question.clone(),
        started_at: clock().now(),
    };
    let request = question("How many?");
    stage.log.create(new_run(&request)).await.unwrap();
    assert_eq!(
        status(&stage.ask(request, script().shared()).await),
        RunStatus::Answered
    );
    for how in 0..3 {
        let request = question("How many?");
        let run_id: RunId = request.run_id;
        stage.log.create(new_run(&request)).await.unwrap();
        match how {
            0 => stage.agent.resume(run_id, script().shared(), clock()).await.unwrap(),
            1 => stage.agent.close_interrupted(run_id, &clock()).await.unwrap(),
            _ => stage.agent.cancel(run_id).await.unwrap(),
        }
        let events = stage.events(run_id).await;
        assert!(matches!(events[0].kind, RunEventKind::RunStarted { .. }));
        assert_eq!(
            status(&events),
            if how == 2 {
                RunStatus::Cancelled
            } else {
                RunStatus::Failed
            }
        );
        assert_eq!(fold(&events).question, "How many?");
    }
}

#[tokio::test(start_paused = true)]
async fn reader_is_told_when_the_log_is_gone() {
    let stage = Stage::new();
    let flaky = FlakyRunLog::crashing(stage.log.clone(), 3, Moment::Before);
    let agent = stage.restart(flaky);
    let run_id = agent.ask(question("How many?"), script().shared()).await.unwrap();
    let seen: Vec<_> = agent.follow(run_id, 0).collect().await;
    assert!(seen.last().unwrap().is_err());
}
