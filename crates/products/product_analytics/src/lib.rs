//! Product analytics: how often things happen, how many people and sessions, over time or in total.

pub mod tools;

use hedgerow_agent_api::{Mode, Product, Registry, Skill, erase};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/product_analytics/mode.md");
const TRAJECTORIES: [&str; 8] = [
    include_str!("../modes/product_analytics/trajectories/count-in-a-period.md"),
    include_str!("../modes/product_analytics/trajectories/rank-values.md"),
    include_str!("../modes/product_analytics/trajectories/share-of-a-whole.md"),
    include_str!("../modes/product_analytics/trajectories/find-the-peak.md"),
    include_str!("../modes/product_analytics/trajectories/follow-people.md"),
    include_str!("../modes/product_analytics/trajectories/who-comes-back.md"),
    include_str!("../modes/product_analytics/trajectories/days-of-use.md"),
    include_str!("../modes/product_analytics/trajectories/what-comes-next.md"),
];
const EVALS: &str = include_str!("../evals/access-log.yaml");
const SKILLS: [&str; 2] = [
    include_str!("../skills/query-trends/SKILL.md"),
    include_str!("../skills/query-people/SKILL.md"),
];

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/product_analytics/mode.md", MODE),
    (
        "modes/product_analytics/trajectories/count-in-a-period.md",
        TRAJECTORIES[0],
    ),
    ("modes/product_analytics/trajectories/rank-values.md", TRAJECTORIES[1]),
    (
        "modes/product_analytics/trajectories/share-of-a-whole.md",
        TRAJECTORIES[2],
    ),
    ("modes/product_analytics/trajectories/find-the-peak.md", TRAJECTORIES[3]),
    ("modes/product_analytics/trajectories/follow-people.md", TRAJECTORIES[4]),
    (
        "modes/product_analytics/trajectories/who-comes-back.md",
        TRAJECTORIES[5],
    ),
    ("modes/product_analytics/trajectories/days-of-use.md", TRAJECTORIES[6]),
    (
        "modes/product_analytics/trajectories/what-comes-next.md",
        TRAJECTORIES[7],
    ),
    ("skills/query-trends/SKILL.md", SKILLS[0]),
    ("skills/query-people/SKILL.md", SKILLS[1]),
    ("evals/access-log.yaml", EVALS),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    (
        "docs/guides/product-analytics.md",
        include_str!("../../../../docs/guides/product-analytics.md"),
    ),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, data: Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of product_analytics is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_tool(erase(tools::query_trends::QueryTrends::new(data.clone())))?;
    registry.add_tool(erase(tools::query_funnel::QueryFunnel::new(data.clone())))?;
    registry.add_tool(erase(tools::query_retention::QueryRetention::new(data.clone())))?;
    registry.add_tool(erase(tools::query_lifecycle::QueryLifecycle::new(data.clone())))?;
    registry.add_tool(erase(tools::query_stickiness::QueryStickiness::new(data.clone())))?;
    registry.add_tool(erase(tools::query_paths::QueryPaths::new(data.clone())))?;
    registry.add_tool(erase(tools::query_actors::QueryActors::new(data)))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("product_analytics", EVALS)?;
    registry.add_texts("product_analytics", TEXTS);
    for skill in SKILLS {
        registry.add_skill(Skill::parse(skill)?)?;
    }
    Ok(())
}
