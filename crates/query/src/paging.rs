//! Pages of a list: how many rows, and where a page goes on after the one before.

use chrono::{DateTime, Utc};
use hedgerow_data_api::Warning;
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

/// Rows of a page where the query says nothing.
const DEFAULT_ROWS: u32 = 100;
/// Rows of a page at most.
const MOST_ROWS: u32 = 10_000;

/// The last row of the page before: lists are in order of time and then id, both descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) time: DateTime<Utc>,
    pub(crate) id: Uuid,
}

impl Cursor {
    /// Reads what [`Self::text`] wrote.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let parts = text.split_once('_').and_then(|(micros, id)| {
            let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            Some(Self {
                time,
                id: Uuid::try_parse(id).ok()?,
            })
        });
        parts.ok_or_else(|| {
            Error::invalid(format!("{text:?} is no cursor"))
                .with_hint("take next_cursor of the page before, or leave it out for the first page")
        })
    }

    /// The cursor as a text: microseconds since 1970-01-01, and the id.
    pub(crate) fn text(self) -> String {
        format!("{}_{}", self.time.timestamp_micros(), self.id)
    }
}

/// The rows of a page. More than there may be are refused rather than cut.
pub(crate) fn limit(wanted: Option<u32>) -> Result<usize> {
    let rows = wanted.unwrap_or(DEFAULT_ROWS);
    if (1..=MOST_ROWS).contains(&rows) {
        return Ok(rows as usize);
    }
    let message = format!("a page of {rows} rows is outside 1 to {MOST_ROWS}");
    Err(Error::new(Code::LimitExceeded, message)
        .with_hint("take several pages: next_cursor of one is cursor of the next"))
}

/// What is said of a list that goes on.
pub(crate) fn more_rows(shown: usize, what: &str) -> Warning {
    let message = match shown {
        1 => format!("only the first of the {what} is listed, there are more; next_cursor is the next page"),
        _ => format!("only the first {shown} {what} are listed, there are more; next_cursor is the next page"),
    };
    Warning::new("row_limit", message)
}

/// The id of a person or an event as it stands in a query.
pub(crate) fn person_id(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| {
        Error::invalid(format!("{text:?} is no id of a person"))
            .with_hint("ids of persons stand in lists; with a distinct id take search, or a condition on distinct_id")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor {
            time: "2026-06-30T23:06:23.370001Z".parse().unwrap(),
            id: Uuid::from_u128(7),
        };
        assert_eq!(Cursor::parse(&cursor.text()).unwrap(), cursor);
        let early = Cursor {
            time: "1969-12-31T23:59:59Z".parse().unwrap(),
            id: Uuid::from_u128(8),
        };
        assert_eq!(Cursor::parse(&early.text()).unwrap(), early);
        for broken in [
            "",
            "5",
            "5_",
            "_",
            "x_00000000-0000-0000-0000-000000000007",
            "9223372036854775807_1",
        ] {
            assert!(Cursor::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_page_has_one_to_ten_thousand_rows() {
        assert_eq!(
            [None, Some(1), Some(10_000)].map(|rows| limit(rows).unwrap()),
            [100, 1, 10_000]
        );
        for wrong in [0, 10_001] {
            let error = limit(Some(wrong)).unwrap_err();
            assert!(error.message().contains("outside 1 to 10000"), "{error}");
        }
    }
}
