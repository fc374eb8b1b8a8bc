//! Lifecycle and stickiness: who is new, returning, back or gone in a stretch of time, and on how many days people do
//! something.

use hedgerow_data_api::Interval;
use serde_json::json;

use super::events::Named;
use super::funnel::period;
use super::pieces::{Piece, Pieces, Times, Unit};
use super::plan::{Entity, Plan, Wanted, only_span, range, unit_of, units_of};
use super::steps::entities;
use crate::dates::Span;
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

pub(super) const LIFECYCLE: &str = "query_lifecycle";
pub(super) const STICKINESS: &str = "query_stickiness";

/// Words for what a person is in an interval.
const STATUSES: [(&str, &str); 4] = [
    ("new", "new"),
    ("returning", "returning returned"),
    ("resurrecting", "resurrecting resurrected resurrect"),
    ("dormant", "dormant dormancy"),
];
const FREE_LIFECYCLE: &str = "lifecycle life cycle by went go going gone became become becoming turned turn in of but status \
    rate then again";
const FREE_STICKINESS: &str = "stickiness sticky by did do doing done they're it's per who's were was then total";

/// The one event of a question, or every event where people are "active".
fn only_event(pieces: &mut Pieces<'_>) -> Result<(Option<Named>, Entity), Trouble> {
    let found = entities(pieces, &[])?;
    let actives = pieces.has(|piece| matches!(piece, Piece::Active));
    pieces.take_all(|piece| matches!(piece, Piece::Active));
    let mut distinct: Vec<(Named, Entity)> = Vec::new();
    for (_, named, entity) in found {
        if !distinct
            .iter()
            .any(|(_, other)| other.event == entity.event && entity.conditions.is_empty())
        {
            distinct.push((named, entity));
        }
    }
    match &distinct[..] {
        [(named, _)] if named.is_first => Err(refuse("I can't tell the first time from others here.")),
        [(named, entity)] => Ok((Some(named.clone()), entity.clone())),
        [] if actives => Ok((
            None,
            Entity {
                event: None,
                conditions: Vec::new(),
            },
        )),
        [] => Err(refuse("Say which event counts, such as \"page views\".")),
        _ => Err(refuse("The question names several events; this is about one.")),
    }
}

/// Reads a question about who is new, returning, back or gone.
pub(super) fn read_lifecycle(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let said: Vec<&str> = STATUSES
        .iter()
        .filter(|(_, words)| pieces.says(words))
        .map(|(status, _)| *status)
        .collect();
    let [status] = said[..] else {
        return Err(refuse(
            "Say whether you want new, returning, resurrecting or dormant users.",
        ));
    };
    for (_, words) in STATUSES {
        pieces.take_words(words);
    }
    let (_, entity) = only_event(pieces)?;
    let span = only_span(pieces)?;
    let every = every(pieces)?;
    let unit = every.map_or_else(|| unit_of(&span), |interval| Some(Unit::of(interval)));
    let Some(unit) = unit.filter(|unit| units_of(&span, *unit) == Some(1)) else {
        return Err(refuse(
            "A lifecycle is of one day, of one week from Sunday to Saturday, or of one calendar month; please name it.",
        ));
    };
    if status == "dormant" {
        // Who is dormant was active in the interval before, which says nothing new.
        pieces.take_all(|piece| matches!(piece, Piece::Prior(Some((1, before))) if *before == unit));
    }
    if !pieces.has(|piece| matches!(piece, Piece::HowMany))
        || pieces.has(|piece| matches!(piece, Piece::Share | Piece::Percent))
    {
        return Err(refuse("I count the people of a lifecycle; please ask how many."));
    }
    pieces.take_all(|piece| matches!(piece, Piece::People | Piece::HowMany));
    pieces.take_words(FREE_LIFECYCLE);
    pieces.take_names_of_spans();
    pieces.check_all_taken()?;
    let (date_range, notes) = range(&span, pieces)?;
    let arguments = json!({
        "kind": "LifecycleQuery",
        "series": [entity.node(None)],
        "interval": unit.name(),
        "dateRange": date_range,
    });
    let said = vec![
        format!("Counted are {status} persons"),
        format!("Active means: {}", entity.words()),
        period(&span, pieces),
    ];
    let wanted = Wanted::Cell {
        row: 0,
        column: status.to_owned(),
        format: None,
        named: true,
    };
    Ok(Plan {
        tool: LIFECYCLE,
        arguments,
        wanted,
        said,
        notes,
    })
}

