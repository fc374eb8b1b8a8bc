//! The table `sessions`: made of the events of each session.

use std::collections::BTreeSet;

use hedgerow_lake::LakeView;

use super::build::{quoted, quoted_text};

/// The fields of a session, and the property that a field takes of the first (`<`) or last (`>`) pageview, where
/// it does.
pub(crate) const FIELDS: [(&str, &str); 21] = [
    ("session_id", ""),
    ("id", ""),
    ("distinct_id", ""),
    ("$start_timestamp", ""),
    ("$end_timestamp", ""),
    ("$session_duration", ""),
    ("$is_bounce", ""),
    ("$pageview_count", ""),
    ("$autocapture_count", ""),
    ("$event_count", ""),
    ("$channel_type", ""),
    ("$entry_current_url", "<$current_url"),
    ("$entry_pathname", "<$pathname"),
    ("$entry_hostname", "<$host"),
    ("$entry_utm_source", "<utm_source"),
    ("$entry_utm_medium", "<utm_medium"),
    ("$entry_utm_campaign", "<utm_campaign"),
    ("$entry_referring_domain", "<$referring_domain"),
    ("$end_current_url", ">$current_url"),
    ("$end_pathname", ">$pathname"),
    ("$exit_pathname", ">$pathname"),
];

/// A session that is shorter, with one pageview and no click, bounced.
const BOUNCE_SECONDS: u32 = 10;

/// The table as SQL, with the wanted fields or all.
pub(super) fn sql(view: &LakeView, wanted: Option<&BTreeSet<String>>) -> String {
    let is_wanted = |field: &str| wanted.is_none_or(|wanted| wanted.contains(field));
    let mut columns = vec!["session_id AS \"session_id\"".to_owned()];
    for (field, property) in FIELDS.iter().skip(1) {
        if is_wanted(field) {
            columns.push(format!("{} AS {}", aggregate(view, field, property), quoted(field)));
        }
    }
    format!(
        "(SELECT {} FROM hedgerow.project.events AS \"events\" WHERE session_id IS NOT NULL GROUP BY session_id)",
        columns.join(", ")
    )
}

fn aggregate(view: &LakeView, field: &str, property: &str) -> String {
    let count = |event: &str| format!("count(*) FILTER (WHERE event = {})", quoted_text(event));
    let duration =
        "((CAST(max(\"timestamp\") AS BIGINT) - CAST(min(\"timestamp\") AS BIGINT)) / CAST(1000000 AS DOUBLE))";
    match field {
        "id" => "session_id".to_owned(),
        "distinct_id" => "first_value(distinct_id ORDER BY \"timestamp\", uuid)".to_owned(),
        "$start_timestamp" => "min(\"timestamp\")".to_owned(),
        "$end_timestamp" => "max(\"timestamp\")".to_owned(),
        "$session_duration" => duration.to_owned(),
        "$event_count" => "count(*)".to_owned(),
        "$pageview_count" => count("$pageview"),
        "$autocapture_count" => count("$autocapture"),
        "$is_bounce" => format!(
            "({} <= 1 AND {} = 0 AND {duration} < {BOUNCE_SECONDS})",
            count("$pageview"),
            count("$autocapture")
        ),
        "$channel_type" => {
            let [source, medium, domain] =
                ["<utm_source", "<utm_medium", "<$referring_domain"].map(|property| of_pageview(view, property));
            format!(
                "(CASE WHEN lower({medium}) IN ('cpc', 'ppc', 'paid', 'cpm') THEN 'Paid' \
                 WHEN lower({medium}) IN ('email', 'e-mail', 'newsletter') OR lower({source}) IN ('email', 'newsletter') THEN 'Email' \
                 WHEN lower({medium}) IN ('social', 'sm') THEN 'Social' \
                 WHEN {domain} LIKE '%google.%' OR {domain} LIKE '%bing.%' OR {domain} LIKE '%duckduckgo.%' OR {domain} LIKE '%ecosia.%' THEN 'Organic Search' \
                 WHEN {source} IS NULL AND ({domain} IS NULL OR {domain} = '$direct') THEN 'Direct' \
                 WHEN {source} IS NOT NULL THEN 'Campaign' ELSE 'Referral' END)"
            )
        }
        _ => of_pageview(view, property),
    }
}

/// A property of the first or last pageview of the session.
fn of_pageview(view: &LakeView, property: &str) -> String {
    let (function, key) = match property.strip_prefix('>') {
        Some(key) => ("last_value", key),
        None => ("first_value", property.trim_start_matches('<')),
    };
    match view.column_of(key) {
        Some(column) => format!(
            "{function}({} ORDER BY \"timestamp\", uuid) FILTER (WHERE event = '$pageview')",
            quoted(&column.name)
        ),
        None => "CAST(NULL AS VARCHAR)".to_owned(),
    }
}
