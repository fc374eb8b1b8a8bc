//! Arguments of `product`.

use clap::Subcommand;

/// `product`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProductCommand {
    /// Check whether a product meets the bar; exits 1 where it does not
    #[command(
        after_help = "Examples:\n  hedgerow product check activation\n  hedgerow product check ./activation --json"
    )]
    Check {
        /// A product in the folder `products` of the data folder, or the path of a folder; all of the
        /// former when absent
        name: Option<String>,
    },
}
