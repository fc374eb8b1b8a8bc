//! Conditions as code writes them: `status not in (200, 304)`, `$referrer is null`, `$is_bot = false`.

use hedgerow_data_api::Operator;
use serde_json::Value;

use super::{Pending, make};
use crate::chunks::Item;
use crate::intent::{Condition, Negation, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};

/// Words for the lack of a value.
const NOTHING: [&str; 5] = ["null", "none", "empty", "unset", "blank"];

/// A property with the words between it and its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    /// The chunk of the property.
    pub(super) at: usize,
    pub(super) key: &'a str,
    /// The chunk after the words that link it to its value.
    pub(super) next: usize,
    /// True where one of these words is a negation.
    pub(super) negated: bool,
}

impl Parser<'_> {
    /// The condition in the manner of code at a property, with the position after it.
    pub(super) fn code_condition(
        &mut self,
        named: Named<'_>,
        pending: Option<Pending>,
    ) -> Result<Option<(Condition, usize)>, Trouble> {
        if named.key == "$is_bot" {
            return self.truth_of_bot(named, pending);
        }
        let found = match self.list_in_brackets(named)? {
            Some(found) => Some(found),
            None => self.test_for_nothing(named),
        };
        let Some((condition, end)) = found else {
            return Ok(None);
        };
        if named.negated && pending.is_some() {
            return Err(refuse("I can't tell what two negations in a row leave."));
        }
        let negation = (named.negated || pending.is_some()).then_some(Negation::Noun);
        let opposite = match condition.filter.operator {
            Operator::IsNotSet if negation.is_some() => Some(make::present(named.key, condition.start, condition.end)),
            _ => make::negated(condition, negation),
        };
        let Some(condition) = opposite else { return Ok(None) };
        for position in named.at..end {
            self.take(position);
        }
        Ok(Some((condition, end)))
    }

    /// `in (200, 304)`.
    fn list_in_brackets(&mut self, named: Named<'_>) -> Result<Option<(Condition, usize)>, Trouble> {
        if self.word(named.next) != "in" || self.word(named.next + 1) != "(" {
            return Ok(None);
        }
        let (mut values, mut at) = (Vec::new(), named.next + 2);
        loop {
            let value = self.value_of(named.key, at)?.filter(Condition::is_exact);
            let Some(filter) = value.and_then(|value| value.filter.value) else {
                return Ok(None);
            };
            values.push(filter);
            match self.word(at + 1) {
                "," => at += 2,
                ")" => break,
                _ => return Ok(None),
            }
        }
        let place = (self.chunks[named.at].start, self.chunks[at + 1].end);
        Ok(Some((make::exact(named.key, values, place), at + 2)))
    }

    /// `is null`, `is set`.
    fn test_for_nothing(&self, named: Named<'_>) -> Option<(Condition, usize)> {
        let link = named.next - 1 - usize::from(named.negated && self.word(named.next - 1) == "not");
        let linked = link > named.at || self.word(named.next - 1) == "!=";
        let is = ["is", "was", "are", "were", "=", "!="].contains(&self.word(link));
        let linked = linked && is && self.item(named.next) == Some(&Item::Unknown);
        let word = self.word(named.next);
        let place = (
            self.chunks[named.at].start,
            self.chunks.get(named.next).map_or(0, |chunk| chunk.end),
        );
        let condition = match word {
            _ if !linked => return None,
            "set" => make::present(named.key, place.0, place.1),
            word if NOTHING.contains(&word) => make::absent(named.key, place.0, place.1, Negation::Noun),
            _ => return None,
        };
        Some((condition, named.next + 1))
    }

    /// `$is_bot`, `$is_bot = false`, `not $is_bot`.
    fn truth_of_bot(
        &mut self,
        named: Named<'_>,
        pending: Option<Pending>,
    ) -> Result<Option<(Condition, usize)>, Trouble> {
        let value = self
            .value_of(named.key, named.next)?
            .and_then(|value| value.filter.value);
        let (is_bot, end) = match value {
            Some(Value::Bool(is_bot)) => (is_bot, named.next + 1),
            Some(_) => return Ok(None),
            None => {
                let before = named.at.checked_sub(1).map_or("", |before| self.word(before));
                let stands_alone = pending.is_some() || ["where", "and"].contains(&before);
                if !stands_alone || named.next > named.at + 1 {
                    return Ok(None);
                }
                (true, named.at + 1)
            }
        };
        if named.negated && pending.is_some() {
            return Err(refuse("I can't tell what two negations in a row leave."));
        }
        for position in named.at..end {
            self.take(position);
        }
        let place = (self.chunks[named.at].start, self.chunks[end - 1].end);
        let is_negated = (named.negated || pending.is_some()) == is_bot;
        let negation = is_negated.then_some(Negation::Noun);
        Ok(make::negated(make::bot(place), negation).map(|condition| (condition, end)))
    }

    /// True for `= 404` after a status that was named before.
    pub(super) fn is_one_status(&self, at: usize) -> bool {
        matches!(self.item(at), Some(Item::NumberTest(test)) if test.operator == Operator::Exact && test.value.is_u64())
    }

    /// Brackets of code: "not (a and b)" is not "not a and b", and "a or b and c" is read in two ways.
    pub(super) fn check_brackets(&self, conditions: &[Condition]) -> Result<(), Trouble> {
        let mark =
            |at: Option<usize>, mark: &str| at.and_then(|at| self.tokens.get(at)).is_some_and(|one| one.is(mark));
        for condition in conditions {
            let closed = mark(Some(condition.end), ")");
            let opened = mark(condition.start.checked_sub(1), "(");
            let brackets = self.tokens[..condition.start]
                .iter()
                .rev()
                .take_while(|one| one.is("("))
                .count();
            let negated = mark(condition.start.checked_sub(brackets + 1), "not");
            let group = opened && negated && (!closed || brackets > 1);
            let loose = condition.or_in_code && conditions.len() > 1 && !(opened && closed);
            if group || loose {
                return Err(refuse(format!(
                    "I can't tell what belongs together around \"{}\"; please put \"or\" in brackets, and ask without \
                     a \"not\" before them.",
                    self.question_between(condition.start, condition.end)
                )));
            }
        }
        Ok(())
    }

    /// `nor` after a negated condition goes on with the negation.
    pub(super) fn nor_at(&self, at: usize, before: Option<&Condition>) -> Option<Pending> {
        let is_nor = self.item(at) == Some(&Item::Word(Word::Or)) && self.word(at) == "nor";
        let negated = before.is_some_and(|before| before.negation == Some(Negation::Clause));
        (is_nor && negated).then_some(Pending {
            at,
            negation: Negation::Clause,
        })
    }
}
