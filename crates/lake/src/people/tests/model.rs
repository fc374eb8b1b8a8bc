//! The naive model: every event applied by itself to plain maps, and small random worlds for it.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_data_api::{EventBatch, Value};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::people::keys::{is_illegal, person_key, person_uuid};
use crate::people::mapped::{NEVER, initial, is_mapped};
use crate::people::world::PersonRow;
use crate::people::{Reason, Stamp};

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) stamp: Stamp,
    pub(crate) name: &'static str,
    pub(crate) distinct_id: &'static str,
    pub(crate) properties: Map<String, Json>,
}

/// What all events together give.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) persons: Vec<PersonRow>,
    /// Distinct id to the id and the key of its person.
    pub(crate) distinct_ids: BTreeMap<String, (Uuid, i64)>,
    /// Key of a distinct id to the key of its person, where they differ.
    pub(crate) overrides: BTreeMap<i64, i64>,
    pub(crate) refusals: BTreeMap<Stamp, Reason>,
    /// Type and key to the first event and the properties.
    pub(crate) groups: BTreeMap<(String, String), (i64, String)>,
}

#[derive(Debug, Default)]
struct Person {
    root: String,
    ids: BTreeSet<String>,
    properties: BTreeMap<String, Json>,
    is_identified: bool,
    created_at: Option<i64>,
}

#[derive(Default)]
struct Model {
    persons: Vec<Option<Person>>,
    of_id: BTreeMap<String, usize>,
    once: BTreeSet<(String, String)>,
    groups: BTreeMap<(String, String), (i64, BTreeMap<String, Json>)>,
    refusals: BTreeMap<Stamp, Reason>,
}

impl Model {
    fn person(&mut self, id: &str) -> usize {
        let next = self.persons.len();
        let number = *self.of_id.entry(id.to_owned()).or_insert(next);
        if number == next {
            self.persons.push(Some(Person {
                root: id.to_owned(),
                ids: [id.to_owned()].into(),
                ..Person::default()
            }));
        }
        number
    }

    fn at(&mut self, number: usize) -> &mut Person {
        self.persons[number].as_mut().unwrap()
    }

    fn apply(&mut self, event: &Event) {
        let Event { stamp, distinct_id, .. } = event;
        let get = |key: &str| event.properties.get(key);
        if get("$process_person_profile") == Some(&json!(false)) {
            return;
        }
        self.group(event);
        if NEVER.contains(&event.name) {
            return;
        }
        let number = self.person(distinct_id);
        let created_at = &mut self.at(number).created_at;
        *created_at = Some(created_at.unwrap_or(i64::MAX).min(stamp.timestamp));
        let other = match event.name {
            "$identify" => get("$anon_distinct_id"),
            "$create_alias" | "$merge_dangerously" => get("alias"),
            _ => None,
        };
        if let Some(other) = other {
            self.join(event, other.as_str().unwrap());
        } else if event.name == "$identify" {
            self.at(number).is_identified = true;
        }
        self.write(event);
    }

    fn join(&mut self, event: &Event, other: &str) {
        let target = event.distinct_id;
        if target == other {
            let number = self.person(target);
            self.at(number).is_identified = true;
            return;
        }
        if is_illegal(target) || is_illegal(other) {
            self.refusals.insert(event.stamp, Reason::IllegalDistinctId);
            return;
        }
        let (into, absorbed) = (self.person(target), self.person(other));
        let known = self.at(absorbed).is_identified;
        self.at(into).is_identified = true;
        if into == absorbed {
            return;
        }
        if known && event.name != "$merge_dangerously" {
            self.refusals.insert(event.stamp, Reason::AlreadyIdentified);
            return;
        }
        let gone = self.persons[absorbed].take().unwrap();
        for id in &gone.ids {
            self.of_id.insert(id.clone(), into);
        }
        let person = self.at(into);
        person.ids.extend(gone.ids);
        let mut properties = gone.properties;
        properties.append(&mut person.properties);
        person.properties = properties;
        person.created_at = person.created_at.into_iter().chain(gone.created_at).min();
    }

