//! Persons and groups: which distinct ids are one person, and what is known of persons and groups.
//!
//! Events in files carry the key of their own distinct id and never change. Merges make a map from
//! those keys to the keys of persons, and everything that events say of an id is kept in registers
//! that can be merged: the result is the same in whatever order, pieces and repetition events come.
//! The canonical order is that of their [`Stamp`]s.

pub(crate) mod by_key;
mod changes;
mod check;
mod keys;
mod mapped;
mod merges;
mod migrate;
mod missing;
mod overlay;
mod properties;
mod reading;
mod state;
mod store;
mod world;

pub use self::changes::Ignored;
pub(crate) use self::changes::PeopleChanges;
pub(crate) use self::check::{astray, remove, unreadable};
pub(crate) use self::keys::person_keys;
pub use self::keys::{person_key, person_uuid};
pub use self::mapped::{NEVER as LEAVE_PERSONS, copied_from};
pub use self::merges::{MergeKind, MergeOp, Reason, Refusal};
pub(crate) use self::migrate::migrate;
pub(crate) use self::missing::{keep_known, mark_nobody, missing, older_keys};
pub(crate) use self::overlay::Overlay;
pub(crate) use self::reading::{
    collisions, first_seen, group_types, groups, ignored, overrides, person_distinct_ids, persons, refusals,
};
pub use self::state::Stamp;
pub(crate) use self::store::known::Known;
pub(crate) use self::store::{apply, apply_to_known};
pub use self::world::{GroupRow, PersonDistinctId, PersonRow};

#[cfg(test)]
mod tests;
