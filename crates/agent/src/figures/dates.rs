//! Dates and times in prose, and the cells they name.
//!
//! A mention may leave parts out (`18 May`, `14:00`, `Monday`); it names a cell when every part
//! that is there agrees. A weekday that does not fit the date makes the mention contradict itself.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};
use regex::{Captures, Regex};

/// How long the bucket of a time cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    Hour,
    Day,
    Month,
}

/// The start of the bucket that a time cell stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) day: NaiveDate,
    pub(super) time: NaiveTime,
    pub(super) grain: Grain,
}

impl Moment {
    /// For comparing two cells.
    pub(super) fn order(&self) -> (NaiveDate, NaiveTime) {
        (self.day, self.time)
    }
}

/// A date or time as it stands in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mention {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u32>,
    pub(super) day: Option<u32>,
    pub(super) time: Option<(u32, u32)>,
    pub(super) weekday: Option<Weekday>,
    /// `May 18` and not `18 May`: a number may follow, as in `May 18 and 19`.
    pub(super) month_first: bool,
}

impl Mention {
    /// True where every part that is there agrees with the cell.
    pub(super) fn names(&self, cell: &Moment) -> bool {
        let coarse = cell.grain == Grain::Month;
        if coarse && (self.day.is_some() || self.weekday.is_some() || self.month.is_none()) {
            return false;
        }
        let time = self.time.is_none_or(|(hour, minute)| {
            cell.grain == Grain::Hour && (cell.time.hour(), cell.time.minute()) == (hour, minute)
        });
        time && self.year.is_none_or(|year| cell.day.year() == year)
            && self.month.is_none_or(|month| cell.day.month() == month)
            && (coarse || self.day.is_none_or(|day| cell.day.day() == day))
            && (coarse || self.weekday.is_none_or(|weekday| cell.day.weekday() == weekday))
    }

    /// True where the mention has the parts that the rule wants for a literal's row label.
    pub(super) fn is_full(&self, grain: Grain) -> bool {
        match grain {
            Grain::Month => self.month.is_some(),
            Grain::Day => self.month.is_some() && self.day.is_some(),
            Grain::Hour => self.month.is_some() && self.day.is_some() && self.time.is_some(),
        }
    }

    /// True where the weekday is not that of the date, in each year that the cells have.
    pub(super) fn contradicts_itself(&self, years: &[i32]) -> bool {
        let (Some(weekday), Some(month), Some(day)) = (self.weekday, self.month, self.day) else {
            return false;
        };
        let years = self.year.map_or_else(|| years.to_vec(), |year| vec![year]);
        let dates: Vec<NaiveDate> = years
            .into_iter()
            .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
            .collect();
        !dates.is_empty() && dates.iter().all(|date| date.weekday() != weekday)
    }

    /// The days that the mention covers, years taken from `year` where it has none.
    pub(super) fn days(&self, year: i32) -> Option<(NaiveDate, NaiveDate)> {
        if self.time.is_some() || (self.weekday.is_some() && self.day.is_none()) {
            return None;
        }
        let year = self.year.unwrap_or(year);
        match (self.month, self.day) {
            (Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day).map(|date| (date, date)),
            (Some(month), None) => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                let next = if month == 12 {
                    NaiveDate::from_ymd_opt(year + 1, 1, 1)
                } else {
                    first.with_month(month + 1)
                };
                Some((first, next?.pred_opt()?))
            }
            (None, None) if self.year.is_some() => Some((
                NaiveDate::from_ymd_opt(year, 1, 1)?,
                NaiveDate::from_ymd_opt(year, 12, 31)?,
            )),
            _ => None,
        }
    }
}

/// Reads a time cell: `2015-05-18`, `2015-05-18 10:00`, `2015-05-18T10:00:00Z`. The column's name
/// tells a month from its first day.
pub(super) fn parse_cell(text: &str, column: &str) -> Option<Moment> {
    let day: NaiveDate = text.get(..10)?.parse().ok()?;
    if let Some(rest) = text.get(10..).filter(|rest| !rest.is_empty()) {
        let clock = rest.strip_prefix([' ', 'T'])?;
        let time = NaiveTime::parse_from_str(clock.get(..5)?, "%H:%M").ok()?;
        return Some(Moment {
            day,
            time,
            grain: Grain::Hour,
        });
    }
    let grain = if column == "month" { Grain::Month } else { Grain::Day };
    Some(Moment {
        day,
        time: NaiveTime::MIN,
        grain,
    })
}

