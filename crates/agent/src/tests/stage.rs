//! What the runs of the tests happen on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use hedgerow_agent_api::{
    Declaration, Display, Effect, Example, Mode, ModelProvider, ObjectChange, ObjectState, ObjectStore as _, Policy,
    Principal, Registry, RunEvent, RunLog, RunStatus, Skill, Surface, Thread, ToolContext, ToolOutput, Trajectory,
    WritePlan, WriteTool, erase_write,
};
use hedgerow_data_api::{Clock, ValueType};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::RunId;
use hedgerow_testkit::{FakeStore, FakeTool, MemoryObjects, MemoryRunLog};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Agent, AskRequest, Limits};

/// The clock of all tests.
pub(super) fn clock() -> Clock {
    Clock::fixed("2015-05-20T12:00:00Z".parse::<DateTime<Utc>>().unwrap())
}

/// Who asks.
pub(super) fn ann() -> Principal {
    Principal {
        name: "ann".into(),
        ..Principal::local()
    }
}

/// A question to project `demo`.
pub(super) fn question(text: &str) -> AskRequest {
    AskRequest {
        run_id: RunId::new(),
        project: "demo".parse().unwrap(),
        question: text.to_owned(),
        conversation_id: None,
        continues: None,
        approval: None,
        principal: ann(),
        sees: hedgerow_agent_api::Stage::Idea,
        modes: Vec::new(),
        clock: clock(),
        surface: Surface::Cli,
        context: Vec::new(),
    }
}

/// A site's names and values.
pub(super) fn store() -> FakeStore {
    FakeStore::new("demo")
        .event("$request", 6_835)
        .event("$pageview", 3_165)
        .property(
            "$browser",
            ValueType::String,
            &[
                ("Chrome", 900),
                ("Firefox", 700),
                ("Internet Explorer", 50),
                ("Chrome Mobile", 9),
            ],
        )
        .property(
            "$os",
            ValueType::String,
            &[
                ("Windows 7", 800),
                ("Mac OS X", 300),
                ("Windows XP", 200),
                ("Linux", 90),
            ],
        )
        .property(
            "$pathname",
            ValueType::String,
            &[
                ("/favicon.ico", 807),
                ("/", 218),
                ("/blog/tags/puppet", 489),
                ("/blog/", 9),
            ],
        )
        .property(
            "$referrer",
            ValueType::String,
            &[("http://www.google.com/", 40), ("http://semicomplete.com/", 30)],
        )
        .property("$is_bot", ValueType::Boolean, &[("false", 9_000), ("true", 1_000)])
        .property(
            "$raw_user_agent",
            ValueType::String,
            &[("Mozilla/5.0 (Windows) Chrome/32", 90), ("Googlebot/2.1", 9)],
        )
        .property(
            "method",
            ValueType::String,
            &[("GET", 9_952), ("HEAD", 42), ("POST", 5)],
        )
        .property(
            "status",
            ValueType::Integer,
            &[("200", 9_126), ("304", 445), ("404", 213), ("4040", 1)],
        )
        .property("bytes", ValueType::Integer, &[("1015", 100), ("404", 2)])
}

/// The tools of the tests, to look at how often they ran.
pub(super) struct Tools {
    pub(super) count: Arc<FakeTool>,
    pub(super) mail: Arc<FakeTool>,
    pub(super) busy: Arc<FakeTool>,
}

/// Everything a run needs.
pub(super) struct Stage {
    pub(super) agent: Arc<Agent>,
    pub(super) log: Arc<MemoryRunLog>,
    pub(super) tools: Tools,
    pub(super) registry: Arc<Registry>,
    policy: Policy,
}

/// Limits of the tests.
pub(super) fn limits() -> Limits {
    Limits {
        rounds: 6,
        calls_per_round: 4,
        run_timeout: Duration::from_secs(300),
        ..Limits::default()
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(Policy::default(), limits())
    }

    pub(super) fn with(policy: Policy, limits: Limits) -> Self {
        let log = Arc::new(MemoryRunLog::default());
        let (registry, tools) = registry(log.objects());
        let registry = Arc::new(registry);
        let agent = Agent::new(registry.clone(), log.clone(), policy.clone(), limits);
        Self {
            agent,
            log,
            tools,
            registry,
            policy,
        }
    }

    /// Another process on the same log, or on a wrapper of it.
    pub(super) fn restart(&self, log: Arc<dyn RunLog>) -> Arc<Agent> {
        Agent::new(self.registry.clone(), log, self.policy.clone(), limits())
    }

    /// Asks and waits for the end.
    pub(super) async fn ask(&self, request: AskRequest, model: Arc<dyn ModelProvider>) -> Vec<RunEvent> {
        let run_id = self.agent.ask(request, model).await.unwrap();
        self.events(run_id).await
    }

    /// All events of a run, up to its end.
    pub(super) async fn events(&self, run_id: RunId) -> Vec<RunEvent> {
        self.agent.follow(run_id, 0).map(|event| event.unwrap()).collect().await
    }
}

/// The fold of some events.
pub(super) fn fold(events: &[RunEvent]) -> Thread {
    Thread::fold(events)
}

/// The status of a whole run, after checking that it has one end.
pub(super) fn status(events: &[RunEvent]) -> RunStatus {
    let terminals = events.iter().filter(|event| event.kind.is_terminal()).count();
    assert_eq!(terminals, 1, "{}", lines(events));
    assert!(events.last().unwrap().kind.is_terminal());
    fold(events).status
}

