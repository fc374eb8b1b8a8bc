//! References that count rows: what the sentence says that they are.

use std::collections::BTreeSet;

use super::binding::Ground;
use super::measures::Tie;
use super::referencing::Spot;
use super::scan::Kind;
use super::turn::CellAt;
use super::{filters, nouns, outsiders, restrictions, rows, vocabulary};

/// Words for the rows of any table.
const ROWS: &str = "rows row entries entry lines line values value results result groups group buckets bucket";

/// Checks the words around a number of rows. The error is the reason.
pub(super) fn check(ground: &Ground<'_>, spot: &Spot<'_>, table: usize) -> Result<(), String> {
    let sentence = spot.sentence;
    if matches!(spot.tie, Tie::Direct(_)) {
        return Err("a number of rows is not the amount of a measure".to_owned());
    }
    if let Some(word) = restrictions::restriction(ground, sentence, spot.at, table) {
        return Err(format!("the result does not tell apart what `{word}` says"));
    }
    if let Some(name) = outsiders::outsider_of(ground, sentence, spot.at, &[], &BTreeSet::from([table])) {
        return Err(format!("the result does not tell apart what `{name}` says"));
    }
    let names = names_of_rows(ground, table);
    let is_row = |word: &str| vocabulary::is_in(ROWS, word) || names.iter().any(|name| nouns::same(name, word));
    let content = |at: usize| {
        let word = sentence.word(at);
        !word.is_empty() && !vocabulary::is_plain_adjective(word) && !vocabulary::is_function(word)
    };
    // "6 pages", "6 different browsers", "browsers: 6".
    let next = (spot.at + 1..sentence.items.len())
        .take_while(|at| matches!(sentence.kind(*at), Some(Kind::Word(_))))
        .find(|at| content(*at))
        .map(|at| sentence.word(at))
        .filter(|word| !vocabulary::is_verb(word));
    let near = sentence.clause_of(spot.at).any(|at| is_row(sentence.word(at)));
    if next.is_some_and(|word| !is_row(word)) || !near {
        return Err("the sentence does not say that it counts the rows".to_owned());
    }
    rows::foreign(ground, sentence, spot.at, table)?;
    rows::period(ground, sentence, spot.at, table)
}

/// The words for what a row stands for, where each row stands for another one.
fn names_of_rows(ground: &Ground<'_>, table: usize) -> Vec<String> {
    let turn = ground.turn;
    let [column] = turn.dimensions(table)[..] else {
        return Vec::new();
    };
    let rows = turn.table(table).rows.len();
    if turn.distinct(table, column).len() != rows {
        return Vec::new();
    }
    let shown = turn.column(table, column);
    let mut names: Vec<String> = filters::split_words(&shown.title).into_iter().collect();
    names.extend(filters::split_words(&shown.name));
    let known = [
        ("pathname", "page"),
        ("path", "page"),
        ("os", "system"),
        ("status", "code"),
    ];
    for (name, word) in known {
        if names.iter().any(|own| own == name) {
            names.push(word.to_owned());
        }
    }
    let first = CellAt { table, row: 0, column };
    if rows > 0
        && turn.is_time(table, column)
        && turn.text(first).len() == 10
        && names.iter().all(|name| name != "week" && name != "month")
    {
        names.push("day".to_owned());
    }
    names
}
