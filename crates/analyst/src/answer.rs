//! Writes the answer: short sentences in which every number is a reference.

use hedgerow_agent_api::{ModelReply, Outcome};
use hedgerow_data_api::{Interval, Math};

use crate::conditions::title;
use crate::dates::Calendar;
use crate::intent::{Condition, Intent, Order, Shape};
use crate::refusal;
use crate::results::{Extreme, Shown};

/// Rows that an answer spells out.
const SPELLED_OUT: usize = 5;

/// The answer to an intent from the results of its queries.
pub(crate) fn answer(intent: &Intent, results: &[Shown], calendar: &Calendar, plain: bool) -> ModelReply {
    let Some(main) = results.first() else {
        return refusal::reply("There is no result.");
    };
    if main.rows.is_empty() {
        return refusal::reply(&format!("No event meets this: {}.", about(intent, calendar)));
    }
    let writer = Writer {
        intent,
        main,
        total: results.get(1),
        calendar,
        plain,
    };
    match &intent.shape {
        Shape::Number => writer.number(),
        Shape::Share { part } => writer.share(part),
        Shape::Series { interval, by } => writer.series(*interval, by.as_deref()),
        Shape::Breakdown { by } => writer.breakdown(by),
        Shape::Top {
            by,
            order,
            count,
            wants_number,
        } => writer.top(by, *order, *count, *wants_number),
        Shape::Peak {
            interval,
            order,
            wants_number,
        } => writer.peak(*interval, *order, *wants_number),
    }
}

struct Writer<'a> {
    intent: &'a Intent,
    main: &'a Shown,
    total: Option<&'a Shown>,
    calendar: &'a Calendar,
    /// Set on a repair: as few words beside the figures as possible.
    plain: bool,
}

