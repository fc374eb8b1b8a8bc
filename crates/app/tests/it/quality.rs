//! Records of calls, feedback, and the quality that is counted from them.

use hedgerow_agent_api::{Effect, ModelReply, Principal, Progress, Rating, Registry, Role, Surface, Usage};
use hedgerow_agent_api::{Product, Stage};
use hedgerow_app::{App, AskInput, FeedbackInput, ProductQuality, QualityOptions, ToolCall};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error};
use hedgerow_ids::{CallId, RunId};
use hedgerow_testkit::{FakeTool, call, calls, text};
use serde_json::json;

use crate::support::{Fixture, project};

fn install(registry: &mut Registry) {
    let product = Product {
        name: "surveys".to_owned(),
        title: "Surveys".to_owned(),
        owner: "A team".to_owned(),
        contact: "#team".to_owned(),
        stage: Stage::Ga,
        icon: "box".to_owned(),
        docs: "README.md".to_owned(),
        version: 1,
        hosts: Vec::new(),
        suggestions: Vec::new(),
    };
    registry.add_product(product).unwrap();
    registry.add_tool(FakeTool::counting("count_answers")).unwrap();
    let broken = |_, _| async { Err(Error::invalid("no survey \"Ada's own\"")) };
    registry
        .add_tool(FakeTool::new("read_survey", Effect::Read, broken))
        .unwrap();
    let writes = |_, _| async { Err(Error::internal("it must not run")) };
    registry
        .add_tool(FakeTool::new("send_survey", Effect::Publish, writes))
        .unwrap();
    registry
        .add_mode(hedgerow_agent_api::Mode {
            name: "surveys".to_owned(),
            when: "surveys".to_owned(),
            tools: ["count_answers", "read_survey", "send_survey"]
                .map(str::to_owned)
                .to_vec(),
            prompt: String::new(),
            trajectories: Vec::new(),
        })
        .unwrap();
    registry.set_default_mode("surveys").unwrap();
    // A tool of no product.
    registry.add_core_tool(FakeTool::counting("look_around")).unwrap();
}

fn tool_call(name: &str, surface: Surface) -> ToolCall {
    ToolCall {
        project: project(),
        name: name.to_owned(),
        arguments: json!({"events": 3}),
        surface,
        approved: false,
        progress: Progress::ignore(),
    }
}

async fn quality(app: &App, days: u32) -> ProductQuality {
    let options = QualityOptions {
        project: project(),
        days: Some(days),
    };
    app.product_quality("surveys", &options).await.unwrap()
}

