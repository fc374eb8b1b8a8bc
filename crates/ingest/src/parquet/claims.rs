//! Looks at what a Parquet file claims before the parquet crate believes it.
//!
//! That crate reserves memory for as many elements and bytes as a file says there are, and goes as deep as
//! its schema. A few damaged bytes can say: a billion row groups. Then the process ends, since neither
//! a failed allocation nor a full stack is a panic that could be caught. So this reads the same Thrift,
//! only to skip it, and compares. What ends too soon is left to the parquet crate, which says so.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

use super::deltas;

/// How deep groups of a schema may lie in each other; a list takes two of them, a map too.
const DEEPEST: usize = 64;
/// How deep Thrift may be nested; metadata needs about ten.
const DEEPEST_THRIFT: usize = 32;
/// The most that a page may unpack to. Pages have a megabyte, and a hundred where DuckDB writes them.
const LARGEST_PAGE: i64 = 256 << 20;
/// The length of the metadata and `PAR1`.
const TAIL: u64 = 8;
/// A page's header has some fifty bytes.
const HEADER: usize = 512;

/// Checks the metadata at the end of a file.
pub(super) fn of_metadata(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let mut tail = [0; 4];
    let Some(tail_at) = length.checked_sub(TAIL) else {
        return Ok(());
    };
    file.read_exact_at(&mut tail, tail_at)?;
    let Some(at) = tail_at.checked_sub(u32::from_le_bytes(tail).into()) else {
        return Ok(());
    };
    left_aside(Thrift::at(file, at, tail_at, 64 << 10).metadata()).map(drop)
}

/// Checks where the column chunks of a file lie and the headers of their pages.
pub(super) fn of_pages(file: &Arc<File>, metadata: &ParquetMetaData) -> io::Result<()> {
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        if of_chunk(file, column)? {
            deltas::check(file, column, rows)?;
        }
    }
    Ok(())
}

/// Checks a column chunk, and says whether a page of it has lengths apart from its texts.
fn of_chunk(file: &File, column: &ColumnChunkMetaData) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut has_lengths = false;
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let range = u64::try_from(start)
        .ok()
        .zip(u64::try_from(column.compressed_size()).ok());
    let range = range.and_then(|(start, size)| Some((start, start.checked_add(size)?)));
    let Some((start, end)) = range.filter(|(_, end)| *end <= length) else {
        return Err(claim("a column reaches beyond its end"));
    };
    let mut at = start;
    while at < end {
        let mut thrift = Thrift::at(file, at, length, HEADER);
        let Some(page) = left_aside(thrift.page_header())? else {
            break;
        };
        if !(0..=LARGEST_PAGE).contains(&page.unpacked) {
            return Err(claim("a page has an impossible size"));
        }
        // The smallest value is a bit.
        if !(0..=page.unpacked * 8).contains(&page.words) {
            return Err(claim("a page has more values than bits"));
        }
        let Some(packed) = u64::try_from(page.packed).ok().filter(|packed| *packed <= thrift.left) else {
            return Err(claim("a page reaches beyond its end"));
        };
        has_lengths |= deltas::has_lengths(page.encoding);
        at = length - thrift.left + packed;
    }
    Ok(has_lengths)
}

fn claim(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

fn ended() -> io::Error {
    ErrorKind::UnexpectedEof.into()
}

/// What was read; none where it ends too soon.
fn left_aside<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(error),
        Err(_) => Ok(None),
    }
}

/// What the header of a page says.
#[derive(Default)]
struct PageHeader {
    /// Bytes.
    unpacked: i64,
    /// Bytes.
    packed: i64,
    /// The number of the encoding of a data page.
    encoding: i64,
    /// Values of a dictionary.
    words: i64,
}

struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Thrift's compact protocol.
struct Thrift<'a> {
    input: BufReader<At<'a>>,
    /// Bytes up to the end of what may be read.
    left: u64,
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// The kinds of the first fields of the structures that are looked at. The parquet crate goes by a field's
/// number alone, so that with another kind the two would read different things.
const FILE_METADATA: [u8; 7] = [I32, LIST, I64, LIST, LIST, BINARY, LIST];
const SCHEMA_ELEMENT: [u8; 10] = [I32, I32, I32, BINARY, I32, I32, I32, I32, I32, STRUCT];
const DATA_PAGE_HEADER: [u8; 4] = [I32, I32, I32, I32];
const DICTIONARY_PAGE_HEADER: [u8; 2] = [I32, I32];
const PAGE_HEADER: [u8; 8] = [I32, I32, I32, I32, STRUCT, STRUCT, STRUCT, STRUCT];

impl<'a> Thrift<'a> {
    fn at(file: &'a File, at: u64, end: u64, capacity: usize) -> Self {
        Self {
            input: BufReader::with_capacity(capacity, At { file, at }),
            left: end.saturating_sub(at),
        }
    }

    /// The structure `FileMetaData`.
    fn metadata(&mut self) -> io::Result<()> {
        let mut last = 0;
        while let Some((field, kind)) = self.field(&mut last, &FILE_METADATA)? {
            // The schema, whose elements come in the order of a walk through the tree.
            if field == 2 {
                self.schema()?;
            } else {
                self.skip(kind, 0)?;
            }
        }
        Ok(())
    }

    fn schema(&mut self) -> io::Result<()> {
        let (kind, elements) = self.list()?;
        if kind != STRUCT {
            return Err(claim("its schema is no list of elements"));
        }
        // The children that are still to come, of each group that the next element lies in.
        let mut open: Vec<u64> = Vec::new();
        for _ in 0..elements {
            while open.pop_if(|children| *children == 0).is_some() {}
            if let Some(children) = open.last_mut() {
                *children -= 1;
            }
            let mut last = 0;
            while let Some((field, kind)) = self.field(&mut last, &SCHEMA_ELEMENT)? {
                // The number of children.
                if field != 5 {
                    self.skip(kind, 0)?;
                    continue;
                }
                let children = u64::try_from(self.integer()?).unwrap_or(u64::MAX);
                if children > elements {
                    return Err(claim("its schema has more children than elements"));
                }
                open.push(children);
                if open.len() > DEEPEST {
                    return Err(claim("its schema is nested too deep"));
                }
            }
        }
        Ok(())
    }

    /// The structure `PageHeader`.
    fn page_header(&mut self) -> io::Result<PageHeader> {
        let (mut last, mut page) = (0, PageHeader::default());
        while let Some((field, kind)) = self.field(&mut last, &PAGE_HEADER)? {
            match field {
                2 => page.unpacked = self.integer()?,
                3 => page.packed = self.integer()?,
                // The headers of data pages, of which there are two versions, and of dictionaries.
                5 => page.encoding = self.field_of(2, &DATA_PAGE_HEADER)?,
                8 => page.encoding = self.field_of(4, &DATA_PAGE_HEADER)?,
                7 => page.words = self.field_of(1, &DICTIONARY_PAGE_HEADER)?,
                _ => self.skip(kind, 0)?,
            }
        }
        Ok(page)
    }

    /// The whole number that is such a field of a structure; 0 where it has none.
    fn field_of(&mut self, wanted: i16, kinds: &[u8]) -> io::Result<i64> {
        let (mut last, mut number) = (0, 0);
        while let Some((field, kind)) = self.field(&mut last, kinds)? {
            if field == wanted {
                number = self.integer()?;
            } else {
                self.skip(kind, 1)?;
            }
        }
        Ok(number)
    }

    /// The number and the kind of the next field of a structure; none at its end.
    fn field(&mut self, last: &mut i16, kinds: &[u8]) -> io::Result<Option<(i16, u8)>> {
        let head = self.byte()?;
        let (step, kind) = (head >> 4, head & 0xf);
        if kind == 0 {
            return Ok(None);
        }
        *last = match step {
            0 => i16::try_from(self.integer()?).ok(),
            step => last.checked_add(step.into()),
        }
        .ok_or_else(|| claim("a field of its metadata has no possible number"))?;
        let known = usize::try_from(*last)
            .ok()
            .and_then(|field| kinds.get(field.checked_sub(1)?));
        if known.is_some_and(|known| *known != kind) {
            return Err(claim("a field of its metadata has the wrong kind"));
        }
        Ok(Some((*last, kind)))
    }

