//! Clauses of ClickHouse and other dialects that have no meaning here, refused by name before the parser takes them
//! for something else.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use hedgerow_errors::{Error, Result};

use super::tokens::{CLAUSES, ends_value, is_word};

/// Refuses by name what is a clause of ClickHouse that reads as something else here.
pub(super) fn refuse(tokens: &[TokenWithSpan]) -> Result<()> {
    let refused = |what: &str, hint: &str| {
        Err(Error::invalid(format!("{what} is not possible in SQL here")).with_hint(hint.to_owned()))
    };
    for index in 0..tokens.len() {
        let token = tokens.get(index);
        let next = tokens.get(index + 1);
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let is_number = |token: Option<&TokenWithSpan>| {
            matches!(
                token,
                Some(TokenWithSpan {
                    token: Token::Number(..),
                    ..
                })
            )
        };
        let clause_follows = next.is_none_or(|next| {
            matches!(next.token, Token::RParen | Token::SemiColon | Token::EOF)
                || matches!(&next.token, Token::Word(word) if CLAUSES.iter().any(|known| word.value.eq_ignore_ascii_case(known)))
        });
        let after_name = before.is_some_and(|before| ends_value(&before.token));
        if is_word(token, "SAMPLE") && is_number(next) {
            return refused(
                "SAMPLE",
                "leave it out: all events are read; WHERE with a hash of distinct_id takes a part",
            );
        }
        if is_word(token, "FINAL") && after_name && clause_follows {
            return refused(
                "FINAL",
                "leave it out: persons and groups are always read as they are after all merges",
            );
        }
        if is_word(token, "WITH") {
            for (word, hint) in [
                ("TIES", "take QUALIFY rank() OVER (ORDER BY ...) <= n"),
                ("TOTALS", "take GROUP BY ROLLUP(...), which adds the total as a row"),
                ("FILL", "join with numbers(n) to have a row for every step"),
            ] {
                if is_word(next, word) {
                    return refused(&format!("WITH {word}"), hint);
                }
            }
        }
        let joins = |mut at: usize| {
            while ["LEFT", "RIGHT", "INNER", "FULL", "OUTER", "CROSS", "ALL"]
                .iter()
                .any(|word| is_word(tokens.get(at), word))
            {
                at += 1;
            }
            is_word(tokens.get(at), "JOIN")
        };
        for (word, hint) in [
            (
                "ANY",
                "join with a subquery that has one row for each key, made with argMax or any",
            ),
            (
                "ASOF",
                "join on the key and a condition on the times, and take the nearest with argMax",
            ),
            ("GLOBAL", "leave it out: there is one server"),
        ] {
            if is_word(token, word) && after_name && joins(index + 1) {
                return refused(word, hint);
            }
        }
        if (is_word(token, "PIVOT") || is_word(token, "UNPIVOT"))
            && next.is_some_and(|next| next.token == Token::LParen)
        {
            return refused("PIVOT", "take one countIf or sumIf for each column");
        }
        if is_word(token, "TOP") && is_word(before, "SELECT") && is_number(next) {
            return refused("TOP", "take LIMIT n at the end");
        }
        if is_word(token, "INTO") && is_word(next, "OUTFILE") {
            return refused(
                "INTO OUTFILE",
                "write one SELECT statement, and keep its rows where you asked",
            );
        }
        if is_word(token, "SETTINGS") && tokens.get(index + 2).is_some_and(|third| third.token == Token::Eq) {
            return refused("SETTINGS", "leave it out: the limits are the project's");
        }
        if is_word(token, "FORMAT")
            && after_name
            && matches!(
                next,
                Some(TokenWithSpan {
                    token: Token::Word(_),
                    ..
                })
            )
            && index + 2 >= tokens.len()
        {
            return refused("FORMAT", "leave it out: rows come in the form that you ask for");
        }
        let begins_item = is_word(before, "SELECT") || before.is_some_and(|before| before.token == Token::Comma);
        if begins_item
            && token.is_some_and(|token| token.token == Token::Lt)
            && let Some(TokenWithSpan {
                token: Token::Word(tag),
                ..
            }) = next
        {
            return refused(
                &format!("the tag <{}>", tag.value),
                "select the values, and draw them where they are shown",
            );
        }
    }
    Ok(())
}
