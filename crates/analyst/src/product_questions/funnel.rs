//! Funnels: how many people go from one event to the next, how long they take, and for which value it is best.

use chrono::Duration;
use hedgerow_data_api::{FilterGroup, Operator, PropertyFilter, PropertyType};
use serde_json::{Value, json};

use super::pieces::{Piece, Pieces, Stat, Unit, is_in};
use super::plan::{Entity, Plan, Wanted, only_span, range};
use super::steps::{Steps, steps};
use crate::dates::{Span, midnight};
use crate::intent::{Ask, Edit, Order, Trouble};
use crate::parser::refuse;

pub(super) const TOOL: &str = "query_funnel";

/// Words that a question about a funnel is free to use.
const FREE: &str = "funnel funnels conversion conversions convert converted converts converting rate rates step \
    steps complete completed completes completing finish finished reach reached reaches overall goes going gone go \
    went took take takes taking long time times duration after then window ratio succeed succeeded way did do does \
    done end make makes manage managed eventually passed pass passes moving move begin beginning between start \
    starts starting started split into their they're come came coming when out among amongst during";
/// Words for those who don't go on.
const LOST: &str = "drop dropped drops dropping drop-off dropoff lost lose loses losing off leave leaves left abandon abandoned \
    fell fall fail failed";
const HIGHER: &str = "higher highest best better most largest greatest top";
const LOWER: &str = "lower lowest worst worse least fewest smallest";
const BY: &str = "by per each every which what";

/// What is wanted of a funnel.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    Share,
    Count,
    Lost,
    Time(&'static str, Unit),
}

/// Reads a question about a funnel.
pub(super) fn read(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let split = split(pieces);
    let value = split.as_ref().and_then(|(_, key)| value_of(pieces, key));
    let skipped: Vec<usize> = value.iter().map(|(at, _)| *at).collect();
    let steps = steps(pieces, &skipped)?;
    if steps.list.len() < 2 {
        return Err(refuse(
            "A funnel needs at least two steps; name the event that people go on to.",
        ));
    }
    let window = window(pieces)?;
    let order = split.is_some().then(|| order(pieces)).flatten();
    let measure = measure(pieces, &steps, order.is_some())?;
    let attached = is_about_first(pieces, &steps);
    let span = only_span(pieces)?;
    for at in skipped.iter().copied().chain(split.iter().map(|(at, _)| *at)) {
        pieces.take(at);
    }
    pieces.take_all(|piece| matches!(piece, Piece::People | Piece::Then | Piece::After | Piece::HowMany));
    take_number_of_steps(pieces, steps.list.len());
    pieces.take_words(FREE);
    let said_by_split = if split.is_some() {
        "break breakdown broken down split by per each which for value values"
    } else {
        "to"
    };
    pieces.take_words(said_by_split);
    pieces.check_all_taken()?;
    let (first, rest) = ends(pieces, &span, attached, window)?;
    let (date_range, mut notes) = range(&span, pieces)?;
    let mut entities: Vec<Entity> = steps.list.iter().map(|step| step.entity.clone()).collect();
    let said_steps: Vec<String> = entities.iter().map(Entity::words).collect();
    let mut series: Vec<Value> = entities.iter().map(|entity| entity.node(None)).collect();
    if let Some(limit) = &first {
        let mut filters = entities[0].filters();
        filters.push(limit.clone());
        series[0]["properties"] = json!(FilterGroup::all(filters));
        entities.truncate(0);
        notes.push("the first step lies in the period, the others may lie behind it".to_owned());
    }
    let mut arguments = json!({
        "kind": "FunnelsQuery",
        "series": series,
        "dateRange": rest.unwrap_or(json!(date_range)),
        "funnelsFilter": {
            "funnelOrderType": "ordered",
            "funnelWindowInterval": window.0,
            "funnelWindowIntervalUnit": window.1.name(),
        },
    });
    let wanted = match (&split, value, order) {
        (None, _, _) => wanted(&steps, measure)?,
        (Some((_, key)), value, order) => {
            arguments["breakdownFilter"] = json!({"breakdown": key, "breakdown_type": "event", "breakdown_limit": 100});
            let last = steps.list.len() - 1;
            match (value, order, measure) {
                (Some((_, value)), None, Measure::Share) => Wanted::OfValue {
                    value,
                    step: last,
                    column: "conversion_rate",
                },
                (Some((_, value)), None, Measure::Count) => Wanted::OfValue {
                    value,
                    step: last,
                    column: "persons",
                },
                (None, Some(order), Measure::Share) => Wanted::BestValue {
                    step: last,
                    steps: last + 1,
                    order,
                },
                _ => {
                    return Err(refuse(format!(
                        "Say for which value of {key} you want the funnel, or for which it is best."
                    )));
                }
            }
        }
    };
    let plural = if window.0 == 1 { "" } else { "s" };
    let mut said = vec![
        format!("Steps: {}", said_steps.join(" to ")),
        format!("Window: {} {}{plural}", window.0, window.1.name()),
        period(&span, pieces),
    ];
    said.extend(split.map(|(_, key)| format!("Split by {key}")));
    Ok(Plan {
        tool: TOOL,
        arguments,
        wanted,
        said,
        notes,
    })
}

