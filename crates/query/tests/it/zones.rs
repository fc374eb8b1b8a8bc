//! Time zones: every kind of query against a model that asks the clocks of the zone for each event alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use hedgerow_data_api::{Clock, EventRecord, Interval, Progress, PropertyValue, Provenance, QueryEngine, TypedQuery};
use hedgerow_errors::{Code, Error};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{engine_of, project, runner};

pub(crate) type Local = DateTime<Tz>;

/// Zones, and days on which their clocks were changed or that were leap days.
const WORLDS: [(Tz, &str); 10] = [
    (Tz::UTC, "2024-02-29"),
    (Tz::America__New_York, "2024-03-10"),
    (Tz::America__New_York, "2024-11-03"),
    (Tz::Europe__Berlin, "2024-03-31"),
    (Tz::Europe__Berlin, "2024-10-27"),
    (Tz::Australia__Lord_Howe, "2024-04-07"),
    (Tz::Australia__Lord_Howe, "2024-10-06"),
    (Tz::America__Sao_Paulo, "2016-02-21"),
    (Tz::America__Sao_Paulo, "2016-10-16"),
    (Tz::Asia__Kathmandu, "1986-01-01"),
];
/// Days of events before and after that day.
const DAYS: (u64, u64) = (20, 9);
const INTERVALS: [Interval; 4] = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month];

/// What clocks and calendar say of the interval that a time is in: two times of one interval have the same.
fn said(interval: Interval, time: Local) -> String {
    let date = time.date_naive();
    match interval {
        Interval::Hour => format!("{date} {} {:?}", time.hour(), time.offset().fix()),
        Interval::Day => date.to_string(),
        Interval::Week => date.week(chrono::Weekday::Sun).first_day().to_string(),
        Interval::Month => date.format("%Y-%m").to_string(),
    }
}

/// The intervals of a world one after the other, found by walking through time: what is said of each, and its start.
struct Walk {
    starts: Vec<Local>,
    places: BTreeMap<String, usize>,
}

pub(crate) struct World {
    zone: Tz,
    now: Local,
    pub(crate) events: Vec<EventRecord>,
    walks: BTreeMap<&'static str, Walk>,
    /// What clocks show twice.
    twice: BTreeSet<NaiveDateTime>,
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(zone: Tz, day: &str) -> Self {
        let day: NaiveDate = day.parse().unwrap();
        let far = Days::new(80);
        let first = zone.from_utc_datetime(&(day - far).and_time(NaiveTime::MIN));
        let last = zone.from_utc_datetime(&(day + far).and_time(NaiveTime::MIN));
        let mut walks = BTreeMap::new();
        let (mut shown, mut twice) = (BTreeSet::new(), BTreeSet::new());
        for interval in INTERVALS {
            let mut walk = Walk {
                starts: Vec::new(),
                places: BTreeMap::new(),
            };
            let mut time = first;
            while time < last {
                if walk.places.insert(said(interval, time), walk.starts.len()).is_none() {
                    walk.starts.push(time);
                }
                let place = walk.starts.len() - 1;
                walk.places.insert(said(interval, time), place);
                if interval == Interval::Hour && !shown.insert(time.naive_local()) {
                    twice.insert(time.naive_local());
                }
                time += Duration::minutes(5);
            }
            walks.insert(interval.as_str(), walk);
        }
        // Clocks of the day after are those of the afternoon.
        let now = zone.from_local_datetime(&(day + Days::new(DAYS.1)).and_hms_opt(10, 30, 0).unwrap());
        let now = now.unwrap();
        let changes: Vec<Local> = walks["hour"]
            .starts
            .windows(2)
            .filter(|pair| pair[0].offset().fix() != pair[1].offset().fix())
            .map(|pair| pair[1])
            .collect();
        let days = &walks["day"].starts;
        let first_day = days
            .iter()
            .position(|start| start.date_naive() >= day - Days::new(DAYS.0))
            .unwrap();
        let count = usize::try_from(DAYS.0 + DAYS.1).unwrap();
        let events = events(&days[first_day..=first_day + count], &changes);
        let folder = tempfile::tempdir().unwrap();
        let definitions = Arc::new(FakeDefinitions::default());
        definitions.set(json!({"timezone": zone.name()}));
        let engine = engine_of(folder.path(), events.clone(), Clock::fixed(now.to_utc())).await;
        Self {
            zone,
            now,
            events,
            walks,
            twice,
            engine: engine.with_definitions(definitions),
            _folder: folder,
        }
    }

