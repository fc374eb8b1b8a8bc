//! Names that come out the same whenever the same log is read.
//!
//! - An **event** is its source, its line and its ordinal among equal lines, so that repeated
//!   lines count and a second import adds nothing. The line counts byte by byte, without its end.
//! - A **visitor** is an address and a user agent. The hash keeps the address out of the store; it
//!   is a pseudonym and no anonymisation, since addresses are few enough to try them all.
//! - A **session** is a visitor and the second in which the session began.
//!
//! All are UUIDs of version 5 (RFC 9562). Changing anything here makes old imports look new.

use std::collections::HashMap;
use std::path::Path;

use uuid::Uuid;

const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x5d0c_2b0e_7f43_4c1b_9a55_0e3c_6f2d_81a7);
const VISITOR_NAMESPACE: Uuid = Uuid::from_u128(0xb1e4_9d36_02ac_4f0d_8c7e_53d9_f4a6_1b28);
const SESSION_NAMESPACE: Uuid = Uuid::from_u128(0x27a8_f6c1_e95b_4d72_b306_9c14_8ad0_e73f);

/// Equal lines are recognised within at least this many lines, and at most twice as many. It is
/// what fits in a map of 2^19 slots.
const ORDINAL_WINDOW: usize = (1 << 19) / 8 * 7;

/// Counts equal lines. Equal lines carry the same second, so they stand close to each other and
/// two generations of nearly half a million lines each, instead of the whole log, are enough.
#[derive(Default)]
pub(super) struct Ordinals {
    recent: HashMap<u64, u32>,
    older: HashMap<u64, u32>,
}

impl Ordinals {
    /// The identity of the next line.
    pub(super) fn event_id(&mut self, source: &str, line: &[u8]) -> Uuid {
        let mut name = Vec::with_capacity(source.len() + line.len() + 12);
        name.extend_from_slice(source.as_bytes());
        name.push(0);
        name.extend_from_slice(line);
        name.push(0);
        let unnumbered = name.len();
        name.push(b'0');
        let first = Uuid::new_v5(&EVENT_NAMESPACE, &name);
        match self.next_ordinal(first.as_u64_pair().0) {
            0 => first,
            ordinal => {
                name.truncate(unnumbered);
                name.extend_from_slice(ordinal.to_string().as_bytes());
                Uuid::new_v5(&EVENT_NAMESPACE, &name)
            }
        }
    }

    fn next_ordinal(&mut self, line: u64) -> u32 {
        if self.recent.len() >= ORDINAL_WINDOW && !self.recent.contains_key(&line) {
            self.older = std::mem::take(&mut self.recent);
        }
        let seen = self
            .recent
            .get(&line)
            .or_else(|| self.older.get(&line))
            .copied()
            .unwrap_or(0);
        self.recent.insert(line, seen.saturating_add(1));
        seen
    }
}

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

/// A log's default source: its file name without what rotation and compression add, so that
/// `access.log`, `access.log.1` and `access.log-20150520.gz` are one source.
#[must_use]
pub fn source_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut rest: &str = &name;
    while let Some(shorter) = without_suffix(rest).filter(|shorter| !shorter.is_empty()) {
        rest = shorter;
    }
    rest.to_owned()
}

fn without_suffix(name: &str) -> Option<&str> {
    let compressed = ["gz", "bz2", "xz", "zst"];
    let at = name.rfind(['.', '-', '_'])?;
    let (stem, separator, suffix) = (&name[..at], &name[at..=at], &name[at + 1..]);
    let digits = !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit());
    let counted = separator == "." && (digits || compressed.contains(&suffix));
    if counted || (digits && suffix.len() >= 8) {
        return Some(stem);
    }
    // A date like 2015-05-20 is cut off whole.
    let date_at = name.len().checked_sub("2015-05-20".len())?;
    let (stem, date) = (name.get(..date_at)?, name.get(date_at..)?);
    let shaped = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    stem.strip_suffix(['.', '-', '_']).filter(|_| shaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_name_drops_what_rotation_adds() {
        let cases = [
            ("access.log", "access.log"),
            ("/var/log/nginx/access.log.1", "access.log"),
            ("access.log.12.gz", "access.log"),
            ("access.log-20150520", "access.log"),
            ("access.log-20150520.gz", "access.log"),
            ("access.log-2015052013", "access.log"),
            ("access.log.2015-05-20", "access.log"),
            ("access_2015-05-20", "access"),
            ("site-2015.log", "site-2015.log"),
            ("web-2", "web-2"),
            ("20150520", "20150520"),
            (".gz", ".gz"),
        ];
        for (path, expected) in cases {
            assert_eq!(source_name(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn equal_lines_get_different_ids_and_the_same_ones_again() {
        let read = || {
            let mut ordinals = Ordinals::default();
            [&b"a"[..], b"b", b"a", b"a"].map(|line| ordinals.event_id("access.log", line))
        };
        let ids = read();
        assert_eq!(ids, read());
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_ne!(Ordinals::default().event_id("other.log", b"a"), ids[0]);
    }

    #[test]
    fn equal_lines_are_counted_across_generations() {
        let mut ordinals = Ordinals::default();
        assert_eq!(ordinals.next_ordinal(7), 0);
        for line in 0..ORDINAL_WINDOW as u64 {
            ordinals.next_ordinal(1_000 + line);
        }
        assert_eq!(ordinals.next_ordinal(7), 1);
        assert!(ordinals.recent.len() <= ORDINAL_WINDOW && ordinals.older.len() <= ORDINAL_WINDOW);
    }

    /// The ids are on disk in every project that ever imported a log. These were computed by
    /// another implementation of RFC 9562.
    #[test]
    fn ids_stay_what_they_are() {
        let visitor = visitor_id(b"1.2.3.4", b"agent");
        let event = Ordinals::default().event_id("access.log", b"line");
        let ids = [event, visitor, session_id(visitor, 1_431_857_103)].map(|id| id.to_string());
        let expected = [
            "f98aee6a-9db9-5bb3-8162-fd4f5d1a1757",
            "9196bdd9-25ae-557c-bf7e-fb6f187ee488",
            "6213b0d6-5f46-580b-bd05-57aec7ce7f61",
        ];
        assert_eq!(ids, expected);
    }
}
