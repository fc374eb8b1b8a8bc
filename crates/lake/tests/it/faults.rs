//! Single faults, each once: what the crash harness finds by chance is told here case by case.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hedgerow_data_api::{Appended, Clock, EventSink, EventStore};
use hedgerow_lake::{Files, Lake, Settings, SystemFiles, WriteFile};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use crate::append::{events, now, owned, project};

/// Files of which none can be begun while it says so.
#[derive(Debug, Default)]
struct FullDisk(AtomicBool);

impl Files for FullDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        if self.0.load(Ordering::Acquire) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        SystemFiles.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemFiles.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemFiles.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        SystemFiles.sync_folder(path)
    }
}

/// Up to 99 events go through the log, and nothing is flushed by itself.
async fn opened(folder: &Path, files: Arc<dyn Files>) -> Lake {
    let settings = Settings {
        direct_events: 100,
        flush_after: Duration::from_secs(3600),
        compact_files: usize::MAX,
        ..Settings::default()
    };
    let lake = Lake::with(owned(folder).await, Clock::fixed(now()), files, settings);
    lake.create_project(&project()).await.unwrap();
    lake
}

#[tokio::test]
async fn events_in_memory_are_known_after_a_direct_append_failed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FullDisk::default());
    let lake = opened(folder.path(), Arc::clone(&disk) as Arc<dyn Files>).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    disk.0.store(true, Ordering::Release);
    lake.append(&project(), events(200).into()).await.unwrap_err();
    disk.0.store(false, Ordering::Release);
    let again = lake.append(&project(), events(10).into()).await.unwrap();
    let known = Appended {
        added: 0,
        already_present: 10,
    };
    assert_eq!(again, known);
    assert_eq!(lake.snapshot(&project()).await.unwrap().0.rows(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_appends_go_on_while_another_program_locks_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Arc::new(opened(folder.path(), Arc::new(SystemFiles)).await);
    lake.append(&project(), events(200).into()).await.unwrap();
    lake.append(&project(), events(210).split_off(200).into())
        .await
        .unwrap();
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let mut guest = SqliteConnectOptions::new().filename(catalog).connect().await.unwrap();
    guest.execute("BEGIN EXCLUSIVE").await.unwrap();
    // All that changes the catalog waits, and none of it may keep the others waiting.
    let flush = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move { lake.flush(&project()).await }
    });
    let direct = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move { lake.append(&project(), events(500).into()).await }
    });
    let expire = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move { lake.expire(&project()).await }
    });
    for count in [220, 230, 240] {
        let small = events(count).split_off(200);
        let added = tokio::time::timeout(Duration::from_secs(10), lake.append(&project(), small.into())).await;
        let added = added.expect("a small append needs no catalog").unwrap();
        assert_eq!(added.added, 10);
        assert_eq!(lake.snapshot(&project()).await.unwrap().0.rows(), u64::from(count));
    }
    let ended = [flush.is_finished(), direct.is_finished(), expire.is_finished()];
    assert_eq!(ended, [false; 3], "all of them wait");
    guest.execute("ROLLBACK").await.unwrap();
    flush.await.unwrap().unwrap();
    expire.await.unwrap().unwrap();
    assert_eq!(direct.await.unwrap().unwrap().added, 260);
    assert_eq!(lake.snapshot(&project()).await.unwrap().0.rows(), 500);
}

#[tokio::test]
async fn a_segment_that_brings_nothing_goes_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let lake = opened(folder.path(), Arc::new(SystemFiles)).await;
    lake.append(&project(), events(10).into()).await.unwrap();
    let log = folder.path().join("projects/site/log");
    let segments = || -> Vec<_> {
        fs_err::read_dir(&log)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    };
    // One whose only write failed after it had reached the disk, and one that was just begun.
    let written = segments()[0].clone();
    let again = log.join("ffffffff-ffff-7fff-bfff-ffffffffffff.log");
    fs_err::copy(&written, again).unwrap();
    fs_err::write(log.join("ffffffff-ffff-7fff-bfff-fffffffffffe.log"), b"HEDGL").unwrap();
    drop(lake);
    let lake = opened(folder.path(), Arc::new(SystemFiles)).await;
    assert_eq!(segments(), [written]);
    assert_eq!(lake.flush(&project()).await.unwrap(), 10);
    assert_eq!(segments(), Vec::<std::path::PathBuf>::new());
}
