//! A column chunk of a Parquet file, of texts that have numbers already.
//!
//! A writer that is given texts looks each of them up to find out that it came before; of an event batch
//! that is known, and looking up is what writing files would spend most of its time on. The form is
//! [Parquet's](https://parquet.apache.org/docs/file-format/data-pages/encodings/): pages of version 1, in
//! them the hybrid of runs and packed bits, or plain texts where a dictionary saves nothing.

mod hybrid;

use std::borrow::Cow;

use bytes::Bytes;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use datafusion::parquet::column::writer::ColumnCloseResult;
use datafusion::parquet::data_type::ByteArray;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder};
use datafusion::parquet::file::statistics::{Statistics, ValueStatistics};
use datafusion::parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use datafusion::parquet::schema::types::ColumnDescPtr;
use hedgerow_data_api::Dictionary;
use zstd::bulk::Compressor;

/// The number of a row that has no text.
pub(crate) const NONE: u32 = u32::MAX;

/// Rows and bytes of a page at most, save that a single text may be longer: what other writers do.
const PAGE_ROWS: usize = 20_000;
const PAGE_BYTES: usize = 1 << 20;
/// Bytes of a least or greatest text that are kept.
const BOUND_BYTES: usize = 64;

/// Texts of consecutive rows.
pub(crate) struct Texts<'a> {
    /// For each row the number of its text, or [`NONE`].
    pub(crate) numbers: Vec<u32>,
    pub(crate) dictionary: &'a Dictionary,
}

impl<'a> Texts<'a> {
    /// The text of each row.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&'a str>> {
        let dictionary = self.dictionary;
        let text = move |number: &u32| (*number != NONE).then(|| dictionary.get(*number));
        self.numbers.iter().map(text)
    }
}

/// Compresses the pages of a file, one after the other.
pub(crate) fn compressor() -> Result<Compressor<'static>> {
    Ok(Compressor::new(ZstdLevel::default().compression_level())?)
}

/// Writes the chunk of a column. Gives its bytes and what a file has to know of it.
pub(crate) fn write(
    column: &ColumnDescPtr,
    texts: &Texts<'_>,
    compressor: &mut Compressor<'_>,
) -> Result<(Bytes, ColumnCloseResult)> {
    let mut sink = TrackedWrite::new(Vec::new());
    let distinct = Distinct::of(texts);
    let rows = texts.numbers.len();
    let mut pages = Pages {
        writer: SerializedPageWriter::new(&mut sink),
        compressor,
        is_nullable: column.max_def_level() > 0,
        sizes: (0, 0),
        first: None,
        index: OffsetIndexBuilder::new(),
    };
    let dictionary_at = distinct.pays(rows).then(|| pages.dictionary(&distinct)).transpose()?;
    for page in texts.numbers.chunks(PAGE_ROWS) {
        match dictionary_at {
            Some(_) => pages.numbered(page, &distinct)?,
            None => pages.plain(page, texts.dictionary)?,
        }
    }
    let Pages {
        sizes: (plain, compressed),
        first,
        index,
        ..
    } = pages;
    let encodings = match dictionary_at {
        Some(_) => vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY],
        None => vec![Encoding::PLAIN, Encoding::RLE],
    };
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_encodings(encodings)
        .set_total_compressed_size(compressed as i64)
        .set_total_uncompressed_size(plain as i64)
        .set_num_values(rows as i64)
        .set_data_page_offset(first.unwrap_or_default() as i64)
        .set_dictionary_page_offset(dictionary_at.map(|at| at as i64))
        .set_statistics(distinct.statistics())
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: compressed,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        // Rows are not sorted by texts, so that bounds of pages would leave none out.
        column_index: None,
        offset_index: Some(index.build()),
    };
    Ok((sink.into_inner()?.into(), close))
}

/// The texts that occur, in order of appearance.
struct Distinct<'a> {
    dictionary: &'a Dictionary,
    numbers: Vec<u32>,
    /// Where each number stands among them; [`NONE`] where it does not occur.
    places: Vec<u32>,
    nulls: u64,
    /// Bytes of these texts, and of those of all rows, with their lengths.
    bytes: usize,
    plain_bytes: usize,
    bounds: Option<(&'a str, &'a str)>,
}

impl<'a> Distinct<'a> {
    fn of(texts: &Texts<'a>) -> Self {
        let mut distinct = Self {
            dictionary: texts.dictionary,
            numbers: Vec::new(),
            places: vec![NONE; texts.dictionary.len()],
            nulls: 0,
            bytes: 0,
            plain_bytes: 0,
            bounds: None,
        };
        let mut sizes: Vec<u32> = Vec::new();
        for number in &texts.numbers {
            let Some(place) = distinct.places.get_mut(*number as usize) else {
                distinct.nulls += 1;
                continue;
            };
            if *place == NONE {
                *place = distinct.numbers.len() as u32;
                distinct.numbers.push(*number);
                let text = texts.dictionary.get(*number);
                let size = text.len() + size_of::<u32>();
                sizes.push(size as u32);
                distinct.bytes += size;
                distinct.bounds = Some(match distinct.bounds {
                    Some((least, greatest)) => (least.min(text), greatest.max(text)),
                    None => (text, text),
                });
            }
            distinct.plain_bytes += sizes.get(*place as usize).copied().unwrap_or_default() as usize;
        }
        distinct
    }

    fn width(&self) -> u32 {
        (self.numbers.len() as u32).saturating_sub(1).max(1).ilog2() + 1
    }

