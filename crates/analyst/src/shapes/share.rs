//! Shares: which conditions make the whole, and which the part.

use crate::chunks::Item;
use crate::intent::{Condition, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};
use crate::stop_words::{PREDICATES, RELATIVES};

/// The conditions of a share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    /// Those on everything.
    pub(crate) whole: Vec<Condition>,
    /// Those that only the part meets.
    pub(crate) part: Vec<Condition>,
    /// The token from which the question speaks of the part.
    pub(crate) cut: usize,
}

impl Parser<'_> {
    /// Splits the conditions of "what share of X ... Y" into those of the whole and those of the part.
    pub(crate) fn share(&mut self, conditions: Vec<Condition>) -> Result<Option<Parts>, Trouble> {
        let Some(at) = (0..self.chunks.len()).find(|at| self.chunks[*at].item == Item::Word(Word::Share)) else {
            return Ok(None);
        };
        self.take(at);
        for position in 0..self.chunks.len() {
            if self.chunks[position].item == Item::Word(Word::InPercent) {
                self.take(position);
            }
        }
        let unclear = || {
            refuse("I can't tell the part from the whole. Ask, for example, \"what share of requests came from bots\".")
        };
        if self.whole_comes_first(at) {
            let cut = self.chunks[at].start;
            let parts = parted(conditions, cut, |condition| condition.start < cut);
            return parts.ok_or_else(unclear).map(Some);
        }
        let noun = (at + 1..self.chunks.len()).find(|position| self.is_noun(*position));
        // "what share of 404s came from bots" is one of requests.
        let responses = Some(at + 2)
            .filter(|position| self.word(at + 1) == "of" && matches!(self.item(*position), Some(Item::Status(_))))
            .filter(|position| {
                self.predicate(*position)
                    .is_some_and(|verb| noun.is_none_or(|noun| verb < noun))
            });
        let measure = responses.or(noun);
        let measure = measure.ok_or_else(unclear)?;
        let parts = match self.predicate(measure) {
            Some(predicate) => {
                let cut = self.chunks[predicate].start;
                parted(conditions, cut, |condition| condition.start < cut)
            }
            None => self.without_predicate(at, measure, conditions),
        };
        parts.ok_or_else(unclear).map(Some)
    }

    fn is_noun(&self, at: usize) -> bool {
        matches!(self.chunks[at].item, Item::Word(Word::Measure(..))) && !self.is_verb_like(at)
    }

    /// "Of all page views from Windows, what share ...": the whole stands before the share.
    fn whole_comes_first(&self, share: usize) -> bool {
        let opens = self.item(0) == Some(&Item::Word(Word::Among)) || self.word(0) == "of";
        opens && (0..share).any(|at| self.is_noun(at)) && !(share..self.chunks.len()).any(|at| self.is_noun(at))
    }

    fn is_verb_like(&self, at: usize) -> bool {
        self.word(at).ends_with("ed") || self.word(at).ends_with("ing")
    }

    /// The verb that says what the part does. The verb of a relative clause belongs to the whole, unless
    /// there is no other: "the share of requests that were 404s".
    fn predicate(&self, measure: usize) -> Option<usize> {
        let is_verb = |at: &usize| {
            let verb = PREDICATES.contains(&self.word(*at))
                || self.is_verb_like(*at) && self.chunks[*at].item != Item::Unknown;
            verb && self.chunks[*at].end == self.chunks[*at].start + 1 && !self.tests_for_nothing(*at)
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

    /// The "is" of "is null" and "is not set" belongs to its condition.
    fn tests_for_nothing(&self, verb: usize) -> bool {
        let negated = matches!(self.item(verb + 1), Some(Item::Word(Word::Negation(_))));
        let nothing = verb + 1 + usize::from(negated);
        self.item(nothing) == Some(&Item::Unknown) && self.chunks[nothing].taken
    }

    /// True where no condition stands between two verbs.
    fn same_clause(&self, first: usize, last: usize) -> bool {
        (first + 1..last).all(|at| {
            self.item(at) == Some(&Item::Stop) || matches!(self.item(at), Some(Item::Word(Word::Negation(_))))
        })
    }

    /// "the share of 404s among requests", "the bot share of page views", "the share of page views from bots".
    fn without_predicate(&self, share: usize, measure: usize, conditions: Vec<Condition>) -> Option<Parts> {
        let share_token = self.chunks[share].start;
        let measure_token = self.chunks[measure].start;
        let between = |condition: &Condition| condition.start > share_token && condition.start < measure_token;
        if conditions.iter().any(between) {
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
            return parted(conditions, measure_token, |condition| !between(condition));
        }
        if conditions.iter().any(|condition| condition.end == share_token) {
            return parted(conditions, measure_token, |condition| condition.end != share_token);
        }
        // One condition can only be that of the part; of several, each could be of the whole.
        let only = conditions.len() == 1 && conditions[0].start > measure_token;
        only.then(|| parted(conditions, self.tokens.len(), |_| false)).flatten()
    }
}

/// The conditions parted into those of the whole and the others; `None` where nothing is left for the part.
fn parted(conditions: Vec<Condition>, cut: usize, is_of_whole: impl Fn(&Condition) -> bool) -> Option<Parts> {
    let (whole, part): (Vec<Condition>, Vec<Condition>) = conditions.into_iter().partition(|one| is_of_whole(one));
    (!part.is_empty()).then_some(Parts { whole, part, cut })
}
