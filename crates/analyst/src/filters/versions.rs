//! Conditions on versions: `app version 3.4.1 or later`, `newer than version 3.4.0`.

use hedgerow_data_api::{FieldKind, Operator};
use serde_json::Value;

use super::conditions::{Condition, Read, Via};
use super::picking::Picked;
use super::reader::Reader;

const BEFORE: [(&[&str], Operator); 4] = [
    (
        &["at least", "from", "since", ">=", "no older than", "no earlier than"],
        Operator::SemverGte,
    ),
    (
        &[
            "newer than",
            "later than",
            "higher than",
            "greater than",
            "more than",
            "after",
            "above",
            ">",
        ],
        Operator::SemverGt,
    ),
    (
        &["at most", "up to", "until", "<=", "no newer than", "no later than"],
        Operator::SemverLte,
    ),
    (
        &[
            "older than",
            "earlier than",
            "lower than",
            "less than",
            "before",
            "below",
            "under",
            "<",
        ],
        Operator::SemverLt,
    ),
];
const LATER: &[&str] = &[
    "or later",
    "or newer",
    "or higher",
    "or greater",
    "or above",
    "or up",
    "and later",
    "and newer",
    "and higher",
    "and up",
    "and above",
    "onwards",
    "onward",
    "+",
];
const EARLIER: &[&str] = &[
    "or earlier",
    "or older",
    "or lower",
    "or below",
    "and earlier",
    "and older",
    "and lower",
    "and below",
];

impl Reader<'_> {
    /// `at least version 3.4.1`: the only field that holds versions.
    pub(super) fn of_version(&self, at: usize, _: Option<&Condition>) -> Read {
        let mut versions = (0..self.list.fields.len())
            .filter(|field| self.list.fields[*field].kind == FieldKind::Version && self.list.is_own(*field));
        let (Some(field), None) = (versions.next(), versions.next()) else {
            return Ok(None);
        };
        let named = |at: usize| {
            let of = self.field_at(at).or_else(|| self.tail_at(at));
            of.filter(|of| of.fields.contains(&field)).map(|of| of.end)
        };
        let before = BEFORE.iter().find_map(|(phrases, _)| self.phrase_end(at, phrases));
        let start = match before {
            // "newer than version 3.4.0", "newer than 3.4.0"
            Some(end) => named(end).unwrap_or(end),
            // "version newer than 3.4.0", "version 3.4.1 or later"
            None => match named(at) {
                Some(end) => self.verb(end).end,
                None => return Ok(None),
            },
        };
        let found = match before {
            Some(_) => self.plain_version(start).map(|(end, version)| {
                let operator = BEFORE
                    .iter()
                    .find(|(phrases, _)| self.phrase_end(at, phrases).is_some())
                    .map_or(Operator::SemverEq, |(_, operator)| *operator);
                (end, operator, version)
            }),
            None => self.compared_version(start),
        };
        let Some((end, operator, version)) = found else {
            return Ok(None);
        };
        // Two parts may be a number of something else.
        if start == at
            || (before.is_some() && named_nothing(start, at, self, before) && version.matches('.').count() < 2)
        {
            return Ok(None);
        }
        let picked = Picked {
            field,
            shadows_person: false,
        };
        let node = self.leaf(field, operator, Some(Value::String(version)));
        Ok(Some(Condition::new(picked, end, node, Via::Other)))
    }

    /// A version with what it is compared by, before or behind it.
    pub(super) fn compared_version(&self, at: usize) -> Option<(usize, Operator, String)> {
        for (phrases, operator) in BEFORE {
            if let Some(end) = self.phrase_end(at, phrases) {
                let (end, version) = self.plain_version(end)?;
                return Some((end, operator, version));
            }
        }
        let (end, version) = self.plain_version(at)?;
        let (end, operator) = self.version_suffix(end)?;
        Some((end, operator, version))
    }

    /// "or later" behind a version.
    pub(super) fn version_suffix(&self, at: usize) -> Option<(usize, Operator)> {
        if let Some(end) = self.phrase_end(at, LATER) {
            return Some((end, Operator::SemverGte));
        }
        Some((self.phrase_end(at, EARLIER)?, Operator::SemverLte))
    }

    fn plain_version(&self, at: usize) -> Option<(usize, String)> {
        let (end, piece) = self.piece_at(at)?;
        let piece = piece.trim_end_matches('+').to_owned();
        let parts: Vec<&str> = piece.trim_start_matches(['v', 'V']).split('.').collect();
        let is_version = (1..=3).contains(&parts.len())
            && parts
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        // The plus sign of "3.4.0+" is a word of its own.
        let end = if self
            .tokens
            .get(end.saturating_sub(1))
            .is_some_and(|token| token.text == "+")
        {
            end - 1
        } else {
            end
        };
        is_version.then_some((end, piece))
    }
}

/// True where nothing but the comparison stands before the version.
fn named_nothing(start: usize, _: usize, _: &Reader<'_>, before: Option<usize>) -> bool {
    before == Some(start)
}
