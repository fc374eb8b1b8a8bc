//! `cargo xtask verify product`: products that are put in and taken out again. The scaffold in Rust and the kept example
//! in Rust come into the program by two lines each, the scaffold of files and the kept example of files by none; each
//! passes the gate and is on every surface, and its folder and lines removed, nothing is left of it.
//!
//! It happens in the source tree itself and is taken back in the end: a copy would build every crate anew.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::{Data, Server};
use crate::setup;
use crate::shell::{Shell, cargo, root, target};

/// A product with what must be found on which surface while it is there.
struct Product {
    name: &'static str,
    /// Words that search finds its tools by.
    asked: &'static str,
    shown: &'static [(&'static str, &'static str)],
}

const SCAFFOLD: Product = Product {
    name: "sample_watch",
    asked: "sample watch",
    shown: &[
        ("tools list", "count_sample_watch_events"),
        ("search", "count_sample_watch_events"),
        ("chat", "sample_watch"),
        ("openapi", "count_sample_watch_events"),
        ("capabilities", "count_sample_watch_events"),
        ("page", "count_sample_watch_events"),
    ],
};

/// A declared product has no part of the page.
const SCAFFOLD_OF_FILES: Product = Product {
    name: SCAFFOLD.name,
    asked: SCAFFOLD.asked,
    shown: SCAFFOLD.shown.split_at(5).0,
};

/// The example has what the scaffold has not: objects, a suggestion, samples for the gallery.
const EXAMPLE: Product = Product {
    name: "checklists",
    asked: "how many people did the launch reach",
    shown: &[
        ("tools list", "measure_reach"),
        ("tools list", "create_checklist"),
        ("search", "measure_reach"),
        ("chat", "checklists"),
        ("openapi", "measure_reach"),
        ("openapi", "tick_checklist_item"),
        ("capabilities", "measure_reach"),
        ("suggestions", "How many times was a template used"),
        ("page", "measure_reach"),
        ("gallery", "id=\"product-checklists\""),
        ("gallery", "measure_reach, whose last week is not over"),
    ],
};

const EXAMPLE_OF_FILES: Product = Product {
    name: "release_watch",
    asked: "which release has the most exceptions",
    shown: &[
        ("tools list", "count_exceptions_by_version"),
        ("search", "count_exceptions_by_version"),
        ("chat", "release_watch"),
        ("openapi", "compare_versions"),
        ("capabilities", "list_exception_types"),
        ("suggestions", "Which app version had the most exceptions"),
    ],
};

/// The files outside of a product's folder that it changes.
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
    setup::chromium()?;
    let tree = Tree::start()?;
    tree.assert_gone(&SCAFFOLD, "before it is there")?;
    tree.assert_gone(&EXAMPLE, "before it is there")?;

    let said = tree.hedgerow(&["product", "new", SCAFFOLD.name, "--rust"]).output()?;
    add_lines(&said)?;
    fs_err::rename(kept(&EXAMPLE), folder(&EXAMPLE))?;
    add_lines(&fs_err::read_to_string(folder(&EXAMPLE).join("README.md"))?)?;
    build()?;
    tests_of(&EXAMPLE)?;
    tree.assert_there(&SCAFFOLD, "in Rust")?;
    tree.assert_there(&EXAMPLE, "in Rust")?;

    take_away()?;
    build()?;
    tree.assert_gone(&SCAFFOLD, "after it was removed")?;
    tree.assert_gone(&EXAMPLE, "after it was removed")?;

    let new = tree.data.hedgerow_without_project(&["product", "new", SCAFFOLD.name]);
    new.run()?;
    let products = tree.data.folder().join("products");
    let copy = Shell::new("cp").arg("-r").arg(kept(&EXAMPLE_OF_FILES)).arg(&products);
    copy.run()?;
    for product in [&SCAFFOLD_OF_FILES, &EXAMPLE_OF_FILES] {
        tree.assert_there(product, "as files")?;
    }
    for product in [&SCAFFOLD_OF_FILES, &EXAMPLE_OF_FILES] {
        fs_err::remove_dir_all(products.join(product.name))?;
    }
    for product in [&SCAFFOLD_OF_FILES, &EXAMPLE_OF_FILES] {
        tree.assert_gone(product, "after its folder was removed")?;
    }
    println!("in Rust by two lines, as files by none: each passes the gate, is everywhere, and leaves no trace");
    Ok(())
}

impl Tree {
    /// Refuses a tree in which something would be overwritten.
    fn start() -> Result<Self> {
        let changed = Shell::new("git")
            .args(["status", "--porcelain", "--"])
            .args(CHANGED)
            .output()?;
        if !changed.is_empty() {
            bail!("{} is changed: commit it first", CHANGED.join(", "));
        }
        for product in [&SCAFFOLD, &EXAMPLE] {
            if folder(product).exists() {
                bail!("{} is there: remove it first", folder(product).display());
            }
        }
        build()?;
        let data = Data::empty(&target().join("debug/hedgerow"))?;
        // The example's suggestion needs an event of the made-up product.
        data.hedgerow(&["import", "world"]).run()?;
        Ok(Self { data })
    }

    fn hedgerow(&self, arguments: &[&str]) -> Shell {
        self.data.hedgerow(arguments)
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.hedgerow(arguments).arg("--json").output()?;
        serde_json::from_str(&output).with_context(|| format!("{arguments:?} printed {output}"))
    }

