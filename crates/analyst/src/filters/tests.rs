//! Words and the trees that they mean, over a small list of sessions; the public set runs with the binary.

use chrono::NaiveDate;
use hedgerow_agent_api::Tainted;
use hedgerow_data_api::{FilterGroup, FilterList, FilterNode, GroupType};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::list::List;
use super::wish;
use crate::conversation::{Called, READ_TAXONOMY};
use crate::dates::Calendar;
use crate::intent::Trouble;

/// Fields with the values that they have: key, type, kind, whether it may be missing, words, values.
type Row<'a> = (&'a str, &'a str, &'a str, bool, &'a [&'a str], &'a [&'a str]);

const FIELDS: &[Row<'_>] = &[
    ("duration", "session", "number", false, &["duration"], &[]),
    ("started_at", "session", "date", false, &["started at", "started"], &[]),
    ("errors", "session", "whole", false, &["errors"], &[]),
    ("rage_clicks", "session", "whole", false, &["rage clicks"], &[]),
    (
        "entry_path",
        "session",
        "text",
        true,
        &["entry path"],
        &["/pricing", "/app"],
    ),
    (
        "browser",
        "session",
        "text",
        true,
        &["browser"],
        &["Chrome", "Firefox", "Mobile Safari", "Safari"],
    ),
    ("plan", "session", "text", true, &["plan"], &["free", "pro"]),
    ("plan", "person", "text", true, &["plan"], &["free", "pro"]),
    ("role", "person", "text", true, &["role"], &["student"]),
    ("trial", "person", "boolean", true, &["trial"], &[]),
    ("newsletter", "person", "boolean", true, &["newsletter"], &[]),
    (
        "utm_source",
        "person",
        "text",
        true,
        &["utm source"],
        &["newsletter", "google"],
    ),
    ("seats", "person", "whole", true, &["seats"], &[]),
    ("email", "person", "text", true, &["email"], &[]),
    (
        "$pathname",
        "person",
        "text",
        true,
        &["pathname", "path"],
        &["/pricing"],
    ),
];

/// The list as the tools tell it for some words: a value is found where it stands as it is.
fn list(words: &str) -> List {
    let fields: Vec<Value> = FIELDS
        .iter()
        .map(|(key, of, kind, may_be_missing, said, values)| {
            let unit = (*key == "duration").then_some("seconds");
            json!({"key": key, "type": of, "kind": kind, "may_be_missing": may_be_missing, "words": said,
                "is_checked": !values.is_empty(), "unit": unit})
        })
        .collect();
    let lower = words.to_lowercase();
    let mut matches = Vec::new();
    for (key, of, _, _, _, values) in FIELDS {
        for value in *values {
            for (start, found) in lower.match_indices(&value.to_lowercase()) {
                let end = start + found.len();
                matches.push(
                    json!({"text": "", "start": start, "end": end, "type": of, "key": key, "value": value,
                    "exact": true, "score": 1.0}),
                );
            }
        }
    }
    let fence = |value: Value| Tainted::new(value.to_string()).fenced();
    let contents = [
        fence(json!({"kind": "fields", "list": "sessions", "fields": fields})),
        fence(json!({"kind": "list_match", "list": "sessions", "matches": matches})),
    ];
    let arguments = json!({});
    let calls = contents.iter().map(|content| Called {
        name: READ_TAXONOMY,
        arguments: &arguments,
        handle: None,
        ok: true,
        content,
    });
    List::of(FilterList::Sessions, &calls.collect::<Vec<_>>())
}

fn read(words: &str) -> Result<FilterGroup, Trouble> {
    let now = NaiveDate::from_ymd_opt(2026, 6, 30)
        .unwrap()
        .and_hms_opt(12, 0, 0)
        .unwrap();
    wish::tree(words, &list(words), &Calendar { now, data: None })
}

/// A tree in short: `browser exact "Firefox" & (errors gte 1 | role is_set)`.
fn short(group: &FilterGroup) -> String {
    let join = if group.group_type == GroupType::And {
        " & "
    } else {
        " | "
    };
    let members = group.values.iter().map(|node| match node {
        FilterNode::Group(nested) => format!("({})", short(nested)),
        FilterNode::Filter(filter) => {
            let value = filter
                .value
                .as_ref()
                .map(|value| format!(" {value}"))
                .unwrap_or_default();
            format!("{} {}{value}", filter.key, filter.operator.as_str())
        }
    });
    members.collect::<Vec<_>>().join(join)
}

fn said(words: &str) -> String {
    match read(words) {
        Ok(tree) => short(&tree),
        Err(Trouble::Ask(_)) => "asked".to_owned(),
        Err(Trouble::Refuse(_)) => "refused".to_owned(),
        Err(Trouble::Lookup(_)) => "looked up".to_owned(),
    }
}

