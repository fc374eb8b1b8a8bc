//! Whole questions through the whole analyst, over the names of a real access log.

mod project;

use hedgerow_data_api::TrendsQuery;
use project::{Ended, Project};
use serde_json::Value;

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
            text.split(" I am the built-in").next().unwrap_or_default()
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
            by.breakdown,
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

fn site_questions() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals/site/questions.yaml");
    serde_saphyr::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn site_questions_are_understood() {
    let project = Project::access_log();
    let mut out = String::new();
    for case in site_questions() {
        let ended = project.ask(&case.question, case.now.as_deref().unwrap_or("2026-01-15T12:00:00Z"));
        out.push_str(&format!("{}: {}\n{}\n\n", case.id, case.question, shown(&ended)));
    }
    insta::assert_snapshot!("site_questions", out);
}

#[test]
#[ignore = "scratch"]
fn scratch() {
    let project = Project::access_log();
    for question in fs_err::read_to_string("/tmp/q.txt")
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
    {
        println!(
            "Q {question}\n{}",
            shown(&project.ask(question, "2015-05-21T09:00:00Z"))
        );
    }
}
