//! The words that may stand in a question without changing what is counted.
//!
//! The law of the built-in analyst: every other word is consumed by the parse, or the question is
//! not answered. So a word belongs here only if a question means the same with and without it.
//! Not here, on purpose: "not", "only", "new", "first", "average", "back", "log" (in), "end" (of), "it" and "they"
//! (of whom?), "saw" (requested or viewed?), "would", and all numbers.

use crate::lexicon::phrase_end;
use crate::tokens::{Kind, Token};

/// Words that say nothing of their own wherever they stand, by what they do.
const STOP_WORDS: [&str; 7] = [
    // Articles, determiners and pronouns.
    "a an the that any all i we our ours us you your my me overall altogether together there",
    // Question words.
    "what which who whom whose how much many often where",
    // Auxiliary verbs.
    "is are was were be been being do does did done have has had having can could",
    // Prepositions and conjunctions; "and" joins conditions that all hold.
    "of in on at to for from with within during via as and also",
    // Verbs that say no more than that something happened.
    "get got gets getting receive received see serve served handle handled happen happened occur occurs occurred came come comes \
     coming arrive arrived made make makes making sent send use used uses using generate generated produce produced give gave \
     given ended result resulted resulting answer answered respond responded recorded went go bring brings brought",
    // The asking.
    "show tell list find please know want need let number numbers count counts total totals sum times data chart graph plot \
     table figure figures",
    // What is measured, the time zone of everything, and parts of names.
    "site website server webserver utc code codes meaning called named value values entire whole equal equals",
];

/// Phrases that say nothing, of words that could.
const STOP_PHRASES: [&str; 22] = [
    "access log",
    "access logs",
    "in the log",
    "in the logs",
    "does the log have",
    "does the log contain",
    "log file",
    "web server",
    "web site",
    "of all time",
    "all time",
    "took place",
    "take place",
    "account for",
    "accounts for",
    "accounted for",
    "those of",
    "those from",
    "those with",
    "those that",
    "those who",
    "in total",
];

/// Punctuation that only separates.
const SYMBOLS: &[&str] = &[
    ",", ".", "?", "!", ";", ":", "(", ")", "-", "–", "—", "\"", "'", "“", "”",
];

/// True where a word may stand without being consumed.
pub(crate) fn is_stop(word: &str) -> bool {
    let listed = STOP_WORDS
        .iter()
        .any(|words| words.split_whitespace().any(|stop| stop == word));
    listed || SYMBOLS.contains(&word)
}

/// The position after words that say nothing at a token, where only their neighbours show it.
pub(crate) fn stop_phrase_end(tokens: &[Token], at: usize) -> Option<usize> {
    let phrase = STOP_PHRASES
        .iter()
        .filter_map(|phrase| phrase_end(tokens, at, phrase))
        .max();
    let alone = is_return_of_status(tokens, at) || is_harmless_but(tokens, at) || is_day_that_saw(tokens, at);
    phrase.or_else(|| alone.then_some(at + 1))
}

/// "returned 404" and "was returned" speak of responses; "visitors who returned" and "returning
/// visitors" do not.
fn is_return_of_status(tokens: &[Token], at: usize) -> bool {
    if !["return", "returns", "returned", "returning"]
        .iter()
        .any(|word| tokens[at].is(word))
    {
        return false;
    }
    let passive = ["was", "were", "is", "are", "been"];
    let was = at > 0 && tokens[at].is("returned") && passive.iter().any(|word| tokens[at - 1].is(word));
    let fillers = ["a", "an", "the", "not", "http", "by", "most", "fewest", "least", "any"];
    let mut next = tokens[at + 1..]
        .iter()
        .filter(|token| !fillers.iter().any(|word| token.is(word)));
    let status = next.next().is_some_and(|token| match token.kind {
        Kind::Number(number) => (100.0..600.0).contains(&number),
        Kind::Plural(_) | Kind::StatusClass(_) => true,
        // "returned a server error", but not "visitors returning to the server".
        _ if token.is("client") || token.is("server") => {
            next.next().is_some_and(|next| next.is("error") || next.is("errors"))
        }
        _ => ["status", "error", "errors", "neither"]
            .iter()
            .any(|word| token.is(word)),
    });
    was || status
}

/// "but not bots" adds a condition; "all but bots" takes one away and is read elsewhere.
fn is_harmless_but(tokens: &[Token], at: usize) -> bool {
    let next = tokens.get(at + 1).map_or("", |token| token.lower.as_str());
    tokens[at].is("but") && ["not", "no", "without", "excluding", "did", "were", "was", "had"].contains(&next)
}

/// "the day that saw the most visitors"; "visitors who saw a page" is another thing.
fn is_day_that_saw(tokens: &[Token], at: usize) -> bool {
    let next = tokens[at + 1..].iter().find(|token| !token.is("the"));
    tokens[at].is("saw") && next.is_some_and(|token| token.is("most") || token.is("fewest") || token.is("least"))
}

/// Verbs that can be the predicate of "what share of X ... Y".
pub(crate) const PREDICATES: &[&str] = &[
    "is", "are", "was", "were", "come", "comes", "came", "have", "has", "had", "return", "returned", "got", "get",
    "use", "used", "ended", "resulted", "received", "gave", "did", "do", "went",
];

/// Words that start a relative clause, whose verb is not the predicate.
pub(crate) const RELATIVES: &[&str] = &["that", "which", "who", "whose"];