    /// Whether a dictionary makes the chunk smaller.
    fn pays(&self, rows: usize) -> bool {
        !self.numbers.is_empty() && self.bytes + rows * self.width() as usize / 8 < self.plain_bytes
    }

    /// What readers skip files by. Long bounds are shortened, which keeps them bounds.
    fn statistics(&self) -> Statistics {
        let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        let least = self.bounds.map(|(least, _)| (head(least), least));
        let greatest = self.bounds.map(|(_, greatest)| (above(greatest), greatest));
        let greatest = greatest.and_then(|(above, greatest)| Some((above?, greatest)));
        let statistics = ValueStatistics::new(
            least.map(|(head, _)| bytes(head)),
            greatest.as_ref().map(|(above, _)| bytes(above)),
            None,
            Some(self.nulls),
            false,
        );
        let statistics = statistics
            .with_min_is_exact(least.is_some_and(|(head, whole)| head == whole))
            .with_max_is_exact(greatest.is_some_and(|(above, whole)| above == whole));
        Statistics::ByteArray(statistics)
    }
}

/// The first bytes of a text, as many whole characters as are kept of a bound.
fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(BOUND_BYTES)).unwrap_or_default()
}

/// A text of about so many bytes that is not below another; none where there is none.
fn above(text: &str) -> Option<Cow<'_, str>> {
    let mut head = head(text);
    if head.len() == text.len() {
        return Some(head.into());
    }
    while let Some(last) = head.chars().next_back() {
        head = head.get(..head.len() - last.len_utf8()).unwrap_or_default();
        // What comes after the last character before the surrogates is the first after them.
        let next = (u32::from(last) + 1..).find_map(|code| match char::from_u32(code) {
            Some(next) => Some(Some(next)),
            None if code > u32::from(char::MAX) => Some(None),
            None => None,
        });
        if let Some(next) = next.flatten() {
            return Some(format!("{head}{next}").into());
        }
    }
    None
}

/// Writes the pages of a chunk.
struct Pages<'a, 'c> {
    writer: SerializedPageWriter<'a, Vec<u8>>,
    compressor: &'a mut Compressor<'c>,
    is_nullable: bool,
    /// Bytes of the pages before and after compression, with their headers.
    sizes: (u64, u64),
    /// Where the first page with data begins.
    first: Option<u64>,
    index: OffsetIndexBuilder,
}

impl Pages<'_, '_> {
    /// Writes the dictionary, and says where it begins.
    fn dictionary(&mut self, distinct: &Distinct<'_>) -> Result<u64> {
        let mut plain = Vec::with_capacity(distinct.bytes);
        for number in &distinct.numbers {
            put_text(&mut plain, distinct.dictionary.get(*number));
        }
        let page = Page::DictionaryPage {
            buf: self.compressor.compress(&plain)?.into(),
            num_values: distinct.numbers.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        Ok(self.write(page, plain.len())?.offset)
    }

    /// Writes a page of places in the dictionary.
    fn numbered(&mut self, rows: &[u32], distinct: &Distinct<'_>) -> Result<()> {
        let places = rows.iter().filter_map(|number| distinct.places.get(*number as usize));
        let places: Vec<u32> = places.copied().collect();
        let mut values = vec![distinct.width() as u8];
        hybrid::encode(&places, distinct.width(), &mut values);
        self.data(rows, &values, Encoding::RLE_DICTIONARY)
    }

    /// Writes pages of texts as they are.
    fn plain(&mut self, rows: &[u32], dictionary: &Dictionary) -> Result<()> {
        let (mut values, mut from) = (Vec::new(), 0);
        for (at, number) in rows.iter().enumerate() {
            if *number == NONE {
                continue;
            }
            let text = dictionary.get(*number);
            if at > from && values.len() + text.len() > PAGE_BYTES {
                self.data(rows.get(from..at).unwrap_or_default(), &values, Encoding::PLAIN)?;
                values.clear();
                from = at;
            }
            put_text(&mut values, text);
        }
        self.data(rows.get(from..).unwrap_or_default(), &values, Encoding::PLAIN)
    }

    fn data(&mut self, rows: &[u32], values: &[u8], encoding: Encoding) -> Result<()> {
        let mut plain = Vec::with_capacity(values.len() + rows.len() / 8 + 16);
        if self.is_nullable {
            let levels: Vec<u32> = rows.iter().map(|number| u32::from(*number != NONE)).collect();
            plain.extend([0; size_of::<u32>()]);
            hybrid::encode(&levels, 1, &mut plain);
            let length = (plain.len() - size_of::<u32>()) as u32;
            if let Some(slot) = plain.first_chunk_mut() {
                *slot = length.to_le_bytes();
            }
        }
        plain.extend_from_slice(values);
        let page = Page::DataPage {
            buf: self.compressor.compress(&plain)?.into(),
            num_values: rows.len() as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = self.write(page, plain.len())?;
        self.first.get_or_insert(written.offset);
        self.index.append_row_count(rows.len() as i64);
        self.index
            .append_offset_and_size(written.offset as i64, written.compressed_size as i32);
        Ok(())
    }

    fn write(&mut self, page: Page, plain: usize) -> Result<PageWriteSpec> {
        let written = self.writer.write_page(CompressedPage::new(page, plain))?;
        self.sizes.0 += written.uncompressed_size as u64;
        self.sizes.1 += written.compressed_size as u64;
        Ok(written)
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests;
