//! Conditions on sessions and groups in a query over events, and those that are written in SQL.
//!
//! Such a condition is a semi-join: it is computed over all sessions or groups first, and what is left for each event is
//! whether its own is among those for which it holds. Events without one lack every field.

mod among;
pub(crate) mod groups;
mod sessions;

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;
use hedgerow_data_api::{FilterGroup, Operator, PropertyFilter, PropertyType};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::dates::Local;
use crate::engine::{Engine, Session};
use crate::expressions::{Resolved, Resolver};
use crate::persons::Moment;
use crate::sql::Purpose;
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
    /// What else is said of where numbers come from.
    pub(crate) also: Vec<String>,
}

impl SemiJoins {
    /// Computes all of a query's filters that are semi-joins.
    pub(crate) async fn compute<'a>(
        groups: impl IntoIterator<Item = &'a FilterGroup>,
        (engine, project): (&Engine, &ProjectId),
        session: &Session,
        moment: &Moment,
        now: Local,
    ) -> Result<Self> {
        let mut joins = Self::default();
        let mut known_groups = None;
        let resolver = Resolver {
            engine,
            project,
            session,
            moment,
            now,
        };
        for filter in groups.into_iter().flat_map(FilterGroup::filters) {
            if joins.known.iter().any(|(known, _)| known == filter) {
                continue;
            }
            let condition = match filter.property_type {
                PropertyType::Session => {
                    joins.said.insert(OF_ALL_EVENTS);
                    sessions::condition(filter, session, &moment.taxonomy, now, &mut joins.rows_read).await?
                }
                PropertyType::Group => {
                    joins.said.insert(GROUPS_AS_OF_NOW);
                    let known = match known_groups.take() {
                        Some(known) => known,
                        None => Groups::read(&engine.lake, project).await?,
                    };
                    known_groups.insert(known).condition(filter, session, now).await?
                }
                PropertyType::Hogql => joins.of_expression(filter, &resolver).await?,
                _ => continue,
            };
            joins.known.push((filter.clone(), condition));
        }
        Ok(joins)
    }

    /// The condition that is written in SQL.
    async fn of_expression(&mut self, filter: &PropertyFilter, resolver: &Resolver<'_>) -> Result<Expr> {
        let is_bare = filter.operator == Operator::Exact && filter.value.as_ref().is_none_or(Value::is_null);
        if !is_bare {
            let message = format!("the filter {:?} of type hogql has an operator or a value", filter.key);
            return Err(
                Error::invalid(message).with_hint("the key is the whole condition: leave operator and value out")
            );
        }
        let resolved = resolver.resolve(&filter.key, Purpose::EachEvent, "filter").await?;
        if resolved.data_type != DataType::Boolean {
            let message = format!(
                "the filter {:?} gives {}, and a condition is true or false",
                filter.key,
                sql_type(&resolved.data_type)
            );
            return Err(Error::invalid(message).with_hint("compare it with something: properties.amount > 10"));
        }
        self.keep(&resolved);
        Ok(resolved.expression)
    }

    /// Keeps what is to be said of an expression.
    pub(crate) fn keep(&mut self, resolved: &Resolved) {
        let (of_sessions, of_groups) = resolved.reads;
        let said = [(of_sessions, OF_ALL_EVENTS), (of_groups, GROUPS_AS_OF_NOW)];
        self.said
            .extend(said.iter().filter(|(is, _)| *is).map(|(_, said)| *said));
        self.rows_read += resolved.rows_read;
    }

    /// A filter's condition on the rows of `events`.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let known = self.known.iter().find(|(known, _)| known == filter);
        let known = known.map(|(_, condition)| condition.clone());
        known.ok_or_else(|| Error::internal("a condition was not computed before the query"))
    }

    /// What the conditions rest on, as provenance says it.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        self.said
            .iter()
            .map(|said| (*said).to_owned())
            .chain(self.also.iter().cloned())
    }
}

/// A type as people call it.
pub(crate) fn sql_type(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "true or false",
        data_type if data_type.is_numeric() => "a number",
        DataType::Null => "null",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => "a text",
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => "a time",
        _ => "a list or an object",
    }
}
