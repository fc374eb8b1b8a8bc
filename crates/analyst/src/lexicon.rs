//! The words the analyst knows, as phrases.

use hedgerow_data_api::Interval;

use crate::intent::{Negation, Order};
use crate::tokens::{Kind, Token};

/// What can be counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Counted {
    /// Every event: one line of a log.
    Events,
    /// Page views.
    Views,
    /// Distinct persons.
    Visitors,
    /// Distinct sessions.
    Sessions,
    /// An event of the project, by its name.
    Named(String),
}

/// A word with a meaning of its own, wherever it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    /// Something to count; the second field is true for "unique visitors" and the like.
    Measure(Counted, bool),
    /// "visited": does not say whether requests or page views are meant.
    Visited,
    /// A property by a synonym.
    Property(&'static str),
    Negation(Negation),
    /// "bots", or with `false` "humans".
    Bot(bool),
    /// "by", "per", "for each": an amount a value, a bucket, or ranked by a measure.
    By,
    /// "counting", "ranked by": a measure follows.
    CountedIn,
    /// "daily".
    Every(Interval),
    /// "day".
    Bucket(Interval),
    /// "over time".
    OverTime,
    Top(Order),
    /// "most popular", which does not say by what.
    Popular,
    Share,
    HowMany,
    /// "among", "out of": what follows is the whole.
    Among,
    Or,
    /// "requests" may be counted in many ways when they are called "traffic".
    Traffic,
    /// The home page.
    HomePage,
    /// Words that ask for a split and need a "by".
    BreakDown,
}

const MEASURES: &[(&str, Counted)] = &[
    ("requests", Counted::Events),
    ("request", Counted::Events),
    ("requested", Counted::Events),
    ("accessed", Counted::Events),
    ("fetched", Counted::Events),
    ("http requests", Counted::Events),
    ("hits", Counted::Events),
    ("hit", Counted::Events),
    ("events", Counted::Events),
    ("event", Counted::Events),
    ("responses", Counted::Events),
    ("response", Counted::Events),
    ("lines", Counted::Events),
    ("log lines", Counted::Events),
    ("log entries", Counted::Events),
    ("page views", Counted::Views),
    ("page view", Counted::Views),
    ("pageviews", Counted::Views),
    ("pageview", Counted::Views),
    ("views", Counted::Views),
    ("view", Counted::Views),
    ("viewed", Counted::Views),
    ("visitors", Counted::Visitors),
    ("visitor", Counted::Visitors),
    ("users", Counted::Visitors),
    ("user", Counted::Visitors),
    ("people", Counted::Visitors),
    ("persons", Counted::Visitors),
    ("person", Counted::Visitors),
    ("sessions", Counted::Sessions),
    ("session", Counted::Sessions),
    ("visits", Counted::Sessions),
];

const UNIQUE: [&str; 4] = ["unique", "distinct", "different", "individual"];

/// Synonyms of the properties of web traffic; any property also goes by its own name.
pub(crate) const PROPERTIES: &[(&str, &str)] = &[
    ("page", "$pathname"),
    ("pages", "$pathname"),
    ("path", "$pathname"),
    ("paths", "$pathname"),
    ("url", "$pathname"),
    ("urls", "$pathname"),
    ("url path", "$pathname"),
    ("url paths", "$pathname"),
    ("pathname", "$pathname"),
    ("referrer", "$referrer"),
    ("referrers", "$referrer"),
    ("referer", "$referrer"),
    ("referers", "$referrer"),
    ("referrer url", "$referrer"),
    ("referring site", "$referrer"),
    ("referring sites", "$referrer"),
    ("referring page", "$referrer"),
    ("referring pages", "$referrer"),
    ("referred by", "$referrer"),
    ("referred from", "$referrer"),
    ("source", "$referrer"),
    ("sources", "$referrer"),
    ("browser", "$browser"),
    ("browsers", "$browser"),
    ("web browser", "$browser"),
    ("web browsers", "$browser"),
    ("os", "$os"),
    ("operating system", "$os"),
    ("operating systems", "$os"),
    ("platform", "$os"),
    ("platforms", "$os"),
    ("status", "status"),
    ("statuses", "status"),
    ("status code", "status"),
    ("status codes", "status"),
    ("http status", "status"),
    ("http status code", "status"),
    ("http status codes", "status"),
    ("response code", "status"),
    ("response codes", "status"),
    ("response status", "status"),
    ("method", "method"),
    ("methods", "method"),
    ("http method", "method"),
    ("http methods", "method"),
    ("request method", "method"),
    ("request methods", "method"),
    ("verb", "method"),
    ("verbs", "method"),
    ("http verb", "method"),
    ("size", "bytes"),
    ("response size", "bytes"),
    ("user agent", "$raw_user_agent"),
    ("user agents", "$raw_user_agent"),
    ("user agent string", "$raw_user_agent"),
];

