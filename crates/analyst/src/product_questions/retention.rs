//! Retention: of the people who begin in a stretch of time, how many come back so many days, weeks or months later.

use hedgerow_data_api::Interval;
use serde_json::{Value, json};

use super::events::Named;
use super::funnel::period;
use super::pieces::{Piece, Pieces, Unit};
use super::plan::{Entity, Plan, Wanted, days_of, has_begun, moved, range, shifted, unit_of, units_of};
use super::steps::entities;
use crate::dates::Span;
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

pub(super) const TOOL: &str = "query_retention";

/// Words that a question about retention is free to use.
const FREE: &str = "= retention retained retain retains retaining rate rates cohort cohorts return returns returned returning come \
    came comes coming back means meaning mean by per start starts started starting begin began beginning first-time weekly daily \
    monthly size after then still later again into their signup from did do of stay stayed stays action members \
    member those";

/// Reads a question about who comes back.
pub(super) fn read(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let found = entities(pieces, &[])?;
    let spans = pieces.spans();
    for (at, _) in &spans {
        pieces.take(*at);
    }
    let Some((_, span)) = spans.first().cloned() else {
        return Err(refuse(
            "Say when the people began, such as \"in the week starting Sunday, 7 June 2026\".",
        ));
    };
    let (unit, later) = unit_and_place(pieces, &span, &spans)?;
    let (date_range, notes) = range(&span, pieces)?;
    check_begun(pieces, &span, unit, later)?;
    let (target, returning) = ends(pieces, &found)?;
    let kind = kind(pieces, &target)?;
    let said = pieces.says("retention rate");
    let shares = pieces.has(|piece| matches!(piece, Piece::Share | Piece::Percent));
    let counts = pieces.has(|piece| matches!(piece, Piece::HowMany));
    if !shares && !counts && !said {
        return Err(refuse(
            "Say whether you want the number of people who come back, or their share.",
        ));
    }
    let shares = shares || !counts;
    pieces.take_all(|piece| {
        matches!(
            piece,
            Piece::People
                | Piece::Share
                | Piece::Percent
                | Piece::HowMany
                | Piece::Index(..)
                | Piece::Offset(..)
                | Piece::Every(_)
                | Piece::First
                | Piece::Recurring
                | Piece::Then
                | Piece::After
        )
    });
    // "Return event: page views": the word says what the next one is.
    for at in pieces.places(|piece| matches!(piece, Piece::Events)) {
        if pieces.text(at) == "event" {
            pieces.take(at);
        }
    }
    pieces.take_words(FREE);
    pieces.take_names_of_spans();
    pieces.check_all_taken()?;
    let title = match unit {
        Unit::Day => "Day",
        Unit::Week => "Week",
        _ => "Month",
    };
    let arguments = json!({
        "kind": "RetentionQuery",
        "dateRange": date_range,
        "retentionFilter": {
            "period": title,
            "totalIntervals": later + 1,
            "retentionType": kind,
            "targetEntity": entity(&target.1),
            "returningEntity": entity(&returning),
        },
    });
    let column = match (later, shares) {
        (0, false) => "persons".to_owned(),
        (0, true) => return Err(refuse("All of those who begin are there at the beginning.")),
        (later, false) => format!("{}_{later}", unit.name()),
        (later, true) => format!("{}_{later}_percent", unit.name()),
    };
    let first = if kind == "retention_first_time" {
        ", for the first time"
    } else {
        ""
    };
    let several = units_of(&span, unit).is_some_and(|units| units > 1);
    let together = if several { ", taken together" } else { "" };
    let said = vec![
        format!("Begin: {}{first}{together}", target.1.words()),
        format!("Come back: {}, {} {later}", returning.words(), unit.name()),
        period(&span, pieces),
    ];
    let wanted = Wanted::Cell {
        row: 0,
        column,
        format: None,
        named: true,
    };
    Ok(Plan {
        tool: TOOL,
        arguments,
        wanted,
        said,
        notes,
    })
}

fn entity(entity: &Entity) -> Value {
    let mut value = json!({"id": entity.event, "type": "events"});
    if !entity.conditions.is_empty() {
        value["properties"] = json!(hedgerow_data_api::FilterGroup::all(entity.filters()));
    }
    value
}

/// Who begins, and what coming back is.
fn ends(pieces: &Pieces<'_>, found: &[(usize, Named, Entity)]) -> Result<((Named, Entity), Entity), Trouble> {
    let in_brackets = |at: usize| at > 0 && pieces.word(at - 1) == "(" && pieces.word(at + 1) == ")";
    let mut list: Vec<&(usize, Named, Entity)> = found.iter().collect();
    // "Retention (page views) of everybody who signed up": in brackets stands what coming back is.
    list.sort_by_key(|(at, _, _)| in_brackets(*at));
    let same = |one: &Entity, other: &Entity| one.event == other.event;
    let mut distinct: Vec<&(usize, Named, Entity)> = Vec::new();
    for one in &list {
        let known = distinct.iter().any(|other| same(&other.2, &one.2));
        if known && !one.2.conditions.is_empty() {
            return Err(refuse(format!(
                "The question names {} twice, under other conditions.",
                one.2.words()
            )));
        }
        if !known {
            distinct.push(one);
        }
    }
    let is_again = list.iter().any(|(_, named, _)| named.is_again) || pieces.says("again");
    let of_one = list.len() > 1 || is_again || pieces.has(|piece| *piece == Piece::Recurring);
    match distinct[..] {
        [] => Err(refuse("Say what people begin with, and what they come back for.")),
        // "Retention for note_created"; "of the people who signed up" does not say what coming back is.
        [(at, named, target)] if of_one || is_retention_of(pieces, *at) => {
            Ok(((named.clone(), target.clone()), target.clone()))
        }
        [_] => Err(what_for()),
        [(_, named, target), (_, _, returning)] => Ok(((named.clone(), target.clone()), returning.clone())),
        _ => Err(refuse(
            "The question names more than two events; retention is about two.",
        )),
    }
}

