//! No word is dropped: one that nobody knows stops the answer, one with weight changes the queries.

use std::sync::LazyLock;

use hedgerow_data_api::TrendsQuery;

use super::project::{Ended, Project};
use super::{Case, questions_of, shown};

/// The answerable questions of the site's benchmarks with their queries.
static ANSWERABLE: LazyLock<Vec<(Case, Vec<TrendsQuery>)>> = LazyLock::new(|| {
    let project = Project::access_log();
    let cases = ["site", "site_wording", "site_people"]
        .into_iter()
        .flat_map(questions_of)
        .filter_map(|case| match project.ask(&case.question, case.now()) {
            Ended::Answered(queries, _) => Some((case, queries)),
            _ => None,
        });
    cases.collect()
});

/// The positions where a word can be put into a question.
fn gaps(question: &str) -> Vec<usize> {
    let blanks = question.match_indices(' ').map(|(at, _)| at);
    std::iter::once(0)
        .chain(blanks)
        .chain([question.trim_end_matches(['?', '.']).len()])
        .collect()
}

fn with_word(question: &str, gap: usize, word: &str) -> String {
    format!("{} {word} {}", &question[..gap], &question[gap..])
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    /// The law: a word that nobody knows is never dropped. One that is nearly a value is said to be read as that.
    #[test]
    fn unknown_word_never_yields_an_answer(pick in 0_usize..1000, place in 0_usize..1000, word in "[a-z]{5,9}|[A-Z][a-z]{4,8}|[a-z]{4,7}-[a-z]{4,7}|[1-9][0-9]{5,6}") {
        let project = Project::access_log();
        let (case, _) = &ANSWERABLE[pick % ANSWERABLE.len()];
        let gaps = gaps(&case.question);
        let question = with_word(&case.question, gaps[place % gaps.len()], &word);
        let ended = project.ask(&question, case.now());
        let shown = shown(&ended);
        let is_said = shown.contains(&format!("I read \"{word}\" as"));
        proptest::prop_assert!(is_said || !matches!(ended, Ended::Answered(..)), "{question}\n{shown}");
    }
}

/// Words that change what a question asks: each makes another query, or no answer at all.
#[test]
fn words_with_weight_are_never_ignored() {
    let words = [
        "not",
        "never",
        "no",
        "without",
        "except",
        "excluding",
        "only",
        "new",
        "first",
        "last",
        "average",
        "median",
        "unique pages",
        "per visitor",
        "more than 7",
        "at least",
        "twice",
        "again",
        "or",
        "back",
        "than",
        "second",
        "before",
        "after",
        "until",
        "increase",
        "mobile",
        "logged in",
        "in 2014",
        "Firefox or",
        "/nowhere",
        "half of",
        "other",
        "if",
        "would have",
        "least",
        "fewest",
        "every month",
        "by method",
        "on Linux",
        "3 days ago",
        "end of",
        "it",
        "all but",
        "Opera and",
    ];
    let of_part = |part: &[(Case, Vec<TrendsQuery>)]| {
        part.iter()
            .flat_map(|(case, queries)| with_ignored(case, queries, &words))
            .collect::<Vec<String>>()
    };
    let ignored: Vec<String> = std::thread::scope(|scope| {
        let parts = ANSWERABLE.chunks(ANSWERABLE.len().div_ceil(4));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| of_part(part))).collect();
        running.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(ignored.is_empty(), "{} ignored:\n{}", ignored.len(), ignored.join("\n"));
}

/// The question with each word in a part of its gaps, where the word changes nothing.
fn with_ignored(case: &Case, queries: &[TrendsQuery], words: &[&str]) -> Vec<String> {
    // To say the same twice changes nothing.
    let said = [
        ("by method", "method"),
        ("every month", "onthly"),
        ("on Linux", "Linux"),
        ("3 days ago", "three days ago"),
        ("last", "on Wednesday"),
        ("least", "fewest"),
        ("at least", "fewest"),
        ("fewest", "fewest"),
        ("least", "quietest"),
        ("at least", "quietest"),
        ("fewest", "quietest"),
    ];
    #[expect(clippy::disallowed_methods, reason = "the full count is chosen from outside")]
    let is_full = std::env::var_os("HEDGEROW_FULL").is_some_and(|value| value == "1");
    let stride = if is_full { 5 } else { 25 };
    let project = Project::access_log();
    let mut ignored = Vec::new();
    for (position, gap) in gaps(&case.question).into_iter().enumerate() {
        for word in words.iter().skip(position % stride).step_by(stride) {
            if said
                .iter()
                .any(|(one, part)| word == one && case.question.contains(part))
            {
                continue;
            }
            let question = with_word(&case.question, gap, word);
            if matches!(project.ask(&question, case.now()), Ended::Answered(found, _) if found == *queries) {
                ignored.push(question);
            }
        }
    }
    ignored
}
