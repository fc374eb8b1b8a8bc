//! The view of a funnel interval by interval.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hedgerow_data_api::{BREAKDOWN_NONE, BREAKDOWN_OTHER, FunnelTrend, Interval, Warning};
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;

use super::{Done, Prepared, percent};
use crate::dates::Local;
use crate::engine::Session;
use crate::intervals::{Intervals, start_day, start_label};

/// Numbers that one answer holds at most.
const MOST_NUMBERS: usize = 1_000_000;

/// Who entered in each interval, and who of them converted.
struct Line {
    entered: Vec<u64>,
    converted: Vec<u64>,
}

impl Line {
    fn new(intervals: usize) -> Self {
        Self {
            entered: vec![0; intervals],
            converted: vec![0; intervals],
        }
    }

    fn total(&self) -> u64 {
        self.entered.iter().sum()
    }

    /// Adds a row: the place of an interval, who is excluded, who entered and who converted.
    fn add(&mut self, row: &[Value], done: &mut Done) -> Result<()> {
        let numbers: Vec<u64> = row.iter().filter_map(Value::as_u64).collect();
        let [place, excluded, entered, converted] = numbers[..] else {
            return Err(Error::internal("an interval of a funnel has not four numbers"));
        };
        let place = usize::try_from(place).ok().filter(|place| *place < self.entered.len());
        let place = place.ok_or_else(|| Error::internal("a funnel has an interval that is not there"))?;
        self.entered[place] += entered;
        self.converted[place] += converted;
        done.excluded += excluded;
        done.entered += entered;
        Ok(())
    }
}

impl Prepared<'_> {
    pub(super) async fn trends(&self, session: &Session, done: &mut Done) -> Result<Vec<FunnelTrend>> {
        let (Some(intervals), Some(interval)) = (&self.intervals, self.asked.interval()) else {
            return Err(Error::internal("a funnel over time has no intervals"));
        };
        let lines = if self.breakdown.is_some() { self.limit() + 2 } else { 1 };
        if lines * intervals.len() > MOST_NUMBERS {
            let message = format!("the query gives more than {MOST_NUMBERS} numbers");
            return Err(Error::new(Code::LimitExceeded, message).with_hint("take a longer interval or a shorter range"));
        }
        let found = self
            .groups(session, &self.trends_plan(session, None).await?, done)
            .await?;
        let mut results = Vec::new();
        let of = |line: &Line, value| self.trend(interval, intervals, line, value);
        if self.breakdown.is_none() {
            let mut line = Line::new(intervals.len());
            for row in &found {
                line.add(row, done)?;
            }
            results.push(of(&line, None));
        } else {
            let mut by_value: BTreeMap<String, (Value, Line)> = BTreeMap::new();
            for row in &found {
                let Some((value, row)) = row.split_first() else {
                    continue;
                };
                let known = by_value.entry(value.to_string());
                let (_, line) = known.or_insert_with(|| (value.clone(), Line::new(intervals.len())));
                line.add(row, done)?;
            }
            let missing = by_value.remove(&Value::Null.to_string());
            let mut named: Vec<(Value, Line)> = by_value.into_values().collect();
            named.retain(|(_, line)| line.total() > 0);
            named.sort_by_key(|(_, line)| Reverse(line.total()));
            let limit = self.limit();
            let more = named.len().saturating_sub(limit);
            self.say_other(more, done);
            named.truncate(limit);
            results.extend(named.iter().map(|(value, line)| of(line, Some(self.shown(value)))));
            if more > 0 {
                let values: Vec<Value> = named.into_iter().map(|(value, _)| value).collect();
                let plan = self.trends_plan(session, Some(&values)).await?;
                let (mut line, mut again) = (Line::new(intervals.len()), Done::default());
                for row in self.groups(session, &plan, done).await? {
                    // They are counted above already.
                    line.add(&row, &mut again)?;
                }
                results.push(of(&line, Some(BREAKDOWN_OTHER.into())));
            }
            let missing = missing.filter(|(_, line)| line.total() > 0);
            results.extend(missing.map(|(_, line)| of(&line, Some(BREAKDOWN_NONE.into()))));
        }
        self.say_open(interval, &results, done);
        Ok(results)
    }

    fn trend(&self, interval: Interval, intervals: &Intervals, line: &Line, value: Option<Value>) -> FunnelTrend {
        let starts = &intervals.starts;
        let ends = starts.iter().skip(1).chain([&intervals.end]);
        let numbers = line.converted.iter().zip(&line.entered);
        FunnelTrend {
            count: starts.len(),
            data: numbers
                .map(|(converted, entered)| percent(*converted, *entered))
                .collect(),
            entered: line.entered.clone(),
            converted: line.converted.clone(),
            window_ended: ends.map(|end| self.has_ended(*end)).collect(),
            days: starts.iter().map(|start| start_day(interval, *start)).collect(),
            labels: starts.iter().map(|start| start_label(interval, *start)).collect(),
            breakdown_value: value,
        }
    }

    /// Whether all who entered before an end had their whole window.
    fn has_ended(&self, end: Local) -> bool {
        let (now, to) = (self.scope.now, self.scope.range.to);
        let last = (end.timestamp_micros() - 1).min(to.timestamp_micros());
        self.asked.rules.window_end(last) <= now.min(to).timestamp_micros()
    }

    /// Says from which interval on the rates can still grow.
    fn say_open(&self, interval: Interval, results: &[FunnelTrend], done: &mut Done) {
        let first = results.first();
        let open = first.and_then(|trend| trend.window_ended.iter().position(|ended| !ended));
        if let (Some(place), Some(trend)) = (open, first) {
            let message = format!(
                "who entered in the {} of {} or later had not the whole window yet, within the range and before now, so \
                 that these rates can still grow",
                interval.as_str(),
                trend.labels[place]
            );
            done.warnings.push(Warning::new("window_open", message));
        }
    }
}
