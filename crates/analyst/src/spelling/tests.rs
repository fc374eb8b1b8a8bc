//! What counts as a slip of the pen.

use super::*;

#[test]
fn slip_is_inside_the_word() {
    let cases = [
        ("reqeusts", "requests", true),
        ("reqests", "requests", true),
        ("vistors", "visitors", true),
        ("sesssions", "sessions", true),
        ("uniqe", "unique", true),
        ("session", "sessions", false),
        ("browsed", "browser", false),
        ("requester", "requested", false),
        ("bequests", "requests", false),
        ("sunda", "sunday", false),
    ];
    for (written, word, expected) in cases {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(is_slip(&letters(written), &letters(word)), expected, "{written} {word}");
    }
}
