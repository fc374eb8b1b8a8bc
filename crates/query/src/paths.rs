//! Paths: from which page or event sessions go on to which.

mod cleaning;
mod edges;

use datafusion::arrow::datatypes::DataType;
use datafusion::functions::expr_fn::{get_field, regexp_like, rtrim, starts_with};
use datafusion::functions_aggregate::expr_fn::{avg, count};
use datafusion::logical_expr::{Expr, LogicalPlan, Partitioning, cast, ident, lit, not, when};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, Clock, EventsNode, MOST_PATH_STEPS, PathCleaningFilter, PathEdge, PathEvents, PathsQuery,
    PathsResponse, Progress, Warning,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::actors::{Asked, COUNT};
use crate::engine::{Engine, Session, rows};
use crate::persons::Needs;
use crate::scope::{Begun, MATCHES, Scope, Selection};
use crate::sql;
pub(crate) use cleaning::CLEANED;
use edges::Rules;
pub(crate) use edges::{of_rules, rules_of};

/// Edges of one answer.
const MOST_EDGES: u32 = 1_000;
/// A session ends where nothing comes for longer than this.
const GAP: i64 = 30 * 60 * 1_000_000;

/// Columns of the plan.
const ITEM: &str = "paths::item";
const EDGE: &str = "paths::edge";

/// Runs a paths query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &PathsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<PathsResponse> {
    let series = series(query)?;
    let begun = Begun::new(engine, project, selection(query, &series), clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &series, &begun, clock)?;
    let session = &begun.session;
    let done = session.run(&prepared.plan(session).await?).await?;
    let found = rows(&done.batches)?;
    let mut results = found.iter().map(|row| edge(row)).collect::<Result<Vec<_>>>()?;
    let mut executed = vec![done];
    let mut warnings = prepared.scope.warnings("the range");
    let most = query.paths_filter.edge_limit as usize;
    if results.len() > most {
        results.truncate(most);
        let message = format!("only the {most} edges that most sessions took are given, there are more");
        warnings.push(Warning::new("edge_limit", message));
    }
    if results.is_empty() {
        let scope = &prepared.scope;
        warnings.push(scope.nothing_fits(session, &mut executed, MATCHES).await?);
    }
    let of_kind = |kind| format!("events {}", kind + 1);
    let asked = ("PathsQuery", query);
    let mut provenance = prepared.scope.provenance(session, project, asked, &executed, of_kind)?;
    provenance.definitions.extend(cleaning::sentences(&prepared.cleaning));
    provenance.limits = vec![
        "a session of a person ends where none of these events comes for more than 30 minutes".to_owned(),
        format!(
            "paths of up to {} steps; equal ones in a row are one",
            query.paths_filter.step_limit
        ),
    ];
    Ok(PathsResponse {
        results,
        warnings,
        provenance,
    })
}

