//! Functions of lists.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};

use super::functions::{Own, Types, list_of, number, of_count, returns_float, returns_truth, returns_whole, whole};

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "hasof",
        called: "has",
        takes: (2, 2),
        returns: returns_truth,
        row: has,
    },
    Own {
        name: "hasany",
        called: "hasAny",
        takes: (2, 2),
        returns: returns_truth,
        row: has_any,
    },
    Own {
        name: "hasall",
        called: "hasAll",
        takes: (2, 2),
        returns: returns_truth,
        row: has_all,
    },
    Own {
        name: "indexof",
        called: "indexOf",
        takes: (2, 2),
        returns: returns_whole,
        row: index_of,
    },
    Own {
        name: "arrayslice",
        called: "arraySlice",
        takes: (2, 3),
        returns: same,
        row: slice,
    },
    Own {
        name: "arraydistinct",
        called: "arrayDistinct",
        takes: (1, 1),
        returns: same,
        row: distinct,
    },
    Own {
        name: "arrayzip",
        called: "arrayZip",
        takes: (1, 16),
        returns: zipped,
        row: zip,
    },
    Own {
        name: "arraysum",
        called: "arraySum",
        takes: (1, 1),
        returns: sum_type,
        row: sum,
    },
    Own {
        name: "arrayavg",
        called: "arrayAvg",
        takes: (1, 1),
        returns: mean_type,
        row: mean,
    },
    Own {
        name: "arraysortby",
        called: "arraySort",
        takes: (3, 3),
        returns: same,
        row: sort_by,
    },
    Own {
        name: "orempty",
        called: "groupArray",
        takes: (1, 1),
        returns: same,
        row: or_empty,
    },
    Own {
        name: "notemptylist",
        called: "LEFT ARRAY JOIN",
        takes: (1, 1),
        returns: same,
        row: not_empty,
    },
    Own {
        name: "quantileof",
        called: "quantile",
        takes: (2, 2),
        returns: returns_float,
        row: quantile,
    },
    Own {
        name: "quantilesof",
        called: "quantiles",
        takes: (2, 64),
        returns: floats,
        row: quantiles,
    },
    Own {
        name: "topof",
        called: "topK",
        takes: (2, 2),
        returns: same,
        row: top,
    },
];

/// The list of a value, where it is one.
fn array(value: &ScalarValue) -> Option<ArrayRef> {
    match value {
        ScalarValue::List(list) if !list.is_null(0) => Some(list.value(0)),
        ScalarValue::LargeList(list) if !list.is_null(0) => Some(list.value(0)),
        ScalarValue::FixedSizeList(list) if !list.is_null(0) => Some(list.value(0)),
        _ => None,
    }
}

/// The elements of a list; `None` for null and for what is no list.
pub(super) fn elements(value: &ScalarValue) -> Option<Vec<ScalarValue>> {
    let array = array(value)?;
    (0..array.len())
        .map(|at| ScalarValue::try_from_array(&array, at).ok())
        .collect()
}

/// A list of values of one type.
pub(super) fn list(values: Vec<ScalarValue>, element: &DataType) -> ScalarValue {
    ScalarValue::List(ScalarValue::new_list_nullable(&values, element))
}

fn element_type(value: &ScalarValue) -> DataType {
    match value.data_type() {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            field.data_type().clone()
        }
        _ => DataType::Null,
    }
}

fn same(types: &Types<'_>) -> Result<DataType> {
    Ok(list_of(types.element(0)?))
}

fn floats(_: &Types<'_>) -> Result<DataType> {
    Ok(list_of(DataType::Float64))
}

fn zipped(types: &Types<'_>) -> Result<DataType> {
    let fields = (0..types.fields.len()).map(|at| Ok(Field::new(format!("c{at}"), types.element(at)?, true)));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Ok(list_of(DataType::Struct(Fields::from(fields))))
}

fn number_type(types: &Types<'_>) -> Result<DataType> {
    match types.element(0)? {
        kind if kind.is_integer() || kind == DataType::Null => Ok(DataType::Int64),
        kind if kind.is_floating() || matches!(kind, DataType::Decimal128(..)) => Ok(DataType::Float64),
        DataType::Boolean => Ok(DataType::Int64),
        other => plan_err!("{} takes numbers, not {other}", types.called),
    }
}

fn sum_type(types: &Types<'_>) -> Result<DataType> {
    number_type(types)
}

fn mean_type(types: &Types<'_>) -> Result<DataType> {
    number_type(types).map(|_| DataType::Float64)
}

