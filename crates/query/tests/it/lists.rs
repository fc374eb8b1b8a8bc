//! Lists of events and of persons against an oracle that walks rows one by one: random filter trees over the fields
//! of each list, page after page.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use hedgerow_data_api::{
    EventRecord, EventSink, EventStore, EventsQuery, EventsResponse, FilterGroup, FilterNode, GroupType, Operator,
    PersonsQuery, PersonsResponse, Progress, PropertyFilter, PropertyType, PropertyValue, QueryEngine,
};
use hedgerow_lake::{DataFolder, Lake, person_uuid};
use hedgerow_query::Engine;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::events::{clock, project};

/// Devices of these numbers belong to the users of the same numbers.
const JOINED: u64 = 3;
const PLANS: [&str; 3] = ["free", "pro", "team"];

/// 420 events of 9 distinct ids and a few of others over ten days, three at each instant, with properties of every type, a few of another
/// type than their key's, persons with properties that change, and three devices that turn out to be users.
fn events() -> Vec<EventRecord> {
    let start: DateTime<Utc> = "2015-05-10T22:00:00Z".parse().unwrap();
    let mut events: Vec<EventRecord> = (0..420).map(|n| event(n, start)).collect();
    for user in 0..JOINED {
        // Before everything else, so that what devices and users say is of one person from the start.
        events.push(EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_URL, &user.to_be_bytes()),
            event: "$identify".to_owned(),
            timestamp: start - Duration::minutes(90 + user as i64),
            distinct_id: format!("user {user}"),
            session_id: None,
            properties: vec![(
                "$anon_distinct_id".into(),
                PropertyValue::Text(format!("device {user}")),
            )],
        });
        // Somebody has each value at last: one that nobody has is refused.
        let set = json!({"plan": PLANS[user as usize], "trial": user == 1});
        events.push(EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_DNS, &user.to_be_bytes()),
            event: "$set".to_owned(),
            timestamp: start + Duration::hours(40 + user as i64),
            distinct_id: format!("fixed {user}"),
            session_id: None,
            properties: vec![("$set".into(), PropertyValue::Json(set.to_string()))],
        });
    }
    events
}

