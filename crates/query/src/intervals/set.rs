//! `interval_set(index, count)`: the places of a group as a set of bits, the first place the lowest bit of the first
//! byte. Its length in bytes is a multiple of eight that holds `count` places.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, UInt32Type};
use datafusion::common::{Result, ScalarValue, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;

/// Bits of a word.
const BITS: usize = u64::BITS as usize;

/// Whether a place is in a set.
pub(crate) fn has(set: &[u8], place: usize) -> bool {
    set.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}

/// The places in a set, in order.
pub(crate) fn ones(set: &[u8]) -> impl Iterator<Item = usize> {
    set.iter().enumerate().flat_map(|(at, byte)| {
        let mut rest = *byte;
        std::iter::from_fn(move || {
            let place = at * 8 + rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                place
            })
        })
    })
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IntervalSet {
    signature: Signature,
}

impl IntervalSet {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::UInt32, DataType::UInt64], Volatility::Immutable),
        }
    }
}

/// The words of a set of so many places, from the literal that says how many.
fn words(exprs: &[Arc<dyn datafusion::physical_expr::PhysicalExpr>]) -> Result<usize> {
    let literal = exprs.get(1).and_then(|expr| expr.downcast_ref::<Literal>());
    match literal.map(Literal::value) {
        Some(ScalarValue::UInt64(Some(count))) => match usize::try_from(*count) {
            Ok(count @ 1..=1_000_000) => Ok(count.div_ceil(BITS)),
            _ => plan_err!("interval_set holds 1 to 1,000,000 places"),
        },
        _ => plan_err!("interval_set takes the number of places as a literal"),
    }
}

impl AggregateUDFImpl for IntervalSet {
    fn name(&self) -> &'static str {
        "interval_set"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    // The number of places decides the length of a set, but a type is made without it.
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[set]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("interval_set is computed for groups only")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Sets {
            words: words(args.exprs)?,
            bits: Vec::new(),
        }))
    }
}

/// The sets of all groups, one after the other.
struct Sets {
    /// The words of a set.
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    fn grow(&mut self, groups: usize) {
        self.bits.resize(groups * self.words, 0);
    }

    fn add(&mut self, group: usize, place: usize) -> Result<()> {
        let word = place / BITS;
        match self.bits.get_mut(group * self.words + word) {
            Some(bits) if word < self.words => {
                *bits |= 1 << (place % BITS);
                Ok(())
            }
            _ => internal_err!("place {place} is beyond the set"),
        }
    }

    /// The sets of the first groups; those of the others stay.
    fn take(&mut self, emit_to: EmitTo) -> ArrayRef {
        let rest = match emit_to {
            EmitTo::All => Vec::new(),
            EmitTo::First(count) => self.bits.split_off(count * self.words),
        };
        let taken = std::mem::replace(&mut self.bits, rest);
        let mut sets = BinaryBuilder::with_capacity(taken.len() / self.words, taken.len() * size_of::<u64>());
        let mut bytes = Vec::with_capacity(self.words * size_of::<u64>());
        for set in taken.chunks(self.words) {
            bytes.clear();
            bytes.extend(set.iter().flat_map(|word| word.to_le_bytes()));
            sets.append_value(&bytes);
        }
        Arc::new(sets.finish())
    }
}

fn indices(values: &[ArrayRef]) -> Result<&UInt32Array> {
    match values
        .first()
        .and_then(|values| values.as_primitive_opt::<UInt32Type>())
    {
        Some(indices) => Ok(indices),
        None => internal_err!("interval_set takes places as whole numbers"),
    }
}

/// The rows that count: they have a place, and the filter holds. `None` for all.
fn counting(indices: &UInt32Array, filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let places = indices.nulls().map(|nulls| nulls.inner().clone());
    let holds = filter.map(|filter| match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    });
    match (places, holds) {
        (Some(places), Some(holds)) => Some(&places & &holds),
        (one, other) => one.or(other),
    }
}

impl GroupsAccumulator for Sets {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        let indices = indices(values)?;
        let counting = counting(indices, opt_filter);
        let places = indices.values();
        match &counting {
            None => {
                for (group, place) in group_indices.iter().zip(places) {
                    self.add(*group, *place as usize)?;
                }
            }
            Some(counting) => {
                for row in counting.set_indices() {
                    self.add(group_indices[row], places[row] as usize)?;
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.take(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.take(emit_to)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.grow(total_num_groups);
        let Some(sets) = values
            .first()
            .and_then(|sets| sets.as_any().downcast_ref::<BinaryArray>())
        else {
            return internal_err!("interval_set's state is not binary");
        };
        for (group, set) in group_indices.iter().zip(sets) {
            for place in ones(set.unwrap_or_default()) {
                self.add(*group, place)?;
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let indices = indices(values)?;
        let mut state = Self {
            words: self.words,
            bits: Vec::new(),
        };
        state.grow(indices.len());
        let counting = counting(indices, opt_filter);
        for row in 0..indices.len() {
            if counting.as_ref().is_none_or(|counting| counting.value(row)) {
                state.add(row, indices.value(row) as usize)?;
            }
        }
        Ok(vec![state.take(EmitTo::All)])
    }

    fn size(&self) -> usize {
        self.bits.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_the_same_in_one_piece_and_in_several() {
        let places = [Some(0), Some(63), Some(64), None, Some(64), Some(99), Some(7)];
        let groups = [0, 1, 1, 2, 0, 2, 1];
        let values = |range: std::ops::Range<usize>| -> Vec<ArrayRef> {
            vec![Arc::new(UInt32Array::from(places[range].to_vec()))]
        };
        let sets = || Sets {
            words: 2,
            bits: Vec::new(),
        };
        let wanted = [vec![0, 64], vec![7, 63, 64], vec![99]];
        let read = |sets: &ArrayRef| -> Vec<Vec<usize>> {
            let sets = sets.as_any().downcast_ref::<BinaryArray>().unwrap();
            sets.iter().map(|set| ones(set.unwrap()).collect()).collect()
        };
        let mut whole = sets();
        whole.update_batch(&values(0..7), &groups, None, 3).unwrap();
        assert_eq!(read(&whole.evaluate(EmitTo::First(1)).unwrap()), wanted[..1]);
        assert_eq!(read(&whole.evaluate(EmitTo::All).unwrap()), wanted[1..]);

        let (mut one, mut other, mut both) = (sets(), sets(), sets());
        one.update_batch(&values(0..3), &groups[..3], None, 2).unwrap();
        both.merge_batch(&one.state(EmitTo::All).unwrap(), &[0, 1], 2).unwrap();
        let rows = other.convert_to_state(&values(3..5), None).unwrap();
        both.merge_batch(&rows, &groups[3..5], 3).unwrap();
        other.update_batch(&values(5..7), &groups[5..], None, 3).unwrap();
        both.merge_batch(&other.state(EmitTo::All).unwrap(), &[0, 1, 2], 3)
            .unwrap();
        assert_eq!(read(&both.evaluate(EmitTo::All).unwrap()), wanted);
        assert!(sets().update_batch(&values(0..7), &groups, None, 1).is_err());
    }

    #[test]
    fn a_place_is_in_a_set_where_its_bit_is_one() {
        let set = [0b1000_0001, 0, 0b10];
        assert_eq!(ones(&set).collect::<Vec<_>>(), [0, 7, 17]);
        assert!((0..30).all(|place| has(&set, place) == [0, 7, 17].contains(&place)));
    }
}