    fn write(&mut self, event: &Event) {
        let id = event.distinct_id;
        let copied = || event.properties.iter().filter(|(key, _)| is_mapped(key));
        let own = |key: &str| {
            event
                .properties
                .get(key)
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default()
        };
        let mut once: BTreeMap<String, Json> = copied().map(|(key, value)| (initial(key), value.clone())).collect();
        once.extend(own("$set_once"));
        let mut set: BTreeMap<String, Json> = copied().map(|(key, value)| (key.clone(), value.clone())).collect();
        set.extend(own("$set"));
        let number = self.person(id);
        for (key, value) in once {
            // The documented difference: only the first of an id counts.
            if self.once.insert((id.to_owned(), key.clone())) {
                self.at(number).properties.entry(key).or_insert(value);
            }
        }
        self.at(number).properties.extend(set);
        for key in event
            .properties
            .get("$unset")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            self.at(number).properties.remove(key.as_str().unwrap());
        }
    }

    fn group(&mut self, event: &Event) {
        let time = event.stamp.timestamp;
        let mut seen = BTreeMap::new();
        for (kind, key) in event
            .properties
            .get("$groups")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            seen.insert((kind.clone(), key.as_str().unwrap().to_owned()), Map::new());
        }
        if event.name == "$groupidentify" {
            let text = |key: &str| event.properties[key].as_str().unwrap().to_owned();
            let set = event.properties["$group_set"].as_object().unwrap().clone();
            seen.insert((text("$group_type"), text("$group_key")), set);
        }
        if NEVER.contains(&event.name) && event.name != "$exception" {
            return;
        }
        for (group, set) in seen {
            let (first, properties) = self.groups.entry(group).or_insert((time, BTreeMap::new()));
            *first = time.min(*first);
            properties.extend(set);
        }
    }

    fn outcome(self) -> Outcome {
        let mut outcome = Outcome {
            refusals: self.refusals,
            ..Outcome::default()
        };
        for person in self.persons.into_iter().flatten() {
            let key = person_key(&person.root);
            let id = person_uuid(&person.root);
            outcome
                .distinct_ids
                .extend(person.ids.iter().map(|distinct_id| (distinct_id.clone(), (id, key))));
            let others = person.ids.iter().filter(|id| **id != person.root);
            outcome.overrides.extend(others.map(|id| (person_key(id), key)));
            outcome.persons.push(PersonRow {
                person_key: key,
                person_id: id,
                created_at: person.created_at.unwrap(),
                is_identified: person.is_identified,
                properties: json!(person.properties).to_string(),
                distinct_ids: person.ids.len() as u64,
            });
        }
        outcome.persons.sort_by_key(|person| person.person_key);
        let groups = self.groups.into_iter();
        outcome.groups = groups
            .map(|(group, (first, set))| (group, (first, json!(set).to_string())))
            .collect();
        outcome
    }
}

/// What the model makes of events; repeated ones count once.
pub(crate) fn outcome(events: &[Event]) -> Outcome {
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by_key(|event| event.stamp);
    sorted.dedup_by_key(|event| event.stamp);
    let mut model = Model::default();
    for event in sorted {
        model.apply(event);
    }
    model.outcome()
}

/// Events as a batch.
pub(crate) fn batch<'a>(events: impl IntoIterator<Item = &'a Event>) -> EventBatch {
    let mut batch = EventBatch::default();
    for event in events {
        batch.begin(
            event.stamp.uuid,
            event.name,
            event.stamp.timestamp,
            event.distinct_id,
            None,
        );
        for (key, value) in &event.properties {
            match value {
                Json::String(text) => batch.set(key, Value::Text(text)),
                Json::Bool(truth) => batch.set(key, Value::Boolean(*truth)),
                Json::Number(number) if number.is_i64() => batch.set(key, Value::Integer(number.as_i64().unwrap())),
                Json::Number(number) => batch.set(key, Value::Double(number.as_f64().unwrap())),
                nested => batch.set(key, Value::Json(&nested.to_string())),
            }
        }
    }
    batch
}

const IDS: [&str; 7] = ["a", "b", "c", "d", "e", "null", "Guest"];
const KEYS: [&str; 4] = ["plan", "seats", "$browser", "$initial_browser"];