fn event(n: u64, start: DateTime<Utc>) -> EventRecord {
    let noise = n
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
        >> 33;
    let mut properties = vec![(
        "status".into(),
        PropertyValue::Integer([200, 200, 304, 404, 500][(noise % 5) as usize]),
    )];
    if !noise.is_multiple_of(4) {
        properties.push(("path".into(), PropertyValue::Text(format!("/Page/{}", noise % 9))));
    }
    if !noise.is_multiple_of(3) {
        properties.push(("beta".into(), PropertyValue::Boolean(noise.is_multiple_of(2))));
    }
    if noise.is_multiple_of(7) {
        properties.push(("ratio".into(), PropertyValue::Double((noise % 100) as f64 / 8.0)));
    }
    if noise.is_multiple_of(5) {
        properties.push(("tags".into(), PropertyValue::Json(format!(r#"["a","t{}"]"#, noise % 3))));
    }
    if noise.is_multiple_of(11) {
        let set = json!({
            "plan": PLANS[(noise % 3) as usize],
            "seats": noise % 20,
            "trial": noise.is_multiple_of(2),
        });
        properties.push(("$set".into(), PropertyValue::Json(set.to_string())));
    }
    let who = noise % 9;
    EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
        event: ["$pageview", "note created", "sign up"][(noise % 3) as usize].to_owned(),
        timestamp: start + Duration::seconds((n / 3 * 6171) as i64),
        distinct_id: if who < JOINED {
            format!("device {who}")
        } else {
            format!("user {}", who - JOINED)
        },
        session_id: (!noise.is_multiple_of(6)).then(|| format!("session {}", n / 5)),
        properties,
    }
}

async fn engine(folder: &std::path::Path) -> (Arc<Lake>, Engine) {
    let lake = Arc::new(Lake::new(DataFolder::open(folder).unwrap(), clock()));
    lake.create_project(&project()).await.unwrap();
    // A part lies in files and the rest in memory.
    let (first, second): (Vec<_>, Vec<_>) = events().into_iter().enumerate().partition(|(n, _)| n.is_multiple_of(3));
    for half in [first, second] {
        let half: Vec<EventRecord> = half.into_iter().map(|(_, event)| event).collect();
        lake.flush(&project()).await.unwrap();
        lake.append(&project(), half.into()).await.unwrap();
    }
    let engine = Engine::new(Arc::clone(&lake)).unwrap();
    (lake, engine)
}

/// A row of a list as the oracle has it: the values of each field, none where it is missing.
struct Row {
    at: (DateTime<Utc>, Uuid),
    fields: BTreeMap<(PropertyType, String), Vec<Value>>,
}

/// The distinct id that a person's id is made of.
fn root(distinct_id: &str) -> String {
    let number = distinct_id.strip_prefix("device ");
    number.map_or_else(|| distinct_id.to_owned(), |number| format!("user {number}"))
}

fn plain(value: &PropertyValue) -> Value {
    match value {
        PropertyValue::Text(text) => json!(text),
        PropertyValue::Integer(number) => json!(number),
        PropertyValue::Double(number) => json!(number),
        PropertyValue::Boolean(truth) => json!(truth),
        PropertyValue::Json(text) => serde_json::from_str(text).unwrap(),
    }
}

/// What is known of each person at last.
fn people() -> BTreeMap<String, Map<String, Value>> {
    let mut ordered = events();
    ordered.sort_by_key(|event| (event.timestamp, event.uuid));
    let mut people: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for event in ordered {
        let known = people.entry(root(&event.distinct_id)).or_default();
        let set = event.properties.iter().find(|(key, _)| key == "$set");
        if let Some(Value::Object(set)) = set.map(|(_, value)| plain(value)) {
            known.extend(set);
        }
    }
    people
}

fn event_rows() -> Vec<Row> {
    let people = people();
    let row = |event: EventRecord| {
        use PropertyType::{Event, EventField, Person};
        let field = |key: &str, value: Value| ((EventField, key.to_owned()), vec![value]);
        let mut fields = BTreeMap::from([
            field("event", json!(event.event)),
            field("distinct_id", json!(event.distinct_id)),
            field("timestamp", json!(event.timestamp.to_rfc3339())),
        ]);
        for (key, value) in &event.properties {
            fields.insert((Event, key.to_string()), vec![plain(value)]);
        }
        for (key, value) in &people[&root(&event.distinct_id)] {
            fields.insert((Person, key.clone()), vec![value.clone()]);
        }
        Row {
            at: (event.timestamp, event.uuid),
            fields,
        }
    };
    newest_first(events().into_iter().map(row).collect())
}

fn person_rows() -> Vec<Row> {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut first: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    for event in events() {
        let person = root(&event.distinct_id);
        ids.entry(person.clone()).or_default().insert(event.distinct_id.clone());
        let seen = first.entry(person).or_insert(event.timestamp);
        *seen = event.timestamp.min(*seen);
    }
    let row = |(person, known): (String, Map<String, Value>)| {
        use PropertyType::{Person, PersonField};
        let mut fields: BTreeMap<_, _> = known
            .into_iter()
            .map(|(key, value)| ((Person, key), vec![value]))
            .collect();
        let all = ids[&person].iter().map(|id| json!(id)).collect();
        fields.insert((PersonField, "distinct_id".to_owned()), all);
        fields.insert(
            (PersonField, "created_at".to_owned()),
            vec![json!(first[&person].to_rfc3339())],
        );
        Row {
            at: (first[&person], person_uuid(&person)),
            fields,
        }
    };
    newest_first(people().into_iter().map(row).collect())
}

fn newest_first(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows
}

fn holds(row: &Row, group: &FilterGroup) -> bool {
    let member = |node: &FilterNode| match node {
        FilterNode::Group(group) => holds(row, group),
        FilterNode::Filter(filter) => condition(row, filter),
    };
    match group.group_type {
        GroupType::And => group.values.iter().all(member),
        GroupType::Or => group.values.is_empty() || group.values.iter().any(member),
    }
}

/// A positive condition holds if a value fits, a negative one if none does.
fn condition(row: &Row, filter: &PropertyFilter) -> bool {
    use Operator as O;
    let held = row.fields.get(&(filter.property_type, filter.key.clone()));
    let held = held.map(Vec::as_slice).unwrap_or_default();
    let any = |operator: Operator| held.iter().any(|value| fits(value, operator, filter));
    match filter.operator {
        O::IsNot => !any(O::Exact),
        O::NotIn => !any(O::In),
        O::NotIcontains => !any(O::Icontains),
        O::NotRegex => !any(O::Regex),
        O::NotBetween => !any(O::Between),
        O::IsSet => !held.is_empty(),
        O::IsNotSet => held.is_empty(),
        positive => any(positive),
    }
}

fn fits(held: &Value, operator: Operator, filter: &PropertyFilter) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let wanted: Vec<String> = match &filter.value {
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(value)],
        None => vec![],
    };
    let number = |at: usize| wanted[at].parse::<f64>().unwrap();
    let value = || held.as_f64().unwrap();
    let time = || text(held).parse::<DateTime<Utc>>().unwrap();
    let day = || {
        let day: NaiveDate = wanted[0].parse().unwrap();
        let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
        (start, start + Duration::days(1))
    };
    match operator {
        Operator::Exact | Operator::In => wanted.contains(&text(held)),
        Operator::Icontains => wanted
            .iter()
            .any(|wanted| text(held).to_lowercase().contains(&wanted.to_lowercase())),
        // The generator only makes patterns of this one form.
        Operator::Regex => text(held).ends_with(wanted[0].trim_end_matches('$')),
        Operator::Gt => value() > number(0),
        Operator::Gte => value() >= number(0),
        Operator::Lt => value() < number(0),
        Operator::Lte => value() <= number(0),
        Operator::Between => (number(0)..=number(1)).contains(&value()),
        Operator::IsDateExact => (day().0..day().1).contains(&time()),
        Operator::IsDateBefore => time() < day().0,
        Operator::IsDateAfter => time() >= day().1,
        other => unreachable!("{other:?} is not generated"),
    }
}

/// Conditions on a text of which some values are known.
fn of_text(property_type: &'static str, key: &'static str, values: &'static [&'static str]) -> BoxedStrategy<Value> {
    let value = move || prop::sample::select(values);
    let one = (
        prop::sample::select(&["exact", "is_not", "icontains", "not_icontains"]),
        value(),
    );
    let one = one.prop_map(|(operator, value)| json!({"operator": operator, "value": value}));
    let several = (prop::sample::select(&["in", "not_in", "exact"]), value(), value());
    let several = several.prop_map(|(operator, a, b)| json!({"operator": operator, "value": [a, b]}));
    let pattern = (prop::sample::select(&["regex", "not_regex"]), 0..9u32);
    let pattern = pattern.prop_map(|(operator, n)| json!({"operator": operator, "value": format!("{n}$")}));
    let part = (0..9u32).prop_map(|n| json!({"operator": "icontains", "value": format!("E{n}")}));
    prop_oneof![one, several, pattern, part]
        .prop_map(move |filter| with(filter, property_type, key))
        .boxed()
}

