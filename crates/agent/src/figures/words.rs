//! Words of direction: rose, fell, doubled, unchanged. They are checked against the cells beside
//! them.

use std::collections::BTreeSet;

use super::assign;
use super::binding::{self, Ground};
use super::clauses::Sentence;
use super::computed;
use super::evaluation::Evaluated;
use super::parts::Part;
use super::scan::Kind;
use super::turn::CellAt;
use super::vocabulary::is_in;
use super::{comparisons, differences, surroundings};

/// What a word says of a later number against an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    Up,
    Down,
    Same,
    /// Times this.
    Factor(f64),
    /// No direction: "changed".
    Any,
}

impl Change {
    /// True where the word holds for a step from one number to another.
    pub(super) fn holds(self, from: f64, to: f64) -> bool {
        match self {
            Self::Up => to > from,
            Self::Down => to < from,
            Self::Same => (to - from).abs() <= 0.0,
            // A factor in words allows for half a percent.
            Self::Factor(factor) => from > 0.0 && (to / from / factor - 1.0).abs() <= 0.005,
            Self::Any => (to - from).abs() > 0.0,
        }
    }
}

const UP: &str = "rose rise rises risen rising increase increased increases increasing grew grow grows grown growing growth climb \
climbed climbs climbing jump jumped jumps jumping surge surged surges soared soar rebounded recovered gain gained gains";

const DOWN: &str = "fell fall falls fallen falling drop dropped drops dropping decrease decreased decreases decreasing decline \
declined declines declining slip slipped slips sank sink sinks sunk shrank shrink shrinks shrunk dip dipped dips plunged plunge \
plummeted slid slumped tumbled dwindled receded lost loses";

const SAME: &str = "unchanged flat steady stable stagnated stagnant constant";

/// What a word says, if it is a word of direction by itself.
pub(super) fn change(word: &str) -> Option<Change> {
    match word {
        "doubled" | "doubles" | "doubling" => Some(Change::Factor(2.0)),
        "tripled" | "triples" | "tripling" | "trebled" => Some(Change::Factor(3.0)),
        "quadrupled" => Some(Change::Factor(4.0)),
        "halved" | "halves" | "halving" => Some(Change::Factor(0.5)),
        "changed" | "changes" | "moved" if word != "moved" => Some(Change::Any),
        _ if is_in(UP, word) => Some(Change::Up),
        _ if is_in(DOWN, word) => Some(Change::Down),
        _ if is_in(SAME, word) => Some(Change::Same),
        _ => None,
    }
}

/// True for a word of direction.
pub(super) fn is_direction(word: &str) -> bool {
    change(word).is_some()
}

/// What the word at a position says: "went up", "down from" too.
pub(super) fn change_at(sentence: &Sentence, at: usize) -> Option<Change> {
    let word = sentence.word(at);
    let (before, after) = (sentence.word_before(at, 1), sentence.word(at + 1));
    match word {
        "up" | "down" => {
            let moves = matches!(
                before,
                "went" | "go" | "goes" | "gone" | "going" | "was" | "were" | "is" | "are" | "came"
            );
            let measure = matches!(sentence.kind_before(at, 1), Some(Kind::Measure(_) | Kind::Mark(',')));
            let beside = (matches!(after, "from" | "by" | "to") || sentence.is_number(at + 1)) && (moves || measure);
            let hedge = word == "up" && after == "to" && !moves;
            ((moves || beside) && !hedge).then_some(if word == "up" { Change::Up } else { Change::Down })
        }
        // "gained 29 visitors" has visitors; only "gained from ... to" is a step.
        "gain" | "gained" | "gains" | "lost" | "loses" if !matches!(after, "from" | "by") => None,
        // "the fall of 2015" and "the drop in" name a change without saying which.
        "dip" | "fall" | "drop" | "rise" | "climb" | "jump" | "plunge" | "change" | "changes"
            if before == "the" && after == "of" =>
        {
            None
        }
        "changes" => None,
        _ => change(word),
    }
}

/// A word that was checked: the cells it rests on, or the reason why it is not supported.
pub(super) type Verdict = Result<Vec<CellAt>, String>;

