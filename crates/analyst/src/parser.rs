//! What the passes of the parse share: the chunks, what is known, and what must be looked up.

use crate::chunks::{Chunk, Item};
use crate::dates::{Calendar, Doubt};
use crate::intent::{Ask, Edit, Lookup, Trouble};
use crate::knowledge::Knowledge;
use crate::tokens::{Kind, Token};

/// The state of one parse.
pub(crate) struct Parser<'a> {
    pub(crate) question: &'a str,
    pub(crate) tokens: &'a [Token],
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) calendar: &'a Calendar,
    pub(crate) chunks: Vec<Chunk>,
    /// Values to look up before the parse can be trusted.
    pub(crate) lookups: Vec<Lookup>,
}

impl<'a> Parser<'a> {
    /// The item at a position, where there is one.
    pub(crate) fn item(&self, at: usize) -> Option<&Item> {
        self.chunks.get(at).map(|chunk| &chunk.item)
    }

    /// The first chunk from a position on that is no stop word.
    pub(crate) fn content_from(&self, at: usize) -> Option<usize> {
        (at..self.chunks.len()).find(|position| self.chunks[*position].item != Item::Stop)
    }

    /// The words of the stop chunks between two positions, the ends not included.
    pub(crate) fn stops_between(&self, first: usize, last: usize) -> Vec<&'a str> {
        let between = self.chunks.get(first + 1..last).unwrap_or_default();
        let tokens: &'a [Token] = self.tokens;
        between
            .iter()
            .filter(|chunk| chunk.item == Item::Stop)
            .map(|chunk| tokens[chunk.start].lower.as_str())
            .collect()
    }

    /// The lower-case word at a chunk that is one word, else nothing.
    pub(crate) fn word(&self, at: usize) -> &'a str {
        let tokens: &'a [Token] = self.tokens;
        self.chunks
            .get(at)
            .map_or("", |chunk| tokens[chunk.start].lower.as_str())
    }

    /// The text of a chunk as it stands in the question.
    pub(crate) fn text(&self, at: usize) -> &'a str {
        let (start, end) = self.bytes(at, at);
        &self.question[start..end]
    }

    /// The bytes of the question from one chunk to another, both included.
    pub(crate) fn bytes(&self, first: usize, last: usize) -> (usize, usize) {
        let (first, last) = (
            &self.tokens[self.chunks[first].start],
            &self.tokens[self.chunks[last].end - 1],
        );
        let (mut start, mut end) = (first.start, last.end);
        // A quoted text goes with its quotes.
        if first.kind == Kind::Quoted {
            start -= self.question[..start].chars().next_back().map_or(0, char::len_utf8);
        }
        if last.kind == Kind::Quoted {
            end += self.question[end..].chars().next().map_or(0, char::len_utf8);
        }
        (start, end)
    }

    pub(crate) fn take(&mut self, at: usize) {
        self.chunks[at].taken = true;
    }

    /// Asks what stands at some chunks; the answer takes their place.
    pub(crate) fn ask_about(&self, first: usize, last: usize, doubt: Doubt) -> Trouble {
        let (start, end) = self.bytes(first, last);
        let Doubt { question, options } = doubt;
        Trouble::Ask(Ask {
            question,
            options,
            edit: Edit::Replace { start, end },
        })
    }
}

/// Asks for what is missing; the answer is added to the question.
pub(crate) fn ask_to_add(question: &str, options: &[&str]) -> Trouble {
    let options = options.iter().map(ToString::to_string).collect();
    Trouble::Ask(Ask {
        question: question.to_owned(),
        options,
        edit: Edit::Append,
    })
}

/// Refuses with a reason.
pub(crate) fn refuse(reason: impl Into<String>) -> Trouble {
    Trouble::Refuse(reason.into())
}
