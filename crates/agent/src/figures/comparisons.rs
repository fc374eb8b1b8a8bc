//! Words that compare two rows: more than, fewer than, ahead of.

use std::collections::BTreeSet;

use super::binding::{self, Ground, LabelMark};
use super::clauses::Sentence;
use super::lexicon::Measured;
use super::literals::Literal;
use super::measures;
use super::parts::Part;
use super::rows;
use super::scan::Kind;
use super::turn::CellAt;
use super::words::{Facts, Verdict};
use super::{surroundings, vocabulary, words};

/// True for more, false for fewer.
pub(super) fn comparative(word: &str) -> Option<bool> {
    match word {
        "more" | "higher" | "greater" | "larger" | "bigger" | "busier" => Some(true),
        "fewer" | "less" | "lower" | "smaller" | "quieter" => Some(false),
        _ => None,
    }
}

/// What a word claims of a row against another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Relation {
    More,
    Fewer,
    /// Just this many times.
    Times(f64),
}

impl Relation {
    fn of(more: bool) -> Self {
        if more { Self::More } else { Self::Fewer }
    }

    fn holds(self, one: f64, other: f64) -> bool {
        match self {
            Self::More => one > other,
            Self::Fewer => one < other,
            Self::Times(factor) => other > 0.0 && (one - factor * other).abs() <= 0.0,
        }
    }
}

/// `twice as many visitors as Firefox`, `half the visitors of Firefox`.
fn multiple_at(sentence: &Sentence, at: usize) -> Option<(Relation, usize)> {
    let factor = match sentence.word(at) {
        "twice" | "double" => 2.0,
        "thrice" | "triple" => 3.0,
        "half" => 0.5,
        _ => return None,
    };
    let group = sentence.group_of(at);
    let exact = !vocabulary::is_hedge(sentence.word_before(at, 1)) && sentence.word_before(at, 1) != "than";
    let joint = match sentence.word(at + 1) {
        "as" => (at + 2..group.end).find(|item| sentence.word(*item) == "as")?,
        "the" | "that" => (at + 2..group.end)
            .find(|item| sentence.word(*item) == "of")
            .or((sentence.word(at + 1) == "that").then_some(at + 1))?,
        _ => return None,
    };
    exact.then_some((Relation::Times(factor), joint))
}

/// What a comparing word says, with the item behind which its comparand stands.
pub(super) fn comparison_at(sentence: &Sentence, at: usize) -> Option<(Relation, usize)> {
    multiple_at(sentence, at).or_else(|| order_at(sentence, at).map(|(more, than)| (Relation::of(more), than)))
}

fn order_at(sentence: &Sentence, at: usize) -> Option<(bool, usize)> {
    let group = sentence.group_of(at);
    let word = sentence.word(at);
    if let Some(more) = comparative(word) {
        let than = (at + 1..group.end).find(|item| sentence.word(*item) == "than")?;
        // "more than 1,000" is about a number, "more than doubled" about a change.
        let other =
            matches!(sentence.kind(than + 1), Some(Kind::Literal(_))) || words::is_direction(sentence.word(than + 1));
        return (!(than == at + 1 && other)).then_some((more, than));
    }
    let more = match word {
        "ahead" | "beat" | "beats" | "outnumbered" | "outnumbers" | "exceeded" | "exceeds" | "surpassed"
        | "overtook" | "leads" | "led" => true,
        "behind" | "trails" | "trailed" | "lags" => false,
        _ => return None,
    };
    let labelled = (at + 1..group.end)
        .take(4)
        .any(|item| matches!(sentence.kind(item), Some(Kind::Label(_) | Kind::Date(_))));
    labelled.then_some((more, at))
}

