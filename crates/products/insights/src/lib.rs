//! Insights and dashboards: questions that are kept, and pages of them.

pub mod dashboard;
pub mod insight;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{Mode, ObjectKind as _, ObjectStore, Product, Registry, Skill, object_tools};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/insights/mode.md");
const TRAJECTORIES: [&str; 2] = [
    include_str!("../modes/insights/trajectories/save-what-was-asked.md"),
    include_str!("../modes/insights/trajectories/build-a-dashboard.md"),
];
const EVALS: &str = include_str!("../evals/insights.yaml");
const SKILL: &str = include_str!("../skills/insights/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/insights/mode.md", MODE),
    ("modes/insights/trajectories/save-what-was-asked.md", TRAJECTORIES[0]),
    ("modes/insights/trajectories/build-a-dashboard.md", TRAJECTORIES[1]),
    ("skills/insights/SKILL.md", SKILL),
    ("evals/insights.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/insights.md",
        include_str!("../../../../docs/guides/insights.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, objects: &Arc<dyn ObjectStore>, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of insights is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_object_kind("insights", insight::Insights::KIND)?;
    let insights = [
        tools::create_insight::tool(),
        tools::update_insight::tool(),
        tools::delete_insight::tool(),
    ];
    for tool in object_tools(insight::Insights::new(data.clone(), objects.clone()), objects, insights) {
        registry.add_tool(tool)?;
    }
    registry.add_object_kind("insights", dashboard::Dashboards::KIND)?;
    let dashboards = [
        tools::create_dashboard::tool(),
        tools::update_dashboard::tool(),
        tools::delete_dashboard::tool(),
    ];
    for tool in object_tools(dashboard::Dashboards::new(objects.clone()), objects, dashboards) {
        registry.add_tool(tool)?;
    }
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("insights", EVALS)?;
    registry.add_texts("insights", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
