//! The walk against all ways there are, one by one.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// All ways through the steps: each as the times of its steps. Slow, and without a thought of order.
fn all_ways(rules: &Rules, events: &[Event]) -> Vec<Vec<i64>> {
    fn go_on(rules: &Rules, events: &[Event], used: &mut Vec<usize>, found: &mut Vec<Vec<i64>>) {
        let step = used.len();
        if step > 0 {
            found.push(used.iter().map(|at| events[*at].time).collect());
        }
        if step == rules.steps {
            return;
        }
        for at in 0..events.len() {
            let fits = events[at].fits & (1 << step) != 0 && !used.contains(&at);
            let in_time = used.first().is_none_or(|first| {
                events[at].time >= events[*used.last().unwrap()].time
                    && events[at].time <= rules.window_end(events[*first].time)
            });
            let between = |event: &Event| {
                let last = events[*used.last().unwrap()].time;
                last < event.time && event.time < events[at].time
            };
            let is_alone = !rules.strict || used.is_empty() || !events.iter().any(between);
            if fits && in_time && is_alone {
                used.push(at);
                go_on(rules, events, used, found);
                used.pop();
            }
        }
    }
    let mut found = Vec::new();
    go_on(rules, events, &mut Vec::new(), &mut found);
    found
}

fn expected(rules: &Rules, events: &[Event]) -> Vec<i64> {
    let ways = all_ways(rules, events);
    let furthest = ways.iter().map(Vec::len).max().unwrap_or(0);
    let mut ways: Vec<_> = ways.into_iter().filter(|way| way.len() == furthest).collect();
    // The first to arrive, then the latest in all steps before, from the end.
    ways.sort_by_key(|way| {
        let mut key: Vec<i64> = way.iter().rev().map(|time| -time).collect();
        if let Some(last) = key.first_mut() {
            *last = -*last;
        }
        key
    });
    ways.into_iter().next().unwrap_or_default()
}

fn rules() -> impl Strategy<Value = Rules> {
    (2..5_usize, 0..12_i64, any::<bool>()).prop_map(|(steps, micros, strict)| Rules {
        steps,
        months: 0,
        micros,
        strict,
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..14_i64, 0..16_u128).prop_map(|(time, fits)| Event { time, fits });
    proptest::collection::vec(event, 0..9).prop_map(|mut events| {
        events.sort_by_key(|event| event.time);
        events
    })
}

#[test]
fn the_walk_finds_what_all_ways_have() {
    #[expect(clippy::disallowed_methods, reason = "the test command sets it")]
    let full = std::env::var("HEDGEROW_FULL").is_ok_and(|full| full == "1");
    let config = Config {
        cases: if full { 200_000 } else { 20_000 },
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner
        .run(&(rules(), events()), |(rules, events)| {
            let mut walk = Walk::new(rules);
            // What another person did leaves no trace.
            walk.furthest(&[Event { time: 1, fits: 15 }, Event { time: 2, fits: 15 }]);
            prop_assert_eq!(walk.furthest(&events), expected(&rules, &events));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_window_of_months_follows_the_calendar() {
    let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros();
    let rules = Rules {
        steps: 2,
        months: 1,
        micros: 0,
        strict: false,
    };
    let reached = |from: &str, to: &str| {
        let events = [
            Event {
                time: at(from),
                fits: 1,
            },
            Event { time: at(to), fits: 2 },
        ];
        Walk::new(rules).furthest(&events).len()
    };
    assert_eq!(reached("2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z"), 2);
    assert_eq!(reached("2024-01-31T10:00:00Z", "2024-02-29T10:00:00.000001Z"), 1);
    assert_eq!(reached("2026-02-15T10:00:00Z", "2026-03-15T10:00:00Z"), 2);
}

#[test]
fn a_hundred_steps_are_walked() {
    let rules = Rules {
        steps: 100,
        months: 0,
        micros: 1_000,
        strict: false,
    };
    let events: Vec<Event> = (0..100)
        .map(|at| Event {
            time: at,
            fits: 1 << at,
        })
        .collect();
    assert_eq!(Walk::new(rules).furthest(&events).len(), 100);
    let late: Vec<Event> = (0..100)
        .map(|at| Event {
            time: at * 11,
            fits: 1 << at,
        })
        .collect();
    assert_eq!(Walk::new(rules).furthest(&late).len(), 91);
}
