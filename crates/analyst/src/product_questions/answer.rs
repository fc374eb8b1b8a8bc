//! Answers from the result of a plan's query: short sentences in which every number is a reference.

use hedgerow_agent_api::{ModelReply, Outcome};

use super::plan::{Plan, Wanted};
use crate::intent::Order;
use crate::refusal;
use crate::results::Shown;

/// How an empty cell reads.
const EMPTY: [&str; 3] = ["none", "null", ""];

/// The answer to a plan.
pub(super) fn answer(plan: &Plan, shown: &Shown) -> ModelReply {
    let sentence = match &plan.wanted {
        Wanted::Cell {
            row,
            column,
            format,
            named,
        } => cell(shown, *row, column, *format, *named),
        Wanted::Only { column } => only(shown, column.as_deref()),
        Wanted::Lost { from, to } => lost(shown, *from, *to),
        Wanted::Mean => mean(shown),
        Wanted::OfValue { value, step, column } => of_value(shown, value, *step, column),
        Wanted::BestValue { step, steps, order } => best_value(shown, *step, *steps, *order),
        Wanted::Top { order } => top(shown, *order),
        Wanted::Next => next(shown),
    };
    match sentence {
        Ok((sentence, headline)) => {
            let mut text = sentence;
            for said in &plan.said {
                text.push_str(&format!(" {said}."));
            }
            text.push_str(" Times are UTC.");
            for note in &plan.notes {
                text.push_str(&format!(" Note: {note}."));
            }
            ModelReply {
                text,
                outcome: Outcome::Answered,
                headline: Some(headline),
                ..ModelReply::default()
            }
        }
        Err(reason) => refusal::reply(&reason),
    }
}

/// A sentence with the reference that answers, or why there is none.
type Sentence = Result<(String, String), String>;

/// The words of a column's name: `median_seconds` is "median seconds".
fn words(column: &str) -> String {
    column.replace('_', " ")
}

fn value<'s>(shown: &'s Shown, row: usize, column: &str) -> Option<&'s str> {
    let place = shown.columns.iter().position(|name| name == column)?;
    let cell = shown.rows.get(row)?.get(place)?;
    (!EMPTY.contains(&cell.as_str())).then_some(cell.as_str())
}

fn missing(column: &str) -> String {
    format!(
        "There is no {} there: nobody got that far, or the time has not come yet.",
        words(column)
    )
}

fn cell(shown: &Shown, row: usize, column: &str, format: Option<&str>, named: bool) -> Sentence {
    value(shown, row, column).ok_or_else(|| missing(column))?;
    let cell = shown.cell(row, column);
    let headline = format.map_or_else(|| cell.clone(), |format| format!("{cell} | {format}"));
    let label = shown.columns.first().filter(|_| named && shown.columns.len() > 1);
    let name = label.map_or_else(String::new, |label| format!("{{{{{}}}}}: ", shown.cell(row, label)));
    let sentence = match (column.ends_with("_seconds"), format) {
        (true, Some(format)) => format!("{name}{} turned into {format}: {{{{{headline}}}}}.", words(column)),
        (true, None) => format!("{name}{}: {{{{{headline}}}}}.", words(column)),
        _ if column == "persons" => format!("{name}{{{{{headline}}}}} persons."),
        _ => format!("{name}{{{{{headline}}}}}."),
    };
    Ok((sentence, headline))
}

/// The cell of a column of the only row; of the last column where none is named.
fn only(shown: &Shown, column: Option<&str>) -> Sentence {
    let column = column.unwrap_or_else(|| shown.measure());
    if shown.rows.len() != 1 {
        return Err("No event meets this.".to_owned());
    }
    value(shown, 0, column).ok_or_else(|| missing(column))?;
    let headline = shown.cell(0, column);
    Ok((format!("{}: {{{{{headline}}}}}.", capital(&words(column))), headline))
}

fn lost(shown: &Shown, from: usize, to: usize) -> Sentence {
    for row in [from, to] {
        value(shown, row, "persons").ok_or_else(|| missing("persons"))?;
    }
    let step = |row: usize| format!("{{{{{}}}}}", shown.cell(row, "step"));
    let headline = format!("{} - {}", shown.cell(from, "persons"), shown.cell(to, "persons"));
    let sentence = format!("Between {} and {}: {{{{{headline}}}}} persons.", step(from), step(to));
    Ok((sentence, headline))
}