/// The persons who took an edge, with how many of their sessions did.
pub(crate) async fn actors(asked: &Asked<'_>, query: &PathsQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    cell.has_only("paths", &["source", "target"])?;
    let named = cell
        .source
        .as_deref()
        .and_then(place)
        .zip(cell.target.as_deref().and_then(place));
    let Some(((step, source), (after, target))) = named.filter(|((step, _), (after, _))| step + 1 == *after) else {
        return Err(Error::invalid("the number of a path is that of an edge of its result")
            .with_hint(r#"name it: "cell": {"source": "1_/home", "target": "2_/pricing"}"#));
    };
    let series = series(query)?;
    let begun = asked.begin(selection(query, &series)).await?;
    let prepared = Prepared::new(query, &series, &begun, asked.clock)?;
    let of = |field: &str| get_field(ident(EDGE), field);
    let is_edge = of("step")
        .eq(lit(step))
        .and(of("source").eq(lit(source)))
        .and(of("target").eq(lit(target)));
    let edges = prepared.edges(&begun.session).await?;
    let members = edges
        .filter(is_edge)
        .and_then(|edges| edges.aggregate(vec![ident("person_key")], vec![count(lit(1_i64)).alias(COUNT)]))
        .map_err(|error| sql::explain(&error, &begun.session.view))?;
    let said = vec![format!(
        "went from {source} to {target} in step {step}, counted in sessions; step {after} comes next"
    )];
    asked.list(&begun, &prepared.scope, members, said).await
}

/// The step and the item that the name of a node stands for.
fn place(node: &str) -> Option<(u32, &str)> {
    let (step, item) = node.split_once('_')?;
    Some((step.parse().ok()?, item))
}

/// The plan, for who wants to look at it.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &PathsQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let series = series(query)?;
    let begun = Begun::new(engine, project, selection(query, &series), clock, Progress::ignore()).await?;
    let plan = Prepared::new(query, &series, &begun, clock)?
        .plan(&begun.session)
        .await?;
    Ok((begun, vec![plan]))
}

/// The kinds of events as series. Refuses what is no paths query.
fn series(query: &PathsQuery) -> Result<Vec<EventsNode>> {
    let filter = &query.paths_filter;
    if filter.include_event_types.is_empty() {
        return Err(
            Error::invalid("includeEventTypes names no kind of events").with_hint("leave it out for page views")
        );
    }
    if !(2..=MOST_PATH_STEPS).contains(&filter.step_limit) {
        let message = format!("stepLimit goes from 2 to {MOST_PATH_STEPS}, not {}", filter.step_limit);
        return Err(Error::invalid(message).with_hint("leave it out for 5 steps"));
    }
    if !(1..=MOST_EDGES).contains(&filter.edge_limit) {
        let message = format!("edgeLimit goes from 1 to {MOST_EDGES}, not {}", filter.edge_limit);
        return Err(Error::invalid(message).with_hint("leave it out for 50 edges"));
    }
    if filter.start_point.is_some() && filter.end_point.is_some() && filter.step_limit < 3 {
        let message = "a path with a startPoint and an endPoint has 3 steps or more";
        return Err(Error::invalid(message).with_hint("take a larger stepLimit"));
    }
    let node = |kind: &PathEvents| EventsNode {
        event: match kind {
            PathEvents::Pageview => Some("$pageview".to_owned()),
            PathEvents::Screen => Some("$screen".to_owned()),
            PathEvents::Custom => None,
        },
        ..EventsNode::default()
    };
    Ok(filter.include_event_types.iter().map(node).collect())
}

fn selection<'a>(query: &'a PathsQuery, series: &'a [EventsNode]) -> Selection<'a> {
    Selection {
        series,
        properties: &query.properties,
        date_range: &query.date_range,
        needs: Needs::Nothing,
        filter_test_accounts: query.filter_test_accounts,
        modifiers: query.modifiers,
    }
}

struct Prepared<'a> {
    query: &'a PathsQuery,
    scope: Scope<'a>,
    /// Which events have an item, and which.
    has_item: Expr,
    item: Expr,
    cleaning: Vec<PathCleaningFilter>,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a PathsQuery, series: &'a [EventsNode], begun: &'a Begun, clock: &Clock) -> Result<Self> {
        let cleaning = cleaning::rules(&begun.settings, &query.paths_filter)?;
        let mut kinds = Vec::new();
        for kind in &query.paths_filter.include_event_types {
            let kind = match kind {
                PathEvents::Pageview => {
                    let path = text_of(begun, &["$pathname", "$current_url"], "$pageview")?;
                    let is_kind = ident("event").eq(lit("$pageview")).and(path.clone().is_not_null());
                    let path = without_slash(path).map_err(|error| sql::explain(&error, &begun.session.view))?;
                    (is_kind, cleaning::cleaned(cast(path, DataType::Utf8), &cleaning))
                }
                PathEvents::Screen => {
                    let name = text_of(begun, &["$screen_name"], "$screen")?;
                    let is_kind = ident("event").eq(lit("$screen")).and(name.clone().is_not_null());
                    (is_kind, name)
                }
                PathEvents::Custom => (not(starts_with(ident("event"), lit("$"))), ident("event")),
            };
            kinds.push((kind.0, cast(kind.1, DataType::Utf8)));
        }
        // Conditions on one column each are settled once for each of its texts, and so is the name where there is one kind.
        let has_item = kinds.iter().map(|(is_kind, _)| is_kind.clone()).reduce(Expr::or);
        let item = match kinds.as_slice() {
            [] => None,
            [(_, name)] => Some(name.clone()),
            [(is_first, first), others @ ..] => {
                let mut item = when(is_first.clone(), first.clone());
                for (is_kind, name) in others {
                    item = item.when(is_kind.clone(), name.clone());
                }
                let item = item.end();
                Some(item.map_err(|error| sql::explain(&error, &begun.session.view))?)
            }
        };
        let (Some(has_item), Some(item)) = (has_item, item) else {
            return Err(Error::internal("a path has no kind of events"));
        };
        Ok(Self {
            query,
            scope: Scope::new(selection(query, series), begun, None, clock)?,
            has_item,
            item,
            cleaning,
        })
    }

    /// How many sessions took each edge, those that most took first: one more than are given, so that it is known
    /// whether there are more.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &session.view);
        let filter = &self.query.paths_filter;
        let of = |field: &str| get_field(ident(EDGE), field);
        let by = vec![
            of("step").alias("step"),
            of("source").alias("source"),
            of("target").alias("target"),
        ];
        let took = cast(of("took"), DataType::Float64);
        let numbers = vec![count(lit(1_i64)).alias("sessions"), avg(took).alias("took")];
        let edges = self.edges(session).await?;
        let mut edges = edges.aggregate(by, numbers).map_err(failed)?;
        let weight = |weight: u64| lit(i64::try_from(weight).unwrap_or(i64::MAX));
        if let Some(least) = filter.min_edge_weight {
            edges = edges.filter(ident("sessions").gt_eq(weight(least))).map_err(failed)?;
        }
        if let Some(most) = filter.max_edge_weight {
            edges = edges.filter(ident("sessions").lt_eq(weight(most))).map_err(failed)?;
        }
        let names = ["step", "source", "target"].map(|name| ident(name).sort(true, false));
        let order = std::iter::once(ident("sessions").sort(false, false)).chain(names);
        let edges = edges.sort(order.collect());
        edges
            .and_then(|edges| edges.limit(0, Some(filter.edge_limit as usize + 1)))
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)
    }

    /// The edges of each person's sessions, a row each: its items as a list first, then what follows what.
    async fn edges(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let filter = &self.query.paths_filter;
        let is_left_out = |events: DataFrame| {
            let left_out: Vec<Expr> = filter.exclude_events.iter().map(|item| lit(item.as_str())).collect();
            if left_out.is_empty() {
                return Ok(events);
            }
            events.filter(ident(ITEM).in_list(left_out, true))
        };
        let events = self.scope.events(session).await?;
        let mut events = events
            .filter(self.has_item.clone())
            .and_then(|events| events.with_column(ITEM, self.item.clone()))
            .and_then(is_left_out)
            .map_err(failed)?;
        if let Some(grouped) = self.grouped().map_err(failed)? {
            events = events
                .with_column(ITEM, grouped)
                .and_then(is_left_out)
                .map_err(failed)?;
        }
        let rules = Rules {
            gap: GAP,
            steps: filter.step_limit as usize,
            start: filter.start_point.clone(),
            end: filter.end_point.clone(),
        };
        let edges = edges::edges(&rules, ident("timestamp"), ident(ITEM)).alias(EDGE);
        // The events of a person come together first, since a state of them would hold them all.
        let by_person = Partitioning::Hash(vec![ident("person_key")], session.partitions());
        let items = vec![ident("person_key"), ident("timestamp"), ident(ITEM)];
        events
            .select(items)
            .and_then(|events| events.repartition(by_person))
            .and_then(|events| events.aggregate(vec![ident("person_key")], vec![edges]))
            .and_then(|persons| persons.unnest_columns(&[EDGE]))
            .and_then(|edges| edges.filter(ident(EDGE).is_not_null()))
            .map_err(failed)
    }

    /// The items by the first pattern that they fit; `None` where there are none.
    fn grouped(&self) -> datafusion::error::Result<Option<Expr>> {
        let mut groupings = self.query.paths_filter.path_groupings.iter();
        let fits = |pattern: &str| {
            let parts = pattern.split('*').map(escaped).collect::<Vec<_>>();
            regexp_like(ident(ITEM), lit(format!("^{}$", parts.join(".*"))), None)
        };
        let Some(first) = groupings.next() else {
            return Ok(None);
        };
        let mut grouped = when(fits(first), lit(first.as_str()));
        for pattern in groupings {
            grouped = grouped.when(fits(pattern), lit(pattern.as_str()));
        }
        grouped.otherwise(ident(ITEM)).map(Some)
    }
}

