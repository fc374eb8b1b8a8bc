//! Reads the lines of several logs as one, the earliest line first.
//!
//! The logs of a rotation, or of several servers, are merged by time, so that it does not matter
//! in which order they are given and a session may go from one to the next. Each log is streamed;
//! a line over 1 MB is skipped without being held.

use std::fs::Metadata;
use std::io::{BufRead, BufReader, Chain, Cursor, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err::File;
use hedgerow_errors::{Error, Result};

use super::line::{Fields, Reject, parse};
use crate::identity::source_name;
use crate::rejects::Rejects;
use crate::source::{self, similar};

/// The longest line that is read, in bytes without its end.
const LONGEST_LINE: usize = 1_000_000;
/// How much of a longer line goes to the rejects file, in bytes.
const SHOWN_OF_LONG_LINE: usize = 1_000;

const COMPRESSED: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "gunzip"),
    (b"\x28\xb5\x2f\xfd", "unzstd"),
    (b"BZh", "bunzip2"),
    (b"\xfd7zXZ\0", "unxz"),
];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What has been read so far.
#[derive(Default)]
pub(super) struct Tally {
    /// Lines, blank and rejected ones included.
    pub lines: u64,
    pub blank: u64,
    pub bytes: u64,
    pub rejects: Rejects,
    /// What the reader of the summary should know.
    pub notes: Vec<String>,
}

/// A line that could be read.
pub(super) struct FoundLine {
    pub raw: Box<[u8]>,
    pub fields: Fields,
    /// Which of the logs it came from.
    pub log: usize,
}

/// Several logs, merged.
pub(super) struct Logs {
    logs: Vec<Log>,
    /// The sizes of all logs together, as far as they are regular files.
    pub bytes_total: u64,
}

struct Log {
    path: PathBuf,
    source: String,
    reader: BufReader<Chain<Cursor<Vec<u8>>, File>>,
    number: u64,
    line: Vec<u8>,
    /// The fields of `line`; none at the end of the log.
    fields: Option<Fields>,
}

enum Reading {
    End,
    Line { terminated: bool },
    TooLong,
}

impl Logs {
    /// Opens the logs and reads the first line of each. Each file is read once, however often it
    /// is given. Fails where a file can't be opened or is compressed.
    pub(super) fn open(files: &[PathBuf], source: Option<&str>, tally: &mut Tally) -> Result<Self> {
        let mut logs = Self {
            logs: Vec::with_capacity(files.len()),
            bytes_total: 0,
        };
        let mut known = Vec::with_capacity(files.len());
        for path in files {
            let (file, metadata) = open(path)?;
            // What is opened tells whether it was given before; a pipe's path can't be resolved.
            let identity = (metadata.dev(), metadata.ino());
            if known.contains(&identity) {
                tally
                    .notes
                    .push(format!("{} was given more than once and read once", path.display()));
                continue;
            }
            known.push(identity);
            let source = match source {
                Some(source) => source.to_owned(),
                None if metadata.is_file() => source_name(path),
                None => return Err(nameless(path)),
            };
            logs.bytes_total += if metadata.is_file() { metadata.len() } else { 0 };
            logs.logs.push(Log::new(path, source, file)?);
        }
        for log in &mut logs.logs {
            log.advance(tally)?;
            if log.number == 0 {
                tally.notes.push(format!("{} is empty", log.path.display()));
            }
        }
        Ok(logs)
    }

    /// How many logs there are.
    pub(super) fn len(&self) -> usize {
        self.logs.len()
    }

    /// The source of a log's events.
    pub(super) fn source(&self, log: usize) -> &str {
        self.logs.get(log).map_or("", |log| &log.source)
    }

