//! What counts as the expected change.

use hedgerow_agent_api::{ObjectState, Usage};
use hedgerow_ids::RunId;

use super::*;

fn expect(yaml: &str) -> Expect {
    serde_saphyr::from_str(yaml).unwrap()
}

fn report(outcome: AskOutcome) -> AskReport {
    AskReport {
        outcome,
        filters: None,
        answer: String::new(),
        figures: Vec::new(),
        headline: None,
        artifacts: Vec::new(),
        tool_calls: Vec::new(),
        warnings: Vec::new(),
        usage: Usage::default(),
        run_id: RunId::new(),
        question: None,
        error: None,
    }
}

fn verdict(expected: &str, outcome: AskOutcome, made: &[ObjectChange]) -> Option<Verdict> {
    let names = Names::from([("obj_1".to_owned(), "Traffic".to_owned())]);
    let made: Vec<Value> = made.iter().map(|change| planned(change, &names)).collect();
    judge(&expect(expected), &report(outcome), &made).map(|judgement| judgement.verdict)
}

#[test]
fn kind_names_and_body_must_be_the_same() {
    let state = |name: &str, body: Value| ObjectState {
        name: name.to_owned(),
        body,
    };
    let body = json!({"tiles": [{"insight": "obj_1"}], "share": 20.0, "pinned": false});
    let made = ObjectChange::create("dashboard", state("Growth", body));
    let expected = "{outcome: asked, change: {kind: dashboard, name: Growth, before: null, \
                    after: {pinned: false, share: 20, tiles: [{insight: Traffic}]}}}";
    let asked = AskOutcome::Asked;
    assert_eq!(
        verdict(expected, asked, std::slice::from_ref(&made)),
        Some(Verdict::Right)
    );
    for (from, to) in [
        ("kind: dashboard", "kind: insight"),
        ("Growth", "Growths"),
        ("before: null, ", ""),
        ("share: 20", "share: 21"),
        ("Traffic", "Visitors"),
        ("pinned: false, ", ""),
    ] {
        let other = expected.replace(from, to);
        assert_ne!(other, expected);
        assert_eq!(
            verdict(&other, asked, std::slice::from_ref(&made)),
            Some(Verdict::Wrong),
            "{other}"
        );
    }
    assert_eq!(
        verdict(expected, asked, &[made.clone(), made.clone()]),
        Some(Verdict::Wrong)
    );
    assert_eq!(verdict(expected, asked, &[]), Some(Verdict::Missed));
    assert_eq!(verdict(expected, AskOutcome::Answered, &[]), Some(Verdict::Wrong));
    // To ask for an approval is not to ask back.
    assert_eq!(
        verdict("{outcome: [refused, asked]}", asked, &[made]),
        Some(Verdict::Wrong)
    );
    assert_eq!(verdict("{outcome: [refused, asked]}", asked, &[]), None);
}

#[test]
fn a_renamed_object_and_a_deleted_one_say_what_was_there() {
    let state = |name: &str| {
        Some(ObjectState {
            name: name.to_owned(),
            body: json!({"a": 1}),
        })
    };
    let mut made = ObjectChange::create("action", state("b").unwrap());
    made.before = state("a");
    let asked = AskOutcome::Asked;
    let renamed = "{outcome: asked, change: {kind: action, name: b, before: a, after: {a: 1}}}";
    assert_eq!(
        verdict(renamed, asked, std::slice::from_ref(&made)),
        Some(Verdict::Right)
    );
    assert_eq!(
        verdict(&renamed.replace("before: a, ", ""), asked, std::slice::from_ref(&made)),
        Some(Verdict::Wrong)
    );
    made.after = None;
    let deleted = "{outcome: asked, change: {kind: action, name: a, after: null}}";
    assert_eq!(verdict(deleted, asked, &[made]), Some(Verdict::Right));
    // What is there afterwards must be said.
    let silent: Result<Expect, _> = serde_saphyr::from_str("{outcome: asked, change: {kind: action, name: a}}");
    assert!(silent.is_err());
}
