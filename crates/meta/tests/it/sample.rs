//! Runs and events to write.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{
    Answer, AwaitReason, CellRef, Claim, Effect, Figure, FigureStatus, ModelReply, NewRun, Outcome, Question,
    ResultSnapshot, RunEventKind, RunLog, Segment, TodoItem, TodoStatus, ToolCallRequest, ToolOutcome, Usage,
};
use hedgerow_data_api::{Column, Provenance, ResolvedRange, Role, Table, Unit, Warning};
use hedgerow_errors::{Code, Error};
use hedgerow_ids::{CallId, ConversationId, ProjectId, QueryId, RunId};
use hedgerow_meta::SqliteMeta;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("meta.sqlite")
    }

    pub(crate) async fn open(&self) -> SqliteMeta {
        SqliteMeta::open(&self.file()).await.unwrap()
    }
}

/// A connection beside the log, as another program has it.
pub(crate) async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

pub(crate) async fn execute(connection: &mut SqliteConnection, sql: impl Into<String>) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.into()))
        .execute(connection)
        .await
        .map(|_| ())
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn noon() -> DateTime<Utc> {
    at("2015-05-20T12:00:00Z")
}

pub(crate) fn project() -> ProjectId {
    "demo".parse().unwrap()
}

pub(crate) fn new_run() -> NewRun {
    NewRun {
        run_id: RunId::new(),
        conversation_id: ConversationId::new(),
        project: project(),
        question: "How many page views?".to_owned(),
        started_at: noon(),
    }
}

/// Makes a run and gives its id.
pub(crate) async fn started(log: &impl RunLog) -> RunId {
    let run = new_run();
    let run_id = run.run_id;
    log.create(run).await.unwrap();
    run_id
}

pub(crate) fn delta(text: &str) -> RunEventKind {
    RunEventKind::TextDelta { text: text.to_owned() }
}

/// The four ends of a run, and an outcome's second form.
pub(crate) fn ends() -> Vec<RunEventKind> {
    let completed = |outcome| RunEventKind::Completed {
        outcome,
        answer: Answer::plain("No."),
        warnings: Vec::new(),
        usage: Usage::default(),
    };
    let question = Question {
        question: "Which page?".to_owned(),
        options: vec!["/".to_owned()],
    };
    vec![
        completed(Outcome::Answered),
        completed(Outcome::Refused),
        RunEventKind::Failed {
            error: Error::new(Code::Unavailable, "interrupted by a restart").report(),
        },
        RunEventKind::Cancelled {},
        RunEventKind::AwaitingUser {
            reason: AwaitReason::Question { question, shown: None },
        },
    ]
}

fn call_id() -> CallId {
    "01970000-0000-7000-8000-00000000000c".parse().unwrap()
}

fn query_id() -> QueryId {
    "01970000-0000-7000-8000-00000000000d".parse().unwrap()
}

fn snapshot() -> ResultSnapshot {
    let column = |name: &str, role, unit| Column {
        name: name.to_owned(),
        title: name.to_owned(),
        role,
        unit,
    };
    ResultSnapshot {
        handle: "r1".to_owned(),
        table: Table {
            title: "Page views by path".to_owned(),
            columns: vec![
                column("pathname", Role::Label, Unit::None),
                column("page_views", Role::Measure, Unit::Events),
                column("share", Role::Measure, Unit::Percent),
            ],
            rows: vec![
                vec![json!("/caf\u{e9} \u{1f407}"), json!(218), json!(6.75)],
                vec![json!(null), json!(0), json!(true)],
            ],
            rows_cut: 7,
        },
        provenance: Some(Provenance {
            query_id: query_id(),
            project: project(),
            kind: "TrendsQuery".to_owned(),
            plan_hash: "00ff".to_owned(),
            snapshot_id: 3,
            time_zone: "UTC".to_owned(),
            range: Some(ResolvedRange {
                date_from: "2015-05-17T00:00:00Z".to_owned(),
                date_to: "2015-05-20T23:59:59.999999Z".to_owned(),
                partial: true,
            }),
            filters: vec!["status is 200".to_owned()],
            definitions: Vec::new(),
            null_semantics: "missing values match is not".to_owned(),
            limits: vec!["breakdown 25".to_owned()],
            query: "{}".to_owned(),
            memory_rows: 0,
            rows_read: 10_000,
            cached_at: None,
            elapsed_ms: 12,
        }),
        warnings: vec![Warning::new("partial_period", "2015-05-20 is not complete")],
        view: None,
    }
}

