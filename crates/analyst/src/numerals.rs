//! Tokens that start with a digit: numbers, dates, times, ordinals.

use crate::tokens::{Kind, Token};

/// Reads the numeral at `at`, which is a digit, and returns where the next token may start.
pub(crate) fn push_numeral(tokens: &mut Vec<Token>, question: &str, at: usize) -> usize {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | ':' | '/' | '-' | '_' | '\'');
    let length = question[at..].find(|c: char| !inner(c)).unwrap_or(question.len() - at);
    let run = question[at..at + length].trim_end_matches(['.', ',', ':', '/', '-', '\'']);
    // `in (200,304)` lists numbers; elsewhere the comma may part thousands.
    let run = run.split(',').next().filter(|_| is_in_list(tokens)).unwrap_or(run);
    let mut push = |start: usize, text: &str, kind: Kind| {
        let end = start + text.len();
        tokens.push(Token {
            text: text.to_owned(),
            lower: text.to_lowercase(),
            kind,
            start,
            end,
        });
        end
    };
    if let Some(kind) = classify(run) {
        return push(at, run, kind);
    }
    if let Some((day, time)) = run.split_once('T')
        && let (Some(date), Some(time_kind)) = (classify(day), classify(time.trim_end_matches('Z')))
        && matches!(date, Kind::Date { .. })
    {
        push(at, day, date);
        return push(at + day.len() + 1, time, time_kind);
    }
    // The longest prefix that is a numeral; what follows, "-20" or "MB", is read for itself.
    for (cut, _) in run.char_indices().rev() {
        let prefix = &run[..cut];
        let rest_starts_fresh =
            !run[cut..].starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',' || c == ':');
        if let (Some(kind), true) = (classify(prefix), rest_starts_fresh) {
            return push(at, prefix, kind);
        }
    }
    push(at, run, Kind::Word)
}

/// True inside the brackets of `in (200,304)`.
fn is_in_list(tokens: &[Token]) -> bool {
    let listed = |token: &&Token| token.is(",") || matches!(token.kind, Kind::Number(_));
    let mut before = tokens.iter().rev().skip_while(listed);
    before.next().is_some_and(|token| token.is("(")) && before.next().is_some_and(|token| token.is("in"))
}

fn classify(text: &str) -> Option<Kind> {
    date(text)
        .or_else(|| time(text))
        .or_else(|| ordinal(text))
        .or_else(|| status_class(text))
        .or_else(|| plural(text))
        .or_else(|| number(text).map(Kind::Number))
}

fn digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn year(text: &str) -> Option<i32> {
    digits(text, 4..=4).and_then(|year| i32::try_from(year).ok())
}

fn date(text: &str) -> Option<Kind> {
    for mark in ['-', '/', '.'] {
        let parts: Vec<&str> = text.split(mark).collect();
        match parts[..] {
            [first, second, third] => {
                if let (Some(year), Some(month), Some(day)) = (year(first), digits(second, 1..=2), digits(third, 1..=2))
                {
                    return Some(Kind::Date { year, month, day });
                }
                if let (Some(first), Some(second), Some(year)) =
                    (digits(first, 1..=2), digits(second, 1..=2), year(third))
                {
                    // With full stops the day comes first everywhere; with slashes and hyphens it depends.
                    let dotted = Kind::Date {
                        year,
                        month: second,
                        day: first,
                    };
                    return Some(if mark == '.' {
                        dotted
                    } else {
                        Kind::SlashDate { first, second, year }
                    });
                }
            }
            [first, second] if mark != '.' && second.len() == 2 => {
                if let (Some(year), Some(month @ 1..=12)) = (year(first), digits(second, 2..=2)) {
                    return Some(Kind::YearMonth { year, month });
                }
            }
            _ => {}
        }
    }
    None
}

fn time(text: &str) -> Option<Kind> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = rest
        .split_once(':')
        .map_or((rest, "00"), |(minute, second)| (minute, second));
    let (hour, minute) = (digits(hour, 1..=2)?, digits(minute, 2..=2)?);
    let on_the_minute = second == "00";
    (hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60 && on_the_minute)
        .then_some(Kind::Time(hour * 60 + minute))
}

fn ordinal(text: &str) -> Option<Kind> {
    let lower = text.to_lowercase();
    let stem = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|suffix| lower.strip_suffix(suffix))?;
    digits(stem, 1..=3).map(Kind::Ordinal)
}

fn status_class(text: &str) -> Option<Kind> {
    let stem = text.to_lowercase();
    let stem = stem.strip_suffix("xxs").or_else(|| stem.strip_suffix("xx"))?;
    digits(stem, 1..=1)
        .filter(|class| (1..=5).contains(class))
        .map(Kind::StatusClass)
}

fn plural(text: &str) -> Option<Kind> {
    let stem = text.strip_suffix("'s").or_else(|| text.strip_suffix('s'))?;
    digits(stem, 3..=3).map(Kind::Plural)
}

/// `1000000`, `1,000,000` and `1.5`; a comma elsewhere is no number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let groups: Vec<&str> = whole.split(',').collect();
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let valid = grouped && groups.iter().all(|group| all_digits(group)) && fraction.is_none_or(all_digits);
    valid.then(|| text.replace(',', "").parse().ok()).flatten()
}
