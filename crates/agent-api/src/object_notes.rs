//! What holds of objects now, beyond what they keep: how many people are in a cohort, say.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::Table;
use hedgerow_errors::Result;

use crate::object::Object;
use crate::object_tools::{ObjectKind, body_of};
use crate::tool::ToolContext;

/// What holds of an object now.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectNote {
    /// As a sentence.
    pub text: String,
    /// The cells that its numbers are from.
    pub table: Option<Table>,
}

impl From<String> for ObjectNote {
    /// A note without numbers.
    fn from(text: String) -> Self {
        Self { text, table: None }
    }
}

/// Says what holds of an object now.
#[async_trait]
pub trait ObjectNotes: Send + Sync {
    /// `None` where there is nothing to say.
    async fn note(&self, ctx: &ToolContext, object: &Object) -> Result<Option<ObjectNote>>;
}

/// The notes of a kind: what [`ObjectKind::note`] says of a body.
pub fn object_notes<K: ObjectKind>(kind: K) -> Arc<dyn ObjectNotes> {
    Arc::new(OfKind(kind))
}

struct OfKind<K>(K);

#[async_trait]
impl<K: ObjectKind> ObjectNotes for OfKind<K> {
    async fn note(&self, ctx: &ToolContext, object: &Object) -> Result<Option<ObjectNote>> {
        self.0.note(ctx, &object.name, &body_of(object)?).await
    }
}
