//! The rule, case by case: what a reference comes to, what an answer looks like, what is given.

use hedgerow_agent_api::{Answer, Claim, FigureStatus, ResultSnapshot};
use hedgerow_data_api::Unit;
use serde_json::json;

use super::labelled::{folder, results, spans};
use crate::figures::{Bound, Given, bind};

fn tables(names: &str) -> Vec<ResultSnapshot> {
    let names: Vec<String> = names.split(',').map(str::to_owned).collect();
    results(&folder(), &names)
}

fn bound(names: &str, question: &str, text: &str) -> Bound {
    let given = Given {
        question: question.to_owned(),
        arguments: Vec::new(),
    };
    bind(text, None, &tables(names), &given)
}

/// An answer with its marks taken out, and the marks: truth, start, end.
fn read_marks(line: &str) -> (String, Vec<(char, usize, usize)>) {
    let mut text = String::new();
    let mut marks = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['<']).filter(|at| rest.get(at + 2..at + 3) == Some(":")) {
        let truth = rest.as_bytes()[at + 1] as char;
        let end = at + rest[at..].find('>').unwrap();
        text.push_str(&rest[..at]);
        let start = text.len();
        text.push_str(&rest[at + 3..end]);
        marks.push((truth, start, text.len()));
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    (text, marks)
}

#[test]
fn answers_beyond_the_set_hold() {
    let file = fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/figures/tests/answers.txt")).unwrap();
    let (mut names, mut truly, mut falsely) = (String::new(), 0, 0);
    let (mut missed, mut wrong) = (Vec::new(), Vec::new());
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(tables) = line.strip_prefix("@ ") {
            tables.clone_into(&mut names);
            continue;
        }
        let (question, answer) = line.split_once(" => ").unwrap_or(("", line));
        let (text, marks) = read_marks(&answer.replace("\\n", "\n"));
        let bound = bound(&names, question, &text);
        let figures = spans(&text, &bound);
        for (truth, start, end) in marks {
            let over = figures
                .iter()
                .filter(|(range, _)| range.start < end && start < range.end);
            let shown: Vec<FigureStatus> = over.map(|(_, index)| bound.answer.figures[*index].status).collect();
            let verified = shown.contains(&FigureStatus::Verified);
            let ok = match truth {
                't' => verified && !shown.contains(&FigureStatus::Unverified),
                'g' => shown == [FigureStatus::Given],
                'x' => true,
                _ => !verified,
            };
            truly += usize::from(truth == 't');
            falsely += usize::from(truth == 'f');
            if !ok {
                let note = format!("{truth} {:?} in {text:?} {:?}", &text[start..end], bound.problems);
                if truth == 't' {
                    missed.push(note);
                } else {
                    wrong.push(note);
                }
            }
        }
    }
    println!(
        "{truly} true, {} missed; {falsely} false, {} shown wrongly",
        missed.len(),
        wrong.len()
    );
    for note in missed.iter().chain(&wrong) {
        println!("{note}");
    }
    assert!(truly > 500 && falsely > 400);
    assert_eq!(wrong.len(), 0);
    assert!(
        missed.len() * 50 <= truly,
        "{} of {truly} true claims are not verified",
        missed.len()
    );
}

#[test]
fn reference_comes_to_its_value() {
    let cases = [
        ("r1[0].page_views", "10,079", json!(10079), Unit::Events),
        ("r1[0].browser", "Chrome", json!("Chrome"), Unit::None),
        (
            "r1[0].page_views / r1[0].unique_visitors",
            "8.37",
            json!(10079.0 / 1204.0),
            Unit::None,
        ),
        (
            "r1[1].unique_visitors / r1[0].unique_visitors | percent1",
            "74.2%",
            json!(893.0 / 1204.0 * 100.0),
            Unit::Percent,
        ),
        (
            "100 * r1[1].page_views / r1[0].page_views",
            "35.44%",
            json!(357200.0 / 10079.0),
            Unit::Percent,
        ),
        (
            "r1[1].unique_visitors - r1[0].unique_visitors",
            "-311",
            json!(-311),
            Unit::Persons,
        ),
        (
            "r1[0].unique_visitors - r1[1].unique_visitors | signed",
            "+311",
            json!(311),
            Unit::Persons,
        ),
        ("sum(r1.page_views)", "16,450", json!(16450), Unit::Events),
        ("max(r1.page_views) | round", "10,079", json!(10079), Unit::Events),
        ("min(r1.unique_visitors)", "38", json!(38), Unit::Persons),
        (
            "avg(r1.unique_visitors) | round2",
            "479.33",
            json!(2876.0 / 6.0),
            Unit::Persons,
        ),
        ("count(r1)", "6", json!(6), Unit::None),
        (
            "(r1[0].page_views + r1[1].page_views)",
            "13,651",
            json!(13651),
            Unit::Events,
        ),
        ("r2[1].bounce_rate", "57.5%", json!(57.5), Unit::Percent),
        (
            "r2[0].bounce_rate * (r1[0].page_views / r1[1].page_views)",
            "107.79%",
            json!(38.2 * (10079.0 / 3572.0)),
            Unit::Percent,
        ),
        (
            "r1[5].unique_visitors / r1[0].page_views",
            "0.0038",
            json!(38.0 / 10079.0),
            Unit::None,
        ),
    ];
    for (expression, text, value, unit) in cases {
        let bound = bound("browsers,device_share", "", &format!("{{{{{expression}}}}}"));
        let figure = &bound.answer.figures[0];
        assert_eq!((figure.text.as_str(), figure.unit), (text, unit), "{expression}");
        assert_eq!(figure.value, value, "{expression}");
        assert_eq!(
            (figure.expression.as_str(), figure.claim),
            (expression, Claim::Reference)
        );
    }
}

