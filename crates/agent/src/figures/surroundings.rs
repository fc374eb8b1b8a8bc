//! What the words around a number make of it: denied, uncertain, rounded, computed, restricted.

use super::binding::Ground;
use super::clauses::Sentence;
use super::evaluation::Shape;
use super::scan::Kind;
use super::{exclusions, vocabulary};

/// True where the sentence denies what it says of the number. What it only repeats of the filters
/// ("who are not bots") denies nothing.
pub(super) fn is_denied(ground: &Ground<'_>, sentence: &Sentence, at: usize) -> bool {
    let excluded = ground.excluded_anywhere();
    let group = sentence.group_of(at);
    if sentence.is_label_aside(at) {
        return group.clone().any(|other| {
            vocabulary::is_exclusion(sentence.word(other)) && !exclusions::repeats(sentence, other, &excluded)
        });
    }
    group.clone().any(|other| {
        let word = sentence.word(other);
        if exclusions::repeats(sentence, other, &excluded) {
            return false;
        }
        if vocabulary::is_exclusion(word) || is_other_than(sentence, other) || is_all_but(sentence, other) {
            return !(is_alternative(sentence, other) && at < other);
        }
        let fails = matches!(
            (word, sentence.word(other + 1)),
            ("failed" | "fails" | "fail", "to") | ("short" | "shy", "of")
        );
        if !vocabulary::is_negation(word) && !fails {
            return false;
        }
        // "No, ..." answers, "not only" affirms.
        if (other == 0 && word == "no" && matches!(sentence.kind(1), Some(Kind::Mark(','))))
            || matches!(sentence.word(other + 1), "only" | "just" | "found" | "modified")
            || (word == "no" && sentence.word(other + 1) == "doubt")
            || (word == "no" && matches!(sentence.kind(other + 1), Some(Kind::Mark('.'))))
        {
            return false;
        }
        !is_in_relative(sentence, other, at) && contrast(sentence, other).is_none_or(|end| (other..end).contains(&at))
    })
}

fn is_other_than(sentence: &Sentence, at: usize) -> bool {
    matches!(
        (sentence.word(at), sentence.word(at + 1)),
        ("other" | "rather", "than") | ("apart" | "aside", "from") | ("instead", "of")
    ) && !matches!(sentence.word(at + 2), "any" | "all" | "the")
}

/// `240 rather than 310`: what stands before it is said.
fn is_alternative(sentence: &Sentence, at: usize) -> bool {
    matches!(
        (sentence.word(at), sentence.word(at + 1)),
        ("rather", "than") | ("instead", "of")
    )
}

/// `all pages but /about`
pub(super) fn is_all_but(sentence: &Sentence, at: usize) -> bool {
    let all = |back| {
        matches!(
            sentence.word_before(at, back),
            "all" | "every" | "any" | "no" | "none" | "nothing" | "everything" | "everyone"
        )
    };
    sentence.word(at) == "but" && (all(1) || all(2))
}

/// `half of`, `twice as many`, `the majority`: computed in words.
pub(super) fn is_part_word(sentence: &Sentence, at: usize) -> bool {
    let (before, after) = (sentence.word_before(at, 1), sentence.word(at + 1));
    match sentence.word(at) {
        "half" | "double" | "triple" => matches!(after, "of" | "the" | "as" | "that" | "all"),
        "twice" | "thrice" => matches!(after, "as" | "the" | "that"),
        "third" | "thirds" | "quarter" | "quarters" | "fifth" | "tenth" => {
            after == "of" && (matches!(before, "a" | "one" | "the") || vocabulary::number_word(before).is_some())
        }
        "majority" | "minority" => true,
        "most" => {
            let measure = matches!(sentence.kind(at + 1), Some(Kind::Measure(_)));
            after == "of" && before != "at" || (measure && before.is_empty() && at == 0)
        }
        _ => false,
    }
}

