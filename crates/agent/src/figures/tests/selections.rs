//! What a result counts: its filters, the series of its columns, rows that stand for several
//! values, and rows that are missing.

use hedgerow_agent_api::{Claim, FigureStatus, ResultSnapshot};
use hedgerow_data_api::{Column, Provenance, ResolvedRange, Role, Table, Unit, Warning};
use serde_json::{Value, json};

use crate::figures::{Given, bind};

/// A result of a tool: labels first, then measures as `name title unit`.
pub(super) fn result(
    kind: &str,
    labels: &[&str],
    measures: &[(&str, &str, Unit)],
    rows: &[Vec<Value>],
) -> ResultSnapshot {
    let label = |name: &&str| Column {
        name: (*name).to_owned(),
        title: (*name).to_owned(),
        role: if *name == "day" { Role::Time } else { Role::Label },
        unit: Unit::None,
    };
    let measure = |(name, title, unit): &(&str, &str, Unit)| Column {
        name: (*name).to_owned(),
        title: (*title).to_owned(),
        role: Role::Measure,
        unit: *unit,
    };
    let provenance = Provenance {
        query_id: hedgerow_ids::QueryId::new(),
        project: "demo".parse().unwrap(),
        kind: kind.to_owned(),
        plan_hash: String::new(),
        snapshot_id: 0,
        time_zone: "UTC".to_owned(),
        range: (kind == "TrendsQuery").then(|| ResolvedRange {
            date_from: "2015-05-18T00:00:00Z".to_owned(),
            date_to: "2015-05-18T23:59:59.999999Z".to_owned(),
            partial: false,
        }),
        filters: Vec::new(),
        definitions: Vec::new(),
        null_semantics: String::new(),
        limits: Vec::new(),
        query: String::new(),
        memory_rows: 0,
        rows_read: 0,
        cached_at: None,
        elapsed_ms: 0,
    };
    ResultSnapshot {
        handle: "r1".to_owned(),
        table: Table {
            title: "Numbers".to_owned(),
            columns: labels.iter().map(label).chain(measures.iter().map(measure)).collect(),
            rows: rows.to_vec(),
            rows_cut: 0,
        },
        provenance: Some(provenance),
        warnings: Vec::new(),
        view: None,
    }
}

pub(super) fn trends(measures: &[(&str, &str, Unit)], cells: &[u64], filters: &[&str]) -> ResultSnapshot {
    let mut made = result(
        "TrendsQuery",
        &[],
        measures,
        &[cells.iter().map(|cell| json!(cell)).collect()],
    );
    filter(&mut made, filters);
    made
}

fn made(result: &mut ResultSnapshot) -> &mut Provenance {
    result.provenance.as_mut().unwrap()
}

fn filter(result: &mut ResultSnapshot, filters: &[&str]) {
    made(result).filters = filters.iter().map(ToString::to_string).collect();
}

fn sql(query: &str, alias: &str) -> ResultSnapshot {
    let mut made = result("SqlQuery", &[], &[(alias, alias, Unit::None)], &[vec![json!(445)]]);
    query.clone_into(&mut self::made(&mut made).query);
    made
}

pub(super) const VIEWS: [(&str, &str, Unit); 1] = [("page_views", "page views", Unit::Events)];

/// True where all references of the answer are verified; without any, all its figures.
pub(super) fn is_verified(result: &ResultSnapshot, question: &str, text: &str) -> bool {
    let given = Given {
        question: question.to_owned(),
        arguments: Vec::new(),
    };
    let bound = bind(text, None, std::slice::from_ref(result), &given);
    let figures = bound.answer.figures.iter();
    let refers = figures.clone().any(|figure| figure.claim == Claim::Reference);
    let mut asked = figures.filter(|figure| !refers || figure.claim == Claim::Reference);
    !bound.answer.figures.is_empty() && asked.all(|figure| figure.status == FigureStatus::Verified)
}

fn check(result: &ResultSnapshot, cases: &[(&str, bool)]) {
    for (text, expected) in cases {
        let bound = bind(text, None, std::slice::from_ref(result), &Given::default());
        assert_eq!(is_verified(result, "", text), *expected, "{text} {:?}", bound.problems);
    }
}

