//! The labels of a sentence, seen from one table: which cells of a column they name, and in what
//! role they stand ("Chrome", "than Chrome", "not Chrome").

use std::collections::{BTreeMap, BTreeSet};

use super::assign::{self, Mark, Target};
use super::clauses::Sentence;
use super::dates::Grain;
use super::evaluation::{Evaluated, Shape};
use super::lexicon::Lexicon;
use super::parts::{self, Part};
use super::scan::Kind;
use super::turn::{CellAt, Turn};
use super::vocabulary;

/// What a sentence is checked against.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) turn: &'a Turn<'a>,
    pub(super) lexicon: &'a Lexicon,
    /// The references of the text; none where one has no value.
    pub(super) references: &'a [Option<Evaluated>],
    /// The question, taken apart.
    pub(super) question: &'a Sentence,
    /// The measures looked at, by table and column: their filters hold. Without any, those filters
    /// hold that all measures of a table share.
    pub(super) focus: &'a [(usize, usize)],
}

impl Ground<'_> {
    /// The measures of a table that are looked at.
    fn columns(&self, table: usize) -> Vec<usize> {
        let own = self.focus.iter().filter(|(own, _)| *own == table);
        own.map(|(_, column)| *column).collect()
    }

    /// The words by which a sentence may narrow down what is looked at.
    pub(super) fn filter_words(&self, table: usize) -> BTreeSet<String> {
        self.turn.filter_words(table, &self.columns(table))
    }

    /// The words for what the filters take out of what is looked at.
    pub(super) fn excluded_words(&self, table: usize) -> BTreeSet<String> {
        self.turn.excluded_words(table, &self.columns(table))
    }

    /// The same where no measure is looked at yet: of all results together.
    pub(super) fn excluded_anywhere(&self) -> BTreeSet<String> {
        let tables = 0..self.turn.results.len();
        let looked_at = |table: &usize| self.focus.is_empty() || self.focus.iter().any(|(own, _)| own == table);
        tables
            .filter(looked_at)
            .flat_map(|table| self.excluded_words(table))
            .collect()
    }

    /// The words of a table's titles.
    pub(super) fn title_words(&self, table: usize) -> BTreeSet<String> {
        self.turn.title_words(table, &self.columns(table))
    }
}

/// The measures of some cells.
pub(super) fn measures_of(cells: &[CellAt]) -> Vec<(usize, usize)> {
    let columns: BTreeSet<(usize, usize)> = cells.iter().map(|cell| (cell.table, cell.column)).collect();
    columns.into_iter().collect()
}

/// A label of a sentence as one column sees it.
#[derive(Debug, Clone)]
pub(super) struct LabelMark {
    pub(super) item: usize,
    /// The texts of the column's cells that it names; none for a name that is no row.
    pub(super) values: Vec<String>,
    /// True where it has all parts of the label.
    pub(super) full: bool,
    pub(super) part: Part,
}

impl LabelMark {
    pub(super) fn names(&self, text: &str) -> bool {
        matches!(self.values.as_slice(), [value] if value == text)
    }
}

/// The labels of a sentence that concern a column; `None` for the names that are foreign to the
/// whole table.
pub(super) fn marks(ground: &Ground<'_>, sentence: &Sentence, table: usize, column: Option<usize>) -> Vec<LabelMark> {
    let mut found: Vec<LabelMark> = Vec::new();
    for item in 0..sentence.items.len() {
        let Some((values, full)) = values(ground, sentence, item, table, column) else {
            continue;
        };
        let part = parts::part(sentence, item, found.last().map(|mark| (mark.item, mark.part)));
        found.push(LabelMark {
            item,
            values,
            full,
            part,
        });
    }
    found
}

