//! Words of rank: most, lowest, busiest, second-most, 3rd. They are checked against every row of
//! the column, ties included.

use std::collections::BTreeMap;

use hedgerow_data_api::Role;

use super::assign::{self, Mark, Target};
use super::binding::{self, Ground, LabelMark};
use super::clauses::Sentence;
use super::comparisons;
use super::parts::Part;
use super::rank_words::{Rank, rank_at};
use super::rows;
use super::scan::Kind;
use super::surroundings;
use super::turn::CellAt;
use super::words::{Facts, Verdict};

/// What came of checking a rank: a wrong one also names the wrong label.
pub(super) struct Checked {
    pub(super) verdict: Verdict,
    /// The dates and the references to names that a wrong rank is said of.
    pub(super) wrong_names: Vec<usize>,
}

/// Checks a rank.
pub(super) fn check(ground: &Ground<'_>, sentence: &Sentence, at: usize, rank: Rank, facts: &Facts<'_>) -> Checked {
    let refuse = |reason: &str| Checked {
        verdict: Err(reason.to_owned()),
        wrong_names: Vec::new(),
    };
    if surroundings::is_uncertain(sentence, at) || surroundings::is_denied(ground, sentence, at) {
        return refuse("it is not stated as a fact");
    }
    if sentence.word(at) == "most" && sentence.word_before(at, 1) != "the" && is_majority(sentence, at) {
        return refuse("a majority is not checked");
    }
    let mut columns = comparisons::columns(ground, sentence, at, facts);
    // Without a measure the rank must hold for all of them.
    let implicit = columns.is_empty() && !has_measure(sentence);
    if implicit {
        columns = labelled_columns(ground, sentence, at);
    }
    if let Some(cells) = joint(ground, sentence, at, rank, &columns) {
        return Checked {
            verdict: Ok(cells),
            wrong_names: Vec::new(),
        };
    }
    let mut cells = Vec::new();
    let mut wrong = Vec::new();
    let mut shared = false;
    for (table, column) in columns {
        let Some((cell, fixed, dates)) = subject(ground, sentence, at, table, column, facts) else {
            continue;
        };
        if ground.turn.is_cut(table) || (!rank.greatest && ground.turn.hides_values(table)) {
            return refuse("the result is cut, so that rows may be missing");
        }
        if ground.turn.is_collective(table, cell.row) {
            return refuse("a row that stands for other or missing values is not one value");
        }
        if scopes(ground, cell, &fixed)
            .iter()
            .all(|scope| has_place(ground, cell, scope, rank))
        {
            cells.push(cell);
        } else {
            shared |= scopes(ground, cell, &fixed)
                .iter()
                .any(|scope| is_shared(ground, cell, scope, rank));
            wrong.push(dates);
        }
    }
    if implicit && !wrong.is_empty() && !cells.is_empty() {
        return refuse("it does not hold for every measure; name one");
    }
    if !wrong.is_empty() {
        let wrong_names = wrong.concat();
        return Checked {
            verdict: Err(if shared {
                "several rows share that rank".to_owned()
            } else {
                "another row has that rank".to_owned()
            }),
            wrong_names,
        };
    }
    let failed = cells.is_empty();
    if failed {
        refuse("no row beside it has that rank")
    } else {
        Checked {
            verdict: Ok(cells),
            wrong_names: Vec::new(),
        }
    }
}

/// `Firefox and Safari share second place`: the cells, where just these rows have that place.
fn joint(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    rank: Rank,
    columns: &[(usize, usize)],
) -> Option<Vec<CellAt>> {
    let turn = ground.turn;
    let group = sentence.group_of(at);
    let said = |item: usize| {
        matches!(
            sentence.word(item),
            "share" | "shares" | "shared" | "tied" | "tie" | "joint"
        )
    };
    let [(table, column)] = *columns else { return None };
    let [dimension] = turn.dimensions(table)[..] else {
        return None;
    };
    if !group.clone().any(said) || turn.is_cut(table) || (!rank.greatest && turn.hides_values(table)) {
        return None;
    }
    let marks = binding::marks(ground, sentence, table, Some(dimension)).into_iter();
    let mut cells = Vec::new();
    for mark in marks.filter(|mark| group.contains(&mark.item)) {
        let ([text], Part::Subject) = (mark.values.as_slice(), mark.part) else {
            return None;
        };
        cells.push(rows::lookup(turn, table, column, &[(dimension, text.clone())])?);
    }
    cells.sort_unstable();
    cells.dedup();
    let scope = turn.cells_of(table, column);
    let place = Some((rank.place, cells.len()));
    let placed = |cell: &CellAt| place_of(ground, *cell, &scope, rank) == place && !turn.is_collective(table, cell.row);
    let alone = has_only_rows(ground, sentence, at, table);
    (alone && cells.len() > 1 && cells.iter().all(placed)).then_some(cells)
}

