//! The promises of an object store, as one suite that each implementation's tests call.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{
    Activity, ActivityAction, ActivityFilter, Actor, Object, ObjectChange, ObjectState, ObjectStore, ObjectWrite,
};
use hedgerow_errors::{Code, Result};
use hedgerow_ids::{ActivityId, CallId, ObjectId, ProjectId, RunId};
use serde_json::{Value, json};

use crate::Dice;

/// Runs the whole suite; `make` gives an empty store each time.
pub async fn object_store_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn ObjectStore>>,
{
    what_is_written_is_read(make().await.as_ref()).await;
    a_plan_that_no_longer_fits_is_a_conflict(make().await.as_ref()).await;
    a_name_is_taken_once_of_a_kind_in_a_project(make().await.as_ref()).await;
    a_write_is_all_or_nothing(make().await.as_ref()).await;
    projects_do_not_see_each_other(make().await.as_ref()).await;
    undoing_takes_back_and_can_be_taken_back(make().await.as_ref()).await;
    a_plan_to_undo_says_what_undoing_does_and_writes_nothing(make().await.as_ref()).await;
    history_is_found_by_run_and_call(make().await.as_ref()).await;
    for seed in 0..20 {
        undo_restores_exactly_what_was(make().await.as_ref(), seed, 60).await;
    }
}

const KIND: &str = "feature_flag";

fn time(second: u32) -> DateTime<Utc> {
    let minute = second / 60;
    Utc.with_ymd_and_hms(2026, 5, 20, 12, minute % 60, second % 60)
        .single()
        .unwrap()
}

fn site() -> ProjectId {
    "site".parse().unwrap()
}

fn ann() -> Actor {
    Actor::Person { name: "ann".into() }
}

fn state(name: &str, body: Value) -> ObjectState {
    ObjectState {
        name: name.into(),
        body,
    }
}

async fn write(store: &dyn ObjectStore, changes: Vec<ObjectChange>) -> Result<Vec<Activity>> {
    let (project, actor, at) = (site(), ann(), time(1));
    store
        .write(ObjectWrite {
            project,
            actor,
            at,
            changes,
        })
        .await
}

async fn make(store: &dyn ObjectStore, name: &str) -> Object {
    let change = ObjectChange::create(KIND, state(name, json!({"active": true})));
    let id = change.id;
    write(store, vec![change]).await.unwrap();
    store.get(&site(), id).await.unwrap()
}

async fn what_is_written_is_read(store: &dyn ObjectStore) {
    let body = json!({"text": "ä\u{0}\n\"", "number": 0.1, "large": 9_007_199_254_740_993_i64, "none": null, "list": [1, [2]]});
    let change = ObjectChange::create(KIND, state("new-editor", body.clone()));
    let made = write(store, vec![change.clone()]).await.unwrap();
    let object = store.get(&site(), change.id).await.unwrap();
    assert_eq!((object.version, &object.body, &object.created_by), (1, &body, &ann()));
    assert_eq!(made[0].action, ActivityAction::Created);
    assert_eq!(
        store.list(&site(), Some(KIND)).await.unwrap(),
        std::slice::from_ref(&object)
    );
    assert_eq!(store.named(&site(), KIND, "new-editor").await.unwrap(), object);
    assert_eq!(store.list(&site(), Some("insight")).await.unwrap(), []);
    let error = store.named(&site(), KIND, "new-editr").await.unwrap_err();
    assert!(error.hint().unwrap().contains("new-editor"), "{error:?}");
    // What changes nothing leaves no trace.
    let nothing = ObjectChange::of(&object, Some(object.state()));
    assert_eq!(write(store, vec![nothing]).await.unwrap(), []);
    assert_eq!(store.get(&site(), object.id).await.unwrap(), object);
}

