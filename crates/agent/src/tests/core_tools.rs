//! The core tools through their erased form, as surfaces call them.

use hedgerow_agent_api::{Control, Effect, Principal, Progress, Surface, Tainted, ToolContext, ToolOutput};
use hedgerow_errors::Result;
use hedgerow_testkit::{ScriptedModel, call, calls, text};
use serde_json::{Value, json};

use super::stage::{Stage, clock, fold, question};

fn context() -> ToolContext {
    ToolContext {
        sees: hedgerow_agent_api::Stage::Idea,
        project: "demo".parse().unwrap(),
        clock: clock(),
        surface: Surface::Cli,
        principal: Principal::local(),
        progress: Progress::ignore(),
    }
}

async fn run(stage: &Stage, tool: &str, args: Value) -> Result<ToolOutput<Value>> {
    let tool = stage.registry.tool(tool).unwrap();
    let effect = tool.effect(&context(), &args).await?;
    assert!(effect.is_repeatable(), "core tools never ask: {effect:?}");
    tool.run(&context(), args).await
}

#[tokio::test]
async fn declarations_are_complete_and_their_examples_run() {
    let stage = Stage::new();
    let core = stage.registry.tools_of(&[]);
    assert_eq!(core.len(), 7);
    for tool in core {
        let declaration = tool.declaration();
        assert!(
            !declaration.examples.is_empty() && declaration.description.len() < 500,
            "{}",
            declaration.name
        );
        assert_eq!(
            tool.input_schema()["additionalProperties"],
            json!(false),
            "{}",
            declaration.name
        );
        for (field, schema) in tool.input_schema()["properties"].as_object().unwrap() {
            let described = schema.get("description").is_some() || schema.get("$ref").is_some();
            assert!(described, "{}.{field} has no description", declaration.name);
        }
        for example in declaration.examples.iter() {
            let args = serde_json::from_str(&example.arguments).unwrap();
            run(&stage, &declaration.name, args)
                .await
                .unwrap_or_else(|error| panic!("{}: {}", example.purpose, error.chain()));
        }
    }
}

#[tokio::test]
async fn match_finds_the_names_that_a_question_mentions() {
    let stage = Stage::new();
    let cases = [
        "How many page views did we get on 18 May 2015?",
        "How many requests returned 404?",
        "How often was /favicon.ico requested?",
        "How many times was the home page (/) viewed?",
        "views of /blog/tags/puppet by chrome and Internet Explorer users",
        "How many visitors with Firefx or Windows 7?",
        "How many requests were not GET and did not come from bots?",
        "page views with a referrer containing \"google\"",
        "requests by user agent, by path and by browsers",
        "How many refunds did we give in Narnia?",
    ];
    let mut found = String::new();
    for text in cases {
        let output = run(&stage, "read_taxonomy", json!({"kind": "match", "text": text}))
            .await
            .unwrap();
        found.push_str(&format!("{text}\n"));
        for one in output.result["matches"].as_array().unwrap() {
            let (start, end) = (
                one["start"].as_u64().unwrap() as usize,
                one["end"].as_u64().unwrap() as usize,
            );
            assert_eq!(&text[start..end], one["text"].as_str().unwrap());
            let value = if one["value"].is_null() {
                String::new()
            } else {
                format!(" = {}", one["value"])
            };
            let exact = if one["exact"] == json!(true) { "" } else { "~" };
            found.push_str(&format!(
                "  {:?}: {} {}{value} {exact}{}\n",
                one["text"].as_str().unwrap(),
                one["kind"].as_str().unwrap(),
                one["key"].as_str().unwrap(),
                one["score"]
            ));
        }
    }
    insta::assert_snapshot!(found);
}

#[tokio::test]
async fn taxonomy_lists_and_refuses_what_does_not_belong() {
    let stage = Stage::new();
    let values = run(
        &stage,
        "read_taxonomy",
        json!({"kind": "property_values", "key": "$browser", "search": "chrome", "limit": 1}),
    )
    .await
    .unwrap();
    assert_eq!(values.result["values"], json!([{"value": "Chrome", "count": 900}]));
    assert_eq!(values.result["complete"], json!(false), "there is one more");
    let events = run(&stage, "read_taxonomy", json!({"kind": "events", "limit": 1}))
        .await
        .unwrap();
    assert_eq!(
        (&events.result["events"][0]["name"], &events.result["more"]),
        (&json!("$request"), &json!(1))
    );
    let refused = [
        (
            json!({"kind": "property_values", "key": "browser"}),
            "unknown property \"browser\"",
        ),
        (json!({"kind": "property_values"}), "property_values needs a key"),
        (
            json!({"kind": "match"}),
            "match needs a text of 1 to 4000 characters, this one has 0",
        ),
        (
            json!({"kind": "match", "text": "a", "limit": 3}),
            "limit does not belong to this kind",
        ),
        (json!({"kind": "events", "limit": 0}), "limit must be 1 to 500, not 0"),
        (
            json!({"kind": "events", "text": "a"}),
            "text does not belong to this kind",
        ),
    ];
    for (args, expected) in refused {
        assert_eq!(
            run(&stage, "read_taxonomy", args).await.unwrap_err().message(),
            expected
        );
    }
}

