//! Sessions: a visitor's requests with no silence of more than 30 minutes between them.
//!
//! Requests come in order of time but for those later than the reorder window. State is kept only
//! for visitors who could still go on, so it grows with the traffic of half an hour and not with
//! the log.

use std::collections::HashMap;

use uuid::Uuid;

use super::identity::session_id;

/// Seconds of silence that end a session when they are exceeded.
const SILENCE: i64 = 30 * 60;

struct Session {
    id: Uuid,
    start: i64,
    last: i64,
}

/// The sessions that may still go on.
#[derive(Default)]
pub(super) struct Sessions {
    open: HashMap<Uuid, Session>,
}

impl Sessions {
    /// The session of a visitor's request at a second since 1970.
    ///
    /// A request from before the session in hand, which only a line later than the reorder window
    /// can be, joins it when less than the silence lies between, else stands alone.
    pub(super) fn assign(&mut self, visitor: Uuid, time: i64) -> Uuid {
        if let Some(session) = self.open.get_mut(&visitor) {
            if time < session.start {
                return if session.start - time <= SILENCE {
                    session.id
                } else {
                    session_id(visitor, time)
                };
            }
            if time - session.last <= SILENCE {
                session.last = session.last.max(time);
                return session.id;
            }
        }
        let id = session_id(visitor, time);
        self.open.insert(
            visitor,
            Session {
                id,
                start: time,
                last: time,
            },
        );
        id
    }

    /// Forgets sessions that nothing from `time` on can continue.
    pub(super) fn forget_before(&mut self, time: i64) {
        self.open.retain(|_, session| time - session.last <= SILENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ends_after_more_than_half_an_hour_of_silence() {
        let cases: [(&[i64], &[usize]); 6] = [
            (&[0, 1800, 3600], &[0, 0, 0]),
            (&[0, 1801], &[0, 1]),
            (&[0, 1800, 3601, 3601], &[0, 0, 2, 2]),
            (&[10_000, 9_000], &[0, 0]),
            (&[10_000, 100, 10_001], &[0, 1, 0]),
            (&[0, 10_000, 10_000 - 1_800], &[0, 1, 1]),
        ];
        for (times, same_as) in cases {
            let mut sessions = Sessions::default();
            let ids: Vec<Uuid> = times.iter().map(|time| sessions.assign(Uuid::nil(), *time)).collect();
            for (at, first) in same_as.iter().enumerate() {
                assert_eq!(ids[at], ids[*first], "{times:?} at {at}");
            }
            let distinct = |all: &[usize]| all.iter().collect::<std::collections::HashSet<_>>().len();
            assert_eq!(
                ids.iter().collect::<std::collections::HashSet<_>>().len(),
                distinct(same_as),
                "{times:?}"
            );
        }
    }

    #[test]
    fn forgetting_changes_no_session_to_come() {
        let mut sessions = Sessions::default();
        let first = sessions.assign(Uuid::nil(), 0);
        sessions.forget_before(1800);
        assert_eq!(sessions.assign(Uuid::nil(), 1800), first);
        sessions.forget_before(3601);
        assert!(sessions.open.is_empty());
    }
}
