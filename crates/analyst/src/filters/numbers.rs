//! Amounts and how they are compared: `more than 10 MB`, `between 5 and 20`, `half an hour or more`.

use hedgerow_data_api::{FieldUnit, Operator};

use crate::tokens::Kind;

use super::reader::Reader;

/// What an amount is counted in, as it was said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// Time, with its seconds.
    Time(f64),
    /// What fields are counted in otherwise.
    Of(FieldUnit),
    /// Bytes by a thousand or by 1,024: it depends on who says it.
    Unclear,
}

/// A comparison with numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub(super) end: usize,
    pub(super) operator: Operator,
    /// One number, or the two bounds.
    pub(super) values: Vec<f64>,
    pub(super) unit: Option<Unit>,
}

const COMPARATORS: [(&str, Operator); 44] = [
    ("not more than", Operator::Lte),
    ("no more than", Operator::Lte),
    ("not longer than", Operator::Lte),
    ("no longer than", Operator::Lte),
    ("not larger than", Operator::Lte),
    ("no larger than", Operator::Lte),
    ("not less than", Operator::Gte),
    ("no less than", Operator::Gte),
    ("not fewer than", Operator::Gte),
    ("no fewer than", Operator::Gte),
    ("more than or equal to", Operator::Gte),
    ("greater than or equal to", Operator::Gte),
    ("less than or equal to", Operator::Lte),
    ("more than", Operator::Gt),
    ("greater than", Operator::Gt),
    ("larger than", Operator::Gt),
    ("bigger than", Operator::Gt),
    ("higher than", Operator::Gt),
    ("longer than", Operator::Gt),
    ("wider than", Operator::Gt),
    ("taller than", Operator::Gt),
    ("at least", Operator::Gte),
    ("a minimum of", Operator::Gte),
    ("minimum of", Operator::Gte),
    ("less than", Operator::Lt),
    ("fewer than", Operator::Lt),
    ("smaller than", Operator::Lt),
    ("lower than", Operator::Lt),
    ("shorter than", Operator::Lt),
    ("narrower than", Operator::Lt),
    ("at most", Operator::Lte),
    ("a maximum of", Operator::Lte),
    ("maximum of", Operator::Lte),
    ("up to", Operator::Lte),
    ("exceeding", Operator::Gt),
    ("exceeds", Operator::Gt),
    ("above", Operator::Gt),
    ("over", Operator::Gt),
    ("below", Operator::Lt),
    ("under", Operator::Lt),
    (">=", Operator::Gte),
    ("<=", Operator::Lte),
    (">", Operator::Gt),
    ("<", Operator::Lt),
];
const EQUALS: [&str; 8] = [
    "exactly",
    "precisely",
    "equal to",
    "equals",
    "is equal to",
    "=",
    "is exactly",
    "just",
];
const OR_MORE: &[&str] = &[
    "or more",
    "or longer",
    "or higher",
    "or greater",
    "or larger",
    "or above",
    "or over",
    "and more",
    "and up",
    "and above",
    "+",
];
const OR_LESS: &[&str] = &[
    "or less",
    "or fewer",
    "or shorter",
    "or lower",
    "or smaller",
    "or below",
    "or under",
    "and below",
];
const NUMBER_WORDS: [(&str, f64); 26] = [
    ("zero", 0.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("single", 1.0),
    ("a hundred", 100.0),
    ("one hundred", 100.0),
    ("a thousand", 1000.0),
];
const TIMES: [(&str, f64); 20] = [
    ("milliseconds", 0.001),
    ("millisecond", 0.001),
    ("ms", 0.001),
    ("seconds", 1.0),
    ("second", 1.0),
    ("secs", 1.0),
    ("sec", 1.0),
    ("s", 1.0),
    ("minutes", 60.0),
    ("minute", 60.0),
    ("mins", 60.0),
    ("min", 60.0),
    ("hours", 3600.0),
    ("hour", 3600.0),
    ("hrs", 3600.0),
    ("hr", 3600.0),
    ("h", 3600.0),
    ("days", 86400.0),
    ("day", 86400.0),
    ("m", 60.0),
];
const UNITS: [(&str, Unit); 23] = [
    ("megabytes", Unit::Of(FieldUnit::Megabytes)),
    ("megabyte", Unit::Of(FieldUnit::Megabytes)),
    ("mb", Unit::Of(FieldUnit::Megabytes)),
    ("gigabytes", Unit::Unclear),
    ("gigabyte", Unit::Unclear),
    ("gb", Unit::Unclear),
    ("kilobytes", Unit::Unclear),
    ("kb", Unit::Unclear),
    ("bytes", Unit::Unclear),
    ("dollars", Unit::Of(FieldUnit::Dollars)),
    ("dollar", Unit::Of(FieldUnit::Dollars)),
    ("usd", Unit::Of(FieldUnit::Dollars)),
    ("bucks", Unit::Of(FieldUnit::Dollars)),
    ("percent", Unit::Of(FieldUnit::Percent)),
    ("per cent", Unit::Of(FieldUnit::Percent)),
    ("%", Unit::Of(FieldUnit::Percent)),
    ("pixels", Unit::Of(FieldUnit::Pixels)),
    ("pixel", Unit::Of(FieldUnit::Pixels)),
    ("px", Unit::Of(FieldUnit::Pixels)),
    ("characters", Unit::Of(FieldUnit::Characters)),
    ("character", Unit::Of(FieldUnit::Characters)),
    ("chars", Unit::Of(FieldUnit::Characters)),
    ("letters", Unit::Of(FieldUnit::Characters)),
];

impl Reader<'_> {
    /// A comparison with numbers that starts here. One number alone is `exact`.
    pub(super) fn amount_at(&self, at: usize) -> Option<Amount> {
        if let Some(amount) = self.bounds_at(at) {
            return Some(amount);
        }
        let mut cursor = self.cursor(at);
        let compared = COMPARATORS.iter().find(|(phrase, _)| cursor.eat_phrase(phrase));
        let operator = match compared {
            Some((_, operator)) => *operator,
            None => {
                cursor.eat_one_of(&EQUALS);
                Operator::Exact
            }
        };
        let (end, value, unit) = self.number_at(cursor.at)?;
        let mut amount = Amount {
            end,
            operator,
            values: vec![value],
            unit,
        };
        if operator == Operator::Exact {
            self.add_suffix(&mut amount);
        }
        Some(amount)
    }

    /// `or more` behind a number, or behind its field.
    pub(super) fn add_suffix(&self, amount: &mut Amount) {
        if amount.operator != Operator::Exact {
            return;
        }
        for (phrases, operator) in [(OR_MORE, Operator::Gte), (OR_LESS, Operator::Lte)] {
            // "0 or more than 50" are two.
            let end = self.phrase_end(amount.end, phrases);
            if let Some(end) = end.filter(|end| self.word(*end) != "than") {
                (amount.end, amount.operator) = (end, operator);
            }
        }
    }

    /// `between 5 and 20 minutes`, `not between 1 and 2`.
    fn bounds_at(&self, at: usize) -> Option<Amount> {
        let mut cursor = self.cursor(at);
        let operator = match cursor.eat_one_of(&["not between", "between"])? {
            "between" => Operator::Between,
            _ => Operator::NotBetween,
        };
        let (end, low, low_unit) = self.number_at(cursor.at)?;
        let mut cursor = self.cursor(end);
        cursor.eat(&["and"])?;
        let (end, high, high_unit) = self.number_at(cursor.at)?;
        // "between 10 and 30 minutes": the unit is that of both.
        let unit = high_unit.or(low_unit);
        let low = match (low_unit, high_unit) {
            (Some(Unit::Time(of_low)), Some(Unit::Time(of_high))) => low * of_low / of_high,
            (Some(of_low), Some(of_high)) if of_low != of_high => return None,
            _ => low,
        };
        Some(Amount {
            end,
            operator,
            values: vec![low, high],
            unit,
        })
    }

    /// A number with its unit.
    pub(super) fn number_at(&self, at: usize) -> Option<(usize, f64, Option<Unit>)> {
        let mut cursor = self.cursor(at);
        if let Some(half) = cursor.eat_one_of(&[
            "half an hour",
            "half a minute",
            "half a second",
            "half a day",
            "a quarter of an hour",
            "an hour",
            "a minute",
            "a second",
            "a day",
        ]) {
            let amount = if half.starts_with("half") {
                0.5
            } else if half.contains("quarter") {
                0.25
            } else {
                1.0
            };
            let unit = half.rsplit(' ').next().unwrap_or_default();
            let seconds = TIMES
                .iter()
                .find(|(word, _)| *word == unit)
                .map(|(_, seconds)| *seconds)?;
            return Some((cursor.at, amount, Some(Unit::Time(seconds))));
        }
        cursor.eat(&["only"]);
        let token = cursor.peek()?;
        let (value, mut unit) = match &token.kind {
            Kind::Number(number) => {
                cursor.at += 1;
                (*number, None)
            }
            Kind::Word if token.text.starts_with('$') => {
                cursor.at += 1;
                (
                    crate::numerals::number(&token.text[1..])?,
                    Some(Unit::Of(FieldUnit::Dollars)),
                )
            }
            // `100s` is 100 seconds here.
            Kind::Plural(number) => {
                cursor.at += 1;
                (f64::from(*number), Some(Unit::Time(1.0)))
            }
            _ => {
                let words = NUMBER_WORDS.iter().rev();
                let (_, value) = words.copied().find(|(words, _)| cursor.eat_phrase(words))?;
                if cursor
                    .eat(&["hundred", "thousand", "million", "half", "and a half"])
                    .is_some()
                {
                    return None;
                }
                (value, None)
            }
        };
        if unit.is_none() {
            let time = TIMES.iter().find(|(word, _)| cursor.word() == *word);
            let other = UNITS.iter().find(|(word, _)| cursor.clone().eat_phrase(word));
            if let Some((_, seconds)) = time {
                cursor.at += 1;
                unit = Some(Unit::Time(*seconds));
            } else if let Some((word, of)) = other {
                cursor.eat_phrase(word);
                unit = Some(*of);
            }
        }
        Some((cursor.at, value, unit))
    }

    /// The words of size behind an amount: `10 minutes long`, `10 MB in size`.
    pub(super) fn after_size(&self, at: usize) -> usize {
        let end = self.phrase_end(
            at,
            &[
                "in size",
                "in length",
                "in duration",
                "long",
                "large",
                "big",
                "wide",
                "high",
                "tall",
            ],
        );
        end.unwrap_or(at)
    }
}