/// Whether two values are equal, whatever the types of their numbers.
fn is_same(one: &ScalarValue, other: &ScalarValue) -> bool {
    if one.is_null() || other.is_null() {
        return one.is_null() && other.is_null();
    }
    if one == other {
        return true;
    }
    let (kind, of_other) = (one.data_type(), other.data_type());
    kind != of_other && other.cast_to(&kind).is_ok_and(|cast| cast == *one)
}

fn has(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [list, wanted] = values else {
        return Ok(ScalarValue::Null);
    };
    let found = elements(list).map(|list| list.iter().any(|element| is_same(element, wanted)));
    Ok(ScalarValue::Boolean(found))
}

fn has_any(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [list, wanted] = values else {
        return Ok(ScalarValue::Null);
    };
    let found = elements(list).zip(elements(wanted));
    let found = found.map(|(list, wanted)| {
        wanted
            .iter()
            .any(|wanted| list.iter().any(|element| is_same(element, wanted)))
    });
    Ok(ScalarValue::Boolean(found))
}

fn has_all(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [list, wanted] = values else {
        return Ok(ScalarValue::Null);
    };
    let found = elements(list).zip(elements(wanted));
    let found = found.map(|(list, wanted)| {
        wanted
            .iter()
            .all(|wanted| list.iter().any(|element| is_same(element, wanted)))
    });
    Ok(ScalarValue::Boolean(found))
}

fn index_of(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [list, wanted] = values else {
        return Ok(ScalarValue::Null);
    };
    let Some(list) = elements(list) else {
        return Ok(ScalarValue::Null);
    };
    let at = list.iter().position(|element| is_same(element, wanted));
    Ok(of_count(at.map_or(0, |at| at + 1)))
}

fn slice(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [of, start, rest @ ..] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(all), Some(start)) = (elements(of), whole(start)) else {
        return Ok(ScalarValue::Null);
    };
    let from = match start {
        1.. => usize::try_from(start - 1).unwrap_or(usize::MAX),
        0 => all.len(),
        _ => all
            .len()
            .saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let count = rest.first().and_then(whole);
    let count = match count {
        None => all.len(),
        Some(count @ 0..) => usize::try_from(count).unwrap_or(usize::MAX),
        // A negative length leaves so many out at the end.
        Some(count) => {
            let left_out = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            all.len().saturating_sub(from).saturating_sub(left_out)
        }
    };
    Ok(list(
        all.into_iter().skip(from).take(count).collect(),
        &element_type(of),
    ))
}

fn distinct(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(all) = values.first().and_then(elements) else {
        return Ok(ScalarValue::Null);
    };
    let mut seen = std::collections::HashSet::new();
    let once = all
        .into_iter()
        .filter(|element| !element.is_null() && seen.insert(element.clone()));
    Ok(list(once.collect(), &element_type(&values[0])))
}

fn zip(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(lists) = values.iter().map(elements).collect::<Option<Vec<_>>>() else {
        return Ok(ScalarValue::Null);
    };
    let length = lists.first().map_or(0, Vec::len);
    if lists.iter().any(|list| list.len() != length) {
        return exec_err!("lists of different lengths can't be zipped");
    }
    let fields: Vec<Field> = values
        .iter()
        .enumerate()
        .map(|(at, list)| Field::new(format!("c{at}"), element_type(list), true))
        .collect();
    let fields = Fields::from(fields);
    let mut tuples = Vec::with_capacity(length);
    for at in 0..length {
        let members = lists.iter().filter_map(|list| list.get(at)).map(ScalarValue::to_array);
        let members = members.collect::<Result<Vec<_>>>()?;
        let tuple = datafusion::arrow::array::StructArray::try_new(fields.clone(), members, None)?;
        tuples.push(ScalarValue::Struct(Arc::new(tuple)));
    }
    Ok(list(tuples, &DataType::Struct(fields)))
}

fn sum(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(all) = values.first().and_then(elements) else {
        return Ok(ScalarValue::Null);
    };
    let is_float = element_type(&values[0]).is_floating();
    if is_float || matches!(element_type(&values[0]), DataType::Decimal128(..)) {
        return Ok(ScalarValue::Float64(Some(all.iter().filter_map(number).sum())));
    }
    let mut sum = 0_i64;
    for value in all.iter().filter_map(whole) {
        let Some(next) = sum.checked_add(value) else {
            return exec_err!("the sum of the list is too large");
        };
        sum = next;
    }
    Ok(ScalarValue::Int64(Some(sum)))
}

