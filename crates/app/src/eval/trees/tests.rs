//! The rules of the canonical form, one table: pairs that are equal, and pairs that are not.

use chrono::{DateTime, Utc};
use hedgerow_data_api::{FieldKind, FilterField, FilterFields, FilterGroup, FilterList, PropertyType};

use super::{Fields, canonical};

fn fields() -> FilterFields {
    let field = |property_type, key: &str, kind, may_be_missing| FilterField {
        key: key.to_owned(),
        property_type,
        kind,
        may_be_missing,
        has_zero: false,
        is_checked: false,
        is_prose: false,
        unit: None,
        words: Vec::new(),
    };
    use FieldKind::{Boolean, Date, Number, Text, Version, Whole};
    use PropertyType::{Event, Flag, Person, Session};
    FilterFields {
        list: FilterList::Events,
        fields: vec![
            field(Event, "plan", Text, true),
            field(Person, "plan", Text, true),
            field(Event, "app_version", Version, true),
            field(Event, "seats", Whole, true),
            field(Event, "amount", Number, true),
            field(Event, "results", Whole, true),
            field(Event, "trial", Boolean, true),
            field(Session, "errors", Whole, false),
            field(Session, "at", Date, false),
            field(Flag, "active", Boolean, false),
            field(Flag, "rollout_percentage", Whole, false),
        ],
    }
}

