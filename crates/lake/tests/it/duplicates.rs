//! Finding duplicates without reading every file again for every chunk.

use hedgerow_data_api::{Appended, EventSink};

use crate::append::{events, lake, project};

#[tokio::test]
async fn chunks_of_one_import_read_no_file_back() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path()).await;
    // 250 events are a UTC day, so all these chunks go to days beside each other.
    lake.append(&project(), events(100).into()).await.unwrap();
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    for file in view.files.iter() {
        // Whoever wanted to read it now would fail.
        fs_err::rename(&file.path, file.path.with_extension("away")).unwrap();
    }
    let second = lake.append(&project(), events(200).into()).await.unwrap();
    assert_eq!((second.added, second.already_present), (100, 100));
    for file in view.files.iter() {
        fs_err::rename(file.path.with_extension("away"), &file.path).unwrap();
    }
}

#[tokio::test]
async fn a_uuid_is_known_on_the_days_beside_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let first = lake(folder.path()).await;
    first.append(&project(), events(1).into()).await.unwrap();
    drop(first);
    let second = lake(folder.path()).await;
    for (days, added) in [(-1, 0), (1, 0), (2, 1), (0, 0), (3, 0), (-2, 1)] {
        let mut moved = events(1);
        moved[0].timestamp += chrono::Duration::days(days);
        let appended = second.append(&project(), moved.into()).await.unwrap();
        let expected = Appended {
            added,
            already_present: 1 - added,
        };
        assert_eq!(appended, expected, "{days} days later");
    }
}
