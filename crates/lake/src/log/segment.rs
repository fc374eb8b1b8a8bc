//! The format of a segment: a mark, then records. A record is a length, a checksum (CRC-32), both
//! little-endian, and a batch of events.
//!
//! It knows no file and no engine, so that a fuzzer builds it in seconds.

use std::fmt::Display;

use hedgerow_data_api::EventBatch;
use hedgerow_errors::{Code, Error, Result};

/// The first bytes of a segment; the last of them is the version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"HEDGLOG\x01";

/// The length and the checksum of a record.
pub(crate) const HEAD: usize = 8;

/// No record is longer, so one that claims to be is damaged, and so is an empty one: a machine that stops may
/// leave zeros.
pub(crate) const LONGEST_RECORD: usize = 1 << 30;

/// A batch as a record.
pub(crate) fn record(batch: &EventBatch) -> Result<Vec<u8>> {
    let payload = postcard::to_stdvec(batch)
        .map_err(|error| Error::caused(Code::Internal, "cannot encode events for the log", error))?;
    sealed(&payload)
}

/// A payload with its length and its checksum before it.
pub(crate) fn sealed(payload: &[u8]) -> Result<Vec<u8>> {
    if payload.len() > LONGEST_RECORD {
        let message = format!(
            "write {} bytes of events to the log at once, which takes {LONGEST_RECORD}",
            payload.len()
        );
        return Err(Error::new(Code::LimitExceeded, message).with_hint("append fewer events at a time"));
    }
    let mut record = Vec::with_capacity(HEAD + payload.len());
    record.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    record.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    record.extend_from_slice(payload);
    Ok(record)
}

/// The batches of a segment, as far as they are whole. `shown` is what a person knows it by.
pub(crate) fn batches(bytes: &[u8], shown: impl Display) -> Result<Vec<EventBatch>> {
    if bytes.len() < MAGIC.len() {
        // It was begun, and nothing in it was acknowledged.
        return Ok(Vec::new());
    }
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        let message = format!("{shown} is no segment of the write-ahead log that this version knows");
        return Err(Error::new(Code::Corrupt, message)
            .with_hint("a newer Hedgerow has used this data folder: upgrade this one"));
    };
    let mut batches = Vec::new();
    while let Some((payload, after)) = first(rest) {
        let batch = postcard::from_bytes(payload);
        batches.push(
            batch.map_err(|error| {
                Error::caused(Code::Corrupt, format!("{shown} holds a record of another form"), error)
            })?,
        );
        rest = after;
    }
    Ok(batches)
}

/// What comes after the whole records of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Whole,
    /// So many bytes of a record that was not written to its end.
    Cut(usize),
    /// So many bytes that begin with a record that was written to its end and is another by now.
    Damaged(usize),
}

/// Looks at the end of a segment that [`batches`] reads.
pub(crate) fn tail(bytes: &[u8]) -> Tail {
    let mut rest = bytes.strip_prefix(MAGIC).unwrap_or_default();
    while let Some((_, after)) = first(rest) {
        rest = after;
    }
    let length = rest
        .first_chunk::<4>()
        .map(|length| u32::from_le_bytes(*length) as usize);
    match length {
        _ if rest.is_empty() => Tail::Whole,
        // A file may have its length before its content when the machine stops; then zeros stand there.
        Some(length) if length > 0 && length <= rest.len().saturating_sub(HEAD) => Tail::Damaged(rest.len()),
        _ => Tail::Cut(rest.len()),
    }
}

/// The payload of the first record, and what comes after it.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length))
        .ok()
        .filter(|length| (1..=LONGEST_RECORD).contains(length))?;
    let (payload, after) = rest.split_at_checked(length)?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*checksum)).then_some((payload, after))
}