    fn assert_there(&self, product: &Product, how: &str) -> Result<()> {
        let name = product.name;
        let report = self.json(&["product", "check", name])?;
        println!("{name} {how}: the gate says {}", report["data"][0]["findings"]);
        if report["data"][0]["findings"] != serde_json::json!([]) {
            bail!("{name} {how}: the gate finds something");
        }
        let surfaces = self.surfaces(product)?;
        for (surface, text) in product.shown {
            let (_, found) = surfaces
                .iter()
                .find(|(name, _)| name == surface)
                .with_context(|| format!("no surface is called {surface}"))?;
            if !found.contains(text) {
                bail!("{name} {how}: {surface} lacks {text}");
            }
        }
        Ok(())
    }

    fn assert_gone(&self, product: &Product, when: &str) -> Result<()> {
        let texts = product.shown.iter().map(|(_, text)| *text);
        let traces: Vec<&str> = texts.chain([product.name]).collect();
        for (surface, found) in self.surfaces(product)? {
            if let Some(trace) = traces.iter().find(|trace| found.contains(**trace)) {
                bail!("{} {when}: {surface} has {trace}", product.name);
            }
        }
        Ok(())
    }

    /// What a model is told at the start of a run.
    fn told_to_a_model(&self) -> Result<String> {
        let request = self.data.folder().join("request.json");
        let model = format!(
            "exec:sh -c 'cat > {}; echo {{\\\"text\\\": \\\"Nothing to do.\\\"}}'",
            request.display()
        );
        self.hedgerow(&["ask", "What can be done here?", "--model", &model])
            .output()?;
        Ok(fs_err::read_to_string(request)?)
    }

    /// What each surface says: the command line, search, what a model is told in chat, the document of the HTTP API, the lists behind the page of
    /// capabilities and its suggestions, all scripts of the page, and the gallery as a browser shows it.
    fn surfaces(&self, product: &Product) -> Result<Vec<(&'static str, String)>> {
        let search = format!("{{\"query\": \"{}\"}}", product.asked);
        let listed = self.hedgerow(&["tools", "list", "--json"]).output()?;
        let found = self
            .hedgerow(&["tools", "call", "search", &search, "--json"])
            .output()?;
        let server = Server::start(&self.data, &[])?;
        let surfaces = vec![
            ("tools list", listed),
            // The answer repeats no question.
            ("search", found),
            ("chat", self.told_to_a_model()?),
            ("openapi", server.get("/openapi.json")?.1),
            ("capabilities", server.get("/api/products")?.1),
            ("suggestions", server.get("/api/suggestions?project=site")?.1),
            ("page", scripts(&server)?),
            ("gallery", shown_by_a_browser(&format!("{}/gallery", server.base()))?),
        ];
        server.stop()?;
        Ok(surfaces)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Also where something went wrong in between.
        if let Err(error) = take_away() {
            eprintln!("something is left behind, see git status: {error:#}");
        }
    }
}

/// Where a product of the program lies.
fn folder(product: &Product) -> PathBuf {
    root().join("crates/products").join(product.name)
}

/// Where an example lies.
fn kept(product: &Product) -> PathBuf {
    root().join("examples/products").join(product.name)
}

/// The page and the binary that serves it.
fn build() -> Result<()> {
    setup::built_page()?;
    Shell::new(cargo())
        .args(["build", "--quiet", "--workspace", "--bin", "hedgerow"])
        .run()
}

/// What a product tests of itself, in Rust and on the page.
fn tests_of(product: &Product) -> Result<()> {
    let package = format!("package(hedgerow-product-{})", product.name.replace('_', "-"));
    Shell::new(cargo())
        .args(["nextest", "run", "--workspace", "-E", &package])
        .run()?;
    let web = format!("../crates/products/{}/web", product.name);
    for script in [&["run", "--silent", "check"][..], &["test", "--", web.as_str()]] {
        Shell::new("npm").args(script).folder(root().join("web")).run()?;
    }
    Ok(())
}

/// Adds the two lines outside of its folder, as the scaffold and the example's page say them.
fn add_lines(said: &str) -> Result<()> {
    let line = |file: &str| {
        let mut lines = said.lines();
        let found = lines.find_map(|line| Some(line.split_once(file)?.1));
        found.with_context(|| format!("nothing says what to add to {file} {said}"))
    };
    let dependency = line("crates/hedgerow/Cargo.toml, [dependencies]: ")?;
    replace(
        "crates/hedgerow/Cargo.toml",
        "[dependencies]",
        &format!("[dependencies]\n{dependency}"),
    )?;
    let install = line("crates/hedgerow/src/wiring.rs, built_in: ")?;
    let list = "    registry.set_default_mode(";
    replace("crates/hedgerow/src/wiring.rs", list, &format!("    {install}\n{list}"))
}

/// Removes the products and their lines; the example goes back to its place.
fn take_away() -> Result<()> {
    if folder(&SCAFFOLD).exists() {
        fs_err::remove_dir_all(folder(&SCAFFOLD))?;
    }
    if folder(&EXAMPLE).exists() {
        fs_err::rename(folder(&EXAMPLE), kept(&EXAMPLE))?;
    }
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

/// The page's scripts in one, those that it fetches later among them.
fn scripts(server: &Server) -> Result<String> {
    let mut texts = server.get("/")?.1;
    let assets = root().join("web/dist/assets");
    for entry in fs_err::read_dir(assets)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") {
            let (status, text) = server.get(&format!("/assets/{name}"))?;
            if status != 200 {
                bail!("/assets/{name} answered {status}");
            }
            texts.push_str(&text);
        }
    }
    Ok(texts)
}

/// The document that a browser has made of a page.
fn shown_by_a_browser(address: &str) -> Result<String> {
    let quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--log-level=3"];
    let document = Shell::new("chromium")
        .args(quiet)
        .args(["--virtual-time-budget=20000", "--dump-dom", address])
        .output()?;
    // Otherwise an empty page would have no trace of anything.
    if !document.contains("data-specimen=\"progress/") {
        bail!("{address} does not show the gallery: {document}");
    }
    Ok(document)
}
