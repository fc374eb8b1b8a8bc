//! Which persons the latest commits touched, so that whoever knows those of an earlier snapshot reads only these.

use std::collections::VecDeque;

/// Keys that are held at most; those of the oldest commits go first.
const MOST_HELD: usize = 1_000_000;

/// Whom a commit touched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// The persons with these keys, at most.
    These(Vec<i64>),
    /// It is not known whom.
    Anyone,
}

/// Whom the latest commits touched.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    /// Snapshots that follow each other without a gap, each with the persons of the commit that made it.
    commits: VecDeque<(i64, Vec<i64>)>,
    held: usize,
}

impl Touches {
    /// Notes whom the commit touched that makes a snapshot.
    pub(crate) fn note(&mut self, snapshot_id: i64, touched: Touch) {
        let Touch::These(persons) = touched else {
            return self.forget();
        };
        if self.commits.back().is_some_and(|(last, _)| last + 1 != snapshot_id) {
            self.forget();
        }
        self.held += persons.len();
        self.commits.push_back((snapshot_id, persons));
        while self.held > MOST_HELD
            && let Some((_, persons)) = self.commits.pop_front()
        {
            self.held -= persons.len();
        }
    }

    /// Forgets all, where the outcome of a commit is not known.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The persons that were touched after a snapshot, up to another; some may be there more than once. None where that
    /// is not known.
    pub(crate) fn between(&self, known: i64, newest: i64) -> Option<Vec<i64>> {
        let first = self.commits.front().map_or(i64::MAX, |(first, _)| *first);
        let last = self.commits.back().map_or(i64::MIN, |(last, _)| *last);
        if known == newest {
            return Some(Vec::new());
        }
        if known > newest || first > known + 1 || last < newest {
            return None;
        }
        let between = self.commits.iter().filter(|(id, _)| (known + 1..=newest).contains(id));
        Some(between.flat_map(|(_, persons)| persons.iter().copied()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(persons: &[i64]) -> Touch {
        Touch::These(persons.to_vec())
    }

    #[test]
    fn only_commits_without_a_gap_say_whom_they_touched() {
        let mut touches = Touches::default();
        assert_eq!(touches.between(3, 3), Some(vec![]));
        assert_eq!(touches.between(3, 4), None);
        touches.note(4, these(&[1, 2]));
        touches.note(5, these(&[]));
        touches.note(6, these(&[2, 7]));
        assert_eq!(touches.between(3, 6), Some(vec![1, 2, 2, 7]));
        assert_eq!(touches.between(4, 6), Some(vec![2, 7]));
        assert_eq!(touches.between(2, 6), None);
        assert_eq!(touches.between(5, 7), None);
        // Another program made a snapshot in between.
        touches.note(8, these(&[9]));
        assert_eq!(touches.between(6, 8), None);
        assert_eq!(touches.between(7, 8), Some(vec![9]));
        touches.note(9, Touch::Anyone);
        assert_eq!(touches.between(8, 9), None);
        touches.note(10, these(&[5]));
        assert_eq!(touches.between(9, 10), Some(vec![5]));
    }

    #[test]
    fn the_oldest_commits_go_first() {
        let mut touches = Touches::default();
        for snapshot in 1..=3 {
            touches.note(snapshot, Touch::These(vec![snapshot; MOST_HELD / 2]));
        }
        assert_eq!(touches.between(0, 3), None);
        assert_eq!(touches.between(1, 3).map(|persons| persons.len()), Some(MOST_HELD));
    }
}
