//! The words by which a filter lets a sentence narrow down what a number counts.
//!
//! Filters are the sentences of a result's provenance: `$browser is "Chrome"`, and for one series
//! alone `series 2: status is 404`. Only what a filter surely selects may be said: of `is "Chrome"
//! or "Firefox"` neither name is, and a filter that excludes selects nothing that has a name.

use std::collections::BTreeSet;

use serde_json::Value;

/// What stands between the property and the value, longest first.
const VERBS: [&str; 17] = [
    "does not contain (ignoring case)",
    "contains (ignoring case)",
    "does not match",
    "is greater than",
    "is not between",
    "is on the day",
    "is less than",
    "is at least",
    "is between",
    "is not set",
    "is at most",
    "is before",
    "is after",
    "is not",
    "is set",
    "matches",
    "is",
];

/// The filter of one series with the number of the series, from 1.
pub(super) fn own(filter: &str) -> Option<(usize, &str)> {
    let (number, rest) = filter.strip_prefix("series ")?.split_once(": ")?;
    Some((number.parse().ok()?, rest))
}

/// The words that a filter allows, in lower case.
pub(super) fn words(filter: &str) -> BTreeSet<String> {
    // Alternatives in parentheses select none of their members surely.
    if filter.starts_with('(') {
        return BTreeSet::new();
    }
    let Some((key, verb, value)) = split(filter) else {
        return BTreeSet::new();
    };
    let named = match verb {
        "is" => return of_value(key, &single(value), true),
        "is not" => return of_value(key, &single(value), false),
        "contains (ignoring case)" => single(value).map(|value| plain(&value)),
        "matches" => single(value).and_then(|value| literal_pattern(&plain(&value))),
        "does not contain (ignoring case)" | "does not match" | "is not between" | "is not set" => None,
        _ => Some(String::new()),
    };
    named.map_or_else(BTreeSet::new, |named| split_words(&[key, &named].join(" ")))
}

/// The words for what a filter surely takes out, in lower case: of `$is_bot is false` the bots.
pub(super) fn excluded(filter: &str) -> BTreeSet<String> {
    let alternatives = filter.starts_with('(');
    let Some((key, verb, value)) = split(filter).filter(|_| !alternatives) else {
        return BTreeSet::new();
    };
    let Some(value) = single(value) else {
        return BTreeSet::new();
    };
    let text = plain(&value);
    match (verb, text.as_str()) {
        ("is", "false") | ("is not", "true") => of_flag(key, true),
        ("is not", "false") => BTreeSet::new(),
        ("is not" | "does not contain (ignoring case)", _) => split_words(&text),
        _ => BTreeSet::new(),
    }
}

/// The words of a property that has, or has not, one value.
fn of_value(key: &str, value: &Option<Value>, has: bool) -> BTreeSet<String> {
    let Some(value) = value else { return BTreeSet::new() };
    let text = plain(value);
    match text.as_str() {
        "true" | "false" => of_flag(key, (text == "true") == has),
        _ if has => split_words(&[key, &text].join(" ")),
        _ => BTreeSet::new(),
    }
}

/// The words of a property that is true or false: `is_premium` says "premium" where it is true.
fn of_flag(key: &str, set: bool) -> BTreeSet<String> {
    let bot = key.trim_matches(['$', '`']) == "is_bot";
    let known = match (bot, set) {
        (true, true) => "bot bots crawler crawlers spider spiders robot robots automated",
        (true, false) => "human humans people persons",
        (false, _) => "",
    };
    let mut found = split_words(known);
    if set {
        found.extend(
            split_words(key)
                .into_iter()
                .filter(|word| !matches!(word.as_str(), "is" | "has")),
        );
    }
    found
}

fn split(filter: &str) -> Option<(&str, &'static str, &str)> {
    let places = VERBS.iter().filter_map(|verb| {
        let at = filter
            .match_indices(verb)
            .map(|(at, _)| at)
            .find(|at| filter[..*at].ends_with(' ') && ends(&filter[at + verb.len()..]))?;
        Some((at, *verb))
    });
    let (at, verb) = places.min_by_key(|(at, verb)| (*at, std::cmp::Reverse(verb.len())))?;
    Some((filter[..at].trim(), verb, filter[at + verb.len()..].trim()))
}

fn ends(after: &str) -> bool {
    after.is_empty() || after.starts_with(' ')
}

/// The value, where it is one and no list.
fn single(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => text[values.byte_offset()..].trim().is_empty().then_some(value),
        _ => (!text.is_empty() && !text.contains(" or ")).then(|| Value::String(text.to_owned())),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string().to_lowercase(),
    }
}

/// The text of a pattern without choices: `^/blog/` selects what starts with it.
fn literal_pattern(pattern: &str) -> Option<String> {
    let bare = pattern.replace("\\.", ".").replace("\\-", "-").replace("\\/", "/");
    let choices = |c: char| "|()[]{}*+?\\".contains(c);
    (!bare.contains(choices)).then(|| bare.trim_matches(['^', '$']).to_owned())
}

/// The words of a text, in lower case.
pub(super) fn split_words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_allows_what_it_surely_selects() {
        let cases = [
            ("$browser is \"Chrome\"", "browser chrome"),
            ("`$browser` is `Chrome`", "browser chrome"),
            ("status is 404", "404 status"),
            ("$browser is \"Chrome\" or \"Firefox\"", ""),
            ("$browser is not \"Chrome\"", ""),
            ("($browser is \"Chrome\" or status is 404)", ""),
            (
                "$is_bot is true",
                "automated bot bots crawler crawlers robot robots spider spiders",
            ),
            ("$is_bot is not true", "human humans people persons"),
            ("is_premium is true", "premium"),
            ("is_premium is false", ""),
            ("$referrer contains (ignoring case) \"google\"", "google referrer"),
            ("$referrer does not contain (ignoring case) \"google\"", ""),
            ("$pathname matches \"^/blog/\"", "blog pathname"),
            ("$pathname matches \"^/(blog|docs)/\"", ""),
            ("bytes is greater than 1000000", "bytes"),
            ("$referrer is set", "referrer"),
            ("$referrer is not set", ""),
        ];
        for (filter, expected) in cases {
            let found: Vec<String> = words(filter).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{filter}");
        }
        let cases = [
            (
                "$is_bot is false",
                "automated bot bots crawler crawlers robot robots spider spiders",
            ),
            ("$is_bot is true", ""),
            ("$is_bot is not false", ""),
            ("is_premium is not true", "premium"),
            ("$browser is not \"Chrome\"", "chrome"),
            ("$browser is \"Chrome\"", ""),
            ("($browser is not \"Chrome\" or status is 404)", ""),
        ];
        for (filter, expected) in cases {
            let found: Vec<String> = excluded(filter).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{filter}");
        }
        assert_eq!(own("series 2: status is 404"), Some((2, "status is 404")));
        assert_eq!(own("status is 404"), None);
    }
}
