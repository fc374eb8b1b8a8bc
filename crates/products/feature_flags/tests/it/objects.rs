//! The tools over a store: what they plan, what they refuse, what they say of effects.

use std::sync::Arc;

use hedgerow_agent_api::{
    Actor, DynTool, Effect, ObjectStore, ObjectWrite, Principal, Progress, Registry, Stage, Surface, ToolContext,
};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Result};
use hedgerow_ids::ProjectId;
use hedgerow_product_feature_flags::install;
use hedgerow_testkit::{FakeStore, MemoryObjects, NoMaintenance};
use serde_json::{Value, json};

struct Bench {
    registry: Registry,
    objects: Arc<dyn ObjectStore>,
    ctx: ToolContext,
}

impl Bench {
    fn new() -> Self {
        let objects: Arc<dyn ObjectStore> = Arc::new(MemoryObjects::default());
        let mut registry = Registry::default();
        let data = FakeStore::new("site").person_property("plan", "pro").data();
        install(&mut registry, &objects, &data, Arc::new(NoMaintenance)).unwrap();
        let ctx = ToolContext {
            sees: Stage::Idea,
            project: site(),
            clock: Clock::fixed("2026-05-20T12:00:00Z".parse().unwrap()),
            surface: Surface::Cli,
            principal: Principal::local(),
            progress: Progress::ignore(),
        };
        Self { registry, objects, ctx }
    }

    fn tool(&self, name: &str) -> &Arc<dyn DynTool> {
        self.registry.tool(name).unwrap()
    }

    async fn effect(&self, name: &str, args: Value) -> Result<Effect> {
        self.tool(name).effect(&self.ctx, &args).await
    }

    /// Makes a call and commits what it plans, as a surface does.
    async fn call(&self, name: &str, args: Value) -> Result<Value> {
        let output = self.tool(name).run(&self.ctx, args).await?;
        let write = ObjectWrite {
            project: site(),
            actor: Actor::Person { name: "ann".into() },
            at: self.ctx.clock.now(),
            changes: output.changes,
        };
        self.objects.write(write).await?;
        Ok(output.result)
    }

    async fn flags(&self) -> Vec<(String, Value)> {
        let objects = self.objects.list(&site(), Some("feature_flag")).await.unwrap();
        objects.into_iter().map(|object| (object.name, object.body)).collect()
    }
}

fn site() -> ProjectId {
    "site".parse().unwrap()
}

#[tokio::test]
async fn examples_of_all_tools_work_one_after_another() {
    let bench = Bench::new();
    let order = ["create_feature_flag", "update_feature_flag", "delete_feature_flag"];
    for name in order {
        for example in bench.tool(name).declaration().examples.iter() {
            let args = serde_json::from_str(&example.arguments).unwrap();
            bench.call(name, args).await.unwrap();
        }
    }
    assert_eq!(bench.flags().await.len(), 1);
}

#[tokio::test]
async fn planning_changes_nothing() {
    let bench = Bench::new();
    let args = json!({"name": "a", "body": {"active": true}});
    bench.effect("create_feature_flag", args.clone()).await.unwrap();
    let preview = bench
        .tool("create_feature_flag")
        .preview(&bench.ctx, &args)
        .await
        .unwrap();
    bench.tool("create_feature_flag").run(&bench.ctx, args).await.unwrap();
    assert_eq!(preview.changes[0].after.as_ref().unwrap().name, "a");
    assert_eq!(bench.flags().await, []);
}

#[tokio::test]
async fn effect_is_what_a_call_does_to_people() {
    let bench = Bench::new();
    let everybody = json!([{"rollout_percentage": 100}]);
    let nobody = json!([{"rollout_percentage": 0}]);
    let create = |active: bool, groups: &Value| json!({"name": "new", "body": {"active": active, "filters": {"groups": groups}}});
    bench
        .call(
            "create_feature_flag",
            json!({"name": "off", "body": {"filters": {"groups": everybody}}}),
        )
        .await
        .unwrap();
    bench
        .call(
            "create_feature_flag",
            json!({"name": "on", "body": {"active": true, "filters": {"groups": everybody}}}),
        )
        .await
        .unwrap();
    let cases = [
        ("create_feature_flag", create(false, &everybody), Effect::Create),
        ("create_feature_flag", create(true, &nobody), Effect::Create),
        ("create_feature_flag", create(true, &everybody), Effect::Publish),
        (
            "update_feature_flag",
            json!({"name": "off", "changes": {"active": true}}),
            Effect::Publish,
        ),
        (
            "update_feature_flag",
            json!({"name": "off", "changes": {"filters": {"groups": nobody}}}),
            Effect::Change,
        ),
        (
            "update_feature_flag",
            json!({"name": "on", "changes": {"active": false}}),
            Effect::Publish,
        ),
        (
            "update_feature_flag",
            json!({"name": "on", "changes": {"description": "x"}}),
            Effect::Change,
        ),
        ("delete_feature_flag", json!({"name": "off"}), Effect::Delete),
    ];
    for (tool, args, expected) in cases {
        assert_eq!(
            bench.effect(tool, args.clone()).await.unwrap(),
            expected,
            "{tool} {args}"
        );
    }
}

