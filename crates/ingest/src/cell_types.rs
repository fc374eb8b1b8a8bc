//! The types of columns whose cells are text.
//!
//! A column's type comes from its first rows, so that it does not change from value to value: whole
//! numbers, numbers, truths, or text. A later cell that is no value of that type stays text, which loses
//! nothing.

use std::borrow::Cow;

use crate::draft::Cell;

/// The type of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellType {
    Integer,
    Double,
    Boolean,
    Text,
}

impl CellType {
    /// What a person calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "whole numbers",
            Self::Double => "numbers",
            Self::Boolean => "true or false",
            Self::Text => "text",
        }
    }

    /// The type of a single cell.
    pub(crate) fn of(cell: &str) -> Self {
        if truth(cell).is_some() {
            Self::Boolean
        } else if integer(cell).is_some() {
            Self::Integer
        } else if number(cell).is_some() {
            Self::Double
        } else {
            Self::Text
        }
    }

    /// The type that holds cells of both.
    pub(crate) fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, another) if one == another => one,
            (Self::Integer, Self::Double) | (Self::Double, Self::Integer) => Self::Double,
            _ => Self::Text,
        }
    }

    /// A cell as a value of the type; as text, and false, where it is none.
    pub(crate) fn read(self, cell: &str) -> (Cell<'_>, bool) {
        let value = match self {
            Self::Integer => integer(cell).map(Cell::Integer),
            Self::Double => number(cell).map(Cell::Double),
            Self::Boolean => truth(cell).map(Cell::Boolean),
            Self::Text => return (Cell::Text(Cow::Borrowed(cell)), true),
        };
        let fits = value.is_some();
        (value.unwrap_or(Cell::Text(Cow::Borrowed(cell))), fits)
    }
}

fn truth(cell: &str) -> Option<bool> {
    match cell {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A whole number without leading zeros or a plus sign, which would be lost.
fn integer(cell: &str) -> Option<i64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    match digits {
        [b'0'] if digits.len() == cell.len() => Some(0),
        [b'1'..=b'9', ..] if digits.iter().all(u8::is_ascii_digit) => cell.parse().ok(),
        _ => None,
    }
}

/// A finite number as JSON writes it, but no whole number that a double can't hold.
fn number(cell: &str) -> Option<f64> {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let whole = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let leading_zero = whole > 1 && unsigned.first() == Some(&b'0');
    if whole == 0 || leading_zero {
        return None;
    }
    let rest = unsigned.get(whole..)?;
    if rest.is_empty() {
        const EXACT: i64 = 1 << 53;
        return integer(cell)
            .filter(|number| (-EXACT..=EXACT).contains(number))
            .map(|number| number as f64);
    }
    let shaped = match rest {
        [b'.', digit, ..] => digit.is_ascii_digit(),
        [b'e' | b'E', ..] => true,
        _ => false,
    };
    let ends_in_digit = rest.last().is_some_and(u8::is_ascii_digit);
    cell.parse()
        .ok()
        .filter(|number: &f64| shaped && ends_in_digit && number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_have_the_type_that_keeps_them() {
        let cases = [
            ("0", CellType::Integer),
            ("-7", CellType::Integer),
            ("9223372036854775807", CellType::Integer),
            ("9223372036854775808", CellType::Text),
            ("01234", CellType::Text),
            ("-0", CellType::Text),
            ("+5", CellType::Text),
            ("1.5", CellType::Double),
            ("-0.5", CellType::Double),
            ("1e3", CellType::Double),
            ("1e-3", CellType::Double),
            ("1e999", CellType::Text),
            ("01.5", CellType::Text),
            ("1.", CellType::Text),
            (".5", CellType::Text),
            ("1.e5", CellType::Text),
            ("NaN", CellType::Text),
            ("inf", CellType::Text),
            ("true", CellType::Boolean),
            ("FALSE", CellType::Boolean),
            ("yes", CellType::Text),
            ("1,5", CellType::Text),
            (" 1", CellType::Text),
        ];
        for (cell, expected) in cases {
            assert_eq!(CellType::of(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn columns_have_a_type_for_all_of_their_cells() {
        use CellType::{Boolean, Double, Integer, Text};
        for (one, other, both) in [
            (Integer, Integer, Integer),
            (Integer, Double, Double),
            (Integer, Boolean, Text),
            (Text, Integer, Text),
            (Boolean, Boolean, Boolean),
        ] {
            assert_eq!((one.with(other), other.with(one)), (both, both));
        }
        assert_eq!(Integer.read("1.5"), (Cell::Text("1.5".into()), false));
        assert_eq!(Double.read("2"), (Cell::Double(2.0), true));
        assert_eq!(
            Double.read("9007199254740993"),
            (Cell::Text("9007199254740993".into()), false)
        );
    }

    proptest! {
        #[test]
        fn any_cell_has_a_type_that_reads_it(cell in "\\PC{0,12}|[-+0-9.eE]{0,12}") {
            prop_assert!(CellType::of(&cell).read(&cell).1);
        }
    }
}
