//! Replays what the fuzzers kept of SQL and of typed queries.

use std::path::Path;

use crate::input_check::{Door, check};

fn replay(door: Door, folder: &str) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(folder);
    let mut count = 0;
    for entry in fs_err::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let input = fs_err::read(&path).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| check(door, &input)) {
            panic!("{}: {panic:?}", path.display());
        }
        count += 1;
    }
    assert!(count > 0, "no inputs in {folder}");
}

#[test]
fn sql_of_the_corpus_is_answered_or_refused() {
    replay(Door::Sql, "sql");
}

#[test]
fn typed_queries_of_the_corpus_are_answered_or_refused() {
    replay(Door::Typed, "query");
}
