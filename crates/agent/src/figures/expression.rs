//! The language between `{{` and `}}`: cells, arithmetic, aggregates and formats.
//!
//! The only number that can be written is 100. With any other constant a writer could compose
//! every number it likes out of one cell (`r1[0].users * 0 + 42`).

/// The longest reference that is read; a longer one is not a reference to a few cells.
const LONGEST: usize = 2_000;
/// How deep parentheses may nest, so that reading and evaluating never exhaust the stack.
const DEEPEST: usize = 24;
/// How many operators one reference may have, for the same reason.
const MOST_OPERATORS: usize = 100;

/// What a reference computes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `r1[0].page_views`
    Cell { handle: String, row: usize, column: String },
    /// `sum(r1.page_views)`, `count(r1)`
    Aggregate {
        function: Function,
        handle: String,
        column: Option<String>,
    },
    /// `100`
    Hundred,
    /// Two parts and the operator between them.
    Binary {
        operator: Operator,
        left: Box<Node>,
        right: Box<Node>,
    },
}

/// A function over a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Max,
    Min,
    Avg,
    Count,
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Times 100, with this many decimals, or up to two.
    Percent(Option<usize>),
    /// This many decimals.
    Round(usize),
    /// With a plus sign where it is positive.
    Signed,
    /// Seconds in a longer unit.
    Span(Span),
}

/// A unit that seconds are given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Minutes,
    Hours,
    Days,
}

impl Span {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    pub(super) fn seconds(self) -> f64 {
        match self {
            Self::Minutes => 60.0,
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
        }
    }
}

/// A reference as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    pub(super) node: Node,
    pub(super) formats: Vec<Format>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Number(String),
    Symbol(char),
}

/// Reads a reference without its braces. The error is the reason, as the end of a sentence.
pub(super) fn parse(source: &str) -> Result<Expression, String> {
    if source.len() > LONGEST {
        return Err("the expression is too long".to_owned());
    }
    let tokens = tokenize(source)?;
    let operators = tokens
        .iter()
        .filter(|token| matches!(token, Token::Symbol('+' | '-' | '*' | '/')))
        .count();
    if operators > MOST_OPERATORS {
        return Err("the expression has too many operators; use sum(r1.column)".to_owned());
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let node = parser.sum()?;
    let mut formats = Vec::new();
    while parser.take('|') {
        formats.push(parser.format()?);
    }
    match parser.tokens.get(parser.at) {
        None => Ok(Expression { node, formats }),
        Some(token) => Err(format!("{} is not expected there", show(token))),
    }
}

fn tokenize(source: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_owned()));
            end
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..end].to_owned()));
            end
        } else if "+-*/()[].|".contains(first) {
            tokens.push(Token::Symbol(first));
            first.len_utf8()
        } else {
            return Err(format!("{first:?} is not part of the language"));
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn show(token: &Token) -> String {
    match token {
        Token::Name(text) | Token::Number(text) => format!("`{text}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn take(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), String> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(format!("`{symbol}` is missing"))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            Some(other) => Err(format!("{} stands where a name is expected", show(other))),
            None => Err("the expression is not complete".to_owned()),
        }
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        loop {
            let operator = match self.tokens.get(self.at) {
                Some(Token::Symbol('+')) => Operator::Add,
                Some(Token::Symbol('-')) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = Box::new(self.product()?);
            left = Node::Binary {
                operator,
                left: Box::new(left),
                right,
            };
        }
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.atom()?;
        loop {
            let operator = match self.tokens.get(self.at) {
                Some(Token::Symbol('*')) => Operator::Multiply,
                Some(Token::Symbol('/')) => Operator::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = Box::new(self.atom()?);
            left = Node::Binary {
                operator,
                left: Box::new(left),
                right,
            };
        }
    }

    fn atom(&mut self) -> Result<Node, String> {
        if self.take('(') {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("the parentheses nest too deep".to_owned());
            }
            let node = self.sum()?;
            self.depth -= 1;
            self.expect(')')?;
            return Ok(node);
        }
        if let Some(Token::Number(digits)) = self.tokens.get(self.at) {
            let decimals = self.tokens.get(self.at + 1) == Some(&Token::Symbol('.'));
            return if digits == "100" && !decimals {
                self.at += 1;
                Ok(Node::Hundred)
            } else {
                Err(format!(
                    "the number {digits} is not allowed: refer to cells (only 100 may be written)"
                ))
            };
        }
        let name = self.name()?;
        if self.take('(') {
            self.aggregate(&name)
        } else {
            self.cell(name)
        }
    }

    fn aggregate(&mut self, name: &str) -> Result<Node, String> {
        let function = match name {
            "sum" => Function::Sum,
            "max" => Function::Max,
            "min" => Function::Min,
            "avg" => Function::Avg,
            "count" => Function::Count,
            _ => {
                return Err(format!(
                    "there is no function `{name}`; there are sum, max, min, avg and count"
                ));
            }
        };
        let handle = self.name()?;
        let column = if self.take('.') { Some(self.name()?) } else { None };
        self.expect(')')?;
        if column.is_none() && function != Function::Count {
            return Err(format!("`{name}` needs a column, as in {name}({handle}.column)"));
        }
        Ok(Node::Aggregate {
            function,
            handle,
            column,
        })
    }

    fn cell(&mut self, handle: String) -> Result<Node, String> {
        if !self.take('[') {
            return Err(format!("`{handle}` needs a row, as in {handle}[0].column"));
        }
        let row = match self.tokens.get(self.at) {
            Some(Token::Number(digits)) => digits.parse().map_err(|_| format!("row {digits} does not exist"))?,
            _ => return Err("the row must be a number from 0".to_owned()),
        };
        self.at += 1;
        self.expect(']')?;
        self.expect('.')?;
        let column = self.name()?;
        Ok(Node::Cell { handle, row, column })
    }

    fn format(&mut self) -> Result<Format, String> {
        let name = self.name()?;
        Ok(match name.as_str() {
            "percent" => Format::Percent(None),
            "percent1" => Format::Percent(Some(1)),
            "round" | "round0" => Format::Round(0),
            "round1" => Format::Round(1),
            "round2" => Format::Round(2),
            "signed" => Format::Signed,
            "minutes" => Format::Span(Span::Minutes),
            "hours" => Format::Span(Span::Hours),
            "days" => Format::Span(Span::Days),
            _ => {
                let known = "percent, percent1, round, round1, round2, signed, minutes, hours and days";
                return Err(format!("there is no format `{name}`; there are {known}"));
            }
        })
    }
}
