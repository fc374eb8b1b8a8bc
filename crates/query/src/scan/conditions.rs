//! Conditions on the rows of a row group, settled once a text where they look at one column of texts.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array, new_null_array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{cast, concat, take};
use datafusion::arrow::datatypes::{DataType, FieldRef, Int32Type, Schema, TimestampMicrosecondType};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use hedgerow_lake::Overrides;

use super::chunks::text_type;
use crate::intervals;
use crate::rest::CurrentPerson;

/// The column by which files are known to lie in time.
const TIMESTAMP: &str = "timestamp";

/// An expression that looks at nothing but one column: settled once a text where that is one of texts.
#[derive(Debug, Clone)]
pub(super) struct OfColumn {
    /// The column's place in the table.
    pub(super) column: usize,
    /// Takes that column alone.
    expr: Arc<dyn PhysicalExpr>,
}

impl PartialEq for OfColumn {
    fn eq(&self, other: &Self) -> bool {
        self.column == other.column && self.expr.as_ref() == other.expr.as_ref()
    }
}

impl OfColumn {
    /// `None` where an expression looks at something else, too.
    pub(super) fn new(expr: &Arc<dyn PhysicalExpr>) -> Result<Option<Self>> {
        let columns = collect_columns(expr);
        let mut columns = columns.iter();
        let (Some(column), None) = (columns.next(), columns.next()) else {
            return Ok(None);
        };
        if is_volatile(expr) {
            return Ok(None);
        }
        Ok(Some(Self {
            column: column.index(),
            expr: with_columns(expr, |_| 0)?,
        }))
    }

    /// Whether it is the person by these merges, of a key.
    pub(super) fn is_person_by(&self, overrides: &Arc<Overrides>) -> bool {
        let function = self.expr.downcast_ref::<ScalarFunctionExpr>();
        function.is_some_and(|function| {
            let current = function.fun().inner().downcast_ref::<CurrentPerson>();
            let is_of_column = matches!(function.args(), [argument] if argument.is::<Column>());
            is_of_column && current.is_some_and(|current| current.is_by(overrides))
        })
    }

    /// The value of all times of a span, where both ends have the same one and it never falls as time goes on.
    pub(super) fn of_span(&self, (first, last): (i64, i64), field: &FieldRef) -> Option<ArrayRef> {
        let function = self.expr.downcast_ref::<ScalarFunctionExpr>()?;
        if !intervals::is_index(function) || !function.args().first()?.is::<Column>() {
            return None;
        }
        let ends: ArrayRef = Arc::new(Int64Array::from(vec![first, last]));
        let values = self.evaluate(&cast(&ends, field.data_type()).ok()?, field).ok()?;
        let is_one = values.null_count() == 0 && values.slice(0, 1) == values.slice(1, 1);
        is_one.then(|| values.slice(0, 1))
    }

    /// The values for the rows of a column, as it lies in memory.
    pub(super) fn values(&self, column: &ArrayRef, field: &FieldRef) -> Result<ArrayRef> {
        if let Some(texts) = column.as_dictionary_opt::<Int32Type>()
            && texts.values().len() <= texts.len()
            // An error may be that of a text which no row that counts has.
            && let Ok(values) = self.of_each(texts.values(), field)
        {
            let (keys, nothing) = (texts.keys(), texts.values().len());
            if keys.null_count() == 0 {
                // Without the value of no text, which is mostly missing: rows that all have one are taken faster.
                return Ok(take(&values.slice(0, nothing), keys, None)?);
            }
            let nothing = u32::try_from(nothing).unwrap_or(u32::MAX);
            let places = keys.iter().map(|key| key.map_or(nothing, i32::cast_unsigned));
            return Ok(take(&values, &UInt32Array::from_iter_values(places), None)?);
        }
        self.evaluate(&cast(column, field.data_type())?, field)
    }

    /// The value of each text, and the one of no text as the last.
    fn of_each(&self, texts: &ArrayRef, field: &FieldRef) -> Result<ArrayRef> {
        let nothing = new_null_array(field.data_type(), 1);
        let texts = cast(texts, field.data_type())?;
        self.evaluate(&concat(&[&texts, &nothing])?, field)
    }

