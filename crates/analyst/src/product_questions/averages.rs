//! Averages: of what people do each, of the numbers of a property, and of the active users a day.

use hedgerow_data_api::Interval;
use serde_json::{Value, json};

use super::compare::TRENDS;
use super::events::VIEW;
use super::funnel::period;
use super::pieces::{Piece, Pieces, Stat, Unit, is_in};
use super::plan::{Entity, Plan, Wanted, days_of, only_span, range, units_of};
use super::stems::is_form;
use super::steps::entities;
use crate::dates::Span;
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

const FREE: &str = "per each by value values in did do does done every make had have who one of event per-user";
/// Words for money, which an amount is in anyway.
const MONEY: &str = "dollar dollars usd euro euros eur currency";
const FREE_ACTIVE: &str =
    "active trailing rolling ending ended ends end over that day days as number daily count preceding up including";

/// Takes words that are part of the names of the events: "how many notes did each person who created notes create".
pub(super) fn take_nouns(pieces: &mut Pieces<'_>, entities: &[&Entity]) {
    let names: Vec<Vec<String>> = entities
        .iter()
        .map(|entity| {
            let name = entity.event.clone().unwrap_or_default();
            name.split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .collect();
    let is_noun = |word: &str| !names.is_empty() && names.iter().all(|name| name.iter().any(|of| is_form(word, of)));
    let nouns: Vec<usize> = pieces
        .places(|piece| matches!(piece, Piece::Word(_) | Piece::Property(_)))
        .into_iter()
        .filter(|at| is_noun(&pieces.text(*at).to_lowercase()))
        .collect();
    for at in nouns {
        pieces.take(at);
    }
}

/// True for a question about what people do each: "per user", "each person", "the average user".
pub(super) fn is_per_person(pieces: &Pieces<'_>) -> bool {
    let divides = |at: usize| {
        let small = |at: &usize| {
            is_in("the unique single", pieces.word(*at)) || matches!(pieces.piece(*at), Some(Piece::Active))
        };
        (0..at).rev().find(|before| !small(before)).is_some_and(|before| {
            is_in("per each every", pieces.word(before))
                || matches!(pieces.piece(before), Some(Piece::Stat(Stat::Average | Stat::Median)))
        })
    };
    let of_people = |piece: &Piece| match piece {
        Piece::People => true,
        Piece::Event(named) => named.is_agent,
        _ => false,
    };
    pieces.places(of_people).into_iter().any(divides)
}

/// Reads a question about what people do each.
pub(super) fn read_per_person(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let stats = pieces.places(|piece| matches!(piece, Piece::Stat(_)));
    let median = match stats[..] {
        [] => false,
        [at] => match pieces.piece(at) {
            Some(Piece::Stat(Stat::Average)) => false,
            Some(Piece::Stat(Stat::Median)) => true,
            _ => return Err(refuse("Of what people do each I know the average and the median.")),
        },
        _ => return Err(refuse("The question names several kinds of average.")),
    };
    let mentions = pieces.events().len();
    let sessions = pieces.has(|piece| matches!(piece, Piece::Sessions));
    let counts_events = pieces.has(|piece| matches!(piece, Piece::Events));
    let actives = pieces.has(|piece| matches!(piece, Piece::Active));
    // The people divide here and are not what is counted.
    let found = entities(pieces, &[])?;
    let mut distinct: Vec<Entity> = Vec::new();
    for (_, named, entity) in found {
        if named.is_first || named.is_again {
            return Err(refuse("I can't tell the first time from others here."));
        }
        if !distinct.contains(&entity) {
            distinct.push(entity);
        }
    }
    let entity = match &distinct[..] {
        [] if counts_events || sessions => Entity {
            event: None,
            conditions: Vec::new(),
        },
        // "Per active user" divides by more people than those who did it.
        [entity] if !counts_events && !actives => entity.clone(),
        [] => return Err(refuse("The question names nothing to count for each person.")),
        _ => {
            return Err(refuse(
                "I divide what people did by those who did it; the question names others.",
            ));
        }
    };
    // Views may be divided by all visitors or by those who viewed.
    if entity.event.as_deref() == Some(VIEW) && mentions == 1 {
        return Err(Trouble::Ask(Ask {
            question: "Per person who viewed a page, or per person with any event?".to_owned(),
            options: vec!["who viewed a page".to_owned()],
            edit: Edit::Append,
        }));
    }
    let span = only_span(pieces)?;
    pieces.take_all(|piece| {
        matches!(
            piece,
            Piece::People | Piece::Events | Piece::Sessions | Piece::Active | Piece::Stat(_) | Piece::HowMany
        )
    });
    pieces.take_words(FREE);
    take_nouns(pieces, &[&entity]);
    pieces.check_all_taken()?;
    let (date_range, notes) = range(&span, pieces)?;
    let mut arguments = json!({
        "kind": "TrendsQuery",
        "series": [],
        "dateRange": date_range,
        "trendsFilter": {"display": "BoldNumber"},
    });
    let wanted = if sessions {
        if median {
            return Err(refuse(
                "Of sessions I know the average for each person, not the median.",
            ));
        }
        arguments["series"] = json!([entity.node(Some("unique_session")), entity.node(Some("dau"))]);
        arguments["trendsFilter"]["formula"] = json!("A/B");
        Wanted::Only {
            column: Some("formula".to_owned()),
        }
    } else {
        let math = if median {
            "median_count_per_actor"
        } else {
            "avg_count_per_actor"
        };
        arguments["series"] = json!([entity.node(Some(math))]);
        Wanted::Only { column: None }
    };
    let said = vec![
        format!("Counted for each person who did it: {}", entity.words()),
        period(&span, pieces),
    ];
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted,
        said,
        notes,
    })
}

