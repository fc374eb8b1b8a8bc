//! Calls, feedback, settings and queries.

use std::sync::{Arc, Mutex};

use hedgerow_agent_api::{ProjectSettings, RunLog, Stage, UsageStore};
use hedgerow_data_api::QueryStore;
use hedgerow_meta::SqliteMeta;
use hedgerow_testkit::{project_settings_conformance, query_store_conformance, usage_store_conformance};

use crate::sample::{Folder, execute, noon, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_and_settings_pass_the_conformance_suites() {
    let folders = Mutex::new(Vec::new());
    let open = || async {
        let folder = Folder::new();
        let store = Arc::new(folder.open().await);
        folders.lock().unwrap().push(folder);
        store
    };
    usage_store_conformance(|| async {
        let store = open().await;
        (store.clone() as Arc<dyn UsageStore>, store as Arc<dyn RunLog>)
    })
    .await;
    project_settings_conformance(|| async { open().await as Arc<dyn ProjectSettings> }).await;
    query_store_conformance(|| async { open().await as Arc<dyn QueryStore> }).await;
}

#[tokio::test]
async fn a_copy_has_the_settings() {
    let folder = Folder::new();
    let store = folder.open().await;
    let site = "site".parse().unwrap();
    store.set_early_access(&site, Stage::Beta, "ann", noon()).await.unwrap();
    let copy = folder.file().with_file_name("copy.sqlite");
    assert!(store.copy_to(&copy).await.unwrap());
    let copied = SqliteMeta::open(&copy).await.unwrap();
    assert_eq!(copied.early_access(&site).await.unwrap(), Stage::Beta);
}

#[tokio::test]
async fn a_setting_that_is_no_stage_opens_nothing() {
    let folder = Folder::new();
    let store = folder.open().await;
    let site = "site".parse().unwrap();
    store.set_early_access(&site, Stage::Ga, "ann", noon()).await.unwrap();
    let mut connection = raw(&folder.file()).await;
    let set = execute(&mut connection, "UPDATE project_settings SET early_access = 'all'").await;
    assert!(set.is_err(), "the database itself refuses it");
}
