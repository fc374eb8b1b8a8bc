//! Writes the answer: short sentences in which every number is a reference.

use hedgerow_agent_api::{ModelReply, Outcome};
use hedgerow_data_api::{Interval, Math};

use crate::conditions::title;
use crate::dates::Calendar;
use crate::intent::{Condition, Intent, Order, Shape};
use crate::measures::VIEW;
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
        Shape::Share { part, .. } => writer.share(part),
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

    /// The number of a row, with its noun.
    fn number_of(&self, row: usize) -> String {
        let noun = counted_noun(self.noun(), self.main.number(row));
        format!("{{{{{}}}}} {noun}", self.main.cell(row, self.main.measure()))
    }

    fn number(&self) -> ModelReply {
        // A plain period reads best in the same sentence; with filters each gets its own.
        let simple = !self.plain && self.intent.conditions.is_empty() && self.intent.span.is_said_in_days();
        let period = if simple {
            format!(" {}", self.intent.span.words(self.calendar))
        } else {
            String::new()
        };
        let sentence = format!("{}{period}.", self.number_of(0));
        self.reply(&sentence, self.main.cell(0, self.main.measure()), !simple)
    }

    fn share(&self, part: &[Condition]) -> ModelReply {
        let [.., whole, of_part] = &self.main.columns[..] else {
            return refusal::reply("The result lacks a column.");
        };
        let (whole, of_part) = (self.main.cell(0, whole), self.main.cell(0, of_part));
        if self.main.rows[0].iter().rev().nth(1).is_some_and(|cell| cell == "0") {
            let about = about(self.intent, self.calendar);
            return refusal::reply(&format!(
                "A share of nothing has no value: no event meets this: {about}."
            ));
        }
        let headline = format!("{of_part} / {whole} | percent");
        let noun = self.noun();
        let sentence = format!(
            "{{{{{headline}}}}}: {{{{{of_part}}}}} matching {noun} of {{{{{whole}}}}} {noun}. Matching: {}.",
            joined(part)
        );
        self.reply(&sentence, headline, true)
    }

    /// The total of the period. Unique counts don't add up, so they have a query of their own.
    fn total_of_period(&self) -> (String, String) {
        match self.total {
            Some(total) => {
                let cell = total.cell(0, total.measure());
                let noun = counted_noun(self.noun(), total.number(0));
                (format!("{{{{{cell}}}}} {noun} over the whole period"), cell)
            }
            None => {
                let sum = format!("sum({}.{})", self.main.handle, self.main.measure());
                (format!("{{{{{sum}}}}} {} in total", self.noun()), sum)
            }
        }
    }

    fn series(&self, interval: Interval, by: Option<&str>) -> ModelReply {
        let (total, headline) = self.total_of_period();
        let split = by.map_or_else(String::new, |by| format!(" and {}", title(by)));
        let rows = self.cited_rows(interval, by);
        let sentence = format!("{total}. The table has them per {}{split}.{rows}", interval.as_str());
        self.reply(&sentence, headline, true)
    }

    /// The highest bucket, so that the answer cites the rows and every surface shows them. A total that is the sum
    /// of the rows cites them by itself.
    fn cited_rows(&self, interval: Interval, by: Option<&str>) -> String {
        let label = interval.as_str();
        match (&self.main.highest.rows[..], by, self.main.highest.count) {
            ([row], None, 1) if !self.plain && self.main.rows.len() > 1 => {
                let (name, number) = (self.main.cell(*row, label), self.main.cell(*row, self.main.measure()));
                format!(" {{{{{name}}}}} had the most {}: {{{{{number}}}}}.", self.noun())
            }
            _ if self.total.is_none() => String::new(),
            (rows, by, _) => {
                let row = rows.first().copied().unwrap_or_default();
                let split = by.and_then(|_| self.main.columns.get(1));
                let split = split.map_or_else(String::new, |column| {
                    format!(", {{{{{}}}}}", self.main.cell(row, column))
                });
                let name = self.main.cell(row, label);
                format!(" {{{{{name}}}}}{split}: {}.", self.number_of(row))
            }
        }
    }

    fn breakdown(&self, by: &str) -> ModelReply {
        let (total, headline) = self.total_of_period();
        let label = self.main.columns.first().map_or("", String::as_str);
        let shown = self.main.rows.len().min(SPELLED_OUT);
        let listed = self.listed(label, 0..shown);
        let rest = if self.main.rows.len() > shown {
            " Further values are in the table."
        } else {
            ""
        };
        let sentence = format!("{total}, split by {}. {listed}.{rest}", title(by));
        self.reply(&sentence, headline, true)
    }

    /// `/: 12 page views; /a: 3 page views`.
    fn listed(&self, label: &str, rows: impl IntoIterator<Item = usize>) -> String {
        let one = |row: usize| format!("{{{{{}}}}}: {}", self.main.cell(row, label), self.number_of(row));
        rows.into_iter().map(one).collect::<Vec<_>>().join("; ")
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
        let collective = usize::from(self.main.none_row().is_some()) + usize::from(self.main.has_other);
        let values = self.main.rows.len().saturating_sub(collective);
        if values == 0 {
            let about = about(self.intent, self.calendar);
            return refusal::reply(&format!("No event that meets this has a {}: {about}.", title(by)));
        }
        if count > 1 && order == Order::Most && !wants_number {
            let listed = self.listed(&label, 0..(count as usize).min(values));
            return self.reply(
                &format!("{listed}.{}", self.left_out(0)),
                self.main.cell(0, &label),
                true,
            );
        }
        self.one_of(&label, order, wants_number, collective > 0)
    }

    fn peak(&self, interval: Interval, order: Order, wants_number: bool) -> ModelReply {
        self.one_of(interval.as_str(), order, wants_number, false)
    }

    /// One row's name and number; of tied rows all names, and the number they share.
    fn one_of(&self, label: &str, order: Order, wants_number: bool, has_collective: bool) -> ModelReply {
        let extreme = self.extreme(order);
        // With one value there is nothing to compare, and no line says which is highest.
        let row = extreme.rows.first().copied().unwrap_or_default();
        let (name, number) = (self.main.cell(row, label), self.main.cell(row, self.main.measure()));
        if extreme.count > 1 {
            let listed = self.listed(label, extreme.rows.iter().copied());
            let more = if extreme.count > extreme.rows.len() {
                "These and others are level."
            } else {
                "These are level."
            };
            return self.reply(&format!("{listed}. {more}"), number, true);
        }
        let headline = if wants_number { number.clone() } else { name.clone() };
        let word = if order == Order::Most { "most" } else { "fewest" };
        // The figure checker compares with every row, so a rank is said only where the rows are all values.
        let sentence = if self.plain || has_collective {
            format!("{{{{{name}}}}}, with {}.", self.number_of(row))
        } else {
            format!("{{{{{name}}}}} had the {word} {}: {{{{{number}}}}}.", self.noun())
        };
        self.reply(&format!("{sentence}{}", self.left_out(row)), headline, true)
    }

    /// Events without the property are no value, but they are said when there are more of them.
    fn left_out(&self, row: usize) -> String {
        let larger = self
            .main
            .none_row()
            .filter(|none| self.main.number(*none) > self.main.number(row));
        let label = self.main.columns.first().map_or("", String::as_str);
        larger.map_or_else(String::new, |none| {
            let name = self.main.cell(none, label);
            // In two sentences, as the figure checker takes "left out" for a denial of the number.
            format!(
                " The row {{{{{name}}}}} has {}. It is no value, so it is not ranked.",
                self.number_of(none)
            )
        })
    }

    /// The event whose people or sessions are counted, which their noun does not say. Views go without saying.
    fn unsaid_event(&self) -> Option<&str> {
        let measure = &self.intent.measure;
        let event = measure.event.as_deref().filter(|event| *event != VIEW);
        event.filter(|_| measure.math != Math::Total)
    }

    fn reply(&self, sentence: &str, headline: String, with_scope: bool) -> ModelReply {
        let mut text = sentence.to_owned();
        if with_scope {
            if !self.intent.conditions.is_empty() {
                text.push_str(&format!(" Filter: {}.", joined(&self.intent.conditions)));
            }
            let period = self.intent.span.words(self.calendar);
            let period = ["on ", "in ", "from "]
                .iter()
                .find_map(|word| period.strip_prefix(word))
                .unwrap_or(&period);
            text.push_str(&format!(" Period: {period}."));
        }
        if let Some(event) = self.unsaid_event() {
            text.push_str(&format!(" Event: \"{event}\"."));
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

/// The noun for a number: "page view" for one, else "page views".
fn counted_noun(noun: &str, number: Option<f64>) -> &str {
    noun.strip_suffix('s').filter(|_| number == Some(1.0)).unwrap_or(noun)
}

/// What an intent is about, for messages.
pub(crate) fn about(intent: &Intent, calendar: &Calendar) -> String {
    let filter = if intent.conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", joined(&intent.conditions))
    };
    format!("{}{filter} {}", intent.measure.noun, intent.span.words(calendar))
}

/// `status is 404 and browser is Firefox`.
fn joined(conditions: &[Condition]) -> String {
    let words: Vec<&str> = conditions.iter().map(|condition| condition.words.as_str()).collect();
    words.join(" and ")
}