    /// The earliest of the logs' next lines.
    pub(super) fn next(&mut self, tally: &mut Tally) -> Result<Option<FoundLine>> {
        let times = self
            .logs
            .iter()
            .enumerate()
            .filter_map(|(at, log)| Some((log.fields.as_ref()?.timestamp, at)));
        let Some((_, at)) = times.min() else { return Ok(None) };
        let Some(log) = self.logs.get_mut(at) else {
            return Ok(None);
        };
        let Some(fields) = log.fields.take() else {
            return Ok(None);
        };
        let raw = Box::from(log.line.as_slice());
        log.advance(tally)?;
        Ok(Some(FoundLine { raw, fields, log: at }))
    }
}

/// Opens a file or a pipe.
fn open(path: &Path) -> Result<(File, Metadata)> {
    let opened = File::open(path).and_then(|file| {
        let metadata = file.metadata()?;
        Ok((file, metadata))
    });
    match opened {
        Ok((_, metadata)) if metadata.is_dir() => Err(Error::invalid(format!("{} is a folder", path.display()))
            .with_hint("name the logs in it, for example with a pattern such as access.log*")),
        Ok(opened) => Ok(opened),
        Err(error) => {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let hint = if missing { similar(path) } else { None };
            let hint = hint.unwrap_or_else(|| "check the file's name and that you may read it".to_owned());
            Err(Error::from(error).with_hint(hint))
        }
    }
}

/// A pipe's path, such as `/dev/fd/63`, is another one each time; taken for the log's name it would
/// make the same lines look new.
fn nameless(path: &Path) -> Error {
    Error::invalid(format!(
        "{} is no regular file and has no name that stays",
        path.display()
    ))
    .with_hint(
        "name the log with --source, for example --source access.log; the same lines of one source are imported once",
    )
}

impl Log {
    fn new(path: &Path, source: String, mut file: File) -> Result<Self> {
        // A pipe may give a byte at first and the others later.
        let (start, length) = source::start(&mut file)?;
        let start = start.get(..length).unwrap_or_default();
        if let Some((_, program)) = COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic)) {
            let shown = path.display();
            return Err(Error::invalid(format!("read {shown}: it is compressed"))
                .with_hint(format!("unpack it first: {program} --keep {shown}")));
        }
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).to_vec();
        Ok(Self {
            path: path.to_owned(),
            source,
            reader: BufReader::with_capacity(64 << 10, Cursor::new(text).chain(file)),
            number: 0,
            line: Vec::new(),
            fields: None,
        })
    }

    /// Goes on to the next line that can be read; what lies before it is counted as blank or rejected.
    fn advance(&mut self, tally: &mut Tally) -> Result<()> {
        loop {
            let reject = match self.read_line(tally)? {
                Reading::End => return Ok(()),
                Reading::TooLong => Reject::TooLong,
                Reading::Line { .. } if self.line.trim_ascii().is_empty() => {
                    tally.blank += 1;
                    continue;
                }
                Reading::Line { terminated } => {
                    if !terminated {
                        tally.notes.push(format!(
                            "the last line of {} has no line end; if it was still being written, its other half \
                             will look like a new line later",
                            self.path.display()
                        ));
                    }
                    match parse(&self.line) {
                        Ok(fields) => {
                            self.fields = Some(fields);
                            return Ok(());
                        }
                        Err(reject) => reject,
                    }
                }
            };
            tally.rejects.record(
                &self.path.display().to_string(),
                self.number,
                reject.as_str(),
                &self.line,
            )?;
        }
    }

    fn read_line(&mut self, tally: &mut Tally) -> Result<Reading> {
        self.line.clear();
        let most = LONGEST_LINE + b"\r\n".len();
        let read = (&mut self.reader).take(most as u64).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(Reading::End);
        }
        self.number += 1;
        tally.lines += 1;
        tally.bytes += read as u64;
        let terminated = self.line.last() == Some(&b'\n');
        if !terminated && read == most {
            tally.bytes += self.reader.skip_until(b'\n')? as u64;
        }
        if terminated {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        if self.line.len() > LONGEST_LINE {
            self.line.truncate(SHOWN_OF_LONG_LINE);
            return Ok(Reading::TooLong);
        }
        Ok(Reading::Line { terminated })
    }
}

#[cfg(test)]
mod tests;
