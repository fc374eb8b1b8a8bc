//! The tools of product analytics, one file each.

mod extremes;
pub mod query_funnel;
pub mod query_trends;
mod trends_table;

use hedgerow_data_api::Provenance;
pub use trends_table::trends_table;

/// Over what a result was computed, as the model reads it.
fn computed(provenance: &Provenance) -> String {
    let range = provenance.range.as_ref().map_or_else(String::new, |range| {
        let partial = if range.partial { ", not over yet" } else { "" };
        format!("{} to {}{partial}, ", range.date_from, range.date_to)
    });
    let filters = if provenance.filters.is_empty() {
        "no filters".to_owned()
    } else {
        format!("filters: {}", provenance.filters.join("; "))
    };
    let definitions = match provenance.definitions.as_slice() {
        [] => String::new(),
        definitions => format!(", with {}", definitions.join("; ")),
    };
    format!(
        "computed over {range}time zone {}, {filters}{definitions}, {} rows read",
        provenance.time_zone, provenance.rows_read
    )
}
