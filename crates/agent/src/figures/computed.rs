//! Sums, differences and ratios: whether the sentence names the rows and measures that they are of.

use std::collections::BTreeSet;

use hedgerow_data_api::Unit;

use super::binding::{Ground, Part};
use super::evaluation::{Evaluated, Linear, Shape};
use super::measures;
use super::referencing::{self, Spot};
use super::rows;
use super::scan::Kind;
use super::turn::CellAt;
use super::{assign, surroundings, words};

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
    if linear.minus.is_empty() {
        check_summable(ground, &cells)?;
        if is_whole_column(ground, &cells) {
            return referencing::whole(ground, spot, &cells);
        }
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
        words::check_difference(ground, spot, linear, None, evaluated)
    }
}

fn one_table(cells: &[CellAt]) -> Result<usize, String> {
    match cells.first() {
        Some(first) if cells.iter().all(|cell| cell.table == first.table) => Ok(first.table),
        _ => Err("it is of several results".to_owned()),
    }
}

/// People who come on two days are one person each day: daily numbers do not add up.
fn check_summable(ground: &Ground<'_>, cells: &[CellAt]) -> Result<(), String> {
    let people = cells.iter().any(|cell| ground.turn.unit(*cell) == Unit::Persons);
    let times = cells.iter().any(|cell| {
        let mut dimensions = ground.turn.dimensions(cell.table).into_iter();
        dimensions.any(|column| {
            ground.turn.is_time(cell.table, column) && referencing::texts(ground, cells, column).len() > 1
        })
    });
    if people && times {
        Err("unique visitors of several periods do not add up".to_owned())
    } else {
        Ok(())
    }
}

