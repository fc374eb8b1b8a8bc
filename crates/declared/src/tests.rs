//! A folder becomes tools that run, and a broken one harms nobody.

use std::path::Path;
use std::sync::Mutex;

use fs_err as fs;
use hedgerow_agent_api::{Effect, Principal, Progress, Registry, Stage, Surface, ToolContext};
use hedgerow_data_api::{Clock, SqlQuery};
use hedgerow_testkit::FakeEngine;
use serde_json::json;

use super::*;

mod http;
mod mcp;

pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

pub(crate) const PRODUCT: &str = r##"
name = "activation"
title = "Activation"
owner = "Growth team"
contact = "#growth"
stage = "beta"
icon = "sprout"
docs = "README.md"
"##;

pub(crate) const TOOL: &str = r#"
name = "count_signups"
title = "Count sign-ups"
description = "Counts sign-ups."
access = "query:read"
effect = "read"
expected = "300ms"

[display]
running = "Counting"
done = "Counted"

[parameters.days]
type = "integer"
description = "Full days before today."
minimum = 1
maximum = 90
default = 30

[parameters.device]
type = "text"
description = "The kind of device."
values = ["Desktop", "Mobile"]
optional = true

[[examples]]
purpose = "A month"
arguments = { days = 30 }

[sql]
query = "SELECT count(*) AS signups FROM events WHERE $device IS NULL AND $days > 0"
"#;

pub(crate) const MODE: &str =
    "---\nname: activation\nwhen: Sign-ups.\ntools: count_signups\n---\nCount with `count_signups`.\n";

fn none() -> Outside {
    Outside::nowhere()
}

fn context() -> ToolContext {
    ToolContext {
        sees: Stage::Idea,
        project: "notes".parse().unwrap(),
        clock: Clock::fixed("2026-07-01T00:00:00Z".parse().unwrap()),
        surface: Surface::Agent,
        principal: Principal::local(),
        progress: Progress::ignore(),
    }
}

/// Engines that keep the statements they were asked, and refuse them.
pub(crate) fn data(asked: &Arc<Mutex<Vec<SqlQuery>>>) -> Data {
    let asked = Arc::clone(asked);
    let engine = FakeEngine::default().sql(move |query| {
        asked.lock().unwrap().push(query.clone());
        Err(Error::new(Code::Unavailable, "asked"))
    });
    Data {
        queries: Arc::new(engine),
        ..hedgerow_testkit::FakeStore::new("notes").data()
    }
}

#[tokio::test]
async fn a_folder_becomes_a_tool_with_checked_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("activation/product.toml", PRODUCT),
        ("activation/tools/count_signups.toml", TOOL),
        ("activation/modes/activation/mode.md", MODE),
    ];
    write(folder.path(), &files);
    let (mut registry, asked) = (Registry::default(), Arc::default());
    let files = Files::read(&folder.path().join("activation")).unwrap();
    install(&files, &mut registry, &data(&asked), &none()).unwrap();
    assert_eq!(registry.mode("activation").unwrap().tools, ["count_signups"]);
    let tool = registry.tool("count_signups").unwrap();
    assert_eq!(
        tool.input_schema()["properties"]["days"],
        json!({"type": "integer", "description": "Full days before today.", "minimum": 1, "maximum": 90, "default": 30})
    );
    assert_eq!(tool.effect(&context(), &json!({})).await.unwrap(), Effect::Read);
    for (arguments, said) in [
        (json!({"days": 0}), "days takes a whole number from 1 to 90, not 0"),
        (
            json!({"days": "many"}),
            "days takes a whole number from 1 to 90, not \"many\"",
        ),
        (
            json!({"device": "mobile"}),
            "device takes Desktop, Mobile, not \"mobile\"",
        ),
        (json!({"day": 1}), "there is no parameter \"day\""),
        (json!([1]), "arguments are an object, not [1]"),
    ] {
        let error = tool.run(&context(), arguments).await.unwrap_err();
        assert_eq!(
            error.message(),
            format!("arguments of count_signups are not valid: {said}")
        );
        assert!(
            error.hint().unwrap().ends_with("for example {\"days\":30}"),
            "{error:?}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
    let error = tool.run(&context(), json!({"device": "Mobile"})).await.unwrap_err();
    assert_eq!(error.message(), "asked");
    let values = json!({"days": 30, "device": "Mobile"});
    assert_eq!(json!(asked.lock().unwrap()[0].parameters), values);
}

#[test]
fn a_product_that_is_not_valid_is_left_out_whole() {
    let folder = tempfile::tempdir().unwrap();
    let broken = TOOL.replace("effect = \"read\"", "effect = \"delete\"");
    let files = [
        ("products/activation/product.toml", PRODUCT),
        ("products/activation/tools/count_signups.toml", TOOL),
        ("products/other/product.toml", &PRODUCT.replace("activation", "other")),
        (
            "products/other/tools/count_others.toml",
            &broken.replace("count_signups", "count_others"),
        ),
        ("products/renamed/product.toml", PRODUCT),
        ("products/no_product/readme.txt", "nothing"),
    ];
    write(folder.path(), &files);
    let installer = Installer::start(
        Arc::default(),
        ProductFolders::new(folder.path()),
        data(&Arc::default()),
        none(),
        |_| Ok(()),
    )
    .unwrap();
    let installed = installer.registries().now();
    let registry = installed.views(None).seen_from(Stage::Idea);
    let said: Vec<String> = installed.problems.iter().map(ToString::to_string).collect();
    let hint = "(hint: `hedgerow product check` says more)";
    assert_eq!(
        said,
        [
            format!(
                "product other is left out: tools/count_others.toml is not valid: SQL only reads: its effect is \
                 `read` {hint}"
            ),
            "product renamed is left out: the product names itself \"activation\" and lies in \"renamed\" (hint: \
             give both one name)"
                .to_owned(),
        ]
    );
    let names: Vec<&str> = registry.products().map(|product| product.name.as_str()).collect();
    assert_eq!(names, ["activation"]);
    assert!(registry.tool("count_others").is_err());
}
