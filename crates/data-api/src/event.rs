//! Captured events on their way into the store.

use std::borrow::Cow;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::batch::EventBatch;

/// A property's value. A key has one type in a project; values of others are kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An array or an object, as JSON text.
    Json(String),
}

/// One event as an importer or the capture endpoint hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// Identity: the same uuid within the same UTC day ± 1 is the same event.
    pub uuid: Uuid,
    /// The event's name.
    pub event: String,
    /// When it happened.
    pub timestamp: DateTime<Utc>,
    /// Who did it, as the source names them.
    pub distinct_id: String,
    /// The session it belongs to, where the source knows sessions.
    pub session_id: Option<String>,
    /// Everything else; an absent property has no entry. Keys are unique.
    pub properties: Vec<(Cow<'static, str>, PropertyValue)>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// Events that are new and now durable.
    pub added: u64,
    /// Events whose uuid was there already.
    pub already_present: u64,
}

/// Takes events in; the way importers and capture write.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Makes a batch durable, all of it or none, and says how much of it was new.
    async fn append(&self, project: &ProjectId, batch: EventBatch) -> Result<Appended>;
}
