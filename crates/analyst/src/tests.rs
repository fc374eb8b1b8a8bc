//! Whole questions through the whole analyst, over the names of a real access log.

mod follow_ups;
mod law;
mod near_names;
mod project;
mod wordings;

use hedgerow_data_api::TrendsQuery;
use project::{Ended, Project};
use serde_json::Value;

/// The clock of questions that name none.
const NOW: &str = "2015-05-21T09:00:00Z";

/// What became of a question, on one line a query.
fn shown(ended: &Ended) -> String {
    match ended {
        Ended::Answered(queries, reply) => {
            let queries: Vec<String> = queries.iter().map(brief).collect();
            format!(
                "{}\n  = {}\n  \"{}\"",
                queries.join("\n"),
                reply.headline.clone().unwrap_or_default(),
                reply.text
            )
        }
        Ended::Refused(text) => format!(
            "  refused: {}",
            text.trim_end_matches(crate::refusal::ABILITIES).trim_end()
        ),
        Ended::Asked(question, options) => format!("  asked: {question} [{}]", options.join(" | ")),
    }
}

/// A query without its defaults.
fn brief(query: &TrendsQuery) -> String {
    let series = query.series.iter().map(|node| {
        let math = serde_json::to_value(node.math).unwrap();
        let filters = filters(&serde_json::to_value(&node.properties).unwrap());
        format!(
            "{}({}){filters}",
            math.as_str().unwrap(),
            node.event.as_deref().unwrap_or("*")
        )
    });
    let display = serde_json::to_value(query.trends_filter.display).unwrap();
    let range = &query.date_range;
    let by = query.breakdown_filter.as_ref().map_or_else(String::new, |by| {
        format!(
            " by {}{}",
            by.parts()[0].property,
            by.breakdown_limit
                .map_or_else(String::new, |limit| format!(" limit {limit}"))
        )
    });
    let interval = if query.trends_filter.display.is_total() {
        ""
    } else {
        query.interval.as_str()
    };
    format!(
        "  {} {} {interval}{by} {}..{}{}{}",
        series.collect::<Vec<_>>().join(" + "),
        display.as_str().unwrap(),
        range.date_from.as_deref().unwrap_or("-"),
        range.date_to.as_deref().unwrap_or("-"),
        if range.explicit_date { " exact" } else { "" },
        filters(&serde_json::to_value(&query.properties).unwrap()),
    )
}

fn filters(group: &Value) -> String {
    let values = group["values"].as_array().unwrap();
    let shown: Vec<String> = values
        .iter()
        .map(|filter| {
            let value = filter
                .get("value")
                .map_or_else(String::new, |value| format!(" {value}"));
            format!(
                "{} {}{value}",
                filter["key"].as_str().unwrap(),
                filter["operator"].as_str().unwrap()
            )
        })
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!(" [{}]", shown.join(", "))
    }
}

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    question: String,
    #[serde(default)]
    now: Option<String>,
}

impl Case {
    fn now(&self) -> &str {
        self.now.as_deref().unwrap_or("2026-01-15T12:00:00Z")
    }
}

