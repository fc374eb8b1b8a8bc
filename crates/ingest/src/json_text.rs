//! JSON read in place: an object's entries as slices of the text, and no tree of values.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::rejects::Reject;

/// How deep arrays and objects may lie in each other; what other readers of JSON take.
const DEEPEST: usize = 127;

/// A JSON value; nested ones stay text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Double(f64),
    /// A number beyond both types, as it is written.
    Big(&'a str),
    Boolean(bool),
    Nested(&'a str),
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Entries<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            (self.0)(key, value.get());
        }
        Ok(())
    }
}

/// Calls a function with each key of an object and the text of its value.
pub(crate) fn entries<'a>(text: &'a str, each: impl FnMut(Cow<'a, str>, &'a str)) -> Result<(), Reject> {
    read_object(text, Entries(each))
}

fn read_object<'a>(text: &'a str, visitor: impl Visitor<'a, Value = ()>) -> Result<(), Reject> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Reject::NotAnObject);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    reader
        .deserialize_map(visitor)
        .and_then(|()| reader.end())
        .map_err(|_| Reject::NotJson)
}

/// What stands under a key of an object.
pub(crate) enum Part<'a> {
    /// The text of a value.
    Text(&'a str),
    /// An object's entries, each with the text of its value.
    Entries(Vec<(Cow<'a, str>, &'a str)>),
}

/// Reads entries, and where one is an object of a certain name, that object's entries.
struct Nested<'a, 'n, F> {
    text: &'a str,
    name: &'n str,
    each: F,
}

impl<'de, F: FnMut(Cow<'de, str>, Part<'de>)> Visitor<'de> for Nested<'de, '_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let part = if key == self.name && is_before_object(self.text, &key) {
                Part::Entries(map.next_value_seed(Object)?)
            } else {
                let value: &RawValue = map.next_value()?;
                Part::Text(value.get())
            };
            (self.each)(key, part);
        }
        Ok(())
    }
}

/// Whether a key is a slice of a text and stands before an object there.
fn is_before_object(text: &str, key: &str) -> bool {
    // A key with escapes is no slice, and lies elsewhere.
    let begin = key.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    let behind = begin.checked_add(key.len() + 1).and_then(|end| text.get(end..));
    let value = behind.and_then(|behind| behind.trim_ascii_start().strip_prefix(':'));
    value.is_some_and(|value| value.trim_ascii_start().starts_with('{'))
}

/// Reads an object's entries into a list.
struct Object;

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut found = Vec::new();
        deserializer.deserialize_map(Entries(|key, value| found.push((key, value))))?;
        Ok(found)
    }
}

/// Calls a function with each key of an object and the text of its value, or the entries of the object
/// under the key of a certain name. So that object is gone through once and not twice.
pub(crate) fn nested_entries<'a>(
    text: &'a str,
    name: &str,
    each: impl FnMut(Cow<'a, str>, Part<'a>),
) -> Result<(), Reject> {
    read_object(text, Nested { text, name, each })
}

struct Items<F>(F);

impl<'de, F: FnMut(&'de str)> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.0)(item.get());
        }
        Ok(())
    }
}

/// Calls a function with the text of each of an array's items.
pub(crate) fn items<'a>(text: &'a str, each: impl FnMut(&'a str)) -> Result<(), Reject> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader
        .deserialize_seq(Items(each))
        .and_then(|()| reader.end())
        .map_err(|_| Reject::NotJson)
}

/// Reads the text of one value, which has to be JSON.
pub(crate) fn value(text: &str) -> Result<Json<'_>, Reject> {
    Ok(match text.as_bytes().first() {
        Some(b'"') => {
            let inner = text.get(1..text.len() - 1).unwrap_or_default();
            if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                return Ok(Json::Text(Cow::Borrowed(inner)));
            }
            // The text was read before, so only what its escapes stand for can be wrong.
            Json::Text(Cow::Owned(
                serde_json::from_str(text).map_err(|_| Reject::HalfCharacter)?,
            ))
        }
        Some(b'{' | b'[') if is_too_deep(text) => return Err(Reject::TooDeep),
        Some(b'{' | b'[') => Json::Nested(text),
        Some(b'n') => Json::Null,
        Some(b't') => Json::Boolean(true),
        Some(b'f') => Json::Boolean(false),
        _ => number(text),
    })
}

/// Reads a number as JSON writes it.
pub(crate) fn number(text: &str) -> Json<'_> {
    if let Ok(number) = text.parse() {
        return Json::Integer(number);
    }
    let is_whole = !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && !is_whole => Json::Double(number),
        _ => Json::Big(text),
    }
}

