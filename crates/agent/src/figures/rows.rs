//! Whether a sentence names the row that a cell is in.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::assign::{self, Mark, Target};
use super::binding::{self, Ground, LabelMark};
use super::clauses::Sentence;
use super::parts::Part;
use super::scan::Kind;
use super::turn::{CellAt, Turn};

/// How much a sentence must say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Strictness<'s> {
    /// A literal: the whole label stands in the sentence.
    Literal,
    /// A reference: nothing contradicts it; the label may stand in an earlier sentence.
    Reference(&'s [Sentence]),
}

/// True where the columns have the same meaning for a sentence: one row without labels.
pub(super) fn is_total(turn: &Turn<'_>, table: usize) -> bool {
    turn.dimensions(table).is_empty() && turn.table(table).rows.len() == 1
}

/// Checks that the number is said of the cell's row. The error is the reason.
pub(super) fn fits(
    ground: &Ground<'_>,
    sentence: &Sentence,
    number: usize,
    cell: CellAt,
    strictness: Strictness<'_>,
) -> Result<(), String> {
    let turn = ground.turn;
    let dimensions = turn.dimensions(cell.table);
    for column in &dimensions {
        fits_column(ground, sentence, number, cell, *column, strictness)?;
    }
    if dimensions.is_empty() && !is_total(turn, cell.table) {
        return Err("the rows of its result have no names".to_owned());
    }
    foreign(ground, sentence, number, cell.table)?;
    period(ground, sentence, number, cell.table)
}

/// Names that are no rows of the table must not reach the number.
pub(super) fn foreign(ground: &Ground<'_>, sentence: &Sentence, number: usize, table: usize) -> Result<(), String> {
    let turn = ground.turn;
    let named = turn
        .dimensions(table)
        .into_iter()
        .any(|column| !turn.is_time(table, column));
    if named || is_part_of_total(sentence, number) {
        return Ok(());
    }
    let numbers = binding::numbers(ground, sentence);
    let (labels, targets) = binding::targets(ground, sentence, table, None, &numbers);
    let group = sentence.group_of(number);
    let excluded = labels
        .iter()
        .any(|mark| mark.part == Part::Dropped && group.contains(&mark.item));
    match targets.get(&number) {
        None | Some(Target::Nothing) if !excluded => Ok(()),
        _ => Err("the sentence is about something that its result does not tell apart".to_owned()),
    }
}

/// `of the 2,876 unique visitors`: the whole, whatever the subject is.
fn is_part_of_total(sentence: &Sentence, number: usize) -> bool {
    let (before, earlier) = (sentence.word_before(number, 1), sentence.word_before(number, 2));
    before == "of" || (earlier == "of" && matches!(before, "the" | "all" | "our"))
}

/// `12 of the 40`, `Of 40, 12`: the number that another one is a part of.
pub(super) fn is_base(sentence: &Sentence, number: usize) -> bool {
    let back = if sentence.word_before(number, 1) == "of" { 1 } else { 2 };
    let leads = number == sentence.group_of(number).start + back;
    let follows = number
        .checked_sub(back + 1)
        .is_some_and(|before| sentence.is_number(before));
    is_part_of_total(sentence, number) && (leads || follows)
}

