//! `is_in_cell(cell, rule, ...)`: whether a person is in a cell of a rule.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::{Persons, Rule};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IsInCell {
    signature: Signature,
}

impl IsInCell {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IsInCell {
    fn name(&self) -> &'static str {
        "is_in_cell"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [
            ColumnarValue::Scalar(ScalarValue::UInt64(Some(cell))),
            ColumnarValue::Scalar(rule),
            columns @ ..,
        ] = args.args.as_slice()
        else {
            return internal_err!("is_in_cell takes a cell and a rule as literals");
        };
        let rule = Rule::of_literal(Some(rule))?;
        let columns = columns.iter().map(|column| column.to_array(args.number_rows));
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        let persons = Persons::new(&rule, &columns)?;
        let is_in = (0..persons.rows()).map(|row| {
            let mut is_in = false;
            rule.each_cell(&persons, row, |other| is_in |= other as u64 == *cell);
            Some(is_in)
        });
        Ok(ColumnarValue::Array(Arc::new(is_in.collect::<BooleanArray>())))
    }
}