    pub(crate) fn local(&self, event: &EventRecord) -> Local {
        event.timestamp.with_timezone(&self.zone)
    }

    fn place(&self, interval: Interval, time: Local) -> usize {
        self.walks[interval.as_str()].places[&said(interval, time)]
    }

    fn start(&self, interval: Interval, place: usize) -> Local {
        self.walks[interval.as_str()].starts[place]
    }

    fn end(&self, interval: Interval, place: usize) -> Local {
        self.start(interval, place + 1) - Duration::microseconds(1)
    }

    /// The place of so many days before today.
    fn day(&self, back: u32) -> usize {
        let date = self.now.date_naive() - Days::new(u64::from(back));
        self.walks["day"].places[&date.to_string()]
    }

    fn visitors(&self) -> BTreeMap<&str, Vec<&EventRecord>> {
        let mut visitors: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
        for event in &self.events {
            visitors.entry(&event.distinct_id).or_default().push(event);
        }
        visitors
    }

    /// A start as results have it.
    fn written(&self, interval: Interval, start: Local) -> String {
        match interval {
            Interval::Hour if self.twice.contains(&start.naive_local()) => start.format("%F %T%:z").to_string(),
            Interval::Hour => start.format("%F %T").to_string(),
            _ => start.format("%F").to_string(),
        }
    }

    /// The first and the last instant of a range, as the clocks say.
    fn range(&self, words: &Words, interval: Interval) -> (Local, Local) {
        let noon = |date: NaiveDate| {
            self.zone
                .from_local_datetime(&date.and_hms_opt(12, 0, 0).unwrap())
                .unwrap()
        };
        let from = match words.from {
            Point::Date(back) | Point::Days(back) => self.start(Interval::Day, self.day(back)),
            Point::Hours(back) => {
                let time = self.now - Duration::hours(i64::from(back));
                self.start(Interval::Hour, self.place(Interval::Hour, time))
            }
            Point::Noon(back) => noon(self.now.date_naive() - Days::new(u64::from(back))),
            Point::Unit(unit) => self.start(unit, self.place(unit, self.now)),
        };
        let to = match words.to {
            None if interval == Interval::Hour => self.end(Interval::Hour, self.place(Interval::Hour, self.now)),
            None => self.end(Interval::Day, self.day(0)),
            Some(Point::Date(back) | Point::Days(back)) => self.end(Interval::Day, self.day(back)),
            Some(Point::Hours(back)) => {
                let time = self.now - Duration::hours(i64::from(back));
                self.end(Interval::Hour, self.place(Interval::Hour, time))
            }
            Some(Point::Noon(back)) => noon(self.now.date_naive() - Days::new(u64::from(back))),
            Some(Point::Unit(unit)) => self.end(unit, self.place(unit, self.now)),
        };
        (from, to)
    }

    fn text(&self, point: Point, is_end: bool) -> String {
        let date = |back: u32| self.now.date_naive() - Days::new(u64::from(back));
        match point {
            Point::Date(back) => date(back).to_string(),
            Point::Days(back) => format!("-{back}d"),
            Point::Hours(back) => format!("-{back}h"),
            Point::Noon(back) => format!("{}T12:00:00", date(back)),
            Point::Unit(unit) => {
                let letter = unit.as_str().chars().next().unwrap();
                format!("{letter}{}", if is_end { "End" } else { "Start" })
            }
        }
    }

    fn date_range(&self, words: &Words) -> Value {
        let mut range = json!({"date_from": self.text(words.from, false)});
        if let Some(to) = words.to {
            range["date_to"] = json!(self.text(to, true));
        }
        range
    }

    /// True where no event at all lies in a range.
    fn is_outside(&self, (from, to): (Local, Local)) -> bool {
        !self
            .events
            .iter()
            .any(|event| event.timestamp >= from && event.timestamp <= to)
    }

