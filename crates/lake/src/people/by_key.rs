//! Reading some persons by their keys: what a page of a list needs, however many persons there are.

use std::collections::HashSet;

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;

use super::keys::person_uuid;
use super::overlay::Overlay;
use super::reading::with_absorbed;
use super::store::rows;
use super::world::{PersonDistinctId, PersonRow};
use crate::sqlite_error::failed;

/// The persons with these keys, in order of their keys. A key that is nobody's has no row.
pub(crate) async fn persons(
    connection: &mut SqliteConnection,
    overlay: &Overlay,
    keys: &[i64],
) -> Result<Vec<PersonRow>> {
    let is_laid_over = |key: &i64| overlay.persons.contains_key(key) || overlay.hidden.contains(key);
    let stored: Vec<i64> = keys.iter().copied().filter(|key| !is_laid_over(key)).collect();
    let mut roots = rows::ids(connection, &stored, true).await?;
    roots.retain(|row| row.person_key == row.root_key);
    let world = with_absorbed(connection, roots).await?;
    let mut persons = world.persons(&mut world.resolve());
    persons.extend(keys.iter().filter_map(|key| overlay.persons.get(key)).cloned());
    persons.sort_by_key(|person| person.person_key);
    persons.dedup_by_key(|person| person.person_key);
    Ok(persons)
}

/// The distinct ids of the persons with these keys.
pub(crate) async fn distinct_ids(
    connection: &mut SqliteConnection,
    overlay: &Overlay,
    keys: &[i64],
) -> Result<Vec<PersonDistinctId>> {
    // A person's own id, and those that it has absorbed, each by its index.
    let query = sqlx::query_as(
        "SELECT i.person_key, i.distinct_id, root.distinct_id, root.person_key
         FROM json_each(?1) CROSS JOIN hedgerow_id root ON root.person_key = json_each.value
         CROSS JOIN hedgerow_id i ON i.person_key = root.person_key AND i.root_key = i.person_key
         UNION ALL
         SELECT i.person_key, i.distinct_id, root.distinct_id, root.person_key
         FROM json_each(?1) CROSS JOIN hedgerow_id root ON root.person_key = json_each.value
         CROSS JOIN hedgerow_id i INDEXED BY hedgerow_id_absorbed
           ON i.root_key = root.person_key AND i.root_key <> i.person_key",
    );
    let found = query.bind(json!(keys).to_string()).fetch_all(connection).await;
    let found: Vec<(i64, String, String, i64)> = found.map_err(failed("cannot read distinct ids"))?;
    let found = found
        .into_iter()
        .filter(|(key, ..)| !overlay.distinct_ids.contains_key(key));
    let mut ids: Vec<PersonDistinctId> = found
        .map(|(_, distinct_id, root, person_key)| PersonDistinctId {
            distinct_id,
            person_id: person_uuid(&root),
            person_key,
        })
        .collect();
    let keys: HashSet<i64> = keys.iter().copied().collect();
    let laid_over = overlay.distinct_ids.values();
    ids.extend(laid_over.filter(|id| keys.contains(&id.person_key)).cloned());
    Ok(ids)
}
