//! Copies of a project that is written to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow_data_api::{CheckOptions, EventSink, Maintenance};

use crate::append::{events, project};
use crate::log::logged;

/// The events of each append, all or none of which a copy has.
const BATCH: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_has_what_was_acknowledged_before_and_no_half_batch() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let acknowledged = Arc::new(AtomicU32::new(0));
    let stop = Arc::new(AtomicU32::new(0));
    let appending = {
        let (lake, acknowledged, stop) = (Arc::clone(&lake), Arc::clone(&acknowledged), Arc::clone(&stop));
        tokio::spawn(async move {
            let all = events(100_000);
            for (n, batch) in (1..).zip(all.chunks(BATCH as usize)) {
                if stop.load(Ordering::Acquire) == 1 {
                    return;
                }
                lake.append(&project(), batch.to_vec().into()).await.unwrap();
                acknowledged.store(n * BATCH, Ordering::Release);
                if n % 40 == 0 {
                    lake.flush(&project()).await.unwrap();
                    lake.compact(&project()).await.unwrap();
                    lake.expire(&project()).await.unwrap();
                }
            }
        })
    };
    let copies = tempfile::tempdir().unwrap();
    let mut known = Vec::new();
    for n in 0..4 {
        while acknowledged.load(Ordering::Acquire) < (n + 1) * 300 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let before = acknowledged.load(Ordering::Acquire);
        let copy = copies.path().join(n.to_string());
        let made = lake
            .copy_project(&project(), &copy.join("projects/site"))
            .await
            .unwrap();
        known.push((copy, before, made));
    }
    stop.store(1, Ordering::Release);
    appending.await.unwrap();
    for (copy, before, made) in known {
        let lake = logged(&copy).await;
        let (view, _) = lake.snapshot(&project()).await.unwrap();
        let rows = u32::try_from(view.rows()).unwrap();
        assert_eq!(made.events, view.rows());
        assert!(rows >= before && rows.is_multiple_of(BATCH), "{rows} of {before}");
        // A prefix: all of them are there already, and the next one is not.
        drop(view);
        let again = lake.append(&project(), events(rows).into()).await.unwrap();
        assert_eq!((again.added, again.already_present), (0, u64::from(rows)));
        let report = lake
            .check(
                &project(),
                CheckOptions {
                    full: true,
                    ..CheckOptions::default()
                },
            )
            .await
            .unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}
