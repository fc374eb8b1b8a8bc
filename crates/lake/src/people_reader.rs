//! Reading persons and groups: all of one moment.

use std::sync::Arc;

use hedgerow_errors::Result;
use sqlx::{Sqlite, Transaction};

use crate::people::{self, GroupRow, Overlay, PersonDistinctId, PersonRow, Refusal};

/// Rows that are read at once.
pub(crate) const PAGE: u32 = 5_000;

/// Persons and groups as one moment has them, those of events in memory included.
///
/// While it exists no commit can happen, so it is read without waiting for anything else.
pub struct PeopleReader {
    pub(crate) transaction: Transaction<'static, Sqlite>,
    pub(crate) overlay: Arc<Overlay>,
}

impl PeopleReader {
    /// The persons, page by page in order of their keys.
    pub async fn persons(&mut self, mut each: impl FnMut(Vec<PersonRow>) -> Result<()>) -> Result<()> {
        let mut after = None;
        loop {
            let page = people::persons(&mut self.transaction, &self.overlay, after, PAGE).await?;
            each(page.rows)?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The key of each person with the time of its earliest event, in microseconds since 1970-01-01 in UTC, in no order.
    pub async fn first_seen(&mut self) -> Result<Vec<(i64, i64)>> {
        people::first_seen(&mut self.transaction, &self.overlay).await
    }

    /// The distinct ids of persons, page by page.
    pub async fn distinct_ids(&mut self, mut each: impl FnMut(Vec<PersonDistinctId>) -> Result<()>) -> Result<()> {
        let mut after = None;
        loop {
            let page = people::person_distinct_ids(&mut self.transaction, &self.overlay, after, PAGE).await?;
            each(page.rows)?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The persons with some keys, in order of their keys. A key that is nobody's has no row.
    pub async fn persons_of(&mut self, keys: &[i64]) -> Result<Vec<PersonRow>> {
        people::by_key::persons(&mut self.transaction, &self.overlay, keys).await
    }

    /// The distinct ids of the persons with some keys.
    pub async fn distinct_ids_of(&mut self, keys: &[i64]) -> Result<Vec<PersonDistinctId>> {
        people::by_key::distinct_ids(&mut self.transaction, &self.overlay, keys).await
    }

    /// The groups, page by page in order of type and key.
    pub async fn groups(&mut self, mut each: impl FnMut(Vec<GroupRow>) -> Result<()>) -> Result<()> {
        let mut after = None;
        loop {
            let page = people::groups(&mut self.transaction, &self.overlay, after, PAGE).await?;
            each(page.rows)?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The types of groups with their indexes.
    pub async fn group_types(&mut self) -> Result<Vec<(String, i64)>> {
        people::group_types(&mut self.transaction, &self.overlay).await
    }

    /// The latest merges that did not happen, of events in files, at most `limit`.
    pub async fn refusals(&mut self, limit: u32) -> Result<Vec<Refusal>> {
        people::refusals(&mut self.transaction, limit).await
    }

    /// What events in files said of persons and groups and could not be used, by kind, with how many
    /// events said it.
    pub async fn ignored(&mut self) -> Result<Vec<(String, i64)>> {
        people::ignored(&mut self.transaction).await
    }

    /// Distinct ids whose events count as those of another, since both have the same key: the id, the
    /// key, and the other id.
    pub async fn collisions(&mut self) -> Result<Vec<(String, i64, String)>> {
        people::collisions(&mut self.transaction).await
    }
}
