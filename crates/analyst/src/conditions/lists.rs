//! Lists of values: `GET or HEAD`, `Chrome, Firefox and Safari`.

use serde_json::Value;

use super::make;
use crate::chunks::Item;
use crate::intent::{Condition, Trouble};
use crate::lexicon::Word;
use crate::parser::Parser;

/// Words that may stand between the joint and the next value.
const FILLERS: [&str; 12] = [
    "a", "an", "the", "from", "on", "by", "with", "to", "of", "in", "was", "is",
];

impl Parser<'_> {
    /// Adds further values of the same property that "or", "nor", "and" or a comma joins. Returns the
    /// position after the condition.
    pub(super) fn extend_list(
        &mut self,
        condition: &mut Condition,
        next: usize,
        negated: bool,
    ) -> Result<usize, Trouble> {
        let mut next = next;
        while condition.is_exact() && condition.key() != "$is_bot" {
            let Some((joint, at)) = self.joint(next) else { break };
            // "status != 404 or status = 500" is no list, nor is "status = 404 and status = 500".
            let code = joint == "or" && !negated;
            let Some(value_at) = self.value_after_joint(condition.key(), at, code) else {
                break;
            };
            let key = condition.key().to_owned();
            let Some(more) = self.value_of(&key, value_at)?.filter(Condition::is_exact) else {
                break;
            };
            let mut values = as_list(condition);
            values.extend(as_list(&more));
            for position in next..=value_at {
                self.take(position);
            }
            let joined = make::exact(&key, values, (condition.start, more.end));
            condition.filter = joined.filter;
            condition.words = joined.words;
            condition.end = more.end;
            condition.and_list = condition.and_list || joint == "and";
            condition.or_in_code |= code && (self.is_one_status(value_at) || self.word(value_at - 1) == "=");
            next = value_at + 1;
        }
        Ok(next)
    }

    /// What joins a further value at a position: `or`, `and`, or `,`; with the position after it.
    fn joint(&self, at: usize) -> Option<(&'static str, usize)> {
        let mut at = at;
        let comma = self.item(at) == Some(&Item::Stop) && self.word(at) == ",";
        at += usize::from(comma);
        match self.item(at) {
            Some(Item::Word(Word::Or)) => Some(("or", at + 1)),
            Some(Item::Stop) if self.word(at) == "and" => Some(("and", at + 1)),
            _ if comma => Some(("and", at)),
            _ => None,
        }
    }

    /// The position of a value of the property that follows a joint; the property may be named again, and
    /// where `code` allows it as `status = 500`.
    fn value_after_joint(&self, key: &str, at: usize, code: bool) -> Option<usize> {
        let mut at = at;
        loop {
            match self.item(at)? {
                Item::Stop if FILLERS.contains(&self.word(at)) => at += 1,
                Item::Property(named) if named == key => at += 1,
                Item::Unknown if code && self.word(at) == "=" => at += 1,
                Item::Value(candidates) => return candidates.iter().any(|one| one.key == key).then_some(at),
                // "browser = 'Chrome' or browser = 'Firefox'": the property is named again.
                Item::Literal if code && self.is_named_again(key, at) => return Some(at),
                Item::Literal if ["$pathname", "$referrer"].contains(&key) => {
                    return self.is_literal_of(key, at).then_some(at);
                }
                Item::Number(_) if key == "status" => return Some(at),
                Item::NumberTest(_) if code && key == "status" && self.is_one_status(at) => return Some(at),
                Item::Status(test) if key == "status" && test.value.is_u64() => return Some(at),
                _ => return None,
            }
        }
    }

    fn is_named_again(&self, key: &str, at: usize) -> bool {
        let before = (0..at).rev().find(|before| self.word(*before) != "=");
        before.is_some_and(|before| matches!(self.item(before), Some(Item::Property(named)) if named == key))
    }

    fn is_literal_of(&self, key: &str, at: usize) -> bool {
        use crate::tokens::Kind;
        match self.tokens[self.chunks[at].start].kind {
            Kind::Path => key == "$pathname",
            Kind::Url => key == "$referrer",
            _ => true,
        }
    }
}

fn as_list(condition: &Condition) -> Vec<Value> {
    match &condition.filter.value {
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    }
}
