//! Modes: expertise that is loaded on demand.

use hedgerow_errors::{Error, Result};
use serde::{Deserialize, Serialize};

/// Tools, an expert prompt and worked examples for one kind of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// The name, e.g. `product_analytics`.
    pub name: String,
    /// Routing text: when this mode is the right one.
    pub when: String,
    /// The tools it brings.
    pub tools: Vec<String>,
    /// The expert prompt.
    pub prompt: String,
    /// Worked step lists.
    pub trajectories: Vec<Trajectory>,
}

/// The heading over the part of a trajectory that only the gate reads: how the job goes in a run.
const REHEARSAL: &str = "## Rehearsal";

/// A worked step list for one job; rides in the description of `todo_write`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trajectory {
    /// The job.
    pub job: String,
    /// The steps, naming real tools.
    pub body: String,
}

impl Mode {
    /// Reads `mode.md` (front matter with `name`, `when`, `tools`; the body is the prompt) and its
    /// trajectories (the first line `# Job`, the rest the steps).
    pub fn parse(source: &str, trajectories: &[&str]) -> Result<Self> {
        let (front, prompt) = front_matter(source)?;
        let trajectories = trajectories
            .iter()
            .map(|text| Trajectory::parse(text))
            .collect::<Result<_>>()?;
        Ok(Self {
            name: field(&front, "name")?,
            when: field(&front, "when")?,
            tools: field(&front, "tools")?
                .split(',')
                .map(|tool| tool.trim().to_owned())
                .collect(),
            prompt: prompt.trim().to_owned(),
            trajectories,
        })
    }
}

impl Trajectory {
    /// A trajectory's text without its rehearsal, and the rehearsal, where there is one: the part below the heading
    /// `## Rehearsal`, up to the next heading of its rank.
    #[must_use]
    pub fn split(source: &str) -> (String, Option<String>) {
        let (mut steps, mut rehearsal): (Vec<&str>, Option<Vec<&str>>) = (Vec::new(), None);
        let mut is_inside = false;
        for line in source.lines() {
            if line.starts_with("# ") || line.starts_with("## ") {
                is_inside = line.trim_end() == REHEARSAL;
                if is_inside {
                    rehearsal.get_or_insert_default();
                    continue;
                }
            }
            match &mut rehearsal {
                Some(lines) if is_inside => lines.push(line),
                _ => steps.push(line),
            }
        }
        (steps.join("\n"), rehearsal.map(|lines| lines.join("\n")))
    }

    fn parse(source: &str) -> Result<Self> {
        let (steps, _) = Self::split(source);
        let (title, body) = steps.trim().split_once('\n').unwrap_or((&steps, ""));
        let job = title
            .strip_prefix("# ")
            .ok_or_else(|| Error::invalid("a trajectory starts with its job as a heading"))?;
        Ok(Self {
            job: job.trim().to_owned(),
            body: body.trim().to_owned(),
        })
    }
}

/// Splits `---` front matter of `key: value` lines from the body. The form is small on purpose:
/// one line a field, so that a reader needs to know no YAML.
pub(crate) fn front_matter(source: &str) -> Result<(Vec<(String, String)>, String)> {
    let rest = source
        .strip_prefix("---\n")
        .ok_or_else(|| Error::invalid("front matter must start with a line ---"))?;
    let (front, body) = rest
        .split_once("\n---\n")
        .ok_or_else(|| Error::invalid("front matter must end with a line ---"))?;
    let fields = front.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| Error::invalid(format!("front matter line {line:?} has no colon")))?;
        Ok((
            key.trim().to_owned(),
            value.trim().trim_matches(['[', ']', '"']).to_owned(),
        ))
    });
    Ok((fields.collect::<Result<_>>()?, body.to_owned()))
}

/// A field of front matter.
pub(crate) fn field(front: &[(String, String)], name: &str) -> Result<String> {
    let found = front.iter().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.clone())
        .ok_or_else(|| Error::invalid(format!("front matter lacks {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_is_no_part_of_what_models_read() {
        let source = "# Count\n\n1. `count` it.\n\n## Rehearsal\n\n```yaml\nanswer: \"1\"\n```\n\n## More\n\nText.\n";
        let trajectory = Trajectory::parse(source).unwrap();
        assert_eq!(trajectory.job, "Count");
        assert_eq!(
            trajectory.body,
            "1. `count` it.\n\n\n## More\n\nText.".replace("\n\n\n", "\n\n")
        );
        assert!(Trajectory::split(source).1.unwrap().contains("answer"));
        assert_eq!(Trajectory::split("# A\n\n1. b").1, None);
    }
}
