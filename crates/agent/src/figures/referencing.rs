//! Whether the sentence around a reference contradicts the cells it evaluates to.

use std::collections::BTreeSet;

use hedgerow_data_api::Unit;

use super::binding::{Ground, LabelMark};
use super::clauses::Sentence;
use super::evaluation::{Evaluated, Linear, Shape};
use super::measures::{self, Tie};
use super::parts::Part;
use super::rows::{self, Strictness};
use super::scan::Kind;
use super::turn::CellAt;
use super::{
    binding, computed, counts, extremes, nouns, outsiders, ranks, ratios, restrictions, series, surroundings,
    vocabulary,
};

/// A reference in its sentence.
pub(super) struct Spot<'s> {
    pub(super) sentence: &'s Sentence,
    /// The sentences before it.
    pub(super) earlier: &'s [Sentence],
    /// The item of the reference.
    pub(super) at: usize,
    pub(super) tie: &'s Tie,
}

/// Checks the words around a reference. The error is the reason.
pub(super) fn check(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    if let Shape::Name(_) = evaluated.shape {
        return check_name(spot);
    }
    let focus = binding::measures_of(&counted(evaluated));
    let ground = &Ground {
        focus: &focus,
        ..*ground
    };
    check_surroundings(ground, spot, evaluated)?;
    series::check(ground, spot, evaluated)?;
    match &evaluated.shape {
        Shape::Linear(linear) => match linear.single() {
            Some(cell) => check_cell(ground, spot, cell),
            None => computed::check_linear(ground, spot, linear, evaluated),
        },
        Shape::Ratio { over, under } => ratios::check_ratio(ground, spot, over, under, evaluated),
        Shape::Extreme { greatest, cells } => extremes::check_extreme(ground, spot, *greatest, cells),
        Shape::Average => extremes::check_average(ground, spot, evaluated),
        Shape::Count(table) => counts::check(ground, spot, *table),
        Shape::Other => computed::check_other(ground, spot, evaluated),
        Shape::Name(_) => Ok(()),
    }
}

/// The cells whose filters the sentence may speak of: of a share those of the part.
pub(super) fn counted(evaluated: &Evaluated) -> Vec<CellAt> {
    match &evaluated.shape {
        Shape::Ratio { over, .. } => all_cells(over),
        _ => evaluated.cells.clone(),
    }
}

/// A name is right unless the sentence denies it; words of rank beside it are checked by themselves.
fn check_name(spot: &Spot<'_>) -> Result<(), String> {
    let before = spot.sentence.word_before(spot.at, 1);
    if vocabulary::is_negation(before) {
        Err("the sentence denies it".to_owned())
    } else {
        Ok(())
    }
}

fn check_surroundings(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let (sentence, at) = (spot.sentence, spot.at);
    if surroundings::is_uncertain(sentence, at) {
        return Err("the sentence does not state it as a fact".to_owned());
    }
    if surroundings::is_denied(ground, sentence, at) {
        return Err("the sentence denies it".to_owned());
    }
    if surroundings::is_misstated(sentence, at) {
        return Err("the value is exact".to_owned());
    }
    check_unit(spot, evaluated)?;
    for table in tables(&evaluated.cells) {
        if let Some(word) = restrictions::restriction(ground, sentence, at, table) {
            return Err(format!("the result does not tell apart what `{word}` says"));
        }
    }
    match outsiders::outsider(ground, sentence, at, &evaluated.cells) {
        Some(name) => Err(format!("the result does not tell apart what `{name}` says")),
        None => Ok(()),
    }
}

fn tables(cells: &[CellAt]) -> BTreeSet<usize> {
    cells.iter().map(|cell| cell.table).collect()
}

