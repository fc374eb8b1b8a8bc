//! The product's tools, one file each.

pub mod create_feature_flag;
pub mod delete_feature_flag;
pub mod evaluate_feature_flags;
pub mod update_feature_flag;
