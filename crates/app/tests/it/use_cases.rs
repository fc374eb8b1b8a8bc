//! Use cases over fakes: questions, tools, runs, recovery, benchmark.

use crate::support::{Fixture, project};
use futures::StreamExt as _;
use hedgerow_agent_api::{Effect, NewRun, Progress, Registry, RunLog as _, RunStatus, Surface, ToolOutput};
use hedgerow_app::eval::read_suites;
use hedgerow_app::{
    AccessLogInput, AskInput, AskOutcome, AskReport, ColumnOptions, EventFormat, EventsInput, MaxRejects, ToolCall,
};
use hedgerow_data_api::SqlQuery;
use hedgerow_errors::{Code, Error};
use hedgerow_ids::{ConversationId, RunId};
use hedgerow_testkit::{FakeEngine, FakeTool, call, calls, text};
use serde_json::json;

fn question(text: &str) -> AskInput {
    AskInput::new(project(), text, Surface::Cli)
}

fn tool_call(name: &str) -> ToolCall {
    let (project, name) = (project(), name.to_owned());
    ToolCall {
        project,
        name,
        arguments: json!({}),
        surface: Surface::Cli,
        approved: false,
        progress: Progress::ignore(),
    }
}

#[tokio::test]
async fn ask_reports_figures_calls_and_results() {
    let counting = FakeTool::counting("count");
    let arguments = json!({"events": 7, "label": "/"});
    let replies = vec![
        calls([call("count", arguments.clone())]),
        text("There were {{r1[0].events}} events for /."),
    ];
    let app = Fixture::new(replies).tool(counting).app();
    let thread = app.ask(question("How many events for /?")).await.unwrap();
    let report = AskReport::of(&thread).unwrap();
    assert_eq!(report.outcome, AskOutcome::Answered);
    assert_eq!(report.headline.unwrap().value, json!(7));
    assert_eq!(report.tool_calls.len(), 1);
    assert!(report.tool_calls[0].ok);
    assert_eq!(report.tool_calls[0].arguments, arguments);
    assert_eq!(report.artifacts.len(), 1);
    assert_eq!(report.artifacts[0].handle, "r1");
}

#[tokio::test]
async fn start_run_twice_with_one_id_starts_one_run() {
    let fixture = Fixture::new(vec![text("Nothing to count.")]);
    let app = fixture.app();
    let input = AskInput {
        run_id: Some(RunId::new()),
        ..question("How many?")
    };
    let first = app.start_run(input.clone()).await.unwrap();
    app.follow_run(first, 0).await.unwrap().collect::<Vec<_>>().await;
    assert_eq!(app.start_run(input.clone()).await.unwrap(), first);
    assert_eq!(app.runs(None, 10).await.unwrap().len(), 1);
    let other = AskInput {
        question: "How few?".to_owned(),
        ..input
    };
    assert_eq!(app.start_run(other).await.unwrap_err().code(), Code::Conflict);
}

