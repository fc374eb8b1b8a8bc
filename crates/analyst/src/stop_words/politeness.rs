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
    "if you can",
    "if you could",
    "if you would",
    "when you have a moment",
    "when you have a minute",
    "when you get a chance",
    "when you have time",
    "when you can",
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

/// Who would like something, and how much.
const WISHERS: [&[&str]; 2] = [
    &["i would", "i'd", "we would", "we'd", "and would"],
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
        "really like",
        "really like to know",
        "appreciate",
        "appreciate it if you could",
        "really appreciate",
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
    let [wishers, wishes] = WISHERS;
    fixed
        .max(joined(tokens, at, wishers, wishes))
        .max(request(tokens, at))
        .filter(|end| !is_part_of_page_name(tokens, *end))
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
    let kind = ["be so kind as to", "be kind enough to", "be able to"];
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
