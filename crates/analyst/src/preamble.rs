//! Clauses around a question that only say why it is asked: "My boss wants to know: ...", "..., thanks!".
//!
//! Such a clause is dropped whole or not at all: every word of it must stand in a list, one of them must
//! speak of asking, and it must be parted from the question by a mark. So nothing in it can restrict what
//! is counted.

use crate::tokens::{Kind, Token};

/// Words that speak of asking, of thanking, or of what the answer is for.
const ASKING: &str = "hi hello hey greetings please thanks thank thx cheers question curious curiosity wondering wonder ask asks \
    asked asking report reports presentation talk slides meeting preparing writing need needs want wants boss manager colleague \
    colleagues checking check interested know";

/// Other words of such clauses.
const BESIDE: &str = "a an the my our your i i'm i've am me us we you they he she for since because as so well ok okay just out of \
    about that this to keep keeps kept is are was were has have had been and there very much quick quickly simple \
    small short one team can could some somebody someone everyone everybody people who tell let see";

/// Nouns for a page. They are harmless only where the question itself names the page.
const PAGE: &str = "article articles page post file";

/// Marks between a clause and the question.
const MARKS: [&str; 9] = [":", ";", ",", ".", "?", "!", "—", "–", "-"];

/// The tokens without the clauses before and after the question.
pub(crate) fn without_preamble(tokens: Vec<Token>) -> Vec<Token> {
    let mut tokens = tokens;
    while let Some(mark) = tokens.iter().position(is_mark) {
        let (clause, rest) = tokens.split_at(mark);
        if !says_nothing(clause, &rest[1..]) {
            break;
        }
        tokens.drain(..=mark);
    }
    loop {
        let end = tokens
            .iter()
            .rposition(|token| !is_mark(token))
            .map_or(0, |last| last + 1);
        let Some(mark) = tokens[..end].iter().rposition(is_mark) else {
            return tokens;
        };
        if !says_nothing(&tokens[mark + 1..end], &tokens[..mark]) {
            return tokens;
        }
        tokens.truncate(mark);
    }
}

fn is_mark(token: &Token) -> bool {
    token.kind == Kind::Symbol && MARKS.contains(&token.text.as_str())
}

/// True for a clause that can be dropped beside the rest of the question.
fn says_nothing(clause: &[Token], rest: &[Token]) -> bool {
    let is_in = |list: &str, token: &Token| list.split_whitespace().any(|word| token.is(word));
    let names_page = rest.iter().any(|token| token.kind == Kind::Path);
    let harmless = |token: &Token| is_in(ASKING, token) || is_in(BESIDE, token) || (names_page && is_in(PAGE, token));
    let asks = |token: &Token| is_in(ASKING, token);
    // "I need it for a report": the answer. Elsewhere "it" could be anything.
    let is_answer = |at: usize| {
        let wants = |before: &Token| ["need", "needs", "want", "wants"].iter().any(|word| before.is(word));
        at > 0 && clause[at].is("it") && wants(&clause[at - 1])
    };
    let all_harmless = clause
        .iter()
        .enumerate()
        .all(|(at, token)| harmless(token) || is_answer(at));
    !rest.is_empty() && all_harmless && clause.iter().any(asks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    fn kept(question: &str) -> String {
        let tokens = without_preamble(tokenize(question));
        tokens
            .iter()
            .map(|token| token.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn clause_is_dropped_whole_or_not_at_all() {
        let cases = [
            ("Quick question: how many hits?", "how many hits ?"),
            (
                "Hi, my boss asks: how many hits? Thanks a lot!",
                "how many hits ? Thanks a lot !",
            ),
            ("How many hits? I need it for a report.", "How many hits"),
            ("For bots: how many hits?", "For bots : how many hits ?"),
            ("My boss, who asks about bots: hits", "who asks about bots : hits"),
            (
                "I need the article: how many hits?",
                "I need the article : how many hits ?",
            ),
            (
                "I need the article: how often was /a viewed?",
                "how often was /a viewed ?",
            ),
            ("Please show hits", "Please show hits"),
            ("Thanks", "Thanks"),
        ];
        for (question, expected) in cases {
            assert_eq!(kept(question), expected, "{question}");
        }
    }
}
