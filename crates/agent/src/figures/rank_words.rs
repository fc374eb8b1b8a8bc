//! Words of rank: most, lowest, busiest, second-most, 3rd, and the places they claim.

use super::clauses::Sentence;
use super::scan::Kind;
use super::vocabulary;

/// A rank that a sentence claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rank {
    /// From 1.
    pub(super) place: usize,
    /// Counted from the greatest, or from the least.
    pub(super) greatest: bool,
    /// The first item of the words.
    pub(super) start: usize,
}

/// True for words of the greatest, false for words of the least.
pub(super) fn direction_of(word: &str) -> Option<bool> {
    match word {
        "most" | "highest" | "largest" | "biggest" | "greatest" | "top" | "busiest" | "peak" | "peaked" | "peaks"
        | "maximum" | "max" | "leader" | "best" | "strongest" | "leading" => Some(true),
        "least" | "fewest" | "lowest" | "smallest" | "quietest" | "minimum" | "min" | "bottom" | "weakest"
        | "worst" | "slowest" => Some(false),
        _ => None,
    }
}

/// The rank that a word claims, if it does.
pub(super) fn rank_at(sentence: &Sentence, at: usize) -> Option<Rank> {
    let word = sentence.word(at);
    let (before, after) = (sentence.word_before(at, 1), sentence.word(at + 1));
    if let Some(greatest) = direction_of(word) {
        let counted = sentence.is_number(at + 1) || vocabulary::number_word(after).is_some();
        let other = matches!(
            after,
            "recent" | "likely" | "importantly" | "notably" | "of" | "pages" | "browsers" | "days" | "rows"
        ) && matches!(word, "most" | "top" | "bottom" | "best" | "leading");
        if before == "at" || counted && matches!(word, "top" | "bottom" | "best") || other {
            return None;
        }
        let hyphen = usize::from(matches!(sentence.kind_before(at, 1), Some(Kind::Mark('-'))));
        let place = at
            .checked_sub(1 + hyphen)
            .and_then(|item| ordinal(sentence, item).map(|place| (item, place)));
        let (start, place) = place.unwrap_or((at, 1));
        return Some(Rank { place, greatest, start });
    }
    if matches!(word, "leads" | "led") && !matches!(sentence.kind(at + 1), Some(Kind::Label(_) | Kind::Date(_))) {
        return Some(Rank {
            place: 1,
            greatest: true,
            start: at,
        });
    }
    if word == "lead" && before == "the" && matches!(sentence.word_before(at, 2), "in" | "takes" | "has" | "holds") {
        return Some(Rank {
            place: 1,
            greatest: true,
            start: at,
        });
    }
    let place = ordinal(sentence, at)?;
    let joined = after == "most"
        || direction_of(sentence.word(at + 2)).is_some() && matches!(sentence.kind(at + 1), Some(Kind::Mark('-')));
    if joined || direction_of(after).is_some() || !is_placed(sentence, at) {
        return None;
    }
    let last = word == "last";
    Some(Rank {
        place,
        greatest: !last,
        start: at,
    })
}

fn ordinal(sentence: &Sentence, at: usize) -> Option<usize> {
    let names = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    ];
    match sentence.kind(at)? {
        Kind::Ordinal(place) => Some(*place),
        Kind::Word(word) if word == "last" => Some(1),
        Kind::Word(word) => names.iter().position(|name| name == word).map(|position| position + 1),
        _ => None,
    }
}

/// True for an ordinal that places something: "came 2nd", "is the 4th by", "in 3rd place".
fn is_placed(sentence: &Sentence, at: usize) -> bool {
    let skip = usize::from(matches!(sentence.word_before(at, 1), "the" | "its" | "only"));
    let verb = matches!(
        sentence.word_before(at, 1 + skip),
        "came"
            | "comes"
            | "come"
            | "is"
            | "was"
            | "ranks"
            | "ranked"
            | "rank"
            | "in"
            | "takes"
            | "took"
            | "placed"
            | "places"
            | "finished"
            | "sits"
            | "stands"
            | "stood"
            | "as"
            | "holds"
            | "are"
            | "were"
            | "at"
    );
    let ends = match sentence.kind(at + 1) {
        None | Some(Kind::Mark(_)) => true,
        Some(Kind::Word(word)) => {
            matches!(
                word.as_str(),
                "place"
                    | "by"
                    | "in"
                    | "with"
                    | "after"
                    | "behind"
                    | "position"
                    | "rank"
                    | "overall"
                    | "among"
                    | "and"
                    | "for"
                    | "on"
                    | "at"
            )
        }
        _ => false,
    };
    // "The 5th page by page views is ..."
    let listed = sentence.word_before(at, 1) == "the"
        && sentence.word(at + 2) == "by"
        && vocabulary::is_neutral(sentence.word(at + 1));
    if listed {
        return true;
    }
    let place = matches!(sentence.word(at + 1), "place" | "position" | "rank");
    if place {
        return true;
    }
    verb && ends && !matches!(sentence.word_before(at, 1 + skip), "in" | "at")
}
