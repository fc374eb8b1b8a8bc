//! Finds what a reference names: a cell, or all cells of a column.

use hedgerow_data_api::{Role, Unit};

use super::evaluation::{Linear, Quantity, Shape};
use super::expression::Function;
use super::turn::{CellAt, Turn};
use super::uniques;

pub(super) fn measured(turn: &Turn<'_>, at: CellAt) -> Result<Quantity, String> {
    let is_measure = turn.column(at.table, at.column).role == Role::Measure;
    match turn.number(at) {
        Some(number) if is_measure => Ok(Quantity {
            number,
            unit: turn.unit(at),
            ratio: false,
            hundred: false,
            shape: Shape::Linear(Linear {
                plus: vec![at],
                minus: Vec::new(),
            }),
            cells: vec![at],
        }),
        _ => Err(format!("{} is not a number to calculate with", turn.name(at))),
    }
}

pub(super) fn aggregate(
    turn: &Turn<'_>,
    function: Function,
    handle: &str,
    column: Option<&str>,
) -> Result<Quantity, String> {
    let table = find_table(turn, handle)?;
    if turn.is_cut(table) {
        return Err(format!("{handle} is cut, so that its rows do not make the whole"));
    }
    if function == Function::Count {
        let column = column.map(|name| find_column(turn, table, name)).transpose()?;
        if turn.hides_values(table) {
            return Err(format!(
                "a row of {handle} stands for several values, so that they can't be counted"
            ));
        }
        let counted = (0..turn.table(table).rows.len())
            .filter(|row| !turn.is_collective(table, *row))
            .filter(|row| {
                column.is_none_or(|column| {
                    !turn
                        .cell(CellAt {
                            table,
                            row: *row,
                            column,
                        })
                        .is_null()
                })
            })
            .count();
        let number = f64::from(u32::try_from(counted).map_err(|_| "there are too many rows".to_owned())?);
        let (unit, shape, cells) = (Unit::None, Shape::Count(table), Vec::new());
        return Ok(Quantity {
            number,
            unit,
            ratio: false,
            hundred: false,
            shape,
            cells,
        });
    }
    let column = find_column(turn, table, column.unwrap_or_default())?;
    let cells = turn.cells_of(table, column);
    let numbers = cells
        .iter()
        .map(|at| measured(turn, *at).map(|q| q.number))
        .collect::<Result<Vec<f64>, String>>()?;
    if numbers.is_empty() {
        return Err(format!("{handle} has no rows"));
    }
    check_values(turn, function, table, &cells, &numbers)?;
    if function == Function::Sum {
        uniques::check_sum(turn, &cells)?;
    }
    let total: f64 = numbers.iter().sum();
    let greatest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let attained = |extreme: f64| -> Vec<CellAt> {
        cells
            .iter()
            .zip(&numbers)
            .filter(|(_, number)| (**number - extreme).abs() <= 0.0)
            .map(|(at, _)| *at)
            .collect()
    };
    #[expect(clippy::cast_precision_loss, reason = "tables have far fewer rows than 2^52")]
    let rows = numbers.len() as f64;
    let (number, shape) = match function {
        Function::Max => (
            greatest,
            Shape::Extreme {
                greatest: true,
                cells: attained(greatest),
            },
        ),
        Function::Min => (
            least,
            Shape::Extreme {
                greatest: false,
                cells: attained(least),
            },
        ),
        Function::Avg => (total / rows, Shape::Average),
        Function::Sum | Function::Count => (
            total,
            Shape::Linear(Linear {
                plus: cells.clone(),
                minus: Vec::new(),
            }),
        ),
    };
    let unit = turn.column(table, column).unit;
    Ok(Quantity {
        number,
        unit,
        ratio: false,
        hundred: false,
        shape,
        cells,
    })
}

/// A row that stands for several or for missing values is no value that could be the greatest, and
/// hides the least.
fn check_values(
    turn: &Turn<'_>,
    function: Function,
    table: usize,
    cells: &[CellAt],
    numbers: &[f64],
) -> Result<(), String> {
    let best = match function {
        Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Avg | Function::Sum | Function::Count => f64::NAN,
    };
    let attained = |(at, number): (&CellAt, &f64)| turn.is_collective(table, at.row) && (number - best).abs() <= 0.0;
    let refused = match function {
        Function::Min if turn.hides_values(table) => true,
        Function::Avg => cells.iter().any(|at| turn.is_collective(table, at.row)),
        _ => cells.iter().zip(numbers).any(attained),
    };
    if refused {
        Err("a row that stands for other or missing values is not one value".to_owned())
    } else {
        Ok(())
    }
}

pub(super) fn find_cell(turn: &Turn<'_>, handle: &str, row: usize, column: &str) -> Result<CellAt, String> {
    let table = find_table(turn, handle)?;
    let rows = turn.table(table).rows.len();
    if row >= rows {
        let has = if rows == 0 {
            "no rows".to_owned()
        } else {
            format!("rows 0 to {}", rows - 1)
        };
        return Err(format!("{handle} has {has}, not a row {row}"));
    }
    Ok(CellAt {
        table,
        row,
        column: find_column(turn, table, column)?,
    })
}

fn find_table(turn: &Turn<'_>, handle: &str) -> Result<usize, String> {
    turn.results
        .iter()
        .position(|result| result.handle == handle)
        .ok_or_else(|| {
            let handles: Vec<&str> = turn.results.iter().map(|result| result.handle.as_str()).collect();
            if handles.is_empty() {
                format!("there is no result {handle}, there are no results yet")
            } else {
                format!("there is no result {handle}, there are {}", handles.join(", "))
            }
        })
}

fn find_column(turn: &Turn<'_>, table: usize, name: &str) -> Result<usize, String> {
    let shown = turn.table(table);
    shown.column_index(name).ok_or_else(|| {
        let nearest = shown
            .columns
            .iter()
            .min_by_key(|column| strsim::levenshtein(name, &column.name));
        let near = nearest.map_or(String::new(), |column| format!("; the nearest is {}", column.name));
        format!("{} has no column {name}{near}", turn.results[table].handle)
    })
}
