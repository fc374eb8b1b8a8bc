//! What a typed query looks at: series of events, conditions and a range of time, with all names resolved.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    Action, ActionDefinition, Clock, DateRange, Defined, EventStore, EventsNode, FilterGroup, Interval, Math, Progress,
    PropertyFilter, Provenance, QueryModifiers, QuerySettings, ResolvedRange, Taxonomy, ValueType, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use serde::Serialize;
use serde_json::Value;

use crate::dates::{Local, Resolved, bucket_start, next_bucket, resolve};
use crate::definitions::{Cohorts, Named, of_named};
use crate::describe::sentences;
use crate::engine::{Engine, Executed, Session, rows};
use crate::expressions::{self, Resolver};
use crate::fields::{self, EventFields};
use crate::filters::{self, instant};
use crate::measures::{self, Measure};
use crate::person_history::{History, said_of_persons};
use crate::persons::{Moment, Needs, PersonConditions, Persons};
use crate::semi_joins::SemiJoins;
use crate::{sql, validate};

/// The part of a query that says which events it is about.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// The series, or steps.
    pub(crate) series: &'a [EventsNode],
    /// Conditions on all of them.
    pub(crate) properties: &'a FilterGroup,
    /// The range of time.
    pub(crate) date_range: &'a DateRange,
    /// What the query needs of the persons, whatever its conditions.
    pub(crate) needs: Needs,
    /// Whether test accounts are left out.
    pub(crate) filter_test_accounts: bool,
    /// How it is computed, where there is a choice.
    pub(crate) modifiers: QueryModifiers,
}

/// What an event does that a query looks for.
pub(crate) const MATCHES: &str = "matches the conditions";

/// The moment that a query is about, with a session on it.
pub(crate) struct Begun {
    pub(crate) session: Session,
    moment: Moment,
    named: Named,
    joins: SemiJoins,
    measures: Vec<Option<Measure>>,
    pub(crate) settings: QuerySettings,
}

impl Begun {
    /// Reads the moment, and refuses a selection with names that are not there.
    pub(crate) async fn new(
        engine: &Engine,
        project: &ProjectId,
        selection: Selection<'_>,
        clock: &Clock,
        progress: Progress,
    ) -> Result<Self> {
        let settings = engine.definitions.settings(project).await?;
        let now = clock.now().with_timezone(&settings.timezone.0);
        let mut named = Named::of(engine.definitions.as_ref(), project, selection, &settings).await?;
        let needs = named.needs(selection).max(selection.needs);
        let mut moment = engine.persons.moment(&engine.lake, project, needs).await?;
        let session = engine.session(project, Arc::clone(&moment.view), now, progress)?;
        let modifiers = (selection.modifiers, &settings);
        let groups = named.groups(selection);
        let rows_read = History::add_to(&mut moment, modifiers, groups, &session).await?;
        let store = engine.lake.as_ref() as &dyn EventStore;
        validate::selection(store, project, &moment, selection).await?;
        if let Some(group) = named.test_accounts() {
            let known = validate::values(store, project, &moment, group).await;
            known.map_err(|error| of_setting(&error))?;
        }
        named.validate(&moment.taxonomy)?;
        named
            .behave(&FilterGroup::default(), (engine, project), (&session, &moment), now)
            .await?;
        let groups = named.groups(selection);
        let mut joins = SemiJoins::compute(groups, (engine, project), &session, &moment, now).await?;
        joins.rows_read += rows_read;
        let resolver = Resolver {
            engine,
            project,
            session: &session,
            moment: &moment,
            now,
        };
        let measures = measures::of_series(selection.series, &resolver, &mut joins).await?;
        Ok(Self {
            joins,
            measures,
            session,
            moment,
            named,
            settings,
        })
    }

    /// What a series counts, where its math alone does not say it.
    pub(crate) fn measure(&self, series: usize) -> Option<&Measure> {
        self.measures.get(series)?.as_ref()
    }

