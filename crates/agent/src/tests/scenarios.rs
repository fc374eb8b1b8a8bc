//! What a run records, event by event.

use hedgerow_agent_api::{AwaitReason, Decision, Message, Policy, Rule, RunStatus, Tainted, ToolOutcome};
use hedgerow_testkit::{ScriptedModel, call, calls, text};
use serde_json::json;

use super::stage::{Stage, fold, limits, lines, question, status};
use crate::AskRequest;

#[tokio::test(start_paused = true)]
async fn run_with_parallel_reads_keeps_the_order_of_the_calls() {
    let stage = Stage::new();
    let slow_first = calls([
        call("count_events", json!({"label": "Chrome", "events": 900, "ms": 80})),
        call("count_events", json!({"label": "nothing", "ms": 10})),
        call("count_events", json!({"label": "Firefox", "events": 700, "ms": 40})),
    ]);
    let answer = text("Chrome made {{r1[0].events}} events and Firefox {{r2[0].events}} events.");
    let began = tokio::time::Instant::now();
    let events = stage
        .ask(
            question("How many events by Chrome and Firefox?"),
            ScriptedModel::new(vec![slow_first, answer]).shared(),
        )
        .await;
    assert_eq!(status(&events), RunStatus::Answered);
    assert!(
        began.elapsed().as_millis() < 130,
        "the reads ran side by side: {:?}",
        began.elapsed()
    );
    insta::assert_snapshot!(lines(&events));
}

#[tokio::test(start_paused = true)]
async fn failed_calls_tell_the_model_what_helps() {
    let stage = Stage::with(
        Policy::new(vec![Rule {
            tool: Some("send_mail".into()),
            effect: None,
            surface: None,
            decision: Decision::Deny,
        }]),
        limits(),
    );
    let failing = calls([
        call("count_evnts", json!({})),
        call("run_sql", json!({})),
        call("read_taxonomy", json!({"kind": "events", "offset": 3})),
        call("send_mail", json!({})),
    ]);
    let more = calls([
        call("busy_once", json!({})),
        call("panics", json!({})),
        call("count_events", json!({"ms": 90_000})),
    ]);
    let model = ScriptedModel::new(vec![failing, more, text("It did not work.")]).shared();
    let events = stage.ask(question("How many?"), model.clone()).await;
    assert_eq!(status(&events), RunStatus::Answered);
    assert_eq!(stage.tools.busy.runs(), 2, "the loop tried again by itself");
    assert_eq!(stage.tools.mail.runs(), 0);
    let last = model.requests().pop().unwrap();
    let contents: Vec<String> = last.messages.iter().filter_map(tool_content).collect();
    insta::assert_snapshot!(contents.join("\n\n"));
}

