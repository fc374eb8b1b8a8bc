//! Arguments of `objects` and `activity`.

use clap::Subcommand;
use hedgerow_ids::{ActivityId, ObjectId, RunId};

/// `objects`.
#[derive(Debug, Clone, Subcommand)]
pub enum ObjectsCommand {
    /// List objects by name, all or of a kind
    #[command(after_help = "Example:\n  hedgerow objects list feature_flag --project site")]
    List {
        /// Only those of this kind
        kind: Option<String>,
    },
    /// Show one object and its history
    #[command(after_help = "Example:\n  hedgerow objects show new-editor")]
    Show {
        /// Its name or id
        object: String,
    },
}

/// `activity`.
#[derive(Debug, Clone, Subcommand)]
pub enum ActivityCommand {
    /// List changes, newest first
    #[command(after_help = "Example:\n  hedgerow activity list --kind feature_flag --limit 5")]
    List {
        /// Only this object's
        #[arg(long, value_name = "OBJECT")]
        object: Option<ObjectId>,
        /// Only those of objects of this kind
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// Only those of this run
        #[arg(long, value_name = "RUN")]
        run: Option<RunId>,
        /// How many
        #[arg(long, value_name = "CHANGES", default_value_t = 20)]
        limit: usize,
    },
    /// Take one change back
    #[command(after_help = "Example:\n  hedgerow activity undo 01890a5d-ac96-774b-bcce-b302099a8057 --dry-run")]
    Undo {
        /// The change
        change: ActivityId,
        /// Only say what would change, and what stands in the way
        #[arg(long)]
        dry_run: bool,
    },
}
