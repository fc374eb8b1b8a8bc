//! Installing what lies in the folders, and again when it changes.
//!
//! A product is installed whole or not at all. One that breaks while it is in use goes on as it was; one whose files
//! did not change is never the one that gives way. What is installed is put together anew and then put in the place
//! of the old at once ([`Registries`]), so that nobody sees half of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use fs_err as fs;
use hedgerow_agent_api::{Installed, Outside, ProductProblem, Registries, Registry, Views};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use crate::files::Files;
use crate::folders::ProductFolders;
use crate::{install, product};

/// What comes after the products: tools that look over all of them.
type Finish = dyn Fn(&mut Registry) -> Result<()> + Send + Sync;

/// Which product: of one project or of all, and its folder's name.
type Place = (Option<ProjectId>, String);

/// Path, length and time of every file of a product.
type Stamp = Vec<(String, u64, Option<SystemTime>)>;

/// Installs the products of a data folder.
pub struct Installer {
    built_in: Arc<Registry>,
    folders: ProductFolders,
    data: Data,
    outside: Outside,
    finish: Box<Finish>,
    /// Names of the tools that `finish` adds.
    reserved: BTreeSet<String>,
    registries: Registries,
    seen: Mutex<BTreeMap<Place, Seen>>,
}

/// A product as it was last looked at.
struct Seen {
    stamp: Stamp,
    files: Result<Files>,
    /// The last files that could be installed.
    good: Option<Files>,
}

impl Installer {
    /// Installs what is there, beside the products of the program and before what `finish` adds.
    ///
    /// # Errors
    ///
    /// Where the folders can't be read. A product that is not valid is no error but a problem of what is installed.
    pub fn start(
        built_in: Arc<Registry>,
        folders: ProductFolders,
        data: Data,
        outside: Outside,
        finish: impl Fn(&mut Registry) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        let mut finished = Registry::clone(&built_in);
        finish(&mut finished)?;
        let names = |registry: &Registry| -> BTreeSet<String> {
            let names = registry.tools().map(|tool| tool.declaration().name.to_string());
            names.collect()
        };
        let reserved = &names(&finished) - &names(&built_in);
        let installer = Self {
            registries: Registries::from(Arc::new(finished)),
            built_in,
            folders,
            data,
            outside,
            finish: Box::new(finish),
            reserved,
            seen: Mutex::default(),
        };
        installer.refresh()?;
        Ok(installer)
    }

    /// Where everybody finds what is installed.
    #[must_use]
    pub fn registries(&self) -> &Registries {
        &self.registries
    }

