//! Phrases of time and what they mean, at a fixed clock.

use super::*;
use crate::tokens::tokenize;

fn calendar(now: &str) -> Calendar {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    Calendar {
        now: now.parse().unwrap(),
        data: Some((day("2015-05-17"), day("2015-05-20"))),
    }
}

/// The first phrase of time in a text: what it covers, and what was left unread after it.
fn read(text: &str, calendar: &Calendar) -> String {
    let tokens = tokenize(text);
    for at in 0..tokens.len() {
        let Some((next, when)) = when_at(&tokens, at, calendar) else {
            continue;
        };
        let shown = match when {
            When::Span(span) => {
                let range = span.query(calendar);
                let explicit = if range.explicit_date { " exact" } else { "" };
                format!(
                    "{}..{}{explicit}",
                    range.date_from.unwrap(),
                    range.date_to.unwrap_or_default()
                )
            }
            When::Hours { from, to } => format!("hours {}:{:02}-{}:{:02}", from / 60, from % 60, to / 60, to % 60),
            When::Doubt(doubt) => format!("? {}", doubt.options.join(" | ")),
        };
        let rest: Vec<&str> = tokens[next..].iter().map(|token| token.text.as_str()).collect();
        let rest = if rest.is_empty() {
            String::new()
        } else {
            format!(" + {}", rest.join(" "))
        };
        return format!("{shown}{rest}");
    }
    "-".to_owned()
}