    fn evaluate(&self, texts: &ArrayRef, field: &FieldRef) -> Result<ArrayRef> {
        let field = Arc::new(field.as_ref().clone().with_nullable(true));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(texts)])?;
        self.expr.evaluate(&batch)?.into_array(texts.len())
    }

    /// For which rows it is true.
    fn holds(&self, column: &ArrayRef, field: &FieldRef) -> Result<BooleanBuffer> {
        if let Some(texts) = column.as_dictionary_opt::<Int32Type>()
            && let Ok(values) = self.of_each(texts.values(), field)
        {
            let holds = is_true(&values)?;
            let (keys, nothing) = (texts.keys(), texts.values().len());
            let rows = keys.len();
            return Ok(match holds.count_set_bits() {
                0 => BooleanBuffer::new_unset(rows),
                all if all == holds.len() => BooleanBuffer::new_set(rows),
                _ if keys.null_count() == 0 => {
                    let holds: Vec<bool> = holds.iter().collect();
                    let keys = keys.values();
                    BooleanBuffer::collect_bool(rows, |row| holds[keys[row] as usize])
                }
                _ => BooleanBuffer::collect_bool(rows, |row| {
                    let at = if keys.is_valid(row) {
                        keys.value(row) as usize
                    } else {
                        nothing
                    };
                    holds.value(at)
                }),
            });
        }
        is_true(&self.evaluate(&cast(column, field.data_type())?, field)?)
    }
}

/// An expression on columns at other places.
pub(super) fn with_columns(
    expr: &Arc<dyn PhysicalExpr>,
    place: impl Fn(usize) -> usize,
) -> Result<Arc<dyn PhysicalExpr>> {
    let replaced = Arc::clone(expr).transform(|expr| {
        let Some(column) = expr.downcast_ref::<Column>() else {
            return Ok(Transformed::no(expr));
        };
        let moved: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column.name(), place(column.index())));
        Ok(Transformed::yes(moved))
    })?;
    Ok(replaced.data)
}

fn is_true(values: &ArrayRef) -> Result<BooleanBuffer> {
    match values.as_boolean_opt() {
        Some(values) => Ok(match values.nulls() {
            Some(nulls) => values.values() & nulls.inner(),
            None => values.values().clone(),
        }),
        None => internal_err!("a condition is neither true nor false"),
    }
}

/// A condition on the rows of the table. A row counts where it is true.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// A span of time, both ends included.
    Time { from: i64, to: i64 },
    /// On one column.
    OfColumn(OfColumn),
    /// On anything; with the places of its columns.
    OfRow(Arc<dyn PhysicalExpr>, Vec<usize>),
    /// All of them.
    All(Vec<Condition>),
    /// Any of them.
    Any(Vec<Condition>),
}

