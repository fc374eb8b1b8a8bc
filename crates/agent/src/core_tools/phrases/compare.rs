//! How like a phrase is to a name.

use super::words::{Phrase, WordKind};

/// How like, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness(f64);

impl Likeness {
    /// The same text.
    pub(super) const SAME: Self = Self(1.0);
    /// The same but for case.
    const SAME_BUT_CASE: Self = Self(0.98);
    /// The same but for case, marks and plural.
    const SAME_WORDS: Self = Self(0.95);
    /// The name without `is` or `has`.
    const BARE: Self = Self(0.9);
    /// The last words of the name.
    const LAST_WORDS: Self = Self(0.75);
    /// The first letters of the name.
    const FIRST_LETTERS: Self = Self(0.7);
    /// The first words of the value.
    const FIRST_WORDS: Self = Self(0.6);
    /// Within the value.
    const WITHIN: Self = Self(0.5);

    fn typo(edits: usize) -> Option<Self> {
        match edits {
            1 => Some(Self(0.8)),
            2 => Some(Self(0.7)),
            _ => None,
        }
    }

    pub(super) fn score(self) -> f64 {
        self.0
    }

    /// True where only case, marks or plural differ.
    pub(super) fn is_exact(self) -> bool {
        self.0 >= Self::SAME_WORDS.0
    }

    /// True for the score of a text within a value.
    pub(super) fn is_within(score: f64) -> bool {
        score <= Self::WITHIN.0
    }

    /// True where the phrase is only a part of the value.
    pub(super) fn is_partial(self) -> bool {
        self.0 <= Self::FIRST_WORDS.0
    }
}

/// How like a phrase is to the name of an event or a property.
pub(super) fn name_likeness(phrase: &str, name: &str) -> Option<Likeness> {
    if phrase == name {
        return Some(Likeness::SAME);
    }
    let (said, parts) = (parts(phrase), parts(name));
    let (said_text, name_text) = (said.concat(), parts.concat());
    if said_text.is_empty() || name_text.is_empty() {
        return None;
    }
    let bare = match parts.split_first() {
        Some((first, rest)) if !rest.is_empty() && (first == "is" || first == "has" || first == "ha") => rest.concat(),
        _ => name_text.clone(),
    };
    let is_end = parts.len() > said.len() && parts.ends_with(&said) && said_text.len() > 2;
    if said_text == name_text {
        let case_only = phrase.to_lowercase() == name.to_lowercase();
        Some(if case_only {
            Likeness::SAME_BUT_CASE
        } else {
            Likeness::SAME_WORDS
        })
    } else if said_text == bare {
        Some(Likeness::BARE)
    } else if is_end {
        Some(Likeness::LAST_WORDS)
    } else if let Some(typo) = typo(&said_text, &name_text) {
        Some(typo)
    } else {
        let begins = said.len() == 1 && said_text.len() >= 4 && name_text.starts_with(&said_text);
        begins.then_some(Likeness::FIRST_LETTERS)
    }
}

/// How like a phrase is to a value. Values beyond all doubt are compared always; guesses are made
/// only where all values are known (`guess`), or for a text that stands as it is.
pub(super) fn value_likeness(phrase: &Phrase, value: &str, guess: bool) -> Option<Likeness> {
    let said = phrase.plain.as_str();
    if said == value {
        return Some(Likeness::SAME);
    }
    if phrase.kind == WordKind::Number {
        return None;
    }
    let (said_lower, value_lower) = (said.to_lowercase(), value.to_lowercase());
    if said_lower == value_lower {
        return Some(Likeness::SAME_BUT_CASE);
    }
    if phrase.kind == WordKind::Verbatim {
        return (said.len() > 1 && value_lower.contains(&said_lower)).then_some(Likeness::WITHIN);
    }
    if !is_name(value) {
        let is_word = |word: &str| word == said_lower && word.len() > 3;
        return value_lower
            .split(|c: char| !c.is_alphanumeric())
            .any(is_word)
            .then_some(Likeness::WITHIN);
    }
    let (said_text, value_text) = (parts(said).concat(), parts(value).concat());
    if said_text.is_empty() {
        None
    } else if said_text == value_text {
        Some(Likeness::SAME_WORDS)
    } else if let Some(typo) = typo(&said_text, &value_text) {
        Some(typo)
    } else {
        let begins = value_lower
            .strip_prefix(&said_lower)
            .is_some_and(|rest| rest.starts_with(' '));
        (guess && begins && said.len() > 2).then_some(Likeness::FIRST_WORDS)
    }
}

