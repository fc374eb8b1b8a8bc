//! Queries that were answered, kept beside the answers: no query waits for its record or fails with it.

mod keeping_engine;

use std::sync::{Arc, OnceLock};

use hedgerow_data_api::{
    Clock, KeptQuery, LONGEST_KEPT_QUERY, MOST_KEPT_QUERIES, Provenance, QueryStore, SqlQuery, SqlResponse, TypedQuery,
    TypedResponse,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, QueryId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

pub use keeping_engine::KeepingEngine;

/// Queries that wait to be written. More than that at once are not kept.
const WAITING: usize = 4_096;
/// Queries that are written in one transaction.
const BATCH: usize = 256;
/// The kind of what is no typed query.
pub(crate) const SQL: &str = "SqlQuery";

enum Message {
    Answered(Box<KeptQuery>),
    /// Answered itself when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Takes queries and writes them in a task of its own.
pub struct KeptQueries {
    store: Arc<dyn QueryStore>,
    /// To the task, which starts with the first query.
    sender: OnceLock<mpsc::Sender<Message>>,
}

impl KeptQueries {
    /// Those of a store.
    #[must_use]
    pub fn new(store: Arc<dyn QueryStore>) -> Self {
        let sender = OnceLock::new();
        Self { store, sender }
    }

    /// Takes a query that was answered. It never waits; what can't be taken is logged.
    fn keep(&self, query: &impl Serialize, provenance: &Provenance, clock: &Clock) {
        let query_id = provenance.query_id;
        let Some(query) = as_kept(query, &provenance.kind) else {
            tracing::info!(%query_id, "a query of more than {LONGEST_KEPT_QUERY} bytes is not kept");
            return;
        };
        let kept = KeptQuery {
            query_id,
            project: provenance.project.clone(),
            kind: provenance.kind.clone(),
            query,
            now: clock.now(),
            snapshot_id: provenance.snapshot_id,
            memory_rows: provenance.memory_rows,
        };
        let sender = self.sender.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(write_all(Arc::clone(&self.store), receiver));
            sender
        });
        if let Err(error) = sender.try_send(Message::Answered(Box::new(kept))) {
            tracing::error!(%query_id, "a query was not kept: {error}");
        }
    }

    /// Waits until the queries that were taken so far are written.
    pub(crate) async fn flush(&self) {
        let Some(sender) = self.sender.get() else {
            return;
        };
        let (done, written) = oneshot::channel();
        // Where the task is gone there is nothing left to wait for.
        if sender.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }

    /// A query of a project, those included that are still to be written.
    pub(crate) async fn find(&self, project: &ProjectId, query_id: QueryId) -> Result<KeptQuery> {
        self.flush().await;
        let kept = self.store.kept_query(project, query_id).await?;
        kept.ok_or_else(|| {
            let message = format!("project {project} keeps no query with the id {query_id}");
            let hint = format!(
                "the latest {MOST_KEPT_QUERIES} of a project are kept, each of {} KB at most; a result has the id in \
                 provenance.query_id",
                LONGEST_KEPT_QUERY >> 10
            );
            Error::new(Code::UnknownName, message).with_hint(hint)
        })
    }
}

/// A query as it is kept: with its kind; `None` for one that is too long.
fn as_kept(query: &impl Serialize, kind: &str) -> Option<Map<String, Value>> {
    let text = serde_json::to_string(query).ok()?;
    if text.len() > LONGEST_KEPT_QUERY {
        return None;
    }
    let mut members: Map<String, Value> = serde_json::from_str(&text).ok()?;
    members.insert("kind".to_owned(), Value::from(kind));
    Some(members)
}

async fn write_all(store: Arc<dyn QueryStore>, mut receiver: mpsc::Receiver<Message>) {
    let mut batch = Vec::new();
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (mut answered, mut flushed) = (Vec::new(), Vec::new());
        for message in batch.drain(..) {
            match message {
                Message::Answered(query) => answered.push(*query),
                Message::Flush(done) => flushed.push(done),
            }
        }
        let number = answered.len();
        if number > 0
            && let Err(error) = store.keep_queries(answered, MOST_KEPT_QUERIES).await
        {
            tracing::error!(error = error.chain(), "{number} queries were not kept");
        }
        for done in flushed {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

/// A query that was opened again, with what it answers now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reopened {
    /// The query as it was asked, and when, and of which snapshot.
    pub asked: KeptQuery,
    /// Whether the data is another by now, so that the numbers may be.
    pub has_moved: bool,
    /// What it answers now. Its dates are read by the time by which they were read then.
    pub response: ReopenedResponse,
}

/// What a query of any kind answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ReopenedResponse {
    /// A typed query.
    Typed(Box<TypedResponse>),
    /// A statement of SQL.
    Sql(Box<SqlResponse>),
}

impl ReopenedResponse {
    /// How it came to be.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        match self {
            Self::Typed(response) => response.provenance(),
            Self::Sql(response) => &response.provenance,
        }
    }
}

/// A query that is kept, as it can be run.
pub(crate) enum AnyQuery {
    Typed(Box<TypedQuery>),
    Sql(SqlQuery),
}

impl AnyQuery {
    pub(crate) fn of(kept: &KeptQuery) -> Result<Self> {
        let unreadable = |error| {
            let message = format!("query {} is of a form that is not known any more", kept.query_id);
            Error::caused(Code::Corrupt, message, error)
        };
        let mut members = kept.query.clone();
        if kept.kind == SQL {
            members.remove("kind");
            let query = serde_json::from_value(Value::Object(members)).map_err(unreadable)?;
            return Ok(Self::Sql(query));
        }
        let query = serde_json::from_value(Value::Object(members)).map_err(unreadable)?;
        Ok(Self::Typed(query))
    }
}
