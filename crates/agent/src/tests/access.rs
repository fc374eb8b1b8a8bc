//! A run may what whoever started it may, and no more.

use hedgerow_agent_api::{
    Actor, CallState, Effect, ObjectChange, ObjectState, ObjectStore as _, ObjectWrite, Principal, Progress,
    RunEventKind, RunStatus, Scope, Surface, ToolContext,
};
use hedgerow_errors::Code;
use hedgerow_testkit::{Moment, ScriptedModel, call, calls, text};
use serde_json::json;

use super::restarts::crash_and_resume;
use super::stage::{Stage, ann, clock, fold, question, status};
use crate::AskRequest;

fn with_scopes(scopes: &[&str]) -> AskRequest {
    let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
    AskRequest {
        principal: Principal {
            scopes: Some(scopes),
            ..ann()
        },
        modes: vec!["product_analytics".to_owned()],
        ..question("How many?")
    }
}

fn counting() -> ScriptedModel {
    let count = calls([call("count_events", json!({"events": 7}))]);
    ScriptedModel::new(vec![count, text("I could not look.")])
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_asker_may_not_make_is_refused_with_the_reason() {
    for (scopes, allowed) in [
        (&["run:write", "query:read"][..], true),
        (&["*"][..], true),
        (&["run:write", "*:read"][..], true),
        (&["run:write"][..], false),
        (&["run:write", "taxonomy:write"][..], false),
    ] {
        let stage = Stage::new();
        let events = stage.ask(with_scopes(scopes), counting().shared()).await;
        assert_eq!(status(&events), RunStatus::Answered, "{scopes:?}");
        let thread = fold(&events);
        let call = &thread.calls[0];
        assert_eq!(call.state == CallState::Ok, allowed, "{scopes:?}");
        assert_eq!(stage.tools.count.runs(), usize::from(allowed), "{scopes:?}");
        if !allowed {
            // A refused call does nothing, whatever it would have done.
            assert_eq!(call.effect, Effect::Read);
            let error = call.error.as_ref().unwrap();
            assert_eq!(error.code, Code::Denied);
            // The model reads what is missing.
            assert!(call.content.contains("query:read"), "{}", call.content);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_keeps_what_the_asker_may_in_this_project_alone() {
    let stage = Stage::new();
    let principal = Principal {
        projects: Some(vec!["demo".parse().unwrap(), "secret".parse().unwrap()]),
        ..ann()
    };
    let request = AskRequest {
        principal: principal.clone(),
        ..question("How many?")
    };
    let events = stage
        .ask(request, ScriptedModel::new(vec![text("None.")]).shared())
        .await;
    let RunEventKind::RunStarted { principal: kept, .. } = &events[0].kind else {
        panic!("a run starts with its start");
    };
    let within = principal.within(&"demo".parse().unwrap());
    assert_eq!(kept.as_ref(), Some(&within));
    assert!(!serde_json::to_string(&events).unwrap().contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_after_a_crash_still_may_no_more() {
    let mut resumed = 0;
    for moment in [Moment::Before, Moment::After] {
        for nth in 2.. {
            let stage = Stage::new();
            let request = with_scopes(&["run:write"]);
            let Some(events) = crash_and_resume(&stage, request, counting, nth, moment).await else {
                break;
            };
            resumed += 1;
            let call = &fold(&events).calls[0];
            let code = call.error.as_ref().map(|error| error.code);
            assert_eq!(code, Some(Code::Denied), "{moment:?} {nth}");
            assert_eq!(stage.tools.count.runs(), 0, "{moment:?} {nth}");
        }
    }
    assert!(resumed >= 4, "{resumed}");
}

#[tokio::test]
async fn read_data_and_search_show_the_kinds_that_may_be_read() {
    let stage = Stage::new();
    let project = question("").project;
    for kind in ["dashboard", "note"] {
        let (name, body) = (
            "a".to_owned(),
            json!({"description": "Zebras", "inner": [{"text": "quagga"}]}),
        );
        let write = ObjectWrite {
            project: project.clone(),
            actor: Actor::Person { name: "ann".into() },
            at: clock().now(),
            changes: vec![ObjectChange::create(kind, ObjectState { name, body })],
        };
        stage.log.objects().write(write).await.unwrap();
    }
    let tool = stage.registry.tool("read_data").unwrap();
    let search = stage.registry.tool("search").unwrap();
    for (scopes, named, listed) in [
        (&["*"][..], true, 2),
        (&["project:read", "dashboard:read"][..], true, 1),
        (&["project:read", "note:read"][..], false, 1),
        (&["project:read"][..], false, 0),
    ] {
        let ctx = ToolContext {
            sees: hedgerow_agent_api::Stage::Idea,
            project: project.clone(),
            clock: clock(),
            surface: Surface::Agent,
            principal: with_scopes(scopes).principal,
            progress: Progress::ignore(),
        };
        let of = tool.run(&ctx, json!({"kind": "objects", "of": "dashboard"})).await;
        assert_eq!(of.is_ok(), named, "{scopes:?}");
        let found = tool.run(&ctx, json!({"kind": "objects"})).await.unwrap();
        assert_eq!(found.result["objects"].as_array().unwrap().len(), listed, "{scopes:?}");
        for word in ["zebra", "quagga"] {
            let found = search.run(&ctx, json!({"query": word})).await.unwrap();
            let found = found.result["found"].as_array().unwrap();
            assert!(
                found
                    .iter()
                    .all(|found| found["kind"] == "object" && found["name"] == "a")
            );
            assert_eq!(found.len(), listed, "{scopes:?} {word}");
        }
    }
}
