//! The files of an import: found by name or pattern, opened, and unpacked on the way.
//!
//! A regular file is opened twice: for a look at its first lines before anything is imported, and when
//! its turn comes. Pipes and standard input stay open, with what was looked at put before the rest.

use std::fs::Metadata;
use std::io::{BufReader, Cursor, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use fs_err::File;
use hedgerow_errors::{Code, Error, Result, nearest};

use crate::identity::source_name;

/// How many names of a folder are compared with one that is not there.
const MOST_NEIGHBOURS: usize = 10_000;
const STANDARD_INPUT: &str = "-";
const BUFFER: usize = 256 << 10;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const OTHER_COMPRESSIONS: [(&[u8], &str); 2] = [(b"BZh", "bunzip2"), (b"\xfd7zXZ\0", "unxz")];
/// What a Parquet file begins and ends with.
pub(crate) const PARQUET: &[u8] = b"PAR1";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes to read from, unpacked.
pub(crate) type Stream = Box<dyn Read + Send>;

/// One file of an import.
pub(crate) struct Source {
    /// Its path, or what else a person knows it by.
    pub shown: String,
    /// Its part in the identity of events that bring none.
    pub name: String,
    /// Its size where it is a regular file, in bytes.
    pub size: u64,
    /// None for standard input.
    pub path: Option<PathBuf>,
    /// What is open already.
    open: Option<Stream>,
    /// Whether it can be read in any order.
    pub is_regular: bool,
}

/// The files of an import, and remarks about them.
pub(crate) fn find(
    files: &[PathBuf],
    folder: &Path,
    name: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<Source>> {
    let (mut sources, mut known) = (Vec::new(), Vec::new());
    for file in files {
        for path in expand(file, folder)? {
            let Some(path) = path else {
                if sources.iter().any(|source: &Source| source.path.is_none()) {
                    notes.push("standard input was given more than once and read once".to_owned());
                    continue;
                }
                sources.push(Source {
                    shown: "standard input".to_owned(),
                    name: name.unwrap_or(STANDARD_INPUT).to_owned(),
                    size: 0,
                    path: None,
                    open: None,
                    is_regular: false,
                });
                continue;
            };
            let metadata = metadata(&path)?;
            let identity = (metadata.dev(), metadata.ino());
            if known.contains(&identity) {
                notes.push(format!("{} was given more than once and read once", path.display()));
                continue;
            }
            known.push(identity);
            let is_regular = metadata.is_file();
            let own_name = if is_regular {
                source_name(&path)
            } else {
                STANDARD_INPUT.to_owned()
            };
            sources.push(Source {
                shown: path.display().to_string(),
                name: name.map_or(own_name, str::to_owned),
                size: if is_regular { metadata.len() } else { 0 },
                path: Some(path),
                open: None,
                is_regular,
            });
        }
    }
    Ok(sources)
}

/// The files that a path or pattern means; none for standard input.
fn expand(file: &Path, folder: &Path) -> Result<Vec<Option<PathBuf>>> {
    if file.as_os_str() == STANDARD_INPUT {
        return Ok(vec![None]);
    }
    let path = folder.join(file);
    let Some(pattern) = file.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return Ok(vec![Some(path)]);
    };
    if fs_err::symlink_metadata(&path).is_ok() {
        return Ok(vec![Some(path)]);
    }
    let prefix = if file.is_absolute() { None } else { folder.to_str() };
    let pattern = match prefix.filter(|prefix| !prefix.is_empty()) {
        Some(prefix) => format!("{}/{pattern}", glob::Pattern::escape(prefix)),
        None => pattern.to_owned(),
    };
    let failed = |error: glob::PatternError| {
        Error::caused(
            Code::InvalidArgument,
            format!("read {} as a pattern", file.display()),
            error,
        )
        .with_hint("a pattern has *, ?, [abc] and **, which stands for folders")
    };
    let mut paths = Vec::new();
    for path in glob::glob(&pattern).map_err(failed)? {
        let path = path.map_err(|error| {
            let message = format!("look for the files of {}", file.display());
            Error::caused(Code::Io, message, std::io::Error::from(error))
        })?;
        if !path.is_dir() {
            paths.push(Some(path));
        }
    }
    if paths.is_empty() {
        return Err(Error::new(Code::NoData, format!("no file matches {}", path.display()))
            .with_hint("check the folder and the pattern; * stands for any characters but /"));
    }
    Ok(paths)
}

fn metadata(path: &Path) -> Result<Metadata> {
    match fs_err::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::invalid(format!("{} is a folder", path.display()))
            .with_hint("name the files in it, for example with a pattern such as 'events-*.jsonl'")),
        Ok(metadata) => Ok(metadata),
        Err(error) => {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let hint = if missing { similar(path) } else { None };
            let hint = hint.unwrap_or_else(|| "check the file's name and that you may read it".to_owned());
            Err(Error::from(error).with_hint(hint))
        }
    }
}

