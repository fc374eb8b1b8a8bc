//! Which of several fields is meant: the list's own comes first, and two that fit are asked about.

use crate::intent::{Ask, Edit, Trouble};

use super::reader::Reader;

/// The field that was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picked {
    pub(super) field: usize,
    /// True where a property of the person fits as well.
    pub(super) shadows_person: bool,
}

impl Reader<'_> {
    /// Picks the field that words mean. `of_person` where the person is named with them; `None` where no
    /// field is left.
    pub(super) fn pick(
        &self,
        fields: &[usize],
        of_person: bool,
        span: (usize, usize),
    ) -> Result<Option<Picked>, Trouble> {
        let list = self.list;
        // Only "initial" or "first" names the first value, and then nothing else fits the words.
        let said_first = fields.iter().all(|field| list.is_initial(*field));
        let mut fits: Vec<usize> = fields.to_vec();
        if !said_first {
            fits.retain(|field| !list.is_initial(*field));
        }
        fits.dedup();
        let is_person = |field: &usize| list.fields[*field].property_type == hedgerow_data_api::PropertyType::Person;
        let own: Vec<usize> = fits.iter().copied().filter(|field| list.is_own(*field)).collect();
        let others: Vec<usize> = fits.iter().copied().filter(|field| !list.is_own(*field)).collect();
        let chosen = if of_person {
            fits.iter().copied().filter(is_person).collect()
        } else if own.is_empty() {
            others.clone()
        } else {
            own.clone()
        };
        match chosen[..] {
            [] => Ok(None),
            [field] => Ok(Some(Picked {
                field,
                shadows_person: !of_person && !own.is_empty() && !others.is_empty(),
            })),
            _ => Err(self.which(&chosen, span)),
        }
    }

    /// Asks which field is meant by the tokens of a span.
    pub(super) fn which(&self, fields: &[usize], (first, after): (usize, usize)) -> Trouble {
        let said = self.said(first, after);
        let name = |field: &usize| self.list.name(*field);
        let names: Vec<String> = fields.iter().map(name).collect();
        Trouble::Ask(Ask {
            question: format!("\"{said}\" fits {}. Which one do you mean?", names.join(" and ")),
            options: fields
                .iter()
                .map(|field| format!("{} {said}", self.list.name(*field)))
                .collect(),
            edit: self.edit(first, after),
        })
    }

    /// What was typed from a token up to another.
    pub(super) fn said(&self, first: usize, after: usize) -> &str {
        match (self.tokens.get(first), self.tokens.get(after.saturating_sub(1))) {
            (Some(first), Some(last)) if first.start <= last.end => &self.text[first.start..last.end],
            _ => self.text,
        }
    }

    /// Puts an answer in the place of tokens.
    pub(super) fn edit(&self, first: usize, after: usize) -> Edit {
        match (self.tokens.get(first), self.tokens.get(after.saturating_sub(1))) {
            (Some(first), Some(last)) if first.start <= last.end => Edit::Replace {
                start: first.start,
                end: last.end,
            },
            _ => Edit::Append,
        }
    }

    /// Asks something about tokens.
    pub(super) fn ask(&self, question: String, options: &[&str], (first, after): (usize, usize)) -> Trouble {
        Trouble::Ask(Ask {
            question,
            options: options.iter().map(ToString::to_string).collect(),
            edit: self.edit(first, after),
        })
    }
}
