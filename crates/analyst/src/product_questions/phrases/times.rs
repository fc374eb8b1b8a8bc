//! Times that are counted: "week 1", "the next day", "the 7 days before", "on at least 3 days".

use super::super::events::event_at;
use super::super::pieces::{Piece, Times, Unit};
use super::Ground;
use super::windows::{eat_length, eat_unit, is_event_next};
use crate::cursor::Cursor;
use crate::dates::{Span, When, when_at};

/// "week 1", "week-2", "D7", "on day 7".
pub(super) fn index(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["on", "in", "at", "for", "of"]);
    let token = cursor.peek()?;
    // "in the 1st week" can be week 0 or week 1, so that only "week 1" is read.
    let short = [("d", Unit::Day), ("w", Unit::Week), ("m", Unit::Month)];
    let numbered =
        |(letter, unit): &(&str, Unit)| Some((*unit, token.lower.strip_prefix(letter)?.parse::<u32>().ok()?));
    if let Some((unit, number)) = short.iter().find_map(numbered) {
        cursor.at += 1;
        eat_of_them(cursor, ground);
        return Some(Piece::Index(unit, number));
    }
    let unit = match cursor.eat(&["day", "week", "month", "hour"])? {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        _ => Unit::Hour,
    };
    cursor.eat(&["-", "no", "number", "#"]);
    // "the week 14 to 20 June 2026" is a time.
    if matches!(
        when_at(cursor.tokens, cursor.at, ground.calendar),
        Some((_, When::Span(_)))
    ) && cursor.at < cursor.tokens.len()
    {
        return None;
    }
    let number = if cursor.eat(&["zero"]).is_some() {
        0
    } else {
        cursor.eat_count()?
    };
    eat_of_them(cursor, ground);
    Some(Piece::Index(unit, number))
}

/// "after their signup day", "after the signup", "after that": what an index is counted from anyway.
fn eat_of_them(cursor: &mut Cursor, ground: Ground<'_>) {
    let mut ahead = *cursor;
    if ahead.eat(&["after"]).is_none() {
        return;
    }
    if ahead.eat(&["that", "it", "this"]).is_some() {
        *cursor = ahead;
        return;
    }
    ahead.eat(&["their", "the", "his", "her", "its"]);
    ahead.eat(&["first"]);
    if let Some((end, _)) = (ahead.at < ahead.tokens.len())
        .then(|| event_at(ahead.tokens, ahead.at, &ground.knowledge.events))
        .flatten()
    {
        ahead.at = end;
        ahead.eat(&["day", "week", "date", "month"]);
        *cursor = ahead;
    }
}

/// "the next day", "in the week after", "two weeks later".
pub(super) fn offset(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    let mut ahead = *cursor;
    ahead.eat(&["in", "on", "during", "within", "for"]);
    ahead.eat(&["the", "that"]);
    let piece = if ahead
        .eat(&["next", "following", "subsequent", "very next"])
        .or_else(|| ahead.eat_one_of(&["very next", "directly following"]))
        .is_some()
    {
        let unit = eat_unit(&mut ahead)?;
        Piece::Offset(unit, 1)
    } else if let Some((count, unit)) = eat_length(&mut ahead) {
        ahead.eat_one_of(&["later", "after that", "afterwards", "after it", "thereafter"])?;
        Piece::Offset(unit, count)
    } else {
        let unit = eat_unit(&mut ahead)?;
        ahead.eat_one_of(&[
            "after that",
            "after it",
            "after this",
            "thereafter",
            "afterwards",
            "after",
        ])?;
        Piece::Offset(unit, 1)
    };
    let Piece::Offset(unit, _) = piece else { return None };
    // "the week after signing up", "the day after 5 June" say from when.
    let dated = matches!(
        when_at(ahead.tokens, ahead.at, ground.calendar),
        Some((_, When::Span(_)))
    );
    let of_event = is_event_next(&ahead, ground);
    let counted = ahead.tokens[ahead.at - 1].is("after");
    if !matches!(unit, Unit::Day | Unit::Week | Unit::Month)
        || (counted && ((dated && ahead.word() != ",") || of_event))
    {
        return None;
    }
    *cursor = ahead;
    Some(piece)
}

/// "the 7 days before", "the month before that", "the previous week".
pub(super) fn prior(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "from"]);
    cursor.eat(&["the", "that"]);
    cursor.eat(&["same"]);
    let length = |cursor: &mut Cursor| -> Option<Option<(u32, Unit)>> {
        if cursor
            .eat_one_of(&["period", "stretch", "time", "number of days"])
            .is_some()
        {
            return Some(None);
        }
        if let Some(length) = eat_length(cursor) {
            return Some(Some(length));
        }
        Some(Some((1, eat_unit(cursor)?)))
    };
    if cursor.eat(&["previous", "preceding", "prior"]).is_some() {
        let length = length(cursor)?;
        return Some(Piece::Prior(length));
    }
    let length = length(cursor)?;
    cursor.eat(&["immediately", "directly", "just", "right"]);
    if cursor
        .eat_one_of(&[
            "before that",
            "before it",
            "before this",
            "prior to that",
            "earlier",
            "prior",
        ])
        .is_some()
    {
        return Some(Piece::Prior(length));
    }
    cursor.eat(&["before"])?;
    // "the day before 5 June", "the week before signing up" say before what.
    let dated = matches!(
        when_at(cursor.tokens, cursor.at, ground.calendar),
        Some((_, When::Span(_)))
    );
    (!dated && !is_event_next(cursor, ground)).then_some(Piece::Prior(length))
}

