//! Conditions that something is not there: `no email`, `without a plan`, `never called`.

use hedgerow_data_api::{FieldKind, Operator};
use serde_json::Value;

use super::conditions::{Condition, Read, Via};
use super::reader::{Named, Reader};
use super::words::skip;

impl Reader<'_> {
    /// "No", "without" and "never" with a field.
    pub(super) fn of_absence(&self, at: usize, _: Option<&Condition>) -> Read {
        const NO: &[&str] = &[
            "with no",
            "has no",
            "have no",
            "having no",
            "had no",
            "does not have",
            "do not have",
            "did not have",
            "not having",
            "without",
            "lacking",
            "lacks",
            "lack",
            "missing",
            "no",
        ];
        let never = self.phrase_end(at, &["never"]);
        let Some(end) = never.or_else(|| self.phrase_end(at, NO)) else {
            return Ok(None);
        };
        let at = skip(self.tokens, end, &["a", "an", "the", "any", "been", "set", "single"]);
        let Some(named) = self.field_at(at).or_else(|| never.and_then(|_| self.called_at(at))) else {
            return Ok(None);
        };
        let Some(picked) = self.pick(&named.fields, named.of_person, (at, named.end))? else {
            return Ok(None);
        };
        let field = &self.list.fields[picked.field];
        if never.is_some() && field.kind != FieldKind::Date {
            return Ok(None);
        }
        let node = if self.list.is_count(picked.field) {
            self.leaf(picked.field, Operator::Exact, Some(Value::from(0)))
        } else if field.kind == FieldKind::Boolean && !field.may_be_missing {
            self.leaf(picked.field, Operator::Exact, Some(Value::Bool(false)))
        } else if field.has_zero {
            return Err(self.zero_or_missing(picked.field, (at, named.end)));
        } else if field.may_be_missing {
            self.leaf(picked.field, Operator::IsNotSet, None)
        } else {
            return Ok(None);
        };
        let mut condition = Condition::new(picked, named.end, node, Via::Other);
        condition.is_negated = true;
        Ok(Some(condition))
    }

    /// "Called" behind "never" is the end of "last called".
    fn called_at(&self, at: usize) -> Option<Named> {
        let mut named = self.tail_at(at)?;
        named
            .fields
            .retain(|field| self.list.fields[*field].kind == FieldKind::Date);
        (!named.fields.is_empty()).then_some(named)
    }
}