impl Condition {
    /// From an expression on the table's columns.
    pub(super) fn new(expr: &Arc<dyn PhysicalExpr>) -> Result<Self> {
        if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
            let both = || Ok::<_, DataFusionError>([Self::new(binary.left())?, Self::new(binary.right())?]);
            if let Some(time) = time(binary) {
                return Ok(time);
            }
            let is_of_time = collect_columns(expr).iter().any(|column| column.name() == TIMESTAMP);
            match binary.op() {
                // Spans of time say which files there is nothing in.
                _ if !is_of_time && OfColumn::new(expr)?.is_some() => {}
                // A row counts where the whole is true, so that what is unknown may be false from here on.
                Operator::And => return Ok(Self::All(both()?.into_iter().flat_map(Self::parts_of_all).collect())),
                Operator::Or => return Ok(Self::Any(both()?.into())),
                _ => {}
            }
        }
        if let Some(of_column) = OfColumn::new(expr)? {
            return Ok(Self::OfColumn(of_column));
        }
        let mut columns: Vec<usize> = collect_columns(expr).iter().map(Column::index).collect();
        columns.sort_unstable();
        let moved = with_columns(expr, |at| columns.iter().position(|column| *column == at).unwrap_or(0))?;
        Ok(Self::OfRow(moved, columns))
    }

    fn parts_of_all(self) -> Vec<Self> {
        match self {
            Self::All(parts) => parts,
            other => vec![other],
        }
    }

    /// The columns that it needs for rows of a span of time.
    pub(super) fn columns(&self, timestamp: usize, span: (i64, i64), into: &mut Vec<usize>) {
        match self {
            Self::Time { from, to } => {
                if *from > span.0 || *to < span.1 {
                    into.push(timestamp);
                }
            }
            Self::OfColumn(of_column) => into.push(of_column.column),
            Self::OfRow(_, columns) => into.extend(columns),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.columns(timestamp, span, into)),
        }
    }

    /// Whether it can hold for a row of a span of time.
    pub(super) fn may_hold(&self, span: (i64, i64)) -> bool {
        match self {
            Self::Time { from, to } => *from <= span.1 && *to >= span.0,
            Self::OfColumn(_) | Self::OfRow(..) => true,
            Self::All(parts) => parts.iter().all(|part| part.may_hold(span)),
            Self::Any(parts) => parts.iter().any(|part| part.may_hold(span)),
        }
    }

    /// For which rows it is true; `None` for all.
    pub(super) fn holds(&self, rows: &Rows<'_>) -> Result<Option<BooleanBuffer>> {
        Ok(match self {
            Self::Time { from, to } if *from <= rows.span.0 && *to >= rows.span.1 => None,
            Self::Time { from, to } => {
                let times = (rows.column)(rows.timestamp)?;
                let Some(times) = times.as_primitive_opt::<TimestampMicrosecondType>() else {
                    return internal_err!("times are no timestamps");
                };
                let times = times.values();
                Some(BooleanBuffer::collect_bool(rows.count, |row| {
                    (*from..=*to).contains(&times[row])
                }))
            }
            Self::OfColumn(of_column) => {
                let column = (rows.column)(of_column.column)?;
                let holds = of_column.holds(&column, &rows.fields[of_column.column])?;
                (holds.count_set_bits() < rows.count).then_some(holds)
            }
            Self::OfRow(expr, columns) => {
                let mut arrays = Vec::with_capacity(columns.len());
                let mut fields = Vec::with_capacity(columns.len());
                for at in columns {
                    let field = &rows.fields[*at];
                    arrays.push(cast(&(rows.column)(*at)?, field.data_type())?);
                    fields.push(Arc::clone(field));
                }
                let options = RecordBatchOptions::new().with_row_count(Some(rows.count));
                let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
                Some(is_true(&expr.evaluate(&batch)?.into_array(rows.count)?)?)
            }
            Self::All(parts) => {
                let mut all: Option<BooleanBuffer> = None;
                for part in parts {
                    all = match (all, part.holds(rows)?) {
                        (Some(one), Some(other)) => Some(&one & &other),
                        (one, other) => one.or(other),
                    };
                    if all.as_ref().is_some_and(|all| all.count_set_bits() == 0) {
                        break;
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut any = BooleanBuffer::new_unset(rows.count);
                for part in parts {
                    match part.holds(rows)? {
                        Some(holds) => any = &any | &holds,
                        None => return Ok(None),
                    }
                }
                Some(any)
            }
        })
    }
}

/// The rows of a row group.
pub(super) struct Rows<'a> {
    pub(super) count: usize,
    /// The first and the last instant that they may have.
    pub(super) span: (i64, i64),
    /// The place of their times in the table.
    pub(super) timestamp: usize,
    pub(super) fields: &'a [FieldRef],
    /// A column of the table as it lies in memory.
    pub(super) column: &'a dyn Fn(usize) -> Result<ArrayRef>,
}

/// What a comparison of the time with an instant says.
fn time(binary: &BinaryExpr) -> Option<Condition> {
    let column = binary.left().downcast_ref::<Column>()?;
    let literal = binary.right().downcast_ref::<Literal>()?;
    let ScalarValue::TimestampMicrosecond(Some(instant), _) = literal.value() else {
        return None;
    };
    let instant = *instant;
    let (from, to) = match binary.op() {
        Operator::GtEq => (instant, i64::MAX),
        Operator::Gt => (instant.checked_add(1)?, i64::MAX),
        Operator::LtEq => (i64::MIN, instant),
        Operator::Lt => (i64::MIN, instant.checked_sub(1)?),
        Operator::Eq => (instant, instant),
        _ => return None,
    };
    (column.name() == TIMESTAMP).then_some(Condition::Time { from, to })
}

/// A column of nothing, as texts lie in memory where it is one of texts.
pub(super) fn missing(field: &FieldRef, rows: usize) -> ArrayRef {
    let kind = match field.data_type() {
        DataType::Utf8 => text_type(),
        other => other.clone(),
    };
    new_null_array(&kind, rows)
}