    async fn ask(&self, query: Value) -> Result<Value, Error> {
        let (clock, progress) = (Clock::fixed(self.now.to_utc()), Progress::ignore());
        let query: TypedQuery = serde_json::from_value(query).unwrap();
        let (engine, project) = (&self.engine, project());
        Ok(match &query {
            TypedQuery::Trends(query) => json!(engine.trends(&project, query, &clock, &progress).await?),
            TypedQuery::Funnels(query) => json!(engine.funnels(&project, query, &clock, &progress).await?),
            TypedQuery::Retention(query) => json!(engine.retention(&project, query, &clock, &progress).await?),
            TypedQuery::Lifecycle(query) => json!(engine.lifecycle(&project, query, &clock, &progress).await?),
            TypedQuery::Stickiness(query) => json!(engine.stickiness(&project, query, &clock, &progress).await?),
            TypedQuery::CalendarHeatmap(query) => {
                json!(engine.calendar_heatmap(&project, query, &clock, &progress).await?)
            }
            TypedQuery::Paths(query) => json!(engine.paths(&project, query, &clock, &progress).await?),
            TypedQuery::Events(query) => json!(engine.events(&project, query, &clock, &progress).await?),
            TypedQuery::Persons(query) => json!(engine.persons(&project, query, &clock, &progress).await?),
            #[allow(unreachable_patterns, reason = "kinds that this test does not know")]
            _ => panic!("an unknown kind"),
        })
    }
}

/// Events at the borders of days, around the changes of clocks and in between.
fn events(days: &[Local], changes: &[Local]) -> Vec<EventRecord> {
    let near = [
        -5_400_000_000,
        -1_800_000_000,
        -1,
        0,
        1,
        60_000_000,
        1_799_999_999,
        3_600_000_000,
    ];
    let event = |n: u64| {
        let mut noise = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
            >> 20;
        let mut next = |below: u64| {
            let digit = noise % below;
            noise /= below;
            digit
        };
        let visitor = next(14);
        let day = days[next(days.len() as u64 - 1) as usize].to_utc();
        let time = match next(4) {
            0 | 1 => day + Duration::microseconds(near[next(8) as usize]),
            2 if !changes.is_empty() => {
                let change = changes[next(changes.len() as u64) as usize].to_utc();
                change + Duration::microseconds(near[next(8) as usize])
            }
            _ => day + Duration::minutes(next(1440) as i64),
        };
        let within = time.clamp(days[0].to_utc(), days[days.len() - 1].to_utc());
        EventRecord {
            uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes()),
            event: ["a", "b"][next(2) as usize].to_owned(),
            timestamp: within,
            distinct_id: format!("visitor {visitor}"),
            session_id: None,
            properties: vec![("at".into(), PropertyValue::Text(within.format("%FT%T").to_string()))],
        }
    };
    (0..500).map(event).collect()
}

/// A bound of a range, by how far back it lies.
#[derive(Debug, Clone, Copy)]
enum Point {
    Date(u32),
    Days(u32),
    Hours(u32),
    /// A time without an offset.
    Noon(u32),
    Unit(Interval),
}

#[derive(Debug, Clone)]
pub(crate) struct Words {
    from: Point,
    to: Option<Point>,
}

pub(crate) fn words() -> impl Strategy<Value = Words> {
    let point = || {
        prop_oneof![
            (0_u32..29).prop_map(Point::Date),
            (0_u32..29).prop_map(Point::Days),
            (0_u32..400).prop_map(Point::Hours),
            (0_u32..29).prop_map(Point::Noon),
            select(vec![Interval::Day, Interval::Week, Interval::Month]).prop_map(Point::Unit),
        ]
    };
    (point(), proptest::option::of(point())).prop_map(|(from, to)| Words { from, to })
}

fn interval() -> impl Strategy<Value = Interval> {
    select(INTERVALS.to_vec())
}

/// Fewer cases for each of the worlds.
pub(crate) fn cases(seed: u8) -> TestRunner {
    let all = runner(seed);
    let config = Config {
        cases: all.config().cases / 10,
        ..all.config().clone()
    };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[seed; 32]),
    )
}

fn range_of(answer: &Value) -> (DateTime<Utc>, DateTime<Utc>) {
    let provenance: Provenance = serde_json::from_value(answer["provenance"].clone()).unwrap();
    let range = provenance.range.unwrap();
    let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    (time(&range.date_from), time(&range.date_to))
}

