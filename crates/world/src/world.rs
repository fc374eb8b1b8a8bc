//! The iterator: sessions of all people, merged in order of time, delivered in order of arrival.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::calendar::{DAY, DAYS, END, START};
use crate::delivery::Delivery;
use crate::event::WorldEvent;
use crate::people::Population;
use crate::plan::{MEMBERS, Planned, Who, plan_day};
use crate::random::Random;
use crate::script::next_step;
use crate::session::{Session, Step};
use crate::stage::Stage;
use crate::truths::Truths;

/// The smallest and the largest size for which the promises of a world hold, in unique events.
pub const SIZES: std::ops::RangeInclusive<u64> = 300_000..=100_000_000;

/// A seeded world: yields its events in the order in which they arrive at a store.
///
/// Two worlds with the same seed and size are equal to the last byte, on every platform. Memory grows with
/// the people (some 150 bytes for each account), the sessions of one day (32 bytes each) and the few events
/// on their way; never with the events.
///
/// ```
/// let mut world = hedgerow_world::World::new(7, 300_000);
/// let first = world.next();
/// assert!(first.is_some_and(|event| event.timestamp >= hedgerow_world::START));
/// assert!(world.truths().is_none(), "truths are complete when every event was taken");
/// ```
#[derive(Debug)]
pub struct World {
    stage: Stage,
    /// How many days are planned, and what of the last of them has not begun.
    days: usize,
    planned: std::vec::IntoIter<Planned>,
    /// Running sessions by the moment of their next step, which stands beside them.
    running: BinaryHeap<Reverse<(i64, u64, usize)>>,
    sessions: Vec<Option<(Session, Step)>>,
    free: Vec<usize>,
    begun: u64,
    delivery: Delivery,
    arrival: i64,
    is_over: bool,
}

impl World {
    /// A world of about `events` unique events (within 3 % for sizes in [`SIZES`]).
    #[must_use]
    pub fn new(seed: u64, events: u64) -> Self {
        let mut random = Random::new(seed);
        let members = (events as f64 * MEMBERS) as usize;
        let population = Population::with_members(seed, members.max(1), &mut random);
        Self {
            stage: Stage {
                random,
                population,
                truths: Truths::new(seed, events),
                returns: (0..DAYS).map(|_| Vec::new()).collect(),
            },
            days: 0,
            planned: Vec::new().into_iter(),
            running: BinaryHeap::new(),
            sessions: Vec::new(),
            free: Vec::new(),
            begun: 0,
            delivery: Delivery::default(),
            arrival: START,
            is_over: false,
        }
    }

    /// When the event that was yielded last arrived: its timestamp, or later if it was late or repeated.
    /// Microseconds since 1970-01-01 UTC; never goes back.
    #[must_use]
    pub fn arrival(&self) -> i64 {
        self.arrival
    }

    /// What is true of the world; None until the iterator has returned None.
    #[must_use]
    pub fn truths(&self) -> Option<&Truths> {
        self.is_over.then_some(&self.stage.truths)
    }

    /// Makes a whole world and keeps only its truths.
    #[must_use]
    pub fn truths_of(seed: u64, events: u64) -> Truths {
        let mut world = Self::new(seed, events);
        while world.next().is_some() {}
        world.stage.truths
    }

    /// The moment of the next thing to happen; None when nothing will.
    fn upcoming(&self) -> Option<i64> {
        let running = self.running.peek().map(|Reverse((time, _, _))| *time);
        let planned = self.planned.as_slice().first().map(|planned| planned.start);
        let day = (planned.is_none() && self.days < DAYS).then(|| START + self.days as i64 * DAY);
        [running, planned, day].into_iter().flatten().min()
    }

    /// Lets the next thing happen, which is not always an event.
    fn advance(&mut self, time: i64) -> Option<WorldEvent> {
        if self.planned.as_slice().is_empty() && self.days < DAYS && time >= START + self.days as i64 * DAY {
            self.planned = plan_day(&mut self.stage, self.days).into_iter();
            self.days += 1;
            return None;
        }
        if self
            .planned
            .as_slice()
            .first()
            .is_some_and(|planned| planned.start <= time)
        {
            let planned = self.planned.next()?;
            return self.begin(planned);
        }
        let Reverse((_, _, slot)) = self.running.pop()?;
        let (mut session, step) = self.sessions[slot].take()?;
        self.free.push(slot);
        if session.now >= END {
            return None;
        }
        let event = self.stage.play(&mut session, step);
        self.follow(session);
        Some(event)
    }

    fn begin(&mut self, planned: Planned) -> Option<WorldEvent> {
        let Planned { start, length, who } = planned;
        let session = match who {
            Who::Visitor => Some(self.stage.visitor(start, length)),
            Who::Returning(back) => Some(self.stage.returning(back, start, length)),
            Who::Member(number) => self.stage.member(number, start, length),
            Who::Crawler => Some(self.stage.crawler(start, length)),
            Who::Invoice(number) => return Some(self.stage.invoice(number, start)),
        };
        self.follow(session?);
        None
    }

    /// Sets a session's next step, or lets the session go.
    fn follow(&mut self, mut session: Session) {
        let Some(step) = next_step(&mut session, &self.stage.population, &mut self.stage.random) else {
            return;
        };
        if session.counted {
            session.now += self.stage.pause_before(step);
        }
        let slot = self.free.pop().unwrap_or(self.sessions.len());
        self.begun += 1;
        self.running.push(Reverse((session.now, self.begun, slot)));
        if slot == self.sessions.len() {
            self.sessions.push(None);
        }
        self.sessions[slot] = Some((session, step));
    }
}

impl Iterator for World {
    type Item = WorldEvent;

    fn next(&mut self) -> Option<WorldEvent> {
        loop {
            let upcoming = self.upcoming();
            if let Some((arrival, event)) = self.delivery.arrived(upcoming.unwrap_or(i64::MAX)) {
                self.arrival = arrival;
                return Some(event);
            }
            let Some(time) = upcoming else {
                if !self.is_over {
                    self.is_over = true;
                    self.stage.truths.close(&self.stage.population);
                }
                return None;
            };
            let Some(event) = self.advance(time) else { continue };
            let timestamp = event.timestamp;
            let Stage { random, truths, .. } = &mut self.stage;
            if let Some(event) = self.delivery.send(event, random, truths) {
                self.arrival = timestamp;
                return Some(event);
            }
        }
    }
}

impl std::iter::FusedIterator for World {}
