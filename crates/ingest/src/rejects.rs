//! Lines that could not be read: counted by reason, and kept in a file.
//!
//! The rejects file has a line `line number<TAB>reason<TAB>raw line` each, after a line
//! `# path of the file` whenever the file changes. Of a line that is too long it has the start.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fs_err::File;
use hedgerow_errors::{Code, Error, Result};

use crate::summary::RejectReason;

/// Why an event can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reject {
    TooLong,
    NotUtf8,
    NotJson,
    NotAnObject,
    BadProperties,
    TooDeep,
    HalfCharacter,
    TooManyFields,
    TooFewFields,
    OpenQuote,
    NoEvent,
    NameTooLong,
    NoDistinctId,
    NoTime,
    UnreadableTime,
    TimeOutOfRange,
    AmbiguousTime,
}

impl Reject {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "longer than 20 MB",
            Self::NotUtf8 => "not in UTF-8",
            Self::NotJson => "not JSON",
            Self::NotAnObject => "no JSON object",
            Self::BadProperties => "properties that are no JSON object",
            Self::TooDeep => "nested more than 127 deep",
            Self::HalfCharacter => "half of a surrogate pair in a text",
            Self::TooManyFields => "more fields than the header has",
            Self::TooFewFields => "fewer fields than the header has",
            Self::OpenQuote => "a quote that is never closed, so that the rest of the file is in it",
            Self::NoEvent => "no event name",
            Self::NameTooLong => "an event name of more than 1,000 bytes",
            Self::NoDistinctId => "no distinct id",
            Self::NoTime => "no timestamp",
            Self::UnreadableTime => "a timestamp in no known form",
            Self::TimeOutOfRange => "a timestamp outside of the years 1970 to 2200",
            Self::AmbiguousTime => "a timestamp of eight digits, which is a day or a number of seconds",
        }
    }
}

/// The rejects of an import.
#[derive(Default)]
pub(crate) struct Rejects {
    /// Where they are written to, if anywhere.
    path: Option<PathBuf>,
    /// Made with the first reject.
    writer: Option<BufWriter<File>>,
    current_file: Option<String>,
    /// In order of appearance; there are few.
    reasons: Vec<(&'static str, RejectReason)>,
}

impl Rejects {
    /// Writes rejects to a file that must not be there yet.
    pub(crate) fn to_file(path: Option<&Path>) -> Result<Self> {
        if let Some(taken) = path.filter(|path| path.exists()) {
            return Err(Error::new(
                Code::Conflict,
                format!("write rejects to {}: the file exists", taken.display()),
            )
            .with_hint("name another file, or move this one away"));
        }
        Ok(Self {
            path: path.map(Path::to_owned),
            ..Self::default()
        })
    }

    /// Takes a reject in.
    pub(crate) fn record(&mut self, file: &str, line_number: u64, reason: &'static str, raw: &[u8]) -> Result<()> {
        match self.reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, known)) => known.count += 1,
            None => self.reasons.push((
                reason,
                RejectReason {
                    reason: reason.to_owned(),
                    count: 1,
                    first_file: file.to_owned(),
                    first_line: line_number,
                },
            )),
        }
        let Some(path) = &self.path else { return Ok(()) };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            empty => {
                if let Some(folder) = path.parent() {
                    fs_err::create_dir_all(folder)?;
                }
                empty.insert(BufWriter::new(File::create_new(path)?))
            }
        };
        if self.current_file.as_deref() != Some(file) {
            writeln!(writer, "# {file}")?;
            self.current_file = Some(file.to_owned());
        }
        write!(writer, "{line_number}\t{reason}\t")?;
        writer.write_all(raw)?;
        writer.write_all(b"\n")?;
        Ok(())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.reasons.iter().map(|(_, reason)| reason.count).sum()
    }

    /// Why, the most frequent reason first.
    pub(crate) fn reasons(&self) -> Vec<RejectReason> {
        let mut reasons: Vec<_> = self.reasons.iter().map(|(_, reason)| reason.clone()).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }

    /// Completes the file and names it, if there is one.
    pub(crate) fn finish(&mut self) -> Result<Option<String>> {
        let Some(writer) = &mut self.writer else {
            return Ok(None);
        };
        writer.flush()?;
        Ok(self.path.as_ref().map(|path| path.display().to_string()))
    }
}
