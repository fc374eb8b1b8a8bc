//! `cargo xtask shots`: pictures of the page in its states, with the accessibility check.

use anyhow::Result;

use crate::server::{Data, Server};
use crate::setup;
use crate::shell::{Profile, Shell, root, target};

/// Serves the sample log and lets the page's own script take the pictures.
pub(crate) fn run(profile: Profile) -> Result<()> {
    setup::built_page()?;
    setup::chromium()?;
    let data = Data::with_sample(&profile.build()?)?;
    let server = Server::start(&data, &[])?;
    let out = target().join("shots");
    println!("pictures in {}", out.display());
    Shell::new("node")
        .arg("shots/shots.mjs")
        .args(["--base", &server.base()])
        .arg("--out")
        .arg(&out)
        .folder(root().join("web"))
        .run()?;
    server.stop()
}
