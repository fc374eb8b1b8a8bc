//! The value of a reference: its number, unit, cells, and what kind of computation it is.

use hedgerow_data_api::{Role, Unit};
use serde_json::Value;

use super::expression::{Expression, Format, Node, Operator};
use super::turn::{CellAt, Turn, label_text};
use super::{aggregates, render, uniques};

/// What a reference came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evaluated {
    pub(super) value: Value,
    pub(super) unit: Unit,
    /// As it is rendered, without a percent sign.
    pub(super) text: String,
    pub(super) cells: Vec<CellAt>,
    pub(super) shape: Shape,
    /// The unit that seconds were turned into.
    pub(super) span: Option<&'static str>,
}

/// The kind of computation, which decides how the words around it are checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A name.
    Name(CellAt),
    /// Cells added and subtracted; one cell is the simplest case.
    Linear(Linear),
    /// One linear part divided by another.
    Ratio { over: Linear, under: Linear },
    /// The greatest or least of a column.
    Extreme { greatest: bool, cells: Vec<CellAt> },
    /// The mean of a column.
    Average,
    /// A number of rows of a table.
    Count(usize),
    /// Anything else.
    Other,
}

/// Cells with a plus, and cells with a minus.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Linear {
    pub(super) plus: Vec<CellAt>,
    pub(super) minus: Vec<CellAt>,
}

impl Linear {
    /// The cell, where there is just one.
    pub(super) fn single(&self) -> Option<CellAt> {
        match (self.plus.as_slice(), self.minus.as_slice()) {
            ([cell], []) => Some(*cell),
            _ => None,
        }
    }
}

/// A value on its way through a computation.
#[derive(Clone)]
pub(super) struct Quantity {
    pub(super) number: f64,
    pub(super) unit: Unit,
    /// A number without a unit that came out of a division.
    pub(super) ratio: bool,
    /// Multiplied by 100.
    pub(super) hundred: bool,
    pub(super) shape: Shape,
    pub(super) cells: Vec<CellAt>,
}

/// Evaluates a reference. The error is the reason, as the end of a sentence.
pub(super) fn evaluate(expression: &Expression, turn: &Turn<'_>) -> Result<Evaluated, String> {
    if let Node::Cell { handle, row, column } = &expression.node {
        let at = aggregates::find_cell(turn, handle, *row, column)?;
        let measured = turn.column(at.table, at.column).role == Role::Measure;
        match turn.cell(at) {
            Value::Null if measured => return Err("the cell is empty".to_owned()),
            Value::Number(_) if measured => {}
            cell if expression.formats.is_empty() => {
                let text = label_text(cell);
                let (value, shape) = (Value::String(text.clone()), Shape::Name(at));
                return Ok(Evaluated {
                    value,
                    unit: Unit::None,
                    text,
                    cells: vec![at],
                    shape,
                    span: None,
                });
            }
            _ => return Err("a name has no number format".to_owned()),
        }
    }
    let quantity = compute(&expression.node, turn)?;
    finish(quantity, &expression.formats, turn)
}

fn finish(quantity: Quantity, formats: &[Format], turn: &Turn<'_>) -> Result<Evaluated, String> {
    let Quantity {
        mut number,
        mut unit,
        ratio,
        hundred,
        shape,
        mut cells,
    } = quantity;
    if hundred {
        if !ratio {
            return Err("100 may only multiply a ratio".to_owned());
        }
        unit = Unit::Percent;
    }
    let (mut decimals, mut signed, mut span) = (None, false, None);
    let single = if let Shape::Linear(linear) = &shape {
        linear.single()
    } else {
        None
    };
    for format in formats {
        match format {
            Format::Percent(_) if unit == Unit::Percent => return Err("the value is a percentage already".to_owned()),
            Format::Percent(_) if unit != Unit::None => {
                return Err("percent needs a ratio of two cells, not a count".to_owned());
            }
            Format::Percent(places) => {
                number *= 100.0;
                unit = Unit::Percent;
                decimals = *places;
            }
            Format::Round(places) => decimals = Some(*places),
            Format::Signed => signed = true,
            Format::Span(unit) => {
                let in_seconds = |at: CellAt| turn.column(at.table, at.column).name.ends_with("_seconds");
                if span.is_some() || !single.is_some_and(in_seconds) {
                    return Err(format!("{} needs one cell of a column in seconds", unit.name()));
                }
                number /= unit.seconds();
                span = Some(unit.name());
            }
        }
    }
    if !number.is_finite() {
        return Err("it has no finite value".to_owned());
    }
    let exact = single.filter(|_| span.is_none());
    let mut text = match (exact, decimals) {
        (Some(at), None) => render::cell(turn.cell(at)),
        (_, Some(places)) => render::fixed(number, places),
        (None, None) => render::number(number),
    };
    if signed && number > 0.0 {
        text.insert(0, '+');
    }
    let value = match (exact, decimals) {
        (Some(at), None) => turn.cell(at).clone(),
        _ => render::json(number),
    };
    cells.sort_unstable();
    cells.dedup();
    Ok(Evaluated {
        value,
        unit,
        text,
        cells,
        shape,
        span,
    })
}

