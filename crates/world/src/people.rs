//! Members and their workspaces: the only state that grows, by people and never by events.

use std::sync::Arc;

use uuid::Uuid;

use crate::calendar::DAYS;
use crate::flags::{Variant, has_new_editor};
use crate::identifiers::account_id;
use crate::random::Random;

/// A day that never comes.
pub(crate) const NEVER: i16 = i16::MAX;

/// What a member pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Free,
    Pro,
    Team,
}

impl Plan {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Team => "team",
        }
    }

    /// Dollars for a seat and a month.
    pub(crate) fn price(self) -> f64 {
        match self {
            Self::Free => 0.0,
            Self::Pro => 8.5,
            Self::Team => 12.75,
        }
    }
}

pub(crate) const ROLES: [&str; 6] = ["student", "engineer", "designer", "manager", "founder", "other"];

/// A group of type `workspace`.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) plan: Plan,
    pub(crate) seats: u16,
    pub(crate) industry: u8,
    /// Whether an event has named it.
    pub(crate) seen: bool,
}

const NAMES: [&str; 24] = [
    "Maple", "North", "Harbor", "Cedar", "Silver", "Juniper", "Copper", "Willow", "Summit", "River", "Amber",
    "Granite", "Orchard", "Meadow", "Falcon", "Beacon", "Lantern", "Cobalt", "Thistle", "Heron", "Quartz", "Fern",
    "Anchor", "Birch",
];
const KINDS: [&str; 10] = [
    "Studio", "Clinic", "Labs", "School", "Works", "Partners", "Press", "Foods", "Design", "Systems",
];
const INDUSTRIES: [&str; 6] = ["software", "education", "health", "media", "retail", "consulting"];

impl Workspace {
    pub(crate) fn name(number: u32) -> String {
        let number = number as usize;
        let turn = number / (NAMES.len() * KINDS.len());
        let (name, kind) = (NAMES[number % NAMES.len()], KINDS[(number / NAMES.len()) % KINDS.len()]);
        if turn == 0 {
            format!("{name} {kind}")
        } else {
            format!("{name} {kind} {}", turn + 1)
        }
    }

    pub(crate) fn industry(&self) -> &'static str {
        INDUSTRIES[usize::from(self.industry)]
    }
}

/// A person with an account.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) distinct_id: Arc<str>,
    /// The anonymous ids of up to two devices.
    pub(crate) devices: [Option<Uuid>; 2],
    pub(crate) profiles: [u8; 2],
    pub(crate) place: u8,
    pub(crate) role: u8,
    pub(crate) plan: Plan,
    pub(crate) workspace: u32,
    /// The day of the sign-up; negative for members from before the first day.
    pub(crate) joined: i16,
    /// The moment of `signed_up`; 0 for members from before.
    pub(crate) signed_up_at: i64,
    /// The day of the first note, the start of the second device, the day of the upgrade.
    pub(crate) first_note: i16,
    pub(crate) second_device: i16,
    pub(crate) upgrade: i16,
    pub(crate) paid_since: i16,
    /// How often the member comes against others of the same age.
    pub(crate) habit: f32,
    pub(crate) notes: u16,
    /// None for members from before the experiment.
    pub(crate) variant: Option<Variant>,
    pub(crate) new_editor: bool,
    pub(crate) activated: bool,
    /// Never comes back.
    pub(crate) gone: bool,
    /// Whether an event has carried the distinct id.
    pub(crate) seen: bool,
    /// Whether an `$identify` has named the distinct id, so that a store takes the person for identified.
    pub(crate) identified: bool,
    pub(crate) has_alias: bool,
    pub(crate) has_old_account: bool,
    /// No second session begins before this moment.
    pub(crate) busy_until: i64,
    /// The last day with an event, and with one under the distinct id.
    pub(crate) active_day: i16,
    pub(crate) identified_day: i16,
    /// One bit for each calendar week with an event.
    pub(crate) weeks: u16,
}

