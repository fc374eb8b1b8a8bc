//! The rules of what events change, one by one.

use hedgerow_data_api::{EventBatch, Value};
use uuid::Uuid;

use super::*;
use crate::people::merges::MergeKind;
use crate::people::state::json_object;

/// A batch of events with their properties, a microsecond after each other.
fn batch(events: &[(&str, &str, &[(&str, Value<'_>)])]) -> EventBatch {
    let mut batch = EventBatch::default();
    for (number, (event, distinct_id, properties)) in (1..).zip(events) {
        let uuid = Uuid::from_u128(number);
        batch.begin(uuid, event, number as i64, distinct_id, None);
        for (key, value) in *properties {
            batch.set(key, *value);
        }
    }
    batch
}

/// The properties that one event gives its person.
fn properties(event: &str, given: &[(&str, Value<'_>)]) -> Option<String> {
    let changes = PeopleChanges::of(&batch(&[(event, "a", given)]));
    changes.ids.get("a").map(|state| json_object(state.properties()))
}

#[test]
fn properties_come_from_the_event_and_from_what_it_says() {
    use Value::{Boolean, Double, Integer, Json, Text};
    let cases: [(&str, &[(&str, Value<'_>)], Option<&str>); 18] = [
        ("click", &[("colour", Text("red"))], Some("{}")),
        (
            "click",
            &[("$browser", Text("Fire\"fox")), ("$screen_width", Integer(1_280))],
            Some(
                r#"{"$browser":"Fire\"fox","$initial_browser":"Fire\"fox","$initial_screen_width":1280,"$screen_width":1280}"#,
            ),
        ),
        (
            "$pageview",
            &[
                ("$geoip_latitude", Double(50.0)),
                ("utm_source", Text("x")),
                ("_kx", Boolean(true)),
            ],
            Some(
                r#"{"$geoip_latitude":50.0,"$initial__kx":true,"$initial_geoip_latitude":50.0,"$initial_utm_source":"x","_kx":true,"utm_source":"x"}"#,
            ),
        ),
        (
            "$set",
            &[("$os", Json("[ 1 ]"))],
            Some(r#"{"$initial_os":[1],"$os":[1]}"#),
        ),
        (
            "$set",
            &[("$os", Json("{no"))],
            Some(r#"{"$initial_os":"{no","$os":"{no"}"#),
        ),
        (
            "$set",
            &[("$set", Json(r#"{"b": {"c": 1e2}, "a": null}"#))],
            Some(r#"{"a":null,"b":{"c":100.0}}"#),
        ),
        ("$set_once", &[("$set_once", Json(r#"{"a":1}"#))], Some(r#"{"a":1}"#)),
        ("$unset", &[("$unset", Json(r#"["a"]"#))], Some("{}")),
        // What an event says itself goes before what is copied from it.
        (
            "click",
            &[("$os", Text("Linux")), ("$set", Json(r#"{"$os":"BSD"}"#))],
            Some(r#"{"$initial_os":"Linux","$os":"BSD"}"#),
        ),
        (
            "click",
            &[("$os", Text("a")), ("$set_once", Json(r#"{"$initial_os":"A"}"#))],
            Some(r#"{"$initial_os":"A","$os":"a"}"#),
        ),
        (
            "click",
            &[("$os", Text("a")), ("$unset", Json(r#"{"$os":0,"$initial_os":0}"#))],
            Some("{}"),
        ),
        (
            "click",
            &[("$set", Json(r#"{"a":1}"#)), ("$set_once", Json(r#"{"a":2}"#))],
            Some(r#"{"a":1}"#),
        ),
        // Events that never make or touch a person.
        ("$exception", &[("$os", Text("a"))], None),
        ("$$heatmap", &[("$set", Json(r#"{"a":1}"#))], None),
        ("$snapshot", &[("$os", Text("a"))], None),
        (
            "$pageview",
            &[("$process_person_profile", Boolean(false)), ("$os", Text("a"))],
            None,
        ),
        (
            "$identify",
            &[
                ("$process_person_profile", Boolean(false)),
                ("$anon_distinct_id", Text("b")),
            ],
            None,
        ),
        ("click", &[("$process_person_profile", Boolean(true))], Some("{}")),
    ];
    for (event, given, expected) in cases {
        assert_eq!(properties(event, given).as_deref(), expected, "{event} {given:?}");
    }
}

#[test]
fn every_mapped_key_is_copied() {
    for key in crate::people::mapped::MAPPED {
        let found = properties("click", &[(key, Value::Integer(1))]).unwrap();
        let first = format!("\"$initial_{}\":1", key.trim_start_matches('$'));
        assert!(
            found.contains(&format!("\"{key}\":1")) && found.contains(&first),
            "{found}"
        );
    }
}

#[test]
fn the_last_value_and_the_first_stay() {
    use Value::{Boolean, Integer, Json, Text};
    let changes = PeopleChanges::of(&batch(&[
        ("click", "a", &[("$os", Text("1")), ("$set", Json(r#"{"n":1}"#))]),
        ("click", "b", &[("$os", Text("1"))]),
        ("click", "a", &[("$os", Integer(2)), ("$set", Json(r#"{"n":2}"#))]),
        ("click", "a", &[("$os", Boolean(true)), ("$set", Json(r#"{"n":1}"#))]),
        (
            "click",
            "a",
            &[("$process_person_profile", Boolean(false)), ("$os", Text("5"))],
        ),
    ]));
    let of = |id: &str| json_object(changes.ids[id].properties());
    assert_eq!(of("a"), r#"{"$initial_os":"1","$os":true,"n":1}"#);
    assert_eq!(of("b"), r#"{"$initial_os":"1","$os":"1"}"#);
    assert_eq!(changes.ids["a"].first_seen, Some(1));
}

#[test]
fn merges_are_asked_for_by_three_events() {
    use MergeKind::{Alias, Identify, MergeDangerously};
    use Value::{Integer, Json, Text};
    // Event, its property, then: the operation, whether it is illegal, whether its id is known.
    let cases: [(&str, &[(&str, Value<'_>)], Option<(MergeKind, &str)>, bool, bool); 13] = [
        (
            "$identify",
            &[("$anon_distinct_id", Text("b"))],
            Some((Identify, "b")),
            false,
            true,
        ),
        (
            "$identify",
            &[("$anon_distinct_id", Integer(17))],
            Some((Identify, "17")),
            false,
            true,
        ),
        ("$identify", &[("$anon_distinct_id", Text("u"))], None, false, true),
        ("$identify", &[("alias", Text("b"))], None, false, true),
        ("$identify", &[], None, false, true),
        (
            "$identify",
            &[("$anon_distinct_id", Text("'Undefined'"))],
            Some((Identify, "'Undefined'")),
            true,
            false,
        ),
        (
            "$identify",
            &[("$anon_distinct_id", Json("{}"))],
            Some((Identify, "[object Object]")),
            true,
            false,
        ),
        (
            "$identify",
            &[("$anon_distinct_id", Text(""))],
            Some((Identify, "")),
            true,
            false,
        ),
        (
            "$create_alias",
            &[("alias", Text("b"))],
            Some((Alias, "b")),
            false,
            true,
        ),
        ("$create_alias", &[("$anon_distinct_id", Text("b"))], None, false, false),
        ("$create_alias", &[("alias", Text("u"))], None, false, true),
        (
            "$merge_dangerously",
            &[("alias", Text("b"))],
            Some((MergeDangerously, "b")),
            false,
            true,
        ),
        (
            "$pageview",
            &[("alias", Text("b")), ("$anon_distinct_id", Text("b"))],
            None,
            false,
            false,
        ),
    ];
    for (event, given, expected, is_illegal, is_known) in cases {
        let changes = PeopleChanges::of(&batch(&[(event, "u", given)]));
        let (with, without) = if is_illegal {
            (&changes.illegal, &changes.ops)
        } else {
            (&changes.ops, &changes.illegal)
        };
        let op = with.values().next().map(|op| (op.kind, op.other.as_ref()));
        assert_eq!((op, without.len()), (expected, 0), "{event} {given:?}");
        assert_eq!(changes.ids["u"].identified.is_some(), is_known, "{event} {given:?}");
    }
}

#[test]
fn groups_are_those_that_events_name() {
    use Value::{Boolean, Integer, Json, Text};
    let groups = Json(r#"{"company":"acme","team":7,"none":null,"empty":""}"#);
    let changes = PeopleChanges::of(&batch(&[
        (
            "$pageview",
            "a",
            &[("$groups", groups), ("$process_person_profile", Boolean(false))],
        ),
        ("$pageview", "a", &[("$groups", groups)]),
        ("$exception", "a", &[("$groups", Json(r#"{"site":"x"}"#))]),
        ("$snapshot", "a", &[("$groups", Json(r#"{"site":"y"}"#))]),
        (
            "$groupidentify",
            "a",
            &[
                ("$group_type", Text("company")),
                ("$group_key", Text("acme")),
                ("$group_set", Json(r#"{"a":1,"b":1}"#)),
            ],
        ),
        (
            "$groupidentify",
            "a",
            &[
                ("$group_type", Text("company")),
                ("$group_key", Text("acme")),
                ("$group_set", Json(r#"{"b":2}"#)),
            ],
        ),
        (
            "$groupidentify",
            "a",
            &[("$group_type", Text("team")), ("$group_key", Integer(8))],
        ),
    ]));
    let mut found: Vec<_> = changes.groups.iter().collect();
    found.sort_by_key(|(group, _)| *group);
    let found = found.into_iter().map(|((kind, key), state)| {
        (
            kind.as_ref(),
            key.as_ref(),
            state.first_seen.unwrap(),
            json_object(state.properties()),
        )
    });
    let found: Vec<_> = found.collect();
    let expected = [
        ("company", "acme", 2, r#"{"a":1,"b":2}"#.to_owned()),
        ("site", "x", 3, "{}".to_owned()),
        ("team", "7", 2, "{}".to_owned()),
        ("team", "8", 7, "{}".to_owned()),
    ];
    assert_eq!(found, expected);
    assert_eq!(changes.ignored, BTreeMap::new());
}

#[test]
fn what_is_malformed_is_counted_and_left_out() {
    use Value::{Boolean, Json, Text};
    let cases: [(&str, &[(&str, Value<'_>)], Ignored); 9] = [
        ("$set", &[("$set", Json("[1]"))], Ignored::Set),
        ("$set", &[("$set", Json("{"))], Ignored::Set),
        ("$set", &[("$set", Text("{}"))], Ignored::Set),
        ("$set", &[("$set_once", Boolean(true))], Ignored::SetOnce),
        ("$set", &[("$unset", Json("{1}"))], Ignored::Unset),
        ("click", &[("$groups", Json(r#"["a"]"#))], Ignored::Groups),
        (
            "click",
            &[("$groups", Json(r#"{"company":{"id":1}}"#))],
            Ignored::Groups,
        ),
        (
            "$groupidentify",
            &[("$group_type", Text("company"))],
            Ignored::GroupIdentify,
        ),
        (
            "$groupidentify",
            &[
                ("$group_type", Text("company")),
                ("$group_key", Text("a")),
                ("$group_set", Json("[]")),
            ],
            Ignored::GroupIdentify,
        ),
    ];
    for (event, given, kind) in cases {
        let changes = PeopleChanges::of(&batch(&[(event, "a", given), (event, "b", given)]));
        assert_eq!(changes.ignored, [(kind, 2)].into(), "{given:?}");
        assert!(changes.groups.is_empty() && changes.ids.len() == 2, "{given:?}");
        assert!(
            changes.ids.values().all(|state| state.properties().is_empty()),
            "{given:?}"
        );
        let personless: Vec<_> = given
            .iter()
            .copied()
            .chain([("$process_person_profile", Boolean(false))])
            .collect();
        assert!(
            PeopleChanges::of(&batch(&[(event, "a", &personless)])).is_empty(),
            "{given:?}"
        );
    }
}
