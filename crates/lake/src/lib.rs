//! The event lake: Parquet files sorted by UTC day, person and time, registered in a `DuckLake` 1.0
//! catalog per project.
//!
//! A project is a folder `projects/<id>/` with `catalog.sqlite` and `data/`. Readers get a
//! [`LakeView`], which never changes; writers append a batch as one catalog transaction. The catalog
//! is readable by `DuckDB`, which is a guest here: one process owns the data folder ([`DataFolder`]).
//! Decisions and measurements: `docs/adr/0002-lake.md`.

#![cfg_attr(
    test,
    expect(
        clippy::duplicate_mod,
        reason = "the schedules of `current` are tried on other locks than it runs on"
    )
)]

mod append;
mod backup;
mod catalog;
mod commit;
mod compact;
mod counts;
mod current;
mod days;
mod delete;
mod doctor;
mod duplicates;
mod expire;
mod export;
mod files;
mod flush;
mod folder;
mod group;
mod layout;
mod locks;
mod log;
mod lookup;
mod maintain;
mod memory;
mod parquet_file;
mod people;
mod people_reader;
mod person_taxonomy;
mod persons;
mod project;
mod recent;
mod reconcile;
mod recount;
mod rows;
#[cfg(test)]
mod schedules;
mod settings;
mod shred;
mod sqlite_error;
mod store;
mod text_chunk;
mod touches;
mod unshred;
mod value_index;
mod varint;
mod view;

pub use files::{Files, Stage, SystemFiles, WriteFile};
pub use folder::DataFolder;
pub use layout::{ColumnKind, LakeColumn};
pub use people::{
    GroupRow, Ignored, LEAVE_PERSONS, MergeKind, MergeOp, PersonDistinctId, PersonRow, Reason, Refusal, Stamp,
    copied_from, person_key, person_uuid,
};
pub use people_reader::PeopleReader;
pub use person_taxonomy::person_properties;
pub use persons::Persons;
pub use settings::Settings;
pub use store::{Lake, Moment};
pub use view::{LakeFile, LakeView, Overrides};