fn compute(node: &Node, turn: &Turn<'_>) -> Result<Quantity, String> {
    match node {
        Node::Hundred => Ok(Quantity {
            number: 100.0,
            unit: Unit::None,
            ratio: false,
            hundred: true,
            shape: Shape::Other,
            cells: Vec::new(),
        }),
        Node::Cell { handle, row, column } => {
            aggregates::measured(turn, aggregates::find_cell(turn, handle, *row, column)?)
        }
        Node::Aggregate {
            function,
            handle,
            column,
        } => aggregates::aggregate(turn, *function, handle, column.as_deref()),
        Node::Binary { operator, left, right } => {
            let multiplies = *operator == Operator::Multiply;
            match (left.as_ref(), right.as_ref()) {
                (Node::Hundred, other) | (other, Node::Hundred) if multiplies => times_hundred(compute(other, turn)?),
                (Node::Hundred, _) | (_, Node::Hundred) => Err("100 may only multiply".to_owned()),
                _ => {
                    let (one, other) = (compute(left, turn)?, compute(right, turn)?);
                    let chained = is_difference(left) || is_difference(right);
                    let cells = [one.cells.as_slice(), other.cells.as_slice()].concat();
                    let made = binary(*operator, one, other)?;
                    uniques::check_operation(turn, *operator, &cells, chained)?;
                    uniques::check_scaled(*operator, made.unit)?;
                    Ok(made)
                }
            }
        }
    }
}

fn is_difference(node: &Node) -> bool {
    matches!(
        node,
        Node::Binary {
            operator: Operator::Add | Operator::Subtract,
            ..
        }
    )
}

fn times_hundred(mut quantity: Quantity) -> Result<Quantity, String> {
    if quantity.hundred || quantity.unit == Unit::Percent {
        return Err("100 may multiply a ratio once".to_owned());
    }
    quantity.number *= 100.0;
    quantity.hundred = true;
    Ok(quantity)
}

fn binary(operator: Operator, left: Quantity, right: Quantity) -> Result<Quantity, String> {
    let cells = [left.cells.as_slice(), right.cells.as_slice()].concat();
    let same_kind = left.unit == right.unit && left.ratio == right.ratio && left.hundred == right.hundred;
    match operator {
        Operator::Add | Operator::Subtract => {
            if !same_kind {
                return Err(format!("{} and {} do not add up", unit_name(&left), unit_name(&right)));
            }
            let subtracts = operator == Operator::Subtract;
            let number = if subtracts {
                left.number - right.number
            } else {
                left.number + right.number
            };
            let shape = match (left.shape, right.shape) {
                (Shape::Linear(left), Shape::Linear(right)) => Shape::Linear(combine(left, right, subtracts)),
                _ => Shape::Other,
            };
            Ok(Quantity {
                number,
                cells,
                shape,
                unit: left.unit,
                ratio: left.ratio,
                hundred: left.hundred,
            })
        }
        Operator::Multiply => {
            if !left.ratio && !right.ratio {
                return Err(format!(
                    "{} times {} means nothing",
                    unit_name(&left),
                    unit_name(&right)
                ));
            }
            if left.hundred && right.hundred {
                return Err("100 may multiply a ratio once".to_owned());
            }
            Ok(Quantity {
                number: left.number * right.number,
                unit: if left.ratio { right.unit } else { left.unit },
                ratio: left.ratio && right.ratio,
                hundred: left.hundred || right.hundred,
                shape: Shape::Other,
                cells,
            })
        }
        Operator::Divide => divide(left, right, cells),
    }
}

fn divide(left: Quantity, right: Quantity, cells: Vec<CellAt>) -> Result<Quantity, String> {
    if right.number == 0.0 {
        return Err("it divides by zero".to_owned());
    }
    if right.hundred {
        return Err("100 may not divide".to_owned());
    }
    let number = left.number / right.number;
    let by_ratio = right.ratio && !left.ratio;
    let shape = match (left.shape, right.shape) {
        (Shape::Linear(over), Shape::Linear(under)) => Shape::Ratio { over, under },
        _ => Shape::Other,
    };
    let unit = if by_ratio { left.unit } else { Unit::None };
    Ok(Quantity {
        number,
        unit,
        ratio: !by_ratio,
        hundred: left.hundred,
        shape,
        cells,
    })
}

fn combine(mut left: Linear, right: Linear, subtracts: bool) -> Linear {
    let (plus, minus) = if subtracts {
        (right.minus, right.plus)
    } else {
        (right.plus, right.minus)
    };
    left.plus.extend(plus);
    left.minus.extend(minus);
    left
}

fn unit_name(quantity: &Quantity) -> &'static str {
    match quantity.unit {
        _ if quantity.ratio => "a ratio",
        Unit::Events => "events",
        Unit::Persons => "persons",
        Unit::Sessions => "sessions",
        Unit::Percent => "a percentage",
        Unit::Bytes => "bytes",
        Unit::None => "a plain number",
    }
}
