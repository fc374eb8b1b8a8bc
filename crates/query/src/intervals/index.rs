//! `interval_index(timestamp, bounds)`: the place of the interval that holds a time, from 0; missing before the first
//! bound and from the last one on.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IntervalIndex {
    signature: Signature,
}

impl IntervalIndex {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::any(2, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IntervalIndex {
    fn name(&self) -> &'static str {
        "interval_index"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [times, ColumnarValue::Scalar(ScalarValue::List(bounds))] = args.args.as_slice() else {
            return internal_err!("interval_index takes a time and a literal list of bounds");
        };
        let bounds = bounds.value(0);
        let Some(bounds) = bounds.as_primitive_opt::<Int64Type>() else {
            return internal_err!("the bounds of interval_index are no whole numbers");
        };
        let times = times.to_array(args.number_rows)?;
        let Some(times) = times.as_primitive_opt::<TimestampMicrosecondType>() else {
            return internal_err!("interval_index takes timestamps of microseconds");
        };
        let places = Places::new(bounds.values());
        // Events of a day stand together, so that one place often serves many.
        let (mut span, mut known) = (0..0, 0);
        let (mut indices, mut is_any_missing) = (Vec::with_capacity(times.len()), times.null_count() > 0);
        for time in times.values() {
            if !span.contains(time) {
                match places.of(*time).and_then(|place| Some((places.span(place)?, place))) {
                    Some(found) => (span, known) = found,
                    None => {
                        is_any_missing = true;
                        indices.push(0);
                        continue;
                    }
                }
            }
            indices.push(known);
        }
        let indices = if is_any_missing {
            times.iter().map(|time| places.of(time?)).collect()
        } else {
            UInt32Array::from(indices)
        };
        Ok(ColumnarValue::Array(Arc::new(indices)))
    }
}

/// Finds the place of a time.
struct Places<'a> {
    bounds: &'a [i64],
    /// The length of each interval, where all are of the same one.
    length: Option<i64>,
}

impl<'a> Places<'a> {
    fn new(bounds: &'a [i64]) -> Self {
        let length = match bounds {
            [first, second, ..] => Some(second - first),
            _ => None,
        };
        let is_even = |length: &i64| *length > 0 && bounds.windows(2).all(|pair| pair[1] - pair[0] == *length);
        Self {
            bounds,
            length: length.filter(is_even),
        }
    }

    /// The times of a place.
    fn span(&self, place: u32) -> Option<std::ops::Range<i64>> {
        let place = place as usize;
        Some(*self.bounds.get(place)?..*self.bounds.get(place + 1)?)
    }

    fn of(&self, time: i64) -> Option<u32> {
        let (first, last) = (self.bounds.first()?, self.bounds.last()?);
        if time < *first || time >= *last {
            return None;
        }
        let place = match self.length {
            Some(length) => usize::try_from((time - first) / length).ok()?,
            None => self.bounds.partition_point(|bound| *bound <= time) - 1,
        };
        u32::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_time_is_that_of_the_last_bound_before_it() {
        let even = [0, 10, 20, 30];
        let uneven = [-5, 0, 1, 100];
        for bounds in [even, uneven] {
            let places = Places::new(&bounds);
            for time in -10..110 {
                let by_hand = (0..3).find(|place| bounds[*place] <= time && time < bounds[*place + 1]);
                assert_eq!(
                    places.of(time),
                    by_hand.map(|place| u32::try_from(place).unwrap()),
                    "{bounds:?} {time}"
                );
            }
        }
        assert_eq!(Places::new(&[]).of(3), None);
        assert_eq!(Places::new(&[1]).of(1), None);
    }
}
