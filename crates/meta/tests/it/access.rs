//! Members and keys.

use std::sync::{Arc, Mutex};

use hedgerow_agent_api::{AccessStore, Key, KeyHash, Role};
use hedgerow_ids::KeyId;
use hedgerow_testkit::access_store_conformance;

use crate::sample::{Folder, execute, noon, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_and_keys_pass_the_conformance_suite() {
    let folders = Mutex::new(Vec::new());
    let make = || async {
        let folder = Folder::new();
        let store: Arc<dyn AccessStore> = Arc::new(folder.open().await);
        folders.lock().unwrap().push(folder);
        store
    };
    access_store_conformance(make).await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_widen_or_revive_a_key() {
    let folder = Folder::new();
    let store = folder.open().await;
    let key = Key {
        id: KeyId::new(),
        name: "ci".into(),
        prefix: "hr_abcd".into(),
        role: Role::Viewer,
        scopes: None,
        projects: None,
        member: None,
        created_by: "local".into(),
        created_at: noon(),
        expires_at: Some(noon()),
        revoked_at: None,
        last_used_at: None,
    };
    store.add_key(key.clone(), KeyHash([7; 32])).await.unwrap();
    store.revoke_key(key.id, noon()).await.unwrap();
    let mut connection = raw(&folder.file()).await;
    for change in [
        "role = 'owner'",
        "scopes = '[\"*\"]'",
        "projects = '[\"site\"]'",
        "hash = randomblob(32)",
        "member = 'ann'",
        "expires_at = NULL",
        "revoked_at = NULL",
        "revoked_at = '2030'",
    ] {
        let error = execute(&mut connection, &format!("UPDATE keys SET {change}"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("never changed"), "{change}: {error}");
    }
    let stored = store.key_of(&KeyHash([7; 32])).await.unwrap().unwrap();
    let revoked_at = Some(noon());
    assert_eq!(stored, Key { revoked_at, ..key });
}
