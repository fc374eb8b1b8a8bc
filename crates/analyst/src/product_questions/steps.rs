//! The steps of a funnel in a question: which events, in which order, under which conditions.

use super::events::{Named, VIEW};
use super::pieces::{Piece, Pieces, is_in};
use super::plan::Entity;
use crate::intent::{Condition, Trouble};
use crate::parser::refuse;

/// A step with the piece it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) at: usize,
    pub(super) entity: Entity,
}

/// The steps, and those of them that the question names once more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steps {
    pub(super) list: Vec<Step>,
    /// Positions in `list`.
    pub(super) again: Vec<usize>,
}

/// Words after which a condition is about the event before it.
const OF_EVENT: &str = "with where whose of having from via on using through in by";

/// The events of a question with their conditions, in the order of its words. Conditions that `skipped` names are
/// not about events.
pub(super) fn entities(pieces: &mut Pieces<'_>, skipped: &[usize]) -> Result<Vec<(usize, Named, Entity)>, Trouble> {
    let mut found: Vec<(usize, Named, Entity)> = Vec::new();
    for at in 0..pieces.list.len() {
        match pieces.list[at].piece.clone() {
            Piece::Event(named) => {
                pieces.take(at);
                let event = named.event.clone();
                let conditions = Vec::new();
                found.push((at, named, Entity { event, conditions }));
            }
            Piece::Condition(condition) if !skipped.contains(&at) && !pieces.list[at].taken => {
                condition_at(pieces, at, *condition, &mut found)?;
                pieces.take(at);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Gives a condition to the event that it stands beside.
fn condition_at(
    pieces: &Pieces<'_>,
    at: usize,
    condition: Condition,
    found: &mut Vec<(usize, Named, Entity)>,
) -> Result<(), Trouble> {
    let text = pieces.text(at).to_owned();
    let unclear = || {
        refuse(format!(
            "I can't tell of which event \"{text}\" is said; name it beside the event, as in \"signed_up with {text}\"."
        ))
    };
    let is_path = condition.key() == "$pathname";
    let Some((last_at, _, last)) = found.last_mut() else {
        return Err(unclear());
    };
    let same = last.conditions.iter().find(|other| other.key() == condition.key());
    let between: Vec<&Piece> = pieces.list[*last_at + 1..at]
        .iter()
        .map(|placed| &placed.piece)
        .collect();
    let parted = between
        .iter()
        .any(|piece| matches!(piece, Piece::Then | Piece::After | Piece::Window { .. }));
    if same.is_some_and(|other| other.filter == condition.filter) && !parted {
        return Ok(());
    }
    let is_view = last.event.as_deref() == Some(VIEW);
    // "viewed / and after that /pricing": the verb holds for the next page, too.
    if is_path && is_view && parted && !last.conditions.is_empty() {
        let (event, conditions) = (last.event.clone(), vec![condition]);
        found.push((at, Named::plain(Some(VIEW)), Entity { event, conditions }));
        return Ok(());
    }
    let word_before = at.checked_sub(1).map_or("", |before| pieces.word(before));
    let words: Vec<&str> = (*last_at + 1..at).map(|place| pieces.word(place)).collect();
    let plain = between.iter().all(|piece| match piece {
        Piece::Stop(word) => !["and", "or", ",", ";", ".", "?", "for"].contains(&word.as_str()),
        Piece::Word(word) => is_in("page pages came come coming comes", word),
        Piece::Condition(_) => true,
        _ => false,
    });
    // "with plan pro and utm_source newsletter": both are of the event.
    let joined = !last.conditions.is_empty()
        && words
            .iter()
            .all(|word| word.is_empty() || ["and", "with", "a", "the"].contains(word))
        && between
            .iter()
            .filter(|piece| matches!(piece, Piece::Condition(_)))
            .count()
            == last.conditions.len();
    let led = between.is_empty()
        || is_in(OF_EVENT, word_before)
        || words
            .iter()
            .any(|word| is_in("with where whose having came from", word))
        || (is_path && is_view);
    if parted || same.is_some() || !((plain && led) || joined) {
        return Err(unclear());
    }
    last.conditions.push(condition);
    Ok(())
}

/// The steps of the question.
pub(super) fn steps(pieces: &mut Pieces<'_>, skipped: &[usize]) -> Result<Steps, Trouble> {
    let found = entities(pieces, skipped)?;
    let is_funnel = pieces.says("funnel funnels");
    let mut steps = Steps {
        list: Vec::new(),
        again: Vec::new(),
    };
    let anchors = anchors(pieces);
    let mut anchored: Option<usize> = None;
    for (at, named, entity) in found {
        if named.is_again || named.is_first {
            return Err(refuse(
                "I can follow people from one event to another, not to the same one again; ask for the retention.",
            ));
        }
        let bare = entity.conditions.is_empty();
        let known = steps
            .list
            .iter()
            .position(|step| step.entity == entity || (bare && step.entity.event == entity.event));
        let is_anchor = anchors.contains(&at);
        match known {
            // "... within 5 days of signing up": said once more.
            Some(0) if is_anchor && bare => {}
            Some(position) if is_funnel && bare && steps.list.len() >= 2 => steps.again.push(position),
            Some(_) if bare => {
                return Err(refuse(format!(
                    "The question names {} twice, and I can't tell what the second time means.",
                    entity.words()
                )));
            }
            _ => {
                if is_anchor {
                    if anchored.is_some() {
                        return Err(refuse("The question counts its time from two events."));
                    }
                    anchored = Some(steps.list.len());
                }
                steps.list.push(Step { at, entity });
            }
        }
    }
    if anchored.is_none() && is_base_second(pieces, &steps) {
        anchored = Some(1);
    }
    if let Some(position) = anchored.filter(|position| *position > 0) {
        if steps.list.len() != 2 {
            return Err(refuse(
                "I can't tell in which order the steps of the question follow each other.",
            ));
        }
        steps.list.swap(0, position);
    }
    check_order(pieces, &steps, anchored.is_some(), is_funnel)?;
    Ok(steps)
}

/// The events that an "after" or "within 5 days of" stands before: they come first.
fn anchors(pieces: &Pieces<'_>) -> Vec<usize> {
    let leads = |piece: &Piece| matches!(piece, Piece::After | Piece::Window { anchored: true, .. });
    let of_lead =
        |at: usize| (at + 1..pieces.list.len()).find(|next| matches!(pieces.list[*next].piece, Piece::Event(_)));
    pieces.places(leads).into_iter().filter_map(of_lead).collect()
}

/// True where "of those who" or "among the people who" stands between the first two events: what follows comes first.
fn is_base_second(pieces: &Pieces<'_>, steps: &Steps) -> bool {
    let [first, second, ..] = &steps.list[..] else {
        return false;
    };
    let mut after_of = false;
    for at in first.at + 1..second.at {
        match (pieces.piece(at), pieces.word(at)) {
            (_, "of" | "among" | "amongst" | "out") => after_of = true,
            (_, "the" | "all") => {}
            (Some(Piece::People), _) | (_, "those" | "everyone" | "everybody" | "them") if after_of => return true,
            _ => after_of = false,
        }
    }
    false
}

/// "signed up and created a note" has no order of its own, and "or" joins no steps.
fn check_order(pieces: &Pieces<'_>, steps: &Steps, is_anchored: bool, is_funnel: bool) -> Result<(), Trouble> {
    let ordered = is_anchored
        || is_funnel
        || pieces.has(|piece| matches!(piece, Piece::Then | Piece::After))
        || pieces.says("conversion steps step then");
    for pair in steps.list.windows(2) {
        let (first, last) = (pair[0].at.min(pair[1].at), pair[0].at.max(pair[1].at));
        let between: Vec<&Piece> = pieces.list[first + 1..last]
            .iter()
            .map(|placed| &placed.piece)
            .collect();
        let joint: Vec<&str> = (first + 1..last)
            .map(|at| pieces.word(at))
            .filter(|word| !word.is_empty())
            .collect();
        if joint.iter().any(|word| ["or", "nor"].contains(word)) {
            return Err(refuse("Steps of a funnel can't be joined with \"or\"."));
        }
        let plain = between.iter().all(|piece| {
            matches!(
                piece,
                Piece::Stop(_) | Piece::Condition(_) | Piece::Span(_) | Piece::Word(_)
            )
        });
        let only_joined =
            plain && !joint.is_empty() && joint.iter().all(|word| ["and", ",", "also", "both"].contains(word));
        let pair_of = (0..first)
            .rev()
            .map(|at| pieces.word(at))
            .find(|word| !["the", "a", "an"].contains(word));
        if only_joined && !ordered && pair_of != Some("between") {
            return Err(refuse(
                "I can't tell whether these must follow each other; say \"and then\" where they must.",
            ));
        }
        // "Who signed up within 3 days created a note": the window may belong to either.
        let window = between
            .iter()
            .position(|piece| matches!(piece, Piece::Window { anchored: false, .. }));
        let leads_on = |at: usize| {
            between[at..]
                .iter()
                .any(|piece| matches!(piece, Piece::Then | Piece::HowMany | Piece::Share))
        };
        if !is_anchored && window.is_some_and(|at| !leads_on(at)) && !pieces.says("funnel") {
            return Err(refuse(
                "I can't tell what the window of time is counted from; name it behind the last step.",
            ));
        }
    }
    Ok(())
}
