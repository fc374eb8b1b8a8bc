//! What persons did, as conditions of cohorts: for each such filter the persons of whom it holds, computed over their
//! events up to the moment of the question.

mod plans;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use hashbrown::HashSet;
use hedgerow_data_api::{Behavior, BehaviorUnit, EventStore, Operator, PropertyFilter, PropertyType};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::dates::Local;
use crate::engine::{Engine, Session};
use crate::fields::EventFields;
use crate::persons::{Moment, PersonConditions, PersonSet};
use crate::semi_joins::SemiJoins;
use crate::{filters, sql, validate};

/// What a filter of type `behavioral` can say of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Performed,
    Multiple,
    FirstTime,
    Sequence,
    Regularly,
    Stopped,
    Restarted,
}

const KINDS: [(&str, Kind); 7] = [
    ("performed_event", Kind::Performed),
    ("performed_event_multiple", Kind::Multiple),
    ("performed_event_first_time", Kind::FirstTime),
    ("performed_event_sequence", Kind::Sequence),
    ("performed_event_regularly", Kind::Regularly),
    ("stopped_performing_event", Kind::Stopped),
    ("restarted_performing_event", Kind::Restarted),
];

/// Periods that are looked at.
const MOST_PERIODS: u32 = 60;

/// The behaviours of a query's cohorts, computed.
#[derive(Default, Clone)]
pub(crate) struct Behaviors {
    known: Vec<(PropertyFilter, PersonSet)>,
}

impl Behaviors {
    /// Computes those of some filters that are not known yet.
    pub(crate) async fn add(
        &mut self,
        wanted: &[&PropertyFilter],
        place: (&Engine, &ProjectId),
        (session, moment): (&Session, &Moment),
        now: Local,
    ) -> Result<()> {
        for filter in wanted {
            let is_known = self.known.iter().any(|(known, _)| known == *filter);
            if filter.property_type != PropertyType::Behavioral || is_known {
                continue;
            }
            let asked = Asked::read(filter, now)?;
            asked.check_filters(place, moment).await?;
            let plan = asked.plan(session, moment).await?;
            let keys = match asked.kind {
                Kind::Sequence => plans::followed(&session.run(&plan).await?.batches, &asked)?,
                _ => keys_of(&session.run(&plan).await?.batches)?,
            };
            let set = PersonSet::of(keys, asked.of_nothing() != asked.behavior.negation);
            self.known.push(((*filter).clone(), set));
        }
        Ok(())
    }

    /// A filter's condition on the rows of `persons`.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let found = self.known.iter().find(|(known, _)| known == filter);
        let (_, set) = found.ok_or_else(|| of_cohorts(filter))?;
        Ok(set.condition(&crate::describe::condition(filter)))
    }
}

/// Refuses a behaviour elsewhere than in a cohort.
pub(crate) fn of_cohorts(filter: &PropertyFilter) -> Error {
    let message = format!(
        "the filter on {:?} is of type behavioral, which is a condition of cohorts",
        filter.key
    );
    Error::invalid(message).with_hint("create a cohort with it, and take a filter of type cohort")
}

fn keys_of(batches: &[datafusion::arrow::record_batch::RecordBatch]) -> Result<HashSet<i64>> {
    let mut keys = HashSet::new();
    for batch in batches {
        let column = batch.column(0).as_primitive_opt::<Int64Type>();
        let column = column.ok_or_else(|| Error::internal("person_key is no whole number"))?;
        keys.extend(column.iter().flatten());
    }
    Ok(keys)
}

/// A filter with what it needs.
struct Asked<'a> {
    filter: &'a PropertyFilter,
    behavior: &'a Behavior,
    kind: Kind,
    now: Local,
    /// What is looked at begins after this time.
    from: Local,
    /// For those who stopped or restarted: the last stretch begins after this time.
    last: Local,
}

