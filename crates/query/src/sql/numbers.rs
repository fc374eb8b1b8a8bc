//! Functions of numbers.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_err};

use super::functions::{Own, Types, number, returns_float, returns_whole, text, whole};
use super::times;

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "toint",
        called: "toInt",
        takes: (1, 1),
        returns: returns_whole,
        row: to_int,
    },
    // DataFusion's says that it keeps the order of its rows, which its own check of plans then misses.
    Own {
        name: "logof",
        called: "log",
        takes: (1, 1),
        returns: returns_float,
        row: natural_logarithm,
    },
    // Under its own name, because it takes the place of DataFusion's.
    Own {
        name: "round",
        called: "round",
        takes: (1, 2),
        returns: rounded_type,
        row: round,
    },
];

/// A number without a fraction.
#[expect(clippy::cast_possible_truncation, reason = "it is checked that nothing is cut")]
pub(super) fn exactly_whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    (number.fract() == 0.0 && number.abs() < LIMIT).then_some(number as i64)
}

fn natural_logarithm(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    Ok(ScalarValue::Float64(number(value).map(f64::ln)))
}

fn to_int(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first().filter(|value| !value.is_null()) else {
        return Ok(ScalarValue::Null);
    };
    let found = match value {
        ScalarValue::Float64(Some(number)) => exactly_whole(*number),
        ScalarValue::Float32(Some(number)) => exactly_whole(f64::from(*number)),
        value => match text(value) {
            Some(text) => text.parse().ok(),
            None => times::seconds(value).or_else(|| whole(value)),
        },
    };
    Ok(ScalarValue::Int64(found))
}

fn rounded_type(types: &Types<'_>) -> Result<DataType> {
    match types.get(0)? {
        kind if kind.is_integer() => Ok(DataType::Int64),
        kind if kind.is_floating() || kind.is_decimal() || *kind == DataType::Null => Ok(DataType::Float64),
        other => plan_err!("round takes a number, not {other}"),
    }
}

/// Halves go away from zero, in the decimal digits that a number is written with.
fn round(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first().filter(|value| !value.is_null()) else {
        return Ok(ScalarValue::Null);
    };
    let digits = match values.get(1) {
        None => 0,
        Some(digits) => match whole(digits) {
            Some(digits) => i32::try_from(digits.clamp(-30, 30)).unwrap_or(0),
            None => return Ok(ScalarValue::Null),
        },
    };
    if value.data_type().is_integer() {
        let Some(number) = whole(value) else {
            return Ok(ScalarValue::Null);
        };
        let Some(unit) = u32::try_from(-digits).ok().filter(|places| *places > 0) else {
            return Ok(ScalarValue::Int64(Some(number)));
        };
        let unit = 10_i128.pow(unit);
        let number = i128::from(number);
        let rounded = (number.abs() + unit / 2) / unit * unit * number.signum();
        return Ok(ScalarValue::Int64(i64::try_from(rounded).ok()));
    }
    Ok(ScalarValue::Float64(
        number(value).map(|number| rounded(number, digits)),
    ))
}

fn rounded(number: f64, digits: i32) -> f64 {
    if !number.is_finite() {
        return number;
    }
    // The shortest digits that name the number are those that people see: 2.345 rounds to 2.35, though the
    // float lies a little below.
    let written = format!("{:e}", number.abs());
    let Some((mantissa, exponent)) = written.split_once('e') else {
        return number;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return number;
    };
    let mut figures: Vec<u8> = mantissa
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect();
    let keep = exponent + 1 + digits;
    if keep >= i32::try_from(figures.len()).unwrap_or(i32::MAX) {
        return number;
    }
    if keep < 0 {
        return 0.0;
    }
    let keep = usize::try_from(keep).unwrap_or(0);
    let up = figures.get(keep).is_some_and(|figure| *figure >= 5);
    figures.truncate(keep);
    let mut exponent = exponent;
    if up {
        let mut at = figures.len();
        loop {
            if at == 0 {
                figures.insert(0, 1);
                exponent += 1;
                break;
            }
            at -= 1;
            if figures[at] == 9 {
                figures[at] = 0;
            } else {
                figures[at] += 1;
                break;
            }
        }
    }
    if figures.is_empty() {
        return 0.0;
    }
    let figures: String = figures.iter().map(|figure| char::from(b'0' + figure)).collect();
    let (first, rest) = figures.split_at(1);
    let value: f64 = format!("{first}.{rest}0e{exponent}").parse().unwrap_or(number);
    if number < 0.0 { -value } else { value }
}
