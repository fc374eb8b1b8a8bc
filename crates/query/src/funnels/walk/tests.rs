//! The walk against all ways there are, one by one.

use chrono::DateTime;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

type Way = Vec<Option<i64>>;

/// All ways through the steps that start within a time: each as the times of its steps. Slow, and without a thought of
/// order.
fn all_ways(rules: &Rules, events: &[Event], entry: &Range<i64>) -> Vec<Way> {
    let mut found = Vec::new();
    // The events of a way with the step that each is.
    let mut pending: Vec<Vec<(usize, usize)>> = vec![vec![]];
    while let Some(way) = pending.pop() {
        let time = |place: usize| events[place].time;
        let last = way.last().map(|(place, _)| time(*place));
        for at in 0..events.len() {
            let is_new = way.iter().all(|(place, _)| *place != at);
            let in_time = match (way.first(), last) {
                (Some((first, _)), Some(last)) => last <= time(at) && time(at) <= rules.window_end(time(*first)),
                _ => entry.contains(&time(at)),
            };
            let is_between = |event: &Event| last.is_some_and(|last| last < event.time) && event.time < time(at);
            let is_alone = rules.order != Order::Strict || !events.iter().any(is_between);
            if !is_new || !in_time || !is_alone {
                continue;
            }
            for step in (0..rules.steps).filter(|step| events[at].fits >> step & 1 == 1) {
                let follows = match rules.order {
                    // Each set of events once: what matters of a way is when its events are.
                    Order::Unordered => way
                        .iter()
                        .all(|(place, taken)| *taken != step && (*place < at || way.is_empty())),
                    _ => {
                        let next = way.last().map_or(0, |(_, step)| step + 1);
                        next <= step && (next..step).all(|left_out| rules.optional.contains(&left_out))
                    }
                };
                if follows {
                    let longer = [way.as_slice(), &[(at, step)]].concat();
                    let mut times = Way::new();
                    for (position, (place, step)) in longer.iter().enumerate() {
                        let position = if rules.order == Order::Unordered {
                            position
                        } else {
                            *step
                        };
                        times.resize(position, None);
                        times.push(Some(time(*place)));
                    }
                    found.push(times);
                    pending.push(longer);
                }
            }
        }
    }
    found
}

/// Whether an exclusion has an event after its first step that is before its last one, or no later than a time where the
/// way doesn't get there.
fn is_spoiled(rules: &Rules, events: &[Event], way: &Way, until: i64) -> bool {
    let mut exclusions = rules.exclusions.iter().zip(rules.steps..);
    exclusions.any(|((from, to), bit)| {
        let Some(Some(after)) = way.get(*from) else {
            return false;
        };
        let is_before = |time: i64| match way.get(*to) {
            Some(Some(before)) => time < *before,
            _ => time <= until,
        };
        events
            .iter()
            .any(|event| event.fits >> bit & 1 == 1 && *after < event.time && is_before(event.time))
    })
}

/// The best way; empty where there is none at all, and `None` where all are spoiled.
fn expected(rules: &Rules, events: &[Event], entry: &Range<i64>) -> Option<Way> {
    let ways = all_ways(rules, events, entry);
    let Some(furthest) = ways.iter().map(Vec::len).max() else {
        return Some(Way::new());
    };
    let arrival = |way: &Way| way.last().copied().flatten().unwrap();
    let mut ways: Vec<_> = ways.into_iter().filter(|way| way.len() == furthest).collect();
    ways.retain(|way| !is_spoiled(rules, events, way, arrival(way)));
    ways.sort_by_key(arrival);
    for together in ways.chunk_by(|one, other| arrival(one) == arrival(other)) {
        let latest_start = together.iter().map(|way| way[0].unwrap()).max().unwrap();
        // The latest in all steps before, from the end.
        let best = together.iter().max_by_key(|way| way.iter().rev().collect::<Vec<_>>());
        let best = best.unwrap();
        if !is_spoiled(rules, events, best, rules.window_end(latest_start)) {
            return Some(best.clone());
        }
    }
    None
}

fn rules() -> impl Strategy<Value = Rules> {
    let order = prop_oneof![Just(Order::Ordered), Just(Order::Strict), Just(Order::Unordered)];
    let exclusions = prop_oneof![
        2 => Just(vec![]),
        2 => prop::collection::vec((0..4_usize, 1..4_usize), 1..3),
    ];
    let optional = prop_oneof![2 => Just(0_u8), 1 => 0..16_u8];
    (2..5_usize, 0..12_i64, order, optional, exclusions).prop_map(|(steps, micros, order, optional, mut exclusions)| {
        let is_unordered = order == Order::Unordered;
        let optional: Vec<usize> = (1..steps)
            .filter(|step| !is_unordered && optional >> step & 1 == 1)
            .collect();
        if is_unordered {
            exclusions.iter_mut().for_each(|exclusion| *exclusion = (0, steps - 1));
        }
        exclusions.retain(|(from, to)| from < to && *to < steps && !optional.contains(from) && !optional.contains(to));
        Rules {
            order,
            steps,
            months: 0,
            micros,
            optional,
            exclusions,
            entries: Vec::new(),
        }
    })
}

