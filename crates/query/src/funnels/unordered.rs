//! How far one person gets in a funnel whose steps come in any order.
//!
//! Events that can be different steps together are independent sets of a matroid, so the latest of them that are as many
//! as can be are found one event after another: each new one goes in, and where it can't be a step beside the others the
//! earliest goes out that makes room for it.

use std::ops::Range;

use super::rules::{Arrivals, Event, MOST_BITS, Rules, bits_down, instants};

/// An event that is a step.
#[derive(Debug, Clone, Copy)]
struct Held {
    time: i64,
    fits: u128,
    window_end: i64,
}

/// Kept between persons, so that the memory is taken once.
pub(super) struct Unordered {
    /// The event that is each step.
    held: Vec<Option<Held>>,
    /// The bits of the steps that have none.
    free: u128,
    arrivals: Arrivals,
}

impl Unordered {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            held: vec![None; rules.steps],
            free: rules.all_steps(),
            arrivals: Arrivals::default(),
        }
    }

    /// How many steps are done at most on ways that start within a time, less one, and when that is first so.
    pub(super) fn reach(&mut self, rules: &Rules, events: &[Event], entry: &Range<i64>) -> Option<(usize, i64)> {
        self.clear(rules);
        let mut furthest: Option<(usize, i64)> = None;
        // The window of the latest event with which a way can start.
        let mut open_until = i64::MIN;
        for instant in instants(events) {
            if instant.time < entry.start || instant.fits & rules.all_steps() == 0 {
                continue;
            }
            self.expire(instant.time);
            self.add_all(rules, instant.events);
            if entry.contains(&instant.time) {
                open_until = rules.window_end(instant.time);
            } else if open_until < instant.time {
                break;
            }
            let done = self.done();
            if furthest.is_none_or(|(best, _)| best + 1 < done) {
                furthest = Some((done - 1, instant.time));
            }
            if done == rules.steps {
                break;
            }
        }
        furthest
    }

    /// The first time when so many steps are done on a way that is not spoiled.
    pub(super) fn unspoiled(&mut self, rules: &Rules, events: &[Event], furthest: usize) -> Option<i64> {
        self.clear(rules);
        self.arrivals.clear();
        for instant in instants(events) {
            self.expire(instant.time);
            self.add_all(rules, instant.events);
            let is_whole = self.done() == rules.steps;
            if rules.is_excluded(instant.fits) && !is_whole {
                if let Some(safe) = self.arrivals.spoil(instant.time) {
                    return Some(safe);
                }
                self.drop_where(|held| held.time < instant.time);
            }
            let arrives = instant.fits & rules.all_steps() != 0 && self.done() == furthest + 1;
            if arrives && let Some(first) = self.held.iter().flatten().min_by_key(|held| held.time) {
                self.arrivals.push(instant.time, first.window_end);
                if is_whole {
                    break;
                }
            }
        }
        self.arrivals.first()
    }

    /// The times of the best way that is done at a time.
    pub(super) fn way(&mut self, rules: &Rules, events: &[Event], arrival: i64, way: &mut Vec<Option<i64>>) {
        self.clear(rules);
        let first = events.partition_point(|event| rules.window_end(event.time) < arrival);
        let end = events.partition_point(|event| event.time <= arrival);
        for instant in instants(&events[first..end]) {
            self.add_all(rules, instant.events);
            if rules.is_excluded(instant.fits) && self.done() < rules.steps {
                self.drop_where(|held| held.time < instant.time);
            }
        }
        way.clear();
        way.extend(self.held.iter().flatten().map(|held| Some(held.time)));
        way.sort_unstable();
    }

    fn clear(&mut self, rules: &Rules) {
        self.held.fill(None);
        self.free = rules.all_steps();
    }

    fn done(&self) -> usize {
        self.held.len() - self.free.count_ones() as usize
    }

    fn expire(&mut self, time: i64) {
        self.drop_where(|held| held.window_end < time);
    }

    fn drop_where(&mut self, is_dropped: impl Fn(&Held) -> bool) {
        for (step, held) in self.held.iter_mut().enumerate() {
            if held.as_ref().is_some_and(&is_dropped) {
                *held = None;
                self.free |= 1 << step;
            }
        }
    }

    fn add_all(&mut self, rules: &Rules, events: &[Event]) {
        for event in events {
            let fits = event.fits & rules.all_steps();
            if fits != 0 {
                self.add(Held {
                    time: event.time,
                    fits,
                    window_end: rules.window_end(event.time),
                });
            }
        }
    }

    /// Takes an event in. Those that could make room for it are searched from step to step.
    fn add(&mut self, event: Held) {
        // The step from whose event each was found; of its own ones none.
        let mut found_from = [None; MOST_BITS];
        let (mut seen, mut pending) = (event.fits, event.fits);
        let mut earliest: Option<(i64, usize)> = None;
        while let Some(step) = bits_down(pending).next() {
            pending ^= 1 << step;
            let Some(held) = self.held[step] else {
                earliest = Some((i64::MIN, step));
                break;
            };
            if earliest.is_none_or(|(time, _)| held.time < time) {
                earliest = Some((held.time, step));
            }
            let new = held.fits & !seen;
            for next in bits_down(new) {
                found_from[next] = Some(step);
            }
            seen |= new;
            pending |= new;
        }
        let Some((_, mut step)) = earliest else {
            return;
        };
        self.free &= !(1 << step);
        while let Some(before) = found_from[step] {
            self.held[step] = self.held[before];
            step = before;
        }
        self.held[step] = Some(event);
    }
}
