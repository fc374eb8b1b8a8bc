//! The product's tools, one file each.

pub mod create_dashboard;
pub mod create_insight;
pub mod delete_dashboard;
pub mod delete_insight;
pub mod update_dashboard;
pub mod update_insight;
