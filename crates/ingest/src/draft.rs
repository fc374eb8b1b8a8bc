//! An event whose fields are still being found, in whatever order a format brings them.

use std::borrow::Cow;

use hedgerow_data_api::Value;
use uuid::Uuid;

use crate::chunks::Chunk;
use crate::identity::Ordinals;
use crate::json_text::{Json, Part, compact, entries, quote, value};
use crate::rejects::Reject;
use crate::times;

/// The longest event name, in bytes.
pub(crate) const LONGEST_NAME: usize = 1_000;

/// What the identities of rows that bring none are hashed in.
const ROW_NAMESPACE: Uuid = Uuid::from_u128(0x8f2b_61d7_0c5e_4a39_b7d4_19e6_52a8_c30f);
/// What insert ids and event ids that are no UUID are hashed in.
const INSERT_ID_NAMESPACE: Uuid = Uuid::from_u128(0x3e97_c40a_d816_4b5f_9c21_7fa0_6b3d_e584);

/// Where events of a source get their identity.
pub(crate) struct Identities {
    /// The name of the source.
    pub source: String,
    ordinals: Ordinals,
}

impl Identities {
    pub(crate) fn new() -> Self {
        Self {
            source: String::new(),
            ordinals: Ordinals::new(ROW_NAMESPACE),
        }
    }

    /// The identity of an event that brings none, of what it consists of.
    pub(crate) fn of_content(&mut self, content: &[u8]) -> Uuid {
        self.ordinals.event_id(&self.source, content)
    }
}

/// The identity that a text stands for: a UUID in any of its forms, or the hash of another text. The
/// nil UUID is what programs write for "none".
pub(crate) fn given_identity(text: &str) -> Option<Uuid> {
    if text.is_empty() {
        return None;
    }
    let uuid = Uuid::parse_str(text).unwrap_or_else(|_| Uuid::new_v5(&INSERT_ID_NAMESPACE, text.as_bytes()));
    (!uuid.is_nil()).then_some(uuid)
}

/// What is counted while events are read, for the notes.
#[derive(Default)]
pub(crate) struct Counts {
    /// Times without an offset.
    pub unzoned: u64,
    /// Numbers that are kept as text, since no type holds them.
    pub big_numbers: u64,
}

/// A property's value, its text in the line or made of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Json(Cow<'a, str>),
}

impl Cell<'_> {
    /// The value in the form that a batch takes.
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Double(number) => Value::Double(*number),
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::Json(text) => Value::Json(text),
        }
    }
}

