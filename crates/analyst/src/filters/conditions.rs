//! One condition: what the words from a place on say, up to where they stop saying it.

use chrono::{Duration, NaiveDateTime, Timelike};
use hedgerow_data_api::{FieldKind, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter};
use serde_json::Value;

use crate::dates::{Limit, limit_at, midnight};
use crate::intent::Trouble;

use super::picking::Picked;
use super::reader::{Named, Reader};
use super::words::{LEADS, skip};

/// How a condition was said, which tells what may be left out in the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// By an amount: "and below 5" goes on with its field.
    Amount,
    /// By a date: "and before June" goes on with its field.
    Date,
    /// By "with errors": "or rage clicks" goes on with its "with".
    Existence,
    /// In another way.
    Other,
}

/// A condition with the place after it.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) end: usize,
    pub(super) node: FilterNode,
    pub(super) field: usize,
    pub(super) via: Via,
    /// True where a property of the person has the same words or value.
    pub(super) shadows_person: bool,
    /// True for "not", "no", "except" and the like.
    pub(super) is_negated: bool,
    /// True for "except" and "other than", which may go for all that follows.
    pub(super) excludes: bool,
}

impl Condition {
    pub(super) fn new(picked: Picked, end: usize, node: FilterNode, via: Via) -> Self {
        Self {
            end,
            node,
            field: picked.field,
            via,
            shadows_person: picked.shadows_person,
            is_negated: false,
            excludes: false,
        }
    }
}

/// What a reading comes to: a condition, none, or a reason why there can be none.
pub(super) type Read = Result<Option<Condition>, Trouble>;

/// The words between a field and what is said of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub(super) end: usize,
    pub(super) is_negated: bool,
}

