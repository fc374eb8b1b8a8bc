//! `path_totals(edges)`: how many sessions took each edge, and how long all of them took, of lists of edges.

use std::mem::size_of;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, StringArray, StructArray, UInt32Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Int32Type, Int64Type, UInt32Type};
use datafusion::common::{HashMap, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::edges::Texts;

const NAME: &str = "path_totals";

/// The function.
pub(crate) static TOTALS: LazyLock<AggregateUDF> = LazyLock::new(|| {
    AggregateUDF::from(PathTotals {
        signature: Signature::any(1, Volatility::Immutable),
    })
});

#[derive(Debug, PartialEq, Eq, Hash)]
struct PathTotals {
    signature: Signature,
}

/// An edge with the number of its sessions, and the microseconds that all of them took.
fn fields() -> Fields {
    let field = |name: &str, kind| Field::new(name, kind, false);
    Fields::from(vec![
        field("step", DataType::UInt32),
        field("source", DataType::Utf8),
        field("target", DataType::Utf8),
        field("sessions", DataType::Int64),
        field("took", DataType::Int64),
    ])
}

fn element() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(fields()), true))
}

impl AggregateUDFImpl for PathTotals {
    fn name(&self) -> &'static str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [DataType::List(_)] => Ok(DataType::List(element())),
            _ => plan_err!("{NAME} takes a list of edges"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[totals]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::List(element()), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Totals::default()))
    }
}

/// An edge: its step, and the numbers of its items.
type Edge = (u32, u32, u32);

/// The totals so far.
#[derive(Debug, Default)]
struct Totals {
    texts: Texts,
    /// The sessions of each edge, and how long they took.
    totals: HashMap<Edge, (i64, i64)>,
}

impl Totals {
    fn add(&mut self, edge: Edge, (sessions, took): (i64, i64)) {
        let total = self.totals.entry(edge).or_default();
        total.0 += sessions;
        total.1 += took;
    }

    fn list(&self) -> Result<ScalarValue> {
        let each = || self.totals.iter();
        let texts = |number: fn(&Edge) -> u32| {
            let texts = each().map(|(edge, _)| self.texts.of(number(edge)));
            Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(each().map(|((step, ..), _)| *step))),
            texts(|(_, source, _)| *source),
            texts(|(.., target)| *target),
            Arc::new(Int64Array::from_iter_values(each().map(|(_, (sessions, _))| *sessions))),
            Arc::new(Int64Array::from_iter_values(each().map(|(_, (_, took))| *took))),
        ];
        let totals = StructArray::try_new(fields(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths([self.totals.len()]);
        let list = ListArray::try_new(element(), offsets, Arc::new(totals), None)?;
        Ok(ScalarValue::List(Arc::new(list)))
    }
}

/// The structs of all lists of a column.
fn structs(values: &[ArrayRef]) -> Result<StructArray> {
    let Some(lists) = values.first().and_then(|lists| lists.as_list_opt::<i32>()) else {
        return internal_err!("{NAME} takes lists");
    };
    let (Some(first), Some(last)) = (lists.offsets().first(), lists.offsets().last()) else {
        return internal_err!("a list has no offsets");
    };
    if lists.null_count() > 0 {
        return internal_err!("{NAME} takes no missing lists");
    }
    let (Ok(first), Ok(length)) = (usize::try_from(*first), usize::try_from(last - first)) else {
        return internal_err!("a list has no place");
    };
    match lists.values().as_struct_opt() {
        Some(structs) => Ok(structs.slice(first, length)),
        None => internal_err!("{NAME} takes lists of edges"),
    }
}

impl Accumulator for Totals {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let edges = structs(values)?;
        let [steps, sources, targets, took] = edges.columns() else {
            return internal_err!("an edge has a step, a source, a target and a time");
        };
        let (Some(steps), Some(sources), Some(targets), Some(took)) = (
            steps.as_primitive_opt::<UInt32Type>(),
            sources.as_dictionary_opt::<Int32Type>(),
            targets.as_dictionary_opt::<Int32Type>(),
            took.as_primitive_opt::<Int64Type>(),
        ) else {
            return internal_err!("an edge has columns of other types");
        };
        let (sources, targets) = (self.texts.numbers(sources)?, self.texts.numbers(targets)?);
        for (row, (source, target)) in sources.into_iter().zip(targets).enumerate() {
            if let (Some(source), Some(target)) = (source, target) {
                self.add((steps.value(row), source, target), (1, took.value(row)));
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let totals = structs(states)?;
        let [steps, sources, targets, sessions, took] = totals.columns() else {
            return internal_err!("a total has other columns");
        };
        let (Some(steps), Some(sources), Some(targets), Some(sessions), Some(took)) = (
            steps.as_primitive_opt::<UInt32Type>(),
            sources.as_string_opt::<i32>(),
            targets.as_string_opt::<i32>(),
            sessions.as_primitive_opt::<Int64Type>(),
            took.as_primitive_opt::<Int64Type>(),
        ) else {
            return internal_err!("a total has columns of other types");
        };
        for row in 0..totals.len() {
            let source = self.texts.number(sources.value(row));
            let target = self.texts.number(targets.value(row));
            let total = (sessions.value(row), took.value(row));
            self.add((steps.value(row), source, target), total);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.list()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.list()?])
    }

    fn size(&self) -> usize {
        self.texts.bytes() + self.totals.capacity() * size_of::<(Edge, (i64, i64))>()
    }
}
