//! Splits a question into tokens that keep their place in the text.
//!
//! What belongs together stays together: a path, a URL, a quoted text, a date, a time and a number
//! are one token each. Contractions are taken apart ("didn't" is "did" and "not"), because a "not"
//! must never hide in a word.

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A word.
    Word,
    /// A whole or broken number.
    Number(f64),
    /// `404s`: a number used as the name of a kind.
    Plural(u32),
    /// `5xx`.
    StatusClass(u32),
    /// `18th`.
    Ordinal(u32),
    /// `/blog/`.
    Path,
    /// `https://...`.
    Url,
    /// A text in quotes; the token's text is what stands between them.
    Quoted,
    /// `2015-05-18`.
    Date { year: i32, month: u32, day: u32 },
    /// `05/06/2015`, of which only the year is certain.
    SlashDate { first: u32, second: u32, year: i32 },
    /// `2015-05`.
    YearMonth { year: i32, month: u32 },
    /// `10:30`, in minutes of the day.
    Time(u32),
    /// `,` `(` `-` `>=` and the like.
    Symbol,
}

/// A piece of the question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// The text as written, without quotes.
    pub(crate) text: String,
    /// The text in lower case.
    pub(crate) lower: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// The first byte in the question.
    pub(crate) start: usize,
    /// The byte after the last one.
    pub(crate) end: usize,
}

impl Token {
    /// True for the word, in lower case.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.lower == word
    }

    /// The number as a whole one, where it is.
    pub(crate) fn integer(&self) -> Option<u32> {
        match self.kind {
            Kind::Number(number) => whole(number),
            _ => None,
        }
    }
}

/// A number as `u32` if it is whole and fits.
pub(crate) fn whole(number: f64) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked before"
    )]
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// The tokens of a question, in order.
pub(crate) fn tokenize(question: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = question[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let end = match quoted(question, at) {
            Some((inner_start, inner_end, end)) => {
                push(&mut tokens, question, inner_start, inner_end, Kind::Quoted);
                end
            }
            None => piece(&mut tokens, question, at, first),
        };
        at = end.max(at + first.len_utf8());
    }
    tokens
}

fn push(tokens: &mut Vec<Token>, question: &str, start: usize, end: usize, kind: Kind) {
    let text = question[start..end].to_owned();
    tokens.push(Token {
        lower: text.to_lowercase(),
        text,
        kind,
        start,
        end,
    });
}

/// A quoted text at `at`: where its inside starts and ends, and where the next token may start. A
/// single quote counts only at the edge of a word, as it is an apostrophe elsewhere.
fn quoted(question: &str, at: usize) -> Option<(usize, usize, usize)> {
    let rest = &question[at..];
    let open = rest.chars().next()?;
    let close = match open {
        '"' => '"',
        '“' | '„' => '”',
        '‘' => '’',
        '\'' => '\'',
        '`' => '`',
        _ => return None,
    };
    let inside = at + open.len_utf8();
    let candidates = question[inside..]
        .char_indices()
        .filter(|(_, c)| *c == close || (open == '„' && *c == '“'));
    for (offset, c) in candidates {
        let after = inside + offset + c.len_utf8();
        let at_edge = question[after..]
            .chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric());
        if offset > 0 && at_edge {
            return Some((inside, inside + offset, after));
        }
    }
    None
}

/// Reads one token or a few at `at` and returns where the next may start.
fn piece(tokens: &mut Vec<Token>, question: &str, at: usize, first: char) -> usize {
    let rest = &question[at..];
    let blank = rest
        .find(char::is_whitespace)
        .map_or(question.len(), |offset| at + offset);
    let run = &question[at..blank];
    if first == '/' {
        let end = at + trimmed(run).max(1);
        push(tokens, question, at, end, Kind::Path);
        return end;
    }
    if is_url(run) {
        let end = at + trimmed(run);
        push(tokens, question, at, end, Kind::Url);
        return end;
    }
    if first.is_ascii_digit() {
        return crate::numerals::push_numeral(tokens, question, at);
    }
    if first.is_alphabetic() || first == '$' || first == '_' {
        return push_word(tokens, question, at);
    }
    let two = [">=", "<=", "!=", "<>", "==", "&&", "||"];
    let length = if two.iter().any(|two| rest.starts_with(two)) {
        2
    } else {
        first.len_utf8()
    };
    push(tokens, question, at, at + length, Kind::Symbol);
    let negates = is_prefix_not(question, at);
    if let Some(symbol) = tokens.last_mut() {
        said_plainly(symbol, negates);
    }
    at + length
}