    /// An expression for a value of each event; `kind` says in errors what it is.
    pub(crate) async fn resolve(
        &mut self,
        (engine, project): (&Engine, &ProjectId),
        clock: &Clock,
        (kind, text): (&str, &str),
    ) -> Result<expressions::Resolved> {
        let resolver = Resolver {
            engine,
            project,
            session: &self.session,
            moment: &self.moment,
            now: self.now(clock),
        };
        let resolved = resolver.resolve(text, sql::Purpose::EachEvent, kind).await?;
        self.joins.keep(&resolved);
        Ok(resolved)
    }

    /// Cohorts beside those of the conditions, for a selection that looks at persons.
    pub(crate) async fn cohorts(
        &mut self,
        (engine, project): (&Engine, &ProjectId),
        clock: &Clock,
        filters: &[PropertyFilter],
    ) -> Result<Cohorts> {
        let group = FilterGroup::all(filters.to_vec());
        let mut named = Named::of_filters(engine.definitions.as_ref(), project, &group).await?;
        let now = self.now(clock);
        let at = (&self.session, &self.moment);
        named
            .behave(&FilterGroup::default(), (engine, project), at, now)
            .await?;
        let cohorts = if named.needs_of_cohorts() == Needs::DistinctIds {
            let moment = engine.persons.moment(&engine.lake, project, Needs::DistinctIds).await?;
            let persons = moment.persons.as_deref();
            let persons = persons.ok_or_else(|| Error::internal("the persons were not read"))?;
            Cohorts::compute(&named, persons, &self.session.state, now)?
        } else {
            Cohorts::compute(&named, self.known_persons()?, &self.session.state, now)?
        };
        self.joins.also.extend(cohorts.sentences());
        Ok(cohorts)
    }

    /// The persons of the moment, for a selection that looks at them.
    pub(crate) fn known_persons(&self) -> Result<&Persons> {
        let persons = self.moment.persons.as_deref();
        persons.ok_or_else(|| Error::internal("the persons were not read"))
    }

    /// When each person was seen first, as a table with `person_key` and `created_at`.
    pub(crate) fn first_seen(&self) -> Result<DataFrame> {
        let batches = match &self.moment.first_seen {
            Some(batches) => batches,
            None => &self.known_persons()?.batches,
        };
        let read = self.session.context.read_batches(batches.iter().cloned());
        read.map_err(|error| sql::explain(&error, &self.session.view))
    }

    /// The value of a property of the person of each event, as it is now or was right after the event, for a selection
    /// that looks at persons.
    pub(crate) async fn value_of_persons(&mut self, key: &str) -> Result<(Expr, ValueType)> {
        if let Some(mut history) = self.moment.history.take() {
            self.joins.rows_read += history.read(key, &self.moment, &self.session).await?;
            self.moment.history = Some(history);
        }
        let persons = self.known_persons()?;
        let taxonomy = self.moment.of_persons().unwrap_or(&persons.taxonomy);
        let property = taxonomy.property(key).ok_or_else(|| {
            let known = taxonomy.properties.iter().map(|property| property.key.as_str());
            Error::unknown("property of persons", key, known)
        })?;
        let value = fields::json_value(key, property.value_type);
        let values = match &self.moment.history {
            Some(history) => history.values(&self.session.state, key, &value, key)?,
            None => persons.values(&self.session.state, &value, key)?,
        };
        Ok((values, property.value_type))
    }

    /// Whether properties of persons are those that they had right after each event.
    pub(crate) fn is_at_events(&self) -> bool {
        self.moment.history.is_some()
    }

    /// The time of a clock in the project's zone.
    pub(crate) fn now(&self, clock: &Clock) -> Local {
        clock.now().with_timezone(&self.settings.timezone.0)
    }

