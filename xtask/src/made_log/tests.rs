//! The log repeats, is in order, and has what the benches need.

use std::collections::{BTreeSet, HashSet};

use super::{AGENTS, Size, write_to};

fn text(size: Size) -> String {
    let mut out = Vec::new();
    let (lines, bytes) = write_to(&mut out, size, 30).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!((lines, bytes), (text.lines().count() as u64, text.len() as u64));
    text
}

#[test]
fn log_repeats_and_has_its_size() {
    let lines = text(Size::Lines(20_000));
    assert_eq!(lines, text(Size::Lines(20_000)));
    assert_eq!(lines.lines().count(), 20_000);
    let bytes = text(Size::Bytes(1_000_000)).len();
    assert!((1_000_000..1_000_600).contains(&bytes), "{bytes}");
}

#[test]
fn log_is_in_order_and_spans_thirty_days_and_eight_browsers() {
    let text = text(Size::Lines(20_000));
    let time = |line: &str| line.split(['[', ']']).nth(1).unwrap().to_owned();
    let times: Vec<String> = text.lines().map(time).collect();
    assert!(times.is_sorted());
    let days: BTreeSet<&str> = times.iter().map(|time| &time[..2]).collect();
    assert_eq!(days.len(), 30);
    let agents: HashSet<&str> = text.lines().map(|line| line.rsplit('"').nth(1).unwrap()).collect();
    assert_eq!(agents, AGENTS.iter().map(|(_, agent)| *agent).collect());
    let visitors: HashSet<(&str, &str)> = text
        .lines()
        .map(|line| (line.split(' ').next().unwrap(), line.rsplit('"').nth(1).unwrap()))
        .collect();
    assert!((500..5_000).contains(&visitors.len()), "{}", visitors.len());
}

#[test]
fn log_has_every_kind_of_request() {
    let text = text(Size::Lines(20_000));
    for part in [
        "GET / ",
        "GET /blog/",
        ".css ",
        ".js?v=3 ",
        ".png ",
        "GET /feed/ ",
        "POST ",
        "\" 304 0 ",
        "\" 404 ",
        "\" 500 ",
        "\"-\"",
    ] {
        assert!(text.contains(part), "{part}");
    }
}
