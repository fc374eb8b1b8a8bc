//! Actions and cohorts from their making to their end, with the real binary: counted, filtered by, kept by insights
//! and flags, renamed, and refused when they are gone.

use std::path::Path;

use serde_json::{Value, json};

use crate::{run, text};

/// Three persons, two on a paid plan; ann was seen under another id before, and a visitor is nobody.
const EVENTS: &str = r#"{"event":"order","distinct_id":"anon-1","timestamp":"2026-05-18T09:00:00Z","properties":{"amount":5}}
{"event":"$identify","distinct_id":"ann","timestamp":"2026-05-18T10:00:00Z","properties":{"$anon_distinct_id":"anon-1","$set":{"plan":"pro"}}}
{"event":"order","distinct_id":"ann","timestamp":"2026-05-18T11:00:00Z","properties":{"amount":50}}
{"event":"order","distinct_id":"ben","timestamp":"2026-05-18T12:00:00Z","properties":{"amount":70,"$set":{"plan":"free"}}}
{"event":"sign up","distinct_id":"cid","timestamp":"2026-05-19T09:00:00Z","properties":{"$set":{"plan":"team"}}}
{"event":"sign up","distinct_id":"visitor","timestamp":"2026-05-19T10:00:00Z","properties":{"$process_person_profile":false}}
"#;