impl Reader<'_> {
    /// The condition that starts at a token.
    pub(super) fn condition_at(&self, at: usize, previous: Option<&Condition>) -> Read {
        let readings = [
            Self::of_date,
            Self::of_amount,
            Self::of_version,
            Self::of_absence,
            Self::of_negation,
            Self::of_having,
        ];
        for read in readings {
            if let Some(condition) = read(self, at, previous)? {
                return Ok(Some(condition));
            }
        }
        // "The property newsletter"
        let is_announced = ["property", "field"].contains(&self.word(at)) && self.field_at(at + 1).is_some();
        if let Some(condition) = self.of_field(at + usize::from(is_announced), false)? {
            return Ok(Some(condition));
        }
        // "Called new-editor", "named Ann"
        let is_called = ["called", "named"].contains(&self.word(at)) && self.values_at(at + 1).is_some();
        if let Some(condition) = self.of_values(at + usize::from(is_called))? {
            return Ok(Some(condition));
        }
        let goes_on = previous.is_some_and(|previous| previous.via == Via::Existence);
        if goes_on {
            return self.of_field(at, true);
        }
        Ok(None)
    }

    /// `from yesterday`, and `before June` behind another date.
    fn of_date(&self, at: usize, previous: Option<&Condition>) -> Read {
        let before = previous
            .filter(|previous| previous.via == Via::Date)
            .map(|previous| previous.field);
        let Some(field) = before.or_else(|| self.list.default_date()) else {
            return Ok(None);
        };
        let Some((end, limit)) = limit_at(self.tokens, at, self.calendar) else {
            return Ok(None);
        };
        let picked = Picked {
            field,
            shadows_person: false,
        };
        self.date(picked, (at, end), limit).map(Some)
    }

    fn date(
        &self,
        picked: Picked,
        span: (usize, usize),
        limit: Result<Limit, crate::dates::Doubt>,
    ) -> Result<Condition, Trouble> {
        let limit = limit.map_err(|doubt| {
            let options: Vec<&str> = doubt.options.iter().map(String::as_str).collect();
            self.ask(doubt.question, &options, span)
        })?;
        let leaf = |operator, value: String| self.leaf(picked.field, operator, Some(Value::String(value)));
        let node = match (limit.from, limit.to) {
            (Some(from), Some(to)) if is_day(from, to) => leaf(Operator::IsDateExact, day(from)),
            (Some(from), Some(to)) => FilterNode::Group(FilterGroup {
                group_type: GroupType::And,
                values: vec![
                    leaf(Operator::IsDateAfter, before_from(from)),
                    leaf(Operator::IsDateBefore, at_to(to)),
                ],
            }),
            (Some(from), None) => leaf(Operator::IsDateAfter, before_from(from)),
            (None, Some(to)) => leaf(Operator::IsDateBefore, at_to(to)),
            (None, None) => return Err(self.ask("Which dates do you mean?".to_owned(), &[], span)),
        };
        Ok(Condition::new(picked, span.1, node, Via::Date))
    }

    /// `with errors`, `has a utm_campaign`: what follows is there, unless more is said of it.
    fn of_having(&self, at: usize, _: Option<&Condition>) -> Read {
        let Some(end) = self.phrase_end(at, &["with", "has", "have", "having", "had", "who have", "that have"]) else {
            return Ok(None);
        };
        let field = skip(self.tokens, end, &["a", "an", "the", "any", "some"]);
        self.of_field(field, true)
    }

    /// `not in Berlin`, `not on trial`, `except Firefox`.
    fn of_negation(&self, at: usize, _: Option<&Condition>) -> Read {
        let excludes = self.phrase_end(
            at,
            &[
                "other than",
                "except for",
                "except",
                "excluding",
                "all but",
                "everything but",
                "anything but",
                "apart from",
            ],
        );
        let Some(end) = excludes.or_else(|| self.phrase_end(at, &["not"])) else {
            return Ok(None);
        };
        let at = skip(self.tokens, end, LEADS);
        if let Some(chain) = self.chain(at, None, excludes.is_some())? {
            let condition = self.of_chain(at, chain, true)?;
            return Ok(condition.map(|condition| Condition {
                excludes: excludes.is_some(),
                ..negated_mark(condition)
            }));
        }
        let Some(condition) = self.of_field(at, false)? else {
            return Ok(None);
        };
        Ok(negated(condition))
    }

    /// A condition that begins with its field.
    pub(super) fn of_field(&self, at: usize, had: bool) -> Read {
        let Some(named) = self.field_at(at) else {
            return Ok(None);
        };
        let Some(picked) = self.pick(&named.fields, named.of_person, (at, named.end))? else {
            return Ok(None);
        };
        self.check_tails(at, &named, picked)?;
        let verb = self.verb(named.end);
        let field = &self.list.fields[picked.field];
        // "Missing feature" is a reason to cancel, not a missing reason.
        let is_value = self
            .values_at(verb.end)
            .is_some_and(|said| said.values.iter().any(|(field, _)| *field == picked.field));
        if let Some(condition) = self.of_state(picked, &named, verb).filter(|_| !is_value) {
            if !field.may_be_missing {
                let name = self.list.name(picked.field);
                return Err(Trouble::Refuse(format!("{name} is never missing.")));
            }
            return Ok(Some(condition));
        }
        let condition = match field.kind {
            FieldKind::Date if verb.is_negated => None,
            FieldKind::Date => match limit_at(self.tokens, verb.end, self.calendar) {
                Some((end, limit)) => Some(self.date(picked, (verb.end, end), limit)?),
                None => None,
            },
            FieldKind::Whole | FieldKind::Number => self.amount_of(picked, named.end, verb)?,
            FieldKind::Boolean => self.truth(picked, verb),
            FieldKind::Text | FieldKind::Version | FieldKind::Tags | FieldKind::Json => {
                self.text(picked, &named, verb)?
            }
        };
        match condition {
            Some(condition) => Ok(Some(condition)),
            None => self.bare(at, picked, &named, had),
        }
    }

    /// "Path" alone, of a list that has an entry path and an exit path, is not the person's path.
    fn check_tails(&self, at: usize, named: &Named, picked: Picked) -> Result<(), Trouble> {
        if named.of_person || self.list.is_own(picked.field) {
            return Ok(());
        }
        let Some(tails) = self.tail_at(at).filter(|tails| tails.end == named.end) else {
            return Ok(());
        };
        let own: Vec<usize> = tails
            .fields
            .into_iter()
            .filter(|field| self.list.is_own(*field))
            .collect();
        if own.is_empty() {
            return Ok(());
        }
        Err(self.which(&[own, vec![picked.field]].concat(), (at, named.end)))
    }

    /// "is", "are not", "doesn't" behind a field.
    pub(super) fn verb(&self, at: usize) -> Verb {
        const HELPERS: &[&str] = &[
            "is", "are", "was", "were", "does", "do", "did", "has", "have", "been", "be", "which", "that", "=", ":",
        ];
        let mut end = skip(self.tokens, at, HELPERS);
        let is_negated = ["not", "!="].contains(&self.word(end));
        // "not more than" is an amount, not a negation of one.
        if is_negated && self.amount_at(end).is_none() {
            end = skip(self.tokens, end + 1, HELPERS);
            return Verb { end, is_negated };
        }
        Verb { end, is_negated: false }
    }

    /// `is set`, `is missing`.
    fn of_state(&self, picked: Picked, named: &Named, verb: Verb) -> Option<Condition> {
        const SET: &[&str] = &["set", "present", "known", "defined", "filled in", "filled"];
        const UNSET: &[&str] = &["missing", "unknown", "empty", "unset", "absent", "blank", "undefined"];
        let said = verb.end > named.end;
        let (end, is_set) = if let Some(end) = self.phrase_end(verb.end, SET).filter(|_| said) {
            (end, true)
        } else if let Some(end) = self.phrase_end(verb.end, UNSET).filter(|_| said) {
            (end, false)
        } else {
            (self.phrase_end(verb.end, &["exists", "exist"])?, true)
        };
        let operator = if is_set == verb.is_negated {
            Operator::IsNotSet
        } else {
            Operator::IsSet
        };
        let mut condition = Condition::new(picked, end, self.leaf(picked.field, operator, None), Via::Other);
        condition.is_negated = operator == Operator::IsNotSet;
        Some(condition)
    }

    /// `is false`, `= true`.
    fn truth(&self, picked: Picked, verb: Verb) -> Option<Condition> {
        let truth = match self.word(verb.end) {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => return None,
        };
        // "active, no variants": that "no" begins something else.
        if self.word(verb.end) == "no" && self.field_at(verb.end + 1).is_some() {
            return None;
        }
        let operator = if verb.is_negated {
            Operator::IsNot
        } else {
            Operator::Exact
        };
        let node = self.leaf(picked.field, operator, Some(Value::Bool(truth)));
        Some(Condition::new(picked, verb.end + 1, node, Via::Other))
    }

    /// A field of which nothing more is said.
    fn bare(&self, at: usize, picked: Picked, named: &Named, had: bool) -> Read {
        let field = &self.list.fields[picked.field];
        if field.kind == FieldKind::Boolean {
            // "newsletter people": the property, or what has it as a value?
            if let Some(said) = self.values_at(at).filter(|said| said.end == named.end) {
                let mut fields: Vec<usize> = said.values.iter().map(|(field, _)| *field).collect();
                fields.retain(|field| !self.list.is_initial(*field));
                fields.push(picked.field);
                if fields.len() > 1 {
                    return Err(self.which(&fields, (at, named.end)));
                }
            }
            if had && field.may_be_missing {
                let name = self.list.name(picked.field);
                let question = format!("Do you mean that {name} is true, or that it is known?");
                let options = [format!("{name} is true"), format!("{name} is set")];
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                return Err(self.ask(question, &options, (at, named.end)));
            }
            let node = self.leaf(picked.field, Operator::Exact, Some(Value::Bool(true)));
            return Ok(Some(Condition::new(picked, named.end, node, Via::Other)));
        }
        // "And a rage click": of what is counted, some.
        let is_one = at > 0 && ["a", "an"].contains(&self.word(at - 1)) && self.list.is_count(picked.field);
        let had = had || is_one;
        // "An amount of 100" says more of it, even where that can't be read.
        let says_more = ["of", "is", "are", "=", ":", ">", "<", ">=", "<="].contains(&self.word(named.end));
        if !had || says_more {
            return Ok(None);
        }
        let node = if self.list.is_count(picked.field) {
            self.leaf(picked.field, Operator::Gte, Some(Value::from(1)))
        } else if field.has_zero {
            return Err(self.zero_or_missing(picked.field, (at, named.end)));
        } else if field.may_be_missing {
            self.leaf(picked.field, Operator::IsSet, None)
        } else {
            return Ok(None);
        };
        Ok(Some(Condition::new(picked, named.end, node, Via::Existence)))
    }

    /// Asks about a number that can be zero and can be missing.
    pub(super) fn zero_or_missing(&self, field: usize, span: (usize, usize)) -> Trouble {
        let name = self.list.name(field);
        let question = format!("{name} can be zero, and it can be missing. Which one do you mean?");
        let options = [
            format!("{name} is 0"),
            format!("{name} is not set"),
            format!("{name} at least 1"),
        ];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        self.ask(question, &options, span)
    }

    /// A condition on a field.
    pub(super) fn leaf(&self, field: usize, operator: Operator, value: Option<Value>) -> FilterNode {
        let field = &self.list.fields[field];
        FilterNode::Filter(PropertyFilter {
            key: field.key.clone(),
            value,
            operator,
            property_type: field.property_type,
            group_type_index: None,
            behavior: None,
        })
    }
}