/// Events of up to four steps, or six bits; few fit an exclusion.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let excluded = prop_oneof![5 => Just(0), 1 => 0..4_u128];
    let event = (0..14_i64, 0..16_u128, excluded);
    proptest::collection::vec(event, 0..9).prop_map(|events| {
        let mut events: Vec<Event> = events
            .into_iter()
            .map(|(time, fits, excluded)| Event {
                time,
                fits: fits | excluded << 64,
            })
            .collect();
        events.sort_by_key(|event| event.time);
        events
    })
}

/// The events with the bits of exclusions behind those of so many steps.
fn placed(events: &[Event], rules: &Rules) -> Vec<Event> {
    let place = |event: &Event| Event {
        time: event.time,
        fits: event.fits & rules.all_steps() | (event.fits >> 64 & ((1 << rules.exclusions.len()) - 1)) << rules.steps,
    };
    events.iter().map(place).collect()
}

fn cases(seed: u8) -> TestRunner {
    #[expect(clippy::disallowed_methods, reason = "the test command sets it")]
    let full = std::env::var("HEDGEROW_FULL").is_ok_and(|full| full == "1");
    let config = Config {
        cases: if full { 400_000 } else { 40_000 },
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

#[test]
fn the_walk_finds_what_all_ways_have() {
    cases(1)
        .run(&(rules(), events()), |(rules, events)| {
            let events = placed(&events, &rules);
            let mut walk = Walk::new(rules.clone());
            // What another person did leaves no trace.
            walk.furthest(&[Event { time: 1, fits: 15 }, Event { time: 2, fits: 63 }]);
            let wanted = expected(&rules, &events, &ALWAYS);
            prop_assert_eq!(walk.furthest(&events), wanted.as_deref());
            Ok(())
        })
        .unwrap();
}

#[test]
fn entries_are_those_of_all_ways() {
    cases(2)
        .run(&(rules(), events()), |(mut rules, events)| {
            if rules.order == Order::Unordered {
                rules.exclusions.clear();
            }
            rules.entries = vec![1, 4, 5, 9, 12];
            let events = placed(&events, &rules);
            let mut found = Vec::new();
            let mut walk = Walk::new(rules.clone());
            walk.furthest(&[Event { time: 1, fits: 15 }, Event { time: 2, fits: 63 }]);
            walk.entries(&events, |place, steps| found.push((place, steps)));
            let bounds = rules.entries.windows(2).enumerate();
            let wanted: Vec<(usize, Option<usize>)> = bounds
                .filter_map(|(place, bounds)| {
                    let way = expected(&rules, &events, &(bounds[0]..bounds[1]));
                    let enters = way.as_ref().is_none_or(|way| !way.is_empty());
                    enters.then(|| (place, way.map(|way| way.len())))
                })
                .collect();
            prop_assert_eq!(found, wanted);
            Ok(())
        })
        .unwrap();
}

fn ordered(steps: usize, months: u32, micros: i64) -> Rules {
    Rules {
        order: Order::Ordered,
        steps,
        months,
        micros,
        optional: Vec::new(),
        exclusions: Vec::new(),
        entries: Vec::new(),
    }
}

#[test]
fn a_window_of_months_follows_the_calendar() {
    let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros();
    let reached = |from: &str, to: &str| {
        let events = [(from, 1), (to, 2)].map(|(time, fits)| Event { time: at(time), fits });
        Walk::new(ordered(2, 1, 0)).furthest(&events).unwrap().len()
    };
    assert_eq!(reached("2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z"), 2);
    assert_eq!(reached("2024-01-31T10:00:00Z", "2024-02-29T10:00:00.000001Z"), 1);
    assert_eq!(reached("2026-02-15T10:00:00Z", "2026-03-15T10:00:00Z"), 2);
}

#[test]
fn a_hundred_steps_are_walked() {
    let event = |at: i64, apart: i64| Event {
        time: at * apart,
        fits: 1 << at,
    };
    let mut rules = ordered(100, 0, 1_000);
    for order in [Order::Ordered, Order::Strict, Order::Unordered] {
        rules.order = order;
        let events: Vec<Event> = (0..100).map(|at| event(at, 1)).collect();
        assert_eq!(Walk::new(rules.clone()).furthest(&events).unwrap().len(), 100);
        let late: Vec<Event> = (0..100).map(|at| event(at, 11)).collect();
        assert_eq!(Walk::new(rules.clone()).furthest(&late).unwrap().len(), 91);
    }
}
