//! Semantic versions as conditions and properties have them: up to three numbers, the rest is left out.

use crate::flag::FlagOperator;

/// Major, minor and patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u64, u64, u64);

impl Version {
    /// Reads `1.2.3`, `v1.2`, `1.2.3-beta+5`; missing numbers are 0. A leading zero makes it no version
    /// (Semantic Versioning 2.0.0, section 2).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let text = text.split(['-', '+']).next()?;
        let mut parts = text.split('.');
        let major = part(parts.next()?)?;
        let mut next = || match parts.next() {
            None | Some("") => Some(0),
            Some(text) => part(text),
        };
        Some(Self(major, next()?, next()?))
    }
}

fn part(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let zero_leads = text.len() > 1 && text.starts_with('0');
    (plain && !zero_leads).then(|| text.parse().ok()).flatten()
}

/// The range of a tilde, caret or wildcard: from the first version up to before the second.
pub(super) fn bounds(operator: FlagOperator, text: &str) -> Option<(Version, Version)> {
    if operator == FlagOperator::SemverWildcard {
        return wildcard(text);
    }
    let from = Version::parse(text)?;
    let Version(major, minor, patch) = from;
    let to = match operator {
        FlagOperator::SemverTilde => Version(major, minor + 1, 0),
        _ if major > 0 => Version(major + 1, 0, 0),
        _ if minor > 0 => Version(0, minor + 1, 0),
        _ => Version(0, 0, patch + 1),
    };
    Some((from, to))
}

fn wildcard(text: &str) -> Option<(Version, Version)> {
    let text = text.trim().trim_start_matches(['v', 'V']).replace('*', "");
    let parts: Vec<&str> = text.split('.').filter(|part| !part.is_empty()).collect();
    let numbers: Vec<u64> = parts.iter().take(3).map(|text| part(text)).collect::<Option<_>>()?;
    match numbers[..] {
        [major] => Some((Version(major, 0, 0), Version(major + 1, 0, 0))),
        [major, minor] => Some((Version(major, minor, 0), Version(major, minor + 1, 0))),
        [major, minor, patch] => Some((Version(major, minor, patch), Version(major, minor, patch + 1))),
        _ => None,
    }
}

/// Whether a version compares as wanted; nothing where one of the two is none.
pub(super) fn compare(operator: FlagOperator, actual: &str, wanted: &str) -> Option<bool> {
    use FlagOperator as Op;
    let actual = Version::parse(actual)?;
    if matches!(operator, Op::SemverTilde | Op::SemverCaret | Op::SemverWildcard) {
        let (from, to) = bounds(operator, wanted)?;
        return Some(from <= actual && actual < to);
    }
    let wanted = Version::parse(wanted)?;
    Some(match operator {
        Op::SemverEq => actual == wanted,
        Op::SemverNeq => actual != wanted,
        Op::SemverGt => actual > wanted,
        Op::SemverGte => actual >= wanted,
        Op::SemverLt => actual < wanted,
        Op::SemverLte => actual <= wanted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare_knows_ranges_and_what_is_no_version() {
        use FlagOperator as Op;
        let cases = [
            (Op::SemverEq, "v1.2", "1.2.0", Some(true)),
            (Op::SemverGte, "1.10.0", "1.9.9", Some(true)),
            (Op::SemverLt, "1.2.3-beta", "1.2.3", Some(false)),
            (Op::SemverTilde, "1.2.9", "1.2.3", Some(true)),
            (Op::SemverTilde, "1.3.0", "1.2.3", Some(false)),
            (Op::SemverCaret, "0.2.9", "0.2.3", Some(true)),
            (Op::SemverCaret, "0.3.0", "0.2.3", Some(false)),
            (Op::SemverCaret, "0.0.4", "0.0.3", Some(false)),
            (Op::SemverWildcard, "1.7.0", "1.*", Some(true)),
            (Op::SemverWildcard, "1.7.0", "1.6.*", Some(false)),
            (Op::SemverEq, "01.2", "1.2", None),
            (Op::SemverEq, "latest", "1.2", None),
        ];
        for (operator, actual, wanted, expected) in cases {
            assert_eq!(
                compare(operator, actual, wanted),
                expected,
                "{actual} {operator:?} {wanted}"
            );
        }
    }
}
