//! Functions of texts and addresses.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use regex::Regex;

use super::functions::{
    Own, Types, list_of, of_count, of_text, returns_text, returns_truth, returns_whole, text, whole,
};
use super::lists::{elements, list};
use super::times;

/// Patterns that are kept compiled.
const MOST_PATTERNS: usize = 64;

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "tostring",
        called: "toString",
        takes: (1, 1),
        returns: returns_text,
        row: to_string,
    },
    Own {
        name: "lengthof",
        called: "length",
        takes: (1, 1),
        returns: returns_whole,
        row: length,
    },
    Own {
        name: "substringof",
        called: "substring",
        takes: (2, 3),
        returns: returns_text,
        row: substring,
    },
    Own {
        name: "extractof",
        called: "extract",
        takes: (2, 2),
        returns: returns_text,
        row: extract,
    },
    Own {
        name: "extractall",
        called: "extractAll",
        takes: (2, 2),
        returns: returns_texts,
        row: extract_all,
    },
    Own {
        name: "replaceone",
        called: "replaceOne",
        takes: (3, 3),
        returns: returns_text,
        row: replace_one,
    },
    Own {
        name: "replaceregexpone",
        called: "replaceRegexpOne",
        takes: (3, 3),
        returns: returns_text,
        row: replace_first,
    },
    Own {
        name: "replaceregexpall",
        called: "replaceRegexpAll",
        takes: (3, 3),
        returns: returns_text,
        row: replace_every,
    },
    Own {
        name: "splitbychar",
        called: "splitByChar",
        takes: (2, 2),
        returns: returns_texts,
        row: split_by_char,
    },
    Own {
        name: "splitbystring",
        called: "splitByString",
        takes: (2, 2),
        returns: returns_texts,
        row: split_by_string,
    },
    Own {
        name: "multisearchany",
        called: "multiSearchAny",
        takes: (2, 2),
        returns: returns_truth,
        row: search_any,
    },
    Own {
        name: "domainof",
        called: "domain",
        takes: (1, 1),
        returns: returns_text,
        row: domain,
    },
    Own {
        name: "pathof",
        called: "path",
        takes: (1, 1),
        returns: returns_text,
        row: path,
    },
    Own {
        name: "extracturlparameter",
        called: "extractURLParameter",
        takes: (2, 2),
        returns: returns_text,
        row: parameter,
    },
    Own {
        name: "cutquerystring",
        called: "cutQueryString",
        takes: (1, 1),
        returns: returns_text,
        row: without_query,
    },
    Own {
        name: "person_of",
        called: "person_of",
        takes: (1, 1),
        returns: returns_text,
        row: person_of,
    },
];

fn returns_texts(_: &Types<'_>) -> Result<DataType> {
    Ok(list_of(DataType::Utf8))
}

fn texts(parts: impl Iterator<Item = String>) -> ScalarValue {
    list(parts.map(of_text).collect(), &DataType::Utf8)
}

/// Runs a function of texts where none is missing.
macro_rules! with_texts {
    ($values:expr, |$($name:ident),+| $body:expr) => {{
        let mut values = $values.iter();
        $(let Some($name) = values.next().and_then(text) else { return Ok(ScalarValue::Null) };)+
        $body
    }};
}

fn to_string(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first().filter(|value| !value.is_null()) else {
        return Ok(ScalarValue::Null);
    };
    Ok(of_text(match value {
        ScalarValue::Float64(Some(number)) => number.to_string(),
        ScalarValue::Float32(Some(number)) => number.to_string(),
        ScalarValue::FixedSizeBinary(16, Some(bytes)) => uuid::Uuid::from_slice(bytes)
            .map(|uuid| uuid.to_string())
            .unwrap_or_default(),
        value => match (text(value), times::written(value)) {
            (Some(text), _) => text.to_owned(),
            (None, Some(time)) => time,
            (None, None) => value.to_string(),
        },
    }))
}

fn length(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first().filter(|value| !value.is_null()) else {
        return Ok(ScalarValue::Null);
    };
    if let Some(text) = text(value) {
        return Ok(of_count(text.chars().count()));
    }
    match elements(value) {
        Some(elements) => Ok(of_count(elements.len())),
        None => exec_err!("length takes a text or a list, not {}", value.data_type()),
    }
}

