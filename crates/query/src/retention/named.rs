//! What a retention query names beside its events: what splits persons, and the property that is put together.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, ident, try_cast};
use hedgerow_data_api::{AggregationPropertyType, Clock, RetentionAggregation, RetentionFilter, ValueType};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use super::Retention;
use crate::engine::Engine;
use crate::scope::Begun;
use crate::trends::Breakdown;
use crate::validate;

/// The names, resolved.
pub(super) struct Named {
    pub(super) breakdown: Option<Breakdown>,
    /// The number of each event that is put together.
    pub(super) summed: Option<Expr>,
    /// Whether properties of persons are those right after each event.
    pub(super) is_at_events: bool,
}

impl Named {
    /// Refuses what is not there, or can't be split or put together.
    pub(super) async fn of(
        retention: &Retention<'_>,
        begun: &mut Begun,
        source: (&Engine, &ProjectId),
        clock: &Clock,
    ) -> Result<Self> {
        let query = retention.query;
        let splits = (query.breakdown_filter.as_ref(), retention.series.as_slice());
        let breakdown = Breakdown::of(splits, begun, source, clock).await?;
        if let Some(breakdown) = &breakdown {
            breakdown.without_bins("retention")?;
        }
        Ok(Self {
            breakdown,
            summed: summed(&query.retention_filter, begun).await?,
            is_at_events: begun.is_at_events(),
        })
    }
}

/// Refuses fields that don't go together.
pub(super) fn check_aggregation(filter: &RetentionFilter) -> Result<()> {
    let (kind, property) = (filter.aggregation_type, &filter.aggregation_property);
    let (message, hint) = match (kind, property, filter.aggregation_property_type) {
        (RetentionAggregation::Count, None, None) => return Ok(()),
        (RetentionAggregation::Count, ..) => (
            "aggregationProperty and aggregationPropertyType have no meaning for the aggregationType count".to_owned(),
            "take sum or avg, or leave them out",
        ),
        (_, None, _) => (
            format!("the aggregationType {} needs an aggregationProperty", kind.as_str()),
            "name the property whose numbers are put together",
        ),
        (_, Some(key), None) => (
            format!("the aggregationProperty {key:?} needs an aggregationPropertyType"),
            "say whose property it is: event or person",
        ),
        (_, Some(_), Some(_)) => return Ok(()),
    };
    Err(Error::invalid(message).with_hint(hint))
}

/// The number of each event; missing where it has none.
async fn summed(filter: &RetentionFilter, begun: &mut Begun) -> Result<Option<Expr>> {
    let Some((key, whose)) = filter
        .aggregation_property
        .as_deref()
        .zip(filter.aggregation_property_type)
    else {
        return Ok(None);
    };
    let (value, value_type) = match whose {
        AggregationPropertyType::Person => begun.value_of_persons(key).await?,
        AggregationPropertyType::Event => {
            let property = validate::property_of_events(begun.taxonomy(), key)?;
            (ident(&property.column), property.value_type)
        }
    };
    let holds = match value_type {
        ValueType::Integer | ValueType::Double => return Ok(Some(try_cast(value, DataType::Float64))),
        ValueType::Boolean => "is true or false",
        ValueType::String => "holds texts",
        ValueType::Json => "holds JSON",
    };
    let message = format!(
        "the aggregationProperty {key:?} {holds}, and {} needs numbers",
        filter.aggregation_type.as_str()
    );
    Err(Error::invalid(message).with_hint("take a property with numbers, or count persons with a filter on this one"))
}
