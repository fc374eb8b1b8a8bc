//! The period of a question, and whether the data can say something about it.

use chrono::NaiveDate;
use hedgerow_data_api::Interval;

use crate::chunks::{Chunk, Item};
use crate::dates::{Calendar, Span, midnight};
use crate::intent::{Shape, Trouble};
use crate::knowledge::Knowledge;
use crate::lexicon::Word;
use crate::parser::{Parser, ask_to_add, refuse};
use crate::tokens::whole;

impl Parser<'_> {
    /// The period, and whether the question names one; without one it is everything.
    pub(crate) fn span(&mut self) -> Result<(Span, bool), Trouble> {
        let mut spans: Vec<Span> = Vec::new();
        let mut hours: Vec<(u32, u32)> = Vec::new();
        for chunk in &mut self.chunks {
            match &chunk.item {
                Item::Span(span) => spans.push(span.clone()),
                Item::Hours { from, to } => hours.push((*from, *to)),
                _ => continue,
            }
            chunk.taken = true;
        }
        self.take_that_day()?;
        spans.dedup();
        if spans.len() > 1 || hours.len() > 1 {
            return Err(refuse(
                "The question names two periods; please ask about one at a time.",
            ));
        }
        let said = !spans.is_empty();
        let span = spans.pop().unwrap_or_else(Span::everything);
        let Some((from, to)) = hours.pop() else {
            return Ok((span, said));
        };
        let day = span.single_day().or_else(|| (!said).then(|| self.only_day()).flatten());
        let Some(day) = day else {
            return Err(refuse(
                "A time of day needs one day to go with it, such as \"before noon on 18 May 2015\".",
            ));
        };
        let at = |minutes: u32| midnight(day) + chrono::Duration::minutes(i64::from(minutes));
        Ok((
            Span {
                from: Some(at(from)),
                to: Some(at(to)),
                relative: None,
                notes: span.notes,
            },
            true,
        ))
    }

    /// "that day" is the one day that was named before it.
    fn take_that_day(&mut self) -> Result<(), Trouble> {
        for at in 0..self.chunks.len() {
            if self.chunks[at].item != Item::Word(Word::ThatDay) {
                continue;
            }
            let day = |chunk: &Chunk| matches!(&chunk.item, Item::Span(span) if span.single_day().is_some());
            if !self.chunks[..at].iter().any(day) {
                return Err(refuse(format!(
                    "I can't tell which day \"{}\" is; please name it.",
                    self.text(at)
                )));
            }
            self.take(at);
        }
        Ok(())
    }

    /// "monthly requests 2015": a year at the very end needs no preposition, where no other period is named.
    pub(crate) fn read_bare_year(&mut self) {
        let dated = |chunk: &Chunk| matches!(chunk.item, Item::Span(_) | Item::Hours { .. } | Item::Doubt(_));
        if self.chunks.iter().any(dated) {
            return;
        }
        let Some(last) = (0..self.chunks.len())
            .rev()
            .find(|at| self.chunks[*at].item != Item::Stop)
        else {
            return;
        };
        let year = match self.chunks[last].item {
            Item::Number(number) if !self.chunks[last].taken => whole(number),
            _ => None,
        };
        let counts = last.checked_sub(1).is_some_and(|before| {
            let number = matches!(
                self.item(before),
                Some(Item::Number(_) | Item::NumberTest(_) | Item::Unknown)
            );
            let word = matches!(
                self.item(before),
                Some(Item::Word(
                    Word::Top(_) | Word::Popular | Word::By | Word::HowMany | Word::Negation(_) | Word::Or
                ))
            );
            number || word || self.item(before) == Some(&Item::Stop) && self.word(before) != ","
        });
        let days = year
            .filter(|year| (1990..=2100).contains(year) && !counts && last > 0)
            .and_then(|year| i32::try_from(year).ok())
            .and_then(|year| NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31)));
        if let Some((first, last_day)) = days {
            self.chunks[last].item = Item::Span(Span::days(first, last_day));
        }
    }

    fn only_day(&self) -> Option<NaiveDate> {
        self.calendar
            .data
            .filter(|(first, last)| first == last)
            .map(|(first, _)| first)
    }
}

/// Refuses a period without any data, as 0 would be no answer. A period that reaches beyond the data is
/// answered, and the note says so.
pub(crate) fn coverage(span: &Span, knowledge: &Knowledge, calendar: &Calendar) -> Result<Option<String>, Trouble> {
    let (Some((first, last)), Some((first_event, last_event))) = (calendar.data, knowledge.span()) else {
        return Err(refuse("There is no data yet."));
    };
    let days = crate::dates::words::plain_range(first, last);
    let (start, end) = (midnight(first), midnight(last) + chrono::Duration::days(1));
    let (first_event, last_event) = (first_event.naive_utc(), last_event.naive_utc());
    let outside = span.from.is_some_and(|from| from > last_event) || span.to.is_some_and(|to| to <= first_event);
    if outside {
        return Err(refuse(format!(
            "There is no data {}; the data covers {days}.",
            span.words(calendar)
        )));
    }
    let beyond = span.from.is_some_and(|from| from < start) || span.to.is_some_and(|to| to > end);
    Ok(beyond.then(|| format!("the data covers {days}")))
}

/// The busiest hour of several days can be one hour of one day, or a time of day over all days.
pub(crate) fn check_hours(shape: &Shape, span: &Span, said: bool, calendar: &Calendar) -> Result<(), Trouble> {
    let Shape::Peak {
        interval: Interval::Hour,
        ..
    } = shape
    else {
        return Ok(());
    };
    let only = calendar.data.is_some_and(|(first, last)| first == last);
    let within_one_day = span.single_day().is_some()
        || matches!((span.from, span.to), (Some(from), Some(to)) if to - from <= chrono::Duration::days(1) && from.date() == (to - chrono::Duration::microseconds(1)).date());
    if within_one_day || (only && !said) {
        return Ok(());
    }
    if said {
        return Err(refuse("I can rank the hours of one day; please name the day."));
    }
    let days: Vec<String> = calendar
        .data
        .into_iter()
        .flat_map(|(first, last)| first.iter_days().take_while(move |day| *day <= last))
        .take(6)
        .map(|day| format!("on {}", crate::dates::words::day_words(day)))
        .collect();
    let options: Vec<&str> = days.iter().map(String::as_str).collect();
    Err(ask_to_add("Of which day? I can rank the hours of one day.", &options))
}
