//! Registers: every rule of their values, in every order.

use super::*;

fn stamp(timestamp: i64) -> Stamp {
    let uuid = Uuid::from_u128(timestamp.unsigned_abs().into());
    Stamp { timestamp, uuid }
}

fn write(at: i64, value: Option<&str>) -> Written {
    Written {
        key: "plan".into(),
        stamp: stamp(at),
        value: value.map(Text::from),
    }
}

/// The state after some writes, each merged as a state of its own.
fn state(set: &[(i64, Option<&str>)], once: &[(i64, &str)], backwards: bool) -> State {
    let mut parts = Vec::new();
    for (at, value) in set {
        let mut part = State::default();
        part.set.write(write(*at, *value));
        parts.push(part);
    }
    for (at, value) in once {
        let mut part = State::default();
        part.once.write(write(*at, Some(value)));
        parts.push(part);
    }
    if backwards {
        parts.reverse();
    }
    let mut state = State::default();
    for part in parts.iter().chain(parts.first()) {
        state.merge(part.clone());
    }
    state
}

#[test]
fn a_value_follows_from_the_registers() {
    let cases: [(&[(i64, Option<&str>)], &[(i64, &str)], Option<&str>); 11] = [
        (&[], &[], None),
        (&[(1, Some("a")), (3, Some("b"))], &[], Some("b")),
        (&[], &[(2, "x"), (1, "y")], Some("y")),
        // Set once after set does nothing, set after set once overwrites.
        (&[(1, Some("a"))], &[(2, "x")], Some("a")),
        (&[(2, Some("a"))], &[(1, "x")], Some("a")),
        (&[(1, Some("a")), (2, None)], &[], None),
        (&[(1, None), (2, Some("a"))], &[], Some("a")),
        // Set once after unset counts, before or in the same event it does not.
        (&[(1, None)], &[(2, "x")], Some("x")),
        (&[(2, None)], &[(1, "x")], None),
        (&[(1, None)], &[(1, "x")], None),
        // The difference from a replay: the earlier one hides the later one.
        (&[(2, None)], &[(1, "x"), (3, "y")], None),
    ];
    for (set, once, expected) in cases {
        for backwards in [false, true] {
            let state = state(set, once, backwards);
            let value = state.properties().first().map(|(_, value)| value.to_string());
            assert_eq!(value.as_deref(), expected, "{set:?} {once:?}");
        }
    }
}

#[test]
fn an_unset_wins_over_the_set_of_its_event() {
    for backwards in [false, true] {
        let state = state(&[(1, Some("a")), (1, None)], &[], backwards);
        assert!(state.properties().is_empty());
    }
}

#[test]
fn a_state_reads_as_it_was_written() {
    let mut state = State::default();
    let value = |text: &str| Some(Text::from(text));
    for (key, at, value) in [
        ("$browser", 5, value("\"Firefox\"")),
        ("zz", 5, None),
        ("ключ", -7, value("{\"a\":[1,2]}")),
        ("", i64::MAX, value("")),
        ("long", 6, value(&"x".repeat(70_000))),
    ] {
        let key = Text::from(key);
        let stamp = stamp(at);
        state.set.write(Written { key, stamp, value });
    }
    for (key, at) in [("$initial_browser", 1), ("$initial_geoip_city_name", 5)] {
        let (key, stamp) = (Text::from(key), stamp(at));
        state.once.write(Written {
            key,
            stamp,
            value: value("1"),
        });
    }
    let bytes = encoding::encode(&state);
    assert_eq!(encoding::decode(&bytes).unwrap(), state);
    assert_eq!(
        encoding::decode(&encoding::encode(&State::default())).unwrap(),
        State::default()
    );
    for cut in [0, 1, 5, 30, 100, bytes.len() - 1] {
        let error = encoding::decode(&bytes[..cut]).unwrap_err();
        assert_eq!(error.code(), hedgerow_errors::Code::Corrupt, "{cut}");
    }
}
