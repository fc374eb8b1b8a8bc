//! Runs the labelled answers of `evals/figures` and counts, by kind, what was shown how.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use hedgerow_agent_api::{Claim, FigureStatus, ResultSnapshot, Segment};
use hedgerow_data_api::{Column, Provenance, ResolvedRange, Table};
use serde::Deserialize;
use serde_json::Value;

use crate::figures::{Bound, Given, bind};

#[derive(Debug, Deserialize)]
struct Tables {
    tables: Vec<NamedTable>,
}

#[derive(Debug, Clone, Deserialize)]
struct NamedTable {
    name: String,
    title: String,
    #[serde(default)]
    date_range: Option<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

/// One labelled answer.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    id: String,
    kind: String,
    pub question: String,
    pub tables: Vec<String>,
    pub answer: String,
    claims: Vec<Labelled>,
}

#[derive(Debug, Deserialize)]
struct Labelled {
    text: String,
    truth: String,
    why: String,
}

/// How the claims of one kind were shown.
#[derive(Debug, Default, Clone)]
struct Tally {
    truly: usize,
    missed: usize,
    falsely: usize,
    false_shown_verified: usize,
    false_shown_plain: usize,
    labels: usize,
    labels_shown_verified: usize,
    given: usize,
    given_shown_verified: usize,
    given_shown_otherwise: usize,
}

/// The results of a case: the first table is `r1`.
pub(super) fn results(folder: &Path, names: &[String]) -> Vec<ResultSnapshot> {
    let text = fs_err::read_to_string(folder.join("tables.yaml")).unwrap();
    let tables: Tables = serde_saphyr::from_str(&text).unwrap();
    let find = |name: &String| tables.tables.iter().find(|table| table.name == *name).unwrap().clone();
    names
        .iter()
        .enumerate()
        .map(|(position, name)| snapshot(position, find(name)))
        .collect()
}

