//! Numbers by reference: what an answer is made of once its figures are bound.

use hedgerow_data_api::Unit;
use hedgerow_ids::QueryId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far a number in an answer can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureStatus {
    /// Bound to cells of this run's results.
    Verified,
    /// An echo of the question or of a call's arguments.
    Given,
    /// Nothing supports it.
    Unverified,
}

/// One cell that a figure rests on, copied so that the run log is complete without the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellRef {
    /// The result's handle within the run, e.g. `r1`.
    pub handle: String,
    /// The query that computed the result, where one did.
    pub query_id: Option<QueryId>,
    /// The row, from 0.
    pub row: usize,
    /// The column's name.
    pub column: String,
    /// The row's label.
    pub label: String,
    /// The cell.
    #[schemars(with = "hedgerow_data_api::Cell")]
    pub value: Value,
}

/// A number, name or word of direction in an answer, with what supports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// As it stands in the answer, e.g. `2,896`.
    pub text: String,
    /// The value: a JSON number or text; a percentage is 0 to 100.
    #[schemars(with = "hedgerow_data_api::Cell")]
    pub value: Value,
    /// What it counts.
    pub unit: Unit,
    /// How far it can be relied on.
    pub status: FigureStatus,
    /// The reference that was evaluated, without braces; for a literal, the cell it equals.
    pub expression: String,
    /// The cells it rests on.
    pub cells: Vec<CellRef>,
    /// What it is a claim of.
    pub claim: Claim,
}

/// What kind of claim a figure makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// A number or name by reference.
    Reference,
    /// A number written out.
    Literal,
    /// A word of direction or rank: rose, doubled, highest.
    Word,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Segment {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// A figure.
    Figure {
        /// Its position in [`Answer::figures`].
        index: usize,
    },
}

/// An answer whose figures are bound.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The whole answer as text, figures rendered; an unverified one carries ` [unverified]`.
    pub text: String,
    /// The same in pieces.
    pub segments: Vec<Segment>,
    /// The figures in the order in which they stand.
    pub figures: Vec<Figure>,
    /// The position of the one figure that answers the question, if one does.
    pub headline: Option<usize>,
}

impl Answer {
    /// An answer without figures.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        let segments = vec![Segment::Text { text: text.to_owned() }];
        Self {
            text: text.to_owned(),
            segments,
            figures: Vec::new(),
            headline: None,
        }
    }

    /// The figure that answers the question.
    #[must_use]
    pub fn headline_figure(&self) -> Option<&Figure> {
        self.figures.get(self.headline?)
    }
}
