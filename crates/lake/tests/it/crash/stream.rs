//! The events that a writer sends: each follows from its number, so that whoever reads a lake back
//! knows what must stand there.

use chrono::{DateTime, Duration, Utc};
use hedgerow_data_api::{EventRecord, PropertyValue};
use uuid::Uuid;

use super::random::mix;

/// Kept with the event, but no property of it.
const PERSON: &str = "$set";

/// The identity of an event; its number is the lower half.
pub(crate) fn uuid(number: u64) -> Uuid {
    Uuid::from_u64_pair(mix(number), number)
}

/// The event of an identity.
pub(crate) fn number(uuid: Uuid) -> u64 {
    let (high, number) = uuid.as_u64_pair();
    assert_eq!(high, mix(number), "{uuid} was never sent");
    number
}

/// An event over four UTC days. Keys come as numbers rise; some values are of another type than most
/// of their key, whole numbers become fractions, and some values fit into no list.
pub(crate) fn event(number: u64) -> EventRecord {
    let random = mix(number ^ 0x5eed);
    let text = |text: String| PropertyValue::Text(text);
    let mut properties = vec![
        (
            "plan".into(),
            text(["free", "team", "firm"][(random % 3) as usize].into()),
        ),
        (
            "seats".into(),
            if number % 17 == 3 {
                text("many".into())
            } else {
                PropertyValue::Integer((random % 50) as i64)
            },
        ),
        (
            format!("key {}", number / 300 % 40).into(),
            text(format!("{}", random % 5)),
        ),
    ];
    if number.is_multiple_of(2) {
        let whole = (random % 20) as i64;
        let amount = if number > 700 && number.is_multiple_of(10) {
            PropertyValue::Double(whole as f64 + 0.5)
        } else {
            PropertyValue::Integer(whole)
        };
        properties.push(("amount".into(), amount));
    }
    if number.is_multiple_of(5) {
        properties.push(("first".into(), PropertyValue::Boolean(random.is_multiple_of(2))));
        properties.push(("tags".into(), PropertyValue::Json(format!("[{number},{{\"a\":null}}]"))));
    }
    if number.is_multiple_of(7) {
        let person = format!("{{\"name\":\"person {}\"}}", random % 40);
        properties.push((PERSON.into(), PropertyValue::Json(person)));
    }
    if number.is_multiple_of(90) {
        properties.push(("note".into(), text("long ".repeat(300))));
    }
    EventRecord {
        uuid: uuid(number),
        event: ["$pageview", "signup", "purchase", "$identify"][(random / 7 % 4) as usize].into(),
        timestamp: start() + Duration::microseconds((mix(random) % 345_600_000_000) as i64),
        distinct_id: format!("person {}", random % 40),
        session_id: random.is_multiple_of(3).then(|| format!("session {}", random % 90)),
        properties,
    }
}

/// The same event as a client with another clock sends it: a day later.
pub(crate) fn moved(number: u64) -> EventRecord {
    let mut event = event(number);
    event.timestamp += Duration::days(1);
    event
}

fn start() -> DateTime<Utc> {
    "2024-02-27T00:00:00Z".parse().unwrap()
}

/// Whether a key has a definition.
pub(crate) fn is_defined(key: &str) -> bool {
    key != PERSON
}

/// A value as the list of its property shows it; none where it is too long or nested.
pub(crate) fn listed(value: &PropertyValue) -> Option<String> {
    match value {
        PropertyValue::Text(text) => (text.len() <= 1024).then(|| text.clone()),
        PropertyValue::Integer(number) => Some(number.to_string()),
        PropertyValue::Double(number) => Some(number.to_string()),
        PropertyValue::Boolean(truth) => Some(truth.to_string()),
        PropertyValue::Json(_) => None,
    }
}