/// The columns that a word can be about: the measure beside it, else that of the numbers beside it.
pub(super) fn columns(ground: &Ground<'_>, sentence: &Sentence, at: usize, facts: &Facts<'_>) -> Vec<(usize, usize)> {
    let group = sentence.group_of(at);
    let usable = measures::usable(sentence);
    let within: Vec<usize> = usable.iter().copied().filter(|item| group.contains(item)).collect();
    let near = if within.is_empty() { usable } else { within };
    let pick = |item: usize| -> Vec<(usize, usize)> {
        let columns: Vec<Measured> = measures::columns(sentence, item).to_vec();
        let exact = columns.iter().filter(|measured| {
            columns.iter().filter(|other| other.table == measured.table).count() == 1
                && ground.turn.table(measured.table).rows.len() > 1
        });
        exact.map(|measured| (measured.table, measured.column)).collect()
    };
    let keys: BTreeSet<String> = near.iter().map(|item| measures::key(sentence, *item)).collect();
    if let [_] = keys.iter().collect::<Vec<_>>().as_slice() {
        let plain = |(table, column): &(usize, usize)| {
            let filters = ground.turn.filter_words(*table, &[*column]);
            near.iter()
                .all(|item| measures::qualifier(sentence, *item, &filters).is_none())
        };
        return pick(near[0]).into_iter().filter(plain).collect();
    }
    if keys.len() > 1 {
        let follows = (at + 1..=at + 4).find(|item| near.contains(item));
        return follows.map(pick).unwrap_or_default();
    }
    let mut found: Vec<(usize, usize)> = facts
        .cells
        .iter()
        .filter(|(item, _)| group.contains(item))
        .map(|(_, cell)| (cell.table, cell.column))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The cell of a column in the row that a label names; the row's other labels must stand in the
/// sentence too.
pub(super) fn cell(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    table: usize,
    column: usize,
    dimension: usize,
    mark: &LabelMark,
) -> Option<CellAt> {
    let [value] = mark.values.as_slice() else { return None };
    let mut labels = vec![(dimension, value.clone())];
    for other in ground
        .turn
        .dimensions(table)
        .into_iter()
        .filter(|other| *other != dimension)
    {
        labels.push((other, fixed(ground, sentence, at, table, other)?));
    }
    let date = binding::marks(ground, sentence, table, None);
    let foreign = dates_elsewhere(ground, sentence, table)
        || (ground.turn.dimensions(table).len() == 1 && has_foreign(&date, ground, table));
    if foreign {
        None
    } else {
        rows::lookup(ground.turn, table, column, &labels)
    }
}

fn has_foreign(marks: &[LabelMark], ground: &Ground<'_>, table: usize) -> bool {
    let times_only = ground
        .turn
        .dimensions(table)
        .into_iter()
        .all(|column| ground.turn.is_time(table, column));
    times_only && marks.iter().any(|mark| mark.part == Part::Subject)
}

/// A date that the result cannot tell apart.
fn dates_elsewhere(ground: &Ground<'_>, sentence: &Sentence, table: usize) -> bool {
    let has_times = ground
        .turn
        .dimensions(table)
        .into_iter()
        .any(|column| ground.turn.is_time(table, column));
    let number = (0..sentence.items.len()).find(|item| matches!(sentence.kind(*item), Some(Kind::Date(_))));
    match number {
        Some(_) if !has_times => ground.turn.range(table).is_none() || !spans_range(ground, sentence, table),
        _ => false,
    }
}

/// True where the dates of the sentence are those of the result.
pub(super) fn spans_range(ground: &Ground<'_>, sentence: &Sentence, table: usize) -> bool {
    let Some((from, to)) = ground.turn.range(table) else {
        return false;
    };
    let days: Vec<_> = sentence
        .items
        .iter()
        .filter_map(|item| {
            if let Kind::Date(mention) = &item.kind {
                mention.days(chrono::Datelike::year(&from))
            } else {
                None
            }
        })
        .collect();
    match days.as_slice() {
        [one] => *one == (from, to),
        [one, other] => (one.0, other.1) == (from, to),
        _ => false,
    }
}

/// The one label of another column that the sentence has.
fn fixed(ground: &Ground<'_>, sentence: &Sentence, at: usize, table: usize, column: usize) -> Option<String> {
    let group = sentence.group_of(at);
    let all = binding::marks(ground, sentence, table, Some(column));
    let within: Vec<&LabelMark> = all.iter().filter(|mark| group.contains(&mark.item)).collect();
    let near = if within.is_empty() {
        all.iter().collect()
    } else {
        within
    };
    let values: BTreeSet<&str> = near
        .iter()
        .map(|mark| {
            if mark.values.len() == 1 {
                mark.values[0].as_str()
            } else {
                ""
            }
        })
        .collect();
    match values.into_iter().collect::<Vec<_>>().as_slice() {
        [value] if !value.is_empty() => Some((*value).to_owned()),
        [] => {
            let distinct = ground.turn.distinct(table, column);
            if let [only] = distinct.as_slice() {
                Some(only.clone())
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Checks a word that compares rows.
pub(super) fn check(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    relation: Relation,
    than: usize,
    facts: &Facts<'_>,
) -> Verdict {
    if surroundings::is_uncertain(sentence, at) {
        return Err("it is not stated as a fact".to_owned());
    }
    let denied = surroundings::is_denied(ground, sentence, at);
    let group = sentence.group_of(at);
    let mut found: Option<(bool, Vec<CellAt>)> = None;
    for (table, column) in columns(ground, sentence, at, facts) {
        for dimension in ground.turn.dimensions(table) {
            let marks: Vec<LabelMark> = binding::marks(ground, sentence, table, Some(dimension))
                .into_iter()
                .filter(|mark| group.contains(&mark.item) && mark.part != Part::Dropped)
                .collect();
            let (subjects, bases): (Vec<&LabelMark>, Vec<&LabelMark>) = marks.iter().partition(|mark| mark.item < than);
            if bases.is_empty() || subjects.is_empty() || subjects.iter().any(|mark| mark.part == Part::Comparand) {
                continue;
            }
            let resolve = |marks: &[&LabelMark]| -> Option<Vec<CellAt>> {
                marks
                    .iter()
                    .map(|mark| cell(ground, sentence, at, table, column, dimension, mark))
                    .collect()
            };
            let (Some(left), Some(right)) = (resolve(&subjects), resolve(&bases)) else {
                return Err("it is not clear which cells it compares".to_owned());
            };
            let holds = left
                .iter()
                .all(|one| right.iter().all(|other| stands_to(ground, *one, *other, relation)));
            if found.as_ref().is_some_and(|(before, _)| *before != holds) {
                return Err("several results answer it differently".to_owned());
            }
            found = Some((holds, [left, right].concat()));
        }
    }
    match found {
        Some((holds, cells)) if holds != denied => Ok(cells),
        Some(_) => Err("the cells beside it say otherwise".to_owned()),
        None => Err("there are no two cells beside it".to_owned()),
    }
}

fn stands_to(ground: &Ground<'_>, one: CellAt, other: CellAt, relation: Relation) -> bool {
    match (ground.turn.number(one), ground.turn.number(other)) {
        (Some(one), Some(other)) => relation.holds(one, other),
        _ => false,
    }
}

/// `more than 1,000` with a number of the question: checks the cell of the row it is said of.
pub(super) fn check_threshold(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    more: bool,
    literal: &Literal,
    facts: &Facts<'_>,
) -> Verdict {
    let amount = literal.amount.ok_or("it is not a well-formed number")?.float();
    if surroundings::is_uncertain(sentence, at) {
        return Err("it is not stated as a fact".to_owned());
    }
    let denied = surroundings::is_denied(ground, sentence, at);
    let mut cells = Vec::new();
    for (table, column) in columns(ground, sentence, at, facts) {
        let dimensions = ground.turn.dimensions(table);
        let labels: Option<Vec<(usize, String)>> = dimensions
            .iter()
            .map(|dimension| fixed(ground, sentence, at, table, *dimension).map(|text| (*dimension, text)))
            .collect();
        let Some(cell) = labels.and_then(|labels| rows::lookup(ground.turn, table, column, &labels)) else {
            continue;
        };
        let Some(number) = ground.turn.number(cell) else {
            continue;
        };
        let holds = Relation::of(more).holds(number, amount);
        if holds == denied || dates_elsewhere(ground, sentence, table) {
            return Err("the cells beside it say otherwise".to_owned());
        }
        cells.push(cell);
    }
    if cells.is_empty() {
        Err("there is no cell beside it".to_owned())
    } else {
        Ok(cells)
    }
}
