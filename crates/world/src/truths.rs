//! What is true of a world, counted while it is made and without any store.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calendar::{DAY, DAYS, WEEKS, day_of, week_of};
use crate::flags::Variant;
use crate::people::Population;
use crate::sources::{Origin, SOURCES};

/// The numbers that a store of the world's events has to find again.
///
/// They count unique events, that is by uuid, by their timestamp in UTC. "Person" means what is left after
/// all merges that the rules of PostHog allow, with the events before a merge counted to the merged person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Truths {
    pub seed: u64,
    /// The size that was asked for.
    pub wanted_events: u64,
    /// Unique events.
    pub events: u64,
    /// Events that the iterator yielded: `events` and `duplicates`.
    pub yielded: u64,
    /// Events that repeat one with the same uuid, equal in every byte.
    pub duplicates: u64,
    /// Unique events that arrived ten minutes to three days after their timestamp.
    pub late: u64,
    pub events_by_name: BTreeMap<&'static str, u64>,
    /// 90 numbers, from 2026-04-02.
    pub events_by_day: Vec<u64>,
    /// Persons, and ids without a person, with at least one event on the day; crawlers included.
    pub active_by_day: Vec<u64>,
    /// Persons with at least one event on the day whose `$is_identified` is true.
    pub identified_by_day: Vec<u64>,
    /// `cohorts[c][w]`: persons whose `signed_up` lies in calendar week `c` and who have an event in week
    /// `c + w`. Weeks begin on Monday; week 0 is the one of 2026-04-02 and has four days, the last has two.
    pub cohorts: Vec<Vec<u64>>,
    /// Distinct session ids.
    pub sessions: u64,
    /// Persons with a profile.
    pub persons: u64,
    /// Distinct ids of which no event made a profile and that no merge gave to a person.
    pub personless: u64,
    /// Ids that occur as a distinct id, as `$anon_distinct_id` or as `alias`, without the illegal ones.
    pub distinct_ids: u64,
    pub merges: Merges,
    /// Keys of the group type `workspace` in `$groups` or `$group_key`.
    pub workspaces: u64,
    /// Persons by the last value of their property `plan`.
    pub persons_by_plan: BTreeMap<&'static str, u64>,
    /// The experiment `onboarding-checklist` by variant.
    pub experiment: BTreeMap<&'static str, Funnel>,
    /// By `app_version`; crawlers not counted.
    pub releases: BTreeMap<&'static str, Release>,
    pub crawlers: Crawlers,
    /// By traffic source: `search`, `direct`, `ads`, `newsletter`.
    pub sources: BTreeMap<&'static str, Acquisition>,
}

/// What became of `$identify`, `$create_alias` and `$merge_dangerously`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Merges {
    /// `$identify` that joined an anonymous id.
    pub identify: u64,
    /// `$create_alias` that joined a new id.
    pub alias: u64,
    /// `$merge_dangerously` that joined two identified persons.
    pub dangerous: u64,
    /// `$identify` with the id of an identified person as `$anon_distinct_id`: refused.
    pub refused_identified: u64,
    /// `$identify` or `$create_alias` with an illegal id, `undefined` or `null`: refused.
    pub refused_illegal: u64,
}

/// The way from `signed_up` to the first `note_created`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Persons with `signed_up`.
    pub signed_up: u64,
    /// Of those, persons with a `note_created` at most seven days (7 × 24 hours) later.
    pub converted: u64,
    /// `signed_up` and `converted` again, for sign-ups whose seven days end before the world does.
    pub mature_signed_up: u64,
    pub mature_converted: u64,
}

/// Pageviews and exceptions of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Release {
    pub pageviews: u64,
    pub exceptions: u64,
}

/// The traffic of crawlers. Each of their sessions has a distinct id of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Crawlers {
    pub events: u64,
    pub sessions: u64,
}

/// Visits from one source: sessions that began on the public site, crawlers and log-ins not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Acquisition {
    pub visits: u64,
    /// `signed_up` in these sessions. Second visits are `direct`.
    pub signed_up: u64,
}

/// Seven days in microseconds.
pub(crate) const CONVERSION_WINDOW: i64 = 7 * DAY;

impl Truths {
    pub(crate) fn new(seed: u64, wanted_events: u64) -> Self {
        Self {
            seed,
            wanted_events,
            events_by_day: vec![0; DAYS],
            active_by_day: vec![0; DAYS],
            identified_by_day: vec![0; DAYS],
            ..Self::default()
        }
    }

    pub(crate) fn event(&mut self, name: &'static str, timestamp: i64) {
        self.events += 1;
        *self.events_by_name.entry(name).or_default() += 1;
        self.events_by_day[day_of(timestamp)] += 1;
    }

    /// A distinct id without a profile.
    pub(crate) fn anonymous_id(&mut self) {
        self.distinct_ids += 1;
        self.personless += 1;
    }

    /// A distinct id with a profile of its own.
    pub(crate) fn person(&mut self) {
        self.distinct_ids += 1;
        self.persons += 1;
    }

    pub(crate) fn acquisition(&mut self, origin: Origin) -> &mut Acquisition {
        self.sources.entry(SOURCES[origin.source as usize]).or_default()
    }

    pub(crate) fn signed_up(&mut self, variant: Variant, at: i64) {
        let funnel = self.experiment.entry(variant.name()).or_default();
        funnel.signed_up += 1;
        funnel.mature_signed_up += u64::from(is_mature(at));
    }

    /// The first note of somebody who signed up.
    pub(crate) fn first_note(&mut self, variant: Variant, signed_up_at: i64, at: i64) {
        if at - signed_up_at <= CONVERSION_WINDOW {
            let funnel = self.experiment.entry(variant.name()).or_default();
            funnel.converted += 1;
            funnel.mature_converted += u64::from(is_mature(signed_up_at));
        }
    }

    /// What can only be said at the end.
    pub(crate) fn close(&mut self, population: &Population) {
        self.yielded = self.events + self.duplicates;
        self.cohorts = (0..WEEKS).map(|week| vec![0; WEEKS - week]).collect();
        for member in population.members.iter().filter(|member| member.seen) {
            *self.persons_by_plan.entry(member.plan.name()).or_default() += 1;
            if member.signed_up_at > 0 {
                let first = week_of(day_of(member.signed_up_at));
                for week in first..WEEKS {
                    self.cohorts[first][week - first] += u64::from(member.weeks >> week & 1);
                }
            }
        }
    }
}

fn is_mature(signed_up_at: i64) -> bool {
    signed_up_at + CONVERSION_WINDOW < crate::calendar::END
}