    /// Looks whether files changed, came or went, and installs anew where they did. True where they did.
    ///
    /// # Errors
    ///
    /// Where the folders can't be read; then everything stays as it is.
    pub fn refresh(&self) -> Result<bool> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = BTreeSet::new();
        let mut stamps = BTreeMap::new();
        let mut owners = vec![None];
        owners.extend(self.folders.projects()?.into_iter().map(Some));
        for project in owners {
            for name in self.folders.names(project.as_ref())? {
                let stamp = stamp(&self.folders.of(project.as_ref()).join(&name));
                stamps.insert((project.clone(), name), stamp);
            }
        }
        let gone: Vec<Place> = seen
            .keys()
            .filter(|place| !stamps.contains_key(*place))
            .cloned()
            .collect();
        for place in &gone {
            seen.remove(place);
            tracing::info!(product = place.1, project = project_of(place), "a product is gone");
        }
        for (place, stamp) in stamps {
            if seen.get(&place).is_some_and(|seen| seen.stamp == stamp) {
                continue;
            }
            // The stamp is older than the reading, so that what changes in between is seen the next time.
            let files = Files::read(&self.folders.of(place.0.as_ref()).join(&place.1));
            let good = seen.remove(&place).and_then(|seen| seen.good);
            seen.insert(place.clone(), Seen { stamp, files, good });
            changed.insert(place);
        }
        if changed.is_empty() && gone.is_empty() {
            return Ok(false);
        }
        let installed = self.put_together(&mut seen, &changed)?;
        self.registries.replace(installed);
        Ok(true)
    }

    fn put_together(&self, seen: &mut BTreeMap<Place, Seen>, changed: &BTreeSet<Place>) -> Result<Installed> {
        let mut problems = Vec::new();
        let mut everywhere = Registry::clone(&self.built_in);
        self.add(None, seen, changed, &mut everywhere, &mut problems);
        let mut of_projects = BTreeMap::new();
        let projects: BTreeSet<ProjectId> = seen.keys().filter_map(|(project, _)| project.clone()).collect();
        for project in projects {
            let mut registry = everywhere.clone();
            self.add(Some(&project), seen, changed, &mut registry, &mut problems);
            (self.finish)(&mut registry)?;
            of_projects.insert(project, Views::of(Arc::new(registry)));
        }
        (self.finish)(&mut everywhere)?;
        Ok(Installed {
            everywhere: Views::of(Arc::new(everywhere)),
            of_projects,
            problems,
        })
    }

    /// Adds the products of a project, or of all: first those that did not change, so that no other takes their names.
    fn add(
        &self,
        project: Option<&ProjectId>,
        seen: &mut BTreeMap<Place, Seen>,
        changed: &BTreeSet<Place>,
        registry: &mut Registry,
        problems: &mut Vec<ProductProblem>,
    ) {
        let mut places: Vec<Place> = seen.keys().filter(|(of, _)| of.as_ref() == project).cloned().collect();
        places.sort_by_key(|place| changed.contains(place));
        for place in places {
            let Some(product) = seen.get_mut(&place) else {
                continue;
            };
            let installed = match &product.files {
                Ok(files) => self.install_one(files, project, registry),
                Err(error) => Err(Error::new(error.code(), error.chain())),
            };
            let is_changed = changed.contains(&place);
            let error = match installed {
                Ok(version) => {
                    if is_changed {
                        tell(&place, product.good.as_ref(), version);
                    }
                    product.good = product.files.as_ref().ok().cloned();
                    continue;
                }
                Err(error) => error,
            };
            let running = product
                .good
                .as_ref()
                .and_then(|good| self.install_one(good, project, registry).ok());
            let problem = ProductProblem {
                product: place.1.clone(),
                project: project.cloned(),
                running_version: running,
                error: error.report(),
            };
            if is_changed {
                tracing::warn!("{problem}");
            }
            problems.push(problem);
        }
    }

    /// Adds a product whole, or nothing of it. Gives back its version.
    fn install_one(&self, files: &Files, project: Option<&ProjectId>, registry: &mut Registry) -> Result<u32> {
        check_name(files, project, registry, &self.built_in)?;
        let mut with = registry.clone();
        install(files, &mut with, &self.data, &self.outside)?;
        let tools = &with.parts_of(&files.name)?.tools;
        if let Some(tool) = tools.iter().find(|tool| self.reserved.contains(*tool)) {
            let message = format!("the tool {tool} has the name of one that is always there");
            return Err(Error::new(Code::Conflict, message).with_hint("give it another name"));
        }
        *registry = with;
        Ok(product(files)?.version)
    }
}

/// Refuses a product whose name another one has: within a project all names are different.
pub fn check_name(files: &Files, project: Option<&ProjectId>, registry: &Registry, built_in: &Registry) -> Result<()> {
    let name = &files.name;
    let has = |registry: &Registry| registry.products().any(|product| product.name == *name);
    let whose = if has(built_in) {
        "a product of the program"
    } else if project.is_some() && has(registry) {
        "a product of all projects"
    } else {
        return Ok(());
    };
    let message = format!("{whose} is named {name}, too");
    Err(Error::new(Code::Conflict, message).with_hint("give it another name, in product.toml and for its folder"))
}

/// Files that can't be looked at are as if they had no length: reading them says what is wrong.
fn stamp(folder: &Path) -> Stamp {
    fn walk(folder: &Path, prefix: &str, found: &mut Stamp) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Hidden files are no part of a product.
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}{name}");
            // What a link leads to counts, as it does for whoever reads it.
            match fs::metadata(entry.path()) {
                Ok(meta) if meta.is_dir() => walk(&entry.path(), &format!("{path}/"), found),
                Ok(meta) => found.push((path, meta.len(), meta.modified().ok())),
                Err(_) => found.push((path, 0, None)),
            }
        }
    }
    let mut found = Stamp::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

/// Says what became of a product whose files changed.
fn tell(place: &Place, before: Option<&Files>, version: u32) {
    let (name, project) = (place.1.as_str(), project_of(place));
    let before = before
        .and_then(|files| product(files).ok())
        .map(|product| product.version);
    match before {
        None => tracing::info!(product = name, project, version, "a product was installed"),
        Some(before) if before != version => {
            tracing::info!(product = name, project, before, version, "a product was changed");
        }
        Some(_) => {
            tracing::warn!(
                product = name,
                project,
                version,
                "a product was changed and its version was not"
            );
        }
    }
}

fn project_of(place: &Place) -> &str {
    place.0.as_ref().map_or("all", ProjectId::as_str)
}

#[cfg(test)]
mod tests;
