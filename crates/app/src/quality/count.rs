//! Counting the records of a product.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use hedgerow_agent_api::{CallEnd, CallRecord, Feedback, Rating, Registry, RunStatus, Surface, Thread};

use super::types::{
    DayCalls, ErrorExample, ErrorGroup, QualityFeedback, RunTotals, SurfaceCalls, ToolQuality, Totals, ZeroMatch,
};

/// Calls that are shown of one kind of error.
const EXAMPLES: usize = 3;

pub(super) fn totals(calls: &[&CallRecord]) -> Totals {
    let mut totals = Totals::default();
    for call in calls {
        totals.add(call.end);
        totals.argument_tokens += call.argument_tokens;
        totals.result_tokens += call.result_tokens;
    }
    totals
}

/// Each day from the first to before the last, of which `today` is not over.
pub(super) fn by_day(
    calls: &[&CallRecord],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    today: DateTime<Utc>,
) -> Vec<DayCalls> {
    let mut days = BTreeMap::<NaiveDate, (u64, u64)>::new();
    let mut day = from;
    while day < to {
        days.insert(day.date_naive(), (0, 0));
        day += Duration::days(1);
    }
    for call in calls {
        let (all, failed) = days.entry(call.at.date_naive()).or_default();
        *all += 1;
        *failed += u64::from(has_failed(call));
    }
    let shown = |(day, (calls, failed)): (NaiveDate, (u64, u64))| DayCalls {
        day: day.to_string(),
        calls,
        failed,
        partial: day == today.date_naive(),
    };
    days.into_iter().map(shown).collect()
}

/// Each of a product's tools, also those without calls.
pub(super) fn tools(registry: &Registry, product: &str, calls: &[&CallRecord]) -> Vec<ToolQuality> {
    let of_tool = |tool: &str| -> Vec<&CallRecord> {
        let own = calls.iter().filter(|call| call.tool == tool);
        own.copied().collect()
    };
    let mut tools: Vec<ToolQuality> = registry
        .tools_of_product(product)
        .map(|tool| {
            let declaration = tool.declaration();
            let own = of_tool(&declaration.name);
            let from = |surface| own.iter().filter(|call| call.surface == surface).count() as u64;
            let mut took: Vec<u64> = own
                .iter()
                .filter(|call| call.end == CallEnd::Ok)
                .filter_map(|call| call.ms)
                .collect();
            took.sort_unstable();
            ToolQuality {
                tool: declaration.name.to_string(),
                title: declaration.title.to_string(),
                totals: totals(&own),
                surfaces: SurfaceCalls {
                    agent: from(Surface::Agent),
                    http: from(Surface::Http),
                    cli: from(Surface::Cli),
                },
                p50_ms: nearest_rank(&took, 50),
                p95_ms: nearest_rank(&took, 95),
            }
        })
        .collect();
    tools.sort_by_key(|tool| Reverse(tool.totals.calls));
    tools
}

pub(super) fn errors(calls: &[&CallRecord]) -> Vec<ErrorGroup> {
    let mut groups: Vec<ErrorGroup> = Vec::new();
    for call in calls.iter().rev().filter(|call| has_failed(call)) {
        let code = call.error.as_ref().map(|error| error.code);
        let position = groups.iter().position(|group| group.code == code);
        let position = position.unwrap_or_else(|| {
            groups.push(ErrorGroup {
                code,
                calls: 0,
                latest: Vec::new(),
            });
            groups.len() - 1
        });
        let group = &mut groups[position];
        group.calls += 1;
        if group.latest.len() < EXAMPLES {
            group.latest.push(ErrorExample {
                at: call.at,
                tool: call.tool.clone(),
                message: call
                    .error
                    .as_ref()
                    .map(|error| error.message.clone())
                    .unwrap_or_default(),
                run_id: call.run_id,
            });
        }
    }
    groups.sort_by_key(|group| Reverse(group.calls));
    groups
}

pub(super) fn runs(runs: &[&Thread]) -> RunTotals {
    RunTotals {
        runs: runs.len() as u64,
        failed: runs.iter().filter(|run| run.status == RunStatus::Failed).count() as u64,
        input_tokens: runs.iter().map(|run| run.usage.input_tokens).sum(),
        output_tokens: runs.iter().map(|run| run.usage.output_tokens).sum(),
    }
}

/// The searches that found nothing, by their words, the newest first.
pub(super) fn searches(calls: &[CallRecord]) -> Vec<ZeroMatch> {
    let mut searches: Vec<ZeroMatch> = Vec::new();
    for (words, at) in calls
        .iter()
        .rev()
        .filter_map(|call| Some((call.searched.as_ref()?, call.at)))
    {
        match searches.iter_mut().find(|known| known.words == *words) {
            Some(known) => known.times += 1,
            None => searches.push(ZeroMatch {
                words: words.clone(),
                times: 1,
                last_at: at,
            }),
        }
    }
    searches
}

/// Feedback, newest first, with the words of the newest.
pub(super) fn feedback(given: &[Feedback], shown: usize) -> QualityFeedback {
    let rated = |rating| given.iter().filter(|feedback| feedback.rating == rating).count() as u64;
    let with_words = given.iter().filter(|feedback| feedback.text.is_some());
    QualityFeedback {
        good: rated(Rating::Good),
        bad: rated(Rating::Bad),
        latest: with_words.take(shown).cloned().collect(),
    }
}

/// Whether something went wrong with a call: asking a person is no failure, and neither is a no.
fn has_failed(call: &CallRecord) -> bool {
    matches!(call.end, CallEnd::Error | CallEnd::Denied | CallEnd::Unknown)
}

/// The smallest value that so many percent of the values do not exceed.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank_is_a_value_that_occurs() {
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!((nearest_rank(&ten, 50), nearest_rank(&ten, 95)), (Some(5), Some(10)));
        assert_eq!((nearest_rank(&[7], 50), nearest_rank(&[7], 95)), (Some(7), Some(7)));
        assert_eq!(nearest_rank(&[], 50), None);
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(nearest_rank(&hundred, 95), Some(95));
    }
}
