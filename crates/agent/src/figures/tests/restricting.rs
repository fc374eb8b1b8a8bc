//! Words around a number that narrow it down to something that its column does not hold.

use hedgerow_agent_api::{FigureStatus, ResultSnapshot};
use hedgerow_data_api::Unit;
use serde_json::json;

use super::selections::{VIEWS, is_verified, pages, result, trends};
use crate::figures::{Given, bind};

const VIEWS_TWO: [(&str, &str, Unit); 2] = [
    ("page_views", "page views", Unit::Events),
    ("page_views_2", "page views · bots", Unit::Events),
];

/// Checks which answers to a result are verified.
fn hold(cases: &[(bool, &ResultSnapshot, &[&str])]) {
    for (expected, result, texts) in cases {
        for text in *texts {
            let bound = bind(text, None, std::slice::from_ref(*result), &Given::default());
            assert_eq!(is_verified(result, "", text), *expected, "{text} {:?}", bound.problems);
        }
    }
}

#[test]
fn share_of_two_results_is_of_what_both_hold() {
    let part = trends(&VIEWS, &[445], &["$browser is \"Chrome\""]);
    let mut whole = trends(&VIEWS, &[768], &[]);
    whole.handle = "r2".to_owned();
    let mut firefox = trends(&VIEWS, &[512], &["$browser is \"Firefox\""]);
    firefox.handle = "r3".to_owned();
    let results = [part, whole, firefox];
    for (text, expected) in [
        (
            "Chrome had {{r1[0].page_views / r2[0].page_views | percent}} of the page views.",
            FigureStatus::Verified,
        ),
        (
            "Firefox had {{r1[0].page_views / r2[0].page_views | percent}} of the page views.",
            FigureStatus::Unverified,
        ),
        (
            "Chrome had {{r1[0].page_views / r3[0].page_views | percent}} of the page views.",
            FigureStatus::Unverified,
        ),
        (
            "Crawlers had {{r1[0].page_views / r2[0].page_views | percent}} of the page views.",
            FigureStatus::Unverified,
        ),
        (
            "Crawlers had {{r2[0].page_views}} page views.",
            FigureStatus::Unverified,
        ),
        (
            "{{r2[0].page_views}} page views that bots made.",
            FigureStatus::Unverified,
        ),
        ("{{r2[0].page_views}} page views of crawlers.", FigureStatus::Unverified),
        (
            "{{r2[0].page_views}} page views, all by mobile users.",
            FigureStatus::Unverified,
        ),
        (
            "On mobile there were {{r2[0].page_views}} page views.",
            FigureStatus::Unverified,
        ),
        (
            "Bots accounted for {{r2[0].page_views}} page views.",
            FigureStatus::Unverified,
        ),
        (
            "There were {{r2[0].page_views}} page views on 18 May 2015, all of them crawlers.",
            FigureStatus::Unverified,
        ),
        (
            "{{r2[0].page_views}} page views were generated automatically by search engines.",
            FigureStatus::Unverified,
        ),
    ] {
        let bound = bind(text, None, &results, &Given::default());
        assert_eq!(bound.answer.figures[0].status, expected, "{text} {:?}", bound.problems);
    }
}

