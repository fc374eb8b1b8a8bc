//! Attempts to sign in, so that nobody can try many keys.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Failures within [`WINDOW`] after which nobody can sign in until it is over.
const MAX_FAILURES: u32 = 5;
/// How long failures count, from the first.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Counts failures to sign in, of everybody together: all requests come from this machine. Kept in memory.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    since: Option<DateTime<Utc>>,
}

impl Attempts {
    /// Begins an attempt, which counts as a failure until it is said to be none. Where there were too many,
    /// it says how long to wait instead, whatever the key.
    pub(crate) fn begin(&self, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        // Every change is one step, so a panicking holder leaves the state whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back begins a new window, too.
        let passed = state.since.map(|since| now - since);
        let passed = passed.filter(|passed| (TimeDelta::zero()..WINDOW).contains(passed));
        let Some(passed) = passed else {
            *state = State {
                failures: 1,
                since: Some(now),
            };
            return Ok(());
        };
        if state.failures >= MAX_FAILURES {
            return Err(WINDOW - passed);
        }
        state.failures += 1;
        Ok(())
    }

    /// Says that an attempt was no failure.
    pub(crate) fn succeed(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + second, 0).unwrap()
    }

    #[test]
    fn after_five_failures_nobody_gets_in_until_the_window_is_over() {
        let attempts = Attempts::default();
        for second in 0..5 {
            assert_eq!(attempts.begin(at(second)), Ok(()));
        }
        assert_eq!(attempts.begin(at(5)), Err(TimeDelta::seconds(55)));
        assert_eq!(attempts.begin(at(59)), Err(TimeDelta::seconds(1)));
        assert_eq!(attempts.begin(at(60)), Ok(()));
        assert_eq!(attempts.begin(at(61)), Ok(()), "the count begins anew");
    }

    #[test]
    fn success_is_no_failure() {
        let attempts = Attempts::default();
        for second in 0..20 {
            assert_eq!(attempts.begin(at(second)), Ok(()));
            attempts.succeed();
        }
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let attempts = Attempts::default();
        for second in 100..105 {
            assert_eq!(attempts.begin(at(second)), Ok(()));
        }
        assert_eq!(attempts.begin(at(50)), Ok(()));
    }
}
