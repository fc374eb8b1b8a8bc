//! A stale file is found; a fresh one is not.

use super::stale;

#[test]
fn stale_missing_and_fresh_files_are_told_apart() {
    let (made, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, fresh, old) in [
        ("same", "1\n", Some("1\n")),
        ("changed", "2\n", Some("1\n")),
        ("missing", "3\n", None),
    ] {
        fs_err::write(made.path().join(name), fresh).unwrap();
        if let Some(old) = old {
            fs_err::write(kept.path().join(name), old).unwrap();
        }
    }
    let names = ["same", "changed", "missing"];
    assert_eq!(stale(&names, made.path(), kept.path()).unwrap(), ["changed", "missing"]);
    fs_err::copy(made.path().join("changed"), kept.path().join("changed")).unwrap();
    assert_eq!(stale(&names, made.path(), kept.path()).unwrap(), ["missing"]);
}

#[test]
fn unmade_file_is_an_error() {
    let (made, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs_err::write(kept.path().join("a"), "1").unwrap();
    assert!(stale(&["a"], made.path(), kept.path()).is_err());
}
