//! Lifecycles: who is new, comes again, comes back and stays away, interval by interval.

use datafusion::common::JoinType;
use datafusion::logical_expr::{LogicalPlan, ident};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{Clock, LifecycleQuery, LifecycleResponse, LifecycleSeries, LifecycleStatus, Math, Progress};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::dates::{Local, bucket_start};
use crate::engine::{Engine, Session};
use crate::filters::instant;
use crate::intervals::{Intervals, start_day, start_label};
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
        of_persons: true,
        filter_test_accounts: query.filter_test_accounts,
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

    /// The intervals of each person, with the one in which it was first seen, then the persons of each status.
    async fn plan(&self, session: &Session) -> Result<LogicalPlan> {
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
        let persons = self.begun.persons()?;
        let persons = persons.select(vec![ident("person_key").alias("seen_person"), seen]);
        let events = self.scope.all_events(session, Some(self.before), range.to).await?;
        let plan = events
            .filter(conditions)
            .and_then(|events| events.aggregate(vec![ident("person_key")], vec![active]))
            .and_then(|active| active.join(persons?, JoinType::Left, &["person_key"], &["seen_person"], None))
            .and_then(|both| {
                let tally = self.rule.tally(vec![ident("active"), ident("seen")]);
                both.aggregate(vec![], vec![tally])
            });
        plan.and_then(DataFrame::into_optimized_plan).map_err(failed)
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
