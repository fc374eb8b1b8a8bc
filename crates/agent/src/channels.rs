//! How readers of a run learn that its log has grown.
//!
//! The log is the truth and is read; a channel only says up to where, so nothing can be lost or
//! come twice, however many readers there are.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hedgerow_ids::RunId;
use tokio::sync::watch;

/// Who writes a run's events at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody yet: the run was left open by an earlier process.
    Nobody,
    /// A loop of this agent.
    Loop,
    /// Nobody any more.
    Stopped,
}

/// What a channel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Live {
    /// The newest position that was written.
    pub(crate) seq: u64,
    /// Who writes.
    pub(crate) owner: Owner,
}

/// One channel a run that somebody writes or follows.
#[derive(Default)]
pub(crate) struct Channels(Mutex<HashMap<RunId, watch::Sender<Live>>>);

impl Channels {
    /// The sending end of a run's channel for the loop that owns it from now on.
    pub(crate) fn own(&self, run_id: RunId, seq: u64) -> watch::Sender<Live> {
        let mut channels = self.lock();
        let sender = Self::entry(&mut channels, run_id);
        sender.send_replace(Live {
            seq,
            owner: Owner::Loop,
        });
        sender.clone()
    }

    /// A receiving end.
    pub(crate) fn subscribe(&self, run_id: RunId) -> watch::Receiver<Live> {
        let mut channels = self.lock();
        // Channels that nobody needs any more are dropped here, as the end of a reader tells nobody.
        channels.retain(|_, sender| sender.receiver_count() > 0 || sender.borrow().owner == Owner::Loop);
        Self::entry(&mut channels, run_id).subscribe()
    }

    fn entry(channels: &mut HashMap<RunId, watch::Sender<Live>>, run_id: RunId) -> &watch::Sender<Live> {
        channels.entry(run_id).or_insert_with(|| {
            watch::Sender::new(Live {
                seq: 0,
                owner: Owner::Nobody,
            })
        })
    }

    /// Tells the readers that nobody writes the run any more, and forgets the channel.
    pub(crate) fn stop(&self, run_id: RunId, seq: u64) {
        if let Some(sender) = self.lock().remove(&run_id) {
            sender.send_replace(Live {
                seq,
                owner: Owner::Stopped,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<Live>>> {
        // Every change of the map is one step, so a panicking holder leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