#[test]
fn reference_without_a_value_is_refused() {
    let cases = [
        ("r9[0].page_views", "there is no result r9, there are r1, r2"),
        ("r1[9].page_views", "r1 has rows 0 to 5, not a row 9"),
        (
            "r1[0].page_view",
            "r1 has no column page_view; the nearest is page_views",
        ),
        (
            "r1[0].page_views / (r1[0].page_views - r1[0].page_views)",
            "it divides by zero",
        ),
        (
            "r1[0].browser + r1[1].page_views",
            "r1[0].browser is not a number to calculate with",
        ),
        (
            "r1[0].page_views * 0 + 42",
            "the number 0 is not allowed: refer to cells (only 100 may be written)",
        ),
        ("r1[0].page_views * 100", "100 may only multiply a ratio"),
        (
            "r1[0].page_views * 100 * 100 / r1[1].page_views",
            "100 may multiply a ratio once",
        ),
        ("100 - r2[0].bounce_rate", "100 may only multiply"),
        (
            "r1[0].page_views + r1[0].unique_visitors",
            "events and persons do not add up",
        ),
        (
            "r1[0].page_views * r1[1].page_views",
            "events times events means nothing",
        ),
        (
            "r1[0].page_views | percent",
            "percent needs a ratio of two cells, not a count",
        ),
        ("r2[0].bounce_rate | percent", "the value is a percentage already"),
        (
            "r1[0].page_views | bold",
            "there is no format `bold`; there are percent, percent1, round, round1, round2, signed, minutes, hours and days",
        ),
        ("r1[0].page_views r1", "`r1` is not expected there"),
        (
            "median(r1.page_views)",
            "there is no function `median`; there are sum, max, min, avg and count",
        ),
        ("r1.page_views", "`r1` needs a row, as in r1[0].column"),
        ("-r1[0].page_views", "`-` stands where a name is expected"),
        ("", "the expression is not complete"),
    ];
    for (expression, reason) in cases {
        let bound = bound("browsers,device_share", "", &format!("It is {{{{{expression}}}}}."));
        assert_eq!(
            bound.problems,
            [format!("`{{{{{expression}}}}}` has no value: {reason}.")]
        );
        assert_eq!(bound.answer.text, format!("It is [unverified: {expression}]."));
        assert_eq!(bound.answer.figures[0].value, json!(null));
    }
    let deep = format!("{{{{{}r1[0].page_views{}}}}}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(
        bound("browsers", "", &deep).answer.figures[0].status,
        FigureStatus::Unverified
    );
}

#[test]
fn answer_marks_what_is_unverified_once() {
    let text = "Chrome had 1,204 unique visitors and about 10,000 page views.";
    let first = bound("browsers", "", text);
    assert_eq!(
        first.answer.text,
        "Chrome had 1,204 unique visitors and about 10,000 [unverified] page views."
    );
    assert_eq!(first.problems, ["\"10,000\" is not supported: it is not exact."]);
    let again = bound("browsers", "", &first.answer.text);
    assert_eq!(again.answer, first.answer);
    let open = bound("browsers", "", "Chrome had {{r1[0].unique_visitors unique visitors.");
    assert!(
        open.problems
            .contains(&"A reference has no closing braces `}}`.".to_owned())
    );
}

#[test]
fn figure_keeps_its_cells() {
    let bound = bound("browsers", "", "Firefox had 893 unique visitors.");
    let figure = &bound.answer.figures[0];
    assert_eq!(figure.expression, "r1[1].unique_visitors");
    let cell = &figure.cells[0];
    assert_eq!(
        (cell.handle.as_str(), cell.row, cell.column.as_str()),
        ("r1", 1, "unique_visitors")
    );
    assert_eq!((cell.label.as_str(), &cell.value), ("Firefox", &json!(893)));
}

