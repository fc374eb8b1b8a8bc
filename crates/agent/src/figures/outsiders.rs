//! Names in a sentence that are no rows of a breakdown, and so would narrow its numbers down: of
//! "/pricing had 31 page views from Chrome" a result by page knows nothing.

use std::collections::BTreeSet;

use super::binding::{self, Ground};
use super::clauses::Sentence;
use super::evaluation::{Evaluated, Shape};
use super::parts::Part;
use super::scan::Kind;
use super::turn::CellAt;
use super::{exclusions, filters, vocabulary};

/// Words that make what follows the source or the means of what is counted.
const SOURCES: &str = "from via through using by";
/// Words that may stand between such a word and a name.
const ARTICLES: &str = "the a an its our page site";

/// The name beside a number that narrows it down to what its rows don't tell apart.
pub(super) fn outsider(ground: &Ground<'_>, sentence: &Sentence, at: usize, cells: &[CellAt]) -> Option<String> {
    outsider_of(
        ground,
        sentence,
        at,
        cells,
        &cells.iter().map(|cell| cell.table).collect(),
    )
}

/// The same for a number that is of tables and not of their cells.
pub(super) fn outsider_of(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    cells: &[CellAt],
    tables: &BTreeSet<usize>,
) -> Option<String> {
    let is_breakdown = |table: &usize| {
        let mut dimensions = ground.turn.dimensions(*table).into_iter();
        dimensions.any(|column| !ground.turn.is_time(*table, column))
    };
    // Of other tables the names beside the number are looked at where its row is.
    let mut reach = reach(sentence, at);
    if !tables.iter().any(is_breakdown) {
        reach.start = sentence.group_of(at).end;
    }
    reach
        .filter(|item| is_strange(ground, sentence, *item, tables) || is_source(ground, sentence, *item, at, cells))
        .find(|item| !has_number(ground, sentence, *item, at))
        .map(|item| name_of(ground, sentence, item))
}

/// The items whose names reach a number: its group, and what follows it without a number of its
/// own: "27 visitors - all on Windows".
fn reach(sentence: &Sentence, at: usize) -> std::ops::Range<usize> {
    let group = sentence.group_of(at);
    let mut end = group.end;
    while end < sentence.items.len() {
        let next = sentence.group_of(end);
        let apart = matches!(sentence.kind(end), Some(Kind::Mark('\n')));
        if apart || next.clone().any(|item| sentence.is_number(item)) {
            break;
        }
        end = next.end;
    }
    group.start..end
}

/// True for a name that is a row of none of the tables, nor what they are filtered by.
fn is_strange(ground: &Ground<'_>, sentence: &Sentence, item: usize, tables: &BTreeSet<usize>) -> bool {
    let strange = |table: &usize| {
        let marks = binding::marks(ground, sentence, *table, None);
        let mark = marks.into_iter().find(|mark| mark.item == item);
        mark.is_some_and(|mark| mark.part != Part::Comparand)
            && !is_row(ground, sentence, item, *table)
            && !exclusions::is_named(sentence, item, &ground.excluded_words(*table))
            && !is_said_by_result(ground, sentence, item, *table)
    };
    // "not Opera" only denies; "within Germany" narrows down.
    sentence.word_before(item, 1) != "not" && tables.iter().all(strange)
}

/// True for a reference to a name that a row of the table has, too.
fn is_row(ground: &Ground<'_>, sentence: &Sentence, item: usize, table: usize) -> bool {
    let Some(text) = referred(ground, sentence, item) else {
        return false;
    };
    let mut dimensions = ground.turn.dimensions(table).into_iter();
    dimensions.any(|column| ground.turn.distinct(table, column).contains(&text))
}

/// The name that a reference comes to.
fn referred(ground: &Ground<'_>, sentence: &Sentence, item: usize) -> Option<String> {
    let Some(Kind::Reference(position)) = sentence.kind(item) else {
        return None;
    };
    match ground.references.get(*position)? {
        Some(Evaluated {
            shape: Shape::Name(at), ..
        }) => Some(ground.turn.text(*at)),
        _ => None,
    }
}

/// True where the title, the filters or the project of the result say the name.
fn is_said_by_result(ground: &Ground<'_>, sentence: &Sentence, item: usize, table: usize) -> bool {
    let mut said = ground.filter_words(table);
    said.extend(ground.title_words(table));
    said.extend(ground.turn.project_words(table));
    let name = filters::split_words(&name_of(ground, sentence, item));
    name.iter().any(|word| said.contains(word))
        && name
            .iter()
            .all(|word| said.contains(word) || vocabulary::is_function(word))
}

/// True for another row as the source of what is counted: "/ had 40 page views from /blog".
fn is_source(ground: &Ground<'_>, sentence: &Sentence, item: usize, at: usize, cells: &[CellAt]) -> bool {
    // "450 from desktop and 252 from mobile", "from checkout (650)": each is of another number.
    let numbers = binding::numbers(ground, sentence);
    let group = sentence.group_of(at);
    let other = |found: Option<&usize>| found.is_some_and(|number| *number != at);
    let before_it = numbers.iter().rfind(|number| group.contains(number) && **number < item);
    let aside = matches!(sentence.kind(item + 1), Some(Kind::Mark('('))) && numbers.contains(&(item + 2));
    if other(before_it) || aside {
        return false;
    }
    let mut before = (1..=3).map(|back| sentence.word_before(item, back));
    let source = before.find(|word| !vocabulary::is_in(ARTICLES, word));
    let leads = source.is_some_and(|word| vocabulary::is_in(SOURCES, word));
    let followed = (1..=4).any(|back| sentence.word_before(item, back) == "followed");
    leads
        && !followed
        && cells.first().is_some_and(|cell| {
            let mut dimensions = ground.turn.dimensions(cell.table).into_iter();
            dimensions.any(|column| {
                let marks = binding::marks(ground, sentence, cell.table, Some(column));
                let own = |text: &String| {
                    let same_table = cells.iter().filter(|other| other.table == cell.table);
                    same_table
                        .into_iter()
                        .any(|other| ground.turn.text(CellAt { column, ..*other }) == *text)
                };
                let mut named = marks.iter().filter(|mark| mark.item == item && !mark.values.is_empty());
                !ground.turn.is_time(cell.table, column) && named.any(|mark| !mark.values.iter().any(own))
            })
        })
}

/// True where another number follows the name, so that it is the name's own: "/ had 40, Edge 12".
fn has_number(ground: &Ground<'_>, sentence: &Sentence, item: usize, at: usize) -> bool {
    let numbers = binding::numbers(ground, sentence);
    let group = sentence.group_of(at);
    let mut after = (item + 1..group.end).take(8);
    let found = after.find_map(|next| match sentence.kind(next) {
        _ if numbers.contains(&next) => Some(next != at),
        Some(Kind::Mark('(' | ':') | Kind::Measure(_)) => None,
        Some(Kind::Word(word)) if vocabulary::is_known(word) => None,
        _ => Some(false),
    });
    let led = vocabulary::is_in(
        "with from via on in using by for among of through",
        sentence.word_before(item, 1),
    );
    found == Some(true) && !led
}

fn name_of(ground: &Ground<'_>, sentence: &Sentence, item: usize) -> String {
    match sentence.kind(item) {
        Some(Kind::Foreign(name)) => name.clone(),
        Some(Kind::Label(places)) => places.first().map_or_else(String::new, |place| place.text.clone()),
        _ => referred(ground, sentence, item).unwrap_or_default(),
    }
}
