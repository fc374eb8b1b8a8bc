//! `cargo xtask shots`: pictures of the page in its states, with the accessibility check.

use anyhow::Result;

use crate::server::{Data, Server};
use crate::setup;
use crate::shell::{Profile, Shell, root, target};

/// One flow for each kind of object in the browser: asked for, approved, on its page, undone.
pub(crate) fn flows(profile: Profile) -> Result<()> {
    setup::built_page()?;
    setup::chromium()?;
    let hedgerow = profile.build()?;
    let data = Data::with_sample(&hedgerow)?;
    let server = Server::start(&data, &[])?;
    let out = target().join("shots");
    println!("pictures in {}", out.display());
    Shell::new("node")
        .arg("shots/flows.mjs")
        .args(["--base", &server.base()])
        .arg("--out")
        .arg(&out)
        .folder(root().join("web"))
        .run()?;
    server.stop()
}

/// Serves the sample log and lets the page's own script take the pictures.
pub(crate) fn run(profile: Profile) -> Result<()> {
    setup::built_page()?;
    setup::chromium()?;
    let hedgerow = profile.build()?;
    let (data, other) = (Data::with_sample(&hedgerow)?, Data::with_sample(&hedgerow)?);
    let server = Server::start(&data, &[])?;
    let model = format!("exec:'{}'", root().join("web/shots/slow-model.sh").display());
    let slow = Server::start(&other, &["--model", &model])?;
    let out = target().join("shots");
    println!("pictures in {}", out.display());
    Shell::new("node")
        .arg("shots/shots.mjs")
        .args(["--base", &server.base(), "--slow", &slow.base()])
        .arg("--out")
        .arg(&out)
        .folder(root().join("web"))
        .run()?;
    server.stop()?;
    slow.stop()
}
