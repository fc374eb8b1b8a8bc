//! What the fields of PostHog's events mean, in exports and in requests to its capture endpoints.
//!
//! The event's own fields are `uuid`, `event`, `distinct_id`, `timestamp` and `properties`. What is
//! beside them is a property under another name, or nothing of an event: see [`IGNORED`].

use std::borrow::Cow;

use crate::draft::{Counts, Draft, PERSON_KEYS};
use crate::json_text::{Json, Part, entries, value};
use crate::rejects::Reject;

/// Fields beside the event's own that are not kept: what the exporting server knew of itself, of the
/// person at the time of the export, or of the client's library, which is in the properties as well.
pub(crate) const IGNORED: [&str; 27] = [
    "person_id",
    "person_properties",
    "person_created_at",
    "person_mode",
    "created_at",
    "inserted_at",
    "_inserted_at",
    "team_id",
    "project_id",
    "site_url",
    "now",
    "api_key",
    "token",
    "historical_migration",
    "type",
    "library",
    "library_version",
    "context",
    "elements",
    "elements_hash",
    "group0_properties",
    "group1_properties",
    "group2_properties",
    "group3_properties",
    "group4_properties",
    "properties.token",
    "messageId",
];
const TOKEN_IN_PROPERTIES: usize = 25;

/// How often each of [`IGNORED`] was found.
#[derive(Default)]
pub(crate) struct IgnoredFields([u64; IGNORED.len()]);

impl IgnoredFields {
    /// Counts a field, if it is one of them.
    pub(crate) fn count(&mut self, key: &str) -> bool {
        let at = IGNORED.iter().position(|ignored| *ignored == key);
        if let Some(times) = at.and_then(|at| self.0.get_mut(at)) {
            *times += 1;
        }
        at.is_some()
    }

    /// The fields and how often they were found, as a note.
    pub(crate) fn note(&self) -> Option<String> {
        let found = IGNORED.iter().zip(self.0).filter(|(_, times)| *times > 0);
        let found: Vec<String> = found.map(|(key, times)| format!("{key} ({times})")).collect();
        (!found.is_empty()).then(|| format!("fields that are not kept: {}", found.join(", ")))
    }
}

/// Takes in a field of the event itself. The properties are only noted, in [`Draft::spread`], so that what
/// stands beside them comes first wherever it stands.
pub(crate) fn field<'a>(
    draft: &mut Draft<'a>,
    key: Cow<'a, str>,
    part: Part<'a>,
    counts: &mut Counts,
    ignored: &mut IgnoredFields,
) {
    let text = match part {
        Part::Text(text) if key != PROPERTIES => text,
        properties => {
            draft.spread = Some(properties);
            return;
        }
    };
    match key.as_ref() {
        "uuid" => draft.uuid = draft.label(text),
        "event" => draft.event = draft.label(text),
        "distinct_id" | "$distinct_id" => {
            // A distinct id beside the properties comes before the one in them.
            draft.distinct_id = draft.label(text).or_else(|| draft.distinct_id.take());
        }
        "timestamp" => draft.timestamp = draft.label(text),
        "$set" | "$set_once" | "$unset" => {
            if let Some(at) = PERSON_KEYS.iter().position(|known| *known == key) {
                draft.person[at] = Some(text);
            }
        }
        "session_id" => draft.session = draft.label(text).or_else(|| draft.session.take()),
        "window_id" => draft.property(Cow::Borrowed("$window_id"), text, counts),
        "elements_chain" if text != "\"\"" => draft.property(Cow::Borrowed("$elements_chain"), text, counts),
        "elements_chain" => {}
        "ip" => draft.property(Cow::Borrowed("$ip"), text, counts),
        "sent_at" | "sentAt" => draft.sent_at = draft.label(text),
        "offset" => {
            if let Ok(Json::Integer(milliseconds)) = value(text) {
                draft.offset = Some(milliseconds);
            }
        }
        "options" => options(draft, text, counts),
        other if ignored.count(other) => {}
        _ => draft.property(key, text, counts),
    }
}

/// The switches that requests of the newest kind keep beside the properties.
fn options<'a>(draft: &mut Draft<'a>, text: &'a str, counts: &mut Counts) {
    // Options that are no object belong to some other sender and say nothing here.
    let _ = entries(text, |key, value| match key.as_ref() {
        "process_person_profile" => draft.property(Cow::Borrowed("$process_person_profile"), value, counts),
        "product_tour_id" => draft.property(Cow::Borrowed("$product_tour_id"), value, counts),
        "cookieless" | "cookieless_mode" => draft.property(Cow::Borrowed("$cookieless_mode"), value, counts),
        _ => {}
    });
}

/// The key of an event's properties.
pub(crate) const PROPERTIES: &str = "properties";

/// Takes in all properties of an event, given as an object.
pub(crate) fn properties<'a>(draft: &mut Draft<'a>, text: &'a str, counts: &mut Counts, ignored: &mut IgnoredFields) {
    if let Err(reject) = entries(text, |key, value| property(draft, key, value, counts, ignored)) {
        let is_other = reject == Reject::NotAnObject;
        draft.fail(if is_other { Reject::BadProperties } else { reject });
    }
}

/// Takes in one of an event's properties.
pub(crate) fn property<'a>(
    draft: &mut Draft<'a>,
    key: Cow<'a, str>,
    text: &'a str,
    counts: &mut Counts,
    ignored: &mut IgnoredFields,
) {
    match key.as_ref() {
        "distinct_id" => {
            let id = draft.label(text);
            match &draft.distinct_id {
                None => draft.distinct_id = id,
                Some(own) if Some(own) == id.as_ref() => {}
                Some(_) => draft.property(key, text, counts),
            }
        }
        "token" => ignored.0[TOKEN_IN_PROPERTIES] += 1,
        "$session_id" => {
            let session = draft.label(text);
            draft.session = draft.session.take().or(session);
        }
        "$set" | "$set_once" | "$unset" => {
            if let Some(at) = PERSON_KEYS.iter().position(|known| *known == key) {
                draft.person_in_properties[at] = Some(text);
            }
        }
        "$insert_id" => {
            draft.insert_id = draft.label(text);
            draft.property(key, text, counts);
        }
        "timestamp" | "time" | "$time" => {
            let at = ["timestamp", "time", "$time"].iter().position(|known| *known == key);
            if let Some(at) = at {
                draft.other_times[at] = draft.label(text);
            }
            draft.property(key, text, counts);
        }
        _ => draft.property(key, text, counts),
    }
}
