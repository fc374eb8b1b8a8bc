//! The steps that change who somebody is: sign-up, log-in, merges, person and group properties.

use std::sync::Arc;

use crate::calendar::{BAD_VERSION, day_of};
use crate::event::WorldEvent;
use crate::flags::{BAD_RELEASE_CONVERSION, Variant};
use crate::identifiers::{customer_id, old_account_id, workspace_key};
use crate::pages::HOME;
use crate::people::{Member, Plan, ROLES, Workspace};
use crate::play::member_number;
use crate::properties::{Properties, json, of_browser};
use crate::session::{Actor, Session, Step, device_text};
use crate::stage::Stage;

impl Stage {
    pub(crate) fn play_identity(&mut self, session: &mut Session, step: Step) -> WorldEvent {
        match step {
            Step::SignUp => self.sign_up(session),
            Step::LogIn => self.log_in(session),
            Step::OldAccount(part) => self.old_account(session, part),
            _ => {
                let mut properties = self.properties(session);
                let name = self.change(session, step, &mut properties);
                self.event(session, name, Arc::clone(&session.distinct_id), properties, true)
            }
        }
    }

    /// The `$identify` of a new account, with everything that is decided about the new member.
    fn sign_up(&mut self, session: &mut Session) -> WorldEvent {
        let random = &mut self.random;
        let day = day_of(session.now) as i16;
        let number = self.population.add_member(day, random);
        let member = &mut self.population.members[number as usize];
        let variant = Variant::of(&member.distinct_id);
        let damage = if session.version == BAD_VERSION {
            BAD_RELEASE_CONVERSION
        } else {
            1.0
        };
        member.variant = Some(variant);
        member.profiles[0] = session.profile;
        member.place = session.place;
        member.devices[0] = Some(session.device);
        member.busy_until = session.now + 3 * crate::calendar::HOUR;
        member.active_day = session.active_day;
        if random.chance(variant.conversion() * damage) {
            member.first_note = day;
            if random.chance(0.6) {
                session.plans.push_back(Step::NoteCreated);
            } else {
                // Not later than the fifth day, so that it always lies within seven times 24 hours.
                member.first_note = day + random.skewed(1, 5) as i16;
            }
            if random.chance(0.16) {
                member.upgrade = day + random.skewed(3, 30) as i16;
            }
        } else if random.chance(0.2) {
            // Not before the ninth day, so that it never does.
            member.first_note = day + random.skewed(9, 40) as i16;
        }
        session.actor = Actor::Member(number);
        self.identify(session, number, true)
    }

    fn log_in(&mut self, session: &mut Session) -> WorldEvent {
        let number = member_number(session);
        self.population.members[number as usize].devices[session.device_number] = Some(session.device);
        self.identify(session, number, false)
    }

    fn identify(&mut self, session: &mut Session, number: u32, is_new: bool) -> WorldEvent {
        let member = &mut self.population.members[number as usize];
        self.truths.merges.identify += 1;
        self.truths.personless -= 1;
        if !member.seen {
            self.truths.person();
        }
        member.seen = true;
        member.identified = true;
        session.be_member(&member.distinct_id);
        let mut properties = self.properties(session);
        let member = &self.population.members[number as usize];
        properties.push(("$anon_distinct_id", device_text(session.device).into()));
        properties.push(("$set", json(person(session, member, is_new))));
        properties.push(("$set_once", json(initial(session))));
        self.event(session, "$identify", Arc::clone(&session.distinct_id), properties, true)
    }

