//! Conditions on the fields of sessions, which follow from all events of a session.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::{Expr, cast, ident};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{PropertyFilter, Taxonomy, ValueType};
use hedgerow_errors::{Error, Result};

use super::among::{Among, holds_of_nothing, texts_of};
use crate::dates::Local;
use crate::describe;
use crate::engine::Session;
use crate::fields::{FieldType, Fields, Found};
use crate::filters;
use crate::sql;

/// A filter's condition on the rows of `events`.
pub(super) async fn condition(
    filter: &PropertyFilter,
    session: &Session,
    taxonomy: &Taxonomy,
    now: Local,
    rows_read: &mut u64,
) -> Result<Expr> {
    let failed = |error| sql::explain(&error, &session.view);
    let condition = filters::condition(&SessionFields { taxonomy }, now, filter)?;
    let sessions = session.sessions(&filter.key).await?;
    let of_nothing = holds_of_nothing(sessions.schema(), &session.state, &condition)?;
    let wanted = if of_nothing {
        condition.is_not_true()
    } else {
        condition.is_true()
    };
    let ids = sessions
        .filter(wanted)
        .and_then(|sessions| sessions.select(vec![cast(ident("session_id"), DataType::Utf8)]))
        .and_then(DataFrame::into_optimized_plan)
        .map_err(failed)?;
    let done = session.run(&ids).await?;
    *rows_read += done.rows_read;
    let among = Among::new(texts_of(&done.batches)?, of_nothing);
    let id = cast(ident("session_id"), DataType::Utf8);
    Ok(among.condition(id, &describe::condition(filter)))
}

/// Filters on the rows of the table `sessions`.
struct SessionFields<'a> {
    taxonomy: &'a Taxonomy,
}

impl Fields for SessionFields<'_> {
    fn find(&self, filter: &PropertyFilter) -> Result<Found> {
        let known = sql::SESSION_FIELDS.iter().find(|(field, _)| *field == filter.key);
        let (field, property) = known.ok_or_else(|| {
            let known = sql::SESSION_FIELDS.iter().map(|(field, _)| *field);
            Error::unknown("field of sessions", &filter.key, known)
        })?;
        let field_type = match *field {
            "$start_timestamp" | "$end_timestamp" => FieldType::Time,
            "$session_duration" => FieldType::Value(ValueType::Double),
            "$is_bounce" => FieldType::Value(ValueType::Boolean),
            "$pageview_count" | "$autocapture_count" | "$event_count" => FieldType::Value(ValueType::Integer),
            _ => {
                let property = self.taxonomy.property(property.trim_start_matches(['<', '>']));
                FieldType::Value(property.map_or(ValueType::String, |property| property.value_type))
            }
        };
        let column = match field_type {
            FieldType::Time => cast(
                ident(*field),
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            ),
            FieldType::Value(ValueType::String) => cast(ident(*field), DataType::Utf8),
            FieldType::Value(_) => ident(*field),
        };
        Ok(Found::Column(column, field_type))
    }
}
