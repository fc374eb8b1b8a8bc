//! How far one person gets in a funnel.

use std::ops::Range;

use super::chain::Chain;
use super::rules::{Event, Order, Rules};
use super::unordered::Unordered;

/// Ways may start at any time.
const ALWAYS: Range<i64> = i64::MIN..i64::MAX;

/// How far a person gets.
enum Outcome {
    /// It does not enter.
    Nothing,
    /// All ways to the furthest step are spoiled.
    Excluded,
    /// The furthest step, and the first arrival there that counts.
    Arrival(usize, i64),
}

enum Kind {
    Chain(Chain),
    Unordered(Unordered),
}

/// Walks through the events of one person after the other.
pub(super) struct Walk {
    rules: Rules,
    kind: Kind,
    way: Vec<Option<i64>>,
}

impl Walk {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            kind: match rules.order {
                Order::Ordered | Order::Strict => Kind::Chain(Chain::new(&rules)),
                Order::Unordered => Kind::Unordered(Unordered::new(&rules)),
            },
            way: Vec::with_capacity(rules.steps),
            rules,
        }
    }

    /// The times of the steps on the best way to the furthest one, missing for those that are left out; empty for who
    /// does not enter, and `None` for who is excluded. The events are in the order of their times.
    pub(super) fn furthest(&mut self, events: &[Event]) -> Option<&[Option<i64>]> {
        self.way.clear();
        match self.outcome(events, &ALWAYS) {
            Outcome::Nothing => {}
            Outcome::Excluded => return None,
            Outcome::Arrival(step, time) => match &mut self.kind {
                Kind::Chain(chain) => chain.way(&self.rules, events, (step, time), &mut self.way),
                Kind::Unordered(unordered) => unordered.way(&self.rules, events, time, &mut self.way),
            },
        }
        Some(&self.way)
    }

    /// The place of each interval in which a person enters, and how many steps it gets on a way from there: `None` where it
    /// is excluded.
    pub(super) fn entries(&mut self, events: &[Event], mut each: impl FnMut(usize, Option<usize>)) {
        let Some(highest) = self.reach(events, &ALWAYS).map(|(step, _)| step) else {
            return;
        };
        let entries = std::mem::take(&mut self.rules.entries);
        let is_start = match self.rules.order {
            Order::Ordered | Order::Strict => 1,
            Order::Unordered => self.rules.all_steps(),
        };
        let is_spoiled = events.iter().any(|event| self.rules.is_excluded(event.fits));
        let mut next = 0;
        while let Some(first) = events[next..].iter().position(|event| event.fits & is_start != 0) {
            let first = next + first;
            let place = entries.partition_point(|start| *start <= events[first].time);
            let (Some(place), Some(end)) = (place.checked_sub(1), entries.get(place)) else {
                // What lies before the first interval, or after the last one, is no entry.
                next = first + 1;
                continue;
            };
            let entry = entries[place]..*end;
            let last = self.rules.window_end(end - 1);
            // Events of the same instant have no order, so that those before the first one belong to it.
            let from = events.partition_point(|event| event.time < events[first].time);
            let own = &events[from..];
            let own = &own[..own.partition_point(|event| event.time <= last)];
            // Who gets no further than the first step at all doesn't from here.
            let outcome = if highest == 0 && !is_spoiled {
                Outcome::Arrival(0, events[first].time)
            } else {
                self.outcome(own, &entry)
            };
            match outcome {
                Outcome::Nothing => {}
                Outcome::Excluded => each(place, None),
                Outcome::Arrival(step, _) => each(place, Some(step + 1)),
            }
            next = first + events[first..].partition_point(|event| event.time < *end);
        }
        self.rules.entries = entries;
    }

    /// How far ways get that start within a time.
    fn outcome(&mut self, events: &[Event], entry: &Range<i64>) -> Outcome {
        let Some((step, first)) = self.reach(events, entry) else {
            return Outcome::Nothing;
        };
        let rules = &self.rules;
        if !events.iter().any(|event| rules.is_excluded(event.fits)) {
            return Outcome::Arrival(step, first);
        }
        let unspoiled = match &mut self.kind {
            Kind::Chain(chain) => chain.unspoiled(rules, events, entry, step),
            Kind::Unordered(unordered) => unordered.unspoiled(rules, events, step),
        };
        unspoiled.map_or(Outcome::Excluded, |time| Outcome::Arrival(step, time))
    }

    fn reach(&mut self, events: &[Event], entry: &Range<i64>) -> Option<(usize, i64)> {
        match &mut self.kind {
            Kind::Chain(chain) => chain.reach(&self.rules, events, entry),
            Kind::Unordered(unordered) => unordered.reach(&self.rules, events, entry),
        }
    }
}

#[cfg(test)]
mod tests;
