//! The grammar: DataFusion's generic one, with the forms that HogQL adds to expressions.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Ident, ObjectName};
use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::build::{call, text};

/// `condition ? a : b`, which binds less than all else.
const TERNARY: u8 = 2;
/// `value ?? otherwise`, between NOT and the comparisons.
const OTHERWISE: u8 = 16;
/// What a `{name}` becomes until its value is put in.
pub(super) const GIVEN: &str = "given value";
/// What `IN COHORT` becomes until the cohort is known.
pub(super) const IN_COHORT: &str = "in cohort";

/// The grammar of SQL here.
#[derive(Debug)]
pub(super) struct ProjectSql;

macro_rules! as_generic {
    ($($name:ident)*) => {
        $(fn $name(&self) -> bool {
            GenericDialect.$name()
        })*
    };
}

impl Dialect for ProjectSql {
    // The parser asks for the type in places where it asks no method.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch == '$' || GenericDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        GenericDialect.is_identifier_part(ch)
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    as_generic! {
        supports_unicode_string_literal supports_partition_by_after_order_by supports_group_by_expr
        supports_group_by_with_modifier supports_left_associative_joins_without_parens supports_match_recognize
        supports_window_function_null_treatment_arg supports_dictionary_syntax
        supports_window_clause_named_window_reference supports_select_wildcard_except support_map_literal_syntax
        allow_extract_custom allow_extract_single_quotes supports_extract_comma_syntax
        supports_parens_around_table_factor supports_values_as_table_factor supports_limit_comma
        supports_from_first_select supports_projection_trailing_commas supports_try_convert
        supports_bitwise_shift_operators supports_named_fn_args_with_assignment_operator supports_struct_literal
        supports_empty_projections supports_nested_comments supports_array_typedef_with_brackets
        supports_filter_during_aggregation supports_select_wildcard_exclude supports_interval_options
        supports_select_wildcard_replace supports_select_wildcard_ilike supports_select_wildcard_rename
        supports_prewhere supports_with_fill supports_limit_by supports_interpolate supports_settings
        supports_select_format supports_comma_separated_trim
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let token = &parser.peek_token_ref().token;
        match token {
            Token::Colon => Some(Ok(0)),
            token if is_question(token) && is_question(&parser.peek_nth_token_ref(1).token) => Some(Ok(OTHERWISE)),
            token if is_question(token) => Some(Ok(TERNARY)),
            _ => None,
        }
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        if parser.peek_token_ref().token != Token::LBrace {
            return None;
        }
        let is_name = matches!(parser.peek_nth_token_ref(1).token, Token::Word(_));
        let ends = matches!(parser.peek_nth_token_ref(2).token, Token::RBrace | Token::Period);
        (is_name && ends).then(|| given(parser))
    }

    fn parse_infix(&self, parser: &mut Parser, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let token = parser.peek_token_ref().token.clone();
        let next = parser.peek_nth_token_ref(1).token.clone();
        match (token, next) {
            (first, second) if is_question(&first) && is_question(&second) => {
                parser.advance_token();
                parser.advance_token();
                let otherwise = parser.parse_subexpr(precedence);
                Some(otherwise.map(|otherwise| call("coalesce", vec![left.clone(), otherwise])))
            }
            (first, _) if is_question(&first) => Some(ternary(parser, left)),
            (Token::Eq, Token::Tilde) => Some(matches(parser, left, BinaryOperator::PGRegexMatch, precedence)),
            (Token::Eq, Token::TildeAsterisk) => Some(matches(parser, left, BinaryOperator::PGRegexIMatch, precedence)),
            (Token::Word(word), _) if word.keyword == Keyword::IN => is_in(parser, left, false),
            (Token::Word(word), Token::Word(next)) if word.keyword == Keyword::NOT && next.keyword == Keyword::IN => {
                is_in(parser, left, true)
            }
            _ => None,
        }
    }
}

fn is_question(token: &Token) -> bool {
    match token {
        Token::Question => true,
        Token::Placeholder(text) => text == "?",
        _ => false,
    }
}

fn ternary(parser: &mut Parser, condition: &Expr) -> Result<Expr, ParserError> {
    parser.advance_token();
    let then = parser.parse_subexpr(TERNARY)?;
    parser.expect_token(&Token::Colon)?;
    let otherwise = parser.parse_subexpr(TERNARY - 1)?;
    Ok(call("if", vec![condition.clone(), then, otherwise]))
}

fn matches(parser: &mut Parser, left: &Expr, op: BinaryOperator, precedence: u8) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.advance_token();
    let right = parser.parse_subexpr(precedence)?;
    Ok(Expr::BinaryOp {
        left: Box::new(left.clone()),
        op,
        right: Box::new(right),
    })
}

/// `{name}` or `{name.field}`.
fn given(parser: &mut Parser) -> Result<Expr, ParserError> {
    parser.expect_token(&Token::LBrace)?;
    let mut path = vec![text(&parser.parse_identifier()?.value)];
    while parser.consume_token(&Token::Period) {
        path.push(text(&parser.parse_identifier()?.value));
    }
    parser.expect_token(&Token::RBrace)?;
    Ok(call(GIVEN, path))
}

/// `IN COHORT ...` and `IN {name}`; the other forms are the generic parser's.
fn is_in(parser: &mut Parser, left: &Expr, negated: bool) -> Option<Result<Expr, ParserError>> {
    let at = usize::from(negated) + 1;
    let of_cohort = matches!(&parser.peek_nth_token_ref(at).token,
        Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("cohort"));
    let is_value = matches!(parser.peek_nth_token_ref(at).token, Token::LBrace | Token::LBracket);
    if !of_cohort && !is_value {
        return None;
    }
    for _ in 0..at + usize::from(of_cohort) {
        parser.advance_token();
    }
    let value = match parser.parse_prefix() {
        Ok(value) => value,
        Err(error) => return Some(Err(error)),
    };
    if !of_cohort {
        return Some(Ok(Expr::InList {
            expr: Box::new(left.clone()),
            list: vec![value],
            negated,
        }));
    }
    let among = call(IN_COHORT, vec![left.clone(), value]);
    Some(Ok(if negated { call("not", vec![among]) } else { among }))
}

/// The name of a function or table as it was written, where it has one part.
pub(super) fn single(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    }
}