/// "Period: from 7 June to 13 June 2026".
pub(super) fn period(span: &Span, pieces: &Pieces<'_>) -> String {
    let words = span.words(pieces.calendar);
    let bare = ["on ", "in ", "from "].iter().find_map(|lead| words.strip_prefix(lead));
    format!("Period: {}", bare.unwrap_or(&words))
}

/// "With 4 steps": as many as there are.
fn take_number_of_steps(pieces: &mut Pieces<'_>, steps: usize) {
    for at in pieces.places(|piece| matches!(piece, Piece::Number(_))) {
        let counts =
            matches!(pieces.piece(at), Some(Piece::Number(number)) if format!("{number}") == steps.to_string());
        if counts && is_in("step steps", pieces.word(at + 1)) {
            pieces.take(at);
        }
    }
    // "The last step", "the final step".
    for at in pieces.places(|piece| matches!(piece, Piece::Word(word) if is_in("last final", word))) {
        if is_in("step stage", pieces.word(at + 1)) {
            pieces.take(at);
        }
    }
}

/// The property that the funnel is split by, where one is.
fn split(pieces: &Pieces<'_>) -> Option<(usize, String)> {
    let named = pieces.places(|piece| matches!(piece, Piece::Property(_)));
    let [at] = named[..] else { return None };
    let before = (0..at)
        .rev()
        .map(|place| pieces.word(place))
        .find(|word| !["of", "the", "value", "values", "a", "for"].contains(word));
    let led = before.is_some_and(|word| is_in(BY, word));
    match pieces.piece(at) {
        Some(Piece::Property(key)) if led => Some((at, key.clone())),
        _ => None,
    }
}

