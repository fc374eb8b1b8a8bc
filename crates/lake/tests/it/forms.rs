//! Catalogs of other versions: an older one is brought up to date, a newer one is refused.

use hedgerow_data_api::{Clock, EventSink, EventStore};
use hedgerow_errors::{Code, Result};
use hedgerow_lake::{DataFolder, Lake};
use sqlx::AssertSqlSafe;

use crate::append::{events, lake, now, project};

/// A project with some events whose catalog then went through these statements.
async fn changed(folder: &std::path::Path, statements: &str) -> Lake {
    let first = lake(folder).await;
    first.append(&project(), events(10).into()).await.unwrap();
    drop(first);
    let catalog = folder.join("projects/site/catalog.sqlite");
    let pool = sqlx::SqlitePool::connect(catalog.to_str().unwrap()).await.unwrap();
    let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
    statements.execute(&pool).await.unwrap();
    pool.close().await;
    Lake::new(DataFolder::open(folder).unwrap(), Clock::fixed(now()))
}

const FIRST_FORM: &str = "DROP INDEX hedgerow_column_id; DROP INDEX hedgerow_column_name;
    DROP INDEX hedgerow_property_column; DROP INDEX hedgerow_person_key; DROP INDEX hedgerow_file_stats; PRAGMA user_version = 0;";

async fn indexes(folder: &std::path::Path) -> Result<i64, sqlx::Error> {
    let catalog = folder.join("projects/site/catalog.sqlite");
    let pool = sqlx::SqlitePool::connect(catalog.to_str().unwrap()).await?;
    sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'hedgerow%'")
        .fetch_one(&pool)
        .await
}

#[tokio::test]
async fn a_catalog_of_the_first_form_gets_what_has_come_since() {
    let folder = tempfile::tempdir().unwrap();
    let lake = changed(folder.path(), FIRST_FORM).await;
    assert_eq!(indexes(folder.path()).await.unwrap(), 0);
    let appended = lake.append(&project(), events(12).into()).await.unwrap();
    assert_eq!((appended.added, appended.already_present), (2, 10));
    assert_eq!(indexes(folder.path()).await.unwrap(), 5);
}

#[tokio::test]
async fn a_catalog_with_a_column_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let twice = format!("{FIRST_FORM} INSERT INTO ducklake_column SELECT * FROM ducklake_column WHERE column_id = 7;");
    let lake = changed(folder.path(), &twice).await;
    let error = lake.taxonomy(&project()).await.unwrap_err();
    assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
    assert!(
        error.chain().contains("a column or a property twice"),
        "{}",
        error.chain()
    );
}

#[tokio::test]
async fn a_catalog_of_a_newer_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lake = changed(folder.path(), "PRAGMA user_version = 99").await;
    let error = lake.taxonomy(&project()).await.unwrap_err();
    assert_eq!(error.code(), Code::Corrupt, "{}", error.chain());
    assert!(error.hint().unwrap().contains("upgrade"), "{error}");
}
