//! From text to the tokens that the parser reads: forms that no grammar hook reaches are turned into others here.

use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Word};
use hedgerow_errors::{Error, Result};

use super::dialect::ProjectSql;
use super::refusals;

/// What `ARRAY JOIN` becomes: a table function over lists and the names of their elements.
pub(super) const ARRAY_JOIN: &str = "array join";
/// The same where rows with empty lists are kept.
pub(super) const LEFT_ARRAY_JOIN: &str = "left array join";
/// What the name of a CTE begins with that holds one value: `WITH 7 AS days`.
pub(super) const CONSTANT: &str = "value of ";

/// Names of functions that the parser would read as something else where a bracket follows.
const FUNCTIONS: [&str; 7] = ["if", "match", "range", "extract", "any", "array", "replace"];
/// Functions with a grammar of their own, and the words that tell it.
const SPECIAL: [(&str, &[&str]); 6] = [
    ("extract", &["FROM"]),
    ("position", &["IN"]),
    ("substring", &["FROM", "FOR"]),
    ("trim", &["FROM", "BOTH", "LEADING", "TRAILING"]),
    ("ceil", &["TO"]),
    ("floor", &["TO"]),
];
/// Operators that are functions where no value stands before them.
const OPERATORS: [&str; 5] = ["and", "or", "in", "like", "ilike"];
/// Words that end a list of `ARRAY JOIN`.
pub(super) const CLAUSES: [&str; 14] = [
    "WHERE",
    "PREWHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "QUALIFY",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "SETTINGS",
    "JOIN",
];

/// The tokens of a statement. `is_parameter` says which `$name` is a value and not a column.
pub(super) fn read(text: &str, is_parameter: &dyn Fn(&str) -> bool) -> Result<Vec<TokenWithSpan>> {
    let mut tokens = single_tokens(text, is_parameter)?;
    refusals::refuse(&tokens)?;
    quote_functions(&mut tokens);
    limits_by(&mut tokens);
    let tokens = array_joins(tokens);
    Ok(constants(tokens))
}

/// The tokens without spaces and comments, each as the grammar wants it.
fn single_tokens(text: &str, is_parameter: &dyn Fn(&str) -> bool) -> Result<Vec<TokenWithSpan>> {
    let read = Tokenizer::new(&ProjectSql, text)
        .with_unescape(false)
        .tokenize_with_location();
    let all = read.map_err(|error| Error::invalid(format!("the SQL does not parse: {error}")))?;
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(all.len());
    for TokenWithSpan { token, span } in all {
        let follows = tokens.last().is_some_and(|last| last.span.end == span.start);
        let after_value = follows && tokens.last().is_some_and(|last| ends_value(&last.token));
        match token {
            Token::Whitespace(_) => {}
            Token::SingleQuotedString(raw) => {
                let is_form = follows
                    && matches!(tokens.last(), Some(TokenWithSpan { token: Token::Word(word), .. })
                        if word.quote_style.is_none() && word.value == "f");
                if is_form {
                    tokens.pop();
                    formatted(&raw, span, is_parameter, &mut tokens)?;
                } else {
                    tokens.push(at(Token::SingleQuotedString(unescaped(&raw)), span));
                }
            }
            Token::Word(word) if word.quote_style.is_some() => {
                let value = word.value.replace("\"\"", "\"").replace("``", "`");
                tokens.push(quoted(&value, span));
            }
            Token::Word(word) if word.value.starts_with('$') => {
                let after_period = matches!(tokens.last(), Some(last) if last.token == Token::Period);
                let token = if !after_period && is_parameter(&word.value[1..]) {
                    at(Token::Placeholder(word.value), span)
                } else {
                    quoted(&word.value, span)
                };
                tokens.push(token);
            }
            // A member of a tuple: `pair.1`.
            Token::Number(number, _) if after_value && number.starts_with('.') => {
                tokens.push(at(Token::Period, span));
                tokens.push(quoted(&number[1..], span));
            }
            Token::Placeholder(placeholder) if placeholder.starts_with('?') => {
                tokens.push(at(Token::Placeholder("?".to_owned()), span));
                if placeholder.len() > 1 {
                    tokens.push(at(Token::Number(placeholder[1..].to_owned(), false), span));
                }
            }
            Token::Period => {
                // `value?.member`, where the value may be missing, is `value.member`.
                if after_value_before_question(&tokens) {
                    tokens.pop();
                }
                tokens.push(at(Token::Period, span));
            }
            other => tokens.push(at(other, span)),
        }
    }
    Ok(tokens)
}

