//! Sums, differences and ratios: whether the sentence names the rows and measures that they are of.

use std::collections::BTreeSet;

use super::binding::Ground;
use super::evaluation::{Evaluated, Linear, Shape};
use super::parts::Part;
use super::referencing::{self, Spot};
use super::rows;
use super::scan::Kind;
use super::turn::CellAt;
use super::{assign, differences, extremes};

/// A sum or a difference.
pub(super) fn check_linear(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    linear: &Linear,
    evaluated: &Evaluated,
) -> Result<(), String> {
    let cells = referencing::all_cells(linear);
    let table = one_table(&cells)?;
    check_measures(ground, spot, &cells)?;
    if linear.minus.is_empty() && is_whole_column(ground, &cells) {
        return extremes::whole(ground, spot, &cells);
    }
    for column in ground.turn.dimensions(table) {
        let (plus, minus) = (
            referencing::texts(ground, &linear.plus, column),
            referencing::texts(ground, &linear.minus, column),
        );
        let all: BTreeSet<String> = plus.union(&minus).cloned().collect();
        let extent = if linear.minus.is_empty() {
            Extent::Each
        } else {
            Extent::Ends
        };
        check_named(ground, spot, (table, column), &all, extent)?;
    }
    rows::foreign(ground, spot.sentence, spot.at, table)?;
    rows::period(ground, spot.sentence, spot.at, table)?;
    if linear.minus.is_empty() {
        Ok(())
    } else {
        differences::check_difference(ground, spot, linear, None, evaluated)
    }
}

pub(super) fn one_table(cells: &[CellAt]) -> Result<usize, String> {
    match cells.first() {
        Some(first) if cells.iter().all(|cell| cell.table == first.table) => Ok(first.table),
        _ => Err("it is of several results".to_owned()),
    }
}

/// True where the cells are all those of their column.
pub(super) fn is_whole_column(ground: &Ground<'_>, cells: &[CellAt]) -> bool {
    let rows: BTreeSet<usize> = cells.iter().map(|cell| cell.row).collect();
    let columns: BTreeSet<(usize, usize)> = cells.iter().map(|cell| (cell.table, cell.column)).collect();
    columns.len() == 1
        && rows.len() == cells.len()
        && cells.first().is_some_and(|cell| {
            rows.len() == ground.turn.table(cell.table).rows.len() && !ground.turn.is_cut(cell.table)
        })
}

/// What `from 17 to 24 May` means for a number.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Extent {
    /// All rows from the first to the last: a sum.
    Each,
    /// The first and the last: a difference.
    Ends,
}

/// The texts of a time column from one to another.
fn within(ground: &Ground<'_>, table: usize, column: usize, from: &[String], to: &[String]) -> BTreeSet<String> {
    let turn = ground.turn;
    let order = |texts: &[String]| {
        let cell = turn
            .cells_of(table, column)
            .into_iter()
            .find(|at| texts.contains(&turn.text(*at)));
        cell.and_then(|at| turn.moment(at)).map(|moment| moment.order())
    };
    let (from, to) = (order(from), order(to));
    let cells = turn.cells_of(table, column).into_iter();
    let inside = cells.filter(|at| {
        let own = turn.moment(*at).map(|moment| moment.order());
        from <= own && own <= to
    });
    inside.map(|at| turn.text(at)).collect()
}