/// The events as lines of JSON, with ids named by their order and times left out.
pub(super) fn lines(events: &[RunEvent]) -> String {
    let line = |event: &RunEvent| {
        let mut json = serde_json::to_value(event).unwrap();
        let fields = json.as_object_mut().unwrap();
        for field in ["version", "run_id", "at"] {
            fields.shift_remove(field);
        }
        json.to_string()
    };
    let text = events.iter().map(line).collect::<Vec<_>>().join("\n");
    let uuid = regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    let mut seen: Vec<String> = Vec::new();
    let name = |found: &regex::Captures| {
        let position = seen.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
            seen.push(found[0].to_owned());
            seen.len() - 1
        });
        format!("id-{}", position + 1)
    };
    uuid.replace_all(&text, name).into_owned()
}

fn registry(objects: Arc<MemoryObjects>) -> (Registry, Tools) {
    let mut registry = Registry::default();
    let manifest = r#"
        name = "notes"
        title = "Notes"
        owner = "Notes team"
        contact = "notes@notes.example"
        stage = "ga"
        icon = "notebook"
        docs = "README.md"
    "#;
    registry.add_product(toml::from_str(manifest).unwrap()).unwrap();
    let doc = "# Notes\n\nSticky remarks\nfor everybody.\n\n## More\n\nZebras are not what this is about.\n";
    registry.add_texts("notes", &[("README.md", doc), ("product.toml", manifest)]);
    let skill = "---\nname: keeping-notes\ndescription: Tidy up remarks.\n---\nMerge what says the same.\n";
    registry.add_skill(Skill::parse(skill).unwrap()).unwrap();
    registry.add_object_kind("notes", "note").unwrap();
    registry
        .add_tool(erase_write(SaveNote {
            objects: objects.clone(),
        }))
        .unwrap();
    let count = FakeTool::counting("count_events");
    let mail = FakeTool::new("send_mail", Effect::External, |_, args| async move {
        tokio::time::sleep(Duration::from_millis(args["ms"].as_u64().unwrap_or(0))).await;
        Ok(ToolOutput::text(Value::Null, "sent"))
    });
    let tries = AtomicUsize::new(0);
    let busy = FakeTool::new("busy_once", Effect::Read, move |_, _| {
        let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                Err(Error::new(Code::Busy, "taken"))
            } else {
                Ok(ToolOutput::text(Value::Null, "free"))
            }
        }
    });
    let panics = FakeTool::new("panics", Effect::Read, |_, _| async { panic!("a defect") });
    let slow = FakeTool::new("slow", Effect::Read, |ctx, _| async move {
        for step in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            ctx.progress.report(f64::from(step) / 100.0, "counting");
        }
        Ok(ToolOutput::text(json!(null), "done"))
    });
    for tool in [count.clone(), mail.clone(), busy.clone(), panics, slow] {
        registry.add_tool(tool).unwrap();
    }
    registry.add_tool(FakeTool::counting("run_sql")).unwrap();
    let tools = ["count_events", "send_mail", "busy_once", "panics", "slow"]
        .map(str::to_owned)
        .to_vec();
    let trajectory = Trajectory {
        job: "Find the busiest day".into(),
        body: "1. `count_events` by day.".into(),
    };
    let mode = |name: &str, when: &str, tools, trajectories| Mode {
        name: name.into(),
        when: when.into(),
        tools,
        prompt: format!("You are in {name}."),
        trajectories,
    };
    registry
        .add_mode(mode(
            "product_analytics",
            "How many, how often, who.",
            tools,
            vec![trajectory],
        ))
        .unwrap();
    registry
        .add_mode(mode("sql", "The user wants SQL.", vec!["run_sql".into()], Vec::new()))
        .unwrap();
    registry
        .add_mode(mode(
            "notes",
            "The user wants a note.",
            vec!["save_note".into()],
            Vec::new(),
        ))
        .unwrap();
    registry.add_object_kind("insights", "dashboard").unwrap();
    crate::core_tools::install(&mut registry, store().data(), objects).unwrap();
    (registry, Tools { count, mail, busy })
}

/// Makes a note, or changes its text.
struct SaveNote {
    objects: Arc<MemoryObjects>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    /// Its name.
    name: String,
    /// What it says.
    text: String,
}

#[async_trait]
impl WriteTool for SaveNote {
    type Args = Note;

    fn declaration(&self) -> Declaration {
        const EXAMPLES: &[Example] = &[Example::new("A note", r#"{"name": "a", "text": "b"}"#)];
        Declaration {
            name: "save_note".into(),
            title: "Save a note".into(),
            description: "Saves a note.".into(),
            display: Display::new("Saving", "Saved"),
            expected: Duration::from_millis(1),
            progress: None,
            access: "note:write".into(),
            examples: EXAMPLES.into(),
        }
    }

    async fn plan(&self, ctx: &ToolContext, note: Note) -> Result<WritePlan> {
        let notes = self.objects.list(&ctx.project, Some("note")).await?;
        let state = ObjectState {
            name: note.name.clone(),
            body: json!({"text": note.text}),
        };
        let change = match notes.iter().find(|object| object.name == note.name) {
            Some(object) => ObjectChange::of(object, Some(state)),
            None => ObjectChange::create("note", state),
        };
        Ok(WritePlan::new(vec![change], format!("Saved {}.", note.name)))
    }
}
