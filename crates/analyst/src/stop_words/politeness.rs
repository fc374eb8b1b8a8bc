//! Greetings, thanks and the asking itself: phrases that say nothing wherever they stand.
//!
//! Each is a whole phrase, because its words alone could restrict what is counted: "good", "again", "would".

use crate::lexicon::phrase_end;
use crate::tokens::Token;

/// Greetings and farewells.
const GREETINGS: &[&str] = &[
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "hope you are well",
    "i hope you are well",
    "hope you're well",
    "i hope you're well",
    "hope you are doing well",
    "i hope you are doing well",
    "hope this finds you well",
    "i hope this finds you well",
    "hope all is well",
    "i hope all is well",
    "dear analyst",
    "dear assistant",
    "dear data team",
    "dear analytics team",
    "dear sir or madam",
    "hello again",
    "hi again",
    "hey again",
    "hello there",
    "hi there",
    "hello everyone",
    "hi everyone",
    "hi all",
    "hello all",
    "hi team",
    "hello team",
    "hey team",
    "dear team",
    "dear all",
    "dear colleagues",
    "dear colleague",
    "kind regards",
    "best regards",
    "warm regards",
    "best wishes",
    "all the best",
    "have a nice day",
    "have a good day",
    "have a great day",
];

/// Thanks and excuses.
const THANKS: &[&str] = &[
    "thank you",
    "thank you so much",
    "thank you very much",
    "thank you kindly",
    "thank you in advance",
    "thank you so much in advance",
    "thank you very much in advance",
    "thanks so much",
    "thanks very much",
    "thanks a lot",
    "thanks a million",
    "thanks a bunch",
    "thanks again",
    "thanks in advance",
    "thanks a lot in advance",
    "thanks for your help",
    "thank you for your help",
    "many thanks",
    "many thanks in advance",
    "many thanks for your help",
    "with thanks",
    "much appreciated",
    "very much appreciated",
    "greatly appreciated",
    "much obliged",
    "please and thank you",
    "if you do not mind",
    "if i may",
    "if i may ask",
    "if possible",
    "if at all possible",
    "if it is possible",
    "when you have a moment",
    "when you have a minute",
    "when you get a chance",
    "when you have time",
    "sorry to bother you , but",
    "sorry to bother you again",
    "sorry to bother you again , but",
    "sorry to ask , but",
    "excuse me , but",
    "sorry to bother you",
    "sorry to ask",
    "excuse me",
];

/// Questions about asking.
const ASKING: &[&str] = &[
    "may i ask",
    "may i please ask",
    "might i ask",
    "can i ask",
    "could i ask",
    "may we ask",
    "may i ask you",
    "may i know",
    "may i have",
    "may i get",
    "may i see",
    "might i know",
    "any idea",
    "do you have any idea",
    "have you any idea",
    "any chance you could",
    "any chance you know",
    "i was wondering",
    "i was wondering if you could",
    "i was wondering whether you could",
    "i am wondering",
    "i'm wondering",
    "we were wondering",
    "i would like to ask",
    "i'd like to ask",
    "i want to ask",
    "i wanted to ask",
    "i wanted to know",
    "i wanted to see",
    "just wondering",
    "just curious",
    "do you happen to know",
    "would you happen to know",
    "would you know",
    "help me",
    "help me find out",
    "help me understand",
    "help us understand",
    "help me see",
    "remind me",
    "would it be possible to",
    "would it be possible for you to",
    "is it possible to",
    "i am trying to find out",
    "i'm trying to find out",
    "i am trying to work out",
    "i'm trying to work out",
    "i am after",
    "i'm after",
];

/// "it would be great to know"
const GOOD: [&[&str]; 2] = [
    &[
        "it would be great",
        "it would be nice",
        "it would be good",
        "it would be lovely",
        "it would be helpful",
        "it would be useful",
        "it would be wonderful",
        "it'd be great",
        "it'd be nice",
        "it'd be good",
        "it would help",
        "it would help me",
    ],
    &[
        "to know",
        "to see",
        "to have",
        "to get",
        "to learn",
        "to find out",
        "if you could",
        "if you told me",
    ],
];

/// Who would like something, and how much.
const WISHERS: [&[&str]; 2] = [
    &[
        "i would",
        "i'd",
        "we would",
        "we'd",
        "and would",
        "i would really",
        "i'd really",
        "i would very much",
        "i'd very much",
        "we would very much",
        "we'd very much",
        "we would really",
    ],
    &[
        "like",
        "love",
        "like to know",
        "like to see",
        "like to have",
        "like to get",
        "like to find out",
        "love to know",
        "love to see",
        "appreciate",
        "appreciate it if you could",
        "be grateful for",
        "be very grateful for",
        "be most grateful for",
        "be grateful if you could",
        "be very grateful if you could",
        "be grateful to know",
        "be glad to know",
        "be glad to have",
        "be happy to know",
        "be interested in",
        "be interested to know",
        "be curious to know",
        "need",
    ],
];

/// What someone is asked to do, after "could you" and "would you mind".
const DOINGS: &[&str] = &[
    "check",
    "check for me",
    "look up",
    "find out",
    "work out",
    "figure out",
    "dig up",
    "pull up",
    "pull",
    "provide",
    "provide me with",
    "provide us with",
    "share with me",
    "share with us",
    "share the",
    "share our",
    "tell me",
    "tell us",
    "let me know",
    "let us know",
    "let me have",
    "show me",
    "show us",
    "give me",
    "give us",
    "send me",
    "get me",
    "help me with",
    "help me find",
    "confirm",
    "report",
];

