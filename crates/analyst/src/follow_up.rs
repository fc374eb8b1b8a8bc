//! Questions that go on from the one before: "and for visitors?", "what about 19 May 2015?".
//!
//! Such a fragment says one thing: what is counted, a condition, the time, or how it is split. That one takes the
//! place of its like in the meaning of the question before, and the answer says so. Every word of the fragment is
//! consumed as in any question. One that says more may mean itself or the two together, so that is asked.

mod combine;

use crate::chunks::{Item, chunks};
use crate::cursor::Cursor;
use crate::dates::{Calendar, Span};
use crate::intent::{Ask, Edit, Intent, Shape, Trouble};
use crate::knowledge::Knowledge;
use crate::lexicon::Word;
use crate::parser::refuse;
use crate::sentences::parse;
use crate::tokens::{Kind, tokenize};
use combine::{Said, combined};

/// Ways to go on from a question; longer ones before their beginnings.
const LEADS: &[&str] = &[
    "and what about",
    "and how about",
    "and the same for",
    "now the same for",
    "and same for",
    "and now for",
    "and also for",
    "ok and for",
    "but what about",
    "the same for",
    "the same but for",
    "same but for",
    "what about",
    "how about",
    "same for",
    "and now",
    "and for",
    "now for",
    "but for",
    "and",
];

/// Prepositions that a question seldom begins with, and the most tokens of one that only adds to another.
const PREPOSITIONS: [&str; 3] = ["for", "on", "in"];
const SHORT: usize = 8;

/// A question that may go on from the one before.
struct Fragment<'a> {
    /// What it says, without the words that lead to it.
    rest: &'a str,
    /// True where its first words say that it goes on.
    led: bool,
}

fn fragment(question: &str) -> Option<Fragment<'_>> {
    let tokens = tokenize(question);
    let mut cursor = Cursor::new(&tokens, 0);
    let words = tokens.iter().filter(|token| token.kind != Kind::Symbol).count();
    let led = cursor.eat_one_of(LEADS).is_some();
    let from_start = !led && cursor.eat(&PREPOSITIONS).is_some();
    if !led && words > if from_start { SHORT } else { 3 } {
        return None;
    }
    while led && cursor.eat(&["for", ","]).is_some() {}
    // "for" says nothing of its own, "on" and "in" are the date's.
    let begins = if led || tokens.first().is_some_and(|token| token.is("for")) {
        cursor.at.checked_sub(1).map_or(0, |last| tokens[last].end)
    } else {
        0
    };
    Some(Fragment {
        rest: question[begins..].trim(),
        led,
    })
}

/// The questions that must be known to read the last one, as one text.
pub(crate) fn text_to_read(history: &[String], question: &str) -> String {
    match (history.split_last(), fragment(question)) {
        (Some((before, earlier)), Some(_)) => format!("{}\n{question}", text_to_read(earlier, before)),
        _ => question.to_owned(),
    }
}

/// What a question means after the questions before it.
pub(crate) fn understand(
    history: &[String],
    question: &str,
    knowledge: &Knowledge,
    calendar: &Calendar,
) -> Result<Intent, Trouble> {
    let Some(Fragment { rest, led }) = fragment(question) else {
        return parse(question, knowledge, calendar);
    };
    let alone = parse(question, knowledge, calendar);
    let reader = Reader {
        question,
        rest,
        led,
        knowledge,
        calendar,
    };
    match (history.split_last(), &alone) {
        (_, Err(Trouble::Lookup(_))) => alone,
        (None, Ok(intent)) if led && reader.is_bare(intent) => Err(refuse(
            "This goes on from a question, but there is none before it; please ask it in full.",
        )),
        (None, _) => alone,
        (Some((before, earlier)), _) => match understand(earlier, before, knowledge, calendar) {
            Ok(before) => reader.go_on(&before, alone),
            Err(Trouble::Lookup(lookups)) => Err(Trouble::Lookup(lookups)),
            // What was not understood can't be gone on from.
            Err(_) if led && !matches!(&alone, Ok(intent) if !reader.is_bare(intent)) => Err(refuse(
                "I can't tell what this goes on from, as I did not answer the question before it; please ask it in full.",
            )),
            Err(_) => alone,
        },
    }
}

struct Reader<'a> {
    question: &'a str,
    rest: &'a str,
    led: bool,
    knowledge: &'a Knowledge,
    calendar: &'a Calendar,
}

