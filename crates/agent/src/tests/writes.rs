//! Writes of agents: asked about with their changes, made together with their record, never twice.

use hedgerow_agent_api::{
    ActivityFilter, Actor, Approval, AwaitReason, CallState, Decision, Object, ObjectChange, ObjectState,
    ObjectStore as _, ObjectWrite, Policy, Rule, RunEvent, RunStatus,
};
use hedgerow_ids::RunId;
use hedgerow_testkit::{Moment, ScriptedModel, call, calls, text};
use serde_json::{Value, json};

use super::restarts::crash_and_resume;
use super::stage::{Stage, clock, fold, limits, question, status};
use crate::AskRequest;

/// Saves a note, then says so.
fn saving() -> ScriptedModel {
    let save = calls([call("save_note", json!({"name": "a", "text": "one"}))]);
    ScriptedModel::new(vec![save, text("Saved.")])
}

fn request() -> AskRequest {
    AskRequest {
        modes: vec!["notes".to_owned()],
        ..question("Save a note")
    }
}

fn answer(run: RunId, approval: Approval) -> AskRequest {
    AskRequest {
        continues: Some(run),
        approval: Some(approval),
        ..question("as I said")
    }
}

/// A model that speaks once. The approved call counts as a reply of its own.
fn says(words: &str) -> ScriptedModel {
    ScriptedModel::new(vec![text(words); 2])
}

const YES: Approval = Approval::Approve { arguments: None };

async fn notes(stage: &Stage) -> Vec<Object> {
    stage.log.objects().list(&question("").project, None).await.unwrap()
}

async fn write(stage: &Stage, change: ObjectChange) {
    let write = ObjectWrite {
        project: question("").project,
        actor: Actor::Person { name: "ben".into() },
        at: clock().now(),
        changes: vec![change],
    };
    stage.log.objects().write(write).await.unwrap();
}

fn note(text: &str) -> ObjectState {
    ObjectState {
        name: "a".into(),
        body: json!({"text": text}),
    }
}

fn asked(events: &[RunEvent]) -> (Value, Vec<ObjectChange>) {
    assert_eq!(status(events), RunStatus::Asked);
    match fold(events).awaiting {
        Some(AwaitReason::Approval { arguments, changes, .. }) => (arguments, changes),
        other => panic!("no approval: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn write_waits_for_approval_with_its_changes_and_is_signed_by_the_agent() {
    let stage = Stage::new();
    let events = stage.ask(request(), saving().shared()).await;
    let (_, changes) = asked(&events);
    assert_eq!(
        (changes[0].before.clone(), changes[0].after.clone()),
        (None, Some(note("one")))
    );
    assert_eq!(notes(&stage).await, []);
    let done = says("Saved.").shared();
    let more = stage.ask(answer(events[0].run_id, YES), done).await;
    assert_eq!(status(&more), RunStatus::Answered);
    let object = &notes(&stage).await[0];
    let call = &fold(&more).calls[0];
    let actor = Actor::Agent {
        name: "ann".into(),
        run_id: more[0].run_id,
        call_id: call.call_id,
    };
    assert_eq!((&object.state(), &object.created_by), (&note("one"), &actor));
    assert_eq!((call.state, call.changes[0].id), (CallState::Ok, object.id));
    let filter = ActivityFilter {
        call: Some(call.call_id),
        ..ActivityFilter::default()
    };
    let activity = stage.log.objects().activity(&object.project, &filter).await.unwrap();
    assert_eq!(activity.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn change_that_somebody_else_made_meanwhile_asks_again() {
    let stage = Stage::new();
    let events = stage.ask(request(), saving().shared()).await;
    asked(&events);
    write(&stage, ObjectChange::create("note", note("ben's"))).await;
    let done = || says("Saved.").shared();
    let more = stage.ask(answer(events[0].run_id, YES), done()).await;
    let (_, changes) = asked(&more);
    assert_eq!(
        changes[0].before,
        Some(note("ben's")),
        "the difference is to what is there now"
    );
    assert_eq!(notes(&stage).await[0].state(), note("ben's"));
    let last = stage.ask(answer(more[0].run_id, YES), done()).await;
    assert_eq!(status(&last), RunStatus::Answered);
    assert_eq!(notes(&stage).await[0].state(), note("one"));
}

#[tokio::test(start_paused = true)]
async fn person_may_edit_the_arguments_or_say_why_not() {
    let stage = Stage::new();
    let events = stage.ask(request(), saving().shared()).await;
    let edited = Approval::Approve {
        arguments: Some(json!({"name": "a", "text": "mine"})),
    };
    let done = says("Saved.").shared();
    let more = stage.ask(answer(events[0].run_id, edited), done).await;
    assert_eq!(status(&more), RunStatus::Answered);
    assert_eq!(fold(&more).calls[0].arguments["text"], "mine");
    assert_eq!(notes(&stage).await[0].state(), note("mine"));

    let stage = Stage::new();
    let events = stage.ask(request(), saving().shared()).await;
    let no = Approval::Reject {
        reason: Some("too short".into()),
    };
    let model = says("I leave it.").shared();
    let more = stage.ask(answer(events[0].run_id, no), model.clone()).await;
    assert_eq!((status(&more), fold(&more).calls.len()), (RunStatus::Answered, 0));
    let read = serde_json::to_string(&model.requests()[0].messages).unwrap();
    assert!(read.contains("did not approve and said: too short"), "{read}");
    assert_eq!(notes(&stage).await, []);
}

#[tokio::test(start_paused = true)]
async fn approval_of_nothing_is_refused() {
    let stage = Stage::new();
    let done = || ScriptedModel::new(vec![text("Hello.")]).shared();
    let events = stage.ask(question("Hello"), done()).await;
    let error = stage
        .agent
        .ask(answer(events[0].run_id, YES), done())
        .await
        .unwrap_err();
    assert!(error.message().contains("no call to approve"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn write_is_made_once_wherever_the_process_dies() {
    let allowed = || {
        let rule = Rule {
            tool: Some("save_note".into()),
            effect: None,
            surface: None,
            decision: Decision::Allow,
        };
        Stage::with(Policy::new(vec![rule]), limits())
    };
    let mut crashes = 0;
    for moment in [Moment::Before, Moment::After] {
        for nth in 2.. {
            let stage = allowed();
            let Some(events) = crash_and_resume(&stage, request(), saving, nth, moment).await else {
                break;
            };
            crashes += 1;
            assert_eq!(status(&events), RunStatus::Answered, "{moment:?} {nth}");
            let thread = fold(&events);
            assert_eq!(thread.calls.len(), 1);
            assert_eq!(thread.calls[0].state, CallState::Ok, "{moment:?} {nth}");
            let objects = notes(&stage).await;
            assert_eq!((objects.len(), objects[0].version), (1, 1), "{moment:?} {nth}");
            assert_eq!(thread.calls[0].changes[0].id, objects[0].id);
        }
    }
    assert!(crashes >= 8, "{crashes}");
}
