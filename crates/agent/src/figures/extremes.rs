//! References to a whole column: its greatest, its least, its mean, its sum.

use chrono::NaiveDate;

use super::assign;
use super::binding::{self, Ground, LabelMark};
use super::evaluation::Evaluated;
use super::rank_words;
use super::referencing::{Spot, check_measure, spoken};
use super::rows::{self, Strictness};
use super::turn::CellAt;

pub(super) fn check_extreme(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    greatest: bool,
    cells: &[CellAt],
) -> Result<(), String> {
    let Some(cell) = cells.first() else {
        return Err("it has no cells".to_owned());
    };
    check_measure(ground, spot, *cell)?;
    let group = spot.sentence.group_of(spot.at);
    let said = group
        .clone()
        .any(|item| rank_words::direction_of(spot.sentence.word(item)) == Some(greatest));
    if !said {
        let extreme = if greatest { "greatest" } else { "least" };
        return Err(format!("the sentence does not say that it is the {extreme}"));
    }
    let named = ground.turn.dimensions(cell.table).into_iter().any(|column| {
        let marks = binding::marks(ground, spot.sentence, cell.table, Some(column));
        marks.iter().any(|mark| group.contains(&mark.item))
    });
    if named {
        let [cell] = cells else {
            return Err("several rows have that value".to_owned());
        };
        return rows::fits(
            ground,
            spot.sentence,
            spot.at,
            *cell,
            Strictness::Reference(spot.earlier),
        );
    }
    rows::foreign(ground, spot.sentence, spot.at, cell.table)?;
    rows::period(ground, spot.sentence, spot.at, cell.table)
}

pub(super) fn check_average(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let Some(cell) = evaluated.cells.first() else {
        return Err("it has no cells".to_owned());
    };
    check_measure(ground, spot, *cell)?;
    let said = |word: &str| {
        matches!(
            word,
            "average" | "averaged" | "averages" | "mean" | "per" | "typical" | "typically" | "daily" | "hourly"
        )
    };
    if !spot
        .sentence
        .group_of(spot.at)
        .any(|item| said(spot.sentence.word(item)))
    {
        return Err("the sentence does not say that it is an average".to_owned());
    }
    whole(ground, spot, &evaluated.cells)
}

/// Checks that the sentence narrows the rows of a whole column down to none of them.
pub(super) fn whole(ground: &Ground<'_>, spot: &Spot<'_>, cells: &[CellAt]) -> Result<(), String> {
    let Some(cell) = cells.first() else {
        return Err("it has no cells".to_owned());
    };
    for column in ground.turn.dimensions(cell.table) {
        let spoken = spoken(ground, spot, cell.table, column);
        if !spoken.is_empty() && !covers_all(ground, spot, cell.table, column, &spoken) {
            return Err("the sentence speaks of some rows, the reference is to all of them".to_owned());
        }
    }
    rows::foreign(ground, spot.sentence, spot.at, cell.table)?;
    rows::period(ground, spot.sentence, spot.at, cell.table)
}

/// True for `from 17 to 24 May` where these are the first and the last of the column.
fn covers_all(ground: &Ground<'_>, spot: &Spot<'_>, table: usize, column: usize, spoken: &[LabelMark]) -> bool {
    let turn = ground.turn;
    let [first, last] = spoken else { return false };
    let days: Vec<NaiveDate> = turn
        .cells_of(table, column)
        .into_iter()
        .filter_map(|at| turn.moment(at))
        .map(|moment| moment.day)
        .collect();
    let day = |mark: &LabelMark| match mark.values.as_slice() {
        [value] => turn
            .cells_of(table, column)
            .into_iter()
            .find(|at| turn.text(*at) == *value)
            .and_then(|at| turn.moment(at)),
        _ => None,
    };
    assign::is_span(spot.sentence, first.item, last.item)
        && day(first).map(|moment| moment.day) == days.iter().min().copied()
        && day(last).map(|moment| moment.day) == days.iter().max().copied()
}
