//! Phrases of questions about what people do: windows, weeks that are counted, numbers of days, what comes before.

use hedgerow_data_api::Interval;

use super::events::event_at;
use super::pieces::{Piece, Placed, Stat, Times, Unit};
use crate::cursor::Cursor;
use crate::dates::{Calendar, Span, When, when_at};
use crate::knowledge::Knowledge;
use crate::tokens::{Kind, Token};

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
        window, window_noun, index, offset, prior, days, each, weeks_from, week_of_sunday, active_users, then, than, words, statistic,
    ];
    let found = readings.iter().filter_map(|read| {
        let mut cursor = Cursor::new(tokens, at);
        read(&mut cursor, ground).map(|piece| (cursor.at, piece))
    });
    found.max_by_key(|(end, _)| *end)
}

fn eat_unit(cursor: &mut Cursor) -> Option<Unit> {
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
fn eat_length(cursor: &mut Cursor) -> Option<(u32, Unit)> {
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
fn is_event_next(cursor: &Cursor, ground: Ground<'_>) -> bool {
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
fn window(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
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
fn window_noun(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
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

/// "week 1", "week-2", "D7", "on day 7".
fn index(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["on", "in", "at", "for", "of"]);
    let token = cursor.peek()?;
    // "in the 1st week" can be week 0 or week 1, so that only "week 1" is read.
    let short = [("d", Unit::Day), ("w", Unit::Week), ("m", Unit::Month)];
    let numbered = |(letter, unit): &(&str, Unit)| Some((*unit, token.lower.strip_prefix(letter)?.parse::<u32>().ok()?));
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
    if matches!(when_at(cursor.tokens, cursor.at, ground.calendar), Some((_, When::Span(_)))) && cursor.at < cursor.tokens.len() {
        return None;
    }
    let number = if cursor.eat(&["zero"]).is_some() { 0 } else { cursor.eat_count()? };
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
fn offset(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
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
        ahead.eat_one_of(&["after that", "after it", "after this", "thereafter", "afterwards", "after"])?;
        Piece::Offset(unit, 1)
    };
    let Piece::Offset(unit, _) = piece else { return None };
    // "the week after signing up", "the day after 5 June" say from when.
    let dated = matches!(when_at(ahead.tokens, ahead.at, ground.calendar), Some((_, When::Span(_))));
    let of_event = is_event_next(&ahead, ground);
    let counted = ahead.tokens[ahead.at - 1].is("after");
    if !matches!(unit, Unit::Day | Unit::Week | Unit::Month) || (counted && ((dated && ahead.word() != ",") || of_event)) {
        return None;
    }
    *cursor = ahead;
    Some(piece)
}

/// "the 7 days before", "the month before that", "the previous week".
fn prior(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "from"]);
    cursor.eat(&["the", "that"]);
    cursor.eat(&["same"]);
    let length = |cursor: &mut Cursor| -> Option<Option<(u32, Unit)>> {
        if cursor.eat_one_of(&["period", "stretch", "time", "number of days"]).is_some() {
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
    if cursor.eat_one_of(&["before that", "before it", "before this", "prior to that", "earlier", "prior"]).is_some() {
        return Some(Piece::Prior(length));
    }
    cursor.eat(&["before"])?;
    // "the day before 5 June", "the week before signing up" say before what.
    let dated = matches!(when_at(cursor.tokens, cursor.at, ground.calendar), Some((_, When::Span(_))));
    (!dated && !is_event_next(cursor, ground)).then_some(Piece::Prior(length))
}

/// "on exactly 3 days", "on at least 5 different days", "on 10 or more days", "on 2 days at least".
fn days(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
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
    let different = cursor.eat(&["different", "distinct", "separate", "individual", "single", "unique", "calendar"]);
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
    let lasts = placed == Some("for") || (placed.is_none() && !matches!(lead, Some("at least" | "exactly" | "more than")) && behind.is_none());
    (!lasts && count > 0).then_some(Piece::Days(times, unit))
}

/// "in each of the four weeks", "on every day of".
fn each(cursor: &mut Cursor, _: Ground<'_>) -> Option<Piece> {
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
fn weeks_from(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "over", "the"]);
    cursor.eat(&["the"]);
    if cursor.eat_one_of(&["whole of", "entire month of", "whole month of", "whole", "entire", "entirety of", "full month of"]).is_none() {
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
fn week_of_sunday(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
    cursor.eat(&["in", "during", "of", "for", "on"]);
    cursor.eat(&["the"]);
    cursor.eat(&["week"])?;
    cursor.eat_one_of(&["of the", "of", "commencing on", "commencing", "that starts on", "that begins on", "starting with", "beginning with"])?;
    (cursor.word() == "sunday").then_some(())?;
    let (end, when) = when_at(cursor.tokens, cursor.at, ground.calendar)?;
    let When::Span(span) = when else { return None };
    let first = span.single_day()?;
    cursor.at = end;
    let week = Span::days(first, first + chrono::Duration::days(6));
    Some(Piece::Span(Span { notes: span.notes, ..week }))
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
fn then(cursor: &mut Cursor, ground: Ground<'_>) -> Option<Piece> {
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
    let _ = ground;
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
        (&["per week", "by week", "a week", "each week"], Piece::Every(Interval::Week)),
        (&["per month", "by month", "a month", "each month"], Piece::Every(Interval::Month)),
        (
            &["first time or not", "first or not", "whether for the first time or not", "recurring", "recurrent"],
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
                "what share of", "what share", "which share of", "which share", "the share of", "a share of", "share of",
                "as a share", "what portion", "what fraction", "how many percent of", "how many percent", "what per cent",
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

/// Words of these questions that are worth a correction.
const OWN: &str = "percentage percent average median different retention lifecycle stickiness returning resurrecting dormant \
    conversion funnel window people persons users within created recurring cohort compared difference change active exactly \
    sessions session weekly monthly unique visitors between before starting following custom events";

/// Corrects words that nothing knows and that are one slip away from one of these. Returns what was assumed.
pub(super) fn respelt(tokens: &mut [Token], list: &[Placed], knowledge: &Knowledge) -> Vec<String> {
    let mut notes = Vec::new();
    for placed in list {
        let (Piece::Word(_), 1) = (&placed.piece, placed.end - placed.start) else {
            continue;
        };
        let token = &mut tokens[placed.start];
        if token.kind != Kind::Word || token.lower.chars().count() < 6 || !token.lower.chars().all(char::is_alphabetic) {
            continue;
        }
        let names = knowledge.events.iter().flat_map(|event| {
            event.name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 6)
        });
        let mut near: Vec<&str> = OWN
            .split_whitespace()
            .chain(names)
            .filter(|own| is_slip(&token.lower, own))
            .collect();
        near.sort_unstable();
        near.dedup();
        if let [own] = near[..] {
            notes.push(format!("I read \"{}\" as {own}", token.text));
            own.clone_into(&mut token.lower);
        }
    }
    notes
}

/// One letter is wrong, missing or too many, or two are swapped; never the first, and no other form of the word.
fn is_slip(written: &str, own: &str) -> bool {
    let (written, own): (Vec<char>, Vec<char>) = (written.chars().collect(), own.chars().collect());
    let same = written.iter().zip(&own).take_while(|(a, b)| a == b).count();
    let (left, wanted) = (&written[same..], &own[same..]);
    if same == 0 || left == wanted || left.is_empty() || wanted.is_empty() {
        return false;
    }
    let swapped = matches!((left, wanted), ([a, b, l @ ..], [c, d, w @ ..]) if a == d && b == c && l == w);
    swapped || left[1..] == wanted[1..] || left[1..] == *wanted || *left == wanted[1..]
}
