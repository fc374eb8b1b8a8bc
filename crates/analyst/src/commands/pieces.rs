//! The words of a command with their places; a quoted text is one of them.

/// What opens a quotation, and what ends it.
const QUOTES: [(char, char); 5] = [('"', '"'), ('“', '”'), ('„', '“'), ('`', '`'), ('\'', '\'')];

/// A word, or a quoted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text without its quotes.
    pub(super) text: String,
    /// The same in lower case; empty for a quoted text, which is never a word of the command.
    pub(super) word: String,
    /// True for a quoted text.
    pub(super) quoted: bool,
    /// True where a comma follows.
    pub(super) comma: bool,
    /// The first byte, that of the quote for a quoted text.
    pub(super) start: usize,
    /// The byte after the last, without marks of the sentence.
    pub(super) end: usize,
}

/// Splits a text at its blanks, and `20%` before its sign.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skipped) = text[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + skipped;
        if let Some((inner, end)) = quoted(text, start) {
            found.push(Piece {
                text: inner.trim().to_owned(),
                word: String::new(),
                quoted: true,
                comma: text[end..].starts_with(','),
                start,
                end,
            });
            let marks = text[end..].find(|c| !is_mark(c)).unwrap_or(text.len() - end);
            at = end + marks;
            continue;
        }
        let run_end = text[start..]
            .find(char::is_whitespace)
            .map_or(text.len(), |length| start + length);
        let run = &text[start..run_end];
        let word = run.trim_end_matches(is_mark);
        let comma = run[word.len()..].contains(',');
        let mut push = |from: usize, to: usize| {
            if from < to {
                found.push(Piece {
                    text: text[from..to].to_owned(),
                    word: text[from..to].to_lowercase().replace('’', "'"),
                    quoted: false,
                    comma: comma && to == start + word.len(),
                    start: from,
                    end: to,
                });
            }
        };
        let end = start + word.len();
        match word.strip_suffix('%') {
            Some(number) => {
                push(start, start + number.len());
                push(start + number.len(), end);
            }
            None => push(start, end),
        }
        at = run_end;
    }
    found
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | ';' | '.' | '!' | '?' | ':')
}

/// A quotation that starts at a byte: what it holds, and the byte after it.
fn quoted(text: &str, start: usize) -> Option<(&str, usize)> {
    let first = text[start..].chars().next()?;
    let (_, last) = QUOTES.iter().find(|(open, _)| *open == first)?;
    let from = start + first.len_utf8();
    let to = from + text[from..].find(*last)?;
    let inner = &text[from..to];
    (!inner.trim().is_empty()).then_some((inner, to + last.len_utf8()))
}
