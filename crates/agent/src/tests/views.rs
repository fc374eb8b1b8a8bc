//! What a run sees of products that are not open to everybody, from its start to its end and over a restart.

use std::sync::Arc;

use futures::StreamExt;
use hedgerow_agent_api::{
    CallState, Mode, ModelRequest, NewRun, Policy, Product, Registry, RunEventKind, RunLog, RunStatus, Stage, Thread,
};
use hedgerow_data_api::Data;
use hedgerow_errors::Code;
use hedgerow_ids::{ConversationId, RunId};
use hedgerow_testkit::{FakeEngine, FakeTool, MemoryObjects, MemoryRunLog, ScriptedModel, call, calls, text};
use serde_json::json;

use super::stage::{clock, question, store};
use crate::{Agent, AskRequest, Limits, core_tools};

/// An agent with the product `surveys`, which is at the stage beta.
fn agent(log: Arc<MemoryRunLog>) -> Arc<Agent> {
    let mut registry = Registry::default();
    let manifest = json!({
        "name": "surveys", "title": "Surveys", "owner": "A team", "contact": "#team", "stage": "beta", "icon": "box",
        "docs": "README.md",
    });
    let product: Product = serde_json::from_value(manifest).unwrap();
    registry.add_product(product).unwrap();
    registry.add_tool(FakeTool::counting("count_answers")).unwrap();
    let mode = Mode {
        name: "surveys".to_owned(),
        when: "questions about answers to surveys".to_owned(),
        tools: vec!["count_answers".to_owned()],
        prompt: "Count answers.".to_owned(),
        trajectories: Vec::new(),
    };
    registry.add_mode(mode).unwrap();
    let data = Data {
        queries: Arc::new(FakeEngine::default()),
        store: Arc::new(store()),
        definitions: Arc::new(hedgerow_data_api::NoDefinitions),
    };
    core_tools::install(&mut registry, data, Arc::new(MemoryObjects::default())).unwrap();
    Agent::new(Arc::new(registry), log, Policy::default(), Limits::default())
}

fn model() -> ScriptedModel {
    ScriptedModel::new(vec![
        calls([call("search", json!({"query": "answers to surveys"}))]),
        calls([call("enable_mode", json!({"mode": "surveys"}))]),
        calls([call("count_answers", json!({"events": 3}))]),
        text("Done."),
    ])
}

async fn end(agent: &Agent, run_id: RunId) -> Thread {
    let mut events = agent.follow(run_id, 0);
    let mut thread = Thread::default();
    while let Some(event) = events.next().await {
        thread.apply(&event.unwrap());
    }
    thread
}

/// Whether all of a run's surfaces showed the product, or none did.
fn assert_sees(thread: &Thread, requests: &[ModelRequest], sees: bool) {
    let modes = |request: &ModelRequest| {
        let card = request.tools.iter().find(|tool| tool.name == "enable_mode").unwrap();
        card.description.contains("surveys")
    };
    assert!(
        requests.iter().all(|request| modes(request) == sees),
        "the card of modes"
    );
    let last = requests.last().unwrap();
    assert_eq!(last.tools.iter().any(|tool| tool.name == "count_answers"), sees);
    assert_eq!(last.system.iter().any(|text| text.contains("Count answers.")), sees);
    let [search, enable, count] = thread.calls.as_slice() else {
        panic!("three calls: {:?}", thread.calls);
    };
    assert_eq!(search.state, CallState::Ok);
    assert_eq!(search.content.contains("count_answers"), sees, "{}", search.content);
    for refused in [enable, count] {
        let code = refused.error.as_ref().map(|error| error.code);
        assert_eq!(code, (!sees).then_some(Code::Denied), "{refused:?}");
        assert_eq!(
            refused.content.contains("early-access PROJECT beta"),
            !sees,
            "{}",
            refused.content
        );
    }
    assert_eq!(thread.modes.contains(&"surveys".to_owned()), sees);
    assert_eq!(thread.status, RunStatus::Answered);
}

#[tokio::test(start_paused = true)]
async fn a_run_sees_what_whoever_asks_sees() {
    for lowest in Stage::ALL {
        let agent = agent(Arc::default());
        let model = model().shared();
        let request = AskRequest {
            sees: lowest,
            ..question("How many answers to surveys were there?")
        };
        let run_id = agent.ask(request, model.clone()).await.unwrap();
        let thread = end(&agent, run_id).await;
        assert_sees(&thread, &model.requests(), lowest <= Stage::Beta);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_shows_a_run_no_more_than_before() {
    for (sees, expected) in [(None, true), (Some(Stage::Beta), true), (Some(Stage::Ga), false)] {
        let log = Arc::new(MemoryRunLog::default());
        let (run_id, conversation_id) = (RunId::new(), ConversationId::new());
        let project: hedgerow_ids::ProjectId = "demo".parse().unwrap();
        let now = clock().now();
        let new = NewRun {
            run_id,
            conversation_id,
            project: project.clone(),
            question: "How many?".to_owned(),
            started_at: now,
        };
        log.create(new).await.unwrap();
        let started = RunEventKind::RunStarted {
            project,
            conversation_id,
            question: "How many?".to_owned(),
            model: "scripted".to_owned(),
            now,
            continues: None,
            approval: None,
            person: None,
            context: Vec::new(),
            principal: None,
            sees,
            products: Default::default(),
        };
        log.append(run_id, 0, now, vec![started]).await.unwrap();
        let (agent, model) = (agent(log), model().shared());
        agent.resume(run_id, model.clone(), clock()).await.unwrap();
        let thread = end(&agent, run_id).await;
        assert_sees(&thread, &model.requests(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mode_or_a_page_of_a_hidden_product_starts_no_run() {
    let agent = agent(Arc::default());
    let ask = |sees: Stage| AskRequest {
        sees,
        modes: vec!["surveys".to_owned()],
        ..question("How many answers?")
    };
    let hidden = agent.ask(ask(Stage::Ga), model().shared()).await.unwrap_err();
    assert_eq!(hidden.code(), Code::Denied);
    assert!(agent.ask(ask(Stage::Beta), model().shared()).await.is_ok());
}
