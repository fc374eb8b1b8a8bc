//! Texts that a Parquet file keeps with their lengths apart (`DELTA_LENGTH_BYTE_ARRAY` and
//! `DELTA_BYTE_ARRAY`). A page's values begin with how many lengths there are, and the parquet crate reserves
//! memory for as many; so they are counted first.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

/// The most lengths in a block; writers put 128 to 2,048 there.
const LARGEST_BLOCK: u64 = 1 << 16;

/// Whether the number of an encoding in a page's header is one of the two.
pub(super) fn has_lengths(encoding: i64) -> bool {
    matches!(encoding, 6 | 7)
}

/// Checks the pages of a column chunk. What can't be read is left to the reader, which says why.
pub(super) fn check(file: &Arc<File>, column: &ColumnChunkMetaData, rows: usize) -> io::Result<()> {
    let Ok(mut pages) = SerializedPageReader::new(file.clone(), column, rows, None) else {
        return Ok(());
    };
    while let Ok(Some(page)) = pages.get_next_page() {
        let encoding = page.encoding();
        if !matches!(encoding, Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY) {
            continue;
        }
        let mut rest = values(&page, column).and_then(|values| after_lengths(values, page.num_values()));
        if encoding == Encoding::DELTA_BYTE_ARRAY {
            // First how much each text has in common with the one before it, then how long its rest is.
            rest = rest.and_then(|rest| after_lengths(rest, page.num_values()));
        }
        if rest.is_none() {
            let message = "a page does not have the lengths that it claims";
            return Err(io::Error::new(ErrorKind::InvalidData, message));
        }
    }
    Ok(())
}

/// The values of a page, which come after its levels.
fn values<'a>(page: &'a Page, column: &ColumnChunkMetaData) -> Option<&'a [u8]> {
    let mut rest: &[u8] = page.buffer();
    match page {
        Page::DataPageV2 {
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => rest.get(usize::try_from(def_levels_byte_len.checked_add(*rep_levels_byte_len)?).ok()?..),
        Page::DataPage {
            num_values,
            def_level_encoding,
            rep_level_encoding,
            ..
        } => {
            let column = column.column_descr();
            let levels = [
                (column.max_rep_level(), rep_level_encoding),
                (column.max_def_level(), def_level_encoding),
            ];
            for (most, encoding) in levels.into_iter().filter(|(most, _)| *most > 0) {
                let length = if *encoding == Encoding::RLE {
                    let (length, after) = rest.split_first_chunk::<4>()?;
                    rest = after;
                    u32::from_le_bytes(*length) as usize
                } else {
                    // An older form: each level in as many bits as the highest takes.
                    let bits = i16::BITS - most.leading_zeros();
                    (*num_values as usize * bits as usize).div_ceil(8)
                };
                rest = rest.get(length..)?;
            }
            Some(rest)
        }
        Page::DictionaryPage { .. } => Some(rest),
    }
}

/// What comes after whole numbers that are packed as differences (`DELTA_BINARY_PACKED`); none where these are
/// more than `most` or not all there.
fn after_lengths(mut data: &[u8], most: u32) -> Option<&[u8]> {
    if data.is_empty() {
        return Some(data);
    }
    let mut number = || varint(&mut data);
    let (block, parts, count, _first) = (number()?, number()?, number()?, number()?);
    if count > most.into() || block > LARGEST_BLOCK {
        return None;
    }
    let in_part = block.checked_div(parts)?;
    let mut left = count.saturating_sub(1);
    while left > 0 && in_part > 0 {
        varint(&mut data)?;
        let (widths, mut rest) = data.split_at_checked(usize::try_from(parts).ok()?)?;
        for width in widths {
            if left > 0 {
                rest = rest.get(usize::try_from(u64::from(*width) * in_part / 8).ok()?..)?;
            }
            left = left.saturating_sub(in_part);
        }
        data = rest;
    }
    Some(data)
}

fn varint(data: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = data.split_first()?;
        *data = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted() {
        // Blocks of 128 in 4 parts; a part whose differences have one bit each has four bytes.
        let three = [0x80, 0x01, 4, 3, 2, 0, 1, 9, 9, 9, 0xaa, 0, 0, 0, b'x'];
        assert_eq!(after_lengths(&three, 3), Some(&b"x"[..]));
        assert_eq!(after_lengths(&three, 2), None);
        assert_eq!(after_lengths(&three[..12], 3), None);
        assert_eq!(after_lengths(&[0x80, 0x01, 4, 1, 2], 1), Some(&b""[..]));
        assert_eq!(
            after_lengths(&[0x80, 0x01, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0], u32::MAX),
            None
        );
        assert_eq!(after_lengths(&[0x80, 0x80, 0x80, 0x80, 0x01, 1, 9, 0, 0, 0], 9), None);
        assert_eq!(after_lengths(&[0x80, 0x01, 0, 9, 0], 9), None);
        assert_eq!(after_lengths(b"", 0), Some(&b""[..]));
    }
}
