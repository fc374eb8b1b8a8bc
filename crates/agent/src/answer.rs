//! From the model's final text to the end of the run.

use hedgerow_agent_api::{Answer, ModelReply, Question, ResultSnapshot, RunEventKind, Thread, Usage};
use hedgerow_data_api::Warning;
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;

use crate::figures::{self, Given};
use crate::supervisor::Run;

/// Binds the figures. An answer with unsupported ones goes back once; the second time it is shown
/// with them marked. Returns the ending unless it went back.
pub(crate) async fn conclude(run: &Run, thread: &Thread, reply: &ModelReply) -> Result<Option<Vec<RunEventKind>>> {
    // Without a round left there is nobody to send it back to.
    let can_repair = thread.repairs.is_empty() && thread.replies.len() < run.limits.rounds as usize;
    if reply.text.trim().is_empty() {
        if can_repair {
            return send_back(
                run,
                "the answer was empty: answer the question, or say why you can't".to_owned(),
            )
            .await;
        }
        return Err(
            Error::new(Code::Unavailable, "the model gave neither calls nor an answer")
                .with_hint("ask again, or choose another model"),
        );
    }
    let results: Vec<ResultSnapshot> = thread
        .calls
        .iter()
        .filter_map(|call| call.result.as_deref().cloned())
        .collect();
    let arguments = thread.calls.iter().map(|call| call.arguments.clone()).collect();
    let given = Given {
        question: run.history.questions(thread),
        arguments,
    };
    let bound = figures::bind(&reply.text, reply.headline.as_deref(), &results, &given);
    if can_repair && !bound.problems.is_empty() {
        return send_back(run, bound.problems.join("\n")).await;
    }
    let warnings = warnings(&bound.answer, &results);
    let usage: Usage = thread.usage;
    Ok(Some(vec![RunEventKind::Completed {
        outcome: reply.outcome,
        answer: bound.answer,
        warnings,
        usage,
    }]))
}

/// What the user is asked, as it is shown. A question of the model can claim a number as well as an
/// answer can, so its figures are checked in the same way.
#[must_use]
pub fn shown_question(question: &Question, thread: &Thread) -> Question {
    let results: Vec<ResultSnapshot> = thread.results().into_values().cloned().collect();
    // The arguments of the call that asks are the text itself and support nothing.
    let asks = |arguments: &Value| arguments.get("question").and_then(Value::as_str) == Some(&question.question);
    let arguments = thread
        .calls
        .iter()
        .map(|call| &call.arguments)
        .filter(|arguments| !asks(arguments));
    let given = Given {
        question: thread.question.clone(),
        arguments: arguments.cloned().collect(),
    };
    let shown = |text: &String| figures::bind(text, None, &results, &given).answer.text;
    Question {
        question: shown(&question.question),
        options: question.options.iter().map(shown).collect(),
    }
}

async fn send_back(run: &Run, problem: String) -> Result<Option<Vec<RunEventKind>>> {
    run.recorder
        .append(vec![RunEventKind::RepairRequested { problem }])
        .await?;
    Ok(None)
}

/// The warnings of the results that the answer cites; of all results where it cites none.
fn warnings(answer: &Answer, results: &[ResultSnapshot]) -> Vec<Warning> {
    let cells = || answer.figures.iter().flat_map(|figure| &figure.cells);
    let cited = |result: &&ResultSnapshot| cells().next().is_none() || cells().any(|cell| cell.handle == result.handle);
    let mut warnings: Vec<Warning> = Vec::new();
    for warning in results.iter().filter(cited).flat_map(|result| &result.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings
}
