//! Projects beside broken ones, and what a folder lets others see.

use std::os::unix::fs::PermissionsExt;

use hedgerow_data_api::{EventSink, EventStore};
use hedgerow_errors::Code;
use hedgerow_lake::DataFolder;

use crate::append::{events, lake, project};

#[tokio::test]
async fn folders_without_a_catalog_are_no_projects() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    let projects = folder.path().join("projects");
    // What an editor, a backup program and a crash in the middle of making a project leave.
    fs_err::create_dir_all(projects.join("stray/deep")).unwrap();
    fs_err::create_dir_all(projects.join("half/data/main/events")).unwrap();
    fs_err::create_dir_all(projects.join("odd/catalog.sqlite")).unwrap();
    fs_err::write(projects.join("notes"), b"a file").unwrap();
    let listed = lake.projects().await.unwrap();
    let listed: Vec<_> = listed.iter().map(|info| (info.id.as_str(), info.events)).collect();
    assert_eq!(listed, [("site", 10)]);
    let error = lake.taxonomy(&"half".parse().unwrap()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.hint()),
        (Code::UnknownName, Some("these exist: site"))
    );
    lake.create_project(&"half".parse().unwrap()).await.unwrap();
    assert_eq!(
        lake.projects().await.unwrap().len(),
        2,
        "a half-made project is completed"
    );
}

#[tokio::test]
async fn a_broken_catalog_breaks_no_other_project() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    let bad = folder.path().join("projects/bad");
    fs_err::create_dir_all(&bad).unwrap();
    fs_err::write(bad.join("catalog.sqlite"), b"this is no database ".repeat(200)).unwrap();
    let error = lake.taxonomy(&"bad".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
    let listed = lake.projects().await.unwrap();
    let problem = listed[0].problem.as_deref().unwrap();
    assert!(
        problem.contains("cannot open project bad") && problem.contains("backup"),
        "{problem}"
    );
    let listed: Vec<_> = listed.iter().map(|info| (info.id.as_str(), info.events)).collect();
    assert_eq!(listed, [("bad", 0), ("site", 10)]);
}

#[tokio::test]
async fn a_catalog_with_impossible_cells_is_corrupt_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let first = lake(folder.path()).await;
    first.append(&project(), events(10).into()).await.unwrap();
    drop(first);
    let pool = sqlx::SqlitePool::connect(catalog.to_str().unwrap()).await.unwrap();
    sqlx::query("UPDATE ducklake_data_file SET record_count = 'many'")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let second = hedgerow_lake::Lake::new(
        DataFolder::open(folder.path()).unwrap(),
        hedgerow_data_api::Clock::fixed(crate::append::now()),
    );
    let error = second.taxonomy(&project()).await.unwrap_err();
    assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
}

#[tokio::test]
async fn folders_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("new/data");
    let lake = lake(&root).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    for made in ["", "projects", "projects/site/data/main/events"].map(|name| root.join(name)) {
        let mode = fs_err::metadata(&made).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", made.display());
    }
}
