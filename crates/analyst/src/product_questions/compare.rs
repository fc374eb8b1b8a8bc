//! Comparisons of two periods: by how much, or by how many percent, a number changed.

use chrono::Duration;
use serde_json::json;

use super::funnel::period;
use super::pieces::{Piece, Pieces, Unit};
use super::plan::{Entity, Plan, Wanted, days_of, moved, range, units_of};
use super::steps::entities;
use crate::dates::{Span, When, when_at};
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;
use crate::tokens::Kind;

pub(super) const TRENDS: &str = "query_trends";

/// Words of a rise, of a fall, and of a change in either direction.
const RISE: &str = "more grow grew grown growth increase increased increases rise rose risen higher up";
const FALL: &str = "fewer less drop dropped fall fell decrease decreased decline declined lower down";
const CHANGE: &str = "change changed changes difference differ differs differed development develop";
const FREE: &str = "change changed changes difference differ differs differed develop developed development more grow grew grown \
    growth increase increased increases rise rose risen higher up fewer less by in or did do percentage to from it compare \
    comparison compared between";

/// True for a question that speaks of a change between two periods.
pub(super) fn is_wanted(pieces: &Pieces<'_>) -> bool {
    let changes = pieces.says(RISE) || pieces.says(FALL) || pieces.says(CHANGE);
    let year =
        || pieces.has(|piece| matches!(piece, Piece::Than)) && pieces.has(|piece| matches!(piece, Piece::Number(_)));
    let periods = pieces.spans().len();
    let two = periods > 1
        || (periods == 1 && (pieces.has(|piece| matches!(piece, Piece::Prior(_))) || year()))
        || range_of_two(pieces).is_some();
    changes && two
}

/// Reads a question about a change.
pub(super) fn read(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let (entity, math, noun) = counted(pieces)?;
    let (one, other) = periods(pieces)?;
    let (rises, falls) = (pieces.says(RISE), pieces.says(FALL));
    let percent = pieces.has(|piece| matches!(piece, Piece::Percent | Piece::Share));
    let number = pieces.has(|piece| matches!(piece, Piece::HowMany)) || pieces.says("more fewer difference");
    if !percent && !number {
        return Err(Trouble::Ask(Ask {
            question: "In percent, or as a number?".to_owned(),
            options: ["in percent", "as a difference"].map(str::to_owned).to_vec(),
            edit: Edit::Append,
        }));
    }
    let more_or_fewer = pieces.says("more") && pieces.says("fewer less");
    if falls && !more_or_fewer {
        return Err(refuse(
            "I give a change as later minus earlier; please ask for the change.",
        ));
    }
    let ordered = days_of(&one).zip(days_of(&other)).map(|(one, other)| one.0 > other.0);
    let Some(one_is_later) = ordered else {
        return Err(refuse(
            "I can compare periods of whole days; please name both ends of each.",
        ));
    };
    // "More in May than in June" asks for May minus June, a change for later minus earlier.
    let than = pieces.has(|piece| matches!(piece, Piece::Than));
    if rises && than && !one_is_later && pieces.says("more") {
        return Err(refuse(
            "I give a change as later minus earlier; please ask for the change from the earlier period.",
        ));
    }
    let (current, previous) = if one_is_later { (one, other) } else { (other, one) };
    pieces.take_all(|piece| {
        matches!(
            piece,
            Piece::People
                | Piece::Events
                | Piece::Sessions
                | Piece::Active
                | Piece::Percent
                | Piece::Share
                | Piece::HowMany
                | Piece::Than
                | Piece::Prior(_)
        )
    });
    pieces.take_words(FREE);
    pieces.take_names_of_spans();
    super::averages::take_nouns(pieces, &[&entity]);
    pieces.check_all_taken()?;
    let (date_range, mut notes) = range(&current, pieces)?;
    let (compare_range, more) = range(&previous, pieces)?;
    notes.extend(
        more.into_iter()
            .filter(|note| !notes.contains(note))
            .collect::<Vec<_>>(),
    );
    let compared_with = period(&previous, pieces).replacen("Period: ", "Compared with: ", 1);
    let arguments = json!({
        "kind": "TrendsQuery",
        "series": [entity.node(Some(math))],
        "dateRange": date_range,
        "trendsFilter": {"display": "BoldNumber"},
        "compareFilter": {"compare": true, "compare_range": compare_range},
    });
    let column = if percent { "change_percent" } else { "change" };
    let wanted = Wanted::Only {
        column: Some(column.to_owned()),
    };
    let said = vec![
        format!("Counted are {noun}: {}", entity.words()),
        period(&current, pieces),
        compared_with,
        "The change is later minus earlier".to_owned(),
    ];
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted,
        said,
        notes,
    })
}

