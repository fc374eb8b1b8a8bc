//! One day, month or year as it stands in a question, not yet resolved.

use chrono::{NaiveDate, Weekday};

use crate::cursor::Cursor;
use crate::dates::Calendar;
use crate::tokens::{Kind, Token};

/// A day, month, year or time as far as the words say it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u32>,
    pub(super) day: Option<u32>,
    /// The weekday that was named.
    pub(super) weekday: Option<Weekday>,
    /// Two readings of `05/06/2015`.
    pub(super) slash: Option<(u32, u32)>,
    /// Minutes of the day.
    pub(super) time: Option<u32>,
}

impl Point {
    pub(super) fn of_day(day: NaiveDate) -> Self {
        use chrono::Datelike;
        Self {
            year: Some(day.year()),
            month: Some(day.month()),
            day: Some(day.day()),
            ..Self::default()
        }
    }

    /// True where a date is named, not only a time.
    pub(super) fn has_date(&self) -> bool {
        self.year.is_some() || self.month.is_some() || self.day.is_some() || self.weekday.is_some()
    }
}

/// How much the words before vouch for a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Context {
    /// Nothing: the words must show by themselves that they are a date.
    Alone,
    /// A preposition of time stands before: a year or a month may stand alone.
    AfterPreposition,
    /// One end of a range: a number may be a day, if the other end says of which month.
    InRange,
}

const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may", "may"),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
];

pub(super) const WEEKDAYS: [(&str, &str, Weekday); 7] = [
    ("monday", "mon", Weekday::Mon),
    ("tuesday", "tue", Weekday::Tue),
    ("wednesday", "wed", Weekday::Wed),
    ("thursday", "thu", Weekday::Thu),
    ("friday", "fri", Weekday::Fri),
    ("saturday", "sat", Weekday::Sat),
    ("sunday", "sun", Weekday::Sun),
];

/// Reads a date, a time, or a date with a time.
pub(super) fn eat_point(cursor: &mut Cursor, context: Context, calendar: &Calendar) -> Option<Point> {
    if let Some(time) = eat_time(cursor) {
        return Some(Point {
            time: Some(time),
            ..Point::default()
        });
    }
    let mut ahead = *cursor;
    let mut point = eat_date(&mut ahead, context, calendar)?;
    let mut with_time = ahead;
    with_time.eat(&["at", ","]);
    if let Some(time) = eat_time(&mut with_time) {
        point.time = Some(time);
        ahead = with_time;
    }
    *cursor = ahead;
    Some(point)
}

fn eat_date(cursor: &mut Cursor, context: Context, calendar: &Calendar) -> Option<Point> {
    let mut ahead = *cursor;
    if let Some(day) = super::relative::eat_day(&mut ahead, calendar) {
        *cursor = ahead;
        return Some(Point::of_day(day));
    }
    let the = ahead.eat(&["the"]).is_some();
    let weekday = eat_weekday(&mut ahead);
    if weekday.is_some() {
        ahead.eat(&[","]);
        ahead.eat(&["the"]);
    }
    let point = eat_calendar_date(&mut ahead, context, the || weekday.is_some());
    match (point, weekday) {
        (Some(point), weekday) => {
            *cursor = ahead;
            Some(Point { weekday, ..point })
        }
        (None, Some(weekday)) => {
            cursor.at += 1 + usize::from(the);
            Some(Point {
                weekday: Some(weekday),
                ..Point::default()
            })
        }
        (None, None) => None,
    }
}

fn eat_weekday(cursor: &mut Cursor) -> Option<Weekday> {
    let token = cursor.peek()?;
    let (full, _, weekday) = WEEKDAYS
        .iter()
        .find(|(full, short, _)| token.is(full) || token.is(short))?;
    // "sun" and "sat" are words as well: the short forms count with a capital only.
    let written_as_name = token.is(full) || token.text.starts_with(char::is_uppercase);
    written_as_name.then(|| cursor.at += 1)?;
    Some(*weekday)
}