    /// The times of the first and the last event of the project.
    pub(crate) fn span(&self) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
        self.taxonomy().span().ok_or_else(|| {
            Error::new(Code::NoData, "the project holds no events yet")
                .with_hint("import some: hedgerow import access-log FILE")
        })
    }

    /// What exists in the project.
    pub(crate) fn taxonomy(&self) -> &Taxonomy {
        self.moment.taxonomy.as_ref()
    }
}

/// A selection whose names and dates are resolved.
pub(crate) struct Scope<'a> {
    pub(crate) range: Resolved,
    pub(crate) now: Local,
    selection: Selection<'a>,
    taxonomy: &'a Taxonomy,
    named: &'a Named,
    persons: PersonConditions,
    joins: &'a SemiJoins,
    history: Option<&'a History>,
}

impl<'a> Scope<'a> {
    /// Resolves the dates, and computes the conditions on persons. Without an interval the range has no buckets.
    pub(crate) fn new(
        selection: Selection<'a>,
        begun: &'a Begun,
        interval: Option<Interval>,
        clock: &Clock,
    ) -> Result<Self> {
        let now = begun.now(clock);
        let (moment, named) = (&begun.moment, &begun.named);
        let taxonomy = begun.taxonomy();
        let (first, last) = begun.span()?;
        let range = resolve(selection.date_range, interval, now, (first, last))?;
        if range.to < first || range.from > last {
            return Err(no_data(&range, first, last));
        }
        let groups = named.groups(selection);
        Ok(Self {
            persons: PersonConditions::compute(groups, named, moment, &begun.session.state, now)?,
            joins: &begun.joins,
            history: moment.history.as_ref(),
            range,
            now,
            selection,
            taxonomy,
            named,
        })
    }

