//! Persons in a catalog.

use std::collections::{BTreeMap, HashMap};

use hedgerow_data_api::{EventBatch, Value};
use proptest::prelude::*;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use uuid::Uuid;

use super::*;
use crate::people::keys::{person_key, person_uuid};
use crate::people::reading::Page;
use crate::people::tests::model::{Event, Outcome, batch, outcome, world};
use crate::people::{self, Overlay};

/// A catalog with nothing but the tables of persons.
async fn catalog(folder: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(folder.join(Uuid::new_v4().to_string()))
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Off);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let tables = include_str!("../../catalog/people.sql");
    sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
    connection
}

/// All pages of something.
async fn all<Row, Key>(mut read: impl AsyncFnMut(Option<Key>) -> Result<Page<Row, Key>>) -> Vec<Row> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = read(after).await.unwrap();
        rows.extend(page.rows);
        let Some(next) = page.next else {
            return rows;
        };
        after = Some(next);
    }
}

/// All that can be read, but for the refusals, which are of the catalog alone.
async fn read(connection: &mut SqliteConnection, overlay: &Overlay, limit: u32) -> Outcome {
    let persons = all(async |after| people::persons(connection, overlay, after, limit).await).await;
    let ids = all(async |after| people::person_distinct_ids(connection, overlay, after, limit).await).await;
    // Some by their keys are the same as all page by page.
    let keys: Vec<i64> = persons.iter().map(|person| person.person_key).chain([-7]).collect();
    let by_key = people::by_key::persons(connection, overlay, &keys).await.unwrap();
    assert_eq!(by_key, persons);
    let of_keys = people::by_key::distinct_ids(connection, overlay, &keys).await.unwrap();
    let sorted = |ids: &[people::PersonDistinctId]| {
        let ids = ids
            .iter()
            .map(|id| (id.person_key, id.distinct_id.clone(), id.person_id));
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    let known = |id: &&people::PersonDistinctId| keys.contains(&id.person_key);
    let expected: Vec<_> = ids.iter().filter(known).cloned().collect();
    assert_eq!((sorted(&of_keys), of_keys.len()), (sorted(&expected), expected.len()));
    let groups = all(async |after| people::groups(connection, overlay, after, limit).await).await;
    let types = people::group_types(connection, overlay).await.unwrap();
    let groups = groups.into_iter().map(|group| {
        assert!(types.contains(&(group.group_type.clone(), group.group_type_index)));
        let at = (group.group_type, group.group_key);
        (at, (group.created_at, group.properties))
    });
    let ids = ids
        .into_iter()
        .map(|id| (id.distinct_id, (id.person_id, id.person_key)));
    let overrides = people::overrides(connection, overlay).await.unwrap();
    Outcome {
        persons,
        distinct_ids: ids.collect(),
        overrides: overrides.into_iter().collect(),
        groups: groups.collect(),
        refusals: BTreeMap::new(),
    }
}

/// Applies pieces one by one. Each is looked at as pending before, and as applied after.
async fn in_pieces(folder: &std::path::Path, events: &[Event], pieces: &[Vec<usize>]) {
    let mut connection = catalog(folder).await;
    let mut come: Vec<Event> = Vec::new();
    let mut overrides: HashMap<i64, i64> = HashMap::new();
    let mut refusals = BTreeMap::new();
    let mut known = Known::default();
    for (number, piece) in (0..).zip(pieces) {
        let limit = 1 + number % 4;
        come.extend(piece.iter().map(|at| events[*at].clone()));
        let mut expected = outcome(&come);
        let refused = std::mem::take(&mut expected.refusals);
        let changes = PeopleChanges::of(&batch(piece.iter().map(|at| &events[*at])));
        let overlay = Overlay::of(&mut connection, &changes).await.unwrap();
        assert_eq!(read(&mut connection, &overlay, limit).await, expected, "pending");

        let mut transaction = connection.begin().await.unwrap();
        known.at(number.into());
        let applied = apply_to_known(&mut transaction, &changes, &mut known).await.unwrap();
        transaction.commit().await.unwrap();
        known.committed((number + 1).into());
        assert_eq!(
            read(&mut connection, &Overlay::default(), limit).await,
            expected,
            "applied"
        );
        overrides.extend(applied.overrides);
        overrides.retain(|raw, person| raw != person);
        assert_eq!(BTreeMap::from_iter(overrides.clone()), expected.overrides);
        let stored = people::refusals(&mut connection, 100).await.unwrap();
        let stored: BTreeMap<_, _> = stored
            .into_iter()
            .map(|refusal| (refusal.op.stamp, refusal.reason))
            .collect();
        assert_eq!(stored, refused);
        refusals.extend(
            applied
                .refusals
                .into_iter()
                .map(|refusal| (refusal.op.stamp, refusal.reason)),
        );
        assert!(
            refused.iter().all(|refusal| refusals.contains_key(refusal.0)),
            "all were told"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_catalog_holds_what_the_model_says_in_any_order((events, pieces) in world()) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(in_pieces(folder.path(), &events, &pieces));
    }
}

/// One event after another, a second apart.
fn changes(first: i64, events: &[(&str, &str, &[(&str, Value<'_>)])]) -> PeopleChanges {
    let mut batch = EventBatch::default();
    for (number, (event, distinct_id, properties)) in (first..).zip(events) {
        let uuid = Uuid::from_u128(number.unsigned_abs().into());
        batch.begin(uuid, event, number * 1_000_000, distinct_id, None);
        for (key, value) in *properties {
            batch.set(key, *value);
        }
    }
    PeopleChanges::of(&batch)
}

fn identify<'a>(other: &'a [(&'a str, Value<'a>)], id: &'a str) -> (&'a str, &'a str, &'a [(&'a str, Value<'a>)]) {
    ("$identify", id, other)
}

#[tokio::test]
async fn old_keys_follow_their_ids_through_merges() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = catalog(folder.path()).await;
    let old = "CREATE TABLE hedgerow_person(distinct_id TEXT PRIMARY KEY, person_key INTEGER NOT NULL, person_uuid TEXT NOT NULL) WITHOUT ROWID;
               CREATE UNIQUE INDEX hedgerow_person_key ON hedgerow_person(person_key);
               INSERT INTO hedgerow_person SELECT 'v' || value, value, '' FROM generate_series(1, 45000);";
    let numbers: Vec<u32> = (1..=45_000).collect();
    let old = old.replace("generate_series(1, 45000)", &format!("json_each('{numbers:?}')"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(old))
        .execute(&mut connection)
        .await
        .unwrap();
    people::migrate(&mut connection).await.unwrap();
    let key = |id: &str| person_key(id);
    let none = Overlay::default();
    let overrides = people::overrides(&mut connection, &none).await.unwrap();
    assert_eq!((overrides.len(), overrides[&45_000]), (45_000, key("v45000")));

    let v1 = [("$anon_distinct_id", Value::Text("v1"))];
    let applied = apply(&mut connection, &changes(10, &[identify(&v1, "ann")]))
        .await
        .unwrap();
    let mut expected = vec![(1, key("ann")), (key("v1"), key("ann"))];
    expected.sort_unstable();
    assert_eq!(applied.overrides, expected);
    // Ann's person goes into another one: the chain stays flat.
    let ann = [("alias", Value::Text("ann"))];
    let pending = changes(11, &[("$merge_dangerously", "bob", &ann)]);
    let overlay = Overlay::of(&mut connection, &pending).await.unwrap();
    let before = people::overrides(&mut connection, &overlay).await.unwrap();
    apply(&mut connection, &pending).await.unwrap();
    let after = people::overrides(&mut connection, &none).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(
        (after[&1], after[&key("v1")], after[&key("ann")]),
        (key("bob"), key("bob"), key("bob"))
    );
    // A late event says that v1 was known before, so that it never was Ann's.
    let late = apply(&mut connection, &changes(1, &[identify(&[], "v1")]))
        .await
        .unwrap();
    assert!(late.overrides.contains(&(1, key("v1"))), "{late:?}");
    assert_eq!(late.refusals.len(), 1);
    let after = people::overrides(&mut connection, &none).await.unwrap();
    assert_eq!((after[&1], after.get(&key("v1"))), (key("v1"), None));
}

#[tokio::test]
async fn illegal_ids_join_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = catalog(folder.path()).await;
    let null = [("$anon_distinct_id", Value::Text("null"))];
    let events = [
        identify(&null, "a"),
        identify(&null, "b"),
        identify(&null, "c"),
        ("$pageview", "null", &[]),
    ];
    let applied = apply(&mut connection, &changes(1, &events)).await.unwrap();
    let reasons: Vec<_> = applied.refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    assert_eq!(reasons, ["cannot_merge_with_illegal_distinct_id"; 3]);
    let persons = people::persons(&mut connection, &Overlay::default(), None, 10)
        .await
        .unwrap();
    assert_eq!(
        persons
            .rows
            .iter()
            .map(|person| person.distinct_ids)
            .collect::<Vec<_>>(),
        [1; 4]
    );
    let ops: i64 = sqlx::query_scalar("SELECT count(*) FROM hedgerow_merge")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(ops, 0);
}

#[tokio::test]
async fn group_types_have_five_indexes_in_order_of_use() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = catalog(folder.path()).await;
    let groups = |json: &'static str| [("$groups", Value::Json(json))];
    let first = groups(r#"{"team":"x","company":"y"}"#);
    let second = groups(r#"{"a":"x","team":"x","c":"x","d":"x","b":"x"}"#);
    apply(&mut connection, &changes(1, &[("click", "u", &first)]))
        .await
        .unwrap();
    let pending = changes(2, &[("click", "u", &second)]);
    let overlay = Overlay::of(&mut connection, &pending).await.unwrap();
    let laid_over = people::group_types(&mut connection, &overlay).await.unwrap();
    apply(&mut connection, &pending).await.unwrap();
    let types = people::group_types(&mut connection, &Overlay::default()).await.unwrap();
    let names: Vec<_> = types.iter().map(|(name, index)| (name.as_str(), *index)).collect();
    assert_eq!(names, [("company", 0), ("team", 1), ("a", 2), ("b", 3), ("c", 4)]);
    assert_eq!(laid_over, types);
    let ignored = people::ignored(&mut connection).await.unwrap();
    assert_eq!(ignored, [("too_many_group_types".to_owned(), 1)]);
    let rows = people::groups(&mut connection, &Overlay::default(), None, 10)
        .await
        .unwrap()
        .rows;
    assert_eq!(
        (rows.len(), rows[1].group_type.as_str(), rows[1].created_at),
        (5, "team", 1_000_000)
    );
}

#[tokio::test]
async fn the_second_of_two_ids_with_a_key_is_told_and_loses_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = catalog(folder.path()).await;
    let take = "INSERT INTO hedgerow_id(person_key, distinct_id, root_key, first_seen_us, state) VALUES (?1, 'first', ?1, 5, x'01000000')";
    sqlx::query(take)
        .bind(person_key("second"))
        .execute(&mut connection)
        .await
        .unwrap();
    let second = [("$anon_distinct_id", Value::Text("second"))];
    let events = changes(
        1,
        &[
            ("click", "second", &[("$os", Value::Text("x"))]),
            identify(&second, "ann"),
            ("click", "bob", &[]),
        ],
    );
    for _ in 0..2 {
        Overlay::of(&mut connection, &events).await.unwrap();
        apply(&mut connection, &events).await.unwrap();
    }
    let expected = [("second".to_owned(), person_key("second"), "first".to_owned())];
    assert_eq!(people::collisions(&mut connection).await.unwrap(), expected);
    let persons = people::persons(&mut connection, &Overlay::default(), None, 10)
        .await
        .unwrap()
        .rows;
    let mut found: Vec<_> = persons
        .into_iter()
        .map(|person| (person.created_at, person.properties))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (5, "{}".to_owned()),
            (2_000_000, "{}".to_owned()),
            (3_000_000, "{}".to_owned())
        ]
    );
    assert!(
        people::overrides(&mut connection, &Overlay::default())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn ids_and_values_of_any_text_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = catalog(folder.path()).await;
    let ids = [
        "a\0b",
        "a",
        "\"quoted\"",
        "日本語",
        "a'; DROP TABLE hedgerow_id; --",
        "\u{feff}x",
        "x",
    ];
    let events: Vec<_> = ids
        .iter()
        .map(|id| ("$pageview", *id, &[("$os", Value::Text("a\0\"b"))][..]))
        .collect();
    let with_nul = [("$anon_distinct_id", Value::Text("a\0b"))];
    let more = [identify(&with_nul, "日本語")];
    for _ in 0..2 {
        apply(&mut connection, &changes(1, &events)).await.unwrap();
        apply(&mut connection, &changes(100, &more)).await.unwrap();
    }
    let found = people::person_distinct_ids(&mut connection, &Overlay::default(), None, 100)
        .await
        .unwrap()
        .rows;
    let found: BTreeMap<_, _> = found.into_iter().map(|id| (id.distinct_id, id.person_id)).collect();
    let root = |id: &str| {
        if id == "a\0b" {
            "日本語".to_owned()
        } else {
            id.to_owned()
        }
    };
    let expected = ids.iter().map(|id| ((*id).to_owned(), person_uuid(&root(id))));
    assert_eq!(found, expected.collect());
    let persons = people::persons(&mut connection, &Overlay::default(), None, 100)
        .await
        .unwrap()
        .rows;
    for person in persons {
        assert_eq!(person.properties, r#"{"$initial_os":"a\u0000\"b","$os":"a\u0000\"b"}"#);
    }
}
