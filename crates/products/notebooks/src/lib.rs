//! Notebooks: texts with queries in them that are computed when somebody reads.

pub mod notebook;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{Mode, ObjectKind as _, ObjectStore, Product, Registry, Skill, object_tools};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/notebooks/mode.md");
const TRAJECTORIES: [&str; 1] = [include_str!("../modes/notebooks/trajectories/write-down-a-finding.md")];
const EVALS: &str = include_str!("../evals/notebooks.yaml");
const SKILL: &str = include_str!("../skills/notebooks/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/notebooks/mode.md", MODE),
    ("modes/notebooks/trajectories/write-down-a-finding.md", TRAJECTORIES[0]),
    ("skills/notebooks/SKILL.md", SKILL),
    ("evals/notebooks.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/notebooks.md",
        include_str!("../../../../docs/guides/notebooks.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, objects: &Arc<dyn ObjectStore>, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of notebooks is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_object_kind("notebooks", notebook::Notebooks::KIND)?;
    let notebooks = [
        tools::create_notebook::tool(),
        tools::update_notebook::tool(),
        tools::delete_notebook::tool(),
    ];
    for tool in object_tools(notebook::Notebooks::new(data.clone()), objects, notebooks) {
        registry.add_tool(tool)?;
    }
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("notebooks", EVALS)?;
    registry.add_texts("notebooks", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