fn of_number(property_type: &'static str, key: &'static str, most: i64) -> BoxedStrategy<Value> {
    let one = (prop::sample::select(&["gt", "gte", "lt", "lte"]), 0..most);
    let one = one.prop_map(|(operator, n)| json!({"operator": operator, "value": n}));
    let range = (prop::sample::select(&["between", "not_between"]), 0..most, 0..most);
    let range = range.prop_map(|(operator, a, b)| json!({"operator": operator, "value": [a.min(b), a.max(b)]}));
    prop_oneof![one, range]
        .prop_map(move |filter| with(filter, property_type, key))
        .boxed()
}

fn of_date(property_type: &'static str, key: &'static str) -> BoxedStrategy<Value> {
    let operators = &["is_date_exact", "is_date_before", "is_date_after"];
    (prop::sample::select(operators), 9..22u32)
        .prop_map(move |(operator, day)| {
            with(
                json!({"operator": operator, "value": format!("2015-05-{day:02}")}),
                property_type,
                key,
            )
        })
        .boxed()
}

fn of_boolean(property_type: &'static str, key: &'static str) -> BoxedStrategy<Value> {
    (prop::sample::select(&["exact", "is_not"]), any::<bool>())
        .prop_map(move |(operator, value)| with(json!({"operator": operator, "value": value}), property_type, key))
        .boxed()
}

