//! `path_edges(items, rules)`: the edges of a person's sessions, from the times and items of its events.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Builder, ListArray, StringArray, StringBuilder, StructArray, UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, TimestampMicrosecondType};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use serde::{Deserialize, Serialize};

/// What stands for the middle of a path that is longer than it may be, between its start and its end.
const MIDDLE: &str = "...";

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    /// Microseconds without an event after which a session has ended.
    pub(super) gap: i64,
    /// Steps of a path at most.
    pub(super) steps: usize,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

impl Rules {
    /// The path of a session, whose items come in order.
    fn path<'a>(&self, session: &[(i64, &'a str)]) -> Vec<(i64, &'a str)> {
        let mut path: Vec<(i64, &str)> = session.to_vec();
        path.dedup_by_key(|(_, item)| *item);
        if let Some(start) = &self.start {
            match path.iter().position(|(_, item)| item == start) {
                Some(first) => path.drain(..first),
                None => return Vec::new(),
            };
        }
        if let Some(end) = &self.end {
            match path.iter().rposition(|(_, item)| item == end) {
                Some(last) => path.truncate(last + 1),
                None => return Vec::new(),
            }
        }
        let over = path.len().saturating_sub(self.steps);
        match (over, &self.start, &self.end) {
            (0, ..) => {}
            (_, _, None) => path.truncate(self.steps),
            (_, None, Some(_)) => drop(path.drain(..over)),
            (_, Some(_), Some(_)) => {
                let head = self.steps / 2;
                let tail = path.len() - (self.steps - head - 1);
                let middle = path[head].0;
                path.splice(head..tail, [(middle, MIDDLE)]);
            }
        }
        path
    }
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct PathEdges {
    signature: Signature,
}

impl PathEdges {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::any(2, Volatility::Immutable),
        }
    }
}

fn fields() -> Fields {
    let field = |name: &str, kind| Field::new(name, kind, false);
    Fields::from(vec![
        field("step", DataType::UInt32),
        field("source", DataType::Utf8),
        field("target", DataType::Utf8),
        field("took", DataType::Int64),
    ])
}

fn element() -> Field {
    Field::new_list_field(DataType::Struct(fields()), true)
}

impl ScalarUDFImpl for PathEdges {
    fn name(&self) -> &'static str {
        "path_edges"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(element())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [items, ColumnarValue::Scalar(ScalarValue::Utf8(Some(rules)))] = args.args.as_slice() else {
            return internal_err!("path_edges takes items and rules as a literal");
        };
        let rules: Rules = serde_json::from_str(rules).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let items = items.to_array(args.number_rows)?;
        let Some(lists) = items.as_list_opt::<i32>() else {
            return internal_err!("path_edges takes items as a list");
        };
        let mut edges = Edges::default();
        let mut lengths = Vec::with_capacity(lists.len());
        for list in lists.iter() {
            let before = edges.count;
            if let Some(list) = list {
                edges.add(&rules, &list)?;
            }
            lengths.push(edges.count - before);
        }
        let list = ListArray::try_new(
            Arc::new(element()),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(edges.finish()?),
            None,
        )?;
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}

/// The edges so far.
#[derive(Default)]
struct Edges {
    count: usize,
    steps: UInt32Builder,
    sources: StringBuilder,
    targets: StringBuilder,
    took: Int64Builder,
}

impl Edges {
    /// Those of one person.
    fn add(&mut self, rules: &Rules, list: &ArrayRef) -> Result<()> {
        let items = list.as_struct_opt();
        let times = items.and_then(|items| items.column(0).as_primitive_opt::<TimestampMicrosecondType>());
        let names: Option<&StringArray> = items.and_then(|items| items.column(1).as_string_opt::<i32>());
        let (Some(times), Some(names)) = (times, names) else {
            return internal_err!("the items of path_edges are no times with texts");
        };
        let mut items: Vec<(i64, &str)> = (0..names.len())
            .map(|row| (times.value(row), names.value(row)))
            .collect();
        // Items of the same instant have no order of their own; by their names they always have the same.
        items.sort_unstable();
        let mut start = 0;
        for next in 1..=items.len() {
            if next < items.len() && items[next].0 - items[next - 1].0 <= rules.gap {
                continue;
            }
            let path = rules.path(&items[start..next]);
            for (step, pair) in (1..).zip(path.windows(2)) {
                self.count += 1;
                self.steps.append_value(step);
                self.sources.append_value(pair[0].1);
                self.targets.append_value(pair[1].1);
                self.took.append_value(pair[1].0 - pair[0].0);
            }
            start = next;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<StructArray> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.steps.finish()),
            Arc::new(self.sources.finish()),
            Arc::new(self.targets.finish()),
            Arc::new(self.took.finish()),
        ];
        Ok(StructArray::try_new(fields(), columns, None)?)
    }
}
