//! The pieces of a question about what people do: events, people, times, windows, conditions, and the words between.

use chrono::NaiveDateTime;
use hedgerow_data_api::Interval;

use super::events::{Named, VIEW, event_at};
use super::phrases::phrase_at;
use super::slips::respelt;
use crate::chunks::{Chunk, Item, longest, text_end};
use crate::dates::{Calendar, Doubt, Span};
use crate::intent::{Condition, Order, Trouble};
use crate::knowledge::Knowledge;
use crate::lexicon::{Counted, Word};
use crate::parser::{Parser, refuse};
use crate::tokens::{Kind, Token};

/// A unit of time that a question counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(super) fn of(interval: Interval) -> Self {
        match interval {
            Interval::Hour => Self::Hour,
            Interval::Day => Self::Day,
            Interval::Week => Self::Week,
            Interval::Month => Self::Month,
        }
    }
}

/// On how many days somebody did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Exactly(u32),
    AtLeast(u32),
    /// "On 3 days" can be either.
    Unclear(u32),
    /// "In each of the four weeks", with the number where it is said.
    Each(Option<u32>),
}

/// How numbers are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stat {
    Average,
    Median,
    Sum,
    Least,
    Greatest,
    Percentile(u32),
}

/// What a stretch of the question means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Event(Named),
    /// "People", "users".
    People,
    /// "Events".
    Events,
    Sessions,
    /// "Active".
    Active,
    Span(Span),
    /// A time after the first step; `anchored` where the event that it is counted from follows.
    Window {
        count: u32,
        unit: Unit,
        anchored: bool,
    },
    /// "Week 1": the first after that of the beginning.
    Index(Unit, u32),
    /// "The next day", "two weeks later".
    Offset(Unit, u32),
    /// "The 7 days before": as long as another stretch where no length is said.
    Prior(Option<(u32, Unit)>),
    Days(Times, Unit),
    /// "Weekly".
    Every(Interval),
    /// "DAU", "monthly active users".
    ActiveUsers(Interval),
    Share,
    HowMany,
    Percent,
    Order(Order),
    Stat(Stat),
    Condition(Box<Condition>),
    Property(String),
    /// An arrow, "then", "went on to".
    Then,
    /// "After", before an event.
    After,
    /// "Than", "compared with", "against".
    Than,
    /// "For the first time".
    First,
    /// "Recurring", "first time or not".
    Recurring,
    Number(f64),
    Negation,
    Doubt(Doubt),
    /// A word that only a kind of question can place.
    Word(String),
    Stop(String),
}

/// A piece in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) piece: Piece,
    pub(super) taken: bool,
}

/// A question in pieces.
pub(super) struct Pieces<'a> {
    pub(super) question: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) list: Vec<Placed>,
    pub(super) knowledge: &'a Knowledge,
    pub(super) calendar: &'a Calendar,
    /// What was assumed.
    pub(super) notes: Vec<String>,
}

impl<'a> Pieces<'a> {
    /// Takes a question apart. Conditions are read later, as they may need values that are looked up first.
    pub(super) fn read(
        question: &'a str,
        tokens: Vec<Token>,
        knowledge: &'a Knowledge,
        calendar: &'a Calendar,
    ) -> Self {
        let mut tokens = tokens;
        let mut list = placed(&tokens, knowledge, calendar);
        let notes = respelt(&mut tokens, &list, knowledge);
        if !notes.is_empty() {
            list = placed(&tokens, knowledge, calendar);
        }
        Self {
            question,
            tokens,
            list,
            knowledge,
            calendar,
            notes,
        }
    }

    /// Puts conditions in the place of what they are made of.
    pub(super) fn read_conditions(&mut self) -> Result<(), Trouble> {
        let scanned = scan(&self.tokens, self.knowledge, self.calendar);
        let chunks: Vec<Chunk> = scanned
            .iter()
            .map(|(placed, item)| Chunk {
                start: placed.start,
                end: placed.end,
                item: item.clone().unwrap_or(Item::Unknown),
                taken: item.is_none(),
            })
            .collect();
        let mut parser = Parser {
            question: self.question,
            tokens: &self.tokens,
            knowledge: self.knowledge,
            calendar: self.calendar,
            chunks,
            lookups: Vec::new(),
        };
        let mut at = 0;
        while at < self.list.len() {
            let starts = matches!(
                parser.chunks[at].item,
                Item::Property(_)
                    | Item::Value(_)
                    | Item::Literal
                    | Item::NumberTest(_)
                    | Item::TextTest(_)
                    | Item::Word(Word::HomePage | Word::Bot(_))
            );
            let found = if starts { parser.plain_condition_at(at)? } else { None };
            let Some((condition, next)) = found else {
                at += 1;
                continue;
            };
            self.list[at].piece = Piece::Condition(Box::new(condition));
            for placed in &mut self.list[at + 1..next] {
                placed.piece = Piece::Stop(String::new());
                placed.taken = true;
            }
            at = next;
        }
        if parser.lookups.is_empty() {
            return Ok(());
        }
        parser.lookups.sort();
        parser.lookups.dedup();
        Err(Trouble::Lookup(parser.lookups))
    }

