//! What SQLite's result codes mean here; the engines that know SQLite share it.

use crate::Code;

impl Code {
    /// The kind of failure behind an extended result code of SQLite, whose low byte is the primary
    /// one (<https://sqlite.org/rescode.html>).
    #[must_use]
    pub fn of_sqlite(extended: u32) -> Self {
        match extended & 0xff {
            5 | 6 => Self::Busy,                                     // BUSY, LOCKED
            8 | 10 | 13 | 14 => Self::Io,                            // READONLY, IOERR, FULL, CANTOPEN
            11 | 26 => Self::Corrupt,                                // CORRUPT, NOTADB
            18 => Self::LimitExceeded,                               // TOOBIG
            19 if matches!(extended, 1555 | 2067) => Self::Conflict, // PRIMARYKEY, UNIQUE
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_go_by_their_primary_code() {
        let cases = [
            (5, Code::Busy),
            (261, Code::Busy),       // BUSY_RECOVERY
            (13, Code::Io),          // FULL
            (1_290, Code::Io),       // IOERR_DIR_FSYNC
            (267, Code::Corrupt),    // CORRUPT_VTAB
            (26, Code::Corrupt),     // NOTADB
            (2_067, Code::Conflict), // CONSTRAINT_UNIQUE
            (1_299, Code::Internal), // CONSTRAINT_NOTNULL
            (1, Code::Internal),     // ERROR
        ];
        for (extended, code) in cases {
            assert_eq!(Code::of_sqlite(extended), code, "{extended}");
        }
    }
}
