//! Questions that go on from the one before, and answers to a question that was asked back.

use super::project::{Ended, Project};
use super::{NOW, shown};

/// Conversations; the last line must hold the text after the arrow.
pub(super) fn check(cases: &[(&[&str], &[&str])]) {
    let project = Project::access_log();
    let mut wrong = Vec::new();
    for (questions, expected) in cases {
        let mut messages = Vec::new();
        let mut got = String::new();
        for question in *questions {
            got = shown(&project.go_on(&mut messages, question, NOW));
        }
        if !expected.iter().all(|part| got.contains(part)) {
            wrong.push(format!("{questions:?}: {expected:?}\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

const BUSIEST: &str = "What was our busiest day by page views?";
const NUMBER: &str = "How many page views from Firefox on 18 May 2015?";

#[test]
fn fragment_replaces_one_thing_of_the_question_before() {
    check(&[
        (
            &[BUSIEST, "and for visitors?"],
            &[
                "dau(*) ActionsBar day all..2015-05-20",
                "read as the question before, counting unique visitors in place of page views",
            ],
        ),
        (
            &[BUSIEST, "What about sessions?"],
            &["unique_session(*) ActionsBar day"],
        ),
        (
            &[BUSIEST, "and for visitors?", "How about requests"],
            &[
                "total(*) ActionsBar day",
                "in place of unique visitors",
                "UTC. Note: read as",
            ],
        ),
        (
            &[NUMBER, "And on 19 May 2015?"],
            &[
                "total($pageview) BoldNumber  2015-05-19..2015-05-19 [$browser exact \"Firefox\"]",
                "read as the question before, on 19 May 2015",
            ],
        ),
        (
            &[NUMBER, "on 19 May 2015?"],
            &["2015-05-19..2015-05-19 [$browser exact \"Firefox\"]"],
        ),
        (
            &[NUMBER, "same for Chrome"],
            &[
                "2015-05-18..2015-05-18 [$browser exact \"Chrome\"]\n",
                "where browser is Chrome",
            ],
        ),
        (
            &[NUMBER, "what about Chrome?", "and for sessions?", "on 19 May 2015"],
            &["unique_session(*) BoldNumber  2015-05-19..2015-05-19 [$browser exact \"Chrome\"]"],
        ),
        (
            &[NUMBER, "and how many visitors?"],
            &["dau(*) BoldNumber  2015-05-18..2015-05-18 [$browser exact \"Firefox\"]"],
        ),
        (
            &["How many requests were there on 18 May 2015?", "and from bots?"],
            &["total(*) BoldNumber  2015-05-18..2015-05-18 [$is_bot exact true]"],
        ),
        (
            &["How many page views did not come from bots?", "and for bots?"],
            &["total($pageview)", "[$is_bot exact true]"],
        ),
        (
            &["What share of page views came from bots?", "and on 18 May 2015?"],
            &["ActionsTable  2015-05-18..2015-05-18"],
        ),
        (
            &["Which page was viewed most?", "and by visitors?"],
            &["dau($pageview) ActionsBarValue  by $pathname"],
        ),
        (
            &["Top 3 pages by page views", "now for sessions"],
            &["unique_session($pageview) ActionsBarValue  by $pathname"],
        ),
        (
            &["Visitors per page", "and requests?"],
            &[
                "total(*) ActionsBarValue  by $pathname",
                "UTC. Note: every requested path counts",
            ],
        ),
        (
            &["How many page views were there on 18 May 2015?", "and by browser?"],
            &["total($pageview) ActionsBarValue  by $browser 2015-05-18..2015-05-18"],
        ),
        (
            &["How many visitors used Android?", "the first one", "and for sessions?"],
            &["unique_session(*) BoldNumber", "[$browser exact \"Android\"]"],
        ),
    ]);
}

#[test]
fn fragment_that_may_mean_more_is_asked_or_refused() {
    check(&[
        (&["and for visitors?"], &["refused: This goes on from a question"]),
        (&["What about sessions?"], &["refused"]),
        (&["How are you?", "and for visitors?"], &["refused: I can't tell what"]),
        (&[NUMBER, "and for"], &["refused"]),
        (&[NUMBER, "and for blorps?"], &["refused", "blorps"]),
        (&[NUMBER, "and for blorps visitors?"], &["refused", "blorps"]),
        (&[NUMBER, "visitors?"], &["asked", "the same for visitors"]),
        (&[NUMBER, "and visitors on 19 May 2015?"], &["asked"]),
        (&[NUMBER, "and on Linux?"], &["refused"]),
        (&[NUMBER, "and for Chrome on 19 May 2015?"], &["refused"]),
        (
            &["How many page views were not from Chrome?", "and not from Firefox?"],
            &["refused"],
        ),
        (
            &["How many requests had a status of at least 400?", "and below 500?"],
            &["refused"],
        ),
        (&[BUSIEST, "and how many visitors?"], &["asked"]),
        (&[BUSIEST, "and on 18 May 2015?"], &["refused"]),
        (&[BUSIEST, "and in June 2015?"], &["refused: There is no data"]),
        (
            &["Which browser had the most sessions?", "and for Firefox?"],
            &["refused"],
        ),
        (
            &["What share of page views came from bots?", "and from Firefox?"],
            &["refused"],
        ),
        (
            &["How many requests did not return 200?", "and for visitors?"],
            &["refused: I count unique visitors"],
        ),
        (
            &[
                "What was the busiest hour of 18 May 2015 by requests?",
                "and from 18 to 19 May 2015?",
            ],
            &["refused"],
        ),
        (
            &[NUMBER, "How many redirects were there?", "and for visitors?"],
            &["refused"],
        ),
    ]);
}

#[test]
fn whole_question_stands_by_itself() {
    check(&[
        (
            &["And how many visitors did we have on 18 May 2015?"],
            &["dau(*) BoldNumber  2015-05-18..2015-05-18\n"],
        ),
        (
            &[BUSIEST, "And how many visitors did we have on 18 May 2015?"],
            &["dau(*) BoldNumber  2015-05-18..2015-05-18\n"],
        ),
        (
            &[NUMBER, "How many sessions were there?"],
            &["unique_session(*) BoldNumber  all..2015-05-20\n"],
        ),
        (
            &[NUMBER, "Sessions by day"],
            &["unique_session(*) ActionsLineGraph day all..2015-05-20\n"],
        ),
        (
            &[NUMBER, "On 19 May 2015, how many sessions?"],
            &["unique_session(*) BoldNumber  2015-05-19..2015-05-19\n"],
        ),
        (
            &["How many page views were there?", "and visitors?"],
            &["dau(*) BoldNumber  all..2015-05-20\n"],
        ),
        (
            &[NUMBER, "visitors?", "How many unique visitors were there in total?"],
            &["dau(*) BoldNumber  all..2015-05-20\n"],
        ),
        (
            &[NUMBER, "visitors?", "1"],
            &["dau(*) BoldNumber  2015-05-18..2015-05-18 [$browser exact \"Firefox\"]"],
        ),
        (
            &[NUMBER, "visitors?", "the second"],
            &["dau(*) BoldNumber  all..2015-05-20\n"],
        ),
        (
            &[NUMBER, "and visitors on 19 May 2015?", "yes"],
            &["dau(*) BoldNumber  2015-05-19..2015-05-19\n"],
        ),
    ]);
}

/// Options are picked by their place, too.
#[test]
fn option_is_picked_by_its_place() {
    let popular = "What is the most popular page?";
    let hours = "Which hour had the most requests?";
    check(&[
        (&[popular, "3"], &["dau($pageview) ActionsBarValue  by $pathname"]),
        (
            &[popular, "the second"],
            &["total($pageview) ActionsBarValue  by $pathname"],
        ),
        (&[popular, "Option 1."], &["total(*) ActionsBarValue  by $pathname"]),
        (
            &[popular, "the last one"],
            &["dau($pageview) ActionsBarValue  by $pathname"],
        ),
        (&[popular, "#2"], &["total($pageview) ActionsBarValue  by $pathname"]),
        (&[popular, "4"], &["asked"]),
        (&[popular, "0"], &["asked"]),
        (&[hours, "2nd"], &["ActionsBar hour 2015-05-18..2015-05-18"]),
        (&[hours, "on 19 May 2015"], &["ActionsBar hour 2015-05-19..2015-05-19"]),
    ]);
}

#[test]
fn bots_are_asked_about() {
    check(&[
        (
            &["How many bots visited us?"],
            &["asked: Do you mean visitors that are bots?"],
        ),
        (
            &["How many bots visited us on 18 May 2015?", "yes"],
            &["dau(*) BoldNumber  2015-05-18..2015-05-18 [$is_bot exact true]"],
        ),
        (
            &["How many crawlers requested /robots.txt?", "1"],
            &[
                "dau(*) BoldNumber",
                "$is_bot exact true",
                "$pathname exact \"/robots.txt\"",
            ],
        ),
        (&["How many good bots visited us?"], &["refused"]),
        (&["How many Chrome bots visited us?"], &["refused"]),
    ]);
}

/// What was asked back is gone once another question is asked.
#[test]
fn question_after_one_asked_back_is_not_combined() {
    let project = Project::access_log();
    let mut messages = Vec::new();
    for question in [NUMBER, "How many redirects were there?"] {
        project.go_on(&mut messages, question, NOW);
    }
    let ended = project.go_on(&mut messages, "and for visitors?", NOW);
    assert!(!matches!(ended, Ended::Answered(..)), "{}", shown(&ended));
}

/// The law holds for what goes on from a question, too: a word with weight is never dropped.
#[test]
fn words_with_weight_are_never_ignored_in_a_fragment() {
    let project = Project::access_log();
    let words = [
        "not",
        "never",
        "no",
        "new",
        "only",
        "average",
        "twice",
        "again",
        "or",
        "back",
        "before",
        "other",
        "half of",
        "returning",
        "blorps",
        "least",
        "unless",
        "without",
        "except",
        "more than 7",
        "logged in",
    ];
    let mut ignored = Vec::new();
    for word in words {
        for fragment in [
            format!("and for {word} visitors?"),
            format!("and {word} for visitors?"),
            format!("and for visitors {word}?"),
            format!("what about {word} Chrome?"),
            format!("same for Chrome {word}"),
            format!("and {word} on 19 May 2015?"),
            format!("on 19 May 2015 {word}"),
        ] {
            let mut messages = Vec::new();
            project.go_on(&mut messages, NUMBER, NOW);
            let ended = project.go_on(&mut messages, &fragment, NOW);
            let text = shown(&ended);
            if matches!(ended, Ended::Answered(..)) && !text.contains("is_not") {
                ignored.push(format!("{fragment}\n{}", shown(&ended)));
            }
        }
    }
    assert!(
        ignored.is_empty(),
        "{} answered:\n{}",
        ignored.len(),
        ignored.join("\n")
    );
}