impl Writer<'_> {
    fn noun(&self) -> &str {
        &self.intent.measure.noun
    }

    fn number(&self) -> ModelReply {
        let headline = self.main.cell(0, self.main.measure());
        let sentence = format!("{{{{{headline}}}}} {}{}.", self.noun(), self.scope());
        self.reply(&sentence, headline)
    }

    fn share(&self, part: &[Condition]) -> ModelReply {
        let [.., whole, of_part] = &self.main.columns[..] else {
            return refusal::reply("The result lacks a column.");
        };
        let (whole, of_part) = (self.main.cell(0, whole), self.main.cell(0, of_part));
        if self.main.rows[0].iter().rev().nth(1).is_some_and(|cell| cell == "0") {
            return refusal::reply(&format!(
                "A share of nothing has no value: no event meets this: {}.",
                about(self.intent, self.calendar)
            ));
        }
        let headline = format!("{of_part} / {whole} | percent");
        let which = where_words(part);
        let sentence = format!(
            "{{{{{headline}}}}} of {}{}: {{{{{of_part}}}}} of {{{{{whole}}}}}, {which}.",
            self.noun(),
            self.scope()
        );
        self.reply(&sentence, headline)
    }

    /// The total of the period. Unique counts don't add up, so they have a query of their own.
    fn total_of_period(&self) -> String {
        match self.total {
            Some(total) => total.cell(0, total.measure()),
            None => format!("sum({}.{})", self.main.handle, self.main.measure()),
        }
    }

    fn series(&self, interval: Interval, by: Option<&str>) -> ModelReply {
        let headline = self.total_of_period();
        let split = by.map_or_else(String::new, |by| format!(" and {}", title(by)));
        let together = if self.intent.measure.math == Math::Total {
            ""
        } else {
            " over the whole period"
        };
        let sentence = format!(
            "{{{{{headline}}}}} {}{}{together}. The table has them per {}{split}.",
            self.noun(),
            self.scope(),
            interval.as_str()
        );
        self.reply(&sentence, headline)
    }

    fn breakdown(&self, by: &str) -> ModelReply {
        let headline = self.total_of_period();
        let label = self.main.columns.first().map_or("", String::as_str);
        let listed: Vec<String> = (0..self.main.rows.len().min(SPELLED_OUT))
            .map(|row| {
                format!(
                    "{{{{{}}}}}: {{{{{}}}}}",
                    self.main.cell(row, label),
                    self.main.cell(row, self.main.measure())
                )
            })
            .collect();
        let list = if self.plain {
            String::new()
        } else {
            format!(" {}.", listed.join("; "))
        };
        let sentence = format!(
            "{{{{{headline}}}}} {}{}, split by {}.{list}",
            self.noun(),
            self.scope(),
            title(by)
        );
        self.reply(&sentence, headline)
    }

    fn extreme(&self, order: Order) -> &Extreme {
        if order == Order::Most {
            &self.main.highest
        } else {
            &self.main.lowest
        }
    }

    fn top(&self, by: &str, order: Order, count: u32, wants_number: bool) -> ModelReply {
        if order == Order::Least && self.main.has_other {
            return refusal::reply(&format!(
                "There are too many values of {} to say which comes last.",
                title(by)
            ));
        }
        let label = self.main.columns.first().cloned().unwrap_or_default();
        let values =
            self.main.rows.len() - usize::from(self.main.none_row().is_some()) - usize::from(self.main.has_other);
        if values == 0 {
            return refusal::reply(&format!(
                "No event that meets this has a {}: {}.",
                title(by),
                about(self.intent, self.calendar)
            ));
        }
        if count > 1 && order == Order::Most && !wants_number {
            return self.top_list(by, &label, (count as usize).min(values));
        }
        let rows = match &self.extreme(order).rows[..] {
            // With one value there is nothing to compare, and no line says which is highest.
            [] => vec![0],
            rows => rows.to_vec(),
        };
        self.one_of(&label, &rows, self.extreme(order).count, order, wants_number, by)
    }

    fn top_list(&self, by: &str, label: &str, count: usize) -> ModelReply {
        let listed: Vec<String> = (0..count)
            .map(|row| {
                format!(
                    "{{{{{}}}}} with {{{{{}}}}}",
                    self.main.cell(row, label),
                    self.main.cell(row, self.main.measure())
                )
            })
            .collect();
        let sentence = format!(
            "By {}{}, the order of {} is: {}.",
            self.noun(),
            self.scope(),
            title(by),
            listed.join("; ")
        );
        self.reply(&sentence, self.main.cell(0, label))
    }

    fn peak(&self, interval: Interval, order: Order, wants_number: bool) -> ModelReply {
        let rows = match &self.extreme(order).rows[..] {
            [] => vec![0],
            rows => rows.to_vec(),
        };
        self.one_of(
            interval.as_str(),
            &rows,
            self.extreme(order).count,
            order,
            wants_number,
            interval.as_str(),
        )
    }

    /// One row's name and number; of tied rows all names, and the number they share.
    fn one_of(
        &self,
        label: &str,
        rows: &[usize],
        count: usize,
        order: Order,
        wants_number: bool,
        by: &str,
    ) -> ModelReply {
        let word = if order == Order::Most { "most" } else { "fewest" };
        let row = rows.first().copied().unwrap_or_default();
        let (name, number) = (self.main.cell(row, label), self.main.cell(row, self.main.measure()));
        if count > 1 {
            let names: Vec<String> = rows
                .iter()
                .map(|row| format!("{{{{{}}}}}", self.main.cell(*row, label)))
                .collect();
            let more = if count > rows.len() { " and others" } else { "" };
            let sentence = format!(
                "{{{{{number}}}}} {} each: {}{more} are level{}.",
                self.noun(),
                names.join(", "),
                self.scope()
            );
            return self.reply(&sentence, number);
        }
        let headline = if wants_number { number.clone() } else { name.clone() };
        let sentence = if self.plain {
            format!("{{{{{name}}}}}: {{{{{number}}}}} {}.", self.noun())
        } else {
            format!(
                "{{{{{name}}}}} had the {word} {}{}: {{{{{number}}}}}.{}",
                self.noun(),
                self.scope(),
                self.larger_none(row, by)
            )
        };
        self.reply(&sentence, headline)
    }

    /// Events without the property are no value, but they are said when there are more of them.
    fn larger_none(&self, row: usize, by: &str) -> String {
        let larger = self
            .main
            .none_row()
            .filter(|none| self.main.number(*none) > self.main.number(row));
        larger.map_or_else(String::new, |none| {
            let number = self.main.cell(none, self.main.measure());
            format!(" {{{{{number}}}}} {} have no {}.", self.noun(), title(by))
        })
    }

    /// Filters and period, as they follow the noun.
    fn scope(&self) -> String {
        if self.plain {
            return String::new();
        }
        let conditions = where_words(&self.intent.conditions);
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!(" {conditions}")
        };
        format!("{conditions} {}", self.intent.span.words(self.calendar))
    }

    fn reply(&self, sentence: &str, headline: String) -> ModelReply {
        let mut text = sentence.to_owned();
        if self.plain {
            text.push_str(&format!(" Period: {}.", self.intent.span.words(self.calendar)));
            if !self.intent.conditions.is_empty() {
                text.push_str(&format!(" Only {}.", where_words(&self.intent.conditions)));
            }
        }
        text.push_str(" Times are UTC.");
        for note in &self.intent.notes {
            text.push_str(&format!(" Note: {note}."));
        }
        ModelReply {
            text,
            outcome: Outcome::Answered,
            headline: Some(headline),
            ..ModelReply::default()
        }
    }
}

/// What an intent is about, for messages.
pub(crate) fn about(intent: &Intent, calendar: &Calendar) -> String {
    let conditions = where_words(&intent.conditions);
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!(" {conditions}")
    };
    format!("{}{conditions} {}", intent.measure.noun, intent.span.words(calendar))
}

/// `where status is 404 and browser is Firefox`.
fn where_words(conditions: &[Condition]) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = conditions.iter().map(|condition| condition.words.as_str()).collect();
    format!("where {}", words.join(" and "))
}