#[expect(clippy::cast_precision_loss, reason = "a mean is a float")]
fn mean(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(all) = values.first().and_then(elements) else {
        return Ok(ScalarValue::Null);
    };
    let numbers: Vec<f64> = all.iter().filter_map(number).collect();
    let mean = (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64);
    Ok(ScalarValue::Float64(mean))
}

/// The order of two values; lists and tuples from the left.
pub(super) fn order(one: &ScalarValue, other: &ScalarValue) -> Ordering {
    match (one.is_null(), other.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    if let (ScalarValue::Struct(ones), ScalarValue::Struct(others)) = (one, other) {
        let members = ones.columns().iter().zip(others.columns());
        for (one, other) in members {
            let pair = (
                ScalarValue::try_from_array(one, 0),
                ScalarValue::try_from_array(other, 0),
            );
            if let (Ok(one), Ok(other)) = pair {
                let found = order(&one, &other);
                if found != Ordering::Equal {
                    return found;
                }
            }
        }
        return Ordering::Equal;
    }
    if let (Some(ones), Some(others)) = (elements(one), elements(other)) {
        let pairs = ones.iter().zip(&others).map(|(one, other)| order(one, other));
        let differs = pairs.into_iter().find(|found| *found != Ordering::Equal);
        return differs.unwrap_or_else(|| ones.len().cmp(&others.len()));
    }
    one.partial_cmp(other).unwrap_or(Ordering::Equal)
}

/// The elements in the order of the keys beside them, nulls last.
fn sort_by(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [of, keys, direction] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(all), Some(keys)) = (elements(of), elements(keys)) else {
        return Ok(ScalarValue::Null);
    };
    let falling = super::functions::text(direction) == Some("desc");
    let mut pairs: Vec<(ScalarValue, ScalarValue)> = keys.into_iter().zip(all).collect();
    pairs.sort_by(|(one, _), (other, _)| {
        let found = order(one, other);
        if falling && !one.is_null() && !other.is_null() {
            found.reverse()
        } else {
            found
        }
    });
    Ok(list(
        pairs.into_iter().map(|(_, element)| element).collect(),
        &element_type(of),
    ))
}

fn or_empty(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    if value.is_null() {
        return Ok(list(Vec::new(), &element_type(value)));
    }
    Ok(value.clone())
}

fn not_empty(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    match elements(value) {
        Some(elements) if !elements.is_empty() => Ok(value.clone()),
        _ => {
            let element = element_type(value);
            Ok(list(vec![ScalarValue::try_from(&element)?], &element))
        }
    }
}

/// The quantile of sorted numbers, between two neighbours by straight line.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list, from a level between 0 and 1"
)]
fn at_level(sorted: &[f64], level: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = level.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (*sorted.get(below)?, *sorted.get((below + 1).min(last))?);
    Some(low + (high - low) * (place - below as f64))
}

fn sorted_numbers(value: &ScalarValue) -> Option<Vec<f64>> {
    let array = array(value)?;
    let numbers = array.as_primitive_opt::<datafusion::arrow::datatypes::Float64Type>()?;
    let mut numbers: Vec<f64> = numbers.iter().flatten().collect();
    numbers.sort_by(f64::total_cmp);
    Some(numbers)
}

fn quantile(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [list, level] = values else {
        return Ok(ScalarValue::Null);
    };
    let found = sorted_numbers(list).zip(number(level));
    Ok(ScalarValue::Float64(
        found.and_then(|(sorted, level)| at_level(&sorted, level)),
    ))
}

fn quantiles(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [of, levels @ ..] = values else {
        return Ok(ScalarValue::Null);
    };
    let sorted = sorted_numbers(of).unwrap_or_default();
    let found = levels
        .iter()
        .map(|level| ScalarValue::Float64(number(level).and_then(|level| at_level(&sorted, level))));
    Ok(list(found.collect(), &DataType::Float64))
}

fn top(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [of, count] = values else {
        return Ok(ScalarValue::Null);
    };
    let count = whole(count).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let mut counts: std::collections::HashMap<ScalarValue, usize> = std::collections::HashMap::new();
    for element in elements(of).unwrap_or_default() {
        *counts.entry(element).or_default() += 1;
    }
    let mut counts: Vec<(ScalarValue, usize)> = counts.into_iter().collect();
    counts.sort_by(|(one, of_one), (other, of_other)| of_other.cmp(of_one).then_with(|| order(one, other)));
    Ok(list(
        counts.into_iter().take(count).map(|(element, _)| element).collect(),
        &element_type(of),
    ))
}