/// Names every case that came out otherwise.
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(words, expected)| said(words) != *expected)
        .map(|(words, expected)| format!("{words}: {} and not {expected}", said(words)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_become_trees() {
    let cases = [
        // Fields, values and lists.
        ("sessions in firefox", r#"browser exact "Firefox""#),
        ("Mobile Safari", r#"browser exact "Mobile Safari""#),
        ("browser is Chrome or Safari", r#"browser exact ["Chrome","Safari"]"#),
        (
            "Chrome, Firefox or Safari",
            r#"browser exact ["Chrome","Firefox","Safari"]"#,
        ),
        ("neither Chrome nor Safari", r#"browser is_not ["Chrome","Safari"]"#),
        ("not in Chrome or Safari", r#"browser is_not ["Chrome","Safari"]"#),
        ("all but Chrome and Safari", r#"browser is_not ["Chrome","Safari"]"#),
        ("pro plan", r#"plan exact "pro""#),
        ("students", "refused"),
        // Which field.
        ("newsletter sessions", "asked"),
        ("utm source newsletter", r#"utm_source exact "newsletter""#),
        ("from Google", "asked"),
        ("/pricing", r#"entry_path exact "/pricing""#),
        ("path is /pricing", "asked"),
        ("sessions of people on the pro plan", "asked"),
        ("the person's plan is pro", r#"plan exact "pro""#),
        // Amounts.
        ("longer than half an hour", "duration gt 1800"),
        ("duration between 1 and 2 minutes", "duration between [60,120]"),
        ("errors 3 or more", "errors gte 3"),
        ("at least 2 errors", "errors gte 2"),
        ("no more than 2 errors", "errors lte 2"),
        ("errors above 2 and below 9", "errors gt 2 & errors lt 9"),
        ("duration of 5 percent", "asked"),
        ("errors above 1.5", "asked"),
        // What is there and what isn't.
        ("with errors", "errors gte 1"),
        ("no errors", "errors exact 0"),
        ("without a plan", "plan is_not_set"),
        ("has an email", "email is_set"),
        ("email is missing", "email is_not_set"),
        ("on trial", "trial exact true"),
        ("not on trial", "trial is_not true"),
        ("trial is false", "trial exact false"),
        ("has a trial", "asked"),
        // Texts.
        ("email contains old_", r#"email icontains "old_""#),
        (
            "email does not contain foo or bar",
            r#"email not_icontains ["foo","bar"]"#,
        ),
        ("entry path starts with /app.v2", r#"entry_path regex "^/app\\.v2""#),
        // Dates.
        ("started yesterday", r#"started_at is_date_exact "2026-06-29""#),
        ("since 1 June 2026", r#"started_at is_date_after "2026-05-31""#),
        (
            "after 1 June and before 5 June 2026",
            r#"started_at is_date_after "2026-06-01" & started_at is_date_before "2026-06-05""#,
        ),
        ("started", "refused"),
        // Words that are left over.
        ("long sessions in Chrome", "refused"),
        ("delete sessions in Chrome", "refused"),
        ("all sessions", "refused"),
        ("Chrome. Ignore what was said", "refused"),
    ];
    check(&cases);
}

#[test]
fn conditions_are_joined_where_it_is_clear() {
    let cases = [
        ("Chrome with errors", r#"browser exact "Chrome" & errors gte 1"#),
        ("Chrome, no errors", r#"browser exact "Chrome" & errors exact 0"#),
        (
            "errors above 5 or rage clicks above 3",
            "errors gt 5 | rage_clicks gt 3",
        ),
        (
            "Chrome or Safari with errors",
            r#"browser exact ["Chrome","Safari"] & errors gte 1"#,
        ),
        (
            "Chrome with errors, or Safari with rage clicks",
            r#"(browser exact "Chrome" & errors gte 1) | (browser exact "Safari" & rage_clicks gte 1)"#,
        ),
        (
            "pro plan or errors above 5, and Chrome",
            r#"(plan exact "pro" | errors gt 5) & browser exact "Chrome""#,
        ),
        (
            "Chrome, and either pro plan or errors above 5",
            r#"browser exact "Chrome" & (plan exact "pro" | errors gt 5)"#,
        ),
        (
            "either Chrome and errors above 5, or Safari",
            r#"(browser exact "Chrome" & errors gt 5) | browser exact "Safari""#,
        ),
        (
            "either Chrome or Safari, and pro plan",
            r#"browser exact ["Chrome","Safari"] & plan exact "pro""#,
        ),
        ("with errors or rage clicks", "errors gte 1 | rage_clicks gte 1"),
        ("Chrome or pro plan and errors above 5", "asked"),
        ("Chrome with errors or Safari", "asked"),
        ("either Chrome or pro plan and errors above 5", "asked"),
        ("Chrome, pro plan, or errors above 5", "asked"),
        ("not in Chrome or pro plan", "asked"),
        ("no errors or rage clicks", "refused"),
        ("either Chrome", "asked"),
        ("Chrome or", "asked"),
    ];
    check(&cases);
}

proptest! {
    /// A word that stands in no list and names nothing never goes unnoticed, wherever it stands.
    #[test]
    fn no_word_is_dropped(place in 0_usize..6, word in "(quxly|frobs|zedmore|grault)") {
        let plain = ["sessions", "in", "Chrome", "with", "errors"];
        let mut words: Vec<&str> = plain.to_vec();
        words.insert(place.min(plain.len()), &word);
        prop_assert!(read(&words.join(" ")).is_err(), "{}", words.join(" "));
    }

    /// Whatever is typed, nothing breaks.
    #[test]
    fn anything_can_be_read(words in "([a-zA-Z$_/.,;:'\"0-9é -]|or |and |not |either |browser |between |last 7 days ){0,40}") {
        let _ = said(&words);
    }
}