/// An event in the making.
#[derive(Default)]
pub(crate) struct Draft<'a> {
    pub uuid: Option<Cow<'a, str>>,
    /// What names the event where there is no `uuid`.
    pub insert_id: Option<Cow<'a, str>>,
    pub event: Option<Cow<'a, str>>,
    pub distinct_id: Option<Cow<'a, str>>,
    pub timestamp: Option<Cow<'a, str>>,
    /// Times that stand in for a missing one, the best first.
    pub other_times: [Option<Cow<'a, str>>; 3],
    /// When the request was sent that the event came with.
    pub sent_at: Option<Cow<'a, str>>,
    /// The age of the event when it was sent, in milliseconds.
    pub offset: Option<i64>,
    pub session: Option<Cow<'a, str>>,
    /// The JSON value that holds the properties.
    pub spread: Option<Part<'a>>,
    pub properties: Vec<(Cow<'a, str>, Cell<'a>)>,
    /// `$set`, `$set_once` and `$unset` of the event itself.
    pub person: [Option<&'a str>; 3],
    /// The same of its properties.
    pub person_in_properties: [Option<&'a str>; 3],
    /// The first thing that was wrong.
    pub flaw: Option<Reject>,
}

/// The keys that change a person's properties, in the order of [`Draft::person`].
pub(crate) const PERSON_KEYS: [&str; 3] = ["$set", "$set_once", "$unset"];

/// The text of a JSON value that names something: a text or the digits of a number.
pub(crate) fn label(text: &str) -> Result<Option<Cow<'_, str>>, Reject> {
    Ok(match value(text)? {
        Json::Text(text) if text.is_empty() => None,
        Json::Text(text) => Some(text),
        Json::Integer(_) | Json::Double(_) | Json::Big(_) => Some(Cow::Borrowed(text)),
        _ => None,
    })
}

impl<'a> Draft<'a> {
    /// Notes that something is wrong, so that the event is rejected.
    pub(crate) fn fail(&mut self, reject: Reject) {
        self.flaw.get_or_insert(reject);
    }

    /// The text of a value that names something.
    pub(crate) fn label(&mut self, text: &'a str) -> Option<Cow<'a, str>> {
        label(text).unwrap_or_else(|reject| {
            self.fail(reject);
            None
        })
    }

    /// Adds a property from the text of its JSON value; `null` is none.
    pub(crate) fn property(&mut self, key: Cow<'a, str>, text: &'a str, counts: &mut Counts) {
        let cell = match value(text) {
            Ok(Json::Null) => return,
            Ok(Json::Text(text)) => Cell::Text(text),
            Ok(Json::Integer(number)) => Cell::Integer(number),
            Ok(Json::Double(number)) => Cell::Double(number),
            Ok(Json::Boolean(truth)) => Cell::Boolean(truth),
            Ok(Json::Nested(json)) => Cell::Json(compact(json)),
            Ok(Json::Big(digits)) => {
                counts.big_numbers += 1;
                Cell::Text(Cow::Borrowed(digits))
            }
            Err(reject) => return self.fail(reject),
        };
        self.properties.push((key, cell));
    }

    /// The identity that the event brings.
    pub(crate) fn identity(&self) -> Option<Uuid> {
        let uuid = self.uuid.as_deref().and_then(given_identity);
        uuid.or_else(|| given_identity(self.insert_id.as_deref()?))
    }

    /// Puts the event into a chunk. `content` is what its identity is made of where it brings none.
    pub(crate) fn finish(
        mut self,
        identity: Option<Uuid>,
        default_event: Option<&str>,
        content: &[u8],
        identities: &mut Identities,
        counts: &mut Counts,
        chunk: &mut Chunk,
    ) -> Result<(), Reject> {
        self.merge_person_properties();
        if let Some(reject) = self.flaw {
            return Err(reject);
        }
        let event = self.event.as_deref().or(default_event).ok_or(Reject::NoEvent)?;
        if event.len() > LONGEST_NAME {
            return Err(Reject::NameTooLong);
        }
        let distinct_id = self.distinct_id.as_deref().filter(|id| !id.trim().is_empty());
        let distinct_id = distinct_id.ok_or(Reject::NoDistinctId)?;
        let time = self.time()?;
        counts.unzoned += u64::from(!time.zoned);
        let uuid = identity.unwrap_or_else(|| identities.of_content(content));
        chunk.begin(uuid, event, time.micros, distinct_id, self.session.as_deref());
        for (key, cell) in &self.properties {
            chunk.batch.set(key, cell.as_value());
        }
        Ok(())
    }

    fn time(&self) -> Result<times::Time, Reject> {
        let stand_ins = self.other_times.iter().flatten();
        if let Some(text) = self.timestamp.iter().chain(stand_ins).next() {
            return times::parse(text);
        }
        let sent_at = times::parse(self.sent_at.as_deref().ok_or(Reject::NoTime)?)?;
        let age = self.offset.ok_or(Reject::NoTime)?.saturating_mul(1_000);
        times::within(times::Time {
            micros: sent_at.micros.saturating_sub(age),
            ..sent_at
        })
    }

    /// Lays `$set` and `$set_once` of the event over those of its properties, key by key.
    pub(crate) fn merge_person_properties(&mut self) {
        for (at, key) in PERSON_KEYS.into_iter().enumerate() {
            let outer = self.person.get_mut(at).and_then(Option::take);
            let inner = self.person_in_properties.get_mut(at).and_then(Option::take);
            let is_set = |text: &&str| *text != "null";
            let json = match (outer.filter(is_set), inner.filter(is_set)) {
                (Some(outer), Some(inner)) if key != "$unset" => match overlaid(outer, inner) {
                    Some(merged) => Cow::Owned(merged),
                    None => compact(outer),
                },
                (Some(only), _) | (None, Some(only)) => compact(only),
                (None, None) => continue,
            };
            match value(&json) {
                Ok(Json::Nested(_)) => self.properties.push((Cow::Borrowed(key), Cell::Json(json))),
                Ok(_) => self.fail(Reject::BadProperties),
                Err(reject) => self.fail(reject),
            }
        }
    }
}

/// One object laid over another, as JSON text; none where one of them is no object.
fn overlaid(outer: &str, inner: &str) -> Option<String> {
    let mut merged: Vec<(Cow<'_, str>, &str)> = Vec::new();
    for text in [inner, outer] {
        entries(text, |key, value| {
            match merged.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => merged.push((key, value)),
            }
        })
        .ok()?;
    }
    let mut json = String::from("{");
    for (at, (key, value)) in merged.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        quote(key, &mut json);
        json.push(':');
        json.push_str(&compact(value));
    }
    json.push('}');
    Some(json)
}
