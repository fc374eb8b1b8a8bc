//! Finds the conditions of a question: values, paths, statuses, comparisons, and what negates them.

mod code;
mod existence;
mod lists;
mod make;
mod values;

pub(crate) use make::title;

use crate::chunks::Item;
use crate::intent::{Condition, Negation, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};

/// Words that may stand between a property and its value.
const LINKS: [&str; 21] = [
    "is", "was", "are", "were", "be", "being", "been", "of", "to", "the", "a", "an", "that", "which", "equals",
    "equal", "called", "named", "code", ":", "(",
];

/// A negation that has not found what it negates.
#[derive(Debug, Clone, Copy)]
struct Pending {
    at: usize,
    negation: Negation,
}

impl Parser<'_> {
    /// All conditions, in the order of the question. What they are made of is taken; a negation
    /// that finds nothing to negate stays, and so stops the answer.
    pub(crate) fn conditions(&mut self) -> Result<Vec<Condition>, Trouble> {
        let mut conditions: Vec<Condition> = Vec::new();
        let mut pending: Option<Pending> = None;
        let mut at = 0;
        while at < self.chunks.len() {
            match self.chunks[at].item {
                Item::Stop => at += 1,
                Item::Word(Word::Negation(negation)) => {
                    if pending.is_some() {
                        return Err(refuse("I can't tell what two negations in a row leave."));
                    }
                    pending = Some(Pending { at, negation });
                    at += 1;
                }
                Item::Word(Word::Or) if pending.is_none() && self.nor_at(at, conditions.last()).is_some() => {
                    pending = self.nor_at(at, conditions.last());
                    at += 1;
                }
                _ => {
                    let found = self.condition_at(at, pending)?;
                    if let Some((condition, next)) = found {
                        if let Some(pending) = pending {
                            self.take(pending.at);
                        }
                        let (condition, next) = self.excluded_after(condition, next, conditions.last())?;
                        conditions.push(condition);
                        at = next;
                    } else {
                        at += 1;
                    }
                    pending = None;
                }
            }
        }
        self.check_scope(&conditions)?;
        self.check_brackets(&conditions)?;
        Ok(conditions)
    }

    /// The condition without a negation that starts at a chunk, with the position after it.
    pub(crate) fn plain_condition_at(&mut self, at: usize) -> Result<Option<(Condition, usize)>, Trouble> {
        self.condition_at(at, None)
    }

    /// The condition that starts at a chunk, with the position after it.
    fn condition_at(&mut self, at: usize, pending: Option<Pending>) -> Result<Option<(Condition, usize)>, Trouble> {
        let outer = pending.map(|pending| pending.negation);
        if let Some(Item::Property(key)) = self.item(at) {
            let key = key.clone();
            return self.named_condition(at, &key, pending);
        }
        // Who is not human is a bot.
        if outer.is_some() && self.item(at) == Some(&Item::Word(Word::Bot(false))) {
            self.chunks[at].item = Item::Word(Word::Bot(true));
            let bot = self.bare_condition(at)?;
            return Ok(bot.map(|(condition, next)| {
                let negation = outer;
                (Condition { negation, ..condition }, next)
            }));
        }
        let Some((mut condition, mut next)) = self.bare_condition(at)? else {
            return Ok(None);
        };
        next = self.extend_list(&mut condition, next, outer.is_some())?;
        let condition = make::negated(condition, outer)
            .ok_or_else(|| refuse(format!("I can't turn \"{}\" into its opposite.", self.text(at))))?;
        Ok(Some((condition, next)))
    }

    /// "bots excluded", "bots being left out": the negation stands behind.
    fn excluded_after(
        &mut self,
        condition: Condition,
        next: usize,
        before: Option<&Condition>,
    ) -> Result<(Condition, usize), Trouble> {
        let mut at = next;
        while self.item(at) == Some(&Item::Stop) && ["being", "are", "were", "is", "was"].contains(&self.word(at)) {
            at += 1;
        }
        if self.item(at) != Some(&Item::Word(Word::Excluded)) {
            return Ok((condition, next));
        }
        // "from Windows and bots excluded" may leave out both.
        let joint = before.map(|before| &self.tokens[before.end..condition.start]);
        let may_be_listed = joint.is_some_and(|joint| {
            joint
                .iter()
                .all(|token| ["and", "&", "the", "all"].iter().any(|word| token.is(word)))
        });
        let negated = make::negated(condition.clone(), Some(Negation::Noun)).filter(|_| condition.negation.is_none());
        match negated {
            Some(negated) if !may_be_listed => {
                self.take(at);
                Ok((negated, at + 1))
            }
            _ => Err(refuse(format!("I can't tell what \"{}\" leaves out.", self.text(at)))),
        }
    }

    /// `status 404`, `path starts with /blog/`, `no referrer`, `status other than 200`.
    fn named_condition(
        &mut self,
        at: usize,
        key: &str,
        pending: Option<Pending>,
    ) -> Result<Option<(Condition, usize)>, Trouble> {
        let mut inner = None;
        let mut next = at + 1;
        loop {
            match self.item(next) {
                Some(Item::Stop) if LINKS.contains(&self.word(next)) => next += 1,
                Some(Item::Unknown) if self.word(next) == "=" => next += 1,
                Some(Item::Unknown) if self.word(next) == "!=" && inner.is_none() => {
                    inner = Some((next, Negation::Noun));
                    next += 1;
                }
                Some(Item::Word(Word::Negation(negation))) if inner.is_none() => {
                    inner = Some((next, *negation));
                    next += 1;
                }
                _ => break,
            }
        }
        let negated = inner.is_some();
        let named = code::Named { at, key, next, negated };
        if let Some(found) = self.code_condition(named, pending)? {
            return Ok(Some(found));
        }
        let value = self.value_of(key, next)?;
        let Some(mut condition) = value else {
            return Ok(self.presence(at, key, pending));
        };
        if inner.is_some() && pending.is_some() {
            return Err(refuse("I can't tell what two negations in a row leave."));
        }
        for position in at..=next {
            self.take(position);
        }
        condition.start = self.chunks[at].start;
        let after = self.extend_list(&mut condition, next + 1, inner.is_some() || pending.is_some())?;
        // "a status other than 200" and "the status is not 200" both speak of the value itself.
        let negation = inner
            .map(|_| Negation::Noun)
            .or(pending.map(|pending| pending.negation));
        let condition = make::negated(condition, negation)
            .ok_or_else(|| refuse(format!("I can't turn \"{}\" into its opposite.", self.text(next))))?;
        Ok(Some((condition, after)))
    }

    /// `without a referrer`, `with a referrer`.
    fn presence(&mut self, at: usize, key: &str, pending: Option<Pending>) -> Option<(Condition, usize)> {
        let (start, end) = (self.chunks[at].start, self.chunks[at].end);
        if let Some(pending) = pending {
            let between = self.stops_between(pending.at, at);
            let of_noun = between.iter().all(|word| ["a", "an", "any", "the"].contains(word));
            let of_clause = between
                .iter()
                .all(|word| ["have", "had", "has", "send", "sent", "a", "an", "any"].contains(word))
                && between
                    .iter()
                    .any(|word| ["have", "had", "has", "send", "sent"].contains(word));
            let fits = if pending.negation == Negation::Noun {
                of_noun
            } else {
                of_clause
            };
            return fits.then(|| {
                self.take(at);
                (make::absent(key, start, end, pending.negation), at + 1)
            });
        }
        let before: Vec<&str> = (0..at).rev().take(2).map(|position| self.word(position)).collect();
        let has = matches!(before[..], ["a" | "an" | "any", "with" | "had" | "have" | "has"]);
        has.then(|| {
            self.take(at);
            (make::present(key, start, end), at + 1)
        })
    }

    /// "did not come from bots on Windows" can negate both conditions or one. Only "and", "but", a comma or
    /// a relative word after the first makes it clear.
    fn check_scope(&self, conditions: &[Condition]) -> Result<(), Trouble> {
        for pair in conditions.windows(2) {
            let between = &self.tokens[pair[0].end..pair[1].start];
            let parted = between.iter().any(|token| {
                ["and", "but", ",", "that", "which", "who", "nor", "where"]
                    .iter()
                    .any(|word| token.is(word))
            });
            // "excluding Firefox and bots": the "and" may join what is left out, or start anew.
            let listed = !between.is_empty()
                && between
                    .iter()
                    .all(|token| ["and", ",", "&", "the", "a", "all"].iter().any(|word| token.is(word)));
            let unclear = match pair[0].negation {
                Some(Negation::Clause) => !parted || listed,
                Some(Negation::Noun) => listed,
                None => false,
            };
            // "hits from bots and Firefox" can be those of either, or of bots that say they are Firefox.
            let of_bots = |condition: &Condition| condition.key() == "$is_bot";
            let and_only = listed && pair[0].negation.is_none() && between.iter().all(|token| !token.is(","));
            if and_only && of_bots(&pair[0]) != of_bots(&pair[1]) && pair[1].negation.is_none() {
                return Err(refuse(format!(
                    "I can't tell whether both hold at once or either: {}; {}. Please ask for one at a time.",
                    pair[0].words, pair[1].words
                )));
            }
            if unclear && (pair[1].negation.is_none() || !listed) {
                return Err(refuse(format!(
                    "I can't tell how far the negation reaches: to \"{}\" alone, or further. Say it for each condition, \
                     such as \"not from Firefox and not from bots\".",
                    self.question_between(pair[0].start, pair[0].end),
                )));
            }
        }
        Ok(())
    }

    fn question_between(&self, start: usize, end: usize) -> &str {
        &self.question[self.tokens[start].start..self.tokens[end - 1].end]
    }
}