const MONTH: &str =
    r"(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|tember|t|ober|ember)?\b\.?)";
const WEEKDAY: &str = r"(?:(mon|tues|wednes|thurs|fri|satur|sun)day\b)";
const DAY: &str = r"(\d{1,2})(?:st|nd|rd|th)?";
/// After a day first there is no comma: `On 18 May, 2015 visitors came` has no year.
const SPACED_YEAR: &str = r"(?: ((?:19|20)\d{2})\b)?";
const YEAR: &str = r"(?:,? ((?:19|20)\d{2})\b)?";
const CLOCK: &str = r"(\d{1,2}):(\d{2})(?::\d{2})?";

fn pattern(source: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "the patterns are constants of this file, and all are used by its tests"
    )]
    Regex::new(&format!("(?i)^(?:{source})")).expect("a valid pattern")
}

static ISO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?Z?)?"));
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"{DAY}(?: of)? {MONTH}{SPACED_YEAR}")));
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"{MONTH} (?:the )?{DAY}\b{YEAR}")));
static MONTH_YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"{MONTH} ((?:19|20)\d{{2}})\b")));
static MONTH_ALONE: LazyLock<Regex> = LazyLock::new(|| pattern(MONTH));
static WEEKDAY_START: LazyLock<Regex> = LazyLock::new(|| pattern(WEEKDAY));
static CLOCK_START: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"{CLOCK}\b")));
static NUMERIC: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d{1,2})([./])(\d{1,2})[./]((?:19|20)\d{2})\b"));
static SHORTHAND: LazyLock<Regex> = LazyLock::new(|| {
    let joint = r"\s*(?:,|,? ?\band\b|\bto\b|\bor\b|\buntil\b|\bthrough\b|–|-)\s*(?:the )?";
    pattern(&format!(
        r"{DAY}((?:{joint}\d{{1,2}}(?:st|nd|rd|th)?\b)*?){joint}\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}{SPACED_YEAR}"
    ))
});
static AFTER_DATE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r",?(?: at)? {CLOCK}\b")));
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?: UTC)?,?(?: on)? "));
static AFTER_WEEKDAY: LazyLock<Regex> = LazyLock::new(|| pattern(r",? (?:the )?"));

/// Reads a date or time at the start of `text`; the length and the mention.
pub(super) fn read(text: &str) -> Option<(usize, Mention)> {
    if let Some(found) = CLOCK_START.captures(text) {
        let time = clock(&found, 1)?;
        let length = found[0].len();
        let joined = BETWEEN.find(&text[length..]).and_then(|gap| {
            let from = length + gap.end();
            read_day(&text[from..]).map(|(end, mention)| (from + end, mention))
        });
        let (length, day) = joined.unwrap_or((length, Mention::default()));
        return Some((
            length,
            Mention {
                time: Some(time),
                ..day
            },
        ));
    }
    let (length, mut mention) = read_day(text)?;
    if mention.time.is_none()
        && mention.day.is_some()
        && let Some(found) = AFTER_DATE.captures(&text[length..])
        && let Some(time) = clock(&found, 1)
    {
        mention.time = Some(time);
        return Some((length + found[0].len(), mention));
    }
    Some((length, mention))
}

/// Reads the first day of `17 and 24 May`: its length alone, with the month of the last.
pub(super) fn read_shorthand(text: &str) -> Option<(usize, Mention)> {
    let found = SHORTHAND.captures(text)?;
    let length = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let mention = Mention {
        day: Some(valid_day(&found[1])?),
        month: month(found.get(3)?.as_str()),
        year: found.get(4).and_then(|year| year.as_str().parse().ok()),
        ..Mention::default()
    };
    Some((length, mention))
}

/// True where a bare month name at the start of `text` is written as a name.
pub(super) fn read_month(text: &str) -> Option<(usize, Mention)> {
    let found = MONTH_ALONE.captures(text)?;
    let capital = text.starts_with(char::is_uppercase);
    let mention = Mention {
        month: month(&found[1]),
        ..Mention::default()
    };
    (capital && ends_well(text, found[0].len())).then(|| (found[0].trim_end_matches('.').len(), mention))
}

