//! Makes conditions: the filter with the words that say it.

use hedgerow_data_api::{Operator, PropertyFilter, PropertyType};
use serde_json::{Value, json};

use crate::comparisons::{NumberTest, TextKind, TextTest};
use crate::intent::{Condition, Negation};
use crate::status_words::StatusTest;

/// The name of a property for people.
pub(crate) fn title(key: &str) -> String {
    match key {
        "$pathname" => "page".to_owned(),
        "$current_url" => "URL".to_owned(),
        "$os" => "operating system".to_owned(),
        "$raw_user_agent" => "user agent".to_owned(),
        "bytes" => "response size".to_owned(),
        key => key.trim_start_matches('$').replace('_', " "),
    }
}

fn condition(key: &str, operator: Operator, value: Option<Value>, words: String, place: (usize, usize)) -> Condition {
    Condition {
        filter: PropertyFilter {
            key: key.to_owned(),
            value,
            operator,
            property_type: PropertyType::Event,
            group_type_index: None,
            behavior: None,
        },
        words,
        start: place.0,
        end: place.1,
        negation: None,
        note: None,
        names_responses: false,
        and_list: false,
        or_in_code: false,
    }
}

/// The property has one of these values.
pub(crate) fn exact(key: &str, values: Vec<Value>, place: (usize, usize)) -> Condition {
    let words = format!("{} is {}", title(key), listed(&values));
    let value = if values.len() == 1 {
        values.into_iter().next()
    } else {
        Some(Value::Array(values))
    };
    condition(key, Operator::Exact, value, words, place)
}

/// The client is a crawler.
pub(crate) fn bot(place: (usize, usize)) -> Condition {
    condition(
        "$is_bot",
        Operator::Exact,
        Some(json!(true)),
        "the client is a bot".to_owned(),
        place,
    )
}

pub(crate) fn status(test: &StatusTest, place: (usize, usize)) -> Condition {
    let words = test.words.replacen("status ", "status is ", 1);
    let note = test.note.map(str::to_owned);
    let made = condition("status", test.operator, Some(test.value.clone()), words, place);
    Condition {
        note,
        names_responses: true,
        ..made
    }
}

pub(crate) fn number(key: &str, test: &NumberTest, place: (usize, usize)) -> Condition {
    let words = format!("{} is {}", title(key), test.words.trim_start_matches("of "));
    condition(key, test.operator, Some(test.value.clone()), words, place)
}

/// `None` where several texts can't be combined.
pub(crate) fn text(key: &str, test: &TextTest, place: (usize, usize)) -> Option<Condition> {
    let texts: Vec<Value> = test.texts.iter().map(|text| json!(text)).collect();
    let (operator, value, verb) = match (test.kind, &test.texts[..]) {
        (TextKind::Contains, [one]) => (Operator::Icontains, json!(one), "contains"),
        (TextKind::Contains, _) => (Operator::Icontains, Value::Array(texts.clone()), "contains"),
        (TextKind::ContainsAsWritten, [one]) => (Operator::Regex, json!(regex::escape(one)), "contains"),
        (TextKind::StartsWith, [one]) => (
            Operator::Regex,
            json!(format!("^{}", regex::escape(one))),
            "starts with",
        ),
        (TextKind::EndsWith, [one]) => (Operator::Regex, json!(format!("{}$", regex::escape(one))), "ends with"),
        _ => return None,
    };
    let words = format!("{} {verb} {}", title(key), listed(&texts));
    let as_written = test.kind == TextKind::ContainsAsWritten;
    Some(Condition {
        note: as_written.then(|| "\"like\" tells small letters from capitals".to_owned()),
        ..condition(key, operator, Some(value), words, place)
    })
}

pub(crate) fn absent(key: &str, start: usize, end: usize, negation: Negation) -> Condition {
    let words = format!("there is no {}", title(key));
    Condition {
        negation: Some(negation),
        ..condition(key, Operator::IsNotSet, None, words, (start, end))
    }
}

pub(crate) fn present(key: &str, start: usize, end: usize) -> Condition {
    condition(
        key,
        Operator::IsSet,
        None,
        format!("there is a {}", title(key)),
        (start, end),
    )
}

/// The values in words.
pub(crate) fn listed(values: &[Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    match &texts[..] {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => texts.join(""),
    }
}

/// The opposite, which also takes in events without the property; `None` where no operator says it.
pub(crate) fn negated(condition: Condition, negation: Option<Negation>) -> Option<Condition> {
    let Some(negation) = negation else {
        return Some(condition);
    };
    let mut condition = condition;
    let filter = &mut condition.filter;
    filter.operator = match filter.operator {
        Operator::Exact => Operator::IsNot,
        Operator::Icontains => Operator::NotIcontains,
        Operator::Regex => Operator::NotRegex,
        Operator::Between => Operator::NotBetween,
        Operator::IsSet => Operator::IsNotSet,
        Operator::Gte if filter.key == "status" => {
            // There is no status beyond 999, so the range says the same and takes in a missing one.
            filter.value = Some(json!([filter.value.take()?, 999]));
            Operator::NotBetween
        }
        _ => return None,
    };
    condition.words = format!("not: {}", condition.words);
    for (positive, negative) in [
        (" is a bot", " is not a bot"),
        (" is ", " is not "),
        (" contains ", " does not contain "),
    ] {
        if let Some((before, after)) = condition.words.split_once(positive) {
            condition.words = format!("{}{negative}{after}", before.trim_start_matches("not: "));
            break;
        }
    }
    condition.negation = Some(negation);
    condition.names_responses = false;
    Some(condition)
}