#[tokio::test]
async fn start_run_refuses_what_it_does_not_know() {
    let app = Fixture::new(vec![text("x")]).app();
    let nowhere = AskInput {
        project: "nowhere".parse().unwrap(),
        ..question("How many?")
    };
    let error = app.start_run(nowhere).await.unwrap_err();
    assert_eq!(error.code(), Code::UnknownName);
    assert!(error.hint().unwrap().contains("site"), "{error:?}");

    let cases = [
        (
            AskInput {
                modes: vec!["astrology".to_owned()],
                ..question("How many?")
            },
            Code::UnknownName,
        ),
        (
            AskInput {
                model: Some("oracle".to_owned()),
                ..question("How many?")
            },
            Code::UnknownName,
        ),
        (
            AskInput {
                continues: Some(RunId::new()),
                ..question("How many?")
            },
            Code::UnknownName,
        ),
        (question("  "), Code::InvalidArgument),
    ];
    for (input, code) in cases {
        assert_eq!(
            app.start_run(input.clone()).await.unwrap_err().code(),
            code,
            "{input:?}"
        );
    }
    assert!(app.runs(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn http_may_name_only_the_builtin_and_the_default_model() {
    let app = Fixture::new(vec![text("x")]).app();
    let named = |model: &str| AskInput {
        model: Some(model.to_owned()),
        surface: Surface::Http,
        ..question("How many?")
    };
    assert_eq!(
        app.start_run(named("exec:true")).await.unwrap_err().code(),
        Code::Denied
    );
    assert!(app.start_run(named("builtin")).await.is_ok());
    let chosen = app.with_default_model("exec:true").unwrap();
    assert!(chosen.start_run(named("exec:true")).await.is_ok());
    let on_command_line = AskInput {
        surface: Surface::Cli,
        ..named("exec:true")
    };
    assert!(app.start_run(on_command_line).await.is_ok());
    assert!(app.with_default_model("oracle").is_err());
}

#[tokio::test]
async fn call_tool_runs_reads_and_refuses_what_needs_approval() {
    let output = || async { Ok(ToolOutput::text(json!("done"), "done")) };
    let deleting = FakeTool::new("drop_events", Effect::Delete, move |_, _| output());
    let app = Fixture::new(Vec::new())
        .tool(FakeTool::counting("count"))
        .tool(deleting.clone())
        .app();
    assert!(app.call_tool(&tool_call("count")).await.is_ok());

    let error = app.call_tool(&tool_call("drop_events")).await.unwrap_err();
    assert_eq!(error.code(), Code::Denied);
    assert!(error.hint().unwrap().contains("--approve"), "{error:?}");
    let effect = app.preview_tool(&tool_call("drop_events")).await.unwrap();
    assert_eq!(effect.effect, Effect::Delete);
    assert_eq!(deleting.runs(), 0);
    let approved = ToolCall {
        approved: true,
        ..tool_call("drop_events")
    };
    app.call_tool(&approved).await.unwrap();
    assert_eq!(deleting.runs(), 1);

    assert_eq!(
        app.call_tool(&tool_call("cuont")).await.unwrap_err().hint(),
        Some("did you mean count?")
    );
    let nowhere = ToolCall {
        project: "nowhere".parse().unwrap(),
        ..tool_call("count")
    };
    assert_eq!(app.call_tool(&nowhere).await.unwrap_err().code(), Code::UnknownName);
}

#[tokio::test]
async fn diff_of_runs_names_what_changed() {
    let replies = vec![
        calls([call("count", json!({"events": 7, "label": "/"}))]),
        text("It was {{r1[0].events}} events."),
    ];
    let app = Fixture::new(replies).tool(FakeTool::counting("count")).app();
    let mut runs = Vec::new();
    for words in ["How many?", "How many?", "How many then?"] {
        runs.push(app.ask(question(words)).await.unwrap().run_id.unwrap());
    }
    assert!(app.diff_runs(runs[0], runs[1]).await.unwrap().changes.is_empty());
    let changed = app.diff_runs(runs[0], runs[2]).await.unwrap().changes;
    assert_eq!(
        changed.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(),
        ["question"]
    );
}

#[tokio::test]
async fn recover_closes_what_cannot_go_on() {
    let fixture = Fixture::new(vec![text("x")]);
    let app = fixture.app();
    let (run_id, started_at) = (RunId::new(), app.clock().now());
    let conversation_id = ConversationId::new();
    let new = NewRun {
        run_id,
        conversation_id,
        project: project(),
        question: "How many?".to_owned(),
        started_at,
    };
    fixture.run_log.create(new).await.unwrap();
    let recovered = app.recover(false).await.unwrap();
    assert_eq!(recovered.closed, [run_id]);
    assert_eq!(app.run_thread(run_id).await.unwrap().status, RunStatus::Failed);
    assert!(app.recover(true).await.unwrap().closed.is_empty());
}

#[tokio::test]
async fn limits_are_refused_instead_of_clamped() {
    let app = Fixture::new(Vec::new()).app();
    for limit in [0, 1_001] {
        assert_eq!(app.runs(None, limit).await.unwrap_err().code(), Code::InvalidArgument);
        let values = app.property_values(&project(), "$browser", "", limit).await;
        assert_eq!(values.unwrap_err().code(), Code::InvalidArgument);
    }
    let unknown = app.property_values(&project(), "$browsr", "", 5).await.unwrap_err();
    assert_eq!(unknown.hint(), Some("did you mean $browser?"));
}

#[tokio::test]
async fn engine_errors_come_through() {
    let engine = FakeEngine::default().sql(|_| Err(Error::invalid("only SELECT")));
    let app = Fixture::new(Vec::new()).engine(engine).app();
    let query = SqlQuery {
        query: "DROP TABLE events".to_owned(),
        limit: None,
        ..SqlQuery::default()
    };
    assert_eq!(app.sql(&project(), &query).await.unwrap_err().message(), "only SELECT");
}

#[test]
fn site_suite_has_forty_answerable_questions_of_fifty_two() {
    let evals = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals");
    let suites = read_suites(&Registry::default(), &evals, &["site".to_owned()]).unwrap();
    let cases = &suites[0].cases;
    let answerable = cases.iter().filter(|case| case.expect.value.is_some()).count();
    assert_eq!((cases.len(), answerable), (52, 40));
    assert_eq!(
        read_suites(&Registry::default(), &evals, &["sight".to_owned()])
            .unwrap_err()
            .code(),
        Code::UnknownName
    );
}

#[tokio::test]
async fn an_import_of_a_missing_file_makes_no_project() {
    let app = Fixture::new(vec![]).app();
    // The store here knows one project and refuses to make this one: the file is what must fail first.
    let input = AccessLogInput {
        project: "nowhere".parse().unwrap(),
        files: vec!["/no/such/acces.log".into()],
        source: None,
        max_rejects: MaxRejects::default(),
        rejects_path: None,
    };
    let error = app.import_access_log(&input, &|_| {}).await.unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.message().contains("/no/such/acces.log"), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn events_of_files_that_cannot_be_read_make_no_project() {
    let app = Fixture::new(vec![]).app();
    let input = |file: &str| EventsInput {
        project: "nowhere".parse().unwrap(),
        format: EventFormat::Jsonl,
        files: vec![file.into()],
        folder: "/no/such".into(),
        columns: ColumnOptions::default(),
        event_name: None,
        source: None,
        max_rejects: MaxRejects::default(),
        rejects_path: None,
    };
    let error = app
        .import_events(&input("events.jsonl"), &|_| {}, &|_| {})
        .await
        .unwrap_err();
    assert!(
        error.code() == Code::Io && error.message().contains("/no/such/events.jsonl"),
        "{error}"
    );
    assert!(error.hint().is_some());

    // A server has another standard input than the program that asks it.
    let served = app.in_folder(std::path::Path::new("/no/such"));
    for (file, name) in [("-", "standard input"), ("/dev/fd/63", "/dev/fd/63")] {
        let error = served.import_events(&input(file), &|_| {}, &|_| {}).await.unwrap_err();
        assert!(
            error.code() == Code::InvalidArgument && error.message().contains(name),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("stop the server"));
    }
}

#[tokio::test]
async fn suggestions_of_products_come_first_where_their_events_exist() {
    let own = [
        ("How many page views?", "$pageview"),
        ("How many sign-ups?", "signed_up"),
    ];
    let more = [("Views by day?", "$pageview"), ("Views by hour?", "$pageview")];
    let app = Fixture::new(Vec::new())
        .product("own", &own)
        .product("more", &more)
        .app();
    let suggested = app.suggestions(&project(), None).await.unwrap();
    assert_eq!(suggested.len(), 4, "{suggested:?}");
    assert_eq!(suggested[..2], ["Views by day?", "Views by hour?"]);
    assert!(!suggested.contains(&"How many sign-ups?".to_owned()), "{suggested:?}");
    let app = Fixture::new(Vec::new()).product("own", &own).app();
    let suggested = app.suggestions(&project(), None).await.unwrap();
    assert_eq!(suggested[0], "How many page views?");
    assert_eq!(suggested.len(), 4, "{suggested:?}");
}
