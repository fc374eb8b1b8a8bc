//! Arguments of `runs`.

use clap::Subcommand;
use hedgerow_agent_api::Rating;
use hedgerow_errors::Error;
use hedgerow_ids::{CallId, RunId};

use super::with_hint;

/// `runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first; of all projects unless --project names one
    #[command(after_help = "Example:\n  hedgerow runs list --limit 10")]
    List {
        /// How many, 1 to 1,000
        #[arg(long, value_name = "RUNS", default_value_t = 20)]
        limit: usize,
    },
    /// Show a run: question, calls, answer
    #[command(after_help = "Example:\n  hedgerow runs show 01890a5d-ac96-774b-bcce-b302099a8057")]
    Show {
        /// The run
        run: RunId,
    },
    /// Print a run's recorded events, one a line
    #[command(after_help = "Example:\n  hedgerow runs replay 01890a5d-ac96-774b-bcce-b302099a8057 --json")]
    Replay {
        /// The run
        run: RunId,
    },
    /// Compare two runs: outcome, answer, figures, calls
    #[command(
        after_help = "Example:\n  hedgerow runs diff 01890a5d-ac96-774b-bcce-b302099a8057 01890a5e-0b1c-7c3e-9d63-52a1f0f1d6b2"
    )]
    Diff {
        /// The first run
        left: RunId,
        /// The second run
        right: RunId,
    },
    /// Agree to the call that a run asks about
    #[command(after_help = "Example:\n  hedgerow runs approve 01890a5d-ac96-774b-bcce-b302099a8057")]
    Approve {
        /// The run that asks
        run: RunId,
        /// Other arguments for the call
        #[arg(long, value_name = "JSON")]
        arguments: Option<String>,
    },
    /// Refuse the call that a run asks about
    #[command(
        after_help = "Example:\n  hedgerow runs reject 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"first for 5 %\""
    )]
    Reject {
        /// The run that asks
        run: RunId,
        /// Why not, for the model
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Say whether a run was of use; your last word counts
    #[command(
        after_help = "Examples:\n  hedgerow runs feedback 01890a5d-ac96-774b-bcce-b302099a8057 good\n  hedgerow runs feedback 01890a5d-ac96-774b-bcce-b302099a8057 bad \"it counted robots\""
    )]
    Feedback {
        /// The run
        run: RunId,
        /// good or bad
        #[arg(value_parser = rating)]
        rating: Rating,
        /// What was good or wrong
        text: Option<String>,
        /// The call that it is about
        #[arg(long, value_name = "CALL")]
        call: Option<CallId>,
    },
    /// Take back what a run changed: all of it, or nothing
    #[command(after_help = "Example:\n  hedgerow runs undo 01890a5d-ac96-774b-bcce-b302099a8057 --dry-run")]
    Undo {
        /// The run
        run: RunId,
        /// Only what this call changed
        #[arg(long, value_name = "CALL")]
        call: Option<CallId>,
        /// Only say what would change, and what stands in the way
        #[arg(long)]
        dry_run: bool,
    },
}

fn rating(text: &str) -> Result<Rating, String> {
    let known = [Rating::Good, Rating::Bad]
        .into_iter()
        .find(|known| known.as_str() == text);
    known.ok_or_else(|| with_hint(&Error::unknown("rating", text, ["good", "bad"])))
}
