//! Arguments of `product`.

use std::path::PathBuf;

use clap::Subcommand;

/// `product`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProductCommand {
    /// Start a product: a folder with a small tool that works, which meets the bar as it is
    ///
    /// It is put into the folder `products` of the data folder, or of the project that --project names, where it is
    /// in use from then on.
    #[command(
        after_help = "Examples:\n  hedgerow product new user_research\n  hedgerow product new user_research --into ."
    )]
    New {
        /// Its name: lower-case words with _ between them
        name: String,
        /// The folder in which to put its own
        #[arg(long, value_name = "DIR", conflicts_with = "rust")]
        into: Option<PathBuf>,
        /// Start a crate in crates/products of the source tree around the current folder
        #[arg(long)]
        rust: bool,
    },
    /// Check whether a product meets the bar; exits 1 where it does not
    ///
    /// Its texts are read; then its examples, rehearsals, questions, phrases and suggestions are run on the
    /// seeded world, in the folder evals of the data folder. Systems outside are never asked.
    #[command(
        after_help = "Examples:\n  hedgerow product check activation\n  hedgerow product check ./activation --static --json"
    )]
    Check {
        /// A product in the folder `products` of the project that --project names or of the data folder, or of
        /// the program itself, or the path of a folder; all of the first when absent
        name: Option<String>,
        /// Only read, run nothing
        #[arg(long = "static")]
        only_read: bool,
    },
    /// Show how well a product works in a project: calls, errors, times, tokens, feedback, evals
    #[command(
        after_help = "Examples:\n  hedgerow product quality product_analytics --project site\n  hedgerow product quality sql --days 7 --json"
    )]
    Quality {
        /// The product
        name: String,
        /// Full days before today, 1 to 90; today counts, too
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        days: u32,
    },
    /// Ask the servers of a product's MCP tools for these tools' schemas, and write them into its folder
    ///
    /// A tool is called only while its server says of it what the folder says: read what changed before you take it
    /// over.
    #[command(after_help = "Examples:\n  hedgerow product pull issues\n  hedgerow product pull ./issues --check")]
    Pull {
        /// A product in the folder `products`, or the path of a folder
        name: String,
        /// Only compare; exits 1 where something differs
        #[arg(long)]
        check: bool,
    },
}