fn after_value_before_question(tokens: &[TokenWithSpan]) -> bool {
    match tokens {
        [.., value, question] => {
            ends_value(&value.token) && question.token == Token::Placeholder("?".to_owned())
                || question.token == Token::Question
        }
        _ => false,
    }
}

fn at(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan { token, span }
}

fn quoted(value: &str, span: Span) -> TokenWithSpan {
    at(Token::make_word(value, Some('"')), span)
}

fn plain(value: &str, span: Span) -> TokenWithSpan {
    at(Token::make_word(value, None), span)
}

/// Whether a value may end with a token.
pub(super) fn ends_value(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_some() || !is_clause(word),
        Token::RParen | Token::RBracket | Token::RBrace => true,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => true,
        _ => false,
    }
}

fn is_clause(word: &Word) -> bool {
    const WORDS: [&str; 22] = [
        "SELECT", "DISTINCT", "WHERE", "PREWHERE", "HAVING", "QUALIFY", "ON", "AND", "OR", "NOT", "WHEN", "THEN",
        "ELSE", "CASE", "BY", "IN", "LIKE", "ILIKE", "BETWEEN", "FROM", "AS", "WITH",
    ];
    WORDS.iter().any(|known| word.value.eq_ignore_ascii_case(known))
}

pub(super) fn is_word(token: Option<&TokenWithSpan>, wanted: &str) -> bool {
    matches!(token, Some(TokenWithSpan { token: Token::Word(word), .. })
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
}

/// A text between quotes with its escapes resolved. A backslash before any other letter stays: patterns have them.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(ch) = chars.next() {
        let next = chars.peek().copied();
        let meant = match (ch, next) {
            ('\'', Some('\'')) => Some('\''),
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some('\'')) => Some('\''),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('r')) => Some('\r'),
            _ => None,
        };
        if meant.is_some() {
            chars.next();
        }
        value.push(meant.unwrap_or(ch));
    }
    value
}

/// `f'{a} and {b}'` as the concatenation of its parts.
fn formatted(
    raw: &str,
    span: Span,
    is_parameter: &dyn Fn(&str) -> bool,
    tokens: &mut Vec<TokenWithSpan>,
) -> Result<()> {
    tokens.push(quoted("concat", span));
    tokens.push(at(Token::LParen, span));
    let mut rest = raw;
    let mut first = true;
    while !rest.is_empty() || first {
        if !first {
            tokens.push(at(Token::Comma, span));
        }
        first = false;
        let (literal, after) = rest
            .split_once('{')
            .map_or((rest, None), |(text, after)| (text, Some(after)));
        tokens.push(at(Token::SingleQuotedString(unescaped(literal)), span));
        let Some(after) = after else { break };
        let Some((inner, left)) = after.split_once('}') else {
            return Err(Error::invalid("the SQL does not parse: a { in f'...' has no }"));
        };
        tokens.push(at(Token::Comma, span));
        for token in single_tokens(inner, is_parameter)? {
            tokens.push(at(token.token, span));
        }
        rest = left;
    }
    tokens.push(at(Token::RParen, span));
    Ok(())
}