fn of_presence(property_type: &'static str, key: &'static str) -> BoxedStrategy<Value> {
    prop::sample::select(&["is_set", "is_not_set"])
        .prop_map(move |operator| with(json!({"operator": operator}), property_type, key))
        .boxed()
}

fn with(mut filter: Value, property_type: &str, key: &str) -> Value {
    filter["key"] = json!(key);
    filter["type"] = json!(property_type);
    filter
}

const IDS: &[&str] = &["user 0", "user 1", "user 5", "device 0", "device 2"];

fn of_persons() -> Vec<BoxedStrategy<Value>> {
    vec![
        of_text("person", "plan", &PLANS),
        of_number("person", "seats", 22),
        of_boolean("person", "trial"),
        of_presence("person", "plan"),
    ]
}

fn event_filters() -> Vec<BoxedStrategy<Value>> {
    let own = [
        of_text("event_field", "event", &["$pageview", "note created", "sign up"]),
        of_text("event_field", "distinct_id", IDS),
        of_date("event_field", "timestamp"),
        of_text("event", "path", &["/Page/1", "/Page/2", "/Page/8"]),
        of_number("event", "status", 600),
        of_number("event", "ratio", 13),
        of_boolean("event", "beta"),
        of_presence("event", "tags"),
        of_presence("event", "ratio"),
        Just(json!({"key": "tags", "operator": "icontains", "value": "T1"})).boxed(),
        Just(json!({"key": "tags", "operator": "not_icontains", "value": ["t2", "x"]})).boxed(),
    ];
    own.into_iter().chain(of_persons()).collect()
}

fn person_filters() -> Vec<BoxedStrategy<Value>> {
    let own = [
        of_text("person_field", "distinct_id", IDS),
        of_date("person_field", "created_at"),
    ];
    own.into_iter().chain(of_persons()).collect()
}

/// Filter trees of some conditions, the empty one included.
fn trees(filters: Vec<BoxedStrategy<Value>>) -> impl Strategy<Value = FilterGroup> {
    let leaf = prop::sample::select(filters).prop_flat_map(|filter| filter);
    let group = |members: BoxedStrategy<Value>| {
        (
            prop::sample::select(&["AND", "OR"]),
            prop::collection::vec(members, 1..4),
        )
            .prop_map(|(group_type, values)| json!({"type": group_type, "values": values}))
    };
    let tree = leaf.boxed().prop_recursive(2, 8, 3, move |inner| group(inner.boxed()));
    prop::collection::vec(tree, 0..3).prop_map(|values| serde_json::from_value(json!(values)).unwrap())
}

/// All pages of a list, each as (ids, has more, warned, cursor).
async fn pages<Query: Clone, F: Future<Output = (Vec<String>, bool, bool, Option<String>)>>(
    mut query: Query,
    limit: usize,
    mut ask: impl FnMut(Query) -> F,
    mut go_on: impl FnMut(&mut Query, String),
) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let (ids, has_more, warned, cursor) = ask(query.clone()).await;
        assert_eq!((has_more, has_more), (cursor.is_some(), warned));
        assert!(ids.len() == limit || !has_more, "a page that is not the last is full");
        all.extend(ids);
        match cursor {
            Some(cursor) => go_on(&mut query, cursor),
            None => return all,
        }
    }
}