/// The value that the split is asked about.
fn value_of(pieces: &Pieces<'_>, key: &str) -> Option<(usize, String)> {
    let of_key =
        |piece: &Piece| matches!(piece, Piece::Condition(condition) if condition.key() == key && condition.is_exact());
    let found = pieces.places(of_key);
    let [at] = found[..] else { return None };
    match pieces.piece(at) {
        Some(Piece::Condition(condition)) => {
            let value = condition.filter.value.as_ref()?;
            Some((at, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        }
        _ => None,
    }
}

fn order(pieces: &mut Pieces<'_>) -> Option<Order> {
    let ordered = pieces.places(|piece| matches!(piece, Piece::Order(_)));
    if let [at] = ordered[..] {
        pieces.take(at);
        return match pieces.piece(at) {
            Some(Piece::Order(order)) => Some(*order),
            _ => None,
        };
    }
    let order = match (pieces.says(HIGHER), pieces.says(LOWER)) {
        (true, false) => Order::Most,
        (false, true) => Order::Least,
        _ => return None,
    };
    pieces.take_words(HIGHER);
    pieces.take_words(LOWER);
    Some(order)
}

/// The window; 14 days where none is named. Two that differ can't both hold.
pub(super) fn window(pieces: &mut Pieces<'_>) -> Result<(u32, Unit), Trouble> {
    let places = pieces.places(|piece| matches!(piece, Piece::Window { .. }));
    let mut windows = Vec::new();
    for at in places {
        if let Some(Piece::Window { count, unit, .. }) = pieces.piece(at) {
            windows.push((*count, *unit));
        }
        pieces.take(at);
    }
    windows.dedup();
    match windows[..] {
        [] => Ok((14, Unit::Day)),
        [window] => Ok(window),
        _ => Err(refuse("The question names two windows of time; please name one.")),
    }
}

fn measure(pieces: &mut Pieces<'_>, steps: &Steps, ranks: bool) -> Result<Measure, Trouble> {
    let stats = pieces.places(|piece| matches!(piece, Piece::Stat(_)));
    if let Some(at) = stats.first().copied() {
        let column = match pieces.piece(at) {
            Some(Piece::Stat(Stat::Average)) => "average_seconds",
            Some(Piece::Stat(Stat::Median)) => "median_seconds",
            _ => {
                return Err(refuse(
                    "Of the time between two steps I know the average and the median.",
                ));
            }
        };
        if stats.len() > 1 || steps.list.len() != 2 {
            return Err(refuse("I know the time between two steps; please name just two."));
        }
        pieces.take(at);
        pieces.take_all(|piece| matches!(piece, Piece::HowMany));
        return Ok(Measure::Time(column, time_unit(pieces)?));
    }
    let lost = pieces.says(LOST);
    let shares = pieces.has(|piece| matches!(piece, Piece::Share | Piece::Percent)) || pieces.says("rate rates");
    let counts = pieces.has(|piece| matches!(piece, Piece::HowMany));
    pieces.take_all(|piece| matches!(piece, Piece::Share | Piece::Percent | Piece::HowMany));
    if lost {
        pieces.take_words(LOST);
        if shares || !counts {
            return Err(refuse(
                "I count how many people were lost between two steps; please ask how many.",
            ));
        }
        return Ok(Measure::Lost);
    }
    if shares || ranks {
        return Ok(Measure::Share);
    }
    if counts {
        if !pieces.counts_people() && pieces.has(|piece| matches!(piece, Piece::Events | Piece::Sessions)) {
            return Err(refuse("A funnel counts people; please ask how many people."));
        }
        return Ok(Measure::Count);
    }
    if pieces.says("conversion") {
        return Ok(Measure::Share);
    }
    Err(refuse(
        "Say what you want of the funnel: how many people, what share, or how long it takes.",
    ))
}

/// The unit that a time is wanted in.
fn time_unit(pieces: &mut Pieces<'_>) -> Result<Unit, Trouble> {
    let units = [
        ("seconds second secs sec", Unit::Second),
        ("minutes minute mins min", Unit::Minute),
        ("hours hour hrs", Unit::Hour),
        ("days day", Unit::Day),
    ];
    let said: Vec<Unit> = units
        .iter()
        .filter(|(words, _)| pieces.says(words))
        .map(|(_, unit)| *unit)
        .collect();
    for (words, _) in units {
        pieces.take_words(words);
    }
    match said[..] {
        [unit] => Ok(unit),
        _ => Err(Trouble::Ask(Ask {
            question: "In which unit of time?".to_owned(),
            options: ["in seconds", "in minutes", "in hours", "in days"]
                .map(str::to_owned)
                .to_vec(),
            edit: Edit::Append,
        })),
    }
}

fn wanted(steps: &Steps, measure: Measure) -> Result<Wanted, Trouble> {
    let last = steps.list.len() - 1;
    let cell = |row: usize, column: &str| Wanted::Cell {
        row,
        column: column.to_owned(),
        format: None,
        named: true,
    };
    let (from, to) = match steps.again[..] {
        [] => (0, last),
        [only] => (0, only),
        [from, to] if from < to => (from, to),
        _ => return Err(refuse("I can't tell between which steps of the funnel you ask.")),
    };
    Ok(match measure {
        Measure::Share if from == 0 => cell(to, "conversion_rate"),
        Measure::Share if from + 1 == to => cell(to, "from_previous"),
        Measure::Share => {
            return Err(refuse(
                "I know the share of those who entered, and of those at the step before.",
            ));
        }
        Measure::Count => cell(to, "persons"),
        Measure::Lost => Wanted::Lost { from, to },
        Measure::Time(column, unit) => Wanted::Cell {
            row: to,
            column: column.to_owned(),
            format: match unit {
                Unit::Minute => Some("minutes"),
                Unit::Hour => Some("hours"),
                Unit::Day => Some("days"),
                _ => None,
            },
            named: true,
        },
    })
}

/// True where the period is said of the first step: "people who signed up in May".
fn is_about_first(pieces: &Pieces<'_>, steps: &Steps) -> bool {
    let spans = pieces.spans();
    let [first, second, ..] = &steps.list[..] else {
        return false;
    };
    let (Some((at, _)), true) = (spans.first(), first.at < second.at) else {
        return false;
    };
    first.at < *at && *at < second.at
}

/// A filter on the first step's time, and the range of all steps, for a period that ends before the data does: the
/// later steps may lie behind it where it is said of the first step.
fn ends(
    pieces: &Pieces<'_>,
    span: &Span,
    attached: bool,
    window: (u32, Unit),
) -> Result<(Option<PropertyFilter>, Option<Value>), Trouble> {
    let Some(to) = span.to else { return Ok((None, None)) };
    let last_day = pieces.calendar.data.map(|(_, last)| last);
    if last_day.is_none_or(|last| to >= midnight(last) + Duration::days(1)) || !span.is_whole_days() {
        return Ok((None, None));
    }
    if !attached {
        return Err(refuse(format!(
            "I can't tell whether the later steps may lie behind the period, within {} {}s of the first; say of which step \
             it is, as in \"people who signed up in May\".",
            window.0,
            window.1.name()
        )));
    }
    let filter = PropertyFilter {
        key: "timestamp".to_owned(),
        value: Some(json!(to.format("%Y-%m-%d").to_string())),
        operator: Operator::IsDateBefore,
        property_type: PropertyType::EventField,
        group_type_index: None,
        behavior: None,
    };
    let from = span
        .from
        .map_or_else(|| "all".to_owned(), |from| from.format("%Y-%m-%d").to_string());
    let end = last_day.map(|day| day.format("%Y-%m-%d").to_string());
    Ok((Some(filter), Some(json!({"date_from": from, "date_to": end}))))
}
