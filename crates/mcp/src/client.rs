//! Asking servers: a session for each, which is used for a while, and calls within the time that there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Egress, McpClient, McpReply, McpServer, McpTool};
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value};

use crate::failure::Lost;
use crate::session::{Session, lost};

/// Time for a call with all that it needs, also where a session must be opened first.
const LIMIT: Duration = Duration::from_secs(20);

/// Whoever opens a session with a server holds its lock, so that two calls open one.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Session>>>>;

/// A client of all servers that products name.
pub struct Client {
    egress: Arc<dyn Egress>,
    limit: Duration,
    sessions: Mutex<HashMap<McpServer, Slot>>,
}

impl Client {
    /// A client that reaches servers through `egress`. A call has 20 seconds.
    #[must_use]
    pub fn new(egress: Arc<dyn Egress>) -> Self {
        Self::within(egress, LIMIT)
    }

    /// The same with another time for a call.
    #[must_use]
    pub fn within(egress: Arc<dyn Egress>, limit: Duration) -> Self {
        Self {
            egress,
            limit,
            sessions: Mutex::default(),
        }
    }

    /// Ends all sessions and says so to their servers, within the time of a call.
    pub async fn close(&self) {
        let slots: Vec<Slot> = self.slots().drain().map(|(_, slot)| slot).collect();
        let closing = slots.into_iter().map(|slot| async move {
            let session = slot.lock().await.take();
            // A session in which a call is made ends with the call.
            if let Some(session) = session.and_then(Arc::into_inner) {
                session.close().await;
            }
        });
        if tokio::time::timeout(self.limit, futures::future::join_all(closing))
            .await
            .is_err()
        {
            tracing::debug!("sessions with servers were left open");
        }
    }

    /// A session with a server, and whether it was opened just now.
    async fn session(&self, server: &McpServer) -> Result<(Arc<Session>, bool)> {
        let slot = {
            let mut slots = self.slots();
            // Sessions that nobody may use any more are ended here.
            slots.retain(|_, slot| match slot.try_lock() {
                Ok(session) => session.as_ref().is_some_and(|session| session.is_usable()),
                Err(_) => true,
            });
            Arc::clone(slots.entry(server.clone()).or_default())
        };
        let mut session = slot.lock().await;
        if let Some(usable) = session.as_ref().filter(|session| session.is_usable()) {
            return Ok((Arc::clone(usable), false));
        }
        *session = None;
        let opened = Arc::new(Session::open(&self.egress, server).await?);
        *session = Some(Arc::clone(&opened));
        Ok((opened, true))
    }

    /// Lets go of a session that did not work.
    fn forget(&self, server: &McpServer) {
        self.slots().remove(server);
    }

    /// Calls a tool in a session where it is what was pinned. A session that is not new is given up where the tool is
    /// another one in it, and where the server no longer knows it: then once more in a new one.
    async fn call_checked(
        &self,
        server: &McpServer,
        pinned: &McpTool,
        arguments: Map<String, Value>,
    ) -> Result<McpReply> {
        let mut is_second = false;
        loop {
            let (session, is_new) = self.session(server).await?;
            let may_repeat = !is_second;
            is_second = true;
            if let Err(error) = session.check(pinned, server) {
                self.forget(server);
                if is_new || !may_repeat {
                    return Err(error);
                }
                continue;
            }
            match session.call(&pinned.name, arguments.clone(), server).await {
                Ok(reply) => return Ok(reply),
                Err(Lost::Session) if may_repeat => self.forget(server),
                Err(other) => {
                    let error = lost(other, server);
                    // What the tool says against the call is no matter of the session.
                    if error.code() != Code::InvalidArgument {
                        self.forget(server);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Does not wait longer than there is time; what took too long is given up with its session.
    async fn in_time<T>(&self, server: &McpServer, asking: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.limit, asking).await {
            Ok(answered) => answered,
            Err(_) => {
                self.forget(server);
                let message = format!(
                    "{} gives no answer within {} ms",
                    server.shown(),
                    self.limit.as_millis()
                );
                Err(Error::new(Code::LimitExceeded, message))
            }
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<McpServer, Slot>> {
        // Every change of the map is one step, so a panicking holder leaves it whole.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl McpClient for Client {
    async fn tools(&self, server: &McpServer) -> Result<Vec<McpTool>> {
        // Whoever asks wants to know what is so now.
        self.forget(server);
        let (session, _) = self.in_time(server, self.session(server)).await?;
        Ok(session.tools().to_vec())
    }

    async fn call(&self, server: &McpServer, pinned: &McpTool, arguments: Map<String, Value>) -> Result<McpReply> {
        self.in_time(server, self.call_checked(server, pinned, arguments)).await
    }
}
