//! Words that say nothing where their neighbours show it.

use crate::cursor::Cursor;
use crate::tokens::{Kind, Token};

/// True for a word that says nothing among these neighbours.
pub(super) fn is_harmless(tokens: &[Token], at: usize) -> bool {
    let readings = [
        is_return_of_status,
        is_end_in_status,
        is_harmless_but,
        is_day_that_saw,
        is_http_of_status,
        is_agent_noun,
        is_opening,
        is_logged_event,
        is_noun_of_path,
        is_when_of_peak,
        is_single_most,
    ];
    readings.iter().any(|read| read(tokens, at))
}

fn is_one_of(token: Option<&Token>, words: &[&str]) -> bool {
    token.is_some_and(|token| words.iter().any(|word| token.is(word)))
}

fn before(tokens: &[Token], at: usize) -> Option<&Token> {
    at.checked_sub(1).and_then(|before| tokens.get(before))
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
    let fillers = [
        "a",
        "an",
        "the",
        "not",
        "http",
        "by",
        "most",
        "fewest",
        "least",
        "any",
        "something",
        "anything",
        "other",
        "than",
    ];
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
    let mut next = tokens[at + 1..].iter().filter(|token| !token.is("the"));
    let extreme = next.next();
    let of_number = is_one_of(extreme, &["highest", "largest", "greatest", "lowest", "smallest"])
        && is_one_of(next.next(), &["number", "count"]);
    tokens[at].is("saw") && (of_number || is_one_of(extreme, &["most", "fewest", "least"]))
}

/// "ended in a 404"; "sessions that ended on 18 May" are another thing.
fn is_end_in_status(tokens: &[Token], at: usize) -> bool {
    let fillers = ["a", "an", "the", "http", "up"];
    let mut next = tokens[at + 1..]
        .iter()
        .filter(|token| !is_one_of(Some(token), &fillers));
    let joint = is_one_of(next.next(), &["in", "with", "as"]);
    let status = next.next().is_some_and(|token| match token.kind {
        Kind::Number(number) => (100.0..600.0).contains(&number),
        Kind::Plural(_) | Kind::StatusClass(_) => true,
        _ => is_one_of(Some(token), &["status", "error", "errors", "client", "server"]),
    });
    tokens[at].is("ended") && joint && status
}

/// "HTTP 404"; "requests over HTTP" is another thing.
fn is_http_of_status(tokens: &[Token], at: usize) -> bool {
    let status = tokens.get(at + 1).is_some_and(|next| match next.kind {
        Kind::Number(number) => (100.0..600.0).contains(&number),
        Kind::Plural(_) | Kind::StatusClass(_) => true,
        _ => is_one_of(Some(next), &["error", "errors", "code", "codes"]),
    });
    tokens[at].is("http") && status
}

/// "requests that clients made": whoever makes requests is a client. "How many clients" asks for another thing.
fn is_agent_noun(tokens: &[Token], at: usize) -> bool {
    is_one_of(tokens.get(at), &["clients", "client"])
        && is_one_of(before(tokens, at), &["did", "do", "does", "by", "from"])
        && !is_one_of(tokens.get(at + 1), &["error", "errors"])
}

/// "Looking at page views, ..." opens a question; "visitors looking at a page" is another thing.
fn is_opening(tokens: &[Token], at: usize) -> bool {
    let opens = at == 0 && is_one_of(tokens.get(at), &["looking", "look", "considering"]);
    opens && (tokens[at].is("considering") || is_one_of(tokens.get(at + 1), &["at"]))
}

/// "requests were logged"; people who "were logged" may be those that are logged in.
fn is_logged_event(tokens: &[Token], at: usize) -> bool {
    let people = [
        "visitors", "visitor", "users", "user", "people", "persons", "person", "sessions", "humans",
    ];
    tokens[at].is("logged")
        && is_one_of(before(tokens, at), &["was", "were", "been", "got"])
        && !is_one_of(tokens.get(at + 1), &["in", "out", "off", "into"])
        && !tokens.iter().any(|token| is_one_of(Some(token), &people))
}