/// A date must be that of the result, where the result has no times of its own.
pub(super) fn period(ground: &Ground<'_>, sentence: &Sentence, number: usize, table: usize) -> Result<(), String> {
    let turn = ground.turn;
    if turn
        .dimensions(table)
        .into_iter()
        .any(|column| turn.is_time(table, column))
    {
        return Ok(());
    }
    let dates = (0..sentence.items.len()).filter(|at| matches!(sentence.kind(*at), Some(Kind::Date(_))));
    let marks: Vec<Mark> = dates
        .map(|item| Mark {
            item,
            key: format!("{:?}", sentence.kind(item)),
        })
        .collect();
    if marks.is_empty() {
        return Ok(());
    }
    let numbers = binding::numbers(ground, sentence);
    let targets = assign::assign(sentence, &marks, &numbers);
    let span = match marks.as_slice() {
        [first, last] if assign::is_span(sentence, first.item, last.item) => {
            let group = sentence.group_of(number);
            [first, last]
                .iter()
                .all(|mark| group.contains(&mark.item))
                .then(|| vec![first.item, last.item])
        }
        _ => None,
    };
    let items = match targets.get(&number) {
        None | Some(Target::Nothing) => return Ok(()),
        // "From 26 February to 31 March 5 sessions and 3 visitors": one period for both.
        Some(_) if span.is_some() => span.unwrap_or_default(),
        Some(Target::Items(items)) => items.clone(),
        Some(Target::Unclear) => return Err("it is not clear which date it is said of".to_owned()),
    };
    let (from, to) = turn.range(table).ok_or("its result is not of single days")?;
    let open = items.iter().any(|item| {
        matches!(
            sentence.word_before(*item, 1),
            "since" | "until" | "before" | "after" | "by" | "through"
        )
    });
    let days: Option<Vec<(NaiveDate, NaiveDate)>> =
        items.iter().map(|item| days(sentence, *item, from.year())).collect();
    let said = match days.as_deref() {
        Some([one]) => Some(*one),
        Some([one, other]) if assign::is_span(sentence, items[0], items[1]) => Some((one.0, other.1)),
        _ => None,
    };
    if said == Some((from, to)) && !open {
        Ok(())
    } else {
        Err(format!("its result is of {from} to {to}"))
    }
}

fn days(sentence: &Sentence, item: usize, year: i32) -> Option<(NaiveDate, NaiveDate)> {
    match sentence.kind(item) {
        Some(Kind::Date(mention)) => mention.days(year),
        _ => None,
    }
}

fn fits_column(
    ground: &Ground<'_>,
    sentence: &Sentence,
    number: usize,
    cell: CellAt,
    column: usize,
    strictness: Strictness<'_>,
) -> Result<(), String> {
    let turn = ground.turn;
    let text = turn.text(CellAt { column, ..cell });
    let numbers = binding::numbers(ground, sentence);
    let (labels, targets) = binding::targets(ground, sentence, cell.table, Some(column), &numbers);
    let mark = |item: &usize| labels.iter().find(|label| label.item == *item);
    match targets.get(&number) {
        Some(Target::Items(items)) => {
            let named: Vec<&LabelMark> = items.iter().filter_map(mark).collect();
            let strict = matches!(strictness, Strictness::Literal);
            if names_row(ground, sentence, number, cell, column, (&labels, &named), strict) {
                Ok(())
            } else {
                Err(format!(
                    "the cell is that of {}",
                    turn.table(cell.table).row_label(cell.row)
                ))
            }
        }
        Some(Target::Unclear) if matches!(strictness, Strictness::Reference(_)) => {
            let group = sentence.group_of(number);
            let near = labels
                .iter()
                .filter(|label| group.contains(&label.item) && label.part != Part::Dropped);
            match near.min_by_key(|label| label.item.abs_diff(number)) {
                Some(label) if label.names(&text) => Ok(()),
                _ => Err("it is not clear which row the sentence speaks of".to_owned()),
            }
        }
        Some(Target::Unclear) => Err("it is not clear which row the sentence speaks of".to_owned()),
        None | Some(Target::Nothing) => match strictness {
            Strictness::Literal => Err("its row is not named beside it".to_owned()),
            Strictness::Reference(earlier) => {
                let excluded = labels
                    .iter()
                    .any(|label| label.names(&text) && label.part == Part::Dropped);
                if excluded {
                    Err(format!("the sentence excludes {text}"))
                } else {
                    implied(ground, earlier, sentence, cell.table, column, &text)
                }
            }
        },
    }
}

/// True where the labels name the cell's row, or several rows with the same number.
fn names_row(
    ground: &Ground<'_>,
    sentence: &Sentence,
    number: usize,
    cell: CellAt,
    column: usize,
    (labels, named): (&[LabelMark], &[&LabelMark]),
    strict: bool,
) -> bool {
    let text = ground.turn.text(CellAt { column, ..cell });
    let group = sentence.group_of(number);
    // "22 May 2015 was a Friday and had": the same row, once in full.
    let in_full = |mark: &LabelMark| {
        let mut same = labels
            .iter()
            .filter(|other| other.values == mark.values && group.contains(&other.item));
        mark.full || same.any(|other| other.full)
    };
    let equal = |mark: &LabelMark| mark.names(&text) || is_equal_elsewhere(ground.turn, cell, column, mark);
    named.iter().any(|mark| mark.names(&text)) && named.iter().all(|mark| equal(mark) && (!strict || in_full(mark)))
}

