//! Windows of time after a first step: "within 5 days", "in the hour after it", "a 14 day window".

use super::super::events::event_at;
use super::super::pieces::{Piece, Unit};
use super::Ground;
use crate::cursor::Cursor;

pub(super) fn eat_unit(cursor: &mut Cursor) -> Option<Unit> {
    let unit = match cursor.word() {
        "second" | "seconds" | "sec" | "secs" => Unit::Second,
        "minute" | "minutes" | "min" | "mins" => Unit::Minute,
        "hour" | "hours" | "hr" | "hrs" | "h" => Unit::Hour,
        "day" | "days" | "d" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        _ => return None,
    };
    cursor.at += 1;
    Some(unit)
}

/// "5 days", "a day", "one hour", "14-day".
pub(super) fn eat_length(cursor: &mut Cursor) -> Option<(u32, Unit)> {
    let mut ahead = *cursor;
    let count = match ahead.eat(&["a", "an"]) {
        Some(_) => 1,
        None => ahead.eat_count()?,
    };
    ahead.eat(&["full", "whole"]);
    ahead.eat(&["-"]);
    let unit = eat_unit(&mut ahead)?;
    *cursor = ahead;
    (1..=10_000).contains(&count).then_some((count, unit))
}

/// True where an event is named next, perhaps behind an article.
pub(super) fn is_event_next(cursor: &Cursor, ground: Ground<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.eat(&["the", "a", "an", "their", "his", "her", "its"]);
    ahead.eat(&["first"]);
    let names = |at: usize| at < ahead.tokens.len() && event_at(ahead.tokens, at, &ground.knowledge.events).is_some();
    names(cursor.at) || names(ahead.at)
}

/// "after it", "of that", which say again what the window is counted from.
fn eat_of_it(cursor: &mut Cursor) {
    let mut ahead = *cursor;
    let joint = ahead.eat(&["after", "of", "from"]);
    let it = ahead.eat(&["it", "that", "this", "them", "each", "one"]);
    if joint.is_some() && it.is_some() {
        if matches!(it, Some("each" | "one")) && ahead.eat(&["other", "another"]).is_none() {
            return;
        }
        *cursor = ahead;
    } else if joint == Some("after") && matches!(ahead.word(), "" | "," | "?" | "." | ")") {
        *cursor = ahead;
    }
}

/// Steps over "of" or "after" where an event follows it; true where one does.
fn eat_anchor(cursor: &mut Cursor, ground: Ground<'_>) -> bool {
    let mut ahead = *cursor;
    let joint = ahead.eat(&["of", "after", "following", "from"]);
    let anchored = joint.is_some() && is_event_next(&ahead, ground);
    if anchored {
        *cursor = ahead;
    } else {
        eat_of_it(cursor);
    }
    anchored
}

/// "within 5 days", "within 30 minutes of a search", "in the hour after it", "at most 3 days later".
pub(super) fn window(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    if cursor.eat(&["all"]).is_some() && cursor.word() != "within" {
        return None;
    }
    let lead = cursor.eat_one_of(&[
        "within",
        "inside of",
        "inside",
        "no more than",
        "no later than",
        "not more than",
        "at most",
        "up to",
        "in at most",
        "in no more than",
        "in the",
        "during the",
        "in",
    ]);
    let exact = matches!(lead, Some("within" | "inside of" | "inside"));
    if exact {
        cursor.eat(&["the"]);
    }
    let length = match (lead, eat_length(cursor)) {
        (_, Some(length)) => Some(length),
        // "in the hour after it", "within the hour".
        (Some("in the" | "during the" | "within"), None) => {
            let mut ahead = *cursor;
            ahead.eat(&["next", "first", "following"]);
            let length = eat_length(&mut ahead);
            let small = length.or_else(|| {
                let unit = eat_unit(&mut ahead)?;
                matches!(unit, Unit::Second | Unit::Minute | Unit::Hour).then_some((1, unit))
            });
            if small.is_some() && ahead.at > cursor.at + 1 + usize::from(length.is_some()) {
                // "the next 14 days" of a forecast is no window of a first step.
                let follows = matches!(ahead.word(), "after" | "of" | "following");
                follows.then_some(())?;
            }
            *cursor = ahead;
            small
        }
        _ => None,
    };
    let (count, unit) = length?;
    let mut after = *cursor;
    let later = after.eat(&["later", "after", "afterwards", "thereafter"]).is_some();
    match lead {
        Some("within" | "inside of" | "inside") => {
            let mut ahead = *cursor;
            if ahead.eat(&["later", "afterwards", "thereafter"]).is_some() {
                *cursor = ahead;
            }
        }
        Some("in the" | "during the") => {
            // "in the 3 days after it"; "in the last 3 days" is a time.
            (cursor.word() == "after" || cursor.word() == "following").then_some(())?;
        }
        Some("in") | None => {
            // "3 days or less"
            cursor.eat_one_of(&["or less", "or fewer", "or sooner", "at most", "max", "maximum"])?;
            cursor.eat(&["later", "after"]);
        }
        Some("up to" | "at most" | "no more than" | "not more than" | "no later than") => {
            later.then_some(())?;
            if after.word() != "" && cursor.word() == "after" && !is_event_next(&after, ground) {
                // "up to 3 days after 5 June" is a time.
                return None;
            }
            if cursor.word() != "after" {
                *cursor = after;
            }
        }
        Some(_) => {}
    }
    let anchored = eat_anchor(cursor, ground);
    Some(Piece::Window { count, unit, anchored })
}

/// "7 day window", "with a conversion window of 14 days", "(7 days)".
pub(super) fn window_noun(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let piece = |(count, unit)| Piece::Window {
        count,
        unit,
        anchored: false,
    };
    if cursor.eat(&["("]).is_some() {
        let length = eat_length(cursor)?;
        cursor.eat(&["window", "max", "later"]);
        cursor.eat(&[")"])?;
        return Some(piece(length));
    }
    cursor.eat(&["with", "and", "using", "in"]);
    cursor.eat(&["a", "an", "the"]);
    cursor.eat(&["conversion", "time", "funnel", "attribution"]);
    if cursor.eat(&["window"]).is_some() {
        cursor.eat(&["of", ":", "is", "=", "being"]);
        return Some(piece(eat_length(cursor)?));
    }
    let length = eat_length(cursor)?;
    cursor.eat(&["conversion", "time", "funnel", "long"]);
    cursor.eat(&["window", "limit"])?;
    Some(piece(length))
}