/// The names beside a missing file that are most like its own.
pub(crate) fn similar(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs_err::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names = entries
        .take(MOST_NEIGHBOURS)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = names.collect();
    let near = nearest(wanted, names.iter().map(String::as_str), 3);
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")))
}

impl Source {
    /// The first bytes, up to the end that is found in all that were read, or all there are. It is asked
    /// again after each read, so it must find the same end whatever comes after it.
    pub(crate) fn peek(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> Result<Vec<u8>> {
        let mut stream = self.stream(&Arc::default())?;
        let (mut head, mut buffer) = (Vec::new(), vec![0; BUFFER]);
        let end = loop {
            let read = stream.read(&mut buffer).map_err(|error| self.failed(error))?;
            head.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let found = end(&head);
            if read == 0 || found.is_some() {
                break found.unwrap_or(head.len());
            }
        };
        if !self.is_regular {
            self.open = Some(Box::new(Cursor::new(head.clone()).chain(stream)));
        }
        head.truncate(end);
        Ok(head)
    }

    /// The unpacked bytes, without a byte order mark. `read` counts those of the file itself.
    pub(crate) fn stream(&mut self, read: &Arc<AtomicU64>) -> Result<Stream> {
        if let Some(open) = self.open.take() {
            return Ok(Box::new(Counted {
                read: read.clone(),
                inner: open,
            }));
        }
        let file: Stream = match &self.path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(std::io::stdin()),
        };
        let mut packed: Stream = Box::new(Counted {
            read: read.clone(),
            inner: file,
        });
        let (start, length) = start(&mut packed).map_err(|error| self.failed(error))?;
        let start = start.get(..length).unwrap_or_default().to_vec();
        let whole = Cursor::new(start.clone()).chain(packed);
        if let Some((_, program)) = OTHER_COMPRESSIONS.iter().find(|(magic, _)| start.starts_with(magic)) {
            let shown = &self.shown;
            return Err(Error::invalid(format!(
                "read {shown}: it is compressed in another way than gzip or zstd"
            ))
            .with_hint(format!("unpack it first: {program} --keep {shown}")));
        }
        let mut unpacked: Stream = if start.starts_with(GZIP) {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole)))
        } else if start.starts_with(ZSTD) {
            let buffered = BufReader::with_capacity(BUFFER, whole);
            Box::new(zstd::Decoder::with_buffer(buffered).map_err(|error| self.failed(error))?)
        } else {
            Box::new(whole)
        };
        let (start, length) = self::start(&mut unpacked).map_err(|error| self.failed(error))?;
        let start = start.get(..length).unwrap_or_default();
        if start.starts_with(PARQUET) {
            return Err(Error::invalid(format!("read {}: it is a Parquet file", self.shown))
                .with_hint("import it with hedgerow import parquet"));
        }
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).to_vec();
        Ok(Box::new(Cursor::new(text).chain(unpacked)))
    }

    /// The error of a step of reading.
    pub(crate) fn failed(&self, error: std::io::Error) -> Error {
        // An unpacker's error does not name the file; one of the file itself does.
        Error::caused(Code::Io, format!("read {}", self.shown), error)
            .with_hint("if the file is compressed, check that it is whole")
    }
}

/// The first bytes of a stream, as many as the longest mark of a format has.
pub(crate) fn start(stream: &mut impl Read) -> std::io::Result<([u8; 6], usize)> {
    let (mut start, mut length) = ([0; 6], 0);
    while length < start.len() {
        match stream.read(start.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((start, length))
}

struct Counted {
    read: Arc<AtomicU64>,
    inner: Stream,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_of_a_format_is_found_where_reads_are_short() {
        let mut stream = (&b"\x1f"[..]).chain(&b"\x8b"[..]).chain(&b"more of it"[..]);
        assert_eq!(start(&mut stream).unwrap(), (*b"\x1f\x8bmore", 6));
        assert_eq!(start(&mut &b"PAR"[..]).unwrap(), (*b"PAR\0\0\0", 3));
    }
}
