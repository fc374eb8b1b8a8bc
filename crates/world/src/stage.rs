//! Everything that lives while a world is made, and how sessions begin in it.

use std::sync::Arc;

use uuid::Uuid;

use crate::calendar::{DAYS, HOUR, MILLISECOND, SECOND, day_of, week_of};
use crate::devices::{CRAWLER_WEIGHTS, draw_place, draw_profile};
use crate::event::WorldEvent;
use crate::identifiers::uuid_at;
use crate::pages::{HOME, LOG_IN, PRICING, Page};
use crate::people::{Plan, Population};
use crate::properties::Properties;
use crate::random::Random;
use crate::session::{Actor, Session, Step};
use crate::sources::{Origin, Source};
use crate::truths::Truths;

/// A visitor who comes back, still without an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Return {
    device: Uuid,
    profile: u8,
    place: u8,
}

impl Return {
    pub(crate) fn place(self) -> u8 {
        self.place
    }
}

/// The people, the chance and the count of a world.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) random: Random,
    pub(crate) population: Population,
    pub(crate) truths: Truths,
    /// Who comes back on which day.
    pub(crate) returns: Vec<Vec<Return>>,
}

/// The chance that a visitor signs up in the second visit.
const RETURN_CONVERSION: f64 = 0.08;

impl Stage {
    pub(crate) fn visitor(&mut self, start: i64, length: u16) -> Session {
        let random = &mut self.random;
        let mut session = Session::new(Actor::Visitor, start, length, random);
        session.origin = Origin::draw(random);
        session.profile = draw_profile(random, 0.42);
        session.place = draw_place(random);
        session.be_anonymous(session.device);
        session.signs_up = random.chance(session.origin.conversion());
        let page = match (session.origin.source, random.below(10)) {
            (Source::Ads, 0..4) => PRICING,
            (Source::Ads | Source::Direct, _) | (_, 0..2) => HOME,
            (Source::Search, _) => Page::Site(7 + random.below(20) as u8),
            (Source::Newsletter, _) => Page::Site(15 + random.below(6) as u8),
        };
        session.enter(page);
        let day = day_of(start) + random.between(2, 9) as usize;
        if !session.signs_up && day < DAYS && random.chance(0.25) {
            let (device, profile, place) = (session.device, session.profile, session.place);
            self.returns[day].push(Return { device, profile, place });
        }
        session
    }

    pub(crate) fn returning(&mut self, back: Return, start: i64, length: u16) -> Session {
        let mut session = Session::new(Actor::Visitor, start, length, &mut self.random);
        session.profile = back.profile;
        session.place = back.place;
        session.is_new = false;
        session.be_anonymous(back.device);
        session.signs_up = self.random.chance(RETURN_CONVERSION);
        session.enter(HOME);
        session
    }

    pub(crate) fn crawler(&mut self, start: i64, length: u16) -> Session {
        let mut session = Session::new(Actor::Crawler, start, length, &mut self.random);
        session.profile = self.random.weighted(&CRAWLER_WEIGHTS) as u8;
        session.be_anonymous(session.device);
        session.enter(HOME);
        session
    }

    /// A member's visit; None if the one before still goes on.
    pub(crate) fn member(&mut self, number: u32, start: i64, length: u16) -> Option<Session> {
        let random = &mut self.random;
        let mut session = Session::new(Actor::Member(number), start, length, random);
        let day = day_of(start) as i16;
        let member = &mut self.population.members[number as usize];
        if start < member.busy_until {
            return None;
        }
        // The longest session has some 70 steps of at most 95 seconds.
        member.busy_until = start + 3 * HOUR;
        session.device_number = usize::from(day >= member.second_device && random.chance(0.4));
        session.profile = member.profiles[session.device_number];
        session.place = member.place;
        if let Some(device) = member.devices[session.device_number] {
            session.device = device;
            session.is_new = false;
            session.be_member(&member.distinct_id);
            session.enter(Page::App(0));
        } else {
            session.be_anonymous(session.device);
            session.enter(LOG_IN);
            session
                .queue
                .extend([Step::LogIn, Step::LoggedIn, Step::Pageview(Page::App(0))]);
        }
        let plans = &mut session.plans;
        if !member.activated && member.first_note <= day {
            plans.push_back(Step::NoteCreated);
        }
        if member.activated && member.plan == Plan::Free && member.upgrade <= day {
            plans.extend([Step::CheckoutStarted, Step::PlanUpgraded, Step::GroupIdentify]);
        } else if member.plan != Plan::Free && random.chance(0.012) {
            plans.extend([Step::SubscriptionCancelled, Step::GroupIdentify]);
        }
        if session.identified {
            self.trouble_with_ids(number, &mut session);
        }
        Some(session)
    }