/// True where the number is said of just this label, whatever other labels the sentence has.
pub(super) fn is_said_of(
    ground: &Ground<'_>,
    sentence: &Sentence,
    number: usize,
    (table, column): (usize, usize),
    text: &str,
) -> bool {
    let numbers = binding::numbers(ground, sentence);
    let (labels, targets) = binding::targets(ground, sentence, table, Some(column), &numbers);
    let named = |item: &usize| labels.iter().any(|label| label.item == *item && label.names(text));
    let dropped = labels.iter().any(|label| label.part == Part::Dropped);
    matches!(targets.get(&number), Some(Target::Items(items)) if items.iter().all(named)) && !dropped
}

/// True where the other label's row has the same number in the same column.
fn is_equal_elsewhere(turn: &Turn<'_>, cell: CellAt, column: usize, mark: &LabelMark) -> bool {
    let [value] = mark.values.as_slice() else { return false };
    let others: Vec<(usize, String)> = turn
        .dimensions(cell.table)
        .into_iter()
        .map(|other| {
            (
                other,
                if other == column {
                    value.clone()
                } else {
                    turn.text(CellAt { column: other, ..cell })
                },
            )
        })
        .collect();
    lookup(turn, cell.table, cell.column, &others).is_some_and(|other| turn.cell(other) == turn.cell(cell))
}

/// The cell of a column in the one row with these labels.
pub(super) fn lookup(turn: &Turn<'_>, table: usize, column: usize, labels: &[(usize, String)]) -> Option<CellAt> {
    let fits = |at: &CellAt| {
        labels
            .iter()
            .all(|(label, text)| turn.text(CellAt { column: *label, ..*at }) == *text)
    };
    let mut rows = turn.cells_of(table, column).into_iter().filter(fits);
    rows.next().filter(|_| rows.next().is_none())
}

/// A row that is not named in the sentence may be the one that was spoken of before, or asked for.
fn implied(
    ground: &Ground<'_>,
    earlier: &[Sentence],
    sentence: &Sentence,
    table: usize,
    column: usize,
    text: &str,
) -> Result<(), String> {
    if ground.turn.distinct(table, column).len() == 1 {
        return Ok(());
    }
    if speaks_of_whole(sentence) {
        return Err(format!("the sentence speaks of the whole, the cell is that of {text}"));
    }
    match spoken_before(ground, earlier, table, column) {
        Some(texts) if texts.len() == 1 && texts.contains(text) => Ok(()),
        _ => Err(format!("the sentence does not say that it is about {text}")),
    }
}

/// `in total`, `overall`.
pub(super) fn speaks_of_whole(sentence: &Sentence) -> bool {
    (0..sentence.items.len()).any(|at| {
        matches!(
            sentence.word(at),
            "total" | "overall" | "altogether" | "whole" | "entire" | "totals" | "sum"
        ) || (sentence.word(at) == "all" && sentence.word_before(at, 1) == "in")
    })
}

/// The labels that the last sentence with any, or the question, names.
pub(super) fn spoken_before(
    ground: &Ground<'_>,
    earlier: &[Sentence],
    table: usize,
    column: usize,
) -> Option<BTreeSet<String>> {
    let texts = |sentence: &Sentence| -> BTreeSet<String> {
        let marks = binding::marks(ground, sentence, table, Some(column)).into_iter();
        marks
            .map(|mark| {
                if mark.values.len() == 1 {
                    mark.values[0].clone()
                } else {
                    binding::key(sentence, &mark)
                }
            })
            .collect()
    };
    let sentences = earlier.iter().rev().chain(std::iter::once(ground.question));
    sentences.map(texts).find(|texts| !texts.is_empty())
}
