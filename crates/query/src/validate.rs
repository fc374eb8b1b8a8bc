//! Checking names and values against the taxonomy before anything is planned.

use hedgerow_data_api::{
    BreakdownFilter, EventStore, EventsNode, FilterGroup, FilterNode, Math, Operator, PersonTaxonomy,
    PropertyDefinition, PropertyFilter, PropertyType, Taxonomy, ValueType,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::persons::Moment;
use crate::scope::Selection;

/// Values with which an unknown one is compared, to say which was meant: the most frequent ones, and
/// where there are more those that are most like it.
const COMPARED: usize = 5_000;
const ALIKE: usize = 20;

/// Refuses unknown events and values; an unknown property is refused with its filter.
pub(crate) async fn selection(
    store: &dyn EventStore,
    project: &ProjectId,
    moment: &Moment,
    selection: Selection<'_>,
) -> Result<()> {
    let taxonomy = moment.taxonomy.as_ref();
    // A funnel knows its optional steps and hands them on as ordinary ones.
    if selection.series.iter().any(|node| node.optional_in_funnel) {
        let message = "optionalInFunnel is for the steps of a funnel";
        return Err(Error::invalid(message).with_hint("leave it out"));
    }
    for EventsNode { event, properties, .. } in selection.series {
        if let Some(name) = event.as_deref().filter(|name| taxonomy.event(name).is_none()) {
            return Err(Error::unknown(
                "event",
                name,
                taxonomy.events.iter().map(|event| event.name.as_str()),
            ));
        }
        values(store, project, moment, properties).await?;
    }
    values(store, project, moment, selection.properties).await
}

/// Refuses series that say what to count where the kind of the query does.
pub(crate) fn without_math(series: &[EventsNode], called: &str, counts: &str) -> Result<()> {
    let with_math = series.iter().zip(1..).find(|(node, _)| node.math != Math::Total);
    with_math.map_or(Ok(()), |(node, position)| {
        let message = format!("{called} {position} has the math {}, and {counts}", node.math.as_str());
        Err(Error::invalid(message).with_hint(format!("leave `math` out of each {called}")))
    })
}

/// A property of events; refuses one that is not there.
pub(crate) fn property_of_events<'a>(taxonomy: &'a Taxonomy, key: &str) -> Result<&'a PropertyDefinition> {
    taxonomy.property(key).ok_or_else(|| {
        let known = taxonomy.properties.iter().map(|property| property.key.as_str());
        Error::unknown("property", key, known)
    })
}

/// Refuses more breakdown values than there can be.
pub(crate) fn breakdown_limit(breakdown: &BreakdownFilter) -> Result<()> {
    if !(1..=1000).contains(&breakdown.breakdown_limit.unwrap_or(1)) {
        let message = "breakdown_limit goes from 1 to 1000";
        return Err(Error::invalid(message).with_hint("leave it out for the first 25 values"));
    }
    Ok(())
}

/// Refuses values that no event, or no person, has, where it is known which there are.
pub(crate) async fn values(
    store: &dyn EventStore,
    project: &ProjectId,
    moment: &Moment,
    group: &FilterGroup,
) -> Result<()> {
    let mut pending: Vec<&FilterNode> = group.values.iter().collect();
    while let Some(node) = pending.pop() {
        match node {
            FilterNode::Group(group) => pending.extend(&group.values),
            FilterNode::Filter(filter) => value(store, project, moment, filter).await?,
        }
    }
    Ok(())
}

async fn value(store: &dyn EventStore, project: &ProjectId, moment: &Moment, filter: &PropertyFilter) -> Result<()> {
    match filter.property_type {
        PropertyType::Event => of_events(store, project, &moment.taxonomy, filter).await,
        PropertyType::EventField if filter.key == "event" => {
            let known = || moment.taxonomy.events.iter().map(|event| event.name.as_str());
            let unknown = wanted(filter)
                .into_iter()
                .find(|name| !known().any(|event| event == name));
            unknown.map_or(Ok(()), |name| Err(Error::unknown("event", &name, known())))
        }
        PropertyType::Person => match moment.of_persons() {
            Some(taxonomy) => of_persons(taxonomy, filter),
            None => Ok(()),
        },
        // Other fields are refused with the filter itself where they are unknown.
        PropertyType::EventField
        | PropertyType::PersonField
        | PropertyType::Session
        | PropertyType::Group
        | PropertyType::Cohort
        | PropertyType::Hogql
        | PropertyType::Element
        | PropertyType::Behavioral => Ok(()),
        PropertyType::Flag => {
            let (key, kind) = (&filter.key, filter.property_type.as_str());
            let message = format!("filter on {key:?} is of type {kind}, which a query over events does not know");
            Err(Error::invalid(message)
                .with_hint("take a filter of type event, event_field, session, group, person, person_field, cohort, element or hogql"))
        }
    }
}

/// The texts that a filter compares for equality; none where it compares otherwise.
fn wanted(filter: &PropertyFilter) -> Vec<String> {
    let equality = matches!(
        filter.operator,
        Operator::Exact | Operator::IsNot | Operator::In | Operator::NotIn
    );
    let wanted = match &filter.value {
        _ if !equality => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    wanted.into_iter().map(text).collect()
}

async fn of_events(
    store: &dyn EventStore,
    project: &ProjectId,
    taxonomy: &Taxonomy,
    filter: &PropertyFilter,
) -> Result<()> {
    // An unknown property is refused with the filter itself.
    let Some(property) = taxonomy.property(&filter.key) else {
        return Ok(());
    };
    if !property.values_complete {
        return Ok(());
    }
    for text in wanted(filter) {
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

/// Refuses values that no person has, where all are known.
fn of_persons(taxonomy: &PersonTaxonomy, filter: &PropertyFilter) -> Result<()> {
    let Some(property) = taxonomy
        .property(&filter.key)
        .filter(|property| property.values_complete)
    else {
        return Ok(());
    };
    let is_number = matches!(property.value_type, ValueType::Integer | ValueType::Double);
    let same = |known: &str, text: &str| {
        known == text
            || (is_number && known.parse::<f64>().is_ok_and(|known| text.parse() == Ok(known)))
            || (property.value_type == ValueType::Boolean && known.eq_ignore_ascii_case(text))
    };
    let known = || property.values.iter().map(|known| known.value.as_str());
    match wanted(filter)
        .into_iter()
        .find(|text| !known().any(|known| same(known, text)))
    {
        // What is of another type is refused with the filter itself.
        Some(text) if !is_number || text.parse::<f64>().is_ok() => Err(Error::unknown(
            &format!("value of {} of persons", filter.key),
            &text,
            known(),
        )),
        _ => Ok(()),
    }
}
