//! Puts what a fragment says in the place of its like in the question before.

use hedgerow_data_api::{Interval, Math};

use crate::conditions::title;
use crate::dates::{Calendar, Span};
use crate::intent::{Condition, Intent, Negation, Shape, Trouble};
use crate::pages::{ALL_PATHS, VIEWED_PAGES};
use crate::parse::OF_THE_VISITOR;
use crate::parser::refuse;
use crate::period::check_hours;

/// How the note on a fragment begins.
const READ_AS: &str = "read as the question before";

/// What a fragment says, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said(u8);

impl Said {
    pub(super) const MEASURE: Self = Self(1);
    const SPAN: Self = Self(2);
    const CONDITION: Self = Self(4);
    const SHAPE: Self = Self(8);

    /// What an intent says; its measure counts where the fragment itself names it.
    pub(super) fn of(intent: &Intent, names_measure: bool) -> Self {
        let said = [
            (names_measure, Self::MEASURE),
            (intent.span != Span::everything(), Self::SPAN),
            (!intent.conditions.is_empty(), Self::CONDITION),
            (intent.shape != Shape::Number, Self::SHAPE),
        ];
        Self(said.iter().filter(|(is_said, _)| *is_said).map(|(_, bit)| bit.0).sum())
    }

    /// The one thing that is said.
    pub(super) fn only(self) -> Option<Self> {
        self.0.is_power_of_two().then_some(self)
    }
}

/// The question before with one thing of it replaced.
pub(super) fn combined(before: &Intent, said: Intent, slot: Said, calendar: &Calendar) -> Result<Intent, Trouble> {
    let mut intent = before.clone();
    let what = match slot {
        Said::MEASURE => replace_measure(&mut intent, &said),
        Said::SPAN => replace_span(&mut intent, &said, calendar)?,
        Said::CONDITION => replace_condition(&mut intent, &said)?,
        _ => replace_shape(&mut intent, &said)?,
    };
    check_persons(&intent)?;
    intent.notes.extend(said.notes);
    // Of a row of fragments the last one is said; what came of the others stands in the answer.
    intent.notes.retain(|note| !note.starts_with(READ_AS));
    intent.notes.push(format!("{READ_AS}, {what}"));
    let mut seen: Vec<String> = Vec::new();
    intent.notes.retain(|note| {
        let is_new = !seen.contains(note);
        seen.push(note.clone());
        is_new
    });
    Ok(intent)
}

fn replace_measure(intent: &mut Intent, said: &Intent) -> String {
    let before = intent.measure.clone();
    intent.measure = said.measure.clone();
    let by_page = matches!(&intent.shape, Shape::Top { by, .. } | Shape::Breakdown { by } if by == "$pathname");
    let unique = intent.measure.math != Math::Total;
    // Visitors who viewed stay those who viewed, and so do the visitors of viewed pages.
    if intent.measure.event.is_none() && unique && (by_page || before.math != Math::Total) {
        intent.measure.event = before.event;
    }
    let was_viewed = intent.notes.iter().any(|note| note == VIEWED_PAGES);
    if by_page && intent.measure.event.is_none() && was_viewed {
        intent.notes.retain(|note| note != VIEWED_PAGES);
        intent.notes.push(ALL_PATHS.to_owned());
    }
    let of_views = intent.measure.event.is_some() && unique;
    let viewing = if of_views { " by page views" } else { "" };
    format!("counting {}{viewing} in place of {}", intent.measure.noun, before.noun)
}

fn replace_span(intent: &mut Intent, said: &Intent, calendar: &Calendar) -> Result<String, Trouble> {
    let peak_of_days = matches!(&intent.shape, Shape::Peak { interval, .. } if *interval != Interval::Hour);
    if peak_of_days && said.span.single_day().is_some() {
        return Err(refuse("One day leaves nothing to rank; please ask about several days."));
    }
    let of_span = std::mem::take(&mut intent.span.notes);
    intent
        .notes
        .retain(|note| !of_span.contains(note) && !note.starts_with("the data covers"));
    intent.span = said.span.clone();
    check_hours(&intent.shape, &intent.span, true, calendar)?;
    Ok(intent.span.words(calendar))
}

fn replace_condition(intent: &mut Intent, said: &Intent) -> Result<String, Trouble> {
    let [condition] = &said.conditions[..] else {
        return Err(refuse(
            "This names more than one condition; please ask the whole question.",
        ));
    };
    let unclear =
        || refuse("I can't tell how this condition goes together with the question before; please ask it in full.");
    let by = match &intent.shape {
        Shape::Share { .. } => return Err(unclear()),
        Shape::Top { by, .. } | Shape::Breakdown { by } => Some(by.as_str()),
        Shape::Series { by, .. } => by.as_deref(),
        Shape::Number | Shape::Peak { .. } => None,
    };
    if by == Some(condition.key()) {
        return Err(unclear());
    }
    match &mut intent.conditions[..] {
        [] => intent.conditions.push(condition.clone()),
        // "not Chrome" and then "not Firefox" may add up, as may two bounds.
        [only] if only.key() == condition.key() && (only.is_exact() || condition.is_exact()) => {
            let old = std::mem::replace(only, condition.clone());
            intent.notes.retain(|note| Some(note) != old.note.as_ref());
        }
        _ => return Err(unclear()),
    }
    Ok(format!("where {}", condition.words))
}

fn replace_shape(intent: &mut Intent, said: &Intent) -> Result<String, Trouble> {
    let what = match (&intent.shape, &said.shape) {
        (Shape::Number | Shape::Series { .. } | Shape::Breakdown { .. }, Shape::Breakdown { by }) => {
            format!("split by {}", title(by))
        }
        (Shape::Number | Shape::Series { .. } | Shape::Breakdown { .. }, Shape::Series { interval, by: None }) => {
            format!("per {}", interval.as_str())
        }
        _ => {
            return Err(refuse(
                "I can't tell how this goes together with the question before; please ask it in full.",
            ));
        }
    };
    intent.shape = said.shape.clone();
    Ok(what)
}

/// Counting persons by single requests can't say who never did something or who did two things.
fn check_persons(intent: &Intent) -> Result<(), Trouble> {
    if intent.measure.math == Math::Total {
        return Ok(());
    }
    let part: &[Condition] = match &intent.shape {
        Shape::Share { part, .. } => part,
        _ => &[],
    };
    let of_requests: Vec<&Condition> = intent
        .conditions
        .iter()
        .chain(part)
        .filter(|condition| !OF_THE_VISITOR.contains(&condition.key()))
        .collect();
    let is_unclear = |one: &&Condition| one.and_list || one.negation == Some(Negation::Clause);
    if of_requests.len() > 1 || of_requests.iter().any(is_unclear) {
        return Err(refuse(format!(
            "I count {} by single requests, and the conditions of the question before are about several of them; please ask \
             it in full.",
            intent.measure.noun
        )));
    }
    Ok(())
}
