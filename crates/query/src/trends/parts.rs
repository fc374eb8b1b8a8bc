//! Where the values of a breakdown come from: properties of events, persons and groups, fields of sessions, expressions in
//! SQL, and cohorts.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray as _, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, ident, lit, when,
};
use hedgerow_data_api::{
    Breakdown, BreakdownFilter, BreakdownType, Clock, EventsNode, Math, Operator, PropertyFilter, PropertyType,
    ValueType, Warning,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::engine::Engine;
use crate::expressions::names_persons;
use crate::persons::Needs;
use crate::scope::Begun;
use crate::semi_joins::{groups, sql_type};
use crate::{sql, validate};

/// Cohorts of one breakdown.
const MOST_COHORTS: usize = 25;

/// What a breakdown needs of the persons.
pub(crate) fn needs_of_breakdown(filter: Option<&BreakdownFilter>) -> Needs {
    let looks_at_persons = |part: Breakdown| match part.breakdown_type {
        BreakdownType::Person | BreakdownType::Cohort => true,
        BreakdownType::Hogql => names_persons(&part.property),
        BreakdownType::Event | BreakdownType::Group | BreakdownType::Session => false,
    };
    let looks_at_persons = filter.is_some_and(|filter| filter.parts().into_iter().any(looks_at_persons));
    if looks_at_persons {
        Needs::Persons
    } else {
        Needs::Nothing
    }
}

/// The value of each event, and what it holds.
pub(super) async fn value(
    part: &Breakdown,
    begun: &mut Begun,
    (engine, project): (&Engine, &ProjectId),
    clock: &Clock,
) -> Result<(Expr, ValueType)> {
    let key = part.property.as_str();
    if part.breakdown_type != BreakdownType::Group && part.group_type_index.is_some() {
        let message = format!("the breakdown by {key:?} has a group_type_index, and is not of the type group");
        return Err(Error::invalid(message).with_hint("leave it out, or take the type group"));
    }
    let quoted = format!("\"{}\"", key.replace('"', "\"\""));
    let text = match part.breakdown_type {
        BreakdownType::Event => {
            let property = validate::property_of_events(begun.taxonomy(), key)?;
            return Ok((ident(&property.column), property.value_type));
        }
        BreakdownType::Person => return begun.value_of_persons(key).await,
        BreakdownType::Cohort => return Err(Error::internal("a cohort is no property")),
        BreakdownType::Hogql => key.to_owned(),
        BreakdownType::Session => format!("session.{quoted}"),
        BreakdownType::Group => {
            let types = engine.lake.people(project).await?.group_types().await?;
            let what = format!("the breakdown by {key:?} of type group");
            let field = "breakdown_group_type_index, or group_type_index in breakdowns";
            let (_, index) = groups::type_of(&types, part.group_type_index, &what, field)?;
            format!("group_{index}.properties.{quoted}")
        }
    };
    let resolved = begun.resolve((engine, project), clock, ("breakdown", &text)).await?;
    let (data_type, value_type) = match &resolved.data_type {
        DataType::Boolean => (DataType::Boolean, ValueType::Boolean),
        kind if kind.is_integer() => (DataType::Int64, ValueType::Integer),
        kind if kind.is_numeric() => (DataType::Float64, ValueType::Double),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            (DataType::Utf8, ValueType::String)
        }
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => (DataType::Utf8, ValueType::String),
        other => {
            let message = format!("the breakdown {text:?} gives {}", sql_type(other));
            return Err(Error::invalid(message).with_hint("a breakdown is by texts, numbers, truths or times"));
        }
    };
    Ok((cast(resolved.expression, data_type), value_type))
}

/// The cohorts of a breakdown.
#[derive(Clone)]
pub(super) struct OfCohorts {
    /// The names of the cohorts of an event's person, as a list: a row for each of them, and one for those in none.
    pub(super) names: Expr,
    pub(super) said: String,
    pub(super) warnings: Vec<Warning>,
}

