//! `funnel(strict, months, micros, timestamp, fits_1, ..., fits_n)`: the times at which one person reached each step
//! on the way to the furthest one, as a struct of n times, missing from the step on that was not reached.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Builder, LargeBinaryArray, LargeBinaryBuilder, StructArray,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;

use super::chain::{Event, Rules, Walk};

/// The arguments before the steps.
const BEFORE_STEPS: usize = 4;
/// Bytes of one event in a partial state: its time, and the steps that it fits.
const EVENT_BYTES: usize = 24;

/// The name of a step's time in the result.
pub(super) fn field(step: usize) -> String {
    format!("step_{step}")
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Funnel {
    signature: Signature,
}

impl Funnel {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

fn times(steps: usize) -> Fields {
    let field = |step| Field::new(field(step), DataType::Int64, true);
    (0..steps).map(field).collect()
}

impl AggregateUDFImpl for Funnel {
    fn name(&self) -> &'static str {
        "funnel"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments.len().checked_sub(BEFORE_STEPS) {
            Some(steps @ 1..=128) => Ok(DataType::Struct(times(steps))),
            _ => plan_err!("funnel takes 1 to 128 steps"),
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
        let literal = |at: usize| {
            let expr = args.exprs.get(at).and_then(|expr| expr.downcast_ref::<Literal>());
            expr.map(Literal::value)
        };
        let (Some(ScalarValue::Boolean(Some(strict))), Some(ScalarValue::UInt32(Some(months)))) =
            (literal(0), literal(1))
        else {
            return plan_err!("funnel takes whether it is strict and the months of its window as literals");
        };
        let Some(ScalarValue::Int64(Some(micros))) = literal(2) else {
            return plan_err!("funnel takes the microseconds of its window as a literal");
        };
        Ok(Box::new(Events {
            rules: Rules {
                steps: args.exprs.len() - BEFORE_STEPS,
                months: *months,
                micros: *micros,
                strict: *strict,
            },
            total: 0,
            groups: Vec::new(),
            events: Vec::new(),
        }))
    }
}

/// The events of all groups, as they came.
struct Events {
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

/// The events of a batch: the time of each, and the steps that it fits.
fn events_of(values: &[ArrayRef]) -> Result<Vec<Event>> {
    let Some(times) = values
        .get(BEFORE_STEPS - 1)
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
    else {
        return internal_err!("funnel takes timestamps of microseconds");
    };
    let mut events: Vec<Event> = times
        .values()
        .iter()
        .map(|time| Event { time: *time, fits: 0 })
        .collect();
    for (at, fits) in values[BEFORE_STEPS..].iter().enumerate() {
        let Some(fits) = fits.as_boolean_opt() else {
            return internal_err!("funnel takes whether events fit its steps");
        };
        for (event, fits) in events.iter_mut().zip(fits) {
            if fits == Some(true) {
                event.fits |= 1 << at;
            }
        }
    }
    Ok(events)
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
            if is_kept(opt_filter, row) && (self.rules.strict || event.fits > 0) {
                self.groups.push(*group);
                self.events.push(event);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (mut events, starts) = self.take(emit_to);
        let mut walk = Walk::new(self.rules);
        let mut columns: Vec<Int64Builder> = (0..self.rules.steps)
            .map(|_| Int64Builder::with_capacity(starts.len() - 1))
            .collect();
        for bounds in starts.windows(2) {
            let own = &mut events[bounds[0]..bounds[1]];
            // Events of the same instant have no order, so that none has to be kept.
            own.sort_unstable_by_key(|event| event.time);
            let reached = walk.furthest(own);
            for (step, column) in columns.iter_mut().enumerate() {
                column.append_option(reached.get(step).copied());
            }
        }
        let columns = columns
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef)
            .collect();
        Ok(Arc::new(StructArray::try_new_with_length(
            times(self.rules.steps),
            columns,
            None,
            starts.len() - 1,
        )?))
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
            if is_kept(opt_filter, row) && (self.rules.strict || event.fits > 0) {
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
