//! `exact_percentile(value, share)`: the value below which a share of all lies, between the two nearest ones where it
//! lies between them, as `quantile_cont` of `DuckDB` and `quantileExactInclusive` of `ClickHouse` have it.
//!
//! `percentile_cont` of `DataFusion` 55.2 rounds how far it goes between the two to six digits.

use std::mem::{size_of, size_of_val};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility, lit};
use datafusion::physical_expr::expressions::Literal;

pub(crate) static PERCENTILE: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(Percentile::new()));

/// The percentile of a number in a group; `share` goes from 0 to 1.
pub(crate) fn percentile(of: Expr, share: f64) -> Expr {
    PERCENTILE.call(vec![of, lit(share)])
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Percentile {
    signature: Signature,
}

impl Percentile {
    fn new() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Float64, DataType::Float64], Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for Percentile {
    fn name(&self) -> &'static str {
        "exact_percentile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[values]", args.name);
        let values = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        Ok(vec![Arc::new(Field::new(name, values, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let literal = args.exprs.get(1).and_then(|expr| expr.downcast_ref::<Literal>());
        match literal.map(Literal::value) {
            Some(ScalarValue::Float64(Some(share))) if (0.0..=1.0).contains(share) => Ok(Box::new(Values {
                share: *share,
                values: Vec::new(),
            })),
            _ => plan_err!("exact_percentile takes a share of 0 to 1 as a literal"),
        }
    }
}

/// All values of a group.
#[derive(Debug)]
struct Values {
    share: f64,
    values: Vec<f64>,
}

impl Values {
    fn add(&mut self, values: Option<&ArrayRef>) -> Result<()> {
        let Some(values) = values.and_then(|values| values.as_primitive_opt::<Float64Type>()) else {
            return internal_err!("exact_percentile takes numbers with a fraction");
        };
        self.values.extend(values.iter().flatten());
        Ok(())
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values.first())
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places among values that are held in memory"
    )]
    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Some(last) = self.values.len().checked_sub(1) else {
            return Ok(ScalarValue::Float64(None));
        };
        let place = last as f64 * self.share;
        let (_, below, rest) = self.values.select_nth_unstable_by(place as usize, f64::total_cmp);
        let below = *below;
        let above = rest.iter().copied().min_by(f64::total_cmp).unwrap_or(below);
        Ok(ScalarValue::Float64(Some(below + (above - below) * place.fract())))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: ArrayRef = Arc::new(Float64Array::from(std::mem::take(&mut self.values)));
        let list = SingleRowListArrayBuilder::new(values).build_list_array();
        Ok(vec![ScalarValue::List(Arc::new(list))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first().and_then(|lists| lists.as_list_opt::<i32>()) else {
            return internal_err!("exact_percentile's state is no list");
        };
        for list in lists.iter().flatten() {
            self.add(Some(&list))?;
        }
        Ok(())
    }
}
