//! The part that a label plays in its sentence, by the words in front of it: "Chrome", "than
//! Chrome", "not Chrome", "since 18 May".

use super::clauses::Sentence;
use super::scan::Kind;
use super::surroundings;
use super::vocabulary::is_in;

/// The part a label plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    /// What something is compared with.
    Comparand,
    /// Denied, or the end of an open span.
    Dropped,
}

/// Words that may stand between a label and the word that decides its part.
const BETWEEN: &str = "the on in at of that those for with to from page status its by day browser all";
/// Words that make what follows the thing compared with.
const COMPARE: &str = "than against versus vs unlike ahead behind beat beats outnumbered outnumbers exceeded exceeds \
surpassed overtook trails trailed trailing leads led above below";
/// The same before "with" or "to".
const COMPARE_WITH: &str = "compared comparison relative relation contrast next close equal similar";
/// Words that deny what follows, or leave a span open.
const DROP: &str = "not nor neither since until till through under beneath within inside";

/// The part that a label plays; `earlier` is the label before it with its part.
pub(super) fn part(sentence: &Sentence, item: usize, earlier: Option<(usize, Part)>) -> Part {
    for back in 1..=5 {
        let word = sentence.word_before(item, back);
        match sentence.kind_before(item, back) {
            Some(Kind::Word(_)) => {}
            // "than Firefox and Safari": the list goes on.
            Some(Kind::Label(_) | Kind::Date(_)) => {
                let joins = |at| matches!(sentence.word_before(item, at), "and" | "or" | "the");
                let joined = back > 1 && (1..back).all(joins);
                return match earlier {
                    Some((before, part)) if joined && before == item - back => part,
                    _ => Part::Subject,
                };
            }
            Some(Kind::Mark(',' | '(')) if back == 1 && sentence.word_before(item, 2) == "to" => {}
            _ => return Part::Subject,
        }
        if let Some(part) = decided(sentence, item, back) {
            return part;
        }
        if !is_in(BETWEEN, word) {
            return Part::Subject;
        }
    }
    Part::Subject
}

/// The part that the word `back` items in front of a label gives it, if it decides.
fn decided(sentence: &Sentence, item: usize, back: usize) -> Option<Part> {
    let (word, before) = (sentence.word_before(item, back), sentence.word_before(item, back + 1));
    let earlier = |words: &str| {
        (0..item - back)
            .rev()
            .take(10)
            .any(|at| is_in(words, sentence.word(at)))
    };
    if matches!(word, "after" | "before") {
        let own = matches!(sentence.kind(item + 1), Some(Kind::Mark('(')));
        return Some(if own { Part::Comparand } else { Part::Dropped });
    }
    let drops = match word {
        "to" => before == "up",
        "of" => is_in("end start beginning middle instead", before),
        "than" => before == "rather",
        "from" => back == 1 && is_in("on onward onwards", sentence.word(item + 1)),
        "by" => back == 1 && matches!(sentence.kind(item), Some(Kind::Date(_))) && before != "day",
        _ => is_in(DROP, word) || surroundings::is_all_but(sentence, item - back),
    };
    if drops {
        return Some(Part::Dropped);
    }
    let compares = match word {
        "with" | "to" => is_in(COMPARE_WITH, before),
        "by" => before == "followed",
        "those" | "that" => back > 1 && is_in("of to with", before),
        "as" => before == "same" || earlier("as"),
        "of" => earlier("twice half times"),
        _ => is_in(COMPARE, word),
    };
    compares.then_some(Part::Comparand)
}
