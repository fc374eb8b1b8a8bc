//! The fields that every project has: those of events and persons themselves, of sessions and of flags.

use hedgerow_data_api::{FieldKind, FieldUnit, FilterField, PropertyType};

use super::field;

/// A field with more words than its key has.
fn named(property_type: PropertyType, key: &str, kind: FieldKind, may_be_missing: bool, words: &[&str]) -> FilterField {
    let mut field = field(property_type, key, kind, may_be_missing);
    for word in words {
        if !field.words.iter().any(|known| known == word) {
            field.words.push((*word).to_owned());
        }
    }
    field
}

/// What every event has.
pub(super) fn events() -> Vec<FilterField> {
    use PropertyType::EventField as Event;
    vec![
        named(Event, "event", FieldKind::Text, false, &["event name", "event"]),
        named(Event, "distinct_id", FieldKind::Text, false, &[]),
        named(
            Event,
            "timestamp",
            FieldKind::Date,
            false,
            &["captured", "happened", "occurred", "sent"],
        ),
    ]
}

/// What every person has.
pub(super) fn persons() -> Vec<FilterField> {
    use PropertyType::PersonField as Person;
    vec![
        named(Person, "distinct_id", FieldKind::Text, false, &[]),
        named(Person, "created_at", FieldKind::Date, false, &["created"]),
    ]
}

/// What every session has.
pub(super) fn sessions() -> Vec<FilterField> {
    use PropertyType::Session;
    let mut duration = named(
        Session,
        "duration",
        FieldKind::Number,
        false,
        &["session duration", "session length"],
    );
    duration.unit = Some(FieldUnit::Seconds);
    vec![
        duration,
        named(Session, "started_at", FieldKind::Date, false, &["started", "start"]),
        named(Session, "events", FieldKind::Whole, false, &["event"]),
        named(Session, "pageviews", FieldKind::Whole, false, &["page view"]),
        named(Session, "errors", FieldKind::Whole, false, &["exception"]),
        named(Session, "rage_clicks", FieldKind::Whole, false, &["rageclick"]),
        named(
            Session,
            "entry_path",
            FieldKind::Text,
            true,
            &["entry page", "entry pathname", "landing page"],
        ),
        named(
            Session,
            "exit_path",
            FieldKind::Text,
            true,
            &["exit page", "exit pathname"],
        ),
        named(Session, "browser", FieldKind::Text, true, &[]),
        named(Session, "os", FieldKind::Text, true, &[]),
        named(Session, "device_type", FieldKind::Text, true, &[]),
        named(Session, "plan", FieldKind::Text, true, &[]),
    ]
}

/// What every feature flag has.
pub(super) fn flags() -> Vec<FilterField> {
    use PropertyType::Flag;
    vec![
        named(Flag, "key", FieldKind::Text, false, &["flag key"]),
        named(Flag, "name", FieldKind::Text, false, &["flag name", "named"]),
        named(Flag, "active", FieldKind::Boolean, false, &[]),
        named(Flag, "has_variants", FieldKind::Boolean, false, &[]),
        named(Flag, "rollout_percentage", FieldKind::Whole, false, &["rollout"]),
        named(Flag, "created_at", FieldKind::Date, false, &["created"]),
        named(Flag, "created_by", FieldKind::Text, true, &["creator"]),
        named(Flag, "tags", FieldKind::Tags, true, &["tagged", "tag"]),
        named(Flag, "last_called_at", FieldKind::Date, true, &["last called"]),
    ]
}

/// The event property that has the values of a session's text.
pub(super) fn source_of_session(key: &str) -> Option<&'static str> {
    Some(match key {
        "entry_path" | "exit_path" => "$pathname",
        "browser" => "$browser",
        "os" => "$os",
        "device_type" => "$device_type",
        "plan" => "plan",
        _ => return None,
    })
}
