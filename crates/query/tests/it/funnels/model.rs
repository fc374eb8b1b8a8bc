//! Funnels by trying every way through the steps. Slow, and sharing nothing with the engine but the types of queries.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, Duration, Months, Utc};
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, BreakdownAttribution, EventRecord, EventsNode, FunnelOrder, FunnelWindowUnit,
    FunnelsQuery,
};
use serde_json::{Value, json};

use crate::oracle::{holds, property};

/// When each step was done, up to the furthest one; missing for those that were left out.
pub(super) type Way = Vec<Option<DateTime<Utc>>>;

/// The best way, or `None` where all of the furthest ones are spoiled; empty for who does not enter.
type Outcome = Option<Way>;

/// For each step: persons, average and median seconds since the step before.
pub(super) type Steps = Vec<(u64, Option<f64>, Option<f64>)>;

/// A query with its range.
pub(super) struct Model<'a> {
    pub(super) query: &'a FunnelsQuery,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

/// Events that make one way, with the person and the value that it counts for.
struct Stream<'a> {
    person: &'a str,
    value: Option<String>,
    events: Vec<&'a EventRecord>,
    /// The value that the step of the attribution must have.
    of_step: Option<Option<String>>,
}

/// A person's outcome under a value.
struct Counted<T> {
    person: String,
    value: Option<String>,
    outcome: T,
}

fn is_node(node: &EventsNode, event: &EventRecord) -> bool {
    node.event.as_ref().is_none_or(|name| *name == event.event) && holds(event, &node.properties)
}

