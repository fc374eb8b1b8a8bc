//! What a question is asked for: "For the roadmap document ...", "I am preparing a slide and ...".
//!
//! The purpose says nothing of what is counted only if every noun in it is one of the office. A page, a
//! browser or a kind of visitor is never one, so "for the mobile report" stays and stops the answer.

use crate::cursor::Cursor;
use crate::tokens::{Kind, Token};

/// Nouns of the office, and what may stand before them.
const OFFICE: [&str; 52] = [
    "curiosity",
    "interest",
    "information",
    "reference",
    "record",
    "leadership",
    "report",
    "reports",
    "reporting",
    "slide",
    "slides",
    "deck",
    "document",
    "doc",
    "meeting",
    "presentation",
    "roadmap",
    "retro",
    "retrospective",
    "summary",
    "review",
    "memo",
    "briefing",
    "brief",
    "standup",
    "sync",
    "talk",
    "proposal",
    "spreadsheet",
    "planning",
    "sprint",
    "team",
    "board",
    "management",
    "marketing",
    "business",
    "case",
    "quarterly",
    "weekly",
    "monthly",
    "annual",
    "status",
    "content",
    "all-hands",
    "stakeholder",
    "stakeholders",
    "boss",
    "manager",
    "colleague",
    "colleagues",
    "update",
    "records",
];

/// Nouns that a page or a source may go by as well: they need a wish after them.
const PUBLISHED: [&str; 5] = ["newsletter", "dashboard", "article", "press", "release"];

const ARTICLES: [&str; 12] = [
    "own", "the", "a", "an", "my", "our", "this", "next", "today", "tomorrow", "upcoming", "internal",
];

const BUSY: &[&str] = &[
    "i am preparing",
    "i'm preparing",
    "we are preparing",
    "we're preparing",
    "i am writing",
    "i'm writing",
    "we are writing",
    "we're writing",
    "i am putting together",
    "i'm putting together",
    "we are putting together",
    "we're putting together",
    "i am working on",
    "i'm working on",
    "we are working on",
    "we're working on",
    "i am making",
    "i'm making",
    "i am building",
    "i'm building",
    "i am drafting",
    "i'm drafting",
    "i am finishing",
    "i'm finishing",
    "i have to finish",
    "i have to write",
    "i need to write",
    "i have to prepare",
    "i need to prepare",
];

/// "To complete my slides, ..."
const TO_DO: &[&str] = &[
    "to complete",
    "to finish",
    "to prepare",
    "to write",
    "to update",
    "to fill in",
    "to round off",
];

/// "To size this, ...": it speaks of what was told before.
const TO_SEE: &[&str] = &[
    "to size this",
    "to size it",
    "to size that",
    "to size it up",
    "to put this in perspective",
    "to put that in perspective",
    "to put it in perspective",
    "to put a number on it",
    "to put a number on this",
    "to get a feel for it",
    "to get a feel for this",
    "to understand this",
    "to understand this better",
    "to quantify this",
    "to quantify that",
    "with that in mind",
    "with this in mind",
];

/// Words that begin a wish or a question after a purpose.
const WISH: [&str; 14] = [
    "i", "i'd", "i'm", "we", "we'd", "could", "can", "please", "would", "may", "show", "give", "tell", "let",
];
const QUESTION: [&str; 5] = ["how", "what", "which", "who", "count"];

/// The tokens without a purpose at their start.
pub(crate) fn without_purpose(tokens: Vec<Token>) -> Vec<Token> {
    let mut tokens = tokens;
    while let Some(end) = purpose_end(&tokens).filter(|end| *end < tokens.len()) {
        tokens.drain(..end);
    }
    tokens
}

fn purpose_end(tokens: &[Token]) -> Option<usize> {
    let mut cursor = Cursor::new(tokens, 0);
    while cursor.eat(&[",", ".", "!", ";", ":", "-"]).is_some() {}
    if cursor.eat_one_of(BUSY).is_some() {
        eat_office(&mut cursor)?;
        let joint = cursor.eat(&["and", "so", ",", ".", ";", ":"])?;
        // "and would be grateful for": the wish reads its own "and".
        let keeps_joint = joint == "and" && cursor.word() == "would";
        return Some(cursor.at - usize::from(keeps_joint));
    }
    let mut ahead = cursor;
    if ahead.eat_one_of(TO_SEE).is_some() && ahead.eat(&[","]).is_some() {
        return Some(ahead.at);
    }
    if cursor.eat(&["for"]).is_none() {
        cursor.eat_one_of(TO_DO)?;
    }
    let published = eat_office(&mut cursor)?;
    let comma = cursor.eat(&[",", ":"]).is_some();
    let goes_on = WISH.contains(&cursor.word()) || (comma && !published && QUESTION.contains(&cursor.word()));
    goes_on.then_some(cursor.at)
}

/// Steps over "the roadmap document"; true where a page could go by that name.
fn eat_office(cursor: &mut Cursor) -> Option<bool> {
    while cursor.eat(&ARTICLES).is_some() {}
    let (mut published, mut found) = (false, false);
    while let Some(token) = cursor.peek().filter(|token| token.kind == Kind::Word) {
        let is_published = PUBLISHED.contains(&token.lower.as_str());
        if !is_published && !OFFICE.contains(&token.lower.as_str()) {
            break;
        }
        published |= is_published;
        found = true;
        cursor.at += 1;
        // "a presentation to the board"
        let mut ahead = *cursor;
        if ahead.eat(&["to", "with"]).is_some() && ahead.eat(&["the", "our", "my"]).is_some() {
            *cursor = ahead;
            found = false;
        }
    }
    found.then_some(published)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    #[test]
    fn purpose_is_dropped_only_if_it_is_of_the_office() {
        let cases = [
            ("For the roadmap document I'd like hits", "I'd like hits"),
            ("For our weekly report, how many hits?", "how many hits ?"),
            ("For a talk to the board, please show hits", "please show hits"),
            ("I'm preparing a slide and would like hits", "and would like hits"),
            ("To finish my deck, I need hits", "I need hits"),
            ("For the newsletter I need hits", "I need hits"),
            ("To size this, how many hits?", "how many hits ?"),
            (
                "To size this page, how many hits?",
                "To size this page , how many hits ?",
            ),
            (
                "For the newsletter, how many hits?",
                "For the newsletter , how many hits ?",
            ),
            ("For the mobile report I need hits", "For the mobile report I need hits"),
            (
                "For a talk to the visitors, I need hits",
                "For a talk to the visitors , I need hits",
            ),
            ("For the report on 18 May", "For the report on 18 May"),
        ];
        for (question, expected) in cases {
            let kept = without_purpose(tokenize(question));
            let kept: Vec<&str> = kept.iter().map(|token| token.text.as_str()).collect();
            assert_eq!(kept.join(" "), expected, "{question}");
        }
    }
}
