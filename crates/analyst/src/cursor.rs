//! Reads along the tokens.

use crate::tokens::{Kind, Token};

/// A place among the tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    /// All tokens.
    pub(crate) tokens: &'a [Token],
    /// The next one.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(tokens: &'a [Token], at: usize) -> Self {
        Self { tokens, at }
    }

    pub(crate) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    /// The next token's lower-case text if it is a word or symbol, else nothing.
    pub(crate) fn word(&self) -> &'a str {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Symbol) => &token.lower,
            _ => "",
        }
    }

    /// Steps over the next token if it is one of the words, and says which.
    pub(crate) fn eat(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().copied().find(|word| self.word() == *word)?;
        self.at += 1;
        Some(found)
    }

    /// Steps over the words of a phrase if all of them follow.
    pub(crate) fn eat_phrase(&mut self, phrase: &str) -> bool {
        let mut ahead = *self;
        for word in phrase.split(' ') {
            if ahead.word() != word {
                return false;
            }
            ahead.at += 1;
        }
        self.at = ahead.at;
        true
    }

    /// Steps over the first phrase of a list that follows.
    pub(crate) fn eat_one_of(&mut self, phrases: &[&'static str]) -> Option<&'static str> {
        phrases.iter().copied().find(|phrase| self.eat_phrase(phrase))
    }

    /// Steps over a number, written in digits or in words up to twelve.
    pub(crate) fn eat_count(&mut self) -> Option<u32> {
        const WORDS: [&str; 12] = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        ];
        let in_words = || {
            WORDS
                .iter()
                .zip(1..)
                .find(|(word, _)| self.word() == **word)
                .map(|(_, number)| number)
        };
        let count = self.peek()?.integer().or_else(in_words)?;
        self.at += 1;
        Some(count)
    }
}