impl<'a> Asked<'a> {
    /// Reads a filter; refuses one that lacks something, or says what goes with another kind.
    fn read(filter: &'a PropertyFilter, now: Local) -> Result<Self> {
        let refused = |why: &str, hint: &str| {
            let message = format!("the behaviour on {:?} {why}", filter.key);
            Error::invalid(message).with_hint(hint.to_owned())
        };
        let names = KINDS.map(|(name, _)| name);
        let called = filter.value.as_ref().and_then(serde_json::Value::as_str);
        let called = called.ok_or_else(|| {
            refused(
                "says nothing of it",
                &format!("its value is one of {}", names.join(", ")),
            )
        })?;
        let found = KINDS.into_iter().find(|(name, _)| *name == called);
        let (_, kind) = found.ok_or_else(|| Error::unknown("behaviour", called, names))?;
        let behavior = filter.behavior.as_deref();
        let behavior = behavior.ok_or_else(|| Error::internal("a behaviour has no fields"))?;
        let counts = matches!(kind, Kind::Multiple | Kind::Regularly);
        let ends = matches!(kind, Kind::Stopped | Kind::Restarted);
        let fields = [
            ("time_value", behavior.time_value.is_some(), true),
            ("time_interval", behavior.time_interval.is_some(), true),
            ("operator_value", behavior.operator_value.is_some(), counts),
            ("seq_event", behavior.seq_event.is_some(), kind == Kind::Sequence),
            (
                "seq_time_value",
                behavior.seq_time_value.is_some(),
                ends || kind == Kind::Sequence,
            ),
            (
                "seq_time_interval",
                behavior.seq_time_interval.is_some(),
                ends || kind == Kind::Sequence,
            ),
            (
                "total_periods",
                behavior.total_periods.is_some(),
                kind == Kind::Regularly,
            ),
            ("min_periods", behavior.min_periods.is_some(), kind == Kind::Regularly),
        ];
        for (field, is_given, is_needed) in fields {
            if is_given != is_needed {
                let (why, hint) = if is_given {
                    (
                        format!("has a {field}, which has no meaning for {called}"),
                        "leave it out",
                    )
                } else {
                    (
                        format!("lacks its {field}"),
                        "give it as a number, a unit such as day, or an event",
                    )
                };
                return Err(refused(&why, hint));
            }
        }
        let operators = [Operator::Exact, Operator::Gte, Operator::Lte];
        if filter.operator != Operator::Exact && !(counts && operators.contains(&filter.operator)) {
            let why = format!("has the operator {}", filter.operator.as_str());
            return Err(refused(
                &why,
                "of performed_event_multiple and performed_event_regularly it is gte, lte or exact",
            ));
        }
        if kind == Kind::Regularly {
            let (total, least) = (behavior.total_periods.unwrap_or(0), behavior.min_periods.unwrap_or(0));
            if !(1..=MOST_PERIODS).contains(&total) || !(1..=total).contains(&least) {
                let why = format!("asks for {least} of {total} periods");
                return Err(refused(
                    &why,
                    &format!("there are 1 to {MOST_PERIODS}, and at least one of them is asked for"),
                ));
            }
            if behavior.operator_value == Some(0) {
                return Err(refused(
                    "counts periods in which nothing happens",
                    "take an operator_value of 1 or more",
                ));
            }
        }
        let (value, unit) = (
            behavior.time_value.unwrap_or(0),
            behavior.time_interval.unwrap_or(BehaviorUnit::Day),
        );
        let far = || {
            refused(
                "reaches back too far, or not at all",
                "take 1 to 1000 days, weeks, months or years",
            )
        };
        let back =
            |value: u32, unit| shifted(now, -i64::from(value), unit).filter(|_| (1..=1_000_000).contains(&value));
        let from = back(value, unit).ok_or_else(far)?;
        let last = match (behavior.seq_time_value, behavior.seq_time_interval) {
            (Some(value), Some(unit)) => back(value, unit).ok_or_else(far)?,
            _ => now,
        };
        if ends && last <= from {
            return Err(refused(
                "has a last stretch that is as long as all of it",
                "take a smaller seq_time_value",
            ));
        }
        Ok(Self {
            filter,
            behavior,
            kind,
            now,
            from,
            last,
        })
    }

