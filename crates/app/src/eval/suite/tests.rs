//! Both forms of a suite.

use super::*;

const CASES: &str = "
- id: a
  question: How many?
  expect: {outcome: answered, value: 3, unit: events}
- id: b
  question: Which colour?
  expect: {outcome: [refused, asked], reason: no such property}
";

fn read(text: &str) -> Result<Suite> {
    parse("s", text, Path::new("log"))
}

#[test]
fn a_list_is_about_the_log_and_has_no_threshold() {
    let suite = read(CASES).unwrap();
    assert_eq!((suite.data, suite.threshold), (SuiteData::Log("log".into()), None));
    let answerable: Vec<bool> = suite.cases.iter().map(Case::is_answerable).collect();
    assert_eq!(answerable, [true, false]);
    assert!(suite.cases.iter().all(|case| case.open_truth().is_none()));
    // There a truth is for readers only, so that a value is needed.
    let open = CASES.replace("answered, value: 3, unit: events}", "answered}\n  truth: SELECT 3");
    assert!(read(&open).unwrap_err().message().contains("case a"));
}

#[test]
fn questions_with_a_threshold_are_about_the_world_and_may_leave_the_value_to_the_truth() {
    let whole = |head: &str, cases: &str| read(&format!("{head}\nquestions:{}", cases.replace('\n', "\n  ")));
    let open = CASES.replace("answered, value: 3, unit: events}", "answered}\n  truth: SELECT 3");
    let suite = whole("threshold: 0.5", &open).unwrap();
    assert_eq!(
        (suite.data, suite.threshold),
        (SuiteData::World(WorldSize::default()), Some(0.5))
    );
    assert_eq!(suite.cases[0].open_truth().unwrap().query, "SELECT 3");
    assert_eq!(suite.cases[1].open_truth(), None);
    let suite = whole("threshold: 1\ndata: access-log\nnow: 2026-07-01T00:00:00Z", CASES).unwrap();
    assert_eq!(suite.data, SuiteData::Log("log".into()));
    assert!(suite.now.is_some());
    for head in [
        "",
        "threshold: 1\nworlds: {}",
        "threshold: 1\ndata: moon",
        "threshold: 1\nworld: {size: 3}",
    ] {
        assert!(whole(head, CASES).is_err(), "{head}");
    }
}
