//! The closing line is read as nextest writes it.

use super::{Counts, counts_in};

#[test]
fn closing_lines_are_read() {
    let cases = [
        (
            "     Summary [   0.012s] 12 tests run: 12 passed, 0 skipped",
            Some((12, 0)),
        ),
        ("     Summary [   0.012s] 1 test run: 1 passed, 3 skipped", Some((1, 0))),
        (
            "     Summary [  61.2s] 12 tests run: 9 passed (2 slow), 2 failed, 1 timed out, 1 skipped",
            Some((9, 3)),
        ),
        (
            "     Summary [   0.5s] 3/12 tests run: 2 passed, 1 failed, 0 skipped",
            Some((2, 1)),
        ),
        (
            "     Summary [   0.5s] 2 tests run: 0 passed, 2 failed, 0 skipped",
            Some((0, 2)),
        ),
        ("     Summary [   0.0s] 0 tests run: 0 passed, 5 skipped", Some((0, 0))),
        ("12 tests run: 12 passed", None),
        (
            "        PASS [   0.005s] xtask test::tests::closing_lines_are_read",
            None,
        ),
    ];
    for (line, expected) in cases {
        let expected = expected.map(|(passed, failed)| Counts { passed, failed });
        assert_eq!(counts_in(line), expected, "{line}");
    }
}
