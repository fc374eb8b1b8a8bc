//! One error type for every crate: what failed, why, whether trying again helps, and the way out.
//!
//! A message names the step in lower case without a full stop; the cause stays in `source`, so
//! that the chain reads as a story. Surfaces map [`Code`] to exit codes and HTTP statuses.

mod nearest;
mod sqlite;

pub use nearest::{did_you_mean, nearest};

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of nearly everything in this workspace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is; stable, part of the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The caller's input is malformed or contradicts itself.
    InvalidArgument,
    /// A name (event, property, value, tool, project, ...) that does not exist.
    UnknownName,
    /// The thing asked for exists in principle but holds nothing here, e.g. a range without data.
    NoData,
    /// Something else changed the state first, or it already exists.
    Conflict,
    /// Another process or request holds what is needed.
    Busy,
    /// The policy or a check forbids it.
    Denied,
    /// A stated limit (rows, time, memory, rounds) was reached.
    LimitExceeded,
    /// Somebody stopped it.
    Cancelled,
    /// A program, model or server that is needed did not answer as it should.
    Unavailable,
    /// Reading or writing failed.
    Io,
    /// Stored data is not what this version wrote.
    Corrupt,
    /// A defect in this program.
    Internal,
}

/// What the caller, person or model, can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Trying again gives the same result.
    Never,
    /// With other input it may work.
    Adjust,
    /// Once more, unchanged.
    Once,
}

impl Code {
    /// What usually helps against a failure of this kind.
    #[must_use]
    pub fn retry(self) -> Retry {
        match self {
            Self::InvalidArgument | Self::UnknownName | Self::NoData | Self::LimitExceeded => Retry::Adjust,
            Self::Busy | Self::Unavailable => Retry::Once,
            Self::Conflict | Self::Denied | Self::Cancelled | Self::Io | Self::Corrupt | Self::Internal => Retry::Never,
        }
    }

    /// The wire name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::UnknownName => "unknown_name",
            Self::NoData => "no_data",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Denied => "denied",
            Self::LimitExceeded => "limit_exceeded",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
            Self::Io => "io",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What failed.
#[derive(Debug)]
pub struct Error {
    code: Code,
    message: String,
    hint: Option<String>,
    cause: Option<Cause>,
}

impl Error {
    /// An error of a kind; `message` names the step and the reason.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            cause: None,
        }
    }

    /// Input that can't be understood.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// A defect in this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// A name that does not exist, with the nearest that do.
    pub fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(Code::UnknownName, format!("unknown {kind} {name:?}")).with_hint(did_you_mean(name, known))
    }

    /// A failed step with its cause.
    pub fn caused(code: Code, message: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            cause: Some(cause.into()),
        }
    }

    /// Adds the way out.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What failed, without its causes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What failed with all its causes, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string().replace('\n', " "));
            cause = error.source();
        }
        text
    }

    /// The form that crosses a wire.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            code: self.code,
            retry: self.code.retry(),
            message: self.chain(),
            hint: self.hint.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        // fs-err puts the operation and the path in the message, so the message is the step.
        Self::new(Code::Io, error.to_string())
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self {
            code: report.code,
            message: report.message,
            hint: report.hint,
            cause: None,
        }
    }
}

/// An error as JSON: what a client, a model and the run log get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The kind of failure.
    pub code: Code,
    /// What helps.
    pub retry: Retry,
    /// What and why, on one line.
    pub message: String,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(formatter, " (hint: {hint})")?;
        }
        Ok(())
    }
}
