//! Questions about what people do, against the names of a product for notes.

use chrono::DateTime;
use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueCount, ValueList, ValueType};
use serde_json::{Value, json};

use super::*;
use crate::intent::Lookup;
use crate::knowledge::Match;

const EVENTS: [&str; 18] = [
    "$pageview",
    "$exception",
    "$identify",
    "$create_alias",
    "$feature_flag_called",
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

/// A project by the names of its events, and its properties with their values.
type Names<'a> = (&'a [&'a str], &'a [(&'a str, &'a [&'a str])]);

fn knowledge((events, properties): Names<'_>, question: &str) -> Knowledge {
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    let of_event = |name: &&str| EventDefinition {
        name: (*name).to_owned(),
        count: 100,
        first_seen: at("2026-04-02T00:10:00Z"),
        last_seen: at("2026-06-30T23:50:00Z"),
    };
    let of_property = |(key, values): &(&str, &[&str])| PropertyDefinition {
        key: (*key).to_owned(),
        column: (*key).to_owned(),
        value_type: if values.is_empty() {
            ValueType::Integer
        } else {
            ValueType::String
        },
        count: 100,
        values_complete: true,
    };
    let mut knowledge = Knowledge {
        events: events.iter().map(of_event).collect(),
        properties: properties.iter().map(of_property).collect(),
        ..Knowledge::default()
    };
    let lower = question.to_lowercase();
    for (key, values) in properties {
        for value in *values {
            if lower.contains(&value.to_lowercase()) {
                knowledge.matches.push(Match {
                    span: (*value).to_owned(),
                    kind: "value".to_owned(),
                    key: Some((*key).to_owned()),
                    value: Some(json!(value)),
                    score: 1.0,
                });
            }
        }
    }
    knowledge
}

/// Reads a question as the analyst does, with the values that it looks up.
fn asked_of(names: Names<'_>, question: &str) -> Option<(Claim, std::result::Result<Plan, Trouble>)> {
    let calendar = Calendar {
        now: "2026-07-01T00:00:00".parse().unwrap(),
        data: Some(("2026-04-02".parse().unwrap(), "2026-06-30".parse().unwrap())),
    };
    let mut knowledge = knowledge(names, question);
    for _ in 0..4 {
        let read = read(question, &knowledge, &calendar);
        let Some((_, Err(Trouble::Lookup(lookups)))) = &read else {
            return read;
        };
        for Lookup { key, search } in lookups {
            let values = names
                .1
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

fn asked(question: &str) -> Option<(Claim, std::result::Result<Plan, Trouble>)> {
    asked_of((&EVENTS, &PROPERTIES), question)
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
    shown_read(asked(question))
}

fn shown_read(read: Option<(Claim, std::result::Result<Plan, Trouble>)>) -> String {
    match read {
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

/// Nothing is bound to the names of one product.
#[test]
fn other_products_are_read_by_their_own_names() {
    let events: &[&str] = &[
        "$pageview",
        "Order Completed",
        "product_viewed",
        "cart_item_added",
        "appOpened",
        "video_played",
        "purchase",
        "account_created",
        "ticket_closed",
        "ticket_opened",
    ];
    let properties: &[(&str, &[&str])] = &[
        ("country", &["Austria", "Germany"]),
        ("payment_method", &["card", "invoice"]),
        ("order_value", &[]),
        ("duration_seconds", &[]),
    ];
    let cases = [
        (
            "What share of people who viewed a product completed an order within 2 days?",
            "funnel product_viewed, Order Completed in 2 day all..06-30 = [1].conversion_rate",
        ),
        (
            "How many shoppers viewed a product, then added an item to the cart and then completed an order within an hour?",
            "refused: I could not place these words of the question: \"shoppers\".",
        ),
        (
            "How many people viewed a product, then added an item to the cart and then completed an order within an hour?",
            "funnel product_viewed, cart_item_added, Order Completed in 1 hour all..06-30 = [2].persons",
        ),
        (
            "How many people played videos on at least 3 days in June 2026?",
            "stickiness video_played day 06-01..06-30 = [2].at_least",
        ),
        (
            "Week 2 retention of people who created an account in the week starting Sunday 7 June 2026, coming back to open the app",
            "retention first_time account_created to appOpened Week of 3 06-07..06-13 = [0].week_2_percent",
        ),
        (
            "How many people made a purchase within 3 days of opening the app in June 2026?",
            "funnel appOpened, purchase in 3 day 06-01..06-30 = [1].persons",
        ),
        (
            "average order_value of completed orders in May 2026",
            "trends avg Order Completed of order_value BoldNumber 05-01..05-31 = ",
        ),
        (
            "What is the average order value of \"Order Completed\" in Germany in June 2026?",
            "trends avg Order Completed[country=Germany] of order_value BoldNumber 06-01..06-30 = ",
        ),
        (
            "median duration_seconds of videos played in June 2026",
            "trends median video_played of duration_seconds BoldNumber 06-01..06-30 = ",
        ),
        (
            "Which payment_method has the highest conversion from opening a ticket to closing a ticket within 1 week?",
            "funnel ticket_opened, ticket_closed in 1 week all..06-30 by payment_method = Most[1]",
        ),
        (
            "How many more purchases were there in June 2026 than in May 2026?",
            "trends total purchase BoldNumber vs 05-01..05-31 06-01..06-30 = change",
        ),
        (
            "How many more purchasers did we have in June 2026 than in May 2026?",
            "trends dau purchase BoldNumber vs 05-01..05-31 06-01..06-30 = change",
        ),
        (
            "purchases per person in June 2026",
            "trends avg_count_per_actor purchase BoldNumber 06-01..06-30 = ",
        ),
        (
            "weekly lifecycle of purchases: how many returning users in the week starting Sunday 7 June 2026?",
            "lifecycle purchase week 06-07..06-13 = [0].returning",
        ),
        (
            "Which custom event do people do next most often after opening the app?",
            "paths appOpened custom_event all..06-30 = next",
        ),
        (
            "How many people opened a window and then made a purchase within a day?",
            "refused",
        ),
        (
            "How many people closed a deal on at least 2 days in June 2026?",
            "refused",
        ),
        (
            "How many people created a ticket within 2 days of opening the app?",
            "refused",
        ),
        ("average order_weight of purchases in June 2026", "none"),
    ];
    for (question, expected) in cases {
        let got = shown_read(asked_of((events, properties), question));
        assert!(got.starts_with(expected), "{question}\n{got}");
    }
}