fn eat_calendar_date(cursor: &mut Cursor, context: Context, marked: bool) -> Option<Point> {
    let token = cursor.peek()?;
    let point = match token.kind {
        Kind::Date { year, month, day } => Point {
            year: Some(year),
            month: Some(month),
            day: Some(day),
            ..Point::default()
        },
        Kind::SlashDate { first, second, year } => Point {
            year: Some(year),
            slash: Some((first, second)),
            ..Point::default()
        },
        Kind::YearMonth { year, month } => Point {
            year: Some(year),
            month: Some(month),
            ..Point::default()
        },
        Kind::Ordinal(day @ 1..=31) => return day_first(cursor, day, marked || context != Context::Alone),
        Kind::Number(_) => {
            let number = token.integer()?;
            if (1..=31).contains(&number) {
                return day_first(cursor, number, context == Context::InRange);
            }
            let is_year = (1990..=2100).contains(&number) && context != Context::Alone;
            is_year.then(|| cursor.at += 1)?;
            return Some(Point {
                year: i32::try_from(number).ok(),
                ..Point::default()
            });
        }
        Kind::Word => {
            return match ordinal_word(token) {
                Some(_) => day_in_words(cursor, context),
                None => month_first(cursor, context),
            };
        }
        _ => return None,
    };
    cursor.at += 1;
    Some(point)
}

const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

fn ordinal_word(token: &Token) -> Option<u32> {
    let found = ORDINALS.iter().zip(1..).find(|(word, _)| token.is(word));
    let tens = [("thirtieth", 30), ("twenty", 20), ("thirty", 30)];
    let ten = || tens.iter().find(|(word, _)| token.is(word)).map(|(_, ten)| *ten);
    found.map(|(_, number)| number).or_else(ten)
}

/// Steps over a day's number in words: `nineteenth`, `twenty-first`.
fn eat_ordinal(cursor: &mut Cursor) -> Option<u32> {
    let mut ahead = *cursor;
    let token = ahead.peek()?;
    let mut day = ordinal_word(token)?;
    ahead.at += 1;
    if token.is("twenty") || token.is("thirty") {
        ahead.eat(&["-"]);
        day += ahead.peek().and_then(ordinal_word).filter(|one| *one < 10)?;
        ahead.at += 1;
    }
    *cursor = ahead;
    (day <= 31).then_some(day)
}

/// `nineteenth of May`. The word alone counts things as well, so a month must stand with it, or another day.
fn day_in_words(cursor: &mut Cursor, context: Context) -> Option<Point> {
    let mut ahead = *cursor;
    let day = eat_ordinal(&mut ahead)?;
    // "the first May visitors" are none of a day; "the first of May" is one.
    if day <= 3 && context != Context::InRange && ahead.word() != "of" {
        return None;
    }
    // `day_first` steps over one token, the last of the number.
    ahead.at -= 1;
    let point = day_first(&mut ahead, day, context == Context::InRange)?;
    *cursor = ahead;
    Some(point)
}

/// `17`, `17 May`, `17th of May, 2015`.
fn day_first(cursor: &mut Cursor, day: u32, may_stand_alone: bool) -> Option<Point> {
    let mut ahead = *cursor;
    ahead.at += 1;
    let before_month = ahead;
    ahead.eat(&["of"]);
    ahead.eat(&["the"]);
    if let Some(month) = eat_month(&mut ahead, true) {
        let year = eat_year(&mut ahead);
        *cursor = ahead;
        return Some(Point {
            day: Some(day),
            month: Some(month),
            year,
            ..Point::default()
        });
    }
    may_stand_alone.then_some(())?;
    *cursor = before_month;
    Some(Point {
        day: Some(day),
        ..Point::default()
    })
}

