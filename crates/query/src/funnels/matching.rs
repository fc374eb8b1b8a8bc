//! Which events of one instant are which steps, each one step at most.

use super::rules::Event;

/// Events of one instant as steps.
#[derive(Clone)]
pub(super) struct Matching<'a> {
    events: &'a [Event],
    /// Which step each event is; empty where there is but one event.
    taken: Vec<Option<usize>>,
    steps: usize,
}

impl<'a> Matching<'a> {
    /// None of the events is a step yet.
    pub(super) fn new(events: &'a [Event]) -> Self {
        let taken = if events.len() > 1 { events.len() } else { 0 };
        Self {
            events,
            taken: vec![None; taken],
            steps: 0,
        }
    }

    /// Takes an event for a step, moving others where needed; `false` where none is left.
    pub(super) fn add(&mut self, step: usize) -> bool {
        let added = match self.events {
            events if events.len() == self.steps => false,
            [event] => event.fits >> step & 1 == 1,
            events => augment(events, step, &mut self.taken, &mut vec![false; events.len()]),
        };
        self.steps += usize::from(added);
        added
    }
}

/// Finds an event for a step (Kuhn's algorithm for bipartite matching).
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