#[test]
fn word_of_the_question_is_no_filter() {
    let question = "How many page views came from crawlers on 18 May 2015?";
    let text = "{{r1[0].page_views}} page views came from crawlers on 18 May 2015.";
    for (filters, expected) in [
        (&[][..], false),
        (&["$is_bot is true"][..], true),
        (&["$is_bot is not true"][..], false),
        (&["$browser is \"Chrome\""][..], false),
    ] {
        let result = trends(&VIEWS, &[445], filters);
        assert_eq!(is_verified(&result, question, text), expected, "{filters:?}");
        let literal = "445 page views came from crawlers on 18 May 2015.";
        assert_eq!(is_verified(&result, question, literal), expected, "{filters:?}");
    }
}

#[test]
fn filter_allows_its_own_words_only() {
    check(
        &trends(&VIEWS, &[445], &["$browser is \"Chrome\""]),
        &[
            ("There were {{r1[0].page_views}} page views from Chrome.", true),
            ("{{r1[0].page_views}} page views from crawlers.", false),
            ("{{r1[0].page_views}} bot page views.", false),
            ("{{r1[0].page_views}} returning page views.", false),
            ("Firefox had {{r1[0].page_views}} page views.", false),
        ],
    );
    check(
        &trends(&VIEWS, &[445], &["$browser is \"Chrome\" or \"Firefox\""]),
        &[
            ("Chrome had {{r1[0].page_views}} page views.", false),
            (
                "{{r1[0].page_views}} page views. Filter: browser is Chrome or Firefox.",
                true,
            ),
        ],
    );
    check(
        &trends(&VIEWS, &[445], &["$is_bot is true"]),
        &[
            ("Crawlers caused {{r1[0].page_views}} page views.", true),
            ("{{r1[0].page_views}} bot page views.", true),
            ("{{r1[0].page_views}} page views from humans.", false),
        ],
    );
}

#[test]
fn filter_of_a_series_is_of_its_column_alone() {
    let series = [
        ("events", "events", Unit::Events),
        ("events_2", "events · from Chrome", Unit::Events),
    ];
    check(
        &trends(&series, &[768, 445], &["series 2: $browser is \"Chrome\""]),
        &[
            ("Chrome had {{r1[0].events}} events.", false),
            ("Chrome had {{r1[0].events_2}} events.", true),
            ("The site had {{r1[0].events}} events.", true),
            ("The site had {{r1[0].events_2}} events.", false),
            (
                "Chrome had {{r1[0].events_2 / r1[0].events | percent}} of the events.",
                true,
            ),
            (
                "Firefox had {{r1[0].events_2 / r1[0].events | percent}} of the events.",
                false,
            ),
            (
                "Chrome had {{r1[0].events / r1[0].events_2 | percent}} of the events.",
                false,
            ),
            (
                "{{r1[0].events_2}} matching events of {{r1[0].events}} events. Matching: browser is Chrome.",
                true,
            ),
            (
                "Of {{r1[0].events}} events {{r1[0].events}} matching events came.",
                false,
            ),
        ],
    );
}

#[test]
fn answers_of_the_built_in_analyst_hold() {
    check(
        &trends(&VIEWS, &[445], &["$is_bot is not true", "status is at least 400"]),
        &[(
            "{{r1[0].page_views}} page views. Filter: the client is not a bot and there is a referrer. Period: 18 May \
             2015. Times are UTC.",
            true,
        )],
    );
    for (noun, title) in [
        ("requests", "requests"),
        ("unique visitors", "unique visitors"),
        ("hits", "hits"),
    ] {
        let unit = if noun == "unique visitors" {
            Unit::Persons
        } else {
            Unit::Events
        };
        let label = format!("{title} · matching {noun}");
        let series = [("a", title, unit), ("a_2", label.as_str(), unit)];
        let result = trends(&series, &[768, 445], &["series 2: status is 404", "$is_bot is true"]);
        let share = "{{r1[0].a_2 / r1[0].a | percent}}";
        check(
            &result,
            &[
                (
                    &format!(
                        "{share}: {{{{r1[0].a_2}}}} matching {noun} of {{{{r1[0].a}}}} {noun}. Matching: status is x."
                    ),
                    true,
                ),
                (
                    &format!("{share}: {{{{r1[0].a_2}}}} matching {noun}. Filter: the client is a bot."),
                    true,
                ),
                (&format!("{share}."), false),
            ],
        );
    }
}

#[test]
fn label_of_a_series_is_no_measure() {
    let series = [("page_views", "page views · unique visitors", Unit::Events)];
    check(
        &trends(&series, &[445], &[]),
        &[
            ("There were {{r1[0].page_views}} unique visitors.", false),
            ("There were {{r1[0].page_views}} page views.", true),
        ],
    );
    let series = [("page_views", "page views · crawlers", Unit::Events)];
    check(
        &trends(&series, &[445], &[]),
        &[("{{r1[0].page_views}} page views came from crawlers.", false)],
    );
}