/// The property whose numbers are put together, where the question names one with a kind of average.
fn property(pieces: &Pieces<'_>) -> Option<(usize, String)> {
    let named: Vec<(usize, String)> = pieces
        .list
        .iter()
        .enumerate()
        .filter_map(|(at, placed)| match &placed.piece {
            Piece::Property(key) if pieces.knowledge.is_number(key) => Some((at, key.clone())),
            _ => None,
        })
        .collect();
    match &named[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// True for a question about the average, median or sum of a property. Without an event the property must be named as
/// it is written in the data.
pub(super) fn is_of_property(pieces: &Pieces<'_>) -> bool {
    let written = |at: usize, key: &str| {
        pieces.text(at).trim_matches('"') == key && (key.contains('_') || !pieces.events().is_empty())
    };
    pieces.has(|piece| matches!(piece, Piece::Stat(_)))
        && property(pieces).is_some_and(|(at, key)| !pieces.events().is_empty() || written(at, &key))
}

/// Reads a question about the numbers of a property.
pub(super) fn read_of_property(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let Some((place, key)) = property(pieces) else {
        return Err(refuse("The question names no property with numbers."));
    };
    let stats = pieces.places(|piece| matches!(piece, Piece::Stat(_)));
    let [at] = stats[..] else {
        return Err(refuse("The question names several kinds of average."));
    };
    let math = match pieces.piece(at) {
        Some(Piece::Stat(Stat::Average)) => "avg",
        Some(Piece::Stat(Stat::Median)) => "median",
        Some(Piece::Stat(Stat::Sum)) => "sum",
        Some(Piece::Stat(Stat::Least)) => "min",
        Some(Piece::Stat(Stat::Greatest)) => "max",
        Some(Piece::Stat(Stat::Percentile(75))) => "p75",
        Some(Piece::Stat(Stat::Percentile(90))) => "p90",
        Some(Piece::Stat(Stat::Percentile(95))) => "p95",
        Some(Piece::Stat(Stat::Percentile(99))) => "p99",
        _ => return Err(refuse("I know the percentiles 75, 90, 95 and 99.")),
    };
    let found = entities(pieces, &[])?;
    let entity = match &found[..] {
        [] => Entity {
            event: None,
            conditions: Vec::new(),
        },
        [(_, named, entity)] if !named.is_first && !named.is_again => entity.clone(),
        _ => {
            return Err(refuse(
                "The question names several events; the numbers are those of one.",
            ));
        }
    };
    // The numbers of people's events are no numbers of people.
    if pieces.counts_people() || pieces.has(|piece| matches!(piece, Piece::Sessions)) {
        return Err(refuse(
            "I put the numbers of events together, not those of people; please ask about the event.",
        ));
    }
    let span = only_span(pieces)?;
    // "The number of results" is what the property says.
    let before = place
        .checked_sub(1)
        .filter(|before| matches!(pieces.piece(*before), Some(Piece::HowMany)));
    for place in [place, at].into_iter().chain(before) {
        pieces.take(place);
    }
    pieces.take_all(|piece| matches!(piece, Piece::Events));
    pieces.take_words(FREE);
    let money = pieces.says(MONEY);
    pieces.take_words(MONEY);
    pieces.check_all_taken()?;
    let (date_range, mut notes) = range(&span, pieces)?;
    if money {
        notes.push(format!("the numbers are in the unit that {key} is captured in"));
    }
    let mut node = entity.node(Some(math));
    node["math_property"] = json!(key);
    let arguments = json!({
        "kind": "TrendsQuery",
        "series": [node],
        "dateRange": date_range,
        "trendsFilter": {"display": "BoldNumber"},
    });
    let said = vec![
        format!("Of the events that have it: {}", entity.words()),
        period(&span, pieces),
    ];
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted: Wanted::Only { column: None },
        said,
        notes,
    })
}

