//! From the bytes of a field to text, the way the client sent it.
//!
//! Servers escape quotes, backslashes and bytes outside of ASCII (`\"`, `\\`, `\xd0`). These are
//! undone, so that a path in Cyrillic reads as such. What would not be readable text, namely bytes
//! that are no UTF-8 and control characters, stands as `\xNN` whether or not the server escaped
//! it: nothing is lost, and no field can move a terminal's cursor.

use std::fmt::Write;

/// The text of a field.
pub(super) fn decode(field: &[u8]) -> String {
    let plain = |byte: &u8| *byte != b'\\' && !byte.is_ascii_control() && byte.is_ascii();
    if field.iter().all(plain) {
        return String::from_utf8_lossy(field).into_owned();
    }
    let bytes = unescape(field);
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                let mut buffer = [0; 4];
                push_escaped(&mut text, character.encode_utf8(&mut buffer).as_bytes());
            } else {
                text.push(character);
            }
        }
        push_escaped(&mut text, chunk.invalid());
    }
    text
}

fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let (byte, length) = match (first, tail) {
            (b'\\', [quoted @ (b'"' | b'\\'), ..]) => (*quoted, 2),
            (b'\\', [b'x' | b'X', high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (*first, 1),
            },
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn push_escaped(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_decodes_to_what_was_sent() {
        let cases: [(&[u8], &str); 11] = [
            (b"/plain", "/plain"),
            (br#"say \"hi\""#, r#"say "hi""#),
            (br"C:\\dir", r"C:\dir"),
            (br"\x22quoted\x22", "\"quoted\""),
            (br"/\xd0\xb6", "/\u{436}"),
            ("/\u{436}".as_bytes(), "/\u{436}"),
            (br"http://\xe4\xe5.com", r"http://\xe4\xe5.com"),
            (b"http://\xe4\xe5.com", r"http://\xe4\xe5.com"),
            (br"\x16\x03\x01", r"\x16\x03\x01"),
            (b"a\x1b[31m\tb\xc2\x9b", r"a\x1b[31m\x09b\xc2\x9b"),
            (br"\q \x \xz0 \", r"\q \x \xz0 \"),
        ];
        for (field, expected) in cases {
            assert_eq!(decode(field), expected, "{:?}", String::from_utf8_lossy(field));
        }
    }
}