fn is_cut(warnings: &[hedgerow_data_api::Warning]) -> bool {
    warnings.iter().any(|warning| warning.code == "row_limit")
}

async fn list_events(engine: &Engine, query: &EventsQuery) -> EventsResponse {
    let found = engine.events(&project(), query, &clock(), &Progress::ignore()).await;
    found.unwrap_or_else(|error| panic!("{} {}", json!(query), error.chain()))
}

async fn list_persons(engine: &Engine, query: &PersonsQuery) -> PersonsResponse {
    let found = engine.persons(&project(), query, &clock(), &Progress::ignore()).await;
    found.unwrap_or_else(|error| panic!("{} {}", json!(query), error.chain()))
}

fn runner(seed: u8) -> TestRunner {
    #[expect(clippy::disallowed_methods, reason = "the test command sets it")]
    let full = std::env::var("HEDGEROW_FULL").is_ok_and(|full| full == "1");
    let config = Config {
        cases: if full { 1_000 } else { 80 },
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

#[test]
fn pages_of_events_together_are_what_fits_newest_first() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = runtime.block_on(engine(folder.path()));
    let rows = event_rows();
    let sizes = RefCell::new(BTreeSet::new());
    let done = runner(3).run(&(trees(event_filters()), 40..200u32), |(properties, limit)| {
        let expected = rows.iter().filter(|row| holds(row, &properties));
        let expected: Vec<String> = expected.map(|row| row.at.1.to_string()).collect();
        let query = EventsQuery {
            properties,
            limit: Some(limit),
            columns: vec!["status".to_owned()],
            ..EventsQuery::default()
        };
        let ask = |query: EventsQuery| {
            let engine = &engine;
            async move {
                let found = list_events(engine, &query).await;
                let ids: Vec<String> = found.results.iter().map(|event| event.uuid.clone()).collect();
                (ids, found.has_more, is_cut(&found.warnings), found.next_cursor)
            }
        };
        let go_on = |query: &mut EventsQuery, cursor| query.cursor = Some(cursor);
        let found = runtime.block_on(pages(query.clone(), limit as usize, ask, go_on));
        prop_assert_eq!(&found, &expected, "{}", json!(query));
        sizes.borrow_mut().insert(found.len());
        Ok(())
    });
    done.unwrap();
    let sizes = sizes.into_inner();
    assert!(sizes.len() > 10, "the trees tell rows apart: {sizes:?}");
}

#[test]
fn pages_of_persons_together_are_who_fits_newest_first() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = runtime.block_on(engine(folder.path()));
    let rows = person_rows();
    let sizes = RefCell::new(BTreeSet::new());
    let done = runner(5).run(&(trees(person_filters()), 1..4u32), |(properties, limit)| {
        let expected = rows.iter().filter(|row| holds(row, &properties));
        let expected: Vec<String> = expected.map(|row| row.at.1.to_string()).collect();
        let query = PersonsQuery {
            properties,
            limit: Some(limit),
            ..PersonsQuery::default()
        };
        let ask = |query: PersonsQuery| {
            let engine = &engine;
            async move {
                let found = list_persons(engine, &query).await;
                let ids: Vec<String> = found.results.iter().map(|person| person.person_id.clone()).collect();
                (ids, found.has_more, is_cut(&found.warnings), found.next_cursor)
            }
        };
        let go_on = |query: &mut PersonsQuery, cursor| query.cursor = Some(cursor);
        let found = runtime.block_on(pages(query.clone(), limit as usize, ask, go_on));
        prop_assert_eq!(&found, &expected, "{}", json!(query));
        sizes.borrow_mut().insert(found.len());
        Ok(())
    });
    done.unwrap();
    let sizes = sizes.into_inner();
    assert!(sizes.len() > 3, "the trees tell persons apart: {sizes:?}");
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = engine(folder.path()).await;
    let query = EventsQuery {
        limit: Some(1_000),
        ..EventsQuery::default()
    };
    let found = list_events(&engine, &query).await;
    assert!(!found.has_more && found.warnings.is_empty());
    let sent: BTreeMap<String, EventRecord> = events()
        .into_iter()
        .map(|event| (event.uuid.to_string(), event))
        .collect();
    assert_eq!(found.results.len(), sent.len());
    for event in &found.results {
        let sent = &sent[&event.uuid];
        let properties = sent
            .properties
            .iter()
            .map(|(key, value)| (key.to_string(), plain(value)));
        assert_eq!(event.properties, properties.collect::<Map<_, _>>(), "{}", event.uuid);
        assert_eq!(
            (&event.event, &event.distinct_id, &event.session_id),
            (&sent.event, &sent.distinct_id, &sent.session_id)
        );
        assert_eq!(event.timestamp.parse::<DateTime<Utc>>().unwrap(), sent.timestamp);
        assert_eq!(event.person_id, Some(person_uuid(&root(&sent.distinct_id)).to_string()));
    }
    // Only the properties that are wanted.
    let query: EventsQuery = serde_json::from_value(json!({"columns": ["ratio", "tags"], "limit": 1000})).unwrap();
    for event in list_events(&engine, &query).await.results {
        assert!(
            event
                .properties
                .keys()
                .all(|key| ["ratio", "tags"].contains(&key.as_str()))
        );
        assert_eq!(
            event.properties.len(),
            sent[&event.uuid]
                .properties
                .iter()
                .filter(|(key, _)| *key == "ratio" || *key == "tags")
                .count()
        );
    }
}

