//! What must hold for every text: mutations of the labelled set, and arbitrary answers.

use hedgerow_agent_api::{Claim, FigureStatus, ResultSnapshot, Segment};
use proptest::prelude::*;

use super::labelled::{Case, cases, folder, results, spans};
use crate::figures::{Bound, Given, bind};

fn answer(case: &Case, text: &str, results: &[ResultSnapshot]) -> Bound {
    bind(
        text,
        None,
        results,
        &Given {
            question: case.question.clone(),
            arguments: Vec::new(),
        },
    )
}

/// Where the verified figures of a claim stand in an answer, with the cell they rest on.
fn verified(text: &str, bound: &Bound, claim: Claim) -> Vec<(std::ops::Range<usize>, usize)> {
    let shown = |index: usize| {
        let figure = &bound.answer.figures[index];
        figure.status == FigureStatus::Verified && figure.claim == claim && !figure.cells.is_empty()
    };
    spans(text, bound)
        .into_iter()
        .filter(|(_, index)| shown(*index))
        .collect()
}

#[test]
fn literal_loses_its_status_when_a_digit_changes() {
    let mut changed = 0;
    for case in cases(&folder()) {
        let results = results(&folder(), &case.tables);
        let bound = answer(&case, &case.answer, &results);
        for (range, _) in verified(&case.answer, &bound, Claim::Literal) {
            for at in range.clone().filter(|at| case.answer.as_bytes()[*at].is_ascii_digit()) {
                for digit in '0'..='9' {
                    let mut text = case.answer.clone();
                    text.replace_range(at..=at, &digit.to_string());
                    if text == case.answer {
                        continue;
                    }
                    let mutated = answer(&case, &text, &results);
                    let still = verified(&text, &mutated, Claim::Literal)
                        .iter()
                        .any(|(other, _)| *other == range);
                    assert!(!still, "{text:?} is verified");
                    changed += 1;
                }
            }
        }
    }
    assert!(changed > 1_000, "only {changed} mutations");
}

#[test]
fn number_loses_its_status_when_its_label_changes() {
    let mut changed = 0;
    for case in cases(&folder()) {
        let results = results(&folder(), &case.tables);
        let bound = answer(&case, &case.answer, &results);
        let numbers = [Claim::Literal, Claim::Reference]
            .map(|claim| verified(&case.answer, &bound, claim))
            .concat();
        for (range, index) in numbers {
            let [cell] = bound.answer.figures[index].cells.as_slice() else {
                continue;
            };
            for (from, to, value) in other_labels(&results, cell) {
                let text = case.answer.replace(&from, &to);
                if text == case.answer
                    || value == cell.value
                    || text[..range.start.min(text.len())].len() != range.start
                {
                    continue;
                }
                let shift = case.answer[..range.start].matches(&from).count();
                let start = range.start + shift * to.len() - shift * from.len();
                let mutated = answer(&case, &text, &results);
                let shown = [Claim::Literal, Claim::Reference]
                    .map(|claim| verified(&text, &mutated, claim))
                    .concat();
                let still = shown.iter().find(|(other, _)| other.start == start);
                let wrong = still.is_some_and(|(_, index)| mutated.answer.figures[*index].cells[0].row == cell.row);
                assert!(!wrong, "{text:?} is verified");
                changed += 1;
            }
        }
    }
    assert!(changed > 100, "only {changed} mutations");
}

/// Ways to write the label of a cell's row, with another row's label and cell.
fn other_labels(
    results: &[ResultSnapshot],
    cell: &hedgerow_agent_api::CellRef,
) -> Vec<(String, String, serde_json::Value)> {
    let table = &results
        .iter()
        .find(|result| result.handle == cell.handle)
        .unwrap()
        .table;
    let column = table.column_index(&cell.column).unwrap();
    let mut found = Vec::new();
    for (row, cells) in table.rows.iter().enumerate().filter(|(row, _)| *row != cell.row) {
        for (own, other) in table.rows[cell.row].iter().zip(cells) {
            let (Some(own), Some(other)) = (own.as_str(), other.as_str()) else {
                continue;
            };
            if own == other || own == "/" || other == "/" {
                continue;
            }
            let value = table.rows[row][column].clone();
            let day = |text: &str| text.strip_prefix("2015-05-").map(|day| format!("{} May", &day[..2]));
            match (day(own), day(other)) {
                (Some(own), Some(other)) => found.push((own, other, value)),
                _ => found.push((own.to_owned(), other.to_owned(), value)),
            }
        }
    }
    found
}

