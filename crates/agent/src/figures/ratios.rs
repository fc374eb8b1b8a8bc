//! Ratios: a share of a whole, a change, a comparison of rows, one measure per another.

use std::collections::BTreeSet;

use super::binding::Ground;
use super::computed::{Extent, check_named, check_other, is_mentioned, is_whole_column, one_table};
use super::evaluation::{Evaluated, Linear};
use super::measures::{self, Tie};
use super::parts::Part;
use super::referencing::{self, Spot};
use super::scan::Kind;
use super::turn::CellAt;
use super::{differences, rows, surroundings};

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
        return differences::check_difference(ground, spot, over, Some(under), evaluated);
    }
    for column in ground.turn.dimensions(table) {
        check_ratio_column(ground, spot, over, under, table, column)?;
    }
    check_base(ground, spot, over, under, table)
}

fn check_ratio_measures(ground: &Ground<'_>, spot: &Spot<'_>, over: &Linear, under: &Linear) -> Result<(), String> {
    let title = |cell: &CellAt| ground.turn.title(*cell).to_lowercase();
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
        let foreign = matches!(spot.tie, Tie::Foreign(word) if word != "times");
        let filters = ground.filter_words(first.table);
        let qualified = spot
            .tie
            .item()
            .and_then(|item| measures::qualifier(sentence, item, &filters));
        return if number && !foreign && qualified.is_none() {
            Ok(())
        } else {
            Err(format!("it is of {}", title(first)))
        };
    }
    let direct = match spot.tie {
        Tie::Direct(item) => referencing::means(ground, sentence, *item, *first),
        Tie::Foreign(word) => word == "pages" && title(first) == "page views",
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
    // "Of the users in the cart, 50% went on to checkout": the whole first, after it the part.
    let starts = spot.sentence.word(spot.sentence.group_of(spot.at).start) == "of";
    let by_whole = match spoken.as_slice() {
        [whole, part] if starts && unmarked => {
            whole.item < spot.at
                && spot.at < part.item
                && base.len() == 1
                && own.len() == 1
                && base.iter().all(|text| whole.names(text))
                && own.iter().all(|text| part.names(text))
        }
        _ => false,
    };
    if by_words || by_order || by_whole {
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
