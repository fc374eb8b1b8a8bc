//! The value index: the values of each property with how many events have them.
//!
//! Each commit adds a run of its values to each property (`write`); a value's count is the sum over
//! the runs, so a listed value has its exact count. A property with more values than are kept keeps
//! the most frequent ones, whose counts stay exact since no value is listed later; it says from then on
//! that its list is not complete, as one does with values that are too long. A property of which
//! nearly every event has another value that no person would type is not listed at all.
//!
//! Look-ups go by a copy in memory ([`Listings`]). Decisions and measurements: `docs/adr/0005-value-index.md`.

mod grams;
mod index;
mod inspect;
mod likeness;
mod listings;
mod merging;
mod run;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use hedgerow_data_api::{ValueCount, ValueList, ValueType};
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use self::index::lower;
pub(crate) use self::inspect::{Stored, columns, stored};
use self::likeness::Pattern;
pub(crate) use self::listings::Listings;
use self::listings::Values;
pub(crate) use self::run::Run;
pub(crate) use self::write::{add, migrate};
use crate::counts::Counts;
use crate::current::Current;
use crate::project::Project;
use crate::sqlite_error::failed;

/// Bytes of the values listed of a property at most. Up to half as much again is stored before the
/// rarest go, as of their number (`Settings::listed_values`).
const MOST_BYTES: usize = 64 << 20;

/// The longest value that is listed, in bytes. Nobody picks a longer one from a list.
pub(crate) const LONGEST_VALUE: usize = 1_024;

/// All values are listed; otherwise the number of the run that says which, or that none is.
const OPEN: i64 = 0;
const IDENTIFIERS: i64 = -1;

/// What the value index has of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing {
    column_id: i64,
    complete: bool,
    closed: i64,
}

/// What the value index has of each property.
pub(crate) async fn listings(transaction: &mut SqliteConnection) -> Result<HashMap<String, Listing>> {
    let rows = sqlx::query_as("SELECT key, column_id, values_complete, values_closed FROM hedgerow_property");
    let rows: Vec<(String, i64, bool, i64)> = rows
        .fetch_all(transaction)
        .await
        .map_err(failed("cannot read the value index"))?;
    let listings = rows.into_iter().map(|(key, column_id, complete, closed)| {
        let listing = Listing {
            column_id,
            complete,
            closed,
        };
        (key, listing)
    });
    Ok(listings.collect())
}

/// Values of a property that contain a text, first what is the text, then the most frequent. Where
/// none contains it, texts that are like it, those with the fewest typos first. Events in memory count.
/// `None` where a commit has come since.
pub(crate) async fn list(
    project: &Project,
    current: &Current,
    (key, value_type): (&str, ValueType),
    search: &str,
    limit: usize,
) -> Result<Option<ValueList>> {
    let Some(values) = project.values.of(project, current, key).await? else {
        return Ok(None);
    };
    let search = lower(search);
    let (mut found, cut) = containing(&values, &search, limit);
    if found.is_empty() && limit > 0 && value_type == ValueType::String {
        found = like(&values, &search, limit);
    }
    let listing = current.committed.listings.get(key);
    let complete = listing.is_none_or(|listing| listing.complete)
        && !cut
        && !current.pending.iter().any(|counts| counts.leaves_out(key));
    let values = found.into_iter().map(|(value, count)| ValueCount {
        value: value.to_owned(),
        count: count.unsigned_abs(),
    });
    Ok(Some(ValueList {
        values: values.collect(),
        complete,
    }))
}

/// The first values that contain a text in lower case, and whether there are more.
fn containing<'a>(values: &'a Values, search: &str, limit: usize) -> (Vec<(&'a str, i64)>, bool) {
    let (index, overlay) = (&values.index, &values.overlay);
    let wanted = limit.saturating_add(1);
    let finder = memchr::memmem::Finder::new(search);
    let newer = overlay
        .values
        .iter()
        .filter(|value| finder.find(value.lower.as_bytes()).is_some());
    let mut newer = newer.map(|value| (value.value.as_str(), value.count)).peekable();
    let older = index.containing(search).filter(|place| !overlay.places.contains(place));
    let mut older = older.map(|place| (index.value(place), index.count(place))).peekable();
    let mut found = Vec::new();
    while found.len() < wanted {
        let is_newer = match (newer.peek(), older.peek()) {
            (Some(one), Some(other)) => order(one) < order(other),
            (one, other) => match (one.is_some(), other.is_some()) {
                (false, false) => break,
                (is_newer, _) => is_newer,
            },
        };
        found.extend(if is_newer { newer.next() } else { older.next() });
    }
    let cut = found.len() > limit;
    if search.is_empty() {
        found.truncate(limit);
        return (found, cut);
    }
    // What is the text itself may be rarer than much that contains it.
    let same = index
        .ignoring_case(search)
        .filter(|place| !overlay.places.contains(place));
    let mut same: Vec<(&str, i64)> = same.map(|place| (index.value(place), index.count(place))).collect();
    let newer = overlay.values.iter().filter(|value| value.lower == search);
    same.extend(newer.map(|value| (value.value.as_str(), value.count)));
    same.sort_by(|one, other| order(one).cmp(&order(other)));
    found.retain(|value| !same.contains(value));
    same.extend(found);
    same.truncate(limit);
    (same, cut)
}

/// The values that are most like a text in lower case.
fn like<'a>(values: &'a Values, search: &str, limit: usize) -> Vec<(&'a str, i64)> {
    let (index, overlay) = (&values.index, &values.overlay);
    let Some(pattern) = Pattern::new(search) else {
        return Vec::new();
    };
    let older = index
        .like(search)
        .into_iter()
        .filter(|(place, _)| !overlay.places.contains(place));
    let older = older.map(|(place, typos)| (typos, (index.value(place), index.count(place))));
    let newer = overlay.values.iter().take(index::COMPARED);
    let newer = newer.map(|value| (pattern.typos(&value.lower), (value.value.as_str(), value.count)));
    let newer = newer.filter(|(typos, _)| *typos <= pattern.most_typos());
    let mut found: Vec<(u32, (&str, i64))> = older.chain(newer).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| order(&one.1).cmp(&order(&other.1))));
    found.into_iter().take(limit).map(|(_, value)| value).collect()
}