fn is_too_deep(text: &str) -> bool {
    // Most values have too few brackets to be deep.
    if text.len() <= DEEPEST || memchr::memchr2_iter(b'{', b'[', text.as_bytes()).nth(DEEPEST).is_none() {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// JSON without the white space between its parts, so that equal values are equal texts.
pub(crate) fn compact(text: &str) -> Cow<'_, str> {
    let white = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
    if memchr::memchr3(b' ', b'\n', b'\t', text.as_bytes()).is_none() && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let (mut compact, mut kept_until, mut quoted, mut escaped) = (String::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && white(&byte) => {
                compact.push_str(text.get(kept_until..at).unwrap_or_default());
                kept_until = at + 1;
            }
            _ => {}
        }
    }
    if kept_until == 0 {
        return Cow::Borrowed(text);
    }
    compact.push_str(text.get(kept_until..).unwrap_or_default());
    Cow::Owned(compact)
}

/// Writes a text as JSON does.
pub(crate) fn quote(text: &str, into: &mut String) {
    into.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_first_character() {
        let cases = [
            ("null", Json::Null),
            ("true", Json::Boolean(true)),
            ("-12", Json::Integer(-12)),
            ("9223372036854775807", Json::Integer(i64::MAX)),
            ("9223372036854775808", Json::Big("9223372036854775808")),
            ("1.0", Json::Double(1.0)),
            ("1e3", Json::Double(1000.0)),
            ("1e999", Json::Big("1e999")),
            (r#""""#, Json::Text("".into())),
            (r#""a\n\u00e9\ud83d\ude00\/""#, Json::Text("a\n\u{e9}\u{1f600}/".into())),
            (r#"{"a": [1]}"#, Json::Nested(r#"{"a": [1]}"#)),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
        assert_eq!(value(r#""\ud83d""#), Err(Reject::HalfCharacter));
        assert!(value(&("[".repeat(127) + &"]".repeat(127))).is_ok());
        assert_eq!(value(&("[".repeat(128) + &"]".repeat(128))), Err(Reject::TooDeep));
        assert!(value(&format!("[{:?}]", "[".repeat(500))).is_ok());
    }

    #[test]
    fn compact_drops_white_space_outside_of_texts() {
        let cases = [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            ("{ \"a b\" : [ 1 ,\r\n\t2 ] }", r#"{"a b":[1,2]}"#),
            (r#"["\" x", "\\", " y"]"#, r#"["\" x","\\"," y"]"#),
        ];
        for (text, expected) in cases {
            assert_eq!(compact(text), expected, "{text}");
        }
        assert!(matches!(compact(r#"["a b"]"#), Cow::Borrowed(_)));
    }

    #[test]
    fn an_object_of_a_name_comes_as_its_entries() {
        let read = |text| {
            let mut found = Vec::new();
            nested_entries(text, "in", |key, part| match part {
                Part::Text(text) => found.push(format!("{key}={text}")),
                Part::Entries(entries) => {
                    let entries: Vec<String> = entries.iter().map(|(key, text)| format!("{key}:{text}")).collect();
                    found.push(format!("{key}<{}>", entries.join(" ")));
                }
            })
            .map(|()| found.join(" "))
        };
        let cases = [
            (
                r#"{"a":{"in":1},"in":{"a":1,"in":{"b":2}}}"#,
                Ok(r#"a={"in":1} in<a:1 in:{"b":2}>"#),
            ),
            ("{ \"in\" \t:\n {} , \"b\":2}", Ok("in<> b=2")),
            (r#"{"in":[{}],"in":"{","in":null}"#, Ok(r#"in=[{}] in="{" in=null"#)),
            (r#"{"i\u006e":{"a":1}}"#, Ok(r#"in={"a":1}"#)),
            (r#"{"in":{"a":1}"#, Err(Reject::NotJson)),
            (r#"{"in":{"a":}}"#, Err(Reject::NotJson)),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn entries_are_those_of_one_object() {
        let read = |text| {
            let mut found = Vec::new();
            entries(text, |key, value| found.push(format!("{key}={value}"))).map(|()| found.join(" "))
        };
        assert_eq!(
            read(r#" {"a": 1, "b\n": {"c": [2]}} "#),
            Ok("a=1 b\n={\"c\": [2]}".to_owned())
        );
        for (text, reject) in [
            ("", Reject::NotAnObject),
            ("[1]", Reject::NotAnObject),
            ("{\"a\":1} x", Reject::NotJson),
            ("{\"a\":}", Reject::NotJson),
            ("{\"a\":01}", Reject::NotJson),
            ("{'a':1}", Reject::NotJson),
        ] {
            assert_eq!(read(text), Err(reject), "{text}");
        }
    }
}
