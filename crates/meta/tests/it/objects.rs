//! Objects, alone and together with the events of a run.

use std::sync::{Arc, Mutex};

use hedgerow_agent_api::{Actor, ObjectChange, ObjectState, ObjectStore, ObjectWrite, RunLog};
use hedgerow_errors::Code;
use hedgerow_testkit::object_store_conformance;

use crate::sample::{Folder, delta, noon, project, started};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_pass_the_conformance_suite() {
    let folders = Mutex::new(Vec::new());
    let make = || async {
        let folder = Folder::new();
        let store: Arc<dyn ObjectStore> = Arc::new(folder.open().await);
        folders.lock().unwrap().push(folder);
        store
    };
    object_store_conformance(make).await;
}

#[tokio::test]
async fn append_with_writes_both_or_neither() {
    let folder = Folder::new();
    let log = folder.open().await;
    let run_id = started(&log).await;
    let change = |name: &str| {
        let (name, body) = (name.to_owned(), serde_json::json!({}));
        ObjectChange::create("insight", ObjectState { name, body })
    };
    let write = |changes| ObjectWrite {
        project: project(),
        actor: Actor::Person { name: "ann".into() },
        at: noon(),
        changes,
    };
    RunLog::append_with(&log, run_id, 0, noon(), vec![delta("a")], write(vec![change("a")]))
        .await
        .unwrap();
    assert_eq!(log.named(&project(), "insight", "a").await.unwrap().version, 1);
    // The name is taken, so the event is not written either.
    let error = log
        .append_with(
            run_id,
            1,
            noon(),
            vec![delta("b")],
            write(vec![change("b"), change("a")]),
        )
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    // The position is not the next, so the object is not written either.
    let error = RunLog::append_with(&log, run_id, 0, noon(), vec![delta("c")], write(vec![change("c")]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert_eq!(RunLog::read(&log, run_id, 0).await.unwrap().len(), 1);
    assert_eq!(ObjectStore::list(&log, &project(), None).await.unwrap().len(), 1);
}