/// The index of the bracket that closes the one at `open`.
fn closing(tokens: &[TokenWithSpan], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Puts names of functions in quotes where the parser would take them for something else.
fn quote_functions(tokens: &mut [TokenWithSpan]) {
    for index in 0..tokens.len() {
        let opens = tokens.get(index + 1).is_some_and(|next| next.token == Token::LParen);
        let Token::Word(word) = &tokens[index].token else {
            continue;
        };
        if !opens || word.quote_style.is_some() {
            continue;
        }
        let name = word.value.clone();
        let lower = name.to_lowercase();
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let end = closing(tokens, index + 1);
        let own_words = SPECIAL.iter().find(|(special, _)| *special == lower);
        let negated = is_word(before, "NOT");
        let before_operator = index
            .checked_sub(1 + usize::from(negated))
            .and_then(|before| tokens.get(before));
        let is_function = if OPERATORS.contains(&lower.as_str()) {
            before_operator.is_none_or(|before| !ends_value(&before.token))
        } else if let Some((_, words)) = own_words {
            !at_depth_one(&tokens[index + 2..end.min(tokens.len())], words)
        } else if lower == "any" {
            before.is_none_or(|before| !is_comparison(&before.token))
        } else if lower == "array" {
            !is_word(tokens.get(index + 2), "SELECT")
        } else {
            FUNCTIONS.contains(&lower.as_str())
        };
        if is_function {
            tokens[index].token = Token::make_word(&name, Some('"'));
        }
    }
}

fn is_comparison(token: &Token) -> bool {
    matches!(
        token,
        Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq
    )
}

fn at_depth_one(tokens: &[TokenWithSpan], words: &[&str]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Word(word)
                if depth == 0
                    && word.quote_style.is_none()
                    && words.iter().any(|known| word.value.eq_ignore_ascii_case(known)) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// `LIMIT n OFFSET m BY keys` in the parser's order: `LIMIT n BY keys OFFSET m`.
fn limits_by(tokens: &mut [TokenWithSpan]) {
    let mut from = 0;
    while let Some(limit) = (from..tokens.len()).find(|index| {
        is_word(tokens.get(*index), "LIMIT")
            && is_word(tokens.get(index + 2), "OFFSET")
            && is_word(tokens.get(index + 4), "BY")
    }) {
        let (offset, mut end) = (limit + 2, limit + 5);
        while let Some(token) = tokens.get(end) {
            let ends = matches!(token.token, Token::RParen | Token::SemiColon | Token::EOF)
                || ["LIMIT", "UNION", "SETTINGS"]
                    .iter()
                    .any(|word| is_word(Some(token), word));
            if ends {
                break;
            }
            end = match token.token {
                Token::LParen | Token::LBracket | Token::LBrace => closing(tokens, end) + 1,
                _ => end + 1,
            };
        }
        let end = end.min(tokens.len());
        tokens[offset..end].rotate_left(2);
        from = end;
    }
}

/// Whether elements of lists become rows anywhere in a statement.
pub(super) fn has_lists_as_rows(tokens: &[TokenWithSpan]) -> bool {
    tokens.iter().any(|token| match &token.token {
        Token::Word(word) => {
            [ARRAY_JOIN, LEFT_ARRAY_JOIN].contains(&word.value.as_str()) || word.value.eq_ignore_ascii_case("arrayJoin")
        }
        _ => false,
    })
}

/// `ARRAY JOIN list AS name, ...` as a cross join with a table function.
fn array_joins(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut from = 0;
    while let Some(index) = (from..tokens.len())
        .find(|index| is_word(tokens.get(*index), "ARRAY") && is_word(tokens.get(index + 1), "JOIN"))
    {
        let is_left = index > 0 && is_word(tokens.get(index - 1), "LEFT");
        let has_word = is_left || (index > 0 && is_word(tokens.get(index - 1), "INNER"));
        let start = if has_word { index - 1 } else { index };
        let span = tokens[index].span;
        let mut end = index + 2;
        let mut depth = 0_usize;
        let mut items: Vec<Vec<TokenWithSpan>> = vec![Vec::new()];
        while let Some(token) = tokens.get(end) {
            match &token.token {
                Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
                Token::RParen | Token::RBracket | Token::RBrace if depth == 0 => break,
                Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
                Token::SemiColon | Token::EOF => break,
                Token::Comma if depth == 0 => {
                    items.push(Vec::new());
                    end += 1;
                    continue;
                }
                Token::Word(word)
                    if depth == 0
                        && word.quote_style.is_none()
                        && CLAUSES.iter().any(|known| word.value.eq_ignore_ascii_case(known)) =>
                {
                    break;
                }
                _ => {}
            }
            if let Some(item) = items.last_mut() {
                item.push(token.clone());
            }
            end += 1;
        }
        let function = if is_left { LEFT_ARRAY_JOIN } else { ARRAY_JOIN };
        let mut new = vec![
            plain("CROSS", span),
            plain("JOIN", span),
            quoted(function, span),
            at(Token::LParen, span),
        ];
        for (number, mut item) in items.into_iter().enumerate() {
            let named = match item.as_slice() {
                [
                    ..,
                    by,
                    TokenWithSpan {
                        token: Token::Word(alias),
                        ..
                    },
                ] if is_word(Some(by), "AS") => Some(alias.value.clone()),
                _ => None,
            };
            if named.is_some() {
                item.truncate(item.len() - 2);
            }
            let alias = named.or_else(|| match item.as_slice() {
                [
                    ..,
                    TokenWithSpan {
                        token: Token::Word(word),
                        ..
                    },
                ] => Some(word.value.clone()),
                _ => None,
            });
            if number > 0 {
                new.push(at(Token::Comma, span));
            }
            new.extend(item);
            new.push(at(Token::Comma, span));
            new.push(at(Token::SingleQuotedString(alias.unwrap_or_default()), span));
        }
        new.push(at(Token::RParen, span));
        from = start + new.len();
        tokens.splice(start..end, new);
    }
    tokens
}

/// `WITH value AS name` as a CTE whose name tells that it is a value.
fn constants(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut done: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while index < tokens.len() {
        let begins = done.last().is_none_or(|last| last.token == Token::LParen);
        if !(begins && is_word(tokens.get(index), "WITH")) || is_word(tokens.get(index + 1), "RECURSIVE") {
            done.push(tokens[index].clone());
            index += 1;
            continue;
        }
        done.push(tokens[index].clone());
        index += 1;
        loop {
            // One entry reaches to a comma outside of brackets, or to SELECT.
            let mut end = index;
            while end < tokens.len() && tokens[end].token != Token::Comma && !is_word(tokens.get(end), "SELECT") {
                end = if matches!(tokens[end].token, Token::LParen | Token::LBracket | Token::LBrace) {
                    closing(&tokens, end) + 1
                } else {
                    end + 1
                };
            }
            let end = end.min(tokens.len());
            let entry = &tokens[index..end];
            match entry {
                [
                    value @ ..,
                    by,
                    TokenWithSpan {
                        token: Token::Word(named),
                        span,
                    },
                ] if is_word(Some(by), "AS") => {
                    let named = if named.quote_style.is_some() {
                        named.value.clone()
                    } else {
                        named.value.to_lowercase()
                    };
                    done.push(quoted(&format!("{CONSTANT}{named}"), *span));
                    done.push(plain("AS", *span));
                    done.push(at(Token::LParen, *span));
                    done.push(plain("SELECT", *span));
                    done.extend(constants(value.to_vec()));
                    done.push(at(Token::RParen, *span));
                }
                _ => {
                    // The body of a CTE may have values of its own.
                    done.extend(constants(entry.to_vec()));
                }
            }
            index = end;
            if tokens.get(index).is_some_and(|token| token.token == Token::Comma) {
                done.push(tokens[index].clone());
                index += 1;
            } else {
                break;
            }
        }
    }
    done
}
