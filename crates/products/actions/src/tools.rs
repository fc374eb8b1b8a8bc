//! The product's tools, one file each.

pub mod create_action;
pub mod delete_action;
pub mod update_action;
