//! One line of an access log, cut into its fields.
//!
//! ```text
//! address ident user [18/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1234 "referrer" "agent"
//! ```
//!
//! The common format ends after the byte count. The reader is tolerant where real logs are loose
//! and the meaning stays sure, and refuses the line otherwise:
//!
//! - ident and user may hold spaces: the time is what marks where they end;
//! - a quote inside a field is escaped (`\"`), or at least not followed by what has to follow;
//! - the agent may lack its closing quote, then it reaches to the end of the line;
//! - more fields may follow the agent;
//! - a virtual host may stand before an IP address.
//!
//! It works on bytes without regular expressions, since a log has millions of lines.

use std::net::IpAddr;
use std::ops::Range;

use chrono::NaiveDate;

use crate::times::{self, Time};

/// `18/May/2015:10:05:03 +0000`
const TIME_LENGTH: usize = 26;

/// Why a line can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reject {
    TooLong,
    NoAddress,
    NoTime,
    TimeOutOfRange,
    NoRequest,
    NoStatus,
    NoBytes,
    NotQuoted,
    CutReferrer,
}

impl Reject {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "longer than 1 MB",
            Self::NoAddress => "no client address at the start",
            Self::NoTime => "no time like [18/May/2015:10:05:03 +0000]",
            Self::TimeOutOfRange => "a time outside of the years 1970 to 2200",
            Self::NoRequest => "no quoted request after the time",
            Self::NoStatus => "no closed request with a status after it",
            Self::NoBytes => "no byte count after the status",
            Self::NotQuoted => "something other than a quoted referrer after the byte count",
            Self::CutReferrer => "no closing quote after the referrer",
        }
    }
}

/// Where the fields of a line are, without the quotes around them and still escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    /// Seconds since 1970, UTC.
    pub timestamp: i64,
    pub address: Range<u32>,
    pub request: Range<u32>,
    pub status: u16,
    /// Absent when the log says `-`.
    pub bytes: Option<i64>,
    /// Absent in the common format.
    pub referrer: Option<Range<u32>>,
    /// Absent in the common format.
    pub agent: Option<Range<u32>>,
    /// The agent has no closing quote.
    pub agent_cut: bool,
}

/// Reads a line given without its line end.
pub(super) fn parse(raw: &[u8]) -> Result<Fields, Reject> {
    let (time_at, timestamp) = find_time(raw).ok_or(Reject::NoTime)?;
    let address = find_address(raw.get(..time_at).unwrap_or_default()).ok_or(Reject::NoAddress)?;
    let time = Time {
        micros: timestamp * 1_000_000,
        zoned: true,
    };
    times::within(time).map_err(|_| Reject::TimeOutOfRange)?;
    let after_time = time_at + TIME_LENGTH + 2;
    let request_at = skip(raw, after_time, b" \"").ok_or(Reject::NoRequest)?;
    let (request_end, status) = find_request_end(raw, request_at).ok_or(Reject::NoStatus)?;
    let bytes_at = skip(raw, request_end + 5, b" ").ok_or(Reject::NoBytes)?;
    let (bytes_end, bytes) = read_byte_count(raw, bytes_at).ok_or(Reject::NoBytes)?;
    let mut fields = Fields {
        timestamp,
        address: span(address),
        request: span(request_at..request_end),
        status,
        bytes,
        referrer: None,
        agent: None,
        agent_cut: false,
    };
    if raw.get(bytes_end..).unwrap_or_default().trim_ascii().is_empty() {
        return Ok(fields);
    }
    let referrer_at = skip(raw, bytes_end, b" \"").ok_or(Reject::NotQuoted)?;
    let followed_by_agent = |at: usize| at == raw.len() || raw[at..].starts_with(b" \"");
    let referrer_end = closing_quote(raw, referrer_at, followed_by_agent).ok_or(Reject::CutReferrer)?;
    fields.referrer = Some(span(referrer_at..referrer_end));
    if let Some(agent_at) = skip(raw, referrer_end + 1, b" \"") {
        let ended = |at: usize| raw.get(at).is_none_or(|byte| *byte == b' ');
        let closed = closing_quote(raw, agent_at, ended);
        fields.agent = Some(span(agent_at..closed.unwrap_or(raw.len())));
        fields.agent_cut = closed.is_none();
    }
    Ok(fields)
}

/// Positions fit, since a line is at most 1 MB.
fn span(range: Range<usize>) -> Range<u32> {
    range.start as u32..range.end as u32
}

fn skip(raw: &[u8], at: usize, expected: &[u8]) -> Option<usize> {
    raw.get(at..)?.starts_with(expected).then_some(at + expected.len())
}

