//! Functions that DataFusion has not, or has with another meaning: the frame in which each works on one row.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, new_empty_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::facts::Facts;
use super::{json, lists, numbers, periods, texts, times};

/// The types of a call's arguments, and those that are the same in all rows.
pub(super) struct Types<'a> {
    pub(super) called: &'static str,
    pub(super) fields: &'a [FieldRef],
    pub(super) constants: &'a [Option<&'a ScalarValue>],
}

impl Types<'_> {
    pub(super) fn get(&self, at: usize) -> Result<&DataType> {
        match self.fields.get(at) {
            Some(field) => Ok(field.data_type()),
            None => plan_err!("{} takes more arguments than {}", self.called, self.fields.len()),
        }
    }

    /// The type of the elements of a list.
    pub(super) fn element(&self, at: usize) -> Result<DataType> {
        match self.get(at)? {
            DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
                Ok(field.data_type().clone())
            }
            DataType::Null => Ok(DataType::Null),
            other => plan_err!("{} takes a list, not {other}", self.called),
        }
    }
}

/// A function of one row.
pub(super) struct Own {
    /// What statements are rewritten to.
    pub(super) name: &'static str,
    /// What people write.
    pub(super) called: &'static str,
    /// How many arguments it takes.
    pub(super) takes: (usize, usize),
    pub(super) returns: fn(&Types<'_>) -> Result<DataType>,
    /// The value of a row. A null of any type stands for the null of the right one.
    pub(super) row: fn(&[ScalarValue]) -> Result<ScalarValue>,
}

#[derive(Debug, Clone)]
struct RowFunction {
    own: &'static Own,
    signature: Signature,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl PartialEq for RowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.own.name == other.own.name
    }
}

impl Eq for RowFunction {}

impl Hash for RowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.own.name.hash(state);
    }
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &'static str {
        self.own.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        datafusion::common::internal_err!("{} has no type without its arguments", self.own.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let (least, most) = self.own.takes;
        if !(least..=most).contains(&args.arg_fields.len()) {
            let count = args.arg_fields.len();
            return plan_err!("{} takes {least} to {most} arguments, not {count}", self.own.called);
        }
        let types = Types {
            called: self.own.called,
            fields: args.arg_fields,
            constants: args.scalar_arguments,
        };
        Ok(Arc::new(Field::new(self.own.name, (self.own.returns)(&types)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let data_type = args.return_field.data_type();
        let typed = |value: ScalarValue| -> Result<ScalarValue> {
            if value.is_null() {
                ScalarValue::try_from(data_type)
            } else {
                Ok(value)
            }
        };
        let constants: Option<Vec<ScalarValue>> = args
            .args
            .iter()
            .map(|arg| match arg {
                ColumnarValue::Scalar(value) => Some(value.clone()),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        if let Some(constants) = constants {
            let value = typed((self.own.row)(&constants)?)?;
            let array = of_type(value.to_array()?, data_type)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        let mut values = Vec::with_capacity(args.number_rows);
        for row in 0..args.number_rows {
            let arguments = args.args.iter().map(|arg| match arg {
                ColumnarValue::Scalar(value) => Ok(value.clone()),
                ColumnarValue::Array(array) => ScalarValue::try_from_array(array, row),
            });
            let arguments = arguments.collect::<Result<Vec<_>>>()?;
            values.push(typed((self.own.row)(&arguments)?)?);
        }
        if values.is_empty() {
            return Ok(ColumnarValue::Array(new_empty_array(data_type)));
        }
        Ok(ColumnarValue::Array(of_type(
            ScalarValue::iter_to_array(values)?,
            data_type,
        )?))
    }
}

fn of_type(array: ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if array.data_type() == data_type {
        return Ok(array);
    }
    Ok(cast(&array, data_type)?)
}

/// Whether a person is in a cohort: by the ids of both.
#[derive(Debug, Clone)]
struct InCohort {
    cohorts: Arc<BTreeMap<String, BTreeSet<String>>>,
    signature: Signature,
}

impl PartialEq for InCohort {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cohorts, &other.cohorts) || self.cohorts == other.cohorts
    }
}

impl Eq for InCohort {}

impl Hash for InCohort {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cohorts.len().hash(state);
    }
}

impl ScalarUDFImpl for InCohort {
    fn name(&self) -> &'static str {
        "in_cohort"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [persons, cohorts] = arrays.as_slice() else {
            return datafusion::common::internal_err!("in_cohort takes two texts");
        };
        let mut found = Vec::with_capacity(persons.len());
        for row in 0..persons.len() {
            let person = text(&ScalarValue::try_from_array(persons, row)?).map(str::to_owned);
            let cohort = text(&ScalarValue::try_from_array(cohorts, row)?).map(str::to_owned);
            let members = cohort.and_then(|cohort| self.cohorts.get(&cohort));
            found.push(person.zip(members).map(|(person, members)| members.contains(&person)));
        }
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::from(found))))
    }
}

fn all() -> impl Iterator<Item = &'static Own> {
    texts::FUNCTIONS
        .iter()
        .chain(times::FUNCTIONS)
        .chain(periods::FUNCTIONS)
        .chain(lists::FUNCTIONS)
        .chain(json::FUNCTIONS)
        .chain(numbers::FUNCTIONS)
}

/// Offers the functions to a session.
pub(super) fn register(context: &SessionContext, facts: &Facts) {
    for own in all() {
        let signature = Signature::new(TypeSignature::VariadicAny, Volatility::Immutable);
        context.register_udf(ScalarUDF::from(RowFunction { own, signature }));
    }
    let cohorts = facts
        .cohorts
        .values()
        .map(|cohort| (cohort.id.clone(), cohort.persons.clone()));
    context.register_udf(ScalarUDF::from(InCohort {
        cohorts: Arc::new(cohorts.collect()),
        signature: Signature::string(2, Volatility::Immutable),
    }));
}

/// A value as text, where it is one.
pub(super) fn text(value: &ScalarValue) -> Option<&str> {
    match value {
        ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text) => text.as_deref(),
        ScalarValue::Dictionary(_, inner) => self::text(inner),
        _ => None,
    }
}

/// A text as value.
pub(super) fn of_text(text: impl Into<String>) -> ScalarValue {
    ScalarValue::Utf8(Some(text.into()))
}

/// A whole number as value.
pub(super) fn of_count(count: usize) -> ScalarValue {
    ScalarValue::Int64(i64::try_from(count).ok())
}

/// A value as whole number.
pub(super) fn whole(value: &ScalarValue) -> Option<i64> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(number)) => number,
        _ => None,
    }
}

/// A value as number.
pub(super) fn number(value: &ScalarValue) -> Option<f64> {
    match value.cast_to(&DataType::Float64) {
        Ok(ScalarValue::Float64(number)) => number,
        _ => None,
    }
}

/// A type of texts.
pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

pub(super) fn returns_text(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Utf8)
}

pub(super) fn returns_whole(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Int64)
}

pub(super) fn returns_float(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Float64)
}

pub(super) fn returns_truth(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Boolean)
}

/// A list of elements of one type, as lists are here.
pub(super) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}