fn mean(shown: &Shown) -> Sentence {
    if shown.rows.is_empty() {
        return Err("No event meets this.".to_owned());
    }
    let headline = format!("avg({}.{})", shown.handle, shown.measure());
    Ok((
        format!("On average {{{{{headline}}}}} {} a day.", words(shown.measure())),
        headline,
    ))
}

/// Rows of a value at a step: the rows of one value follow each other, one a step.
fn of_value(shown: &Shown, wanted: &str, step: usize, column: &str) -> Sentence {
    let of_value = |row: &&Vec<String>| row.first().is_some_and(|value| value == wanted);
    let first = shown.rows.iter().position(|row| of_value(&row));
    let row = first
        .map(|first| first + step)
        .filter(|row| shown.rows.get(*row).as_ref().is_some_and(of_value));
    let Some(row) = row else {
        return Err(format!("No one with {wanted} began."));
    };
    value(shown, row, column).ok_or_else(|| missing(column))?;
    let headline = shown.cell(row, column);
    let names = shown
        .columns
        .iter()
        .take(2)
        .map(|name| format!("{{{{{}}}}}", shown.cell(row, name)));
    let names: Vec<String> = names.collect();
    Ok((format!("{}: {{{{{headline}}}}}.", names.join(", ")), headline))
}

fn best_value(shown: &Shown, step: usize, steps: usize, order: Order) -> Sentence {
    let rates: Vec<(usize, f64)> = (0..shown.rows.len())
        .filter(|row| row % steps == step)
        .filter(|row| shown.rows[*row].first().is_some_and(|name| name != "None"))
        .filter_map(|row| Some((row, value(shown, row, "conversion_rate")?.parse::<f64>().ok()?)))
        .collect();
    if shown.has_other
        || shown
            .rows
            .iter()
            .any(|row| row.first().is_some_and(|name| name == "Other"))
    {
        return Err("There are too many values to say which one is best.".to_owned());
    }
    let better = |one: f64, other: f64| if order == Order::Most { one > other } else { one < other };
    let best = rates
        .iter()
        .copied()
        .reduce(|best, one| if better(one.1, best.1) { one } else { best });
    let Some((row, rate)) = best else {
        return Err("No event that meets this has a value.".to_owned());
    };
    if rates
        .iter()
        .any(|(other, same)| *other != row && (same - rate).abs() <= 0.0)
    {
        return Err("Several values are level, so that none is the one.".to_owned());
    }
    let label = shown.columns.first().map_or("", String::as_str);
    let headline = shown.cell(row, label);
    let number = shown.cell(row, "conversion_rate");
    let step = shown.cell(row, "step");
    Ok((
        format!("{{{{{headline}}}}}, {{{{{step}}}}}: {{{{{number}}}}}."),
        headline,
    ))
}

fn top(shown: &Shown, order: Order) -> Sentence {
    let extreme = if order == Order::Most {
        &shown.highest
    } else {
        &shown.lowest
    };
    if order == Order::Least && shown.has_other {
        return Err("There are too many values to say which comes last.".to_owned());
    }
    let single = shown.rows.len() == 1;
    if shown.rows.is_empty() || (extreme.rows.is_empty() && !single) {
        return Err("No event that meets this has a value.".to_owned());
    }
    if extreme.count > 1 {
        return Err("Several values are level, so that none is the one.".to_owned());
    }
    let row = extreme.rows.first().copied().unwrap_or_default();
    let label = shown.columns.first().map_or("", String::as_str);
    let headline = shown.cell(row, label);
    let number = shown.cell(row, shown.measure());
    Ok((
        format!("{{{{{headline}}}}}: {{{{{number}}}}} {}.", words(shown.measure())),
        headline,
    ))
}

/// The first row has the most sessions.
fn next(shown: &Shown) -> Sentence {
    if shown.rows.is_empty() {
        return Err("Nothing comes next: no session goes on from there.".to_owned());
    }
    let level = shown.rows.len() > 1
        && value(shown, 0, "sessions").is_some()
        && value(shown, 0, "sessions") == value(shown, 1, "sessions");
    if level {
        return Err("Several are level, so that none comes most often.".to_owned());
    }
    let headline = shown.cell(0, "target");
    let (source, number) = (shown.cell(0, "source"), shown.cell(0, "sessions"));
    Ok((
        format!("{{{{{source}}}}}, {{{{{headline}}}}}: {{{{{number}}}}} sessions."),
        headline,
    ))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
