//! Texts for which a condition holds: sessions and groups in queries over events.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, new_null_array};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit, not,
};
use hedgerow_errors::{Code, Error, Result};

/// For which of many texts a condition holds.
#[derive(Debug, Clone)]
pub(crate) struct Among {
    /// For which it is otherwise than for what has no fields.
    texts: Arc<HashSet<String>>,
    /// Whether it holds for what has no fields.
    of_nothing: bool,
}

impl Among {
    /// Those of a set, and all others where the condition holds of nothing.
    pub(crate) fn new(texts: HashSet<String>, of_nothing: bool) -> Self {
        Self {
            texts: Arc::new(texts),
            of_nothing,
        }
    }

    /// The condition on the rows that have a text, or none; `said` says in plans what it is.
    pub(crate) fn condition(&self, text: Expr, said: &str) -> Expr {
        let function = TextIsAmong::new(&self.texts);
        let among = ScalarUDF::from(function).call(vec![text, lit(said)]);
        if self.of_nothing { not(among) } else { among }
    }
}

/// Whether a condition holds of a row in which everything is missing.
pub(crate) fn holds_of_nothing(schema: &DFSchema, state: &SessionState, condition: &Expr) -> Result<bool> {
    let failed = |error| Error::caused(Code::Internal, "cannot compute a condition on what is missing", error);
    let fields = schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_nullable(true));
    let arrow = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = arrow.fields().iter().map(|field| new_null_array(field.data_type(), 1));
    let columns: Vec<ArrayRef> = columns.collect();
    let row = RecordBatch::try_new(Arc::clone(&arrow), columns)
        .map_err(|error| Error::caused(Code::Internal, "cannot build a row of nothing", error))?;
    let schema = DFSchema::try_from(arrow).map_err(failed)?;
    let test = state.create_physical_expr(condition.clone(), &schema).map_err(failed)?;
    let value = test
        .evaluate(&row)
        .and_then(|value| value.into_array(1))
        .map_err(failed)?;
    let value = value
        .as_boolean_opt()
        .ok_or_else(|| Error::internal("a condition is neither true nor false"))?;
    Ok(value.iter().next().flatten() == Some(true))
}

/// The texts of the first column.
pub(crate) fn texts_of(batches: &[RecordBatch]) -> Result<HashSet<String>> {
    let mut texts = HashSet::new();
    for batch in batches {
        let column = batch.column(0).as_string_opt::<i32>();
        let column = column.ok_or_else(|| Error::internal("a name is no text"))?;
        texts.extend(column.iter().flatten().map(str::to_owned));
    }
    Ok(texts)
}

/// What a function on texts holds of them.
pub(crate) fn bytes_held(function: &ScalarUDF) -> usize {
    let among = function.inner().downcast_ref::<TextIsAmong>();
    let texts = among.into_iter().flat_map(|among| among.texts.iter());
    texts.map(|text| text.len() + size_of::<String>() * 2).sum()
}

/// `text_is_among(text, said)`: whether a text is one of a set; the second says which.
#[derive(Debug, Clone)]
pub(crate) struct TextIsAmong {
    pub(crate) texts: Arc<HashSet<String>>,
    signature: Signature,
}

impl TextIsAmong {
    pub(crate) fn new(texts: &Arc<HashSet<String>>) -> Self {
        Self {
            texts: Arc::clone(texts),
            signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
        }
    }
}

// Two are the same where they have the same set.
impl PartialEq for TextIsAmong {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.texts, &other.texts) || self.texts == other.texts
    }
}

impl Eq for TextIsAmong {}

impl Hash for TextIsAmong {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.texts.len().hash(state);
    }
}

impl ScalarUDFImpl for TextIsAmong {
    fn name(&self) -> &'static str {
        "text_is_among"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let rows = args.number_rows;
        let texts = args
            .args
            .into_iter()
            .next()
            .map(|texts| texts.into_array(rows))
            .transpose()?;
        let Some(texts) = texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>()) else {
            return datafusion::common::internal_err!("what may be among texts is none");
        };
        let is_among = |text: Option<&str>| Some(text.is_some_and(|text| self.texts.contains(text)));
        let among: BooleanArray = texts.iter().map(is_among).collect();
        Ok(ColumnarValue::Array(Arc::new(among)))
    }
}