/// What a verb prints as JSON; it must succeed.
fn json_of(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--project", "site", "--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a call that must succeed gives.
fn call(data: &Path, tool: &str, arguments: &Value) -> Value {
    json_of(data, &["tools", "call", tool, &arguments.to_string(), "--approve"])["result"].clone()
}

/// Why a verb is refused.
fn refusal(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, &[arguments, &["--project", "site"]].concat());
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn total(series: &Value, properties: &Value) -> String {
    let query = json!({
        "series": [series], "properties": properties, "dateRange": {"date_from": "all"},
        "trendsFilter": {"display": "BoldNumber"},
    });
    query.to_string()
}

fn counted(data: &Path, query: &str) -> (u64, Value) {
    let answer = json_of(data, &["query", query]);
    (
        answer["results"][0]["aggregated_value"].as_u64().unwrap(),
        answer["provenance"]["definitions"].clone(),
    )
}

fn cohort(name: &str, operator: &str) -> Value {
    json!({"type": "cohort", "key": "id", "value": name, "operator": operator})
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, from a definition to its end")]
fn definitions_are_used_renamed_kept_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("events.jsonl");
    fs_err::write(&file, EVENTS).unwrap();
    let import = ["import", "jsonl", file.to_str().unwrap(), "--project", "site"];
    assert!(run(&data, &import).status.success());

    // Cohorts say how many are in them.
    let paid = json!([{"key": "plan", "value": ["pro", "team"], "type": "person"}]);
    let made = call(
        &data,
        "create_cohort",
        &json!({"name": "Paying", "body": {"filters": paid}}),
    );
    assert_eq!(
        made["said"],
        "Created the cohort \"Paying\". 2 persons are in \"Paying\" now."
    );
    let listed = json!({"name": "Testers", "body": {"persons": ["anon-1", "visitor", "nobody"]}});
    let made = call(&data, "create_cohort", &listed);
    let said = "Created the cohort \"Testers\". 1 person is in \"Testers\" now. \
                3 distinct ids are listed in \"Testers\", 2 distinct ids of no person.";
    assert_eq!(made["said"], said);
    let typo = json!({"name": "Typo", "body": {"filters": [{"key": "plna", "value": "pro", "type": "person"}]}});
    let said =
        "Created the cohort \"Typo\". Nobody is in it now: unknown property of persons \"plna\" (did you mean plan?).";
    assert_eq!(call(&data, "create_cohort", &typo)["said"], said);
    let rest = json!({"name": "Rest", "body": {"filters": [cohort("Paying", "not_in"), cohort("Testers", "not_in")]}});
    call(&data, "create_cohort", &rest);
    let read = call(&data, "read_cohort", &json!({"cohort": "Rest"}));
    assert_eq!(
        (&read["persons"], &read["first"][0]["properties"]["plan"]),
        (&json!(1), &json!("free"))
    );
    let cycle = json!({"name": "Paying", "changes": {"filters": [cohort("Rest", "in")]}}).to_string();
    let refused = refusal(&data, &["tools", "call", "update_cohort", &cycle, "--approve"]);
    assert!(
        refused.contains("the cohort \"Paying\" would rest on itself"),
        "{refused}"
    );

    // An event to which both steps fit counts once.
    let steps = json!([
        {"event": "order"},
        {"event": "order", "properties": [{"key": "amount", "value": 10, "operator": "gt"}]},
        {"event": "sign up", "properties": [cohort("Paying", "in")]},
    ]);
    call(
        &data,
        "create_action",
        &json!({"name": "Success", "body": {"steps": steps}}),
    );
    let action = json!({"kind": "ActionsNode", "name": "Success"});
    let (count, definitions) = counted(&data, &total(&action, &json!([])));
    assert_eq!(count, 4);
    let now = "persons: as they are at the time of the query, not as they were when the event happened";
    let expected = [
        "action \"Success\" (version 1)",
        "cohort \"Paying\" (version 1): 2 persons",
        now,
    ];
    assert_eq!(definitions, json!(expected));
    // All of ann's events, those of her other id included, and one of cid's.
    assert_eq!(counted(&data, &total(&action, &json!([cohort("Paying", "in")]))).0, 3);
    assert_eq!(
        counted(
            &data,
            &total(&json!({"math": "dau"}), &json!([cohort("Paying", "not_in")]))
        )
        .0,
        2
    );

    // An insight keeps ids, so that names may change.
    let query: Value = serde_json::from_str(&total(&action, &json!([cohort("Testers", "in")]))).unwrap();
    let insight = json!({"name": "Successes", "body": {"query": query}});
    let kept = call(&data, "create_insight", &insight)["changes"][0]["after"]["body"]["query"].clone();
    let rename =
        |tool: &str, name: &str, new_name: &str| call(&data, tool, &json!({"name": name, "new_name": new_name}));
    rename("update_action", "Success", "Triumph");
    rename("update_cohort", "Testers", "Friends");
    let (count, definitions) = counted(&data, &kept.to_string());
    assert_eq!(count, 2);
    assert_eq!(definitions[0], "action \"Triumph\" (version 2)");
    assert!(definitions.to_string().contains("Friends"), "{definitions}");
    let unknown = refusal(&data, &["query", &total(&action, &json!([]))]);
    assert!(unknown.contains("unknown action \"Success\""), "{unknown}");
    let unknown = json!({"name": "Other", "body": {"query": query}}).to_string();
    let refused = refusal(&data, &["tools", "call", "create_insight", &unknown, "--approve"]);
    assert!(refused.contains("unknown cohort \"Testers\""), "{refused}");

    // A flag that rests on cohorts.
    let groups = json!([{"properties": [cohort("Friends", "in")], "rollout_percentage": 100}]);
    call(
        &data,
        "create_feature_flag",
        &json!({"name": "beta", "body": {"active": true, "filters": {"groups": groups}}}),
    );
    let flag =
        |id: &str| call(&data, "evaluate_feature_flags", &json!({"distinct_id": id}))["flags"][0]["value"].clone();
    assert_eq!(
        ["ann", "anon-1", "ben", "visitor"].map(flag),
        [true, true, false, false].map(Value::from)
    );

    // What is used can't be deleted, and what is deleted is not used.
    let delete = |tool: &str, name: &str| {
        refusal(
            &data,
            &["tools", "call", tool, &json!({ "name": name }).to_string(), "--approve"],
        )
    };
    let refused = delete("delete_cohort", "Paying");
    assert!(refused.contains("the cohort \"Paying\" is used by"), "{refused}");
    assert!(
        refused.contains("action \"Triumph\"") && refused.contains("cohort \"Rest\""),
        "{refused}"
    );
    let refused = delete("delete_cohort", "Friends");
    assert!(
        refused.contains("feature flag \"beta\"") && refused.contains("insight \"Successes\""),
        "{refused}"
    );
    let refused = delete("delete_action", "Triumph");
    assert!(
        refused.contains("the action \"Triumph\" is used by insight \"Successes\""),
        "{refused}"
    );
    call(&data, "delete_insight", &json!({"name": "Successes"}));
    call(&data, "delete_action", &json!({"name": "Triumph"}));
    let refused = refusal(&data, &["query", &kept.to_string()]);
    assert!(refused.contains("the action \"Triumph\" was deleted"), "{refused}");
    // The insight is back, and says what it lacks.
    let undone = json_of(&data, &["activity", "list", "--kind", "insight", "--limit", "1"]);
    json_of(&data, &["activity", "undo", undone["data"][0]["id"].as_str().unwrap()]);
    let refused = refusal(&data, &["query", &kept.to_string()]);
    assert!(refused.contains("the action \"Triumph\" was deleted"), "{refused}");
}