impl Member {
    /// The chance of a visit on a day, before the rhythm of the week.
    pub(crate) fn appetite(&self, day: usize) -> f64 {
        if self.gone {
            return 0.0;
        }
        let age = f64::from((day as i16 - self.joined).max(0));
        if self.activated {
            f64::from(self.habit) * (0.13 + 0.50 / (1.0 + age / 4.0))
        } else {
            f64::from(self.habit) * 0.22 / (1.0 + age / 3.0)
        }
    }
}

/// Everybody with an account, and their workspaces.
#[derive(Debug)]
pub(crate) struct Population {
    pub(crate) seed: u64,
    pub(crate) members: Vec<Member>,
    pub(crate) workspaces: Vec<Workspace>,
}

impl Population {
    /// The members from before the first day: active users of 20 to 400 days, about one in five paying.
    pub(crate) fn with_members(seed: u64, count: usize, random: &mut Random) -> Self {
        let mut population = Self {
            seed,
            members: Vec::new(),
            workspaces: Vec::new(),
        };
        for _ in 0..count {
            let joined = -(random.skewed(20, 400) as i16);
            let number = population.add_member(joined, random) as usize;
            let workspace = population.members[number].workspace as usize;
            let member = &mut population.members[number];
            member.activated = true;
            member.notes = random.skewed(3, 400) as u16;
            if random.chance(0.2) {
                let plan = if random.chance(0.6) { Plan::Pro } else { Plan::Team };
                member.plan = plan;
                member.paid_since = -(random.between(0, 29) as i16);
                population.workspaces[workspace].plan = plan;
            } else if random.chance(0.25) {
                member.upgrade = random.between(0, DAYS as i64 + 60) as i16;
            }
        }
        population
    }

    /// A new member on the free plan, in a new workspace or in one that exists.
    pub(crate) fn add_member(&mut self, joined: i16, random: &mut Random) -> u32 {
        let number = self.members.len() as u32;
        let workspace = if self.workspaces.is_empty() || random.chance(0.6) {
            self.workspaces.push(Workspace {
                plan: Plan::Free,
                seats: 0,
                industry: random.below(INDUSTRIES.len()) as u8,
                seen: false,
            });
            self.workspaces.len() - 1
        } else {
            self.workspaces.len() - 1 - random.skewed(0, self.workspaces.len() as i64 - 1) as usize
        };
        self.workspaces[workspace].seats = self.workspaces[workspace].seats.saturating_add(1);
        let distinct_id = account_id(self.seed, number);
        self.members.push(Member {
            devices: [None; 2],
            profiles: [0; 2],
            place: crate::devices::draw_place(random),
            role: random.weighted(&[14, 22, 14, 24, 10, 16]) as u8,
            plan: Plan::Free,
            workspace: workspace as u32,
            joined,
            signed_up_at: 0,
            first_note: NEVER,
            second_device: if random.chance(0.3) {
                joined.max(0) + random.between(1, 40) as i16
            } else {
                NEVER
            },
            upgrade: NEVER,
            paid_since: NEVER,
            habit: 0.4 + 1.4 * random.unit() as f32,
            notes: 0,
            variant: None,
            new_editor: has_new_editor(&distinct_id),
            activated: false,
            gone: false,
            seen: false,
            identified: false,
            has_alias: false,
            has_old_account: false,
            busy_until: 0,
            active_day: -1,
            identified_day: -1,
            weeks: 0,
            distinct_id: distinct_id.into(),
        });
        let member = &mut self.members[number as usize];
        member.profiles = [
            crate::devices::draw_profile(random, 0.15),
            crate::devices::draw_profile(random, 0.75),
        ];
        number
    }

    /// A member whom a store knows as identified, other than `except`.
    pub(crate) fn identified_member(&self, except: u32, random: &mut Random) -> Option<u32> {
        (0..8)
            .map(|_| random.below(self.members.len()) as u32)
            .find(|number| *number != except && self.members[*number as usize].identified)
    }
}
