//! Who sees a product: every stage, with every role and every setting of a project, on every surface of the use cases.

use std::sync::Arc;

use hedgerow_agent::core_tools;
use hedgerow_agent_api::{
    CallState, Installed, Mode, Principal, Product, ProductProblem, Progress, ProjectSettings as _, Registries,
    Registry, Role, Stage, Suggestion, Surface, Views,
};
use hedgerow_app::{App, AskInput, ToolCall};
use hedgerow_data_api::{Clock, Data, ValueType};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_testkit::{FakeEngine, FakeStore, FakeTool, MemoryObjects, call, calls, text};
use serde_json::json;

use crate::support::{Fixture, project};

/// One product at each stage, each with a tool, a mode and a suggestion.
fn install(registry: &mut Registry) {
    for (stage, tool) in [
        (Stage::Idea, "count_idea"),
        (Stage::Alpha, "count_alpha"),
        (Stage::Beta, "count_beta"),
        (Stage::Ga, "count_ga"),
    ] {
        let product = Product {
            name: format!("product_{stage}"),
            title: format!("Product {stage}"),
            owner: "A team".to_owned(),
            contact: "#team".to_owned(),
            stage,
            icon: "box".to_owned(),
            docs: "README.md".to_owned(),
            version: 1,
            hosts: Vec::new(),
            suggestions: vec![Suggestion {
                text: format!("What about {stage} products?"),
                page: None,
                needs: Vec::new(),
            }],
        };
        registry.add_product(product).unwrap();
        registry.add_tool(FakeTool::counting(tool)).unwrap();
        let mode = Mode {
            name: format!("mode_{stage}"),
            when: format!("questions about {stage}"),
            tools: vec![tool.to_owned()],
            prompt: String::new(),
            trajectories: Vec::new(),
        };
        registry.add_mode(mode).unwrap();
    }
    let store = FakeStore::new("site").property("$browser", ValueType::String, &[("Firefox", 3)]);
    let data = Data {
        queries: Arc::new(FakeEngine::default()),
        store: Arc::new(store),
        definitions: Arc::new(hedgerow_data_api::NoDefinitions),
    };
    core_tools::install(registry, data, Arc::new(MemoryObjects::default())).unwrap();
}

fn as_role(app: &App, role: Role) -> App {
    app.as_principal(Principal {
        name: "ann".to_owned(),
        role,
        scopes: None,
        projects: None,
    })
}

/// What a call came to: whether it worked, or was refused because its product is not open.
fn is_open<T>(result: Result<T>, what: &str) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), Code::Denied, "{what}: {}", error.chain());
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains("an owner or admin can open it"), "{what}: {hint}");
            false
        }
    }
}

