//! Identities of lines that bring none: UUIDs of version 5 (RFC 9562) of the source, the line and its
//! ordinal among equal lines. Changing anything here makes old imports look new.

use std::collections::HashMap;
use std::path::Path;

use uuid::Uuid;

/// Equal lines are recognised within at least this many lines, and at most twice as many. It is
/// what fits in a map of 2^19 slots.
const ORDINAL_WINDOW: usize = (1 << 19) / 8 * 7;

/// Counts equal lines. Equal lines carry the same second, so they stand close to each other and
/// two generations of nearly half a million lines each, instead of the whole log, are enough.
pub(crate) struct Ordinals {
    namespace: Uuid,
    recent: HashMap<u64, u32>,
    older: HashMap<u64, u32>,
    name: Vec<u8>,
}

impl Ordinals {
    /// Identities within a namespace.
    pub(crate) fn new(namespace: Uuid) -> Self {
        Self {
            namespace,
            recent: HashMap::new(),
            older: HashMap::new(),
            name: Vec::new(),
        }
    }

    /// The identity of the next line.
    pub(crate) fn event_id(&mut self, source: &str, line: &[u8]) -> Uuid {
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        name.extend_from_slice(source.as_bytes());
        name.push(0);
        name.extend_from_slice(line);
        name.push(0);
        let unnumbered = name.len();
        name.push(b'0');
        let first = Uuid::new_v5(&self.namespace, &name);
        let id = match self.next_ordinal(first.as_u64_pair().0) {
            0 => first,
            ordinal => {
                name.truncate(unnumbered);
                name.extend_from_slice(ordinal.to_string().as_bytes());
                Uuid::new_v5(&self.namespace, &name)
            }
        };
        self.name = name;
        id
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
            let mut ordinals = Ordinals::new(Uuid::NAMESPACE_OID);
            [&b"a"[..], b"b", b"a", b"a"].map(|line| ordinals.event_id("access.log", line))
        };
        let ids = read();
        assert_eq!(ids, read());
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_ne!(Ordinals::new(Uuid::NAMESPACE_OID).event_id("other.log", b"a"), ids[0]);
    }

    #[test]
    fn equal_lines_are_counted_across_generations() {
        let mut ordinals = Ordinals::new(Uuid::NAMESPACE_OID);
        assert_eq!(ordinals.next_ordinal(7), 0);
        for line in 0..ORDINAL_WINDOW as u64 {
            ordinals.next_ordinal(1_000 + line);
        }
        assert_eq!(ordinals.next_ordinal(7), 1);
        assert!(ordinals.recent.len() <= ORDINAL_WINDOW && ordinals.older.len() <= ORDINAL_WINDOW);
    }
}
