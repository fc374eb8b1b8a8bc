//! Checklists: what has to be done before a launch, and how many people it has reached since.

pub mod checklist;
pub mod reach;
pub mod tools;

use std::sync::Arc;

use hedgerow_agent_api::{
    Mode, ObjectKind as _, ObjectStore, Product, Registry, Skill, erase, erase_write, object_tools,
};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

use checklist::Checklists;
use tools::measure_reach::MeasureReach;
use tools::tick_checklist_item::TickChecklistItem;

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/checklists/mode.md");
const TRAJECTORIES: [&str; 3] = [
    include_str!("../modes/checklists/trajectories/plan-a-launch.md"),
    include_str!("../modes/checklists/trajectories/tick-what-is-done.md"),
    include_str!("../modes/checklists/trajectories/judge-a-launch.md"),
];
const EVALS: &str = include_str!("../evals/checklists.yaml");
const SKILL: &str = include_str!("../skills/launching-with-checklists/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("README.md", include_str!("../README.md")),
    ("modes/checklists/mode.md", MODE),
    ("modes/checklists/trajectories/plan-a-launch.md", TRAJECTORIES[0]),
    ("modes/checklists/trajectories/tick-what-is-done.md", TRAJECTORIES[1]),
    ("modes/checklists/trajectories/judge-a-launch.md", TRAJECTORIES[2]),
    ("skills/launching-with-checklists/SKILL.md", SKILL),
    ("evals/checklists.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
];

/// Adds the product's manifest, kind of objects, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, objects: &Arc<dyn ObjectStore>, data: &Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of checklists is not valid", error))?;
    registry.add_product(manifest)?;
    // Before the tools, whose rights are about it.
    registry.add_object_kind("checklists", Checklists::KIND)?;
    let declarations = [
        tools::create_checklist::tool(),
        tools::update_checklist::tool(),
        tools::delete_checklist::tool(),
    ];
    for tool in object_tools(Checklists::new(data.clone()), objects, declarations) {
        registry.add_tool(tool)?;
    }
    registry.add_tool(erase_write(TickChecklistItem::new(objects.clone())))?;
    registry.add_tool(erase(MeasureReach::new(objects.clone(), data.clone())))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("checklists", EVALS)?;
    registry.add_texts("checklists", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