#[test]
fn phrase_means_what_it_says() {
    let calendar = calendar("2015-05-21T09:30:00");
    let cases = [
        // One day.
        ("on 18 May 2015", "2015-05-18..2015-05-18"),
        ("on May 18th, 2015", "2015-05-18..2015-05-18"),
        ("on May 18 2015?", "2015-05-18..2015-05-18 + ?"),
        ("on the 18th of May 2015", "2015-05-18..2015-05-18"),
        ("on Monday, 18 May 2015", "2015-05-18..2015-05-18"),
        ("on Monday, May 18th", "2015-05-18..2015-05-18"),
        ("on 2015-05-18", "2015-05-18..2015-05-18"),
        ("on 18.05.2015", "2015-05-18..2015-05-18"),
        ("on 18/05/2015", "2015-05-18..2015-05-18"),
        ("on 5/18/2015", "2015-05-18..2015-05-18"),
        ("on 05/06/2015", "? 5 June 2015 | 6 May 2015"),
        ("on 05/05/2015", "2015-05-05..2015-05-05"),
        ("on 17 May", "2015-05-17..2015-05-17"),
        ("on the 17th", "2015-05-17..2015-05-17"),
        ("on Monday", "2015-05-18..2015-05-18"),
        ("on 31 June 2015", "? "),
        ("on 45/45/2015", "? "),
        ("on Tuesday 18 May 2015", "? on 18 May 2015"),
        ("on 3 June", "2015-06-03..2015-06-03"),
        ("of 18 May 2015 had", "2015-05-18..2015-05-18 + had"),
        // Months and years.
        ("in May 2015", "2015-05-01..2015-05-31"),
        ("in the month of May 2015", "2015-05-01..2015-05-31"),
        ("during May", "2015-05-01..2015-05-31"),
        ("May 2015", "2015-05-01..2015-05-31"),
        ("in 2015-05", "2015-05-01..2015-05-31"),
        ("in 2015", "2015-01-01..2015-12-31"),
        ("of the year 2015", "2015-01-01..2015-12-31"),
        ("in June 2015", "2015-06-01..2015-06-30"),
        ("in Feb 2016", "2016-02-01..2016-02-29"),
        // Ranges.
        (
            "from 17 May 2015 to 19 May 2015, both days included?",
            "2015-05-17..2015-05-19 + ?",
        ),
        ("between 17 and 20 May 2015", "2015-05-17..2015-05-20"),
        ("between May 17 and May 20, 2015", "2015-05-17..2015-05-20"),
        ("from May 17 to 20, 2015", "2015-05-17..2015-05-20"),
        ("May 17-20, 2015", "2015-05-17..2015-05-20"),
        ("17–20 May 2015", "2015-05-17..2015-05-20"),
        ("from the 17th to the 19th of May", "2015-05-17..2015-05-19"),
        ("from 2015-05-17 through 2015-05-18 inclusive", "2015-05-17..2015-05-18"),
        ("between 30 April and 2 May 2015", "2015-04-30..2015-05-02"),
        ("from Sunday, 17 May to Tuesday, 19 May 2015", "2015-05-17..2015-05-19"),
        ("from April to May 2015", "2015-04-01..2015-05-31"),
        ("on 17 and 18 May 2015", "2015-05-17..2015-05-18"),
        ("on 17 and 19 May 2015", "? on 17 May 2015 | on 19 May 2015"),
        ("from 20 May to 17 May 2015", "? "),
        ("between 200 and 299", "-"),
        ("between 10 and 20", "-"),
        ("over 2000 bytes", "-"),
        ("of 2000 bytes", "-"),
        ("from / to /blog", "-"),
        // Open ends.
        ("since 18 May 2015", "2015-05-18..2015-05-20"),
        ("from 18 May 2015 onwards", "2015-05-18..2015-05-20"),
        ("after 17 May", "2015-05-18..2015-05-20"),
        ("before 19 May 2015", "all..2015-05-18"),
        ("until 19 May 2015", "all..2015-05-19"),
        ("up to and including May 19", "all..2015-05-19"),
        ("from 18 May 2015", "? on 18 May 2015 | since 18 May 2015"),
        // Times.
        (
            "before noon UTC on 19 May 2015",
            "hours 0:00-12:00 + UTC on 19 May 2015",
        ),
        ("between 10:00 and 12:00", "hours 10:00-12:00"),
        ("from 2 to 4 pm", "hours 14:00-16:00"),
        ("from 10 am until 12 pm", "hours 10:00-12:00"),
        ("between 9 and 11 a.m.", "hours 9:00-11:00 + ."),
        ("after 18:00", "hours 18:00-24:00"),
        ("between 22:00 and midnight", "hours 22:00-24:00"),
        ("between 14:00 and 14:59", "hours 14:00-15:00"),
        ("from 22:00 to 02:00", "-"),
        (
            "from 18 May 2015 10:00 to 19 May 2015 14:30",
            "2015-05-18T10:00:00..2015-05-19T14:29:59.999999 exact",
        ),
        (
            "between 2015-05-18T10:00 and 12:00",
            "2015-05-18T10:00:00..2015-05-18T11:59:59.999999 exact",
        ),
        // Relative to now.
        ("yesterday", "2015-05-20..2015-05-20"),
        ("on the day before yesterday", "2015-05-19..2015-05-19"),
        ("3 days ago", "2015-05-18..2015-05-18"),
        ("today", "2015-05-21T00:00:00..2015-05-21T09:30:00 exact"),
        ("in the last 3 days", "-3d..-1dEnd"),
        ("over the past seven days", "-7d..-1dEnd"),
        ("in the previous 2 weeks", "-14d..-1dEnd"),
        ("in the last 2 months", "2015-03-21..2015-05-20"),
        ("last month", "2015-04-01..2015-04-30"),
        ("this month", "2015-05-01T00:00:00..2015-05-21T09:30:00 exact"),
        ("last year", "2014-01-01..2014-12-31"),
        ("this year", "2015-01-01T00:00:00..2015-05-21T09:30:00 exact"),
        ("last 24 hours", "2015-05-20T09:30:00..2015-05-21T09:29:59.999999 exact"),
        ("last Tuesday", "2015-05-19..2015-05-19"),
        ("last day", "-"),
        ("last 0 days", "-"),
        ("next week", "-"),
        ("last week", "? from 11 May to 17 May 2015 | from 10 May to 16 May 2015"),
        (
            "in the week of 18 May 2015",
            "? from 18 May to 24 May 2015 | from 17 May to 23 May 2015",
        ),
        ("in the week starting 17 May 2015", "2015-05-17..2015-05-23"),
        ("this may help", "-"),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let got = read(text, &calendar);
        if got != expected {
            wrong.push(format!("{text:45} expected {expected:40} got {got}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn missing_year_is_asked_when_several_years_have_the_day() {
    let mut calendar = calendar("2016-12-01T00:00:00");
    calendar.data = Some(("2015-01-01".parse().unwrap(), "2016-11-30".parse().unwrap()));
    assert_eq!(read("on 17 May", &calendar), "? on 17 May 2015 | on 17 May 2016");
    assert_eq!(read("in May", &calendar), "? in May 2015 | in May 2016");
    assert_eq!(read("on 24 December", &calendar), "2015-12-24..2015-12-24");
}

#[test]
fn missing_year_is_said() {
    let tokens = tokenize("on 17 May");
    let Some((_, When::Span(span))) = when_at(&tokens, 0, &calendar("2026-01-01T00:00:00")) else {
        panic!()
    };
    assert_eq!(span.notes, ["no year was given; 17 May 2015 is meant"]);
}

#[test]
fn words_of_a_span_name_all_of_it() {
    let calendar = calendar("2015-05-21T09:30:00");
    let cases = [
        ("on 18 May 2015", "on 18 May 2015"),
        ("in May 2015", "in May 2015"),
        ("in 2015", "in the year 2015"),
        ("17-20 May 2015", "from 17 May to 20 May 2015"),
        ("30 April to 2 May 2015", "from 30 April to 2 May 2015"),
        ("since 18 May 2015", "from 18 May 2015 to the end of the data"),
        (
            "before 19 May 2015",
            "from the start of the data until the end of 18 May 2015",
        ),
        ("yesterday", "on 20 May 2015"),
        (
            "2015-05-18 10:00 to 12:00",
            "on 18 May 2015 from 10:00 until before 12:00",
        ),
    ];
    for (text, expected) in cases {
        let Some((_, When::Span(span))) = when_at(&tokenize(text), 0, &calendar) else {
            panic!("{text}")
        };
        assert_eq!(span.words(&calendar), expected, "{text}");
    }
    assert_eq!(
        Span::everything().words(&calendar),
        "in all imported data, 17 May to 20 May 2015"
    );
}
