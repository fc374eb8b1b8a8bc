//! Starter: what this product is for.

pub mod tools;

use hedgerow_agent_api::{Mode, Product, Registry, Skill, erase};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

use tools::count_starter_events::CountStarterEvents;

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/starter/mode.md");
const TRAJECTORIES: [&str; 1] = [include_str!("../modes/starter/trajectories/compare-weeks.md")];
const EVALS: &str = include_str!("../evals/starter.yaml");
const SKILL: &str = include_str!("../skills/using-starter/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("README.md", include_str!("../README.md")),
    ("modes/starter/mode.md", MODE),
    ("modes/starter/trajectories/compare-weeks.md", TRAJECTORIES[0]),
    ("skills/using-starter/SKILL.md", SKILL),
    ("evals/starter.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, data: Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of starter is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_tool(erase(CountStarterEvents::new(data)))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("starter", EVALS)?;
    registry.add_texts("starter", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
