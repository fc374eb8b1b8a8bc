//! Shares: which conditions make the whole, and which the part.

use crate::chunks::Item;
use crate::intent::{Condition, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};
use crate::stop_words::{PREDICATES, RELATIVES};

impl Parser<'_> {
    /// Splits the conditions of "what share of X ... Y" into those of the whole and those of the part.
    pub(crate) fn share(
        &mut self,
        conditions: Vec<Condition>,
    ) -> Result<Option<(Vec<Condition>, Vec<Condition>)>, Trouble> {
        let Some(at) = (0..self.chunks.len()).find(|at| self.chunks[*at].item == Item::Word(Word::Share)) else {
            return Ok(None);
        };
        self.take(at);
        let nouns = |position: &usize| {
            matches!(self.chunks[*position].item, Item::Word(Word::Measure(..))) && !self.is_verb_like(*position)
        };
        let noun = (at + 1..self.chunks.len()).find(nouns);
        // "what share of 404s came from bots" is one of requests.
        let responses = Some(at + 2)
            .filter(|position| self.word(at + 1) == "of" && matches!(self.item(*position), Some(Item::Status(_))))
            .filter(|position| {
                self.predicate(*position)
                    .is_some_and(|verb| noun.is_none_or(|noun| verb < noun))
            });
        let measure = responses.or(noun);
        let unclear = || {
            refuse("I can't tell the part from the whole. Ask, for example, \"what share of requests came from bots\".")
        };
        let measure = measure.ok_or_else(unclear)?;
        let (whole, part) = match self.predicate(measure) {
            Some(predicate) => {
                let cut = self.chunks[predicate].start;
                conditions
                    .into_iter()
                    .partition(|condition: &Condition| condition.start < cut)
            }
            None => self.part_before_whole(at, measure, conditions).ok_or_else(unclear)?,
        };
        if part.is_empty() {
            return Err(unclear());
        }
        Ok(Some((whole, part)))
    }

    fn is_verb_like(&self, at: usize) -> bool {
        self.word(at).ends_with("ed")
    }

    /// The verb that says what the part does. The verb of a relative clause belongs to the whole, unless
    /// there is no other: "the share of requests that were 404s".
    fn predicate(&self, measure: usize) -> Option<usize> {
        let is_verb = |at: &usize| {
            let verb = PREDICATES.contains(&self.word(*at))
                || self.is_verb_like(*at) && self.chunks[*at].item != Item::Unknown;
            verb && self.chunks[*at].end == self.chunks[*at].start + 1
        };
        let is_relative = |at: &usize| RELATIVES.contains(&self.word(at - 1));
        let verbs: Vec<usize> = (measure + 1..self.chunks.len()).filter(is_verb).collect();
        let relative: Vec<usize> = verbs.iter().copied().filter(is_relative).collect();
        let main = verbs.iter().copied().find(|at| {
            // "that were not requested": the participle goes with the verb before it.
            !is_relative(at) && !relative.iter().any(|start| start < at && self.same_clause(*start, *at))
        });
        main.or(match relative[..] {
            [only] => Some(only),
            _ => None,
        })
    }

    /// True where no condition stands between two verbs.
    fn same_clause(&self, first: usize, last: usize) -> bool {
        (first + 1..last).all(|at| {
            self.item(at) == Some(&Item::Stop) || matches!(self.item(at), Some(Item::Word(Word::Negation(_))))
        })
    }

    /// "the share of 404s among requests", "the bot share of page views".
    fn part_before_whole(
        &mut self,
        share: usize,
        measure: usize,
        conditions: Vec<Condition>,
    ) -> Option<(Vec<Condition>, Vec<Condition>)> {
        let share_token = self.chunks[share].start;
        let measure_token = self.chunks[measure].start;
        let between = |condition: &Condition| condition.start > share_token && condition.start < measure_token;
        let (part, whole): (Vec<Condition>, Vec<Condition>) = if conditions.iter().any(between) {
            let last = conditions
                .iter()
                .filter(|condition| between(condition))
                .map(|condition| condition.end)
                .max()?;
            let joint = &self.tokens[last..measure_token];
            joint
                .iter()
                .any(|token| ["among", "amongst", "in", "of"].iter().any(|word| token.is(word)))
                .then_some(())?;
            conditions.into_iter().partition(between)
        } else {
            conditions
                .into_iter()
                .partition(|condition| condition.end == share_token)
        };
        Some((whole, part))
    }
}