/// What is known of the numbers of a sentence when its words are checked.
pub(super) struct Facts<'f> {
    /// Numbers that are bound to one cell, by item.
    pub(super) cells: &'f [(usize, CellAt)],
    /// References that are differences or changes, by item.
    pub(super) differences: &'f [(usize, &'f Evaluated)],
}

/// Checks a word of direction.
pub(super) fn check(ground: &Ground<'_>, sentence: &Sentence, at: usize, change: Change, facts: &Facts<'_>) -> Verdict {
    if surroundings::is_uncertain(sentence, at) {
        return Err("it is not stated as a fact".to_owned());
    }
    if matches!(
        sentence.word_before(at, 1),
        "almost" | "nearly" | "about" | "roughly" | "around" | "practically" | "virtually"
    ) {
        return Err("it is not exact".to_owned());
    }
    let scope = scope(sentence, at);
    let denied = surroundings::is_denied(ground, sentence, at);
    // "rose by 3": the number must be a difference of cells.
    let by = (sentence.word(at + 1) == "by" && sentence.is_number(at + 2)).then_some(at + 2);
    if by.is_some_and(|by| facts.differences.iter().all(|(item, _)| *item != by)) {
        return Err("the number beside it is not a difference of cells".to_owned());
    }
    let near: Vec<&(usize, &Evaluated)> = facts
        .differences
        .iter()
        .filter(|(item, _)| scope.contains(item))
        .collect();
    if let Some((item, evaluated)) = near.first() {
        let Some((linear, under)) = computed::difference(&evaluated.shape) else {
            return Err("it has no cells".to_owned());
        };
        if denied || near.len() > 1 || matches!(change, Change::Same | Change::Factor(_)) {
            return Err("it does not go with the number beside it".to_owned());
        }
        differences::check_order(ground, sentence, *item, linear, under, evaluated, change)?;
        return Ok(evaluated.cells.clone());
    }
    let steps = steps(ground, sentence, at, &scope, facts)?;
    let exceeds = matches!(change, Change::Factor(_))
        && sentence.word_before(at, 1) == "than"
        && sentence.word_before(at, 2) == "more";
    let numbers: Vec<f64> = steps.iter().filter_map(|cell| ground.turn.number(*cell)).collect();
    if numbers.len() != steps.len() || numbers.len() < 2 {
        return Err("the cells beside it are not numbers".to_owned());
    }
    let mut pairs = numbers.windows(2);
    let holds = match change {
        Change::Factor(_) if numbers.len() > 2 => return Err("there are more than two cells beside it".to_owned()),
        Change::Factor(factor) if exceeds && factor < 1.0 => numbers[1] < numbers[0] * factor,
        Change::Factor(factor) if exceeds => numbers[1] > numbers[0] * factor,
        _ if denied => pairs.all(|pair| !change.holds(pair[0], pair[1])),
        _ => pairs.all(|pair| change.holds(pair[0], pair[1])),
    };
    if holds {
        Ok(steps)
    } else {
        Err("the cells beside it say otherwise".to_owned())
    }
}

/// The part of a sentence that a word of direction speaks of: all of it, or, where there are more
/// such words, its group between their commas.
fn scope(sentence: &Sentence, at: usize) -> std::ops::Range<usize> {
    let words: Vec<usize> = (0..sentence.items.len())
        .filter(|item| change_at(sentence, *item).is_some())
        .collect();
    if words.len() == 1 {
        return 0..sentence.items.len();
    }
    let group = sentence.group_of(at);
    let comma = |item: &usize| matches!(sentence.kind(*item), Some(Kind::Mark(',')));
    let before = words.iter().copied().rfind(|word| *word < at && group.contains(word));
    let after = words.iter().copied().find(|word| *word > at && group.contains(word));
    let start = before.map_or(group.start, |word| (word..at).find(comma).unwrap_or(word));
    let end = after.map_or(group.end, |word| (at..word).rev().find(comma).unwrap_or(word));
    start..end
}