    fn change(&mut self, session: &mut Session, step: Step, properties: &mut Properties) -> &'static str {
        let number = member_number(session);
        let random = &mut self.random;
        let member = &mut self.population.members[number as usize];
        match step {
            Step::SignedUp => {
                member.signed_up_at = session.now;
                if let Some(variant) = member.variant {
                    self.truths.signed_up(variant, session.now);
                    self.truths.acquisition(session.origin).signed_up += 1;
                }
                "signed_up"
            }
            Step::GroupIdentify => {
                let workspace = &self.population.workspaces[member.workspace as usize];
                properties.push(("$group_type", "workspace".into()));
                properties.push(("$group_key", workspace_key(member.workspace).into()));
                properties.push(("$group_set", json(group(member.workspace, workspace))));
                "$groupidentify"
            }
            Step::SetPerson(what) => {
                member.role = if what == 0 {
                    member.role
                } else {
                    random.below(ROLES.len()) as u8
                };
                if what == 0 {
                    member.place = crate::devices::draw_place(random);
                }
                let (city, role) = (city(member), ROLES[usize::from(member.role)]);
                properties.push((
                    "$set",
                    match what {
                        0 => json(format!("{{\"city\":\"{city}\"}}")),
                        1 => json(format!("{{\"role\":\"{role}\"}}")),
                        _ => json(format!("{{\"role\":\"{role}\",\"newsletter\":{}}}", random.chance(0.5))),
                    },
                ));
                "$set"
            }
            Step::CreateAlias => {
                self.truths.merges.alias += 1;
                self.truths.distinct_ids += 1;
                properties.push(("alias", customer_id(self.population.seed, number).into()));
                "$create_alias"
            }
            Step::RefusedIdentify => {
                let other = self.population.identified_member(number, random);
                // With nobody else to be mistaken for, the id is an illegal one, which is refused, too.
                let id = if let Some(other) = other {
                    self.truths.merges.refused_identified += 1;
                    self.population.members[other as usize].distinct_id.to_string()
                } else {
                    self.truths.merges.refused_illegal += 1;
                    "undefined".to_owned()
                };
                properties.push(("$anon_distinct_id", id.into()));
                "$identify"
            }
            Step::RefusedIllegal(is_alias) => {
                self.truths.merges.refused_illegal += 1;
                let (key, id, name) = if is_alias {
                    ("alias", "null", "$create_alias")
                } else {
                    ("$anon_distinct_id", "undefined", "$identify")
                };
                properties.push((key, id.into()));
                name
            }
            Step::PlanUpgraded => {
                let plan = if random.chance(0.65) { Plan::Pro } else { Plan::Team };
                self.change_plan(session, plan, properties);
                "plan_upgraded"
            }
            _ => {
                const REASONS: [&str; 5] = ["price", "missing_feature", "too_slow", "switched", "project_ended"];
                properties.push(("cancel_reason", REASONS[random.weighted(&[34, 22, 10, 18, 16])].into()));
                member.gone = random.chance(0.6);
                self.change_plan(session, Plan::Free, properties);
                "subscription_cancelled"
            }
        }
    }

    /// Changes the plan of the member and of the workspace. The event says it itself, so that no other has
    /// to arrive for the person to be right.
    fn change_plan(&mut self, session: &Session, plan: Plan, properties: &mut Properties) {
        let member = &mut self.population.members[member_number(session) as usize];
        let workspace = &mut self.population.workspaces[member.workspace as usize];
        let was_free = member.plan == Plan::Free;
        member.plan = plan;
        workspace.plan = plan;
        let name = plan.name();
        if let Some((_, value)) = properties.iter_mut().find(|(key, _)| *key == "plan") {
            *value = name.into();
        }
        if was_free {
            let day = day_of(session.now) as i16;
            member.paid_since = day;
            let seats = if plan == Plan::Team {
                i64::from(workspace.seats)
            } else {
                1
            };
            properties.push(("seats", seats.into()));
            properties.push(("amount", (plan.price() * seats as f64).into()));
            properties.push(("$set", json(format!("{{\"plan\":\"{name}\",\"seats\":{seats}}}"))));
            properties.push(("$unset", json(r#"["trial"]"#)));
        } else {
            member.upgrade = crate::people::NEVER;
            properties.push(("$set", json(format!("{{\"plan\":\"{name}\"}}"))));
            properties.push(("$unset", json(r#"["seats"]"#)));
        }
    }

    /// Somebody finds an account from long ago: it is used once, then joined by force.
    fn old_account(&mut self, session: &mut Session, part: u8) -> WorldEvent {
        let number = member_number(session);
        let (device, own_id) = (session.device, Arc::clone(&session.distinct_id));
        let old_id: Arc<str> = old_account_id(self.population.seed, number).into();
        // The old account was used in another browser profile, which has its own device id.
        let other = uuid::Uuid::from_u128(session.id.as_u128() ^ 0xffff_ffff);
        session.identified = part > 0;
        session.page = HOME;
        let mut properties = if part < 3 {
            session.device = other;
            of_browser(session, None)
        } else {
            self.properties(session)
        };
        let (name, distinct_id): (_, Arc<str>) = match part {
            0 => {
                self.truths.anonymous_id();
                self.truths.releases.entry(session.version).or_default().pageviews += 1;
                ("$pageview", device_text(other).into())
            }
            1 => {
                self.truths.merges.identify += 1;
                self.truths.personless -= 1;
                self.truths.person();
                properties.push(("$anon_distinct_id", device_text(other).into()));
                properties.push(("$set", json(format!("{{\"email\":\"{old_id}@mail.example\"}}"))));
                ("$identify", old_id)
            }
            2 => {
                self.truths.releases.entry(session.version).or_default().pageviews += 1;
                ("$pageview", old_id)
            }
            _ => {
                self.truths.merges.dangerous += 1;
                self.truths.persons -= 1;
                properties.push(("alias", old_id.to_string().into()));
                ("$merge_dangerously", Arc::clone(&own_id))
            }
        };
        session.device = device;
        session.identified = true;
        self.event(session, name, distinct_id, properties, part > 0)
    }
}

fn city(member: &Member) -> &'static str {
    crate::devices::PLACES[usize::from(member.place)].city
}

fn person(session: &Session, member: &Member, is_new: bool) -> String {
    let (id, plan, role) = (&member.distinct_id, member.plan.name(), ROLES[usize::from(member.role)]);
    let city = session.place().city;
    let trial = if is_new { ",\"trial\":true" } else { "" };
    format!("{{\"email\":\"{id}@mail.example\",\"plan\":\"{plan}\",\"role\":\"{role}\",\"city\":\"{city}\"{trial}}}")
}

fn initial(session: &Session) -> String {
    let (referrer, domain) = session.origin.referrer();
    let path = session.entry.template().path;
    let mut text = format!(
        "{{\"$initial_referrer\":\"{referrer}\",\"$initial_referring_domain\":\"{domain}\",\"$initial_pathname\":\"{path}\""
    );
    if let Some(campaign) = session.origin.campaign() {
        text.push_str(&format!(
            ",\"$initial_utm_source\":\"{}\",\"$initial_utm_campaign\":\"{}\"",
            campaign.source, campaign.name
        ));
    }
    text.push('}');
    text
}

fn group(number: u32, workspace: &Workspace) -> String {
    format!(
        "{{\"name\":\"{}\",\"plan\":\"{}\",\"seats\":{},\"industry\":\"{}\"}}",
        Workspace::name(number),
        workspace.plan.name(),
        workspace.seats,
        workspace.industry()
    )
}
