//! Groups in the catalog.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::known::Known;
use crate::people::PeopleChanges;
use crate::people::state::encoding::{decode, encode};
use crate::people::state::{State, Text};
use crate::sqlite_error::failed;

/// Types of groups in a project at most: an event has a column for each.
pub(crate) const MOST_TYPES: i64 = 5;

/// Groups in one statement: their bound values stay below SQLite's 32,766.
const ROWS: usize = 6_000;

/// Groups that changes touch, by the index of their type and their key.
pub(crate) type Groups = BTreeMap<(i64, Text), State>;

/// The types of groups with their indexes, in order of the indexes.
pub(crate) async fn types(connection: &mut SqliteConnection) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query_as("SELECT group_type, group_type_index FROM hedgerow_group_type ORDER BY group_type_index");
    rows.fetch_all(connection)
        .await
        .map_err(failed("cannot read group types"))
}

/// The types with those that changes bring: the new ones of one batch get the next indexes in order of
/// their names, as long as there are any.
pub(crate) async fn types_with(
    connection: &mut SqliteConnection,
    changes: &PeopleChanges,
) -> Result<BTreeMap<String, i64>> {
    let mut types: BTreeMap<String, i64> = types(connection).await?.into_iter().collect();
    let named: BTreeSet<&Text> = changes.groups.keys().map(|(group_type, _)| group_type).collect();
    for group_type in named {
        let next = types.values().max().map_or(0, |last| last + 1);
        if next < MOST_TYPES && !types.contains_key(group_type.as_ref()) {
            types.insert(group_type.to_string(), next);
        }
    }
    Ok(types)
}

/// Groups of changes laid over what the catalog knows of them, and how many are of no type.
pub(crate) async fn touched(
    connection: &mut SqliteConnection,
    changes: &[(&(Text, Text), &State)],
    types: &BTreeMap<String, i64>,
) -> Result<(Groups, u64)> {
    let mut groups = Groups::new();
    let mut left_out = 0;
    for ((group_type, key), state) in changes {
        match types.get(group_type.as_ref()) {
            Some(index) => {
                groups.insert((*index, key.clone()), State::clone(state));
            }
            None => left_out += 1,
        }
    }
    let keys: Vec<_> = groups.keys().map(|(index, key)| json!([index, key.as_ref()])).collect();
    let known = sqlx::query_as(
        "SELECT group_type_index, group_key, first_seen_us, state FROM json_each(?)
         CROSS JOIN hedgerow_group ON group_type_index = value ->> 0 AND group_key = value ->> 1",
    );
    let known = known.bind(json!(keys).to_string()).fetch_all(connection).await;
    let known: Vec<(i64, String, i64, Vec<u8>)> = known.map_err(failed("cannot read groups"))?;
    for (index, key, first_seen, state) in known {
        if let Some(group) = groups.get_mut(&(index, Text::from(key))) {
            group.merge(decode(&state)?);
            group.see(Some(first_seen));
        }
    }
    Ok((groups, left_out))
}

/// Takes the groups of changes in. Returns how many are of no type.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    changes: &PeopleChanges,
    known: &mut Known,
) -> Result<u64> {
    let news = known.news_of_groups(changes);
    if news.is_empty() {
        return Ok(0);
    }
    let step = failed("cannot write groups");
    let types = types_with(connection, changes).await?;
    let pairs: Vec<_> = types.iter().collect();
    sqlx::query("INSERT OR IGNORE INTO hedgerow_group_type SELECT value ->> 0, value ->> 1 FROM json_each(?)")
        .bind(json!(pairs).to_string())
        .execute(&mut *connection)
        .await
        .map_err(&step)?;
    let (groups, left_out) = touched(connection, &news, &types).await?;
    for (group, _) in news {
        let index = types.get(group.0.as_ref());
        if let Some(state) = index.and_then(|index| groups.get(&(*index, group.1.clone()))) {
            known.learn_group(group, state);
        }
    }
    let groups: Vec<_> = groups.iter().collect();
    for groups in groups.chunks(ROWS) {
        let into = "INSERT INTO hedgerow_group(group_type_index, group_key, first_seen_us, state) ";
        let mut insert = QueryBuilder::<Sqlite>::new(into);
        insert.push_values(groups, |mut values, ((index, key), state)| {
            values
                .push_bind(*index)
                .push_bind(key.to_string())
                .push_bind(state.first_seen.unwrap_or_default())
                .push_bind(encode(state));
        });
        insert.push(
            " ON CONFLICT(group_type_index, group_key) DO UPDATE SET first_seen_us = excluded.first_seen_us, state = excluded.state",
        );
        let inserted = insert.build().persistent(false).execute(&mut *connection).await;
        inserted.map_err(&step)?;
    }
    Ok(left_out)
}
