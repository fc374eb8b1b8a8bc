//! What aggregates keep of events until all of a group are there, in the order in which they came.

use datafusion::logical_expr::EmitTo;

/// What is kept of an event.
#[derive(Clone, Copy)]
struct Kept<T> {
    time: i64,
    group: u32,
    what: T,
}

/// The events of all groups.
pub(crate) struct OfGroups<T> {
    /// How many groups there are.
    pub(crate) total: usize,
    events: Vec<Kept<T>>,
}

impl<T> Default for OfGroups<T> {
    fn default() -> Self {
        Self {
            total: 0,
            events: Vec::new(),
        }
    }
}

impl<T: Copy + Default> OfGroups<T> {
    /// Keeps an event with its time in microseconds.
    pub(crate) fn push(&mut self, group: usize, time: i64, what: T) {
        let group = number(group);
        self.events.push(Kept { time, group, what });
    }

    /// The events of the first groups. Those of the other groups stay.
    pub(crate) fn take(&mut self, emit_to: EmitTo) -> Grouped<T> {
        let groups = match emit_to {
            EmitTo::All => self.total,
            EmitTo::First(groups) => groups.min(self.total),
        };
        let mut starts = vec![0; groups + 1];
        let mut rest = Vec::new();
        for event in &self.events {
            match starts.get_mut(event.group as usize + 1) {
                Some(count) => *count += 1,
                None => rest.push(Kept {
                    group: event.group - number(groups),
                    ..*event
                }),
            }
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut events = vec![(0, T::default()); starts[groups]];
        for event in std::mem::replace(&mut self.events, rest) {
            let group = event.group as usize;
            if group < groups {
                events[next[group]] = (event.time, event.what);
                next[group] += 1;
            }
        }
        self.total -= groups;
        Grouped { events, starts }
    }

    /// Bytes in memory.
    pub(crate) fn size(&self) -> usize {
        self.events.capacity() * size_of::<Kept<T>>()
    }
}

/// Groups are numbered within a batch of results, which are few.
fn number(group: usize) -> u32 {
    u32::try_from(group).unwrap_or(u32::MAX)
}

/// Events by group.
pub(crate) struct Grouped<T> {
    events: Vec<(i64, T)>,
    /// Where each group begins, and the end.
    starts: Vec<usize>,
}

impl<T> Grouped<T> {
    /// How many groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many events all groups have.
    pub(crate) fn events(&self) -> usize {
        self.events.len()
    }

    /// The times and what was kept of the events of each group, as they came.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[(i64, T)]> {
        self.starts.windows(2).map(|bounds| &self.events[bounds[0]..bounds[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_by_group_and_those_of_later_groups_stay() {
        let mut events = OfGroups::default();
        for (time, group) in [(5, 2), (3, 0), (4, 2), (9, 1), (1, 0)] {
            events.push(group, time, time * 10);
        }
        events.total = 4;
        let first = events.take(EmitTo::First(2));
        assert_eq!(first.each().collect::<Vec<_>>(), [&[(3, 30), (1, 10)][..], &[(9, 90)]]);
        events.push(0, 7, 70);
        let rest = events.take(EmitTo::All);
        assert_eq!((rest.groups(), rest.events(), events.total), (2, 3, 0));
        assert_eq!(rest.each().collect::<Vec<_>>(), [&[(5, 50), (4, 40), (7, 70)][..], &[]]);
    }
}