    /// Whether it holds, before it is negated, of who did nothing.
    fn of_nothing(&self) -> bool {
        self.kind == Kind::Multiple && self.fits(0)
    }

    /// Whether a number of times is as wanted.
    fn fits(&self, times: u64) -> bool {
        let wanted = self.behavior.operator_value.unwrap_or(1);
        match self.filter.operator {
            Operator::Gte => times >= wanted,
            Operator::Lte => times <= wanted,
            _ => times == wanted,
        }
    }

    /// Refuses conditions on the event that are none, or ask for values that are not there.
    async fn check_filters(&self, (engine, project): (&Engine, &ProjectId), moment: &Moment) -> Result<()> {
        let of_events = [PropertyType::Event, PropertyType::EventField, PropertyType::Element];
        let filters = self.behavior.event_filters.filters();
        if let Some(other) = filters.iter().find(|filter| !of_events.contains(&filter.property_type)) {
            let message = format!(
                "the filter on {:?} of the behaviour on {:?} is of type {}",
                other.key,
                self.filter.key,
                other.property_type.as_str()
            );
            return Err(Error::invalid(message).with_hint("event_filters are of type event, event_field or element"));
        }
        let store = engine.lake.as_ref() as &dyn EventStore;
        validate::values(store, project, moment, &self.behavior.event_filters).await
    }

    /// The condition that an event is one of a name.
    fn is_event(&self, name: &str, moment: &Moment) -> Result<Expr> {
        let taxonomy = &moment.taxonomy;
        if taxonomy.event(name).is_none() {
            let known = taxonomy.events.iter().map(|event| event.name.as_str());
            return Err(Error::unknown("event", name, known));
        }
        Ok(ident("event").eq(lit(name)))
    }

    /// The condition that an event is the one of the key.
    fn is_first(&self, moment: &Moment) -> Result<Expr> {
        let (persons, joins) = (PersonConditions::default(), SemiJoins::default());
        let fields = EventFields {
            taxonomy: &moment.taxonomy,
            persons: &persons,
            joins: &joins,
        };
        let own = filters::group(&fields, self.now, &self.behavior.event_filters)?;
        let is_named = self.is_event(&self.filter.key, moment)?;
        Ok(std::iter::once(is_named).chain(own).fold(lit(true), Expr::and))
    }

    async fn events(&self, session: &Session) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        session.context.table("events").await.map_err(failed)
    }
}

/// A time so many units later, or earlier; `None` where there is no such time.
fn shifted(time: Local, count: i64, unit: BehaviorUnit) -> Option<Local> {
    use chrono::{Days, Duration, Months};
    let by_days = |days: i64| {
        let size = Days::new(days.unsigned_abs());
        let found = if days < 0 {
            time.checked_sub_days(size)
        } else {
            time.checked_add_days(size)
        };
        // An hour that clocks skip, or show twice: so many times 24 hours.
        found.or_else(|| time.checked_add_signed(Duration::try_days(days)?))
    };
    let by_months = |months: i64| {
        let size = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        if months < 0 {
            time.checked_sub_months(size)
        } else {
            time.checked_add_months(size)
        }
    };
    match unit {
        BehaviorUnit::Minute => time.checked_add_signed(Duration::try_minutes(count)?),
        BehaviorUnit::Hour => time.checked_add_signed(Duration::try_hours(count)?),
        BehaviorUnit::Day => by_days(count),
        BehaviorUnit::Week => by_days(count.checked_mul(7)?),
        BehaviorUnit::Month => by_months(count),
        BehaviorUnit::Year => by_months(count.checked_mul(12)?),
    }
}