fn tool_content(message: &Message) -> Option<String> {
    match message {
        Message::Tool {
            name, content, outcome, ..
        } => Some(format!(
            "{name} {}\n{content}",
            if *outcome == ToolOutcome::Ok { "ok" } else { "error" }
        )),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn question_to_the_user_ends_the_run_and_the_answer_goes_on() {
    let stage = Stage::new();
    let asking = calls([
        call("count_events", json!({"label": "all", "events": 5})),
        call(
            "ask_user",
            json!({"question": "Views or requests?", "options": ["views", "requests"]}),
        ),
        call("count_events", json!({"label": "never made"})),
    ]);
    let request = question("How many?");
    let first = request.run_id;
    let events = stage.ask(request, ScriptedModel::new(vec![asking]).shared()).await;
    assert_eq!(status(&events), RunStatus::Asked);
    assert_eq!(stage.tools.count.runs(), 1);
    let model = ScriptedModel::new(vec![text("Thank you.")]).shared();
    let answer = AskRequest {
        continues: Some(first),
        ..question("views")
    };
    let more = stage.ask(answer, model.clone()).await;
    assert_eq!(status(&more), RunStatus::Answered);
    assert_eq!(fold(&more).conversation_id, fold(&events).conversation_id);
    let messages = serde_json::to_string_pretty(&model.requests()[0].messages).unwrap();
    insta::assert_snapshot!(format!("{}\n\n{}\n\n{messages}", lines(&events), lines(&more)));
}

#[tokio::test(start_paused = true)]
async fn approved_call_runs_in_the_next_run_and_a_rejected_one_never() {
    for (words, runs) in [("Yes!", 1), ("no, not now", 0)] {
        let stage = Stage::new();
        let asking = calls([
            call("send_mail", json!({"to": "a"})),
            call("send_mail", json!({"to": "b"})),
        ]);
        let request = question("Mail a and b");
        let first = request.run_id;
        let events = stage.ask(request, ScriptedModel::new(vec![asking]).shared()).await;
        assert_eq!(status(&events), RunStatus::Asked);
        let Some(AwaitReason::Approval { call_id, tool, .. }) = fold(&events).awaiting else {
            panic!("no approval")
        };
        assert_eq!(
            (tool.as_str(), fold(&events).calls.len()),
            ("send_mail", 0),
            "it is not started before it is approved"
        );
        let model = ScriptedModel::new(vec![text("Done."), text("Done.")]).shared();
        let more = stage
            .ask(
                AskRequest {
                    continues: Some(first),
                    ..question(words)
                },
                model.clone(),
            )
            .await;
        assert_eq!(status(&more), RunStatus::Answered);
        assert_eq!(stage.tools.mail.runs(), runs, "{words}");
        assert_eq!(
            fold(&more).calls.iter().filter(|call| call.call_id == call_id).count(),
            runs
        );
        let messages = serde_json::to_string_pretty(&model.requests()[0].messages).unwrap();
        insta::assert_snapshot!(format!("approval_{runs}"), messages);
    }
}

#[tokio::test(start_paused = true)]
async fn unsupported_number_goes_back_once_and_is_then_shown_as_unverified() {
    let stage = Stage::new();
    let liar = || text("There were 12345 events in May.");
    let model = ScriptedModel::new(vec![liar(), liar()]).shared();
    let events = stage.ask(question("How many events were there?"), model.clone()).await;
    assert_eq!(status(&events), RunStatus::Answered);
    let thread = fold(&events);
    assert_eq!(thread.repairs.len(), 1);
    let requests = model.requests();
    assert_eq!(requests[0].repair, None);
    // What was wrong quotes the answer, so it stands in a fence.
    let repair = requests[1].repair.as_deref().unwrap();
    assert_eq!(Tainted::unfenced(repair.split_once('\n').unwrap().1), thread.repairs[0]);
    let answer = thread.answer.unwrap();
    assert!(answer.text.contains("12345 [unverified]"), "{}", answer.text);

    let repaired = ScriptedModel::new(vec![liar(), text("I can't count them.")]).shared();
    let events = stage.ask(question("How many events were there?"), repaired).await;
    assert_eq!(fold(&events).answer.unwrap().text, "I can't count them.");
}

#[tokio::test(start_paused = true)]
async fn modes_bring_tools_prompts_and_trajectories_and_the_prefix_stays() {
    let stage = Stage::new();
    let model = ScriptedModel::new(vec![
        calls([call("enable_mode", json!({"mode": "sql"}))]),
        calls([call(
            "todo_write",
            json!({"items": [{"content": "count", "status": "in_progress"}]}),
        )]),
        calls([call("run_sql", json!({"events": 3}))]),
        text("Counted."),
    ])
    .shared();
    let events = stage.ask(question("How many?"), model.clone()).await;
    assert_eq!(status(&events), RunStatus::Answered);
    let thread = fold(&events);
    assert_eq!(thread.modes, ["product_analytics", "sql"]);
    assert_eq!(thread.todo.len(), 1);
    let requests = model.requests();
    for pair in requests.windows(2) {
        assert!(
            pair[1].messages.starts_with(&pair[0].messages),
            "messages are only appended"
        );
        assert!(
            pair[1].system.starts_with(&pair[0].system),
            "the instructions are only appended"
        );
        assert_eq!(pair[1].now, pair[0].now);
    }
    let card = |round: usize, name: &str| requests[round].tools.iter().find(|card| card.name == name).cloned();
    assert!(card(0, "run_sql").is_none() && card(1, "run_sql").is_some());
    assert!(
        card(0, "todo_write")
            .unwrap()
            .description
            .contains("Example: Find the busiest day")
    );
    assert_eq!(card(0, "enable_mode"), card(3, "enable_mode"));
    assert!(
        card(0, "enable_mode")
            .unwrap()
            .description
            .contains("- sql: The user wants SQL. Tools: run_sql.")
    );
    assert_eq!(requests[1].system.last().unwrap(), "# Mode sql\nYou are in sql.");

    let chosen = AskRequest {
        modes: vec!["sql".into()],
        ..question("How many?")
    };
    let events = stage.ask(chosen, ScriptedModel::new(vec![text("Yes.")]).shared()).await;
    assert_eq!(fold(&events).modes, ["sql"]);
    let wrong = AskRequest {
        modes: vec!["sqll".into()],
        ..question("How many?")
    };
    let error = stage
        .agent
        .ask(wrong, ScriptedModel::new(Vec::new()).shared())
        .await
        .unwrap_err();
    assert_eq!(error.hint(), Some("did you mean sql?"));
}

#[tokio::test(start_paused = true)]
async fn conversation_goes_on_with_answers_as_the_user_read_them() {
    let stage = Stage::new();
    let counting = calls([call("count_events", json!({"label": "all", "events": 900}))]);
    let request = question("How many events?");
    let first = request.run_id;
    let answer = text("There were {{r1[0].events}} events of all.");
    let events = stage
        .ask(request, ScriptedModel::new(vec![counting, answer]).shared())
        .await;
    let model = ScriptedModel::new(vec![text("It was all.")]).shared();
    let follow_up = AskRequest {
        continues: Some(first),
        ..question("Of what?")
    };
    stage.ask(follow_up, model.clone()).await;
    let messages = &model.requests()[0].messages;
    let Message::Assistant { content, .. } = &messages[3] else {
        panic!("{messages:?}")
    };
    assert_eq!(*content, fold(&events).answer.unwrap().text);
    let handles = messages
        .iter()
        .filter(|message| matches!(message, Message::Tool { handle: Some(_), .. }))
        .count();
    assert_eq!(handles, 0, "references are to the results of the own run");
}

#[tokio::test(start_paused = true)]
async fn slow_call_reports_progress_and_text_comes_in_pieces() {
    let stage = Stage::new();
    let words = "one two three four five six seven eight nine ten";
    let model = ScriptedModel::new(vec![calls([call("slow", json!({}))]), text(words)]);
    let model = model.slow(std::time::Duration::from_millis(20)).shared();
    let events = stage.ask(question("How many?"), model).await;
    let count = |kind: &str| {
        lines(&events)
            .lines()
            .filter(|line| line.contains(&format!("\"kind\":\"{kind}\"")))
            .count()
    };
    assert!(
        (6..=8).contains(&count("call_progress")),
        "two seconds, four a second: {}",
        count("call_progress")
    );
    assert!(
        (3..=6).contains(&count("text_delta")),
        "200 ms, one a 50 ms: {}",
        count("text_delta")
    );
    let folded = fold(&events);
    assert_eq!(folded.replies.last().unwrap().text, words);
    assert!(folded.draft.is_empty());
}
