//! Numbers of different persons and sessions, which do not add up, and names that narrow them down.

use hedgerow_agent_api::{FigureStatus, ResultSnapshot};
use hedgerow_data_api::Unit;
use serde_json::json;

use super::selections::{VIEWS, result, trends};
use crate::figures::{Given, bind};

const VISITORS: [(&str, &str, Unit); 1] = [("unique_visitors", "unique visitors", Unit::Persons)];

/// Page views by page as `r1`, visitors that are no bots by page as `r2`.
pub(super) fn by_page() -> Vec<ResultSnapshot> {
    let rows = |cells: [(&str, u64); 4]| cells.map(|(page, count)| vec![json!(page), json!(count)]).to_vec();
    let views = rows([("/", 40), ("/pricing", 31), ("/blog", 9), ("/about", 3)]);
    let visitors = rows([("/", 27), ("/pricing", 18), ("/blog", 8), ("/about", 2)]);
    let mut humans = result("TrendsQuery", &["pathname"], &VISITORS, &visitors);
    humans.handle = "r2".to_owned();
    if let Some(made) = &mut humans.provenance {
        made.filters = vec!["$is_bot is false".to_owned()];
    }
    vec![result("TrendsQuery", &["pathname"], &VIEWS, &views), humans]
}

/// Checks that the answers to some results are verified in all, or in none, of their numbers.
pub(super) fn hold(results: &[ResultSnapshot], expected: bool, texts: &[&str]) {
    let mut wrong = Vec::new();
    for text in texts {
        let bound = bind(text, None, results, &Given::default());
        let numbers = bound.answer.figures.iter().filter(|figure| !figure.value.is_string());
        let statuses: Vec<FigureStatus> = numbers.map(|figure| figure.status).collect();
        let verified = !statuses.is_empty() && statuses.iter().all(|status| *status == FigureStatus::Verified);
        let none = statuses.iter().all(|status| *status != FigureStatus::Verified);
        let ok = if expected {
            verified && bound.problems.is_empty()
        } else {
            none && !statuses.is_empty()
        };
        if !ok {
            wrong.push(format!("{text} {:?}", bound.problems));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "expected to be verified: {expected}");
}

#[test]
fn unique_counts_do_not_add_up() {
    let results = by_page();
    hold(
        &results,
        false,
        &[
            "{{sum(r2.unique_visitors)}} unique visitors in all.",
            "In total there were {{sum(r2.unique_visitors)}} unique visitors.",
            "/ had {{r2[0].unique_visitors / sum(r2.unique_visitors) | percent}} of the unique visitors.",
            "/ and /pricing had {{r2[0].unique_visitors + r2[1].unique_visitors}} unique visitors.",
            "/ had {{r2[0].unique_visitors / (r2[0].unique_visitors + r2[1].unique_visitors) | percent}} of the unique visitors of / and /pricing.",
            "/ and /pricing had {{r2[0].unique_visitors / r2[1].unique_visitors + r2[2].unique_visitors / r2[1].unique_visitors | percent}} of the unique visitors.",
            "{{sum(r1.page_views) / sum(r2.unique_visitors)}} page views per unique visitor.",
            "{{avg(r2.unique_visitors) * (count(r2) / count(r1))}} unique visitors in all.",
            "{{r2[0].unique_visitors - r2[1].unique_visitors - r2[2].unique_visitors}} unique visitors were only on /, not on /pricing or /blog.",
        ],
    );
    hold(
        &results,
        true,
        &[
            "In total there were {{sum(r1.page_views)}} page views.",
            "/ had {{r2[0].unique_visitors - r2[1].unique_visitors}} more unique visitors than /pricing.",
            "/ and /pricing had {{r1[0].page_views + r1[1].page_views}} page views.",
            "On average a page had {{avg(r2.unique_visitors) | round1}} unique visitors.",
            "/ had the highest number of unique visitors, {{max(r2.unique_visitors)}}.",
            "/ had 40 page views, and 31 page views came from /pricing.",
        ],
    );
    let rows = [vec![json!("/"), json!(5)], vec![json!("/a"), json!(4)]];
    for alias in ["users", "unique_visitors", "sessions", "distinct_ids"] {
        let spoken = alias.replace('_', " ");
        let made = result("SqlQuery", &["path"], &[(alias, alias, Unit::None)], &rows);
        hold(
            &[made],
            false,
            &[
                &format!("In total there were {{{{sum(r1.{alias})}}}} {spoken}."),
                &format!("/ and /a had {{{{r1[0].{alias} + r1[1].{alias}}}}} {spoken}."),
            ],
        );
    }
    let bound = bind(
        "{{sum(r2.unique_visitors)}} unique visitors.",
        None,
        &results,
        &Given::default(),
    );
    assert_eq!(
        bound.problems,
        ["`{{sum(r2.unique_visitors)}}` has no value: unique counts don't add up; ask for a total."]
    );
}

#[test]
fn name_narrows_a_number_down() {
    let results = by_page();
    hold(
        &results,
        false,
        &[
            "{{r2[0].pathname}} had {{r2[0].unique_visitors}} unique visitors with Firefox.",
            "{{r2[0].pathname}} had {{r2[0].unique_visitors}} unique visitors on Windows.",
            "{{r2[0].pathname}} had {{r2[0].unique_visitors}} unique visitors from Germany.",
            "{{r1[0].pathname}} had {{r1[0].page_views}} page views from Chrome.",
            "/ had {{r1[0].page_views}} page views from Chrome.",
            "/ had 40 page views from Chrome.",
            "/ had 27 unique visitors with \"Firefox\".",
            "/ had 27 unique visitors with the browser \"firefox\".",
            "/ had {{r2[0].unique_visitors}} unique visitors using Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors via Google.",
            "/ had {{r2[0].unique_visitors}} unique visitors in the United States.",
            "/ had {{r2[0].unique_visitors}} unique visitors through the newsletter.",
            "/ had {{r2[0].unique_visitors}} unique visitors who used Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors, all of them on Windows.",
            "/ had {{r2[0].unique_visitors}} unique visitors, who used Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors whose browser was Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors running Windows.",
            "/ had {{r2[0].unique_visitors}} unique visitors (Firefox).",
            "/ had {{r2[0].unique_visitors}} Firefox visitors.",
            "With Firefox, {{r2[0].pathname}} had {{r2[0].unique_visitors}} unique visitors.",
            "With Firefox, / had {{r2[0].unique_visitors}} unique visitors.",
            "On Windows there were {{r2[0].unique_visitors}} unique visitors of /.",
            "On Windows / had 27 unique visitors.",
            "In Germany, 27 unique visitors came to /.",
            "From Germany / got {{r1[0].page_views}} page views.",
            "Among German visitors / had {{r1[0].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views by large german companies.",
            "/ had {{r1[0].page_views}} page views from the site Reddit.",
            "/ had {{r1[0].page_views}} page views from /blog.",
            "Of the visitors with Firefox, {{r2[0].unique_visitors}} unique visitors saw /.",
            "For Firefox, / had {{r2[0].unique_visitors}} unique visitors and {{r1[0].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views in version 3.",
            "Firefox: / had {{r2[0].unique_visitors}} unique visitors.",
            "/ had {{r2[0].unique_visitors}} unique visitors: Firefox users.",
            "/ had {{r2[0].unique_visitors}} unique visitors - all on Windows.",
            "/ had {{r2[0].unique_visitors}} unique visitors; they came from Germany.",
            "Chrome users opened / {{r1[0].page_views}} times.",
            "With Chrome, / had {{r1[0].page_views / sum(r1.page_views) | percent}} of the page views.",
            "In total there were {{sum(r1.page_views)}} page views from Chrome.",
            "There are {{count(r1)}} pages for Firefox.",
            "/ had the most page views with Firefox, {{max(r1.page_views)}}.",
            "/ had {{r1[0].page_views}} page views with status 404.",
            "/ had {{r1[0].page_views}} page views in the US.",
            "For logged-in users / had {{r1[0].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views, who came from crawlers.",
            "/ had {{r1[0].page_views}} page views - all from crawlers.",
            "/ had {{r1[0].page_views}} page views, of which most were from Chrome.",
        ],
    );
    for text in [
        "/ had the most page views from Chrome.",
        "With Firefox, / had the most unique visitors.",
    ] {
        let bound = bind(text, None, &results, &Given::default());
        assert_eq!(bound.answer.figures[0].status, FigureStatus::Unverified, "{text}");
    }
    hold(
        &results,
        true,
        &[
            "{{r2[0].pathname}} had {{r2[0].unique_visitors}} unique visitors.",
            "On the site, / had {{r1[0].page_views}} page views.",
            "On 18 May 2015 / had 40 page views.",
            "On Monday, 18 May 2015, / had {{r1[0].page_views}} page views.",
            "By page, / had {{r1[0].page_views}} page views, with the most on this page.",
            "In this period the page / had 40 page views.",
            "The demo site had {{r1[0].page_views}} page views of the page /.",
            "In the demo project / had {{r1[0].page_views}} page views.",
            "With {{r1[0].page_views}} page views, / is at the top of the list.",
            "/ is on top with {{r1[0].page_views}} page views, followed by /pricing with {{r1[1].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views, /pricing {{r1[1].page_views}}.",
            "From 18 May 2015 to 18 May 2015 / had {{r1[0].page_views}} page views.",
        ],
    );
}

#[test]
fn name_behind_a_total_narrows_it_down() {
    let total = [trends(&VIEWS, &[768], &[])];
    hold(
        &total,
        false,
        &[
            "768 page views - all on Windows.",
            "{{r1[0].page_views}} page views; all from Germany.",
            "With Firefox, there were {{r1[0].page_views}} page views.",
            "{{r1[0].page_views}} page views: Firefox users.",
        ],
    );
    hold(
        &total,
        true,
        &[
            "According to the access log there were {{r1[0].page_views}} page views.",
            "{{r1[0].page_views}} page views; times are UTC.",
        ],
    );
    let mut mixed = by_page();
    let rows = [vec![json!("Chrome"), json!(60)], vec![json!("Firefox"), json!(23)]];
    let mut browsers = result("TrendsQuery", &["browser"], &VIEWS, &rows);
    browsers.handle = "r3".to_owned();
    mixed.push(browsers);
    hold(
        &mixed,
        true,
        &[
            "/ is the most viewed page ({{r1[0].page_views}} page views) and Chrome the most used browser ({{r3[0].page_views}} page views).",
            "The top page is / with {{r1[0].page_views}} page views and the top browser is Chrome with {{r3[0].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views, and Chrome had {{r3[0].page_views}} page views.",
        ],
    );
    hold(
        &mixed,
        false,
        &[
            "With {{r3[0].browser}}, / had {{r1[0].page_views}} page views.",
            "/ had {{r1[0].page_views}} page views from Chrome and {{r1[1].page_views}} from Firefox.",
            "{{r3[0].browser}} had {{r1[0].page_views}} page views of /.",
        ],
    );
}

#[test]
fn sentence_may_repeat_what_a_filter_takes_out() {
    let results = by_page();
    hold(
        &results,
        true,
        &[
            "/ had {{r2[0].unique_visitors}} unique visitors who are not bots.",
            "/ had 27 unique visitors who are not bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors, without bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors without bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors (non-bots).",
            "/ had 27 unique visitors (without bots).",
            "/ had {{r2[0].unique_visitors}} unique visitors, excluding bots.",
            "Excluding bots, / had {{r2[0].unique_visitors}} unique visitors.",
            "Without bots, / had the most unique visitors, 27.",
            "/ had {{r2[0].unique_visitors}} human visitors.",
            "/ had the most human visitors, {{r2[0].unique_visitors}}.",
            "The most human visitors, {{r2[0].unique_visitors}}, were on /.",
            "/ had the most unique visitors that are not bots: {{r2[0].unique_visitors}}.",
        ],
    );
    hold(
        &results,
        false,
        &[
            "/ had {{r1[0].page_views}} page views without bots.",
            "/ had 40 page views, excluding bots.",
            "Excluding bots, / had {{r1[0].page_views}} page views.",
            "/ did not have {{r2[0].unique_visitors}} unique visitors without bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors without Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors without bots and Firefox.",
            "/ had {{r2[0].unique_visitors}} unique visitors who are bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors, only bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors that are not human.",
            "/ had {{r2[0].unique_visitors}} unique visitors with bots.",
            "/ had {{r2[0].unique_visitors}} unique visitors, not counting bots on Windows.",
        ],
    );
    for text in [
        "/ had the most page views that are not bots.",
        "Without bots, / had the most page views.",
        "/ had the most human page views.",
    ] {
        let bound = bind(text, None, &results, &Given::default());
        assert_eq!(bound.answer.figures[0].status, FigureStatus::Unverified, "{text}");
    }
}
