//! Everything that writes, through the real binary: seen before it is done, approved, and taken back exactly.

use std::collections::BTreeMap;
use std::path::Path;

use hedgerow_testkit::Dice;
use serde_json::{Value, json};

use crate::{import, run, text};

/// The output of a verb as JSON; it must succeed.
fn json_of(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--project", "site", "--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What there is: names and bodies by id.
fn state(data: &Path) -> BTreeMap<String, Value> {
    let objects = json_of(data, &["objects", "list"]);
    let objects = objects["data"].as_array().unwrap().iter();
    let named = |object: &Value| json!([object["kind"], object["name"], object["body"]]);
    objects
        .map(|object| (object["id"].as_str().unwrap().to_owned(), named(object)))
        .collect()
}

/// The calls that all writing tools show as examples, in an order in which they work.
fn examples(data: &Path) -> Vec<(String, String)> {
    let tools = json_of(data, &["tools", "list"]);
    let turn = |name: &str| match name.split('_').next() {
        Some("create") => 0,
        Some("update") => 1,
        _ => 2,
    };
    let mut writing: Vec<&Value> = tools["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tool| {
            let access = tool["access"].as_str().unwrap();
            access.ends_with(":write") && access != "run:write"
        })
        .collect();
    writing.sort_by_key(|tool| turn(tool["name"].as_str().unwrap()));
    assert!(writing.len() >= 15, "{} writing tools", writing.len());
    let calls = writing.iter().flat_map(|tool| {
        let examples = tool["examples"].as_array().unwrap().iter();
        examples.map(|example| {
            (
                tool["name"].as_str().unwrap().to_owned(),
                example["arguments"].to_string(),
            )
        })
    });
    calls.collect()
}

#[test]
fn every_writing_tool_is_previewed_approved_and_undone_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    for (tool, arguments) in examples(data) {
        let call = ["tools", "call", &tool, &arguments];
        let before = state(data);
        let preview = json_of(data, &[&call[..], &["--dry-run"]].concat());
        assert_eq!(preview["decision"], "ask", "{tool}");
        assert_eq!(preview["changes"].as_array().unwrap().len(), 1, "{tool}");
        let unapproved = run(data, &[&call[..], &["--project", "site"]].concat());
        assert_eq!(unapproved.status.code(), Some(1), "{tool}");
        assert_eq!(state(data), before, "{tool}: looking changes nothing");
        let made = json_of(data, &[&call[..], &["--approve"]].concat());
        let after = state(data);
        assert_ne!(after, before, "{tool}");
        let states = |change: &Value| json!([change["before"], change["after"]]);
        assert_eq!(
            states(&made["changes"][0]),
            states(&preview["changes"][0]),
            "{tool}: what was shown is what is done"
        );
        let undone = json_of(data, &["activity", "undo", made["changes"][0]["id"].as_str().unwrap()]);
        assert_eq!(state(data), before, "{tool}: undone");
        json_of(data, &["activity", "undo", undone["data"][0]["id"].as_str().unwrap()]);
        assert_eq!(state(data), after, "{tool}: the undoing undone");
    }
}

/// One write of an agent: asked about, approved, made in the run that goes on.
fn by_agent(data: &Path, tool: &str, arguments: &Value) -> Option<String> {
    let script = json!({"replies": [
        {"text": "", "tool_calls": [{"name": tool, "arguments": arguments}]},
        {"text": "Done."},
    ]});
    let file = data.join("script.json");
    fs_err::write(&file, script.to_string()).unwrap();
    let model = format!("scripted:{}", file.to_str().unwrap());
    let ask = [
        "ask",
        "Do it",
        "--model",
        &model,
        "--mode",
        "feature_flags",
        "--json",
        "--project",
        "site",
    ];
    let asked: Value = serde_json::from_slice(&run(data, &ask).stdout).unwrap();
    if asked["outcome"] != "asked" {
        return None;
    }
    let approved = json_of(data, &["runs", "approve", asked["run_id"].as_str().unwrap()]);
    assert_eq!(approved["outcome"], "answered");
    Some(approved["run_id"].as_str().unwrap().to_owned())
}

