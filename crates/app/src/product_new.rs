//! Starting a product: a folder with a small tool that works, a mode, a rehearsed trajectory, a skill and questions,
//! which meets the bar as it is.

use std::path::{Path, PathBuf};

use fs_err as fs;
use hedgerow_agent_api::{Access, Resource};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;

/// Characters of a product's name at most: names of tools begin with a verb and hold it.
const LONGEST: usize = 25;

/// What stands in the templates for the product's name, in its forms.
const NAME: &str = "starter";
const TITLE: &str = "Starter";

macro_rules! templates {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("scaffold/starter/", $path)))),*]
    };
}

/// What every product has.
const COMMON: &[(&str, &str)] = templates!(
    "product.toml",
    "README.md",
    "modes/starter/mode.md",
    "modes/starter/trajectories/compare-weeks.md",
    "skills/using-starter/SKILL.md",
    "evals/starter.yaml",
);

/// What a product of files has beside it.
const DECLARED: &[(&str, &str)] = templates!("tools/count_starter_events.toml");

/// What a product in Rust has beside it. The manifest of the crate has an ending more here: cargo would take it for
/// one of its own.
const RUST: &[(&str, &str)] = templates!(
    "Cargo.toml.txt",
    "src/lib.rs",
    "src/tools.rs",
    "src/tools/count_starter_events.rs",
    "web/manifest.ts",
    "web/renderer.tsx",
);

/// A product that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewProduct {
    /// Its name.
    pub product: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The files that were written, from the folder.
    pub files: Vec<String>,
    /// What is left to do, in this order.
    pub next: Vec<String>,
}

impl App {
    /// Starts a product of files, in a folder of its name within `into`, or within the products folder of a project or
    /// of all.
    ///
    /// # Errors
    ///
    /// `invalid_argument` where the name is none; `conflict` where a product or a folder has it.
    pub fn new_product(&self, name: &str, into: Option<&Path>, project: Option<&ProjectId>) -> Result<NewProduct> {
        self.check(&Access::write(Resource::Product), project)?;
        let folders = &self.parts.products.folders;
        if let Some(project) = project {
            folders.check_project(project)?;
        }
        self.check_new_name(name, project)?;
        // Without the dots of a path from the current folder.
        let products = into.map_or_else(|| folders.of(project), Path::to_owned);
        let folder: PathBuf = products.join(name).components().collect();
        let files = write(DECLARED, name, &folder)?;
        let known = if into.is_some() {
            folder.display().to_string()
        } else {
            name.to_owned()
        };
        Ok(NewProduct {
            product: name.to_owned(),
            next: vec![
                "write who answers for it into product.toml, and what it is for into README.md".to_owned(),
                "make the tool yours, with its questions and the rehearsal".to_owned(),
                match project.filter(|_| into.is_none()) {
                    Some(project) => format!("hedgerow product check {known} --project {project}"),
                    None => format!("hedgerow product check {known}"),
                },
            ],
            folder,
            files,
        })
    }

    /// Starts a product in Rust, in the source tree around a folder.
    ///
    /// # Errors
    ///
    /// As [`App::new_product`]; `invalid_argument` outside of the source tree.
    pub fn new_rust_product(&self, name: &str, current: &Path) -> Result<NewProduct> {
        self.check(&Access::write(Resource::Product), None)?;
        self.check_new_name(name, None)?;
        let is_tree = |folder: &&Path| folder.join("crates/products").is_dir() && folder.join("Cargo.toml").is_file();
        let root = current.ancestors().find(is_tree).ok_or_else(|| {
            Error::invalid(format!("{} is not within the source tree", current.display()))
                .with_hint("a product in Rust is part of the program; leave --rust out for one of files")
        })?;
        let folder = root.join("crates/products").join(name);
        let files = write(RUST, name, &folder)?;
        let package = format!("hedgerow-product-{}", name.replace('_', "-"));
        Ok(NewProduct {
            product: name.to_owned(),
            next: vec![
                format!("crates/hedgerow/Cargo.toml, [dependencies]: {package} = {{ path = \"../products/{name}\" }}"),
                format!(
                    "crates/hedgerow/src/wiring.rs, built_in: {}::install(&mut registry, data.clone())?;",
                    package.replace('-', "_")
                ),
                format!("cargo xtask gen; hedgerow product check {name}"),
            ],
            folder,
            files,
        })
    }

    fn check_new_name(&self, name: &str, project: Option<&ProjectId>) -> Result<()> {
        let is_snake = name.split('_').all(|word| {
            word.starts_with(|letter: char| letter.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if !is_snake || name.len() > LONGEST {
            let message = format!("{name:?} is no name of a product");
            let hint =
                format!("lower-case words with _ between them, at most {LONGEST} characters, as in user_research");
            return Err(Error::invalid(message).with_hint(hint));
        }
        if self.registry(project).products().any(|product| product.name == name) {
            return Err(Error::new(Code::Conflict, format!("there is a product {name}")).with_hint("take another name"));
        }
        Ok(())
    }
}

/// Writes the templates with the name in its places.
fn write(templates: &[(&str, &str)], name: &str, folder: &Path) -> Result<Vec<String>> {
    if folder.exists() {
        let message = format!("there is a folder {}", folder.display());
        return Err(Error::new(Code::Conflict, message).with_hint("take another name, or remove it"));
    }
    let words = name.replace('_', " ");
    let title = match words.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_ascii_uppercase()),
        None => words.clone(),
    };
    // Types have their words joined, each with a capital.
    let type_name: String = name
        .split('_')
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| format!("{}{rest}", first.to_ascii_uppercase()))
        .collect();
    let dashed = name.replace('_', "-");
    let fill = |text: &str| {
        text.replace("CountStarterEvents", &format!("Count{type_name}Events"))
            .replace("StarterResult", &format!("{type_name}Result"))
            .replace("using-starter", &format!("using-{dashed}"))
            .replace("hedgerow-product-starter", &format!("hedgerow-product-{dashed}"))
            .replace(TITLE, &title)
            .replace(NAME, name)
    };
    let mut written = Vec::new();
    for (path, text) in COMMON.iter().chain(templates) {
        let path = fill(path.strip_suffix(".txt").unwrap_or(path));
        let file = folder.join(&path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, fill(text))?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
