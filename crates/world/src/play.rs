//! Playing a step: what it changes, and the event that tells of it.

use std::sync::Arc;

use crate::event::{WorldEvent, WorldValue};
use crate::flags::{EDITOR_FLAG, EXPERIMENT_FLAG, PALETTE_FLAG};
use crate::identifiers::{note_id, uuid_at};
use crate::interactions::{APP_ELEMENTS, BAD_RELEASE_FAILURE, Element, FAILURES, SIGN_UP_ELEMENT, SITE_ELEMENTS};
use crate::pages::{BILLING, Page, search_term};
use crate::properties::{Properties, groups, json, of_browser, path_of};
use crate::script::exception_after_pageview;
use crate::session::{Actor, Session, Step};
use crate::stage::Stage;

impl Stage {
    /// The event of `step` at the session's moment.
    pub(crate) fn play(&mut self, session: &mut Session, step: Step) -> WorldEvent {
        match step {
            Step::SignUp
            | Step::SignedUp
            | Step::LogIn
            | Step::GroupIdentify
            | Step::SetPerson(_)
            | Step::CreateAlias
            | Step::OldAccount(_)
            | Step::RefusedIdentify
            | Step::RefusedIllegal(_)
            | Step::PlanUpgraded
            | Step::SubscriptionCancelled => return self.play_identity(session, step),
            _ => {}
        }
        let before = (session.page, session.page_since);
        if let Step::Pageview(page) = step {
            self.open(session, page);
        }
        if step == Step::CheckoutStarted {
            session.page = BILLING;
        }
        let mut properties = self.properties(session);
        let name = match step {
            Step::Pageview(_) => "$pageview",
            Step::Pageleave => {
                let member = member_number(session);
                let seconds = ((session.now - before.1) / 1_000) as f64 / 1_000.0;
                properties.push(("$prev_pageview_pathname", path_of(before.0, member)));
                properties.push(("$prev_pageview_duration", seconds.into()));
                "$pageleave"
            }
            Step::Click | Step::RageClick | Step::DeadClick | Step::SubmitSignUp => {
                self.interaction(session, step, &mut properties)
            }
            Step::WebVitals => self.web_vitals(&mut properties),
            Step::Exception(is_bad_release) => {
                self.truths.releases.entry(session.version).or_default().exceptions += 1;
                let failure = if is_bad_release {
                    &BAD_RELEASE_FAILURE
                } else {
                    &FAILURES[self.random.weighted(&[40, 25, 15, 6, 14])]
                };
                properties.extend([
                    ("$exception_types", json(failure.types)),
                    ("$exception_values", json(failure.values)),
                    ("$exception_list", json(failure.list)),
                    ("$exception_level", "error".into()),
                ]);
                "$exception"
            }
            Step::FlagCalled(flag) => self.flag_called(session, flag, &mut properties),
            Step::LoggedIn => "logged_in",
            _ => self.work(session, step, &mut properties),
        };
        let identified = session.identified;
        self.event(session, name, Arc::clone(&session.distinct_id), properties, identified)
    }

    pub(crate) fn properties(&self, session: &Session) -> Properties {
        let member = match session.actor {
            Actor::Member(number) if session.identified => Some((number, &self.population.members[number as usize])),
            _ => None,
        };
        of_browser(session, member)
    }

    fn open(&mut self, session: &mut Session, page: Page) {
        session.page = page;
        session.page_since = session.now;
        session.has_left = false;
        if session.actor == Actor::Crawler {
            return;
        }
        let exception = exception_after_pageview(session, &mut self.random);
        self.truths.releases.entry(session.version).or_default().pageviews += 1;
        if let Some(step) = exception {
            session.queue.push_front(step);
        }
    }

