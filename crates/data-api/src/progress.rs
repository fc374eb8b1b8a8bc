//! How far long work is.

use std::fmt;
use std::sync::Arc;

/// Takes the progress of one piece of work: a fraction from 0 to 1 and a note.
#[derive(Clone)]
pub struct Progress(Arc<Report>);

type Report = dyn Fn(f64, &str) + Send + Sync;

impl Progress {
    /// Sends progress to a function.
    pub fn new(report: impl Fn(f64, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    /// Drops all progress, for callers that show none.
    #[must_use]
    pub fn ignore() -> Self {
        Self::new(|_, _| {})
    }

    /// Reports progress.
    pub fn report(&self, fraction: f64, note: &str) {
        (self.0)(fraction, note);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Progress")
    }
}