fn values(
    ground: &Ground<'_>,
    sentence: &Sentence,
    item: usize,
    table: usize,
    column: Option<usize>,
) -> Option<(Vec<String>, bool)> {
    let turn = ground.turn;
    let is_time = column.is_some_and(|column| turn.is_time(table, column));
    match sentence.kind(item)? {
        Kind::Date(mention) if is_time => {
            let column = column?;
            let moments = turn
                .cells_of(table, column)
                .into_iter()
                .filter_map(|at| turn.moment(at).map(|moment| (at, moment)));
            let named: Vec<(CellAt, Grain)> = moments
                .filter(|(_, moment)| mention.names(moment))
                .map(|(at, moment)| (at, moment.grain))
                .collect();
            let full = named.iter().all(|(_, grain)| mention.is_full(*grain));
            let mut texts: Vec<String> = named.into_iter().map(|(at, _)| turn.text(at)).collect();
            texts.sort();
            texts.dedup();
            Some((texts, full))
        }
        Kind::Label(places) if !is_time => {
            let here: Vec<String> = places
                .iter()
                .filter(|place| place.table == table && Some(place.column) == column)
                .map(|place| place.text.clone())
                .collect();
            let elsewhere = places.iter().any(|place| place.table == table);
            let filtered = places.iter().any(|place| is_filter(ground, table, &place.text));
            if here.is_empty() && (elsewhere || filtered) {
                None
            } else {
                Some((here, true))
            }
        }
        Kind::Foreign(name) if !is_time => (!is_filter(ground, table, name)).then(|| (Vec::new(), true)),
        Kind::Reference(position) => {
            let Some(Evaluated {
                shape: Shape::Name(at), ..
            }) = ground.references.get(*position)?
            else {
                return None;
            };
            let text = turn.text(*at);
            let named = column.is_some_and(|column| turn.distinct(table, column).contains(&text));
            let elsewhere = at.table == table && Some(at.column) != column;
            let kind_differs = turn.is_time(at.table, at.column) != is_time;
            if named {
                Some((vec![text], true))
            } else {
                (!elsewhere && !kind_differs).then(|| (Vec::new(), true))
            }
        }
        _ => None,
    }
}

/// True where the result is of nothing but what the name says.
fn is_filter(ground: &Ground<'_>, table: usize, name: &str) -> bool {
    let filters = ground.filter_words(table);
    let lower = name.to_lowercase();
    let mut words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(|word| filters.contains(word))
}

/// Marks as they are assigned: a comparand takes part only with a number of its own.
pub(super) fn assignable(sentence: &Sentence, labels: &[LabelMark]) -> Vec<Mark> {
    let takes_part = |mark: &&LabelMark| match mark.part {
        Part::Subject => true,
        Part::Comparand => has_own_number(sentence, mark.item),
        Part::Dropped => false,
    };
    labels
        .iter()
        .filter(takes_part)
        .map(|mark| Mark {
            item: mark.item,
            key: key(sentence, mark),
        })
        .collect()
}

/// The same for equal labels, and different for names that are no rows.
pub(super) fn key(sentence: &Sentence, mark: &LabelMark) -> String {
    if !mark.values.is_empty() {
        return mark.values.join("\n");
    }
    match sentence.kind(mark.item) {
        Some(Kind::Foreign(name)) => format!("?{name}"),
        Some(Kind::Date(mention)) => format!("?{mention:?}"),
        Some(Kind::Label(places)) => format!("?{}", places.first().map_or("", |place| place.text.as_str())),
        _ => "?".to_owned(),
    }
}

/// True where a number follows the label with nothing between them but small words.
fn has_own_number(sentence: &Sentence, item: usize) -> bool {
    let range = sentence.group_of(item);
    let mut after = (item + 1..range.end).take(5);
    after.find_map(|at| match sentence.kind(at) {
        _ if sentence.is_number(at) => Some(true),
        Some(Kind::Measure(_) | Kind::Mark('(' | ',' | ':')) => None,
        Some(Kind::Word(word)) if vocabulary::is_function(word) || vocabulary::is_verb(word) => None,
        _ => Some(false),
    }) == Some(true)
}

/// What the numbers of a sentence are said of in a column.
pub(super) fn targets(
    ground: &Ground<'_>,
    sentence: &Sentence,
    table: usize,
    column: Option<usize>,
    numbers: &[usize],
) -> (Vec<LabelMark>, BTreeMap<usize, Target>) {
    let labels = marks(ground, sentence, table, column);
    let marks = assignable(sentence, &labels);
    let numbers: Vec<usize> = numbers
        .iter()
        .copied()
        .filter(|number| labels.iter().all(|label| label.item != *number))
        .collect();
    let assigned = assign::assign(sentence, &marks, &numbers);
    (labels, assigned)
}

/// The numbers of a sentence: literals, and references with a number.
pub(super) fn numbers(ground: &Ground<'_>, sentence: &Sentence) -> Vec<usize> {
    (0..sentence.items.len())
        .filter(|at| match &sentence.items[*at].kind {
            Kind::Literal(_) => true,
            Kind::Reference(position) => !matches!(
                ground.references.get(*position),
                Some(Some(Evaluated {
                    shape: Shape::Name(_),
                    ..
                }))
            ),
            _ => false,
        })
        .collect()
}
