//! What holds of a segment whatever its bytes are. The fuzzer calls it with bytes of its making, the tests
//! with those that the fuzzer kept.

use hedgerow_data_api::EventBatch;
use hedgerow_errors::Code;

use super::segment::{MAGIC, Tail, batches, record, sealed, tail};

/// Reads the bytes as a segment, and as the payload of one record, which no guess at a checksum reaches.
/// Stops where reading panics, is not the same again, or gives anything but the whole batches before a
/// damage.
pub(crate) fn check(input: &[u8]) {
    read_again(input);
    let mut segment = MAGIC.to_vec();
    segment.extend(sealed(input).expect("it is short"));
    for batch in read_again(&segment) {
        // What holds a batch that was read asks it these.
        assert_eq!(batch.records().len(), batch.len());
        let _ = batch.bytes();
        let mut copy = EventBatch::default();
        copy.append(&batch);
        assert_eq!(copy.len(), batch.len());
        damaged(&[copy.clone(), batch, copy], input.len());
    }
}

/// The batches of a segment, which are the same when they are written and read again.
fn read_again(segment: &[u8]) -> Vec<EventBatch> {
    match batches(segment, "segment") {
        Ok(found) => {
            let written = written(&found);
            // By their bytes: a number that is none equals not even itself.
            let again = batches(&written.concat(), "segment").expect("what was written can be read");
            assert_eq!(written, self::written(&again), "written and read again");
            found
        }
        Err(error) => {
            assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
            assert!(error.message().starts_with("segment "), "{}", error.chain());
            Vec::new()
        }
    }
}

/// The mark, and a record for each batch.
fn written(batches: &[EventBatch]) -> Vec<Vec<u8>> {
    let records = batches.iter().map(|batch| record(batch).expect("a batch has a form"));
    std::iter::once(MAGIC.to_vec()).chain(records).collect()
}

/// A segment that ends too soon or has a wrong byte gives the batches before that.
fn damaged(whole: &[EventBatch], seed: usize) {
    let parts = written(whole);
    let bytes = parts.concat();
    let mut ends = parts.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    });
    let begun = ends.next().unwrap_or_default();
    let ends: Vec<usize> = ends.collect();
    let at = begun + seed.wrapping_mul(2_654_435_761) % (bytes.len() - begun);
    let mut flipped = bytes.clone();
    flipped[at] ^= 1 << (seed % 8);
    for (what, damaged) in [("cut", &bytes[..at]), ("flipped", &flipped)] {
        let found = batches(damaged, "segment").expect("a damage ends a segment");
        let before = ends.iter().filter(|end| **end <= at).count();
        let lost = damaged.len() - parts[..=before].concat().len();
        let expected = [Tail::Cut(lost), Tail::Damaged(lost)];
        let tail = tail(damaged);
        assert!(
            if lost == 0 {
                tail == Tail::Whole
            } else {
                expected.contains(&tail)
            },
            "{tail:?}"
        );
        assert_eq!(written(&found), parts[..=before], "{what} at {at} of {}", bytes.len());
    }
}