const WORDS: &[(&str, Word)] = &[
    ("visited", Word::Visited),
    ("visit", Word::Visited),
    ("not", Word::Negation(Negation::Clause)),
    ("never", Word::Negation(Negation::Clause)),
    ("neither", Word::Negation(Negation::Clause)),
    ("without", Word::Negation(Negation::Noun)),
    ("no", Word::Negation(Negation::Noun)),
    ("non", Word::Negation(Negation::Noun)),
    ("other than", Word::Negation(Negation::Noun)),
    ("except", Word::Negation(Negation::Noun)),
    ("except for", Word::Negation(Negation::Noun)),
    ("excluding", Word::Negation(Negation::Noun)),
    ("apart from", Word::Negation(Negation::Noun)),
    ("all but", Word::Negation(Negation::Noun)),
    ("everything but", Word::Negation(Negation::Noun)),
    ("anything but", Word::Negation(Negation::Noun)),
    ("everyone but", Word::Negation(Negation::Noun)),
    ("something other than", Word::Negation(Negation::Noun)),
    ("anything other than", Word::Negation(Negation::Noun)),
    ("missing", Word::Negation(Negation::Noun)),
    ("lacking", Word::Negation(Negation::Noun)),
    ("bots", Word::Bot(true)),
    ("bot", Word::Bot(true)),
    ("crawlers", Word::Bot(true)),
    ("crawler", Word::Bot(true)),
    ("spiders", Word::Bot(true)),
    ("spider", Word::Bot(true)),
    ("robots", Word::Bot(true)),
    ("robot", Word::Bot(true)),
    ("humans", Word::Bot(false)),
    ("human", Word::Bot(false)),
    ("by", Word::By),
    ("per", Word::By),
    ("each", Word::By),
    ("every", Word::By),
    ("for each", Word::By),
    ("for every", Word::By),
    ("in each", Word::By),
    ("on each", Word::By),
    ("split by", Word::By),
    ("grouped by", Word::By),
    ("broken down by", Word::By),
    ("broken down per", Word::By),
    ("break down", Word::BreakDown),
    ("split", Word::BreakDown),
    ("group", Word::BreakDown),
    ("counting", Word::CountedIn),
    ("counted in", Word::CountedIn),
    ("counted by", Word::CountedIn),
    ("ranked by", Word::CountedIn),
    ("measured by", Word::CountedIn),
    ("measured in", Word::CountedIn),
    ("in terms of", Word::CountedIn),
    ("by number of", Word::CountedIn),
    ("by the number of", Word::CountedIn),
    ("hourly", Word::Every(Interval::Hour)),
    ("hour by hour", Word::Every(Interval::Hour)),
    ("daily", Word::Every(Interval::Day)),
    ("day by day", Word::Every(Interval::Day)),
    ("weekly", Word::Every(Interval::Week)),
    ("week by week", Word::Every(Interval::Week)),
    ("monthly", Word::Every(Interval::Month)),
    ("month by month", Word::Every(Interval::Month)),
    ("hour", Word::Bucket(Interval::Hour)),
    ("hours", Word::Bucket(Interval::Hour)),
    ("day", Word::Bucket(Interval::Day)),
    ("days", Word::Bucket(Interval::Day)),
    ("date", Word::Bucket(Interval::Day)),
    ("week", Word::Bucket(Interval::Week)),
    ("weeks", Word::Bucket(Interval::Week)),
    ("month", Word::Bucket(Interval::Month)),
    ("months", Word::Bucket(Interval::Month)),
    ("over time", Word::OverTime),
    ("trend", Word::OverTime),
    ("trend of", Word::OverTime),
    ("most", Word::Top(Order::Most)),
    ("top", Word::Top(Order::Most)),
    ("most common", Word::Top(Order::Most)),
    ("most common one", Word::Top(Order::Most)),
    ("most frequent", Word::Top(Order::Most)),
    ("most frequently", Word::Top(Order::Most)),
    ("most often", Word::Top(Order::Most)),
    ("most busy", Word::Top(Order::Most)),
    ("busiest", Word::Top(Order::Most)),
    ("peak", Word::Top(Order::Most)),
    ("highest number of", Word::Top(Order::Most)),
    ("largest number of", Word::Top(Order::Most)),
    ("greatest number of", Word::Top(Order::Most)),
    ("biggest number of", Word::Top(Order::Most)),
    ("comes first", Word::Top(Order::Most)),
    ("come first", Word::Top(Order::Most)),
    ("came first", Word::Top(Order::Most)),
    ("ranks first", Word::Top(Order::Most)),
    ("leads", Word::Top(Order::Most)),
    ("least", Word::Top(Order::Least)),
    ("fewest", Word::Top(Order::Least)),
    ("least common", Word::Top(Order::Least)),
    ("least often", Word::Top(Order::Least)),
    ("least busy", Word::Top(Order::Least)),
    ("quietest", Word::Top(Order::Least)),
    ("lowest number of", Word::Top(Order::Least)),
    ("smallest number of", Word::Top(Order::Least)),
    ("most popular", Word::Popular),
    ("popular", Word::Popular),
    ("share", Word::Share),
    ("percentage", Word::Share),
    ("percent", Word::Share),
    ("fraction", Word::Share),
    ("proportion", Word::Share),
    ("portion", Word::Share),
    ("%", Word::Share),
    ("how many", Word::HowMany),
    ("number of", Word::HowMany),
    ("total number of", Word::HowMany),
    ("count of", Word::HowMany),
    ("how often", Word::HowMany),
    ("how many times", Word::HowMany),
    ("among", Word::Among),
    ("amongst", Word::Among),
    ("out of", Word::Among),
    ("of all", Word::Among),
    ("or", Word::Or),
    ("nor", Word::Or),
    ("traffic", Word::Traffic),
    ("home page", Word::HomePage),
    ("homepage", Word::HomePage),
    ("front page", Word::HomePage),
    ("root page", Word::HomePage),
    ("root path", Word::HomePage),
];

