//! `path_edges(timestamp, item)`: the edges of one person's sessions, of the times and items of its events; as a list of
//! structs. Events without an item count for nothing. The function of a query has its rules.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Builder, LargeBinaryArray, LargeBinaryBuilder, ListArray, StringArray,
    StringBuilder, StructArray, UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::expr::AggregateFunctionParams;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, Volatility,
};
use serde::{Deserialize, Serialize};

use crate::grouped::{Grouped, OfGroups};
use crate::texts::Texts;

/// What stands for the middle of a path that is longer than it may be, between its start and its end.
const MIDDLE: &str = "...";

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Rules {
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
        let mut path = session.to_vec();
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

/// The edges of a person, of the times and items of its events.
pub(super) fn edges(rules: &Rules, time: Expr, item: Expr) -> Expr {
    of_rules(rules).call(vec![time, item])
}

/// The function of some rules.
pub(crate) fn of_rules(rules: &Rules) -> AggregateUDF {
    AggregateUDF::from(PathEdges {
        rules: rules.clone(),
        signature: Signature::any(2, Volatility::Immutable),
    })
}

/// The rules of a function, where it is that of paths.
pub(crate) fn rules_of(function: &AggregateUDF) -> Option<&Rules> {
    function.inner().downcast_ref::<PathEdges>().map(|edges| &edges.rules)
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PathEdges {
    rules: Rules,
    signature: Signature,
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

fn element() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(fields()), true))
}

impl AggregateUDFImpl for PathEdges {
    fn name(&self) -> &'static str {
        "path_edges"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn display_name(&self, params: &AggregateFunctionParams) -> Result<String> {
        // Texts and numbers always have a JSON form.
        let rules = serde_json::to_string(&self.rules).unwrap_or_default();
        let arguments: Vec<String> = params.args.iter().map(ToString::to_string).collect();
        Ok(format!("{}[{rules}]({})", self.name(), arguments.join(", ")))
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [DataType::Timestamp(TimeUnit::Microsecond, _), DataType::Utf8] => Ok(DataType::List(element())),
            _ => plan_err!("path_edges takes a time and a text"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[items]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, false))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("path_edges is computed for groups of events only")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Items {
            rules: self.rules.clone(),
            events: OfGroups::default(),
            texts: Texts::default(),
        }))
    }
}

/// The items of all groups.
struct Items {
    rules: Rules,
    events: OfGroups<u32>,
    texts: Texts,
}

/// The times and items of a batch.
fn events_of(values: &[ArrayRef]) -> Result<(&[i64], &StringArray)> {
    let [times, items] = values else {
        return internal_err!("path_edges takes a time and an item");
    };
    match (
        times.as_primitive_opt::<TimestampMicrosecondType>(),
        items.as_string_opt::<i32>(),
    ) {
        (Some(times), Some(items)) => Ok((times.values(), items)),
        _ => internal_err!("path_edges takes timestamps of microseconds and texts"),
    }
}

