//! How far one person gets in a funnel whose steps come in their order.
//!
//! First it is found how far, and when it gets there, for which the latest start of the ways to each step is enough; then
//! the way itself, among the events from there back to the longest window.

use std::ops::Range;

use super::matching::Matching;
use super::rules::{Arrivals, Event, Instant, Order, Rules, bits_down, instants};

/// The start of a way, and the last instant of its window.
#[derive(Debug, Clone, Copy)]
struct Start {
    time: i64,
    window_end: i64,
}

/// Kept between persons, so that the memory is taken once.
pub(super) struct Chain {
    /// The latest start of the ways that end with each step.
    starts: Vec<Option<Start>>,
    /// For each step the best way that ends with it: the times of the steps up to it. Empty where there is none.
    ways: Vec<Vec<Option<i64>>>,
    is_optional: Vec<bool>,
    arrivals: Arrivals,
}

impl Chain {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            starts: vec![None; rules.steps],
            ways: vec![Vec::new(); rules.steps],
            is_optional: (0..rules.steps).map(|step| rules.optional.contains(&step)).collect(),
            arrivals: Arrivals::default(),
        }
    }

    /// The furthest step of the ways that start within a time, and the first arrival there, whatever spoils them.
    pub(super) fn reach(&mut self, rules: &Rules, events: &[Event], entry: &Range<i64>) -> Option<(usize, i64)> {
        self.starts.fill(None);
        let mut furthest: Option<(usize, i64)> = None;
        for instant in instants(events) {
            let arrived = self.advance(rules, instant, entry, false);
            if let Some(step) = arrived.checked_ilog2() {
                let step = step as usize;
                if furthest.is_none_or(|(best, _)| best < step) {
                    furthest = Some((step, instant.time));
                }
                if step + 1 == rules.steps {
                    break;
                }
            }
        }
        furthest
    }

    /// The first arrival at the furthest step that is not spoiled.
    pub(super) fn unspoiled(
        &mut self,
        rules: &Rules,
        events: &[Event],
        entry: &Range<i64>,
        furthest: usize,
    ) -> Option<i64> {
        self.starts.fill(None);
        self.arrivals.clear();
        for instant in instants(events) {
            let arrived = self.advance(rules, instant, entry, true);
            let mut exclusions = rules.exclusions_of(instant.fits);
            if exclusions.any(|(from, to)| (from..to).contains(&furthest))
                && let Some(safe) = self.arrivals.spoil(instant.time)
            {
                return Some(safe);
            }
            if arrived >> furthest & 1 == 1
                && let Some(start) = self.starts[furthest]
            {
                self.arrivals.push(instant.time, start.window_end);
                if furthest + 1 == rules.steps {
                    break;
                }
            }
        }
        self.arrivals.first()
    }

    /// The times of the best way that arrives at a step at a time.
    pub(super) fn way(
        &mut self,
        rules: &Rules,
        events: &[Event],
        (step, arrival): (usize, i64),
        way: &mut Vec<Option<i64>>,
    ) {
        way.clear();
        if step == 0 {
            way.push(Some(arrival));
            return;
        }
        self.ways.iter_mut().for_each(Vec::clear);
        let first = events.partition_point(|event| rules.window_end(event.time) < arrival);
        let end = events.partition_point(|event| event.time <= arrival);
        for instant in instants(&events[first..end]) {
            self.go_on(rules, instant);
        }
        way.extend_from_slice(&self.ways[step]);
    }

    /// Goes on with the starts by one instant; says which steps were reached in it.
    fn advance(&mut self, rules: &Rules, instant: Instant<'_>, entry: &Range<i64>, heed: bool) -> u128 {
        let mut arrived = 0;
        let heeds = heed && rules.is_excluded(instant.fits);
        // From the last step back, since each way goes on from one before as that was until now.
        for step in bits_down(looked_at(rules, instant, heeds)) {
            let floor = if heeds { floor(rules, instant, step) } else { None };
            match self.latest(rules, instant, step, floor, entry) {
                Some(start) => {
                    self.starts[step] = Some(start);
                    arrived |= 1 << step;
                }
                None if rules.order == Order::Strict || floor.is_some() => self.starts[step] = None,
                None => {}
            }
        }
        arrived
    }

    /// The latest start of the ways to a step whose last event is of this instant.
    fn latest(
        &self,
        rules: &Rules,
        instant: Instant<'_>,
        step: usize,
        floor: Option<usize>,
        entry: &Range<i64>,
    ) -> Option<Start> {
        let mut matching = Matching::new(instant.events);
        if !matching.add(step) {
            return None;
        }
        let mut best: Option<Start> = None;
        let mut lowest = step;
        for before in (0..step).rev() {
            if let Some(start) = self.starts[before]
                && is_above(floor, lowest)
                && instant.time <= start.window_end
                && best.is_none_or(|best| best.time < start.time)
            {
                best = Some(start);
            }
            if self.is_optional[before] {
                continue;
            }
            if !matching.add(before) {
                return best;
            }
            lowest = before;
        }
        let begins = entry.contains(&instant.time).then(|| Start {
            time: instant.time,
            window_end: rules.window_end(instant.time),
        });
        begins.or(best)
    }

    /// Goes on with the ways by one instant.
    fn go_on(&mut self, rules: &Rules, instant: Instant<'_>) {
        let heeds = rules.is_excluded(instant.fits);
        for step in bits_down(looked_at(rules, instant, heeds)) {
            let floor = if heeds { floor(rules, instant, step) } else { None };
            match self.best(instant, step, floor) {
                Some((now, before)) => {
                    let (lower, upper) = self.ways.split_at_mut(step);
                    let way = &mut upper[0];
                    way.clear();
                    way.extend_from_slice(before.map_or(&[], |before| &lower[before]));
                    way.resize(step + 1, None);
                    for step in bits_down(now) {
                        way[step] = Some(instant.time);
                    }
                }
                None if rules.order == Order::Strict || floor.is_some() => self.ways[step].clear(),
                None => {}
            }
        }
    }

    /// The best way to a step whose last event is of this instant: the steps that it has in this instant, and the step
    /// before these, if any.
    fn best(&self, instant: Instant<'_>, step: usize, floor: Option<usize>) -> Option<(u128, Option<usize>)> {
        let mut matching = Matching::new(instant.events);
        if !matching.add(step) || !self.completes(matching.clone(), step, floor) {
            return None;
        }
        let (mut now, mut lowest) = (1 << step, step);
        for before in (0..step).rev() {
            if instant.events.len() > 1 && instant.fits >> before & 1 == 1 {
                let mut with = matching.clone();
                if with.add(before) && self.completes(with.clone(), before, floor) {
                    (matching, lowest) = (with, before);
                    now |= 1 << before;
                    continue;
                }
            }
            if is_above(floor, lowest) && !self.ways[before].is_empty() {
                return Some((now, Some(before)));
            }
        }
        Some((now, None))
    }

    /// Whether steps of this instant down to the lowest can be the end of a way.
    fn completes(&self, mut matching: Matching<'_>, mut lowest: usize, floor: Option<usize>) -> bool {
        for before in (0..lowest).rev() {
            if is_above(floor, lowest) && !self.ways[before].is_empty() {
                return true;
            }
            if self.is_optional[before] {
                continue;
            }
            if !matching.add(before) {
                return false;
            }
            lowest = before;
        }
        true
    }
}

/// The steps whose ways an instant can change.
fn looked_at(rules: &Rules, instant: Instant<'_>, heeds: bool) -> u128 {
    if rules.order == Order::Strict || heeds {
        rules.all_steps()
    } else {
        instant.fits & rules.all_steps()
    }
}

/// The step up to which a way to this one must reach back within an instant, so that what is excluded in it is not after
/// a step of the way and before the next; `None` where nothing is.
fn floor(rules: &Rules, instant: Instant<'_>, step: usize) -> Option<usize> {
    let exclusions = rules.exclusions_of(instant.fits);
    let around = exclusions.filter(|(from, to)| (*from..*to).contains(&step));
    around.map(|(from, _)| from).min()
}

fn is_above(floor: Option<usize>, lowest: usize) -> bool {
    floor.is_none_or(|floor| lowest <= floor)
}
