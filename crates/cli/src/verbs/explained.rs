//! What running a query took, as `query --explain` shows it.

use hedgerow_data_api::{Explained, PlanOperator, QueryStage};
use serde_json::json;

use crate::number::grouped_integer;
use crate::table::TextTable;

/// What was read, where the time went, and each plan with its operators.
pub(super) fn text(explained: &Explained) -> String {
    let read = format!(
        "{}: {} of {} files ({} bytes read), {} rows read, {} events in snapshot {}",
        explained.kind,
        grouped_integer(explained.files_read),
        grouped_integer(explained.files),
        grouped_integer(explained.bytes_read),
        grouped_integer(explained.rows_read),
        grouped_integer(explained.rows),
        explained.snapshot_id
    );
    let mut lines = vec![read, String::new()];
    lines.extend(table("stage", &explained.stages));
    if !explained.work.is_empty() {
        lines.push(String::new());
        lines.extend(table("work of all cores", &explained.work));
    }
    let of = explained.plans.len();
    for (place, plan) in explained.plans.iter().enumerate() {
        lines.push(String::new());
        lines.push(format!(
            "plan {} of {of}: {} files ({} bytes read), {} rows read, {:.1} ms",
            place + 1,
            grouped_integer(plan.files_read),
            grouped_integer(plan.bytes_read),
            grouped_integer(plan.rows_read),
            plan.ms
        ));
        lines.extend(plan.operators.iter().map(operator));
    }
    lines.join("\n")
}

fn table(title: &str, stages: &[QueryStage]) -> Vec<String> {
    let mut table = TextTable::new([title, "ms"]);
    for stage in stages {
        table.row(&[json!(stage.name), json!((stage.ms * 10.0).round() / 10.0)]);
    }
    table.lines(false)
}

fn operator(operator: &PlanOperator) -> String {
    let mut said = Vec::new();
    said.extend(operator.rows.map(|rows| format!("{} rows", grouped_integer(rows))));
    said.extend(operator.ms.map(|ms| format!("{ms:.1} ms")));
    let spilled = operator.spilled_bytes;
    said.extend(spilled.map(|bytes| format!("{} bytes to disk", grouped_integer(bytes))));
    let said = if said.is_empty() {
        String::new()
    } else {
        format!("  [{}]", said.join(", "))
    };
    format!("{}{}{said}", "  ".repeat(operator.depth + 1), operator.text)
}

#[cfg(test)]
mod tests {
    use hedgerow_data_api::ExplainedPlan;

    use super::*;

    #[test]
    fn text_says_what_was_read_where_the_time_went_and_what_each_operator_did() {
        let stage = |name: &str, ms| QueryStage {
            name: name.to_owned(),
            ms,
        };
        let operator = |depth, text: &str, rows, spilled_bytes| PlanOperator {
            depth,
            text: text.to_owned(),
            rows,
            ms: rows.map(|_| 1.25),
            spilled_bytes,
        };
        let explained = Explained {
            kind: "TrendsQuery".to_owned(),
            snapshot_id: 7,
            files_read: 3,
            files: 12,
            bytes_read: 1_204_332,
            rows_read: 20_000,
            rows: 90_000,
            stages: vec![stage("prepare", 1.04), stage("run", 12.5)],
            work: vec![stage("scan", 10.26)],
            plans: vec![ExplainedPlan {
                files_read: 3,
                bytes_read: 1_204_332,
                rows_read: 20_000,
                ms: 12.5,
                operators: vec![
                    operator(0, "AggregateExec: mode=Single", Some(4_000), Some(2_048)),
                    operator(1, "DataSourceExec: events", None, None),
                ],
            }],
        };
        let expected = "\
TrendsQuery: 3 of 12 files (1,204,332 bytes read), 20,000 rows read, 90,000 events in snapshot 7

stage      ms
-------  ----
prepare   1.0
run      12.5

work of all cores    ms
-----------------  ----
scan               10.3

plan 1 of 1: 3 files (1,204,332 bytes read), 20,000 rows read, 12.5 ms
  AggregateExec: mode=Single  [4,000 rows, 1.2 ms, 2,048 bytes to disk]
    DataSourceExec: events";
        assert_eq!(text(&explained), expected);
    }
}
