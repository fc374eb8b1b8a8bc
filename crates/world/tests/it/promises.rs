//! What `docs/guides/world.md` promises.

use std::collections::{BTreeMap, HashMap};

use hedgerow_world::{
    BAD_RELEASE_EXCEPTION, BAD_RELEASE_FACTOR, BAD_VERSION, DAYS, END, EXPERIMENT_CONVERSION, LATE_UNTIL, PROPERTIES,
    Presence, START, Truths, World, WorldValue,
};

use crate::recount::{fingerprint, recount};

const SEED: u64 = 7;
const SIZE: u64 = 300_000;

#[test]
fn truths_agree_with_a_recount_and_the_snapshot() {
    let (counted, truths) = recount(SEED, SIZE);
    assert_eq!(counted, truths);
    assert!(
        truths.events_by_day.iter().all(|events| *events > 500),
        "{:?}",
        truths.events_by_day
    );
    assert_shares(&truths);
    assert_experiment(&truths);
    assert_release(&truths);
    insta::assert_json_snapshot!(truths);
}

fn assert_shares(truths: &Truths) {
    let share = |count: u64| count as f64 / truths.events as f64;
    assert!((0.009..0.011).contains(&share(truths.late)), "{}", truths.late);
    assert!(
        (0.0044..0.0056).contains(&share(truths.duplicates)),
        "{}",
        truths.duplicates
    );
    assert_eq!(truths.events_by_day.len(), DAYS);
    let merges = &truths.merges;
    for count in [
        merges.alias,
        merges.dangerous,
        merges.refused_identified,
        merges.refused_illegal,
    ] {
        assert!(count >= 10, "{merges:?}");
    }
}

fn assert_experiment(truths: &Truths) {
    let rate = |variant: &str| {
        let funnel = &truths.experiment[variant];
        funnel.mature_converted as f64 / funnel.mature_signed_up as f64
    };
    let (control, test) = (rate("control"), rate("test"));
    assert!((control - EXPERIMENT_CONVERSION[0]).abs() < 0.06, "{control}");
    assert!((test - EXPERIMENT_CONVERSION[1]).abs() < 0.06, "{test}");
    assert!(test - control > 0.05, "{test} against {control}");
}

fn assert_release(truths: &Truths) {
    let rate = |(pageviews, exceptions): (u64, u64)| exceptions as f64 / pageviews as f64;
    let bad = &truths.releases[BAD_VERSION];
    let others = truths.releases.iter().filter(|(version, _)| **version != BAD_VERSION);
    let others = others.fold((0, 0), |sum, (_, release)| {
        (sum.0 + release.pageviews, sum.1 + release.exceptions)
    });
    let factor = rate((bad.pageviews, bad.exceptions)) / rate(others);
    assert!(
        (BAD_RELEASE_FACTOR * 0.75..BAD_RELEASE_FACTOR * 1.25).contains(&factor),
        "{factor}"
    );
}

#[test]
fn worlds_are_equal_for_a_seed_and_differ_between_seeds() {
    let hash = |seed| {
        World::new(seed, SIZE)
            .take(60_000)
            .fold(0u64, |hash, event| hash.rotate_left(5) ^ fingerprint(&event))
    };
    let first = hash(SEED);
    assert_eq!(first, hash(SEED));
    assert_ne!(first, hash(SEED + 1));
}

#[test]
fn sizes_are_met_within_three_percent() {
    for (seed, size) in [(1, 300_000), (2, 300_000), (3, 1_000_000)] {
        let events = World::truths_of(seed, size).events;
        assert!(
            events.abs_diff(size) * 100 <= size * 3,
            "{events} of {size} with seed {seed}"
        );
    }
}

#[test]
fn events_keep_their_form() {
    let kinds: HashMap<&str, _> = PROPERTIES.iter().map(|property| (property.key, property)).collect();
    assert_eq!(kinds.len(), PROPERTIES.len(), "a key stands twice");
    assert_eq!(
        PROPERTIES
            .iter()
            .filter(|property| property.presence != Presence::Protocol)
            .count(),
        40
    );
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut events, mut widths, mut last) = (0u64, 0usize, START);
    let mut world = World::new(SEED, SIZE);
    while let Some(event) = world.next() {
        events += 1;
        assert!((START..END).contains(&event.timestamp));
        let arrival = world.arrival();
        assert!(
            arrival >= last && (0..=LATE_UNTIL).contains(&(arrival - event.timestamp)),
            "{event:?}"
        );
        last = arrival;
        let (seconds, nanos) = event.uuid.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds as i64 * 1_000_000 + i64::from(nanos) / 1_000, event.timestamp);
        widths += event.properties.len();
        for (place, (key, value)) in event.properties.iter().enumerate() {
            assert_eq!(kinds[key].kind, value.kind(), "{key} of {}", event.event);
            assert!(
                event.properties[..place].iter().all(|(other, _)| other != key),
                "{key} twice in {}",
                event.event
            );
            *counts.entry(key).or_default() += 1;
            if events % 16 == 0 {
                assert_json(value);
            }
        }
        if event.event == "$exception" && event.text("app_version") != Some(BAD_VERSION) {
            let types = format!("[\"{BAD_RELEASE_EXCEPTION}\"]");
            assert_ne!(
                event.property("$exception_types"),
                Some(&WorldValue::Json(types.into()))
            );
        }
    }
    assert!(
        (25..=35).contains(&(widths / events as usize)),
        "{}",
        widths / events as usize
    );
    for property in PROPERTIES {
        let share = counts.get(property.key).copied().unwrap_or_default() as f64 / events as f64;
        match property.presence {
            Presence::Dense => assert!(share > 0.5, "{} {share}", property.key),
            Presence::Sparse => assert!(share > 0.0 && share < 0.15, "{} {share}", property.key),
            Presence::Event | Presence::Protocol => assert!(share > 0.0, "{} {share}", property.key),
        }
    }
}

fn assert_json(value: &WorldValue) {
    match value {
        WorldValue::Json(text) => assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}"),
        WorldValue::Double(number) => assert!(number.is_finite()),
        _ => {}
    }
}