fn same(one: &str, other: &str) -> bool {
    let (fields, now) = (fields(), "2026-06-30T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let names = Fields::new(&fields);
    let form = |text: &str| {
        let group: FilterGroup = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        canonical(&group, &names, now).unwrap()
    };
    form(one) == form(other)
}

#[test]
fn trees_that_say_the_same_are_equal() {
    let cases = [
        // 1: operators and lists
        (
            r#"[{"key": "plan", "value": "pro"}]"#,
            r#"[{"key": "plan", "value": ["pro", "pro"], "operator": "in"}]"#,
        ),
        (
            r#"[{"key": "plan", "value": ["a", "b"], "operator": "not_in"}]"#,
            r#"[{"key": "plan", "value": ["b", "a"], "operator": "is_not"}]"#,
        ),
        (
            r#"[{"key": "seats", "value": 5, "operator": "min"}]"#,
            r#"[{"key": "seats", "value": 5, "operator": "gte"}]"#,
        ),
        // 2: groups
        (
            r#"{"type": "OR", "values": [{"type": "AND", "values": [{"key": "plan", "value": "pro"}]}]}"#,
            r#"[{"key": "plan", "value": "pro"}]"#,
        ),
        (
            r#"{"type": "AND", "values": [{"type": "AND", "values": [{"key": "plan", "value": "a"}, {"key": "seats", "value": 1}]}, {"key": "trial", "value": true}]}"#,
            r#"[{"key": "trial", "value": true}, {"key": "seats", "value": 1}, {"key": "plan", "value": "a"}]"#,
        ),
        // 3: lists over OR and AND
        (
            r#"{"type": "OR", "values": [{"key": "plan", "value": "a"}, {"key": "plan", "value": "b"}]}"#,
            r#"[{"key": "plan", "value": ["a", "b"]}]"#,
        ),
        (
            r#"[{"key": "plan", "value": "a", "operator": "is_not"}, {"key": "plan", "value": "b", "operator": "is_not"}]"#,
            r#"[{"key": "plan", "value": ["a", "b"], "operator": "is_not"}]"#,
        ),
        // 4: texts and numbers
        (
            r#"[{"key": "plan", "value": "PRO", "operator": "icontains"}]"#,
            r#"[{"key": "plan", "value": "pro", "operator": "icontains"}]"#,
        ),
        (
            r#"[{"key": "amount", "value": 5}]"#,
            r#"[{"key": "amount", "value": 5.0}]"#,
        ),
        // 5: bounds
        (
            r#"[{"key": "seats", "value": [5, 20], "operator": "between"}]"#,
            r#"[{"key": "seats", "value": 4, "operator": "gt"}, {"key": "seats", "value": 21, "operator": "lt"}]"#,
        ),
        // 6: counts
        (
            r#"[{"key": "errors", "type": "session", "value": 1, "operator": "lt"}]"#,
            r#"[{"key": "errors", "type": "session", "value": 0}]"#,
        ),
        (
            r#"[{"key": "errors", "type": "session", "value": 0, "operator": "is_not"}]"#,
            r#"[{"key": "errors", "type": "session", "value": 1, "operator": "gte"}]"#,
        ),
        (
            r#"[{"key": "results", "value": 0, "operator": "lte"}]"#,
            r#"[{"key": "results", "value": 0}]"#,
        ),
        (
            r#"[{"key": "rollout_percentage", "type": "flag", "value": 99, "operator": "gt"}]"#,
            r#"[{"key": "rollout_percentage", "type": "flag", "value": 100}]"#,
        ),
        // 7: booleans that are never missing
        (
            r#"[{"key": "active", "type": "flag", "value": true, "operator": "is_not"}]"#,
            r#"[{"key": "active", "type": "flag", "value": false}]"#,
        ),
        // 8: dates
        (
            r#"[{"key": "at", "type": "session", "value": "2026-06-29", "operator": "is_date_exact"}]"#,
            r#"[{"key": "at", "type": "session", "value": "2026-06-28", "operator": "is_date_after"}, {"key": "at", "type": "session", "value": "2026-06-30", "operator": "is_date_before"}]"#,
        ),
        (
            r#"[{"key": "at", "type": "session", "value": "-8d", "operator": "is_date_after"}]"#,
            r#"[{"key": "at", "type": "session", "value": "2026-06-22", "operator": "is_date_after"}]"#,
        ),
        (
            r#"[{"key": "at", "type": "session", "value": "2026-06-22T23:59:59.999999Z", "operator": "is_date_after"}]"#,
            r#"[{"key": "at", "type": "session", "value": "2026-06-22", "operator": "is_date_after"}]"#,
        ),
        // 9: versions
        (
            r#"[{"key": "app_version", "value": "3.4", "operator": "semver_eq"}]"#,
            r#"[{"key": "app_version", "value": "3.4.0"}]"#,
        ),
        // 10: patterns
        (
            r#"[{"key": "plan", "value": "^new\\-.*", "operator": "regex"}]"#,
            r#"[{"key": "plan", "value": "^new-", "operator": "regex"}]"#,
        ),
    ];
    for (one, other) in cases {
        assert!(same(one, other), "{one}\n{other}");
    }
}

#[test]
fn trees_that_say_something_else_are_not() {
    let cases = [
        (
            r#"[{"key": "plan", "value": "pro"}]"#,
            r#"[{"key": "plan", "value": "pro", "type": "person"}]"#,
        ),
        (
            r#"[{"key": "plan", "value": "pro"}]"#,
            r#"[{"key": "plan", "value": "Pro"}]"#,
        ),
        (r#"[{"key": "plan", "value": "5"}]"#, r#"[{"key": "plan", "value": 5}]"#),
        (
            r#"[{"key": "amount", "value": 4, "operator": "gt"}]"#,
            r#"[{"key": "amount", "value": 5, "operator": "gte"}]"#,
        ),
        (
            r#"[{"key": "seats", "value": 0, "operator": "lte"}]"#,
            r#"[{"key": "seats", "value": 0}]"#,
        ),
        (
            r#"[{"key": "results", "value": 0, "operator": "is_not"}]"#,
            r#"[{"key": "results", "value": 1, "operator": "gte"}]"#,
        ),
        (
            r#"[{"key": "trial", "value": true, "operator": "is_not"}]"#,
            r#"[{"key": "trial", "value": false}]"#,
        ),
        (
            r#"[{"key": "plan", "value": "a"}, {"key": "plan", "value": "b"}]"#,
            r#"[{"key": "plan", "value": ["a", "b"]}]"#,
        ),
        (
            r#"{"type": "OR", "values": [{"key": "plan", "value": "a", "operator": "is_not"}, {"key": "plan", "value": "b", "operator": "is_not"}]}"#,
            r#"[{"key": "plan", "value": ["a", "b"], "operator": "is_not"}]"#,
        ),
        (
            r#"[{"key": "plan", "value": "^a\\.b", "operator": "regex"}]"#,
            r#"[{"key": "plan", "value": "^a.b", "operator": "regex"}]"#,
        ),
        (
            r#"[{"key": "at", "type": "session", "value": "2026-06-22T00:00:00Z", "operator": "is_date_after"}]"#,
            r#"[{"key": "at", "type": "session", "value": "2026-06-22", "operator": "is_date_after"}]"#,
        ),
        (
            r#"{"type": "AND", "values": [{"key": "trial", "value": true}, {"type": "OR", "values": [{"key": "plan", "value": "a"}, {"key": "seats", "value": 1}]}]}"#,
            r#"{"type": "OR", "values": [{"key": "plan", "value": "a"}, {"type": "AND", "values": [{"key": "trial", "value": true}, {"key": "seats", "value": 1}]}]}"#,
        ),
    ];
    for (one, other) in cases {
        assert!(!same(one, other), "{one}\n{other}");
    }
}