/// Reads a question about daily, weekly or monthly active users.
pub(super) fn read_active(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let places = pieces.places(|piece| matches!(piece, Piece::ActiveUsers(_)));
    let [at] = places[..] else {
        return Err(refuse("The question names several kinds of active users."));
    };
    let Some(Piece::ActiveUsers(interval)) = pieces.piece(at).cloned() else {
        return Err(refuse("The question names no active users."));
    };
    pieces.take(at);
    let stats = pieces.places(|piece| matches!(piece, Piece::Stat(_)));
    let average = match stats[..] {
        [] => false,
        [at] if matches!(pieces.piece(at), Some(Piece::Stat(Stat::Average))) => {
            pieces.take(at);
            true
        }
        _ => return Err(refuse("Of active users I know the number and the average of the days.")),
    };
    let (length, math) = match interval {
        Interval::Hour | Interval::Day => (1, "dau"),
        Interval::Week => (7, "weekly_active"),
        Interval::Month => (30, "monthly_active"),
    };
    let found = entities(pieces, &[])?;
    let entity = match &found[..] {
        [] => Entity {
            event: None,
            conditions: Vec::new(),
        },
        [(_, _, entity)] => entity.clone(),
        _ => {
            return Err(refuse(
                "The question names several events; please ask about one at a time.",
            ));
        }
    };
    let span = only_span(pieces)?;
    // "Over the 7 days ending that day" says again what weekly means.
    let numbers =
        pieces.places(|piece| matches!(piece, Piece::Number(number) if (*number - f64::from(length)).abs() <= 0.0));
    for at in numbers {
        if is_in("days day", pieces.word(at + 1)) {
            pieces.take(at);
        }
    }
    pieces.take_all(|piece| matches!(piece, Piece::People | Piece::HowMany | Piece::Active));
    pieces.take_words(FREE_ACTIVE);
    pieces.check_all_taken()?;
    if average {
        return average_of_days(pieces, &entity, &span, interval);
    }
    let Some(whole) = units_of(&span, Unit::Day) else {
        return Err(refuse("Say of which day, such as \"on 9 June 2026\"."));
    };
    if whole != 1 && whole != i64::from(length) {
        return Err(Trouble::Ask(Ask {
            question: "As of which day? Or do you want the average of the days?".to_owned(),
            options: Vec::new(),
            edit: Edit::Append,
        }));
    }
    let Some((_, day)) = days_of(&span) else {
        return Err(refuse("Say of which day, such as \"on 9 June 2026\"."));
    };
    let (_, notes) = range(&span, pieces)?;
    let text = day.format("%Y-%m-%d").to_string();
    let arguments = total(&entity, math, &json!({"date_from": text, "date_to": text}));
    let mut said = vec![format!("Active means: {}", entity.words())];
    said.push(match interval {
        Interval::Week => format!("The week ends with {}", day.format("%-d %B %Y")),
        Interval::Month => format!("The thirty days end with {}", day.format("%-d %B %Y")),
        _ => period(&span, pieces),
    });
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted: Wanted::Only { column: None },
        said,
        notes,
    })
}

fn total(entity: &Entity, math: &str, range: &Value) -> Value {
    json!({
        "kind": "TrendsQuery",
        "series": [entity.node(Some(math))],
        "dateRange": range,
        "trendsFilter": {"display": "BoldNumber"},
    })
}

fn average_of_days(pieces: &Pieces<'_>, entity: &Entity, span: &Span, interval: Interval) -> Result<Plan, Trouble> {
    if interval != Interval::Day {
        return Err(refuse(
            "I know the average of daily active users; please ask for it, or name a day.",
        ));
    }
    let (date_range, notes) = range(span, pieces)?;
    let arguments = json!({
        "kind": "TrendsQuery",
        "series": [entity.node(Some("dau"))],
        "interval": "day",
        "dateRange": date_range,
        "trendsFilter": {"display": "ActionsLineGraph"},
    });
    let said = vec![format!("Active means: {}", entity.words()), period(span, pieces)];
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted: Wanted::Mean,
        said,
        notes,
    })
}
