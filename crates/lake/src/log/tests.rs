//! Segments that end anywhere, and segments that are damaged.

use hedgerow_data_api::Value;
use proptest::prelude::*;

use super::segment::{HEAD, MAGIC};
use super::*;
use crate::files::SystemFiles;

fn batch(n: u32) -> EventBatch {
    let mut batch = EventBatch::default();
    for row in 0..=n {
        batch.begin(
            Uuid::from_u128(u128::from(n) << 32 | u128::from(row)),
            "a",
            row.into(),
            "person",
            None,
        );
        batch.set("text", Value::Text("x"));
        batch.set("number", Value::Double(0.5));
    }
    batch
}

fn written(project: &Path, batches: u32) -> Uuid {
    fs::create_dir_all(folder(project)).unwrap();
    let mut log = Log::begin(&SystemFiles, project).unwrap();
    for n in 0..batches {
        log.append(&batch(n)).unwrap();
    }
    log.segment
}

#[test]
fn a_segment_gives_its_batches_back() {
    let project = tempfile::tempdir().unwrap();
    let segment = written(project.path(), 4);
    let read = read(project.path(), segment).unwrap();
    assert_eq!(read, (0..4).map(batch).collect::<Vec<_>>());
    assert_eq!(segments(project.path()).unwrap(), [segment]);
}

#[test]
fn a_segment_of_another_format_is_refused() {
    let project = tempfile::tempdir().unwrap();
    let segment = written(project.path(), 1);
    fs::write(path(project.path(), segment), b"HEDGLOG\x02whatever").unwrap();
    let error = read(project.path(), segment).unwrap_err();
    assert_eq!(error.code(), Code::Corrupt);
    assert!(error.hint().unwrap().contains("upgrade"));
}

#[test]
fn a_batch_that_reading_would_take_for_damage_is_not_written() {
    // Zeroes, so that the system need not find memory for them.
    let error = segment::sealed(vec![0; segment::LONGEST_RECORD + 1].as_slice()).unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded);
}

#[test]
fn segments_of_the_fuzzer_are_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/log");
    let mut files: Vec<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let failed: Vec<_> = files
        .into_iter()
        .filter(|file| {
            let input = fs::read(file).unwrap();
            std::panic::catch_unwind(|| segment_check::check(&input)).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "see above for each of {failed:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_segment_that_was_cut_or_damaged_gives_the_whole_batches_before(
        cut in any::<prop::sample::Index>(),
        damage in proptest::option::of(any::<u8>()),
    ) {
        let project = tempfile::tempdir().unwrap();
        let segment = written(project.path(), 4);
        let path = path(project.path(), segment);
        let mut bytes = fs::read(&path).unwrap();
        let at = cut.index(bytes.len() - MAGIC.len()) + MAGIC.len();
        match damage {
            Some(flip) => bytes[at] ^= flip.max(1),
            None => bytes.truncate(at),
        }
        fs::write(&path, &bytes).unwrap();
        let found = read(project.path(), segment).unwrap();
        let ends = {
            let mut ends = vec![MAGIC.len()];
            for n in 0..4 {
                ends.push(ends[n as usize] + HEAD + postcard::to_stdvec(&batch(n)).unwrap().len());
            }
            ends
        };
        let whole = ends.iter().skip(1).filter(|end| **end <= at).count();
        prop_assert_eq!(found, (0..whole as u32).map(batch).collect::<Vec<_>>());
    }
}
