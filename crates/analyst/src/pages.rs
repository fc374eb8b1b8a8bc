//! What counts as a page where pages are ranked or told apart.
//!
//! A page is something that is viewed: images, styles and feeds are paths, but no pages. So visitors and sessions
//! "per page" are counted by page views. Where the question itself speaks of requests or responses, every path
//! counts, and the answer says so.

use hedgerow_data_api::Math;

use crate::chunks::Item;
use crate::intent::{Condition, Measure, Shape};
use crate::lexicon::{Counted, Word};
use crate::parser::Parser;

/// The event of a page view.
const PAGE_VIEW: &str = "$pageview";

/// What is said where pages are told apart.
pub(crate) const ALL_PATHS: &str = "every requested path counts as a page, files too";
pub(crate) const VIEWED_PAGES: &str = "pages are counted by page views; say \"path\" to count every request, files too";

/// Properties of a single response; page views are told by some of them, so they never meet all conditions.
const OF_RESPONSE: [&str; 3] = ["status", "method", "bytes"];

impl Parser<'_> {
    /// Counts visitors and sessions of pages by page views; returns what was assumed.
    pub(crate) fn read_pages(
        &self,
        measure: &mut Measure,
        shape: &Shape,
        conditions: &[Condition],
    ) -> Option<&'static str> {
        let by = match shape {
            Shape::Breakdown { by } | Shape::Top { by, .. } => Some(by.as_str()),
            Shape::Series { by, .. } => by.as_deref(),
            Shape::Number | Shape::Peak { .. } | Shape::Share { .. } => None,
        };
        if by != Some("$pathname") || measure.event.is_some() || !self.names_pages() {
            return None;
        }
        let of_response = conditions.iter().any(|one| OF_RESPONSE.contains(&one.key()));
        let of_requests = (0..self.chunks.len())
            .any(|at| matches!(self.item(at), Some(Item::Word(Word::Measure(Counted::Events, _)))));
        let has_views = self.knowledge.events.iter().any(|event| event.name == PAGE_VIEW);
        if measure.math == Math::Total || of_response || of_requests || !has_views {
            return Some(ALL_PATHS);
        }
        measure.event = Some(PAGE_VIEW.to_owned());
        Some(VIEWED_PAGES)
    }

    /// True where the property is called a page, not a path or a file.
    fn names_pages(&self) -> bool {
        (0..self.chunks.len()).any(|at| {
            let is_path = self.item(at) == Some(&Item::Property("$pathname".to_owned()));
            is_path && ["page", "pages"].contains(&self.text(at).to_lowercase().as_str())
        })
    }
}
