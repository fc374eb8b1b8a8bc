//! Tests of rights, roles and scopes.

use super::*;

fn access(text: &str) -> Access {
    text.parse().unwrap()
}

#[test]
fn rights_and_scopes_read_as_they_are_written() {
    for text in ["query:read", "feature_flag:write", "key:admin", "my-product:read"] {
        assert_eq!(access(text).to_string(), text);
        assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
    }
    for text in ["*", "*:read"] {
        assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        assert!(text.parse::<Access>().is_err(), "{text}");
    }
    for text in [
        "",
        "query",
        "query:",
        ":read",
        "query:reed",
        "Query:read",
        "a b:read",
        "query:read:write",
        "*:write",
    ] {
        assert!(text.parse::<Access>().is_err(), "{text}");
        assert!(text.parse::<Scope>().is_err(), "{text}");
    }
    let error = "query:reed".parse::<Access>().unwrap_err();
    assert!(error.hint().unwrap().contains("read"), "{error:?}");
    assert_eq!(serde_json::to_value(access("run:read")).unwrap(), "run:read");
    assert!(serde_json::from_value::<Scope>("run:red".into()).is_err());
}

#[test]
fn least_role_follows_the_table() {
    // Read, write, admin.
    let (viewer, member, admin, owner) = (Role::Viewer, Role::Member, Role::Admin, Role::Owner);
    let cases = [
        ("run", [viewer, member, admin]),
        ("query", [viewer, member, admin]),
        ("feature_flag", [viewer, member, admin]),
        ("project", [viewer, admin, admin]),
        ("taxonomy", [viewer, admin, admin]),
        ("event", [viewer, admin, admin]),
        ("person", [viewer, admin, admin]),
        ("activity", [viewer, admin, admin]),
        ("product", [viewer, admin, admin]),
        ("member", [admin, admin, admin]),
        ("key", [admin, admin, admin]),
        ("storage", [owner, owner, owner]),
    ];
    for (resource, roles) in cases {
        for (level, role) in Level::ALL.into_iter().zip(roles) {
            let access = access(&format!("{resource}:{}", level.as_str()));
            assert_eq!(Role::least(&access), role, "{access}");
        }
    }
    let named = cases.map(|(resource, _)| resource);
    assert!(Resource::core().all(|resource| named.contains(&resource)));
}
