//! Tests of principals.

use super::*;

fn access(text: &str) -> Access {
    text.parse().unwrap()
}

fn project(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn principal(role: Role, scopes: Option<&[&str]>, projects: Option<&[&str]>) -> Principal {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| scope.parse().unwrap()).collect());
    let projects = projects.map(|projects| projects.iter().map(|name| project(name)).collect());
    let name = "ann".to_owned();
    Principal {
        name,
        role,
        scopes,
        projects,
    }
}

#[test]
fn check_names_what_is_missing_and_the_way_out() {
    let site = project("site");
    let cases = [
        (
            principal(Role::Viewer, None, None),
            "run:write",
            Some(("viewer", "member")),
        ),
        (principal(Role::Member, None, None), "run:write", None),
        (
            principal(Role::Owner, Some(&["run:read"]), None),
            "run:write",
            Some(("run:write", "--scope run:write")),
        ),
        (principal(Role::Owner, Some(&["run:write"]), None), "run:read", None),
        (principal(Role::Owner, Some(&["*:read"]), None), "run:read", None),
        (
            principal(Role::Owner, Some(&["*:read"]), None),
            "run:write",
            Some(("run:write", "--scope")),
        ),
        (
            principal(Role::Viewer, Some(&["*"]), None),
            "run:write",
            Some(("viewer", "member")),
        ),
        (
            principal(Role::Owner, Some(&[]), None),
            "run:read",
            Some(("run:read", "--scope")),
        ),
        (principal(Role::Owner, None, Some(&["site"])), "run:write", None),
        (
            principal(Role::Owner, None, Some(&["other"])),
            "run:read",
            Some(("site", "--for-project site")),
        ),
        (
            principal(Role::Owner, None, Some(&[])),
            "run:read",
            Some(("site", "--for-project")),
        ),
    ];
    for (who, right, denied) in cases {
        let checked = who.check(&access(right), Some(&site));
        let Some((message, hint)) = denied else {
            checked.unwrap();
            continue;
        };
        let error = checked.unwrap_err();
        assert_eq!(error.code(), Code::Denied);
        assert!(error.message().contains(message), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
    }
    let some = principal(Role::Owner, None, Some(&["site"]));
    some.check(&access("storage:admin"), None).unwrap();
    assert!(some.check_everywhere(&access("storage:admin")).is_err());
    Principal::local().check_everywhere(&access("storage:admin")).unwrap();
}

#[test]
fn nobody_gives_more_than_they_have() {
    let cases = [
        (
            principal(Role::Admin, None, None),
            principal(Role::Admin, None, None),
            true,
        ),
        (
            principal(Role::Admin, None, None),
            principal(Role::Owner, None, None),
            false,
        ),
        (
            principal(Role::Admin, Some(&["key:admin", "run:write"]), None),
            principal(Role::Admin, Some(&["run:read"]), None),
            true,
        ),
        (
            principal(Role::Admin, Some(&["key:admin", "run:read"]), None),
            principal(Role::Viewer, Some(&["run:write"]), None),
            false,
        ),
        (
            principal(Role::Admin, Some(&["key:admin"]), None),
            principal(Role::Viewer, None, None),
            false,
        ),
        (
            principal(Role::Admin, Some(&["*:read", "key:admin"]), None),
            principal(Role::Viewer, Some(&["*"]), None),
            false,
        ),
        (
            principal(Role::Admin, Some(&["*"]), None),
            principal(Role::Viewer, Some(&["*:read"]), None),
            true,
        ),
        (
            principal(Role::Admin, None, Some(&["a", "b"])),
            principal(Role::Viewer, None, Some(&["b"])),
            true,
        ),
        (
            principal(Role::Admin, None, Some(&["a"])),
            principal(Role::Viewer, None, Some(&["b"])),
            false,
        ),
        (
            principal(Role::Admin, None, Some(&["a"])),
            principal(Role::Viewer, None, None),
            false,
        ),
    ];
    for (giver, given, allowed) in cases {
        assert_eq!(giver.check_covers(&given).is_ok(), allowed, "{giver:?} {given:?}");
    }
}

#[test]
fn within_never_widens() {
    let (a, b) = (project("a"), project("b"));
    let both = principal(Role::Viewer, None, Some(&["a", "b"]));
    assert!(both.within(&a).sees(&a) && !both.within(&a).sees(&b));
    assert!(!both.within(&a).within(&b).sees(&b));
    assert!(!both.within(&a).within(&b).sees(&a));
}
