//! `make_filters` and the look-ups for it, and the context that a page lends.

use std::sync::Arc;

use hedgerow_agent_api::{
    Actor, Message, ObjectChange, ObjectState, ObjectStore, ObjectWrite, PageContext, Principal, Progress, Registry,
    Surface, ToolContext,
};
use hedgerow_data_api::ValueType;
use hedgerow_errors::Code;
use hedgerow_testkit::{FakeStore, MemoryObjects, ScriptedModel, text};
use serde_json::{Value, json};

use super::stage::{Stage, clock, fold, question};
use crate::AskRequest;

fn context() -> ToolContext {
    ToolContext {
        sees: hedgerow_agent_api::Stage::Idea,
        project: "demo".parse().unwrap(),
        clock: clock(),
        surface: Surface::Cli,
        progress: Progress::ignore(),
        principal: hedgerow_agent_api::Principal::local(),
    }
}

async fn call(tool: &str, args: Value) -> Result<Value, String> {
    let stage = Stage::new();
    let tool = stage.registry.tool(tool).unwrap();
    let made = async {
        tool.effect(&context(), &args).await?;
        tool.run(&context(), args.clone()).await
    };
    made.await.map(|output| output.result).map_err(|error| {
        let hint = error.hint().map(|hint| format!(" | {hint}")).unwrap_or_default();
        format!("{}{hint}", error.chain())
    })
}

