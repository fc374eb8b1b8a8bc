//! Values by themselves: `in Berlin`, `firefox or safari`, `neither free nor team`.

use hedgerow_data_api::{FieldKind, Operator, PropertyType};
use serde_json::Value;

use crate::intent::Trouble;
use crate::tokens::Kind;

use super::conditions::{Condition, Read, Via};
use super::reader::{Reader, Said};
use super::words::skip;

/// Values of one field that the words list.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) end: usize,
    /// The fields that have all of the values.
    fields: Vec<usize>,
    said: Vec<Said>,
    /// True where the person is named with the field.
    of_person: bool,
    /// True where the field is named, or a part of its words.
    is_named: bool,
}

/// What stands between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Or,
    Comma,
    CommaOr,
}

impl Reader<'_> {
    /// A condition that begins with its values.
    pub(super) fn of_values(&self, at: usize) -> Read {
        if let Some(condition) = self.of_opposite(at)? {
            return Ok(Some(condition));
        }
        if self.word(at) == "neither" {
            let start = skip(
                self.tokens,
                at + 1,
                &["in", "on", "from", "a", "an", "the", "by", "with"],
            );
            let Some(chain) = self.chain(start, None, false)? else {
                return Ok(None);
            };
            if chain.said.len() < 2 {
                return Ok(None);
            }
            let condition = self.of_chain(start, chain, true)?;
            return Ok(condition.map(|condition| Condition {
                is_negated: true,
                ..condition
            }));
        }
        if let Some(condition) = self.of_tail(at)? {
            return Ok(Some(condition));
        }
        match self.chain(at, None, false)? {
            Some(chain) => self.of_chain(at, chain, false),
            None => Ok(None),
        }
    }

    /// A part of a field's words with a value of it: "version 3.4.0", "reason price".
    fn of_tail(&self, at: usize) -> Read {
        let Some(named) = self.tail_at(at) else {
            return Ok(None);
        };
        let verb = self.verb(named.end);
        let start = skip(self.tokens, verb.end, &["a", "an", "the"]);
        match self.chain(start, Some(&named.fields), false)? {
            Some(chain) => self.of_chain(start, chain, verb.is_negated),
            None => Ok(None),
        }
    }

    /// The values that start at a token, of which one field has all. In a list a comma joins as well.
    pub(super) fn chain(&self, at: usize, restrict: Option<&[usize]>, is_list: bool) -> Result<Option<Chain>, Trouble> {
        let Some(first) = self.values_of(at, restrict) else {
            return Ok(None);
        };
        let mut fields = fields_of(&first);
        let (mut said, mut joints) = (vec![first], Vec::new());
        let mut end = said[0].end;
        let mut of_person = false;
        let mut is_named = restrict.is_some();
        is_named |= self.trailing_field(&mut end, &mut fields, &mut of_person);
        loop {
            let mut next = end;
            let is_comma = self.word(next) == ",";
            next += usize::from(is_comma);
            let is_or = ["or", "nor"].contains(&self.word(next)) || (is_list && self.word(next) == "and");
            next += usize::from(is_or);
            let joint = match (is_comma, is_or) {
                (false, false) => break,
                (false, true) => Joint::Or,
                (true, false) => Joint::Comma,
                (true, true) => Joint::CommaOr,
            };
            next = skip(self.tokens, next, &["in", "on", "from", "a", "an", "the", "by"]);
            // "plan pro or plan team"
            if let Some(named) = self.field_at(next)
                && named.fields.iter().any(|field| fields.contains(field))
            {
                next = self.verb(named.end).end;
            }
            let Some(more) = self.values_of(next, Some(&fields)) else {
                break;
            };
            fields = fields_of(&more);
            end = more.end;
            said.push(more);
            joints.push((joint, end));
            let before = fields.clone();
            is_named |= self.trailing_field(&mut end, &mut fields, &mut of_person);
            if let Some(last) = joints.last_mut() {
                last.1 = end;
            }
            if fields.is_empty() {
                fields = before;
            }
        }
        let kept = if is_list { joints.len() } else { kept(&joints) };
        if kept < joints.len() {
            joints.truncate(kept);
            said.truncate(kept + 1);
            end = match joints.last() {
                Some((_, end)) => *end,
                None => {
                    let mut end = said[0].end;
                    let mut of_first = fields_of(&said[0]);
                    self.trailing_field(&mut end, &mut of_first, &mut of_person);
                    fields = of_first;
                    end
                }
            };
        }
        Ok(Some(Chain {
            end,
            fields,
            said,
            of_person,
            is_named,
        }))
    }

    /// The condition of a chain.
    pub(super) fn of_chain(&self, at: usize, chain: Chain, is_negated: bool) -> Read {
        let span = (at, chain.end);
        let event = |field: &&usize| self.list.fields[**field].property_type == PropertyType::EventField;
        // A kind of event means its name, whatever else is called so.
        let mut fields = match chain.fields.iter().find(event) {
            Some(field) => vec![*field],
            None => chain.fields.clone(),
        };
        // Any word can be a title; what is something else by itself is meant as that.
        if !chain.is_named && fields.iter().any(|field| !self.list.fields[*field].is_prose) {
            fields.retain(|field| !self.list.fields[*field].is_prose);
        }
        let Some(picked) = self.pick(&fields, chain.of_person, span)? else {
            return Ok(None);
        };
        if self.list.fields[picked.field].is_prose && !chain.is_named {
            let said = self.said(at, chain.end);
            let name = self.list.name(picked.field);
            let option = format!("{name} {said}");
            return Err(self.ask(format!("Is \"{said}\" meant as the {name}?"), &[&option], span));
        }
        self.check_plural(at, &chain, span)?;
        self.check_names(at, &chain, picked.field)?;
        self.check_source(at, picked.field, span)?;
        let values: Vec<String> = chain
            .said
            .iter()
            .flat_map(|said| said.values.iter().filter(|(field, _)| *field == picked.field))
            .map(|(_, value)| value.clone())
            .collect();
        // Two spellings in the data, and neither is the one that was typed.
        if values.len() != chain.said.len() {
            let options: Vec<&str> = values.iter().map(String::as_str).collect();
            return Err(self.ask("Which spelling do you mean?".to_owned(), &options, span));
        }
        if let [version] = &values[..]
            && self.list.fields[picked.field].kind == FieldKind::Version
            && let Some((end, operator)) = self.version_suffix(chain.end)
        {
            if is_negated {
                return Ok(None);
            }
            let node = self.leaf(picked.field, operator, Some(Value::String(version.clone())));
            return Ok(Some(Condition::new(picked, end, node, Via::Other)));
        }
        let operator = if is_negated { Operator::IsNot } else { Operator::Exact };
        let values: Vec<Value> = values.into_iter().map(Value::String).collect();
        let value = if values.len() == 1 {
            values.into_iter().next()
        } else {
            Some(Value::Array(values))
        };
        let node = self.leaf(picked.field, operator, value);
        Ok(Some(Condition::new(picked, chain.end, node, Via::Other)))
    }

    fn values_of(&self, at: usize, restrict: Option<&[usize]>) -> Option<Said> {
        // A number alone is an amount, never a value.
        let is_number = matches!(self.tokens.get(at)?.kind, Kind::Number(_));
        if is_number && restrict.is_none() {
            return None;
        }
        let mut said = self.values_at(at)?;
        if let Some(fields) = restrict {
            said.values.retain(|(field, _)| fields.contains(field));
        }
        (!said.values.is_empty()).then_some(said)
    }

    /// The field behind its value: "the free plan".
    fn trailing_field(&self, end: &mut usize, fields: &mut Vec<usize>, of_person: &mut bool) -> bool {
        let named = [self.field_at(*end), self.tail_at(*end)];
        for named in named.into_iter().flatten() {
            let both: Vec<usize> = fields
                .iter()
                .copied()
                .filter(|field| named.fields.contains(field))
                .collect();
            if !both.is_empty() {
                *end = named.end;
                *fields = both;
                *of_person |= named.of_person;
                return true;
            }
        }
        false
    }

    /// "With errors" asks for what is there; a value in the plural says what rows are: "designers".
    fn check_plural(&self, at: usize, chain: &Chain, span: (usize, usize)) -> Result<(), Trouble> {
        let had = at > 0 && ["with", "has", "have", "having", "had"].contains(&self.word(at - 1));
        let is_plural = |said: &Said| {
            let typed = self.said(at, said.end).to_lowercase();
            said.values
                .iter()
                .all(|(_, value)| typed.ends_with('s') && !value.to_lowercase().ends_with('s'))
        };
        if !had || chain.is_named || !chain.said.first().is_some_and(is_plural) {
            return Ok(());
        }
        let question = format!("What is meant by \"{}\"?", self.said(span.0, span.1));
        Err(self.ask(question, &[], span))
    }

    /// A value that names another field as well: "mobile" of `is_mobile`, "email" of a campaign's medium.
    fn check_names(&self, at: usize, chain: &Chain, field: usize) -> Result<(), Trouble> {
        let [only] = &chain.said[..] else { return Ok(()) };
        // With its field named there is no doubt.
        if chain.end != only.end || (at > 0 && self.is_after_field(at, field)) {
            return Ok(());
        }
        let Some(named) = self.field_at(at).filter(|named| named.end == only.end) else {
            return Ok(());
        };
        let others = named.fields.into_iter();
        let others: Vec<usize> = others
            .filter(|other| !self.list.is_initial(*other) && *other != field)
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(self.which(&[vec![field], others].concat(), (at, chain.end)))
    }

    /// True where the words before name the field.
    fn is_after_field(&self, at: usize, field: usize) -> bool {
        (at.saturating_sub(6)..at).any(|start| {
            let named = [self.field_at(start), self.tail_at(start)];
            named
                .into_iter()
                .flatten()
                .any(|named| named.fields.contains(&field) && named.end <= at && self.reaches(named.end, at))
        })
    }

    /// True where only words without a meaning of their own stand between two places.
    fn reaches(&self, from: usize, to: usize) -> bool {
        const BETWEEN: &[&str] = &[
            "is", "are", "was", "not", "a", "an", "the", "one", "any", "of", "in", "either", "neither", "=", "!=", ":",
        ];
        (from..to).all(|at| BETWEEN.contains(&self.word(at)))
    }

    /// "From Google" leaves open whether the domain or the campaign's source is meant.
    fn check_source(&self, at: usize, field: usize, span: (usize, usize)) -> Result<(), Trouble> {
        let key = &self.list.fields[field].key;
        let is_source = key.contains("utm_") || key.contains("refer");
        let mut before = at;
        while before > 0 && ["the", "a", "an"].contains(&self.word(before - 1)) {
            before -= 1;
        }
        let came = before > 0 && ["from", "via", "through", "by"].contains(&self.word(before - 1));
        if !(is_source && came) {
            return Ok(());
        }
        let said = self.said(span.0, span.1);
        let question = format!("Is {said} the referring domain, or the source of a campaign?");
        let options = [format!("utm source {said}"), format!("referring domain {said}")];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        Err(self.ask(question, &options, (before - 1, span.1)))
    }
}

fn fields_of(said: &Said) -> Vec<usize> {
    let mut fields: Vec<usize> = said.values.iter().map(|(field, _)| *field).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// How many joints make a list: up to the last "or", and a comma before "or" only where commas stand before it.
fn kept(joints: &[(Joint, usize)]) -> usize {
    let last_or = joints.iter().rposition(|(joint, _)| *joint != Joint::Comma);
    match last_or {
        None => 0,
        // "Firefox, or Chrome": two parts.
        Some(0) if joints[0].0 == Joint::CommaOr => 0,
        Some(last) => last + 1,
    }
}