/// The longest known phrase at a token, with the position after it.
pub(crate) fn word_at(tokens: &[Token], at: usize) -> Option<(usize, Word)> {
    let words = WORDS.iter().map(|(phrase, word)| (*phrase, word.clone()));
    let properties = PROPERTIES.iter().map(|(phrase, key)| (*phrase, Word::Property(key)));
    let measures = MEASURES
        .iter()
        .map(|(phrase, counted)| (*phrase, Word::Measure(counted.clone(), false)));
    let plain = words
        .chain(properties)
        .chain(measures)
        .filter_map(|(phrase, word)| Some((phrase_end(tokens, at, phrase)?, word)))
        .max_by_key(|(end, _)| *end);
    plain.or_else(|| unique_measure(tokens, at))
}

/// "unique visitors", "different people"; "unique page views" is another thing and unknown here.
fn unique_measure(tokens: &[Token], at: usize) -> Option<(usize, Word)> {
    UNIQUE.iter().find(|word| tokens[at].is(word))?;
    let (end, word) = word_at(tokens, at + 1).filter(|_| at + 1 < tokens.len())?;
    match word {
        Word::Measure(counted @ (Counted::Visitors | Counted::Sessions), _) => {
            Some((end, Word::Measure(counted, true)))
        }
        _ => None,
    }
}

/// The position after a phrase at a token. A hyphen may stand between its words.
pub(crate) fn phrase_end(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut next = at;
    for (position, word) in phrase.split(' ').enumerate() {
        if position > 0 && tokens.get(next).is_some_and(|token| is_hyphen(tokens, next, token)) {
            next += 1;
        }
        tokens.get(next).filter(|token| token.is(word))?;
        next += 1;
    }
    Some(next)
}

/// True for a hyphen inside a compound, with no blank around it.
fn is_hyphen(tokens: &[Token], at: usize, token: &Token) -> bool {
    let glued = |left: &Token, right: &Token| left.end == right.start;
    token.kind == Kind::Symbol
        && token.text == "-"
        && at > 0
        && glued(&tokens[at - 1], token)
        && tokens.get(at + 1).is_some_and(|next| glued(token, next))
}
