//! Checklists as objects: what is planned, refused and undone.

use hedgerow_agent_api::{Actor, Effect};
use serde_json::json;

use crate::bench::{Bench, site};

#[tokio::test]
async fn examples_of_all_writing_tools_work_one_after_another() {
    let bench = Bench::without_events();
    let order = [
        ("create_checklist", Effect::Create),
        ("tick_checklist_item", Effect::Change),
        ("update_checklist", Effect::Change),
        ("delete_checklist", Effect::Delete),
    ];
    for (name, effect) in order {
        for example in bench.tool(name).declaration().examples.iter() {
            let args = serde_json::from_str(&example.arguments).unwrap();
            assert_eq!(
                bench.tool(name).effect(&bench.ctx, &args).await.unwrap(),
                effect,
                "{name}"
            );
            bench.call(name, args).await.unwrap();
        }
    }
    assert_eq!(bench.objects.list(&site(), Some("checklist")).await.unwrap(), []);
}

#[tokio::test]
async fn tick_changes_one_item_and_can_be_undone() {
    let bench = Bench::without_events();
    bench.templates("2026-05-18").await;
    let before = bench.body().await;
    let tick = json!({"checklist": "Templates", "item": "Tell sales"});
    let preview = bench
        .tool("tick_checklist_item")
        .preview(&bench.ctx, &tick)
        .await
        .unwrap();
    assert_eq!(preview.len(), 1);
    assert_eq!(bench.body().await, before, "a preview changes nothing");
    let output = bench.call("tick_checklist_item", tick.clone()).await.unwrap();
    assert_eq!(output.result["said"], r#"Marked "Tell sales" of "Templates" as done."#);
    let mut expected = before.clone();
    expected["items"][1]["done"] = json!(true);
    assert_eq!(bench.body().await, expected);
    let again = bench.call("tick_checklist_item", tick).await.unwrap_err();
    assert!(again.to_string().contains("is done already"), "{again}");

    let newest = bench.objects.activity(&site(), &Default::default()).await.unwrap();
    let actor = Actor::Person { name: "ann".into() };
    let now = bench.ctx.clock.now();
    bench.objects.undo(&site(), &[newest[0].id], actor, now).await.unwrap();
    assert_eq!(bench.body().await, before);
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_the_nearest() {
    let bench = Bench::without_events();
    bench.templates("2026-05-18").await;
    let cases = [
        (
            "tick_checklist_item",
            json!({"checklist": "Template", "item": "Tell sales"}),
            "Templates",
        ),
        (
            "tick_checklist_item",
            json!({"checklist": "Templates", "item": "Tell sale"}),
            "Tell sales",
        ),
        (
            "update_checklist",
            json!({"name": "Templates", "changes": {"event": "template_use"}}),
            "template_used",
        ),
        (
            "create_checklist",
            json!({"name": "New", "body": {"event": "templates_used", "items": []}}),
            "template_used",
        ),
    ];
    for (tool, args, nearest) in cases {
        let error = bench.call(tool, args.clone()).await.unwrap_err();
        assert!(error.hint().unwrap().contains(nearest), "{tool} {args}: {error:?}");
    }
}