    /// What goes wrong with ids, now and then.
    fn trouble_with_ids(&mut self, number: u32, session: &mut Session) {
        let member = &mut self.population.members[number as usize];
        let draw = self.random.unit();
        if draw < 0.005 && !member.has_alias {
            member.has_alias = true;
            session.plans.push_back(Step::CreateAlias);
        } else if (0.005..0.0075).contains(&draw) && !member.has_old_account {
            member.has_old_account = true;
            session.queue.extend([0, 1, 2, 3].map(Step::OldAccount));
        } else if (0.01..0.0135).contains(&draw) {
            session.plans.push_back(Step::RefusedIdentify);
        } else if (0.02..0.0235).contains(&draw) {
            session.plans.push_back(Step::RefusedIllegal(draw < 0.0215));
        }
    }

    /// The event of a step that was played, counted.
    pub(crate) fn event(
        &mut self,
        session: &mut Session,
        event: &'static str,
        distinct_id: Arc<str>,
        properties: Properties,
        identified: bool,
    ) -> WorldEvent {
        self.truths.event(event, session.now);
        self.count_session(session);
        self.count_activity(session, identified);
        WorldEvent {
            uuid: uuid_at(session.now, &mut self.random),
            event,
            timestamp: session.now,
            distinct_id,
            session_id: Some(session.id),
            properties,
        }
    }

    fn count_session(&mut self, session: &mut Session) {
        if session.actor == Actor::Crawler {
            self.truths.crawlers.events += 1;
        }
        if session.counted {
            return;
        }
        session.counted = true;
        self.truths.sessions += 1;
        if session.is_new {
            self.truths.anonymous_id();
        }
        match session.actor {
            Actor::Crawler => self.truths.crawlers.sessions += 1,
            Actor::Visitor => self.truths.acquisition(session.origin).visits += 1,
            Actor::Member(_) => {}
        }
    }

    fn count_activity(&mut self, session: &mut Session, identified: bool) {
        let day = day_of(session.now);
        let Actor::Member(number) = session.actor else {
            if session.active_day != day as i16 {
                session.active_day = day as i16;
                self.truths.active_by_day[day] += 1;
            }
            return;
        };
        self.count_member(number, day);
        let member = &mut self.population.members[number as usize];
        if identified && member.identified_day != day as i16 {
            member.identified_day = day as i16;
            self.truths.identified_by_day[day] += 1;
        }
        let workspace = &mut self.population.workspaces[member.workspace as usize];
        if session.identified && !workspace.seen {
            workspace.seen = true;
            self.truths.workspaces += 1;
        }
    }

    pub(crate) fn count_member(&mut self, number: u32, day: usize) {
        let member = &mut self.population.members[number as usize];
        member.weeks |= 1 << week_of(day);
        if member.active_day != day as i16 {
            member.active_day = day as i16;
            self.truths.active_by_day[day] += 1;
        }
    }

    /// How long it takes until `step` follows; microseconds.
    pub(crate) fn pause_before(&mut self, step: Step) -> i64 {
        if step.is_immediate() {
            self.random.between(40, 900) * MILLISECOND
        } else {
            self.random.skewed(2_000, 95_000) * MILLISECOND
        }
    }
}

/// A visit by a server, such as an invoice, has no session; its moment lies at night.
pub(crate) fn invoice_time(day_start: i64, random: &mut Random) -> i64 {
    day_start + random.between(3_600, 4 * 3_600) * SECOND
}
