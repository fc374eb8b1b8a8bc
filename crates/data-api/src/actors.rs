//! The actors query: the persons behind one number of another query.

use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lifecycle::LifecycleStatus;
use crate::person_list::ListedPerson;
use crate::provenance::{Provenance, Warning};
use crate::trends::Compared;
use crate::typed_query::TypedQuery;

/// Lists the persons behind one number of another query, the newest first; of one instant those with the greater id
/// first. They come from the plan that counts them, so a number of persons and its list always agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ActorsQuery {
    /// Always `ActorsQuery`.
    pub kind: ActorsQueryKind,
    /// The query with the number, whole and with its kind: trends, funnels, retention, lifecycle, stickiness,
    /// paths or a calendar heatmap.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub source: Box<TypedQuery>,
    /// Which of its numbers.
    #[serde(default)]
    pub cell: ActorsCell,
    /// The keys of the properties to return; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows of one page, 1 to 10,000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page starts: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The constant `ActorsQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ActorsQueryKind {
    /// The only value.
    #[default]
    ActorsQuery,
}

/// One number of a result. Which fields there are depends on the kind of the query; others are refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ActorsCell {
    /// Trends, stickiness: the place of the series, from 0, which is meant when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
    /// Trends with buckets, lifecycle: the bucket, as `days` of the result has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// Trends, funnels, retention with a breakdown: the `breakdown_value` of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Value>,
    /// Trends that are compared: which of the two ranges; the current one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compared>,
    /// Funnels: the step that persons reached, from 1; with a minus those who reached the one before and not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funnel_step: Option<i32>,
    /// Retention: the place of the interval in which persons began, from 0; with a breakdown among the rows of its value.
    /// Calendar heatmaps: the weekday, from 0, Sunday; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Retention: the place in the row's `values`; 0, which is meant when absent, is all who began. Calendar
    /// heatmaps: the hour; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Lifecycle: which of the four.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<LifecycleStatus>,
    /// Stickiness: on how many intervals, one of `days` of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<u32>,
    /// Paths: the `source` of an edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Paths: the `target` of an edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl ActorsCell {
    /// The place of the series, of which there are so many.
    pub fn series_of(&self, count: usize) -> Result<usize> {
        let series = self.series.unwrap_or(0);
        if series < count {
            return Ok(series);
        }
        let message = format!("there is no series {series}: the query has {count}, counted from 0");
        Err(Error::new(Code::UnknownName, message))
    }

    /// Refuses fields that say nothing of a number of `what`, which has `fields` only.
    pub fn has_only(&self, what: &str, fields: &[&str]) -> Result<()> {
        let given = [
            ("series", self.series.is_some()),
            ("day", self.day.is_some()),
            ("breakdown", self.breakdown.is_some()),
            ("compare", self.compare.is_some()),
            ("funnelStep", self.funnel_step.is_some()),
            ("row", self.row.is_some()),
            ("column", self.column.is_some()),
            ("status", self.status.is_some()),
            ("intervals", self.intervals.is_some()),
            ("source", self.source.is_some()),
            ("target", self.target.is_some()),
        ];
        match given
            .iter()
            .find(|(name, is_given)| *is_given && !fields.contains(name))
        {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("{name} says nothing of a number of {what}");
                let hint = if fields.is_empty() {
                    "it has one number: leave the cell out".to_owned()
                } else {
                    format!("name its cell with {}", fields.join(", "))
                };
                Err(Error::invalid(message).with_hint(hint))
            }
        }
    }
}

/// One person behind a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedActor {
    /// The person.
    #[serde(flatten)]
    pub person: ListedPerson,
    /// How many of what the number counts are of this person: events of trends, sessions of paths. Absent where the
    /// number counts persons by all that they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// What an actors query answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActorsResponse {
    /// The newest first.
    pub results: Vec<ListedActor>,
    /// How many persons are behind the number, on all pages together.
    pub persons: u64,
    /// The sum of `count` of all of them, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// True where there are more than these.
    pub has_more: bool,
    /// The `cursor` of the next page, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What a reader must know, such as that there are more rows.
    pub warnings: Vec<Warning>,
    /// How the list came to be.
    pub provenance: Provenance,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_has_the_fields_of_its_kind_only() {
        let cell: ActorsCell = serde_json::from_value(json!({"day": "2026-05-03", "status": "new"})).unwrap();
        assert!(cell.has_only("a lifecycle", &["day", "status"]).is_ok());
        let error = cell.has_only("a funnel", &["funnelStep"]).unwrap_err();
        assert_eq!(error.message(), "day says nothing of a number of a funnel");
        assert_eq!(error.hint(), Some("name its cell with funnelStep"));
        assert!(ActorsCell::default().has_only("trends", &[]).is_ok());
    }

    #[test]
    fn a_query_stands_in_another() {
        let written = json!({
            "kind": "ActorsQuery",
            "source": {"kind": "LifecycleQuery", "series": [{"event": "a"}]},
            "cell": {"day": "2026-05-03", "status": "new"},
        });
        let read: ActorsQuery = serde_json::from_value(written).unwrap();
        assert!(matches!(*read.source, TypedQuery::Lifecycle(_)));
        let wrong =
            json!({"kind": "ActorsQuery", "source": {"kind": "LifecycleQuery", "series": []}, "cell": {"dya": 3}});
        let error = serde_json::from_value::<ActorsQuery>(wrong).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}