/// The cells that a word of direction is about, earliest first.
fn steps(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    scope: &std::ops::Range<usize>,
    facts: &Facts<'_>,
) -> Verdict {
    let beside: Vec<(usize, CellAt)> = facts
        .cells
        .iter()
        .copied()
        .filter(|(item, _)| scope.contains(item))
        .collect();
    let same = |(_, cell): &(usize, CellAt)| {
        beside
            .first()
            .is_some_and(|(_, first)| (cell.table, cell.column) == (first.table, first.column))
    };
    if beside.len() >= 2 && beside.iter().all(same) {
        let cells: Vec<CellAt> = beside.iter().map(|(_, cell)| *cell).collect();
        let compared = beside
            .iter()
            .position(|(item, cell)| is_compared(ground, sentence, *item, *cell));
        return in_time(ground, &cells, compared.is_some() && cells.len() == 2);
    }
    let mut found: Option<Vec<CellAt>> = None;
    for (table, column) in comparisons::columns(ground, sentence, at, facts) {
        let times = ground
            .turn
            .dimensions(table)
            .into_iter()
            .filter(|time| ground.turn.is_time(table, *time));
        for time in times {
            let marks: Vec<binding::LabelMark> = binding::marks(ground, sentence, table, Some(time))
                .into_iter()
                .filter(|mark| scope.contains(&mark.item) && mark.part != Part::Dropped)
                .collect();
            let [first, second] = marks.as_slice() else { continue };
            let ends = [first, second].map(|mark| comparisons::cell(ground, sentence, at, table, column, time, mark));
            let [Some(one), Some(other)] = ends else { continue };
            let reversed = first.part == Part::Comparand || second.part == Part::Comparand;
            let span = assign::is_span(sentence, first.item, second.item);
            let cells = in_time(ground, &[one, other], reversed && !span)?;
            if found
                .as_ref()
                .is_some_and(|found| values(ground, found) != values(ground, &cells))
            {
                return Err("several results answer it differently".to_owned());
            }
            found = Some(cells);
        }
    }
    found.ok_or_else(|| "there are no two cells beside it".to_owned())
}

fn values(ground: &Ground<'_>, cells: &[CellAt]) -> Vec<Option<f64>> {
    cells.iter().map(|cell| ground.turn.number(*cell)).collect()
}

/// True for a number whose label is what something is compared with.
fn is_compared(ground: &Ground<'_>, sentence: &Sentence, item: usize, cell: CellAt) -> bool {
    ground.turn.dimensions(cell.table).into_iter().any(|column| {
        let text = ground.turn.text(CellAt { column, ..cell });
        let marks = binding::marks(ground, sentence, cell.table, Some(column));
        marks
            .iter()
            .any(|mark| mark.part == Part::Comparand && mark.names(&text) && mark.item.abs_diff(item) < 8)
    })
}

/// The cells in the order of their times; their order in the sentence must be the same, or the
/// other way round where the later one is compared with the earlier one.
pub(super) fn in_time(ground: &Ground<'_>, cells: &[CellAt], may_reverse: bool) -> Verdict {
    let Some(first) = cells.first() else {
        return Err("there are no cells beside it".to_owned());
    };
    let time = ground
        .turn
        .dimensions(first.table)
        .into_iter()
        .find(|column| ground.turn.is_time(first.table, *column));
    let moments: Option<Vec<_>> = time.and_then(|column| {
        cells
            .iter()
            .map(|cell| ground.turn.moment(CellAt { column, ..*cell }).map(|at| at.order()))
            .collect()
    });
    let moments = moments.ok_or("the cells beside it are not of times")?;
    let others: BTreeSet<Vec<String>> = cells
        .iter()
        .map(|cell| {
            let columns = ground
                .turn
                .dimensions(cell.table)
                .into_iter()
                .filter(|column| Some(*column) != time);
            columns
                .map(|column| ground.turn.text(CellAt { column, ..*cell }))
                .collect()
        })
        .collect();
    if others.len() > 1 {
        return Err("the cells beside it are of different rows".to_owned());
    }
    if moments.windows(2).all(|pair| pair[0] < pair[1]) {
        Ok(cells.to_vec())
    } else if may_reverse && moments.windows(2).all(|pair| pair[0] > pair[1]) {
        Ok(cells.iter().rev().copied().collect())
    } else {
        Err("the cells beside it are not in the order of time".to_owned())
    }
}
