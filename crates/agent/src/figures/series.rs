//! Several columns that count the same under different filters: which one the sentence is about.

use std::collections::BTreeSet;

use super::binding::{self, Ground};
use super::evaluation::{Evaluated, Shape};
use super::referencing::{self, Spot};
use super::scan::Kind;
use super::{filters, lexicon::Place, rows};

/// A column with filters of its own must be told apart from its like, and a share must be of what
/// the sentence says. The error is the reason.
pub(super) fn check(ground: &Ground<'_>, spot: &Spot<'_>, evaluated: &Evaluated) -> Result<(), String> {
    let turn = ground.turn;
    let said = said(ground, spot, matches!(evaluated.shape, Shape::Ratio { .. }));
    for (table, column) in binding::measures_of(&referencing::counted(evaluated)) {
        let named = turn.own_filters(table, column).is_empty()
            || turn.telling_words(table, column).iter().any(|word| said.contains(word));
        if !named {
            let filters: Vec<String> = turn.own_filters(table, column).into_iter().collect();
            return Err(format!("the sentence does not say {}", filters.join(" and ")));
        }
    }
    if let Shape::Ratio { over, under } = &evaluated.shape {
        let filters_of = |cells: &[super::turn::CellAt]| -> BTreeSet<String> {
            let each = binding::measures_of(cells).into_iter();
            each.flat_map(|(table, column)| turn.filters(table, &[column]))
                .collect()
        };
        let part = filters_of(&referencing::all_cells(over));
        let narrower = filters_of(&referencing::all_cells(under)).into_iter().find(|filter| {
            let words = filters::words(filter);
            !part.contains(filter) && !words.iter().any(|word| said.contains(word))
        });
        if let Some(filter) = narrower {
            return Err(format!(
                "it divides by what has {filter}, which the sentence does not say"
            ));
        }
    }
    Ok(())
}

/// The words around the reference, up to the numbers beside it; a share may be followed by what it
/// is made of: `5%: 20 matching requests of 400`.
fn said(ground: &Ground<'_>, spot: &Spot<'_>, is_share: bool) -> BTreeSet<String> {
    let sentence = spot.sentence;
    let group = sentence.group_of(spot.at);
    let mut numbers = binding::numbers(ground, sentence);
    numbers.retain(|at| group.contains(at) && !is_share);
    let start = numbers
        .iter()
        .rfind(|at| **at < spot.at)
        .map_or(group.start, |at| at + 1);
    let mut after = numbers.iter().copied().filter(|at| *at > spot.at);
    // "12 of the 40 came from crawlers": what follows the whole is said of the part.
    let end = after.find(|at| !rows::is_base(sentence, *at)).unwrap_or(group.end);
    let mut words = BTreeSet::new();
    for at in start..end {
        match sentence.kind(at) {
            Some(Kind::Word(word) | Kind::Foreign(word)) => words.extend(filters::split_words(word)),
            Some(Kind::Measure(measure)) => words.extend(filters::split_words(&measure.phrase)),
            Some(Kind::Label(places)) => {
                words.extend(places.iter().flat_map(|Place { text, .. }| filters::split_words(text)));
            }
            _ => {}
        }
    }
    words
}
