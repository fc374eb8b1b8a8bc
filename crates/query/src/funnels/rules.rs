//! What counts as a way through a funnel.
//!
//! A way to step k has k different events e1 ... ek, each one of its step, whose times don't decrease, with ek no later
//! than the window after e1. Strict steps also have no other event between them, optional ones may be left out, and
//! unordered ones come in any order: then step k is the k-th that is done. Events of the same instant have no order of
//! their own, so they count in whatever order serves the person best.
//!
//! A person gets as far as its furthest way. Of the ways to there that one counts which arrives first, and of these the
//! one whose earlier steps are latest, the step before the last one first; having an optional step goes before that.
//!
//! An exclusion spoils a way by an event after its step `from` and before its step `to`, both not included; where the way
//! ends between them, by one after `from` and no later than the window. Of ways that arrive at once the window is that of
//! the latest start. Who has only spoiled ways to the furthest step is no part of the funnel.

use chrono::{DateTime, Months};
use serde::{Deserialize, Serialize};

/// Steps and exclusions that an event can fit together.
pub(super) const MOST_BITS: usize = 128;

/// How the steps follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// In their order, with anything between them.
    Ordered,
    /// In their order, with no other event between them.
    Strict,
    /// In any order.
    Unordered,
}

/// The rules of a funnel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(super) order: Order,
    /// How many steps there are. With the exclusions up to 128.
    pub(super) steps: usize,
    /// Calendar months of the window.
    pub(super) months: u32,
    /// Microseconds of the window, beside the months.
    pub(super) micros: i64,
    /// The steps that a way may leave out: never the first one, and none of unordered ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) optional: Vec<usize>,
    /// The steps between which events of an exclusion spoil a way; none of them is optional.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) exclusions: Vec<(usize, usize)>,
    /// The starts of the intervals in which persons enter, and the end of the last one; empty where that is not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) entries: Vec<i64>,
}

impl Rules {
    /// The last instant of the window that starts at a time, both in microseconds since 1970.
    pub(super) fn window_end(&self, start: i64) -> i64 {
        let mut end = start;
        if self.months > 0 {
            let shifted = DateTime::from_timestamp_micros(start)
                .and_then(|start| start.checked_add_months(Months::new(self.months)));
            end = shifted.map_or(i64::MAX, |shifted| shifted.timestamp_micros());
        }
        end.saturating_add(self.micros)
    }

    /// How many bits there are: of the steps, and then of the exclusions.
    pub(super) fn bits(&self) -> usize {
        self.steps + self.exclusions.len()
    }

    /// The bits of all steps.
    pub(super) fn all_steps(&self) -> u128 {
        u128::MAX >> (MOST_BITS - self.steps)
    }

    /// Whether an event, or one of several, fits an exclusion.
    pub(super) fn is_excluded(&self, fits: u128) -> bool {
        fits & !self.all_steps() != 0
    }

    /// The exclusions that one of some events fits.
    pub(super) fn exclusions_of(&self, fits: u128) -> impl Iterator<Item = (usize, usize)> {
        let exclusions = self.exclusions.iter().zip(self.steps..);
        exclusions
            .filter(move |(_, bit)| fits >> bit & 1 == 1)
            .map(|(exclusion, _)| *exclusion)
    }
}

/// An event of a person: when it was, in microseconds since 1970, and which steps it fits, a bit each; then the
/// exclusions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) time: i64,
    pub(super) fits: u128,
}

/// The events of one instant.
#[derive(Clone, Copy)]
pub(super) struct Instant<'a> {
    pub(super) events: &'a [Event],
    pub(super) time: i64,
    /// What one of them fits.
    pub(super) fits: u128,
}

/// The instants of a person's events, which are in the order of their times.
pub(super) fn instants(events: &[Event]) -> impl Iterator<Item = Instant<'_>> {
    events
        .chunk_by(|one, other| one.time == other.time)
        .map(|events| Instant {
            events,
            time: events[0].time,
            fits: events.iter().fold(0, |fits, event| fits | event.fits),
        })
}

/// The places of the bits, the highest one first.
pub(super) fn bits_down(mut bits: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let highest = bits.checked_ilog2()?;
        bits ^= 1 << highest;
        Some(highest as usize)
    })
}

/// The arrivals at the furthest step, in their order, as long as they are not spoiled and it is not sure that they
/// won't be.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// When each was, and the end of its window.
    open: Vec<(i64, i64)>,
}

impl Arrivals {
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    pub(super) fn push(&mut self, time: i64, window_end: i64) {
        self.open.push((time, window_end));
    }

    /// An event spoils all whose window has not ended. The first one of the others is what counts.
    pub(super) fn spoil(&mut self, time: i64) -> Option<i64> {
        let safe = self.open.iter().find(|(_, end)| *end < time);
        let safe = safe.map(|(arrival, _)| *arrival);
        self.open.clear();
        safe
    }

    pub(super) fn first(&self) -> Option<i64> {
        self.open.first().map(|(arrival, _)| *arrival)
    }
}
