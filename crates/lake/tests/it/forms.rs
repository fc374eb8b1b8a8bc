//! Catalogs of other versions: an older one is brought up to date, a newer one is refused.

use std::path::Path;

use hedgerow_data_api::{CheckOptions, Clock, EventSink, EventStore, Maintenance};
use hedgerow_errors::Code;
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

/// A copy of a project as another version left it.
fn copy_of(sample: &str, folder: &Path) -> Lake {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/compat")
        .join(sample);
    let to = folder.join("projects/site");
    for part in ["", "data", "data/main", "data/main/events"] {
        fs_err::create_dir_all(to.join(part)).unwrap();
        for entry in fs_err::read_dir(from.join(part)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                fs_err::copy(entry.path(), to.join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    Lake::new(DataFolder::open(folder).unwrap(), Clock::fixed(now()))
}

#[tokio::test]
async fn a_project_of_the_first_form_keeps_its_events_and_visitors() {
    let folder = tempfile::tempdir().unwrap();
    let lake = copy_of("lake-form-1", folder.path());
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    assert_eq!((view.rows(), taxonomy.properties.len()), (300, 10));
    // Its files number the persons from 1; each number leads to the key of the person's distinct id.
    assert_eq!(view.overrides.len(), 88);
    assert!((1..=88).all(|old| view.overrides.contains_key(&old)));
    let appended = lake.append(&project(), events(12).into()).await.unwrap();
    assert_eq!(appended.added, 12);
    lake.flush(&project()).await.unwrap();
    assert!(lake.compact(&project()).await.unwrap() > 0);
    // Its files say nothing of persons, and lack none.
    let full = CheckOptions {
        full: true,
        ..CheckOptions::default()
    };
    let report = lake.check(&project(), full).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    assert_eq!(view.rows(), 312);
    let names: Vec<_> = view.columns.iter().map(|column| column.name.as_str()).collect();
    assert!(names.contains(&"rest"), "{names:?}");
}

#[tokio::test]
async fn a_catalog_with_a_column_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(copy_of("lake-form-1", folder.path()));
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let pool = sqlx::SqlitePool::connect(catalog.to_str().unwrap()).await.unwrap();
    let twice = "DROP INDEX hedgerow_column_id; DROP INDEX hedgerow_column_name; PRAGMA user_version = 0;
        DROP INDEX hedgerow_property_column; DROP INDEX hedgerow_person_key;
        INSERT INTO ducklake_column SELECT * FROM ducklake_column WHERE column_id = 7;";
    sqlx::raw_sql(twice).execute(&pool).await.unwrap();
    pool.close().await;
    let lake = Lake::new(DataFolder::open(folder.path()).unwrap(), Clock::fixed(now()));
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
