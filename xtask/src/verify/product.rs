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

/// A copy of what is committed, with a data folder of its own.
struct Tree {
    folder: tempfile::TempDir,
    data: Data,
}

pub(crate) fn run() -> Result<()> {
    setup::python_tools()?;
    let tree = Tree::copy()?;
    tree.assert_gone("before it is there")?;
    tree.hedgerow(&["product", "new", NAME, "--rust"]).run()?;
    tree.add_lines()?;
    tree.build()?;
    tree.assert_there("in Rust")?;
    tree.take_away()?;
    tree.build()?;
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
    fn copy() -> Result<Self> {
        fs_err::create_dir_all(target())?;
        let folder = tempfile::Builder::new().prefix("tree-").tempdir_in(target())?;
        let data = Data::empty(&target().join("debug/hedgerow"))?;
        let tree = Self { folder, data };
        Shell::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(root())
            .arg(tree.root())
            .run()?;
        // The page is built in; what it looks like is not asked here.
        let page = root().join("web/dist");
        if page.is_dir() {
            Shell::new("cp")
                .arg("-r")
                .arg(page)
                .arg(tree.root().join("web/dist"))
                .run()?;
        }
        tree.build()?;
        tree.data.import(&sample_log())?;
        Ok(tree)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn build(&self) -> Result<()> {
        Shell::new(cargo())
            .args(["build", "--quiet", "--package", "hedgerow"])
            .folder(self.root())
            .env("CARGO_TARGET_DIR", target())
            .run()
    }

    fn hedgerow(&self, arguments: &[&str]) -> Shell {
        self.data.hedgerow(arguments).folder(self.root())
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.hedgerow(arguments).arg("--json").output()?;
        serde_json::from_str(&output).with_context(|| format!("{arguments:?} printed {output}"))
    }

    /// The two lines outside of its folder.
    fn add_lines(&self) -> Result<()> {
        let dependency = format!("[dependencies]\n{PACKAGE} = {{ path = \"../products/{NAME}\" }}");
        self.replace("crates/hedgerow/Cargo.toml", "[dependencies]", &dependency)?;
        let list = "    registry.set_default_mode(";
        let install = format!(
            "    {}::install(&mut registry, data.clone())?;\n",
            PACKAGE.replace('-', "_")
        );
        self.replace("crates/hedgerow/src/wiring.rs", list, &format!("{install}{list}"))
    }

    fn take_away(&self) -> Result<()> {
        fs_err::remove_dir_all(self.root().join("crates/products").join(NAME))?;
        let restore = Shell::new("git").args(["checkout", "--quiet", "--", "."]);
        restore.folder(self.root()).run()
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> Result<()> {
        let path = self.root().join(file);
        let text = fs_err::read_to_string(&path)?;
        if text.matches(from).count() != 1 {
            bail!("{file} does not have {from:?} once");
        }
        Ok(fs_err::write(path, text.replace(from, to))?)
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