#[tokio::test]
async fn filters_come_back_in_their_normal_form() {
    let filters = json!({"type": "AND", "values": [
        {"type": "OR", "values": [{"key": "$browser", "value": ["chrome"], "operator": "in"}]},
        {"type": "AND", "values": [
            {"key": "event", "value": "$pageview", "type": "event_field"},
            {"key": "status", "value": 404.0, "operator": "gte"}]},
        {"key": "event", "value": ["$pageview"], "type": "event_field"}]});
    let made = call("make_filters", json!({"list": "events", "filters": filters}))
        .await
        .unwrap();
    assert_eq!(
        made["filters"],
        json!({"type": "AND", "values": [
            {"key": "$browser", "value": "Chrome", "operator": "exact", "type": "event"},
            {"key": "event", "value": "$pageview", "operator": "exact", "type": "event_field"},
            {"key": "status", "value": 404, "operator": "gte", "type": "event"}]})
    );
    assert_eq!(
        made["understood"],
        json!(["$browser is Chrome", "event is $pageview", "status is at least 404"])
    );
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused_with_the_nearest() {
    let cases = [
        (
            "events",
            json!([{"key": "$brwser", "value": "Chrome"}]),
            "unknown event of events \"$brwser\" | did you mean $browser",
        ),
        (
            "events",
            json!([{"key": "event", "value": "$pageview"}]),
            "event is of type event_field",
        ),
        (
            "events",
            json!([{"key": "$browser", "value": "Crome"}]),
            "unknown value of $browser \"Crome\" | did you mean Chrome",
        ),
        (
            "events",
            json!([{"key": "$browser", "value": 5}]),
            "takes a text, not 5",
        ),
        (
            "events",
            json!([{"key": "status", "value": 1.5}]),
            "takes a whole number, not 1.5",
        ),
        (
            "events",
            json!([{"key": "status", "value": [9, 1], "operator": "between"}]),
            "the wrong way round",
        ),
        (
            "events",
            json!([{"key": "$is_bot", "value": "yes"}]),
            "takes true or false",
        ),
        (
            "events",
            json!([{"key": "$is_bot", "value": true, "operator": "gt"}]),
            "operator gt does not go with \"$is_bot\", which is boolean | one of exact",
        ),
        (
            "events",
            json!([{"key": "$os", "value": "x", "operator": "is_set"}]),
            "takes no value",
        ),
        (
            "events",
            json!([{"key": "event", "operator": "is_set", "type": "event_field"}]),
            "it is never missing",
        ),
        (
            "events",
            json!([{"key": "$os", "value": "(", "operator": "regex"}]),
            "is no regular expression",
        ),
        (
            "events",
            json!([{"key": "timestamp", "value": "May", "operator": "is_date_after", "type": "event_field"}]),
            "takes a date",
        ),
        ("events", json!([]), "a group without conditions"),
        (
            "events",
            json!([{"key": "$os", "value": "Linux"}, {"key": "$os", "value": "Windows XP"}]),
            "no row can meet both",
        ),
        (
            "events",
            json!([{"key": "status", "value": 404, "operator": "gt"}, {"key": "status", "value": 200, "operator": "lt"}]),
            "no row can meet both",
        ),
        (
            "events",
            json!([{"key": "$os", "operator": "is_not_set"}, {"key": "$os", "value": "Linux"}]),
            "no row can meet both",
        ),
        (
            "sessions",
            json!([{"key": "rage_click", "value": 1, "type": "session"}]),
            "did you mean rage_clicks",
        ),
        (
            "flags",
            json!([{"key": "rollout_percentage", "value": 150, "type": "flag"}]),
            "takes 0 to 100",
        ),
        ("orders", json!([{"key": "x", "value": 1}]), "unknown variant `orders`"),
    ];
    for (list, filters, expected) in cases {
        let refused = call("make_filters", json!({"list": list, "filters": filters}))
            .await
            .unwrap_err();
        assert!(refused.contains(expected), "{filters}: {refused}");
    }
}

#[tokio::test]
async fn fields_and_values_of_lists_can_be_looked_up() {
    let fields = call(
        "read_taxonomy",
        json!({"kind": "fields", "list": "sessions", "search": "rage"}),
    )
    .await
    .unwrap();
    assert_eq!(
        fields["fields"],
        json!([{"key": "rage_clicks", "type": "session", "kind": "whole", "words": ["rage clicks", "rageclick"]}])
    );
    let values =
        json!({"kind": "property_values", "list": "sessions", "key": "browser", "type": "session", "search": "fire"});
    let values = call("read_taxonomy", values).await.unwrap();
    assert_eq!(values["values"], json!([{"value": "Firefox", "count": 700}]));
    let found = json!({"kind": "match", "list": "events", "text": "page views in CHROME or Firefx"});
    let found = call("read_taxonomy", found).await.unwrap();
    let found: Vec<String> = found["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            format!(
                "{} {} {} {}",
                found["text"], found["key"], found["value"], found["exact"]
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            r#""page views" "event" "$pageview" true"#,
            r#""CHROME" "$browser" "Chrome" true"#,
            r#""Firefx" "$browser" "Firefox" false"#,
        ]
    );
    for (args, expected) in [
        (json!({"kind": "fields"}), "fields needs a list"),
        (
            json!({"kind": "events", "list": "events"}),
            "list does not belong to this kind",
        ),
        (
            json!({"kind": "property_values", "list": "sessions", "key": "brwser"}),
            "unknown field of sessions",
        ),
    ] {
        let refused = call("read_taxonomy", args).await.unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}

#[tokio::test]
async fn flags_are_those_that_events_name() {
    let store = FakeStore::new("demo").property("$feature/new-editor", ValueType::Boolean, &[("true", 3)]);
    let taxonomy = hedgerow_data_api::EventStore::taxonomy(&store, &"demo".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(crate::core_tools::flag_keys(&taxonomy), ["new-editor"]);
}

#[tokio::test]
async fn values_of_stored_flags_are_known_to_whoever_may_read_them() {
    let objects = Arc::new(MemoryObjects::default());
    let flag = |name: &str, body: Value| {
        let name = name.to_owned();
        ObjectChange::create("feature_flag", ObjectState { name, body })
    };
    let write = ObjectWrite {
        project: "demo".parse().unwrap(),
        actor: Actor::Person { name: "anna".into() },
        at: clock().now(),
        changes: vec![
            flag(
                "night-mode",
                json!({"active": true, "tags": ["beta", "design"], "filters": {"groups": [{"rollout_percentage": 20.0}]}}),
            ),
            flag("fast-export", json!({"tags": ["beta"], "filters": {"groups": []}})),
        ],
    };
    objects.write(write).await.unwrap();
    let store = FakeStore::new("demo").property("$feature/old-editor", ValueType::Boolean, &[("true", 3)]);
    let mut registry = Registry::default();
    crate::core_tools::install(&mut registry, store.data(), objects).unwrap();
    let values = async |principal: Principal, key: &str| {
        let args = json!({"kind": "property_values", "list": "flags", "key": key});
        let ctx = ToolContext { principal, ..context() };
        let output = registry.tool("read_taxonomy").unwrap().run(&ctx, args).await.unwrap();
        let values = output.result["values"].as_array().unwrap().clone();
        values
            .iter()
            .map(|value| value["value"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let cases: &[(&str, &[&str])] = &[
        ("key", &["fast-export", "night-mode", "old-editor"]),
        ("tags", &["beta", "design"]),
        ("created_by", &["anna"]),
        ("rollout_percentage", &["0", "20"]),
        ("active", &["false", "true"]),
    ];
    for (key, expected) in cases {
        assert_eq!(values(Principal::local(), key).await, *expected, "{key}");
    }
    let stranger = Principal {
        scopes: Some(vec!["taxonomy:read".parse().unwrap()]),
        ..Principal::local()
    };
    assert_eq!(values(stranger.clone(), "key").await, ["old-editor"]);
    assert!(values(stranger, "tags").await.is_empty());
    let tagged = |tag: &str| json!({"list": "flags", "filters": [{"key": "tags", "value": tag, "type": "flag"}]});
    let make = registry.tool("make_filters").unwrap();
    let made = make.run(&context(), tagged("Beta")).await.unwrap();
    assert_eq!(made.result["filters"]["values"][0]["value"], "beta");
    let refused = make.run(&context(), tagged("betta")).await.unwrap_err(); // typos: on purpose
    assert!(refused.hint().unwrap().contains("beta"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_page_lends_is_recorded_and_stands_behind_the_words() {
    let stage = Stage::new();
    let lent = PageContext {
        tool: "make_filters".to_owned(),
        description: "the list of events".to_owned(),
        data: json!({"list": "events"}),
    };
    let request = AskRequest {
        context: vec![lent.clone()],
        ..question("pageviews in Chrome")
    };
    let model = ScriptedModel::new(vec![text("Done.")]).shared();
    let events = stage.ask(request.clone(), model.clone()).await;
    assert_eq!(fold(&events).context, vec![lent.clone()]);
    let Message::User { content } = &model.requests()[0].messages[0] else {
        panic!("the first message is the user's");
    };
    assert!(
        content.starts_with("pageviews in Chrome\n\n") && content.ends_with("\n</data>"),
        "{content}"
    );
    assert_eq!(PageContext::split(content), ("pageviews in Chrome", vec![lent.clone()]));

    let other = AskRequest {
        context: Vec::new(),
        ..request
    };
    let refused = stage.agent.ask(other, model.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Conflict, "the same run with another context");
    let unknown = PageContext {
        tool: "make_filter".to_owned(),
        ..lent
    };
    let refused = AskRequest {
        context: vec![unknown],
        ..question("pageviews")
    };
    let refused = stage.agent.ask(refused, model).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.hint()),
        (Code::UnknownName, Some("did you mean make_filters?"))
    );
}
