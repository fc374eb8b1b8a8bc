//! Files that programs write: made into a temporary folder, then copied or compared.

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::setup;
use crate::shell::{Profile, Shell, root};

/// A generated file and the program that writes it.
struct Generated {
    /// The path from the root.
    path: &'static str,
    /// The program and its arguments. `{hedgerow}` is the binary, `{out}` the folder with the files
    /// made so far, `{root}` the repository. What it prints is the file, unless it names `{out}`
    /// and the file itself.
    command: &'static [&'static str],
}

/// In this order: a later one may read an earlier one.
const GENERATED: &[Generated] = &[
    Generated {
        path: "openapi/openapi.json",
        command: &["{hedgerow}", "openapi"],
    },
    Generated {
        path: "web/src/api/schema.ts",
        command: &[
            "{root}/web/node_modules/.bin/openapi-typescript",
            "{out}/openapi/openapi.json",
            // A field that the server fills in where it is absent may be left out.
            "--default-non-nullable=false",
        ],
    },
    Generated {
        path: "docs/reference/cli.md",
        command: &["{hedgerow}", "help-markdown"],
    },
];

/// `cargo xtask gen [--check]`.
pub(crate) fn run(check: bool) -> Result<()> {
    setup::node_modules()?;
    let hedgerow = Profile::Dev.build()?;
    let made = tempfile::tempdir()?;
    let root = root();
    for generated in GENERATED {
        make(generated, &hedgerow, made.path()).with_context(|| format!("making {}", generated.path))?;
    }
    let paths: Vec<&str> = GENERATED.iter().map(|generated| generated.path).collect();
    let stale = stale(&paths, made.path(), &root)?;
    if check && !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask gen`", stale.join(", "));
    }
    for path in stale {
        let target = root.join(&path);
        fs_err::create_dir_all(target.parent().unwrap_or(&root))?;
        fs_err::copy(made.path().join(&path), target)?;
        println!("wrote {path}");
    }
    Ok(())
}

fn make(generated: &Generated, hedgerow: &Path, made: &Path) -> Result<()> {
    let fill = |word: &&str| {
        word.replace("{hedgerow}", &hedgerow.to_string_lossy())
            .replace("{out}", &made.to_string_lossy())
            .replace("{root}", &root().to_string_lossy())
    };
    let words: Vec<String> = generated.command.iter().map(fill).collect();
    let (program, arguments) = words.split_first().context("no program")?;
    let mut text = Shell::new(program).args(arguments).env("NO_COLOR", "1").output()?;
    if text.trim().is_empty() {
        bail!("`{program}` printed nothing");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let file = made.join(generated.path);
    fs_err::create_dir_all(file.parent().unwrap_or(made))?;
    fs_err::write(file, text)?;
    Ok(())
}

/// The paths whose file under `kept` is missing or differs from the one under `made`.
fn stale(paths: &[&str], made: &Path, kept: &Path) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for path in paths {
        let fresh = fs_err::read(made.join(path))?;
        let kept = kept.join(path);
        if !kept.exists() || fs_err::read(kept)? != fresh {
            stale.push((*path).to_owned());
        }
    }
    Ok(stale)
}