/// The cohorts that a breakdown is by; `None` where it is by something else.
pub(super) async fn cohorts(
    filter: &BreakdownFilter,
    series: &[EventsNode],
    begun: &mut Begun,
    (engine, project): (&Engine, &ProjectId),
    clock: &Clock,
) -> Result<Option<OfCohorts>> {
    let parts = filter.parts();
    let is_cohort = |part: &Breakdown| part.breakdown_type == BreakdownType::Cohort;
    if !parts.iter().any(is_cohort) {
        return Ok(None);
    }
    let refused = |message: String, hint: &str| Err(Error::invalid(message).with_hint(hint.to_owned()));
    if let Some(part) = parts.iter().find(|part| !is_cohort(part)) {
        let message = format!("the breakdown is by cohorts and by {:?} together", part.property);
        return refused(message, "take cohorts alone, and a filter for the other");
    }
    if parts
        .iter()
        .any(|part| part.histogram_bin_count.is_some() || part.group_type_index.is_some())
    {
        return refused("cohorts have neither bins nor groups".to_owned(), "leave them out");
    }
    let most = MOST_COHORTS.min(filter.breakdown_limit.unwrap_or(u32::MAX) as usize);
    if parts.len() > most {
        let message = format!(
            "the breakdown is by {} cohorts, and {most} are shown at most",
            parts.len()
        );
        return refused(message, "ask several queries, or leave breakdown_limit out");
    }
    let is_first = |node: &&EventsNode| matches!(node.math, Math::FirstTimeForUser | Math::FirstMatchingEventForUser);
    if let Some(node) = series.iter().find(is_first) {
        let message = format!(
            "the math {} counts a person once, and not in each of its cohorts",
            node.math.as_str()
        );
        return refused(message, "take a filter of type cohort in a series for each");
    }
    let filters = parts.iter().map(|part| PropertyFilter {
        key: "id".to_owned(),
        value: Some(part.property.as_str().into()),
        operator: Operator::In,
        property_type: PropertyType::Cohort,
        group_type_index: None,
        behavior: None,
    });
    let filters: Vec<PropertyFilter> = filters.collect();
    let cohorts = begun.cohorts((engine, project), clock, &filters).await?;
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for (filter, part) in filters.iter().zip(&parts) {
        let name = cohorts.name(&part.property).unwrap_or(&part.property).to_owned();
        if names.contains(&name) {
            return refused(
                format!("the breakdown names the cohort {name:?} twice"),
                "name each once",
            );
        }
        let is_in = when(cohorts.condition(filter)?, lit(name.as_str())).otherwise(lit(ScalarValue::Utf8(None)));
        columns.push(is_in.map_err(|error| sql::explain(&error, &begun.session.view))?);
        names.push(name);
    }
    let listed = ScalarUDF::from(PresentTexts::default()).call(columns);
    let names_said = names
        .iter()
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ");
    let said = format!("the cohorts {names_said}");
    let mut warnings = cohorts.warnings();
    if names.len() > 1 {
        let message = "who is in several cohorts counts in each of them, so that these numbers don't add up";
        warnings.push(Warning::new("cohorts_overlap", message));
    }
    Ok(Some(OfCohorts {
        names: begun.known_persons()?.values(&begun.session.state, &listed, &said)?,
        said,
        warnings,
    }))
}

/// `present_texts(a, b, ...)`: those of some texts that are not missing, as a list; where all are, a list of one that is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PresentTexts {
    signature: Signature,
}

impl Default for PresentTexts {
    fn default() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for PresentTexts {
    fn name(&self) -> &'static str {
        "present_texts"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|column| column.into_array(rows));
        let columns = columns.collect::<datafusion::common::Result<Vec<_>>>()?;
        let texts: Option<Vec<_>> = columns.iter().map(|column| column.as_string_opt::<i32>()).collect();
        let Some(texts) = texts else {
            return datafusion::common::internal_err!("what may be present is no text");
        };
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in 0..rows {
            let mut present = texts.iter().filter(|column| column.is_valid(row)).peekable();
            if present.peek().is_none() {
                lists.values().append_null();
            }
            for column in present {
                lists.values().append_value(column.value(row));
            }
            lists.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}