/// True where the cells are all those of their column.
fn is_whole_column(ground: &Ground<'_>, cells: &[CellAt]) -> bool {
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
enum Extent {
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
fn check_named(
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
    let titles: BTreeSet<&str> = cells
        .iter()
        .map(|cell| ground.turn.column(cell.table, cell.column).title.as_str())
        .collect();
    if titles.len() <= 1 {
        return cells
            .first()
            .map_or(Ok(()), |cell| referencing::check_measure(ground, spot, *cell));
    }
    for cell in cells {
        if !is_mentioned(ground, spot, *cell) {
            let title = &ground.turn.column(cell.table, cell.column).title;
            return Err(format!("the sentence does not name {title}"));
        }
    }
    Ok(())
}

/// True where the measure of a cell stands anywhere in the sentence.
fn is_mentioned(ground: &Ground<'_>, spot: &Spot<'_>, cell: CellAt) -> bool {
    let sentence = spot.sentence;
    let title = ground.turn.column(cell.table, cell.column).title.to_lowercase();
    (0..sentence.items.len()).any(|item| {
        (matches!(sentence.kind(item), Some(Kind::Measure(_))) && referencing::means(ground, sentence, item, cell))
            || (sentence.word(item) == "pages" && title == "page views")
    })
}

/// A ratio: a share of a whole, a change, a comparison of rows, or one measure per another.
pub(super) fn check_ratio(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    over: &Linear,
    under: &Linear,
    evaluated: &Evaluated,
) -> Result<(), String> {
    let cells = referencing::all_cells(over);
    let table = one_table(&cells)?;
    if !under.minus.is_empty() {
        return check_other(ground, spot, evaluated);
    }
    let compared = (spot.at + 1..=spot.at + 3).any(|next| surroundings::is_comparative(spot.sentence.word(next)));
    if over.minus.is_empty() && (compared || surroundings::follows_change(spot.sentence, spot.at)) {
        return Err("the sentence speaks of a difference, the reference is a ratio".to_owned());
    }
    check_ratio_measures(ground, spot, over, under)?;
    rows::foreign(ground, spot.sentence, spot.at, table)?;
    rows::period(ground, spot.sentence, spot.at, table)?;
    if under.plus.len() > 1 {
        check_summable(ground, &under.plus)?;
    }
    if !over.minus.is_empty() {
        for column in ground.turn.dimensions(table) {
            check_named(
                ground,
                spot,
                (table, column),
                &referencing::texts(ground, &cells, column),
                Extent::Ends,
            )?;
        }
        return words::check_difference(ground, spot, over, Some(under), evaluated);
    }
    if over.plus.len() > 1 {
        check_summable(ground, &over.plus)?;
    }
    for column in ground.turn.dimensions(table) {
        check_ratio_column(ground, spot, over, under, table, column)?;
    }
    check_base(ground, spot, over, under, table)
}

fn check_ratio_measures(ground: &Ground<'_>, spot: &Spot<'_>, over: &Linear, under: &Linear) -> Result<(), String> {
    let title = |cell: &CellAt| ground.turn.column(cell.table, cell.column).title.to_lowercase();
    let (Some(first), Some(base)) = (over.plus.first(), under.plus.first()) else {
        return Err("it has no cells".to_owned());
    };
    let over_cells = referencing::all_cells(over);
    if over_cells.iter().any(|cell| title(cell) != title(first))
        || under.plus.iter().any(|cell| title(cell) != title(base))
    {
        return Err("it mixes measures".to_owned());
    }
    let sentence = spot.sentence;
    let dividing = (0..sentence.items.len())
        .filter(|item| matches!(sentence.kind(*item), Some(Kind::Measure(_))) && measures::divides(sentence, *item));
    if title(first) == title(base) {
        if dividing.clone().next().is_some() {
            return Err("the sentence divides by another measure".to_owned());
        }
        let number = spot
            .tie
            .item()
            .is_none_or(|item| referencing::means(ground, sentence, item, *first));
        let foreign = matches!(spot.tie, measures::Tie::Foreign(word) if word != "times");
        return if number && !foreign {
            Ok(())
        } else {
            Err(format!("it is of {}", title(first)))
        };
    }
    let direct = match spot.tie {
        measures::Tie::Direct(item) => referencing::means(ground, sentence, *item, *first),
        measures::Tie::Foreign(word) => word == "pages" && title(first) == "page views",
        _ => true,
    };
    let divided = dividing.clone().all(|item| {
        referencing::means(ground, sentence, item, *base) || referencing::means(ground, sentence, item, *first)
    });
    let inverted = dividing.clone().next().is_some()
        && !dividing
            .clone()
            .any(|item| referencing::means(ground, sentence, item, *base));
    if direct && divided && !inverted && is_mentioned(ground, spot, *first) && is_mentioned(ground, spot, *base) {
        Ok(())
    } else {
        Err(format!("it is {} per {}", title(first), title(base)))
    }
}

/// The rows of numerator and denominator against the labels of the sentence.
fn check_ratio_column(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    over: &Linear,
    under: &Linear,
    table: usize,
    column: usize,
) -> Result<(), String> {
    let own = referencing::texts(ground, &over.plus, column);
    let base: BTreeSet<String> = if under.plus.iter().all(|cell| cell.table == table) {
        referencing::texts(ground, &under.plus, column)
    } else {
        own.clone()
    };
    let total = is_whole_column(ground, &under.plus);
    if base == own || total || is_whole_within(ground, spot, under, table, column) {
        return check_named(ground, spot, (table, column), &own, Extent::Each);
    }
    let spoken = referencing::spoken(ground, spot, table, column);
    let order: Vec<String> = spoken
        .iter()
        .filter(|mark| mark.part != Part::Dropped)
        .filter_map(|mark| mark.values.first().cloned())
        .collect();
    let (subjects, comparands) = (
        referencing::named(&spoken, Part::Subject),
        referencing::named(&spoken, Part::Comparand),
    );
    let by_words = subjects.as_ref() == Some(&own) && comparands.as_ref() == Some(&base);
    let unmarked =
        comparands.as_ref().is_some_and(BTreeSet::is_empty) && spoken.iter().all(|mark| mark.values.len() == 1);
    let by_order = unmarked
        && order.len() == 2
        && own.contains(&order[0])
        && base.contains(&order[1])
        && own.len() == 1
        && base.len() == 1;
    if by_words || by_order {
        Ok(())
    } else {
        let shown = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>().join(" and ");
        Err(format!(
            "it divides {} by {}, which the sentence does not say",
            shown(&own),
            shown(&base)
        ))
    }
}

/// True where the denominator has all rows of the column that share its other labels, and these
/// are said: `of the sessions on 19 May` over all devices.
fn is_whole_within(ground: &Ground<'_>, spot: &Spot<'_>, under: &Linear, table: usize, column: usize) -> bool {
    let turn = ground.turn;
    let others: Vec<usize> = turn
        .dimensions(table)
        .into_iter()
        .filter(|other| *other != column)
        .collect();
    let Some(first) = under.plus.first().filter(|first| first.table == table) else {
        return false;
    };
    let shares = |row: usize| {
        others.iter().all(|other| {
            turn.text(CellAt {
                table,
                row,
                column: *other,
            }) == turn.text(CellAt {
                column: *other,
                ..*first
            })
        })
    };
    let wanted: BTreeSet<usize> = (0..turn.table(table).rows.len()).filter(|row| shares(*row)).collect();
    let has: BTreeSet<usize> = under
        .plus
        .iter()
        .filter(|cell| cell.table == table && cell.column == first.column)
        .map(|cell| cell.row)
        .collect();
    let named = others.iter().all(|other| {
        check_named(
            ground,
            spot,
            (table, *other),
            &BTreeSet::from([turn.text(CellAt {
                column: *other,
                ..*first
            })]),
            Extent::Each,
        )
        .is_ok()
    });
    has.len() > 1 && has.len() == under.plus.len() && has == wanted && named && !turn.is_cut(table)
}

/// A denominator from another result must be a total, or of the same rows.
fn check_base(ground: &Ground<'_>, spot: &Spot<'_>, over: &Linear, under: &Linear, table: usize) -> Result<(), String> {
    let turn = ground.turn;
    for cell in under.plus.iter().filter(|cell| cell.table != table) {
        if is_whole_column(ground, &under.plus) {
            continue;
        }
        for column in turn.dimensions(cell.table) {
            let text = turn.text(CellAt { column, ..*cell });
            let same = over.plus.iter().all(|own| {
                turn.dimensions(table)
                    .into_iter()
                    .any(|other| turn.text(CellAt { column: other, ..*own }) == text)
            });
            if !same {
                check_named(
                    ground,
                    spot,
                    (cell.table, column),
                    &BTreeSet::from([text]),
                    Extent::Each,
                )?;
            }
        }
    }
    Ok(())
}

/// Anything else: every row and measure must be named.
pub(super) fn check_other(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let tables: BTreeSet<usize> = evaluated.cells.iter().map(|cell| cell.table).collect();
    for cell in &evaluated.cells {
        if !is_mentioned(ground, spot, *cell) {
            return Err(format!("the sentence does not name {}", turn_title(ground, *cell)));
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

fn turn_title(ground: &Ground<'_>, cell: CellAt) -> String {
    ground.turn.column(cell.table, cell.column).title.clone()
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
