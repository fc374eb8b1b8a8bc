//! Checking names and values against the taxonomy before anything is planned.

use hedgerow_data_api::{
    EventStore, EventsNode, FilterGroup, FilterNode, Operator, PropertyFilter, PropertyType, Taxonomy, TrendsQuery,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

const MAX_SERIES: usize = 26;
/// Values with which an unknown one is compared, to say which was meant: the most frequent ones, and
/// where there are more those that are most like it.
const COMPARED: usize = 5_000;
const ALIKE: usize = 20;

/// Refuses unknown events, properties and values, and shapes that make no sense.
pub(crate) async fn trends(
    store: &dyn EventStore,
    project: &ProjectId,
    taxonomy: &Taxonomy,
    query: &TrendsQuery,
) -> Result<()> {
    if query.series.is_empty() || query.series.len() > MAX_SERIES {
        let message = format!(
            "a trends query has 1 to {MAX_SERIES} series, this one has {}",
            query.series.len()
        );
        return Err(Error::invalid(message).with_hint("ask several queries"));
    }
    for EventsNode { event, properties, .. } in &query.series {
        if let Some(name) = event.as_deref().filter(|name| taxonomy.event(name).is_none()) {
            return Err(Error::unknown(
                "event",
                name,
                taxonomy.events.iter().map(|event| event.name.as_str()),
            ));
        }
        values(store, project, taxonomy, properties).await?;
    }
    values(store, project, taxonomy, &query.properties).await?;
    if let Some(breakdown) = &query.breakdown_filter {
        if taxonomy.property(&breakdown.breakdown).is_none() {
            let known = taxonomy.properties.iter().map(|property| property.key.as_str());
            return Err(Error::unknown("property", &breakdown.breakdown, known));
        }
        if !(1..=1000).contains(&breakdown.breakdown_limit.unwrap_or(1)) {
            let message = "breakdown_limit goes from 1 to 1000";
            return Err(Error::invalid(message).with_hint("leave it out for the first 25 values"));
        }
    }
    Ok(())
}

/// Refuses values that no event has, where the value index is complete enough to know.
async fn values(store: &dyn EventStore, project: &ProjectId, taxonomy: &Taxonomy, group: &FilterGroup) -> Result<()> {
    let mut pending: Vec<&FilterNode> = group.values.iter().collect();
    while let Some(node) = pending.pop() {
        match node {
            FilterNode::Group(group) => pending.extend(&group.values),
            FilterNode::Filter(filter) => value(store, project, taxonomy, filter).await?,
        }
    }
    Ok(())
}

/// Refuses what is no property of the event: this query kind knows no other.
fn of_event(filter: &PropertyFilter) -> Result<()> {
    if filter.property_type == PropertyType::Event {
        return Ok(());
    }
    let (key, kind) = (&filter.key, filter.property_type.as_str());
    let message = format!("filter on {key:?} is of type {kind}, and a trends query knows only type event");
    Err(Error::invalid(message).with_hint("take a property of the events, or leave the filter out"))
}

async fn value(
    store: &dyn EventStore,
    project: &ProjectId,
    taxonomy: &Taxonomy,
    filter: &PropertyFilter,
) -> Result<()> {
    of_event(filter)?;
    let equality = matches!(
        filter.operator,
        Operator::Exact | Operator::IsNot | Operator::In | Operator::NotIn
    );
    // An unknown property is refused with the filter itself.
    let Some(property) = taxonomy.property(&filter.key) else {
        return Ok(());
    };
    if !equality || !property.values_complete {
        return Ok(());
    }
    let wanted = match &filter.value {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    for value in wanted {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if store.has_value(project, &filter.key, &text).await? == Some(false) {
            // The most frequent values, and those that are like it however rare.
            let mut known = store.values(project, &filter.key, "", COMPARED).await?.values;
            if known.len() == COMPARED {
                known.extend(store.values(project, &filter.key, &text, ALIKE).await?.values);
            }
            let known = known.iter().map(|known| known.value.as_str());
            return Err(Error::unknown(&format!("value of {}", filter.key), &text, known));
        }
    }
    Ok(())
}