const GERUNDS: &[&str] = &[
    "checking",
    "checking for me",
    "looking up",
    "finding out",
    "working out",
    "figuring out",
    "pulling up",
    "pulling",
    "providing",
    "sharing with me",
    "telling me",
    "telling us",
    "letting me know",
    "letting us know",
    "showing me",
    "showing us",
    "giving me",
    "giving us",
    "sending me",
];

/// The position after a phrase of politeness at a token.
pub(super) fn polite_end(tokens: &[Token], at: usize) -> Option<usize> {
    let fixed = GREETINGS
        .iter()
        .chain(THANKS)
        .chain(ASKING)
        .filter_map(|phrase| phrase_end(tokens, at, phrase))
        .max();
    let fixed = fixed.map(|end| with_addressee(tokens, at, end));
    let [wishers, wishes] = WISHERS;
    let [good, of_what] = GOOD;
    fixed
        .max(joined(tokens, at, good, of_what))
        .max(joined(tokens, at, wishers, wishes))
        .max(request(tokens, at))
        .max(permission(tokens, at))
        .filter(|end| !is_part_of_page_name(tokens, *end))
}

/// "good morning team": whom a greeting is for.
fn with_addressee(tokens: &[Token], at: usize, end: usize) -> usize {
    let greets = ["good", "hello", "hi", "hey", "thanks", "thank"];
    let people = [
        "team",
        "all",
        "everyone",
        "everybody",
        "folks",
        "there",
        "again",
        "colleagues",
        "guys",
    ];
    let next = |words: &[&str], at: usize| {
        tokens
            .get(at)
            .is_some_and(|token| words.iter().any(|word| token.is(word)))
    };
    // "thanks all" ends there; "good morning all visitors" goes on with what is counted.
    let ends = tokens
        .get(end + 1)
        .is_none_or(|token| [",", "!", ".", ":", ";", "-"].contains(&token.lower.as_str()));
    if next(&greets, at) && next(&people, end) && ends {
        end + 1
    } else {
        end
    }
}

/// "thank you pages" are pages, no thanks.
fn is_part_of_page_name(tokens: &[Token], end: usize) -> bool {
    let nouns = [
        "page", "pages", "screen", "screens", "visitors", "users", "button", "note",
    ];
    tokens
        .get(end)
        .is_some_and(|token| nouns.iter().any(|word| token.is(word)))
        && end >= 2
        && tokens[end - 1].is("you")
        && tokens[end - 2].is("thank")
}

fn joined(tokens: &[Token], at: usize, firsts: &[&str], seconds: &[&str]) -> Option<usize> {
    let after: Vec<usize> = firsts
        .iter()
        .filter_map(|phrase| phrase_end(tokens, at, phrase))
        .collect();
    let second = |start: &usize| {
        seconds
            .iter()
            .filter_map(|phrase| phrase_end(tokens, *start, phrase))
            .max()
    };
    after.iter().filter_map(second).max()
}

/// "could you kindly check", "would you mind telling me", "would you be so kind as to tell me".
fn request(tokens: &[Token], at: usize) -> Option<usize> {
    let openings = [
        "could you",
        "can you",
        "would you",
        "might you",
        "will you",
        "could someone",
        "can someone",
        "can anyone",
        "please",
    ];
    let opening = openings
        .iter()
        .filter_map(|phrase| phrase_end(tokens, at, phrase))
        .max()?;
    let mut start = opening;
    while let Some(word) = tokens.get(start)
        && ["please", "kindly", "possibly", "perhaps", "maybe", "quickly", "just"]
            .iter()
            .any(|filler| word.is(filler))
    {
        start += 1;
    }
    let kind = [
        "be so kind as to",
        "be so kind and",
        "be so kind to",
        "be so good as to",
        "be kind enough to",
        "be able to",
    ];
    let after_kind = kind.iter().find_map(|phrase| phrase_end(tokens, start, phrase));
    if let Some(mind) = phrase_end(tokens, start, "mind") {
        return GERUNDS
            .iter()
            .filter_map(|phrase| phrase_end(tokens, mind, phrase))
            .max();
    }
    let start = after_kind.unwrap_or(start);
    DOINGS
        .iter()
        .filter_map(|phrase| phrase_end(tokens, start, phrase))
        .max()
}

/// "may I kindly ask for", "could we please see".
fn permission(tokens: &[Token], at: usize) -> Option<usize> {
    let openings = [
        "may i", "might i", "can i", "could i", "may we", "might we", "can we", "could we",
    ];
    let mut start = openings.iter().find_map(|phrase| phrase_end(tokens, at, phrase))?;
    let fillers = ["please", "kindly", "quickly", "just", "also"];
    while tokens
        .get(start)
        .is_some_and(|token| fillers.iter().any(|word| token.is(word)))
    {
        start += 1;
    }
    let doings = [
        "ask you for",
        "ask for",
        "ask you",
        "ask",
        "know",
        "have",
        "get",
        "see",
        "learn",
        "find out",
    ];
    doings.iter().find_map(|phrase| phrase_end(tokens, start, phrase))
}
