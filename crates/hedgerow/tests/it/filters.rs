//! Wishes for lists: the public set with the built-in analyst, over the seeded world.

use serde_json::{Value, json};

use crate::{run, text};

const EVALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals");

/// How a suite came out; its cases that did not come out as they should are in the message.
fn eval(data: &std::path::Path, suite: &str) -> Value {
    let output = run(data, &["eval", suite, "--evals", EVALS, "--json"]);
    let mut summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases = summary["cases"].as_array().unwrap().iter();
    let bad = |case: &&Value| case["verdict"] != "right" && case["verdict"] != "refused_right";
    let bad: Vec<Value> = cases
        .filter(bad)
        .map(|case| json!([case["id"], case["verdict"], case["reason"]]))
        .collect();
    summary["bad"] = json!(bad);
    summary["code"] = json!(output.status.code());
    summary
}

#[test]
fn wishes_become_the_right_filters_or_none() {
    let data = tempfile::tempdir().unwrap();
    for (suite, total) in [("filters", 121), ("filters_more", 707)] {
        let summary = eval(data.path(), suite);
        assert_eq!(summary["total"], json!(total), "{suite}");
        assert_eq!(
            (&summary["wrong"], &summary["code"]),
            (&json!(0), &json!(0)),
            "{suite}: {}",
            summary["bad"]
        );
        assert_eq!(summary["bad"], json!([]), "{suite}");
    }
}

#[test]
fn a_wish_is_asked_back_and_the_answer_makes_the_filter() {
    let data = tempfile::tempdir().unwrap();
    let imported = run(
        data.path(),
        &[
            "import",
            "world",
            "--project",
            "leaflet",
            "--seed",
            "7",
            "--events",
            "300000",
        ],
    );
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let context = r#"{"tool": "make_filters", "description": "the list of events", "data": {"list": "events"}}"#;
    let ask = |words: &str, more: &[&str]| -> (Option<i32>, Value) {
        let arguments = [&["ask", words, "--project", "leaflet", "--json"], more].concat();
        let output = run(data.path(), &arguments);
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).unwrap_or_default(),
        )
    };
    let (code, asked) = ask("pageviews in Crome", &["--context", context]);
    assert_eq!((code, &asked["filters"]), (Some(4), &Value::Null));
    assert_eq!(asked["question"]["options"], json!(["Chrome"]));
    let (code, made) = ask("yes", &["--continue", asked["run_id"].as_str().unwrap()]);
    assert_eq!(code, Some(0), "{made}");
    assert_eq!(
        made["filters"]["understood"],
        json!(["event is $pageview", "$browser is Chrome"])
    );
    assert_eq!(made["filters"]["list"], json!("events"));

    let (code, _) = ask(
        "pageviews",
        &["--context", r#"{"tool": "make_filter", "description": ""}"#],
    );
    assert_eq!(code, Some(1), "an unknown tool is refused before there is a run");
    let (code, refused) = ask(
        "pageviews",
        &[
            "--context",
            r#"{"tool": "make_filters", "description": "", "data": {"list": "orders"}}"#,
        ],
    );
    assert_eq!(code, Some(3), "{refused}");
}