/// An event with everything an event can have, most of it seldom.
fn event() -> impl Strategy<Value = Event> {
    let name = prop_oneof![
        3 => Just("$pageview"),
        2 => Just("$set"),
        5 => Just("$identify"),
        2 => Just("$create_alias"),
        2 => Just("$merge_dangerously"),
        1 => Just("$exception"),
        1 => Just("$groupidentify"),
    ];
    let id = || prop_oneof![20 => 0..5_usize, 1 => 5..7_usize].prop_map(|at| IDS[at]);
    let object = || {
        let entries = proptest::collection::btree_map(0..KEYS.len(), 0..9_u8, 0..3);
        entries.prop_map(|entries| {
            let entries = entries.into_iter();
            Json::Object(
                entries
                    .map(|(key, value)| (KEYS[key].to_owned(), json!(value)))
                    .collect(),
            )
        })
    };
    let maybe = |likely: f64, object: BoxedStrategy<Json>| proptest::option::weighted(likely, object);
    let unset = proptest::sample::subsequence(KEYS.to_vec(), 0..3).prop_map(|keys| json!(keys));
    let group = (0..2_u8, 0..3_u8);
    let writes = (
        maybe(0.5, object().boxed()),
        maybe(0.4, object().boxed()),
        maybe(0.3, unset.boxed()),
        proptest::option::weighted(0.3, 3..6_u8),
    );
    // Few times, so that many events happen in the same microsecond.
    let when = (0..6_i64, any::<u8>());
    let rare = (
        proptest::bool::weighted(0.1),
        proptest::option::weighted(0.2, group.clone()),
        group,
        object(),
    );
    (when, name, id(), proptest::option::weighted(0.85, id()), writes, rare).prop_map(
        |((timestamp, uuid), name, distinct_id, other, (set, once, unset, browser), rare)| {
            let (personless, groups, (group_type, group_key), group_set) = rare;
            let mut properties = Map::new();
            let mut put = |key: &str, value: Option<Json>| {
                properties.extend(value.map(|value| (key.to_owned(), value)));
            };
            put("$browser", browser.map(|browser| json!(browser)));
            put("$set", set);
            put("$set_once", once);
            put("$unset", unset);
            put("$process_person_profile", personless.then(|| json!(false)));
            put(
                "$groups",
                groups.map(|(kind, key)| json!({format!("type{kind}"): format!("g{key}")})),
            );
            match name {
                "$identify" => put("$anon_distinct_id", other.map(|id| json!(id))),
                "$create_alias" | "$merge_dangerously" => put("alias", other.map(|id| json!(id))),
                "$groupidentify" => {
                    put("$group_type", Some(json!(format!("type{group_type}"))));
                    put("$group_key", Some(json!(format!("g{group_key}"))));
                    put("$group_set", Some(group_set));
                }
                _ => {}
            }
            Event {
                stamp: Stamp {
                    timestamp,
                    uuid: Uuid::from_u128(uuid.into()),
                },
                name,
                distinct_id,
                properties,
            }
        },
    )
}

/// A world of events, and the pieces in which they come: each event at least once, in any order.
pub(crate) fn world() -> impl Strategy<Value = (Vec<Event>, Vec<Vec<usize>>)> {
    let events = proptest::collection::vec(event(), 1..16).prop_map(|mut events| {
        for (number, event) in (0..).zip(&mut events) {
            // Unique, and in no relation to the place in the list.
            event.stamp.uuid = Uuid::from_u128((event.stamp.uuid.as_u128() << 8) | number);
        }
        events
    });
    events.prop_flat_map(|events| {
        let count = events.len();
        let order: Vec<usize> = (0..count).chain(0..count / 3).collect();
        let cuts = proptest::collection::vec(any::<prop::sample::Index>(), 0..4);
        (Just(events), Just(order).prop_shuffle(), cuts).prop_map(|(events, order, cuts)| {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(order.len() + 1)).collect();
            cuts.extend([0, order.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| order[cut[0]..cut[1]].to_vec());
            let pieces = pieces.collect();
            (events, pieces)
        })
    })
}
