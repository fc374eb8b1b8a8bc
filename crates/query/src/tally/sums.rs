//! `tally_sums(rule, begun, values)`: for each cell of retention the sum of a property and how many events have it, one
//! after the other, as a list of numbers.
//!
//! The values of a person are a list with an entry for each of its intervals: the place, then the sum and the number of
//! the events with which it begins there, then those of the events with which it comes back.

use std::mem::{size_of, size_of_val};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, StructArray, UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type, UInt32Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;

use super::{Rule, exact, set};
use crate::intervals::ones;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TallySums {
    signature: Signature,
}

impl TallySums {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::any(3, Volatility::Immutable),
        }
    }
}

fn numbers() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
}

impl AggregateUDFImpl for TallySums {
    fn name(&self) -> &'static str {
        "tally_sums"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(numbers())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[sums]", args.name);
        Ok(vec![Arc::new(Field::new(name, numbers(), true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let literal = args.exprs.first().and_then(|expr| expr.downcast_ref::<Literal>());
        let rule = Rule::of_literal(literal.map(Literal::value))?;
        let numbers = vec![0.0; rule.cells() * 2];
        let Rule::Retention {
            rows,
            brackets,
            cumulative,
            ..
        } = rule
        else {
            return internal_err!("tally_sums is for retention");
        };
        Ok(Box::new(Sums {
            rows,
            brackets,
            cumulative,
            numbers,
        }))
    }
}

/// The sum and the number of each cell.
#[derive(Debug)]
struct Sums {
    rows: usize,
    brackets: Vec<(usize, usize)>,
    cumulative: bool,
    numbers: Vec<f64>,
}

/// Where persons begin, a row each.
enum Begun<'a> {
    Once(&'a UInt32Array),
    Often(&'a BinaryArray),
}

impl<'a> Begun<'a> {
    fn new(column: &'a ArrayRef) -> Result<Self> {
        let once = column.as_primitive_opt::<UInt32Type>().map(Self::Once);
        match once.or_else(|| column.as_binary_opt::<i32>().map(Self::Often)) {
            Some(begun) => Ok(begun),
            None => internal_err!("tally_sums takes a place, or a set of places"),
        }
    }

    fn places(&self, row: usize) -> Vec<usize> {
        match self {
            Self::Once(places) => places
                .is_valid(row)
                .then(|| places.value(row) as usize)
                .into_iter()
                .collect(),
            Self::Often(sets) => ones(set(sets, row)).collect(),
        }
    }
}

/// The entries of a person's values.
struct Values<'a> {
    places: &'a UInt32Array,
    /// The sum and the number of the events with which it begins, and of those with which it comes back.
    begins: (&'a Float64Array, &'a Int64Array),
    returns: (&'a Float64Array, &'a Int64Array),
}

impl<'a> Values<'a> {
    fn new(values: &'a StructArray) -> Result<Self> {
        let sum = |at: usize| values.columns().get(at)?.as_primitive_opt::<Float64Type>();
        let number = |at: usize| values.columns().get(at)?.as_primitive_opt::<Int64Type>();
        let places = values.columns().first();
        let places = places.and_then(|places| places.as_primitive_opt::<UInt32Type>());
        match (places, sum(1).zip(number(2)), sum(3).zip(number(4))) {
            (Some(places), Some(begins), Some(returns)) => Ok(Self {
                places,
                begins,
                returns,
            }),
            _ => internal_err!("tally_sums takes the place, the sums and the numbers of intervals"),
        }
    }
}

impl Sums {
    /// Adds what a person that begins at a place has.
    fn add(&mut self, begun: usize, values: &Values<'_>) {
        if begun >= self.rows {
            return;
        }
        let first = begun * (1 + self.brackets.len());
        for entry in 0..values.places.len() {
            let Some(later) = (values.places.value(entry) as usize).checked_sub(begun) else {
                continue;
            };
            if later == 0 {
                self.add_to(first, values.begins, entry);
                continue;
            }
            let Some(bracket) = self
                .brackets
                .iter()
                .position(|(from, to)| (*from..=*to).contains(&later))
            else {
                continue;
            };
            // Who came back later counts in all brackets up to that one, and so do the events.
            let from = if self.cumulative { 0 } else { bracket };
            for bracket in from..=bracket {
                self.add_to(first + 1 + bracket, values.returns, entry);
            }
        }
    }

    fn add_to(&mut self, cell: usize, (sums, numbers): (&Float64Array, &Int64Array), entry: usize) {
        if let Some([sum, number]) = self.numbers.get_mut(cell * 2..cell * 2 + 2)
            && sums.is_valid(entry)
            && numbers.is_valid(entry)
        {
            *sum += sums.value(entry);
            *number += exact(numbers.value(entry).unsigned_abs());
        }
    }

    fn list(&self) -> ScalarValue {
        let numbers: ArrayRef = Arc::new(Float64Array::from(self.numbers.clone()));
        ScalarValue::List(Arc::new(SingleRowListArrayBuilder::new(numbers).build_list_array()))
    }
}

impl Accumulator for Sums {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [_, begun, values] = columns else {
            return internal_err!("tally_sums takes a rule, where persons begin, and their values");
        };
        let begun = Begun::new(begun)?;
        let Some(lists) = values.as_list_opt::<i32>() else {
            return internal_err!("tally_sums takes the values of persons as lists");
        };
        for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
            let list = lists.value(row);
            let Some(values) = list.as_struct_opt() else {
                return internal_err!("tally_sums takes the values of intervals together");
            };
            let values = Values::new(values)?;
            for place in begun.places(row) {
                self.add(place, &values);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.list())
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self.numbers.capacity() * size_of::<f64>()
            + self.brackets.capacity() * size_of::<(usize, usize)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.list()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first().and_then(|lists| lists.as_list_opt::<i32>()) else {
            return internal_err!("the state of tally_sums is no list");
        };
        for list in lists.iter().flatten() {
            let Some(other) = list
                .as_primitive_opt::<Float64Type>()
                .filter(|other| other.len() == self.numbers.len())
            else {
                return internal_err!("the state of tally_sums has other cells");
            };
            for (number, more) in self.numbers.iter_mut().zip(other.values()) {
                *number += more;
            }
        }
        Ok(())
    }
}
