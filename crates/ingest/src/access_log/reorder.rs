//! Puts lines into the order of their times.
//!
//! A server writes a line when the response ends, so lines are out of order by as long as a
//! response takes, and some logs by hours. Up to 150,000 lines or 64 MB of them are held; when one
//! more comes, half is let go, the earliest first. A log of at most that much therefore comes out in
//! exact order, and in a longer one a line finds its place if at most 75,000 lines and 32 MB with
//! later times stand before it. A line that comes later still is let go at the next turn and counted.
//!
//! The window is a number of lines and bytes and not a span of time: that bounds memory, and an hour
//! of a busy log has more lines than fit while a day of a quiet one has fewer.

use std::vec::Drain;

/// What is held at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub lines: usize,
    /// The lines' own bytes. One line more may be held while others are let go.
    pub bytes: usize,
}

/// The window of an import. Lines of more than 447 bytes on average reach its bytes first.
pub(super) const WINDOW: Window = Window {
    lines: 150_000,
    bytes: 64 << 20,
};

/// Lines on hold. Lines with equal times stay in the order they came in.
pub(super) struct Reorder<T> {
    held: Vec<(i64, T)>,
    bytes: usize,
    size_of: fn(&T) -> usize,
    window: Window,
    let_go_until: i64,
    late: u64,
}

impl<T> Reorder<T> {
    /// Holds lines of a certain size each up to a window.
    pub(super) fn new(window: Window, size_of: fn(&T) -> usize) -> Self {
        Self {
            held: Vec::new(),
            bytes: 0,
            size_of,
            window,
            let_go_until: i64::MIN,
            late: 0,
        }
    }

    /// Takes a line, and lets lines go in order of time if there are too many.
    pub(super) fn push(&mut self, time: i64, line: T) -> Drain<'_, (i64, T)> {
        self.late += u64::from(time < self.let_go_until);
        self.bytes += (self.size_of)(&line);
        self.held.push((time, line));
        let (lines, bytes) = (self.held.len(), self.bytes);
        if lines <= self.window.lines && bytes <= self.window.bytes {
            return self.held.drain(..0);
        }
        self.held.sort_by_key(|(time, _)| *time);
        let (mut count, mut left) = (0, bytes);
        for (_, line) in &self.held {
            // The line that was one too many stays beside the half that is kept.
            if lines - count <= self.window.lines / 2 + 1 && left <= self.window.bytes / 2 {
                break;
            }
            count += 1;
            left = left.saturating_sub((self.size_of)(line));
        }
        self.let_go(count, left)
    }

    /// The rest, in order of time.
    pub(super) fn finish(&mut self) -> Drain<'_, (i64, T)> {
        self.held.sort_by_key(|(time, _)| *time);
        self.let_go(self.held.len(), 0)
    }

    /// Lets the first lines of those held go, which leaves so many bytes.
    fn let_go(&mut self, count: usize, bytes_left: usize) -> Drain<'_, (i64, T)> {
        if let Some((last, _)) = count.checked_sub(1).and_then(|last| self.held.get(last)) {
            self.let_go_until = self.let_go_until.max(*last);
        }
        self.bytes = bytes_left;
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
        let window = Window {
            lines: window,
            ..WINDOW
        };
        let mut reorder = Reorder::new(window, |()| 0);
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
        let mut reorder = Reorder::new(WINDOW, |line: &&str| line.len());
        for line in ["a", "b", "c"] {
            assert_eq!(reorder.push(1, line).len(), 0);
        }
        assert_eq!(reorder.finish().collect::<Vec<_>>(), [(1, "a"), (1, "b"), (1, "c")]);
    }

    #[test]
    fn long_lines_fill_the_window_by_their_bytes() {
        let length = 16 << 10;
        let mut reorder = Reorder::new(WINDOW, Vec::len);
        let (mut most, mut order) = (0, Vec::new());
        for time in 0..10_000_i64 {
            // Neighbours are swapped, so that nothing comes in order by itself.
            let line = vec![0_u8; length];
            order.extend(reorder.push(time ^ 1, line).map(|(time, line)| (time, line.len())));
            let held: usize = reorder.held.iter().map(|(_, line)| line.len()).sum();
            assert_eq!(held, reorder.bytes);
            most = most.max(held);
        }
        assert!((WINDOW.bytes / 2..=WINDOW.bytes).contains(&most), "{most}");
        order.extend(reorder.finish().map(|(time, line)| (time, line.len())));
        assert_eq!((reorder.bytes, reorder.late()), (0, 0));
        assert!(order.iter().map(|(time, _)| *time).eq(0..10_000));
    }

    #[test]
    fn a_line_larger_than_the_window_goes_through() {
        let window = Window { lines: 10, bytes: 100 };
        let mut reorder = Reorder::new(window, |size: &usize| *size);
        assert_eq!(reorder.push(1, 60).len(), 0);
        assert_eq!(reorder.push(2, 500).collect::<Vec<_>>(), [(1, 60), (2, 500)]);
        assert_eq!(reorder.push(3, 7).len(), 0);
        assert_eq!(reorder.finish().collect::<Vec<_>>(), [(3, 7)]);
    }
}