/// `May`, `May 17th`, `May 17, 2015`, `May 2015`.
fn month_first(cursor: &mut Cursor, context: Context) -> Option<Point> {
    let mut ahead = *cursor;
    let named = cursor.peek()?.text.starts_with(char::is_uppercase) && cursor.at > 0;
    let month = eat_month(&mut ahead, true)?;
    let after_month = ahead;
    if let Some(year) = eat_year(&mut ahead) {
        *cursor = ahead;
        return Some(Point {
            month: Some(month),
            year: Some(year),
            ..Point::default()
        });
    }
    let the = ahead.eat(&["the"]).is_some();
    let mut after_day = ahead;
    let day = match ahead.peek().map(|token| &token.kind) {
        // "visitors in May first came": without an article or a year that is no day.
        Some(Kind::Word) => {
            eat_ordinal(&mut after_day).filter(|day| *day > 3 || the || eat_year(&mut after_day.clone()).is_some())
        }
        Some(Kind::Ordinal(day)) => {
            after_day.at += 1;
            Some(*day)
        }
        Some(Kind::Number(_)) => {
            after_day.at += 1;
            ahead.peek().and_then(Token::integer)
        }
        _ => None,
    };
    if let Some(day @ 1..=31) = day {
        ahead = after_day;
        let year = eat_year(&mut ahead);
        *cursor = ahead;
        return Some(Point {
            month: Some(month),
            day: Some(day),
            year,
            ..Point::default()
        });
    }
    // "may" is a verb, too: alone it is the month only after a preposition or with a capital.
    (context != Context::Alone || named).then_some(())?;
    *cursor = after_month;
    Some(Point {
        month: Some(month),
        ..Point::default()
    })
}

fn eat_month(cursor: &mut Cursor, short: bool) -> Option<u32> {
    let word = cursor.word();
    let matches = |(full, abbreviated): &(&str, &str)| {
        word == *full || (short && (word == *abbreviated || (word == "sept" && *full == "september")))
    };
    let position = MONTHS.iter().position(matches)?;
    cursor.at += 1;
    if cursor.word() == "." {
        cursor.at += 1;
    }
    u32::try_from(position + 1).ok()
}

/// `2015`, `, 2015`, `of 2015`, and `in 2015` after a day and month.
pub(super) fn eat_year(cursor: &mut Cursor) -> Option<i32> {
    let mut ahead = *cursor;
    ahead.eat(&[",", "of", "in"]);
    let year = ahead.peek()?.integer().filter(|year| (1990..=2100).contains(year))?;
    ahead.at += 1;
    *cursor = ahead;
    i32::try_from(year).ok()
}

/// `10:30`, `10 am`, `noon`, `midnight`, `10 o'clock`: minutes of the day.
pub(super) fn eat_time(cursor: &mut Cursor) -> Option<u32> {
    let mut ahead = *cursor;
    if let Some(word) = ahead.eat(&["noon", "midday", "midnight"]) {
        *cursor = ahead;
        return Some(if word == "midnight" { 0 } else { 12 * 60 });
    }
    let token = ahead.peek()?;
    let minutes = match token.kind {
        Kind::Time(minutes) => minutes,
        Kind::Number(_) => token.integer().filter(|hour| *hour <= 24)? * 60,
        _ => return None,
    };
    let is_clock = matches!(token.kind, Kind::Time(_));
    ahead.at += 1;
    let half = ahead
        .eat(&["am", "a.m", "pm", "p.m", "o'clock"])
        .or_else(|| ahead.eat_one_of(&["in the morning", "in the afternoon", "in the evening"]));
    if half.is_some() && ahead.word() == "." && ahead.at + 1 < ahead.tokens.len() {
        ahead.at += 1;
    }
    let twelve = minutes % (12 * 60);
    let minutes = match half {
        Some("am" | "a.m" | "in the morning") if (60..13 * 60).contains(&minutes) => twelve,
        Some("pm" | "p.m" | "in the afternoon" | "in the evening") if (60..13 * 60).contains(&minutes) => {
            twelve + 12 * 60
        }
        Some("o'clock") => minutes,
        None if is_clock => minutes,
        _ => return None,
    };
    *cursor = ahead;
    Some(minutes)
}
