//! The words that may stand in a question without changing what is counted.
//!
//! The law of the built-in analyst: every other word is consumed by the parse, or the question is
//! not answered. So a word belongs here only if a question means the same with and without it.
//! Not here, on purpose: "not", "only", "new", "first", "average", "back", "log" (in), "end" (of), "it" and "they"
//! (of whom?), "saw" (requested or viewed?), "would", all numbers, and nouns that "how many" could ask for, such as
//! "clients".

mod context;
mod politeness;

pub(crate) use context::{is_noun_of_path, whole_log_end};

use crate::lexicon::phrase_end;
use crate::tokens::Token;

/// Words that say nothing of their own wherever they stand, by what they do.
const STOP_WORDS: [&str; 9] = [
    // Articles, determiners and pronouns.
    "a an the that any all i we our ours us you your my me overall altogether together there",
    "everything anything everyone everybody someone somebody anyone anybody i'm i've we've you've we're",
    // Question words.
    "what which who whom whose how much many often where",
    // Auxiliary verbs.
    "is are was were be been being do does did done have has had having can could",
    // Prepositions and conjunctions; "and" joins conditions that all hold.
    "of in on at to for from with within during via as and also ever either",
    // Verbs that say no more than that something happened.
    "get got gets getting receive received see serve served handle handled happen happened happening occur occurs occurred \
     came come comes coming arrive arrived made make makes making sent send sending use used uses using generate generated \
     produce produced gave give given result resulted resulting answer answered respond responded recorded go went bring \
     brings brought record registered register captured collected observed noted tracked attract attracted draw drew reach \
     reached encounter encountered deliver delivered run running ran hold \
     replied reply yielded yield threw throw",
    // The asking.
    "show tell list find please know want need let number numbers count counts total totals sum times data chart graph plot \
     table figure figures tally compute calculate determine display kindly wondering hi hello hey thanks pls plz thx",
    // What is measured, the time zone of everything, and parts of names.
    "site website server webserver utc code codes meaning called named value values entire whole equal equals",
    "actually",
];

/// Phrases that say nothing, of words that could.
const STOP_PHRASES: &[&str] = &[
    "access log",
    "access logs",
    "in the log",
    "in the logs",
    "does the log have",
    "does the log contain",
    "log file",
    "web server",
    "web site",
    "this site",
    "this website",
    "this server",
    "of all time",
    "all time",
    "so far",
    "thus far",
    "to date",
    "up to now",
    "until now",
    "in total",
    "in all",
    "all told",
    "all in all",
    "in sum",
    "taken together",
    "put together",
    "combined",
    "took place",
    "take place",
    "account for",
    "accounts for",
    "accounted for",
    "accounted for by",
    "due to",
    "attributable to",
    "attributed to",
    "can be attributed to",
    "could be attributed to",
    "is attributed to",
    "was attributed to",
    "were attributed to",
    "those of",
    "those from",
    "those with",
    "those that",
    "those who",
    "those by",
    "those made by",
    "those made with",
    "send out",
    "sent out",
    "give out",
    "gave out",
    "hand out",
    "handed out",
    "came in",
    "come in",
    "coming in",
    "brought in",
    "bring in",
    "came by",
    "come by",
    "came along",
    "come along",
    "came over",
    "come over",
    "showed up",
    "show up",
    "shown up",
    "showing up",
    "turned up",
    "turn up",
    "run into",
    "ran into",
    "running into",
    "limited to",
    "restricted to",
    "filtered by",
    "filtered to",
    "as well",
    "at all",
    "at least one",
    "at least once",
    "at some point",
    "at any point",
    "at any time",
    "served up",
    "led to",
    "all day",
    "all day long",
    "over the course of",
    "in the course of",
    "may i",
    "i'd love to",
    "i would love to",
    "i wonder",
    "i am curious",
    "i'm curious",
    "i am interested in",
    "i'm interested in",
    "i am looking for",
    "i'm looking for",
    "did the server return",
    "does the server return",
    "did our server return",
    "did the site return",
    "did we return",
    "do we return",
    "the server returned",
    "we returned",
    "we welcomed",
    "we have welcomed",
    "did we welcome",
    "we did welcome",
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
    let alone = context::is_harmless(tokens, at).then_some(at + 1);
    let polite = politeness::polite_end(tokens, at);
    phrase.max(context::whole_log_end(tokens, at)).max(alone).max(polite)
}

/// Verbs that can be the predicate of "what share of X ... Y".
pub(crate) const PREDICATES: &[&str] = &[
    "is", "are", "was", "were", "come", "comes", "came", "have", "has", "had", "return", "returned", "got", "get",
    "use", "used", "ended", "resulted", "received", "gave", "did", "do", "went",
];

/// Words that start a relative clause, whose verb is not the predicate.
pub(crate) const RELATIVES: &[&str] = &["that", "which", "who", "whose"];
