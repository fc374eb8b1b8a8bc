//! A SQL statement as its words, so that a check sees names and values and not what stands in quotes or comments.

/// A word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword, or a name in double quotes.
    Name(String),
    /// A value in single quotes.
    Text(String),
    /// `$name`.
    Parameter(String),
    /// Everything else, operators whole.
    Mark(String),
}

/// Splits a statement.
pub(super) fn tokens(statement: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = statement.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            _ if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '\'' => quoted(rest, '\'', Token::Text),
            '"' => quoted(rest, '"', Token::Name),
            '$' => {
                let end = 1 + word_length(&rest[1..]);
                (Some(Token::Parameter(rest[1..end].to_owned())), end)
            }
            _ if first.is_alphanumeric() || first == '_' => {
                let end = word_length(rest);
                (Some(Token::Name(rest[..end].to_owned())), end)
            }
            _ => {
                let two = ["<>", "!=", "<=", ">=", "::", "||"]
                    .iter()
                    .find(|mark| rest.starts_with(**mark));
                let end = two.map_or(first.len_utf8(), |mark| mark.len());
                (Some(Token::Mark(rest[..end].to_owned())), end)
            }
        };
        found.extend(token);
        rest = rest[length..].trim_start();
    }
    found
}

fn word_length(text: &str) -> usize {
    text.find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(text.len())
}

/// A quoted word, in which a doubled mark stands for itself.
fn quoted(text: &str, mark: char, make: fn(String) -> Token) -> (Option<Token>, usize) {
    let (mut inside, mut at) = (String::new(), 1);
    loop {
        let rest = &text[at..];
        let Some(end) = rest.find(mark) else {
            inside.push_str(rest);
            return (Some(make(inside)), text.len());
        };
        inside.push_str(&rest[..end]);
        at += end + 1;
        if !text[at..].starts_with(mark) {
            return (Some(make(inside)), at);
        }
        inside.push(mark);
        at += 1;
    }
}

impl Token {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Name(name) if name.eq_ignore_ascii_case(keyword))
    }

    fn is_mark(&self, marks: &[&str]) -> bool {
        matches!(self, Self::Mark(mark) if marks.contains(&mark.as_str()))
    }
}

/// The names after `$`, sorted.
pub(super) fn parameters(tokens: &[Token]) -> Vec<String> {
    let names = tokens.iter().filter_map(|token| match token {
        Token::Parameter(name) => Some(name.clone()),
        _ => None,
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// The values that a column is compared with for equality: `event = 'a'`, `'a' = event`, `event IN ('a', 'b')`, `CASE
/// event WHEN 'a'`.
pub(super) fn compared_texts<'t>(tokens: &'t [Token], column: &str) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is(column)) {
        debug_assert!(token.is(column));
        let mut after = tokens[at + 1..].iter().peekable();
        if after.peek().is_some_and(|token| token.is("not")) {
            after.next();
        }
        match after.next() {
            Some(token) if token.is_mark(&["=", "<>", "!="]) => {
                if let Some(Token::Text(text)) = after.next() {
                    found.push(text);
                }
            }
            Some(token) if token.is("in") => found.extend(
                after
                    .skip(1)
                    .take_while(|token| !token.is_mark(&[")"]))
                    .filter_map(text_of),
            ),
            Some(token) if token.is("when") => {
                let rest = &tokens[at + 1..];
                let whens = rest.windows(2).take_while(|pair| !pair[0].is("end"));
                found.extend(
                    whens
                        .filter(|pair| pair[0].is("when"))
                        .filter_map(|pair| text_of(&pair[1])),
                );
            }
            _ => {}
        }
        if at >= 2 && tokens[at - 1].is_mark(&["=", "<>", "!="]) {
            found.extend(text_of(&tokens[at - 2]));
        }
    }
    found
}

fn text_of(token: &Token) -> Option<&str> {
    match token {
        Token::Text(text) => Some(text),
        _ => None,
    }
}

/// The columns that are compared with a parameter for equality, each with the parameter.
pub(super) fn compared_parameters(tokens: &[Token]) -> Vec<(&str, &str)> {
    let triples = tokens.windows(3).filter(|three| three[1].is_mark(&["="]));
    triples
        .filter_map(|three| match (&three[0], &three[2]) {
            (Token::Name(column), Token::Parameter(name)) | (Token::Parameter(name), Token::Name(column)) => {
                Some((column.as_str(), name.as_str()))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_column_are_found_and_what_is_quoted_is_not() {
        let statement = "SELECT \"$os\", count(*) FILTER (WHERE e.event IN ('a', 'it''s')) -- event = 'no'\n\
            FROM events e /* event = 'no' */ WHERE event <> 'b' AND 'c' = event AND name = 'event = ''no''' \
            AND event NOT IN ('d') AND CASE event WHEN 'e' THEN 1 WHEN 'f' THEN 2 END > 0 AND note = 'x'";
        let tokens = tokens(statement);
        assert_eq!(compared_texts(&tokens, "event"), ["a", "it's", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn parameters_are_found_with_their_columns() {
        let tokens = tokens("SELECT '$no' WHERE \"$device_type\" = $device AND $days > 3 AND $plan = plan -- $no");
        assert_eq!(parameters(&tokens), ["days", "device", "plan"]);
        assert_eq!(
            compared_parameters(&tokens),
            [("$device_type", "device"), ("plan", "plan")]
        );
    }
}