/// True for the mark of `!$is_bot`, which stands before a word and after none.
fn is_prefix_not(question: &str, at: usize) -> bool {
    let after_word = question[..at]
        .chars()
        .next_back()
        .is_some_and(|before| !before.is_whitespace() && before != '(');
    let starts_word = |next: char| next.is_alphanumeric() || "$_(".contains(next);
    let before_word = question[at..]
        .strip_prefix('!')
        .is_some_and(|rest| rest.starts_with(starts_word));
    !after_word && before_word
}

/// Gives the operators of code the words or signs that say the same.
fn said_plainly(symbol: &mut Token, negates: bool) {
    let plain = match symbol.text.as_str() {
        "==" => "=",
        "<>" | "≠" => "!=",
        "≥" => ">=",
        "≤" => "<=",
        "&&" => "and",
        "||" => "or",
        "!" if negates => "not",
        _ => return,
    };
    plain.clone_into(&mut symbol.lower);
}

fn is_url(run: &str) -> bool {
    run.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// The length of a path or URL without the punctuation of the sentence around it.
fn trimmed(run: &str) -> usize {
    let mut text = run;
    loop {
        let shorter = text.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '”', '’']);
        let unbalanced = shorter.ends_with(')') && shorter.matches(')').count() > shorter.matches('(').count();
        let shorter = if unbalanced {
            &shorter[..shorter.len() - 1]
        } else {
            shorter
        };
        if shorter.len() == text.len() {
            return text.len();
        }
        text = shorter;
    }
}

/// A word with everything inside it that can belong to a name; taken apart at hyphens.
fn push_word(tokens: &mut Vec<Token>, question: &str, at: usize) -> usize {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '\'' | '’' | '.' | '@' | '/');
    let length = question[at..].find(|c: char| !inner(c)).unwrap_or(question.len() - at);
    let run = question[at..at + length].trim_end_matches(['.', '\'', '’', '/']);
    let end = at + run.len();
    if let Some((counted, bucket)) = run.split_once('/')
        && ["hour", "day", "week", "month"].contains(&bucket)
    {
        // "hits/day": an amount for each.
        let slash = at + counted.len();
        push(tokens, question, at, slash, Kind::Word);
        push(tokens, question, slash, slash + 1, Kind::Symbol);
        if let Some(slash) = tokens.last_mut() {
            "per".clone_into(&mut slash.lower);
        }
        push(tokens, question, slash + 1, end, Kind::Word);
        return end;
    }
    let lower = run.to_lowercase().replace('’', "'");
    if let Some(stem) = lower.strip_suffix("n't") {
        let cut = end - (run.len() - stem.len());
        push(tokens, question, at, cut, Kind::Word);
        push(tokens, question, cut, end, Kind::Word);
        contracted(tokens, stem);
    } else if lower.ends_with("'s") {
        // "what's" and "Firefox's": neither the verb nor the case adds anything.
        let mark = run.chars().rev().take(2).map(char::len_utf8).sum::<usize>();
        push(tokens, question, at, end - mark, Kind::Word);
    } else {
        push(tokens, question, at, end, Kind::Word);
    }
    end
}

/// Gives the halves of a contraction the words they stand for.
fn contracted(tokens: &mut [Token], stem: &str) {
    let stem = match stem {
        "ca" => "can",
        "wo" => "will",
        stem => stem,
    };
    if let [.., verb, not] = tokens {
        stem.clone_into(&mut verb.lower);
        "not".clone_into(&mut not.lower);
    }
}

#[cfg(test)]
mod tests;
