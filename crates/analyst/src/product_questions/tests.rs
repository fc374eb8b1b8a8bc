//! Questions about what people do, against the names of a product for notes.

use chrono::DateTime;
use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueCount, ValueList, ValueType};
use serde_json::{Value, json};

use super::*;
use crate::intent::Lookup;
use crate::knowledge::Match;

const EVENTS: [&str; 16] = [
    "$pageview",
    "$exception",
    "$identify",
    "signed_up",
    "logged_in",
    "note_created",
    "note_edited",
    "note_shared",
    "search_performed",
    "file_uploaded",
    "plan_upgraded",
    "template_used",
    "checkout_started",
    "invoice_paid",
    "workspace_invited",
    "subscription_cancelled",
];

/// Properties with some of their values; numbers have none.
const PROPERTIES: [(&str, &[&str]); 16] = [
    ("$browser", &["Chrome", "Firefox", "Safari"]),
    ("$os", &["Windows", "Android", "iOS"]),
    ("$device_type", &["Desktop", "Mobile"]),
    ("$pathname", &["/", "/pricing", "/signup", "/docs", "/blog"]),
    ("$referrer", &["https://www.google.com/"]),
    ("$feature/onboarding-checklist", &["control", "test"]),
    ("app_version", &["3.3.0", "3.4.0", "3.4.1"]),
    ("plan", &["free", "pro", "team"]),
    ("utm_source", &["newsletter", "google", "twitter"]),
    ("utm_campaign", &["brand", "spring"]),
    ("utm_medium", &["email", "cpc"]),
    ("note_length", &[]),
    ("upload_mb", &[]),
    ("results", &[]),
    ("amount", &[]),
    ("seats", &[]),
];

fn knowledge(question: &str) -> Knowledge {
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    let events = EVENTS.map(|name| EventDefinition {
        name: name.to_owned(),
        count: 100,
        first_seen: at("2026-04-02T00:10:00Z"),
        last_seen: at("2026-06-30T23:50:00Z"),
    });
    let properties = PROPERTIES.map(|(key, values)| PropertyDefinition {
        key: key.to_owned(),
        column: key.to_owned(),
        value_type: if values.is_empty() {
            ValueType::Integer
        } else {
            ValueType::String
        },
        count: 100,
        values_complete: true,
    });
    let mut knowledge = Knowledge {
        events: events.to_vec(),
        properties: properties.to_vec(),
        ..Knowledge::default()
    };
    let lower = question.to_lowercase();
    for (key, values) in PROPERTIES {
        for value in values {
            if lower.contains(&value.to_lowercase()) {
                knowledge.matches.push(Match {
                    span: (*value).to_owned(),
                    kind: "value".to_owned(),
                    key: Some(key.to_owned()),
                    value: Some(json!(value)),
                    score: 1.0,
                });
            }
        }
    }
    knowledge
}

/// Reads a question as the analyst does, with the values that it looks up.
fn asked(question: &str) -> Option<(Claim, std::result::Result<Plan, Trouble>)> {
    let calendar = Calendar {
        now: "2026-07-01T00:00:00".parse().unwrap(),
        data: Some(("2026-04-02".parse().unwrap(), "2026-06-30".parse().unwrap())),
    };
    let mut knowledge = knowledge(question);
    for _ in 0..4 {
        let read = read(question, &knowledge, &calendar);
        let Some((_, Err(Trouble::Lookup(lookups)))) = &read else {
            return read;
        };
        for Lookup { key, search } in lookups {
            let values = PROPERTIES
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, values)| *values)
                .unwrap();
            let values = values
                .iter()
                .filter(|value| value.to_lowercase().contains(&search.to_lowercase()))
                .map(|value| ValueCount {
                    value: (*value).to_owned(),
                    count: 9,
                })
                .collect();
            let lookup = Lookup {
                key: key.clone(),
                search: search.clone(),
            };
            knowledge.values.insert(lookup, ValueList { values, complete: true });
        }
    }
    panic!("no end of look-ups for {question:?}");
}

/// An entity of a query on a few characters.
fn node(node: &Value) -> String {
    let event = node
        .get("event")
        .or(node.get("id"))
        .unwrap()
        .as_str()
        .unwrap_or("*")
        .to_owned();
    let math = node["math"]
        .as_str()
        .map_or_else(String::new, |math| format!("{math} "));
    let of = node["math_property"]
        .as_str()
        .map_or_else(String::new, |key| format!(" of {key}"));
    let filters: Vec<String> = node["properties"]["values"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|filter| {
            let operator = filter["operator"].as_str().unwrap();
            let operator = if operator == "exact" { "" } else { operator };
            format!(
                "{}{operator}={}",
                filter["key"].as_str().unwrap(),
                filter["value"].to_string().trim_matches('"')
            )
        })
        .collect();
    let filters = if filters.is_empty() {
        String::new()
    } else {
        format!("[{}]", filters.join(","))
    };
    format!("{math}{event}{filters}{of}")
}

