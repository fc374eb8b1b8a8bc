//! Events and persons: plain lists of what happened and of who did it, newest first.

pub mod tools;

use hedgerow_agent_api::{Mode, Product, Registry, Skill, erase};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/event_lists/mode.md");
const TRAJECTORIES: [&str; 2] = [
    include_str!("../modes/event_lists/trajectories/look-at-single-events.md"),
    include_str!("../modes/event_lists/trajectories/find-persons.md"),
];
const EVALS: &str = include_str!("../evals/events.yaml");
const SKILL: &str = include_str!("../skills/listing-events-and-persons/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/event_lists/mode.md", MODE),
    (
        "modes/event_lists/trajectories/look-at-single-events.md",
        TRAJECTORIES[0],
    ),
    ("modes/event_lists/trajectories/find-persons.md", TRAJECTORIES[1]),
    ("skills/listing-events-and-persons/SKILL.md", SKILL),
    ("evals/events.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/events-and-persons.md",
        include_str!("../../../../docs/guides/events-and-persons.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of events is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_tool(erase(tools::list_events::ListEvents::new(data.clone())))?;
    registry.add_tool(erase(tools::list_persons::ListPersons::new(data.clone())))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("events", EVALS)?;
    registry.add_texts("events", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
