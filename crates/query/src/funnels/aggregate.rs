//! `funnel(rules, timestamp, excluded, fits_1, ..., fits_n)`: how many steps one person gets, missing for who is excluded,
//! and the times at which it reached each on the way there, missing for those that it did not; as a struct. `excluded` is
//! a struct of whether an event fits each exclusion, or null where there are none.
//!
//! `funnel_entries(...)` takes the same and gives a list: the place of each interval in which the person enters, and how
//! many steps it gets from there, missing where it is excluded.

use std::mem::size_of;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Builder, LargeBinaryArray, LargeBinaryBuilder, ListArray, StructArray,
    UInt32Array, UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimestampMicrosecondType};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, Volatility, lit,
};
use datafusion::physical_expr::expressions::Literal;

use super::rules::{Event, MOST_BITS, Order, Rules};
use super::walk::Walk;

/// The arguments before the steps.
const BEFORE_STEPS: usize = 3;
/// Bytes of one event in a partial state: its time, and the steps that it fits.
const EVENT_BYTES: usize = 24;

pub(crate) static FUNNEL: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(Funnel::new(Gives::Times)));
pub(crate) static ENTRIES: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(Funnel::new(Gives::Entries)));

/// The name of a step's time in the result.
pub(super) fn field(step: usize) -> String {
    format!("step_{step}")
}

/// The place of an interval in a list of entries.
pub(super) const ENTRY: &str = "entry";
/// How many steps a person gets.
pub(super) const REACHED: &str = "reached";

/// The times of a person's way: of the rules, the time of an event, and whether it fits each exclusion and each step.
pub(super) fn times(rules: &Rules, arguments: Vec<Expr>) -> Expr {
    FUNNEL.call(std::iter::once(literal(rules)).chain(arguments).collect())
}

/// The entries of a person, of the same.
pub(super) fn entries(rules: &Rules, arguments: Vec<Expr>) -> Expr {
    ENTRIES.call(std::iter::once(literal(rules)).chain(arguments).collect())
}

/// The rules as they stand in plans.
fn literal(rules: &Rules) -> Expr {
    // Numbers, names and lists always have a JSON form.
    lit(serde_json::to_string(rules).unwrap_or_default())
}

/// What the function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Gives {
    Times,
    Entries,
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Funnel {
    gives: Gives,
    signature: Signature,
}

impl Funnel {
    fn new(gives: Gives) -> Self {
        Self {
            gives,
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

fn time_fields(steps: usize) -> Fields {
    let time = |step| Field::new(field(step), DataType::Int64, true);
    let reached = Field::new(REACHED, DataType::UInt32, true);
    std::iter::once(reached).chain((0..steps).map(time)).collect()
}

fn entry_fields() -> Fields {
    let field = |(name, nullable)| Field::new(name, DataType::UInt32, nullable);
    [(ENTRY, false), (REACHED, true)].into_iter().map(field).collect()
}

fn entry_item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(entry_fields()), false))
}

impl AggregateUDFImpl for Funnel {
    fn name(&self) -> &'static str {
        match self.gives {
            Gives::Times => "funnel",
            Gives::Entries => "funnel_entries",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match (self.gives, arguments.len().checked_sub(BEFORE_STEPS)) {
            (Gives::Times, Some(steps @ 1..=MOST_BITS)) => Ok(DataType::Struct(time_fields(steps))),
            (Gives::Entries, Some(1..=MOST_BITS)) => Ok(DataType::List(entry_item())),
            _ => plan_err!("{} takes 1 to {MOST_BITS} steps", self.name()),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[events]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, false))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("funnel is computed for groups of events only")
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let literal = args.exprs.first().and_then(|expr| expr.downcast_ref::<Literal>());
        let Some(ScalarValue::Utf8(Some(text))) = literal.map(Literal::value) else {
            return internal_err!("the rules of a funnel are no literal text");
        };
        let rules: Rules = serde_json::from_str(text).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let bits = rules.steps + rules.exclusions.len();
        if args.exprs.len() != BEFORE_STEPS + rules.steps || rules.steps == 0 || bits > MOST_BITS {
            return internal_err!("a funnel has other steps than its rules");
        }
        Ok(Box::new(Events {
            gives: self.gives,
            rules,
            total: 0,
            groups: Vec::new(),
            events: Vec::new(),
        }))
    }
}

/// The events of all groups, as they came.
struct Events {
    gives: Gives,
    rules: Rules,
    /// How many groups there are.
    total: usize,
    /// The group of each event.
    groups: Vec<usize>,
    events: Vec<Event>,
}

