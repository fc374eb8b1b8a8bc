//! The tools of the lists, one file each.

mod list_content;
pub mod list_events;
pub mod list_persons;