fn snapshot(position: usize, table: NamedTable) -> ResultSnapshot {
    let provenance = table
        .date_range
        .as_deref()
        .and_then(|range| range.split_once(" to "))
        .map(|(from, to)| Provenance {
            query_id: hedgerow_ids::QueryId::new(),
            project: "demo".parse().unwrap(),
            kind: "TrendsQuery".to_owned(),
            plan_hash: String::new(),
            snapshot_id: 0,
            time_zone: "UTC".to_owned(),
            range: Some(ResolvedRange {
                date_from: from.to_owned(),
                date_to: to.to_owned(),
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
        });
    let shown = Table {
        title: table.title,
        columns: table.columns,
        rows: table.rows,
        rows_cut: 0,
    };
    ResultSnapshot {
        handle: format!("r{}", position + 1),
        table: shown,
        provenance,
        warnings: Vec::new(),
        view: None,
    }
}

/// Where the figures of an answer stand in its source.
pub(super) fn spans(source: &str, bound: &Bound) -> Vec<(Range<usize>, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    for segment in &bound.answer.segments {
        match segment {
            Segment::Text { text } => at += text.len(),
            Segment::Figure { index } => {
                let figure = &bound.answer.figures[*index];
                let length = match figure.claim {
                    Claim::Reference => source[at..].find("}}").unwrap() + 2,
                    Claim::Literal | Claim::Word => figure.text.len(),
                };
                found.push((at..at + length, *index));
                at += length;
            }
        }
    }
    assert_eq!(at, source.len(), "the segments do not make the answer {source:?}");
    found
}

fn find_claim(answer: &str, text: &str, from: usize) -> Range<usize> {
    let mut at = from;
    loop {
        let start = at
            + answer[at..]
                .find(text)
                .unwrap_or_else(|| panic!("{text:?} is not in {answer:?}"));
        let end = start + text.len();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = answer[..start].chars().next_back();
        let after = answer[end..].chars().next();
        let head = !text.starts_with(word) || !before.is_some_and(|c| word(c) || matches!(c, '.' | ','));
        let tail = !text.ends_with(word) || !after.is_some_and(word);
        if head && tail {
            return start..end;
        }
        at = start + 1;
    }
}

fn judge(case: &Case, folder: &Path, tally: &mut Tally, report: &mut Vec<String>) {
    let given = Given {
        question: case.question.clone(),
        arguments: Vec::new(),
    };
    let bound = bind(&case.answer, None, &results(folder, &case.tables), &given);
    let figures = spans(&case.answer, &bound);
    let mut from = 0;
    for claim in &case.claims {
        let span = find_claim(&case.answer, &claim.text, from);
        from = span.end;
        let shown: Vec<FigureStatus> = figures
            .iter()
            .filter(|(range, _)| range.start < span.end && span.start < range.end)
            .map(|(_, index)| bound.answer.figures[*index].status)
            .collect();
        let verified = shown.contains(&FigureStatus::Verified);
        let note = |what: &str| {
            format!(
                "{what}: {} {:?} in {:?} ({}) {:?}",
                case.id, claim.text, case.answer, claim.why, bound.problems
            )
        };
        match claim.truth.as_str() {
            "true" => {
                tally.truly += 1;
                if !verified || shown.contains(&FigureStatus::Unverified) {
                    tally.missed += 1;
                    report.push(note("MISSED"));
                }
            }
            "false" => {
                tally.falsely += 1;
                tally.false_shown_plain += usize::from(shown.is_empty());
                if verified {
                    tally.false_shown_verified += 1;
                    report.push(note("FALSELY VERIFIED"));
                } else if shown.is_empty() {
                    report.push(note("FALSE SHOWN PLAIN"));
                }
            }
            "label" => {
                tally.labels += 1;
                tally.labels_shown_verified += usize::from(verified);
                if verified {
                    report.push(note("LABEL SHOWN VERIFIED"));
                }
            }
            _ => {
                tally.given += 1;
                tally.given_shown_verified += usize::from(verified);
                if shown != [FigureStatus::Given] {
                    tally.given_shown_otherwise += 1;
                    report.push(note("GIVEN SHOWN OTHERWISE"));
                }
            }
        }
    }
}

/// The cases of a folder.
pub(super) fn cases(folder: &Path) -> Vec<Case> {
    let text = fs_err::read_to_string(folder.join("sentences.yaml")).unwrap();
    let cases: Cases = serde_saphyr::from_str(&text).unwrap();
    cases.cases
}

/// Judges a folder of labelled answers; the tallies by kind and what went wrong.
fn judge_labelled_set(folder: &Path) -> (BTreeMap<String, Tally>, Vec<String>) {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut report = Vec::new();
    for case in &cases(folder) {
        judge(case, folder, tallies.entry(case.kind.clone()).or_default(), &mut report);
    }
    (tallies, report)
}

fn total(tallies: &BTreeMap<String, Tally>) -> Tally {
    tallies.values().fold(Tally::default(), |sum, tally| Tally {
        truly: sum.truly + tally.truly,
        missed: sum.missed + tally.missed,
        falsely: sum.falsely + tally.falsely,
        false_shown_verified: sum.false_shown_verified + tally.false_shown_verified,
        false_shown_plain: sum.false_shown_plain + tally.false_shown_plain,
        labels: sum.labels + tally.labels,
        labels_shown_verified: sum.labels_shown_verified + tally.labels_shown_verified,
        given: sum.given + tally.given,
        given_shown_verified: sum.given_shown_verified + tally.given_shown_verified,
        given_shown_otherwise: sum.given_shown_otherwise + tally.given_shown_otherwise,
    })
}

fn line(name: &str, tally: &Tally) -> String {
    format!(
        "figures {name:<16} true {:>3} missed {:>2} | false {:>3} verified {:>2} plain {:>2} | label {:>3} verified {:>2} | given {:>2} verified {:>2} other {:>2}",
        tally.truly,
        tally.missed,
        tally.falsely,
        tally.false_shown_verified,
        tally.false_shown_plain,
        tally.labels,
        tally.labels_shown_verified,
        tally.given,
        tally.given_shown_verified,
        tally.given_shown_otherwise
    )
}

/// A set of labelled answers by its name.
pub(super) fn set(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals").join(name)
}

/// The set that the other tests take their tables from.
pub(super) fn folder() -> std::path::PathBuf {
    set("figures")
}

/// `cargo xtask verify figures` runs this test and shows its lines.
#[test]
fn figures_labelled_set_holds() {
    let mut failures = Vec::new();
    for name in ["figures", "figures_more"] {
        let (tallies, report) = judge_labelled_set(&set(name));
        println!("set {name}");
        for (kind, tally) in &tallies {
            println!("{}", line(kind, tally));
        }
        let all = total(&tallies);
        println!("{}", line("all", &all));
        for entry in &report {
            println!("{entry}");
        }
        assert!(all.truly > 100 && all.falsely > 100, "the set {name} is not complete");
        let bars = [
            (all.false_shown_verified == 0, "claims are falsely verified"),
            (all.labels_shown_verified == 0, "labels are shown as verified figures"),
            (all.given_shown_verified == 0, "echoes are shown as verified figures"),
            (
                all.missed * 20 <= all.truly,
                "more than 5 % of the true claims are not verified",
            ),
        ];
        failures.extend(
            bars.iter()
                .filter(|(holds, _)| !holds)
                .map(|(_, bar)| format!("{name}: {bar}")),
        );
    }
    assert_eq!(failures, Vec::<String>::new());
}
