//! Conditions by an amount: `more than 10 seats`, `duration is at most 90 seconds`, `larger than 10 MB`.

use hedgerow_data_api::{FieldKind, FieldUnit, FilterNode, Operator};
use serde_json::Value;

use crate::intent::Trouble;

use super::conditions::{Condition, Read, Verb, Via};
use super::numbers::{Amount, Unit};
use super::picking::Picked;
use super::reader::Reader;
use super::words::skip;

impl Reader<'_> {
    /// An amount with the field behind it, with the field that its unit names, or with that of the amount before.
    pub(super) fn of_amount(&self, at: usize, previous: Option<&Condition>) -> Read {
        let Some(mut amount) = self.amount_at(at) else {
            return Ok(None);
        };
        if let Some(named) = self.field_at(amount.end) {
            let is_number = |field: &usize| self.list.fields[*field].kind.is_number();
            let fields: Vec<usize> = named.fields.iter().copied().filter(is_number).collect();
            let fits =
                |field: &usize| amount.unit.is_none() || factor(self.list.fields[*field].unit, amount.unit).is_some();
            let fields: Vec<usize> = fields.into_iter().filter(fits).collect();
            if let Some(picked) = self.pick(&fields, named.of_person, (amount.end, named.end))? {
                amount.end = named.end;
                self.add_suffix(&mut amount);
                return self.amount(picked, &amount, (at, amount.end)).map(Some);
            }
        }
        let end = self.after_size(amount.end);
        if let Some(unit) = amount.unit {
            let counted = |field: &usize| factor(self.list.fields[*field].unit, Some(unit)).is_some();
            let fields: Vec<usize> = (0..self.list.fields.len()).filter(counted).collect();
            let goes_on = previous.filter(|previous| previous.via == Via::Amount && fields.contains(&previous.field));
            let picked = match goes_on {
                Some(previous) => Some(same_field(previous)),
                None => self.pick(&fields, false, (at, end))?,
            };
            if unit == Unit::Unclear {
                let question = "How many MB are meant?".to_owned();
                return Err(self.ask(question, &[], (at, end)));
            }
            return match picked {
                Some(picked) => self.amount(picked, &amount, (at, end)).map(Some),
                None => Ok(None),
            };
        }
        match previous.filter(|previous| previous.via == Via::Amount && amount.operator != Operator::Exact) {
            Some(previous) => self.amount(same_field(previous), &amount, (at, amount.end)).map(Some),
            None => Ok(None),
        }
    }

    /// An amount behind its field.
    pub(super) fn amount_of(&self, picked: Picked, after_field: usize, verb: Verb) -> Read {
        let after_of = skip(self.tokens, verb.end, &["of", "value", "to"]);
        // "At 50 percent"; the first word of "at least" is no such "at".
        let after_at = skip(self.tokens, after_of, &["at"]);
        let found = [verb.end, after_of, after_at]
            .iter()
            .find_map(|at| Some((*at, self.amount_at(*at)?)));
        let Some((at, mut amount)) = found else {
            return Ok(None);
        };
        if verb.is_negated {
            if amount.operator != Operator::Exact {
                return Ok(None);
            }
            amount.operator = Operator::IsNot;
        }
        // "seats 5 or 10": a list.
        let is_list = matches!(amount.operator, Operator::Exact | Operator::IsNot);
        while is_list && self.word(amount.end) == "or" {
            let Some((end, value, unit)) = self.number_at(amount.end + 1) else {
                break;
            };
            // "5 or 10 errors" counts something else.
            if self.field_at(end).is_some() || (unit != amount.unit && amount.unit.is_some()) {
                break;
            }
            amount.unit = unit;
            amount.values.push(value);
            amount.end = end;
        }
        let end = self.after_size(amount.end);
        let condition = self.amount(picked, &amount, (at.min(after_field), end))?;
        Ok(Some(condition))
    }

    /// The condition of an amount on a field, in the field's unit.
    fn amount(&self, picked: Picked, amount: &Amount, span: (usize, usize)) -> Result<Condition, Trouble> {
        let field = &self.list.fields[picked.field];
        let Some(factor) = factor(field.unit, amount.unit) else {
            let counted = field.unit.map_or("no unit", FieldUnit::as_str);
            let question = format!(
                "{} is counted in {counted}. How much is meant?",
                self.list.name(picked.field)
            );
            return Err(self.ask(question, &[], span));
        };
        let mut values = Vec::new();
        for value in &amount.values {
            let value = rounded(value * factor);
            let is_whole = value.fract() == 0.0;
            if field.kind == FieldKind::Whole && !is_whole {
                let question = format!(
                    "{} is a whole number. Which one is meant?",
                    self.list.name(picked.field)
                );
                return Err(self.ask(question, &[], span));
            }
            values.push(number(value));
        }
        if let [low, high] = amount.values[..]
            && matches!(amount.operator, Operator::Between | Operator::NotBetween)
            && low > high
        {
            let question = "The first bound is above the second. Which ones are meant?".to_owned();
            return Err(self.ask(question, &[], span));
        }
        let value = match values.len() {
            1 => values.pop(),
            _ => Some(Value::Array(values)),
        };
        let node: FilterNode = self.leaf(picked.field, amount.operator, value);
        Ok(Condition::new(picked, span.1, node, Via::Amount))
    }
}

fn same_field(condition: &Condition) -> Picked {
    Picked {
        field: condition.field,
        shadows_person: condition.shadows_person,
    }
}

/// By what an amount is multiplied to be in the field's unit; `None` where it can't be.
fn factor(of_field: Option<FieldUnit>, said: Option<Unit>) -> Option<f64> {
    match (of_field, said) {
        (_, None) => Some(1.0),
        (Some(FieldUnit::Seconds), Some(Unit::Time(seconds))) => Some(seconds),
        (Some(FieldUnit::Milliseconds), Some(Unit::Time(seconds))) => Some(seconds * 1000.0),
        (Some(FieldUnit::Megabytes), Some(Unit::Unclear)) => Some(1.0),
        (Some(of_field), Some(Unit::Of(said))) => (of_field == said).then_some(1.0),
        _ => None,
    }
}

/// A number without what binary fractions leave behind: 2.3 seconds are 2,300 milliseconds.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}