#[test]
fn headline_is_the_reference_asked_for_or_the_first() {
    let text = "Chrome had {{r1[0].page_views}} page views and Firefox {{ r1[1].page_views }}.";
    let headline = |wanted: Option<&str>| -> (Option<usize>, usize) {
        let bound = bind(text, wanted, &tables("browsers"), &Given::default());
        (bound.answer.headline, bound.problems.len())
    };
    assert_eq!(headline(None), (Some(0), 0));
    assert_eq!(headline(Some("r1[1].page_views")), (Some(1), 0));
    assert_eq!(headline(Some("r1[2].page_views")), (None, 1));
}

#[test]
fn word_of_the_question_is_given_within_quotation_marks_only() {
    let cases = [
        (
            "Which is the best page?",
            "I could not use these words: \"best\", \"page\".",
            true,
        ),
        (
            "Why did traffic drop?",
            "I can't say what \u{201c}traffic drop\u{201d} means.",
            true,
        ),
        ("Which page?", "I could not use this word: \"best\".", false),
        ("Which is the best page?", "Chrome is the best.", false),
        ("Which is the best?", "\"Chrome\" is the best, says \"Firefox\".", false),
    ];
    for (question, text, is_given) in cases {
        let bound = bound("browsers", question, text);
        let words: Vec<bool> = bound
            .answer
            .figures
            .iter()
            .filter(|figure| figure.claim == Claim::Word)
            .map(|figure| figure.status == FigureStatus::Given)
            .collect();
        assert_eq!(words, [is_given], "{text}");
    }
}

#[test]
fn argument_is_given_where_no_cell_is_meant() {
    let given = Given {
        question: String::new(),
        arguments: vec![json!({ "limit": 5, "from": "-7d", "names": ["9"] })],
    };
    for (text, status) in [
        ("The list has 5 entries.", FigureStatus::Given),
        ("The last 7 days are in it.", FigureStatus::Given),
        ("There are 9 of them.", FigureStatus::Given),
        ("There are 6 of them.", FigureStatus::Unverified),
        ("Opera had 5 unique visitors.", FigureStatus::Unverified),
    ] {
        let bound = bind(text, None, &tables("browsers"), &given);
        assert_eq!(bound.answer.figures[0].status, status, "{text}");
    }
}

/// The statuses of the figures of an answer to changed results.
fn statuses(results: &[ResultSnapshot], text: &str) -> Vec<FigureStatus> {
    let answer: Answer = bind(text, None, results, &Given::default()).answer;
    answer.figures.iter().map(|figure| figure.status).collect()
}

#[test]
fn rank_needs_all_rows() {
    let text = "Chrome had the most unique visitors.";
    let mut results = tables("browsers");
    assert_eq!(statuses(&results, text), [FigureStatus::Verified]);
    results[0].table.rows_cut = 4;
    assert_eq!(statuses(&results, text), [FigureStatus::Unverified]);
    assert_eq!(
        statuses(&results, "In total {{sum(r1.unique_visitors)}} unique visitors."),
        [FigureStatus::Unverified]
    );
}

#[test]
fn total_of_a_filter_is_said_of_the_filter_alone() {
    let mut results = tables("total");
    let provenance = results[0].provenance.as_mut().unwrap();
    provenance.filters = vec!["`$browser` is `Chrome`".to_owned()];
    for (text, status) in [
        ("Chrome had {{r1[0].sessions}} sessions.", FigureStatus::Verified),
        ("Chrome had 4,902 sessions.", FigureStatus::Verified),
        ("Firefox had {{r1[0].sessions}} sessions.", FigureStatus::Unverified),
        (
            "{{r1[0].sessions}} sessions from 17 to 24 May 2015.",
            FigureStatus::Verified,
        ),
        (
            "{{r1[0].sessions}} sessions from 17 to 23 May 2015.",
            FigureStatus::Unverified,
        ),
        ("{{r1[0].sessions}} sessions in May 2015.", FigureStatus::Unverified),
    ] {
        assert_eq!(statuses(&results, text), [status], "{text}");
    }
    let provenance = results[0].provenance.as_mut().unwrap();
    provenance.filters = vec!["`$browser` is not `Chrome`".to_owned()];
    assert_eq!(
        statuses(&results, "Chrome had {{r1[0].sessions}} sessions."),
        [FigureStatus::Unverified]
    );
}

#[test]
fn unique_visitors_of_several_days_do_not_add_up() {
    let results = tables("visitors_daily,pageviews_daily");
    let text =
        "On 18 May and 19 May together there were {{r1[1].unique_visitors + r1[2].unique_visitors}} unique visitors.";
    assert_eq!(statuses(&results, text), [FigureStatus::Unverified]);
    let text = "On 18 May and 19 May together there were {{r2[1].page_views + r2[2].page_views}} page views.";
    assert_eq!(statuses(&results, text), [FigureStatus::Verified]);
}
