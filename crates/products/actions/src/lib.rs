//! Actions: events with conditions under a name, so that everybody counts the same.

pub mod action;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{Mode, ObjectKind as _, ObjectStore, Product, Registry, Skill, object_tools};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/actions/mode.md");
const TRAJECTORIES: [&str; 1] = [include_str!("../modes/actions/trajectories/define-an-action.md")];
const EVALS: &str = include_str!("../evals/actions.yaml");
const SKILL: &str = include_str!("../skills/actions/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/actions/mode.md", MODE),
    ("modes/actions/trajectories/define-an-action.md", TRAJECTORIES[0]),
    ("skills/actions/SKILL.md", SKILL),
    ("evals/actions.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/actions.md",
        include_str!("../../../../docs/guides/actions.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, objects: &Arc<dyn ObjectStore>, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of actions is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_object_kind("actions", action::Actions::KIND)?;
    let actions = [
        tools::create_action::tool(),
        tools::update_action::tool(),
        tools::delete_action::tool(),
    ];
    for tool in object_tools(action::Actions::new(data.clone(), objects.clone()), objects, actions) {
        registry.add_tool(tool)?;
    }
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("actions", EVALS)?;
    registry.add_texts("actions", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