impl Model<'_> {
    fn steps(&self) -> usize {
        self.query.series.len()
    }

    fn is_unordered(&self) -> bool {
        self.query.funnels_filter.funnel_order_type == FunnelOrder::Unordered
    }

    fn value(&self, event: &EventRecord) -> Option<String> {
        let filter = self.query.breakdown_filter.as_ref()?;
        property(event, filter.breakdown.as_deref()?).map(|value| value.to_string())
    }

    fn is_step(&self, stream: &Stream<'_>, step: usize, event: &EventRecord) -> bool {
        let is_of = self.query.funnels_filter.breakdown_attribution_value == Some(step);
        let has_value = match &stream.of_step {
            Some(value) if is_of => self.value(event) == *value,
            _ => true,
        };
        has_value && is_node(&self.query.series[step], event)
    }

    pub(super) fn window_end(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        let filter = &self.query.funnels_filter;
        let many = i64::from(filter.funnel_window_interval);
        match filter.funnel_window_interval_unit {
            FunnelWindowUnit::Hour => start + Duration::hours(many),
            FunnelWindowUnit::Day => start + Duration::days(many),
            FunnelWindowUnit::Month => start + Months::new(filter.funnel_window_interval),
            other => panic!("no case has {other:?}"),
        }
    }

    /// All ways, each once.
    fn ways(&self, stream: &Stream<'_>) -> BTreeSet<Way> {
        if self.is_unordered() {
            return self.unordered_ways(stream);
        }
        let is_strict = self.query.funnels_filter.funnel_order_type == FunnelOrder::Strict;
        let events = &stream.events;
        let mut found = BTreeSet::new();
        // The events of a way, and the step of each.
        let mut pending: Vec<Vec<(usize, usize)>> = vec![vec![]];
        while let Some(way) = pending.pop() {
            let next = way.last().map_or(0, |(_, step)| step + 1);
            let last = way.last().map(|(at, _)| events[*at].timestamp);
            let optional = |step: usize| self.query.series[step].optional_in_funnel;
            let steps = (next..self.steps()).filter(|step| (next..*step).all(optional));
            for step in steps {
                for (at, event) in events.iter().enumerate() {
                    let comes_after = last.is_none_or(|last| last <= event.timestamp);
                    let in_window = way
                        .first()
                        .is_none_or(|(first, _)| event.timestamp <= self.window_end(events[*first].timestamp));
                    let is_between = |other: &&EventRecord| {
                        last.is_some_and(|last| last < other.timestamp) && other.timestamp < event.timestamp
                    };
                    let is_alone = !is_strict || !events.iter().any(is_between);
                    let is_new = way.iter().all(|(taken, _)| *taken != at);
                    if comes_after && in_window && is_alone && is_new && self.is_step(stream, step, event) {
                        let longer = [way.as_slice(), &[(at, step)]].concat();
                        let mut times = Way::new();
                        for (at, step) in &longer {
                            times.resize(*step, None);
                            times.push(Some(events[*at].timestamp));
                        }
                        found.insert(times);
                        pending.push(longer);
                    }
                }
            }
        }
        found
    }

    /// Every choice of an event, or none, for each step.
    fn unordered_ways(&self, stream: &Stream<'_>) -> BTreeSet<Way> {
        let mut choices: Vec<Vec<usize>> = vec![vec![]];
        for step in 0..self.steps() {
            let fits = stream.events.iter().enumerate();
            let fits = fits.filter(|(_, event)| self.is_step(stream, step, event));
            let fits: Vec<usize> = fits.map(|(at, _)| at).collect();
            let mut longer = choices.clone();
            for choice in &choices {
                let more = fits.iter().filter(|at| !choice.contains(at));
                longer.extend(more.map(|at| [choice.as_slice(), &[*at]].concat()));
            }
            choices = longer;
        }
        let times = choices.into_iter().filter(|choice| !choice.is_empty()).map(|choice| {
            let mut times: Vec<_> = choice.into_iter().map(|at| stream.events[at].timestamp).collect();
            times.sort();
            times
        });
        let in_window = |times: &Vec<DateTime<Utc>>| times[times.len() - 1] <= self.window_end(times[0]);
        times
            .filter(in_window)
            .map(|times| times.into_iter().map(Some).collect())
            .collect()
    }

    fn is_spoiled(&self, stream: &Stream<'_>, way: &Way, until: DateTime<Utc>) -> bool {
        self.query.funnels_filter.exclusions.iter().any(|exclusion| {
            let Some(Some(after)) = way.get(exclusion.from_step) else {
                return false;
            };
            let node = exclusion.node();
            stream.events.iter().any(|event| {
                let is_before = match way.get(exclusion.to_step) {
                    Some(Some(before)) => event.timestamp < *before,
                    _ => event.timestamp <= until,
                };
                event.timestamp > *after && is_before && is_node(&node, event)
            })
        })
    }

    /// The best of the ways that start within a time.
    fn outcome(&self, stream: &Stream<'_>, ways: &BTreeSet<Way>, entry: &Range<DateTime<Utc>>) -> Outcome {
        let starts = |way: &&Way| entry.contains(&way[0].unwrap());
        let Some(furthest) = ways.iter().filter(starts).map(Vec::len).max() else {
            return Some(Way::new());
        };
        let mut by_arrival: BTreeMap<DateTime<Utc>, Vec<&Way>> = BTreeMap::new();
        for way in ways.iter().filter(starts).filter(|way| way.len() == furthest) {
            let arrival = way[furthest - 1].unwrap();
            if !self.is_spoiled(stream, way, arrival) {
                by_arrival.entry(arrival).or_default().push(way);
            }
        }
        for together in by_arrival.values() {
            let latest_start = together.iter().map(|way| way[0].unwrap()).max().unwrap();
            let best = together.iter().max_by_key(|way| way.iter().rev().collect::<Vec<_>>());
            let best = best.unwrap();
            if !self.is_spoiled(stream, best, self.window_end(latest_start)) {
                return Some((*best).clone());
            }
        }
        None
    }

    /// The streams of all persons.
    fn streams<'b>(&self, all: &'b [EventRecord]) -> Vec<Stream<'b>> {
        let mut persons: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
        for event in all {
            if event.timestamp >= self.from && event.timestamp <= self.to && holds(event, &self.query.properties) {
                persons.entry(&event.distinct_id).or_default().push(event);
            }
        }
        let mut streams = Vec::new();
        for (person, events) in persons {
            let stream = |value: Option<String>, events, of_step| Stream {
                person,
                value,
                events,
                of_step,
            };
            let filter = &self.query.funnels_filter;
            match filter.breakdown_attribution_type {
                _ if self.query.breakdown_filter.is_none() => streams.push(stream(None, events, None)),
                BreakdownAttribution::AllEvents => {
                    let values: BTreeSet<_> = events.iter().map(|event| self.value(event)).collect();
                    for value in values {
                        let own = events.iter().copied().filter(|event| self.value(event) == value);
                        streams.push(stream(value.clone(), own.collect(), None));
                    }
                }
                BreakdownAttribution::Step => {
                    let step = filter.breakdown_attribution_value.unwrap();
                    let own = events.iter().filter(|event| is_node(&self.query.series[step], event));
                    let mut values: BTreeSet<_> = own.map(|event| self.value(event)).collect();
                    if values.is_empty() {
                        values.insert(None);
                    }
                    for value in values {
                        streams.push(stream(value.clone(), events.clone(), Some(value)));
                    }
                }
                which => {
                    let is_step = |event: &&&EventRecord| self.query.series.iter().any(|node| is_node(node, event));
                    let touches = events.iter().filter(is_step);
                    let touches = touches.filter_map(|event| Some((event.timestamp, self.value(event)?)));
                    let touch = match which {
                        BreakdownAttribution::LastTouch => touches.max(),
                        _ => touches.min(),
                    };
                    streams.push(stream(touch.map(|(_, value)| value), events, None));
                }
            }
        }
        streams
    }

    /// Persons by value in the order of the result, Other and None included: under each value each person once, with the
    /// best outcome. `rank` says how much is behind a value, and 0 where nothing is.
    fn by_value<T: Clone>(
        &self,
        counted: Vec<Counted<T>>,
        rank: impl Fn(&[T]) -> u64,
        best: impl Fn(&[T]) -> T,
    ) -> Vec<(Value, Vec<T>)> {
        let Some(filter) = &self.query.breakdown_filter else {
            let all = counted.into_iter().map(|counted| counted.outcome);
            return vec![(Value::Null, all.collect())];
        };
        let mut values: BTreeMap<Option<String>, Vec<Counted<T>>> = BTreeMap::new();
        for one in counted {
            values.entry(one.value.clone()).or_default().push(one);
        }
        let outcomes = |counted: &[Counted<T>]| counted.iter().map(|one| one.outcome.clone()).collect::<Vec<T>>();
        let missing = values.remove(&None).map(|none| outcomes(&none));
        let mut named: Vec<(String, Vec<Counted<T>>)> = values
            .into_iter()
            .map(|(value, own)| (value.unwrap(), own))
            .filter(|(_, own)| rank(&outcomes(own)) > 0)
            .collect();
        named.sort_by_key(|(value, own)| (std::cmp::Reverse(rank(&outcomes(own))), value.clone()));
        let limit = filter.breakdown_limit.unwrap_or(25) as usize;
        let rest = named.split_off(limit.min(named.len()));
        let mut of_person: BTreeMap<String, Vec<T>> = BTreeMap::new();
        let is_more = !rest.is_empty();
        for one in rest.into_iter().flat_map(|(_, own)| own) {
            of_person.entry(one.person).or_default().push(one.outcome);
        }
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let mut results: Vec<(Value, Vec<T>)> = named.iter().map(|(text, own)| (value(text), outcomes(own))).collect();
        if is_more {
            let others = of_person.values().map(|outcomes| best(outcomes)).collect();
            results.push((json!(BREAKDOWN_OTHER), others));
        }
        results.extend(
            missing
                .filter(|own| rank(own) > 0)
                .map(|own| (json!(BREAKDOWN_NONE), own)),
        );
        results
    }

    fn outcomes(&self, all: &[EventRecord]) -> Vec<Counted<Outcome>> {
        let always = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
        let streams = self.streams(all);
        let counted = streams.iter().map(|stream| Counted {
            person: stream.person.to_owned(),
            value: stream.value.clone(),
            outcome: self.outcome(stream, &self.ways(stream), &always),
        });
        counted.collect()
    }

    /// How many are excluded, and the steps of each breakdown value in the order of the result; of one without a name
    /// where there is no breakdown.
    pub(super) fn by_steps(&self, all: &[EventRecord]) -> (u64, Vec<(Value, Steps)>) {
        let counted = self.outcomes(all);
        let excluded = counted.iter().filter(|one| one.outcome.is_none()).count() as u64;
        let entered = |outcomes: &[Outcome]| {
            let ways = outcomes.iter().flatten();
            ways.filter(|way| !way.is_empty()).count() as u64
        };
        // The furthest, the first to arrive, and then the latest before.
        let best = |outcomes: &[Outcome]| {
            let key = |way: &&Way| {
                let arrival = way.last().map(|time| std::cmp::Reverse(*time));
                (way.len(), arrival, way.iter().rev().copied().collect::<Vec<_>>())
            };
            outcomes.iter().flatten().max_by_key(key).cloned()
        };
        let by_value = self.by_value(counted, entered, best);
        let steps = by_value.into_iter().map(|(value, outcomes)| {
            let ways: Vec<Way> = outcomes.into_iter().flatten().collect();
            (value, self.totals(&ways))
        });
        (excluded, steps.collect())
    }

    fn totals(&self, ways: &[Way]) -> Steps {
        let step = |step: usize| {
            let reached: Vec<&Way> = ways
                .iter()
                .filter(|way| way.get(step).is_some_and(Option::is_some))
                .collect();
            let took = reached.iter().filter(|_| step > 0).map(|way| {
                let before = way[..step].iter().rev().flatten().next().unwrap();
                (way[step].unwrap() - *before).num_seconds() as f64
            });
            let (average, median) = average_and_median(took.collect());
            (reached.len() as u64, average, median)
        };
        (0..self.steps()).map(step).collect()
    }

    /// How many are excluded, and the seconds from one step to another of all who get there, in order.
    pub(super) fn seconds(&self, all: &[EventRecord], (from, to): (usize, usize)) -> (u64, Vec<i64>) {
        let counted = self.outcomes(all);
        let excluded = counted.iter().filter(|one| one.outcome.is_none()).count() as u64;
        let ways = counted.iter().filter_map(|one| one.outcome.as_ref());
        let took = ways.filter_map(|way| Some(((*way.get(to)?)? - way[from]?).num_seconds()));
        let mut took: Vec<i64> = took.collect();
        took.sort_unstable();
        (excluded, took)
    }

    /// How many are excluded, and for each breakdown value and interval who entered and who converted.
    pub(super) fn by_interval(
        &self,
        all: &[EventRecord],
        bounds: &[DateTime<Utc>],
        (from, to): (usize, usize),
    ) -> (u64, Vec<(Value, Vec<(u64, u64)>)>) {
        let streams = self.streams(all);
        // How many steps each gets from each interval; `None` where it does not enter, and 0 where it is excluded.
        let counted: Vec<Counted<Vec<Option<usize>>>> = streams
            .iter()
            .map(|stream| {
                let ways = self.ways(stream);
                let steps = bounds.windows(2).map(|bounds| {
                    let outcome = self.outcome(stream, &ways, &(bounds[0]..bounds[1]));
                    match outcome {
                        None => Some(0),
                        Some(way) => (!way.is_empty()).then_some(way.len()),
                    }
                });
                Counted {
                    person: stream.person.to_owned(),
                    value: stream.value.clone(),
                    outcome: steps.collect(),
                }
            })
            .collect();
        let all_steps = counted.iter().flat_map(|one| &one.outcome);
        let excluded = all_steps.filter(|steps| **steps == Some(0)).count() as u64;
        let entered = |steps: &[Vec<Option<usize>>]| {
            let entered = steps.iter().flatten().flatten().filter(|steps| **steps > from);
            entered.count() as u64
        };
        let best = |steps: &[Vec<Option<usize>>]| {
            let interval = |at: usize| steps.iter().map(|steps| steps[at]).max().flatten();
            (0..bounds.len() - 1).map(interval).collect()
        };
        let by_value = self.by_value(counted, entered, best);
        let lines = by_value.into_iter().map(|(value, persons)| {
            let further = |at: usize, step: usize| {
                let further = persons
                    .iter()
                    .filter(|steps| steps[at].is_some_and(|steps| steps > step));
                further.count() as u64
            };
            let line = (0..bounds.len() - 1).map(|at| (further(at, from), further(at, to)));
            (value, line.collect())
        });
        (excluded, lines.collect())
    }
}

pub(super) fn average_and_median(mut took: Vec<f64>) -> (Option<f64>, Option<f64>) {
    took.sort_by(f64::total_cmp);
    let middle = took.len() / 2;
    let median = match took.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(took[middle]),
        _ => Some(f64::midpoint(took[middle - 1], took[middle])),
    };
    let average = (!took.is_empty()).then(|| took.iter().sum::<f64>() / took.len() as f64);
    (average, median)
}
