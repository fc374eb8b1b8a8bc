//! `cargo xtask demo`: the page, the binary, and the sample log, on an empty machine too.

use anyhow::Result;

use crate::setup;
use crate::shell::{Profile, Shell};

/// Builds what is stale and runs `hedgerow demo`.
pub(crate) fn run(once: bool) -> Result<()> {
    setup::built_page()?;
    let hedgerow = Profile::Dev.build()?;
    Shell::new(hedgerow).arg("demo").args(once.then_some("--once")).run()
}