fn with_usage(reply: ModelReply) -> ModelReply {
    ModelReply {
        usage: Usage {
            input_tokens: 100,
            output_tokens: 7,
            ..Usage::default()
        },
        ..reply
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quality_counts_what_was_called_on_every_surface() {
    let script = vec![
        with_usage(calls([
            call("count_answers", json!({"events": 3})),
            call("read_survey", json!({})),
            call("look_around", json!({})),
        ])),
        with_usage(calls([call("send_survey", json!({}))])),
    ];
    let fixture = Fixture::new(script).installing(install);
    let app = fixture.app_at(Clock::fixed("2015-05-21T10:00:00Z".parse().unwrap()));
    let earlier = app.at(Clock::fixed("2015-05-20T23:59:59Z".parse().unwrap()));
    let too_early = app.at(Clock::fixed("2015-05-13T23:59:59Z".parse().unwrap()));
    for (app, name, surface) in [
        (&app, "count_answers", Surface::Http),
        (&app, "count_answers", Surface::Cli),
        (&earlier, "count_answers", Surface::Cli),
        (&too_early, "count_answers", Surface::Cli),
        (&app, "look_around", Surface::Cli),
    ] {
        app.call_tool(&tool_call(name, surface)).await.unwrap();
    }
    app.call_tool(&tool_call("read_survey", Surface::Http))
        .await
        .unwrap_err();
    app.call_tool(&tool_call("send_survey", Surface::Http))
        .await
        .unwrap_err();
    // Nobody may call it, and it is a call of no tool.
    app.call_tool(&tool_call("no_such_tool", Surface::Http))
        .await
        .unwrap_err();
    let viewer = app.as_principal(Principal {
        name: "eve".to_owned(),
        role: Role::Member,
        scopes: Some(vec!["product:read".parse().unwrap()]),
        projects: None,
    });
    viewer
        .call_tool(&tool_call("count_answers", Surface::Http))
        .await
        .unwrap_err();
    let asked = app
        .ask(AskInput::new(project(), "How many?", Surface::Http))
        .await
        .unwrap();
    let mut no = AskInput::new(project(), "no, thank you", Surface::Http);
    no.continues = asked.run_id;
    app.ask(no).await.unwrap();

    let found = quality(&app, 7).await;
    let totals = &found.totals;
    let of_tool = |tool: &str| found.tools.iter().find(|known| known.tool == tool).unwrap();
    // By hand: three direct calls within the time and one in each run; one that was not allowed.
    let counted = of_tool("count_answers");
    assert_eq!(
        (counted.totals.ok, counted.totals.denied, counted.totals.calls),
        (5, 1, 6)
    );
    let surfaces = &counted.surfaces;
    assert_eq!((surfaces.agent, surfaces.http, surfaces.cli), (2, 2, 2));
    assert_eq!(of_tool("read_survey").totals.error, 3);
    // Asked about once over HTTP and in each run; the second run began with a no.
    let sent = of_tool("send_survey");
    assert_eq!((sent.totals.asked, sent.totals.rejected, sent.totals.calls), (3, 1, 4));
    assert_eq!(sent.p50_ms, None);
    assert_eq!(totals.calls, 13);
    let ends = totals.ok + totals.error + totals.denied + totals.asked + totals.rejected + totals.unknown;
    assert_eq!(ends, 13);
    let days: Vec<(&str, u64, u64, bool)> = found
        .by_day
        .iter()
        .map(|day| (day.day.as_str(), day.calls, day.failed, day.partial))
        .collect();
    assert_eq!(days.len(), 8);
    assert_eq!(days[0], ("2015-05-14", 0, 0, false));
    assert_eq!(days[6..], [("2015-05-20", 1, 0, false), ("2015-05-21", 12, 4, true)]);
    assert!(totals.argument_tokens > 0 && totals.result_tokens > totals.argument_tokens);
    assert_eq!(
        (found.runs.runs, found.runs.failed, found.runs.input_tokens),
        (2, 0, 400)
    );
    let group = |code| found.errors.iter().find(|group| group.code == Some(code)).unwrap();
    assert_eq!((group(Code::InvalidArgument).calls, group(Code::Denied).calls), (3, 1));
    assert!(group(Code::InvalidArgument).latest[0].message.contains("Ada's own"));
    // Who may see no runs sees the counts alone.
    let blind = quality(&viewer, 7).await;
    assert!(blind.texts_withheld && !found.texts_withheld);
    assert_eq!(&blind.totals, totals);
    assert!(
        blind
            .errors
            .iter()
            .all(|group| group.calls > 0 && group.latest.is_empty())
    );
    assert!(!serde_json::to_string(&blind).unwrap().contains("Ada's own"));
    // One more day has the call that was too early for seven.
    assert_eq!(quality(&app, 8).await.totals.calls, 14);
}

#[tokio::test]
async fn a_record_that_fails_fails_no_call() {
    let fixture = Fixture::new(Vec::new()).installing(install);
    let app = fixture.app();
    fixture.usage.fail();
    app.call_tool(&tool_call("count_answers", Surface::Http)).await.unwrap();
    app.flush().await;
    assert_eq!(quality(&app, 7).await.totals.calls, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_goes_to_the_products_that_the_run_called() {
    let script = vec![
        calls([
            call("count_answers", json!({"events": 3})),
            call("look_around", json!({})),
        ]),
        text("None."),
    ];
    let fixture = Fixture::new(script).installing(install);
    let app = fixture.app();
    let thread = app
        .ask(AskInput::new(project(), "How many?", Surface::Http))
        .await
        .unwrap();
    let run_id = thread.run_id.unwrap();
    let say = |rating, text: Option<&str>, call_id| FeedbackInput {
        rating,
        text: text.map(str::to_owned),
        call_id,
        figure: None,
    };
    let ann = app.as_principal(Principal {
        name: "ann".to_owned(),
        ..Principal::local()
    });
    assert_eq!(app.feedback(run_id).await.unwrap().given, None);
    app.give_feedback(run_id, say(Rating::Bad, Some("wrong"), None))
        .await
        .unwrap();
    app.give_feedback(run_id, say(Rating::Good, Some("  right after all "), None))
        .await
        .unwrap();
    ann.give_feedback(run_id, say(Rating::Bad, Some(" "), None))
        .await
        .unwrap();
    let given = app.feedback(run_id).await.unwrap().given.unwrap();
    assert_eq!(
        (given.rating, given.text.as_deref()),
        (Rating::Good, Some("right after all"))
    );
    assert_eq!(ann.feedback(run_id).await.unwrap().given.unwrap().text, None);
    let found = quality(&app, 7).await.feedback;
    assert_eq!((found.good, found.bad, found.latest), (1, 1, vec![given]));
    // About a call of no product it is about no product.
    let other = thread.calls.iter().find(|call| call.tool == "look_around").unwrap();
    ann.give_feedback(run_id, say(Rating::Bad, None, Some(other.call_id)))
        .await
        .unwrap();
    let found = quality(&app, 7).await.feedback;
    assert_eq!((found.good, found.bad), (1, 0));

    let unknown = app
        .give_feedback(run_id, say(Rating::Bad, None, Some(CallId::new())))
        .await;
    assert_eq!(unknown.unwrap_err().code(), Code::UnknownName);
    let long = "x".repeat(4_001);
    let long = app.give_feedback(run_id, say(Rating::Bad, Some(&long), None)).await;
    assert_eq!(long.unwrap_err().code(), Code::LimitExceeded);
    let figure = FeedbackInput {
        figure: Some(3),
        ..say(Rating::Bad, None, None)
    };
    assert_eq!(
        app.give_feedback(run_id, figure).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let nobody = app.give_feedback(RunId::new(), say(Rating::Bad, None, None)).await;
    assert_eq!(nobody.unwrap_err().code(), Code::UnknownName);
    for (role, may) in [(Role::Viewer, false), (Role::Member, true)] {
        let app = app.as_principal(Principal {
            name: "bob".to_owned(),
            role,
            ..Principal::local()
        });
        assert_eq!(
            app.give_feedback(run_id, say(Rating::Good, None, None)).await.is_ok(),
            may
        );
        assert!(app.feedback(run_id).await.is_ok());
    }
}

#[tokio::test]
async fn days_are_within_what_is_kept() {
    let fixture = Fixture::new(Vec::new()).installing(install);
    let app = fixture.app();
    for days in [0, 91] {
        let options = QualityOptions {
            project: project(),
            days: Some(days),
        };
        let error = app.product_quality("surveys", &options).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
    assert_eq!(quality(&app, 90).await.by_day.len(), 91);
    let options = QualityOptions {
        project: project(),
        days: None,
    };
    let unknown = app.product_quality("survey", &options).await.unwrap_err();
    assert!(unknown.hint().unwrap().contains("surveys"), "{unknown:?}");
}