/// "Weekly", "daily": one of them.
fn every(pieces: &mut Pieces<'_>) -> Result<Option<Interval>, Trouble> {
    let places = pieces.places(|piece| matches!(piece, Piece::Every(_)));
    let mut found = Vec::new();
    for at in places {
        if let Some(Piece::Every(interval)) = pieces.piece(at) {
            found.push(*interval);
        }
        pieces.take(at);
    }
    found.dedup();
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(refuse("The question names two lengths of time; please name one.")),
    }
}

/// Reads a question about on how many days people do something.
pub(super) fn read_stickiness(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let places = pieces.places(|piece| matches!(piece, Piece::Days(..)));
    let at = match places[..] {
        [at] => at,
        [] => return Err(refuse("Say on how many days, such as \"on at least 3 days\".")),
        _ => return Err(refuse("The question names two numbers of days; please name one.")),
    };
    let Some(Piece::Days(times, unit)) = pieces.piece(at).cloned() else {
        return Err(refuse("Say on how many days."));
    };
    if let Times::Unclear(_) = times {
        let text = pieces.text(at).trim_start_matches("on ").to_owned();
        let (start, end) = (
            pieces.tokens[pieces.list[at].start].start,
            pieces.tokens[pieces.list[at].end - 1].end,
        );
        return Err(Trouble::Ask(Ask {
            question: format!("On exactly {text}, or on more as well?"),
            options: vec![format!("on exactly {text}"), format!("on at least {text}")],
            edit: Edit::Replace { start, end },
        }));
    }
    pieces.take(at);
    let (_, entity) = only_event(pieces)?;
    let span = only_span(pieces)?;
    let whole = if span == Span::everything() && unit == Unit::Day {
        pieces.calendar.data.map(|(first, last)| (last - first).num_days() + 1)
    } else {
        units_of(&span, unit).or_else(|| (unit == Unit::Day && span.to.is_none()).then_some(i64::MAX))
    };
    let Some(whole) = whole else {
        return Err(refuse(format!(
            "Whole {}s can't be counted in that period; weeks go from Sunday to Saturday.",
            unit.name()
        )));
    };
    let (count, column) = match times {
        Times::Exactly(count) => (count, "persons"),
        Times::AtLeast(count) => (count, "at_least"),
        Times::Each(said) => {
            let all = u32::try_from(whole).unwrap_or(u32::MAX);
            if said.is_some_and(|said| said != all) || all > 400 {
                return Err(refuse(format!("The period does not have that many {}s.", unit.name())));
            }
            (all, "persons")
        }
        Times::Unclear(_) => return Err(refuse("Say whether that is exactly, or at least.")),
    };
    if i64::from(count) > whole {
        return Err(refuse(format!("The period does not have that many {}s.", unit.name())));
    }
    if pieces.has(|piece| matches!(piece, Piece::Share | Piece::Percent))
        || !pieces.has(|piece| matches!(piece, Piece::HowMany | Piece::People))
    {
        return Err(refuse(
            "I count people by their number of days; please ask how many people.",
        ));
    }
    pieces.take_all(|piece| matches!(piece, Piece::People | Piece::HowMany));
    pieces.take_words(FREE_STICKINESS);
    pieces.take_names_of_spans();
    pieces.take_words("count");
    pieces.check_all_taken()?;
    let (date_range, notes) = range(&span, pieces)?;
    let arguments = json!({
        "kind": "StickinessQuery",
        "series": [entity.node(None)],
        "interval": unit.name(),
        "dateRange": date_range,
    });
    let how = if column == "at_least" {
        "so many or more"
    } else {
        "exactly so many"
    };
    let said = vec![
        format!("Counted are persons with {how} {}s", unit.name()),
        format!("What they did: {}", entity.words()),
        period(&span, pieces),
    ];
    let row = usize::try_from(count - 1).unwrap_or_default();
    let wanted = Wanted::Cell {
        row,
        column: column.to_owned(),
        format: None,
        named: true,
    };
    Ok(Plan {
        tool: STICKINESS,
        arguments,
        wanted,
        said,
        notes,
    })
}
