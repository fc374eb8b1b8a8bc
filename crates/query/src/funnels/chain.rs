//! How far one person gets in a funnel.
//!
//! A person reaches step k where there are k different events e1 ... ek, each one of its step, whose times don't
//! decrease, with ek no later than the window after e1. Strict steps also have no other event between them. Events of
//! the same instant have no order of their own, so they count in whatever order serves the person best.
//!
//! Of the ways to the furthest step the one counts that arrives first, and of these the one whose earlier steps are
//! latest, the step before the last one first.

use chrono::{DateTime, Months};

/// How the steps follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// How many steps there are, up to 128.
    pub(super) steps: usize,
    /// Calendar months of the window.
    pub(super) months: u32,
    /// Microseconds of the window, beside the months.
    pub(super) micros: i64,
    /// Whether other events between two steps end the way.
    pub(super) strict: bool,
}

impl Rules {
    /// The last instant of the window that starts at a time, both in microseconds since 1970.
    fn window_end(&self, start: i64) -> i64 {
        let mut end = start;
        if self.months > 0 {
            let shifted = DateTime::from_timestamp_micros(start)
                .and_then(|start| start.checked_add_months(Months::new(self.months)));
            end = shifted.map_or(i64::MAX, |shifted| shifted.timestamp_micros());
        }
        end.saturating_add(self.micros)
    }
}

/// An event of a person: when it was, in microseconds since 1970, and which steps it fits, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) time: i64,
    pub(super) fits: u128,
}

/// The times of the steps on the way to the furthest one; empty for who does not enter. Kept between persons, so that
/// the memory is taken once.
pub(super) struct Walk {
    rules: Rules,
    /// For each step the latest way that ends with it: the times of the steps up to it.
    ways: Vec<Vec<i64>>,
    best: Vec<i64>,
}

impl Walk {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            ways: vec![Vec::with_capacity(rules.steps); rules.steps],
            best: Vec::with_capacity(rules.steps),
        }
    }

    /// Walks over the events of one person, in the order of their times.
    pub(super) fn furthest(&mut self, events: &[Event]) -> &[i64] {
        self.ways.iter_mut().for_each(Vec::clear);
        self.best.clear();
        for instant in events.chunk_by(|one, other| one.time == other.time) {
            match instant {
                [event] => self.step(*event),
                _ => self.step_at_once(instant),
            }
            if self.best.len() == self.rules.steps {
                break;
            }
        }
        &self.best
    }

    /// One event, which is one step at most: the furthest that it can be, and each before that.
    fn step(&mut self, event: Event) {
        // From the last step back, since each way goes on from the one before as that was until now.
        for step in (0..self.rules.steps).rev() {
            let goes_on = event.fits >> step & 1 == 1 && self.is_open(step, event.time);
            if goes_on {
                self.extend(step, step, event.time);
            } else if self.rules.strict {
                self.ways[step].clear();
            }
        }
    }

    /// Events of the same instant, each of which is one step at most.
    fn step_at_once(&mut self, instant: &[Event]) {
        let time = instant[0].time;
        let steps = self.rules.steps;
        let reach: Vec<usize> = (0..steps).map(|from| reach(instant, from, steps)).collect();
        for step in (0..steps).rev() {
            // The earliest step with which the way can begin within this instant leaves the latest start.
            let from = (0..=step).find(|from| reach[*from] > step && self.is_open(*from, time));
            match from {
                Some(from) => self.extend(from, step, time),
                None if self.rules.strict => self.ways[step].clear(),
                None => {}
            }
        }
    }

    /// Whether a way that goes on with a step at a time is still within its window.
    fn is_open(&self, step: usize, time: i64) -> bool {
        let Some(before) = step.checked_sub(1) else {
            return true;
        };
        let start = self.ways[before].first();
        start.is_some_and(|start| time <= self.rules.window_end(*start))
    }

    /// Makes the way to `step` of the one before `from`, with all steps since at one time.
    fn extend(&mut self, from: usize, step: usize, time: i64) {
        let (before, rest) = self.ways.split_at_mut(step);
        let way = &mut rest[0];
        way.clear();
        if from > 0 {
            way.extend_from_slice(&before[from - 1]);
        }
        way.resize(step + 1, time);
        if way.len() > self.best.len() {
            self.best.clone_from(way);
        }
    }
}

/// The first step from `from` on for which no event is left, where each event is one step at most.
fn reach(events: &[Event], from: usize, steps: usize) -> usize {
    // Which step each event is.
    let mut taken: Vec<Option<usize>> = vec![None; events.len()];
    (from..steps)
        .find(|step| !augment(events, *step, &mut taken, &mut vec![false; events.len()]))
        .unwrap_or(steps)
}

/// Finds an event for a step, moving others where needed (Kuhn's algorithm for bipartite matching).
fn augment(events: &[Event], step: usize, taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for at in 0..events.len() {
        if events[at].fits >> step & 1 == 0 || seen[at] {
            continue;
        }
        seen[at] = true;
        let is_free = match taken[at] {
            None => true,
            Some(other) => augment(events, other, taken, seen),
        };
        if is_free {
            taken[at] = Some(step);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