fn read_day(text: &str) -> Option<(usize, Mention)> {
    if let Some(found) = WEEKDAY_START.captures(text) {
        let weekday = weekday(&found[1]);
        let length = found[0].len();
        let joined = AFTER_WEEKDAY.find(&text[length..]).and_then(|gap| {
            let from = length + gap.end();
            read_date(&text[from..]).map(|(end, mention)| (from + end, mention))
        });
        let (length, date) = joined.unwrap_or((length, Mention::default()));
        return Some((length, Mention { weekday, ..date }));
    }
    read_date(text)
}

fn read_date(text: &str) -> Option<(usize, Mention)> {
    let whole = |found: &Captures<'_>| found[0].trim_end_matches('.').len();
    if let Some(found) = ISO.captures(text) {
        let mention = Mention {
            year: found[1].parse().ok(),
            month: Some(valid_month(&found[2])?),
            day: Some(valid_day(&found[3])?),
            time: clock(&found, 4),
            ..Mention::default()
        };
        return ends_well(text, found[0].len()).then_some((found[0].len(), mention));
    }
    if let Some(found) = NUMERIC.captures(text) {
        return numeric(&found).map(|mention| (found[0].len(), mention));
    }
    if let Some(found) = DAY_MONTH.captures(text) {
        // "12 may have left" is no date.
        if matches!(&found[2], "may" | "mar") {
            return None;
        }
        let year = found.get(3).and_then(|year| year.as_str().parse().ok());
        let mention = Mention {
            day: Some(valid_day(&found[1])?),
            month: month(&found[2]),
            year,
            ..Mention::default()
        };
        return ends_well(text, whole(&found)).then_some((whole(&found), mention));
    }
    if let Some(found) = MONTH_DAY.captures(text) {
        let length = found[0].len();
        let day = valid_day(&found[2])?;
        let year = found.get(3).and_then(|year| year.as_str().parse().ok());
        let mention = Mention {
            day: Some(day),
            month: month(&found[1]),
            year,
            month_first: true,
            ..Mention::default()
        };
        return ends_well(text, length).then_some((length, mention));
    }
    let found = MONTH_YEAR.captures(text)?;
    let mention = Mention {
        month: month(&found[1]),
        year: found[2].parse().ok(),
        ..Mention::default()
    };
    ends_well(text, found[0].len()).then_some((found[0].len(), mention))
}

/// True where the date is not the start of a longer number or word.
fn ends_well(text: &str, length: usize) -> bool {
    let mut after = text[length..].chars();
    match after.next() {
        Some(',' | '.') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(next) => !next.is_alphanumeric() && next != '%',
        None => true,
    }
}

fn clock(found: &Captures<'_>, group: usize) -> Option<(u32, u32)> {
    let hour: u32 = found.get(group)?.as_str().parse().ok()?;
    let minute: u32 = found.get(group + 1)?.as_str().parse().ok()?;
    (hour < 24 && minute < 60).then_some((hour, minute))
}

/// `18.05.2015` is a day first; with slashes only a part above 12 tells which is the day.
fn numeric(found: &Captures<'_>) -> Option<Mention> {
    let (first, second): (u32, u32) = (found[1].parse().ok()?, found[3].parse().ok()?);
    let (day, month) = match &found[2] {
        "." => (first, second),
        _ if first > 12 => (first, second),
        _ if second > 12 => (second, first),
        // Day or month: nobody knows, so that it names no cell.
        _ => (0, 0),
    };
    (day <= 31 && month <= 12).then(|| Mention {
        day: Some(day),
        month: Some(month),
        year: found[4].parse().ok(),
        ..Mention::default()
    })
}

fn valid_day(text: &str) -> Option<u32> {
    text.parse().ok().filter(|day| (1..=31).contains(day))
}

fn valid_month(text: &str) -> Option<u32> {
    text.parse().ok().filter(|month| (1..=12).contains(month))
}

fn month(name: &str) -> Option<u32> {
    let names = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let lower = name.to_lowercase();
    names
        .iter()
        .position(|start| lower.starts_with(start))
        .and_then(|position| u32::try_from(position + 1).ok())
}

fn weekday(name: &str) -> Option<Weekday> {
    name.get(..3)?.parse().ok()
}