fn has_measure(sentence: &Sentence) -> bool {
    sentence.items.iter().any(|item| matches!(item.kind, Kind::Measure(_)))
}

/// "Most visitors used Chrome" is about a half of them.
fn is_majority(sentence: &Sentence, at: usize) -> bool {
    matches!(sentence.kind(at + 1), Some(Kind::Measure(_)))
        && !matches!(
            sentence.word_before(at, 1),
            "its" | "their" | "his" | "second" | "third" | "has" | "had" | "have"
        )
        && !matches!(sentence.kind_before(at, 1), Some(Kind::Mark('-') | Kind::Ordinal(_)))
}

/// All measures of the tables whose labels stand beside the word.
fn labelled_columns(ground: &Ground<'_>, sentence: &Sentence, at: usize) -> Vec<(usize, usize)> {
    let group = sentence.group_of(at);
    let mut found = Vec::new();
    for table in 0..ground.turn.results.len() {
        let dimensions = ground.turn.dimensions(table);
        let labelled = dimensions.iter().any(|column| {
            let marks = binding::marks(ground, sentence, table, Some(*column));
            marks
                .iter()
                .any(|mark| group.contains(&mark.item) && mark.values.len() == 1)
        });
        let measures = ground.turn.columns_of(table, Role::Measure);
        if labelled {
            found.extend(measures.into_iter().map(|column| (table, column)));
        }
    }
    found
}

/// The cell that a rank is said of, the columns whose label stays fixed, and the dates beside it.
type Subject = (CellAt, Vec<usize>, Vec<usize>);

fn subject(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    table: usize,
    column: usize,
    facts: &Facts<'_>,
) -> Option<Subject> {
    let dimensions = ground.turn.dimensions(table);
    let mut labels = Vec::new();
    let mut items: BTreeMap<usize, usize> = BTreeMap::new();
    for dimension in &dimensions {
        let marks = binding::marks(ground, sentence, table, Some(*dimension));
        let subjects: Vec<Mark> = marks
            .iter()
            .filter(|mark| mark.part == Part::Subject)
            .map(|mark| Mark {
                item: mark.item,
                key: binding::key(sentence, mark),
            })
            .collect();
        let ranks: Vec<usize> = (0..sentence.items.len())
            .filter(|item| *item == at || rank_at(sentence, *item).is_some())
            .collect();
        match assign::assign(sentence, &subjects, &ranks).get(&at) {
            Some(Target::Items(found)) if found.len() == 1 => {
                let mark: &LabelMark = marks.iter().find(|mark| mark.item == found[0])?;
                let [value] = mark.values.as_slice() else { return None };
                labels.push((*dimension, value.clone()));
                items.insert(*dimension, mark.item);
            }
            None | Some(Target::Nothing) => {}
            _ => return None,
        }
    }
    if !has_only_rows(ground, sentence, at, table) {
        return None;
    }
    let dates = items
        .values()
        .copied()
        .filter(|item| matches!(sentence.kind(*item), Some(Kind::Date(_) | Kind::Reference(_))))
        .collect();
    if labels.is_empty() {
        let group = sentence.group_of(at);
        let beside = facts
            .cells
            .iter()
            .filter(|(item, cell)| group.contains(item) && (cell.table, cell.column) == (table, column));
        let nearest = beside.min_by_key(|(item, _)| item.abs_diff(at))?;
        return Some((nearest.1, Vec::new(), dates));
    }
    if labels.len() != dimensions.len() {
        return None;
    }
    let cell = rows::lookup(ground.turn, table, column, &labels)?;
    let fixed = if dimensions.len() > 1 {
        fixed_columns(sentence, at, &items)
    } else {
        Vec::new()
    };
    Some((cell, fixed, dates))
}