fn range(range: &Value) -> String {
    let end = |name: &str| range[name].as_str().unwrap_or("").to_owned();
    let short = |text: String| text.strip_prefix("2026-").map(str::to_owned).unwrap_or(text);
    format!("{}..{}", short(end("date_from")), short(end("date_to")))
}

fn shown_plan(plan: &Plan) -> String {
    let query = &plan.arguments;
    let series = query["series"].as_array().map_or_else(String::new, |series| {
        series.iter().map(node).collect::<Vec<_>>().join(", ")
    });
    let range_of = range(&query["dateRange"]);
    let wanted = match &plan.wanted {
        plan::Wanted::Cell {
            row, column, format, ..
        } => {
            format!(
                "[{row}].{column}{}",
                format.map_or_else(String::new, |format| format!("|{format}"))
            )
        }
        plan::Wanted::Only { column } => column.clone().unwrap_or_default(),
        plan::Wanted::Lost { from, to } => format!("[{from}]-[{to}]"),
        plan::Wanted::Mean => "mean".to_owned(),
        plan::Wanted::OfValue { value, step, column } => format!("{value}[{step}].{column}"),
        plan::Wanted::BestValue { step, order, .. } => format!("{order:?}[{step}]"),
        plan::Wanted::Top { order } => format!("{order:?}"),
        plan::Wanted::Next => "next".to_owned(),
    };
    let by = query["breakdownFilter"]["breakdown"]
        .as_str()
        .map_or_else(String::new, |by| format!(" by {by}"));
    let text = match query["kind"].as_str().unwrap() {
        "FunnelsQuery" => {
            let filter = &query["funnelsFilter"];
            let unit = filter["funnelWindowIntervalUnit"].as_str().unwrap();
            format!("funnel {series} in {} {unit}", filter["funnelWindowInterval"])
        }
        "RetentionQuery" => {
            let filter = &query["retentionFilter"];
            let text = |name: &str| filter[name].as_str().unwrap_or_default().to_owned();
            format!(
                "retention {} {} to {} {} of {}",
                text("retentionType").trim_start_matches("retention_"),
                node(&filter["targetEntity"]),
                node(&filter["returningEntity"]),
                text("period"),
                filter["totalIntervals"],
            )
        }
        "LifecycleQuery" => format!("lifecycle {series} {}", query["interval"].as_str().unwrap()),
        "StickinessQuery" => format!("stickiness {series} {}", query["interval"].as_str().unwrap()),
        "PathsQuery" => format!(
            "paths {} {}",
            query["pathsFilter"]["startPoint"].as_str().unwrap(),
            query["pathsFilter"]["includeEventTypes"][0].as_str().unwrap()
        ),
        _ => {
            let filter = &query["trendsFilter"];
            let formula = filter["formula"]
                .as_str()
                .map_or_else(String::new, |formula| format!(" {formula}"));
            let compared = &query["compareFilter"]["compare_range"];
            let compared = if compared.is_null() {
                String::new()
            } else {
                format!(" vs {}", range(compared))
            };
            format!(
                "trends {series}{formula} {}{compared}",
                filter["display"].as_str().unwrap()
            )
        }
    };
    format!("{text} {range_of}{by} = {wanted}")
}

fn shown(question: &str) -> String {
    match asked(question) {
        None => "none".to_owned(),
        Some((_, Ok(plan))) => shown_plan(&plan),
        Some((_, Err(Trouble::Ask(ask)))) => format!("asked: {} [{}]", ask.question, ask.options.join(" | ")),
        Some((_, Err(Trouble::Refuse(reason)))) => format!("refused: {reason}"),
        Some((_, Err(Trouble::Lookup(lookups)))) => format!("look-up: {lookups:?}"),
    }
}

#[derive(serde::Deserialize)]
struct Suite {
    questions: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    question: String,
}

#[test]
fn product_questions_are_understood() {
    let path = format!(
        "{}/../../evals/product_questions/questions.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let suite: Suite = serde_saphyr::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
    let mut out = String::new();
    for case in suite.questions {
        out.push_str(&format!(
            "{}: {}\n  {}\n\n",
            case.id,
            case.question,
            shown(&case.question)
        ));
    }
    insta::assert_snapshot!("product_questions", out);
}

/// The same kinds of questions in other people's words; each reading was looked at.
#[test]
fn other_words_are_understood() {
    let mut out = String::new();
    for question in include_str!("tests/other_words.txt").lines() {
        out.push_str(&format!("{question}\n  {}\n\n", shown(question)));
    }
    insta::assert_snapshot!("other_words", out);
}

/// Questions with a word too many, too few, or of something that the data does not know.
#[test]
fn questions_with_an_unknown_part_are_not_answered() {
    let mut answered = Vec::new();
    for question in include_str!("tests/refused.txt").lines() {
        if let Some((_, Ok(plan))) = asked(question) {
            answered.push(format!("{question}\n  {}", shown_plan(&plan)));
        }
    }
    assert!(
        answered.is_empty(),
        "{} answered:\n{}",
        answered.len(),
        answered.join("\n")
    );
}