#[tokio::test]
async fn what_could_not_be_evaluated_is_refused() {
    let bench = Bench::new();
    bench
        .call("create_feature_flag", json!({"name": "there", "body": {}}))
        .await
        .unwrap();
    let variants = |shares: &[f64]| {
        let variants: Vec<Value> = shares
            .iter()
            .enumerate()
            .map(|(at, share)| json!({"key": format!("v{at}"), "rollout_percentage": share}))
            .collect();
        json!({"filters": {"multivariate": {"variants": variants}}})
    };
    let property = |property: Value| json!({"filters": {"groups": [{"properties": [property]}]}});
    let cases = [
        ("new editor", json!({}), Code::InvalidArgument, "new editor"),
        ("there", json!({}), Code::Conflict, "exists already"),
        (
            "a",
            json!({"filters": {"groups": [{"rollout_percentage": 101}]}}),
            Code::InvalidArgument,
            "101",
        ),
        (
            "a",
            json!({"filters": {"groups": [{"rolout": 10}]}}),
            Code::InvalidArgument,
            "rolout",
        ),
        ("a", variants(&[60.0, 50.0]), Code::InvalidArgument, "110"),
        (
            "a",
            json!({"filters": {"groups": [{"variant": "b"}]}}),
            Code::UnknownName,
            "b",
        ),
        (
            "a",
            json!({"filters": {"payloads": {"on": 1}}}),
            Code::UnknownName,
            "on",
        ),
        (
            "a",
            json!({"filters": {"aggregation_group_type_index": 5}}),
            Code::InvalidArgument,
            "5",
        ),
        (
            "a",
            property(json!({"key": "plan", "operator": "regex", "value": "("})),
            Code::InvalidArgument,
            "regular",
        ),
        (
            "a",
            property(json!({"key": "plan", "operator": "gt", "value": "many"})),
            Code::InvalidArgument,
            "number",
        ),
        (
            "a",
            property(json!({"key": "plan", "operator": "is_date_after", "value": "soon"})),
            Code::InvalidArgument,
            "date",
        ),
        (
            "a",
            property(json!({"key": "plan", "operator": "like", "value": "x"})),
            Code::InvalidArgument,
            "like",
        ),
        ("a", property(json!({"key": "plan"})), Code::InvalidArgument, "missing"),
        (
            "a",
            property(json!({"key": "gone", "type": "flag", "operator": "flag_evaluates_to", "value": true})),
            Code::UnknownName,
            "gone",
        ),
        (
            "a",
            property(json!({"key": "a", "type": "flag", "operator": "flag_evaluates_to", "value": true})),
            Code::InvalidArgument,
            "itself",
        ),
    ];
    for (name, body, code, says) in cases {
        let error = bench
            .call("create_feature_flag", json!({"name": name, "body": body}))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{body}: {}", error.chain());
        assert!(error.chain().contains(says), "{body}: {}", error.chain());
    }
    let error = bench
        .call("update_feature_flag", json!({"name": "ther", "changes": {}}))
        .await
        .unwrap_err();
    assert!(error.hint().unwrap().contains("there"), "{error:?}");
    let error = bench
        .call(
            "update_feature_flag",
            json!({"name": "there", "changes": {"active": false}}),
        )
        .await
        .unwrap_err();
    assert!(error.message().contains("is so already"), "{error:?}");
    assert_eq!(bench.flags().await.len(), 1);
}

#[tokio::test]
async fn update_merges_and_keeps_what_is_not_named() {
    let bench = Bench::new();
    let body = json!({"description": "x", "active": true, "filters": {"groups": [{"rollout_percentage": 5}], "early_exit": true}});
    bench
        .call("create_feature_flag", json!({"name": "a", "body": body}))
        .await
        .unwrap();
    let changes = json!({"filters": {"groups": [{"rollout_percentage": 10}]}, "tags": ["beta"]});
    bench
        .call(
            "update_feature_flag",
            json!({"name": "a", "new_name": "b", "changes": changes}),
        )
        .await
        .unwrap();
    let flags = bench.flags().await;
    assert_eq!(flags[0].0, "b");
    assert_eq!(
        flags[0].1["filters"],
        json!({"groups": [{"properties": [], "rollout_percentage": 10.0}], "early_exit": true})
    );
    assert_eq!(
        (&flags[0].1["description"], &flags[0].1["tags"]),
        (&json!("x"), &json!(["beta"]))
    );
}

#[tokio::test]
async fn condition_on_a_property_that_nobody_has_is_warned_about() {
    let bench = Bench::new();
    let create =
        |properties: Value| json!({"name": "new", "body": {"filters": {"groups": [{"properties": properties}]}}});
    let cases = [
        (json!([{"key": "plan", "value": "team"}]), None),
        (json!([{"key": "distinct_id", "value": "user-1"}]), None),
        (
            json!([{"key": "company", "value": "acme", "type": "group", "group_type_index": 0}]),
            None,
        ),
        (
            json!([{"key": "plann", "value": "pro"}]), // typos: on purpose
            Some(
                "No person has the property plann yet, so the condition on it fits nobody until one does. \
                 Did you mean plan?", // typos: on purpose
            ),
        ),
        (
            json!([{"key": "zzz", "value": 1, "operator": "is_not"}]),
            Some("No person has the property zzz yet, so the condition on it fits everybody until one does."),
        ),
    ];
    for (properties, expected) in cases {
        let args = create(properties);
        let tool = bench.tool("create_feature_flag");
        let preview = tool.preview(&bench.ctx, &args).await.unwrap();
        let messages: Vec<&str> = preview
            .warnings
            .iter()
            .map(|warning| warning.message.as_str())
            .collect();
        assert_eq!(messages, Vec::from_iter(expected), "{args}");
        // The result says it as well, to programs and to models.
        let output = tool.run(&bench.ctx, args.clone()).await.unwrap();
        assert_eq!(output.warnings, preview.warnings);
        let content: Value = serde_json::from_str(&output.content).unwrap();
        assert_eq!(
            content["warnings"],
            expected.map_or(Value::Null, |message| json!([message])),
            "{args}"
        );
    }
}
