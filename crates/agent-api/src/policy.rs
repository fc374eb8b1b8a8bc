//! One policy for all surfaces: allow, ask or deny, by effect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effect::Effect;

/// Where a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The agent's loop.
    Agent,
    /// The command line.
    Cli,
    /// The HTTP API.
    Http,
}

/// What the policy says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Run it.
    Allow,
    /// Show the resolved call to a person first.
    Ask,
    /// Refuse it.
    Deny,
}

/// A line of the policy; an absent field matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The tool it is about.
    #[serde(default)]
    pub tool: Option<String>,
    /// The effect it is about.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// The surface it is about.
    #[serde(default)]
    pub surface: Option<Surface>,
    /// What it says.
    pub decision: Decision,
}

/// The rules; the strictest that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Policy(Vec<Rule>);

impl Default for Policy {
    /// Reads and drafts run, everything else asks.
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Policy {
    /// A policy of the given rules on top of the default.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// What may be done with a call. A call on the command line or over HTTP was already decided
    /// by the person who typed it, so there asking is left to the caller: the answer is the same.
    #[must_use]
    pub fn decide(&self, tool: &str, effect: Effect, surface: Surface) -> Decision {
        let matches = |rule: &&Rule| {
            rule.tool.as_deref().is_none_or(|name| name == tool)
                && rule.effect.is_none_or(|wanted| wanted == effect)
                && rule.surface.is_none_or(|wanted| wanted == surface)
        };
        let strictest = self.0.iter().filter(matches).map(|rule| rule.decision).max();
        let default = if effect.is_repeatable() {
            Decision::Allow
        } else {
            Decision::Ask
        };
        strictest.unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decide_takes_the_strictest_rule_and_asks_by_default() {
        let rule = |tool: &str, decision| Rule {
            tool: Some(tool.into()),
            effect: None,
            surface: None,
            decision,
        };
        let policy = Policy::new(vec![rule("drop", Decision::Deny), rule("drop", Decision::Allow)]);
        let cases = [
            ("drop", Effect::Read, Decision::Deny),
            ("other", Effect::Read, Decision::Allow),
            ("other", Effect::Draft, Decision::Allow),
            ("other", Effect::Delete, Decision::Ask),
            ("other", Effect::External, Decision::Ask),
        ];
        for (tool, effect, expected) in cases {
            assert_eq!(
                policy.decide(tool, effect, Surface::Agent),
                expected,
                "{tool} {effect:?}"
            );
        }
    }
}
