//! SQL: free, read-only statements over the project's own tables; the labelled fallback where no
//! typed query can express the question.

pub mod tools;

use hedgerow_agent_api::{Mode, Product, Registry, Skill, erase};
use hedgerow_data_api::Data;
use hedgerow_errors::{Code, Error, Result};

const MANIFEST: &str = include_str!("../product.toml");
const MODE: &str = include_str!("../modes/sql/mode.md");
const TRAJECTORIES: [&str; 1] = [include_str!("../modes/sql/trajectories/answer-with-sql.md")];
const EVALS: &str = include_str!("../evals/access-log.yaml");
const SKILL: &str = include_str!("../skills/execute-sql/SKILL.md");

/// The texts of the folder, for the gate.
const TEXTS: &[(&str, &str)] = &[
    ("product.toml", MANIFEST),
    ("modes/sql/mode.md", MODE),
    ("modes/sql/trajectories/answer-with-sql.md", TRAJECTORIES[0]),
    ("skills/execute-sql/SKILL.md", SKILL),
    ("evals/access-log.yaml", EVALS),
    ("evals/no-model.yaml", include_str!("../evals/no-model.yaml")),
    ("web/manifest.ts", include_str!("../web/manifest.ts")),
    ("docs/guides/sql.md", include_str!("../../../../docs/guides/sql.md")),
];

/// Adds the product's manifest, tools, modes, skills and evals.
pub fn install(registry: &mut Registry, data: Data) -> Result<()> {
    let manifest: Product = toml::from_str(MANIFEST)
        .map_err(|error| Error::caused(Code::Internal, "product.toml of sql is not valid", error))?;
    registry.add_product(manifest)?;
    registry.add_tool(erase(tools::execute_sql::ExecuteSql::new(data)))?;
    registry.add_mode(Mode::parse(MODE, &TRAJECTORIES)?)?;
    registry.add_evals("sql", EVALS)?;
    registry.add_texts("sql", TEXTS);
    registry.add_skill(Skill::parse(SKILL)?)
}
