//! `funnel(timestamp, fits, ...)`: how many steps one person gets, missing for who is excluded, and the times at which it
//! reached each on the way there, missing for those that it did not; as a struct. `fits` are numbers whose bits say which
//! steps an event fits, and then which exclusions. The function of a query has its rules.
//!
//! `funnel_entries(...)` takes the same and gives a list: the place of each interval in which the person enters, and how
//! many steps it gets from there, missing where it is excluded.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Builder, LargeBinaryArray, LargeBinaryBuilder, ListArray, StructArray,
    UInt32Array, UInt32Builder,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimestampMicrosecondType, UInt64Type};
use datafusion::common::{Result, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::expr::AggregateFunctionParams;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, Volatility,
};

use super::fits::BITS;
use super::rules::{Event, MOST_BITS, Order, Rules};
use super::walk::Walk;
use crate::grouped::{Grouped, OfGroups};

/// Bytes of one event in a partial state: its time, and the steps that it fits.
const EVENT_BYTES: usize = 24;

/// The name of a step's time in the result.
pub(super) fn field(step: usize) -> String {
    format!("step_{step}")
}

/// The place of an interval in a list of entries.
pub(super) const ENTRY: &str = "entry";
/// How many steps a person gets.
pub(super) const REACHED: &str = "reached";

/// The times of a person's way, of the times of events and what they fit.
pub(super) fn times(rules: &Rules, arguments: Vec<Expr>) -> Expr {
    of_rules(false, rules).call(arguments)
}

/// The entries of a person, of the same.
pub(super) fn entries(rules: &Rules, arguments: Vec<Expr>) -> Expr {
    of_rules(true, rules).call(arguments)
}

/// The function of some rules, which gives entries or times.
pub(crate) fn of_rules(entries: bool, rules: &Rules) -> AggregateUDF {
    let gives = if entries { Gives::Entries } else { Gives::Times };
    AggregateUDF::from(Funnel::new(gives, rules))
}

/// The rules of a function, where it is that of a funnel.
pub(crate) fn rules_of(function: &AggregateUDF) -> Option<&Rules> {
    function.inner().downcast_ref::<Funnel>().map(|funnel| &funnel.rules)
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
    rules: Rules,
    signature: Signature,
}

impl Funnel {
    fn new(gives: Gives, rules: &Rules) -> Self {
        Self {
            gives,
            rules: rules.clone(),
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

    fn display_name(&self, params: &AggregateFunctionParams) -> Result<String> {
        // Numbers, names and lists always have a JSON form.
        let rules = serde_json::to_string(&self.rules).unwrap_or_default();
        let arguments: Vec<String> = params.args.iter().map(ToString::to_string).collect();
        Ok(format!("{}[{rules}]({})", self.name(), arguments.join(", ")))
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let bits = self.rules.bits();
        if self.rules.steps == 0 || bits > MOST_BITS || arguments.len() != 1 + bits.div_ceil(BITS) {
            return plan_err!("{} takes a time and the bits of 1 to {MOST_BITS} steps", self.name());
        }
        Ok(match self.gives {
            Gives::Times => DataType::Struct(time_fields(self.rules.steps)),
            Gives::Entries => DataType::List(entry_item()),
        })
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

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match self.rules.bits() {
            0..=32 => Box::new(Events::<u32>::new(self.gives, &self.rules)),
            _ => Box::new(Events::<u128>::new(self.gives, &self.rules)),
        })
    }
}

/// The bits of what an event fits, in no more bytes than a funnel needs.
trait Bits: Copy + Default + Send + 'static {
    fn narrow(bits: u128) -> Self;
    fn wide(self) -> u128;
}

impl Bits for u32 {
    #[expect(clippy::cast_possible_truncation, reason = "a funnel of few steps has no other bits")]
    fn narrow(bits: u128) -> Self {
        bits as Self
    }

    fn wide(self) -> u128 {
        self.into()
    }
}

impl Bits for u128 {
    fn narrow(bits: u128) -> Self {
        bits
    }

    fn wide(self) -> u128 {
        self
    }
}

/// The events of all groups, as they came, with what they fit.
struct Events<B> {
    gives: Gives,
    rules: Rules,
    events: OfGroups<B>,
}

impl<B: Bits> Events<B> {
    fn new(gives: Gives, rules: &Rules) -> Self {
        Self {
            gives,
            rules: rules.clone(),
            events: OfGroups::default(),
        }
    }