fn negated_mark(condition: Condition) -> Condition {
    Condition {
        is_negated: true,
        ..condition
    }
}

/// The opposite of a condition, where one operator says it.
fn negated(condition: Condition) -> Option<Condition> {
    let FilterNode::Filter(filter) = &condition.node else {
        return None;
    };
    let operator = match filter.operator {
        Operator::Exact => Operator::IsNot,
        Operator::Icontains => Operator::NotIcontains,
        Operator::Regex => Operator::NotRegex,
        Operator::Between => Operator::NotBetween,
        Operator::IsSet => Operator::IsNotSet,
        _ => return None,
    };
    let node = FilterNode::Filter(PropertyFilter {
        operator,
        ..filter.clone()
    });
    Some(negated_mark(Condition { node, ..condition }))
}

fn is_day(from: NaiveDateTime, to: NaiveDateTime) -> bool {
    from == midnight(from.date()) && to - from == Duration::days(1)
}

fn day(instant: NaiveDateTime) -> String {
    instant.format("%Y-%m-%d").to_string()
}

/// After what the first instant is: the day before, or the microsecond before.
fn before_from(from: NaiveDateTime) -> String {
    if from == midnight(from.date()) {
        return day(from - Duration::days(1));
    }
    instant(from - Duration::microseconds(1))
}

/// Before what the last instant is.
fn at_to(to: NaiveDateTime) -> String {
    if to == midnight(to.date()) {
        day(to)
    } else {
        instant(to)
    }
}

fn instant(instant: NaiveDateTime) -> String {
    let form = if instant.nanosecond() == 0 {
        "%Y-%m-%dT%H:%M:%SZ"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6fZ"
    };
    instant.format(form).to_string()
}