/// What is counted: events, people or sessions, of one event or of every one.
pub(super) fn counted(pieces: &mut Pieces<'_>) -> Result<(Entity, &'static str, &'static str), Trouble> {
    let found = entities(pieces, &[])?;
    let mut distinct: Vec<Entity> = Vec::new();
    for (_, named, entity) in found {
        if named.is_first || named.is_again {
            return Err(refuse("I can't tell the first time from others here."));
        }
        if !distinct
            .iter()
            .any(|other| other.event == entity.event && entity.conditions.is_empty())
        {
            distinct.push(entity);
        }
    }
    let people = pieces.counts_people();
    let sessions = pieces.has(|piece| matches!(piece, Piece::Sessions));
    let every = Entity {
        event: None,
        conditions: Vec::new(),
    };
    let entity = match &distinct[..] {
        [] if people || sessions || pieces.has(|piece| matches!(piece, Piece::Events)) => every,
        [entity] => entity.clone(),
        [] => return Err(refuse("The question names nothing to count.")),
        _ => {
            return Err(refuse(
                "The question names several events; please ask about one at a time.",
            ));
        }
    };
    match (people, sessions) {
        (true, true) => Err(refuse(
            "The question names people and sessions; please ask about one of them.",
        )),
        (true, false) => Ok((entity, "dau", "people")),
        (false, true) => Ok((entity, "unique_session", "sessions")),
        (false, false) => Ok((entity, "total", "events")),
    }
}

/// The two ends of "from May 2026 to June 2026", which is one stretch elsewhere.
fn range_of_two(pieces: &Pieces<'_>) -> Option<(usize, Span, Span)> {
    let [(at, _)] = &pieces.spans()[..] else { return None };
    let placed = &pieces.list[*at];
    let tokens = &pieces.tokens[placed.start..placed.end];
    if !tokens
        .first()
        .is_some_and(|token| token.is("from") || token.is("between"))
    {
        return None;
    }
    let joint = tokens.iter().position(|token| token.is("to") || token.is("and"))?;
    let span = |tokens: &[crate::tokens::Token]| match when_at(tokens, 0, pieces.calendar)? {
        (end, When::Span(span)) if end == tokens.len() => Some(span),
        _ => None,
    };
    Some((*at, span(&tokens[1..joint])?, span(&tokens[joint + 1..])?))
}

/// The two periods in the order of the question.
fn periods(pieces: &mut Pieces<'_>) -> Result<(Span, Span), Trouble> {
    let prior = pieces.list.iter().find_map(|placed| match placed.piece {
        Piece::Prior(length) => Some(length),
        _ => None,
    });
    if prior.is_none()
        && let Some((at, first, second)) = range_of_two(pieces)
    {
        pieces.take(at);
        return Ok((first, second));
    }
    let mut spans = pieces.spans();
    for (at, _) in &spans {
        pieces.take(*at);
    }
    // "in 2026 against 2025": the year needs no preposition there.
    let years = pieces.places(|piece| matches!(piece, Piece::Number(_)));
    for at in years {
        let token = &pieces.tokens[pieces.list[at].start];
        let year = match token.kind {
            Kind::Number(_) => token.integer().filter(|year| (1990..=2100).contains(year)),
            _ => None,
        };
        let days = year.and_then(|year| i32::try_from(year).ok()).and_then(|year| {
            chrono::NaiveDate::from_ymd_opt(year, 1, 1).zip(chrono::NaiveDate::from_ymd_opt(year, 12, 31))
        });
        if let Some((first, last)) = days {
            pieces.take(at);
            spans.push((at, Span::days(first, last)));
        }
    }
    spans.sort_by_key(|(at, _)| *at);
    let derived = |span: &Span| prior.map(|length| before(span, length));
    let unclear = || refuse("I can't tell which two periods are compared; please name the days of both.");
    match &spans[..] {
        [(_, span)] => match derived(span) {
            Some(Some(before)) => Ok((span.clone(), before)),
            _ => Err(unclear()),
        },
        [(_, one), (_, other)] => {
            // "the week before (17-23 May 2026)": the days must be those.
            let agrees = |span: &Option<Span>, with: &Span| span.as_ref().map(days_of) == Some(days_of(with));
            match derived(one) {
                Some(found) if !agrees(&found, other) => Err(unclear()),
                _ => Ok((one.clone(), other.clone())),
            }
        }
        _ => Err(unclear()),
    }
}

/// The stretch before another: so long, or as long as that.
fn before(span: &Span, length: Option<(u32, Unit)>) -> Option<Span> {
    let (first, last) = days_of(span)?;
    let days = (last - first).num_days() + 1;
    let start = match length {
        None => match units_of(span, Unit::Month) {
            Some(months) => moved(first, Unit::Month, -months)?,
            None => first - Duration::days(days),
        },
        Some((count, Unit::Month)) if units_of(span, Unit::Month) == Some(i64::from(count)) => {
            moved(first, Unit::Month, -i64::from(count))?
        }
        Some((count, unit @ (Unit::Day | Unit::Week))) => {
            let length = moved(first, unit, -i64::from(count))?;
            // Periods of different lengths are seldom meant.
            ((first - length).num_days() == days).then_some(length)?
        }
        Some(_) => return None,
    };
    Some(Span::days(start, first - Duration::days(1)))
}
