//! Stopping a verb from outside: Ctrl-C here, or a closed socket where it runs in a server.

use tokio::sync::watch;

/// Stops a verb.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

/// Tells a verb that it was stopped.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<bool>);

/// Both ends.
#[must_use]
pub fn cancellation() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(false);
    (Canceller(sender), Cancel(receiver))
}

impl Canceller {
    /// Stops the verb; more than once is the same as once.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl Cancel {
    /// Waits until the verb is stopped; for ever where nobody can stop it any more.
    pub async fn cancelled(&self) {
        if self.0.clone().wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
