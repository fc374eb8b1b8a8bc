//! Conditions on a text behind its field: `is`, `contains`, `starts with`, and lists of values.

use hedgerow_data_api::{FieldKind, FilterGroup, FilterNode, GroupType, Operator};
use serde_json::Value;

use crate::intent::Trouble;
use crate::tokens::Kind;

use super::conditions::{Condition, Read, Verb, Via};
use super::picking::Picked;
use super::reader::{Named, Reader};
use super::words::{noun_end, skip, stop_end};

const CONTAINS: &[&str] = &["contains", "contain", "containing", "includes", "include", "including"];
const STARTS: &[&str] = &[
    "starts with",
    "start with",
    "starting with",
    "begins with",
    "begin with",
    "beginning with",
];
const ENDS: &[&str] = &["ends with", "end with", "ending with", "ends in", "end in", "ending in"];
const MATCHES: &[&str] = &["matches", "match", "matching"];
/// Marks that mean something in a regular expression.
const SPECIAL: &str = r"\.+*?()|[]{}^$";

impl Reader<'_> {
    /// What is said of a text, tags or JSON behind its field.
    pub(super) fn text(&self, picked: Picked, named: &Named, verb: Verb) -> Read {
        if let Some(condition) = self.within(picked, verb)? {
            return Ok(Some(condition));
        }
        let field = &self.list.fields[picked.field];
        if field.kind == FieldKind::Version && !verb.is_negated {
            let found = self.compared_version(verb.end);
            if let Some((end, operator, version)) = found {
                let node = self.leaf(picked.field, operator, Some(Value::String(version)));
                return Ok(Some(Condition::new(picked, end, node, Via::Other)));
            }
        }
        if field.kind == FieldKind::Json {
            return Ok(None);
        }
        let (start, is_negated, is_list) = self.list_words(verb);
        let is_said = start > named.end;
        if field.is_checked {
            let start = match field.kind {
                FieldKind::Tags => skip(self.tokens, start, &["with", "as", "of", "a", "an", "the"]),
                _ => skip(self.tokens, start, &["of", "a", "an", "the"]),
            };
            let Some(chain) = self.chain(start, Some(&[picked.field]), is_list)? else {
                return Ok(None);
            };
            let condition = self.of_chain(start, chain, is_negated)?;
            return Ok(condition.map(|condition| Condition {
                shadows_person: picked.shadows_person,
                is_negated,
                ..condition
            }));
        }
        self.free(picked, (start, is_said), is_negated, is_list)
    }

    /// The words between a field and its values: where the values start, whether they are excluded, and whether
    /// a comma lists them.
    fn list_words(&self, verb: Verb) -> (usize, bool, bool) {
        let listed: &[&'static str] = &["one of", "any of", "either of", "among", "in", "either"];
        let excluded: &[&'static str] = &["none of", "neither of", "neither"];
        let other: &[&'static str] = &["other than", "anything but", "anything other than", "different from"];
        if let Some(end) = self.phrase_end(verb.end, excluded) {
            return (end, true, true);
        }
        if let Some(end) = self.phrase_end(verb.end, other) {
            return (end, true, false);
        }
        match self.phrase_end(verb.end, listed) {
            Some(end) => (end, verb.is_negated, self.word(end - 1) != "either"),
            None => (verb.end, verb.is_negated, false),
        }
    }

    /// `contains`, `starts with` and the like.
    fn within(&self, picked: Picked, verb: Verb) -> Read {
        let kinds = [
            (CONTAINS, Operator::Icontains),
            (STARTS, Operator::Regex),
            (ENDS, Operator::Regex),
            (MATCHES, Operator::Regex),
        ];
        let found = kinds
            .iter()
            .find_map(|(words, operator)| Some((*words, *operator, self.phrase_end(verb.end, words)?)));
        let Some((words, operator, start)) = found else {
            return Ok(None);
        };
        let field = &self.list.fields[picked.field];
        if field.kind == FieldKind::Json && operator != Operator::Icontains {
            return Ok(None);
        }
        let start = skip(self.tokens, start, &["the"]);
        let start = self
            .phrase_end(start, &["word", "text", "regex", "pattern"])
            .unwrap_or(start);
        let Some((end, texts)) = self.free_texts(start, false) else {
            return Ok(None);
        };
        let value = |text: &String| {
            Value::String(if words == STARTS {
                format!("^{}", escaped(text))
            } else if words == ENDS {
                format!("{}$", escaped(text))
            } else {
                text.clone()
            })
        };
        let operator = match (operator, verb.is_negated) {
            (Operator::Icontains, true) => Operator::NotIcontains,
            (Operator::Regex, true) => Operator::NotRegex,
            (operator, _) => operator,
        };
        let values: Vec<Value> = texts.iter().map(value).collect();
        let node = match (values.len(), operator) {
            (1, _) => self.leaf(picked.field, operator, values.into_iter().next()),
            (_, Operator::Icontains | Operator::NotIcontains) => {
                self.leaf(picked.field, operator, Some(Value::Array(values)))
            }
            // Neither pattern: both negations hold.
            (_, operator) => FilterNode::Group(FilterGroup {
                group_type: if verb.is_negated { GroupType::And } else { GroupType::Or },
                values: values
                    .into_iter()
                    .map(|value| self.leaf(picked.field, operator, Some(value)))
                    .collect(),
            }),
        };
        let mut condition = Condition::new(picked, end, node, Via::Other);
        condition.is_negated = verb.is_negated;
        Ok(Some(condition))
    }

    /// Values of a field that takes any text.
    fn free(&self, picked: Picked, (start, is_said): (usize, bool), is_negated: bool, is_list: bool) -> Read {
        let field = &self.list.fields[picked.field];
        let start = skip(self.tokens, start, &["a", "an", "the"]);
        let start = if field.kind == FieldKind::Tags {
            skip(self.tokens, start, &["with", "as"])
        } else {
            start
        };
        let Some((end, texts)) = self.free_texts(start, is_list) else {
            return Ok(None);
        };
        let quoted = self.tokens.get(start).is_some_and(|token| token.kind == Kind::Quoted);
        for text in &texts {
            let is_fine = match (field.key.as_str(), field.kind) {
                (_, FieldKind::Tags) => true,
                ("created_by" | "email", _) => text.contains('@'),
                ("name", _) => is_said || quoted || self.word(start.saturating_sub(1)) == "named",
                _ => is_said || quoted || text.contains(|c: char| !c.is_alphabetic()),
            };
            if !is_fine {
                return Ok(None);
            }
        }
        let values: Vec<Value> = texts.into_iter().map(Value::String).collect();
        let operator = if is_negated { Operator::IsNot } else { Operator::Exact };
        let value = if values.len() == 1 {
            values.into_iter().next()
        } else {
            Some(Value::Array(values))
        };
        let mut condition = Condition::new(picked, end, self.leaf(picked.field, operator, value), Via::Other);
        condition.is_negated = is_negated;
        Ok(Some(condition))
    }

    /// Texts as they were typed, joined by "or" and "nor"; by commas as well in a list.
    fn free_texts(&self, at: usize, is_list: bool) -> Option<(usize, Vec<String>)> {
        let (mut end, first) = self.free_text(at)?;
        let mut texts = vec![first];
        loop {
            let mut next = end;
            if self.word(next) == "," && (is_list || ["or", "nor"].contains(&self.word(next + 1))) {
                next += 1;
            }
            if ["or", "nor"].contains(&self.word(next)) {
                next += 1;
            }
            if next == end {
                break;
            }
            // "contains a or b contains c" repeats nothing here: what follows must be a text alone.
            match self.free_text(next) {
                Some((after, text)) => {
                    texts.push(text);
                    end = after;
                }
                None => break,
            }
        }
        Some((end, texts))
    }

    /// A text as it was typed: a piece without blanks, and the words behind it up to the next mark or "and".
    fn free_text(&self, at: usize) -> Option<(usize, String)> {
        let token = self.tokens.get(at)?;
        if token.kind == Kind::Quoted {
            return Some((at + 1, token.text.clone()));
        }
        if !self.is_free(at) {
            return None;
        }
        let (mut end, mut text) = self.piece_at(at)?;
        let start = token.start;
        while self.tokens.get(end).is_some_and(|token| token.kind == Kind::Word) && self.is_free(end) {
            let (after, _) = self.piece_at(end)?;
            end = after;
            let last = self.tokens.get(end - 1)?;
            self.text[start..last.end].clone_into(&mut text);
        }
        Some((end, text))
    }

    /// True for a token that can only be a text.
    fn is_free(&self, at: usize) -> bool {
        const OTHERS: &[&str] = &[
            "not", "no", "without", "never", "neither", "nor", "either", "or", "and", "but", "except", "other", "more",
            "less", "at", "above", "below", "under", "over", "between", "before", "after", "since", "until", ",", ";",
            "(", ")", "is",
        ];
        let is_piece =
            |kind: &Kind| !matches!(kind, Kind::Symbol) || self.piece_at(at).is_some_and(|(_, piece)| piece.len() > 1);
        self.tokens.get(at).is_some_and(|token| is_piece(&token.kind))
            && !OTHERS.contains(&self.word(at))
            && stop_end(self.tokens, at).is_none()
            && noun_end(self.tokens, at, self.list.list).is_none()
            && self.field_at(at).is_none()
            && self.opposite_at(at).is_none()
    }

    /// `inactive`, `switched off`: the opposite of a truth, as the field's place and the place after the words.
    pub(super) fn opposite_at(&self, at: usize) -> Option<(usize, usize)> {
        const OPPOSITES: [(&str, &str); 3] = [
            ("disabled", "enabled"),
            ("switched off", "switched on"),
            ("turned off", "turned on"),
        ];
        for (said, of) in OPPOSITES {
            if let Some(end) = self.phrase_end(at, &[said]) {
                return Some((self.truth_named(of)?, end));
            }
        }
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
        let stem = ["in", "un", "non"]
            .iter()
            .find_map(|prefix| token.lower.strip_prefix(prefix))?;
        Some((self.truth_named(stem)?, at + 1))
    }

    /// The field that is true or false and is called so.
    fn truth_named(&self, words: &str) -> Option<usize> {
        let is_named = |field: &hedgerow_data_api::FilterField| {
            field.kind == FieldKind::Boolean && field.words.iter().any(|known| known == words)
        };
        self.list.fields.iter().position(is_named)
    }

    /// `inactive` as a condition.
    pub(super) fn of_opposite(&self, at: usize) -> Result<Option<Condition>, Trouble> {
        let Some((field, end)) = self.opposite_at(at) else {
            return Ok(None);
        };
        let picked = Picked {
            field,
            shadows_person: false,
        };
        let node = self.leaf(field, Operator::Exact, Some(Value::Bool(false)));
        Ok(Some(Condition::new(picked, end, node, Via::Other)))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if SPECIAL.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
