//! Lifecycles: who is new, comes again, comes back and stays away, interval by interval.

use datafusion::common::JoinType;
use datafusion::logical_expr::{Expr, LogicalPlan, ident};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    ActorsResponse, Clock, LifecycleQuery, LifecycleResponse, LifecycleSeries, LifecycleStatus, Math, Progress,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::actors::Asked;
use crate::dates::{Local, bucket_start};
use crate::engine::{Engine, Session};
use crate::filters::instant;
use crate::intervals::{Intervals, start_day, start_label};
use crate::persons::Needs;
use crate::scope::{Begun, Scope, Selection};
use crate::tally::Rule;
use crate::{sql, validate};

/// The property of events that belong to no person's profile.
const PROCESS_PERSON_PROFILE: &str = "$process_person_profile";

/// Runs a lifecycle query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &LifecycleQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<LifecycleResponse> {
    let begun = Begun::new(engine, project, selection(query)?, clock, progress.clone()).await?;
    let prepared = Prepared::new(query, &begun, clock)?;
    let session = &begun.session;
    let done = session.run(&prepared.plan(session).await?).await?;
    let counts = prepared.rule.counts(&done)?;
    let mut executed = vec![done];
    let mut warnings = prepared.scope.warnings("the last interval");
    warnings.extend(prepared.scope.cut_intervals(query.interval));
    if counts.iter().all(|count| *count == 0) {
        let scope = &prepared.scope;
        let fits = "of a person with a profile matches the conditions";
        warnings.push(scope.nothing_fits(session, &mut executed, fits).await?);
    }
    let of_series = |series| format!("series {}", series + 1);
    let asked = ("LifecycleQuery", query);
    let mut provenance = prepared
        .scope
        .provenance(session, project, asked, &executed, of_series)?;
    provenance.limits = vec![
        "events without a person's profile don't count".to_owned(),
        format!(
            "who was active is looked up from {} on, one interval before the range",
            start_label(query.interval, prepared.before)
        ),
    ];
    Ok(LifecycleResponse {
        results: prepared.results(&counts),
        warnings,
        provenance,
    })
}

