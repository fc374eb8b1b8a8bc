//! The other range that a query is compared with.

use chrono::Duration;
use hedgerow_data_api::{CompareFilter, DateRange};
use hedgerow_errors::{Error, Result};

use crate::dates::{Local, Resolved, as_long_before, earlier, unit_start};

/// The range to compare with; `None` where there is no comparison.
pub(super) fn other_range(
    filter: Option<&CompareFilter>,
    asked: &DateRange,
    range: &Resolved,
) -> Result<Option<DateRange>> {
    let Some(filter) = filter.filter(|filter| filter.compare) else {
        return match filter {
            Some(CompareFilter {
                compare_to: None,
                compare_range: None,
                ..
            })
            | None => Ok(None),
            Some(_) => Err(
                Error::invalid("the compareFilter says with what to compare, but compare is false")
                    .with_hint("set compare to true, or leave the compareFilter out"),
            ),
        };
    };
    let other = match (&filter.compare_to, &filter.compare_range) {
        (Some(_), Some(_)) => {
            return Err(
                Error::invalid("compare_to and compare_range both say with what to compare")
                    .with_hint("leave one of them out"),
            );
        }
        (None, Some(other)) => return Ok(Some(other.clone())),
        (Some(back), None) => {
            let shifted = |time| {
                earlier(back, time).ok_or_else(|| {
                    Error::invalid(format!("compare_to {back:?} is no time back"))
                        .with_hint("write how much earlier the other range is: -7d, -4w, -1m, -1y")
                })
            };
            exactly(shifted(range.from)?, shifted(range.to)?)
        }
        (None, None) => before(asked, range),
    };
    Ok(Some(other))
}

/// An error of the other range, which says so.
pub(super) fn of_other(error: &Error) -> Error {
    let own = Error::new(
        error.code(),
        format!("the range that is compared with: {}", error.message()),
    );
    match error.hint() {
        Some(hint) => own.with_hint(hint),
        None => own,
    }
}

/// The range before one: the whole unit before the one that it is in, or what is as long.
fn before(asked: &DateRange, range: &Resolved) -> DateRange {
    let last = range.from - Duration::microseconds(1);
    let unit = asked.date_from.as_deref().filter(|_| asked.date_to.is_none());
    match unit.and_then(|from| unit_start(from, last)) {
        Some(start) => exactly(start, last),
        None => {
            let (from, to) = as_long_before(range.from, range.to);
            exactly(from, to)
        }
    }
}

fn exactly(from: Local, to: Local) -> DateRange {
    DateRange {
        date_from: Some(from.to_rfc3339()),
        date_to: Some(to.to_rfc3339()),
        explicit_date: true,
    }
}
