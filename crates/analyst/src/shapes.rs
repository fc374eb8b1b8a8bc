//! Finds how the result is wanted: a number, a series, a breakdown, a top value, a peak or a share.

mod share;

pub(crate) use share::Parts;

use hedgerow_data_api::Interval;

use crate::chunks::Item;
use crate::intent::{Condition, Order, Shape, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};

/// Verbs between a property and its value.
const LINKING: [&str; 4] = ["is", "are", "was", "were"];

/// How many values a plural asks for: "which pages were viewed most".
const PLURAL_COUNT: u32 = 5;

/// What "by", "daily" and "top" say, before they are put together.
#[derive(Debug, Default)]
pub(crate) struct Split {
    by: Option<String>,
    interval: Option<Interval>,
    over_time: bool,
    order: Option<Order>,
}

impl Parser<'_> {
    /// True where a top value or a peak is asked for.
    pub(crate) fn is_ranking(&self) -> bool {
        self.chunks
            .iter()
            .any(|chunk| matches!(chunk.item, Item::Word(Word::Top(_) | Word::Popular)))
    }

    /// Reads the words that split: "by browser", "per day", "daily", "over time", "most".
    pub(crate) fn split(&mut self) -> Result<Split, Trouble> {
        let mut split = Split::default();
        for at in 0..self.chunks.len() {
            let Item::Word(word) = self.chunks[at].item.clone() else {
                continue;
            };
            match word {
                Word::By => self.read_by(at, &mut split)?,
                Word::Every(interval) => {
                    set(
                        &mut split.interval,
                        interval,
                        "The question asks for two kinds of series.",
                    )?;
                    self.take(at);
                }
                Word::OverTime => {
                    split.over_time = true;
                    self.take(at);
                }
                Word::Top(order) => {
                    set(
                        &mut split.order,
                        order,
                        "The question asks for the most and for the least; please ask one at a time.",
                    )?;
                    self.take(at);
                }
                Word::Popular => {
                    set(
                        &mut split.order,
                        Order::Most,
                        "The question asks for the most and for the least.",
                    )?;
                    self.take(at);
                }
                Word::HowMany => self.take(at),
                _ => {}
            }
        }
        for at in 0..self.chunks.len() {
            let names_condition = || {
                self.content_from(at + 1).is_some_and(|next| {
                    self.chunks[next].taken || matches!(self.chunks[next].item, Item::Word(Word::Measure(..)))
                })
            };
            if self.chunks[at].item == Item::Word(Word::Among) && names_condition() {
                self.take(at);
            }
        }
        let splits = split.by.is_some() || split.interval.is_some();
        for at in 0..self.chunks.len() {
            if splits && self.chunks[at].item == Item::Word(Word::BreakDown) {
                self.take(at);
            }
        }
        Ok(split)
    }

    fn read_by(&mut self, at: usize, split: &mut Split) -> Result<(), Trouble> {
        let Some(next) = self.content_from(at + 1) else {
            return Ok(());
        };
        if !self
            .stops_between(at, next)
            .iter()
            .all(|word| ["the", "a", "an", "our", "all", "of", "-"].contains(word))
        {
            return Ok(());
        }
        let taken = self.chunks[next].taken;
        match self.chunks[next].item.clone() {
            Item::Property(key) if !taken => {
                set(&mut split.by, key, "I can split by one property at a time.")?;
                self.take(at);
                self.take(next);
                self.read_second(next, split)?;
            }
            Item::Word(Word::Bucket(interval)) => {
                set(
                    &mut split.interval,
                    interval,
                    "The question asks for two kinds of series.",
                )?;
                self.take(at);
                self.take(next);
                self.read_second(next, split)?;
            }
            // "used by the most visitors"
            Item::Word(Word::Top(_)) => self.take(at),
            // "by method were not GET" is no name of who did it.
            Item::Property(_) if LINKING.contains(&self.word(next + 1)) => {}
            // "by Firefox", "by bots": who did it, already a condition.
            _ if taken && self.word(at) == "by" => self.take(at),
            _ => {}
        }
        Ok(())
    }

    /// The browser of "by day and browser", the day of "by browser and day".
    fn read_second(&mut self, first: usize, split: &mut Split) -> Result<(), Trouble> {
        let Some(next) = self.content_from(first + 1).filter(|next| !self.chunks[*next].taken) else {
            return Ok(());
        };
        if !matches!(self.stops_between(first, next)[..], ["and"] | ["and", "the"]) {
            return Ok(());
        }
        match self.chunks[next].item.clone() {
            Item::Property(key) => set(&mut split.by, key, "I can split by one property at a time.")?,
            Item::Word(Word::Bucket(interval)) => {
                set(
                    &mut split.interval,
                    interval,
                    "The question asks for two kinds of series.",
                )?;
            }
            _ => return Ok(()),
        }
        self.take(next);
        Ok(())
    }

    /// Puts the shape together.
    pub(crate) fn shape(&mut self, split: Split, one_day: bool, conditions: &[Condition]) -> Result<Shape, Trouble> {
        if let Some(order) = split.order {
            return self.ranking(order, split, conditions);
        }
        let default = || if one_day { Interval::Hour } else { Interval::Day };
        let interval = split.interval.or_else(|| split.over_time.then(default));
        Ok(match (interval, split.by) {
            (Some(interval), by) => Shape::Series { interval, by },
            (None, Some(by)) => Shape::Breakdown { by },
            (None, None) => Shape::Number,
        })
    }

    /// "How many pages" asks how many different ones, which is not a count of events.
    pub(crate) fn check_distinct_counts(&self) -> Result<(), Trouble> {
        for at in 0..self.chunks.len() {
            let of_times = ["how often", "how frequently", "how many times"];
            let counts = self.chunks[at].item == Item::Word(Word::HowMany);
            // "how many times was the page / requested" counts no pages.
            if !counts || of_times.contains(&self.text(at).to_lowercase().as_str()) {
                continue;
            }
            // Conditions may stand before what is counted: "how many 404 pages".
            let passed_over = |position: &usize| {
                let chunk = &self.chunks[*position];
                let filler = ["the", "of", "our", "all", "total", "number", "-", "and", "or"];
                match chunk.item {
                    Item::Stop => filler.contains(&self.word(*position)),
                    Item::Value(_) | Item::Number(_) | Item::Literal | Item::Word(Word::Bot(_) | Word::Negation(_)) => {
                        chunk.taken
                    }
                    _ => false,
                }
            };
            let counted = (at + 1..self.chunks.len()).find(|position| !passed_over(position));
            if let Some(counted) = counted
                && matches!(self.chunks[counted].item, Item::Property(_))
            {
                let name = self.text(counted);
                let reason = format!("I can't count {name}, only requests, page views, visitors and sessions.");
                return Err(refuse(reason));
            }
        }
        Ok(())
    }

    fn ranking(&mut self, order: Order, split: Split, conditions: &[Condition]) -> Result<Shape, Trouble> {
        let wants_number = self
            .content_from(0)
            .is_some_and(|first| self.chunks[first].item == Item::Word(Word::HowMany));
        let buckets: Vec<usize> = self.positions(|item| matches!(item, Item::Word(Word::Bucket(_))));
        let (target, plural) = self.target(conditions)?;
        let number = self.take_count();
        let by = match (target, split.by) {
            (Some(target), Some(by)) if target != by => return Err(refuse("I can rank one property at a time.")),
            (target, by) => target.or(by),
        };
        if split.interval.is_some() || split.over_time {
            return Err(refuse(
                "I can give a series or a ranking, not a ranking for each day or hour.",
            ));
        }
        match (&buckets[..], by) {
            ([], Some(by)) => {
                let count = number.unwrap_or(if plural && !wants_number { PLURAL_COUNT } else { 1 });
                Ok(Shape::Top {
                    by,
                    order,
                    count,
                    wants_number,
                })
            }
            ([at], None) if number.is_none() => {
                let Item::Word(Word::Bucket(interval)) = self.chunks[*at].item else {
                    return Err(refuse(""));
                };
                self.take(*at);
                Ok(Shape::Peak {
                    interval,
                    order,
                    wants_number,
                })
            }
            _ => Err(refuse(
                "I can't tell what to rank: name one property, or a day or an hour.",
            )),
        }
    }

    fn is_plural(&self, at: usize) -> bool {
        let last = self.tokens[self.chunks[at].end - 1].lower.as_str();
        last.ends_with('s') && !["os", "status"].contains(&last)
    }

    fn positions(&self, wanted: impl Fn(&Item) -> bool) -> Vec<usize> {
        (0..self.chunks.len())
            .filter(|at| !self.chunks[*at].taken && wanted(&self.chunks[*at].item))
            .collect()
    }

    /// The property whose values are ranked, and whether it stands in the plural.
    fn target(&mut self, conditions: &[Condition]) -> Result<(Option<String>, bool), Trouble> {
        let mut at_target = self.positions(|item| matches!(item, Item::Property(_)));
        if at_target.is_empty() {
            // "Which page starting with /blog/ ...": the property belongs to a condition as well.
            let named_by_which = |at: &usize| {
                let before = at.saturating_sub(1);
                let is_top = |at: usize| matches!(self.chunks[at].item, Item::Word(Word::Top(_)));
                let ranked_verb = before > 0
                    && matches!(self.chunks[before].item, Item::Word(Word::Measure(..)))
                    && is_top(before - 1);
                let asks = ["which", "what"].contains(&self.word(before)) || is_top(before) || ranked_verb;
                asks && matches!(self.chunks[*at].item, Item::Property(_))
            };
            at_target = (1..self.chunks.len()).find(named_by_which).into_iter().collect();
        }
        let mut target: Option<String> = None;
        let mut plural = false;
        for at in at_target {
            let Item::Property(key) = self.chunks[at].item.clone() else {
                continue;
            };
            let is_generic = target.is_some() && conditions.iter().any(|condition| condition.key() == key);
            if !is_generic {
                set(&mut target, key, "I can rank one property at a time.")?;
            }
            plural |= self.is_plural(at);
            self.take(at);
        }
        Ok((target, plural))
    }

    /// The 5 of "top 5 pages", of "the 5 most viewed pages" and of "the 5 pages that were viewed most".
    fn take_count(&mut self) -> Option<u32> {
        for at in 0..self.chunks.len() {
            let places = match self.chunks[at].item {
                Item::Word(Word::Top(_) | Word::Popular) => [at.checked_sub(1), Some(at + 1)],
                Item::Property(_) if self.is_plural(at) => [at.checked_sub(1), None],
                _ => continue,
            };
            for beside in places.into_iter().flatten() {
                let Some(chunk) = self.chunks.get(beside).filter(|chunk| !chunk.taken) else {
                    continue;
                };
                let count = crate::cursor::Cursor::new(self.tokens, chunk.start)
                    .eat_count()
                    .filter(|count| (1..=100).contains(count));
                if count.is_some() {
                    self.take(beside);
                    return count;
                }
            }
        }
        None
    }
}

fn set<T: PartialEq>(slot: &mut Option<T>, value: T, conflict: &str) -> Result<(), Trouble> {
    match slot {
        Some(before) if *before != value => Err(refuse(conflict)),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}