fn answer() -> Answer {
    let cell = CellRef {
        handle: "r1".to_owned(),
        query_id: Some(query_id()),
        row: 0,
        column: "page_views".to_owned(),
        label: "/".to_owned(),
        value: json!(218),
    };
    let figure = Figure {
        text: "218".to_owned(),
        value: json!(218),
        unit: Unit::Events,
        status: FigureStatus::Verified,
        expression: "r1[0].page_views".to_owned(),
        cells: vec![cell],
        claim: Claim::Reference,
    };
    Answer {
        text: "218 page views.".to_owned(),
        segments: vec![
            Segment::Figure { index: 0 },
            Segment::Text {
                text: " page views.".to_owned(),
            },
        ],
        figures: vec![figure],
        headline: Some(0),
    }
}

fn calls() -> Vec<RunEventKind> {
    let error = Error::unknown("event", "$pagview", ["$pageview"]).report();
    vec![
        RunEventKind::CallStarted {
            call_id: call_id(),
            model_call_id: "1".to_owned(),
            tool: "query_trends".to_owned(),
            title: "Counting".to_owned(),
            arguments: json!({"series": [{"event": "$pageview", "math": "total"}]}),
            effect: Effect::Read,
            only_plans: false,
        },
        RunEventKind::CallProgress {
            call_id: call_id(),
            fraction: 0.5,
            note: "half of the files".to_owned(),
        },
        RunEventKind::CallFinished {
            call_id: call_id(),
            outcome: ToolOutcome::Ok,
            title: "Counted".to_owned(),
            content: "| page_views |\n| 218 |".to_owned(),
            result: Some(Box::new(snapshot())),
            changes: Vec::new(),
            error: None,
            ms: Some(12),
        },
        RunEventKind::CallFinished {
            call_id: call_id(),
            outcome: ToolOutcome::Error,
            title: "Failed".to_owned(),
            content: error.to_string(),
            result: None,
            changes: Vec::new(),
            error: Some(error),
            ms: Some(1),
        },
        RunEventKind::CallOutcomeUnknown { call_id: call_id() },
    ]
}

/// The run that `compat/runs-v1.sql` holds: each kind of event but the other three ends.
pub(crate) fn version_1() -> (NewRun, Vec<RunEventKind>) {
    let run = NewRun {
        run_id: "01970000-0000-7000-8000-00000000000a".parse().unwrap(),
        conversation_id: "01970000-0000-7000-8000-00000000000b".parse().unwrap(),
        ..new_run()
    };
    let reply = ModelReply {
        text: "{{r1[0].page_views}} page views.".to_owned(),
        tool_calls: vec![ToolCallRequest {
            id: "1".to_owned(),
            name: "query_trends".to_owned(),
            arguments: json!({}),
        }],
        outcome: Outcome::Answered,
        headline: Some("r1[0].page_views".to_owned()),
        usage: Usage {
            replies: 1,
            input_tokens: 20,
            output_tokens: 10,
        },
    };
    let started = RunEventKind::RunStarted {
        project: run.project.clone(),
        conversation_id: run.conversation_id,
        question: run.question.clone(),
        model: "builtin".to_owned(),
        now: noon(),
        continues: Some("01970000-0000-7000-8000-000000000009".parse().unwrap()),
        approval: None,
        person: None,
        context: Vec::new(),
        principal: None,
        sees: None,
        products: Default::default(),
    };
    let item = TodoItem {
        content: "Count".to_owned(),
        status: TodoStatus::InProgress,
    };
    let mut kinds = vec![
        started,
        RunEventKind::ModeEnabled {
            mode: "product_analytics".to_owned(),
            by: "router".to_owned(),
        },
        delta("Let me "),
        RunEventKind::Replied { reply },
    ];
    kinds.extend(calls());
    kinds.push(RunEventKind::RepairRequested {
        problem: "219 is not in r1".to_owned(),
    });
    kinds.push(RunEventKind::TodoChanged { items: vec![item] });
    kinds.push(RunEventKind::Completed {
        outcome: Outcome::Answered,
        answer: answer(),
        warnings: vec![Warning::new("partial_period", "2015-05-20 is not complete")],
        usage: Usage {
            replies: 1,
            input_tokens: 20,
            output_tokens: 10,
        },
    });
    (run, kinds)
}
