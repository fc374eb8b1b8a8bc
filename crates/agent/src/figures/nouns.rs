//! The noun of a number: which words name a column whose numbers have no unit, and which noun a
//! measure only qualifies.

use std::collections::BTreeSet;

use super::binding::Ground;
use super::clauses::Sentence;
use super::measures::Tie;
use super::scan::Kind;
use super::turn::CellAt;
use super::{filters, vocabulary, words};

/// Words of a column's name that do not say what it counts.
const EMPTY: &str = "n num number numbers count counts cnt c ct total totals sum value values val amount result results x y \
all of the in by per col column field it a an and for with from";

/// Words for the same thing, by line.
const SYNONYMS: [&str; 8] = [
    "visitor user person people unique",
    "session visit",
    "view pageview",
    "request hit",
    "avg average mean averaged",
    "max maximum highest greatest most largest biggest",
    "min minimum lowest least smallest fewest",
    "sum total",
];

/// True where two words are the same, one perhaps in the plural.
pub(super) fn same(one: &str, other: &str) -> bool {
    stem(one) == stem(other)
}

fn stem(word: &str) -> String {
    let long = word.len() > 3;
    match word {
        "people" => "people".to_owned(),
        _ if long && word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if long
            && ["sses", "uses", "xes", "ches", "shes"]
                .iter()
                .any(|end| word.ends_with(end)) =>
        {
            word[..word.len() - 2].to_owned()
        }
        _ if long && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") => {
            word[..word.len() - 1].to_owned()
        }
        _ => word.to_owned(),
    }
}

fn means_same(one: &str, other: &str) -> bool {
    let has = |line: &str, wanted: &str| line.split(' ').any(|word| same(word, wanted));
    same(one, other) || SYNONYMS.iter().any(|line| has(line, one) && has(line, other))
}

/// True where the sentence names a column whose title alone says what it counts: each word of the
/// title that says something stands beside the number, and the number's noun is one of them.
pub(super) fn names_plain(ground: &Ground<'_>, sentence: &Sentence, number: usize, tie: &Tie, cell: CellAt) -> bool {
    let mut content = filters::split_words(ground.turn.title(cell));
    content.extend(aggregated(ground, cell).unwrap_or_default());
    content.retain(|word| !vocabulary::is_in(EMPTY, word));
    let said = words_of_group(sentence, number);
    let stands = |word: &String| said.iter().any(|other| means_same(word, other));
    let noun = match tie {
        Tie::Direct(item) | Tie::Near(item) => match sentence.kind(*item) {
            Some(Kind::Measure(measure)) => measure.phrase.split_whitespace().last().map(str::to_owned),
            _ => None,
        },
        Tie::Foreign(word) => Some(word.clone()),
        Tie::Nothing => None,
        Tie::Unclear => return false,
    };
    let fits = noun.is_none_or(|noun| content.iter().any(|word| means_same(word, &noun)));
    !content.is_empty() && content.iter().all(stands) && fits
}

/// True where the title of the column has the word, or another one for the same.
pub(super) fn is_own_word(ground: &Ground<'_>, cell: CellAt, word: &str) -> bool {
    let title = filters::split_words(ground.turn.title(cell));
    !word.is_empty() && title.iter().any(|own| means_same(own, word))
}

/// The words of what a statement puts together under a name that only says how: `bytes` where it
/// has `max(bytes) AS largest`.
fn aggregated(ground: &Ground<'_>, cell: CellAt) -> Option<BTreeSet<String>> {
    let title = ground.turn.title(cell).to_lowercase();
    let provenance = ground.turn.results[cell.table].provenance.as_ref()?;
    let query = provenance.query.to_lowercase();
    let named = format!(") as {title}");
    let mut places = query.match_indices(&named).map(|(at, _)| at);
    let (end, None) = (places.next()?, places.next()) else {
        return None;
    };
    let start = query[..end].rfind('(')?;
    let inner = query[start + 1..end].trim();
    let function = query[..start].rsplit(|c: char| !c.is_alphanumeric()).next()?;
    let column = inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    (column && means_same(function, &title)).then(|| filters::split_words(inner))
}

fn words_of_group(sentence: &Sentence, at: usize) -> BTreeSet<String> {
    let texts = sentence.group_of(at).filter_map(|item| match sentence.kind(item)? {
        Kind::Word(word) | Kind::Foreign(word) => Some(word.as_str()),
        Kind::Measure(measure) => Some(measure.phrase.as_str()),
        _ => None,
    });
    texts.flat_map(filters::split_words).collect()
}

/// The noun behind a measure that makes the measure its qualifier: "failed logins" where only
/// "failed" is a column.
pub(super) fn modified(ground: &Ground<'_>, sentence: &Sentence, tie: &Tie, cell: CellAt) -> Option<String> {
    let next = tie.item()? + 1;
    // A measure in front of its number is a subject, and a verb follows it: "page views hit 893".
    if !matches!(tie, Tie::Direct(_)) && !ground.turn.is_plain(cell) {
        return None;
    }
    let word = sentence.word(next);
    let spaced = sentence.items.get(next).is_some_and(|next| next.spaced);
    let other_kind = vocabulary::is_known(word)
        || words::is_direction(word)
        || ["ed", "ing", "ly"].iter().any(|end| word.ends_with(end));
    let allowed = ground.title_words(cell.table).contains(word) || ground.filter_words(cell.table).contains(word);
    (spaced && !word.is_empty() && !other_kind && !allowed).then(|| word.to_owned())
}
