//! How numbers are written in an answer: `2,896`, `57.5`, `8.37`.

use serde_json::{Number, Value};

/// Digits from which on a cell is taken to be computed, and is written as computed numbers are: a quotient fills all the
/// digits that a double has, what was measured or typed does not.
const COMPUTED_DIGITS: usize = 15;

/// A cell as it is, thousands separated.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Number(value) if value.is_f64() && digits(value) >= COMPUTED_DIGITS => {
            value.as_f64().map_or_else(|| value.to_string(), number)
        }
        Value::Number(number) => separated(&plain(number)),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A computed number: whole numbers in full, others with up to two decimals, small ones with two
/// figures that are not zero.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    let places = if magnitude > 0.0 && magnitude < 0.01 {
        let mut places = 2;
        while places < 12 && magnitude * 10f64.powi(places) < 10.0 {
            places += 1;
        }
        usize::try_from(places).unwrap_or(2)
    } else {
        2
    };
    let text = format!("{value:.places$}");
    separated(trimmed(&text))
}

/// How many digits a number has from its first one that is not zero; those of an exponent are none.
fn digits(number: &Number) -> usize {
    let text = number.to_string();
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.chars().filter(char::is_ascii_digit);
    digits.skip_while(|digit| *digit == '0').count()
}

/// A number with exactly this many decimals.
pub(super) fn fixed(value: f64, places: usize) -> String {
    separated(&format!("{value:.places$}"))
}

/// A computed number as JSON, whole where it is whole.
pub(super) fn json(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if value.fract().abs() <= 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract().abs() <= 0.0 && value.abs() < 9e15 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

fn separated(text: &str) -> String {
    if text.contains(['e', 'E']) {
        return text.to_owned();
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, ""), |(whole, fraction)| (whole, fraction));
    let sign = if digits.chars().all(|c| matches!(c, '0' | '.')) {
        ""
    } else {
        sign
    };
    let mut grouped = String::from(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_as_they_are_unless_they_were_computed() {
        let cases = [
            (json!(10_989), "10,989"),
            (json!(1.5), "1.5"),
            (json!(0.123_456), "0.123456"),
            (json!(1.801_801_801_801_801_8), "1.8"),
            (json!(48_614.733_333_333_34), "48,614.73"),
            (json!(0.000_012_345_678_901_234_567), "0.000012"),
            (json!(52.520_006_6), "52.5200066"),
            (json!(12_345_678_901_234.0), "12,345,678,901,234"),
            (json!("Chrome"), "Chrome"),
        ];
        for (value, text) in cases {
            assert_eq!(cell(&value), text, "{value}");
        }
    }
}