fn substring(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [value, start, rest @ ..] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(value), Some(start)) = (text(value), whole(start)) else {
        return Ok(ScalarValue::Null);
    };
    let chars: Vec<char> = value.chars().collect();
    let from = match start {
        1.. => usize::try_from(start - 1).unwrap_or(usize::MAX),
        0 => return Ok(of_text("")),
        _ => chars
            .len()
            .saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let count = match rest.first() {
        None => usize::MAX,
        Some(count) => match whole(count) {
            Some(count) => usize::try_from(count).unwrap_or(0),
            None => return Ok(ScalarValue::Null),
        },
    };
    Ok(of_text(chars.into_iter().skip(from).take(count).collect::<String>()))
}

/// A pattern, compiled once.
fn pattern(pattern: &str) -> Result<Regex> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(pattern) {
        return Ok(found.clone());
    }
    let compiled = match Regex::new(pattern) {
        Ok(compiled) => compiled,
        Err(error) => return exec_err!("the regular expression {pattern:?} is wrong: {error}"),
    };
    if known.len() >= MOST_PATTERNS {
        known.clear();
    }
    known.insert(pattern.to_owned(), compiled.clone());
    Ok(compiled)
}

fn group(captures: &regex::Captures<'_>) -> String {
    let at = usize::from(captures.len() > 1);
    captures
        .get(at)
        .map_or_else(String::new, |found| found.as_str().to_owned())
}

fn extract(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |value, wanted| {
        let found = pattern(wanted)?.captures(value).map(|captures| group(&captures));
        Ok(of_text(found.unwrap_or_default()))
    })
}

fn extract_all(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |value, wanted| {
        let pattern = pattern(wanted)?;
        Ok(texts(pattern.captures_iter(value).map(|captures| group(&captures))))
    })
}

fn replace_one(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |value, old, new| Ok(of_text(value.replacen(old, new, 1))))
}

/// `\1` as the pattern's own syntax has it.
pub(crate) fn replacement(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    while let Some(ch) = chars.next() {
        match (ch, chars.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                text.push_str(&format!("${{{digit}}}"));
                chars.next();
            }
            ('\\', Some('\\')) => {
                text.push('\\');
                chars.next();
            }
            ('$', _) => text.push_str("$$"),
            _ => text.push(ch),
        }
    }
    text
}

fn replace_first(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |value, wanted, new| {
        Ok(of_text(pattern(wanted)?.replacen(value, 1, replacement(new).as_str())))
    })
}

fn replace_every(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |value, wanted, new| {
        Ok(of_text(pattern(wanted)?.replace_all(value, replacement(new).as_str())))
    })
}

fn split_by_char(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |separator, value| {
        if separator.chars().count() != 1 {
            return exec_err!("splitByChar takes a separator of one character, not {separator:?}");
        }
        Ok(texts(value.split(separator).map(str::to_owned)))
    })
}

fn split_by_string(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |separator, value| {
        if separator.is_empty() {
            return Ok(texts(value.chars().map(String::from)));
        }
        Ok(texts(value.split(separator).map(str::to_owned)))
    })
}

fn search_any(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [value, parts] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(value), Some(parts)) = (text(value), elements(parts)) else {
        return Ok(ScalarValue::Null);
    };
    let found = parts.iter().filter_map(text).any(|part| value.contains(part));
    Ok(ScalarValue::Boolean(Some(found)))
}

/// What stands between `//` and the path.
fn authority(address: &str) -> Option<(&str, &str)> {
    let (_, after) = address.split_once("://").or_else(|| address.split_once("//"))?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    Some(after.split_at(end))
}

fn domain(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |address| {
        let host = authority(address).map_or("", |(authority, _)| authority);
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = match host.strip_prefix('[') {
            Some(_) => host
                .split_once(']')
                .map_or(host, |(host, _)| host)
                .trim_start_matches('['),
            None => host.split_once(':').map_or(host, |(host, _)| host),
        };
        Ok(of_text(host))
    })
}

fn path(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |address| {
        let rest = authority(address).map_or("", |(_, rest)| rest);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        Ok(of_text(&rest[..end]))
    })
}

fn parameter(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |address, wanted| {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let found = query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((key, value)) if key == wanted => Some(value),
            _ => None,
        });
        Ok(of_text(found.unwrap_or("")))
    })
}

fn without_query(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |address| {
        let Some((before, after)) = address.split_once('?') else {
            return Ok(of_text(address));
        };
        let fragment = after
            .find('#')
            .map_or(Cow::Borrowed(""), |at| Cow::Borrowed(&after[at..]));
        Ok(of_text(format!("{before}{fragment}")))
    })
}

fn person_of(values: &[ScalarValue]) -> Result<ScalarValue> {
    with_texts!(values, |distinct_id| Ok(of_text(
        hedgerow_lake::person_uuid(distinct_id).to_string()
    )))
}
