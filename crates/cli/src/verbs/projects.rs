//! `projects`: which there are, which products their members see, and what is set for their queries.

use hedgerow_agent_api::Stage;
use hedgerow_data_api::{PersonsOnEventsMode, QuerySettings};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use serde_json::json;

use super::VerbContext;
use crate::args::{Globals, ProjectsCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: &ProjectsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        ProjectsCommand::List => list(globals, ctx).await,
        ProjectsCommand::Settings {
            of,
            timezone,
            test_account_filters,
            path_cleaning_filters,
            persons_on_events_mode,
        } => {
            let mut wanted = ctx.app.query_settings(of).await?;
            let changes = timezone.is_some()
                || test_account_filters.is_some()
                || path_cleaning_filters.is_some()
                || persons_on_events_mode.is_some();
            if changes {
                wanted.timezone = timezone.unwrap_or(wanted.timezone);
                wanted.test_account_filters = test_account_filters.clone().unwrap_or(wanted.test_account_filters);
                let modifiers = &mut wanted.modifiers;
                modifiers.persons_on_events_mode = persons_on_events_mode.or(modifiers.persons_on_events_mode);
                if let Some(rules) = path_cleaning_filters {
                    wanted.path_cleaning_filters.clone_from(&rules.0);
                }
                wanted = ctx.app.set_query_settings(of, wanted).await?;
            }
            settings(of, &wanted, globals, ctx)
        }
        ProjectsCommand::EarlyAccess { of, stage } => early_access(of, *stage, globals, ctx).await,
    }
}

async fn early_access(project: &ProjectId, stage: Option<Stage>, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let shown = match stage {
        Some(stage) => ctx.app.set_early_access(project, stage).await?,
        None => ctx.app.early_access(project).await?,
    };
    if globals.json {
        ctx.printer.json(&shown)?;
        return Ok(exit::DONE);
    }
    let from = match shown.stage {
        Stage::Ga => "products at the stage ga".to_owned(),
        stage => format!("products from the stage {stage} on"),
    };
    ctx.printer
        .line(&format!("members of {project} see {from}; owners and admins see all"))?;
    Ok(exit::DONE)
}

fn settings(project: &ProjectId, settings: &QuerySettings, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    if globals.json {
        ctx.printer.json(settings)?;
        return Ok(exit::DONE);
    }
    let test_accounts = if settings.test_account_filters.is_empty() {
        "no test accounts are set".to_owned()
    } else {
        let filters = json!(settings.test_account_filters);
        format!("all but test accounts meet {filters}")
    };
    let line = format!("{project} has the time zone {}; {test_accounts}", settings.timezone);
    ctx.printer.line(&line)?;
    let mode = settings.modifiers.persons_on_events_mode.unwrap_or_default();
    let of_persons = match mode {
        PersonsOnEventsMode::QueryTime => "properties of persons are those at the time of a query",
        PersonsOnEventsMode::EventTime => "properties of persons are those right after each event",
    };
    ctx.printer.line(&format!("{of_persons} ({})", mode.as_str()))?;
    for rule in &settings.path_cleaning_filters {
        let (regex, alias) = (&rule.regex, &rule.alias);
        ctx.printer.line(&format!("in cleaned paths {regex} becomes {alias}"))?;
    }
    Ok(exit::DONE)
}

async fn list(globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let projects = ctx.app.projects().await?;
    if globals.json {
        ctx.printer.json(&json!({"data": projects}))?;
        return Ok(exit::DONE);
    }
    if projects.is_empty() {
        ctx.printer.note("no projects yet; hedgerow import makes one");
        return Ok(exit::DONE);
    }
    let mut table = TextTable::new(["project", "events"]);
    for project in &projects {
        // Of a project that can't be read nobody knows how many events it has.
        let events = project.problem.is_none().then_some(project.events);
        table.row(&[json!(project.id), json!(events)]);
    }
    super::shown::table(&table, ctx)?;
    for project in &projects {
        if let Some(problem) = &project.problem {
            ctx.printer
                .note(&format!("project {} can't be read: {problem}", project.id));
        }
    }
    Ok(exit::DONE)
}