/// The sentence must name just these rows, or name none after they were spoken of or asked for.
pub(super) fn check_named(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    (table, column): (usize, usize),
    wanted: &BTreeSet<String>,
    extent: Extent,
) -> Result<(), String> {
    let spoken = referencing::spoken(ground, spot, table, column);
    // "Chrome has 42 % of them, Firefox 31 %": each goes with its own row.
    if let (Some(text), 1, Extent::Each) = (wanted.first(), wanted.len(), extent)
        && spoken.len() > 1
        && spoken.iter().all(|mark| mark.part == Part::Subject)
        && rows::is_said_of(ground, spot.sentence, spot.at, (table, column), text)
    {
        return Ok(());
    }
    let shown: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let mut said = BTreeSet::new();
    for mark in &spoken {
        if mark.part == Part::Dropped {
            return Err(format!("the sentence excludes rows of {}", shown.join(" and ")));
        }
        let [value] = mark.values.as_slice() else {
            return Err("the sentence names something that is no row".to_owned());
        };
        said.insert(value.clone());
    }
    if let ([first, last], Extent::Each) = (spoken.as_slice(), extent)
        && ground.turn.is_time(table, column)
        && assign::is_span(spot.sentence, first.item, last.item)
    {
        said = within(ground, table, column, &first.values, &last.values);
    }
    let before = rows::spoken_before(ground, spot.earlier, table, column);
    let implied = said.is_subset(wanted)
        && before
            .as_ref()
            .is_some_and(|before| wanted.is_subset(&before.union(&said).cloned().collect()));
    let single = ground.turn.distinct(table, column).len() == 1;
    if said == *wanted
        || (implied && !(said.is_empty() && before.as_ref() != Some(wanted)))
        || (single && said.is_empty())
    {
        Ok(())
    } else {
        Err(format!(
            "the sentence does not say that it is about {}",
            shown.join(" and ")
        ))
    }
}

/// One measure must be the one that is named; several must all be named.
fn check_measures(ground: &Ground<'_>, spot: &Spot<'_>, cells: &[CellAt]) -> Result<(), String> {
    let titles: BTreeSet<&str> = cells.iter().map(|cell| ground.turn.title(*cell)).collect();
    if titles.len() <= 1 {
        return cells
            .first()
            .map_or(Ok(()), |cell| referencing::check_measure(ground, spot, *cell));
    }
    for cell in cells {
        if !is_mentioned(ground, spot, *cell) {
            return Err(format!("the sentence does not name {}", ground.turn.title(*cell)));
        }
    }
    Ok(())
}

/// True where the measure of a cell stands anywhere in the sentence.
pub(super) fn is_mentioned(ground: &Ground<'_>, spot: &Spot<'_>, cell: CellAt) -> bool {
    let sentence = spot.sentence;
    let title = ground.turn.title(cell).to_lowercase();
    (0..sentence.items.len()).any(|item| {
        (matches!(sentence.kind(item), Some(Kind::Measure(_))) && referencing::means(ground, sentence, item, cell))
            || (sentence.word(item) == "pages" && title == "page views")
    })
}

/// Anything else: every row and measure must be named.
pub(super) fn check_other(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let tables: BTreeSet<usize> = evaluated.cells.iter().map(|cell| cell.table).collect();
    for cell in &evaluated.cells {
        if !is_mentioned(ground, spot, *cell) {
            return Err(format!("the sentence does not name {}", ground.turn.title(*cell)));
        }
    }
    for table in tables {
        let cells: Vec<CellAt> = evaluated
            .cells
            .iter()
            .copied()
            .filter(|cell| cell.table == table)
            .collect();
        if !is_whole_column(ground, &cells) {
            for column in ground.turn.dimensions(table) {
                check_named(
                    ground,
                    spot,
                    (table, column),
                    &referencing::texts(ground, &cells, column),
                    Extent::Ends,
                )?;
            }
        }
        rows::foreign(ground, spot.sentence, spot.at, table)?;
        rows::period(ground, spot.sentence, spot.at, table)?;
    }
    Ok(())
}

/// The two cells of a difference, where it is of two.
pub(super) fn two_ends(linear: &Linear) -> Option<(CellAt, CellAt)> {
    match (linear.plus.as_slice(), linear.minus.as_slice()) {
        ([plus], [minus]) => Some((*plus, *minus)),
        _ => None,
    }
}

/// The difference within a reference, with what it is divided by.
pub(super) fn difference(shape: &Shape) -> Option<(&Linear, Option<&Linear>)> {
    match shape {
        Shape::Linear(linear) if !linear.minus.is_empty() => Some((linear, None)),
        Shape::Ratio { over, under } if !over.minus.is_empty() => Some((over, Some(under))),
        _ => None,
    }
}
