//! Which measure a number is said of.

use std::collections::{BTreeMap, BTreeSet};

use super::assign::{self, Mark, Target};
use super::clauses::Sentence;
use super::lexicon::Measured;
use super::scan::Kind;
use super::{rank_words, surroundings, vocabulary};

/// The measure of a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tie {
    /// The measure that follows the number: `893 visitors`.
    Direct(usize),
    /// Another measure of the sentence.
    Near(usize),
    /// No measure in the sentence.
    Nothing,
    /// Something that is no measure follows the number.
    Foreign(String),
    /// Several could be meant.
    Unclear,
}

impl Tie {
    /// The item of the measure.
    pub(super) fn item(&self) -> Option<usize> {
        match self {
            Self::Direct(item) | Self::Near(item) => Some(*item),
            _ => None,
        }
    }
}

/// The columns that a measure item can mean.
pub(super) fn columns(sentence: &Sentence, item: usize) -> &[Measured] {
    match sentence.kind(item) {
        Some(Kind::Measure(measure)) => &measure.columns,
        _ => &[],
    }
}

/// The word in front that changes what the measure counts, unless a filter says it: `new visitors`.
pub(super) fn qualifier(sentence: &Sentence, item: usize, filters: &BTreeSet<String>) -> Option<String> {
    if !sentence.items[item].spaced {
        return None;
    }
    let word = sentence.word_before(item, 1);
    let harmless = ["other", "further", "daily", "hourly", "weekly", "monthly", "direct"];
    if surroundings::is_comparative(word) || rank_words::direction_of(word).is_some() {
        return None;
    }
    let unknown = !word.is_empty() && !vocabulary::is_known(word) && !vocabulary::is_hedge(word);
    let changes = vocabulary::is_qualifier(word) && !harmless.contains(&word);
    // "second-most page views" ends with a word of rank, "Top pages" with a title's.
    ((changes || unknown) && !filters.contains(word)).then(|| word.to_owned())
}

/// True for the measure after "per", which divides.
pub(super) fn divides(sentence: &Sentence, item: usize) -> bool {
    let each = |back| matches!(sentence.word_before(item, back), "per" | "each" | "every");
    each(1) || (each(2) && !sentence.word_before(item, 1).is_empty())
}

/// The measures of a sentence that numbers can be said of.
pub(super) fn usable(sentence: &Sentence) -> Vec<usize> {
    let items = 0..sentence.items.len();
    items
        .filter(|at| matches!(sentence.kind(*at), Some(Kind::Measure(_))) && !divides(sentence, *at))
        .collect()
}

/// Ties the numbers of a sentence (given as items, in order) to measures.
pub(super) fn ties(sentence: &Sentence, numbers: &[usize]) -> BTreeMap<usize, Tie> {
    let usable = usable(sentence);
    let mut ties: BTreeMap<usize, Tie> = BTreeMap::new();
    for number in numbers {
        if let Some(tie) = direct(sentence, *number) {
            ties.insert(*number, tie);
        }
    }
    let tied: Vec<usize> = ties.values().filter_map(Tie::item).collect();
    let free: Vec<usize> = usable
        .iter()
        .copied()
        .filter(|measure| !tied.contains(measure))
        .collect();
    let loose: Vec<usize> = numbers
        .iter()
        .copied()
        .filter(|number| !ties.contains_key(number))
        .collect();
    let ordered = in_order(sentence, &free, &loose);
    for number in loose {
        let tie = ordered
            .get(&number)
            .cloned()
            .unwrap_or_else(|| near(sentence, &usable, &free, number));
        ties.insert(number, tie);
    }
    ties
}

/// The same for phrases that mean the same columns.
pub(super) fn key(sentence: &Sentence, item: usize) -> String {
    match sentence.kind(item) {
        Some(Kind::Measure(measure)) if measure.columns.is_empty() => measure.phrase.clone(),
        _ => format!("{:?}", columns(sentence, item)),
    }
}

