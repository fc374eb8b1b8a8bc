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