#[test]
fn number_loses_its_status_under_a_denial_or_a_hedge() {
    for case in cases(&folder()) {
        let results = results(&folder(), &case.tables);
        let bound = answer(&case, &case.answer, &results);
        for (range, _) in verified(&case.answer, &bound, Claim::Literal) {
            for word in [
                "not ",
                "about ",
                "nearly ",
                "at least ",
                "more than ",
                "fewer than ",
                "$",
                "~",
            ] {
                let text = format!("{}{word}{}", &case.answer[..range.start], &case.answer[range.start..]);
                let mutated = answer(&case, &text, &results);
                let end = range.end + word.len();
                let still = verified(&text, &mutated, Claim::Literal)
                    .iter()
                    .any(|(other, _)| other.end == end);
                assert!(!still, "{text:?} is verified");
            }
            let digit = case.answer[..range.end].ends_with(|c: char| c.is_ascii_digit());
            let words = ["k", " million", " dollars", " MB", "+", " or so", ".5"].into_iter();
            for word in words.filter(|word| digit || word.starts_with(' ')) {
                let text = format!("{}{word}{}", &case.answer[..range.end], &case.answer[range.end..]);
                let mutated = answer(&case, &text, &results);
                let still = verified(&text, &mutated, Claim::Literal)
                    .iter()
                    .any(|(other, _)| other.start == range.start);
                assert!(!still, "{text:?} is verified");
            }
        }
    }
}

/// The text of an answer is its segments, and the markers are all that is added.
fn check_pieces(bound: &Bound) {
    let mut text = String::new();
    for segment in &bound.answer.segments {
        match segment {
            Segment::Text { text: piece } => text.push_str(piece),
            Segment::Figure { index } => text.push_str(&bound.answer.figures[*index].text),
        }
    }
    assert_eq!(text, bound.answer.text.replace(" [unverified]", ""));
}

#[test]
fn segments_make_the_answer_of_every_case() {
    for case in cases(&folder()) {
        check_pieces(&answer(&case, &case.answer, &results(&folder(), &case.tables)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn bind_never_panics_on_arbitrary_text(text in any::<String>(), question in any::<String>()) {
        let results = results(&folder(), &["browsers".to_owned(), "pageviews_daily".to_owned()]);
        check_pieces(&bind(&text, Some(&question), &results, &Given { question: question.clone(), arguments: Vec::new() }));
    }

    #[test]
    fn bind_never_panics_on_pieces_of_answers(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..30)) {
        let results = results(&folder(), &["browsers".to_owned(), "pageviews_daily".to_owned(), "total".to_owned()]);
        let text = pieces.concat();
        let given = Given { question: text.clone(), arguments: vec![serde_json::json!({ "limit": 5, "date_from": "-7d" })] };
        check_pieces(&bind(&text, None, &results, &given));
        check_pieces(&bind(&text, None, &[], &given));
    }
}

const PIECES: [&str; 44] = [
    " ",
    ", ",
    ". ",
    "Chrome",
    " and ",
    "1,204",
    "2 896",
    "{{r1[0].unique_visitors}}",
    "{{",
    "}}",
    "{{r1[0].x | percent}}",
    "%",
    "18 May",
    "May 18",
    " unique visitors",
    " page views",
    " rose ",
    " by ",
    " from ",
    " to ",
    "not ",
    "$",
    "-",
    "/",
    "\n- ",
    ": ",
    "2nd",
    " most ",
    "second-",
    "(",
    ")",
    "{{sum(r2.page_views)}}",
    "{{r1[0].browser}}",
    "é",
    "“",
    "3.2.1",
    "12:00",
    " than ",
    " of ",
    "in 2015",
    "ten thousand",
    "’s",
    "17 and 18 May",
    "\u{a0}",
];
