//! The words the analyst knows, as phrases.

mod context;
mod nouns;

use hedgerow_data_api::Interval;

use crate::intent::{Negation, Order};
use crate::tokens::{Kind, Token};
use nouns::{MEASURES, PROPERTIES, UNIQUE};

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
    /// "unique" with other words before the visitors: "unique Chrome visitors".
    Unique,
    /// "visited": does not say whether requests or page views are meant.
    Visited,
    /// "dropped by": of people a visit, of numbers a decline.
    DroppedBy,
    /// "landed": of requests that they arrived, of people the first page.
    Landed,
    /// A property by a synonym.
    Property(&'static str),
    Negation(Negation),
    /// "excluded", "left out": negates the condition before it.
    Excluded,
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
    /// "in per cent", which says how a share is written.
    InPercent,
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
    /// "that day": the one day named before.
    ThatDay,
    /// "opened", "downloaded": may be requests or page views.
    Opened,
}

const WORDS: &[(&str, Word)] = &[
    ("visited", Word::Visited),
    ("visit", Word::Visited),
    ("browsed", Word::Visited),
    ("browse", Word::Visited),
    ("browses", Word::Visited),
    ("browsing", Word::Visited),
    ("surfed", Word::Visited),
    ("surfing", Word::Visited),
    ("dropped by", Word::DroppedBy),
    ("drop by", Word::DroppedBy),
    ("dropping by", Word::DroppedBy),
    ("stopped by", Word::DroppedBy),
    ("stop by", Word::DroppedBy),
    ("stopping by", Word::DroppedBy),
    ("dropped in", Word::DroppedBy),
    ("drop in", Word::DroppedBy),
    ("popped in", Word::DroppedBy),
    ("popped by", Word::DroppedBy),
    ("swung by", Word::DroppedBy),
    ("passed by", Word::DroppedBy),
    ("landed", Word::Landed),
    ("that day", Word::ThatDay),
    ("on that day", Word::ThatDay),
    ("that very day", Word::ThatDay),
    ("on that very day", Word::ThatDay),
    ("opened", Word::Opened),
    ("downloaded", Word::Opened),
    ("downloads", Word::Opened),
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
    ("rather than", Word::Negation(Negation::Noun)),
    ("instead of", Word::Negation(Negation::Noun)),
    ("as opposed to", Word::Negation(Negation::Noun)),
    ("with the exception of", Word::Negation(Negation::Noun)),
    ("not including", Word::Negation(Negation::Noun)),
    ("not counting", Word::Negation(Negation::Noun)),
    ("not considering", Word::Negation(Negation::Noun)),
    ("leaving out", Word::Negation(Negation::Noun)),
    ("leave out", Word::Negation(Negation::Noun)),
    ("leaving aside", Word::Negation(Negation::Noun)),
    ("leave aside", Word::Negation(Negation::Noun)),
    ("ignoring", Word::Negation(Negation::Noun)),
    ("ignore", Word::Negation(Negation::Noun)),
    ("omitting", Word::Negation(Negation::Noun)),
    ("omit", Word::Negation(Negation::Noun)),
    ("disregarding", Word::Negation(Negation::Noun)),
    ("disregard", Word::Negation(Negation::Noun)),
    ("discounting", Word::Negation(Negation::Noun)),
    ("setting aside", Word::Negation(Negation::Noun)),
    ("filtering out", Word::Negation(Negation::Noun)),
    ("filter out", Word::Negation(Negation::Noun)),
    ("exclude", Word::Negation(Negation::Noun)),
    ("excl", Word::Negation(Negation::Noun)),
    ("excl .", Word::Negation(Negation::Noun)),
    ("minus", Word::Negation(Negation::Noun)),
    ("w/o", Word::Negation(Negation::Noun)),
    ("any but", Word::Negation(Negation::Noun)),
    ("anybody but", Word::Negation(Negation::Noun)),
    ("anyone but", Word::Negation(Negation::Noun)),
    ("everybody but", Word::Negation(Negation::Noun)),
    ("anything except", Word::Negation(Negation::Noun)),
    ("if you exclude", Word::Negation(Negation::Noun)),
    ("if we exclude", Word::Negation(Negation::Noun)),
    ("if you ignore", Word::Negation(Negation::Noun)),
    ("if we ignore", Word::Negation(Negation::Noun)),
    ("if you leave out", Word::Negation(Negation::Noun)),
    ("if we leave out", Word::Negation(Negation::Noun)),
    ("if you leave aside", Word::Negation(Negation::Noun)),
    ("if we leave aside", Word::Negation(Negation::Noun)),
    ("excluded", Word::Excluded),
    ("left out", Word::Excluded),
    ("left aside", Word::Excluded),
    ("set aside", Word::Excluded),
    ("aside", Word::Excluded),
    ("filtered out", Word::Excluded),
    ("taken out", Word::Excluded),
    ("not included", Word::Excluded),
    ("not counted", Word::Excluded),
    ("disregarded", Word::Excluded),
    ("ignored", Word::Excluded),
    ("omitted", Word::Excluded),
    ("bots", Word::Bot(true)),
    ("bot", Word::Bot(true)),
    ("crawlers", Word::Bot(true)),
    ("crawler", Word::Bot(true)),
    ("spiders", Word::Bot(true)),
    ("spider", Word::Bot(true)),
    ("robots", Word::Bot(true)),
    ("robot", Word::Bot(true)),
    ("web crawlers", Word::Bot(true)),
    ("web crawler", Word::Bot(true)),
    ("humans", Word::Bot(false)),
    ("human", Word::Bot(false)),
    ("human beings", Word::Bot(false)),
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
    ("broken up by", Word::By),
    ("split up by", Word::By),
    ("split per", Word::By),
    ("grouped per", Word::By),
    ("break down", Word::BreakDown),
    ("breakdown", Word::BreakDown),
    ("breakdown of", Word::BreakDown),
    ("broken down", Word::BreakDown),
    ("split up", Word::BreakDown),
    ("split of", Word::BreakDown),
    ("grouped", Word::BreakDown),
    ("distribution", Word::BreakDown),
    ("distribution of", Word::BreakDown),
    ("distributed", Word::BreakDown),
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
    ("going by", Word::CountedIn),
    ("going by number of", Word::CountedIn),
    ("going by the number of", Word::CountedIn),
    ("judging by", Word::CountedIn),
    ("judging by the number of", Word::CountedIn),
    ("judged by", Word::CountedIn),
    ("judged by the number of", Word::CountedIn),
    ("measured by the number of", Word::CountedIn),
    ("measured in number of", Word::CountedIn),
    ("ranked by the number of", Word::CountedIn),
    ("based on", Word::CountedIn),
    ("based on the number of", Word::CountedIn),
    ("according to the number of", Word::CountedIn),
    ("hourly", Word::Every(Interval::Hour)),
    ("on an hourly basis", Word::Every(Interval::Hour)),
    ("by the hour", Word::Every(Interval::Hour)),
    ("hour by hour", Word::Every(Interval::Hour)),
    ("daily", Word::Every(Interval::Day)),
    ("on a daily basis", Word::Every(Interval::Day)),
    ("by the day", Word::Every(Interval::Day)),
    ("day by day", Word::Every(Interval::Day)),
    ("weekly", Word::Every(Interval::Week)),
    ("on a weekly basis", Word::Every(Interval::Week)),
    ("week by week", Word::Every(Interval::Week)),
    ("monthly", Word::Every(Interval::Month)),
    ("on a monthly basis", Word::Every(Interval::Month)),
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
    ("develop", Word::OverTime),
    ("developed", Word::OverTime),
    ("development of", Word::OverTime),
    ("evolve", Word::OverTime),
    ("evolved", Word::OverTime),
    ("evolution of", Word::OverTime),
    ("timeline", Word::OverTime),
    ("timeline of", Word::OverTime),
    ("time series", Word::OverTime),
    ("time series of", Word::OverTime),
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
    ("in the lead", Word::Top(Order::Most)),
    ("on top", Word::Top(Order::Most)),
    ("at the top", Word::Top(Order::Most)),
    ("comes out on top", Word::Top(Order::Most)),
    ("came out on top", Word::Top(Order::Most)),
    ("come out on top", Word::Top(Order::Most)),
    ("tops the list", Word::Top(Order::Most)),
    ("topped the list", Word::Top(Order::Most)),
    ("top of the list", Word::Top(Order::Most)),
    ("number one", Word::Top(Order::Most)),
    ("comes in first", Word::Top(Order::Most)),
    ("came in first", Word::Top(Order::Most)),
    ("takes first place", Word::Top(Order::Most)),
    ("in first place", Word::Top(Order::Most)),
    ("most of all", Word::Top(Order::Most)),
    ("most of them", Word::Top(Order::Most)),
    ("at its busiest", Word::Top(Order::Most)),
    ("at its peak", Word::Top(Order::Most)),
    ("at its quietest", Word::Top(Order::Least)),
    ("fewest of them", Word::Top(Order::Least)),
    ("highest count of", Word::Top(Order::Most)),
    ("highest total of", Word::Top(Order::Most)),
    ("highest amount of", Word::Top(Order::Most)),
    ("largest amount of", Word::Top(Order::Most)),
    ("greatest amount of", Word::Top(Order::Most)),
    ("maximum number of", Word::Top(Order::Most)),
    ("least", Word::Top(Order::Least)),
    ("fewest", Word::Top(Order::Least)),
    ("least common", Word::Top(Order::Least)),
    ("least often", Word::Top(Order::Least)),
    ("least busy", Word::Top(Order::Least)),
    ("quietest", Word::Top(Order::Least)),
    ("lowest number of", Word::Top(Order::Least)),
    ("smallest number of", Word::Top(Order::Least)),
    ("lowest count of", Word::Top(Order::Least)),
    ("lowest total of", Word::Top(Order::Least)),
    ("lowest amount of", Word::Top(Order::Least)),
    ("smallest amount of", Word::Top(Order::Least)),
    ("minimum number of", Word::Top(Order::Least)),
    ("most popular", Word::Popular),
    ("popular", Word::Popular),
    ("share", Word::Share),
    ("percentage", Word::Share),
    ("percent", Word::Share),
    ("fraction", Word::Share),
    ("proportion", Word::Share),
    ("portion", Word::Share),
    ("%", Word::Share),
    ("per cent", Word::Share),
    ("what part", Word::Share),
    ("which part", Word::Share),
    ("how much of", Word::Share),
    ("how big is the share", Word::Share),
    ("how large is the share", Word::Share),
    ("how high is the share", Word::Share),
    ("how high is the percentage", Word::Share),
    ("how high is the proportion", Word::Share),
    ("how big a share", Word::Share),
    ("how large a share", Word::Share),
    ("how big is the proportion", Word::Share),
    ("how large is the proportion", Word::Share),
    ("in percent", Word::InPercent),
    ("in per cent", Word::InPercent),
    ("in %", Word::InPercent),
    ("as a percentage", Word::InPercent),
    ("as percentage", Word::InPercent),
    ("expressed as a percentage", Word::InPercent),
    ("in percentage", Word::InPercent),
    ("how many", Word::HowMany),
    ("number of", Word::HowMany),
    ("total number of", Word::HowMany),
    ("count of", Word::HowMany),
    ("overall number of", Word::HowMany),
    ("total count of", Word::HowMany),
    ("grand total of", Word::HowMany),
    ("exactly how many", Word::HowMany),
    ("just how many", Word::HowMany),
    ("roughly how many", Word::HowMany),
    ("approximately how many", Word::HowMany),
    ("# of", Word::HowMany),
    ("no . of", Word::HowMany),
    ("how frequently", Word::HowMany),
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
    ("main page", Word::HomePage),
    ("start page", Word::HomePage),
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
    plain
        .or_else(|| unique_measure(tokens, at))
        .or_else(|| Some((at + 1, context::word_in_context(tokens, at)?)))
}

/// True for a word that names something to count.
fn is_measure(token: &Token) -> bool {
    MEASURES.iter().any(|(phrase, _)| token.is(phrase))
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