/// A text in which nothing means more than itself in a pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_alphanumeric() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A path without a slash at its end.
fn without_slash(path: Expr) -> datafusion::error::Result<Expr> {
    let trimmed = rtrim(vec![path.clone(), lit("/")]);
    when(trimmed.clone().eq(lit("")), path).otherwise(trimmed)
}

/// The first of some properties that there is.
fn text_of(begun: &Begun, keys: &[&str], event: &str) -> Result<Expr> {
    let found = keys.iter().find_map(|key| begun.taxonomy().property(key));
    found.map(|property| ident(&property.column)).ok_or_else(|| {
        let message = format!(
            "no event has {}, so that {event} has no name in a path",
            keys.join(" or ")
        );
        Error::invalid(message).with_hint("take another kind of events into includeEventTypes: custom_event")
    })
}

fn edge(row: &[Value]) -> Result<PathEdge> {
    let [step, Value::String(source), Value::String(target), value, took] = row else {
        return Err(Error::internal("an edge has other columns"));
    };
    let (Some(step), Some(value), Some(took)) = (step.as_u64(), value.as_u64(), took.as_f64()) else {
        return Err(Error::internal("an edge has no numbers"));
    };
    Ok(PathEdge {
        source: format!("{step}_{source}"),
        target: format!("{}_{target}", step + 1),
        value,
        average_conversion_time: took / 1e3,
    })
}