/// The position of the first bracket around a time, and the time.
fn find_time(raw: &[u8]) -> Option<(usize, i64)> {
    let brackets = raw.iter().enumerate().filter(|(_, byte)| **byte == b'[');
    brackets.map(|(at, _)| at).find_map(|at| {
        let time = raw.get(at + 1..at + 1 + TIME_LENGTH)?;
        let closed = raw.get(at + 1 + TIME_LENGTH) == Some(&b']');
        Some((at, read_time(time).filter(|_| closed)?))
    })
}

fn read_time(text: &[u8]) -> Option<i64> {
    let [
        d1,
        d2,
        b'/',
        m1,
        m2,
        m3,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        rest @ ..,
    ] = text
    else {
        return None;
    };
    let month = match (
        m1.to_ascii_lowercase(),
        m2.to_ascii_lowercase(),
        m3.to_ascii_lowercase(),
    ) {
        (b'j', b'a', b'n') => 1,
        (b'f', b'e', b'b') => 2,
        (b'm', b'a', b'r') => 3,
        (b'a', b'p', b'r') => 4,
        (b'm', b'a', b'y') => 5,
        (b'j', b'u', b'n') => 6,
        (b'j', b'u', b'l') => 7,
        (b'a', b'u', b'g') => 8,
        (b's', b'e', b'p') => 9,
        (b'o', b'c', b't') => 10,
        (b'n', b'o', b'v') => 11,
        (b'd', b'e', b'c') => 12,
        _ => return None,
    };
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, month, number(&[*d1, *d2])?)?;
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    let (offset_hours, offset_minutes) = (number(rest.get(..2)?)?, number(rest.get(2..)?)?);
    // Second 60 is a leap second; it counts as the first of the next minute.
    if hour > 23 || minute > 59 || second > 60 || offset_hours > 23 || offset_minutes > 59 {
        return None;
    }
    let offset = i64::from(offset_hours * 3600 + offset_minutes * 60);
    let local = date.and_hms_opt(hour, minute, 0)?.and_utc().timestamp() + i64::from(second);
    match sign {
        b'+' => Some(local - offset),
        b'-' => Some(local + offset),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, digit| {
        let value = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(value)
    })
}

/// The first word before the time, or the second where that is an IP address, since a virtual
/// host then stands first. There has to be something between address and time.
fn find_address(before_time: &[u8]) -> Option<Range<usize>> {
    let first_end = before_time.iter().position(|byte| *byte == b' ')?;
    let first = before_time.get(..first_end)?;
    if first.is_empty() || !first.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let second_at = first_end + 1;
    let second = before_time.get(second_at..)?.split(|byte| *byte == b' ').next()?;
    let is_address = second.len() >= 2 && std::str::from_utf8(second).is_ok_and(|text| text.parse::<IpAddr>().is_ok());
    Some(if is_address {
        second_at..second_at + second.len()
    } else {
        0..first_end
    })
}

/// The quote that closes the request is the one with a status after it. A request that ends in a
/// bare backslash looks as if that quote were escaped, so the second try ignores escapes.
fn find_request_end(raw: &[u8], start: usize) -> Option<(usize, u16)> {
    let status_at = |at: usize| -> Option<u16> {
        let [b' ', digits @ ..] = raw.get(at..at + 4)? else {
            return None;
        };
        raw.get(at + 4).is_none_or(|byte| *byte == b' ').then_some(())?;
        u16::try_from(number(digits)?).ok()
    };
    let closes = |at: usize| status_at(at).is_some();
    let ignoring_escapes = || (start..raw.len()).find(|at| raw[*at] == b'"' && closes(at + 1));
    let end = closing_quote(raw, start, closes).or_else(ignoring_escapes)?;
    Some((end, status_at(end + 1)?))
}

/// The first quote from `start` on that is not escaped and is followed by what has to follow.
fn closing_quote(raw: &[u8], start: usize, follows: impl Fn(usize) -> bool) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in raw.iter().enumerate().skip(start) {
        if *byte == b'"' && !escaped && follows(at + 1) {
            return Some(at);
        }
        escaped = *byte == b'\\' && !escaped;
    }
    None
}

fn read_byte_count(raw: &[u8], start: usize) -> Option<(usize, Option<i64>)> {
    let word = raw.get(start..)?.split(u8::is_ascii_whitespace).next()?;
    let end = start + word.len();
    if word == b"-" {
        return Some((end, None));
    }
    let plain = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let count = std::str::from_utf8(word).ok().filter(|_| plain)?.parse().ok()?;
    Some((end, Some(count)))
}

#[cfg(test)]
mod tests;
