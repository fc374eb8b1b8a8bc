//! `keyless(value)` is the value: a column of a grouped result that is not known as a key of its rows.
//!
//! `DataFusion` (55.2) knows that what was grouped by is different in each row, and goes on to believe so where the
//! elements of a list become rows. An aggregate of these rows by the same column is then grouped by all columns.

use std::sync::LazyLock;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

pub(crate) const NAME: &str = "keyless";

/// The function.
pub(crate) static KEYLESS: LazyLock<ScalarUDF> = LazyLock::new(|| {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::from(Keyless { signature })
});

/// A column as one that is no key, under the same name.
pub(crate) fn keyless(column: &Expr) -> Expr {
    KEYLESS
        .call(vec![column.clone()])
        .alias(column.schema_name().to_string())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Keyless {
    signature: Signature,
}

impl ScalarUDFImpl for Keyless {
    fn name(&self) -> &'static str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [of_value] => Ok(of_value.clone()),
            _ => plan_err!("{NAME} takes one value"),
        }
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.pop() {
            Some(value) => Ok(value),
            None => plan_err!("{NAME} takes one value"),
        }
    }
}
