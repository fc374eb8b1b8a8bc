//! Questions: there, with expected results, able to fail, and over their threshold.

use std::collections::BTreeSet;
use std::path::Path;

use hedgerow_declared::{Files, TextFile};
use serde_json::Value;

use super::stage::Stage;
use super::{Check, Findings};
use crate::AskOutcome;
use crate::eval::{Case, CaseResult, Expected, Suite, Verdict, parse_suite};
use crate::eval_history::EvalBy;

pub(super) fn read(files: &Files, found: &mut Findings) {
    if files.evals.is_empty() {
        let hint = "write some before the product grows";
        found.add(Check::Evals, "evals", "there are no questions", hint);
    }
    for file in &files.evals {
        suite(file, found);
    }
    let suites = files
        .evals
        .iter()
        .filter_map(|file| serde_saphyr::from_str(&file.text).ok());
    let mut questions = suites.flat_map(|suite: Value| questions_in(&suite));
    let refuses = |question: Value| {
        let case = serde_json::from_value::<Case>(question);
        case.is_ok_and(|case| {
            case.expect
                .outcome
                .iter()
                .all(|outcome| *outcome != AskOutcome::Answered)
        })
    };
    if !files.evals.is_empty() && !questions.any(refuses) {
        let message = "no question has to be refused or asked back";
        let hint = "add one about a name that does not exist, or a period without data";
        found.add(Check::Evals, "evals", message, hint);
    }
}

fn suite(file: &TextFile, found: &mut Findings) {
    let before = found.wrong.len();
    questions(file, found);
    // What the questions have in common, once each of them is as it should be.
    if found.wrong.len() == before
        && let Err(error) = parse_suite(file.stem(), &file.text, Path::new(""))
    {
        let hint = "it has threshold, questions, and what they are about: world, data, now";
        found.add(Check::Evals, &file.path, error.chain(), hint);
    }
}

fn questions(file: &TextFile, found: &mut Findings) {
    let mut add = |message: String, hint: &str| found.add(Check::Evals, &file.path, message, hint);
    let value: Value = match serde_saphyr::from_str(&file.text) {
        Ok(value) => value,
        Err(error) => return add(format!("it can't be read: {error}"), "a suite has `questions`"),
    };
    if let Value::Object(fields) = &value {
        match fields.get("threshold").and_then(Value::as_f64) {
            Some(threshold) if threshold > 0.0 && threshold <= 1.0 => {}
            Some(threshold) => add(
                format!("the threshold {threshold} is not within 0 and 1, or nothing can fall below it"),
                "say which share of the questions must come out as expected, e.g. 0.9",
            ),
            None => add(
                "it has no threshold".to_owned(),
                "say which share must come out as expected",
            ),
        }
    }
    let questions = questions_in(&value);
    if questions.is_empty() {
        add("it has no questions".to_owned(), "write some before the product grows");
    }
    let mut ids = BTreeSet::new();
    for question in questions {
        let id = question
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if !ids.insert(id.clone()) {
            add(format!("two questions have the id {id:?}"), "give each its own");
        }
        match serde_json::from_value::<Case>(question) {
            Err(error) => add(
                format!("question {id:?} can't be read: {error}"),
                "it has id, question, expect, and truth where there is an answer",
            ),
            Ok(case) => {
                if let Some((problem, hint)) = problem(&case) {
                    add(format!("question {id:?} {problem}"), hint);
                }
            }
        }
    }
}

/// The questions of a suite, which stand in a list, or under `questions`.
fn questions_in(suite: &Value) -> Vec<Value> {
    let questions = suite.get("questions").unwrap_or(suite);
    questions.as_array().cloned().unwrap_or_default()
}

/// Why a question can't fail, or can't be judged.
fn problem(case: &Case) -> Option<(&'static str, &'static str)> {
    let is = |outcome| case.expect.outcome.contains(&outcome);
    let others = is(AskOutcome::Refused) || is(AskOutcome::Asked);
    if case.expect.outcome.is_empty() || is(AskOutcome::Failed) || is(AskOutcome::Cancelled) {
        Some(("expects no outcome that is one", "expect answered, refused or asked"))
    } else if is(AskOutcome::Answered) == others {
        Some((
            "can't fail: every outcome is expected",
            "expect an answer, or expect none",
        ))
    } else if others && case.expect.value.is_some() {
        Some(("expects a value and no answer", "expect one of them"))
    } else if is(AskOutcome::Answered) && case.truth.is_none() && case.expect.value.is_none() {
        Some((
            "has neither a value nor a truth",
            "write the query that gives the right value",
        ))
    } else if case.expect.tolerance < 0.0 || is_too_tolerant(case) {
        Some((
            "can't fail: any number is within its tolerance",
            "tolerate what rounding needs",
        ))
    } else {
        None
    }
}

fn is_too_tolerant(case: &Case) -> bool {
    match &case.expect.value {
        Some(Expected::Number(value)) => *value != 0.0 && case.expect.tolerance >= value.abs(),
        _ => !case.expect.tolerance.is_finite() || case.expect.tolerance >= 1e9,
    }
}

/// Asks the questions of a suite and holds the share that came out as expected against its threshold.
pub(super) async fn run(stage: &Stage<'_>, file: &TextFile, suite: &Suite, found: &mut Findings) {
    let Some(threshold) = suite.threshold else {
        let message = "it has no threshold, so its questions are not asked here";
        return found.note(Check::Evals, &file.path, message, "ask them with `hedgerow eval`");
    };
    stage.tell(&format!("asking the {} questions of {}", suite.cases.len(), file.path));
    let summary = match stage.asking.run_eval(suite, None, &|_, _| {}).await {
        Ok(summary) => summary,
        Err(error) => {
            let hint = error.hint().unwrap_or("correct the suite").to_owned();
            return found.add(Check::Evals, &file.path, error.chain(), hint);
        }
    };
    stage.app.keep_eval_of(stage.name, &summary, EvalBy::Gate);
    for case in summary
        .cases
        .iter()
        .filter(|case| is_within_tolerance_of_zero(suite, case))
    {
        let message = format!("question {:?} can't fail: 0 is within its tolerance", case.id);
        found.add(Check::Evals, &file.path, message, "tolerate what rounding needs");
    }
    let share = summary.percent_right() / 100.0;
    if share + 1e-9 < threshold {
        let failed = summary
            .cases
            .iter()
            .filter(|case| !matches!(case.verdict, Verdict::Right | Verdict::RefusedRight))
            .map(|case| format!("{} ({})", case.id, case.reason.as_deref().unwrap_or("not as expected")));
        let message = format!(
            "{:.0} % of the questions come out as expected, {:.0} % are wanted: {}",
            share * 100.0,
            threshold * 100.0,
            failed.collect::<Vec<_>>().join("; ")
        );
        found.add(Check::Evals, &file.path, message, "mend the product or the expectation");
    }
}

/// A value that a truth gives is known only now.
fn is_within_tolerance_of_zero(suite: &Suite, result: &CaseResult) -> bool {
    let case = suite.cases.iter().find(|case| case.id == result.id);
    let value = result.expected.as_ref().and_then(Value::as_f64);
    match (case, value) {
        (Some(case), Some(value)) => {
            case.open_truth().is_some() && value != 0.0 && case.expect.tolerance >= value.abs()
        }
        _ => false,
    }
}
