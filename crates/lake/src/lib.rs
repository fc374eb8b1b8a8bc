//! The event lake: sorted Parquet files of one UTC day each, registered in a `DuckLake` 1.0 catalog
//! per project.
//!
//! A project is a folder `projects/<id>/` with `catalog.sqlite` and `data/`. Readers get a
//! [`LakeView`], which never changes; writers append a batch as one catalog transaction. The catalog
//! is readable by `DuckDB`, which is a guest here: one process owns the data folder ([`DataFolder`]).
//! Decisions and measurements: `docs/adr/0002-lake.md`.

mod append;
mod catalog;
mod counts;
mod duplicates;
mod folder;
mod layout;
mod parquet_file;
mod project;
mod recent;
mod sqlite_error;
mod store;
mod value_index;
mod view;

pub use folder::DataFolder;
pub use layout::{ColumnKind, LakeColumn};
pub use store::Lake;
pub use view::{LakeFile, LakeView};