/// "the article /blog/": the path says which. "POST /blog/" names a method, "the post /blog/" does not.
pub(crate) fn is_noun_of_path(tokens: &[Token], at: usize) -> bool {
    let nouns = [
        "article", "post", "story", "piece", "entry", "tutorial", "document", "blog", "site",
    ];
    let next = tokens.get(at + 1);
    let path = |token: Option<&Token>| token.is_some_and(|token| token.kind == Kind::Path);
    let of_post = is_one_of(next, &["post", "entry", "article"]) && path(tokens.get(at + 2));
    let determined = is_one_of(before(tokens, at), &["the", "our", "my", "a", "this", "blog"]);
    let is_method = tokens[at].is("post") && (!determined || tokens[at].text == "POST");
    is_one_of(tokens.get(at), &nouns) && (path(next) || of_post) && !is_method
}

/// "the single most requested page" is the most requested one.
fn is_single_most(tokens: &[Token], at: usize) -> bool {
    tokens[at].is("single") && is_one_of(tokens.get(at + 1), &["most", "busiest", "quietest"])
}

/// "When was the busiest hour": the peak of a bucket has no other time.
fn is_when_of_peak(tokens: &[Token], at: usize) -> bool {
    let peak = tokens[at + 1..]
        .iter()
        .skip_while(|token| is_one_of(Some(token), &["was", "is", "the", "our"]))
        .collect::<Vec<_>>();
    let extreme = peak
        .first()
        .is_some_and(|token| is_one_of(Some(token), &["busiest", "quietest", "peak", "least"]));
    let bucket = peak
        .iter()
        .take(3)
        .any(|token| is_one_of(Some(token), &["hour", "day", "week", "month"]));
    at == 0 && tokens[at].is("when") && extreme && bucket
}

/// The position after the whole of the data: `in the entire log`, `over the whole period`, `this log file`. A
/// question without any date is about all of it anyway.
pub(crate) fn whole_log_end(tokens: &[Token], at: usize) -> Option<usize> {
    let mut cursor = Cursor::new(tokens, at);
    let start = cursor;
    let from_its_start = [
        "since the beginning of",
        "since the start of",
        "from the beginning of",
        "from the start of",
    ];
    if cursor.eat_one_of(&from_its_start).is_none() && !cursor.eat_phrase("according to") {
        cursor.eat(&[
            "in",
            "of",
            "from",
            "over",
            "across",
            "throughout",
            "during",
            "within",
            "for",
        ]);
    }
    let led = cursor.at > start.at;
    cursor.eat(&["all"]);
    cursor.eat(&["of"]);
    let determined = cursor.eat(&["the", "this", "our", "these"]).is_some();
    let mut whole = false;
    while let Some(word) = cursor.eat(&[
        "whole",
        "entire",
        "full",
        "complete",
        "available",
        "recorded",
        "imported",
        "covered",
        "given",
        "web",
        "access",
        "server",
        "apache",
    ]) {
        whole |= !["web", "access", "server", "apache"].contains(&word);
    }
    determined.then_some(())?;
    let log = [
        "log file",
        "log files",
        "log data",
        "data set",
        "logfile",
        "logfiles",
        "logs",
        "log",
        "dataset",
    ];
    if cursor.eat_one_of(&log).is_some() {
        // "visitors who used the log-in" don't speak of the log.
        let is_login = cursor.word() == "-" || (cursor.word() == "in" && !led);
        return (!is_login).then_some(cursor.at);
    }
    // "the period" alone may be one that was spoken of before.
    let period = [
        "time period",
        "time span",
        "time range",
        "period",
        "timespan",
        "recording",
        "data",
    ];
    (whole && led && cursor.eat_one_of(&period).is_some()).then_some(cursor.at)
}