/// True for a word of a relative clause that has ended before the number: ", which is no value, has 43".
fn is_in_relative(sentence: &Sentence, word: usize, at: usize) -> bool {
    let start = sentence.clause_of(word).start;
    let relative =
        matches!(sentence.kind(start), Some(Kind::Mark(','))) && matches!(sentence.word(start + 1), "which" | "who");
    relative && word < at && (word..at).any(|between| matches!(sentence.kind(between), Some(Kind::Mark(','))))
}

/// The end of an aside such as `, not Firefox,`, which denies nothing but itself.
fn contrast(sentence: &Sentence, at: usize) -> Option<usize> {
    let word = sentence.word(at);
    let open = matches!(
        sentence.kind_before(at, 1),
        Some(Kind::Mark(',' | '(' | '—' | '–' | ';'))
    ) || (sentence.word_before(at, 1) == "and" && word == "not");
    if word != "not" || !open {
        return None;
    }
    let group = sentence.group_of(at);
    let close = (at + 1..group.end)
        .find(|other| matches!(sentence.kind(*other), Some(Kind::Mark(',' | ')' | ';' | '—' | '–'))));
    // A verb within it makes it a statement: ", not that it matters".
    let end = close.unwrap_or(group.end);
    let said = (at + 1..end).any(|other| matches!(sentence.word(other), "that" | "have" | "had" | "has" | "been"));
    (!said).then_some(end)
}

/// True where the sentence does not state the number as a fact.
pub(super) fn is_uncertain(sentence: &Sentence, at: usize) -> bool {
    let clause = sentence.group_of(at);
    sentence.asks
        || clause.clone().any(|other| {
            let word = sentence.word(other);
            // "May" the month is a date; "next to" is a place.
            let past = word == "used"
                && sentence.word(other + 1) == "to"
                && matches!(sentence.word(other + 2), "have" | "be" | "get" | "bring");
            past || (vocabulary::is_not_fact(word) || word == "may")
                && !(word == "next" && sentence.word(other + 1) == "to")
                && !is_measured_against(sentence, other, at)
        })
}

/// `Against the goal of 500, email brought 402`: the goal is none of the number behind the comma.
fn is_measured_against(sentence: &Sentence, word: usize, at: usize) -> bool {
    let start = sentence.group_of(at).start;
    let leads = matches!(sentence.word(start), "against" | "compared" | "versus" | "given");
    let goal = matches!(sentence.word(word), "goal" | "target");
    goal && leads && word < at && (word..at).any(|between| matches!(sentence.kind(between), Some(Kind::Mark(','))))
}

/// True where the number is marked as not exact.
pub(super) fn is_hedged(sentence: &Sentence, at: usize) -> bool {
    if let Some(Kind::Literal(literal)) = sentence.kind(at)
        && literal.hedged
    {
        return true;
    }
    let (before, earlier) = (sentence.word_before(at, 1), sentence.word_before(at, 2));
    if vocabulary::is_hedge(before) {
        return true;
    }
    let compared = before == "than" && is_comparative(earlier);
    let adds = matches!(sentence.word_before(at, 3), "add" | "adds" | "added" | "adding");
    let bound = matches!(
        (earlier, before),
        ("at", "least" | "most") | ("close", "to") | ("many" | "much" | "few", "as") | ("a", "little")
    );
    let range_end = matches!(before, "and" | "or" | "to") && sentence.is_number(at.wrapping_sub(2)) && {
        before == "or" || between(sentence, at - 2) || (before == "to" && !changes(sentence, at - 2))
    };
    let after = sentence.word(at + 1);
    let range_start = match after {
        "and" | "to" | "or" if sentence.is_number(at + 2) => {
            after == "or" || between(sentence, at) || (after == "to" && !changes(sentence, at))
        }
        _ => false,
    };
    let measure = usize::from(matches!(sentence.kind(at + 1), Some(Kind::Measure(_))));
    let vague = matches!(after, "ish" | "plus" | "odd" | "something")
        || [at + 1, at + 1 + measure].into_iter().any(|next| {
            let vague = [
                ("or", "so"),
                ("or", "more"),
                ("or", "less"),
                ("or", "fewer"),
                ("or", "thereabouts"),
                ("give", "or"),
                ("at", "least"),
                ("at", "most"),
            ];
            vague.contains(&(sentence.word(next), sentence.word(next + 1)))
        });
    compared || bound || ((earlier, before) == ("up", "to") && !adds) || range_end || range_start || vague
}

