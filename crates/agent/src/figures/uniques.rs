//! Counts of different persons and sessions: whoever is in two rows is counted in both, so that
//! their sum is the number of nobody.

use hedgerow_data_api::Unit;

use super::expression::Operator;
use super::turn::{CellAt, Turn};
use super::{filters, nouns};

/// Words by which a column without a unit says that it counts each person or session once.
const UNIQUE: &str = "unique uniques distinct visitor user person people session";
/// Why such numbers are not added.
const REFUSED: &str = "unique counts don't add up; ask for a total";

/// True where the cell counts each person or session once.
pub(super) fn is_unique(turn: &Turn<'_>, cell: CellAt) -> bool {
    match turn.unit(cell) {
        Unit::Persons | Unit::Sessions => true,
        Unit::None => {
            let words = filters::split_words(turn.title(cell));
            // "page views per session" divides.
            !words.contains("per")
                && words
                    .iter()
                    .any(|word| UNIQUE.split(' ').any(|unique| nouns::same(unique, word)))
        }
        Unit::Events | Unit::Percent | Unit::Bytes => false,
    }
}

/// Refuses a sum over rows of such counts.
pub(super) fn check_sum(turn: &Turn<'_>, cells: &[CellAt]) -> Result<(), String> {
    if cells.iter().any(|cell| is_unique(turn, *cell)) {
        Err(REFUSED.to_owned())
    } else {
        Ok(())
    }
}

/// Refuses what adds such counts, or takes several of them away; shares of them are no better.
/// `chained` says that one side is a difference itself.
pub(super) fn check_operation(
    turn: &Turn<'_>,
    operator: Operator,
    cells: &[CellAt],
    chained: bool,
) -> Result<(), String> {
    match operator {
        Operator::Add => check_sum(turn, cells),
        Operator::Subtract if chained => check_sum(turn, cells),
        Operator::Subtract | Operator::Multiply | Operator::Divide => Ok(()),
    }
}

/// Refuses what makes such a count larger or smaller by a ratio: `avg(r1.users) * (count(r1) / count(r2))`.
pub(super) fn check_scaled(operator: Operator, unit: Unit) -> Result<(), String> {
    let scales = matches!(operator, Operator::Multiply | Operator::Divide);
    if scales && matches!(unit, Unit::Persons | Unit::Sessions) {
        Err("a unique count can't be multiplied".to_owned())
    } else {
        Ok(())
    }
}
