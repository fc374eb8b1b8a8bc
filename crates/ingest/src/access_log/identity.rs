//! Names that come out the same whenever the same log is read.
//!
//! - An **event** is its source, its line and its ordinal among equal lines, so that repeated
//!   lines count and a second import adds nothing. The line counts byte by byte, without its end.
//! - A **visitor** is an address and a user agent. The hash keeps the address out of the store; it
//!   is a pseudonym and no anonymisation, since addresses are few enough to try them all.
//! - A **session** is a visitor and the second in which the session began.
//!
//! All are UUIDs of version 5 (RFC 9562). Changing anything here makes old imports look new.

use uuid::Uuid;

/// What the identities of lines are hashed in.
pub(super) const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x5d0c_2b0e_7f43_4c1b_9a55_0e3c_6f2d_81a7);
const VISITOR_NAMESPACE: Uuid = Uuid::from_u128(0xb1e4_9d36_02ac_4f0d_8c7e_53d9_f4a6_1b28);
const SESSION_NAMESPACE: Uuid = Uuid::from_u128(0x27a8_f6c1_e95b_4d72_b306_9c14_8ad0_e73f);

/// The visitor behind an address and a user agent, both as they stand in the log.
pub(super) fn visitor_id(address: &[u8], agent: &[u8]) -> Uuid {
    let mut name = Vec::with_capacity(address.len() + agent.len() + 1);
    name.extend_from_slice(address);
    name.push(0);
    name.extend_from_slice(agent);
    Uuid::new_v5(&VISITOR_NAMESPACE, &name)
}

/// The session of a visitor that began at a second since 1970.
pub(super) fn session_id(visitor: Uuid, start: i64) -> Uuid {
    Uuid::new_v5(&SESSION_NAMESPACE, format!("{visitor}\0{start}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Ordinals;

    /// The ids are on disk in every project that ever imported a log. These were computed by
    /// another implementation of RFC 9562.
    #[test]
    fn ids_stay_what_they_are() {
        let visitor = visitor_id(b"1.2.3.4", b"agent");
        let event = Ordinals::new(EVENT_NAMESPACE).event_id("access.log", b"line");
        let ids = [event, visitor, session_id(visitor, 1_431_857_103)].map(|id| id.to_string());
        let expected = [
            "f98aee6a-9db9-5bb3-8162-fd4f5d1a1757",
            "9196bdd9-25ae-557c-bf7e-fb6f187ee488",
            "6213b0d6-5f46-580b-bd05-57aec7ce7f61",
        ];
        assert_eq!(ids, expected);
    }
}
