//! `funnel_fits(condition_1, ..., condition_n)`: which of up to 64 conditions hold, a bit each, the first one the lowest.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, UInt64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Conditions of one number.
pub(super) const BITS: usize = 64;

pub(crate) fn funnel_fits() -> ScalarUDF {
    ScalarUDF::from(FunnelFits {
        signature: Signature::variadic_any(Volatility::Immutable),
    })
}

/// The numbers for conditions in their order, [`BITS`] of them in each.
pub(super) fn fits(conditions: &[Expr]) -> Vec<Expr> {
    let function = funnel_fits();
    conditions
        .chunks(BITS)
        .map(|conditions| function.call(conditions.to_vec()))
        .collect()
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FunnelFits {
    signature: Signature,
}

impl ScalarUDFImpl for FunnelFits {
    fn name(&self) -> &'static str {
        "funnel_fits"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut numbers = vec![0_u64; args.number_rows];
        for (bit, condition) in args.args.iter().enumerate() {
            let condition = condition.to_array(args.number_rows)?;
            let Some(condition) = condition.as_boolean_opt() else {
                return internal_err!("funnel_fits takes conditions");
            };
            let holds = match condition.nulls() {
                Some(nulls) => condition.values() & nulls.inner(),
                None => condition.values().clone(),
            };
            for row in holds.set_indices() {
                numbers[row] |= 1 << bit;
            }
        }
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from(numbers))))
    }
}