#[tokio::test]
async fn a_person_has_its_ids_events_and_properties() {
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = engine(folder.path()).await;
    let found = list_persons(&engine, &PersonsQuery::default()).await;
    let known = people();
    assert_eq!(found.results.len(), known.len());
    for (person, properties) in &known {
        let id = person_uuid(person).to_string();
        let listed = found.results.iter().find(|listed| listed.person_id == id).unwrap();
        let own: Vec<EventRecord> = events()
            .into_iter()
            .filter(|event| root(&event.distinct_id) == *person)
            .collect();
        let ids: BTreeSet<String> = own.iter().map(|event| event.distinct_id.clone()).collect();
        assert_eq!(listed.distinct_ids, ids.into_iter().collect::<Vec<_>>());
        assert_eq!(listed.events, own.len() as u64);
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(
            time(&listed.created_at),
            own.iter().map(|event| event.timestamp).min().unwrap()
        );
        assert_eq!(
            listed.last_seen.as_deref().map(time),
            own.iter().map(|event| event.timestamp).max()
        );
        assert_eq!(&listed.properties, properties, "{person}");
        // The same person alone, and its events whatever id they came with.
        let alone: PersonsQuery = serde_json::from_value(json!({"personId": id})).unwrap();
        assert_eq!(
            list_persons(&engine, &alone).await.results,
            std::slice::from_ref(listed)
        );
        let of_person: EventsQuery = serde_json::from_value(json!({"personId": id, "limit": 1000})).unwrap();
        assert_eq!(list_events(&engine, &of_person).await.results.len(), own.len());
    }
}