impl Events {
    /// The events of the first groups, those of each together, with the places where groups begin and the end. Those
    /// of the other groups stay.
    fn take(&mut self, emit_to: EmitTo) -> (Vec<Event>, Vec<usize>) {
        let count = match emit_to {
            EmitTo::All => self.total,
            EmitTo::First(count) => count.min(self.total),
        };
        let mut starts = vec![0; count + 1];
        for group in self.groups.iter().filter(|group| **group < count) {
            starts[group + 1] += 1;
        }
        for group in 0..count {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut taken = vec![Event { time: 0, fits: 0 }; starts[count]];
        let (mut groups, mut events) = (Vec::new(), Vec::new());
        for (group, event) in std::mem::take(&mut self.groups)
            .into_iter()
            .zip(std::mem::take(&mut self.events))
        {
            if group < count {
                taken[next[group]] = event;
                next[group] += 1;
            } else {
                groups.push(group - count);
                events.push(event);
            }
        }
        (self.groups, self.events) = (groups, events);
        self.total -= count;
        (taken, starts)
    }

    fn push_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<()> {
        let (events, rest) = bytes.as_chunks::<EVENT_BYTES>();
        if !rest.is_empty() {
            return internal_err!("funnel's state ends within an event");
        }
        for event in events {
            let (time, fits) = event.split_at(size_of::<i64>());
            let (Ok(time), Ok(fits)) = (time.try_into(), fits.try_into()) else {
                return internal_err!("funnel's state has events of another size");
            };
            self.groups.push(group);
            self.events.push(Event {
                time: i64::from_le_bytes(time),
                fits: u128::from_le_bytes(fits),
            });
        }
        Ok(())
    }
}

fn bytes(events: &[Event], into: &mut Vec<u8>) {
    for event in events {
        into.extend_from_slice(&event.time.to_le_bytes());
        into.extend_from_slice(&event.fits.to_le_bytes());
    }
}

/// The events of a batch: the time of each, and the steps and exclusions that it fits.
fn events_of(values: &[ArrayRef]) -> Result<Vec<Event>> {
    let Some(times) = values
        .get(1)
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
    else {
        return internal_err!("funnel takes timestamps of microseconds");
    };
    let mut events: Vec<Event> = times
        .values()
        .iter()
        .map(|time| Event { time: *time, fits: 0 })
        .collect();
    let excluded = values[2].as_struct_opt().map_or(&[][..], StructArray::columns);
    for (bit, fits) in values[BEFORE_STEPS..].iter().chain(excluded).enumerate() {
        let Some(fits) = fits.as_boolean_opt() else {
            return internal_err!("funnel takes whether events fit its steps");
        };
        for (event, fits) in events.iter_mut().zip(fits) {
            if fits == Some(true) {
                event.fits |= 1 << bit;
            }
        }
    }
    Ok(events)
}

/// The times of each group, whose events lie between two starts.
fn times_of(rules: &Rules, events: &[Event], starts: &[usize]) -> Result<ArrayRef> {
    let groups = starts.len() - 1;
    let mut walk = Walk::new(rules.clone());
    let mut reached = UInt32Builder::with_capacity(groups);
    let mut columns: Vec<Int64Builder> = (0..rules.steps).map(|_| Int64Builder::with_capacity(groups)).collect();
    for bounds in starts.windows(2) {
        let way = walk.furthest(&events[bounds[0]..bounds[1]]);
        reached.append_option(way.map(|way| count(way.len())));
        for (step, column) in columns.iter_mut().enumerate() {
            column.append_option(way.and_then(|way| way.get(step).copied().flatten()));
        }
    }
    let columns = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
    let columns = std::iter::once(Arc::new(reached.finish()) as ArrayRef)
        .chain(columns)
        .collect();
    let fields = time_fields(rules.steps);
    Ok(Arc::new(StructArray::try_new_with_length(
        fields, columns, None, groups,
    )?))
}

/// The entries of each group.
fn entries_of(rules: &Rules, events: &[Event], starts: &[usize]) -> Result<ArrayRef> {
    let mut walk = Walk::new(rules.clone());
    let (mut places, mut reached, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for bounds in starts.windows(2) {
        let before = places.len();
        walk.entries(&events[bounds[0]..bounds[1]], |place, steps| {
            places.push(count(place));
            reached.push(steps.map(count));
        });
        lengths.push(places.len() - before);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from(places)),
        Arc::new(UInt32Array::from(reached)),
    ];
    let items = Arc::new(StructArray::try_new(entry_fields(), columns, None)?);
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(entry_item(), offsets, items, None)?))
}

/// A number of steps or intervals, which is small.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn is_kept(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl GroupsAccumulator for Events {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.total = total_num_groups;
        let events = events_of(values)?;
        for (row, (group, event)) in group_indices.iter().zip(events).enumerate() {
            // What fits no step matters only where it stands in the way of strict ones.
            if is_kept(opt_filter, row) && (self.rules.order == Order::Strict || event.fits > 0) {
                self.groups.push(*group);
                self.events.push(event);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (mut events, starts) = self.take(emit_to);
        for bounds in starts.windows(2) {
            // Events of the same instant have no order, so that none has to be kept.
            events[bounds[0]..bounds[1]].sort_unstable_by_key(|event| event.time);
        }
        match self.gives {
            Gives::Times => times_of(&self.rules, &events, &starts),
            Gives::Entries => entries_of(&self.rules, &events, &starts),
        }
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (events, starts) = self.take(emit_to);
        let mut state = LargeBinaryBuilder::with_capacity(starts.len() - 1, events.len() * EVENT_BYTES);
        let mut buffer = Vec::new();
        for bounds in starts.windows(2) {
            buffer.clear();
            bytes(&events[bounds[0]..bounds[1]], &mut buffer);
            state.append_value(&buffer);
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.total = total_num_groups;
        let Some(states) = values
            .first()
            .and_then(|state| state.as_any().downcast_ref::<LargeBinaryArray>())
        else {
            return internal_err!("funnel's state is not binary");
        };
        for (group, state) in group_indices.iter().zip(states) {
            self.push_bytes(*group, state.unwrap_or_default())?;
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let events = events_of(values)?;
        let mut state = LargeBinaryBuilder::with_capacity(events.len(), events.len() * EVENT_BYTES);
        let mut buffer = Vec::new();
        for (row, event) in events.iter().enumerate() {
            buffer.clear();
            if is_kept(opt_filter, row) && (self.rules.order == Order::Strict || event.fits > 0) {
                bytes(std::slice::from_ref(event), &mut buffer);
            }
            state.append_value(&buffer);
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<usize>() + self.events.capacity() * size_of::<Event>()
    }
}
