//! Phrases of questions about what people do: windows, weeks that are counted, numbers of days, what comes before.

mod times;
mod windows;

use hedgerow_data_api::Interval;

use super::pieces::{Piece, Stat};
use crate::cursor::Cursor;
use crate::dates::Calendar;
use crate::knowledge::Knowledge;
use crate::tokens::{Kind, Token};
use times::{days, each, index, offset, prior, week_of_sunday, weeks_from};
use windows::{is_event_next, window, window_noun};

/// What the readers of phrases look at.
#[derive(Clone, Copy)]
struct Ground<'a> {
    knowledge: &'a Knowledge,
    calendar: &'a Calendar,
}

/// The longest phrase at a token, with the position after it.
pub(super) fn phrase_at(
    tokens: &[Token],
    at: usize,
    knowledge: &Knowledge,
    calendar: &Calendar,
) -> Option<(usize, Piece)> {
    let ground = Ground { knowledge, calendar };
    let readings = [
        window,
        window_noun,
        index,
        offset,
        prior,
        days,
        each,
        weeks_from,
        week_of_sunday,
        active_users,
        then,
        than,
        words,
        statistic,
    ];
    let found = readings.iter().filter_map(|read| {
        let mut cursor = Cursor::new(tokens, at);
        read(&mut cursor, ground).map(|piece| (cursor.at, piece))
    });
    found.max_by_key(|(end, _)| *end)
}

/// "DAU", "weekly active users".
fn active_users(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let short = cursor.eat(&["dau", "daus", "wau", "waus", "mau", "maus"]);
    if let Some(short) = short {
        cursor.eat(&["users"]);
        return Some(Piece::ActiveUsers(match short {
            "dau" | "daus" => Interval::Day,
            "wau" | "waus" => Interval::Week,
            _ => Interval::Month,
        }));
    }
    let every = cursor.eat(&["daily", "weekly", "monthly"])?;
    cursor.eat_one_of(&["number of", "count of"]);
    cursor.eat(&["unique"]);
    cursor.eat(&["active", "actives"])?;
    cursor.eat(&["unique"]);
    cursor.eat(&["users", "user", "people", "persons", "visitors"]);
    Some(Piece::ActiveUsers(match every {
        "daily" => Interval::Day,
        "weekly" => Interval::Week,
        _ => Interval::Month,
    }))
}

/// An arrow, or words for what comes next in a row of steps.
fn then(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let arrows = ["- >", "= >", "→", "⇒", "➔", "➜", "»", ">"];
    if cursor.eat_one_of(&arrows).is_some() {
        return Some(Piece::Then);
    }
    let mut ahead = *cursor;
    ahead.eat(&["and", ",", "who", "that", "have", "has", "had"]);
    ahead.eat(&["have", "has", "had", "and"]);
    let phrases = [
        "then went on to",
        "then go on to",
        "after that went on to",
        "after that",
        "after this",
        "afterwards",
        "subsequently",
        "thereafter",
        "later on",
        "later",
        "then",
        "followed by",
        "went on to",
        "went on with",
        "gone on to",
        "go on to",
        "goes on to",
        "going on to",
        "moved on to",
        "move on to",
        "moves on to",
        "proceeded to",
        "proceed to",
        "continued to",
        "continued with",
        "continue to",
        "converted to",
        "converts to",
        "convert to",
    ];
    ahead.eat_one_of(&phrases)?;
    ahead.eat(&["also", "the"]);
    *cursor = ahead;
    Some(Piece::Then)
}

fn than(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let phrases = [
        "compared with",
        "compared to",
        "in comparison with",
        "in comparison to",
        "as opposed to",
        "relative to",
        "versus",
        "against",
        "than",
        "vs .",
        "vs",
    ];
    cursor.eat_one_of(&phrases)?;
    Some(Piece::Than)
}

/// Words with one meaning.
fn words(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    let known: [(&[&'static str], Piece); 9] = [
        (&["per day", "by day", "a day", "each day"], Piece::Every(Interval::Day)),
        (
            &["per week", "by week", "a week", "each week"],
            Piece::Every(Interval::Week),
        ),
        (
            &["per month", "by month", "a month", "each month"],
            Piece::Every(Interval::Month),
        ),
        (
            &[
                "first time or not",
                "first or not",
                "whether for the first time or not",
                "recurring",
                "recurrent",
            ],
            Piece::Recurring,
        ),
        (
            &[
                "for the very first time",
                "for the first time ever",
                "for the first time",
                "first - time",
                "first time",
                "first - ever",
                "first ever",
                "for their first time",
            ],
            Piece::First,
        ),
        (&["active"], Piece::Active),
        (&["as a percentage", "percentage - wise", "in percents"], Piece::Percent),
        (
            &[
                "what share of",
                "what share",
                "which share of",
                "which share",
                "the share of",
                "a share of",
                "share of",
                "as a share",
                "what portion",
                "what fraction",
                "how many percent of",
                "how many percent",
                "what per cent",
            ],
            Piece::Share,
        ),
        (&["how much people", "how much users"], Piece::People),
    ];
    for (phrases, piece) in known {
        if cursor.eat_one_of(phrases).is_some() {
            return Some(piece);
        }
    }
    // "after signing up": the event behind it comes first.
    cursor.eat(&["after", "following"])?;
    is_event_next(cursor, ground).then_some(Piece::After)
}

/// "average", "median", "95th percentile".
fn statistic(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
    let token = cursor.peek()?;
    if let Kind::Ordinal(rank) = token.kind {
        cursor.at += 1;
        cursor.eat(&["percentile"])?;
        return Some(Piece::Stat(Stat::Percentile(rank)));
    }
    let stat = match token.lower.as_str() {
        "average" | "avg" | "mean" | "averaged" => Stat::Average,
        "median" => Stat::Median,
        "sum" | "total" => Stat::Sum,
        "minimum" | "min" | "smallest" | "shortest" => Stat::Least,
        "maximum" | "max" | "largest" | "longest" => Stat::Greatest,
        "p75" => Stat::Percentile(75),
        "p90" => Stat::Percentile(90),
        "p95" => Stat::Percentile(95),
        "p99" => Stat::Percentile(99),
        "on" => {
            cursor.eat_one_of(&["on average", "on the average"])?;
            return Some(Piece::Stat(Stat::Average));
        }
        _ => return None,
    };
    (token.kind == Kind::Word).then_some(())?;
    cursor.at += 1;
    cursor.eat(&["."]);
    if cursor.tokens[cursor.at - 1].is(".") && !token.is("avg") {
        cursor.at -= 1;
    }
    Some(Piece::Stat(stat))
}