/// "on exactly 3 days", "on at least 5 different days", "on 10 or more days", "on 2 days at least".
pub(super) fn days(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let placed = cursor.eat(&["on", "in", "during", "for"]);
    let lead = cursor.eat_one_of(&[
        "at least",
        "a minimum of",
        "minimum",
        "no fewer than",
        "no less than",
        "not less than",
        "more than",
        "over",
        "exactly",
        "precisely",
        "just",
        "only",
        "a total of",
    ]);
    let count = cursor.eat_count()?;
    let behind = cursor.eat_one_of(&["or more", "and more", "plus", "+", "at least"]);
    let different = cursor.eat(&[
        "different",
        "distinct",
        "separate",
        "individual",
        "single",
        "unique",
        "calendar",
    ]);
    let unit = cursor.eat(&["days", "day", "weeks", "week", "months", "month"])?;
    let unit = match unit.trim_end_matches('s') {
        "day" => Unit::Day,
        "week" => Unit::Week,
        _ => Unit::Month,
    };
    let after = cursor.eat_one_of(&["or more", "at least", "at minimum", "exactly", "only", "alone"]);
    let times = match (lead, behind.or(after)) {
        (Some("more than" | "over"), None) => Times::AtLeast(count.checked_add(1)?),
        (Some("exactly" | "precisely" | "just" | "only"), None | Some("exactly" | "only" | "alone")) => {
            Times::Exactly(count)
        }
        (Some("a total of"), None) => Times::Unclear(count),
        (Some(_), None) | (None, Some("or more" | "and more" | "plus" | "+" | "at least" | "at minimum")) => {
            Times::AtLeast(count)
        }
        (None, Some("exactly" | "only" | "alone")) => Times::Exactly(count),
        (None, None) if different.is_some() => Times::Unclear(count),
        (None, None) if placed == Some("on") && unit == Unit::Day => Times::Unclear(count),
        _ => return None,
    };
    // "for at least 3 days" lasts; "over 3 days" and "only 3 days" without a preposition are times.
    let lasts = placed == Some("for")
        || (placed.is_none() && !matches!(lead, Some("at least" | "exactly" | "more than")) && behind.is_none());
    (!lasts && count > 0).then_some(Piece::Days(times, unit))
}

/// "in each of the four weeks", "on every day of".
pub(super) fn each(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "on", "during"])?;
    let all = cursor.eat(&["each", "every", "all"])?;
    cursor.eat_one_of(&["single", "one"]);
    cursor.eat(&["of"]);
    cursor.eat(&["the", "these", "those"]);
    let count = cursor.eat_count();
    let unit = cursor.eat(&["days", "day", "weeks", "week"])?;
    // "in all days" needs a number; "each" has none of its own.
    (all != "all" || count.is_some()).then_some(())?;
    let unit = if unit.starts_with("day") { Unit::Day } else { Unit::Week };
    cursor.eat(&["of"]);
    if cursor.tokens[cursor.at - 1].is("of") {
        // The preposition belongs to the date behind it.
        cursor.at -= 1;
    }
    Some(Piece::Days(Times::Each(count), unit))
}

/// "in the week from Sunday 7 June to Saturday 13 June 2026", "over the whole of June".
pub(super) fn weeks_from(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "over", "the"]);
    cursor.eat(&["the"]);
    if cursor
        .eat_one_of(&[
            "whole of",
            "entire month of",
            "whole month of",
            "whole",
            "entire",
            "entirety of",
            "full month of",
        ])
        .is_none()
    {
        cursor.eat_count();
        cursor.eat(&["week", "weeks", "period", "stretch", "time"])?;
        cursor.eat(&["running", "lasting", ",", "(", "that"]);
        cursor.eat(&["goes", "runs"]);
        matches!(cursor.word(), "from" | "between").then_some(())?;
    }
    let (end, when) = when_at(cursor.tokens, cursor.at, ground.calendar)?;
    cursor.at = end;
    match when {
        When::Span(span) => Some(Piece::Span(span)),
        When::Hours { .. } | When::Doubt(_) => None,
    }
}

/// "the week of Sunday, 7 June 2026": it says with which day the week begins.
pub(super) fn week_of_sunday(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "on"]);
    cursor.eat(&["the"]);
    cursor.eat(&["week"])?;
    cursor.eat_one_of(&[
        "of the",
        "of",
        "commencing on",
        "commencing",
        "that starts on",
        "that begins on",
        "starting with",
        "beginning with",
    ])?;
    (cursor.word() == "sunday").then_some(())?;
    let (end, when) = when_at(cursor.tokens, cursor.at, ground.calendar)?;
    let When::Span(span) = when else { return None };
    let first = span.single_day()?;
    cursor.at = end;
    let week = Span::days(first, first + chrono::Duration::days(6));
    Some(Piece::Span(Span {
        notes: span.notes,
        ..week
    }))
}