#[test]
fn writes_of_people_and_agents_are_undone_one_by_one_to_each_earlier_state() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let mut dice = Dice::new(11);
    // How to undo each write, and what there was before it.
    let mut done: Vec<(Vec<String>, BTreeMap<String, Value>)> = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "the test command says how much is wanted")]
    let is_full = std::env::var_os("HEDGEROW_FULL").is_some_and(|value| value == "1");
    for _ in 0..if is_full { 150 } else { 25 } {
        let before = state(data);
        let name = format!("flag-{}", dice.roll(4));
        let share = dice.roll(101);
        let (tool, arguments) = match dice.roll(5) {
            0 | 1 => (
                "create_feature_flag",
                json!({"name": name, "body": {"filters": {"groups": [{"rollout_percentage": share}]}}}),
            ),
            2 => ("delete_feature_flag", json!({"name": name})),
            _ => (
                "update_feature_flag",
                json!({"name": name, "changes": {"active": dice.chance(50), "filters": {"groups": [{"rollout_percentage": share}]}}}),
            ),
        };
        let undo = if dice.chance(50) {
            by_agent(data, tool, &arguments).map(|run| vec!["runs".to_owned(), "undo".to_owned(), run])
        } else {
            let call = [
                "tools",
                "call",
                tool,
                &arguments.to_string(),
                "--approve",
                "--json",
                "--project",
                "site",
            ];
            let made: Value = serde_json::from_slice(&run(data, &call).stdout).unwrap();
            let change = made["changes"][0]["id"].as_str();
            change.map(|change| vec!["activity".to_owned(), "undo".to_owned(), change.to_owned()])
        };
        match undo {
            Some(undo) => done.push((undo, before)),
            // The name is taken, or there is no such flag: then nothing may have happened.
            None => assert_eq!(state(data), before, "{tool} {arguments}"),
        }
    }
    assert!(done.len() >= 10, "{}", done.len());
    for (undo, before) in done.iter().rev() {
        let undo: Vec<&str> = undo.iter().map(String::as_str).collect();
        json_of(data, &undo);
        assert_eq!(state(data), *before, "{undo:?}");
    }
    assert_eq!(state(data), BTreeMap::new());
}

/// A wish in words, which must end with the question whether it may; the run's report.
fn wish(data: &Path, words: &str) -> Value {
    let asked = run(data, &["ask", words, "--project", "site", "--json"]);
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(asked["outcome"], "asked", "{words}: {asked:#}");
    // The router proposes the mode that brings the tool.
    let calls = asked["tool_calls"].as_array().unwrap();
    let enables = calls.iter().any(|call| call["name"] == "enable_mode");
    assert!(!enables, "{words}: {asked:#}");
    asked
}

#[test]
fn wishes_in_words_are_carried_out_once_they_are_approved() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let wishes = [
        (
            "create a feature flag new-editor for 20 % of people",
            "Created the feature flag \"new-editor\".",
        ),
        ("raise new-editor to 50 %", "Updated the feature flag \"new-editor\"."),
        (
            "turn on the flag new-editor",
            "Updated the feature flag \"new-editor\".",
        ),
        (
            "save page views by day as an insight called Traffic",
            "Created the insight \"Traffic\".",
        ),
        (
            "create a dashboard Growth with the insight Traffic",
            "Created the dashboard \"Growth\".",
        ),
        ("delete the dashboard Growth", "Deleted the dashboard \"Growth\"."),
        (
            "rename the insight Traffic to Site traffic",
            "Updated the insight \"Site traffic\".",
        ),
        (
            "define an action Not found as page views with status 404",
            "Created the action \"Not found\".",
        ),
        (
            "create a notebook Findings with page views per browser",
            "Created the notebook \"Findings\".",
        ),
    ];
    for (words, done) in wishes {
        let asked = wish(data, words);
        let approved = json_of(data, &["runs", "approve", asked["run_id"].as_str().unwrap()]);
        let answer = approved["answer"].as_str().unwrap();
        assert!(answer.starts_with(done), "{words}: {answer}");
        assert!(!answer.contains("unverified"), "{words}: {answer}");
    }
    let before = state(data);
    assert_eq!(before.len(), 4, "{before:?}");
    for reason in [None, Some("first for 5 %")] {
        let asked = wish(data, "turn off new-editor");
        let mut reject = vec!["runs", "reject", asked["run_id"].as_str().unwrap()];
        reject.extend(reason.into_iter().flat_map(|reason| ["--reason", reason]));
        let rejected = json_of(data, &reject);
        assert_eq!(rejected["answer"], "The change was not made.", "{reason:?}");
    }
    assert_eq!(state(data), before);
}
