//! From what a question means to the typed queries that answer it.

use hedgerow_data_api::{BreakdownFilter, Display, EventsNode, FilterGroup, Interval, Math, TrendsFilter, TrendsQuery};

use crate::dates::Calendar;
use crate::intent::{Condition, Intent, Order, Shape};

/// Values that get a row of their own in a split.
const SHOWN: u32 = 25;
/// All values, as far as the query can give them.
const ALL: u32 = 1_000;

/// The queries of an intent: the one the answer is about, then the total where unique counts
/// don't add up.
pub(crate) fn queries(intent: &Intent, calendar: &Calendar) -> Vec<TrendsQuery> {
    let base = |display: Display| TrendsQuery {
        kind: Default::default(),
        series: vec![whole(intent)],
        interval: Interval::Day,
        date_range: intent.span.query(calendar),
        properties: filters(&intent.conditions),
        filter_test_accounts: false,
        modifiers: Default::default(),
        breakdown_filter: None,
        compare_filter: None,
        trends_filter: TrendsFilter {
            display,
            ..TrendsFilter::default()
        },
    };
    let unique = intent.measure.math != Math::Total;
    let total = || unique.then(|| base(Display::BoldNumber));
    match &intent.shape {
        Shape::Number => vec![base(Display::BoldNumber)],
        Shape::Share { part, event } => {
            let mut query = base(Display::ActionsTable);
            query.series.push(self::part(intent, part, event.clone()));
            vec![query]
        }
        Shape::Series { interval, by } => {
            let query = TrendsQuery {
                interval: *interval,
                breakdown_filter: by.as_deref().map(|by| breakdown(by, SHOWN)),
                ..base(Display::ActionsLineGraph)
            };
            std::iter::once(query).chain(total()).collect()
        }
        Shape::Breakdown { by } => {
            let query = TrendsQuery {
                breakdown_filter: Some(breakdown(by, SHOWN)),
                ..base(Display::ActionsBarValue)
            };
            std::iter::once(query).chain(total()).collect()
        }
        Shape::Top { by, order, count, .. } => {
            // The least can only be named when every value is there.
            let limit = if *order == Order::Most { SHOWN.max(*count) } else { ALL };
            vec![TrendsQuery {
                breakdown_filter: Some(breakdown(by, limit)),
                ..base(Display::ActionsBarValue)
            }]
        }
        Shape::Peak { interval, .. } => vec![TrendsQuery {
            interval: *interval,
            ..base(Display::ActionsBar)
        }],
    }
}

fn whole(intent: &Intent) -> EventsNode {
    let measure = &intent.measure;
    // All events are called what the user calls them; the rest have names of their own.
    let custom = (measure.math == Math::Total && measure.event.is_none() && measure.noun != "events")
        .then(|| measure.noun.clone());
    EventsNode {
        event: measure.event.clone(),
        custom_name: custom,
        math: measure.math,
        ..EventsNode::default()
    }
}

fn part(intent: &Intent, conditions: &[Condition], event: Option<String>) -> EventsNode {
    let name = format!("matching {}", intent.measure.noun);
    EventsNode {
        event: event.or_else(|| intent.measure.event.clone()),
        custom_name: Some(name),
        properties: filters(conditions),
        ..whole(intent)
    }
}

fn filters(conditions: &[Condition]) -> FilterGroup {
    FilterGroup::all(conditions.iter().map(|condition| condition.filter.clone()).collect())
}

fn breakdown(key: &str, limit: u32) -> BreakdownFilter {
    BreakdownFilter {
        breakdown: Some(key.to_owned()),
        breakdown_limit: (limit != SHOWN).then_some(limit),
        ..BreakdownFilter::default()
    }
}