/// True where the event stands right behind "retention of".
fn is_retention_of(pieces: &Pieces<'_>, at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |place| pieces.word(place));
    ["of", "for"].contains(&before(1)) && before(2) == "retention"
}

fn what_for() -> Trouble {
    Trouble::Ask(Ask {
        question: "Which event do they come back for?".to_owned(),
        options: vec!["coming back for a page view".to_owned()],
        edit: Edit::Append,
    })
}

/// The unit of the intervals, and which one after the first is asked about. What the question says of it must agree.
fn unit_and_place(pieces: &Pieces<'_>, span: &Span, spans: &[(usize, Span)]) -> Result<(Unit, u32), Trouble> {
    let mut said: Vec<(Unit, u32)> = Vec::new();
    for placed in &pieces.list {
        match placed.piece {
            Piece::Index(unit, place) | Piece::Offset(unit, place) => said.push((unit, place)),
            _ => {}
        }
    }
    let disagree = || refuse("I can't tell which day, week or month after the first one is meant.");
    if let [(_, first), (_, second), rest @ ..] = spans {
        if !rest.is_empty() {
            return Err(disagree());
        }
        let unit = said
            .first()
            .map(|(unit, _)| *unit)
            .or_else(|| unit_of(first).filter(|_| unit_of(first) == unit_of(second)));
        let place = unit.and_then(|unit| {
            (0..=400).find(|place| shifted(first, unit, *place).as_ref().map(days_of) == Some(days_of(second)))
        });
        let (Some(unit), Some(place)) = (unit, place) else {
            return Err(disagree());
        };
        said.push((unit, u32::try_from(place).map_err(|_| disagree())?));
    }
    let Some((unit, place)) = said.first().copied() else {
        return Err(refuse("Say how long after they come back, such as \"week 1\"."));
    };
    if said.iter().any(|other| *other != (unit, place)) || !(0..400).contains(&place) {
        return Err(disagree());
    }
    let every = pieces.list.iter().find_map(|placed| match placed.piece {
        Piece::Every(interval) => Some(interval),
        _ => None,
    });
    if every.is_some_and(|interval: Interval| Unit::of(interval) != unit) {
        return Err(disagree());
    }
    if units_of(span, unit).is_none() {
        return Err(match unit {
            Unit::Week => refuse("Weeks are counted from Sunday to Saturday; please name the days of whole weeks."),
            Unit::Month => refuse("Months are calendar months; please name whole ones."),
            _ => refuse("Retention is counted in whole days, weeks or months."),
        });
    }
    Ok((unit, place))
}

/// Whether people begin each time or the first time.
fn kind(pieces: &Pieces<'_>, target: &(Named, Entity)) -> Result<&'static str, Trouble> {
    let first = target.0.is_first || pieces.has(|piece| *piece == Piece::First) || pieces.says("first-time");
    let recurring = pieces.has(|piece| *piece == Piece::Recurring);
    match (first, recurring) {
        (true, true) => Err(refuse(
            "The question speaks of the first time and of each time; please name one.",
        )),
        (true, false) => Ok("retention_first_time"),
        (false, true) => Ok("retention_recurring"),
        // Nobody signs up every week.
        (false, false) if is_sign_up(target.1.event.as_deref()) => Ok("retention_first_time"),
        (false, false) if pieces.says("retention cohort") => Err(Trouble::Ask(Ask {
            question: "Of those who did it for the first time, or of all who did it then?".to_owned(),
            options: ["first time", "recurring"].map(str::to_owned).to_vec(),
            edit: Edit::Append,
        })),
        (false, false) => Ok("retention_recurring"),
    }
}

/// True for an event that a person has once: with it they begin.
fn is_sign_up(event: Option<&str>) -> bool {
    let plain: String = event
        .unwrap_or_default()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    [
        "signedup",
        "signup",
        "usersignedup",
        "registered",
        "accountcreated",
        "usercreated",
        "installed",
        "appinstalled",
    ]
    .contains(&plain.as_str())
}

/// Refuses an interval that has not begun yet for some of those who are asked about.
fn check_begun(pieces: &Pieces<'_>, span: &Span, unit: Unit, later: u32) -> Result<(), Trouble> {
    let start = days_of(span).and_then(|(first, _)| {
        let units = units_of(span, unit)?;
        moved(first, unit, units - 1 + i64::from(later))
    });
    match start {
        Some(start) if has_begun(start, pieces) => Ok(()),
        _ => Err(refuse(format!(
            "There is no data for {} {later} yet: it lies behind the end of the data for those who began last.",
            unit.name()
        ))),
    }
}