fn questions_of(benchmark: &str) -> Vec<Case> {
    let path = format!("{}/../../evals/{benchmark}/questions.yaml", env!("CARGO_MANIFEST_DIR"));
    serde_saphyr::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn site_questions_are_understood() {
    let benchmarks = [
        ("site", "site_questions"),
        ("site_wording", "site_wording_questions"),
        ("site_people", "site_people_questions"),
    ];
    for (benchmark, snapshot) in benchmarks {
        let project = Project::access_log();
        let mut out = String::new();
        for case in questions_of(benchmark) {
            let ended = project.ask(&case.question, case.now());
            out.push_str(&format!("{}: {}\n{}\n\n", case.id, case.question, shown(&ended)));
        }
        insta::assert_snapshot!(snapshot, out);
    }
}

/// Questions of every kind the grammar knows, and many it must refuse or ask about.
#[test]
fn phrasings_are_understood_or_refused() {
    let project = Project::access_log();
    let mut out = String::new();
    for question in include_str!("tests/phrasings.txt")
        .lines()
        .filter(|line| !line.is_empty())
    {
        out.push_str(&format!("{question}\n{}\n\n", shown(&project.ask(question, NOW))));
    }
    insta::assert_snapshot!("phrasings", out);
}

#[test]
fn rewordings_lead_to_the_same_queries() {
    let project = Project::access_log();
    let groups: [&[&str]; 9] = [
        &[
            "How many page views did we get on 18 May 2015?",
            "how many pageviews on May 18th, 2015",
            "On 2015-05-18, how many page-views were there?",
            "Number of views on Monday, 18 May 2015",
            "Page views on the 18th of May 2015, please",
            "What was the total number of page views on 18.05.2015?",
        ],
        &[
            "How many requests returned 404?",
            "How many 404s were there?",
            "Count the requests with status code 404",
            "requests that got a 404",
        ],
        &[
            "How many requests were not GET?",
            "How many requests used a method other than GET?",
            "non-GET requests",
            "requests whose method was not GET",
        ],
        &[
            "How many visitors used Firefox in May 2015?",
            "In May 2015, how many unique users were on Firefox?",
            "Number of distinct people with the browser Firefox during May 2015",
            "How many Firefox visitors were there in May 2015?",
        ],
        &[
            "Which page was viewed most?",
            "What is the most viewed page?",
            "Which page had the most page views?",
            "Top page by page views",
        ],
        &[
            "Which day had the most requests?",
            "What was the busiest day by requests?",
            "On which day did we receive the most requests?",
        ],
        &[
            "Daily sessions",
            "Sessions per day",
            "Show sessions by day",
            "How many sessions were there each day?",
        ],
        &[
            "Page views by browser",
            "Break down page views by browser",
            "page views per browser",
            "page views for each browser",
            "page views, split by browser",
        ],
        &[
            "What share of page views came from bots?",
            "What percentage of page views were made by bots?",
            "What is the bot share of page views?",
            "What is the share of bots among all page views?",
        ],
    ];
    for group in groups {
        let queries = |question: &str| match project.ask(question, NOW) {
            Ended::Answered(queries, _) => queries.iter().map(brief).collect::<Vec<_>>(),
            other => panic!("{question}: {other:?}"),
        };
        let first = queries(group[0]);
        for question in &group[1..] {
            assert_eq!(queries(question), first, "{question}");
        }
    }
}

/// Words that are harmless in one place and carry weight in another.
#[test]
fn harmless_words_are_not_harmless_everywhere() {
    let project = Project::access_log();
    let questions = [
        "How many returning visitors did we have?",
        "How many visitors returned on 19 May 2015?",
        "How many users log in each day?",
        "How many logged in users did we have?",
        "How many visitors at the end of May 2015?",
        "How many visitors saw the home page?",
        "How many of those visitors used Firefox?",
        "How many visitors did it get?",
        "How many requests excluding Firefox and bots were there?",
        "How many requests did not come from Firefox and bots?",
        "How many bots made requests?",
        "How many leads did we get?",
        "How many pages returned 404?",
        "Do more people use Chrome or Firefox?",
    ];
    for question in questions {
        let ended = project.ask(question, NOW);
        assert!(!matches!(ended, Ended::Answered(..)), "{question}: {}", shown(&ended));
    }
}

/// The grammar is not bound to access logs: events and properties go by their own names.
#[test]
fn events_of_any_project_are_counted_by_name() {
    let project = Project::shop();
    let cases = [
        (
            "How many purchases were there?",
            "total(purchase) BoldNumber  all..2024-04-30",
        ),
        (
            "How many users had a sign up in March 2024?",
            "dau(sign_up) BoldNumber  2024-03-01..2024-03-31",
        ),
        (
            "Purchases by plan",
            "total(purchase) ActionsBarValue  by plan all..2024-04-30",
        ),
        (
            "How many purchases on the pro plan?",
            "total(purchase) BoldNumber  all..2024-04-30 [plan exact \"pro\"]",
        ),
        ("Weekly purchases with an amount of at least 20", "[amount gte 20]"),
        ("Which plan had the most purchases?", "by plan"),
        (
            "How many purchases on the 3rd?",
            "asked: Which one do you mean? [on 3 February 2024 | on 3 March 2024 | on 3 April 2024]",
        ),
        (
            "How many page views were there?",
            "refused: This project has no event \"$pageview\"",
        ),
        ("How many purchases from bots?", "refused"),
        ("How many purchases returned 404?", "refused"),
        ("How many purchases on the gold plan?", "refused"),
        ("How many purchases and sign ups were there?", "refused"),
        (
            "Average amount of purchases",
            "avg(purchase) BoldNumber  all..2024-04-30",
        ),
    ];
    for (question, expected) in cases {
        let got = shown(&project.ask(question, "2024-05-02T10:00:00Z"));
        assert!(got.contains(expected), "{question}\n{got}");
    }
}

/// The answer to a question that was asked back takes its place in the first question.
#[test]
fn answer_to_a_question_goes_on() {
    let project = Project::access_log();
    let cases = [
        ("How many page views were there on 05/06/2015?", "6 May 2015", "refused"),
        (
            "How many visitors used Android?",
            "operating system Android",
            "$os exact \"Android\"",
        ),
        (
            "how many midora users on 18 may 2015?",
            "Midori",
            "$browser exact \"Midori\"",
        ),
        (
            "Which hour had the most requests?",
            "on 18 May 2015",
            "ActionsBar hour 2015-05-18..2015-05-18",
        ),
        (
            "What is the most popular page?",
            "counting unique visitors",
            "dau($pageview) ActionsBarValue  by $pathname",
        ),
        (
            "We may move house. How many page views did we have on 18 May 2015? Leave out bots, they are a pain.",
            "yes",
            "total($pageview) BoldNumber  2015-05-18..2015-05-18 [$is_bot is_not true]",
        ),
        (
            "Some of us like cats. How many visitors did we have on 18 May 2015? Only Windows, as always.",
            "Yes.",
            "dau(*) BoldNumber  2015-05-18..2015-05-18 [$os exact \"Windows\"]",
        ),
        (
            "Some of us like cats. How many page views did we have on 18 May 2015?",
            "How many page views did we have on 18 May 2015?",
            "total($pageview) BoldNumber  2015-05-18..2015-05-18",
        ),
        ("How many redirects were there?", "status 301 or 302", "refused"),
        ("How many redirects were there?", "3xx", "status between [300,399]"),
        (
            "How many visitors used Android?",
            "How many sessions were there on 18 May 2015?",
            "unique_session(*) BoldNumber  2015-05-18",
        ),
    ];
    for (question, answer, expected) in cases {
        let mut messages = Vec::new();
        let first = project.go_on(&mut messages, question, NOW);
        assert!(matches!(first, Ended::Asked(..)), "{question}: {first:?}");
        let then = shown(&project.go_on(&mut messages, answer, NOW));
        assert!(then.contains(expected), "{question} + {answer}: {then}");
    }
}

#[test]
fn two_questions_asked_back_are_both_kept() {
    let project = Project::access_log();
    let mut messages = Vec::new();
    let first = project.go_on(&mut messages, "How many Android views in the most popular hour?", NOW);
    assert!(!matches!(first, Ended::Answered(..)), "{first:?}");
    let mut messages = Vec::new();
    project.go_on(&mut messages, "Which page is most popular on Android?", NOW);
    let second = project.go_on(&mut messages, "operating system Android", NOW);
    assert!(matches!(&second, Ended::Asked(..)), "{second:?}");
    let third = shown(&project.go_on(&mut messages, "counting page views", NOW));
    assert!(
        third.contains("total($pageview) ActionsBarValue  by $pathname") && third.contains("$os exact"),
        "{third}"
    );
}

/// An ended conversation is no part of the next question.
#[test]
fn next_question_stands_alone() {
    let project = Project::access_log();
    let mut messages = Vec::new();
    project.go_on(&mut messages, "How many visitors used Firefox?", NOW);
    let next = shown(&project.go_on(&mut messages, "How many sessions were there?", NOW));
    assert!(
        next.contains("unique_session(*) BoldNumber  all..2015-05-20\n"),
        "{next}"
    );
}

/// A refusal says what can be asked in one sentence, and nothing where other words would not help.
#[test]
fn refusal_is_short() {
    let project = Project::access_log();
    let text = |question: &str| match project.ask(question, NOW) {
        Ended::Refused(text) => text,
        other => panic!("{question}: {other:?}"),
    };
    assert!(text("How is the site doing?").ends_with(crate::refusal::ABILITIES));
    assert!(text("How many page views in June 2015?").ends_with("the data covers 17 May to 20 May 2015."));
}
