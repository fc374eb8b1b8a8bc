//! Values that a text tells, such as the id of a session or the key of a group: `value_of(text, said)`.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array, new_null_array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use hedgerow_errors::{Code, Error, Result};

/// Values by texts.
#[derive(Debug)]
struct Values {
    /// The place of a text's value; what has none lies at place 0.
    places: HashMap<String, u32>,
    values: ArrayRef,
}

/// What an expression on some rows gives for the row that is called as `text` says; `key` is the column of those rows that
/// calls them, and `said` says in plans what it is. A text that calls no row, and no text at all, gives what the expression
/// gives where everything is missing.
pub(crate) fn value_of(
    state: &SessionState,
    rows: &[RecordBatch],
    schema: &Schema,
    (key, text): (&str, Expr),
    expression: &Expr,
    said: &str,
) -> Result<Expr> {
    let failed = |error| Error::caused(Code::Internal, format!("cannot look up {said}"), error);
    let fields = schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_nullable(true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let df_schema = DFSchema::try_from(Arc::clone(&schema)).map_err(failed)?;
    let compute = state
        .create_physical_expr(expression.clone(), &df_schema)
        .map_err(failed)?;
    let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), 1));
    let nothing = batch(&schema, columns.collect())?;
    let (mut places, mut arrays, mut next) = (HashMap::new(), Vec::new(), 1);
    for rows in std::iter::once(&nothing).chain(rows) {
        let rows = batch(&schema, rows.columns().to_vec())?;
        let value = compute
            .evaluate(&rows)
            .and_then(|value| value.into_array(rows.num_rows()));
        arrays.push(value.map_err(failed)?);
    }
    for rows in rows {
        let called = rows
            .column_by_name(key)
            .and_then(|column| column.as_string_opt::<i32>());
        let called = called.ok_or_else(|| Error::internal(format!("{key} is no text")))?;
        for text in called {
            if let Some(text) = text {
                places.insert(text.to_owned(), next);
            }
            next += 1;
        }
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    let values = concat(&arrays).map_err(|error| failed(error.into()))?;
    let function = ValueOf {
        values: Arc::new(Values { places, values }),
        signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
    };
    Ok(ScalarUDF::from(function).call(vec![text, lit(said)]))
}

fn batch(schema: &Arc<Schema>, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::caused(Code::Internal, "cannot build rows to look up", error))
}

/// The function.
#[derive(Debug, Clone)]
struct ValueOf {
    values: Arc<Values>,
    signature: Signature,
}

/// Whether a function tells the values of texts.
pub(crate) fn is_value_of(function: &ScalarUDF) -> bool {
    function.inner().is::<ValueOf>()
}

// Two are the same where they have the same values.
impl PartialEq for ValueOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values)
    }
}

impl Eq for ValueOf {}

impl Hash for ValueOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.values).hash(state);
    }
}

impl ScalarUDFImpl for ValueOf {
    fn name(&self) -> &'static str {
        "value_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(self.values.values.data_type().clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let texts = args
            .args
            .into_iter()
            .next()
            .map(|texts| texts.into_array(args.number_rows));
        let texts = texts.transpose()?;
        let Some(texts) = texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>()) else {
            return datafusion::common::internal_err!("what calls a value is no text");
        };
        let place = |text: Option<&str>| text.and_then(|text| self.values.places.get(text)).copied().unwrap_or(0);
        let places = UInt32Array::from_iter_values(texts.iter().map(place));
        Ok(ColumnarValue::Array(take(&self.values.values, &places, None)?))
    }
}
