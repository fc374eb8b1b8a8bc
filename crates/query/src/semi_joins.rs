//! Conditions on sessions and groups in a query over events.
//!
//! Such a condition is a semi-join: it is computed over all sessions or groups first, and what is left for each event is
//! whether its own is among those for which it holds. Events without one lack every field.

mod among;
mod groups;
mod sessions;

use std::collections::BTreeSet;

use datafusion::logical_expr::Expr;
use hedgerow_data_api::{FilterGroup, PropertyFilter, PropertyType, Taxonomy};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::Lake;

use crate::dates::Local;
use crate::engine::Session;
pub(crate) use among::{TextIsAmong, bytes_held};
use groups::Groups;

/// What a query with conditions on sessions says of them.
const OF_ALL_EVENTS: &str = "sessions: by all their events, also those outside of the range";

/// What a query with conditions on groups says of them.
const GROUPS_AS_OF_NOW: &str = "groups: as they are at the time of the query, not as they were when the event happened";

/// The conditions of a query that are semi-joins, computed.
#[derive(Default)]
pub(crate) struct SemiJoins {
    /// Filters with their conditions on the rows of `events`.
    known: Vec<(PropertyFilter, Expr)>,
    /// Rows read to compute them.
    pub(crate) rows_read: u64,
    said: BTreeSet<&'static str>,
}

impl SemiJoins {
    /// Computes all of a query's filters that are semi-joins.
    pub(crate) async fn compute<'a>(
        groups: impl IntoIterator<Item = &'a FilterGroup>,
        (lake, project): (&Lake, &ProjectId),
        session: &Session,
        taxonomy: &Taxonomy,
        now: Local,
    ) -> Result<Self> {
        let mut joins = Self::default();
        let mut known_groups = None;
        for filter in groups.into_iter().flat_map(FilterGroup::filters) {
            if joins.known.iter().any(|(known, _)| known == filter) {
                continue;
            }
            let condition = match filter.property_type {
                PropertyType::Session => {
                    joins.said.insert(OF_ALL_EVENTS);
                    sessions::condition(filter, session, taxonomy, now, &mut joins.rows_read).await?
                }
                PropertyType::Group => {
                    joins.said.insert(GROUPS_AS_OF_NOW);
                    let known = match known_groups.take() {
                        Some(known) => known,
                        None => Groups::read(lake, project).await?,
                    };
                    known_groups.insert(known).condition(filter, session, now).await?
                }
                _ => continue,
            };
            joins.known.push((filter.clone(), condition));
        }
        Ok(joins)
    }

    /// A filter's condition on the rows of `events`.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let known = self.known.iter().find(|(known, _)| known == filter);
        let known = known.map(|(_, condition)| condition.clone());
        known.ok_or_else(|| Error::internal("a condition was not computed before the query"))
    }

    /// What the conditions rest on, as provenance says it.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        self.said.iter().map(|said| (*said).to_owned())
    }
}