    fn interaction(&mut self, session: &Session, step: Step, properties: &mut Properties) -> &'static str {
        let elements: &'static [Element] = if session.page.is_site() {
            &SITE_ELEMENTS
        } else {
            &APP_ELEMENTS
        };
        let element = match step {
            Step::SubmitSignUp => &SIGN_UP_ELEMENT,
            _ => &elements[self.random.skewed(0, elements.len() as i64 - 1) as usize],
        };
        properties.push(("$event_type", element.event_type.into()));
        properties.push(("$elements_chain", element.chain.into()));
        if !element.text.is_empty() {
            properties.push(("$el_text", element.text.into()));
        }
        match step {
            Step::RageClick => "$rageclick",
            Step::DeadClick => "$dead_click",
            _ => "$autocapture",
        }
    }

    fn web_vitals(&mut self, properties: &mut Properties) -> &'static str {
        let random = &mut self.random;
        let first = random.skewed(180, 2_600);
        properties.push(("$web_vitals_FCP_value", (first as f64).into()));
        properties.push((
            "$web_vitals_LCP_value",
            ((first + random.skewed(0, 2_400)) as f64).into(),
        ));
        properties.push(("$web_vitals_INP_value", (random.skewed(8, 520) as f64).into()));
        if random.chance(0.6) {
            properties.push(("$web_vitals_CLS_value", (random.skewed(0, 400) as f64 / 1_000.0).into()));
        }
        "$web_vitals"
    }

    fn flag_called(&self, session: &Session, flag: u8, properties: &mut Properties) -> &'static str {
        let member = &self.population.members[member_number(session) as usize];
        let truth = |on: bool| WorldValue::from(if on { "true" } else { "false" });
        let (key, response) = match (flag, member.variant) {
            (0, Some(variant)) => (EXPERIMENT_FLAG, variant.name().into()),
            (2, _) => (PALETTE_FLAG, truth(session.has_palette)),
            _ => (EDITOR_FLAG, truth(member.new_editor)),
        };
        properties.push(("$feature_flag", key.into()));
        properties.push(("$feature_flag_response", response));
        "$feature_flag_called"
    }

    /// What members do with notes.
    fn work(&mut self, session: &mut Session, step: Step, properties: &mut Properties) -> &'static str {
        let number = member_number(session);
        let random = &mut self.random;
        let member = &mut self.population.members[number as usize];
        let note = |note: u16| WorldValue::from(note_id(number, note));
        match step {
            Step::NoteCreated => {
                properties.push(("note_id", note(member.notes)));
                properties.push(("note_length", random.skewed(0, 600).into()));
                session.queue.push_front(Step::Pageview(Page::Note(1, member.notes)));
                member.notes = member.notes.saturating_add(1);
                if !member.activated {
                    member.activated = true;
                    if let Some(variant) = member.variant {
                        self.truths.first_note(variant, member.signed_up_at, session.now);
                    }
                }
                "note_created"
            }
            Step::NoteEdited | Step::NoteShared => {
                let number = if let Page::Note(_, number) = session.page {
                    number
                } else {
                    0
                };
                properties.push(("note_id", note(number)));
                properties.push(("note_length", random.skewed(20, 12_000).into()));
                if step == Step::NoteEdited {
                    "note_edited"
                } else {
                    "note_shared"
                }
            }
            Step::SearchPerformed => {
                if let Page::Search(term) = session.page {
                    properties.push(("search_term", search_term(term).replace('+', " ").into()));
                }
                properties.push(("results", random.skewed(0, 60).into()));
                "search_performed"
            }
            Step::FileUploaded => {
                properties.push(("upload_mb", (random.skewed(1, 24_000) as f64 / 1_000.0).into()));
                "file_uploaded"
            }
            Step::TemplateUsed => "template_used",
            Step::WorkspaceInvited => {
                let workspace = &mut self.population.workspaces[member.workspace as usize];
                workspace.seats = workspace.seats.saturating_add(1);
                properties.push(("seats", i64::from(workspace.seats).into()));
                if random.chance(0.5) {
                    session.queue.push_front(Step::GroupIdentify);
                }
                "workspace_invited"
            }
            _ => "checkout_started",
        }
    }

    /// An invoice, sent by the product's server and not by a browser.
    pub(crate) fn invoice(&mut self, number: u32, time: i64) -> WorldEvent {
        let day = crate::calendar::day_of(time);
        self.truths.event("invoice_paid", time);
        self.count_member(number, day);
        let member = &self.population.members[number as usize];
        let workspace = &mut self.population.workspaces[member.workspace as usize];
        if !workspace.seen {
            workspace.seen = true;
            self.truths.workspaces += 1;
        }
        let seats = if member.plan == crate::people::Plan::Team {
            workspace.seats
        } else {
            1
        };
        WorldEvent {
            uuid: uuid_at(time, &mut self.random),
            event: "invoice_paid",
            timestamp: time,
            distinct_id: Arc::clone(&member.distinct_id),
            session_id: None,
            properties: vec![
                ("$lib", "posthog-node".into()),
                ("$lib_version", "5.70.0".into()),
                ("$groups", groups(member.workspace)),
                ("plan", member.plan.name().into()),
                ("amount", (member.plan.price() * f64::from(seats)).into()),
                ("seats", i64::from(seats).into()),
            ],
        }
    }
}

/// The number of the session's member; 0 for others, whose pages hold no notes.
pub(crate) fn member_number(session: &Session) -> u32 {
    match session.actor {
        Actor::Member(number) => number,
        Actor::Visitor | Actor::Crawler => 0,
    }
}
