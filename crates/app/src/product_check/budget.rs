//! Budgets: what each text costs in every request that carries it, in tokens of `o200k_base`.

use hedgerow_agent_api::Trajectory;
use hedgerow_declared::{Files, ToolFile};

use super::{Check, Findings};
use crate::usage::tokens;

/// A tool's card: name, description, parameters.
const CARD: usize = 400;
/// A mode's expert prompt.
const PROMPT: usize = 1_500;
/// A trajectory.
const TRAJECTORY: usize = 400;
/// A skill.
const SKILL: usize = 5_000;

/// Counts the tokens of each text, and names those that are over their budget.
pub(super) fn check(files: &Files, tools: &[(String, ToolFile)], found: &mut Findings) -> Vec<(String, usize)> {
    let mut counted: Vec<(String, usize, usize)> = Vec::new();
    for (path, tool) in tools {
        let parameters: serde_json::Map<String, serde_json::Value> = tool
            .parameters
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter.schema()))
            .collect();
        let card = serde_json::json!([tool.name, tool.description, parameters]).to_string();
        counted.push((path.clone(), tokens(&card), CARD));
    }
    for (mode, trajectories) in &files.modes {
        counted.push((mode.path.clone(), tokens(&mode.text), PROMPT));
        for file in trajectories {
            let (steps, _) = Trajectory::split(&file.text);
            counted.push((file.path.clone(), tokens(&steps), TRAJECTORY));
        }
    }
    for skill in &files.skills {
        counted.push((skill.path.clone(), tokens(&skill.text), SKILL));
    }
    for (path, tokens, budget) in counted.iter().filter(|(_, tokens, budget)| tokens > budget) {
        let message = format!("{tokens} tokens of {budget}");
        found.add(Check::Budget, path, message, "move what is rarely needed into a skill");
    }
    counted.into_iter().map(|(path, tokens, _)| (path, tokens)).collect()
}
