//! The product's tools, one file each.

pub mod create_cohort;
pub mod delete_cohort;
pub mod read_cohort;
pub mod update_cohort;
