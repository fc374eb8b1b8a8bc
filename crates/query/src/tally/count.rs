//! `tally(rule, ...)`: for each cell of a rule how many persons are in it, as a list.

use std::mem::{size_of, size_of_val};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, UInt64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;

use super::{Persons, Rule};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Tally {
    signature: Signature,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

fn counts() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::UInt64, true)))
}

impl AggregateUDFImpl for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(counts())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[counts]", args.name);
        Ok(vec![Arc::new(Field::new(name, counts(), true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let literal = args.exprs.first().and_then(|expr| expr.downcast_ref::<Literal>());
        let rule = Rule::of_literal(literal.map(Literal::value))?;
        Ok(Box::new(Counts {
            cells: vec![0; rule.cells()],
            rule,
        }))
    }
}

/// The persons of each cell.
#[derive(Debug)]
struct Counts {
    rule: Rule,
    cells: Vec<u64>,
}

impl Counts {
    fn list(&self) -> ScalarValue {
        let cells: ArrayRef = Arc::new(UInt64Array::from(self.cells.clone()));
        ScalarValue::List(Arc::new(SingleRowListArrayBuilder::new(cells).build_list_array()))
    }
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let persons = Persons::new(&self.rule, values.get(1..).unwrap_or_default())?;
        let cells = &mut self.cells;
        for row in 0..persons.rows() {
            self.rule.each_cell(&persons, row, |cell| {
                if let Some(count) = cells.get_mut(cell) {
                    *count += 1;
                }
            });
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.list())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.cells.capacity() * size_of::<u64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.list()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first().and_then(|lists| lists.as_list_opt::<i32>()) else {
            return internal_err!("tally's state is no list");
        };
        for list in lists.iter().flatten() {
            let Some(other) = list
                .as_primitive_opt::<UInt64Type>()
                .filter(|other| other.len() == self.cells.len())
            else {
                return internal_err!("tally's state has other cells");
            };
            for (count, more) in self.cells.iter_mut().zip(other.values()) {
                *count += more;
            }
        }
        Ok(())
    }
}