async fn a_plan_that_no_longer_fits_is_a_conflict(store: &dyn ObjectStore) {
    let object = make(store, "a").await;
    let first = ObjectChange::of(&object, Some(state("a", json!({"active": false}))));
    write(store, vec![first.clone()]).await.unwrap();
    assert_eq!(write(store, vec![first]).await.unwrap_err().code(), Code::Conflict);
    let object = store.get(&site(), object.id).await.unwrap();
    let delete = ObjectChange::of(&object, None);
    assert_eq!(
        write(store, vec![delete.clone()]).await.unwrap()[0].action,
        ActivityAction::Deleted
    );
    assert_eq!(write(store, vec![delete]).await.unwrap_err().code(), Code::Conflict);
    assert_eq!(
        store.get(&site(), object.id).await.unwrap_err().code(),
        Code::UnknownName
    );
}

async fn a_name_is_taken_once_of_a_kind_in_a_project(store: &dyn ObjectStore) {
    let object = make(store, "a").await;
    let other = make(store, "b").await;
    let again = ObjectChange::create(KIND, state("a", json!({})));
    let error = write(store, vec![again]).await.unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert!(error.hint().unwrap().contains(&object.id.to_string()));
    let renamed = ObjectChange::of(&other, Some(state("a", json!({}))));
    assert_eq!(write(store, vec![renamed]).await.unwrap_err().code(), Code::Conflict);
    write(store, vec![ObjectChange::create("insight", state("a", json!({})))])
        .await
        .unwrap();
}

async fn a_write_is_all_or_nothing(store: &dyn ObjectStore) {
    make(store, "a").await;
    let before = store.list(&site(), None).await.unwrap();
    let fine = ObjectChange::create(KIND, state("b", json!({})));
    let taken = ObjectChange::create(KIND, state("a", json!({})));
    write(store, vec![fine, taken]).await.unwrap_err();
    assert_eq!(store.list(&site(), None).await.unwrap(), before);
    assert_eq!(
        store.activity(&site(), &ActivityFilter::default()).await.unwrap().len(),
        1
    );
}

async fn projects_do_not_see_each_other(store: &dyn ObjectStore) {
    let object = make(store, "a").await;
    let other: ProjectId = "other".parse().unwrap();
    assert_eq!(store.list(&other, None).await.unwrap(), []);
    assert_eq!(
        store.get(&other, object.id).await.unwrap_err().code(),
        Code::UnknownName
    );
    assert_eq!(store.activity(&other, &ActivityFilter::default()).await.unwrap(), []);
    let mine = store.activity(&site(), &ActivityFilter::default()).await.unwrap();
    let error = store.undo(&other, &[mine[0].id], ann(), time(2)).await.unwrap_err();
    assert_eq!(error.code(), Code::UnknownName);
}

async fn undoing_takes_back_and_can_be_taken_back(store: &dyn ObjectStore) {
    let object = make(store, "a").await;
    let renamed = ObjectChange::of(&object, Some(state("b", json!({"active": false}))));
    let changed = write(store, vec![renamed]).await.unwrap().remove(0);
    let undone = store
        .undo(&site(), &[changed.id], ann(), time(2))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (undone.action, undone.undoes),
        (ActivityAction::Restored, Some(changed.id))
    );
    assert_eq!(store.get(&site(), object.id).await.unwrap().state(), object.state());
    let error = store.undo(&site(), &[changed.id], ann(), time(3)).await.unwrap_err();
    assert_eq!(
        error.code(),
        Code::Conflict,
        "a second time there is nothing to take back"
    );
    store.undo(&site(), &[undone.id], ann(), time(4)).await.unwrap();
    assert_eq!(store.get(&site(), object.id).await.unwrap().name, "b");
    let newest = store.activity(&site(), &ActivityFilter::default()).await.unwrap();
    let of_change = newest.iter().find(|activity| activity.id == changed.id).unwrap();
    assert_eq!(of_change.undone_by, Some(undone.id));
    assert_eq!(
        newest.iter().map(|activity| activity.version).collect::<Vec<_>>(),
        [4, 3, 2, 1]
    );
}