pub(super) fn pages() -> ResultSnapshot {
    let rows = [("/", 40), ("/a", 30), ("/b", 20), ("Other", 50), ("None", 10)];
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(page, views)| vec![json!(page), json!(views)])
        .collect();
    result("TrendsQuery", &["pathname"], &VIEWS, &rows)
}

#[test]
fn collective_rows_are_no_values() {
    check(
        &pages(),
        &[
            ("{{count(r1)}} pages were viewed.", false),
            (
                "The least viewed page had {{min(r1.page_views)}} page views, the lowest number.",
                false,
            ),
            ("The highest number of page views was {{max(r1.page_views)}}.", false),
            ("/b had the fewest page views.", false),
            ("Other had the most page views.", false),
            ("In total there were {{sum(r1.page_views)}} page views.", true),
        ],
    );
    let mut without_other = pages();
    without_other.table.rows.remove(3);
    check(
        &without_other,
        &[
            ("{{count(r1)}} pages were viewed.", true),
            ("{{count(r1)}} browsers were used.", false),
            ("{{count(r1)}} crawlers came.", false),
            ("The highest number of page views was {{max(r1.page_views)}}.", true),
        ],
    );
    let bound = bind("{{count(r1)}} pages.", None, &[without_other], &Given::default());
    assert_eq!(bound.answer.figures[0].value, json!(3));
}

#[test]
fn cut_result_is_no_whole() {
    let texts = [
        "In total there were {{sum(r1.page_views)}} page views.",
        "The highest number of page views was {{max(r1.page_views)}}.",
        "The average page had {{avg(r1.page_views)}} page views.",
        "{{count(r1)}} pages were viewed.",
        "/ had the most page views.",
    ];
    let rows: Vec<Vec<Value>> = [("/", 40), ("/a", 30)]
        .iter()
        .map(|(page, views)| vec![json!(page), json!(views)])
        .collect();
    let whole = result("SqlQuery", &["path"], &VIEWS, &rows);
    let cuts: [fn(&mut ResultSnapshot); 5] = [
        |result| result.table.rows_cut = 2,
        |result| result.warnings.push(Warning::new("row_limit", "there are more")),
        |result| made(result).limits = vec!["2 rows (default)".to_owned()],
        |result| "select path LIMIT 2".clone_into(&mut made(result).query),
        |result| "select path fetch first 2 rows only".clone_into(&mut made(result).query),
    ];
    for text in texts {
        assert!(is_verified(&whole, "", text), "{text}");
        for (position, cut) in cuts.iter().enumerate() {
            let mut result = whole.clone();
            cut(&mut result);
            assert!(!is_verified(&result, "", text), "{position} {text}");
        }
    }
    let mut roomy = whole;
    made(&mut roomy).limits = vec!["100 rows (default)".to_owned()];
    assert!(is_verified(&roomy, "", texts[0]));
}

#[test]
fn number_without_a_unit_is_what_its_alias_says() {
    let cases = [
        ("n", "{{r1[0].n}} failed logins.", false),
        ("n", "There were {{r1[0].n}} of them.", false),
        ("total", "There were {{r1[0].total}} total logins.", false),
        ("count", "The count of logins is {{r1[0].count}}.", false),
        (
            "failed_logins",
            "There were {{r1[0].failed_logins}} failed logins.",
            true,
        ),
        ("failed_logins", "There were {{r1[0].failed_logins}} logins.", false),
        ("failed_logins", "Failed logins: {{r1[0].failed_logins}}.", true),
        ("failed", "{{r1[0].failed}} failed logins.", false),
        ("requests", "There were {{r1[0].requests}} requests.", true),
        ("requests", "There were 445 requests.", true),
        (
            "requests",
            "There were {{r1[0].requests}} requests from crawlers.",
            false,
        ),
        ("request_count", "There were {{r1[0].request_count}} requests.", true),
        ("requests", "There were {{r1[0].requests}} errors.", false),
        ("users", "There were {{r1[0].users}} visitors.", true),
        ("avg_bytes", "There were {{r1[0].avg_bytes}} bytes.", false),
    ];
    for (alias, text, expected) in cases {
        let result = sql("SELECT count(*) FROM events", alias);
        assert_eq!(is_verified(&result, "", text), expected, "{alias} {text}");
    }
}
