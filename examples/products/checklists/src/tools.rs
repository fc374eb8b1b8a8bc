//! The product's tools, one file each.

pub mod create_checklist;
pub mod delete_checklist;
pub mod measure_reach;
pub mod tick_checklist_item;
pub mod update_checklist;
