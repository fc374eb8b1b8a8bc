//! From the world's events to what stores take.

use hedgerow_data_api::{EventBatch, Value};

use crate::event::{WorldEvent, WorldValue};

impl WorldEvent {
    /// Adds the event to a batch.
    pub fn add_to(&self, batch: &mut EventBatch) {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let session = self
            .session_id
            .map(|session| &*session.hyphenated().encode_lower(&mut text));
        batch.begin(self.uuid, self.event, self.timestamp, &self.distinct_id, session);
        for (key, value) in &self.properties {
            batch.set(key, value.into());
        }
    }
}

impl<'a> From<&'a WorldValue> for Value<'a> {
    fn from(value: &'a WorldValue) -> Self {
        match value {
            WorldValue::Text(text) => Self::Text(text),
            WorldValue::Integer(number) => Self::Integer(*number),
            WorldValue::Double(number) => Self::Double(*number),
            WorldValue::Boolean(truth) => Self::Boolean(*truth),
            WorldValue::Json(json) => Self::Json(json),
        }
    }
}