#[tokio::test]
async fn a_search_finds_parts_of_names_whatever_their_case() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, engine) = engine(folder.path()).await;
    let ann = EventRecord {
        uuid: Uuid::from_u128(77),
        event: "sign up".to_owned(),
        timestamp: "2015-05-19T10:00:00Z".parse().unwrap(),
        distinct_id: "x1".to_owned(),
        session_id: None,
        properties: vec![(
            "$set".into(),
            PropertyValue::Json(r#"{"email": "Ann@mail.example"}"#.to_owned()),
        )],
    };
    lake.append(&project(), vec![ann].into()).await.unwrap();
    let events = |search: &str| {
        let query: EventsQuery = serde_json::from_value(json!({"search": search, "limit": 1000})).unwrap();
        let engine = &engine;
        async move { list_events(engine, &query).await.results.len() }
    };
    let expected = |search: &str| {
        let fits = |event: &EventRecord| event.event.contains(search) || event.distinct_id.contains(search);
        self::events().iter().filter(|event| fits(event)).count()
    };
    assert_eq!(events("NOTE").await, expected("note"));
    assert_eq!(events("device").await, expected("device"));
    assert_eq!(events("X1").await, 1);
    assert_eq!(events("nothing like it").await, 0);
    let persons = |search: &str| {
        let query: PersonsQuery = serde_json::from_value(json!({"search": search})).unwrap();
        let engine = &engine;
        async move {
            let found = list_persons(engine, &query).await.results;
            found
                .into_iter()
                .flat_map(|person| person.distinct_ids)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(persons("ANN@").await, ["x1"]);
    assert_eq!(persons("Device 1").await, ["device 1", "user 1"]);
    assert!(persons("nobody").await.is_empty());
}

#[tokio::test]
async fn events_that_come_in_meanwhile_move_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, engine) = engine(folder.path()).await;
    let mut query: EventsQuery = serde_json::from_value(json!({"limit": 50})).unwrap();
    let first = list_events(&engine, &query).await;
    let newer = EventRecord {
        timestamp: "2015-05-20T11:00:00Z".parse().unwrap(),
        uuid: Uuid::from_u128(5),
        ..event(1, clock().now())
    };
    lake.append(&project(), vec![newer].into()).await.unwrap();
    query.cursor.clone_from(&first.next_cursor);
    let second = list_events(&engine, &query).await;
    let found = first
        .results
        .iter()
        .chain(&second.results)
        .map(|event| event.uuid.clone());
    let expected = event_rows().into_iter().take(100).map(|row| row.at.1.to_string());
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = engine(folder.path()).await;
    let filter = |filter: Value| json!({"properties": [filter]});
    let of_events = [
        (
            json!({"event": "pageview"}),
            "unknown event \"pageview\" | did you mean $pageview?",
        ),
        (
            json!({"columns": ["statsu"]}),
            "unknown property \"statsu\" | did you mean status",
        ),
        (json!({"limit": 0}), "a page of 0 rows is outside 1 to 10000"),
        (json!({"limit": 10_001}), "a page of 10001 rows is outside 1 to 10000"),
        (json!({"cursor": "soon"}), "\"soon\" is no cursor | take next_cursor"),
        (json!({"personId": "user 1"}), "\"user 1\" is no id of a person"),
        (
            json!({"personId": "00000000-0000-0000-0000-000000000000"}),
            "there is no person with the id \"00000000-0000-0000-0000-000000000000\"",
        ),
        (
            filter(json!({"key": "duration", "type": "session", "operator": "gt", "value": 1})),
            "\"duration\"",
        ),
        (filter(json!({"key": "key", "type": "flag", "value": "x"})), "\"key\""),
        (
            filter(json!({"key": "created_on", "type": "person_field", "value": "x"})),
            "\"created_on\"",
        ),
        (
            filter(json!({"key": "uuid", "type": "event_field", "value": "x"})),
            "\"uuid\"",
        ),
        (
            filter(json!({"key": "plna", "type": "person", "value": "pro"})),
            "unknown property of persons \"plna\" | did you mean plan",
        ),
        (
            filter(json!({"key": "plan", "type": "person", "value": "prp"})),
            "unknown value of plan of persons \"prp\"",
        ),
        (
            filter(json!({"key": "event", "type": "event_field", "value": "sign in"})),
            "unknown event \"sign in\"",
        ),
        (
            filter(json!({"key": "status", "value": 405})),
            "unknown value of status \"405\"",
        ),
        (filter(json!({"type": "OR", "values": []})), "is an empty group"),
        (
            json!({"dateRange": {"date_from": "2016-01-01", "date_to": "2016-01-02"}}),
            "there is no data from 2016-01-01 00:00 to 2016-01-02 23:59 UTC | this project has data from",
        ),
    ];
    for (query, expected) in of_events {
        let query: EventsQuery = serde_json::from_value(query).unwrap();
        let found = engine.events(&project(), &query, &clock(), &Progress::ignore()).await;
        let error = found.expect_err(&json!(query).to_string());
        let said = format!("{} | {}", error.message(), error.hint().unwrap_or_default());
        assert!(said.contains(expected), "{} {said}", json!(query));
    }
    let of_persons = [
        (json!({"limit": 0}), "a page of 0 rows is outside 1 to 10000"),
        (
            json!({"columns": ["sets"]}),
            "unknown property of persons \"sets\" | did you mean seats",
        ),
        (json!({"cursor": "1_2"}), "\"1_2\" is no cursor"),
        (
            filter(json!({"key": "status", "value": 200})),
            "\"status\" is of type event, which a list of persons",
        ),
        (
            filter(json!({"key": "timestamp", "type": "event_field", "operator": "is_date_after", "value": "-7d"})),
            "\"timestamp\" is of type event_field, which a list of persons",
        ),
        (
            filter(json!({"key": "name", "type": "person_field", "value": "x"})),
            "\"name\"",
        ),
        (
            filter(json!({"key": "plan", "type": "person", "value": "prp"})),
            "unknown value of plan of persons \"prp\"",
        ),
        (
            filter(json!({"key": "distinct_id", "type": "person_field", "operator": "gt", "value": 3})),
            "compares numbers, but the property is a string",
        ),
    ];
    for (query, expected) in of_persons {
        let query: PersonsQuery = serde_json::from_value(query).unwrap();
        let found = engine.persons(&project(), &query, &clock(), &Progress::ignore()).await;
        let error = found.expect_err(&json!(query).to_string());
        let said = format!("{} | {}", error.message(), error.hint().unwrap_or_default());
        assert!(said.contains(expected), "{} {said}", json!(query));
    }
}

