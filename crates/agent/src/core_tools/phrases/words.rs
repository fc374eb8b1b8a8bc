//! A text as words, and runs of words as phrases.

/// Words that name nothing: never looked for alone, never at the edge of a phrase.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "been", "before", "between", "both",
    "but", "by", "came", "can", "come", "comes", "count", "did", "do", "does", "done", "during", "each", "ever",
    "every", "find", "for", "from", "get", "give", "got", "had", "has", "have", "how", "i", "in", "included", "into",
    "is", "it", "its", "last", "least", "list", "many", "me", "more", "most", "much", "my", "no", "not", "number",
    "of", "often", "on", "or", "our", "over", "per", "same", "see", "show", "since", "so", "some", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "times", "to", "total", "up", "us",
    "was", "we", "were", "what", "when", "where", "which", "who", "whole", "whose", "why", "will", "with", "without",
    "you", "your",
];
/// Words in a phrase.
const LONGEST: usize = 4;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordKind {
    /// A plain word.
    Plain,
    /// A whole number.
    Number,
    /// A path, a URL, or what stands in quotes: taken as it is.
    Verbatim,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands.
    pub(super) text: &'a str,
    /// Where it starts, in bytes.
    pub(super) start: usize,
    /// What it is.
    pub(super) kind: WordKind,
    /// For a number: its digits.
    digits: String,
}

/// Words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase<'a> {
    /// As they stand.
    pub(super) text: &'a str,
    /// Where they start, in bytes.
    pub(super) start: usize,
    /// Where they end.
    pub(super) end: usize,
    /// The kind of the one word; plain for several.
    pub(super) kind: WordKind,
    /// The phrase as it is looked for: for a number its digits, else the text.
    pub(super) plain: String,
}

impl<'a> Word<'a> {
    fn new(text: &'a str, start: usize, verbatim: bool) -> Self {
        let digits = digits(text).filter(|_| !verbatim);
        let kind = match &digits {
            _ if verbatim => WordKind::Verbatim,
            Some(_) => WordKind::Number,
            None => WordKind::Plain,
        };
        Self {
            text,
            start,
            kind,
            digits: digits.unwrap_or_default(),
        }
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn is_stop_word(&self) -> bool {
        // In capitals it is a name: the method GET.
        let is_capital = self.text.len() > 1 && self.text.chars().all(char::is_uppercase);
        self.kind == WordKind::Plain && !is_capital && STOP_WORDS.contains(&self.text.to_lowercase().as_str())
    }

    /// True where it may be a value, or a part of one.
    pub(super) fn is_searched(&self) -> bool {
        !self.is_stop_word() && (self.kind != WordKind::Plain || self.text.len() > 1)
    }

    /// The word as it is looked for.
    pub(super) fn plain(&self) -> &str {
        if self.kind == WordKind::Number {
            &self.digits
        } else {
            self.text
        }
    }
}

/// The digits of a whole number, thousands separated by commas or not.
fn digits(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let all_digits = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || first.len() <= 3);
    (grouped && std::iter::once(&first).chain(&rest).all(all_digits)).then(|| text.replace(',', ""))
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..]
        .find(|c: char| !c.is_whitespace())
        .map(|offset| position + offset)
    {
        let rest = &text[start..];
        if let Some((inner, length)) = quoted(rest) {
            let opening = rest.chars().next().map_or(0, char::len_utf8);
            words.push(Word::new(inner, start + opening, true));
            position = start + length;
        } else {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            // An opening bracket may stand before a quote.
            let length = rest
                .char_indices()
                .find(|(at, c)| *at > 0 && *at < length && "\"“`".contains(*c))
                .map_or(length, |(at, _)| at);
            chunk(&rest[..length], start, &mut words);
            position = start + length;
        }
    }
    words
}

/// The text in quotes at the start of `rest`, and its length with them.
fn quoted(rest: &str) -> Option<(&str, usize)> {
    let opening = rest.chars().next()?;
    let closing = match opening {
        '"' | '`' | '\'' => opening,
        '“' => '”',
        '‘' => '’',
        _ => return None,
    };
    let inner = &rest[opening.len_utf8()..];
    let ends = |at: usize| {
        inner[at + closing.len_utf8()..]
            .chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric())
    };
    let (at, _) = inner.match_indices(closing).find(|(at, _)| ends(*at))?;
    (at > 0).then(|| (&inner[..at], opening.len_utf8() + at + closing.len_utf8()))
}