/// The persons of an interval with a status.
pub(crate) async fn actors(asked: &Asked<'_>, query: &LifecycleQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    cell.has_only("a lifecycle", &["day", "status"])?;
    let (Some(day), Some(status)) = (&cell.day, cell.status) else {
        return Err(Error::invalid("the number of a lifecycle has a day and a status")
            .with_hint(r#"for example "cell": {"day": "2026-05-03", "status": "new"}"#));
    };
    let begun = asked.begin(selection(query)?).await?;
    let prepared = Prepared::new(query, &begun, asked.clock)?;
    let place = Intervals::of(query.interval, &prepared.scope.range).place_of(query.interval, day)?;
    let cell = place * LifecycleStatus::ALL.len() + status as usize;
    let failed = |error| sql::explain(&error, &begun.session.view);
    let persons = prepared.per_person(&begun.session).await?;
    let members = persons.filter(prepared.rule.has(cell, arguments())).map_err(failed)?;
    let said = vec![format!(
        "{} in the {} of {day}",
        status.as_str(),
        query.interval.as_str()
    )];
    asked.list(&begun, &prepared.scope, members, said).await
}

/// The plan, for who wants to look at it.
pub(crate) async fn plans(
    engine: &Engine,
    project: &ProjectId,
    query: &LifecycleQuery,
    clock: &Clock,
) -> Result<(Begun, Vec<LogicalPlan>)> {
    let begun = Begun::new(engine, project, selection(query)?, clock, Progress::ignore()).await?;
    let plan = Prepared::new(query, &begun, clock)?.plan(&begun.session).await?;
    Ok((begun, vec![plan]))
}

/// Which events a query is about. Refuses what is no lifecycle.
fn selection(query: &LifecycleQuery) -> Result<Selection<'_>> {
    let count = query.series.len();
    if count != 1 {
        let message = format!("a lifecycle has one series, this one has {count}");
        return Err(Error::invalid(message).with_hint("ask a query for each, or take an action that fits several"));
    }
    validate::without_math(&query.series, "series", "a lifecycle counts persons")?;
    let statuses = query.lifecycle_filter.toggled_lifecycles.as_ref();
    if statuses.is_some_and(Vec::is_empty) {
        return Err(Error::invalid("toggledLifecycles names no status").with_hint("leave it out to get all four"));
    }
    Ok(Selection {
        series: &query.series,
        properties: &query.properties,
        date_range: &query.date_range,
        needs: Needs::FirstSeen,
        filter_test_accounts: query.filter_test_accounts,
        modifiers: query.modifiers,
    })
}

struct Prepared<'a> {
    query: &'a LifecycleQuery,
    begun: &'a Begun,
    scope: Scope<'a>,
    /// The start of the interval before the first one of the range.
    before: Local,
    /// That one, and those of the range.
    intervals: Intervals,
    rule: Rule,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a LifecycleQuery, begun: &'a Begun, clock: &Clock) -> Result<Self> {
        let scope = Scope::new(selection(query)?, begun, Some(query.interval), clock)?;
        let first = bucket_start(query.interval, scope.range.from);
        let before = bucket_start(query.interval, first - chrono::Duration::microseconds(1));
        let of_range = scope.range.buckets.len();
        Ok(Self {
            query,
            begun,
            scope,
            before,
            intervals: Intervals::following(query.interval, before, of_range + 1),
            rule: Rule::Lifecycle { intervals: of_range },
        })
    }

    /// The persons of each status.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
        let tally = self.rule.tally(arguments());
        let persons = self.per_person(session).await?;
        persons
            .aggregate(vec![], vec![tally])
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))
    }

    /// The intervals of each person, with the one in which it was first seen.
    async fn per_person(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let range = &self.scope.range;
        let first = bucket_start(self.query.interval, range.from);
        let mut conditions = self.scope.own_conditions()?;
        if let Some(is_of) = self.scope.is_of(0)? {
            conditions = conditions.and(is_of);
        }
        if first < range.from {
            let outside = ident("timestamp").lt(instant(first));
            conditions = conditions.and(outside.or(ident("timestamp").gt_eq(instant(range.from))));
        }
        if let Some(property) = self.begun.taxonomy().property(PROCESS_PERSON_PROFILE) {
            conditions = conditions.and(ident(&property.column).is_not_false());
        }
        let active = self.intervals.set(self.intervals.of_event()).alias("active");
        let seen = self.intervals.index(ident("created_at")).alias("seen");
        let persons = self.begun.first_seen()?;
        let persons = persons.select(vec![ident("person_key").alias("seen_person"), seen]);
        let events = self.scope.all_events(session, Some(self.before), range.to).await?;
        events
            .filter(conditions)
            .and_then(|events| events.aggregate(vec![ident("person_key")], vec![active]))
            .and_then(|active| active.join(persons?, JoinType::Left, &["person_key"], &["seen_person"], None))
            .map_err(failed)
    }

    fn results(&self, counts: &[u64]) -> Vec<LifecycleSeries> {
        let wanted = self.query.lifecycle_filter.toggled_lifecycles.as_ref();
        let statuses = LifecycleStatus::ALL.into_iter().enumerate();
        let wanted = statuses.filter(|(_, status)| wanted.is_none_or(|wanted| wanted.contains(status)));
        let (interval, starts) = (self.query.interval, &self.scope.range.buckets);
        let series = |(at, status): (usize, LifecycleStatus)| {
            let sign = if status == LifecycleStatus::Dormant { -1 } else { 1 };
            let of_status = counts.iter().skip(at).step_by(LifecycleStatus::ALL.len());
            let data: Vec<i64> = of_status.map(|count| sign * count.cast_signed()).collect();
            LifecycleSeries {
                action: self.scope.counted(0, Math::Total),
                count: data.iter().sum(),
                data,
                labels: starts.iter().map(|start| start_label(interval, *start)).collect(),
                days: starts.iter().map(|start| start_day(interval, *start)).collect(),
                label: format!("{} - {}", self.scope.label(0), status.as_str()),
                status,
            }
        };
        wanted.map(series).collect()
    }
}

/// What the rule takes of each person.
fn arguments() -> Vec<Expr> {
    vec![ident("active"), ident("seen")]
}
