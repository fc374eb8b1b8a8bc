//! The verbs that look after data.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `export`.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Export events as one Parquet file
    #[command(after_help = "Example:\n  hedgerow export parquet events.parquet --project site")]
    Parquet(ExportParquetArgs),
    /// Export events as JSON lines, in the form of PostHog's exports
    #[command(after_help = JSONL_HELP)]
    Jsonl(ExportJsonlArgs),
}

const JSONL_HELP: &str = "Examples:
  hedgerow export jsonl events.jsonl --project site
  hedgerow export jsonl - --project site --event '$pageview'";

/// `export parquet`.
#[derive(Debug, Args)]
pub struct ExportParquetArgs {
    /// The new file
    pub file: PathBuf,
    /// Only events of this name; may be given more than once [default: all]
    #[arg(long = "event", value_name = "NAME")]
    pub events: Vec<String>,
}

/// `export jsonl`.
#[derive(Debug, Args)]
pub struct ExportJsonlArgs {
    /// The new file, or - for standard output
    pub file: PathBuf,
    /// Only events of this name; may be given more than once [default: all]
    #[arg(long = "event", value_name = "NAME")]
    pub events: Vec<String>,
}

/// `persons`.
#[derive(Debug, Subcommand)]
pub enum PersonsCommand {
    /// List persons
    #[command(after_help = "Example:\n  hedgerow persons list --search ann --project site")]
    List {
        /// Only persons with a distinct id that contains this text
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// How many, 1 to 1,000
        #[arg(long, value_name = "PERSONS", default_value_t = 20)]
        limit: usize,
    },
    /// Show a person: its distinct ids and properties
    #[command(after_help = "Example:\n  hedgerow persons show ann@example.com --project site")]
    Show {
        /// One of its distinct ids, or its id
        id: String,
    },
    /// Delete a person with all its distinct ids and events, for good
    #[command(after_help = "Example:\n  hedgerow persons delete ann@example.com --project site --yes")]
    Delete {
        /// One of its distinct ids, or its id
        id: String,
        /// Delete it; without this it is only said what would be deleted
        #[arg(long)]
        yes: bool,
    },
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Read all events, too: their order and identities, and every count
    #[arg(long)]
    pub full: bool,
    /// Read all events, and repair what can be repaired without losing anything
    #[arg(long)]
    pub repair: bool,
    /// Give up files that are missing, with their events
    #[arg(long, requires = "repair")]
    pub drop_missing: bool,
}

/// `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The new folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The folder that `backup` made
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