fn is_kept(items: &StringArray, filter: Option<&BooleanArray>, row: usize) -> bool {
    items.is_valid(row) && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

fn bytes(time: i64, item: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(&time.to_le_bytes());
    into.extend_from_slice(&(item.len() as u64).to_le_bytes());
    into.extend_from_slice(item.as_bytes());
}

impl Items {
    /// Adds the events of a state; `None` where it is none.
    fn push_bytes(&mut self, group: usize, mut state: &[u8]) -> Option<()> {
        while !state.is_empty() {
            let (time, rest) = state.split_first_chunk()?;
            let (length, rest) = rest.split_first_chunk()?;
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (item, rest) = rest.split_at_checked(length)?;
            let number = self.texts.number(std::str::from_utf8(item).ok()?);
            self.events.push(group, i64::from_le_bytes(*time), number);
            state = rest;
        }
        Some(())
    }

    fn edges_of(&self, groups: &Grouped<u32>) -> Result<ArrayRef> {
        let mut edges = Edges::default();
        let mut lengths = Vec::with_capacity(groups.groups());
        let mut items: Vec<(i64, &str)> = Vec::new();
        for of_group in groups.each() {
            let before = edges.count;
            items.clear();
            items.extend(of_group.iter().map(|(time, item)| (*time, self.texts.of(*item))));
            // Items of the same instant have no order of their own; by their names they always have the same.
            items.sort_unstable();
            edges.add(&self.rules, &items);
            lengths.push(edges.count - before);
        }
        let offsets = OffsetBuffer::from_lengths(lengths);
        let edges = Arc::new(edges.finish()?);
        Ok(Arc::new(ListArray::try_new(element(), offsets, edges, None)?))
    }
}

impl GroupsAccumulator for Items {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.events.total = total_num_groups;
        let (times, items) = events_of(values)?;
        for (row, group) in group_indices.iter().enumerate() {
            if is_kept(items, opt_filter, row) {
                let number = self.texts.number(items.value(row));
                self.events.push(*group, times[row], number);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.events.take(emit_to);
        self.edges_of(&groups)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.events.take(emit_to);
        let mut state = LargeBinaryBuilder::new();
        let mut buffer = Vec::new();
        for of_group in groups.each() {
            buffer.clear();
            for (time, item) in of_group {
                bytes(*time, self.texts.of(*item), &mut buffer);
            }
            state.append_value(&buffer);
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.events.total = total_num_groups;
        let states = values
            .first()
            .and_then(|state| state.as_any().downcast_ref::<LargeBinaryArray>());
        let Some(states) = states else {
            return internal_err!("the state of path_edges is not binary");
        };
        for (group, state) in group_indices.iter().zip(states) {
            if self.push_bytes(*group, state.unwrap_or_default()).is_none() {
                return internal_err!("a state of path_edges is cut");
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let (times, items) = events_of(values)?;
        let mut state = LargeBinaryBuilder::new();
        let mut buffer = Vec::new();
        for (row, time) in times.iter().enumerate() {
            buffer.clear();
            if is_kept(items, opt_filter, row) {
                bytes(*time, items.value(row), &mut buffer);
            }
            state.append_value(&buffer);
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn size(&self) -> usize {
        self.events.size() + self.texts.bytes()
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
    /// Those of one person, whose items come in order.
    fn add(&mut self, rules: &Rules, items: &[(i64, &str)]) {
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

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::TimestampMicrosecondArray;

    use super::*;

    fn items() -> Items {
        let rules = Rules {
            gap: 10,
            steps: 3,
            start: None,
            end: None,
        };
        Items {
            rules,
            events: OfGroups::default(),
            texts: Texts::default(),
        }
    }

    #[test]
    fn edges_are_the_same_in_one_piece_and_in_several() {
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![4, 1, 9, 40, 2, 3]));
        let texts = vec![Some("/b"), Some("/a"), Some("/c"), Some("/a"), None, Some("/z")];
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        let groups = [0, 0, 0, 0, 1, 1];
        let part = |at, length| vec![times.slice(at, length), texts.slice(at, length)];
        let mut whole = items();
        whole.update_batch(&part(0, 6), &groups, None, 2).unwrap();
        let whole = whole.evaluate(EmitTo::All).unwrap();

        let (mut one, mut both) = (items(), items());
        one.update_batch(&part(0, 2), &groups[..2], None, 1).unwrap();
        both.merge_batch(&one.state(EmitTo::All).unwrap(), &[0], 1).unwrap();
        let rows = items().convert_to_state(&part(2, 4), None).unwrap();
        both.merge_batch(&rows, &groups[2..], 2).unwrap();
        let first = both.evaluate(EmitTo::First(1)).unwrap();
        assert_eq!(
            (&first, &both.evaluate(EmitTo::All).unwrap()),
            (&whole.slice(0, 1), &whole.slice(1, 1))
        );

        let edges = first.as_list::<i32>().value(0);
        let edges = edges.as_struct();
        let texts = |at| edges.column(at).as_string::<i32>().iter().flatten().collect::<Vec<_>>();
        assert_eq!((texts(1), texts(2)), (vec!["/a", "/b"], vec!["/b", "/c"]));
        assert_eq!(whole.as_list::<i32>().value_length(1), 0);
    }

    #[test]
    fn a_state_that_is_cut_is_refused() {
        let mut state = Vec::new();
        bytes(7, "/a", &mut state);
        assert!((1..state.len()).all(|length| items().push_bytes(0, &state[..length]).is_none()));
        assert!(items().push_bytes(0, &state).is_some());
    }
}
