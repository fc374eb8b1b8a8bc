//! Filters on the elements that were clicked: every operator with every part of an element, against a model that has the
//! elements as they were before they became a chain.

use hedgerow_data_api::{EventRecord, Operator, Progress, PropertyValue, QueryEngine, TrendsQuery};
use hedgerow_query::Engine;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{clock, engine_of, project};

/// An element: tag, class, text and href.
type Element = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

/// The elements of each event, the target first; of the last one there are none.
const EVENTS: [&[Element]; 6] = [
    &[("button", "btn", Some("Buy now"), None), ("div", "row", None, None)],
    &[
        ("a", "link", Some("Say \"hi\"; now"), Some("/contact?a=b;c")),
        ("nav", "site", None, None),
    ],
    &[
        ("span", "label", Some("Buy"), None),
        ("a", "link", None, Some("/pricing")),
        ("div", "row", None, None),
    ],
    &[("input", "field", None, None), ("form", "row", None, None)],
    &[("button", "btn", Some("buy"), None), ("nav", "site", None, None)],
    &[],
];

fn chain(elements: &[Element]) -> String {
    let one = |(tag, class, text, href): &Element| {
        let mut one = format!("{tag}.{class}:attr__class=\"{class}\"nth-child=\"1\"");
        for (name, value) in [("text", text), ("href", href)] {
            if let Some(value) = value {
                one.push_str(&format!("{name}=\"{}\"", value.replace('"', "\\\"")));
            }
        }
        one
    };
    elements.iter().map(one).collect::<Vec<_>>().join(";")
}

/// The same as a list, as older SDKs send it.
fn list(elements: &[Element]) -> String {
    let one = |(tag, class, text, href): &Element| {
        let mut one = json!({"tag_name": tag, "attr__class": class, "nth_child": 1});
        for (name, value) in [("$el_text", text), ("attr__href", href)] {
            if let Some(value) = value {
                one[name] = json!(value);
            }
        }
        one
    };
    json!(elements.iter().map(one).collect::<Vec<_>>()).to_string()
}

/// Each of the events twice: with a chain and with a list.
fn events() -> Vec<EventRecord> {
    let make = |(number, elements): (u64, &&[Element])| {
        let value = if number < 6 {
            ("$elements_chain", PropertyValue::Text(chain(elements)))
        } else {
            ("$elements", PropertyValue::Json(list(elements)))
        };
        let properties = if elements.is_empty() {
            Vec::new()
        } else {
            vec![(value.0.into(), value.1)]
        };
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes()),
            event: "$autocapture".to_owned(),
            timestamp: clock().now(),
            distinct_id: format!("visitor {number}"),
            session_id: None,
            properties,
        }
    };
    (0..).zip(EVENTS.iter().chain(&EVENTS)).map(make).collect()
}

async fn count(engine: &Engine, filter: &Value) -> Result<u64, String> {
    let query = json!({
        "series": [{}], "properties": [filter], "dateRange": {"date_from": "all"},
        "trendsFilter": {"display": "BoldNumber"},
    });
    let query: TrendsQuery = serde_json::from_value(query).unwrap();
    let answer = engine.trends(&project(), &query, &clock(), &Progress::ignore()).await;
    let answer = answer.map_err(|error| error.message().to_owned())?;
    Ok(answer.results[0]
        .aggregated_value
        .as_ref()
        .and_then(serde_json::Number::as_u64)
        .unwrap())
}

/// What an operator says of a text; `None` where it compares no texts.
fn fits(operator: Operator, text: &str, wanted: &[&str]) -> Option<bool> {
    let any = |test: &dyn Fn(&str) -> bool| wanted.iter().any(|wanted| test(wanted));
    Some(match operator {
        Operator::Exact | Operator::In | Operator::IsNot | Operator::NotIn => any(&|wanted| text == wanted),
        Operator::Icontains | Operator::NotIcontains => {
            any(&|wanted| text.to_lowercase().contains(&wanted.to_lowercase()))
        }
        Operator::Regex | Operator::NotRegex => any(&|wanted| regex::Regex::new(wanted).unwrap().is_match(text)),
        Operator::IsSet | Operator::IsNotSet => true,
        _ => return None,
    })
}