/// A piece without spaces: one path or URL, or words between marks.
fn chunk<'a>(piece: &'a str, start: usize, words: &mut Vec<Word<'a>>) {
    let opened = piece.trim_start_matches(['(', '[', '{', '<', ',', ';', ':']);
    let start = start + piece.len() - opened.len();
    let piece = opened.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '>', '\'']);
    let is_host_and_path = piece
        .split_once('/')
        .is_some_and(|(host, path)| host.contains('.') && !path.is_empty());
    if piece.starts_with('/') || piece.contains("://") || is_host_and_path {
        words.push(Word::new(piece, start, true));
    } else if digits(piece).is_some() {
        words.push(Word::new(piece, start, false));
    } else {
        let is_mark = |c: char| !(c.is_alphanumeric() || "_$-.'’:".contains(c));
        for word in piece.split(is_mark) {
            let offset = word.as_ptr() as usize - piece.as_ptr() as usize;
            let bare = word.trim_matches(['-', '.', '\'', '’', ':']);
            let offset = offset + word.len() - word.trim_start_matches(['-', '.', '\'', '’', ':']).len();
            let bare = bare
                .strip_suffix("'s")
                .or_else(|| bare.strip_suffix("’s"))
                .unwrap_or(bare);
            if !bare.is_empty() {
                words.push(Word::new(bare, start + offset, false));
            }
        }
    }
}

/// All runs of up to four words that could be a name.
pub(super) fn phrases<'a>(text: &'a str, words: &[Word<'a>]) -> Vec<Phrase<'a>> {
    let mut phrases = Vec::new();
    for (first, word) in words.iter().enumerate() {
        if word.is_stop_word() {
            continue;
        }
        let (start, end) = (word.start, word.end());
        phrases.push(Phrase {
            text: word.text,
            start,
            end,
            kind: word.kind,
            plain: word.plain().to_owned(),
        });
        for length in 2..=LONGEST {
            let Some(run) = words.get(first..first + length) else {
                break;
            };
            let last = &run[length - 1];
            let joined = run
                .windows(2)
                .all(|pair| text[pair[0].end()..pair[1].start].trim().is_empty());
            if !joined || run.iter().any(|word| word.kind == WordKind::Verbatim) {
                break;
            }
            if !last.is_stop_word() {
                let run = &text[start..last.end()];
                phrases.push(Phrase {
                    text: run,
                    start,
                    end: last.end(),
                    kind: WordKind::Plain,
                    plain: run.to_owned(),
                });
            }
        }
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(&str, WordKind)> {
        let words = words(text);
        for word in &words {
            assert_eq!(&text[word.start..word.end()], word.text);
        }
        words.iter().map(|word| (word.text, word.kind)).collect()
    }

    #[test]
    fn words_keep_paths_quotes_and_numbers_whole() {
        use WordKind::{Number, Plain, Verbatim};
        let cases: &[(&str, &[(&str, WordKind)])] = &[
            (
                "hits on /favicon.ico?",
                &[("hits", Plain), ("on", Plain), ("/favicon.ico", Verbatim)],
            ),
            (
                "the home page (/) viewed",
                &[
                    ("the", Plain),
                    ("home", Plain),
                    ("page", Plain),
                    ("/", Verbatim),
                    ("viewed", Plain),
                ],
            ),
            (
                "to /blog/, then",
                &[("to", Plain), ("/blog/", Verbatim), ("then", Plain)],
            ),
            ("containing \"a b\".", &[("containing", Plain), ("a b", Verbatim)]),
            ("(\"x\")", &[("x", Verbatim)]),
            (
                "from http://a.com/b?c=d.",
                &[("from", Plain), ("http://a.com/b?c=d", Verbatim)],
            ),
            (
                "1,000,000 bytes, 404!",
                &[("1,000,000", Number), ("bytes", Plain), ("404", Number)],
            ),
            (
                "Chrome's and don't",
                &[("Chrome", Plain), ("and", Plain), ("don't", Plain)],
            ),
            (
                "browser/os -- $is_bot",
                &[("browser", Plain), ("os", Plain), ("$is_bot", Plain)],
            ),
            ("2015-05-18 12:30", &[("2015-05-18", Plain), ("12:30", Plain)]),
            ("é “ü ö” 'q r'", &[("é", Plain), ("ü ö", Verbatim), ("q r", Verbatim)]),
            ("\"", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), *expected, "{text}");
        }
    }

    #[test]
    fn phrases_begin_and_end_with_names_and_cross_no_mark() {
        let text = "views of Mac OS X, by Internet Explorer";
        let found: Vec<&str> = phrases(text, &words(text))
            .into_iter()
            .map(|phrase| phrase.text)
            .collect();
        let expected = [
            "views",
            "views of Mac",
            "views of Mac OS",
            "Mac",
            "Mac OS",
            "Mac OS X",
            "OS",
            "OS X",
            "X",
            "Internet",
            "Internet Explorer",
            "Explorer",
        ];
        assert_eq!(found, expected);
    }
}
