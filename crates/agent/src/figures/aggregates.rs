//! Finds what a reference names: a cell, or all cells of a column.

use hedgerow_data_api::{Role, Unit};

use super::evaluation::{Linear, Quantity, Shape};
use super::expression::Function;
use super::turn::{CellAt, Turn};

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
    if turn.table(table).rows_cut > 0 {
        return Err(format!("{handle} is cut, so that its rows do not make the whole"));
    }
    if function == Function::Count {
        let cells = column.map(|name| find_column(turn, table, name)).transpose()?;
        let counted = cells.map_or(turn.table(table).rows.len(), |column| {
            turn.cells_of(table, column)
                .into_iter()
                .filter(|at| !turn.cell(*at).is_null())
                .count()
        });
        let number = f64::from(u32::try_from(counted).map_err(|_| "there are too many rows".to_owned())?);
        let (unit, shape, cells) = (Unit::None, Shape::Count, Vec::new());
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