/// True where no name or date beside the word is about something that the table does not tell apart.
fn has_only_rows(ground: &Ground<'_>, sentence: &Sentence, at: usize, table: usize) -> bool {
    let group = sentence.group_of(at);
    let dimensions = ground.turn.dimensions(table);
    let times = dimensions.iter().any(|column| ground.turn.is_time(table, *column));
    let names = dimensions.iter().any(|column| !ground.turn.is_time(table, *column));
    let dated = group
        .clone()
        .any(|item| matches!(sentence.kind(item), Some(Kind::Date(_))));
    let foreign = binding::marks(ground, sentence, table, None)
        .into_iter()
        .any(|mark| group.contains(&mark.item));
    (times || !dated || comparisons::spans_range(ground, sentence, table)) && (names || !foreign)
}

/// In "mobile had its lowest number on 20 May" the device is fixed; so is the day in "On 20 May,
/// mobile had the fewest".
fn fixed_columns(sentence: &Sentence, at: usize, items: &BTreeMap<usize, usize>) -> Vec<usize> {
    let own = matches!(sentence.word_before(at, 1), "its" | "their");
    let before = items.iter().filter(|(_, item)| **item < at);
    if own {
        return before
            .max_by_key(|(_, item)| **item)
            .map(|(column, _)| *column)
            .into_iter()
            .collect();
    }
    let start = sentence.group_of(at).start;
    let leads = |item: usize| {
        item <= start + 1
            && matches!(sentence.kind(item + 1), Some(Kind::Mark(',')))
            && item > 0
            && matches!(sentence.word_before(item, 1), "on" | "at" | "in")
    };
    before
        .filter(|(_, item)| leads(**item))
        .map(|(column, _)| *column)
        .collect()
}

/// The sets of rows among which the rank must hold: with the fixed labels, or, where nothing
/// says which labels are fixed, in every way to fix them.
fn scopes(ground: &Ground<'_>, cell: CellAt, fixed: &[usize]) -> Vec<Vec<CellAt>> {
    let turn = ground.turn;
    let same = |columns: &[usize]| -> Vec<CellAt> {
        let fits = |at: &CellAt| {
            columns.iter().all(|column| {
                turn.text(CellAt { column: *column, ..*at })
                    == turn.text(CellAt {
                        column: *column,
                        ..cell
                    })
            })
        };
        turn.cells_of(cell.table, cell.column)
            .into_iter()
            .filter(fits)
            .collect()
    };
    if !fixed.is_empty() {
        return vec![same(fixed)];
    }
    let dimensions = turn.dimensions(cell.table);
    let mut scopes = vec![same(&[])];
    if dimensions.len() > 1 {
        scopes.extend(dimensions.iter().map(|column| same(&[*column])));
    }
    scopes
}

/// True where the cell has just that place, alone.
fn has_place(ground: &Ground<'_>, cell: CellAt, scope: &[CellAt], rank: Rank) -> bool {
    place_of(ground, cell, scope, rank) == Some((rank.place, 1))
}

/// True where the cell has that place together with others.
fn is_shared(ground: &Ground<'_>, cell: CellAt, scope: &[CellAt], rank: Rank) -> bool {
    place_of(ground, cell, scope, rank).is_some_and(|(place, ties)| place == rank.place && ties > 1)
}

/// The place of a cell among others, and how many have it.
fn place_of(ground: &Ground<'_>, cell: CellAt, scope: &[CellAt], rank: Rank) -> Option<(usize, usize)> {
    let numbers: Option<Vec<f64>> = scope.iter().map(|at| ground.turn.number(*at)).collect();
    let (numbers, own) = (numbers?, ground.turn.number(cell)?);
    let better = numbers
        .iter()
        .filter(|number| if rank.greatest { **number > own } else { **number < own })
        .count();
    let ties = numbers.iter().filter(|number| (**number - own).abs() <= 0.0).count();
    (numbers.len() > 1).then_some((better + 1, ties))
}

/// True where a word of rank singles out the row of a cell.
pub(super) fn holds_for(ground: &Ground<'_>, sentence: &Sentence, at: usize, cell: CellAt) -> bool {
    let Some(rank) = rank_at(sentence, at) else {
        return false;
    };
    let alone = ground.turn.dimensions(cell.table).len() == 1;
    let scope = ground.turn.cells_of(cell.table, cell.column);
    let whole = !ground.turn.is_cut(cell.table) && (rank.greatest || !ground.turn.hides_values(cell.table));
    alone && whole && !ground.turn.is_collective(cell.table, cell.row) && has_place(ground, cell, &scope, rank)
}
