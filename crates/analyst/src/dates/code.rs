//! Days as code compares them: `date = '2015-05-18'`, `timestamp >= 2015-05-18`.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Calendar, Span, When, midnight, midnight_after};
use crate::cursor::Cursor;
use crate::tokens::{Kind, tokenize};

/// The ends of a period; none where nothing was said of one.
type Ends = (Option<NaiveDateTime>, Option<NaiveDateTime>);

/// `date = 2015-05-18`, `day >= 2015-05-18 and day < 2015-05-20`, `date between A and B`.
pub(super) fn compared_day(cursor: &mut Cursor, _: &Calendar) -> Option<When> {
    let (mut from, mut to) = eat_test(cursor)?;
    let mut ahead = *cursor;
    if ahead.eat(&["and"]).is_some()
        && let Some((next_from, next_to)) = eat_test(&mut ahead)
        && (from.is_none() || next_from.is_none())
        && (to.is_none() || next_to.is_none())
    {
        (from, to) = (from.or(next_from), to.or(next_to));
        *cursor = ahead;
    }
    span(from, to)
}

fn span(from: Option<NaiveDateTime>, to: Option<NaiveDateTime>) -> Option<When> {
    let in_order = from.zip(to).is_none_or(|(from, to)| from < to);
    in_order.then(|| {
        When::Span(Span {
            from,
            to,
            relative: None,
            notes: Vec::new(),
        })
    })
}

/// One comparison. An instant is after a day from its first moment on, a day only when that day is over.
fn eat_test(cursor: &mut Cursor) -> Option<Ends> {
    let mut ahead = *cursor;
    let name = ahead.eat(&["date", "day", "timestamp"])?;
    let of_days = name != "timestamp";
    let ends = if ahead.eat(&["between"]).is_some() {
        let first = eat_day(&mut ahead)?;
        ahead.eat(&["and"])?;
        let last = eat_day(&mut ahead)?;
        of_days.then_some((Some(midnight(first)), Some(midnight_after(last))))?
    } else {
        let sign = ahead.eat(&["=", ">=", ">", "<=", "<"])?;
        let day = eat_day(&mut ahead)?;
        match sign {
            "=" if of_days => (Some(midnight(day)), Some(midnight_after(day))),
            ">=" => (Some(midnight(day)), None),
            ">" if of_days => (Some(midnight_after(day)), None),
            "<=" if of_days => (None, Some(midnight_after(day))),
            "<" => (None, Some(midnight(day))),
            _ => return None,
        }
    };
    *cursor = ahead;
    Some(ends)
}

/// A date in figures, in quotes or not.
fn eat_day(cursor: &mut Cursor) -> Option<NaiveDate> {
    let token = cursor.peek()?;
    let kind = match token.kind {
        Kind::Quoted => match &tokenize(&token.text)[..] {
            [only] => only.kind.clone(),
            _ => return None,
        },
        ref kind => kind.clone(),
    };
    let Kind::Date { year, month, day } = kind else {
        return None;
    };
    cursor.at += 1;
    NaiveDate::from_ymd_opt(year, month, day)
}