/// A currency, a multiplier or a percent sign beside the reference.
fn check_unit(spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let (sentence, at) = (spot.sentence, spot.at);
    let currency = |kind: Option<&Kind>| matches!(kind, Some(Kind::Mark('$' | '€' | '£' | '¥')));
    if currency(sentence.kind_before(at, 1)) || currency(sentence.kind(at + 1)) {
        return Err("no result is in money".to_owned());
    }
    let next = sentence.word(at + 1);
    let percent = next == "percent" || matches!(sentence.kind(at + 1), Some(Kind::Mark('%')));
    if percent && evaluated.unit != Unit::Percent {
        return Err("it is not a percentage; write `| percent` after a ratio".to_owned());
    }
    let adjacent = sentence.items.get(at + 1).is_some_and(|item| !item.spaced);
    let glued = adjacent && matches!(sentence.kind(at + 1), Some(Kind::Version | Kind::Literal(_)));
    let times = next == "times" || next == "x";
    let ratio = matches!(evaluated.shape, Shape::Ratio { .. }) && evaluated.unit == Unit::None;
    let points = matches!(next, "points" | "pp" | "percentage")
        && evaluated.unit == Unit::Percent
        && matches!(&evaluated.shape, Shape::Linear(linear) if !linear.minus.is_empty());
    let spans =
        matches!(next, "days" | "hours" | "weeks" | "months" | "day") && matches!(evaluated.shape, Shape::Count(_));
    // "viewed 893 times" counts; "1.35 times the visitors" compares.
    let counted =
        times && !matches!(sentence.word(at + 2), "the" | "as" | "more" | "that") && evaluated.unit == Unit::Events;
    let turned = evaluated.span == Some(next);
    let allowed = (times && ratio) || spans || counted || points || turned;
    if glued || (vocabulary::is_foreign_unit(next) && !allowed) {
        return Err(format!("its unit is not `{next}`"));
    }
    Ok(())
}

fn check_cell(ground: &Ground<'_>, spot: &Spot<'_>, cell: CellAt) -> Result<(), String> {
    check_measure(ground, spot, cell)?;
    let compared = (spot.at + 1..=spot.at + 2).any(|next| surroundings::is_comparative(spot.sentence.word(next)));
    if compared || surroundings::follows_change(spot.sentence, spot.at) {
        return Err("the sentence speaks of a difference, the reference is to one cell".to_owned());
    }
    let next = usize::from(matches!(spot.sentence.kind(spot.at + 1), Some(Kind::Measure(_))));
    let computed = |item: usize| {
        let word = spot.sentence.word(item);
        matches!(word, "average" | "mean" | "median" | "together" | "combined")
            && !nouns::is_own_word(ground, cell, word)
    };
    if spot.sentence.clause_of(spot.at).any(computed)
        || surroundings::is_rate(ground, spot.sentence, spot.at + 1 + next)
    {
        return Err("the sentence speaks of a computed number, the reference is to one cell".to_owned());
    }
    if is_ranked(ground, spot, cell) {
        rows::foreign(ground, spot.sentence, spot.at, cell.table)?;
        return rows::period(ground, spot.sentence, spot.at, cell.table);
    }
    rows::fits(
        ground,
        spot.sentence,
        spot.at,
        cell,
        Strictness::Reference(spot.earlier),
    )
}

/// True where no label but a word of rank names the row: `the busiest day had {{...}}`.
fn is_ranked(ground: &Ground<'_>, spot: &Spot<'_>, cell: CellAt) -> bool {
    let turn = ground.turn;
    let group = spot.sentence.group_of(spot.at);
    let mut dimensions = turn.dimensions(cell.table).into_iter();
    let unnamed = dimensions.all(|column| {
        let marks = binding::marks(ground, spot.sentence, cell.table, Some(column));
        marks.iter().all(|mark| !group.contains(&mark.item))
    });
    unnamed
        && group
            .clone()
            .any(|word| ranks::holds_for(ground, spot.sentence, word, cell))
}

