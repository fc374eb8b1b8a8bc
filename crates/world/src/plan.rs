//! Who comes on a day, and when: growth, the week, retention, and the size that was asked for.

use crate::calendar::{BROWSING, DAY, DAYS, END, HOUR, HOURS, SECOND, START, WORK, growth, weekday};
use crate::devices::PLACES;
use crate::people::{NEVER, Plan};
use crate::random::Random;
use crate::stage::{Return, Stage, invoice_time};

/// Something that begins at a moment of the day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) start: i64,
    /// Free steps of the session.
    pub(crate) length: u16,
    pub(crate) who: Who,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    Visitor,
    Returning(Return),
    Member(u32),
    Crawler,
    Invoice(u32),
}

/// Members from before the first day, new visitors and crawls, each for an event that was asked for. Found
/// by measuring, so that visitors need little correction to reach the size.
pub(crate) const MEMBERS: f64 = 0.001_05;
const VISITORS: f64 = 0.000_225;
const CRAWLS: f64 = 0.000_032;

/// What a planned session comes to beyond its free steps, in events.
const VISIT_EVENTS: f64 = 7.0;
const MEMBER_EXTRA: f64 = 4.5;

/// How far the number of visitors may leave its curve to bring the world to its size.
const CORRECTION: (f64, f64) = (0.5, 1.6);

/// The share of all events that lies before the end of each day.
fn share_until(day: usize) -> f64 {
    let rhythm = |day: usize| growth(day) * (0.68 * WORK[weekday(day)] + 0.32 * BROWSING[weekday(day)]);
    let until: f64 = (0..=day).map(rhythm).sum();
    until / (0..DAYS).map(rhythm).sum::<f64>()
}

/// The sessions that begin on `day`, in order of time.
pub(crate) fn plan_day(stage: &mut Stage, day: usize) -> Vec<Planned> {
    let mut planned = Vec::new();
    let scale = stage.truths.wanted_events as f64;
    let day_start = START + day as i64 * DAY;
    plan_members(stage, day, day_start, &mut planned);
    let crawls = {
        let mood = 0.8 + 0.4 * stage.random.unit();
        stage.random.rounded(scale * CRAWLS * mood)
    };
    for _ in 0..crawls {
        let start = not_too_late(day_start + stage.random.between(0, DAY - 1));
        planned.push(Planned {
            start,
            length: stage.random.skewed(5, 60) as u16,
            who: Who::Crawler,
        });
    }
    for back in std::mem::take(&mut stage.returns[day]) {
        let start = moment(
            day_start,
            PLACES[usize::from(back.place())].hours_ahead,
            &mut stage.random,
        );
        planned.push(Planned {
            start,
            length: stage.random.skewed(2, 10) as u16,
            who: Who::Returning(back),
        });
    }
    let expected: f64 = planned.iter().map(expected_events).sum();
    let missing = scale * share_until(day) - stage.truths.events as f64 - expected;
    let usual = scale * VISITORS * growth(day) * BROWSING[weekday(day)];
    let visitors = (missing / VISIT_EVENTS).clamp(usual * CORRECTION.0, usual * CORRECTION.1);
    for _ in 0..stage.random.rounded(visitors) {
        // The place is drawn with the visitor; most of the audience lives between these two offsets.
        let hours_ahead = if stage.random.chance(0.45) { -5 } else { 2 };
        let start = moment(day_start, hours_ahead, &mut stage.random);
        planned.push(Planned {
            start,
            length: stage.random.skewed(1, 12) as u16,
            who: Who::Visitor,
        });
    }
    planned.sort_by_key(|planned| planned.start);
    planned
}

fn expected_events(planned: &Planned) -> f64 {
    match planned.who {
        Who::Invoice(_) => 1.0,
        Who::Crawler => f64::from(planned.length) + 1.0,
        Who::Visitor | Who::Returning(_) => VISIT_EVENTS,
        Who::Member(_) => f64::from(planned.length) * 1.12 + MEMBER_EXTRA,
    }
}

fn plan_members(stage: &mut Stage, day: usize, day_start: i64, planned: &mut Vec<Planned>) {
    let today = day as i16;
    for number in 0..stage.population.members.len() {
        let random = &mut stage.random;
        let member = &mut stage.population.members[number];
        let who = number as u32;
        if member.paid_since != NEVER
            && member.plan != Plan::Free
            && member.seen
            && today > member.paid_since
            && (today - member.paid_since) % 30 == 0
        {
            planned.push(Planned {
                start: invoice_time(day_start, random),
                length: 0,
                who: Who::Invoice(who),
            });
        }
        let waits = member.first_note != NEVER && !member.activated;
        if !waits && !member.gone && random.chance(if member.activated { 0.004 } else { 0.05 }) {
            member.gone = true;
        }
        let must_come = (waits && member.first_note <= today) || (member.upgrade == today && member.activated);
        let appetite = member.appetite(day) * WORK[weekday(day)];
        if !must_come && !random.chance(appetite.min(0.97)) {
            continue;
        }
        let hours_ahead = PLACES[usize::from(member.place)].hours_ahead;
        let start = moment(day_start, hours_ahead, random);
        let length = random.skewed(4, 30) as u16;
        planned.push(Planned {
            start,
            length,
            who: Who::Member(who),
        });
        let again = start + random.between(4 * 3_600, 9 * 3_600) * SECOND;
        if random.chance(0.3) && again < day_start + DAY {
            let length = random.skewed(3, 20) as u16;
            planned.push(Planned {
                start: not_too_late(again),
                length,
                who: Who::Member(who),
            });
        }
    }
}

/// A moment of the day at which somebody who lives some hours ahead of UTC is awake.
fn moment(day_start: i64, hours_ahead: i64, random: &mut Random) -> i64 {
    let hour = (random.weighted(&HOURS) as i64 - hours_ahead).rem_euclid(24);
    not_too_late(day_start + hour * HOUR + random.between(0, 3_599_999) * 1_000)
}

/// In the last hour nothing begins: sign-ups and log-ins need some minutes, and half of one has no truth.
fn not_too_late(start: i64) -> i64 {
    let start = start - start % 1_000;
    if start >= END - HOUR { start - HOUR } else { start }
}
