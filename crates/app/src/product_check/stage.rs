//! The stage: the product, put together beside the others in a project of the gate's own, and what runs there.

use std::path::Path;
use std::sync::Arc;

use hedgerow_agent::{Agent, Limits, core_tools};
use hedgerow_agent_api::{ActivityFilter, Decision, Outside, Policy, Registry, Rule};
use hedgerow_data_api::Taxonomy;
use hedgerow_declared::{Files, TextFile, recorded};
use hedgerow_errors::{Error, Result, did_you_mean};
use hedgerow_ids::ProjectId;

use super::{Check, Findings, GateOptions, Subject, discovery, evals, events, examples, rehearsals};
use crate::eval::{Suite, SuiteData, WorldSize, parse_suite};
use crate::suggestions::missing;
use crate::{App, AppParts};

/// Where a product is run.
pub(super) struct Stage<'a> {
    /// The use cases with the product in their registry, at the time of its data.
    pub(super) app: App,
    /// The same, but a call that writes objects asks for its approval, as it does for people.
    pub(super) asking: App,
    /// The project with its data.
    pub(super) project: ProjectId,
    pub(super) name: &'a str,
    progress: &'a (dyn Fn(&str) + Send + Sync),
}

impl Stage<'_> {
    /// Says what is being done.
    pub(super) fn tell(&self, what: &str) {
        (self.progress)(&format!("{}: {what}", self.name));
    }

    /// Takes back what calls wrote, so that the next ones find nothing of it.
    pub(super) async fn take_back(&self) -> Result<()> {
        for object in self.app.objects(&self.project, None).await? {
            let of_object = ActivityFilter {
                object: Some(object.id),
                ..ActivityFilter::default()
            };
            let newest_first = self.app.activity(&self.project, &of_object).await?;
            let ids: Vec<_> = newest_first.iter().map(|change| change.id).collect();
            self.app.undo(&self.project, &ids).await?;
        }
        Ok(())
    }
}

/// Runs everything of a product that can be run; false where it can't be put together.
pub(super) async fn run(app: &App, subject: &Subject, options: &GateOptions<'_>, found: &mut Findings) -> Result<bool> {
    let name = subject.files.name.as_str();
    let app = match with_product(app, subject) {
        Ok(app) => app,
        // Reading has said why, mostly.
        Err(error) if found.wrong.is_empty() => {
            let hint = error.hint().unwrap_or("correct the file").to_owned();
            found.add(
                Check::Manifest,
                "product.toml",
                format!("it can't be installed: {}", error.chain()),
                hint,
            );
            return Ok(false);
        }
        Err(_) => {
            (options.progress)(&format!("{name}: it can't be installed, so nothing of it runs"));
            return Ok(false);
        }
    };
    let suites = suites(&app, subject, options, found).await;
    let first = suites.first().map_or_else(
        || Suite {
            name: name.to_owned(),
            data: SuiteData::World(WorldSize::default()),
            now: None,
            threshold: None,
            cases: Vec::new(),
        },
        |(_, suite)| suite.clone(),
    );
    let stage = Stage {
        project: app.import_eval_data(&first).await?,
        app: app.at_time_of(&first, None),
        asking: asking(&app, subject).at_time_of(&first, None),
        name,
        progress: options.progress,
    };
    let store = Arc::clone(&stage.app.parts.data.store);
    let taxonomy = store.taxonomy(&stage.project).await?;
    events::check(
        subject,
        store.as_ref(),
        &stage.project,
        &stage.app.known(None).fields,
        found,
    )
    .await?;
    suggestions(subject, &taxonomy, found);
    // An earlier run may have been stopped before it took back what it wrote.
    stage.take_back().await?;
    examples::run(&stage, subject, found).await;
    stage.take_back().await?;
    rehearsals::run(&stage, subject, found).await?;
    discovery::run(&stage, subject, &taxonomy, found);
    for (file, suite) in &suites {
        evals::run(&stage, file, suite, found).await;
    }
    Ok(true)
}

/// The suites that can be read and whose data is there.
async fn suites<'s>(
    app: &App,
    subject: &'s Subject,
    options: &GateOptions<'_>,
    found: &mut Findings,
) -> Vec<(&'s TextFile, Suite)> {
    let log = options.log.as_deref().unwrap_or(Path::new(""));
    let mut suites = Vec::new();
    for file in &subject.files.evals {
        // What can't be read was found by reading.
        let name = format!("{}-{}", subject.files.name, file.stem());
        let Ok(suite) = parse_suite(&name, &file.text, log) else {
            continue;
        };
        (options.progress)(&format!("{}: preparing the data of {}", subject.files.name, file.path));
        match app.import_eval_data(&suite).await {
            Ok(_) => suites.push((file, suite)),
            Err(error) => {
                let hint = error.hint().unwrap_or("name data that can be made").to_owned();
                let message = format!("its data can't be prepared: {}", error.chain());
                found.add(Check::Evals, &file.path, message, hint);
            }
        }
    }
    suites
}

