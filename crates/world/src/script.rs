//! What a session does next.

use crate::calendar::BAD_VERSION;
use crate::interactions::{BAD_RELEASE_FACTOR, EXCEPTION_RATE};
use crate::pages::{APP, NOTE, PRICING, Page, SIGN_UP, SITE, WELCOME};
use crate::people::{Member, Population};
use crate::random::Random;
use crate::session::{Actor, Session, Step};

/// The next step of a session, or None when it is over.
pub(crate) fn next_step(session: &mut Session, population: &Population, random: &mut Random) -> Option<Step> {
    if let Some(step) = session.queue.pop_front() {
        return Some(step);
    }
    let is_planned = session.remaining == 0 || session.remaining.is_multiple_of(3);
    if is_planned && let Some(step) = session.plans.pop_front() {
        session.remaining = session.remaining.saturating_sub(1);
        return Some(step);
    }
    if session.remaining == 0 {
        return end_of(session, random);
    }
    session.remaining -= 1;
    Some(match session.actor {
        Actor::Crawler => Step::Pageview(site_page(random)),
        Actor::Visitor => visitor_step(session, random),
        Actor::Member(_) if !session.identified => visitor_step(session, random),
        Actor::Member(number) => member_step(session, &population.members[number as usize], random),
    })
}

fn end_of(session: &mut Session, random: &mut Random) -> Option<Step> {
    if session.signs_up {
        session.signs_up = false;
        session.remaining = random.skewed(5, 24) as u16;
        session.queue.extend([
            Step::SubmitSignUp,
            Step::SignUp,
            Step::SignedUp,
            Step::GroupIdentify,
            Step::FlagCalled(0),
            Step::Pageview(WELCOME),
        ]);
        return Some(Step::Pageview(SIGN_UP));
    }
    if session.actor != Actor::Crawler && !session.has_left && random.chance(0.85) {
        session.has_left = true;
        return Some(Step::Pageleave);
    }
    None
}

fn visitor_step(session: &mut Session, random: &mut Random) -> Step {
    match random.weighted(&[46, 30, 14, 1, 1]) {
        0 => leave_for(
            session,
            if random.chance(0.12) {
                PRICING
            } else {
                site_page(random)
            },
            random,
        ),
        1 => Step::Click,
        2 => Step::WebVitals,
        3 => Step::RageClick,
        _ => Step::DeadClick,
    }
}

fn member_step(session: &mut Session, member: &Member, random: &mut Random) -> Step {
    // Who has not written yet looks around; who has works.
    const LOOKING: [u16; 14] = [40, 34, 0, 0, 0, 5, 0, 3, 1, 10, 2, 1, 2, 1];
    const WORKING: [u16; 14] = [30, 22, 16, 7, 4, 7, 2, 2, 1, 7, 1, 1, 2, 1];
    match random.weighted(if member.activated { &WORKING } else { &LOOKING }) {
        0 => leave_for(session, app_page(member, random), random),
        1 => Step::Click,
        2 => on_a_note(session, member, Step::NoteEdited, random),
        3 => Step::NoteCreated,
        4 => on_a_note(session, member, Step::NoteShared, random),
        5 => {
            let term = if random.chance(0.6) {
                random.skewed(0, 999)
            } else {
                random.skewed(0, 60_000)
            };
            session.queue.push_back(Step::SearchPerformed);
            leave_for(session, Page::Search(term as u32), random)
        }
        6 => Step::FileUploaded,
        7 => Step::TemplateUsed,
        8 => Step::WorkspaceInvited,
        9 => Step::WebVitals,
        10 => Step::RageClick,
        11 => Step::DeadClick,
        12 => Step::FlagCalled(1 + random.below(2) as u8),
        _ => Step::SetPerson(random.below(3) as u8),
    }
}

/// A pageview of `page`, most often after the leave of the page before.
fn leave_for(session: &mut Session, page: Page, random: &mut Random) -> Step {
    if random.chance(0.45) {
        session.queue.push_front(Step::Pageview(page));
        return Step::Pageleave;
    }
    Step::Pageview(page)
}

/// `step` on the page of a note, which is opened first if it isn't open.
fn on_a_note(session: &mut Session, member: &Member, step: Step, random: &mut Random) -> Step {
    if matches!(session.page, Page::Note(..)) || member.notes == 0 {
        return step;
    }
    session.remaining = session.remaining.saturating_sub(1);
    session.queue.push_back(step);
    leave_for(session, note_page(member, random), random)
}

fn site_page(random: &mut Random) -> Page {
    weighted_page(SITE.iter().map(|page| page.weight), random, Page::Site)
}

fn app_page(member: &Member, random: &mut Random) -> Page {
    if member.notes > 0 && random.chance(0.45) {
        return note_page(member, random);
    }
    weighted_page(APP.iter().map(|page| page.weight), random, Page::App)
}

fn note_page(member: &Member, random: &mut Random) -> Page {
    // Young notes are opened more than old ones.
    let note = member.notes - 1 - random.skewed(0, i64::from(member.notes) - 1) as u16;
    weighted_page(NOTE.iter().map(|page| page.weight), random, |form| {
        Page::Note(form, note)
    })
}

fn weighted_page(weights: impl Iterator<Item = u16> + Clone, random: &mut Random, page: impl Fn(u8) -> Page) -> Page {
    let mut rest = random.below(weights.clone().map(usize::from).sum());
    for (number, weight) in weights.enumerate() {
        match rest.checked_sub(usize::from(weight)) {
            Some(left) => rest = left,
            None => return page(number as u8),
        }
    }
    page(0)
}

/// Whether a pageview of this session is followed by an exception, and by which.
pub(crate) fn exception_after_pageview(session: &Session, random: &mut Random) -> Option<Step> {
    if session.actor == Actor::Crawler {
        return None;
    }
    let draw = random.unit();
    if draw < EXCEPTION_RATE {
        return Some(Step::Exception(false));
    }
    let is_bad = session.version == BAD_VERSION && draw < EXCEPTION_RATE * BAD_RELEASE_FACTOR;
    is_bad.then_some(Step::Exception(true))
}
