//! Feature flags: who sees what, decided by the same hash as `PostHog`'s SDKs.

mod cohorts;
pub mod evaluation;
pub mod flag;
pub mod hash;
mod kind;
pub mod matching;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{Mode, ObjectStore, Product, Registry, Skill, erase, object_tools};
use hedgerow_data_api::{Data, Maintenance};
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/feature_flags/mode.md");
const TRAJECTORIES: [&str; 2] = [
    include_str!("../modes/feature_flags/trajectories/roll-out-step-by-step.md"),
    include_str!("../modes/feature_flags/trajectories/say-why-somebody-sees-it.md"),
];
const EVALS: &str = include_str!("../evals/feature_flags.yaml");
const SKILL: &str = include_str!("../skills/feature-flags/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/feature_flags/mode.md", MODE),
    (
        "modes/feature_flags/trajectories/roll-out-step-by-step.md",
        TRAJECTORIES[0],
    ),
    (
        "modes/feature_flags/trajectories/say-why-somebody-sees-it.md",
        TRAJECTORIES[1],
    ),
    ("skills/feature-flags/SKILL.md", SKILL),
    ("evals/feature_flags.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/feature-flags.md",
        include_str!("../../../../docs/guides/feature-flags.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(
    registry: &mut Registry,
    objects: &Arc<dyn ObjectStore>,
    data: &Data,
    persons: Arc<dyn Maintenance>,
) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of feature_flags is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_object_kind("feature_flags", flag::KIND)?;
    let declarations = [
        tools::create_feature_flag::tool(),
        tools::update_feature_flag::tool(),
        tools::delete_feature_flag::tool(),
    ];
    for tool in object_tools(
        kind::FeatureFlags::new(objects.clone(), data.clone()),
        objects,
        declarations,
    ) {
        registry.add_tool(tool)?;
    }
    registry.add_tool(erase(tools::evaluate_feature_flags::EvaluateFeatureFlags::new(
        objects.clone(),
        persons,
        data.definitions.clone(),
    )))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("feature_flags", EVALS)?;
    registry.add_texts("feature_flags", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
