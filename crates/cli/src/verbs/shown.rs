//! What several verbs print in the same words: warnings, provenance, figures.

use hedgerow_agent_api::{Answer, Claim, Figure, FigureStatus, Segment};
use hedgerow_data_api::{Provenance, ResolvedRange, Unit, Warning};
use hedgerow_errors::Result;
use serde_json::Value;

use super::VerbContext;
use crate::number;
use crate::table::TextTable;

const UNVERIFIED: &str = " [unverified]";

/// A table as data; long cells are cut only where a person reads.
pub(super) fn table(table: &TextTable, ctx: &VerbContext) -> Result<()> {
    ctx.printer.line(&table.lines(ctx.printer.out_is_terminal()).join("\n"))
}

/// What a reader of a result must know, beside the data.
pub(super) fn remarks(result_warnings: &[Warning], provenance: Option<&Provenance>, ctx: &VerbContext) {
    for line in warnings(result_warnings).chain(provenance.map(computed)) {
        ctx.printer.note(&line);
    }
}

/// How a query is opened again.
pub(super) fn query_id(provenance: &Provenance, ctx: &VerbContext) {
    ctx.printer
        .note(&format!("again: hedgerow query --id {}", provenance.query_id));
}

/// JSON over several lines.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

/// How long a call took, as it stands behind its title.
pub(super) fn duration(ms: Option<u64>) -> String {
    ms.map(|ms| format!(" ({ms} ms)")).unwrap_or_default()
}

/// Each warning as a line.
pub(super) fn warnings(warnings: &[Warning]) -> impl Iterator<Item = String> {
    warnings.iter().map(|warning| format!("warning: {}", warning.message))
}

/// How a result came to be, on one line.
pub(super) fn computed(provenance: &Provenance) -> String {
    let range = match &provenance.range {
        Some(range) => format!("{} ({})", range_text(range), provenance.time_zone),
        None => format!("time zone {}", provenance.time_zone),
    };
    let mut parts = vec![range];
    parts.push(if provenance.filters.is_empty() {
        "no filters".to_owned()
    } else {
        format!("filters: {}", provenance.filters.join("; "))
    });
    if !provenance.definitions.is_empty() {
        parts.push(format!("with {}", provenance.definitions.join("; ")));
    }
    if !provenance.limits.is_empty() {
        parts.push(format!("limits: {}", provenance.limits.join("; ")));
    }
    parts.push(format!("snapshot {}", provenance.snapshot_id));
    parts.extend(provenance.cached_at.iter().map(|at| format!("kept from {at}")));
    format!("computed: {}", parts.join(", "))
}

/// Whole days as days, anything else as it is.
fn range_text(range: &ResolvedRange) -> String {
    let day = |time: &str, midnight: &str| {
        let (day, rest) = time.split_once('T')?;
        rest.starts_with(midnight).then(|| day.to_owned())
    };
    let (from, to) = (day(&range.date_from, "00:00:00"), day(&range.date_to, "23:59:59"));
    let text = match (from, to) {
        (Some(from), Some(to)) if from == to => from,
        (Some(from), Some(to)) => format!("{from} to {to}"),
        _ => format!("{} to {}", range.date_from, range.date_to),
    };
    if range.partial {
        format!("{text}, not over yet")
    } else {
        text
    }
}

/// The answer, each figure with its mark. Put together from the pieces, so that the mark of a
/// figure never depends on a text that somebody wrote.
pub(super) fn answer(answer: &Answer) -> String {
    if answer.segments.is_empty() {
        return answer.text.clone();
    }
    let piece = |segment: &Segment| match segment {
        Segment::Text { text } => text.clone(),
        Segment::Figure { index } => answer.figures.get(*index).map(marked).unwrap_or_default(),
    };
    answer.segments.iter().map(piece).collect()
}

/// A figure with its mark where nothing supports it. A reference without a value is no claim, and
/// its text says that it has none.
fn marked(figure: &Figure) -> String {
    match figure.status {
        FigureStatus::Unverified if figure.claim == Claim::Reference && figure.value.is_null() => figure.text.clone(),
        FigureStatus::Unverified => format!("{}{UNVERIFIED}", figure.text),
        FigureStatus::Verified | FigureStatus::Given => figure.text.clone(),
    }
}

/// The figure that answers the question, with its unit.
pub(super) fn headline(figure: &Figure) -> String {
    let value = match &figure.value {
        serde_json::Value::Number(number) => number::rounded(number),
        _ => figure.text.clone(),
    };
    let unit = match figure.unit {
        Unit::Events => " events",
        Unit::Persons => " visitors",
        Unit::Sessions => " sessions",
        Unit::Percent => " %",
        Unit::Bytes => " bytes",
        Unit::None => "",
    };
    let mark = match figure.status {
        FigureStatus::Verified => "",
        FigureStatus::Given => " [from the question]",
        FigureStatus::Unverified => UNVERIFIED,
    };
    format!("= {value}{unit}{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_text_shows_whole_days_as_days() {
        let cases = [
            (
                "2015-05-18T00:00:00Z",
                "2015-05-18T23:59:59.999999Z",
                false,
                "2015-05-18",
            ),
            (
                "2015-05-17T00:00:00Z",
                "2015-05-20T23:59:59.999999Z",
                false,
                "2015-05-17 to 2015-05-20",
            ),
            (
                "2015-05-17T10:00:00Z",
                "2015-05-20T23:59:59.999999Z",
                true,
                "2015-05-17T10:00:00Z to 2015-05-20T23:59:59.999999Z, not over yet",
            ),
        ];
        for (from, to, partial, text) in cases {
            let range = ResolvedRange {
                date_from: from.into(),
                date_to: to.into(),
                partial,
            };
            assert_eq!(range_text(&range), text);
        }
    }
}
