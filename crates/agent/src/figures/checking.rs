//! Whether a literal number equals a cell whose row and measure are said of it.

use super::binding::Ground;
use super::clauses::Sentence;
use super::literals::Literal;
use super::measures::{self, Tie};
use super::rows::{self, Strictness};
use super::scan::Kind;
use super::turn::CellAt;
use super::{nouns, outsiders, restrictions, surroundings, vocabulary};
use hedgerow_data_api::{Role, Unit};

/// The cell that a literal is bound to. The error is the reason why there is none.
pub(super) fn bind_literal(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    literal: &Literal,
    tie: &Tie,
) -> Result<CellAt, String> {
    let amount = literal.amount.ok_or("it is not a well-formed number")?;
    if literal.foreign_unit {
        return Err("no result has its unit".to_owned());
    }
    if surroundings::is_hedged(sentence, at) || is_glued(sentence, at) {
        return Err("it is not exact".to_owned());
    }
    if surroundings::is_uncertain(sentence, at) {
        return Err("it is not stated as a fact".to_owned());
    }
    if surroundings::is_denied(ground, sentence, at) {
        return Err("the sentence denies it".to_owned());
    }
    if surroundings::is_computed(ground, sentence, at) {
        return Err("it is a computed number; write a reference".to_owned());
    }
    let mut reason = "no cell of the results equals it".to_owned();
    for table in 0..ground.turn.results.len() {
        for column in ground.turn.columns_of(table, Role::Measure) {
            for cell in ground.turn.cells_of(table, column) {
                if !amount.equals(ground.turn.cell(cell)) {
                    continue;
                }
                match fits(ground, sentence, at, literal, tie, cell) {
                    Ok(()) => return Ok(cell),
                    Err(found) => reason = found,
                }
            }
        }
    }
    Err(reason)
}

fn fits(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    literal: &Literal,
    tie: &Tie,
    cell: CellAt,
) -> Result<(), String> {
    let focus = [(cell.table, cell.column)];
    let ground = &Ground {
        focus: &focus,
        ..*ground
    };
    if surroundings::is_denied(ground, sentence, at) {
        return Err("the sentence denies it".to_owned());
    }
    let unit = ground.turn.unit(cell);
    if literal.percent && unit != Unit::Percent {
        return Err("the cell is no percentage".to_owned());
    }
    measure_fits(ground, sentence, at, tie, cell)?;
    rows::fits(ground, sentence, at, cell, Strictness::Literal)?;
    let restriction = restrictions::restriction(ground, sentence, at, cell.table);
    match restriction.or_else(|| outsiders::outsider(ground, sentence, at, &[cell])) {
        Some(word) => Err(format!("the result does not tell apart what `{word}` says")),
        None => Ok(()),
    }
}

/// True where a sign or letters touch the number.
fn is_glued(sentence: &Sentence, at: usize) -> bool {
    let item = &sentence.items[at];
    let before = !item.spaced
        && matches!(
            sentence.kind_before(at, 1),
            Some(Kind::Mark(
                '$' | '€' | '£' | '¥' | '~' | '≈' | '<' | '>' | '±' | '=' | '+'
            ))
        );
    let after = sentence.items.get(at + 1).is_some_and(|next| {
        !next.spaced
            && next.start == item.end
            && matches!(
                next.kind,
                Kind::Word(_) | Kind::Version | Kind::Literal(_) | Kind::Mark('+' | '×')
            )
    });
    let operator = matches!(
        sentence.kind(at + 1),
        Some(Kind::Mark('±' | '×' | '*' | '^' | '=' | '+' | '/'))
    );
    let unit = |next: usize| vocabulary::is_foreign_unit(sentence.word(next));
    let percent = matches!(sentence.kind(at), Some(Kind::Literal(literal)) if literal.percent);
    let scaled = percent && unit(at + 1 + usize::from(sentence.word(at + 1) == "percent"));
    before || after || operator || scaled
}

fn measure_fits(ground: &Ground<'_>, sentence: &Sentence, at: usize, tie: &Tie, cell: CellAt) -> Result<(), String> {
    let item = match tie {
        Tie::Direct(item) | Tie::Near(item) => *item,
        Tie::Nothing => return Err("its measure is not in the sentence".to_owned()),
        Tie::Foreign(word) => return Err(format!("no result has `{word}`")),
        Tie::Unclear => return Err("it is not clear which measure it is".to_owned()),
    };
    if let Some(word) = measures::qualifier(sentence, item, &ground.filter_words(cell.table)) {
        return Err(format!("the result does not tell apart what `{word}` says"));
    }
    if let Some(noun) = nouns::modified(ground, sentence, tie, cell) {
        return Err(format!("no result has `{noun}`"));
    }
    if ground.turn.is_plain(cell) && !nouns::names_plain(ground, sentence, at, tie, cell) {
        return Err("the name of its column does not say what it counts".to_owned());
    }
    let here: Vec<usize> = measures::columns(sentence, item)
        .iter()
        .filter(|measured| measured.table == cell.table)
        .map(|measured| measured.column)
        .collect();
    if here == [cell.column] {
        Ok(())
    } else {
        Err(format!("the cell counts {}", ground.turn.title(cell)))
    }
}

/// True where the sentence states the number as the amount of a measure, so that it is a claim
/// and not an echo.
pub(super) fn asserts(ground: &Ground<'_>, sentence: &Sentence, at: usize, tie: &Tie) -> bool {
    let stated = matches!(tie, Tie::Direct(_)) || stands_after_measure(sentence, at);
    let group = sentence.group_of(at);
    let frames = "asked ask asks expected expect wanted want need needed limit threshold target goal allowed allows contract \
                  question said you your passed exceeded exceeds above below over under plan planned hoped whether";
    let framed = group
        .into_iter()
        .any(|other| frames.split_whitespace().any(|word| word == sentence.word(other)));
    let denied = surroundings::is_denied(ground, sentence, at) || surroundings::is_uncertain(sentence, at);
    let percent = matches!(sentence.kind(at), Some(Kind::Literal(literal)) if literal.percent);
    !ground.turn.results.is_empty()
        && (stated || percent)
        && !framed
        && !denied
        && !surroundings::is_hedged(sentence, at)
}

/// `the bounce rate is 50 percent`
fn stands_after_measure(sentence: &Sentence, at: usize) -> bool {
    for back in 1..=4 {
        match sentence.kind_before(at, back) {
            Some(Kind::Measure(_)) => return true,
            Some(Kind::Word(word)) if vocabulary::is_function(word) || vocabulary::is_verb(word) => {}
            _ => return false,
        }
    }
    false
}