/// The same use cases over a registry with the product in it, where all of its tools may run: they read, or answer
/// from what was recorded.
fn with_product(app: &App, subject: &Subject) -> Result<App> {
    let parts = &app.parts;
    let mut registry = Registry::clone(&parts.products.built_in);
    let nowhere = Outside::nowhere();
    let own = &subject.files.name;
    for project in [None, subject.project.as_ref()]
        .into_iter()
        .take(1 + usize::from(subject.project.is_some()))
    {
        let is_own = |other: &String| other == own && project == subject.project.as_ref();
        let others = app.declared_products(project)?;
        for other in others.iter().filter(|other| !is_own(other)) {
            let mut with = registry.clone();
            let files = Files::read(&parts.products.folders.of(project).join(other));
            // The others are there for what they are called; one that is broken is not this product's fault.
            if files
                .and_then(|files| hedgerow_declared::install(&files, &mut with, &parts.data, &nowhere))
                .is_ok()
            {
                registry = with;
            }
        }
    }
    if !subject.is_built_in {
        hedgerow_declared::check_name(
            &subject.files,
            subject.project.as_ref(),
            &registry,
            &parts.products.built_in,
        )?;
        let product = subject
            .product
            .as_ref()
            .ok_or_else(|| Error::invalid("it has no manifest"))?;
        let recorded = recorded(&subject.files, product);
        hedgerow_declared::install(&subject.files, &mut registry, &parts.data, &recorded)?;
    }
    core_tools::install(&mut registry, parts.data.clone(), parts.objects.clone())?;
    Ok(with_tools(
        app,
        Arc::new(registry),
        subject.tools.iter().filter_map(|(_, tool)| tool.name.as_deref()),
    ))
}

/// The same where only those of the product's tools may run by themselves that write no objects.
fn asking(app: &App, subject: &Subject) -> App {
    let registry = app.registry(None);
    let writes = |name: &str| registry.tool(name).is_ok_and(|tool| tool.only_plans());
    let names = subject.tools.iter().filter_map(|(_, tool)| tool.name.as_deref());
    with_tools(app, Arc::clone(&registry), names.filter(|name| !writes(name)))
}

/// The use cases over another registry, and a policy that lets some tools run.
fn with_tools<'a>(app: &App, registry: Arc<Registry>, allowed: impl Iterator<Item = &'a str>) -> App {
    let parts = &app.parts;
    let allow = |tool: &str| Rule {
        tool: Some(tool.to_owned()),
        effect: None,
        surface: None,
        decision: Decision::Allow,
    };
    let policy = Policy::new(allowed.map(allow).collect());
    let agent = Agent::new(
        Arc::clone(&registry),
        Arc::clone(&parts.run_log),
        policy.clone(),
        Limits::default(),
    );
    App::new(AppParts {
        data: parts.data.clone(),
        maintenance: Arc::clone(&parts.maintenance),
        agent,
        registries: registry.into(),
        run_log: Arc::clone(&parts.run_log),
        objects: Arc::clone(&parts.objects),
        access: Arc::clone(&parts.access),
        settings: Arc::clone(&parts.settings),
        usage: Arc::clone(&parts.usage),
        kept_queries: Arc::clone(&parts.kept_queries),
        models: Arc::clone(&parts.models),
        policy,
        data_dir: parts.data_dir.clone(),
        clock: app.clock.clone(),
        products: parts.products.clone(),
    })
}

/// What a product offers to ask must be possible with the events that exist.
fn suggestions(subject: &Subject, taxonomy: &Taxonomy, found: &mut Findings) {
    let offered = subject.product.iter().flat_map(|product| &product.suggestions);
    for suggestion in offered {
        for event in missing(suggestion, taxonomy) {
            let message = format!(
                "the suggestion {:?} needs the event {event:?}, which nobody sends",
                suggestion.text
            );
            let known = taxonomy.events.iter().map(|event| event.name.as_str());
            found.add(Check::Suggestions, "product.toml", message, did_you_mean(event, known));
        }
    }
}
