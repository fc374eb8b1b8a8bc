//! Commits that the view in hand does not know of.

use hedgerow_data_api::{EventRecord, PropertyValue};
use hedgerow_errors::Code;
use uuid::Uuid;

use fs_err as fs;

use super::*;
use crate::catalog;
use crate::files::SystemFiles;
use crate::folder::DataFolder;
use crate::layout::LakeColumn;
use crate::recent::PAUSE;
use crate::settings::Settings;

fn now() -> DateTime<Utc> {
    "2015-05-21T00:00:00Z".parse().unwrap()
}

fn batch(count: u128) -> EventBatch {
    let event = |n| EventRecord {
        uuid: Uuid::from_u128(n),
        event: "$pageview".to_owned(),
        timestamp: now(),
        distinct_id: format!("visitor {}", n % 3),
        session_id: None,
        properties: vec![("plan".into(), PropertyValue::Text("free".to_owned()))],
    };
    (0..count).map(event).collect::<Vec<_>>().into()
}

/// The same project opened twice: what the second commits, the first does not see.
async fn twice(folder: &Path) -> (Arc<Project>, Arc<Project>) {
    let owned = Arc::new(DataFolder::open(folder).unwrap());
    let site = owned.root().join("projects").join("site");
    let open = async || {
        let (files, settings) = (Arc::new(SystemFiles), Settings::default());
        Arc::new(
            Project::open(Arc::clone(&owned), &site, files, settings, now())
                .await
                .unwrap(),
        )
    };
    (open().await, open().await)
}

#[tokio::test]
async fn an_unseen_commit_counts_when_duplicates_are_sought() {
    let folder = tempfile::tempdir().unwrap();
    let (stale, other) = twice(folder.path()).await;
    append_to_files(other, batch(5), now()).await.unwrap();
    assert_eq!(stale.current().await.unwrap().view.rows(), 0);
    let appended = append_to_files(Arc::clone(&stale), batch(7), now()).await.unwrap();
    assert_eq!((appended.added, appended.already_present), (2, 5));
    let view = stale.current().await.unwrap().view;
    assert_eq!((view.rows(), view.columns.len()), (7, 8));
}

#[tokio::test]
async fn a_view_that_could_not_follow_its_commit_follows_at_the_next_read() {
    let folder = tempfile::tempdir().unwrap();
    let (stale, other) = twice(folder.path()).await;
    append_to_files(other, batch(5), now()).await.unwrap();
    let hidden = folder.path().join("projects/site/hidden");
    let catalog = catalog::path(&stale.folder);
    // While the catalog can't be read, neither is the old view shown as if it were the newest.
    let header = fs::read(&catalog).unwrap();
    fs::copy(&catalog, &hidden).unwrap();
    fs::write(&catalog, vec![7; header.len()]).unwrap();
    assert!(stale.follow().await.is_err());
    assert!(stale.current().await.is_err());
    fs::write(&catalog, header).unwrap();
    assert_eq!(stale.current().await.unwrap().view.rows(), 5);
}

#[tokio::test]
async fn a_column_can_t_be_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (project, _) = twice(folder.path()).await;
    append_to_files(Arc::clone(&project), batch(1), now()).await.unwrap();
    let plan = project.current().await.unwrap().view.columns[7].clone();
    let mut connection = project.catalog.pool.acquire().await.unwrap();
    for (id, name) in [(8, "other"), (9, "PLAN")] {
        let column = LakeColumn {
            id,
            name: name.to_owned(),
            ..plan.clone()
        };
        let error = catalog::insert_column(&mut connection, &column, 9).await.unwrap_err();
        assert_eq!(error.code(), Code::Conflict, "{}", error.chain());
    }
}

#[tokio::test]
async fn recent_uuids_are_read_once_and_forgotten_after_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = twice(folder.path()).await;
    for count in 1..6 {
        append_to_files(Arc::clone(&first), batch(count), now()).await.unwrap();
    }
    assert_eq!(first.writing.lock().await.recent.files_read, 0);
    for count in 6..9 {
        append_to_files(Arc::clone(&second), batch(count), now()).await.unwrap();
    }
    assert_eq!(
        second.writing.lock().await.recent.files_read,
        5,
        "those of the other, once each"
    );
    tokio::time::pause();
    tokio::time::sleep(PAUSE * 2).await;
    tokio::time::resume();
    let appended = append_to_files(Arc::clone(&second), batch(9), now()).await.unwrap();
    assert_eq!((appended.added, second.writing.lock().await.recent.files_read), (1, 8));
}