/// The words of a hedge that make even a reference wrong, because its value is exact.
pub(super) fn is_misstated(sentence: &Sentence, at: usize) -> bool {
    let (before, earlier) = (sentence.word_before(at, 1), sentence.word_before(at, 2));
    matches!(
        before,
        "over" | "under" | "almost" | "nearly" | "above" | "below" | "exceeding" | "beyond"
    ) || matches!((earlier, before), ("at", "least" | "most"))
        || ((earlier, before) == ("up", "to")
            && !matches!(sentence.word_before(at, 3), "add" | "adds" | "added" | "adding"))
}

fn between(sentence: &Sentence, at: usize) -> bool {
    sentence.word_before(at, 1) == "between"
}

fn changes(sentence: &Sentence, at: usize) -> bool {
    let verb = sentence.word_before(at, 2);
    let moves = matches!(
        verb,
        "went" | "moved" | "changed" | "developed" | "turned" | "up" | "down" | "passed"
    );
    sentence.word_before(at, 1) == "from" && (moves || super::words::is_direction(verb))
}

/// True for "more", "fewer" and the like.
pub(super) fn is_comparative(word: &str) -> bool {
    matches!(
        word,
        "more"
            | "fewer"
            | "less"
            | "higher"
            | "lower"
            | "greater"
            | "larger"
            | "smaller"
            | "bigger"
            | "better"
            | "worse"
            | "busier"
            | "quieter"
    )
}

/// True where the words say that the number came out of a computation.
pub(super) fn is_computed(ground: &Ground<'_>, sentence: &Sentence, at: usize) -> bool {
    // "Page views per browser: Chrome 893" has a heading and no rate.
    let heads = |other: usize| (other..at).any(|between| matches!(sentence.kind(between), Some(Kind::Mark(':'))));
    let mut clause = sentence.clause_of(at);
    if clause
        .any(|other| vocabulary::is_average(sentence.word(other)) && !(sentence.word(other) == "per" && heads(other)))
    {
        return true;
    }
    if matches!(
        sentence.word_before(at, 1),
        "twice" | "thrice" | "double" | "triple" | "half"
    ) {
        return true;
    }
    let after = at + 1 + usize::from(matches!(sentence.kind(at + 1), Some(Kind::Measure(_))));
    let difference = (at + 1..=after).any(|next| {
        is_comparative(sentence.word(next)) || matches!(sentence.word(next), "times" | "fold" | "additional" | "extra")
    });
    // "each of the three requests", "2 requests in 3", "a third of them, 893"
    let group = sentence.group_of(at);
    let labels = group.clone().filter(|other| is_name(ground, sentence, *other)).count();
    let each = labels < 2
        && sentence
            .clause_of(at)
            .any(|other| other < at && matches!(sentence.word(other), "each" | "every") && !heads(other));
    // "Half of the cart users (1,300)": in parentheses stands the number of what is before them.
    let aside = matches!(sentence.kind_before(at, 1), Some(Kind::Mark('(')))
        && matches!(sentence.kind(at + 1), Some(Kind::Mark(')')));
    let part = !aside
        && sentence
            .clause_of(at)
            .any(|other| is_part_word(sentence, other) && super::comparisons::comparison_at(sentence, other).is_none())
        && !matches!(sentence.word_before(at, 1), "of" | "the");
    let subset = of_a_row(sentence, at);
    let of_some = matches!(sentence.word(after), "in" | "of")
        && sentence.is_number(after + 1)
        && !matches!(sentence.kind(after + 2), Some(Kind::Measure(_)))
        || (sentence.word(after), sentence.word(after + 1)) == ("out", "of");
    each || part || subset || of_some || is_rate(ground, sentence, after) || difference || follows_change(sentence, at)
}