#[test]
fn words_of_a_clause_restrict_its_number() {
    let total = trends(&[("requests", "requests", Unit::Events)], &[768], &[]);
    let get = trends(
        &[("requests", "requests", Unit::Events)],
        &[768],
        &["method is \"GET\""],
    );
    hold(&[
        (
            false,
            &total,
            &[
                "{{r1[0].requests}} requests used POST.",
                "{{r1[0].requests}} requests returned errors.",
                "{{r1[0].requests}} requests ended in an error.",
                "{{r1[0].requests}} requests were redirected.",
                "{{r1[0].requests}} requests failed.",
                "{{r1[0].requests}} requests were served from the cache.",
                "There were {{r1[0].requests}} requests per visitor.",
                "Attackers sent {{r1[0].requests}} requests.",
                "{{r1[0].requests}} requests came during the outage.",
                "{{r1[0].requests}} requests to /login.",
                "{{r1[0].requests}} of the requests were slow.",
                "{{r1[0].requests}} requests were not found.",
                "{{r1[0].requests}} unanswered requests.",
                "The blog got {{r1[0].requests}} requests.",
                "Googlebot sent {{r1[0].requests}} requests.",
                "{{r1[0].requests}} visitors sent requests.",
                "{{r1[0].requests}} requests from 3 crawlers.",
                "{{r1[0].requests}} POST requests.",
                "{{r1[0].requests}} requests with a referrer.",
                "{{r1[0].requests}} requests without a referrer.",
            ][..],
        ),
        (
            true,
            &total,
            &[
                "On 18 May 2015 the site had {{r1[0].requests}} requests.",
                "{{r1[0].requests}} requests on 18 May 2015. Times are UTC.",
                "The server handled {{r1[0].requests}} requests that day.",
                "In total {{r1[0].requests}} requests were made.",
                "We counted {{r1[0].requests}} requests.",
                "{{r1[0].requests}} hits.",
                "The number of requests was {{r1[0].requests}}.",
                "There were {{r1[0].requests}} requests in the selected period.",
            ][..],
        ),
        (
            true,
            &get,
            &[
                "{{r1[0].requests}} requests used GET.",
                "{{r1[0].requests}} GET requests were sent.",
                "{{r1[0].requests}} requests with the method GET.",
            ][..],
        ),
        (false, &get, &["{{r1[0].requests}} requests used POST."][..]),
    ]);
}

#[test]
fn filters_and_labels_narrow_a_number_down() {
    let chrome = trends(&VIEWS, &[768], &["$browser is \"Chrome\""]);
    let bots = trends(&VIEWS_TWO, &[768, 445], &["series 2: $is_bot is true"]);
    let daily = result(
        "TrendsQuery",
        &["day"],
        &[("requests", "requests", Unit::Events)],
        &[vec![json!("2015-05-17"), json!(5)], vec![json!("2015-05-18"), json!(9)]],
    );
    hold(&[
        (
            true,
            &chrome,
            &[
                "Chrome users made {{r1[0].page_views}} page views.",
                "In Chrome, {{r1[0].page_views}} page views were recorded.",
                "{{r1[0].page_views}} page views came from Chrome on 18 May 2015.",
            ][..],
        ),
        (
            true,
            &bots,
            &[
                "{{r1[0].page_views_2}} of the {{r1[0].page_views}} page views came from crawlers.",
                "Of {{r1[0].page_views}} page views, {{r1[0].page_views_2}} were by bots.",
                "{{r1[0].page_views_2 / r1[0].page_views | percent}} of the page views came from crawlers.",
            ][..],
        ),
        (
            false,
            &bots,
            &[
                "{{r1[0].page_views}} of the {{r1[0].page_views_2}} page views came from crawlers.",
                "Of the {{r1[0].page_views}} page views from crawlers, some failed.",
                "{{r1[0].page_views}} page views came from crawlers.",
                "Of {{r1[0].page_views_2}} page views, {{r1[0].page_views}} were by bots.",
            ][..],
        ),
        (
            false,
            &chrome,
            &[
                "Chrome users made {{r1[0].page_views}} page views on mobile.",
                "{{r1[0].page_views}} page views from Chrome and Firefox.",
                "{{r1[0].page_views}} page views from Chrome crawlers.",
                "{{r1[0].page_views}} page views from Chrome on 19 May 2015.",
                "{{r1[0].page_views}} visitors used Chrome.",
                "All browsers but Chrome had {{r1[0].page_views}} page views.",
                "Chrome 42 had {{r1[0].page_views}} page views.",
            ][..],
        ),
        (
            false,
            &daily,
            &[
                "On 18 May crawlers sent {{r1[1].requests}} requests.",
                "On 18 May {{r1[1].requests}} requests returned errors.",
                "On 18 May the blog got {{r1[1].requests}} requests.",
                "On 18 May {{r1[1].requests}} requests used POST.",
                "On 18 May attackers sent {{r1[1].requests}} requests.",
                "On 18 May there were {{r1[1].requests}} requests that failed.",
                "On 18 May, 9 requests returned errors.",
            ][..],
        ),
    ]);
}