    pub(super) fn piece(&self, at: usize) -> Option<&Piece> {
        self.list.get(at).map(|placed| &placed.piece)
    }

    /// The word at a piece that is one, in lower case.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.piece(at) {
            Some(Piece::Word(word) | Piece::Stop(word)) => word,
            _ => "",
        }
    }

    pub(super) fn take(&mut self, at: usize) {
        if let Some(placed) = self.list.get_mut(at) {
            placed.taken = true;
        }
    }

    /// The positions of the pieces that a test holds for.
    pub(super) fn places(&self, test: impl Fn(&Piece) -> bool) -> Vec<usize> {
        (0..self.list.len()).filter(|at| test(&self.list[*at].piece)).collect()
    }

    pub(super) fn has(&self, test: impl Fn(&Piece) -> bool) -> bool {
        self.list.iter().any(|placed| test(&placed.piece))
    }

    /// True where one of the words stands in the question.
    pub(super) fn says(&self, words: &str) -> bool {
        self.list.iter().any(|placed| match &placed.piece {
            Piece::Word(word) | Piece::Stop(word) => is_in(words, word),
            _ => false,
        })
    }

    /// Takes all pieces that a test holds for.
    pub(super) fn take_all(&mut self, test: impl Fn(&Piece) -> bool) {
        for placed in &mut self.list {
            if test(&placed.piece) {
                placed.taken = true;
            }
        }
    }

    /// Takes the words that a kind of question is free to use.
    pub(super) fn take_words(&mut self, words: &str) {
        self.take_all(|piece| matches!(piece, Piece::Word(word) if is_in(words, word)));
    }

    /// Takes words for a stretch of time that stand beside its dates: "the week (17 to 23 May 2026)".
    pub(super) fn take_names_of_spans(&mut self) {
        let is_span =
            |at: Option<usize>| at.is_some_and(|at| matches!(self.piece(at), Some(Piece::Span(_) | Piece::Prior(_))));
        let beside = |at: usize| {
            let mark = usize::from(["(", ",", "from", "of"].contains(&self.word(at + 1)));
            is_span(Some(at + 1 + mark)) || is_span(at.checked_sub(1))
        };
        let named: Vec<usize> = (0..self.list.len())
            .filter(|at| matches!(&self.list[*at].piece, Piece::Word(word) if is_in("week weeks day days month months period date dates", word)))
            .filter(|at| beside(*at))
            .collect();
        for at in named {
            self.take(at);
        }
    }

    /// The events in their order, with their places.
    pub(super) fn events(&self) -> Vec<(usize, Named)> {
        let named = |(at, placed): (usize, &Placed)| match &placed.piece {
            Piece::Event(named) => Some((at, named.clone())),
            _ => None,
        };
        self.list.iter().enumerate().filter_map(named).collect()
    }

    /// The stretches of time in their order, with their places.
    pub(super) fn spans(&self) -> Vec<(usize, Span)> {
        let span = |(at, placed): (usize, &Placed)| match &placed.piece {
            Piece::Span(span) => Some((at, span.clone())),
            _ => None,
        };
        self.list.iter().enumerate().filter_map(span).collect()
    }

    /// True where people are counted.
    pub(super) fn counts_people(&self) -> bool {
        self.has(|piece| matches!(piece, Piece::People | Piece::ActiveUsers(_)))
            || self.events().iter().any(|(_, named)| named.is_agent)
    }

    /// The text of a piece as it stands in the question.
    pub(super) fn text(&self, at: usize) -> &str {
        let placed = &self.list[at];
        &self.question[self.tokens[placed.start].start..self.tokens[placed.end - 1].end]
    }

    /// The law: nothing may be left over.
    pub(super) fn check_all_taken(&self) -> Result<(), Trouble> {
        for placed in &self.list {
            if let (Piece::Doubt(doubt), false) = (&placed.piece, placed.taken) {
                let (start, end) = (self.tokens[placed.start].start, self.tokens[placed.end - 1].end);
                return Err(Trouble::Ask(crate::intent::Ask {
                    question: doubt.question.clone(),
                    options: doubt.options.clone(),
                    edit: crate::intent::Edit::Replace { start, end },
                }));
            }
        }
        let is_left = |at: &usize| !self.list[*at].taken && !matches!(self.list[*at].piece, Piece::Stop(_));
        let left: Vec<String> = (0..self.list.len())
            .filter(is_left)
            .map(|at| format!("\"{}\"", self.text(at)))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        Err(refuse(format!(
            "I could not place these words of the question: {}.",
            left.join(", ")
        )))
    }

    /// The end of the data as an instant.
    pub(super) fn end_of_data(&self) -> Option<NaiveDateTime> {
        self.knowledge.span().map(|(_, last)| last.naive_utc())
    }
}

