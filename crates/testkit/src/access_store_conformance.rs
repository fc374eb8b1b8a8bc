//! The promises of a store of members and keys, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{AccessStore, Key, KeyHash, Member, Role, Session};
use hedgerow_errors::Code;
use hedgerow_ids::KeyId;

/// Runs the whole suite; `make` gives an empty store each time.
pub async fn access_store_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn AccessStore>>,
{
    there_is_one_organisation(make().await.as_ref()).await;
    members_are_added_once_and_listed_by_name(make().await.as_ref()).await;
    a_key_is_found_by_its_hash_alone(make().await.as_ref()).await;
    a_name_is_taken_until_its_key_is_revoked(make().await.as_ref()).await;
    a_revoked_key_stays_revoked(make().await.as_ref()).await;
    a_member_goes_with_its_keys(make().await.as_ref()).await;
    a_session_is_found_until_it_is_ended_or_has_expired(make().await.as_ref()).await;
}

fn time(second: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 20, 12, 0, second).single().unwrap()
}

fn member(name: &str, role: Role, projects: Option<&[&str]>) -> Member {
    let projects = projects.map(|projects| projects.iter().map(|name| name.parse().unwrap()).collect());
    Member {
        name: name.into(),
        role,
        projects,
        created_by: "local".into(),
        created_at: time(1),
    }
}

