//! `cargo xtask verify product`: a product that the scaffold starts, in Rust and as files. It passes the gate and is on
//! every surface; its folder and its lines removed, nothing is left of it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::{Data, Server, sample_log};
use crate::setup;
use crate::shell::{Shell, cargo, root, target};

const NAME: &str = "sample_watch";
const PACKAGE: &str = "hedgerow-product-sample-watch";
const TOOL: &str = "count_sample_watch_events";

/// The files outside of the product's folder that it changes.
const CHANGED: [&str; 3] = [
    "Cargo.lock",
    "crates/hedgerow/Cargo.toml",
    "crates/hedgerow/src/wiring.rs",
];

/// The source tree, as it was again in the end, and a data folder of its own.
struct Tree {
    data: Data,
}

pub(crate) fn run() -> Result<()> {
    setup::python_tools()?;
    let tree = Tree::start()?;
    tree.assert_gone("before it is there")?;
    tree.hedgerow(&["product", "new", NAME, "--rust"]).run()?;
    add_lines()?;
    build()?;
    tree.assert_there("in Rust")?;
    take_away()?;
    build()?;
    tree.assert_gone("after it was removed")?;
    tree.hedgerow(&["product", "new", NAME]).run()?;
    tree.assert_there("as files")?;
    let products = tree.data.folder().join("products");
    fs_err::remove_dir_all(products.join(NAME))?;
    tree.assert_gone("after its folder was removed")?;
    println!("{NAME}, in Rust by two lines and as files by none: passes the gate, is everywhere, and leaves no trace");
    Ok(())
}

impl Tree {
    /// Refuses a tree in which something would be overwritten.
    fn start() -> Result<Self> {
        let changed = Shell::new("git")
            .args(["status", "--porcelain", "--"])
            .args(CHANGED)
            .output()?;
        if !changed.is_empty() || product().exists() {
            bail!(
                "{} or {} is changed: commit or remove it first",
                CHANGED.join(", "),
                product().display()
            );
        }
        build()?;
        let data = Data::empty(&target().join("debug/hedgerow"))?;
        data.import(&sample_log())?;
        Ok(Self { data })
    }

    fn hedgerow(&self, arguments: &[&str]) -> Shell {
        self.data.hedgerow(arguments)
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.hedgerow(arguments).arg("--json").output()?;
        serde_json::from_str(&output).with_context(|| format!("{arguments:?} printed {output}"))
    }

    fn assert_there(&self, how: &str) -> Result<()> {
        let report = self.json(&["product", "check", NAME])?;
        println!("{how}: the gate says {}", report["data"][0]["findings"]);
        if report["data"][0]["findings"] != serde_json::json!([]) {
            bail!("{how}: the gate finds something");
        }
        for (surface, text) in self.surfaces()? {
            if !text.contains(TOOL) {
                bail!("{how}: {surface} does not know {TOOL}");
            }
        }
        Ok(())
    }

    fn assert_gone(&self, when: &str) -> Result<()> {
        for (surface, text) in self.surfaces()? {
            if text.contains(NAME) {
                bail!("{when}: {surface} names {NAME}");
            }
        }
        Ok(())
    }

    /// What each surface says of all tools: the command line, search, the document of the HTTP API and the list behind
    /// the page of capabilities.
    fn surfaces(&self) -> Result<Vec<(&'static str, String)>> {
        let search = format!("{{\"query\": \"{}\"}}", NAME.replace('_', " "));
        let listed = self.hedgerow(&["tools", "list", "--json"]).output()?;
        let found = self
            .hedgerow(&["tools", "call", "search", &search, "--json"])
            .output()?;
        let server = Server::start(&self.data, &[])?;
        let document = server.get("/openapi.json")?.1;
        let capabilities = server.get("/api/products")?.1;
        server.stop()?;
        Ok(vec![
            ("tools list", listed),
            ("search", found),
            ("openapi", document),
            ("capabilities", capabilities),
        ])
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Also where something went wrong in between.
        if product().exists()
            && let Err(error) = take_away()
        {
            eprintln!("{} is left behind: {error:#}", product().display());
        }
    }
}

fn product() -> PathBuf {
    root().join("crates/products").join(NAME)
}

fn build() -> Result<()> {
    Shell::new(cargo())
        .args(["build", "--quiet", "--workspace", "--bin", "hedgerow"])
        .run()
}

/// The two lines outside of its folder.
fn add_lines() -> Result<()> {
    let dependency = format!("[dependencies]\n{PACKAGE} = {{ path = \"../products/{NAME}\" }}");
    replace("crates/hedgerow/Cargo.toml", "[dependencies]", &dependency)?;
    let list = "    registry.set_default_mode(";
    let install = format!(
        "    {}::install(&mut registry, data.clone())?;\n",
        PACKAGE.replace('-', "_")
    );
    replace("crates/hedgerow/src/wiring.rs", list, &format!("{install}{list}"))
}

fn take_away() -> Result<()> {
    fs_err::remove_dir_all(product())?;
    Shell::new("git")
        .args(["checkout", "--quiet", "--"])
        .args(CHANGED)
        .run()
}

fn replace(file: &str, from: &str, to: &str) -> Result<()> {
    let path = root().join(file);
    let text = fs_err::read_to_string(&path)?;
    if text.matches(from).count() != 1 {
        bail!("{file} does not have {from:?} once");
    }
    Ok(fs_err::write(path, text.replace(from, to))?)
}