/// The most frequent first, of equally frequent ones by value.
fn order<'a>(value: &(&'a str, i64)) -> (std::cmp::Reverse<i64>, &'a str) {
    (std::cmp::Reverse(value.1), value.0)
}

/// Whether some event has a value; `None` where the index holds only a part and not this one.
pub(crate) async fn has(
    project: &Project,
    current: &Current,
    key: &str,
    value_type: ValueType,
    value: &str,
) -> Result<Option<bool>> {
    let step = failed("cannot look up a property value");
    let listing = current.committed.listings.get(key);
    let mut complete =
        listing.is_none_or(|listing| listing.complete) && !current.pending.iter().any(|counts| counts.leaves_out(key));
    let held = project.values.held(current, key);
    for text in as_listed(value_type, value) {
        let is_in = |counts: &Arc<Counts>| counts.values(key).count(&text) > 0;
        if current.pending.iter().any(is_in) {
            return Ok(Some(true));
        }
        if let Some((index, later)) = &held {
            if index.place(&text).is_some() || later.iter().any(is_in) {
                return Ok(Some(true));
            }
            continue;
        }
        // One block of each run may have it.
        let blocks = sqlx::query_as(
            "SELECT p.values_complete, (SELECT b.data FROM hedgerow_value_block b WHERE b.column_id = r.column_id AND b.run = r.run
             AND b.first <= ?2 ORDER BY b.first DESC LIMIT 1)
             FROM hedgerow_property p LEFT JOIN hedgerow_value_run r ON r.column_id = p.column_id WHERE p.key = ?1",
        );
        let blocks = blocks
            .bind(key)
            .bind(text.as_bytes())
            .fetch_all(&project.catalog.pool)
            .await;
        let blocks: Vec<(bool, Option<Vec<u8>>)> = blocks.map_err(&step)?;
        for (is_complete, block) in &blocks {
            complete &= is_complete;
            if Run::read(block.as_deref().into_iter())?.count(&text) > 0 {
                return Ok(Some(true));
            }
        }
    }
    Ok(complete.then_some(false))
}

/// The texts under which a value is listed: numbers and booleans by what they are and not by how
/// they are written, so that `0200`, `2e2` and `200.0` are 200.
fn as_listed(value_type: ValueType, value: &str) -> Vec<String> {
    let number = value.trim().parse::<f64>().ok();
    match value_type {
        ValueType::String | ValueType::Json => vec![value.to_owned()],
        ValueType::Boolean => vec![value.trim().to_lowercase()],
        ValueType::Integer => {
            let whole = value.trim().parse::<i64>().ok();
            // Beyond 2^53 a number that is not written out whole no longer names a single one.
            let exact = number.filter(|number| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0);
            whole
                .or(exact.map(|number| number as i64))
                .map(|number| number.to_string())
                .into_iter()
                .collect()
        }
        ValueType::Double => match number {
            // The two zeros are equal and listed apart.
            Some(0.0) => vec!["0".to_owned(), "-0".to_owned()],
            Some(number) => vec![number.to_string()],
            None => Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_looked_up_by_what_they_are() {
        let cases: [(ValueType, &str, &[&str]); 12] = [
            (ValueType::String, " 0200", &[" 0200"]),
            (ValueType::Boolean, "True", &["true"]),
            (ValueType::Integer, "0200", &["200"]),
            (ValueType::Integer, "2e2", &["200"]),
            (ValueType::Integer, "-7.0", &["-7"]),
            (ValueType::Integer, "9223372036854775807", &["9223372036854775807"]),
            (ValueType::Integer, "1.5", &[]),
            (ValueType::Integer, "many", &[]),
            (ValueType::Double, "1e3", &["1000"]),
            (ValueType::Double, "0.10", &["0.1"]),
            (ValueType::Double, "-0.0", &["0", "-0"]),
            (ValueType::Double, "", &[]),
        ];
        for (value_type, value, expected) in cases {
            assert_eq!(as_listed(value_type, value), expected, "{value_type:?} {value:?}");
        }
    }
}