/// What a world answers to a query on a range, checked to be about that range; `None` where there is nothing to ask.
pub(crate) fn answer(
    runtime: &tokio::runtime::Runtime,
    world: &World,
    words: &Words,
    interval: Interval,
    query: Value,
) -> Option<(Value, (Local, Local))> {
    let range = world.range(words, interval);
    if range.0 > range.1 {
        return None;
    }
    let mut query = query;
    query["dateRange"] = world.date_range(words);
    match runtime.block_on(world.ask(query.clone())) {
        Ok(answer) => {
            assert_eq!(range_of(&answer), (range.0.to_utc(), range.1.to_utc()), "{query}");
            assert_eq!(answer["provenance"]["time_zone"], json!(world.zone.name()));
            Some((answer, range))
        }
        Err(error) => {
            assert!(
                error.code() == Code::NoData && world.is_outside(range),
                "{query}: {}",
                error.chain()
            );
            None
        }
    }
}

pub(crate) fn in_worlds(check: impl Fn(&tokio::runtime::Runtime, &World)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (zone, day) in WORLDS {
        let world = runtime.block_on(World::new(zone, day));
        check(&runtime, &world);
    }
}

#[test]
fn trends_agree_with_the_clocks() {
    in_worlds(|runtime, world| {
        let strategy = (words(), interval(), select(vec!["total", "dau", "weekly_active"]));
        let run = cases(31).run(&strategy, |(words, interval, math)| {
            let query = json!({"kind": "TrendsQuery", "series": [{"event": "a", "math": math}], "interval": interval});
            let Some((answer, (from, to))) = answer(runtime, world, &words, interval, query) else {
                return Ok(());
            };
            let (first, last) = (world.place(interval, from), world.place(interval, to));
            let (mut days, mut data) = (Vec::new(), Vec::new());
            for place in first..=last {
                days.push(world.written(interval, world.start(interval, place)));
                let unit = if interval == Interval::Hour {
                    Interval::Hour
                } else {
                    Interval::Day
                };
                let end = world.place(unit, world.end(interval, place).min(to));
                let length = if unit == Interval::Hour { 7 * 24 } else { 7 };
                let counts = world.events.iter().filter(|event| {
                    let time = world.local(event);
                    event.event == "a"
                        && time <= to
                        && match math {
                            "weekly_active" => {
                                let at = world.place(unit, time);
                                at <= end && at + length > end
                            }
                            _ => time >= from && world.place(interval, time) == place,
                        }
                });
                let mut who: Vec<&str> = counts.map(|event| event.distinct_id.as_str()).collect();
                if math != "total" {
                    who.sort_unstable();
                    who.dedup();
                }
                data.push(who.len());
            }
            prop_assert_eq!(&answer["results"][0]["days"], &json!(days));
            prop_assert_eq!(&answer["results"][0]["data"], &json!(data));
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn comparisons_agree_with_the_clocks() {
    in_worlds(|runtime, world| {
        let strategy = (
            3_u32..9,
            0_u32..6,
            select(vec![None, Some("-7d"), Some("-1w"), Some("-10d")]),
        );
        let run = cases(32).run(&strategy, |(back, length, compare_to)| {
            let words = Words {
                from: Point::Date(back + length),
                to: Some(Point::Date(back)),
            };
            let mut query =
                json!({"kind": "TrendsQuery", "series": [{"event": "b"}], "compareFilter": {"compare": true}});
            if let Some(to) = compare_to {
                query["compareFilter"]["compare_to"] = json!(to);
            }
            let Some((answer, _)) = answer(runtime, world, &words, Interval::Day, query) else {
                return Ok(());
            };
            let shift = match compare_to {
                None => length + 1,
                Some("-10d") => 10,
                Some(_) => 7,
            };
            let counts = (0..=length).rev().map(|day| {
                let place = world.day(back + day + shift);
                let of_day = world.events.iter().filter(|event| event.event == "b");
                of_day
                    .filter(|event| world.place(Interval::Day, world.local(event)) == place)
                    .count()
            });
            prop_assert_eq!(&answer["results"][1]["data"], &json!(counts.collect::<Vec<_>>()));
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn stickiness_agrees_with_the_clocks() {
    in_worlds(|runtime, world| {
        let run = cases(33).run(&(words(), interval()), |(words, interval)| {
            let query = json!({"kind": "StickinessQuery", "series": [{"event": "a"}], "interval": interval});
            let Some((answer, (from, to))) = answer(runtime, world, &words, interval, query) else {
                return Ok(());
            };
            let count = world.place(interval, to) - world.place(interval, from) + 1;
            let mut data = vec![0; count];
            for events in world.visitors().values() {
                let times = events
                    .iter()
                    .filter(|event| event.event == "a")
                    .map(|event| world.local(event));
                let within = times.filter(|time| *time >= from && *time <= to);
                let active: BTreeSet<usize> = within.map(|time| world.place(interval, time)).collect();
                if !active.is_empty() {
                    data[active.len() - 1] += 1;
                }
            }
            prop_assert_eq!(&answer["results"][0]["data"], &json!(data));
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn lifecycle_agrees_with_the_clocks() {
    in_worlds(|runtime, world| {
        let run = cases(34).run(&(words(), interval()), |(words, interval)| {
            let query = json!({"kind": "LifecycleQuery", "series": [{"event": "a"}], "interval": interval});
            let Some((answer, (from, to))) = answer(runtime, world, &words, interval, query) else {
                return Ok(());
            };
            let (first, last) = (world.place(interval, from), world.place(interval, to));
            let mut counts: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
            for status in ["new", "returning", "resurrecting", "dormant"] {
                counts.insert(status, vec![0; last - first + 1]);
            }
            for events in world.visitors().values() {
                let seen = events
                    .iter()
                    .map(|event| event.timestamp)
                    .min()
                    .unwrap()
                    .with_timezone(&world.zone);
                let times = events
                    .iter()
                    .filter(|event| event.event == "a")
                    .map(|event| world.local(event));
                let counting =
                    times.filter(|time| *time <= to && (*time >= from || world.place(interval, *time) < first));
                let active: BTreeSet<usize> = counting.map(|time| world.place(interval, time)).collect();
                for place in first..=last {
                    let (now, before) = (active.contains(&place), active.contains(&(place - 1)));
                    let (status, by) = match (now, before) {
                        (true, _) if world.place(interval, seen) == place => ("new", 1),
                        (true, true) => ("returning", 1),
                        (true, false) => ("resurrecting", 1),
                        (false, true) => ("dormant", -1),
                        (false, false) => continue,
                    };
                    counts.get_mut(status).unwrap()[place - first] += by;
                }
            }
            for series in answer["results"].as_array().unwrap() {
                let status = series["status"].as_str().unwrap();
                prop_assert_eq!(&series["data"], &json!(counts[status]), "{}", status);
            }
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn retention_agrees_with_the_clocks() {
    in_worlds(|runtime, world| {
        let run = cases(35).run(&(words(), interval()), |(words, interval)| {
            let period = match interval {
                Interval::Hour => "Hour",
                Interval::Day => "Day",
                Interval::Week => "Week",
                Interval::Month => "Month",
            };
            let filter = json!({
                "period": period, "totalIntervals": 3, "retentionType": "retention_recurring",
                "targetEntity": {"id": "a"}, "returningEntity": {"id": "b"}
            });
            let query = json!({"kind": "RetentionQuery", "retentionFilter": filter});
            let Some((answer, (from, to))) = answer(runtime, world, &words, interval, query) else {
                return Ok(());
            };
            let (first, last) = (world.place(interval, from), world.place(interval, to));
            let visitors = world.visitors();
            for (row, place) in (first..=last).enumerate() {
                let found = &answer["results"][row];
                prop_assert_eq!(&found["date"], &json!(world.start(interval, place).to_rfc3339()));
                for later in 0..3 {
                    let begins = |event: &&&EventRecord| {
                        let time = world.local(event);
                        event.event == "a" && time >= from && time <= to && world.place(interval, time) == place
                    };
                    let returns = |event: &&&EventRecord| {
                        event.event == "b" && world.place(interval, world.local(event)) == place + later
                    };
                    let counts = visitors.values().filter(|events| {
                        events.iter().any(|event| begins(&event))
                            && (later == 0 || events.iter().any(|event| returns(&event)))
                    });
                    let count = counts.count();
                    let wanted = (world.start(interval, place + later) <= world.now).then_some(count);
                    prop_assert_eq!(
                        &found["values"][later]["count"],
                        &json!(wanted),
                        "row {} later {}",
                        row,
                        later
                    );
                }
            }
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn funnels_and_paths_agree_with_the_clocks() {
    in_worlds(|runtime, world| {
        let run = cases(36).run(&words(), |words| {
            let query = json!({"kind": "FunnelsQuery", "series": [{"event": "a"}, {"event": "b"}]});
            if let Some((answer, (from, to))) = answer(runtime, world, &words, Interval::Day, query) {
                let who = world.events.iter().filter(|event| event.event == "a");
                let who = who.filter(|event| event.timestamp >= from && event.timestamp <= to);
                let who: BTreeSet<&str> = who.map(|event| event.distinct_id.as_str()).collect();
                prop_assert_eq!(&answer["results"][0]["count"], &json!(who.len()));
            }
            let query = json!({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}});
            answer(runtime, world, &words, Interval::Day, query);
            Ok(())
        });
        run.unwrap();
    });
}

#[test]
fn lists_and_dates_in_filters_agree_with_the_clocks() {
    in_worlds(|runtime, world| {
        let operator = select(vec!["is_date_exact", "is_date_before", "is_date_after"]);
        let strategy = (words(), operator, any::<bool>(), 0_u32..29, any::<bool>());
        let run = cases(37).run(&strategy, |(words, operator, of_time, back, relative)| {
            let date = world.now.date_naive() - Days::new(u64::from(back));
            let value = if relative {
                format!("-{back}d")
            } else {
                date.to_string()
            };
            let (kind, key) = if of_time {
                ("event_field", "timestamp")
            } else {
                ("event", "at")
            };
            let filter = json!({"type": kind, "key": key, "operator": operator, "value": value});
            let query = json!({"kind": "EventsQuery", "properties": [filter], "limit": 1000});
            let Some((answer, (from, to))) = answer(runtime, world, &words, Interval::Day, query) else {
                return Ok(());
            };
            let holds = |event: &&EventRecord| {
                // A text without an offset means the clocks, and nothing where they show it twice or never.
                let local = match &event.properties[0].1 {
                    _ if of_time => Some(world.local(event)),
                    PropertyValue::Text(text) => world.zone.from_local_datetime(&text.parse().unwrap()).single(),
                    _ => None,
                };
                local.is_some_and(|local| match operator {
                    "is_date_exact" => local.date_naive() == date,
                    "is_date_before" => local.date_naive() < date,
                    _ => local.date_naive() > date,
                })
            };
            let within = world
                .events
                .iter()
                .filter(|event| event.timestamp >= from && event.timestamp <= to);
            let wanted: BTreeSet<String> = within.filter(holds).map(|event| event.uuid.to_string()).collect();
            let found = answer["results"].as_array().unwrap().iter();
            let found: BTreeSet<String> = found.map(|event| event["uuid"].as_str().unwrap().to_owned()).collect();
            prop_assert_eq!(found, wanted);
            Ok(())
        });
        run.unwrap();
    });
}

#[tokio::test]
async fn what_clocks_show_twice_has_its_offset() {
    let world = World::new(Tz::America__New_York, "2024-11-03").await;
    let range = json!({"date_from": "2024-11-03T00:30:00-04:00", "date_to": "2024-11-03T02:10:00-05:00"});
    let query = json!({"kind": "TrendsQuery", "series": [{"event": "a"}], "interval": "hour", "dateRange": range});
    let answer = world.ask(query).await.unwrap();
    let days = [
        "2024-11-03 00:00:00",
        "2024-11-03 01:00:00-04:00",
        "2024-11-03 01:00:00-05:00",
        "2024-11-03 02:00:00",
    ];
    assert_eq!(answer["results"][0]["days"], json!(days));
    let labels = [
        "3-Nov-2024 00:00",
        "3-Nov-2024 01:00 (-04:00)",
        "3-Nov-2024 01:00 (-05:00)",
        "3-Nov-2024 02:00",
    ];
    assert_eq!(answer["results"][0]["labels"], json!(labels));
    let range = json!({"date_from": "2024-11-03T01:30:00"});
    let query = json!({"kind": "TrendsQuery", "series": [{"event": "a"}], "dateRange": range});
    let error = world.ask(query).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n{}", error.message(), error.hint().unwrap_or_default()), @r"
    clocks in America/New_York show 2024-11-03 01:30:00 twice, since they are changed then
    give the time with its offset, such as 2024-11-03T01:30:00-04:00
    ");
    let range = json!({"date_from": "2031-01-01", "date_to": "2031-01-02"});
    let query = json!({"kind": "TrendsQuery", "series": [{"event": "a"}], "dateRange": range});
    let error = world.ask(query).await.unwrap_err();
    assert_eq!(
        error.message(),
        "there is no data from 2031-01-01 00:00 to 2031-01-02 23:59 America/New_York"
    );
}
