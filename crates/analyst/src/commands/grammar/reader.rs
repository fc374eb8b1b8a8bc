//! What all commands are read with: words, phrases, kinds and names.

use super::super::pieces::Piece;
use super::{Command, Kind, Part};
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

/// The most words of a name without quotes.
pub(super) const NAME_WORDS: usize = 4;

pub(super) const ARTICLES: &[&str] = &["a new", "an", "a", "the new", "the", "our", "my", "another", "new"];
pub(super) const CALLED: &[&str] = &["called", "named", "with the name", "by the name of"];

/// A cohort in other words.
pub(super) const COHORT: &[&str] = &["cohort", "user cohort", "segment", "user segment"];

/// A command's words, up to where they were read. It is cloned to try what may not fit.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) pieces: &'a [Piece],
    pub(super) at: usize,
    pub(super) end: usize,
}

/// A command, none, or why it can be none.
pub(super) type Read = Option<Result<Command, Trouble>>;

impl Reader<'_> {
    pub(super) fn word(&self, at: usize) -> &str {
        self.pieces[..self.end].get(at).map_or("", |piece| piece.word.as_str())
    }

    pub(super) fn phrase_end(&self, at: usize, phrase: &str) -> Option<usize> {
        let words = phrase.split(' ');
        let same = words
            .clone()
            .enumerate()
            .all(|(place, word)| self.word(at + place) == word);
        same.then(|| at + words.count())
    }

    pub(super) fn eat(&mut self, phrases: &[&'static str]) -> Option<&'static str> {
        let (phrase, end) = phrases
            .iter()
            .find_map(|phrase| Some((*phrase, self.phrase_end(self.at, phrase)?)))?;
        self.at = end;
        Some(phrase)
    }

    /// Takes a phrase off the end.
    pub(super) fn eat_last(&mut self, phrases: &[&str]) -> bool {
        for phrase in phrases {
            let length = phrase.split(' ').count();
            if let Some(start) = self.end.checked_sub(length).filter(|start| *start > self.at)
                && self.phrase_end(start, phrase) == Some(self.end)
            {
                self.end = start;
                return true;
            }
        }
        false
    }

    pub(super) fn kind(&mut self) -> Option<Kind> {
        if self.eat(COHORT).is_some() {
            return Some(Kind::Cohort);
        }
        let kind = match self.eat(&["feature flag", "flag", "insight", "dashboard", "action", "notebook"])? {
            "feature flag" | "flag" => Kind::Flag,
            "insight" => Kind::Insight,
            "dashboard" => Kind::Dashboard,
            "action" => Kind::Action,
            _ => Kind::Notebook,
        };
        Some(kind)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The pieces from one to before another.
    pub(super) fn part(&self, from: usize, to: usize) -> Option<Part> {
        let (first, last) = (self.pieces.get(from)?, self.pieces.get(to.checked_sub(1)?)?);
        if from >= to {
            return None;
        }
        let text = if to - from == 1 {
            first.text.clone()
        } else {
            self.text[first.start..last.end].to_owned()
        };
        Some(Part {
            text,
            start: first.start,
            end: last.end,
        })
    }

    /// The pieces from one to before another as a name.
    pub(super) fn name(&self, kind: Kind, from: usize, to: usize) -> Result<Part, Trouble> {
        let Some(part) = self.part(from, to) else {
            return Err(self.ask_name(kind, from));
        };
        let mixed = to - from > 1 && self.pieces[from..to].iter().any(|piece| piece.quoted);
        // "A dashboard for the team" has no name.
        let unnamed = ["for", "of", "with", "about"].contains(&self.word(from));
        if mixed || unnamed || to - from > NAME_WORDS {
            return Err(Trouble::Ask(Ask {
                question: format!("Which words are the name of the {}? Put it in quotes.", kind.noun()),
                options: Vec::new(),
                edit: Edit::Replace {
                    start: part.start,
                    end: part.end,
                },
            }));
        }
        Ok(part)
    }

    /// Asks for a name, which belongs before a piece.
    pub(super) fn ask_name(&self, kind: Kind, before: usize) -> Trouble {
        let place = self
            .pieces
            .get(before)
            .filter(|_| before < self.end)
            .map(|piece| piece.start);
        let place = place.unwrap_or_else(|| self.pieces[..self.end].last().map_or(0, |piece| piece.end));
        Trouble::Ask(Ask {
            question: format!("What is the {} called?", kind.noun()),
            options: Vec::new(),
            edit: Edit::Replace {
                start: place,
                end: place,
            },
        })
    }

    pub(super) fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.end).find(|at| words.contains(&self.word(*at)))
    }

    /// What stands before and behind each place where one of the words stands.
    pub(super) fn around(&self, from: usize, words: &[&str]) -> Vec<(Part, Part)> {
        let joints = (from..self.end).filter(|at| words.contains(&self.word(*at)));
        joints
            .filter_map(|at| Some((self.part(from, at)?, self.part(at + 1, self.end)?)))
            .collect()
    }

    /// Words that nothing takes.
    pub(super) fn left_over(&self) -> Trouble {
        let left = self.part(self.at, self.end).map(|part| part.text).unwrap_or_default();
        refuse(format!("I could not use these words: \"{left}\"."))
    }
}
