//! What a failed statement means, and what helps.

use hedgerow_errors::{Code, Error};

/// The primary result code of a full disk.
const FULL: u32 = 13;

/// A failed statement as an error that names the step.
pub(crate) fn failed(step: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |error| {
        let (code, extended) = code_of(&error);
        let error = Error::caused(code, step, error);
        match code {
            Code::Busy if extended.is_some() => {
                error.with_hint("another program holds the catalog: close it, then try again")
            }
            Code::Corrupt => error.with_hint("put the project's folder back from a backup"),
            Code::Io if extended.is_some_and(|extended| extended & 0xff == FULL) => {
                error.with_hint("make room on the disk, then try again")
            }
            _ => error,
        }
    }
}

/// The kind of failure, with SQLite's own code where the failure is SQLite's.
fn code_of(error: &sqlx::Error) -> (Code, Option<u32>) {
    match error {
        sqlx::Error::Database(refused) => {
            let extended = refused.code().and_then(|code| code.parse::<u32>().ok());
            (extended.map_or(Code::Internal, Code::of_sqlite), extended)
        }
        sqlx::Error::PoolTimedOut => (Code::Busy, None),
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => (Code::Unavailable, None),
        sqlx::Error::Io(_) => (Code::Io, None),
        // A cell or a row that this version always writes is missing or of another type.
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_) => (Code::Corrupt, None),
        _ => (Code::Internal, None),
    }
}
