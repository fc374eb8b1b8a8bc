//! The product's tools, one file each.

pub mod create_notebook;
pub mod delete_notebook;
pub mod update_notebook;
