//! Tests of the verdicts.

use hedgerow_agent_api::{Claim, Usage};
use hedgerow_data_api::Unit;
use hedgerow_ids::RunId;
use serde_json::json;

use super::*;

fn report(outcome: AskOutcome, headline: Option<Figure>) -> AskReport {
    AskReport {
        outcome,
        filters: None,
        answer: String::new(),
        figures: headline.iter().cloned().collect(),
        headline,
        artifacts: Vec::new(),
        tool_calls: Vec::new(),
        warnings: Vec::new(),
        usage: Usage::default(),
        run_id: RunId::new(),
        question: None,
        error: None,
    }
}

fn figure(value: Value, unit: Unit, status: FigureStatus) -> Figure {
    let (text, expression) = (value.to_string(), "r1[0].x".to_owned());
    Figure {
        text,
        value,
        unit,
        status,
        expression,
        cells: Vec::new(),
        claim: Claim::Reference,
    }
}

fn expect(yaml: &str) -> Expect {
    serde_saphyr::from_str(yaml).unwrap()
}

#[test]
fn equals_compares_numbers_names_days_and_hours() {
    let cases = [
        (json!(1002), json!(1002), 0.0, true),
        (json!(1002), json!(1002.0), 0.0, true),
        (json!(1002), json!(1003), 0.0, false),
        (json!(2.13), json!(2.14), 0.01, true),
        (json!(2.13), json!(2.1401), 0.01, false),
        (json!(1002), json!("1002"), 0.0, false),
        (json!("Firefox"), json!(" firefox "), 0.0, true),
        (json!("/blog"), json!("/blog/"), 0.0, false),
        (json!("2015-05-18"), json!("2015-05-18T00:00:00Z"), 0.0, true),
        (json!("2015-05-18"), json!("2015-05-18 00:00:00"), 0.0, true),
        (json!("2015-05-18"), json!("2015-05-18T01:00:00Z"), 0.0, false),
        (json!("2015-05-18"), json!("2015-05-19"), 0.0, false),
        (json!("02:00"), json!("2015-05-18 02:00:00"), 0.0, true),
        (json!("02:00"), json!("2015-05-18T03:00:00Z"), 0.0, false),
        (json!("02:00"), json!("02:00"), 0.0, true),
    ];
    for (expected, got, tolerance, same) in cases {
        let value: Expected = serde_json::from_value(expected.clone()).unwrap();
        assert_eq!(equals(&value, &got, tolerance), same, "{expected} {got}");
    }
}

#[test]
fn judge_tells_wrong_from_missed() {
    let number = expect("{outcome: answered, value: 660, unit: persons, tolerance: 0}");
    let none = expect("{outcome: [refused, asked], reason: no such event}");
    let right = || Some(figure(json!(660), Unit::Persons, FigureStatus::Verified));
    let cases = [
        (&number, report(AskOutcome::Answered, right()), Verdict::Right),
        (&number, report(AskOutcome::Refused, None), Verdict::Missed),
        (&number, report(AskOutcome::Failed, None), Verdict::Missed),
        (&number, report(AskOutcome::Answered, None), Verdict::Wrong),
        (
            &number,
            report(
                AskOutcome::Answered,
                Some(figure(json!(661), Unit::Persons, FigureStatus::Verified)),
            ),
            Verdict::Wrong,
        ),
        (
            &number,
            report(
                AskOutcome::Answered,
                Some(figure(json!(660), Unit::Events, FigureStatus::Verified)),
            ),
            Verdict::Wrong,
        ),
        (
            &number,
            report(
                AskOutcome::Answered,
                Some(figure(json!(660), Unit::Persons, FigureStatus::Unverified)),
            ),
            Verdict::Missed,
        ),
        (&none, report(AskOutcome::Refused, None), Verdict::RefusedRight),
        (&none, report(AskOutcome::Asked, None), Verdict::RefusedRight),
        (&none, report(AskOutcome::Answered, right()), Verdict::Wrong),
        (&none, report(AskOutcome::Failed, None), Verdict::Missed),
    ];
    for (expect, report, verdict) in cases {
        assert_eq!(
            judge(expect, &report).verdict,
            verdict,
            "{:?} {:?}",
            expect.outcome,
            report.outcome
        );
    }
}

#[test]
fn of_a_computed_value_only_the_kind_of_unit_counts() {
    let mut expect = expect("{outcome: answered, value: 7, unit: events}");
    let judged = |expect: &Expect, unit| {
        let headline = figure(json!(7), unit, FigureStatus::Verified);
        judge(expect, &report(AskOutcome::Answered, Some(headline))).verdict
    };
    assert_eq!(judged(&expect, Unit::Persons), Verdict::Wrong);
    expect.is_computed = true;
    for (unit, verdict) in [
        (Unit::Events, Verdict::Right),
        (Unit::Persons, Verdict::Right),
        (Unit::None, Verdict::Right),
        (Unit::Percent, Verdict::Wrong),
    ] {
        assert_eq!(judged(&expect, unit), verdict, "{unit:?}");
    }
}