async fn a_plan_to_undo_says_what_undoing_does_and_writes_nothing(store: &dyn ObjectStore) {
    let object = make(store, "a").await;
    let made = store.activity(&site(), &ActivityFilter::default()).await.unwrap();
    let mut steps = vec![made[0].id];
    for share in [10, 20] {
        let current = store.get(&site(), object.id).await.unwrap();
        let change = ObjectChange::of(&current, Some(state("a", json!({"share": share}))));
        steps.push(write(store, vec![change]).await.unwrap().remove(0).id);
    }
    let before = store.activity(&site(), &ActivityFilter::default()).await.unwrap();
    assert_eq!(store.change(&site(), steps[1]).await.unwrap(), before[1]);
    let elsewhere = "elsewhere".parse().unwrap();
    let unknown = store.change(&elsewhere, steps[1]).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);

    // One step rests on the other, and both together are one change from what is there to what was.
    let plan = store.plan_undo(&site(), &[steps[2], steps[1]]).await.unwrap();
    assert_eq!(plan.conflicts, []);
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].before, Some(state("a", json!({"share": 20}))));
    assert_eq!(plan.changes[0].after, Some(object.state()));
    let gone = store.plan_undo(&site(), &[steps[2], steps[1], steps[0]]).await.unwrap();
    assert_eq!((gone.changes.len(), &gone.changes[0].after), (1, &None));

    // What came since stands in the way, and is named.
    let plan = store.plan_undo(&site(), &[steps[1]]).await.unwrap();
    assert_eq!(plan.changes, []);
    let conflict = &plan.conflicts[0];
    assert_eq!((conflict.activity, conflict.object_id), (steps[1], object.id));
    assert_eq!(conflict.since.as_ref().map(|since| since.id), Some(steps[2]));
    let error = store.undo(&site(), &[steps[1]], ann(), time(9)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::Conflict, conflict.reason.as_str())
    );
    assert_eq!(error.hint(), conflict.hint.as_deref());
    assert_eq!(
        store.activity(&site(), &ActivityFilter::default()).await.unwrap(),
        before
    );

    // So does somebody else's object that has the name by now.
    let deleted = ObjectChange::of(&store.get(&site(), object.id).await.unwrap(), None);
    let deleted = write(store, vec![deleted]).await.unwrap().remove(0).id;
    make(store, "a").await;
    let plan = store.plan_undo(&site(), &[deleted]).await.unwrap();
    assert_eq!((plan.changes.len(), plan.conflicts.len()), (0, 1));
    assert!(plan.conflicts[0].reason.contains("exists already"));
    assert_eq!(plan.conflicts[0].since, None);
    let unknown = store.plan_undo(&site(), &[ActivityId::new()]).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
}

async fn history_is_found_by_run_and_call(store: &dyn ObjectStore) {
    let (run_id, calls) = (RunId::new(), [CallId::new(), CallId::new()]);
    for (call_id, name) in calls.into_iter().zip(["a", "b"]) {
        let (project, at, name_of_person) = (site(), time(1), "ann".to_owned());
        let actor = Actor::Agent {
            name: name_of_person,
            run_id,
            call_id,
        };
        let changes = vec![ObjectChange::create(KIND, state(name, json!({})))];
        store
            .write(ObjectWrite {
                project,
                actor,
                at,
                changes,
            })
            .await
            .unwrap();
    }
    make(store, "c").await;
    let count = async |filter: ActivityFilter| store.activity(&site(), &filter).await.unwrap().len();
    let by_run = ActivityFilter {
        run: Some(run_id),
        ..ActivityFilter::default()
    };
    let by_call = ActivityFilter {
        call: Some(calls[1]),
        ..ActivityFilter::default()
    };
    assert_eq!(count(by_run.clone()).await, 2);
    assert_eq!(count(by_call).await, 1);
    assert_eq!(
        count(ActivityFilter {
            limit: Some(1),
            ..by_run
        })
        .await,
        1
    );
}

