//! Random events with all that makes counting hard: borders of days, leap days, changes of the clocks, equal
//! timestamps, events that came late or lie ahead, what is missing, numbers written as texts, and names in all scripts.

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{EventRecord, PropertyValue};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

/// Names of events.
pub(crate) const NAMES: [&str; 4] = ["$pageview", "sign up", "оплата", "テスト 🌱"];
pub(crate) const PLANS: [&str; 4] = ["free", "pro", "große Firma", ""];
/// Texts of which some are numbers.
pub(crate) const CODES: [&str; 8] = ["12", "3.5", "-4", "1e2", "abc", "", "0012", "７"];
/// Texts of which some are dates.
pub(crate) const SINCE: [&str; 5] = [
    "2012-02-29",
    "2019-12-31T23:59:59Z",
    "2021-03-14",
    "2021-03-28T01:30:00Z",
    "soon",
];
pub(crate) const CITIES: [&str; 4] = ["Zürich", "Санкт-Петербург", "東京", "O'Fallon"];

/// The middle of a leap February, of a year's end, of the days on which clocks change in America and in Europe, and
/// of the week before them.
const MIDDLES: [&str; 5] = [
    "2012-02-29T00:00:00Z",
    "2019-12-31T12:00:00Z",
    "2021-03-14T10:00:00Z",
    "2021-03-28T01:00:00Z",
    "2021-10-31T01:00:00Z",
];

/// Events and the time of asking.
#[derive(Debug, Clone)]
pub(crate) struct DataSet {
    pub(crate) events: Vec<EventRecord>,
    pub(crate) now: DateTime<Utc>,
    /// The first day with events and the number of days to the last one.
    pub(crate) first: DateTime<Utc>,
    pub(crate) days: i64,
}

pub(crate) fn data_set() -> impl Strategy<Value = DataSet> {
    let size = (select(&MIDDLES[..]), select(vec![3_i64, 12, 40, 90]), 3..40_u32);
    size.prop_flat_map(|(middle, days, visitors)| {
        let middle: DateTime<Utc> = middle.parse().unwrap();
        let first = middle - Duration::days(days / 2);
        let events = prop::collection::vec(event(first, days, visitors), 200..500);
        // A part of the events lies ahead of the time of asking, as those of clocks that are wrong do.
        (events, 60..101_i64).prop_map(move |(mut events, part)| {
            for (number, event) in events.iter_mut().enumerate() {
                event.uuid = Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes());
            }
            let now = first + Duration::minutes(days * 24 * 60 * part / 100) + Duration::minutes(37);
            DataSet {
                events,
                now,
                first,
                days,
            }
        })
    })
}

fn event(first: DateTime<Utc>, days: i64, visitors: u32) -> impl Strategy<Value = EventRecord> {
    let whole = days * 24;
    let instant = prop_oneof![
        // The first instant of a day, and the last one.
        1 => (0..days).prop_map(Duration::days),
        1 => (1..=days).prop_map(|day| Duration::days(day) - Duration::microseconds(1)),
        // Few instants, so that events share them.
        3 => (0..whole).prop_map(Duration::hours),
        2 => (0..whole * 3_600_000_000).prop_map(Duration::microseconds),
    ];
    let properties = (
        optional(select(&PLANS[..]).prop_map(text)),
        optional((-3..12_i64).prop_map(PropertyValue::Integer)),
        optional((-20..60_i32).prop_map(|eighths| PropertyValue::Double(f64::from(eighths) / 8.0))),
        optional(select(&CODES[..]).prop_map(text)),
        optional(any::<bool>().prop_map(PropertyValue::Boolean)),
        optional(select(&SINCE[..]).prop_map(text)),
        optional(select(&CITIES[..]).prop_map(text)),
        prop_oneof![8 => Just(None), 1 => Just(Some(PropertyValue::Boolean(false)))],
    );
    let session = prop_oneof![1 => Just(None), 4 => (0..60_u32).prop_map(|n| Some(format!("session {n}")))];
    // Few do most.
    let visitor = prop_oneof![0..visitors, 0..visitors.div_ceil(4)];
    (select(&NAMES[..]), instant, visitor, session, properties).prop_map(
        move |(name, instant, visitor, session_id, properties)| {
            let (plan, amount, ratio, code, member, since, city, profile) = properties;
            let named = [
                ("plan", plan),
                ("amount", amount),
                ("ratio", ratio),
                ("code", code),
                ("member", member),
                ("since", since),
                ("Größe 都市", city),
                ("$process_person_profile", profile),
            ];
            let properties = named
                .into_iter()
                .filter_map(|(key, value)| Some((key.into(), value?)))
                .collect();
            EventRecord {
                uuid: Uuid::nil(),
                event: name.to_owned(),
                timestamp: first + instant,
                distinct_id: format!("visitor {visitor}"),
                session_id,
                properties,
            }
        },
    )
}

fn text(text: &str) -> PropertyValue {
    PropertyValue::Text(text.to_owned())
}

fn optional(value: impl Strategy<Value = PropertyValue>) -> impl Strategy<Value = Option<PropertyValue>> {
    prop_oneof![1 => Just(None), 3 => value.prop_map(Some)]
}
