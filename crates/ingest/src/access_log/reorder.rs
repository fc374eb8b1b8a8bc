//! Puts lines into the order of their times.
//!
//! A server writes a line when the response ends, so lines are out of order by as long as a
//! response takes, and some logs by hours. Up to 200,000 lines are held; when one more comes,
//! 100,000 are let go, the earliest first. A log of at most that many lines therefore comes out in exact order,
//! and in a longer one a line finds its place if at most 100,000 lines with later times stand
//! before it. A line that comes later still is let go at the next turn and counted.
//!
//! The window is a number of lines and not a span of time: that bounds memory, and an hour of a
//! busy log has more lines than fit while a day of a quiet one has fewer.

use std::vec::Drain;

/// Lines held at most.
pub(super) const WINDOW: usize = 200_000;

/// Lines on hold. Lines with equal times stay in the order they came in.
pub(super) struct Reorder<T> {
    held: Vec<(i64, T)>,
    window: usize,
    let_go_until: i64,
    late: u64,
}

impl<T> Reorder<T> {
    /// Holds up to `window` lines.
    pub(super) fn new(window: usize) -> Self {
        Self {
            held: Vec::new(),
            window,
            let_go_until: i64::MIN,
            late: 0,
        }
    }

    /// Takes a line, and lets lines go in order of time if there are too many.
    pub(super) fn push(&mut self, time: i64, line: T) -> Drain<'_, (i64, T)> {
        self.late += u64::from(time < self.let_go_until);
        self.held.push((time, line));
        let too_many = self.held.len() > self.window;
        self.let_go(if too_many { self.window.div_ceil(2) } else { 0 })
    }

    /// The rest, in order of time.
    pub(super) fn finish(&mut self) -> Drain<'_, (i64, T)> {
        self.let_go(self.held.len())
    }

    fn let_go(&mut self, count: usize) -> Drain<'_, (i64, T)> {
        if count > 0 {
            self.held.sort_by_key(|(time, _)| *time);
            let last = self.held.get(count - 1).map_or(i64::MIN, |(time, _)| *time);
            self.let_go_until = self.let_go_until.max(last);
        }
        self.held.drain(..count)
    }

    /// The latest second that was let go; earlier lines still to come are late.
    pub(super) fn let_go_until(&self) -> i64 {
        self.let_go_until
    }

    /// How many lines came later than the window.
    pub(super) fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(window: usize, times: &[i64]) -> (Vec<i64>, u64) {
        let mut reorder = Reorder::new(window);
        let mut order = Vec::new();
        for time in times {
            order.extend(reorder.push(*time, ()));
        }
        order.extend(reorder.finish());
        (order.into_iter().map(|(time, ())| time).collect(), reorder.late())
    }

    #[test]
    fn lines_come_out_in_order_as_far_as_the_window_reaches() {
        let cases: [(usize, &[i64], &[i64], u64); 4] = [
            (8, &[5, 4, 3, 2, 1], &[1, 2, 3, 4, 5], 0),
            (5, &[5, 4, 3, 2, 1], &[1, 2, 3, 4, 5], 0),
            (4, &[1, 3, 2, 4, 3, 6, 5], &[1, 2, 3, 3, 4, 5, 6], 0),
            (2, &[5, 6, 7, 1], &[5, 1, 6, 7], 1),
        ];
        for (window, times, order, late) in cases {
            assert_eq!(
                through(window, times),
                (order.to_vec(), late),
                "{times:?} through {window}"
            );
        }
    }

    #[test]
    fn equal_times_keep_their_order() {
        let mut reorder = Reorder::new(10);
        for line in ["a", "b", "c"] {
            assert_eq!(reorder.push(1, line).len(), 0);
        }
        assert_eq!(reorder.finish().collect::<Vec<_>>(), [(1, "a"), (1, "b"), (1, "c")]);
    }
}