/// The measure that the sentence names must be the cell's.
pub(super) fn check_measure(ground: &Ground<'_>, spot: &Spot<'_>, cell: CellAt) -> Result<(), String> {
    let sentence = spot.sentence;
    let title = ground.turn.title(cell);
    if ground.turn.is_plain(cell) && !nouns::names_plain(ground, sentence, spot.at, spot.tie, cell) {
        return Err(format!("the sentence does not say that it counts {title}"));
    }
    let item = match spot.tie {
        Tie::Direct(item) | Tie::Near(item) => *item,
        Tie::Nothing => return Ok(()),
        Tie::Foreign(_) if ground.turn.is_plain(cell) => return Ok(()),
        Tie::Foreign(word) if is_soft_noun(word, ground.turn.unit(cell), title) => return Ok(()),
        Tie::Foreign(word) => return Err(format!("the cell counts {title}, not `{word}`")),
        Tie::Unclear => {
            let any = measures::usable(sentence)
                .into_iter()
                .any(|item| means(ground, sentence, item, cell));
            return if any {
                Ok(())
            } else {
                Err(format!("the cell counts {title}"))
            };
        }
    };
    if let Some(word) = measures::qualifier(sentence, item, &ground.filter_words(cell.table)) {
        return Err(format!("the result does not tell apart what `{word}` says"));
    }
    if let Some(noun) = nouns::modified(ground, sentence, spot.tie, cell) {
        return Err(format!("the cell counts {title}, not `{noun}`"));
    }
    // "6.7% of visitors" is a share, "6.7% visitors" is nothing.
    let bare = matches!(spot.tie, Tie::Direct(_))
        && ground.turn.unit(cell) == Unit::Percent
        && !is_column(sentence, item, cell)
        && (spot.at + 1..item).all(|between| sentence.word(between) != "of");
    if (means(ground, sentence, item, cell) || ground.turn.is_plain(cell)) && !bare {
        Ok(())
    } else {
        Err(format!("the cell counts {title}"))
    }
}

fn is_column(sentence: &Sentence, item: usize, cell: CellAt) -> bool {
    let columns = measures::columns(sentence, item);
    columns
        .iter()
        .any(|measured| measured.table == cell.table && measured.column == cell.column)
}

/// True where a measure item can mean the cell's column.
pub(super) fn means(ground: &Ground<'_>, sentence: &Sentence, item: usize, cell: CellAt) -> bool {
    let Some(Kind::Measure(measure)) = sentence.kind(item) else {
        return false;
    };
    let columns = &measure.columns;
    if is_column(sentence, item, cell) {
        return true;
    }
    // "61.4 % of visitors" is said of the share of visitors.
    let column = ground.turn.column(cell.table, cell.column);
    let titles = columns.iter().map(|measured| {
        ground
            .turn
            .column(measured.table, measured.column)
            .measure_title()
            .to_lowercase()
    });
    let titles = titles.chain(std::iter::once(measure.phrase.clone()));
    let title = column.measure_title().to_lowercase();
    let part = |other: &str| {
        other
            .split_whitespace()
            .all(|word| title.split_whitespace().any(|own| own == word))
    };
    let last = |other: &str| {
        other
            .split_whitespace()
            .last()
            .is_some_and(|word| title.split_whitespace().any(|own| own == word))
    };
    column.unit == Unit::Percent && titles.into_iter().any(|other| part(&other) || last(&other))
}

/// Nouns by which people speak of what a unit counts.
fn is_soft_noun(word: &str, unit: Unit, title: &str) -> bool {
    let views = matches!(word, "pages" | "page" | "loads");
    let calls = matches!(
        word,
        "responses" | "answers" | "lines" | "entries" | "calls" | "records"
    );
    match unit {
        Unit::Events if title.eq_ignore_ascii_case("page views") => views || word == "times",
        Unit::Events => calls || word == "times",
        Unit::Persons => matches!(word, "readers" | "individuals" | "clients"),
        _ => false,
    }
}

/// The labels of a column in the group of the reference.
pub(super) fn spoken(ground: &Ground<'_>, spot: &Spot<'_>, table: usize, column: usize) -> Vec<LabelMark> {
    let group = spot.sentence.group_of(spot.at);
    let marks = binding::marks(ground, spot.sentence, table, Some(column));
    marks.into_iter().filter(|mark| group.contains(&mark.item)).collect()
}

/// The texts that the labels name, by the part they play; `None` where one names no row.
pub(super) fn named(spoken: &[LabelMark], part: Part) -> Option<BTreeSet<String>> {
    let mut texts = BTreeSet::new();
    for mark in spoken.iter().filter(|mark| mark.part == part) {
        let [value] = mark.values.as_slice() else { return None };
        texts.insert(value.clone());
    }
    Some(texts)
}

/// The texts of a column in the rows of cells.
pub(super) fn texts(ground: &Ground<'_>, cells: &[CellAt], column: usize) -> BTreeSet<String> {
    cells
        .iter()
        .map(|cell| ground.turn.text(CellAt { column, ..*cell }))
        .collect()
}

/// All cells of a linear part.
pub(super) fn all_cells(linear: &Linear) -> Vec<CellAt> {
    [linear.plus.as_slice(), linear.minus.as_slice()].concat()
}