#[tokio::test]
async fn search_finds_tools_modes_events_and_properties() {
    let stage = Stage::new();
    let cases = [
        ("browser", "$browser"),
        ("page view", "$pageview"),
        ("SQL", "sql"),
        ("to-do list", "todo_write"),
        ("busiest day", "product_analytics"),
    ];
    for (query, expected) in cases {
        let output = run(&stage, "search", json!({"query": query})).await.unwrap();
        let names: Vec<_> = output.result["found"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["name"].clone())
            .collect();
        assert!(
            names.len() <= 8 && names[..names.len().min(3)].contains(&json!(expected)),
            "{query}: {names:?}"
        );
    }
    let nothing = run(&stage, "search", json!({"query": "xyzzy"})).await.unwrap();
    assert_eq!(nothing.result, json!({"found": [], "more": 0}));
}

#[tokio::test]
async fn what_products_say_is_found_by_what_it_is_about_and_read_by_its_name() {
    let stage = Stage::new();
    let cases = [
        ("sticky remarks", "doc", "notes", "# Notes"),
        ("tidy up remarks", "skill", "keeping-notes", "Merge what says the same."),
    ];
    for (query, kind, name, says) in cases {
        let found = run(&stage, "search", json!({"query": query})).await.unwrap();
        let first = &found.result["found"][0];
        assert_eq!(
            (&first["kind"], &first["name"]),
            (&json!(kind), &json!(name)),
            "{query}"
        );
        let read = run(&stage, "read_data", json!({"kind": kind, "of": name}))
            .await
            .unwrap();
        let text = read.result["text"].as_str().unwrap();
        assert!(text.contains(says), "{text}");
        for of in [json!(null), json!("note")] {
            let refused = run(&stage, "read_data", json!({"kind": kind, "of": of}))
                .await
                .unwrap_err();
            assert!(refused.hint().unwrap().contains(name), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn drafts_ask_the_loop_and_check_their_arguments() {
    let stage = Stage::new();
    let enabled = run(&stage, "enable_mode", json!({"mode": "sql"})).await.unwrap();
    assert_eq!(enabled.control, [Control::EnableMode("sql".into())]);
    let asked = run(&stage, "ask_user", json!({"question": "Which?", "options": ["a", "b"]}))
        .await
        .unwrap();
    assert!(matches!(asked.control.as_slice(), [Control::Ask(_)]));
    let refused = [
        ("enable_mode", json!({"mode": "sqll"})),
        ("ask_user", json!({"question": " "})),
        (
            "ask_user",
            json!({"question": "Which?", "options": ["1", "2", "3", "4", "5", "6", "7"]}),
        ),
        ("todo_write", json!({"items": [{"content": "", "status": "pending"}]})),
        ("todo_write", json!({"items": [{"content": "a", "status": "later"}]})),
        ("read_data", json!({"kind": "billing"})),
    ];
    for (tool, args) in refused {
        assert!(run(&stage, tool, args.clone()).await.is_err(), "{tool} {args}");
    }
    let todo = stage.registry.tool("todo_write").unwrap();
    assert_eq!(
        todo.effect(&context(), &json!({"items": []})).await.unwrap(),
        Effect::Draft
    );
}

#[tokio::test(start_paused = true)]
async fn programs_read_json_out_of_the_fence_and_counts_by_reference() {
    let stage = Stage::new();
    let lookups = calls([
        call("read_taxonomy", json!({"kind": "match", "text": "chrome"})),
        call("read_data", json!({"kind": "project"})),
    ]);
    let events = stage
        .ask(
            question("What is there?"),
            ScriptedModel::new(vec![lookups, text("Some.")]).shared(),
        )
        .await;
    let thread = fold(&events);
    let json: Value = serde_json::from_str(Tainted::unfenced(&thread.calls[0].content)).unwrap();
    assert_eq!(json["matches"][0]["value"], json!("Chrome"));
    assert_eq!(thread.calls[1].result.as_ref().unwrap().handle, "r1");
    insta::assert_snapshot!(thread.calls[1].content);
}
