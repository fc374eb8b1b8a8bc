//! What the world yields: events in PostHog's model.

use std::borrow::Cow;
use std::sync::Arc;

use uuid::Uuid;

/// One event, as a client library would send it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldEvent {
    /// Version 7; its time is `timestamp`. A duplicate has the uuid of the event that it repeats.
    pub uuid: Uuid,
    /// The event's name.
    pub event: &'static str,
    /// When it happened: microseconds since 1970-01-01 UTC, always whole milliseconds.
    pub timestamp: i64,
    /// Whom the client took the sender for: a device's uuid before, an account after `$identify`.
    pub distinct_id: Arc<str>,
    /// Version 7; its time is the start of the session. None for events of a server.
    pub session_id: Option<Uuid>,
    /// No key comes twice. Keys and types stand in [`PROPERTIES`](crate::PROPERTIES).
    pub properties: Vec<(&'static str, WorldValue)>,
}

impl WorldEvent {
    /// The value of a property.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&WorldValue> {
        self.properties
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// The value of a property that is a text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.property(key) {
            Some(WorldValue::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum WorldValue {
    Text(Cow<'static, str>),
    Integer(i64),
    /// Always finite.
    Double(f64),
    Boolean(bool),
    /// An object or an array, as compact JSON text.
    Json(Cow<'static, str>),
}

impl WorldValue {
    /// The value's type.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match self {
            Self::Text(_) => ValueKind::Text,
            Self::Integer(_) => ValueKind::Integer,
            Self::Double(_) => ValueKind::Double,
            Self::Boolean(_) => ValueKind::Boolean,
            Self::Json(_) => ValueKind::Json,
        }
    }
}

impl From<&'static str> for WorldValue {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for WorldValue {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for WorldValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for WorldValue {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for WorldValue {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

/// The type of a property; each key has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Integer,
    Double,
    Boolean,
    Json,
}