    /// The kind of a list's elements and how many there are. Each takes a byte at least.
    fn list(&mut self) -> io::Result<(u8, u64)> {
        let head = self.byte()?;
        let size = match head >> 4 {
            0xf => self.varint()?,
            size => size.into(),
        };
        let kind = head & 0xf;
        if size > self.left {
            return Err(claim("a list in its metadata is longer than the file"));
        }
        if matches!(kind, 1 | 2) {
            return Err(claim("its metadata has a list that Parquet has not"));
        }
        Ok((kind, size))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> io::Result<()> {
        if depth > DEEPEST_THRIFT {
            return Err(claim("its metadata is nested too deep"));
        }
        match kind {
            // Truths, which are in the kind itself.
            1 | 2 => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                if length > self.left {
                    return Err(claim("a text in its metadata is longer than the file"));
                }
                self.pass(length)
            }
            LIST => {
                let (kind, size) = self.list()?;
                (0..size).try_for_each(|_| self.skip(kind, depth + 1))
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last, &[])? {
                    self.skip(kind, depth + 1)?;
                }
                Ok(())
            }
            // Sets and maps, which Parquet has not. The parquet crate skips maps of truths without reading a
            // byte of them, and two billion of them take it half a minute.
            _ => Err(claim("its metadata has a field that Parquet has not")),
        }
    }

    fn integer(&mut self) -> io::Result<i64> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(claim("a number in its metadata is too long"))
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.left = self.left.checked_sub(1).ok_or_else(ended)?;
        self.input.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(ended)?;
        io::copy(&mut (&mut self.input).take(bytes), &mut io::sink()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that has nothing but metadata.
    fn with_metadata(metadata: &[u8]) -> io::Result<()> {
        let mut file = tempfile::tempfile().unwrap();
        let length = (metadata.len() as u32).to_le_bytes();
        io::Write::write_all(&mut file, &[b"PAR1", metadata, &length, b"PAR1"].concat()).unwrap();
        of_metadata(&file)
    }

    /// A schema of so many groups, each but the last with so many children.
    fn schema(elements: u16, children: &[u8]) -> Vec<u8> {
        let mut schema = vec![0x29, 0xfc, elements as u8 | 0x80, (elements >> 7) as u8];
        for _ in 0..elements {
            schema.extend([&[0x55], children, &[0]].concat());
        }
        schema
    }

    #[test]
    fn metadata_that_claims_more_than_it_has_is_refused() {
        let cases = [
            (b"\x49\xfc\xff\xff\xff\xff\x07".to_vec(), "longer than the file"),
            (b"\x58\xff\xff\xff\xff\x07".to_vec(), "wrong kind"),
            (b"\x68\xff\xff\xff\xff\x07".to_vec(), "a text in its metadata is longer"),
            (schema(1000, b"\x02"), "nested too deep"),
            (schema(3, b"\xfe\xff\xff\xff\x0f"), "more children"),
            (
                b"\x0b\xc8\x01\xff\xff\xff\xff\x07\x11".to_vec(),
                "field that Parquet has not",
            ),
            (
                b"\x09\xc8\x01\x51\x01\x01\x01\x01\x01".to_vec(),
                "list that Parquet has not",
            ),
            (b"\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(), "too long"),
            ([b"\x0c\xc8\x01".as_slice(), &[0x1c; 200]].concat(), "nested too deep"),
        ];
        for (metadata, what) in cases {
            let error = with_metadata(&metadata).unwrap_err();
            assert!(error.to_string().contains(what), "{error} for {metadata:x?}");
        }
    }

    #[test]
    fn metadata_that_ends_too_soon_is_left_to_the_reader() {
        for metadata in [b"".as_slice(), b"\x15", b"\x15\x02", b"\x29", &schema(64, b"\x02")] {
            with_metadata(metadata).unwrap();
        }
        of_metadata(&tempfile::tempfile().unwrap()).unwrap();
    }
}