fn key(name: &str) -> Key {
    Key {
        id: KeyId::new(),
        name: name.into(),
        prefix: "hr_abcd".into(),
        role: Role::Member,
        scopes: None,
        projects: None,
        member: None,
        created_by: "local".into(),
        created_at: time(1),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

fn hash(byte: u8) -> KeyHash {
    KeyHash([byte; 32])
}

async fn there_is_one_organisation(store: &dyn AccessStore) {
    let first = store.organisation(time(1)).await.unwrap();
    assert_eq!(store.organisation(time(2)).await.unwrap(), first);
    assert_eq!(first.created_at, time(1));
}

async fn members_are_added_once_and_listed_by_name(store: &dyn AccessStore) {
    assert_eq!(store.members().await.unwrap(), []);
    // No project is not all projects.
    let (zoe, ann) = (
        member("zoe", Role::Viewer, Some(&[])),
        member("ann", Role::Owner, Some(&["site", "shop"])),
    );
    let bob = member("bob", Role::Admin, None);
    for member in [&zoe, &ann, &bob] {
        store.add_member(member.clone()).await.unwrap();
    }
    assert_eq!(store.members().await.unwrap(), [ann.clone(), bob, zoe]);
    let again = store.add_member(member("ann", Role::Viewer, None)).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
    assert_eq!(store.members().await.unwrap()[0], ann);
}

async fn a_key_is_found_by_its_hash_alone(store: &dyn AccessStore) {
    let all = key("all");
    let narrow = Key {
        scopes: Some(vec!["run:read".parse().unwrap(), "*:read".parse().unwrap()]),
        projects: Some(vec!["site".parse().unwrap()]),
        expires_at: Some(time(50)),
        member: Some("ann".into()),
        ..key("narrow")
    };
    let nothing = Key {
        scopes: Some(Vec::new()),
        projects: Some(Vec::new()),
        ..key("nothing")
    };
    for (byte, key) in [&all, &narrow, &nothing].into_iter().enumerate() {
        store.add_key(key.clone(), hash(byte as u8)).await.unwrap();
    }
    assert_eq!(store.key_of(&hash(1)).await.unwrap(), Some(narrow.clone()));
    assert_eq!(store.key_of(&hash(2)).await.unwrap(), Some(nothing.clone()));
    assert_eq!(store.key_of(&hash(3)).await.unwrap(), None);
    assert_eq!(store.keys().await.unwrap(), [nothing, narrow, all.clone()]);
    store.use_key(all.id, time(9)).await.unwrap();
    let used = store.key_of(&hash(0)).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(time(9)));
    let unknown = store.use_key(KeyId::new(), time(9)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}

async fn a_name_is_taken_until_its_key_is_revoked(store: &dyn AccessStore) {
    let first = key("ci");
    store.add_key(first.clone(), hash(0)).await.unwrap();
    assert_eq!(
        store.add_key(key("ci"), hash(1)).await.unwrap_err().code(),
        Code::Conflict
    );
    assert_eq!(store.key_of(&hash(1)).await.unwrap(), None);
    assert_eq!(
        store.add_key(key("other"), hash(0)).await.unwrap_err().code(),
        Code::Conflict
    );
    store.revoke_key(first.id, time(2)).await.unwrap();
    store.add_key(key("ci"), hash(1)).await.unwrap();
    assert_eq!(store.keys().await.unwrap().len(), 2);
}

async fn a_revoked_key_stays_revoked(store: &dyn AccessStore) {
    let made = key("ci");
    store.add_key(made.clone(), hash(0)).await.unwrap();
    store.revoke_key(made.id, time(2)).await.unwrap();
    store.revoke_key(made.id, time(3)).await.unwrap();
    store.use_key(made.id, time(4)).await.unwrap();
    let found = store.key_of(&hash(0)).await.unwrap().unwrap();
    assert_eq!(found.revoked_at, Some(time(2)));
    let unknown = store.revoke_key(KeyId::new(), time(3)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}

async fn a_member_goes_with_its_keys(store: &dyn AccessStore) {
    let of = |name: &str, member: &str| Key {
        member: Some(member.into()),
        ..key(name)
    };
    for name in ["ann", "bob"] {
        store.add_member(member(name, Role::Member, None)).await.unwrap();
    }
    for (byte, key) in [of("a1", "ann"), of("a2", "ann"), of("b1", "bob"), key("ann")]
        .into_iter()
        .enumerate()
    {
        store.add_key(key, hash(byte as u8)).await.unwrap();
    }
    let before = store.key_of(&hash(0)).await.unwrap().unwrap();
    store.revoke_key(before.id, time(2)).await.unwrap();
    let revoked = store.remove_member("ann", time(5)).await.unwrap();
    let names: Vec<&str> = revoked.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["a2"]);
    let mut times = Vec::new();
    for byte in 0..4 {
        times.push(store.key_of(&hash(byte)).await.unwrap().unwrap().revoked_at);
    }
    assert_eq!(times, [Some(time(2)), Some(time(5)), None, None]);
    assert_eq!(store.members().await.unwrap().len(), 1);
    let unknown = store.remove_member("ann", time(6)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}

async fn a_session_is_found_until_it_is_ended_or_has_expired(store: &dyn AccessStore) {
    let made = key("laptop");
    store.add_key(made.clone(), hash(0)).await.unwrap();
    let session = |begins: u32, ends: u32| Session {
        key: made.id,
        created_at: time(begins),
        expires_at: time(ends),
    };
    store.add_session(session(1, 20), hash(1)).await.unwrap();
    store.add_session(session(2, 30), hash(2)).await.unwrap();
    assert_eq!(
        store.session_of(&hash(1)).await.unwrap(),
        Some((session(1, 20), made.clone()))
    );
    assert_eq!(store.session_of(&hash(0)).await.unwrap(), None, "a key is no session");
    assert_eq!(store.key_of(&hash(1)).await.unwrap(), None, "a session is no key");
    // What became of the key is seen through each session.
    store.revoke_key(made.id, time(3)).await.unwrap();
    for byte in [1, 2] {
        let (_, key) = store.session_of(&hash(byte)).await.unwrap().unwrap();
        assert_eq!(key.revoked_at, Some(time(3)));
    }
    store.end_session(&hash(2)).await.unwrap();
    store.end_session(&hash(2)).await.unwrap();
    assert_eq!(store.session_of(&hash(2)).await.unwrap(), None);
    // The next to sign in tidies up.
    store.add_session(session(20, 40), hash(3)).await.unwrap();
    assert_eq!(store.session_of(&hash(1)).await.unwrap(), None);
    assert!(store.session_of(&hash(3)).await.unwrap().is_some());
    let of_nobody = Session {
        key: KeyId::new(),
        ..session(21, 40)
    };
    let unknown = store.add_session(of_nobody, hash(4)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}
