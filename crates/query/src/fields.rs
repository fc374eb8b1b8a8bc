//! What the properties of filters are in the tables: the columns of events and of persons.

use std::sync::LazyLock;

use datafusion::logical_expr::{Expr, ScalarUDF, ident, lit};
use hedgerow_data_api::{PersonTaxonomy, PropertyFilter, PropertyType, Taxonomy, ValueType};
use hedgerow_errors::{Error, Result};

use crate::behaviors::of_cohorts;
use crate::definitions::Cohorts;
use crate::elements;
use crate::persons::PersonConditions;
use crate::rest::{JsonGetStr, RestValue};
use crate::semi_joins::SemiJoins;

/// The fields that every event has, as filters of type `event_field` name them.
const EVENT_FIELDS: [&str; 3] = ["event", "distinct_id", "timestamp"];
/// The field that every person has and that is a column of `persons`, for filters of type `person_field`.
const CREATED_AT: &str = "created_at";

static JSON_GET_STR: LazyLock<ScalarUDF> = LazyLock::new(|| ScalarUDF::from(JsonGetStr::default()));

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// Values of a property.
    Value(ValueType),
    /// Instants.
    Time,
}

impl FieldType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Value(value_type) => value_type.as_str(),
            Self::Time => "time",
        }
    }
}

/// What a filter is about.
pub(crate) enum Found {
    /// A column of the table, which the filter's operator compares.
    Column(Expr, FieldType),
    /// Something that was settled before: the whole condition.
    Condition(Expr),
}

/// What filters can be about in the rows of one table.
pub(crate) trait Fields {
    /// What a filter is about. An unknown property is refused with the nearest.
    fn find(&self, filter: &PropertyFilter) -> Result<Found>;
}

/// Filters on the rows of `events`: properties and fields of the event, of its session, and of its person.
pub(crate) struct EventFields<'a> {
    pub(crate) taxonomy: &'a Taxonomy,
    /// The conditions on persons, computed before.
    pub(crate) persons: &'a PersonConditions,
    /// The conditions on sessions, computed before.
    pub(crate) joins: &'a SemiJoins,
}

impl Fields for EventFields<'_> {
    fn find(&self, filter: &PropertyFilter) -> Result<Found> {
        match filter.property_type {
            PropertyType::Event => {
                let known = self.taxonomy.properties.iter().map(|property| property.key.as_str());
                let property = self.taxonomy.property(&filter.key);
                let property = property.ok_or_else(|| Error::unknown("property", &filter.key, known))?;
                Ok(Found::Column(
                    ident(&property.column),
                    FieldType::Value(property.value_type),
                ))
            }
            PropertyType::EventField => match filter.key.as_str() {
                "timestamp" => Ok(Found::Column(ident("timestamp"), FieldType::Time)),
                key if EVENT_FIELDS.contains(&key) => {
                    Ok(Found::Column(ident(key), FieldType::Value(ValueType::String)))
                }
                key => Err(Error::unknown("field of events", key, EVENT_FIELDS)),
            },
            PropertyType::Session | PropertyType::Group | PropertyType::Hogql => {
                self.joins.condition(filter).map(Found::Condition)
            }
            PropertyType::Behavioral => Err(of_cohorts(filter)),
            PropertyType::Element => elements::condition(filter, self.taxonomy).map(Found::Condition),
            PropertyType::Cohort => self.persons.cohorts.condition(filter).map(Found::Condition),
            _ => self.persons.condition(filter).map(Found::Condition),
        }
    }
}

/// Filters on the rows of `persons`: properties and fields of the person, and cohorts.
pub(crate) struct PersonFields<'a> {
    pub(crate) taxonomy: &'a PersonTaxonomy,
    /// The cohorts, computed before.
    pub(crate) cohorts: &'a Cohorts,
}

impl Fields for PersonFields<'_> {
    fn find(&self, filter: &PropertyFilter) -> Result<Found> {
        match filter.property_type {
            PropertyType::Person => {
                let known = self.taxonomy.properties.iter().map(|property| property.key.as_str());
                let property = self.taxonomy.property(&filter.key);
                let property = property.ok_or_else(|| Error::unknown("property of persons", &filter.key, known))?;
                let value = json_value(&property.key, property.value_type);
                Ok(Found::Column(value, FieldType::Value(property.value_type)))
            }
            PropertyType::PersonField if filter.key == CREATED_AT => {
                Ok(Found::Column(ident(CREATED_AT), FieldType::Time))
            }
            PropertyType::Cohort => self.cohorts.condition(filter).map(Found::Condition),
            PropertyType::Behavioral => self.cohorts.behaviors.condition(filter).map(Found::Condition),
            PropertyType::PersonField => Err(Error::unknown("field of persons", &filter.key, [CREATED_AT])),
            other => {
                let (key, kind) = (&filter.key, other.as_str());
                let message = format!("filter on {key:?} is of type {kind}, which is none of persons");
                Err(Error::invalid(message).with_hint("take a filter of type person"))
            }
        }
    }
}

/// The value of a property of persons or groups, in the property's type.
pub(crate) fn json_value(key: &str, value_type: ValueType) -> Expr {
    let properties = ident("properties");
    match RestValue::of_type(key, value_type) {
        // Where persons have values of several types, each counts as text.
        None => json_text(properties, key),
        Some(value) => ScalarUDF::from(value).call(vec![properties]),
    }
}

/// A member of a JSON object as text.
pub(crate) fn json_text(json: Expr, key: &str) -> Expr {
    JSON_GET_STR.call(vec![json, lit(key)])
}
