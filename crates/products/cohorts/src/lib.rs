//! Cohorts: people under a name, listed one by one or by what is known of them.

pub mod cohort;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{
    Mode, ObjectKind as _, ObjectStore, Product, Registry, Skill, erase, object_notes, object_tools,
};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/cohorts/mode.md");
const TRAJECTORIES: [&str; 1] = [include_str!("../modes/cohorts/trajectories/define-a-cohort.md")];
const EVALS: &str = include_str!("../evals/cohorts.yaml");
const SKILL: &str = include_str!("../skills/cohorts/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/cohorts/mode.md", MODE),
    ("modes/cohorts/trajectories/define-a-cohort.md", TRAJECTORIES[0]),
    ("skills/cohorts/SKILL.md", SKILL),
    ("evals/cohorts.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/cohorts.md",
        include_str!("../../../../docs/guides/cohorts.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, objects: &Arc<dyn ObjectStore>, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of cohorts is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_object_kind("cohorts", cohort::Cohorts::KIND)?;
    let cohorts = [
        tools::create_cohort::tool(),
        tools::update_cohort::tool(),
        tools::delete_cohort::tool(),
    ];
    let kind = cohort::Cohorts::new(data.clone(), objects.clone());
    for tool in object_tools(kind, objects, cohorts) {
        registry.add_tool(tool)?;
    }
    let notes = object_notes(cohort::Cohorts::new(data.clone(), objects.clone()));
    registry.add_object_notes(cohort::Cohorts::KIND, notes)?;
    registry.add_tool(erase(tools::read_cohort::ReadCohort::new(data.clone())))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("cohorts", EVALS)?;
    registry.add_texts("cohorts", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
