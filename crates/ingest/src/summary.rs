//! How many rejects an import accepts, how far it is, and what it says of itself.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// How many lines may be unreadable: a share of all lines, or a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxRejects {
    /// 0 to 1.
    Share(f64),
    /// Lines.
    Count(u64),
}

impl MaxRejects {
    /// Whether this many rejects of this many lines are too many.
    #[must_use]
    pub fn exceeded(self, rejected: u64, lines: u64) -> bool {
        // The conversions are exact for any log that fits on a disk.
        match self {
            Self::Share(share) => rejected as f64 > share * lines as f64,
            Self::Count(count) => rejected > count,
        }
    }
}

impl Default for MaxRejects {
    fn default() -> Self {
        Self::Share(0.01)
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(formatter, "{}%", share * 100.0),
            Self::Count(count) => write!(formatter, "{count}"),
        }
    }
}

impl FromStr for MaxRejects {
    type Err = Error;

    /// Reads `1%`, `0.5%` or `200`.
    fn from_str(text: &str) -> Result<Self> {
        let share = text
            .strip_suffix('%')
            .map(|percent| percent.parse::<f64>().ok().map(|percent| percent / 100.0));
        let parsed = match share {
            Some(share) => share.filter(|share| (0.0..=1.0).contains(share)).map(Self::Share),
            None => text.parse().ok().map(Self::Count),
        };
        parsed.ok_or_else(|| {
            Error::invalid(format!("read {text:?} as a number of rejects"))
                .with_hint("write a share like 1%, or a number")
        })
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes of all files; 0 where they are no regular files.
    pub bytes_total: u64,
    /// Lines read.
    pub lines: u64,
    /// Events that are new and durable.
    pub events_added: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportSummary {
    /// Files read.
    pub files: u64,
    /// Lines read: those of events, rejects and blank lines. Of CSV these are records, of Parquet
    /// rows, and a line that is a batch counts as many as it has events.
    pub lines: u64,
    /// Lines with nothing in them.
    pub blank_lines: u64,
    /// Events that are new.
    pub events_added: u64,
    /// Events that an earlier import had brought.
    pub already_present: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Where these lines are.
    pub rejects_file: Option<String>,
    /// Why, the most frequent reason first.
    pub reject_reasons: Vec<RejectReason>,
    /// Lines so much later than their neighbours that their session may be split.
    pub out_of_order: u64,
    /// The earliest event read.
    #[schemars(with = "Option<String>")]
    pub first_timestamp: Option<DateTime<Utc>>,
    /// The latest event read.
    #[schemars(with = "Option<String>")]
    pub last_timestamp: Option<DateTime<Utc>>,
    /// What a reader should know, as sentences.
    pub notes: Vec<String>,
    /// Milliseconds from the first file opened to the last event durable.
    pub elapsed_ms: u64,
}

/// Why lines could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RejectReason {
    /// What was missing or wrong.
    pub reason: String,
    /// In how many lines.
    pub count: u64,
    /// The file of the first of them.
    pub first_file: String,
    /// The number of the first of them in that file, from 1; of Parquet its row.
    pub first_line: u64,
}

impl ImportSummary {
    /// The error of an import with too many rejects; it says that everything readable is in.
    pub(crate) fn too_many_rejects(&self, what: &str, limit: MaxRejects) -> Error {
        let Self {
            rejected,
            lines,
            events_added,
            already_present,
            ..
        } = self;
        let first = self.reject_reasons.first();
        let reason = first.map_or_else(String::new, |first| {
            format!(
                ", most for: {}, first in {} line {}",
                first.reason, first.first_file, first.first_line
            )
        });
        let file = match &self.rejects_file {
            Some(file) => format!("the rejected lines are in {file}"),
            None => "the rejected lines were not kept".to_owned(),
        };
        Error::invalid(format!(
            "import {what}: {rejected} of {lines} lines could not be read, more than the limit of {limit}{reason}; \
             all others are imported ({events_added} events added, {already_present} already present)"
        ))
        .with_hint(format!("{file}; to accept them, raise --max-rejects"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_rejects_reads_shares_and_counts() {
        let cases = [
            ("1%", Some(0.01)),
            ("0%", Some(0.0)),
            ("100%", Some(1.0)),
            ("101%", None),
            ("-1%", None),
        ];
        for (text, share) in cases {
            assert_eq!(text.parse::<MaxRejects>().ok(), share.map(MaxRejects::Share), "{text}");
        }
        assert_eq!("200".parse::<MaxRejects>().unwrap(), MaxRejects::Count(200));
        for text in ["", "%", "x", "1.5", "-1", "NaN%"] {
            assert!(text.parse::<MaxRejects>().is_err(), "{text}");
        }
    }

    #[test]
    fn limit_itself_is_allowed() {
        assert!(!MaxRejects::Share(0.01).exceeded(1, 100));
        assert!(MaxRejects::Share(0.01).exceeded(2, 100));
        assert!(!MaxRejects::Count(2).exceeded(2, 2));
        assert!(MaxRejects::Count(0).exceeded(1, 100));
        assert!(!MaxRejects::Count(0).exceeded(0, 0));
    }
}