fn direct(sentence: &Sentence, number: usize) -> Option<Tie> {
    let percent = matches!(sentence.kind(number), Some(Kind::Literal(literal)) if literal.percent);
    if percent {
        return None;
    }
    let mut at = number + 1;
    let hyphen = matches!(sentence.kind(at), Some(Kind::Mark('-'))) && !sentence.items[at].spaced;
    at += usize::from(hyphen);
    for _ in 0..4 {
        match sentence.kind(at)? {
            Kind::Measure(_) => return Some(Tie::Direct(at)),
            Kind::Word(word) if vocabulary::is_plain_adjective(word) || surroundings::is_comparative(word) => {}
            Kind::Label(_) | Kind::Foreign(_) | Kind::Date(_)
                if matches!(sentence.kind(at + 1), Some(Kind::Measure(_))) && !sentence.is_joint(at) => {}
            Kind::Word(word) if at == number + 1 + usize::from(hyphen) => {
                // "893 failed requests", "893 logged-in visitors"
                let qualifies =
                    matches!(sentence.kind(at + 1), Some(Kind::Measure(_))) && !vocabulary::is_function(word);
                let compound = matches!(sentence.kind(at + 1), Some(Kind::Mark('-'))) && !sentence.items[at + 1].spaced;
                // Whether a filter says the qualifier is not known here; who checks the measure asks.
                if qualifies && qualifier(sentence, at + 1, &BTreeSet::new()).is_some() {
                    return Some(Tie::Direct(at + 1));
                }
                if qualifies || compound {
                    return Some(Tie::Foreign(word.clone()));
                }
                if matches!(word.as_str(), "points" | "percentage" | "pp" | "times") {
                    return None;
                }
                let grammar =
                    vocabulary::is_function(word) || vocabulary::is_verb(word) || is_adverb(word) || word == "percent";
                // "2 failed with status 500" says what happened, "2 failed requests" what they are.
                let verb =
                    grammar && (sentence.kind(at + 1).is_none() || vocabulary::is_function(sentence.word(at + 1)));
                return (!grammar || (vocabulary::is_qualifier(word) && !verb)).then(|| Tie::Foreign(word.clone()));
            }
            _ => return None,
        }
        at += 1;
    }
    None
}

fn is_adverb(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ly") && !matches!(word, "daily" | "hourly" | "weekly" | "monthly" | "yearly")
}

/// `Visitors and sessions were 641 and 768`.
fn in_order(sentence: &Sentence, free: &[usize], loose: &[usize]) -> BTreeMap<usize, Tie> {
    let marks: Vec<Mark> = free
        .iter()
        .map(|item| Mark {
            item: *item,
            key: key(sentence, *item),
        })
        .collect();
    let differs = marks.iter().any(|mark| mark.key != marks[0].key);
    if !differs || loose.is_empty() {
        return BTreeMap::new();
    }
    let found = assign::assign(sentence, &marks, loose).into_iter();
    found
        .filter_map(|(number, target)| match target {
            Target::Items(items) if items.len() == 1 => Some((number, Tie::Near(items[0]))),
            _ => None,
        })
        .collect()
}

fn near(sentence: &Sentence, usable: &[usize], free: &[usize], number: usize) -> Tie {
    let only = |items: &[usize]| -> Option<Tie> {
        let first = *items.first()?;
        let same = items.iter().all(|item| key(sentence, *item) == key(sentence, first));
        let nearest = items
            .iter()
            .copied()
            .min_by_key(|item| item.abs_diff(number))
            .unwrap_or(first);
        Some(if same { Tie::Near(nearest) } else { Tie::Unclear })
    };
    match only(usable) {
        None => return Tie::Nothing,
        Some(Tie::Unclear) => {}
        Some(tie) => return tie,
    }
    // Back over small words and labels: "a bounce rate on mobile of 57.5".
    for back in (0..number).rev().take(9) {
        match sentence.kind(back) {
            Some(Kind::Measure(_)) if free.contains(&back) => return Tie::Near(back),
            Some(Kind::Label(_) | Kind::Date(_) | Kind::Mark('(' | ':' | ',')) => {}
            Some(Kind::Word(word)) if vocabulary::is_function(word) || vocabulary::is_verb(word) => {}
            _ => break,
        }
    }
    let (before, after): (Vec<usize>, Vec<usize>) = usable.iter().partition(|item| **item < number);
    only(&before).or_else(|| only(&after)).unwrap_or(Tie::Nothing)
}