#[tokio::test]
async fn a_list_says_its_range_and_its_conditions() {
    let folder = tempfile::tempdir().unwrap();
    let (_lake, engine) = engine(folder.path()).await;
    let query = json!({
        "event": "sign up", "dateRange": {"date_from": "2015-05-12", "date_to": "2015-05-13"}, "search": "user",
        "properties": [{"key": "plan", "type": "person", "value": "pro"}], "limit": 1000,
    });
    let query: EventsQuery = serde_json::from_value(query).unwrap();
    let found = list_events(&engine, &query).await;
    let day = |event: &hedgerow_data_api::ListedEvent| event.timestamp[..10].to_owned();
    let days: BTreeSet<String> = found.results.iter().map(day).collect();
    assert!(
        days.iter()
            .all(|day| ["2015-05-12", "2015-05-13"].contains(&day.as_str())),
        "{days:?}"
    );
    let provenance = &found.provenance;
    assert_eq!(provenance.kind, "EventsQuery");
    assert_eq!(
        provenance.range.as_ref().unwrap().date_from,
        "2015-05-12T00:00:00+00:00"
    );
    assert_eq!(provenance.filters.len(), 3, "{:?}", provenance.filters);
    assert!(provenance.rows_read > 0);
    let nobody = json!({"properties": [{"key": "seats", "type": "person", "operator": "gt", "value": 900}]});
    let nobody: PersonsQuery = serde_json::from_value(nobody).unwrap();
    let found = list_persons(&engine, &nobody).await;
    assert!(found.results.is_empty());
    assert_eq!(found.warnings[0].code, "no_match");
}
