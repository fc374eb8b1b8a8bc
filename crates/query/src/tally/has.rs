//! `tally_has(rule, cell, ...)`: whether each person is in a cell of a rule.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::{Persons, Rule};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TallyHas {
    signature: Signature,
}

impl TallyHas {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for TallyHas {
    fn name(&self) -> &'static str {
        "tally_has"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [
            ColumnarValue::Scalar(rule),
            ColumnarValue::Scalar(ScalarValue::UInt64(Some(cell))),
            columns @ ..,
        ] = args.args.as_slice()
        else {
            return internal_err!("tally_has takes a rule and a cell as literals");
        };
        let rule = Rule::of_literal(Some(rule))?;
        let columns = columns.iter().map(|column| column.to_array(args.number_rows));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
        let persons = Persons::new(&rule, &columns)?;
        let is_in = (0..persons.rows()).map(|row| {
            let mut found = false;
            rule.each_cell(&persons, row, |other| found |= other as u64 == *cell);
            Some(found)
        });
        Ok(ColumnarValue::Array(Arc::new(is_in.collect::<BooleanArray>())))
    }
}
