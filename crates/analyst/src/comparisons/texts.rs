//! Comparisons with texts: `containing "google"`, `under /blog/`, `.pdf files`.

use super::{Comparison, TextKind, TextTest};
use crate::cursor::Cursor;
use crate::tokens::Kind;

const TEXT: &[(&str, TextKind)] = &[
    ("containing", TextKind::Contains),
    ("contains", TextKind::Contains),
    ("contain", TextKind::Contains),
    ("contained", TextKind::Contains),
    ("includes", TextKind::Contains),
    ("mentions", TextKind::Contains),
    ("mentioning", TextKind::Contains),
    ("starting with", TextKind::StartsWith),
    ("starts with", TextKind::StartsWith),
    ("start with", TextKind::StartsWith),
    ("started with", TextKind::StartsWith),
    ("beginning with", TextKind::StartsWith),
    ("begins with", TextKind::StartsWith),
    ("begin with", TextKind::StartsWith),
    ("ending with", TextKind::EndsWith),
    ("ends with", TextKind::EndsWith),
    ("end with", TextKind::EndsWith),
    ("ending in", TextKind::EndsWith),
    ("ends in", TextKind::EndsWith),
    ("end in", TextKind::EndsWith),
    ("with the extension", TextKind::EndsWith),
    ("with extension", TextKind::EndsWith),
];

/// `containing "google" or "bing"`, `starts with /blog/`.
pub(super) fn text(cursor: &mut Cursor) -> Option<Comparison> {
    let read = [pattern, folder, section, extension];
    if let Some(found) = read.iter().find_map(|read| read(cursor)) {
        return Some(found);
    }
    let kind = TEXT
        .iter()
        .find(|(phrase, _)| cursor.eat_phrase(phrase))
        .map(|(_, kind)| *kind)?;
    cursor.eat_one_of(&["the text", "the string", "the word", "the"]);
    let mut texts = vec![operand(cursor)?];
    loop {
        let mut ahead = *cursor;
        ahead.eat(&[","]);
        if ahead.eat(&["or"]).is_none() || !matches!(ahead.peek().map(|token| &token.kind), Some(Kind::Quoted)) {
            return Some(Comparison::Text(TextTest { kind, texts }));
        }
        texts.push(operand(&mut ahead)?);
        *cursor = ahead;
    }
}

/// `like '/files/%'`, `ilike '%google%'`. A pattern with marks in other places is not read.
fn pattern(cursor: &mut Cursor) -> Option<Comparison> {
    let mut ahead = *cursor;
    let like = ahead.eat(&["like", "ilike"])?;
    let pattern = ahead
        .peek()
        .filter(|token| matches!(token.kind, Kind::Quoted | Kind::Path))?;
    ahead.at += 1;
    let text = pattern.text.as_str();
    let (open_start, rest) = text.strip_prefix('%').map_or((false, text), |rest| (true, rest));
    let (open_end, inner) = rest.strip_suffix('%').map_or((false, rest), |rest| (true, rest));
    let kind = match (open_start, open_end) {
        (true, true) if like == "ilike" => TextKind::Contains,
        (true, true) => TextKind::ContainsAsWritten,
        (false, true) if like == "like" => TextKind::StartsWith,
        (true, false) if like == "like" => TextKind::EndsWith,
        _ => return None,
    };
    let is_plain = !inner.is_empty() && !inner.contains(['%', '_', '\\']);
    is_plain.then_some(())?;
    *cursor = ahead;
    test(kind, inner)
}

/// `under /blog/`: everything whose path starts with it.
fn folder(cursor: &mut Cursor) -> Option<Comparison> {
    let mut ahead = *cursor;
    ahead.eat(&["under", "below", "beneath", "inside", "within"])?;
    let path = ahead
        .peek()
        .filter(|token| token.kind == Kind::Path && token.text.ends_with('/'))?;
    ahead.at += 1;
    *cursor = ahead;
    Some(Comparison::Text(TextTest {
        kind: TextKind::StartsWith,
        texts: vec![path.text.clone()],
    }))
}

/// `the /blog/ section`, `/blog/*`: a path that others start with.
fn section(cursor: &mut Cursor) -> Option<Comparison> {
    const SECTIONS: [&str; 8] = [
        "section",
        "folder",
        "directory",
        "subdirectory",
        "area",
        "tree",
        "subtree",
        "branch",
    ];
    let mut ahead = *cursor;
    let named_before = ahead.eat(&SECTIONS).is_some();
    let path = ahead.peek().filter(|token| token.kind == Kind::Path)?;
    ahead.at += 1;
    let start = match path.text.strip_suffix('*') {
        Some(start) if !start.contains('*') => start,
        Some(_) => return None,
        None => {
            let named = named_before || ahead.eat(&SECTIONS).is_some();
            (named && path.text.ends_with('/')).then_some(path.text.as_str())?
        }
    };
    *cursor = ahead;
    test(TextKind::StartsWith, start)
}

/// `*.pdf`, `.pdf files`: paths with this ending.
fn extension(cursor: &mut Cursor) -> Option<Comparison> {
    let mut ahead = *cursor;
    let star = ahead.eat(&["*"]).is_some();
    let dot = ahead.peek().filter(|token| token.is("."))?;
    let is_apart = dot.start == 0 || cursor.at == 0 || cursor.tokens[ahead.at - 1].end < dot.start;
    ahead.at += 1;
    let word = ahead
        .peek()
        .filter(|token| token.kind == Kind::Word && token.start == dot.end)?;
    ahead.at += 1;
    let named = ahead.eat(&["files", "file", "images", "documents"]).is_some();
    (star || (named && is_apart)).then_some(())?;
    *cursor = ahead;
    test(TextKind::EndsWith, &format!(".{}", word.text))
}

fn test(kind: TextKind, text: &str) -> Option<Comparison> {
    Some(Comparison::Text(TextTest {
        kind,
        texts: vec![text.to_owned()],
    }))
}

/// A text: one token, or what is written without a blank, such as `.html`.
fn operand(cursor: &mut Cursor) -> Option<String> {
    let first = cursor
        .peek()
        .filter(|token| token.kind != Kind::Symbol || token.text == ".")?;
    cursor.at += 1;
    let (mut text, mut end) = (first.text.clone(), first.end);
    while let Some(next) = cursor
        .peek()
        .filter(|next| next.start == end && first.kind != Kind::Quoted)
    {
        let ends_sentence =
            next.kind == Kind::Symbol && ["?", "!", ",", ";", ":", ")", "."].contains(&next.text.as_str());
        if ends_sentence {
            break;
        }
        text.push_str(&next.text);
        end = next.end;
        cursor.at += 1;
    }
    (text != ".").then_some(text)
}
