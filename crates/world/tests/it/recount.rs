//! Counts a world again from nothing but its events, by the rules of PostHog, as a store would.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Datelike};
use hedgerow_world::{
    CRAWLER_MARKS, DAY, DAYS, END, LATE_AFTER, RELEASES, START, Truths, World, WorldEvent, WorldValue,
};
use uuid::Uuid;

/// A hash over everything that an event holds.
pub(crate) fn fingerprint(event: &WorldEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        event.uuid,
        event.event,
        event.timestamp,
        &*event.distinct_id,
        event.session_id,
    )
        .hash(&mut hasher);
    for (key, value) in &event.properties {
        key.hash(&mut hasher);
        match value {
            WorldValue::Text(text) | WorldValue::Json(text) => text.hash(&mut hasher),
            WorldValue::Integer(number) => number.hash(&mut hasher),
            WorldValue::Double(number) => number.to_bits().hash(&mut hasher),
            WorldValue::Boolean(truth) => truth.hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// The persons of PostHog's rules, as a forest of ids.
#[derive(Default)]
struct Persons {
    numbers: HashMap<String, usize>,
    parents: Vec<usize>,
    has_profile: Vec<bool>,
    is_identified: Vec<bool>,
    plans: Vec<Option<String>>,
}

impl Persons {
    fn id(&mut self, id: &str) -> usize {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = self.parents.len();
        self.numbers.insert(id.to_owned(), number);
        self.parents.push(number);
        self.has_profile.push(false);
        self.is_identified.push(false);
        self.plans.push(None);
        number
    }

    fn root(&self, mut number: usize) -> usize {
        while self.parents[number] != number {
            number = self.parents[number];
        }
        number
    }

    /// Whether the person of `other` could be joined into the one of `id`.
    fn merge(&mut self, id: &str, other: &str, by_force: bool) -> bool {
        let (into, from) = (self.id(id), self.id(other));
        let (into, from) = (self.root(into), self.root(from));
        if into == from {
            return false;
        }
        if self.is_identified[from] && !by_force {
            return false;
        }
        self.parents[from] = into;
        self.has_profile[into] = true;
        self.is_identified[into] = true;
        let plan = self.plans[from].take();
        if self.plans[into].is_none() {
            self.plans[into] = plan;
        }
        true
    }
}

/// What is collected on the way and counted at the end.
#[derive(Default)]
struct Recount {
    counted: Truths,
    persons: Persons,
    /// Day, id, and whether `$is_identified` was true.
    active: HashSet<(usize, usize, bool)>,
    sessions: HashSet<Uuid>,
    crawler_sessions: HashSet<Uuid>,
    visits: HashMap<Uuid, &'static str>,
    workspaces: HashSet<String>,
    signed_up: HashMap<usize, (i64, &'static str)>,
    first_notes: HashMap<usize, i64>,
}

/// Everything of [`Truths`] counted from outside, and the truths themselves.
pub(crate) fn recount(seed: u64, size: u64) -> (Truths, Truths) {
    let mut world = World::new(seed, size);
    let mut recount = Recount::default();
    let mut seen: HashMap<Uuid, u64> = HashMap::new();
    let counted = &mut recount.counted;
    (counted.seed, counted.wanted_events) = (seed, size);
    (counted.events_by_day, counted.active_by_day) = (vec![0; DAYS], vec![0; DAYS]);
    counted.identified_by_day = vec![0; DAYS];
    while let Some(event) = world.next() {
        recount.counted.yielded += 1;
        let print = fingerprint(&event);
        if let Some(first) = seen.insert(event.uuid, print) {
            assert_eq!(first, print, "a duplicate differs: {event:?}");
            recount.counted.duplicates += 1;
            continue;
        }
        recount.counted.late += u64::from(world.arrival() - event.timestamp >= LATE_AFTER);
        recount.event(&event);
    }
    (recount.close(), world.truths().unwrap().clone())
}

fn is_true(event: &WorldEvent, key: &str) -> bool {
    event.property(key) == Some(&WorldValue::Boolean(true))
}

fn is_crawler(event: &WorldEvent) -> bool {
    event
        .text("$raw_user_agent")
        .is_some_and(|agent| CRAWLER_MARKS.iter().any(|mark| agent.contains(mark)))
}

fn source_of(event: &WorldEvent) -> &'static str {
    match (event.text("utm_source"), event.text("$referring_domain").unwrap()) {
        (Some("google"), _) => "ads",
        (Some(_), _) => "newsletter",
        (None, "$direct") => "direct",
        (None, _) => "search",
    }
}

impl Recount {
    fn event(&mut self, event: &WorldEvent) {
        let day = ((event.timestamp - START) / DAY) as usize;
        self.counted.events += 1;
        *self.counted.events_by_name.entry(event.event).or_default() += 1;
        self.counted.events_by_day[day] += 1;
        self.sessions.extend(event.session_id);
        if is_crawler(event) {
            self.counted.crawlers.events += 1;
            self.crawler_sessions.extend(event.session_id);
        } else if let Some(version) = event.text("app_version") {
            self.of_a_browser(event, version);
        }
        let id = self.persons.id(&event.distinct_id);
        self.active.insert((day, id, is_true(event, "$is_identified")));
        if event.property("$process_person_profile") != Some(&WorldValue::Boolean(false)) {
            let root = self.persons.root(id);
            self.persons.has_profile[root] = true;
        }
        self.merge(event);
        if let Some(WorldValue::Json(set)) = event.property("$set") {
            let set: serde_json::Value = serde_json::from_str(set).unwrap();
            if let Some(plan) = set["plan"].as_str() {
                let root = self.persons.root(id);
                self.persons.plans[root] = Some(plan.to_owned());
            }
        }
        if let Some(WorldValue::Json(groups)) = event.property("$groups") {
            self.workspaces.insert(groups.to_string());
        }
        match event.event {
            "signed_up" => {
                let variant = event.text("$feature/onboarding-checklist").unwrap();
                let variant = if variant == "test" { "test" } else { "control" };
                self.signed_up.insert(id, (event.timestamp, variant));
                self.counted.sources.entry(source_of(event)).or_default().signed_up += 1;
            }
            "note_created" => {
                let first = self.first_notes.entry(id).or_insert(i64::MAX);
                *first = event.timestamp.min(*first);
            }
            _ => {}
        }
    }

    fn of_a_browser(&mut self, event: &WorldEvent, version: &str) {
        let version = RELEASES.iter().find(|(_, name)| *name == version).unwrap().1;
        let release = self.counted.releases.entry(version).or_default();
        release.pageviews += u64::from(event.event == "$pageview");
        release.exceptions += u64::from(event.event == "$exception");
        let entry = event.text("$session_entry_pathname").unwrap();
        if entry != "/login" && !entry.starts_with("/app") {
            self.visits.insert(event.session_id.unwrap(), source_of(event));
        }
    }

    fn merge(&mut self, event: &WorldEvent) {
        let by_force = event.event == "$merge_dangerously";
        let key = match event.event {
            "$identify" => "$anon_distinct_id",
            "$create_alias" | "$merge_dangerously" => "alias",
            _ => return,
        };
        let other = event.text(key).unwrap();
        let merges = &mut self.counted.merges;
        if ["undefined", "null"].contains(&other) {
            merges.refused_illegal += 1;
        } else if !self.persons.merge(&event.distinct_id, other, by_force) {
            merges.refused_identified += 1;
        } else {
            match event.event {
                "$identify" => merges.identify += 1,
                "$create_alias" => merges.alias += 1,
                _ => merges.dangerous += 1,
            }
        }
    }

    fn close(mut self) -> Truths {
        let counted = &mut self.counted;
        counted.sessions = self.sessions.len() as u64;
        counted.workspaces = self.workspaces.len() as u64;
        counted.crawlers.sessions = self.crawler_sessions.len() as u64;
        for source in self.visits.values() {
            counted.sources.entry(source).or_default().visits += 1;
        }
        let persons = &self.persons;
        let roots: HashSet<(usize, usize)> = self
            .active
            .iter()
            .map(|(day, id, _)| (*day, persons.root(*id)))
            .collect();
        let identified: HashSet<(usize, usize)> = self
            .active
            .iter()
            .filter(|entry| entry.2)
            .map(|(day, id, _)| (*day, persons.root(*id)))
            .collect();
        roots.iter().for_each(|(day, _)| counted.active_by_day[*day] += 1);
        identified
            .iter()
            .for_each(|(day, _)| counted.identified_by_day[*day] += 1);
        counted.distinct_ids = persons.parents.len() as u64;
        for id in (0..persons.parents.len()).filter(|id| persons.root(*id) == *id) {
            if persons.has_profile[id] {
                counted.persons += 1;
                let plan = persons.plans[id].as_deref().unwrap_or("none");
                let plan = ["free", "pro", "team"]
                    .into_iter()
                    .find(|name| *name == plan)
                    .unwrap_or("none");
                *counted.persons_by_plan.entry(plan).or_default() += 1;
            } else {
                counted.personless += 1;
            }
        }
        let weeks = week(DAYS - 1) + 1;
        counted.cohorts = (0..weeks).map(|week| vec![0; weeks - week]).collect();
        let active: HashSet<(usize, usize)> = roots.iter().map(|(day, root)| (week(*day), *root)).collect();
        for (id, (at, variant)) in &self.signed_up {
            let funnel = counted.experiment.entry(variant).or_default();
            let converted = u64::from(self.first_notes.get(id).is_some_and(|note| note - at <= 7 * DAY));
            let mature = u64::from(at + 7 * DAY < END);
            funnel.signed_up += 1;
            funnel.converted += converted;
            funnel.mature_signed_up += mature;
            funnel.mature_converted += mature * converted;
            let first = week(((at - START) / DAY) as usize);
            for later in first..weeks {
                counted.cohorts[first][later - first] += u64::from(active.contains(&(later, persons.root(*id))));
            }
        }
        self.counted
    }
}

/// The calendar week of a day of the world, by the calendar itself.
fn week(day: usize) -> usize {
    let date = DateTime::from_timestamp_micros(START + day as i64 * DAY).unwrap();
    let first = DateTime::from_timestamp_micros(START).unwrap();
    (date.iso_week().week() - first.iso_week().week()) as usize
}
