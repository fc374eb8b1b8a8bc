//! Between an event and its arrival: late events and duplicates.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::calendar::{DAY, SECOND};
use crate::event::WorldEvent;
use crate::random::Random;
use crate::truths::Truths;

/// The share of events that arrive late. Those that change persons or groups never do: their order is
/// their meaning.
const LATE: f64 = 0.0103;
/// The share of events that arrive twice.
const DUPLICATE: f64 = 0.005;
/// An event that arrives less than this after its timestamp is not late; microseconds.
pub const LATE_AFTER: i64 = 600 * SECOND;
/// No event arrives later than this after its timestamp; microseconds.
pub const LATE_UNTIL: i64 = 3 * DAY;

/// Events on their way. They are held whole, at most some hundredths of the events of a day.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    waiting: BinaryHeap<Reverse<Held>>,
    held: u64,
}

#[derive(Debug)]
struct Held {
    arrival: i64,
    number: u64,
    event: Box<WorldEvent>,
}

impl Held {
    fn key(&self) -> (i64, u64) {
        (self.arrival, self.number)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Delivery {
    /// Sends an event off: gives it back if it arrives at once, or holds it.
    pub(crate) fn send(&mut self, event: WorldEvent, random: &mut Random, truths: &mut Truths) -> Option<WorldEvent> {
        let late = random.chance(LATE) && !changes_persons_or_groups(&event);
        let arrival = if late {
            truths.late += 1;
            // Twice skewed: half of them within eight hours.
            let span = random.skewed(0, LATE_UNTIL - LATE_AFTER);
            event.timestamp + LATE_AFTER + (span as f64 * (0.4 + 0.6 * random.unit())) as i64
        } else {
            event.timestamp
        };
        if random.chance(DUPLICATE) {
            truths.duplicates += 1;
            // Half are retries after a lost answer, half come from a queue that was sent twice days later.
            let limit = (event.timestamp + LATE_UNTIL - arrival).max(1);
            let delay = if random.chance(0.5) {
                random.between(0, 20 * SECOND)
            } else {
                random.between(0, limit)
            };
            self.hold(event.clone(), arrival + delay.min(limit));
        }
        if late {
            self.hold(event, arrival);
            return None;
        }
        Some(event)
    }

    fn hold(&mut self, event: WorldEvent, arrival: i64) {
        self.held += 1;
        self.waiting.push(Reverse(Held {
            arrival,
            number: self.held,
            event: Box::new(event),
        }));
    }

    /// The next held event that arrives before `time`, with its arrival.
    pub(crate) fn arrived(&mut self, time: i64) -> Option<(i64, WorldEvent)> {
        if self.waiting.peek()?.0.arrival >= time {
            return None;
        }
        self.waiting.pop().map(|Reverse(held)| (held.arrival, *held.event))
    }
}

fn changes_persons_or_groups(event: &WorldEvent) -> bool {
    matches!(
        event.event,
        "$identify" | "$create_alias" | "$merge_dangerously" | "$set" | "$groupidentify"
    ) || event.property("$set").is_some()
}