#[tokio::test]
async fn every_operator_goes_with_parts_of_elements_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), events(), clock()).await;
    let operators = crate::sql_cases::values_of("Operator").into_iter();
    let operators: Vec<Operator> = operators
        .map(|name| serde_json::from_value(json!(name)).unwrap())
        .collect();
    let wanted: [(&str, &[&[&str]]); 3] = [
        (
            "text",
            &[
                &["Buy"],
                &["buy", "Say \"hi\"; now"],
                &["now"],
                &["nothing"],
                &["uy$", "w$"],
            ],
        ),
        ("tag_name", &[&["a"], &["nav", "form"], &["BUTTON"]]),
        (
            "href",
            &[&["/pricing"], &["/contact?a=b;c", "no"], &["contact"], &["c$"]],
        ),
    ];
    let (mut answered, mut refused) = (0, 0);
    for (key, lists) in wanted {
        for texts in lists {
            for operator in &operators {
                let unary = matches!(operator, Operator::IsSet | Operator::IsNotSet);
                let value = if unary { Value::Null } else { json!(texts) };
                let filter = json!({"type": "element", "key": key, "operator": operator, "value": value});
                let part = |(tag, _, text, href): &Element| match key {
                    "text" => *text,
                    "tag_name" => Some(*tag),
                    _ => *href,
                };
                let negated = matches!(
                    operator,
                    Operator::IsNot
                        | Operator::NotIn
                        | Operator::NotIcontains
                        | Operator::NotRegex
                        | Operator::IsNotSet
                );
                let found = count(&engine, &filter).await;
                if fits(*operator, "", texts).is_none() {
                    let message = found.unwrap_err();
                    assert!(message.contains("compares no texts"), "{filter}: {message}");
                    refused += 1;
                    continue;
                }
                let holds = |elements: &&&[Element]| {
                    let mut texts_of = elements.iter().filter_map(part);
                    texts_of.any(|text| fits(*operator, text, texts) == Some(true)) != negated
                };
                let expected = 2 * EVENTS.iter().filter(holds).count() as u64;
                assert_eq!(found, Ok(expected), "{filter}");
                answered += 1;
            }
        }
    }
    assert_eq!((answered, refused), (12 * 10, 12 * 18));
}

#[tokio::test]
async fn selectors_find_elements_and_those_around_them() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_of(folder.path(), events(), clock()).await;
    let cases = [
        ("exact", json!("button.btn"), Ok(4)),
        ("is_not", json!("button.btn"), Ok(8)),
        ("exact", json!("div.row > a > span"), Ok(2)),
        ("exact", json!("div a"), Ok(2)),
        ("in", json!(["nav button", "form input"]), Ok(4)),
        ("exact", json!("a[href='/pricing']"), Ok(2)),
        ("exact", json!("span:nth-child(1)"), Ok(2)),
        (
            "exact",
            json!("a:hover"),
            Err("the selector \"a:hover\" has :hover, which chains of elements don't tell"),
        ),
        (
            "icontains",
            json!("a"),
            Err("filter on the element's selector with operator icontains does not go with selectors"),
        ),
        (
            "is_set",
            Value::Null,
            Err("filter on the element's selector with operator is_set needs a selector"),
        ),
        (
            "exact",
            json!(3),
            Err("filter on the element's selector with operator exact needs a text, or a list of them"),
        ),
    ];
    for (operator, value, wanted) in cases {
        let filter = json!({"type": "element", "key": "selector", "operator": operator, "value": value});
        assert_eq!(count(&engine, &filter).await, wanted.map_err(str::to_owned), "{filter}");
    }
    let unknown = count(&engine, &json!({"type": "element", "key": "txt", "value": "Buy"}))
        .await
        .unwrap_err();
    assert_eq!(unknown, "unknown part of elements \"txt\"");
    let folder = tempfile::tempdir().unwrap();
    let without = crate::events::engine(folder.path()).await;
    let none = count(&without, &json!({"type": "element", "key": "text", "value": "Buy"}))
        .await
        .unwrap_err();
    assert!(none.contains("no event has $elements_chain"), "{none}");
}