    fn add(&mut self, group: usize, event: Event) {
        // What fits no step matters only where it stands in the way of strict ones.
        if self.rules.order == Order::Strict || event.fits > 0 {
            self.events.push(group, event.time, B::narrow(event.fits));
        }
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
            self.add(
                group,
                Event {
                    time: i64::from_le_bytes(time),
                    fits: u128::from_le_bytes(fits),
                },
            );
        }
        Ok(())
    }
}

/// Calls back with the events of each group, in the order of time.
fn each<B: Bits>(groups: &Grouped<B>, mut each: impl FnMut(&[Event])) {
    let mut events = Vec::new();
    for of_group in groups.each() {
        events.clear();
        events.extend(of_group.iter().map(|(time, fits)| Event {
            time: *time,
            fits: fits.wide(),
        }));
        // Events of the same instant have no order, so that none has to be kept.
        events.sort_unstable_by_key(|event| event.time);
        each(&events);
    }
}

fn bytes(event: Event, into: &mut Vec<u8>) {
    into.extend_from_slice(&event.time.to_le_bytes());
    into.extend_from_slice(&event.fits.to_le_bytes());
}

/// The events of a batch: the time of each, and the steps and exclusions that it fits.
fn events_of(values: &[ArrayRef]) -> Result<impl Iterator<Item = Event> + '_> {
    let times = values
        .first()
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
    let Some(times) = times else {
        return internal_err!("funnel takes timestamps of microseconds");
    };
    let fits = values[1..].iter().map(|fits| fits.as_primitive_opt::<UInt64Type>());
    let Some(fits) = fits.collect::<Option<Vec<_>>>() else {
        return internal_err!("funnel takes what events fit as numbers");
    };
    let of_row = move |row: usize| {
        let words = fits.iter().enumerate();
        words.fold(0, |bits, (at, word)| bits | u128::from(word.value(row)) << (at * BITS))
    };
    let times = times.values().iter().enumerate();
    Ok(times.map(move |(row, time)| Event {
        time: *time,
        fits: of_row(row),
    }))
}

/// The times of each group.
fn times_of<B: Bits>(rules: &Rules, events: &Grouped<B>) -> Result<ArrayRef> {
    let groups = events.groups();
    let mut walk = Walk::new(rules.clone());
    let mut reached = UInt32Builder::with_capacity(groups);
    let mut columns: Vec<Int64Builder> = (0..rules.steps).map(|_| Int64Builder::with_capacity(groups)).collect();
    each(events, |events| {
        let way = walk.furthest(events);
        reached.append_option(way.map(|way| count(way.len())));
        for (step, column) in columns.iter_mut().enumerate() {
            column.append_option(way.and_then(|way| way.get(step).copied().flatten()));
        }
    });
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
fn entries_of<B: Bits>(rules: &Rules, events: &Grouped<B>) -> Result<ArrayRef> {
    let mut walk = Walk::new(rules.clone());
    let (mut places, mut reached, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    each(events, |events| {
        let before = places.len();
        walk.entries(events, |place, steps| {
            places.push(count(place));
            reached.push(steps.map(count));
        });
        lengths.push(places.len() - before);
    });
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

impl<B: Bits> GroupsAccumulator for Events<B> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.events.total = total_num_groups;
        for (row, (group, event)) in group_indices.iter().zip(events_of(values)?).enumerate() {
            if is_kept(opt_filter, row) {
                self.add(*group, event);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let events = self.events.take(emit_to);
        match self.gives {
            Gives::Times => times_of(&self.rules, &events),
            Gives::Entries => entries_of(&self.rules, &events),
        }
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let events = self.events.take(emit_to);
        let mut state = LargeBinaryBuilder::with_capacity(events.groups(), events.events() * EVENT_BYTES);
        let mut buffer = Vec::new();
        each(&events, |events| {
            buffer.clear();
            events.iter().for_each(|event| bytes(*event, &mut buffer));
            state.append_value(&buffer);
        });
        Ok(vec![Arc::new(state.finish())])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.events.total = total_num_groups;
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
        let mut state = LargeBinaryBuilder::new();
        let mut buffer = Vec::new();
        for (row, event) in events_of(values)?.enumerate() {
            buffer.clear();
            if is_kept(opt_filter, row) {
                bytes(event, &mut buffer);
            }
            state.append_value(&buffer);
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn size(&self) -> usize {
        self.events.size()
    }
}