#[test]
fn answers_to_other_results_hold() {
    let pages = pages();
    let rows = [
        vec![json!("/"), json!(40), json!(7)],
        vec![json!("/a"), json!(30), json!(9)],
    ];
    let measures = [("requests", "requests", Unit::None), ("n", "n", Unit::None)];
    let by_path = result("SqlQuery", &["path"], &measures, &rows);
    hold(&[
        (
            true,
            &by_path,
            &[
                "/ had {{r1[0].requests}} requests.",
                "/a got 30 requests.",
                "/: {{r1[0].requests}} requests; /a: {{r1[1].requests}} requests.",
                "/ had the most requests.",
                "{{count(r1)}} paths were requested.",
                "There are {{count(r1)}} rows.",
                "/ had {{r1[0].requests - r1[1].requests}} more requests than /a.",
                "{{r1[0].requests / sum(r1.requests) | percent}} of the requests were for /.",
                "In total there were {{sum(r1.requests)}} requests.",
                "Requests to /: {{r1[0].requests}}.",
            ][..],
        ),
        (
            false,
            &by_path,
            &[
                "/ had {{r1[0].n}} visitors.",
                "/ had 7 visitors.",
                "/ had {{r1[0].n}} requests.",
                "/ had {{r1[0].n}} failed logins.",
                "{{r1[0].n / sum(r1.n) | percent}} of the visitors went to /.",
                "/ had {{r1[0].n - r1[1].n}} fewer visitors than /a.",
                "In total there were {{sum(r1.n)}} visitors.",
                "/a had the most visitors, {{r1[1].n}}.",
                "/ had {{r1[0].n}}.",
                "On average a page had {{avg(r1.n)}} visitors.",
                "/ and /a had {{r1[0].n + r1[1].n}} visitors.",
                "The highest number of logins was {{max(r1.n)}}.",
                "{{count(r1)}} visitors came.",
                "There were {{count(r1)}} failed logins.",
                "{{r1[0].n / r1[0].requests | percent}} of the requests to / failed.",
                "{{r1[0].n / r1[0].requests}} logins per request to /.",
            ][..],
        ),
        (
            false,
            &pages,
            &[
                "{{count(r1)}} visitors came.",
                "The average page had {{avg(r1.page_views)}} page views.",
                "{{count(r1.pathname)}} pages.",
            ][..],
        ),
        (
            true,
            &pages,
            &[
                "/ had {{r1[0].page_views}} page views.",
                "{{r1[3].page_views}} page views were of other pages (row {{r1[3].pathname}}).",
                "{{r1[0].page_views / sum(r1.page_views) | percent}} of the page views were of /.",
            ][..],
        ),
    ]);
}

#[test]
fn breakdowns_of_the_built_in_analyst_hold() {
    let visitors = [("unique_visitors", "unique visitors", Unit::Persons)];
    let rows = [("Windows", 30), ("Linux", 20), ("Other", 9), ("None", 40)];
    let rows: Vec<Vec<serde_json::Value>> = rows
        .iter()
        .map(|(name, count)| vec![json!(name), json!(count)])
        .collect();
    for (property, title) in [
        ("os", "operating system"),
        ("raw_user_agent", "user agent"),
        ("referrer", "referrer"),
        ("bytes", "response size"),
        ("method", "method"),
        ("status", "status"),
        ("pathname", "page"),
    ] {
        let by_value = result("TrendsQuery", &[property], &visitors, &rows);
        let mut total = trends(&visitors, &[90], &[]);
        total.handle = "r2".to_owned();
        let views = result("TrendsQuery", &[property], &VIEWS, &rows);
        let (name, other) = (format!("r1[0].{property}"), format!("r1[3].{property}"));
        let listed = format!("{{{{{name}}}}}: {{{{r1[0].unique_visitors}}}} unique visitors");
        let unique = format!(
            "{{{{r2[0].unique_visitors}}}} unique visitors over the whole period, split by {title}. {listed}; {{{{{other}}}}}: \
             {{{{r1[3].unique_visitors}}}} unique visitors. Further values are in the table. Period: 18 May 2015. Times are UTC."
        );
        let summed = format!("{{{{sum(r1.page_views)}}}} page views in total, split by {title}. Period: 18 May 2015.");
        let top = format!(
            "{{{{{name}}}}}, with {{{{r1[0].page_views}}}} page views. The row {{{{{other}}}}} has {{{{r1[3].page_views}}}} page \
             views. It is no value, so it is not ranked. Period: 18 May 2015."
        );
        for (results, text) in [
            (vec![by_value, total], unique),
            (vec![views.clone()], summed),
            (vec![views], top),
        ] {
            let bound = bind(&text, None, &results, &Given::default());
            assert_eq!(bound.problems, Vec::<String>::new(), "{text}");
        }
    }
}
