//! What becomes one token.

use super::*;

fn shown(question: &str) -> String {
    let shown = tokenize(question).into_iter().map(|token| match token.kind {
        Kind::Word => token.lower,
        Kind::Symbol => format!("‹{}›", token.lower),
        Kind::Path | Kind::Url | Kind::Quoted => format!("{:?}({})", token.kind, token.text),
        kind => format!("{kind:?}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn tokens_keep_together_what_belongs_together() {
    let cases = [
        (
            "How often was /favicon.ico requested?",
            "how often was Path(/favicon.ico) requested ‹?›",
        ),
        ("the home page (/) viewed", "the home page ‹(› Path(/) ‹)› viewed"),
        ("viewed /a_(b)/?", "viewed Path(/a_(b)/) ‹?›"),
        (
            "from https://www.google.com/, please",
            "from Url(https://www.google.com/) ‹,› please",
        ),
        ("containing \"google.com\"?", "containing Quoted(google.com) ‹?›"),
        ("containing 'it's'", "containing Quoted(it's)"),
        ("didn't and weren’t and can't", "did not and were not and can not"),
        ("next week's and what's", "next week and what"),
        ("page-views by non-GET", "page ‹-› views by non ‹-› get"),
        ("on May 19th, 2015", "on may Ordinal(19) ‹,› Number(2015.0)"),
        ("17-20 May 2015", "Number(17.0) ‹-› Number(20.0) may Number(2015.0)"),
        ("17–20 May", "Number(17.0) ‹–› Number(20.0) may"),
        ("2015-05-18", "Date { year: 2015, month: 5, day: 18 }"),
        (
            "2015-05-18T10:00:00Z",
            "Date { year: 2015, month: 5, day: 18 } Time(600)",
        ),
        ("2015-05", "YearMonth { year: 2015, month: 5 }"),
        ("18.05.2015", "Date { year: 2015, month: 5, day: 18 }"),
        ("05/06/2015", "SlashDate { first: 5, second: 6, year: 2015 }"),
        ("10:30-12:00", "Time(630) ‹-› Time(720)"),
        ("10am", "Number(10.0) am"),
        ("1,000,000 bytes or 1.5MB", "Number(1000000.0) bytes or Number(1.5) mb"),
        ("17, 18", "Number(17.0) ‹,› Number(18.0)"),
        (
            "404s and 5xx and 404",
            "Plural(404) and StatusClass(5) and Number(404.0)",
        ),
        ("83.149.9.216", "83.149.9.216"),
        ("status >= 500", "status ‹>=› Number(500.0)"),
        ("robots.txt www.google.com.", "robots.txt www.google.com ‹.›"),
        ("$pageview", "$pageview"),
        ("50%", "Number(50.0) ‹%›"),
        ("überall 東京", "überall 東京"),
        ("12:61 1,2", "12:61 1,2"),
    ];
    for (question, expected) in cases {
        assert_eq!(shown(question), expected, "{question}");
    }
}

#[test]
fn tokens_lie_where_they_say() {
    let question = "Didn't “Chrome Mobile” get 1,000 of /a?";
    for token in tokenize(question) {
        assert_eq!(question[token.start..token.end], token.text, "{token:?}");
    }
}