/// A random history of people and agents, among it undoing of any earlier change; a plain model keeps what
/// each object was. Afterwards everything is taken back, newest first, and nothing may be left.
async fn undo_restores_exactly_what_was(store: &dyn ObjectStore, seed: u64, steps: u32) {
    let mut dice = Dice::new(seed);
    let mut model: BTreeMap<ObjectId, ObjectState> = BTreeMap::new();
    let mut done: Vec<Activity> = Vec::new();
    for step in 0..steps {
        let actor = if dice.roll(2) == 0 {
            ann()
        } else {
            let (run_id, call_id) = (RunId::new(), CallId::new());
            Actor::Agent {
                name: "ann".into(),
                run_id,
                call_id,
            }
        };
        if dice.roll(4) == 0 && !done.is_empty() {
            let chosen = done[dice.index(done.len())].clone();
            let fits = model.get(&chosen.object_id) == chosen.after.as_ref()
                && chosen.before.as_ref().is_none_or(|before| {
                    let other = model.iter().find(|(_, state)| state.name == before.name);
                    other.is_none_or(|(id, _)| *id == chosen.object_id)
                });
            let undone = store.undo(&site(), &[chosen.id], actor, time(step)).await;
            assert_eq!(undone.is_ok(), fits, "seed {seed} step {step}: {undone:?}");
            if let Ok(undone) = undone {
                set(&mut model, &undone);
                done.extend(undone);
            }
        } else {
            let changes = random_changes(store, &mut dice).await;
            let (project, at) = (site(), time(step));
            let written = store
                .write(ObjectWrite {
                    project,
                    actor,
                    at,
                    changes,
                })
                .await;
            // Two changes of one write can want the same name; then nothing is written.
            if let Ok(written) = written {
                set(&mut model, &written);
                done.extend(written);
            }
        }
        assert_eq!(states(store).await, model, "seed {seed} step {step}");
    }
    let newest_first: Vec<ActivityId> = done.iter().rev().map(|activity| activity.id).collect();
    store.undo(&site(), &newest_first, ann(), time(steps)).await.unwrap();
    assert_eq!(states(store).await, BTreeMap::new(), "seed {seed}");
}

async fn states(store: &dyn ObjectStore) -> BTreeMap<ObjectId, ObjectState> {
    let objects = store.list(&site(), None).await.unwrap();
    objects.iter().map(|object| (object.id, object.state())).collect()
}

fn set(model: &mut BTreeMap<ObjectId, ObjectState>, activities: &[Activity]) {
    for activity in activities {
        match &activity.after {
            Some(state) => model.insert(activity.object_id, state.clone()),
            None => model.remove(&activity.object_id),
        };
    }
}

async fn random_changes(store: &dyn ObjectStore, dice: &mut Dice) -> Vec<ObjectChange> {
    let objects = store.list(&site(), None).await.unwrap();
    let mut changes: Vec<ObjectChange> = Vec::new();
    for _ in 0..=dice.roll(2) {
        let body = json!({"share": dice.roll(100), "on": dice.roll(2) == 0});
        let name = format!("flag-{}", dice.roll(5));
        let free = |object: &&Object| changes.iter().all(|change| change.id != object.id);
        let mine: Vec<&Object> = objects.iter().filter(free).collect();
        let change = if mine.is_empty() || dice.roll(3) == 0 {
            ObjectChange::create(KIND, ObjectState { name, body })
        } else {
            let object = mine[dice.index(mine.len())];
            let after = match dice.roll(4) {
                0 => None,
                1 => Some(ObjectState { name, body }),
                _ => Some(state(&object.name, body)),
            };
            ObjectChange::of(object, after)
        };
        changes.push(change);
    }
    changes
}
