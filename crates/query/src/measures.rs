//! What series count beside events, persons and sessions: groups of a type, and what an expression in SQL gives.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{Expr, cast, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{EventsNode, Math};
use hedgerow_errors::{Error, Result};

use crate::engine::{Session, rows};
use crate::expressions::{Resolver, key_of_group};
use crate::semi_joins::{SemiJoins, groups, sql_type};
use crate::sql::{self, Purpose};

/// What a series counts where its math alone does not say it.
pub(crate) enum Measure {
    /// Groups of a type: the key of an event's group, missing where there is none.
    Group(Expr),
    /// The number that an expression gives.
    Number(Folded),
}

/// An expression with aggregates.
pub(crate) struct Folded {
    /// The aggregates, each with a name of its own.
    pub(crate) aggregates: Vec<Expr>,
    /// The number that is made of them.
    pub(crate) number: Expr,
    /// The number of no event at all.
    pub(crate) of_nothing: Option<f64>,
}

/// What each of the series counts; refuses what goes with another math.
pub(crate) async fn of_series(
    series: &[EventsNode],
    resolver: &Resolver<'_>,
    joins: &mut SemiJoins,
) -> Result<Vec<Option<Measure>>> {
    let mut measures = Vec::new();
    for node in series {
        check(node)?;
        measures.push(match (node.math, &node.math_hogql, node.math_group_type_index) {
            (Math::Hogql, Some(text), _) => Some(Measure::Number(folded(text, resolver, joins).await?)),
            (Math::UniqueGroup, _, index) => {
                let mut reader = resolver.engine.lake.people(resolver.project).await?;
                let types = reader.group_types().await?;
                let (name, _) = groups::type_of(&types, index, "the math unique_group", "math_group_type_index")?;
                Some(Measure::Group(key_of_group(name)))
            }
            _ => None,
        });
    }
    Ok(measures)
}

fn check(node: &EventsNode) -> Result<()> {
    let math = node.math.as_str();
    let (message, hint) = match (node.math, &node.math_hogql, node.math_group_type_index) {
        (Math::Hogql, None, _) => (
            "the math hogql needs a math_hogql".to_owned(),
            "write an expression with aggregates: sum(properties.amount) / count()",
        ),
        (math_of, Some(_), _) if math_of != Math::Hogql => (
            format!("math_hogql has no meaning for the math {math}"),
            "take the math hogql, or leave it out",
        ),
        (math_of, _, Some(_)) if math_of != Math::UniqueGroup => (
            format!("math_group_type_index has no meaning for the math {math}"),
            "take the math unique_group, or leave it out",
        ),
        // Which types there are is said where they are known.
        _ => return Ok(()),
    };
    Err(Error::invalid(message).with_hint(hint))
}

async fn folded(text: &str, resolver: &Resolver<'_>, joins: &mut SemiJoins) -> Result<Folded> {
    let refused =
        |why: &str, hint: &str| Error::invalid(format!("math_hogql {text:?} {why}")).with_hint(hint.to_owned());
    let resolved = resolver.resolve(text, Purpose::AllEvents, "math_hogql").await?;
    if !resolved.data_type.is_numeric() {
        let why = format!("gives {}, and a series has numbers", sql_type(&resolved.data_type));
        return Err(refused(
            &why,
            "take an aggregate of numbers: sum, avg, count, countIf, uniq",
        ));
    }
    joins.keep(&resolved);
    let aggregates = find_aggregate_exprs([&resolved.expression]);
    if aggregates.is_empty() {
        return Err(refused(
            "has no aggregate over the events of the series",
            "take sum, avg, count, countIf, uniq, quantile and the like",
        ));
    }
    let called = |place: usize| format!("measures::aggregate {place}");
    let number = resolved.expression.transform_down(|part| {
        Ok(match aggregates.iter().position(|aggregate| *aggregate == part) {
            Some(place) => Transformed::new(ident(called(place)), true, TreeNodeRecursion::Jump),
            None => Transformed::no(part),
        })
    });
    let number = number
        .map_err(|error| sql::explain(&error, &resolver.session.view))?
        .data;
    let outside = number
        .column_refs()
        .into_iter()
        .find(|column| !column.name.starts_with("measures::"));
    if let Some(column) = outside {
        let why = format!("has {:?} outside of an aggregate", column.name);
        return Err(refused(&why, "put it into one: sum(properties.amount), any(event)"));
    }
    let aggregates = aggregates.into_iter().enumerate();
    let mut folded = Folded {
        aggregates: aggregates
            .map(|(place, aggregate)| aggregate.alias(called(place)))
            .collect(),
        number: cast(number, DataType::Float64),
        of_nothing: None,
    };
    folded.of_nothing = of_nothing(&folded, resolver.session).await?;
    Ok(folded)
}

/// What an expression gives over no event.
async fn of_nothing(folded: &Folded, session: &Session) -> Result<Option<f64>> {
    let failed = |error| sql::explain(&error, &session.view);
    let events = session.context.table("events").await.map_err(failed)?;
    let plan = events
        .filter(lit(false))
        .and_then(|events| events.aggregate(vec![], folded.aggregates.clone()))
        .and_then(|row| row.select(vec![folded.number.clone()]))
        .and_then(DataFrame::into_optimized_plan)
        .map_err(failed)?;
    let done = session.run(&plan).await?;
    let number = rows(&done.batches)?.into_iter().flatten().next();
    Ok(number.and_then(|number| number.as_f64()))
}
