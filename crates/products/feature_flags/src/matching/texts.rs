//! Values as texts, numbers and truths.

use serde_json::{Map, Number, Value};

/// A value as text: a text as it is, everything else as JSON without spaces and with sorted keys.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number_text(number),
        Value::Array(list) => format!("[{}]", list.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Object(members) => object_text(members),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::String(_) => value.to_string(),
        other => text(other),
    }
}

fn object_text(members: &Map<String, Value>) -> String {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by_key(|(key, _)| key.as_str());
    let pairs = sorted
        .iter()
        .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), json(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// The shortest digits that mean the number; with an exponent below 1e-5 and from 1e16 on.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let shortest = format!("{float:e}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else {
        return shortest;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-5..16).contains(&exponent) => {
            let plain = format!("{float}");
            if plain.contains('.') {
                plain
            } else {
                format!("{plain}.0")
            }
        }
        Ok(exponent) if exponent >= 0 => format!("{mantissa}e+{exponent}"),
        _ => shortest,
    }
}

/// The text with ASCII letters in lower case.
pub(super) fn ascii_lower(value: &Value) -> String {
    text(value).to_ascii_lowercase()
}

/// The number that a value is or spells; finite.
pub(super) fn number(value: &Value) -> Option<f64> {
    let parsed = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
            text.chars().all(plain).then(|| text.parse().ok()).flatten()?
        }
        _ => return None,
    };
    parsed.is_finite().then_some(parsed)
}

/// Whether a value is a boolean, spells one, or is a list of such.
pub(super) fn is_truth(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::String(text) => matches!(text.to_lowercase().as_str(), "true" | "false"),
        Value::Array(list) => list.iter().all(is_truth),
        _ => false,
    }
}

/// Whether a value is true, or spells it.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::String(text) => text.to_lowercase() == "true",
        Value::Array(list) => list.iter().all(truth),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_plain_json() {
        let cases = [
            (json!("a \"b\""), "a \"b\""),
            (json!(["a \"b\"", 1, null]), r#"["a \"b\"",1,null]"#),
            (json!({"b": 1, "a": [true]}), r#"{"a":[true],"b":1}"#),
            (json!(5), "5"),
            (json!(5.0), "5.0"),
            (json!(0.1), "0.1"),
            (json!(0.00001), "0.00001"),
            (json!(0.000_001), "1e-6"),
            (json!(1e15), "1000000000000000.0"),
            (json!(1e16), "1e+16"),
            (json!(1.5e300), "1.5e+300"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn number_reads_plain_decimals_only() {
        let cases = [
            (json!("12"), Some(12.0)),
            (json!("-1.5e3"), Some(-1500.0)),
            (json!("1."), Some(1.0)),
            (json!(".5"), Some(0.5)),
            (json!("inf"), None),
            (json!("1_000"), None),
            (json!(" 1"), None),
            (json!(true), None),
            (json!("1e999"), None),
        ];
        for (value, expected) in cases {
            assert_eq!(number(&value), expected, "{value}");
        }
    }
}