/// Each surface with whether it shows the product of a stage.
async fn surfaces(app: &App, stage: Stage) -> Vec<(&'static str, bool)> {
    let site = project();
    let tool = format!("count_{stage}");
    let call_from = |surface| ToolCall {
        project: site.clone(),
        name: tool.clone(),
        arguments: json!({}),
        surface,
        approved: false,
        progress: Progress::ignore(),
    };
    let search = ToolCall {
        name: "search".to_owned(),
        arguments: json!({"query": format!("questions about {stage}")}),
        ..call_from(Surface::Http)
    };
    let mut shown = vec![
        ("products", {
            let products = app.products(Some(&site)).await.unwrap().data;
            products.iter().any(|product| product.stage == stage)
        }),
        ("products of no project", {
            let products = app.products(None).await.unwrap().data;
            products.iter().any(|product| product.stage == stage)
        }),
        ("tools", {
            let tools = app.tools(Some(&site)).await.unwrap();
            tools.iter().any(|info| info.name == tool)
        }),
        (
            "describe",
            is_open(app.describe_tool(&tool, Some(&site)).await, "describe"),
        ),
        ("suggestions", {
            let suggestions = app.suggestions(&site, None).await.unwrap();
            suggestions.iter().any(|text| text.contains(stage.as_str()))
        }),
        (
            "preview",
            is_open(app.preview_tool(&call_from(Surface::Http)).await, "preview"),
        ),
        (
            "call from http",
            is_open(app.call_tool(&call_from(Surface::Http)).await, "http"),
        ),
        (
            "call from cli",
            is_open(app.call_tool(&call_from(Surface::Cli)).await, "cli"),
        ),
        ("search", {
            let found = app.call_tool(&search).await.unwrap().result;
            found.to_string().contains(&format!("mode_{stage}"))
        }),
        ("quality", {
            let options = hedgerow_app::QualityOptions {
                project: site.clone(),
                days: None,
            };
            is_open(
                app.product_quality(&format!("product_{stage}"), &options).await,
                "quality",
            )
        }),
    ];
    // Viewers ask no questions.
    if app.principal().role == Role::Viewer {
        return shown;
    }
    let mut input = AskInput::new(site.clone(), "How many?", Surface::Http);
    input.modes = vec![format!("mode_{stage}")];
    shown.push(("mode of a question", is_open(app.start_run(input).await, "mode")));
    let thread = app.ask(AskInput::new(site, "How many?", Surface::Http)).await.unwrap();
    // The script asks for the mode and the tool of each stage, from idea to ga.
    for (what, first) in [("mode in a run", 0), ("call in a run", 4)] {
        let call = &thread.calls[first + stage as usize];
        assert!(call.arguments.to_string().contains(stage.as_str()) || call.tool.contains(stage.as_str()));
        let is_denied = call.error.as_ref().is_some_and(|error| error.code == Code::Denied);
        assert_eq!(call.state == CallState::Ok, !is_denied, "{call:?}");
        shown.push((what, call.state == CallState::Ok));
    }
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stages_roles_and_early_access_decide_on_every_surface() {
    let modes = Stage::ALL.map(|stage| call("enable_mode", json!({"mode": format!("mode_{stage}")})));
    let tools = Stage::ALL.map(|stage| call(&format!("count_{stage}"), json!({})));
    let fixture = Fixture::new(vec![calls(modes), calls(tools), text("Done.")]).installing(install);
    let app = fixture.app();
    let mut checked = 0;
    // The order of the stages, written down once more.
    let rank = |stage: Stage| {
        ["idea", "alpha", "beta", "ga"]
            .iter()
            .position(|name| *name == stage.as_str())
    };
    for early_access in [
        None,
        Some(Stage::Ga),
        Some(Stage::Beta),
        Some(Stage::Alpha),
        Some(Stage::Idea),
    ] {
        if let Some(stage) = early_access {
            app.set_early_access(&project(), stage).await.unwrap();
        }
        for role in Role::ALL {
            let app = as_role(&app, role);
            for stage in Stage::ALL {
                let is_insider = matches!(role, Role::Owner | Role::Admin);
                let expected = is_insider || rank(stage) >= rank(early_access.unwrap_or(Stage::Ga));
                for (surface, shown) in surfaces(&app, stage).await {
                    // Suggestions are cut, so that only what is hidden can be told from them.
                    if surface == "suggestions" && expected {
                        continue;
                    }
                    assert_eq!(
                        shown, expected,
                        "{surface}: {stage} for {role}, early access {early_access:?}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 850, "{checked}");
}

#[tokio::test]
async fn only_admins_open_products_and_only_in_projects_that_exist() {
    let fixture = Fixture::new(Vec::new()).installing(install);
    let app = fixture.app();
    for role in Role::ALL {
        let app = as_role(&app, role);
        let set = app.set_early_access(&project(), Stage::Beta).await;
        assert_eq!(set.is_ok(), matches!(role, Role::Admin | Role::Owner), "{role}");
        assert!(app.early_access(&project()).await.is_ok(), "{role}");
    }
    let nowhere = "nowhere".parse().unwrap();
    let unknown = app.set_early_access(&nowhere, Stage::Beta).await.unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownName);
    assert_eq!(fixture.usage.early_access(&nowhere).await.unwrap(), Stage::Ga);
    let listed = app.products(Some(&nowhere)).await.unwrap_err();
    assert_eq!(listed.code(), Code::UnknownName);
}

#[tokio::test]
async fn products_of_a_project_that_come_and_go_are_seen_from_their_stage_on() {
    let fixture = Fixture::new(Vec::new());
    let mut of_site = Registry::default();
    install(&mut of_site);
    let problem = |product: &str| ProductProblem {
        product: product.to_owned(),
        project: Some(project()),
        running_version: None,
        error: Error::invalid("a line is wrong").report(),
    };
    let problems = vec![problem("product_beta"), problem("product_ga"), problem("left_out")];
    let registries = Registries::new(Installed {
        of_projects: [(project(), Views::of(Arc::new(of_site)))].into(),
        problems,
        ..Installed::default()
    });
    let clock = Clock::fixed("2015-05-21T00:00:00Z".parse().unwrap());
    let owner = fixture.app_over(registries.clone(), clock);
    owner.set_early_access(&project(), Stage::Ga).await.unwrap();
    let member = as_role(&owner, Role::Member);
    for (app, seen, with_problems) in [
        (&owner, 4, vec!["product_beta", "product_ga", "left_out"]),
        (&member, 1, vec!["product_ga"]),
    ] {
        let listed = app.products(Some(&project())).await.unwrap();
        assert_eq!(listed.data.len(), seen);
        assert!(listed.data.iter().all(|product| product.project == Some(project())));
        let named: Vec<&str> = listed.problems.iter().map(|problem| problem.product.as_str()).collect();
        assert_eq!(named, with_problems);
        let everywhere = app.products(None).await.unwrap();
        assert!(everywhere.data.is_empty() && everywhere.problems.is_empty());
        assert_eq!(
            app.describe_tool("count_beta", Some(&project())).await.is_ok(),
            seen == 4
        );
        assert!(app.describe_tool("count_ga", None).await.is_err());
    }
    registries.replace(Installed::default());
    assert!(owner.products(Some(&project())).await.unwrap().data.is_empty());
    assert!(member.describe_tool("count_ga", Some(&project())).await.is_err());
}
