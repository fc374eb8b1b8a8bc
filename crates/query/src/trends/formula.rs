//! Calculations with the series of a query: `A / B * 100`.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use hedgerow_errors::{Error, Result};

/// A calculation that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formula {
    Number(f64),
    /// The number of a series, by its place.
    Series(usize),
    Negative(Box<Formula>),
    Both(Box<Formula>, Operation, Box<Formula>),
}

/// What becomes of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Plus,
    Minus,
    Times,
    Over,
}

impl Formula {
    /// Reads a formula over so many series, which are called A, B, C, ...
    pub(super) fn new(text: &str, series: usize) -> Result<Self> {
        let refused = |why: String| {
            Error::invalid(format!("the formula {text:?} {why}"))
                .with_hint("write numbers and the series A, B, ... with + - * / and parentheses: A / B * 100")
        };
        let parsed = Parser::new(&GenericDialect {})
            .try_with_sql(text)
            .and_then(|mut parser| {
                let expr = parser.parse_expr()?;
                let rest = parser.peek_token();
                Ok((expr, rest.to_string()))
            });
        match parsed {
            Ok((expr, rest)) if rest == "EOF" => Self::of(&expr, series).map_err(refused),
            Ok((_, rest)) => Err(refused(format!("has more than one calculation: {rest}"))),
            Err(error) => Err(refused(format!("can't be read: {error}"))),
        }
    }

    fn of(expr: &Expr, series: usize) -> std::result::Result<Self, String> {
        let of = |expr: &Expr| Self::of(expr, series).map(Box::new);
        match expr {
            Expr::Nested(inner) => Self::of(inner, series),
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => number.parse().map(Self::Number).map_err(|error| error.to_string()),
                other => Err(format!("has {other}, which is no number")),
            },
            Expr::Identifier(name) => {
                let letter = name.value.to_ascii_uppercase();
                let place = match letter.as_bytes() {
                    [letter @ b'A'..=b'Z'] => usize::from(letter - b'A'),
                    _ => return Err(format!("has {name}, which is no letter of a series")),
                };
                if place < series {
                    Ok(Self::Series(place))
                } else {
                    Err(format!("has series {letter}, and the query has {series}"))
                }
            }
            Expr::UnaryOp {
                op: UnaryOperator::Minus,
                expr,
            } => Ok(Self::Negative(of(expr)?)),
            Expr::UnaryOp {
                op: UnaryOperator::Plus,
                expr,
            } => Self::of(expr, series),
            Expr::BinaryOp { left, op, right } => {
                let operation = match op {
                    BinaryOperator::Plus => Operation::Plus,
                    BinaryOperator::Minus => Operation::Minus,
                    BinaryOperator::Multiply => Operation::Times,
                    BinaryOperator::Divide => Operation::Over,
                    other => return Err(format!("has {other}, which is no calculation here")),
                };
                Ok(Self::Both(of(left)?, operation, of(right)?))
            }
            other => Err(format!("has {other}, which is no calculation here")),
        }
    }

    /// What it gives for the numbers of the series; `None` where one that it needs is missing, and for a division by 0.
    pub(super) fn value(&self, numbers: &[Option<f64>]) -> Option<f64> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Series(place) => numbers.get(*place).copied().flatten()?,
            Self::Negative(inner) => -inner.value(numbers)?,
            Self::Both(left, operation, right) => {
                let (left, right) = (left.value(numbers)?, right.value(numbers)?);
                match operation {
                    Operation::Plus => left + right,
                    Operation::Minus => left - right,
                    Operation::Times => left * right,
                    Operation::Over => left / right,
                }
            }
        };
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_calculated_as_they_are_written() {
        let numbers = [Some(6.0), Some(4.0), None];
        let cases = [
            ("A + B * 2", Some(14.0)),
            ("(a + B) * 2", Some(20.0)),
            ("-A - -B", Some(-2.0)),
            ("A / B / 2", Some(0.75)),
            ("A - B - 1", Some(1.0)),
            ("1.5e2", Some(150.0)),
            ("A / (B - 4)", None),
            ("0 / (B - 4)", None),
            ("A + C", None),
            ("A + C * 0", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(Formula::new(text, 3).unwrap().value(&numbers), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        let cases = [
            ("", "can't be read"),
            ("A +", "can't be read"),
            ("A B", "has more than one calculation: B"),
            ("A; B", "has more than one calculation: ;"),
            ("D", "has series D, and the query has 3"),
            ("AB", "has AB, which is no letter of a series"),
            ("A % B", "has %, which is no calculation here"),
            ("A > B", "has >, which is no calculation here"),
            ("'A'", "has 'A', which is no number"),
            ("sum(A)", "has sum(A), which is no calculation here"),
            ("(SELECT 1)", "which is no calculation here"),
        ];
        for (text, said) in cases {
            let error = Formula::new(text, 3).unwrap_err();
            assert!(error.message().contains(said), "{text}: {}", error.message());
        }
    }
}