/// `Of the Firefox users, 412 also use Safari`: a part of one row that is in another.
fn of_a_row(sentence: &Sentence, at: usize) -> bool {
    let group = sentence.group_of(at);
    let comma = group
        .clone()
        .find(|other| matches!(sentence.kind(*other), Some(Kind::Mark(','))));
    let label = |other: usize| matches!(sentence.kind(other), Some(Kind::Label(_)));
    let starts = sentence.word(group.start) == "of" || sentence.word(group.start + 1) == "of";
    comma.is_some_and(|comma| starts && at > comma && (group.start..comma).any(label) && (comma..group.end).any(label))
}

/// True for a label, a date, or a reference to one.
fn is_name(ground: &Ground<'_>, sentence: &Sentence, at: usize) -> bool {
    let refers = |position: &usize| {
        let evaluated = ground.references.get(*position).and_then(Option::as_ref);
        evaluated.is_some_and(|evaluated| matches!(evaluated.shape, Shape::Name(_)))
    };
    match sentence.kind(at) {
        Some(Kind::Label(_) | Kind::Date(_)) => true,
        Some(Kind::Reference(position)) => refers(position),
        _ => false,
    }
}

/// `893 visitors a day`, `4 page views each`.
pub(super) fn is_rate(ground: &Ground<'_>, sentence: &Sentence, after: usize) -> bool {
    let period = |at: usize| {
        let word = sentence.word(at);
        matches!(
            word,
            "day"
                | "hour"
                | "week"
                | "month"
                | "minute"
                | "second"
                | "year"
                | "visitor"
                | "person"
                | "user"
                | "session"
        ) || matches!(sentence.kind(at), Some(Kind::Measure(_)))
    };
    let heads = |at: usize| (at..after).any(|between| matches!(sentence.kind(between), Some(Kind::Mark(':'))));
    if sentence
        .clause_of(after)
        .any(|at| matches!(sentence.word(at), "every" | "each" | "per") && period(at + 1) && !heads(at))
    {
        return true;
    }
    let labels = sentence.group_of(after).filter(|at| is_name(ground, sentence, *at));
    let several = labels.count() > 1;
    match sentence.word(after) {
        "daily" | "hourly" | "weekly" | "monthly" | "apiece" | "per" => true,
        "every" => true,
        // "Opera and Other had 129 each" is of both; "visitors made 4 each" is a rate.
        "each" => !several,
        "a" | "an" | "the" => period(after + 1) && !matches!(sentence.kind(after + 1), Some(Kind::Measure(_))),
        _ => false,
    }
}

/// `grew by 893`, `a rise of 893`, `gained 893`.
pub(super) fn follows_change(sentence: &Sentence, at: usize) -> bool {
    let (before, earlier) = (sentence.word_before(at, 1), sentence.word_before(at, 2));
    let amounts = "rise increase growth gain drop decrease decline fall loss difference gap lead margin change jump dip surplus \
                   average mean limit threshold minimum maximum";
    let gains =
        "lost lose loses shed sheds gained gains gain won wins added adds missing missed lacks exceeds exceeded";
    let measure = usize::from(matches!(sentence.kind_before(at, 2), Some(Kind::Measure(_))));
    let by = before == "by"
        && (2..=3 + measure).any(|back| {
            let word = sentence.word_before(at, back);
            super::words::is_direction(word)
                || matches!(
                    word,
                    "differ"
                        | "differs"
                        | "differed"
                        | "up"
                        | "down"
                        | "ahead"
                        | "behind"
                        | "more"
                        | "beat"
                        | "led"
                        | "leads"
                )
        });
    by || (before == "of" && amounts.split_whitespace().any(|word| word == earlier))
        || gains.split_whitespace().any(|word| word == before)
        || at
            .checked_sub(1)
            .is_some_and(|word| super::words::change_at(sentence, word).is_some())
}