/// True for a word of a list, which is parted by blanks.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_whitespace().any(|entry| entry == word)
}

/// Words that say nothing in questions about what people do, beside the stop words of all questions.
const SMALL: &str = "it they them their his her he she its this that those these so wich whats hi still about \
    looking look also i'd id gave please yet i.e e.g dear ok okay well now us ur whole";

fn placed(tokens: &[Token], knowledge: &Knowledge, calendar: &Calendar) -> Vec<Placed> {
    scan(tokens, knowledge, calendar)
        .into_iter()
        .map(|(placed, _)| placed)
        .collect()
}

/// The pieces, each with the item of the grammar of counts where it is one.
fn scan(tokens: &[Token], knowledge: &Knowledge, calendar: &Calendar) -> Vec<(Placed, Option<Item>)> {
    let mut list: Vec<(Placed, Option<Item>)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let own = phrase_at(tokens, at, knowledge, calendar);
        let event = event_at(tokens, at, &knowledge.events).map(|(end, named)| (end, Piece::Event(named)));
        let property = property_at(tokens, at, knowledge);
        let (base_end, item) = longest(tokens, at, knowledge, calendar);
        let mut best: Option<(usize, Piece)> = None;
        for (end, piece) in [own, event, property].into_iter().flatten() {
            if best.as_ref().is_none_or(|(longest, _)| end > *longest) {
                best = Some((end, piece));
            }
        }
        let (end, piece, item) = match best {
            Some((end, piece)) if end >= base_end => {
                let item = match &piece {
                    Piece::Property(key) => Some(Item::Property(key.clone())),
                    _ => None,
                };
                (end, piece, item)
            }
            _ => (base_end, of_item(&item, tokens, at), Some(item)),
        };
        let taken = matches!(piece, Piece::Stop(_));
        list.push((
            Placed {
                start: at,
                end,
                piece,
                taken,
            },
            item,
        ));
        at = end;
    }
    list
}

/// A property whose key has marks that part words.
fn property_at(tokens: &[Token], at: usize, knowledge: &Knowledge) -> Option<(usize, Piece)> {
    let keys = knowledge.properties.iter().filter_map(|property| {
        let end = text_end(tokens, at, &property.key)?;
        Some((end, Piece::Property(property.key.clone())))
    });
    let found = keys.max_by_key(|(end, _)| *end)?;
    // "results" alone may be another word; where it is one, the grammar of counts says so.
    (found.0 > at + 1 || tokens[at].kind == Kind::Quoted || tokens[at].text.contains(['_', '$'])).then_some(found)
}

fn of_item(item: &Item, tokens: &[Token], at: usize) -> Piece {
    let word = || tokens[at].lower.clone();
    match item {
        Item::Stop | Item::Word(Word::Among) => Piece::Stop(word()),
        Item::Word(Word::Measure(Counted::Visitors, _)) => Piece::People,
        Item::Word(Word::Measure(Counted::Sessions, _)) => Piece::Sessions,
        Item::Word(Word::Measure(Counted::Events, _)) if ["events", "event"].contains(&word().as_str()) => {
            Piece::Events
        }
        Item::Word(Word::Measure(Counted::Views, _)) => Piece::Event(Named::plain(Some(VIEW))),
        Item::Word(Word::Measure(Counted::Named(name), _)) => Piece::Event(Named::plain(Some(name))),
        Item::Word(Word::Share) => Piece::Share,
        Item::Word(Word::InPercent) => Piece::Percent,
        Item::Word(Word::HowMany) => Piece::HowMany,
        Item::Word(Word::Top(order)) => Piece::Order(*order),
        Item::Word(Word::Every(interval)) => Piece::Every(*interval),
        Item::Word(Word::Negation(_) | Word::Excluded) => Piece::Negation,
        Item::Property(key) => Piece::Property(key.clone()),
        Item::Number(number) => Piece::Number(*number),
        Item::Span(span) => Piece::Span(span.clone()),
        Item::Doubt(doubt) => Piece::Doubt(doubt.clone()),
        Item::Unknown if is_in(SMALL, &word()) => Piece::Stop(word()),
        _ => Piece::Word(word()),
    }
}
