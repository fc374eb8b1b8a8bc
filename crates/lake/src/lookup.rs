//! Looking persons up by their distinct ids, which takes a walk over all of them.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_data_api::PersonInfo;
use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

use crate::catalog::instant;
use crate::people::{PersonDistinctId, PersonRow};
use crate::people_reader::PeopleReader;

/// Persons with a distinct id that contains a text, at most `limit`.
pub(crate) async fn persons(reader: &mut PeopleReader, search: &str, limit: usize) -> Result<Vec<PersonInfo>> {
    let mut keys = BTreeSet::new();
    let found = |rows: Vec<PersonDistinctId>| {
        for row in rows {
            if keys.len() < limit && row.distinct_id.contains(search) {
                keys.insert(row.person_key);
            }
        }
        Ok(())
    };
    reader.distinct_ids(found).await?;
    with_keys(reader, &keys).await
}

/// A person by one of its distinct ids or by its id.
pub(crate) async fn person(reader: &mut PeopleReader, id: &str) -> Result<PersonInfo> {
    let uuid = id.parse::<Uuid>().ok();
    // A distinct id may look like a person's id, and comes first.
    let (mut by_distinct_id, mut by_id) = (None, None);
    let found = |rows: Vec<PersonDistinctId>| {
        for row in rows {
            if row.distinct_id == id {
                by_distinct_id = Some(row.person_key);
            } else if uuid == Some(row.person_id) {
                by_id = Some(row.person_key);
            }
        }
        Ok(())
    };
    reader.distinct_ids(found).await?;
    let key = by_distinct_id.or(by_id);
    let mut found = with_keys(reader, &key.into_iter().collect()).await?;
    found.pop().ok_or_else(|| {
        Error::new(Code::UnknownName, format!("there is no person with the id {id:?}"))
            .with_hint("hedgerow persons list --search TEXT finds ids that contain a text")
    })
}

async fn with_keys(reader: &mut PeopleReader, keys: &BTreeSet<i64>) -> Result<Vec<PersonInfo>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut distinct_ids: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let ids = |rows: Vec<PersonDistinctId>| {
        for row in rows.into_iter().filter(|row| keys.contains(&row.person_key)) {
            distinct_ids.entry(row.person_key).or_default().push(row.distinct_id);
        }
        Ok(())
    };
    reader.distinct_ids(ids).await?;
    let mut persons = Vec::new();
    let rows = |rows: Vec<PersonRow>| {
        for row in rows.into_iter().filter(|row| keys.contains(&row.person_key)) {
            let mut distinct_ids = distinct_ids.remove(&row.person_key).unwrap_or_default();
            distinct_ids.sort();
            persons.push(PersonInfo {
                person_id: row.person_id,
                distinct_ids,
                created_at: instant(row.created_at),
                is_identified: row.is_identified,
                properties: serde_json::from_str(&row.properties).unwrap_or_default(),
            });
        }
        Ok(())
    };
    reader.persons(rows).await?;
    Ok(persons)
}
