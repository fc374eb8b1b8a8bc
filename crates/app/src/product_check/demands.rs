//! What a stage demands: the further a product is, the more must be known of how well it works.

use std::path::Path;

use hedgerow_agent_api::Stage;
use hedgerow_declared::TextFile;

use super::{Check, Findings, Subject};
use crate::eval::{Suite, parse_suite};

/// Questions that a product for everybody has.
const GA_QUESTIONS: usize = 10;
/// How many of them have no answer: a name that does not exist, a period without data, a word with two meanings.
const GA_WITHOUT_ANSWER: usize = 3;
/// The share of its questions that must come out as expected.
const GA_THRESHOLD: f64 = 0.9;

const MANIFEST: &str = "product.toml";

pub(super) fn check(subject: &Subject, found: &mut Findings) {
    let stage = subject.product.as_ref().map_or(Stage::Idea, |product| product.stage);
    if stage < Stage::Beta {
        return;
    }
    // A suite that can't be read was found by reading.
    let suites: Vec<(&TextFile, Suite)> = subject
        .files
        .evals
        .iter()
        .filter_map(|file| Some((file, parse_suite(file.stem(), &file.text, Path::new("")).ok()?)))
        .collect();
    if !suites.iter().any(|(_, suite)| suite.threshold.is_some()) {
        let message = format!("none of its suites has a threshold, and {stage} wants one");
        let hint = "say in a suite which share of its questions must come out as expected";
        found.add(Check::Stage, MANIFEST, message, hint);
    }
    if stage == Stage::Ga {
        ga(&suites, found);
    }
}

fn ga(suites: &[(&TextFile, Suite)], found: &mut Findings) {
    let cases = || suites.iter().flat_map(|(_, suite)| &suite.cases);
    let (questions, without) = (cases().count(), cases().filter(|case| !case.is_answerable()).count());
    if questions < GA_QUESTIONS {
        let message = format!("it has {}, and ga wants {GA_QUESTIONS}", counted(questions, "question"));
        let hint = "write down what people ask, also what went wrong; or say beta";
        found.add(Check::Stage, MANIFEST, message, hint);
    }
    if without < GA_WITHOUT_ANSWER {
        let have = if without == 1 { "has" } else { "have" };
        let message = format!("{without} of its questions {have} no answer, and ga wants {GA_WITHOUT_ANSWER}");
        let hint = "ask for a name that does not exist, a period without data, a word with two meanings; or say beta";
        found.add(Check::Stage, MANIFEST, message, hint);
    }
    for (file, suite) in suites {
        if let Some(threshold) = suite.threshold.filter(|threshold| *threshold < GA_THRESHOLD) {
            let message = format!("the threshold {threshold} is below what ga wants, {GA_THRESHOLD}");
            let hint = "mend what comes out wrong and raise it; or say beta";
            found.add(Check::Stage, &file.path, message, hint);
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