/// True for a value that reads like a name: in a path or a URL the marks matter.
fn is_name(value: &str) -> bool {
    !value.contains(['/', '?', '&', '=']) && value.len() <= 64
}

/// A typo: one wrong, missing, extra or swapped letter from five letters on, two from nine on.
fn typo(said: &str, name: &str) -> Option<Likeness> {
    let length = said.chars().count().min(name.chars().count());
    let allowed = if length >= 9 { 2 } else { usize::from(length >= 5) };
    // The first letter is rarely the wrong one, and different words often differ in it alone.
    if allowed == 0 || said.chars().next() != name.chars().next() || said.len().abs_diff(name.len()) > 2 * allowed {
        return None;
    }
    let is_number_off = said.bytes().chain(name.bytes()).any(|byte| byte.is_ascii_digit());
    let edits = strsim::damerau_levenshtein(said, name);
    // "Windows 7" is no typo of "Windows 8".
    if edits > allowed || is_number_off {
        None
    } else {
        Likeness::typo(edits)
    }
}

/// The words of a name in lower case and singular: `$pageview` and `page views` are both `pageview`
/// when joined.
fn parts(name: &str) -> Vec<String> {
    let words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .map(|word| singular(&word.to_lowercase()).to_owned())
        .map(|word| fix_ies(&word))
        .collect()
}

fn singular(word: &str) -> &str {
    if word.len() <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word;
    }
    let with_es = ["ches", "shes", "xes", "sses", "zes", "tuses"]
        .iter()
        .any(|ending| word.ends_with(ending));
    let cut = if with_es {
        word.len() - 2
    } else {
        word.len() - usize::from(word.ends_with('s'))
    };
    &word[..cut]
}

/// `countrie` (from `countries`) is `country`.
fn fix_ies(word: &str) -> String {
    word.strip_suffix("ie")
        .filter(|stem| stem.len() > 2)
        .map_or_else(|| word.to_owned(), |stem| format!("{stem}y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str, kind: WordKind) -> Phrase<'_> {
        Phrase {
            text,
            start: 0,
            end: text.len(),
            kind,
            plain: text.to_owned(),
        }
    }

    #[test]
    fn name_likeness_sees_through_case_marks_plurals_and_typos() {
        let cases = [
            ("$pageview", "$pageview", Some(1.0)),
            ("Page Views", "$pageview", Some(0.95)),
            ("PAGEVIEW", "pageview", Some(0.98)),
            ("browsers", "$browser", Some(0.95)),
            ("brwoser", "$browser", Some(0.8)),
            ("bots", "$is_bot", Some(0.9)),
            ("user agents", "$raw_user_agent", Some(0.75)),
            ("url", "$current_url", Some(0.75)),
            ("path", "$pathname", Some(0.7)),
            ("statuses", "status", Some(0.95)),
            ("countries", "country", Some(0.95)),
            ("status", "$pathname", None),
            ("sessions", "bytes", None),
            ("methods", "method", Some(0.95)),
            ("--", "method", None),
        ];
        for (said, name, expected) in cases {
            assert_eq!(
                name_likeness(said, name).map(Likeness::score),
                expected,
                "{said} {name}"
            );
        }
    }

    #[test]
    fn value_likeness_guesses_only_where_told() {
        use WordKind::{Number, Plain, Verbatim};
        let cases = [
            ("Chrome", Plain, "Chrome", true, Some(1.0)),
            ("chrome", Plain, "Chrome", false, Some(0.98)),
            ("Chorme", Plain, "Chrome", true, Some(0.8)),
            ("internet-explorer", Plain, "Internet Explorer", true, Some(0.95)),
            ("Mac", Plain, "Mac OS X", true, Some(0.6)),
            ("Mac", Plain, "Mac OS X", false, None),
            ("Windows 7", Plain, "Windows 8", true, None),
            ("blog", Plain, "/blog/", true, Some(0.5)),
            ("log", Plain, "/blog/log/", true, None),
            ("/blog", Verbatim, "/blog", false, Some(1.0)),
            ("/blog", Verbatim, "/blog/", false, Some(0.5)),
            ("google", Verbatim, "http://www.google.com/", false, Some(0.5)),
            ("404", Number, "404", false, Some(1.0)),
            ("404", Number, "4040", true, None),
        ];
        for (said, kind, value, guess, expected) in cases {
            let likeness = value_likeness(&phrase(said, kind), value, guess);
            assert_eq!(likeness.map(Likeness::score), expected, "{said} {value}");
        }
    }
}