    /// The series at a place.
    pub(crate) fn node(&self, series: usize) -> &'a EventsNode {
        &self.selection.series[series]
    }

    /// The action that a series counts.
    pub(crate) fn action(&self, series: usize) -> Option<&'a Defined<ActionDefinition>> {
        self.named.action(self.node(series))
    }

    /// The label of a series: its own, or the name of its action or event.
    pub(crate) fn label(&self, series: usize) -> &'a str {
        let node = self.node(series);
        let action = self.action(series).map(|action| action.name.as_str());
        let label = node.custom_name.as_deref().or(action).or(node.event.as_deref());
        label.unwrap_or("All events")
    }

    /// What the result says that a series counted.
    pub(crate) fn counted(&self, series: usize, math: Math) -> Action {
        let action = self.action(series);
        let event = || self.node(series).event.clone();
        Action {
            id: action.map(|action| action.id.to_string()).or_else(event),
            action_type: if action.is_some() { "actions" } else { "events" }.to_owned(),
            order: series,
            name: self.label(series).to_owned(),
            math,
        }
    }

    /// The events of the range for which the query's own conditions hold.
    pub(crate) async fn events(&self, session: &Session) -> Result<DataFrame> {
        let filter = self.within_range().and(self.own_conditions()?);
        self.filtered(session, filter).await
    }

    /// All events up to an end that is included, or those from a start on, whatever the conditions.
    pub(crate) async fn all_events(&self, session: &Session, from: Option<Local>, to: Local) -> Result<DataFrame> {
        let ends = ident("timestamp").lt_eq(instant(to));
        let filter = match from {
            Some(from) => ident("timestamp").gt_eq(instant(from)).and(ends),
            None => ends,
        };
        self.filtered(session, filter).await
    }

    /// The query's own conditions, which hold for all its series.
    pub(crate) fn own_conditions(&self) -> Result<Expr> {
        let own = filters::group(&self.fields(), self.now, self.selection.properties)?;
        let others = self.named.test_accounts();
        let others = others.map(|group| filters::group(&self.fields(), self.now, group));
        let others = others.transpose().map_err(|error| of_setting(&error))?.flatten();
        let both = own.into_iter().chain(others).reduce(Expr::and);
        Ok(both.unwrap_or_else(|| lit(true)))
    }

    /// The condition that an event lies in the range.
    pub(crate) fn within_range(&self) -> Expr {
        let (from, to) = (instant(self.range.from), instant(self.range.to));
        ident("timestamp").gt_eq(from).and(ident("timestamp").lt_eq(to))
    }

    /// The condition that an event is one of a series; `None` where every event is.
    pub(crate) fn is_of(&self, series: usize) -> Result<Option<Expr>> {
        let own = filters::group(&self.fields(), self.now, &self.node(series).properties)?;
        Ok(self.is_of_name(series)?.into_iter().chain(own).reduce(Expr::and))
    }

    /// The same without the conditions of the series: the name of its event, or its action.
    pub(crate) fn is_of_name(&self, series: usize) -> Result<Option<Expr>> {
        if let Some(action) = self.action(series) {
            let fits = self.fits(&self.fields(), &action.body);
            return fits.map(Some).map_err(|error| of_named("action", &action.name, &error));
        }
        Ok(self.node(series).event.as_deref().map(is_event))
    }

    /// What to say where nothing fits. A range that holds no event at all, whatever the conditions, is refused.
    pub(crate) async fn nothing_fits(
        &self,
        session: &Session,
        executed: &mut Vec<Executed>,
        what: &str,
    ) -> Result<Warning> {
        let failed = |error| sql::explain(&error, &session.view);
        let events = self.filtered(session, self.within_range()).await?;
        let counted = events.aggregate(vec![], vec![count(lit(1_i64))]);
        let plan = counted.and_then(DataFrame::into_optimized_plan).map_err(failed)?;
        let done = session.run(&plan).await?;
        let found = rows(&done.batches)?
            .first()
            .and_then(|row| row.first().and_then(Value::as_u64));
        executed.push(done);
        match (found, self.taxonomy.span()) {
            (Some(0), Some((first, last))) => Err(no_data(&self.range, first, last)),
            _ => Ok(Warning::new(
                "no_match",
                format!("there is data in this range, but no event {what}"),
            )),
        }
    }

    /// How the numbers came to be: what the session says, and the range, the conditions and the definitions.
    /// `series` names a series, which are counted from 0; each is called so before a condition of its own.
    pub(crate) fn provenance<Q: Serialize>(
        &self,
        session: &Session,
        project: &ProjectId,
        (kind, query): (&str, &Q),
        executed: &[Executed],
        series: impl Fn(usize) -> String,
    ) -> Result<Provenance> {
        let text = serde_json::to_string(query);
        let text = text.map_err(|error| Error::internal(format!("a query is not JSON: {error}")))?;
        let mut provenance = session.provenance(project, kind, text, executed);
        provenance.rows_read += self.joins.rows_read;
        provenance.range = Some(ResolvedRange {
            date_from: self.range.from.to_rfc3339(),
            date_to: self.range.to.to_rfc3339(),
            partial: self.range.partial,
        });
        let sentences = |group: &FilterGroup| sentences(&self.named.with_names(group));
        provenance.filters = sentences(self.selection.properties);
        let others = self.named.test_accounts().map(sentences).unwrap_or_default();
        let others = others
            .into_iter()
            .map(|sentence| format!("no test accounts: {sentence}"));
        provenance.filters.extend(others);
        for (position, node) in self.selection.series.iter().enumerate() {
            let own = sentences(&node.properties).into_iter();
            provenance
                .filters
                .extend(own.map(|sentence| format!("{}: {sentence}", series(position))));
        }
        provenance.definitions = self.definitions();
        "typed filters: positive conditions never match a missing property, negative ones do"
            .clone_into(&mut provenance.null_semantics);
        Ok(provenance)
    }

    /// The actions and cohorts that were used, and whether persons count as they are now or as they were.
    fn definitions(&self) -> Vec<String> {
        let mut definitions = self.named.sentences();
        definitions.extend(self.persons.cohorts.sentences());
        let needs = self.named.needs(self.selection);
        definitions.extend(said_of_persons(self.history, needs).map(str::to_owned));
        definitions.extend(self.joins.sentences());
        definitions
    }

    /// What the range calls for, and the cohorts; `last` is what is not over where the range is not.
    pub(crate) fn warnings(&self, last: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.range.partial {
            let message = format!("{last} is not over yet: it is {} now", zoned(self.now));
            warnings.push(Warning::new("partial_period", message));
        }
        warnings.extend(self.outside_data(self.range.to));
        warnings.extend(self.persons.cohorts.warnings());
        warnings
    }

    /// Intervals that lie only in part in the range.
    pub(crate) fn cut_intervals(&self, interval: Interval) -> Vec<Warning> {
        let cut_start = bucket_start(interval, self.range.from) < self.range.from;
        let end = next_bucket(interval, bucket_start(interval, self.range.to));
        let cut_end = end - chrono::Duration::microseconds(1) > self.range.to;
        let cut = [(cut_start, "first"), (cut_end, "last")]
            .into_iter()
            .filter(|(cut, _)| *cut);
        let warning = |which: &str| {
            let message = format!(
                "the {which} {} is only partly in the range {} to {}",
                interval.as_str(),
                minute(self.range.from),
                minute(self.range.to)
            );
            Warning::new("cut_bucket", message)
        };
        cut.map(|(_, which)| warning(which)).collect()
    }

    /// Days before the first event or after the last one count nothing, and that is no zero. `to` is the last time
    /// that the query looks at.
    pub(crate) fn outside_data(&self, to: Local) -> Option<Warning> {
        let (first, last) = self.taxonomy.span()?;
        let (first, last) = (
            first.with_timezone(&self.now.timezone()),
            last.with_timezone(&self.now.timezone()),
        );
        let day = |time: Local| time.date_naive();
        let ends = day(to.min(self.now));
        (day(self.range.from) < day(first) || ends > day(last)).then(|| {
            let message = format!(
                "the data covers {} to {}; outside of it the counts are 0 because nothing is known",
                minute(first),
                zoned(last)
            );
            Warning::new("outside_data", message)
        })
    }

    fn fields(&self) -> EventFields<'_> {
        EventFields {
            taxonomy: self.taxonomy,
            persons: &self.persons,
            joins: self.joins,
        }
    }

    async fn filtered(&self, session: &Session, filter: Expr) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let events = session.context.table("events").await.map_err(failed)?;
        events.filter(filter).map_err(failed)
    }

    /// The condition that one of an action's steps fits.
    fn fits(&self, fields: &EventFields<'_>, action: &ActionDefinition) -> Result<Expr> {
        let mut steps = Vec::new();
        for step in &action.steps {
            let event = step.event.as_deref().map(is_event);
            let own = filters::group(fields, self.now, &step.properties)?;
            steps.extend(event.into_iter().chain(own).reduce(Expr::and));
        }
        let fits = steps.into_iter().reduce(Expr::or);
        fits.ok_or_else(|| Error::new(Code::Corrupt, "it has no steps"))
    }
}

/// The refusal of a range without data, naming the one that has some.
pub(crate) fn no_data(range: &Resolved, first: DateTime<Utc>, last: DateTime<Utc>) -> Error {
    let zone = range.from.timezone();
    let message = format!("there is no data from {} to {}", minute(range.from), zoned(range.to));
    Error::new(Code::NoData, message).with_hint(format!(
        "this project has data from {} to {}",
        minute(first.with_timezone(&zone)),
        zoned(last.with_timezone(&zone))
    ))
}

/// A time as sentences have it.
pub(crate) fn minute(time: Local) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

/// The same with its zone.
pub(crate) fn zoned(time: Local) -> String {
    format!("{} {}", minute(time), time.timezone())
}

/// What is wrong with the project's filters on test accounts.
fn of_setting(error: &Error) -> Error {
    of_named("setting", "test_account_filters", error)
}

fn is_event(name: &str) -> Expr {
    ident("event").eq(lit(name))
}
