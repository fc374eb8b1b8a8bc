//! Numbers and cells for people.

use serde_json::{Number, Value};

/// A number with separators: `1,002`, `2.13`.
pub(crate) fn grouped(number: &Number) -> String {
    let text = number.to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |digits| ("-", digits));
    // Exponents stay as they are.
    if digits.contains(['e', 'E']) {
        return text;
    }
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) if fraction != "0" => format!("{sign}{grouped}.{fraction}"),
        _ => format!("{sign}{grouped}"),
    }
}

/// A number with separators and at most two digits after the point, as answers have them; the
/// exact value stands in the JSON.
pub(crate) fn rounded(number: &Number) -> String {
    let cents = number.as_f64().filter(|_| !number.is_i64() && !number.is_u64());
    let cents = cents.and_then(|exact| Number::from_f64((exact * 100.0).round() / 100.0));
    grouped(cents.as_ref().unwrap_or(number))
}

/// A count with separators.
pub(crate) fn grouped_integer(count: u64) -> String {
    grouped(&Number::from(count))
}

/// A cell as it is shown in a table.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rounded_keeps_two_digits() {
        for (value, expected) in [
            (json!(22.073_039_742), "22.07"),
            (json!(2.5), "2.5"),
            (json!(1002), "1,002"),
        ] {
            assert_eq!(rounded(value.as_number().unwrap()), expected);
        }
    }

    #[test]
    fn grouped_sets_separators_in_the_whole_part() {
        let cases = [
            (json!(0), "0"),
            (json!(999), "999"),
            (json!(1002), "1,002"),
            (json!(-1234567), "-1,234,567"),
            (json!(37.7883), "37.7883"),
            (json!(12345.5), "12,345.5"),
            (json!(3.0), "3"),
        ];
        for (value, text) in cases {
            assert_eq!(grouped(value.as_number().unwrap()), text);
        }
    }
}
