//! Reading along: a run's events from the log, then live.

use std::collections::VecDeque;
use std::sync::Arc;

use hedgerow_agent_api::{RunEvent, RunLog};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::RunId;
use tokio::sync::watch;

use crate::channels::{Live, Owner};

/// Reads the log whenever the channel says that it has grown.
pub(crate) struct Follower {
    log: Arc<dyn RunLog>,
    live: watch::Receiver<Live>,
    run_id: RunId,
    /// The position of the last event that was given out.
    after: u64,
    /// Events that were read and not given out yet.
    events: VecDeque<RunEvent>,
    ended: bool,
}

impl Follower {
    /// A reader that begins behind a position.
    pub(crate) fn new(log: Arc<dyn RunLog>, live: watch::Receiver<Live>, run_id: RunId, after: u64) -> Self {
        Self {
            log,
            live,
            run_id,
            after,
            events: VecDeque::new(),
            ended: false,
        }
    }

    /// The next event; `None` after the terminal one, or after an error.
    pub(crate) async fn next(&mut self) -> Option<Result<RunEvent>> {
        let mut closed = false;
        while self.events.is_empty() && !self.ended {
            // What the channel says is taken before the log is read, so that news between the two
            // wakes the next wait.
            let owner = if closed {
                Owner::Stopped
            } else {
                self.live.borrow_and_update().owner
            };
            match self.log.read(self.run_id, self.after).await {
                Ok(events) => self.events.extend(events),
                Err(error) => return self.broken(error),
            }
            if !self.events.is_empty() {
                break;
            }
            match self.is_over(owner).await {
                Ok(true) => return None,
                Ok(false) => closed = self.live.changed().await.is_err(),
                Err(error) => return self.broken(error),
            }
        }
        let event = self.events.pop_front()?;
        self.after = event.seq;
        self.ended |= event.kind.is_terminal();
        Some(Ok(event))
    }

    /// Whether nothing can come any more. A loop says so itself; a run without one may have ended
    /// before this reader came.
    async fn is_over(&self, owner: Owner) -> Result<bool> {
        if owner == Owner::Loop {
            return Ok(false);
        }
        let last = self.log.read(self.run_id, 0).await?;
        if last.last().is_some_and(|event| event.kind.is_terminal()) {
            return Ok(true);
        }
        if owner == Owner::Nobody {
            return Ok(false);
        }
        Err(
            Error::new(Code::Unavailable, format!("run {} stopped without an end", self.run_id))
                .with_hint("the next start closes or resumes it"),
        )
    }

    fn broken(&mut self, error: Error) -> Option<Result<RunEvent>> {
        self.ended = true;
        Some(Err(error))
    }
}
