//! `cargo xtask shots`: pictures of the page in its states, with the accessibility check.

use anyhow::Result;

use crate::server::{Data, PROJECT, Server};
use crate::setup;
use crate::shell::{Profile, Shell, root, target};

/// One flow for each kind of object in the browser: asked for, approved, on its page, undone; and one of members
/// who sign in.
pub(crate) fn flows(profile: Profile) -> Result<()> {
    setup::built_page()?;
    setup::chromium()?;
    let hedgerow = profile.build()?;
    let data = Data::with_sample(&hedgerow)?;
    let server = Server::start(&data, &[])?;
    let owned = Data::with_sample(&hedgerow)?;
    let keys = keys(&owned)?;
    let members = Server::start(&owned, &["--require-key"])?;
    let out = target().join("shots");
    println!("pictures in {}", out.display());
    Shell::new("node")
        .arg("shots/flows.mjs")
        .args(["--base", &server.base()])
        .args(["--members", &members.base(), "--keys", &keys])
        .arg("--out")
        .arg(&out)
        .folder(root().join("web"))
        .run()?;
    server.stop()?;
    members.stop()
}

/// Members with a key each, as JSON: whoever asks may more than whoever approves, and a third only looks.
fn keys(data: &Data) -> Result<String> {
    let mut keys = serde_json::Map::new();
    keys.insert("project".to_owned(), PROJECT.into());
    for (member, role) in [("asker", "admin"), ("approver", "member"), ("viewer", "viewer")] {
        data.hedgerow(&["members", "add", member, "--role", role]).output()?;
        let name = format!("{member}'s browser");
        let key = data.hedgerow(&["keys", "create", "--name", &name, "--role", role, "--member", member]);
        keys.insert(member.to_owned(), key.output()?.trim().into());
    }
    Ok(serde_json::Value::Object(keys).to_string())
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