impl Reader<'_> {
    /// True where only what is counted is said, and not that a number is wanted.
    fn is_bare(&self, intent: &Intent) -> bool {
        !self.asks_for_number() && Said::of(intent, true).only() == Some(Said::MEASURE)
    }

    fn asks_for_number(&self) -> bool {
        let tokens = tokenize(self.rest);
        let asks = |item: &Item| matches!(item, Item::Word(Word::HowMany | Word::Share));
        chunks(&tokens, self.knowledge, self.calendar)
            .iter()
            .any(|chunk| asks(&chunk.item))
    }

    fn go_on(&self, before: &Intent, alone: Result<Intent, Trouble>) -> Result<Intent, Trouble> {
        let (intent, names_measure) = match parse(self.rest, self.knowledge, self.calendar) {
            Ok(intent) => (intent, true),
            Err(Trouble::Lookup(lookups)) => return Err(Trouble::Lookup(lookups)),
            Err(_) if alone.is_ok() => return alone,
            Err(trouble) => (self.with_measure(before, trouble)?, false),
        };
        let said = Said::of(&intent, names_measure);
        let by_itself = is_free(before) && before.shape == Shape::Number;
        match said.only() {
            _ if !self.led && self.asks_for_number() => alone,
            Some(_) if names_measure && by_itself => Ok(intent),
            Some(Said::MEASURE) if !self.led && self.is_bare(&intent) && self.rest == self.question => {
                Err(self.ask_which(&intent))
            }
            Some(Said::MEASURE) if self.asks_for_number() && before.shape != Shape::Number => {
                Err(self.ask_whether_alone())
            }
            Some(slot) => combined(before, intent, slot, self.calendar),
            None if !self.led => alone,
            None if names_measure && restrictions_are_said(before, &intent) => Ok(intent),
            None if names_measure => Err(self.ask_whether_alone()),
            None => Err(refuse(
                "This changes more than one thing of the question before; please ask it in full.",
            )),
        }
    }

    /// Reads a fragment that does not say what is counted with the measure of the question before.
    fn with_measure(&self, before: &Intent, alone: Trouble) -> Result<Intent, Trouble> {
        let measure = &before.measure;
        let noun = match &measure.event {
            Some(event) if measure.noun.starts_with('"') => event,
            _ => &measure.noun,
        };
        let added = noun.len() + 1;
        let text = format!("{noun} {}", self.rest);
        match parse(&text, self.knowledge, self.calendar) {
            Err(Trouble::Ask(Ask {
                question,
                options,
                edit: Edit::Replace { start, end },
            })) if start >= added => {
                // The doubt is about a place in the fragment.
                let offset = self.question.len() - self.question.trim_end().len();
                let first = self.question.len() - offset - self.rest.len();
                let edit = Edit::Replace {
                    start: start - added + first,
                    end: end - added + first,
                };
                Err(Trouble::Ask(Ask {
                    question,
                    options,
                    edit,
                }))
            }
            Err(Trouble::Ask(_)) => Err(alone),
            read => read,
        }
    }

    /// "Visitors?" can mean those of the question before, or all.
    fn ask_which(&self, intent: &Intent) -> Trouble {
        let rest = self.rest.trim_end_matches(['?', '.', '!', ' ']);
        Trouble::Ask(Ask {
            question: "Does this go on from the question before, or stand by itself?".to_owned(),
            options: vec![
                format!("the same for {rest}"),
                format!("How many {} were there in total?", intent.measure.noun),
            ],
            edit: self.whole(),
        })
    }

    fn ask_whether_alone(&self) -> Trouble {
        Trouble::Ask(Ask {
            question: "Is this a question by itself, without what the one before it said?".to_owned(),
            options: vec![self.rest.to_owned()],
            edit: self.whole(),
        })
    }

    fn whole(&self) -> Edit {
        Edit::Replace {
            start: 0,
            end: self.question.len(),
        }
    }
}

/// True where a question is about all data.
fn is_free(intent: &Intent) -> bool {
    intent.conditions.is_empty() && intent.span == Span::everything()
}

/// True where a question leaves nothing out that restricted the one before.
fn restrictions_are_said(before: &Intent, intent: &Intent) -> bool {
    let same = |one: &crate::intent::Condition| intent.conditions.iter().any(|other| other.filter == one.filter);
    let dated = before.span == Span::everything() || intent.span != Span::everything();
    dated && before.conditions.iter().all(same) && !matches!(before.shape, Shape::Share { .. })
}
